// What the power thread does with a queue: leaving D0, returning to it, removal (IOX-54, OP-24, OP-31, R5).
#include "nt/driver_callback.h"
#include "nt/thread.h"
#include "runtime/assert.h"
#include "wdf/queue/queue.h"
#include "wdf/queue/wait.h"
#include "wdf/request/complete.h"
#include "wdf/request/request.h"
#include "wdf/trace.h"

namespace drydock::wdf {

void Queue::StopDelivering(QueuePower why) {
  RecordEvent(framework(), trace::kQueuePower, trace_id(), 1);
  lock_.Acquire();
  power_ = why;
  if (why == QueuePower::kPurging) {
    purged_for_removal_ |= accepting_;
    accepting_ = false;
    if (AtDriver() != 0) purge_waits_ = true;
  }
  ReleaseLock();
}

void Queue::WaitForHandlers() {
  for (;;) {
    lock_.Acquire();
    if (delivering_ == 0) return ReleaseLock();
    KeClearEvent(&power_event_);
    power_waiting_ = true;
    lock_.Release();
    queue::WaitFor(globals(), power_event_, "leaving D0: the request handlers of a power-managed queue must return");
  }
}

bool Queue::AwaitsAcknowledgement() const {
  if (leaving_ != 0 || !canceled_.empty() || being_completed_ != 0) return true;
  for (Request* request = at_driver_.first; request; request = request->received.next) {
    if (request->received.stop != StopState::kAcknowledged) return true;
  }
  return false;
}

void Queue::StopRound() {
  lock_.Acquire();
  RT_ASSERT(power_ == QueuePower::kStopping || power_ == QueuePower::kPurging);
  round_due_ = 0;
  for (Request* request = at_driver_.first; request; request = request->received.next) {
    request->received.stop = StopState::kDue;
    ++round_due_;
  }
  for (;;) {
    round_ = round_due_ != 0;
    round_thread_ = nt::CurrentThreadOrNull();
    RunLocked();
    lock_.Acquire();
    if (round_due_ != 0) continue;  // came to the driver meanwhile
    if (round_) {                   // the calls are made: cancels that waited for their end come now (IOX-45)
      round_ = false;
      PutBackAcknowledged();
      RunLocked();
      lock_.Acquire();
      continue;
    }
    PutBackAcknowledged();
    if (!AwaitsAcknowledgement()) break;
    KeClearEvent(&power_event_);
    power_waiting_ = true;
    lock_.Release();
    queue::WaitFor(globals(), power_event_, "leaving D0: the requests of a power-managed queue must be completed or acknowledged");
    lock_.Acquire();
  }
  round_thread_ = nullptr;
  if (power_managed_) {
    power_ = QueuePower::kOff;
  } else {
    power_ = QueuePower::kOn;
  }
  RunLocked();
}

// A device that is still there after its removal, and is started again.
void Queue::AcceptAfterRemoval() {
  if (!purged_for_removal_) return;
  purged_for_removal_ = false;
  accepting_ = true;
}

void Queue::PowerOn() {
  lock_.Acquire();
  AcceptAfterRemoval();
  if (power_ == QueuePower::kOn) return ReleaseLock();
  lock_.Release();
  RecordEvent(framework(), trace::kQueuePower, trace_id(), 0);
  lock_.Acquire();
  power_ = QueuePower::kStarting;
  round_due_ = 0;
  for (Request* request = at_driver_.first; request; request = request->received.next) {
    request->received.stop = StopState::kDue;
    ++round_due_;
  }
  round_ = round_due_ != 0;
  round_thread_ = nt::CurrentThreadOrNull();
  while (round_) {
    RunLocked();
    lock_.Acquire();
    round_ = round_due_ != 0;
  }
  round_thread_ = nullptr;
  power_ = QueuePower::kOn;
  if (!waiting_.empty()) ready_due_ = true;
  RunLocked();
}

// One EvtIoStop or EvtIoResume, longest-held request first. Lock held; released around the call.
void Queue::TellOneRoundRequest() {
  Request* request = at_driver_.first;
  while (request && request->received.stop != StopState::kDue) request = request->received.next;
  RT_ASSERT(request);
  ReceivedState& r = request->received;
  const bool stop = power_ != QueuePower::kStarting;
  --round_due_;
  r.stop = stop ? StopState::kCalled : StopState::kNone;
  if (IsMarkedCancelled(request->sent) || (stop ? !callbacks_.io_stop : !callbacks_.io_resume)) return;
  ULONG flags = power_ == QueuePower::kPurging ? WdfRequestStopActionPurge : WdfRequestStopActionSuspend;
  if (r.cancelable) flags |= WdfRequestStopRequestCancelable;
  Ref<Request> keep(request);
  lock_.Release();
  {
    CallbackGuard guard(callback_lock());
    if (stop) {
      nt::CallDriver("EvtIoStop", callbacks_.io_stop, queue_handle(), request->request_handle(), flags);
    } else {
      nt::CallDriver("EvtIoResume", callbacks_.io_resume, queue_handle(), request->request_handle());
    }
    guard.Leave();
  }
  lock_.Acquire();
}

bool Queue::Acknowledge(Request& request, bool requeue) {
  rt::LockGuard guard(lock_);
  ReceivedState& r = request.received;
  if (r.queue != this || r.place != Place::kDriver) return false;
  const bool inside = r.stop == StopState::kCalled && round_;
  if (!inside && globals().verifier) return false;  // 7.50: else recorded, seen when the queue next looks
  if (r.cancelable && requeue) {                    // must be unmarked first: taken off for the driver, unless its cancel has begun
    if (IoSetCancelRoutine(request.irp, nullptr) == nullptr) return inside;
    r.cancelable = false;
  }
  if (r.cancel_queued && requeue) return inside;
  if (r.stop == StopState::kDue) --round_due_;
  r.stop = StopState::kAcknowledged;
  r.stop_requeue = requeue;
  return inside;
}

// IOT-7.50: back to the head, the longest-held first. Lock held; released while something is completed.
void Queue::PutBackAcknowledged() {
  RequestList canceled;
  for (Request* request = at_driver_.last; request;) {
    Request* previous = request->received.previous;
    ReceivedState& r = request->received;
    if (r.stop == StopState::kAcknowledged && r.stop_requeue) {
      r.stop_requeue = false;
      LeftTheDriver(*request);
      bool complete = false;
      if (!accepting_) {  // purged: not redelivered
        r.place = Place::kNone;
        MarkCancelled(request->sent);
        complete = !KeepForCanceledOnQueue(*request);
      } else {
        waiting_.PushFront(*request);
        r.place = Place::kWaiting;
        if (waiting_.count == 1) ready_due_ = true;
        complete = !ArmWaiting(*request) && !KeepForCanceledOnQueue(*request);
      }
      if (complete) {
        canceled.PushFront(*request);
        ++being_completed_;
      }
    }
    request = previous;
  }
  while (Request* request = canceled.first) {
    canceled.Remove(*request);
    lock_.Release();
    CompleteCanceled(*request);
    lock_.Acquire();
  }
}

}  // namespace drydock::wdf
