// KeWaitForSingleObject, KeWaitForMultipleObjects, and the signalling half: see the numbered races in dispatcher.h.
#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ke/dispatcher.h"
#include "nt/ke/drivers_wait.h"
#include "nt/ke/mutant.h"
#include "nt/ke/wait.h"
#include "nt/trace.h"
#include "runtime/assert.h"

namespace drydock::nt::ke {
namespace {

bool IsPoll(const LARGE_INTEGER* timeout) { return timeout != nullptr && timeout->QuadPart == 0; }

constexpr uint32_t kWaiting = 0, kTimedOut = 1, kSatisfied = 2;  // kSatisfied + index of the object

struct Waiter;
struct WaitBlock {
  LIST_ENTRY entry;
  Waiter* waiter;
  DISPATCHER_HEADER* header;
  uint32_t index;
  bool inserted;  // under the header's lock
};

struct Waiter {
  rt::Task* task;
  Thread* thread;
  WaitBlock* blocks;
  uint32_t count;
  bool all;
  std::atomic<uint32_t> state{kWaiting};
  std::atomic<bool> released{false};  // the signaller that claimed us is done with this frame
  Waiter* next_woken = nullptr;
};

bool IsSignaled(const DISPATCHER_HEADER& header, const Thread* thread) {
  return header.SignalState > 0 ||
         (KindOf(header) == kMutant && reinterpret_cast<const KMUTANT&>(header).OwnerThread == AsKthread(thread));
}

// What a satisfied wait does to the object, under its lock.
void Consume(DISPATCHER_HEADER& header, Thread* thread) {
  switch (KindOf(header)) {
    case kSynchronizationEvent:
    case kSynchronizationTimer:
    case kGate: SetSignalState(header, 0); break;
    case kSemaphore: SetSignalState(header, header.SignalState - 1); break;
    case kMutant: AcquireMutantLocked(reinterpret_cast<KMUTANT&>(header), thread); break;
    case kQueue:  // the count of entries is its state
      thread->wait->queue_entry = RemoveHeadList(&reinterpret_cast<KQUEUE&>(header).EntryListHead);
      SetSignalState(header, header.SignalState - 1);
      break;
    default: break;
  }
}

// What remains to be done by the waiter itself, after the wait.
NTSTATUS Acquired(DISPATCHER_HEADER& header, Thread& thread, NTSTATUS status) {
  if (KindOf(header) == kMutant && OwnMutant(reinterpret_cast<KMUTANT&>(header), thread)) return STATUS_ABANDONED_WAIT_0 + status;
  return status;
}

void InsertBlock(WaitBlock& block) {
  block.inserted = true;
  InsertTailList(&block.header->WaitListHead, &block.entry);
}

// Under the header's lock. The mark for "wait all" goes with the last such block.
void RemoveBlock(WaitBlock& block) {
  if (!block.inserted) return;
  block.inserted = false;
  RemoveEntryList(&block.entry);
  if (!block.waiter->all) return;
  DISPATCHER_HEADER& header = *block.header;
  for (LIST_ENTRY* entry = header.WaitListHead.Flink; entry != &header.WaitListHead; entry = entry->Flink) {
    if (CONTAINING_RECORD(entry, WaitBlock, entry)->waiter->all) return;
  }
  header.Size &= static_cast<UCHAR>(~kHasAllWaiters);
}

bool Claim(Waiter& waiter, uint32_t state) {
  uint32_t waiting = kWaiting;
  return waiter.state.compare_exchange_strong(waiting, state, std::memory_order_acq_rel);
}

// Under all_lock, with `locked` locked: gives the waiter all its objects if all are signalled.
bool TrySatisfyAll(Waiter& waiter, const DISPATCHER_HEADER& locked) {
  bool all = true;
  for (uint32_t i = 0; i < waiter.count; ++i) {
    DISPATCHER_HEADER& header = *waiter.blocks[i].header;
    if (&header != &locked) LockHeader(header);
    if (!IsSignaled(header, waiter.thread)) all = false;
  }
  const bool claimed = all && Claim(waiter, kSatisfied);
  for (uint32_t i = 0; i < waiter.count; ++i) {
    DISPATCHER_HEADER& header = *waiter.blocks[i].header;
    if (claimed) {
      Consume(header, waiter.thread);
      RemoveBlock(waiter.blocks[i]);
    }
    if (&header != &locked) UnlockHeader(header);
  }
  return claimed;
}

// Race 3. The frames stay until each is released.
void WakeAll(Waiter* first) {
  while (first != nullptr) {
    Waiter* next = first->next_woken;
    rt::Task* task = first->task;
    first->released.store(true, std::memory_order_release);
    task->executor->Unpark(task);
    first = next;
  }
}

// Ends a wait, whichever way it ended (races 3 and 4).
class WaiterScope {
 public:
  explicit WaiterScope(Waiter& waiter) : waiter_(waiter) {}
  ~WaiterScope() {
    if (inserted_ == 0) return;
    // After a stop we may still look like waiting: from now on nobody takes us for it.
    uint32_t claimed = kWaiting;
    waiter_.state.compare_exchange_strong(claimed, kTimedOut, std::memory_order_acq_rel);
    if (claimed >= kSatisfied) {
      for (unsigned round = 0; !waiter_.released.load(std::memory_order_acquire);) rt::SpinRound(round);
      if (waiter_.all || inserted_ == 1) return;  // the signaller took out all of our blocks
    }
    for (uint32_t i = 0; i < inserted_; ++i) {
      if (claimed == kSatisfied + i) continue;
      WaitBlock& block = waiter_.blocks[i];
      LockHeader(*block.header);
      RemoveBlock(block);
      UnlockHeader(*block.header);
    }
  }
  void Inserted(uint32_t count) { inserted_ = count; }

