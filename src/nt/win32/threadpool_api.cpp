// The thread pool's functions, newer and older, over threadpool.h.
#include <fmt/format.h>

#include <vector>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/thread.h"
#include "nt/win32/threadpool.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

// What a callback may ask for its return; on the worker's stack.
struct _TP_CALLBACK_INSTANCE {
  HANDLE event = nullptr;
  HANDLE semaphore = nullptr;
  DWORD count = 0;
  PCRITICAL_SECTION section = nullptr;
  HANDLE mutex = nullptr;
  HMODULE module = nullptr;
  ~_TP_CALLBACK_INSTANCE() noexcept(false) {
    if (std::uncaught_exceptions() != 0) return;
    if (section != nullptr) LeaveCriticalSection(section);
    if (semaphore != nullptr) ReleaseSemaphore(semaphore, static_cast<LONG>(count), nullptr);
    if (mutex != nullptr) ReleaseMutex(mutex);
    if (event != nullptr) SetEvent(event);
    if (module != nullptr) FreeLibrary(module);
  }
};

namespace {

struct Group {
  rt::Lock lock;
  struct Entry {
    std::weak_ptr<PoolMember> member;
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancelled;
  };
  std::vector<Entry> members RT_GUARDED_BY(lock);
};

std::shared_ptr<PoolMember> FindMember(void* handle) {
  LeaveIfEnded();
  return std::static_pointer_cast<PoolMember>(FindPoolThing(handle));
}
// For those that cannot fail: an object that was closed is memory that was freed.
template <class Object>
std::shared_ptr<PoolMember> MemberOf(Object* object, const char* function) {
  auto member = FindMember(object);
  if (!member && !CurrentProgram()) {
    BugCheck(bug::kSystemThreadExceptionNotHandled, {static_cast<uint32_t>(STATUS_INVALID_HANDLE), reinterpret_cast<uint64_t>(object), 0, 0},
             fmt::format("{} was called with {}, which is no object of the thread pool: it was closed already, or never was one.", function,
                         static_cast<void*>(object)));
  }
  return member;
}

std::shared_ptr<Group> FindGroup(void* handle) { return std::static_pointer_cast<Group>(FindPoolThing(handle)); }

// A new member whose address is what the caller holds.
PoolMember* Make(const char* function, const char* name, void (*run)(PoolMember&, const PoolCall&), void* callback, void* context,
                 PTP_CALLBACK_ENVIRON environment = nullptr) {
  LeaveIfEnded();
  if (callback == nullptr) {
    Succeeded(STATUS_INVALID_PARAMETER);
    return nullptr;
  }
  auto member = std::make_shared<PoolMember>();
  member->pool = &CurrentPool();
  member->name = name;
  member->run = run;
  member->callback = callback;
  member->context = context;
  if (!member->pool->program) member->made = ps::StartedHere(function, callback);
  if (environment != nullptr && environment->CleanupGroup != nullptr) {
    if (const auto group = FindGroup(environment->CleanupGroup)) {
      rt::LockGuard guard(group->lock);
      group->members.push_back({member, environment->CleanupGroupCancelCallback});
    }
  }
  AddPoolThing(function, member, member.get());
  return member.get();
}

template <class Function>
Function As(const PoolMember& member) {
  return reinterpret_cast<Function>(member.callback);
}

void RunWork(PoolMember& member, const PoolCall&) {
  _TP_CALLBACK_INSTANCE instance;
  As<PTP_WORK_CALLBACK>(member)(&instance, member.context, reinterpret_cast<PTP_WORK>(&member));
}
void RunSimple(PoolMember& member, const PoolCall&) {
  _TP_CALLBACK_INSTANCE instance;
  As<PTP_SIMPLE_CALLBACK>(member)(&instance, member.context);
}
void RunTimer(PoolMember& member, const PoolCall&) {
  _TP_CALLBACK_INSTANCE instance;
  As<PTP_TIMER_CALLBACK>(member)(&instance, member.context, reinterpret_cast<PTP_TIMER>(&member));
}
void RunWait(PoolMember& member, const PoolCall& call) {
  _TP_CALLBACK_INSTANCE instance;
  As<PTP_WAIT_CALLBACK>(member)(&instance, member.context, reinterpret_cast<PTP_WAIT>(&member), call.wait_result);
}
void RunIo(PoolMember& member, const PoolCall& call) {
  _TP_CALLBACK_INSTANCE instance;
  As<PTP_WIN32_IO_CALLBACK>(member)(&instance, member.context, call.overlapped, call.error, call.bytes, reinterpret_cast<PTP_IO>(&member));
}
void RunItem(PoolMember& member, const PoolCall&) { As<LPTHREAD_START_ROUTINE>(member)(member.context); }
void RunOldCallback(PoolMember& member, const PoolCall& call) { As<WAITORTIMERCALLBACK>(member)(member.context, call.timed_out); }

bool SubmitOnce(const char* function, const char* name, void (*run)(PoolMember&, const PoolCall&), void* callback, void* context,
                PTP_CALLBACK_ENVIRON environment = nullptr) {
  PoolMember* made = Make(function, name, run, callback, context, environment);
  if (made == nullptr) return false;
  const std::shared_ptr<PoolMember> member = made->shared_from_this();
  member->runs_after_close = true;
  SubmitToPool(member, {});
  CloseMember(member);
  return true;
}

void FileTimeout(PoolWatch& watch, const FILETIME* time) {
  watch.has_timeout = time != nullptr;
  if (time == nullptr) return;
  watch.timeout.LowPart = time->dwLowDateTime;
  watch.timeout.HighPart = static_cast<LONG>(time->dwHighDateTime);
}

// False, and the last error: nothing that can be waited for.
bool TakeObject(PoolWatch& watch, HANDLE handle) {
  const NTSTATUS status = ob::ReferenceByHandle(handle, SYNCHRONIZE, nullptr, KernelMode, &watch.body);
  if (!Succeeded(status)) return false;
  const int32_t offset = ob::HeaderOf(watch.body)->type->wait_offset;
  if (offset == ob::kNotWaitable) {
    ob::Dereference(watch.body);
    return Succeeded(STATUS_OBJECT_TYPE_MISMATCH);
  }
  watch.object = static_cast<char*>(watch.body) + offset;
  return true;
}

// Takes packets of the file's port and queues them.
DWORD ServeIo(LPVOID parameter) {
  const std::unique_ptr<std::shared_ptr<PoolMember>> held(static_cast<std::shared_ptr<PoolMember>*>(parameter));
  PoolMember& member = **held;
  for (;;) {
    PoolCall call;
    ULONG_PTR key = 0;
    DWORD bytes = 0;
    const BOOL good = GetQueuedCompletionStatus(member.port, &bytes, &key, &call.overlapped, INFINITE);
    if (call.overlapped == nullptr) break;  // closed
    call.error = good ? ERROR_SUCCESS : GetLastError();
    call.bytes = bytes;
    SubmitToPool(*held, call);
  }
  CloseHandle(member.port);
  return 0;
}

BOOL Close(void* handle, HANDLE completion) {
  const auto member = FindMember(handle);
  if (!member) return Succeeded(STATUS_INVALID_HANDLE);
  WatchFor(member, nullptr);
  if (completion == INVALID_HANDLE_VALUE) {
    WaitForMember(member, false);
    CloseMember(member);
    return TRUE;
  }
  CloseMember(member);
  // An event is told when the last callback has returned: waited for here, since nobody else counts.
  if (completion != nullptr) {
    WaitForMember(member, false);
    return SetEvent(completion);
  }
  return TRUE;
}

}  // namespace

