// The service control manager: services are keys of the machine's registry; starting one loads its driver.
#include <map>
#include <memory>
#include <string>

#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

#include <winsvc.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

struct Service {
  std::u16string name;  // empty: the manager
  std::u16string image;
  DWORD type = SERVICE_KERNEL_DRIVER;
};

constexpr char16_t kServices[] = u"SYSTEM\\CurrentControlSet\\Services\\";

SC_HANDLE Fail(DWORD error) {
  CurrentThread().last_error = error;
  return nullptr;
}

std::shared_ptr<Service> ServiceOf(SC_HANDLE handle) {
  auto found = std::static_pointer_cast<Service>(FindThing(ProgramFor("a service function"), handle));
  if (!found) CurrentThread().last_error = ERROR_INVALID_HANDLE;
  return found;
}

LSTATUS SetText(HKEY key, PCWSTR name, const std::u16string& text) {
  return RegSetValueExW(key, name, 0, REG_EXPAND_SZ, reinterpret_cast<const BYTE*>(text.c_str()),
                        static_cast<DWORD>((text.size() + 1) * sizeof(char16_t)));
}
LSTATUS SetNumber(HKEY key, PCWSTR name, DWORD number) {
  return RegSetValueExW(key, name, 0, REG_DWORD, reinterpret_cast<const BYTE*>(&number), sizeof number);
}

// Whether its driver object is there: what the manager calls running.
bool IsRunning(const Service& service) {
  const std::u16string name = u"\\Driver\\" + service.name;
  ob::ParseContext context;
  context.kernel = &CurrentKernel();
  void* body = nullptr;
  if (!NT_SUCCESS(ob::Lookup(context, nullptr, name, &body))) return false;
  ob::Dereference(body);
  return true;
}

void Describe(const Service& service, LPSERVICE_STATUS status) {
  const bool running = IsRunning(service);
  *status = {};
  status->dwServiceType = service.type;
  status->dwCurrentState = running ? SERVICE_RUNNING : SERVICE_STOPPED;
  status->dwControlsAccepted = running ? SERVICE_ACCEPT_STOP : 0;
}

}  // namespace

extern "C" {

SC_HANDLE OpenSCManagerW(LPCWSTR lpMachineName, LPCWSTR lpDatabaseName, DWORD dwDesiredAccess) {
  (void)lpDatabaseName;
  (void)dwDesiredAccess;
  Program& program = ProgramFor("OpenSCManager");
  LeaveIfEnded();
  if (lpMachineName != nullptr && *lpMachineName != 0) return Fail(ERROR_ACCESS_DENIED);  // there is one machine
  return AddThing(program, std::make_shared<Service>());
}
SC_HANDLE OpenSCManagerA(LPCSTR lpMachineName, LPCSTR lpDatabaseName, DWORD dwDesiredAccess) {
  return OpenSCManagerW(Wide(lpMachineName).c_str(), Wide(lpDatabaseName).c_str(), dwDesiredAccess);
}

SC_HANDLE CreateServiceW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, LPCWSTR lpDisplayName, DWORD dwDesiredAccess, DWORD dwServiceType,
                         DWORD dwStartType, DWORD dwErrorControl, LPCWSTR lpBinaryPathName, LPCWSTR, LPDWORD, LPCWSTR, LPCWSTR, LPCWSTR) {
  (void)dwDesiredAccess;
  LeaveIfEnded();
  if (!ServiceOf(hSCManager)) return nullptr;
  if (lpServiceName == nullptr || *lpServiceName == 0 || lpBinaryPathName == nullptr) return Fail(ERROR_INVALID_PARAMETER);
  if (dwServiceType != SERVICE_KERNEL_DRIVER && dwServiceType != SERVICE_FILE_SYSTEM_DRIVER) return Fail(ERROR_NOT_SUPPORTED);
  const std::u16string path = kServices + std::u16string(lpServiceName);
  HKEY key;
  DWORD made;
  if (const LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, &made))
    return Fail(static_cast<DWORD>(error));
  if (made == REG_OPENED_EXISTING_KEY) {
    DWORD size = 0;
    const bool complete = RegQueryValueExW(key, u"ImagePath", nullptr, nullptr, nullptr, &size) == ERROR_SUCCESS;
    if (complete) {
      RegCloseKey(key);
      return Fail(ERROR_SERVICE_EXISTS);
    }
  }
  SetText(key, u"ImagePath", lpBinaryPathName);
  if (lpDisplayName != nullptr) SetText(key, u"DisplayName", lpDisplayName);
  SetNumber(key, u"Type", dwServiceType);
  SetNumber(key, u"Start", dwStartType);
  SetNumber(key, u"ErrorControl", dwErrorControl);
  RegCloseKey(key);
  auto service = std::make_shared<Service>();
  service->name = lpServiceName;
  service->image = lpBinaryPathName;
  service->type = dwServiceType;
  return AddThing(ProgramFor("CreateService"), service);
}
SC_HANDLE CreateServiceA(SC_HANDLE hSCManager, LPCSTR lpServiceName, LPCSTR lpDisplayName, DWORD dwDesiredAccess, DWORD dwServiceType,
                         DWORD dwStartType, DWORD dwErrorControl, LPCSTR lpBinaryPathName, LPCSTR, LPDWORD, LPCSTR, LPCSTR, LPCSTR) {
  return CreateServiceW(hSCManager, Wide(lpServiceName).c_str(), Wide(lpDisplayName).c_str(), dwDesiredAccess, dwServiceType,
                        dwStartType, dwErrorControl, Wide(lpBinaryPathName).c_str(), nullptr, nullptr, nullptr, nullptr, nullptr);
}