 private:
  Waiter& waiter_;
  uint32_t inserted_ = 0;
};

// Under the header's lock: once it is released the wait may be satisfied, and whoever satisfied it may free the object.
WaitInfo DescribeWait(Kernel& kernel, const DISPATCHER_HEADER& header) {
  WaitInfo info;
  info.what = KindName(KindOf(header));
  info.object = &header;
  info.object_trace_id = TraceIdOf(kernel, &header);
  if (KindOf(header) == kMutant) info.owner = AsThread(reinterpret_cast<const KMUTANT&>(header).OwnerThread);
  return info;
}

// Parks until claimed or out of time. True when satisfied.
bool ParkUntilClaimed(Waiter& waiter, const WaitInfo& info, rt::Ticks deadline) {
  HostWait host(*waiter.thread);
  while (waiter.state.load(std::memory_order_acquire) == kWaiting) {
    host.Check();
    if (ParkFor(info, deadline) == rt::Wake::kTimedOut && Claim(waiter, kTimedOut)) return false;
  }
  return waiter.state.load(std::memory_order_relaxed) >= kSatisfied;
}

uint64_t TimeoutForTrace(const LARGE_INTEGER* timeout) {
  return timeout ? static_cast<uint64_t>(timeout->QuadPart) : UINT64_MAX;
}

}  // namespace

const char* KindName(uint8_t kind) {
  static constexpr const char* kNames[kKindCount] = {"event", "synchronization event", "mutex", "process", "queue", "semaphore",
                                                     "thread", "gate", "timer", "synchronization timer"};
  return kind < kKindCount ? kNames[kind] : "object of unknown kind";
}

void ReportBadHeader(const DISPATCHER_HEADER& header) {
  const uint8_t kind = KindOf(header);
  BugCheck(bug::kSystemThreadExceptionNotHandled, {0xC0000005, reinterpret_cast<uint64_t>(&header), kind, 0},
           fmt::format("The dispatcher object at {} was never initialised, or was overwritten: {}.", static_cast<const void*>(&header),
                       kind < kKindCount ? "its wait list is null" : fmt::format("its type is {}", kind)));
}

void CheckWaitIrql(const void* object, bool may_block, const char* function) {
  const Thread& thread = CurrentThread();
  if (__builtin_expect(thread.irql < DISPATCH_LEVEL || !may_block, 1)) return;
  if (thread.in_dpc) {
    BugCheck(bug::kAttemptedSwitchFromDpc, {reinterpret_cast<uint64_t>(object), 0, 0, 0},
             fmt::format("{} was called in a DPC routine with a time-out that is not zero. A DPC must not wait.", function));
  }
  BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(object), thread.irql, 0, 0},
           fmt::format("{} was called at IRQL {} with a time-out that is not zero. Waiting needs an IRQL below DISPATCH_LEVEL: "
                       "is a spin lock held?",
                       function, thread.irql));
}