extern "C" {

// --- pools and groups ---
PTP_POOL CreateThreadpool(PVOID reserved) {
  (void)reserved;
  return static_cast<PTP_POOL>(AddPoolThing("CreateThreadpool", std::make_shared<int>()));
}
VOID CloseThreadpool(PTP_POOL ptpp) { DropPoolThing(ptpp); }
BOOL SetThreadpoolThreadMinimum(PTP_POOL ptpp, DWORD cthrdMic) {
  (void)ptpp;
  (void)cthrdMic;
  return TRUE;
}
VOID SetThreadpoolThreadMaximum(PTP_POOL ptpp, DWORD cthrdMost) {
  (void)ptpp;
  (void)cthrdMost;
}
PTP_CLEANUP_GROUP CreateThreadpoolCleanupGroup(VOID) {
  return static_cast<PTP_CLEANUP_GROUP>(AddPoolThing("CreateThreadpoolCleanupGroup", std::make_shared<Group>()));
}
VOID CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP ptpcg, BOOL fCancelPendingCallbacks, PVOID pvCleanupContext) {
  const auto group = FindGroup(ptpcg);
  if (!group) return;
  std::vector<Group::Entry> members;
  {
    rt::LockGuard guard(group->lock);
    members.swap(group->members);
  }
  for (const Group::Entry& entry : members) {
    const auto member = entry.member.lock();
    if (!member) continue;
    if (!FindPoolThing(member.get())) {  // closed by itself, or submitted once: it may run still
      WaitForMember(member, fCancelPendingCallbacks);
      continue;
    }
    WatchFor(member, nullptr);
    WaitForMember(member, fCancelPendingCallbacks);
    if (fCancelPendingCallbacks && entry.cancelled != nullptr) entry.cancelled(member->context, pvCleanupContext);
    CloseMember(member);
  }
}
VOID CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP ptpcg) { DropPoolThing(ptpcg); }

