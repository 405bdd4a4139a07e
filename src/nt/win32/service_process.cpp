#include "nt/win32/service_process.h"

#include <deque>
#include <string>

#include "nt/ke/drivers_wait.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/win32.h"

namespace drydock::nt::win32 {

struct ServiceProcess {
  KEVENT wake = {};
  // Under the program's lock:
  std::deque<std::shared_ptr<ServiceControl>> controls;
  LPHANDLER_FUNCTION handler = nullptr;
  LPHANDLER_FUNCTION_EX handler_ex = nullptr;
  void* context = nullptr;
  SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, SERVICE_START_PENDING, 0, 0, 0, 0, 0};
  // The first service of the table, of one form.
  std::u16string name;
  LPSERVICE_MAIN_FUNCTIONA main_a = nullptr;
  LPSERVICE_MAIN_FUNCTIONW main_w = nullptr;
  ServiceProcess() { KeInitializeEvent(&wake, SynchronizationEvent, FALSE); }
};

namespace {

std::shared_ptr<ServiceProcess> ServiceOf(Program& program) {
  rt::LockGuard guard(program.lock);
  return program.service;
}

// Its arguments are its own name, then those of the process.
DWORD RunMain(LPVOID parameter) {
  auto& service = *static_cast<ServiceProcess*>(parameter);
  Program& program = ProgramFor("ServiceMain");
  std::u16string name = service.name;
  std::string narrow = ob::ToUtf8(name);
  if (service.main_w != nullptr) {
    std::vector<LPWSTR> words = program.wide_arguments;
    words[0] = name.data();
    service.main_w(static_cast<DWORD>(words.size() - 1), words.data());
  } else {
    std::vector<LPSTR> words = program.arguments;
    words[0] = narrow.data();
    service.main_a(static_cast<DWORD>(words.size() - 1), words.data());
  }
  return 0;
}

BOOL Fail(DWORD error) {
  CurrentThread().last_error = error;
  return FALSE;
}

// Until the service says that it has stopped.
BOOL Dispatch(std::shared_ptr<ServiceProcess> service) {
  Program& program = ProgramFor("StartServiceCtrlDispatcher");
  LeaveIfEnded();
  {
    drydock::rt::LockGuard guard(program.lock);
    if (program.service) return Fail(ERROR_SERVICE_ALREADY_RUNNING);
    program.service = service;
  }
  const HANDLE thread = CreateThread(nullptr, 0, &RunMain, service.get(), 0, nullptr);
  if (thread == nullptr) return FALSE;
  CloseHandle(thread);
  for (;;) {
    std::shared_ptr<ServiceControl> control;
    LPHANDLER_FUNCTION handler;
    LPHANDLER_FUNCTION_EX handler_ex;
    void* context;
    bool stopped;
    {
      rt::LockGuard guard(program.lock);
      handler = service->handler;
      handler_ex = service->handler_ex;
      context = service->context;
      stopped = service->status.dwCurrentState == SERVICE_STOPPED;
      if (!service->controls.empty()) {
        control = service->controls.front();
        service->controls.pop_front();
      }
    }
    if (control) {
      if (!stopped && handler_ex != nullptr)
        control->answer = handler_ex(control->control, control->event, control->data.empty() ? nullptr : control->data.data(), context);
      else if (!stopped && handler != nullptr)
        handler(control->control);
      KeSetEvent(&control->answered, IO_NO_INCREMENT, FALSE);
      continue;
    }
    if (stopped) return TRUE;
    {
      ke::DriversWait scope;
      KeWaitForSingleObject(&service->wake, UserRequest, KernelMode, FALSE, nullptr);
    }
    LeaveIfEnded();
  }
}

SERVICE_STATUS_HANDLE Register(LPHANDLER_FUNCTION handler, LPHANDLER_FUNCTION_EX handler_ex, void* context) {
  Program& program = ProgramFor("RegisterServiceCtrlHandler");
  LeaveIfEnded();
  const auto service = ServiceOf(program);
  if (!service) return Fail(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT), nullptr;
  rt::LockGuard guard(program.lock);
  service->handler = handler;
  service->handler_ex = handler_ex;
  service->context = context;
  return reinterpret_cast<SERVICE_STATUS_HANDLE>(service.get());
}

}  // namespace