void ReportSignalIrql(const void* object, uint8_t irql, const char* function) {
  BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(object), irql, 1, 0},
           fmt::format("{} was called at IRQL {}, above DISPATCH_LEVEL.", function, irql));
}

rt::Ticks DeadlineOf(Kernel& kernel, const LARGE_INTEGER* timeout) {
  if (timeout == nullptr || timeout->QuadPart == INT64_MIN) return rt::kNever;
  const rt::Ticks now = kernel.executor.InterruptTime();
  const rt::Ticks from_now = timeout->QuadPart < 0 ? -timeout->QuadPart : timeout->QuadPart - kernel.executor.SystemTime();
  rt::Ticks deadline;
  if (__builtin_add_overflow(now, from_now, &deadline)) return rt::kNever;
  return deadline;
}

bool LockForSignalSlow(Kernel& kernel, DISPATCHER_HEADER& header) {
  UnlockHeader(header);
  kernel.ke->all_lock.Acquire();
  LockHeader(header);
  return true;
}

void SignalAndUnlock(Kernel& kernel, DISPATCHER_HEADER& header, bool holds_all_lock, bool pulse) {
  LIST_ENTRY* const head = &header.WaitListHead;
  if (__builtin_expect(head->Flink == head, 1)) {
    if (pulse) SetSignalState(header, 0);
    UnlockHeader(header);
    if (holds_all_lock) kernel.ke->all_lock.Release();
    return;
  }
  Waiter* first_woken = nullptr;
  Waiter** last_woken = &first_woken;
  for (LIST_ENTRY* entry = head->Flink; entry != head;) {
    WaitBlock& block = *CONTAINING_RECORD(entry, WaitBlock, entry);
    entry = entry->Flink;
    Waiter& waiter = *block.waiter;
    bool claimed = false;
    if (waiter.all) {
      RT_ASSERT(holds_all_lock);
      claimed = TrySatisfyAll(waiter, header);
    } else if (IsSignaled(header, waiter.thread)) {
      RemoveBlock(block);
      // Lost only to another object of the same waiter, or to its time-out.
      claimed = Claim(waiter, kSatisfied + block.index);
      if (claimed) Consume(header, waiter.thread);
    }
    if (claimed) {
      *last_woken = &waiter;
      last_woken = &waiter.next_woken;
    }
    if (header.SignalState <= 0) break;
  }
  if (pulse) SetSignalState(header, 0);
  UnlockHeader(header);
  if (holds_all_lock) kernel.ke->all_lock.Release();
  WakeAll(first_woken);
}

void SignalObject(Kernel& kernel, DISPATCHER_HEADER& header) {
  const bool all = LockForSignal(kernel, header);
  SetSignalState(header, 1);
  SignalAndUnlock(kernel, header, all);
}