// --- inside a callback ---
BOOL CallbackMayRunLong(PTP_CALLBACK_INSTANCE pci) {
  (void)pci;
  return TRUE;
}
VOID SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE evt) { pci->event = evt; }
VOID ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE sem, DWORD crel) {
  pci->semaphore = sem;
  pci->count = crel;
}
VOID LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, PCRITICAL_SECTION pcs) { pci->section = pcs; }
VOID ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE mut) { pci->mutex = mut; }
VOID FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HMODULE mod) { pci->module = mod; }

// --- work ---
BOOL TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK pfns, PVOID pv, PTP_CALLBACK_ENVIRON pcbe) {
  return SubmitOnce("TrySubmitThreadpoolCallback", "SimpleCallback", &RunSimple, reinterpret_cast<void*>(pfns), pv, pcbe);
}
BOOL QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context, ULONG Flags) {
  (void)Flags;
  return SubmitOnce("QueueUserWorkItem", "ThreadProc", &RunItem, reinterpret_cast<void*>(Function), Context);
}
PTP_WORK CreateThreadpoolWork(PTP_WORK_CALLBACK pfnwk, PVOID pv, PTP_CALLBACK_ENVIRON pcbe) {
  return reinterpret_cast<PTP_WORK>(Make("CreateThreadpoolWork", "WorkCallback", &RunWork, reinterpret_cast<void*>(pfnwk), pv, pcbe));
}
VOID SubmitThreadpoolWork(PTP_WORK pwk) {
  if (const auto member = MemberOf(pwk, "SubmitThreadpoolWork")) SubmitToPool(member, {});
}
VOID WaitForThreadpoolWorkCallbacks(PTP_WORK pwk, BOOL fCancelPendingCallbacks) {
  if (const auto member = MemberOf(pwk, "WaitForThreadpoolWorkCallbacks"))
    WaitForMember(member, fCancelPendingCallbacks);
}
VOID CloseThreadpoolWork(PTP_WORK pwk) {
  if (const auto member = MemberOf(pwk, "CloseThreadpoolWork")) {
    member->runs_after_close = true;
    CloseMember(member);
  }
}

