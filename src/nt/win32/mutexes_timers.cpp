// Mutexes, which a thread owns and abandons at its end, and waitable timers.
#include "nt/ke/dispatcher.h"
#include "nt/ke/mutant.h"
#include "nt/ke/wait.h"
#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/types.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/user_apc.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

const ob::ObjectType kMutantType = {"Mutant", nullptr, nullptr, nullptr, nullptr, 0, MUTEX_ALL_ACCESS};

// The end of a timer calls the thread that set it, by a DPC.
struct WaitableTimer {
  KTIMER timer = {};  // first: what is waited for
  KDPC dpc = {};
  rt::Lock lock;
  Program* program RT_GUARDED_BY(lock) = nullptr;
  uint64_t thread_id RT_GUARDED_BY(lock) = 0;
  PTIMERAPCROUTINE routine RT_GUARDED_BY(lock) = nullptr;
  void* argument RT_GUARDED_BY(lock) = nullptr;
};

struct TimerCall {
  PTIMERAPCROUTINE routine;
  void* argument;
  ULONGLONG time;
};

void CallTimerRoutine(ULONG_PTR parameter) {
  auto* at = reinterpret_cast<TimerCall*>(parameter);
  const TimerCall call = *at;
  delete at;
  call.routine(call.argument, static_cast<DWORD>(call.time), static_cast<DWORD>(call.time >> 32));
}

VOID TimerExpired(PKDPC, PVOID context, PVOID, PVOID) {
  auto* timer = static_cast<WaitableTimer*>(context);
  Program* program;
  uint64_t thread_id;
  auto* call = new TimerCall{nullptr, nullptr, static_cast<ULONGLONG>(CurrentKernel().executor.SystemTime())};
  {
    rt::LockGuard guard(timer->lock);
    call->routine = timer->routine;
    call->argument = timer->argument;
    program = timer->program;
    thread_id = timer->thread_id;
  }
  UserApc apc;
  apc.function = &CallTimerRoutine;
  apc.parameter = reinterpret_cast<ULONG_PTR>(call);
  if (call->routine == nullptr || !QueueApc(*program, thread_id, apc)) delete call;
}

void StopTimer(void* body) {
  auto* timer = static_cast<WaitableTimer*>(body);
  KeCancelTimer(&timer->timer);
  KeRemoveQueueDpc(&timer->dpc);
  KeFlushQueuedDpcs();
}

const ob::ObjectType kTimerType = {
    .name = "Timer",
    .on_last_handle = nullptr,
    .on_close = &StopTimer,
    .discard = [](void* body) { static_cast<WaitableTimer*>(body)->~WaitableTimer(); },
    .parse = nullptr,
    .wait_offset = 0,
    .all_access = TIMER_ALL_ACCESS,
};

// References for the length of a call.
class TimerReference {
 public:
  explicit TimerReference(HANDLE handle) { status_ = ob::ReferenceByHandle(handle, TIMER_MODIFY_STATE, &kTimerType, KernelMode, &body_); }
  TimerReference(const TimerReference&) = delete;
  ~TimerReference() noexcept(false) {
    if (body_ && std::uncaught_exceptions() == 0) ob::Dereference(body_);
  }
  NTSTATUS status() const { return status_; }
  WaitableTimer* operator->() const { return static_cast<WaitableTimer*>(body_); }

 private:
  NTSTATUS status_;
  void* body_ = nullptr;
};

}  // namespace

extern "C" {

HANDLE CreateMutexExW(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess) {
  (void)lpMutexAttributes;
  LeaveIfEnded();
  auto* mutant = ob::CreateObject<KMUTANT>(CurrentKernel(), kMutantType);
  if (mutant != nullptr) KeInitializeMutant(mutant, FALSE);
  const HANDLE handle = Insert(mutant, lpName, dwDesiredAccess);
  // One that was there keeps its owner.
  if (handle != nullptr && (dwFlags & CREATE_MUTEX_INITIAL_OWNER) && CurrentThread().last_error == ERROR_SUCCESS)
    ke::WaitForSingle(mutant->Header);
  return handle;
}
HANDLE CreateMutexExA(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess) {
  return CreateMutexExW(lpMutexAttributes, Wide(lpName).c_str(), dwFlags, dwDesiredAccess);
}
HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName) {
  return CreateMutexExW(lpMutexAttributes, lpName, bInitialOwner ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}
HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName) {
  return CreateMutexW(lpMutexAttributes, bInitialOwner, Wide(lpName).c_str());
}
HANDLE OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName) {
  (void)bInheritHandle;
  return OpenNamed(lpName, kMutantType, dwDesiredAccess);
}
HANDLE OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName) {
  return OpenMutexW(dwDesiredAccess, bInheritHandle, Wide(lpName).c_str());
}
BOOL ReleaseMutex(HANDLE hMutex) {
  LeaveIfEnded();
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(hMutex, 0, &kMutantType, KernelMode, &body))) return FALSE;
  auto* mutant = static_cast<KMUTANT*>(body);
  const bool mine = __atomic_load_n(&mutant->OwnerThread, __ATOMIC_RELAXED) == ke::AsKthread(&CurrentThread());
  if (mine) KeReleaseMutant(mutant, IO_NO_INCREMENT, FALSE, FALSE);
  ob::Dereference(body);
  return Succeeded(mine ? STATUS_SUCCESS : STATUS_MUTANT_NOT_OWNED);
}

