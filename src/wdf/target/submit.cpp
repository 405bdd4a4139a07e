// The target's books: who is admitted, what waits, what is out (R1, R2 of sent_state.h; IOX-28..30).
#include "nt/kernel.h"
#include "nt/thread.h"
#include "wdf/device/device.h"
#include "wdf/framework.h"
#include "wdf/queue/device_queues.h"
#include "wdf/request/send.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf {
namespace {
uint32_t NextSend(const SentState& sent) {
  return ((sent.word.load(std::memory_order_relaxed) & SentState::kSendMask) + SentState::kSendUnit) | SentState::kOut;
}
}  // namespace

IoTarget::~IoTarget() {
  RT_ASSERT(!sent_.first && !waiting_.first);
}

void IoTarget::List::PushBack(SentState& sent) {
  sent.next = nullptr;
  sent.previous = last;
  (last ? last->next : first) = &sent;
  last = &sent;
}

void IoTarget::List::Remove(SentState& sent) {
  (sent.previous ? sent.previous->next : first) = sent.next;
  (sent.next ? sent.next->previous : last) = sent.previous;
  sent.next = sent.previous = nullptr;
}

TargetState IoTarget::MoveLocked(TargetEvent event, TargetAction* action) {
  const TargetState before = state_.load(std::memory_order_relaxed);
  const TargetTransition& row = TargetTransitionFor(before, event);
  RT_ASSERT(row.spec);
  *action = row.action;
  state_.exchange(row.next);  // a fence: lanes are looked at afterwards (own_lane.cpp)
  return before;
}

bool IoTarget::HoldLocked(SentState& sent) {
  sent.place = SendPlace::kWaiting;
  waiting_.PushBack(sent);
  ExchangeCancelRoutine(sent.irp, &IoTarget::CancelWaiting);
  // R2: a cancel that came before the routine was there has set the flag; one that comes later finds the routine. If the
  // routine is gone again it is about to run and takes the request out itself.
  if (!IsIrpCancelled(sent.irp) || !ExchangeCancelRoutine(sent.irp, nullptr)) return true;
  waiting_.Remove(sent);
  sent.place = SendPlace::kMoving;
  ++moving_;
  return false;
}