// --- timers ---
PTP_TIMER CreateThreadpoolTimer(PTP_TIMER_CALLBACK pfnti, PVOID pv, PTP_CALLBACK_ENVIRON pcbe) {
  return reinterpret_cast<PTP_TIMER>(Make("CreateThreadpoolTimer", "TimerCallback", &RunTimer, reinterpret_cast<void*>(pfnti), pv, pcbe));
}
VOID SetThreadpoolTimer(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod, DWORD msWindowLength) {
  (void)msWindowLength;
  const auto member = MemberOf(pti, "SetThreadpoolTimer");
  if (!member) return;
  std::shared_ptr<PoolWatch> watch;
  if (pftDueTime != nullptr) {
    watch = std::make_shared<PoolWatch>();
    FileTimeout(*watch, pftDueTime);
    watch->period = msPeriod;
  }
  WatchFor(member, watch);
}
BOOL SetThreadpoolTimerEx(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod, DWORD msWindowLength) {
  const BOOL was = IsThreadpoolTimerSet(pti);
  SetThreadpoolTimer(pti, pftDueTime, msPeriod, msWindowLength);
  return was;
}
BOOL IsThreadpoolTimerSet(PTP_TIMER pti) {
  const auto member = MemberOf(pti, "IsThreadpoolTimerSet");
  return member && IsWatching(*member);
}
VOID WaitForThreadpoolTimerCallbacks(PTP_TIMER pti, BOOL fCancelPendingCallbacks) {
  WaitForThreadpoolWorkCallbacks(reinterpret_cast<PTP_WORK>(pti), fCancelPendingCallbacks);
}
VOID CloseThreadpoolTimer(PTP_TIMER pti) {
  if (const auto member = MemberOf(pti, "CloseThreadpoolTimer")) CloseMember(member);
}

// --- waits ---
PTP_WAIT CreateThreadpoolWait(PTP_WAIT_CALLBACK pfnwa, PVOID pv, PTP_CALLBACK_ENVIRON pcbe) {
  return reinterpret_cast<PTP_WAIT>(Make("CreateThreadpoolWait", "WaitCallback", &RunWait, reinterpret_cast<void*>(pfnwa), pv, pcbe));
}
VOID SetThreadpoolWait(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout) {
  const auto member = MemberOf(pwa, "SetThreadpoolWait");
  if (!member) return;
  std::shared_ptr<PoolWatch> watch;
  if (h != nullptr) {
    watch = std::make_shared<PoolWatch>();
    FileTimeout(*watch, pftTimeout);
    if (!TakeObject(*watch, h)) return;
  }
  WatchFor(member, watch);
}
BOOL SetThreadpoolWaitEx(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout, PVOID Reserved) {
  (void)Reserved;
  const auto member = MemberOf(pwa, "SetThreadpoolWaitEx");
  const BOOL was = member && IsWatching(*member);
  SetThreadpoolWait(pwa, h, pftTimeout);
  return was;
}
VOID WaitForThreadpoolWaitCallbacks(PTP_WAIT pwa, BOOL fCancelPendingCallbacks) {
  WaitForThreadpoolWorkCallbacks(reinterpret_cast<PTP_WORK>(pwa), fCancelPendingCallbacks);
}
VOID CloseThreadpoolWait(PTP_WAIT pwa) {
  if (const auto member = MemberOf(pwa, "CloseThreadpoolWait")) CloseMember(member);
}

// --- ends of requests ---
PTP_IO CreateThreadpoolIo(HANDLE fl, PTP_WIN32_IO_CALLBACK pfnio, PVOID pv, PTP_CALLBACK_ENVIRON pcbe) {
  PoolMember* made = Make("CreateThreadpoolIo", "IoCompletionCallback", &RunIo, reinterpret_cast<void*>(pfnio), pv, pcbe);
  if (made == nullptr) return nullptr;
  const auto member = made->shared_from_this();
  member->port = CreateIoCompletionPort(fl, nullptr, reinterpret_cast<ULONG_PTR>(made), 0);
  HANDLE thread = nullptr;
  if (member->port != nullptr) {
    auto held = std::make_unique<std::shared_ptr<PoolMember>>(member);
    DWORD id = 0;
    thread = CreateThread(nullptr, 0, &ServeIo, held.get(), 0, &id);
    if (thread != nullptr) held.release();
    ps::ForgetThread(CurrentKernel(), id);  // it goes with the object
  }
  if (thread == nullptr) {
    CloseMember(member);
    return nullptr;
  }
  CloseHandle(thread);
  return reinterpret_cast<PTP_IO>(made);
}
// Requests are counted by their ends here.
VOID StartThreadpoolIo(PTP_IO pio) { MemberOf(pio, "StartThreadpoolIo"); }
VOID CancelThreadpoolIo(PTP_IO pio) { MemberOf(pio, "CancelThreadpoolIo"); }
VOID WaitForThreadpoolIoCallbacks(PTP_IO pio, BOOL fCancelPendingCallbacks) {
  WaitForThreadpoolWorkCallbacks(reinterpret_cast<PTP_WORK>(pio), fCancelPendingCallbacks);
}
VOID CloseThreadpoolIo(PTP_IO pio) {
  if (const auto member = MemberOf(pio, "CloseThreadpoolIo")) {
    CloseMember(member);
  }
}

