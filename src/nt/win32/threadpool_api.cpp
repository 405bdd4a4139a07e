// The thread pool's functions, newer and older, over threadpool.h.
#include <algorithm>
#include <vector>

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
  ~_TP_CALLBACK_INSTANCE() noexcept(false) {
    if (std::uncaught_exceptions() != 0) return;
    if (section != nullptr) LeaveCriticalSection(section);
    if (semaphore != nullptr) ReleaseSemaphore(semaphore, static_cast<LONG>(count), nullptr);
    if (event != nullptr) SetEvent(event);
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

template <class Object>
std::shared_ptr<PoolMember> MemberOf(Object* object, const char* function) {
  LeaveIfEnded();
  return std::static_pointer_cast<PoolMember>(FindThing(ProgramFor(function), object));
}

// A new member whose address is what the application holds.
PoolMember* Make(const char* function, const char* name, void (*run)(PoolMember&, const PoolCall&), void* callback, void* context,
                 PTP_CALLBACK_ENVIRON environment = nullptr) {
  LeaveIfEnded();
  Program& program = ProgramFor(function);
  if (callback == nullptr) {
    Succeeded(STATUS_INVALID_PARAMETER);
    return nullptr;
  }
  auto member = std::make_shared<PoolMember>();
  member->name = name;
  member->run = run;
  member->callback = callback;
  member->context = context;
  if (environment != nullptr && environment->CleanupGroup != nullptr) {
    if (const auto group = std::static_pointer_cast<Group>(FindThing(program, environment->CleanupGroup))) {
      rt::LockGuard guard(group->lock);
      group->members.push_back({member, environment->CleanupGroupCancelCallback});
    }
  }
  return static_cast<PoolMember*>(AddThing(program, member));
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

bool SubmitOnce(const char* function, const char* name, void (*run)(PoolMember&, const PoolCall&), void* callback, void* context) {
  PoolMember* made = Make(function, name, run, callback, context);
  if (made == nullptr) return false;
  Program& program = ProgramFor(function);
  const std::shared_ptr<PoolMember> member = made->shared_from_this();
  member->runs_after_close = true;
  SubmitToPool(program, member, {});
  CloseMember(program, member);
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
    SubmitToPool(ProgramFor("the thread pool"), *held, call);
  }
  CloseHandle(member.port);
  return 0;
}

BOOL Close(void* handle, const char* function, HANDLE completion) {
  const auto member = MemberOf(handle, function);
  if (!member) return Succeeded(STATUS_INVALID_HANDLE);
  Program& program = ProgramFor(function);
  WatchFor(program, member, nullptr);
  if (completion == INVALID_HANDLE_VALUE) {
    WaitForMember(program, member, false);
    CloseMember(program, member);
    return TRUE;
  }
  CloseMember(program, member);
  // An event is told when the last callback has returned: waited for here, since nobody else counts.
  if (completion != nullptr) {
    WaitForMember(program, member, false);
    return SetEvent(completion);
  }
  return TRUE;
}

}  // namespace

extern "C" {

// --- pools and groups ---
PTP_POOL CreateThreadpool(PVOID reserved) {
  (void)reserved;
  return static_cast<PTP_POOL>(AddThing(ProgramFor("CreateThreadpool"), std::make_shared<int>()));
}
VOID CloseThreadpool(PTP_POOL ptpp) { DropThing(ProgramFor("CloseThreadpool"), ptpp); }
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
  return static_cast<PTP_CLEANUP_GROUP>(AddThing(ProgramFor("CreateThreadpoolCleanupGroup"), std::make_shared<Group>()));
}
VOID CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP ptpcg, BOOL fCancelPendingCallbacks, PVOID pvCleanupContext) {
  Program& program = ProgramFor("CloseThreadpoolCleanupGroupMembers");
  const auto group = std::static_pointer_cast<Group>(FindThing(program, ptpcg));
  if (!group) return;
  std::vector<Group::Entry> members;
  {
    rt::LockGuard guard(group->lock);
    members.swap(group->members);
  }
  for (const Group::Entry& entry : members) {
    const auto member = entry.member.lock();
    if (!member || !FindThing(program, member.get())) continue;  // closed by itself
    WatchFor(program, member, nullptr);
    WaitForMember(program, member, fCancelPendingCallbacks);
    if (fCancelPendingCallbacks && entry.cancelled != nullptr) entry.cancelled(member->context, pvCleanupContext);
    CloseMember(program, member);
  }
}
VOID CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP ptpcg) { DropThing(ProgramFor("CloseThreadpoolCleanupGroup"), ptpcg); }

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

