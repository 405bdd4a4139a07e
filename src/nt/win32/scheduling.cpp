// What a program says about how its threads are to be run: kept, told back, and otherwise without effect, since who runs is the executor's
// choice.
#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/process.h"
#include "nt/ps/types.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

// 0: no thread, and the last error.
uint64_t IdOf(HANDLE handle) {
  LeaveIfEnded();
  if (handle == ZwCurrentThread()) return CurrentThread().thread_id;
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(handle, 0, &ps::kThreadType, KernelMode, &body))) return 0;
  const uint64_t id = static_cast<Thread*>(body)->thread_id;
  ob::Dereference(body);
  return id;
}

// 0: no process, and the last error.
uint64_t ProcessIdOf(HANDLE handle) {
  LeaveIfEnded();
  if (handle == ZwCurrentProcess()) return GetCurrentProcessId();
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(handle, 0, &ps::kProcessType, KernelMode, &body))) return 0;
  const uint64_t id = static_cast<Process*>(body)->id;
  ob::Dereference(body);
  return id;
}

bool IsThisProcess(HANDLE handle) {
  const uint64_t id = ProcessIdOf(handle);
  return id != 0 && (id == GetCurrentProcessId() || Succeeded(STATUS_ACCESS_DENIED));
}

HANDLE OpenById(uint64_t process, uint64_t thread, ACCESS_MASK access) {
  LeaveIfEnded();
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, HandleAttributes(), nullptr, nullptr);
  CLIENT_ID id = {reinterpret_cast<HANDLE>(process), reinterpret_cast<HANDLE>(thread)};
  HANDLE handle = nullptr;
  const NTSTATUS status = thread != 0 ? ZwOpenThread(&handle, access, &attributes, &id) : ZwOpenProcess(&handle, access, &attributes, &id);
  return Succeeded(status == STATUS_INVALID_CID ? STATUS_INVALID_PARAMETER : status) ? handle : nullptr;
}

uint64_t AllProcessors() {
  const uint32_t count = CurrentKernel().options.processors;
  return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

}  // namespace

extern "C" {

DWORD GetThreadId(HANDLE Thread) { return static_cast<DWORD>(IdOf(Thread)); }

BOOL SetThreadPriority(HANDLE hThread, int nPriority) {
  const uint64_t id = IdOf(hThread);
  if (id == 0) return FALSE;
  if (nPriority != THREAD_PRIORITY_IDLE && nPriority != THREAD_PRIORITY_TIME_CRITICAL && (nPriority < -7 || nPriority > 6))
    return Succeeded(STATUS_INVALID_PARAMETER);
  Program& program = ProgramFor("SetThreadPriority");
  rt::LockGuard guard(program.lock);
  program.priorities[id] = nPriority;
  return TRUE;
}
int GetThreadPriority(HANDLE hThread) {
  const uint64_t id = IdOf(hThread);
  if (id == 0) return THREAD_PRIORITY_ERROR_RETURN;
  Program& program = ProgramFor("GetThreadPriority");
  rt::LockGuard guard(program.lock);
  const auto found = program.priorities.find(id);
  return found == program.priorities.end() ? THREAD_PRIORITY_NORMAL : found->second;
}
BOOL SetThreadPriorityBoost(HANDLE hThread, BOOL bDisablePriorityBoost) {
  (void)bDisablePriorityBoost;
  return IdOf(hThread) != 0;
}
BOOL SetPriorityClass(HANDLE hProcess, DWORD dwPriorityClass) {
  if (!IsThisProcess(hProcess)) return FALSE;
  Program& program = ProgramFor("SetPriorityClass");
  rt::LockGuard guard(program.lock);
  program.priority_class = dwPriorityClass;
  return TRUE;
}
DWORD GetPriorityClass(HANDLE hProcess) {
  if (!IsThisProcess(hProcess)) return 0;
  Program& program = ProgramFor("GetPriorityClass");
  rt::LockGuard guard(program.lock);
  return program.priority_class;
}

DWORD_PTR SetThreadAffinityMask(HANDLE hThread, DWORD_PTR dwThreadAffinityMask) {
  const uint64_t id = IdOf(hThread);
  if (id == 0) return 0;
  Program& program = ProgramFor("SetThreadAffinityMask");
  const uint64_t all = AllProcessors();
  {
    rt::LockGuard guard(program.lock);
    const uint64_t allowed = program.affinity != 0 ? program.affinity : all;
    if (dwThreadAffinityMask != 0 && (dwThreadAffinityMask & ~allowed) == 0) {
      const auto found = program.affinities.find(id);
      const uint64_t before = found == program.affinities.end() ? allowed : found->second;
      program.affinities[id] = dwThreadAffinityMask;
      return before;
    }
  }
  Succeeded(STATUS_INVALID_PARAMETER);
  return 0;
}
DWORD SetThreadIdealProcessor(HANDLE hThread, DWORD dwIdealProcessor) {
  (void)dwIdealProcessor;
  return IdOf(hThread) != 0 ? 0 : static_cast<DWORD>(-1);
}
BOOL GetProcessAffinityMask(HANDLE hProcess, PDWORD_PTR lpProcessAffinityMask, PDWORD_PTR lpSystemAffinityMask) {
  if (!IsThisProcess(hProcess)) return FALSE;
  Program& program = ProgramFor("GetProcessAffinityMask");
  const uint64_t all = AllProcessors();
  rt::LockGuard guard(program.lock);
  *lpSystemAffinityMask = all;
  *lpProcessAffinityMask = program.affinity != 0 ? program.affinity : all;
  return TRUE;
}
BOOL SetProcessAffinityMask(HANDLE hProcess, DWORD_PTR dwProcessAffinityMask) {
  if (!IsThisProcess(hProcess)) return FALSE;
  if (dwProcessAffinityMask == 0 || (dwProcessAffinityMask & ~AllProcessors())) return Succeeded(STATUS_INVALID_PARAMETER);
  Program& program = ProgramFor("SetProcessAffinityMask");
  rt::LockGuard guard(program.lock);
  program.affinity = dwProcessAffinityMask;
  return TRUE;
}
DWORD GetCurrentProcessorNumber(VOID) { return CurrentThread().processor; }
HRESULT SetThreadDescription(HANDLE hThread, PCWSTR lpThreadDescription) {
  (void)lpThreadDescription;
  return IdOf(hThread) != 0 ? S_OK : static_cast<HRESULT>(HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE));
}