// --- the older functions ---
BOOL RegisterWaitForSingleObject(PHANDLE phNewWaitObject, HANDLE hObject, WAITORTIMERCALLBACK Callback, PVOID Context,
                                 ULONG dwMilliseconds, ULONG dwFlags) {
  auto watch = std::make_shared<PoolWatch>();
  if (!TakeObject(*watch, hObject)) return FALSE;
  PoolMember* made = Make("RegisterWaitForSingleObject", "WaitOrTimerCallback", &RunOldCallback, reinterpret_cast<void*>(Callback), Context);
  if (made == nullptr) {
    ob::Dereference(watch->body);
    return FALSE;
  }
  watch->has_timeout = Timeout(dwMilliseconds, &watch->timeout) != nullptr;
  watch->repeats = !(dwFlags & WT_EXECUTEONLYONCE);
  WatchFor(made->shared_from_this(), watch);
  *phNewWaitObject = made;
  return TRUE;
}
BOOL UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent) { return Close(WaitHandle, CompletionEvent); }
BOOL UnregisterWait(HANDLE WaitHandle) { return UnregisterWaitEx(WaitHandle, nullptr); }

HANDLE CreateTimerQueue(VOID) { return AddPoolThing("CreateTimerQueue", std::make_shared<Group>()); }
BOOL ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, ULONG DueTime, ULONG Period) {
  (void)TimerQueue;
  const auto member = FindMember(Timer);
  if (!member) return Succeeded(STATUS_INVALID_HANDLE);
  auto watch = std::make_shared<PoolWatch>();
  watch->has_timeout = Timeout(DueTime, &watch->timeout) != nullptr;
  watch->period = Period;
  WatchFor(member, watch);
  return TRUE;
}
BOOL CreateTimerQueueTimer(PHANDLE phNewTimer, HANDLE TimerQueue, WAITORTIMERCALLBACK Callback, PVOID Parameter, DWORD DueTime,
                           DWORD Period, ULONG Flags) {
  PoolMember* made = Make("CreateTimerQueueTimer", "WaitOrTimerCallback", &RunOldCallback, reinterpret_cast<void*>(Callback), Parameter);
  if (made == nullptr) return FALSE;
  if (TimerQueue != nullptr) {
    if (const auto group = FindGroup(TimerQueue)) {
      rt::LockGuard guard(group->lock);
      group->members.push_back({made->weak_from_this(), nullptr});
    }
  }
  *phNewTimer = made;
  return ChangeTimerQueueTimer(TimerQueue, made, DueTime, Flags & WT_EXECUTEONLYONCE ? 0 : Period);
}
BOOL DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent) {
  (void)TimerQueue;
  return Close(Timer, CompletionEvent);
}
BOOL DeleteTimerQueue(HANDLE TimerQueue) { return DeleteTimerQueueEx(TimerQueue, nullptr); }
BOOL DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent) {
  const auto group = FindGroup(TimerQueue);
  if (!group) return Succeeded(STATUS_INVALID_HANDLE);
  std::vector<Group::Entry> members;
  {
    rt::LockGuard guard(group->lock);
    members.swap(group->members);
  }
  for (const Group::Entry& entry : members) {
    const auto member = entry.member.lock();
    if (member && FindPoolThing(member.get())) Close(member.get(), CompletionEvent != nullptr ? INVALID_HANDLE_VALUE : nullptr);
  }
  DropPoolThing(TimerQueue);
  return CompletionEvent == nullptr || CompletionEvent == INVALID_HANDLE_VALUE || SetEvent(CompletionEvent);
}

}  // extern "C"