TargetAction IoTarget::Admit(SentState& sent, NTSTATUS* status) {
  const TargetEvent event = sent.ignores_target_state ? TargetEvent::kSendIgnoringState : TargetEvent::kSend;
  rt::LockGuard guard(lock_);
  TargetAction action = TargetTransitionFor(state_.load(std::memory_order_relaxed), event).action;
  if (action == TargetAction::kRefuseUnlessClosing) action = closing_ ? TargetAction::kDeliver : TargetAction::kRefuse;
  if (action == TargetAction::kDeliver) {
    if (!opened()) {  // OP-5: never opened, or started after a close
      *status = kNothingBehind;
      return TargetAction::kRefuse;
    }
    sent.place = SendPlace::kSent;
    sent_.PushBack(sent);
    sent_plain_ += !sent.ignores_target_state;
    order_.store(sent.order = order_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    sent.word.store(NextSend(sent) | 1);  // R1
    return action;
  }
  if (action == TargetAction::kHold) {
    if (IsIrpCancelled(sent.irp)) {  // OP-4
      *status = STATUS_CANCELLED;
      return TargetAction::kRefuse;
    }
    sent.word.store(NextSend(sent) | (sent.timer_wanted ? 2 : 1));  // R1, R3
    return HoldLocked(sent) ? action : TargetAction::kNothing;
  }
  *status = STATUS_INVALID_DEVICE_STATE;
  return TargetAction::kRefuse;
}

NTSTATUS IoTarget::Deliver(SentState& sent) {
  PIRP irp = sent.irp;
  if (__builtin_expect(kind_ != TargetKind::kSelf, 1)) return IoCallDriver(target_device_, irp);
  // IOX-4: neither preprocess nor dispatch callbacks run; the same IRP gets a new WDFREQUEST in the device's own queue.
  framework().kernel.executor.SchedulePoint();
  IoSetNextIrpStackLocation(irp);
  IoGetCurrentIrpStackLocation(irp)->DeviceObject = target_device_;
  return queue::DispatchFromSelfTarget(*owner_, irp, self_queue());
}

bool IoTarget::DrainedLocked(DrainMode mode) const {
  switch (mode) {
    case kPlainSent: return sent_plain_ == 0 && LaneIsEmptyLocked(true);
    case kEverything: return !sent_.first && !waiting_.first && moving_ == 0 && LaneIsEmptyLocked(false);
    default: return !sent_.first && !waiting_.first && moving_ == 0 && routines_running_ == 0 && LaneIsEmptyLocked(false);
  }
}

uint32_t IoTarget::LastForLocked() const {
  uint32_t modes = 0;
  for (int mode = 0; mode < kDrainModes; ++mode) {
    if (drain_waiters_[mode] && DrainedLocked(DrainMode(mode))) modes |= 1u << mode;
  }
  return modes;
}

uint32_t IoTarget::Leave(SentState& sent, bool has_routine) {
  if (__builtin_expect(sent.place == SendPlace::kLane, 1)) {  // L4: it left with its last hold
    sent.place = SendPlace::kNone;
    return __builtin_expect(waiters_.load() == 0, 1) ? 0 : LaneLeft();  // L5
  }
  rt::LockGuard guard(lock_);
  if (sent.place == SendPlace::kSent) {
    sent_.Remove(sent);
    sent_plain_ -= !sent.ignores_target_state;
  } else {
    RT_ASSERT(sent.place == SendPlace::kMoving);
    --moving_;
  }
  sent.place = SendPlace::kNone;
  routines_running_ += has_routine;
  const uint32_t last_for = LastForLocked();
  if (__builtin_expect(last_for != 0, 0)) AddRef();  // the one who waits may be the deletion; RoutineReturned gives it back
  return last_for;
}

void IoTarget::RoutineReturned(bool has_routine, uint32_t last_for) {
  if (has_routine) {
    rt::LockGuard guard(lock_);
    --routines_running_;
    if (drain_waiters_[kEverythingAndRoutines] && DrainedLocked(kEverythingAndRoutines)) {
      if (last_for == 0) AddRef();
      last_for |= 1u << kEverythingAndRoutines;
    }
  }
  if (__builtin_expect(last_for == 0, 1)) return;
  for (int mode = 0; mode < kDrainModes; ++mode) {
    if (last_for & 1u << mode) KeSetEvent(&drained_[mode], IO_NO_INCREMENT, FALSE);
  }
  Release();
}

bool IoTarget::KeepsTimer(SentState& sent) {
  rt::LockGuard guard(lock_);
  return sent.place == SendPlace::kWaiting && sent.timer_wanted;
}

void IoTarget::CompleteUnsent(SentState& sent, NTSTATUS status) {
  sent.irp->IoStatus.Status = status;
  sent.irp->IoStatus.Information = 0;
  LowerDriverDone(sent);
}

// Of an IRP that waits in a stopped target. IoCancelIrp has taken the routine off, so nobody else takes the request out.
void IoTarget::CancelWaiting(PDEVICE_OBJECT, PIRP irp) {
  SentState& sent = *static_cast<SentState*>(IoGetNextIrpStackLocation(irp)->Context);
  IoTarget& target = *sent.target;
  IoReleaseCancelSpinLock(irp->CancelIrql);
  {
    rt::LockGuard guard(target.lock_);
    RT_ASSERT(sent.place == SendPlace::kWaiting);
    target.waiting_.Remove(sent);
    sent.place = SendPlace::kMoving;
    ++target.moving_;
  }
  CompleteUnsent(sent, STATUS_CANCELLED);
}

// Takes every waiting request whose cancel has not begun; they are chained through `next`, oldest first.
SentState* IoTarget::TakeWaitingLocked() {
  List taken;
  for (SentState *sent = waiting_.first, *next; sent; sent = next) {
    next = sent->next;
    if (!ExchangeCancelRoutine(sent->irp, nullptr)) continue;
    waiting_.Remove(*sent);
    sent->place = SendPlace::kMoving;
    sent->timer_wanted = false;
    ++moving_;
    taken.PushBack(*sent);
  }
  return taken.first;
}

}  // namespace drydock::wdf