HANDLE CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCWSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess) {
  (void)lpTimerAttributes;
  LeaveIfEnded();
  void* body = ob::CreateObject(CurrentKernel(), kTimerType, sizeof(WaitableTimer));
  if (body != nullptr) {
    auto* timer = new (body) WaitableTimer();
    KeInitializeTimerEx(&timer->timer, dwFlags & CREATE_WAITABLE_TIMER_MANUAL_RESET ? NotificationTimer : SynchronizationTimer);
    KeInitializeDpc(&timer->dpc, &TimerExpired, timer);
  }
  return Insert(body, lpTimerName, dwDesiredAccess);
}
HANDLE CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess) {
  return CreateWaitableTimerExW(lpTimerAttributes, Wide(lpTimerName).c_str(), dwFlags, dwDesiredAccess);
}
HANDLE CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCWSTR lpTimerName) {
  return CreateWaitableTimerExW(lpTimerAttributes, lpTimerName, bManualReset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0, TIMER_ALL_ACCESS);
}
HANDLE CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCSTR lpTimerName) {
  return CreateWaitableTimerW(lpTimerAttributes, bManualReset, Wide(lpTimerName).c_str());
}
HANDLE OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpTimerName) {
  (void)bInheritHandle;
  return OpenNamed(lpTimerName, kTimerType, dwDesiredAccess);
}
HANDLE OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpTimerName) {
  return OpenWaitableTimerW(dwDesiredAccess, bInheritHandle, Wide(lpTimerName).c_str());
}
BOOL SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER* lpDueTime, LONG lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine,
                      LPVOID lpArgToCompletionRoutine, BOOL fResume) {
  (void)fResume;
  LeaveIfEnded();
  TimerReference timer(hTimer);
  if (!Succeeded(timer.status())) return FALSE;
  if (lPeriod < 0 || lpDueTime == nullptr) return Succeeded(STATUS_INVALID_PARAMETER);
  Program* program = CurrentProgram();
  if (pfnCompletionRoutine != nullptr) ExpectApcs(ProgramFor("SetWaitableTimer with a completion routine"));
  {
    rt::LockGuard guard(timer->lock);
    timer->program = program;
    timer->thread_id = CurrentThread().thread_id;
    timer->routine = pfnCompletionRoutine;
    timer->argument = lpArgToCompletionRoutine;
  }
  KeSetTimerEx(&timer->timer, *lpDueTime, lPeriod, pfnCompletionRoutine != nullptr ? &timer->dpc : nullptr);
  return TRUE;
}
BOOL CancelWaitableTimer(HANDLE hTimer) {
  LeaveIfEnded();
  TimerReference timer(hTimer);
  if (!Succeeded(timer.status())) return FALSE;
  KeCancelTimer(&timer->timer);
  return TRUE;
}

// Narrowed: the two steps are two; what is signalled may be taken before the wait begins.
DWORD SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds, BOOL bAlertable) {
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(hObjectToSignal, 0, nullptr, KernelMode, &body))) return WAIT_FAILED;
  const ob::ObjectType* type = ob::HeaderOf(body)->type;
  ob::Dereference(body);
  BOOL done;
  if (type == &ob::kEventType) done = SetEvent(hObjectToSignal);
  else if (type == &kSemaphoreType) done = ReleaseSemaphore(hObjectToSignal, 1, nullptr);
  else if (type == &kMutantType) done = ReleaseMutex(hObjectToSignal);
  else done = Succeeded(STATUS_INVALID_HANDLE);
  return done ? WaitForSingleObjectEx(hObjectToWaitOn, dwMilliseconds, bAlertable) : WAIT_FAILED;
}

}  // extern "C"