SC_HANDLE OpenServiceW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, DWORD dwDesiredAccess) {
  (void)dwDesiredAccess;
  LeaveIfEnded();
  if (!ServiceOf(hSCManager)) return nullptr;
  if (lpServiceName == nullptr || *lpServiceName == 0) return Fail(ERROR_INVALID_NAME);
  const std::u16string path = kServices + std::u16string(lpServiceName);
  HKEY key;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, KEY_READ, &key) != ERROR_SUCCESS) return Fail(ERROR_SERVICE_DOES_NOT_EXIST);
  char16_t image[520] = {};
  DWORD size = sizeof image - sizeof(char16_t);
  const LSTATUS error = RegQueryValueExW(key, u"ImagePath", nullptr, nullptr, reinterpret_cast<BYTE*>(image), &size);
  RegCloseKey(key);
  auto service = std::make_shared<Service>();
  service->name = lpServiceName;
  service->image = image;
  if (error != ERROR_SUCCESS && !IsRunning(*service)) return Fail(ERROR_SERVICE_DOES_NOT_EXIST);
  return AddThing(ProgramFor("OpenService"), service);
}
SC_HANDLE OpenServiceA(SC_HANDLE hSCManager, LPCSTR lpServiceName, DWORD dwDesiredAccess) {
  return OpenServiceW(hSCManager, Wide(lpServiceName).c_str(), dwDesiredAccess);
}

BOOL StartServiceW(SC_HANDLE hService, DWORD dwNumServiceArgs, LPCWSTR* lpServiceArgVectors) {
  (void)dwNumServiceArgs;
  (void)lpServiceArgVectors;
  LeaveIfEnded();
  Program& program = ProgramFor("StartService");
  const auto service = ServiceOf(hService);
  if (!service) return FALSE;
  if (IsRunning(*service)) {
    CurrentThread().last_error = ERROR_SERVICE_ALREADY_RUNNING;
    return FALSE;
  }
  if (!program.spec.load_driver) return Succeeded(STATUS_NOT_SUPPORTED);
  return Succeeded(program.spec.load_driver(program.spec.context, ob::ToUtf8(service->name), ob::ToUtf8(service->image)));
}
BOOL StartServiceA(SC_HANDLE hService, DWORD dwNumServiceArgs, LPCSTR*) { return StartServiceW(hService, dwNumServiceArgs, nullptr); }

BOOL QueryServiceStatus(SC_HANDLE hService, LPSERVICE_STATUS lpServiceStatus) {
  LeaveIfEnded();
  const auto service = ServiceOf(hService);
  if (!service) return FALSE;
  Describe(*service, lpServiceStatus);
  return TRUE;
}

BOOL ControlService(SC_HANDLE hService, DWORD dwControl, LPSERVICE_STATUS lpServiceStatus) {
  LeaveIfEnded();
  Program& program = ProgramFor("ControlService");
  const auto service = ServiceOf(hService);
  if (!service) return FALSE;
  if (!IsRunning(*service)) {
    CurrentThread().last_error = ERROR_SERVICE_NOT_ACTIVE;
    return FALSE;
  }
  if (dwControl == SERVICE_CONTROL_STOP) {
    const NTSTATUS status = program.spec.unload_driver ? program.spec.unload_driver(program.spec.context, ob::ToUtf8(service->name))
                                                       : STATUS_NOT_SUPPORTED;
    if (!NT_SUCCESS(status)) {
      CurrentThread().last_error = status == STATUS_INVALID_DEVICE_REQUEST ? ERROR_INVALID_SERVICE_CONTROL : ErrorOf(status);
      return FALSE;
    }
  } else if (dwControl != SERVICE_CONTROL_INTERROGATE) {
    CurrentThread().last_error = ERROR_INVALID_SERVICE_CONTROL;
    return FALSE;
  }
  Describe(*service, lpServiceStatus);
  return TRUE;
}

BOOL DeleteService(SC_HANDLE hService) {
  LeaveIfEnded();
  const auto service = ServiceOf(hService);
  if (!service) return FALSE;
  const std::u16string path = kServices + service->name;
  HKEY key;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, KEY_ALL_ACCESS, &key) != ERROR_SUCCESS) {
    CurrentThread().last_error = ERROR_SERVICE_MARKED_FOR_DELETE;
    return FALSE;
  }
  // Its driver may run on, and has values of its own there; what makes it a service goes.
  for (PCWSTR value : {u"ImagePath", u"DisplayName", u"Type", u"Start", u"ErrorControl"}) RegDeleteValueW(key, value);
  RegCloseKey(key);
  return TRUE;
}

BOOL CloseServiceHandle(SC_HANDLE hSCObject) {
  LeaveIfEnded();
  if (DropThing(ProgramFor("CloseServiceHandle"), hSCObject)) return TRUE;
  return Succeeded(STATUS_INVALID_HANDLE);
}

}  // extern "C"