NTSTATUS WaitForSingle(DISPATCHER_HEADER& header, const LARGE_INTEGER* timeout) {
  Thread& thread = CurrentThread();
  Kernel& kernel = *thread.kernel;
  CheckHeader(header);
  CheckWaitIrql(&header, !IsPoll(timeout), "KeWaitForSingleObject");
  kernel.executor.SchedulePoint();

  LockHeader(header);
  if (IsSignaled(header, &thread)) {
    Consume(header, &thread);
    UnlockHeader(header);
    return Acquired(header, thread, STATUS_SUCCESS);
  }
  if (IsPoll(timeout)) {
    UnlockHeader(header);
    return STATUS_TIMEOUT;
  }
  Waiter waiter{thread.task, &thread, nullptr, 1, false};
  WaitBlock block{{}, &waiter, &header, 0, false};
  waiter.blocks = &block;
  InsertBlock(block);
  const WaitInfo info = DescribeWait(kernel, header);
  const uint8_t kind = KindOf(header);
  UnlockHeader(header);

  bool satisfied;
  {
    WaiterScope scope(waiter);
    scope.Inserted(1);
    RecordEvent(kernel, kEventWaitBegin, info.object_trace_id, kind, TimeoutForTrace(timeout));
    satisfied = ParkUntilClaimed(waiter, info, DeadlineOf(kernel, timeout));
    RecordEvent(kernel, kEventWaitEnd, info.object_trace_id, satisfied ? STATUS_SUCCESS : STATUS_TIMEOUT);
  }
  return satisfied ? Acquired(header, thread, STATUS_SUCCESS) : STATUS_TIMEOUT;
}

namespace {

NTSTATUS WaitForAny(Thread& thread, DISPATCHER_HEADER** headers, uint32_t count, const LARGE_INTEGER* timeout) {
  Kernel& kernel = *thread.kernel;
  // A look without entering any list: most waits end here.
  for (uint32_t i = 0; i < count; ++i) {
    DISPATCHER_HEADER& header = *headers[i];
    LockHeader(header);
    const bool signaled = IsSignaled(header, &thread);
    if (signaled) Consume(header, &thread);
    UnlockHeader(header);
    if (signaled) return Acquired(header, thread, STATUS_WAIT_0 + static_cast<NTSTATUS>(i));
  }
  if (IsPoll(timeout)) return STATUS_TIMEOUT;

  WaitBlock blocks[MAXIMUM_WAIT_OBJECTS];
  Waiter waiter{thread.task, &thread, blocks, count, false};
  uint32_t result = kTimedOut;
  {
    WaiterScope scope(waiter);
    WaitInfo info;
    uint8_t kind = 0;
    for (uint32_t i = 0; i < count; ++i) {
      DISPATCHER_HEADER& header = *headers[i];
      blocks[i] = {{}, &waiter, &header, i, false};
      LockHeader(header);
      if (i == 0) {
        info = DescribeWait(kernel, header);
        kind = KindOf(header);
      }
      scope.Inserted(i + 1);
      if (IsSignaled(header, &thread)) {
        if (Claim(waiter, kSatisfied + i)) {
          Consume(header, &thread);
          waiter.released.store(true, std::memory_order_relaxed);
        }
        UnlockHeader(header);
        break;
      }
      InsertBlock(blocks[i]);
      UnlockHeader(header);
    }
    RecordEvent(kernel, kEventWaitBegin, info.object_trace_id, kind, TimeoutForTrace(timeout));
    ParkUntilClaimed(waiter, info, DeadlineOf(kernel, timeout));
    result = waiter.state.load(std::memory_order_acquire);
    RecordEvent(kernel, kEventWaitEnd, info.object_trace_id, result);
  }
  if (result < kSatisfied) return STATUS_TIMEOUT;
  const uint32_t index = result - kSatisfied;
  return Acquired(*headers[index], thread, STATUS_WAIT_0 + static_cast<NTSTATUS>(index));
}

NTSTATUS WaitForAll(Thread& thread, DISPATCHER_HEADER** headers, uint32_t count, const LARGE_INTEGER* timeout) {
  Kernel& kernel = *thread.kernel;
  WaitBlock blocks[MAXIMUM_WAIT_OBJECTS];
  Waiter waiter{thread.task, &thread, blocks, count, true};
  bool satisfied = true;
  {
    WaiterScope scope(waiter);
    WaitInfo info;
    uint8_t kind = 0;
    {
      rt::LockGuard guard(kernel.ke->all_lock);
      for (uint32_t i = 0; i < count; ++i) LockHeader(*headers[i]);
      for (uint32_t i = 0; i < count; ++i) satisfied = satisfied && IsSignaled(*headers[i], &thread);
      for (uint32_t i = 0; i < count; ++i) {
        DISPATCHER_HEADER& header = *headers[i];
        blocks[i] = {{}, &waiter, &header, i, false};
        if (satisfied) {
          Consume(header, &thread);
        } else if (!IsPoll(timeout)) {
          header.Size |= kHasAllWaiters;
          InsertBlock(blocks[i]);
        }
      }
      if (!satisfied) {
        info = DescribeWait(kernel, *headers[0]);
        info.detail = "and the other objects of a wait for all";
        kind = KindOf(*headers[0]);
      }
      for (uint32_t i = 0; i < count; ++i) UnlockHeader(*headers[i]);
    }
    if (!satisfied) {
      if (IsPoll(timeout)) return STATUS_TIMEOUT;
      scope.Inserted(count);
      RecordEvent(kernel, kEventWaitBegin, info.object_trace_id, kind, TimeoutForTrace(timeout));
      satisfied = ParkUntilClaimed(waiter, info, DeadlineOf(kernel, timeout));
      RecordEvent(kernel, kEventWaitEnd, info.object_trace_id, satisfied ? STATUS_SUCCESS : STATUS_TIMEOUT);
    }
  }
  if (!satisfied) return STATUS_TIMEOUT;
  NTSTATUS status = STATUS_SUCCESS;
  for (uint32_t i = 0; i < count; ++i) {
    if (Acquired(*headers[i], thread, STATUS_SUCCESS) != STATUS_SUCCESS) status = STATUS_ABANDONED_WAIT_0;
  }
  return status;
}

}  // namespace

}  // namespace drydock::nt::ke

