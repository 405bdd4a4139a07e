// Threads, sleeping, time.
#include <fmt/format.h>

#include "nt/driver_callback.h"
#include "nt/kernel.h"
#include "nt/ke/drivers_wait.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/left_running.h"
#include "nt/ps/process.h"
#include "nt/ps/start.h"
#include "nt/ps/types.h"
#include "nt/win32/program.h"
#include "nt/win32/user_apc.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

struct Start {
  LPTHREAD_START_ROUTINE routine;
  void* parameter;
  Program* program;  // whose thread it is; null: a driver's
  CallbackHost* host;  // in which the driver runs; null: in none
  std::shared_ptr<SuspendedThread> suspended;  // null: it runs at once
};

// Until ResumeThread, a wait of its own code as the end of the process sees it.
void WaitForResume(void* go) {
  ke::DriversWait scope;
  KeWaitForSingleObject(go, UserRequest, KernelMode, FALSE, nullptr);
}

void RunThread(void* argument) {
  const Start start = *static_cast<Start*>(argument);
  delete static_cast<Start*>(argument);
  Thread& thread = CurrentThread();
  try {
    if (start.suspended) CallApplication(*start.program, "a suspended thread", &WaitForResume, static_cast<void*>(&start.suspended->go));
    thread.exit_status =
        static_cast<int32_t>(start.host ? CallApplication(*start.host, "ThreadProc", start.routine, start.parameter)
                                        : CallDriver("ThreadProc", start.routine, start.parameter));
  } catch (const rt::TaskStopped&) {
    if (!thread.terminating) throw;  // ExitThread comes here too
  }
  if (start.program) RunFlsCallbacks(*start.program);
}

FILETIME FileTimeOf(rt::Ticks time) {
  return {static_cast<DWORD>(static_cast<uint64_t>(time)),
          static_cast<DWORD>(static_cast<uint64_t>(time) >> 32)};
}

}  // namespace

extern "C" {

HANDLE CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
                    LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter,
                    DWORD dwCreationFlags, LPDWORD lpThreadId) {
  (void)lpThreadAttributes;
  (void)dwStackSize;
  const bool suspended = (dwCreationFlags & CREATE_SUSPENDED) != 0;
  if (lpStartAddress == nullptr || (dwCreationFlags & ~(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) ||
      (suspended && !CurrentProgram())) {  // a driver's threads start at once
    Succeeded(STATUS_INVALID_PARAMETER);
    return nullptr;
  }
  Kernel& kernel = CurrentKernel();
  Thread* thread = nullptr;
  ps::ThreadStart start;
  const std::string name = fmt::format("thread of {}", CurrentThread().task->name);
  start.name = name.c_str();
  start.entry = &RunThread;
  Program* program = CurrentProgram();
  std::shared_ptr<SuspendedThread> gate;
  if (suspended) {
    gate = std::make_shared<SuspendedThread>();
    KeInitializeEvent(&gate->go, NotificationEvent, FALSE);
  }
  CallbackHost* host = CurrentThread().callbacks ? CurrentThread().callbacks->host : nullptr;  // the program, or a driver's
  start.argument = new Start{lpStartAddress, lpParameter, program, host, gate};
  if (program != nullptr) {
    LeaveIfEnded();
    start.process = program->process;
    start.system_thread = false;
  } else if (host != nullptr) {
    LeaveIfEnded();
    start.process = host->process;
  }
  start.thread = &thread;
  rt::Task* task = ps::StartThread(kernel, start);
  if (gate) {
    rt::LockGuard guard(program->lock);
    program->suspended[thread->thread_id] = gate;
  }
  if (!program) ps::NoteThread(kernel, thread->thread_id, ps::StartedHere("CreateThread", reinterpret_cast<const void*>(lpStartAddress)));
  kernel.executor.Detach(task);
  if (lpThreadId != nullptr) *lpThreadId = static_cast<DWORD>(thread->thread_id);
  HANDLE handle = nullptr;
  const NTSTATUS status =
      ob::InsertHandle(kernel, thread, THREAD_ALL_ACCESS, HandleAttributes(), &handle);
  if (!Succeeded(status)) {
    ob::Dereference(thread);
    return nullptr;
  }
  kernel.executor.SchedulePoint();
  return handle;
}

DWORD ResumeThread(HANDLE hThread) {
  LeaveIfEnded();
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(hThread, 0, &ps::kThreadType, KernelMode, &body))) return static_cast<DWORD>(-1);
  const uint64_t id = static_cast<Thread*>(body)->thread_id;
  ob::Dereference(body);
  Program& program = ProgramFor("ResumeThread");
  std::shared_ptr<SuspendedThread> gate;
  DWORD count;
  {
    rt::LockGuard guard(program.lock);
    const auto found = program.suspended.find(id);
    if (found == program.suspended.end()) return 0;  // it runs
    count = found->second->count--;
    if (count != 1) return count;
    gate = std::move(found->second);
    program.suspended.erase(found);
  }
  KeSetEvent(&gate->go, IO_NO_INCREMENT, FALSE);
  return count;
}
// Narrowed: only one that was made suspended and has not begun.
DWORD SuspendThread(HANDLE hThread) {
  LeaveIfEnded();
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(hThread, 0, &ps::kThreadType, KernelMode, &body))) return static_cast<DWORD>(-1);
  const uint64_t id = static_cast<Thread*>(body)->thread_id;
  ob::Dereference(body);
  Program& program = ProgramFor("SuspendThread");
  {
    rt::LockGuard guard(program.lock);
    const auto found = program.suspended.find(id);
    if (found != program.suspended.end()) return found->second->count++;
  }
  Succeeded(STATUS_NOT_SUPPORTED);
  return static_cast<DWORD>(-1);
}

