// How requests come into a queue and leave it.
#include <atomic>

#include "runtime/assert.h"
#include "wdf/device/device.h"
#include "wdf/queue/queue.h"
#include "wdf/request/complete.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/trace.h"

namespace drydock::wdf {

using queue::Due;
using queue::Facts;

bool Queue::accepting() {
  rt::LockGuard guard(lock_);
  return accepting_;
}

NTSTATUS Queue::Insert(Request& request, Entry entry) {
  nt::CurrentKernel().executor.SchedulePoint();
  lock_.Acquire();
  bool spare_power = false;
  if (power_managed_ && !holds_power_ && accepting_) {  // IOT-9.20: taken before the request can be seen, so that no release overtakes it
    lock_.Release();
    device_->AcquireIdleReference();
    lock_.Acquire();
    spare_power = holds_power_ || !accepting_;
    if (!spare_power) holds_power_ = true;
  }
  if (!accepting_) {
    ReleaseLock();
    if (spare_power) device_->ReleaseIdleReference();
    return STATUS_WDF_BUSY;
  }
  ReceivedState& r = request.received;
  r.queue = this;
  r.intended = nullptr;
  if (request.is_received()) IoMarkIrpPending(request.irp);
  // A new arrival that can be delivered now is, whatever its cancel flag (IOX-39); one that the driver had before is cancelled in the
  // queue even then (IOX-47).
  const bool look_at_flag = entry == Entry::kForward || entry == Entry::kEnqueue;
  if (waiting_.empty() && !(look_at_flag && IsIrpCancelled(request.irp))) {
    Facts facts = FactsNow();
    facts.deliverable = true;
    facts.nothing_waits = false;
    const bool left_to_other = !request.is_received() && delivering_ != 0;  // IOX-42, last sentence
    if (!left_to_other && queue::NextDue(facts) == Due::kDeliver && !MustDefer()) {
      ++delivering_;
      Deliver(request);
      for (Due due; (due = Next()) != Due::kNothing;) Perform(due);
      --delivering_;
      ReleaseLock();
      if (__builtin_expect(spare_power, 0)) device_->ReleaseIdleReference();
      return STATUS_SUCCESS;
    }
  }
  waiting_.PushBack(request);
  r.place = Place::kWaiting;
  if (waiting_.count == 1) ready_due_ = true;  // IOX-52
  const bool canceled = !ArmWaiting(request) && !KeepForCanceledOnQueue(request);
  if (canceled) ++being_completed_;
  if (!request.is_received() && delivering_ != 0) {
    ReleaseLock();
  } else {
    RunLocked();
  }
  if (canceled) CompleteCanceled(request);
  if (spare_power) device_->ReleaseIdleReference();
  return STATUS_SUCCESS;
}

void Queue::PutBack(Request& request) {
  nt::CurrentKernel().executor.SchedulePoint();
  lock_.Acquire();
  const bool purged = purge_waits_;
  LeftTheDriver(request);
  bool canceled = false;
  if (purged) {  // IOX-46
    MarkCancelled(request.sent);
    request.received.place = Place::kNone;
    canceled = !KeepForCanceledOnQueue(request);
  } else {
    waiting_.PushFront(request);
    request.received.place = Place::kWaiting;
    if (waiting_.count == 1) ready_due_ = true;
    canceled = !ArmWaiting(request) && !KeepForCanceledOnQueue(request);
  }
  if (canceled) ++being_completed_;
  RunLocked();
  if (canceled) CompleteCanceled(request);
}

void Queue::LeftTheDriver(Request& request) {
  ReceivedState& r = request.received;
  at_driver_.Remove(request);
  if (r.frame) {
    r.frame->request = nullptr;
    r.frame = nullptr;
    std::atomic_ref(r.handler_thread).store(nullptr, std::memory_order_relaxed);
  }
  if (r.stop == StopState::kDue) --round_due_;
  r.stop = StopState::kNone;
  if (at_driver_.empty()) purge_waits_ = false;
}

void Queue::Gone(Request& request) {
  lock_.Acquire();
  LeftTheDriver(request);
  if (delivering_ != 0) return ReleaseLock();
  RunLocked();
}

void Queue::BeginLeaving(Request& request) {
  rt::LockGuard guard(lock_);
  LeftTheDriver(request);
  ++leaving_;
}

void Queue::EndLeaving(Request* back) {
  lock_.Acquire();
  --leaving_;
  if (back) {
    back->received.queue = this;
    back->received.place = Place::kDriver;
    at_driver_.InsertByStamp(*back);
    if (power_ == QueuePower::kStopping || power_ == QueuePower::kPurging) {
      back->received.stop = StopState::kDue;
      ++round_due_;
    }
  }
  if (delivering_ != 0) return ReleaseLock();
  RunLocked();
}

}  // namespace drydock::wdf