HANDLE OpenProcess(DWORD dwDesiredAccess, BOOL, DWORD dwProcessId) { return OpenById(dwProcessId, 0, dwDesiredAccess); }
HANDLE OpenThread(DWORD dwDesiredAccess, BOOL, DWORD dwThreadId) {
  return dwThreadId != 0 || Succeeded(STATUS_INVALID_PARAMETER) ? OpenById(0, dwThreadId, dwDesiredAccess) : nullptr;
}
DWORD GetProcessIdOfThread(HANDLE Thread) {
  LeaveIfEnded();
  void* body;
  if (Thread == ZwCurrentThread()) return GetCurrentProcessId();
  if (!Succeeded(ob::ReferenceByHandle(Thread, 0, &ps::kThreadType, KernelMode, &body))) return 0;
  const Process* process = static_cast<nt::Thread*>(body)->process;
  const uint64_t id = process != nullptr ? process->id : 0;
  ob::Dereference(body);
  return static_cast<DWORD>(id);
}
BOOL TerminateProcess(HANDLE hProcess, UINT uExitCode) {
  if (hProcess == ZwCurrentProcess()) ExitProgram(static_cast<int32_t>(uExitCode));
  LeaveIfEnded();
  // What the handle was not granted it cannot do, as a driver that watches may have seen to (ObRegisterCallbacks).
  void* body;
  const KPROCESSOR_MODE mode = ob::IsKernelHandle(hProcess) ? KernelMode : UserMode;
  if (!Succeeded(ob::ReferenceByHandle(hProcess, PROCESS_TERMINATE, &ps::kProcessType, mode, &body))) return FALSE;
  ob::Dereference(body);
  const bool ended = Succeeded(ZwTerminateProcess(hProcess, static_cast<NTSTATUS>(uExitCode)));
  LeaveIfEnded();  // it may have been this one
  return ended;
}
BOOL GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode) {
  LeaveIfEnded();
  void* body = nullptr;
  if (hProcess != ZwCurrentProcess() && !Succeeded(ob::ReferenceByHandle(hProcess, 0, &ps::kProcessType, KernelMode, &body))) return FALSE;
  const auto* process = static_cast<Process*>(body);
  *lpExitCode = process != nullptr && process->ended.load() ? static_cast<DWORD>(process->exit_status) : STILL_ACTIVE;
  if (body != nullptr) ob::Dereference(body);
  return TRUE;
}
DWORD GetProcessId(HANDLE Process) { return static_cast<DWORD>(ProcessIdOf(Process)); }

// Nobody counts the time of a thread: all of it is the time that has passed.
BOOL GetProcessTimes(HANDLE hProcess, LPFILETIME lpCreationTime, LPFILETIME lpExitTime, LPFILETIME lpKernelTime, LPFILETIME lpUserTime) {
  if (!IsThisProcess(hProcess)) return FALSE;
  const rt::Ticks passed = CurrentKernel().executor.InterruptTime(), now = CurrentKernel().executor.SystemTime();
  const auto give = [](LPFILETIME to, rt::Ticks time) {
    *to = {static_cast<DWORD>(static_cast<uint64_t>(time)), static_cast<DWORD>(static_cast<uint64_t>(time) >> 32)};
  };
  give(lpCreationTime, now - passed);
  give(lpExitTime, 0);
  give(lpKernelTime, 0);
  give(lpUserTime, passed);
  return TRUE;
}
BOOL GetThreadTimes(HANDLE hThread, LPFILETIME lpCreationTime, LPFILETIME lpExitTime, LPFILETIME lpKernelTime, LPFILETIME lpUserTime) {
  return IdOf(hThread) != 0 && GetProcessTimes(ZwCurrentProcess(), lpCreationTime, lpExitTime, lpKernelTime, lpUserTime);
}

}  // extern "C"