using namespace drydock::nt;

extern "C" NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                          PLARGE_INTEGER Timeout) {
  // Alertable makes no difference: there are no user APCs, and nobody alerts a driver's thread.
  if (__builtin_expect(!ke::IsCallerOutside(__builtin_return_address(0)), 1)) return ke::WaitForSingle(*static_cast<DISPATCHER_HEADER*>(Object), Timeout);
  ke::DriversWait scope;
  return ke::WaitForSingle(*static_cast<DISPATCHER_HEADER*>(Object), Timeout);
}

extern "C" NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason,
                                             KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                             PKWAIT_BLOCK WaitBlockArray) {
  if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS || (WaitBlockArray == nullptr && Count > THREAD_WAIT_OBJECTS)) {
    BugCheck(bug::kMaximumWaitObjectsExceeded, {},
             fmt::format("KeWaitForMultipleObjects was asked to wait for {} objects {} a wait block array; the limit is {}.", Count,
                         WaitBlockArray ? "with" : "without", WaitBlockArray ? MAXIMUM_WAIT_OBJECTS : THREAD_WAIT_OBJECTS));
  }
  ke::DriversWait scope(CurrentThread().drivers_wait || ke::IsCallerOutside(__builtin_return_address(0)));
  Thread& thread = CurrentThread();
  auto** headers = reinterpret_cast<DISPATCHER_HEADER**>(Object);
  for (ULONG i = 0; i < Count; ++i) ke::CheckHeader(*headers[i]);
  ke::CheckWaitIrql(Object, !ke::IsPoll(Timeout), "KeWaitForMultipleObjects");
  thread.kernel->executor.SchedulePoint();
  if (WaitType == WaitAny) return ke::WaitForAny(thread, headers, Count, Timeout);
  for (ULONG i = 0; i < Count; ++i) {
    for (ULONG j = 0; j < i; ++j) {
      if (headers[i] == headers[j]) return STATUS_INVALID_PARAMETER_MIX;
    }
  }
  return ke::WaitForAll(thread, headers, Count, Timeout);
}