VOID ExitThread(DWORD dwExitCode) {
  Thread& thread = CurrentThread();
  thread.exit_status = static_cast<int32_t>(dwExitCode);
  thread.terminating = true;
  throw rt::TaskStopped();
}

BOOL GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode) {
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(hThread, 0, &ps::kThreadType, KernelMode, &body)))
    return FALSE;
  auto* thread = static_cast<Thread*>(body);
  const bool ended =
      __atomic_load_n(&reinterpret_cast<DISPATCHER_HEADER*>(thread->header)->SignalState,
                      __ATOMIC_ACQUIRE) != 0;
  *lpExitCode = ended ? static_cast<DWORD>(thread->exit_status) : STILL_ACTIVE;
  ob::Dereference(body);
  return TRUE;
}

DWORD GetCurrentThreadId(VOID) { return static_cast<DWORD>(CurrentThread().thread_id); }
HANDLE GetCurrentProcess(VOID) { return ZwCurrentProcess(); }

BOOL SwitchToThread(VOID) {
  CurrentKernel().executor.Yield();
  return TRUE;
}

DWORD SleepEx(DWORD dwMilliseconds, BOOL bAlertable) {
  if (dwMilliseconds == 0) {
    Program* program = bAlertable ? CurrentProgram() : nullptr;
    if (program != nullptr && RunApcs(*program)) return WAIT_IO_COMPLETION;
    SwitchToThread();
    return 0;
  }
  LeaveIfEnded();
  LARGE_INTEGER time;
  if (Program* program = bAlertable ? CurrentProgram() : nullptr)
    return AlertableWait(*program, nullptr, 0, Timeout(dwMilliseconds, &time)) == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
  if (Timeout(dwMilliseconds, &time) == nullptr) time.QuadPart = INT64_MIN;  // for ever
  drydock::nt::ke::DriversWait scope;
  return KeDelayExecutionThread(KernelMode, bAlertable != FALSE, &time) == STATUS_USER_APC
             ? WAIT_IO_COMPLETION
             : 0;
}
VOID Sleep(DWORD dwMilliseconds) { SleepEx(dwMilliseconds, FALSE); }