// --- work ---
BOOL TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK pfns, PVOID pv, PTP_CALLBACK_ENVIRON pcbe) {
  (void)pcbe;
  return SubmitOnce("TrySubmitThreadpoolCallback", "SimpleCallback", &RunSimple, reinterpret_cast<void*>(pfns), pv);
}
BOOL QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context, ULONG Flags) {
  (void)Flags;
  return SubmitOnce("QueueUserWorkItem", "ThreadProc", &RunItem, reinterpret_cast<void*>(Function), Context);
}
PTP_WORK CreateThreadpoolWork(PTP_WORK_CALLBACK pfnwk, PVOID pv, PTP_CALLBACK_ENVIRON pcbe) {
  return reinterpret_cast<PTP_WORK>(Make("CreateThreadpoolWork", "WorkCallback", &RunWork, reinterpret_cast<void*>(pfnwk), pv, pcbe));
}
VOID SubmitThreadpoolWork(PTP_WORK pwk) {
  if (const auto member = MemberOf(pwk, "SubmitThreadpoolWork")) SubmitToPool(ProgramFor("SubmitThreadpoolWork"), member, {});
}
VOID WaitForThreadpoolWorkCallbacks(PTP_WORK pwk, BOOL fCancelPendingCallbacks) {
  if (const auto member = MemberOf(pwk, "WaitForThreadpoolWorkCallbacks"))
    WaitForMember(ProgramFor("WaitForThreadpoolWorkCallbacks"), member, fCancelPendingCallbacks);
}
VOID CloseThreadpoolWork(PTP_WORK pwk) {
  if (const auto member = MemberOf(pwk, "CloseThreadpoolWork")) {
    member->runs_after_close = true;
    CloseMember(ProgramFor("CloseThreadpoolWork"), member);
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
  WatchFor(ProgramFor("SetThreadpoolTimer"), member, watch);
}
BOOL IsThreadpoolTimerSet(PTP_TIMER pti) {
  const auto member = MemberOf(pti, "IsThreadpoolTimerSet");
  return member && IsWatching(ProgramFor("IsThreadpoolTimerSet"), *member);
}
VOID WaitForThreadpoolTimerCallbacks(PTP_TIMER pti, BOOL fCancelPendingCallbacks) {
  WaitForThreadpoolWorkCallbacks(reinterpret_cast<PTP_WORK>(pti), fCancelPendingCallbacks);
}
VOID CloseThreadpoolTimer(PTP_TIMER pti) {
  if (const auto member = MemberOf(pti, "CloseThreadpoolTimer")) CloseMember(ProgramFor("CloseThreadpoolTimer"), member);
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
  WatchFor(ProgramFor("SetThreadpoolWait"), member, watch);
}
VOID WaitForThreadpoolWaitCallbacks(PTP_WAIT pwa, BOOL fCancelPendingCallbacks) {
  WaitForThreadpoolWorkCallbacks(reinterpret_cast<PTP_WORK>(pwa), fCancelPendingCallbacks);
}
VOID CloseThreadpoolWait(PTP_WAIT pwa) {
  if (const auto member = MemberOf(pwa, "CloseThreadpoolWait")) CloseMember(ProgramFor("CloseThreadpoolWait"), member);
}

// --- ends of requests ---
PTP_IO CreateThreadpoolIo(HANDLE fl, PTP_WIN32_IO_CALLBACK pfnio, PVOID pv, PTP_CALLBACK_ENVIRON pcbe) {
  PoolMember* made = Make("CreateThreadpoolIo", "IoCompletionCallback", &RunIo, reinterpret_cast<void*>(pfnio), pv, pcbe);
  if (made == nullptr) return nullptr;
  Program& program = ProgramFor("CreateThreadpoolIo");
  const auto member = made->shared_from_this();
  member->port = CreateIoCompletionPort(fl, nullptr, reinterpret_cast<ULONG_PTR>(made), 0);
  HANDLE thread = nullptr;
  if (member->port != nullptr) {
    auto held = std::make_unique<std::shared_ptr<PoolMember>>(member);
    thread = CreateThread(nullptr, 0, &ServeIo, held.get(), 0, nullptr);
    if (thread != nullptr) held.release();
  }
  if (thread == nullptr) {
    CloseMember(program, member);
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
    PostQueuedCompletionStatus(member->port, 0, 0, nullptr);
    CloseMember(ProgramFor("CloseThreadpoolIo"), member);
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
  WatchFor(ProgramFor("RegisterWaitForSingleObject"), made->shared_from_this(), watch);
  *phNewWaitObject = made;
  return TRUE;
}
BOOL UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent) { return Close(WaitHandle, "UnregisterWait", CompletionEvent); }
BOOL UnregisterWait(HANDLE WaitHandle) { return UnregisterWaitEx(WaitHandle, nullptr); }

HANDLE CreateTimerQueue(VOID) { return AddThing(ProgramFor("CreateTimerQueue"), std::make_shared<Group>()); }
BOOL ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, ULONG DueTime, ULONG Period) {
  (void)TimerQueue;
  const auto member = MemberOf(Timer, "ChangeTimerQueueTimer");
  if (!member) return Succeeded(STATUS_INVALID_HANDLE);
  auto watch = std::make_shared<PoolWatch>();
  watch->has_timeout = Timeout(DueTime, &watch->timeout) != nullptr;
  watch->period = Period;
  WatchFor(ProgramFor("ChangeTimerQueueTimer"), member, watch);
  return TRUE;
}
BOOL CreateTimerQueueTimer(PHANDLE phNewTimer, HANDLE TimerQueue, WAITORTIMERCALLBACK Callback, PVOID Parameter, DWORD DueTime,
                           DWORD Period, ULONG Flags) {
  PoolMember* made = Make("CreateTimerQueueTimer", "WaitOrTimerCallback", &RunOldCallback, reinterpret_cast<void*>(Callback), Parameter);
  if (made == nullptr) return FALSE;
  if (TimerQueue != nullptr) {
    if (const auto group = std::static_pointer_cast<Group>(FindThing(ProgramFor("CreateTimerQueueTimer"), TimerQueue))) {
      rt::LockGuard guard(group->lock);
      group->members.push_back({made->weak_from_this(), nullptr});
    }
  }
  *phNewTimer = made;
  return ChangeTimerQueueTimer(TimerQueue, made, DueTime, Flags & WT_EXECUTEONLYONCE ? 0 : Period);
}
BOOL DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent) {
  (void)TimerQueue;
  return Close(Timer, "DeleteTimerQueueTimer", CompletionEvent);
}
BOOL DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent) {
  Program& program = ProgramFor("DeleteTimerQueueEx");
  const auto group = std::static_pointer_cast<Group>(FindThing(program, TimerQueue));
  if (!group) return Succeeded(STATUS_INVALID_HANDLE);
  std::vector<Group::Entry> members;
  {
    rt::LockGuard guard(group->lock);
    members.swap(group->members);
  }
  for (const Group::Entry& entry : members) {
    const auto member = entry.member.lock();
    if (member && FindThing(program, member.get())) Close(member.get(), "DeleteTimerQueueEx", CompletionEvent != nullptr ? INVALID_HANDLE_VALUE : nullptr);
  }
  DropThing(program, TimerQueue);
  return CompletionEvent == nullptr || CompletionEvent == INVALID_HANDLE_VALUE || SetEvent(CompletionEvent);
}

}  // extern "C"