std::shared_ptr<ServiceProcess> ServiceOfHandle(Program& program, void* handle) {
  auto service = ServiceOf(program);
  return service.get() == handle ? service : nullptr;
}

void Tell(Program& program, ServiceProcess& service, const std::shared_ptr<ServiceControl>& control) {
  {
    drydock::rt::LockGuard guard(program.lock);
    service.controls.push_back(control);
  }
  KeSetEvent(&service.wake, IO_NO_INCREMENT, FALSE);
}

bool StopService(Program& program) {
  const auto service = ServiceOf(program);
  if (!service) return false;
  {
    drydock::rt::LockGuard guard(program.lock);
    if (!(service->status.dwControlsAccepted & SERVICE_ACCEPT_STOP)) return false;
  }
  auto control = std::make_shared<ServiceControl>();
  control->control = SERVICE_CONTROL_STOP;
  Tell(program, *service, control);
  return true;
}

bool WaitForAnswer(Program& program, KEVENT* answered, const std::atomic<bool>& dropped) {
  LARGE_INTEGER moment;
  moment.QuadPart = -10 * 10'000;
  while (KeWaitForSingleObject(answered, UserRequest, KernelMode, FALSE, &moment) == STATUS_TIMEOUT)
    if (program.exiting || dropped) return false;
  return true;
}

}  // namespace drydock::nt::win32

using namespace drydock::nt;
using namespace drydock::nt::win32;

extern "C" {

BOOL StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW* lpServiceStartTable) {
  if (lpServiceStartTable == nullptr || lpServiceStartTable->lpServiceProc == nullptr) return Fail(ERROR_INVALID_DATA);
  auto service = std::make_shared<ServiceProcess>();
  service->name = lpServiceStartTable->lpServiceName != nullptr ? lpServiceStartTable->lpServiceName : u"";
  service->main_w = lpServiceStartTable->lpServiceProc;
  return Dispatch(std::move(service));
}
BOOL StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA* lpServiceStartTable) {
  if (lpServiceStartTable == nullptr || lpServiceStartTable->lpServiceProc == nullptr) return Fail(ERROR_INVALID_DATA);
  auto service = std::make_shared<ServiceProcess>();
  service->name = lpServiceStartTable->lpServiceName != nullptr ? ob::ToUtf16(lpServiceStartTable->lpServiceName) : u"";
  service->main_a = lpServiceStartTable->lpServiceProc;
  return Dispatch(std::move(service));
}

SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerW(LPCWSTR, LPHANDLER_FUNCTION lpHandlerProc) { return Register(lpHandlerProc, nullptr, nullptr); }
SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerA(LPCSTR, LPHANDLER_FUNCTION lpHandlerProc) { return Register(lpHandlerProc, nullptr, nullptr); }
SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerExW(LPCWSTR, LPHANDLER_FUNCTION_EX lpHandlerProc, LPVOID lpContext) {
  return Register(nullptr, lpHandlerProc, lpContext);
}
SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerExA(LPCSTR, LPHANDLER_FUNCTION_EX lpHandlerProc, LPVOID lpContext) {
  return Register(nullptr, lpHandlerProc, lpContext);
}

BOOL SetServiceStatus(SERVICE_STATUS_HANDLE hServiceStatus, LPSERVICE_STATUS lpServiceStatus) {
  Program& program = ProgramFor("SetServiceStatus");
  LeaveIfEnded();
  const auto service = ServiceOfHandle(program, hServiceStatus);
  if (!service) return Fail(ERROR_INVALID_HANDLE);
  if (lpServiceStatus == nullptr || lpServiceStatus->dwCurrentState < SERVICE_STOPPED || lpServiceStatus->dwCurrentState > SERVICE_PAUSED)
    return Fail(ERROR_INVALID_DATA);
  {
    drydock::rt::LockGuard guard(program.lock);
    service->status = *lpServiceStatus;
  }
  KeSetEvent(&service->wake, IO_NO_INCREMENT, FALSE);
  return TRUE;
}

}  // extern "C"