ULONGLONG GetTickCount64(VOID) {
  return static_cast<ULONGLONG>(CurrentKernel().executor.InterruptTime() / 10'000);
}
DWORD GetTickCount(VOID) { return static_cast<DWORD>(GetTickCount64()); }

VOID GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime) {
  *lpSystemTimeAsFileTime = FileTimeOf(CurrentKernel().executor.SystemTime());
}
VOID GetSystemTimePreciseAsFileTime(LPFILETIME lpSystemTimeAsFileTime) {
  GetSystemTimeAsFileTime(lpSystemTimeAsFileTime);
}

BOOL FileTimeToSystemTime(const FILETIME* lpFileTime, LPSYSTEMTIME lpSystemTime) {
  LARGE_INTEGER time;
  time.LowPart = lpFileTime->dwLowDateTime;
  time.HighPart = static_cast<LONG>(lpFileTime->dwHighDateTime);
  if (time.QuadPart < 0) return Succeeded(STATUS_INVALID_PARAMETER);
  TIME_FIELDS fields;
  RtlTimeToTimeFields(&time, &fields);
  *lpSystemTime = {static_cast<WORD>(fields.Year),    static_cast<WORD>(fields.Month),
                   static_cast<WORD>(fields.Weekday), static_cast<WORD>(fields.Day),
                   static_cast<WORD>(fields.Hour),    static_cast<WORD>(fields.Minute),
                   static_cast<WORD>(fields.Second),  static_cast<WORD>(fields.Milliseconds)};
  return TRUE;
}
BOOL SystemTimeToFileTime(const SYSTEMTIME* lpSystemTime, LPFILETIME lpFileTime) {
  TIME_FIELDS fields = {};
  fields.Year = static_cast<CSHORT>(lpSystemTime->wYear);
  fields.Month = static_cast<CSHORT>(lpSystemTime->wMonth);
  fields.Day = static_cast<CSHORT>(lpSystemTime->wDay);
  fields.Hour = static_cast<CSHORT>(lpSystemTime->wHour);
  fields.Minute = static_cast<CSHORT>(lpSystemTime->wMinute);
  fields.Second = static_cast<CSHORT>(lpSystemTime->wSecond);
  fields.Milliseconds = static_cast<CSHORT>(lpSystemTime->wMilliseconds);
  LARGE_INTEGER time;
  if (!RtlTimeFieldsToTime(&fields, &time)) return Succeeded(STATUS_INVALID_PARAMETER);
  *lpFileTime = FileTimeOf(time.QuadPart);
  return TRUE;
}
VOID GetSystemTime(LPSYSTEMTIME lpSystemTime) {
  const FILETIME now = FileTimeOf(CurrentKernel().executor.SystemTime());
  FileTimeToSystemTime(&now, lpSystemTime);
}

BOOL FileTimeToLocalFileTime(const FILETIME* lpFileTime, LPFILETIME lpLocalFileTime) {
  *lpLocalFileTime = *lpFileTime;
  return TRUE;
}
BOOL LocalFileTimeToFileTime(const FILETIME* lpLocalFileTime, LPFILETIME lpFileTime) {
  *lpFileTime = *lpLocalFileTime;
  return TRUE;
}
LONG CompareFileTime(const FILETIME* lpFileTime1, const FILETIME* lpFileTime2) {
  if (lpFileTime1->dwHighDateTime != lpFileTime2->dwHighDateTime)
    return lpFileTime1->dwHighDateTime < lpFileTime2->dwHighDateTime ? -1 : 1;
  if (lpFileTime1->dwLowDateTime == lpFileTime2->dwLowDateTime) return 0;
  return lpFileTime1->dwLowDateTime < lpFileTime2->dwLowDateTime ? -1 : 1;
}

BOOL QueryPerformanceCounter(LARGE_INTEGER* lpPerformanceCount) {
  *lpPerformanceCount = KeQueryPerformanceCounter(nullptr);
  return TRUE;
}
BOOL QueryPerformanceFrequency(LARGE_INTEGER* lpFrequency) {
  KeQueryPerformanceCounter(lpFrequency);
  return TRUE;
}

}  // extern "C"
