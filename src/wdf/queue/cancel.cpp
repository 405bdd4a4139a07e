// Cancellation: of requests that wait in a queue (R1) and of requests that the driver marked cancelable (R2).
//
// While a request is in one of these two situations the IRP's Tail.Overlay.DriverContext[0] names it and the IRP's cancel routine is
// one of the two below. They are entered by IoCancelIrp with the cancel spin lock held.
#include "nt/thread.h"
#include "runtime/assert.h"
#include "wdf/queue/queue.h"
#include "wdf/request/complete.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/trace.h"
#include "wdf/violation.h"

namespace drydock::wdf {

namespace {
Request& RequestOf(PIRP irp) { return *static_cast<Request*>(irp->Tail.Overlay.DriverContext[0]); }
}  // namespace

bool Queue::ArmWaiting(Request& request) {
  PIRP irp = request.irp;
  irp->Tail.Overlay.DriverContext[0] = &request;
  IoSetCancelRoutine(irp, CancelWaiting);
  if (!IsIrpCancelled(irp) || IoSetCancelRoutine(irp, nullptr) == nullptr) return true;  // R1: when gone, the routine is on its way and will wait for our lock
  waiting_.Remove(request);
  request.received.place = Place::kNone;
  MarkCancelled(request.sent);
  return false;
}

bool Queue::TakeWaiting(Request& request) {
  ReceivedState& r = request.received;
  if (r.being_canceled) return false;
  if (IoSetCancelRoutine(request.irp, nullptr) == nullptr) {  // R1
    r.being_canceled = true;
    ++being_canceled_;
    return false;
  }
  waiting_.Remove(request);
  r.place = Place::kNone;
  return true;
}

Request* Queue::TakeFirst(PFILE_OBJECT file) {
  for (Request* request = waiting_.first; request; request = request->received.next) {
    if (file && request->current_stack()->FileObject != file) continue;
    if (TakeWaiting(*request)) return request;
  }
  return nullptr;
}

// OP-17: only for requests that the driver has seen. Once: a driver that puts such a request back (IOT-9.48 forbids it) would get it for
// ever; ours is to complete it then.
bool Queue::KeepForCanceledOnQueue(Request& request) {
  ReceivedState& r = request.received;
  if (!callbacks_.io_canceled_on_queue || !r.presented || r.canceled_told) return false;
  r.canceled_told = true;
  canceled_.PushBack(request);
  r.place = Place::kCanceledOnQueue;
  return true;
}

void Queue::CancelWaiting(PDEVICE_OBJECT, PIRP irp) {
  Request& request = RequestOf(irp);  // still waiting: nobody else takes it out now (R1)
  IoReleaseCancelSpinLock(irp->CancelIrql);
  Queue& queue = *request.received.queue;
  RecordEvent(queue.framework(), trace::kRequestCancel, request.trace_id(), queue.trace_id());
  Ref<Queue> keep(&queue);
  queue.lock_.Acquire();
  RT_ASSERT(request.received.place == Place::kWaiting);
  queue.waiting_.Remove(request);
  if (request.received.being_canceled) {
    request.received.being_canceled = false;
    --queue.being_canceled_;
  }
  request.received.place = Place::kNone;
  MarkCancelled(request.sent);
  if (!queue.KeepForCanceledOnQueue(request)) {
    ++queue.being_completed_;
    queue.lock_.Release();
    return queue.CompleteCanceled(request);
  }
  if (queue.delivering_ != 0) return queue.ReleaseLock();
  queue.RunLocked();
}

// --- marked by the driver ---

void Queue::BeginCancel(Request& request) {
  ReceivedState& r = request.received;
  r.cancelable = false;
  r.cancel_begun = true;
  r.cancel_queued = true;
  r.next_cancel = nullptr;
  (last_cancel_ ? last_cancel_->received.next_cancel : first_cancel_) = &request;
  last_cancel_ = &request;
  MarkCancelled(request.sent);
}

NTSTATUS Queue::MarkCancelable(Request& request, PFN_WDF_REQUEST_CANCEL callback, bool ex) {
  nt::CurrentKernel().executor.SchedulePoint();
  RecordEvent(framework(), trace::kRequestMarkCancelable, request.trace_id(), 1);
  lock_.Acquire();
  ReceivedState& r = request.received;
  if (r.queue != this || r.place != Place::kDriver || r.cancelable || r.cancel_queued) {  // IOT-5.06
    ReleaseLock();
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  r.on_cancel = callback;
  bool canceled = purge_waits_;  // IOX-46
  if (!canceled) {
    PIRP irp = request.irp;
    irp->Tail.Overlay.DriverContext[0] = &request;
    r.cancelable = true;
    r.cancel_begun = false;
    IoSetCancelRoutine(irp, CancelMarked);
    canceled = IsIrpCancelled(irp) && IoSetCancelRoutine(irp, nullptr) != nullptr;  // R2: otherwise CancelMarked is on its way
  }
  if (!canceled) {
    ReleaseLock();
    return STATUS_SUCCESS;
  }
  if (ex) {  // IOX-45: unmarked, still the driver's
    r.cancelable = false;
    MarkCancelled(request.sent);
    ReleaseLock();
    RecordEvent(framework(), trace::kRequestMarkCancelable, request.trace_id(), 0);
    return STATUS_CANCELLED;
  }
  BeginCancel(request);
  if (delivering_ != 0) {
    ReleaseLock();
  } else {
    RunLocked();
  }
  return STATUS_SUCCESS;
}

NTSTATUS Queue::UnmarkCancelable(Request& request) {
  nt::CurrentKernel().executor.SchedulePoint();
  RecordEvent(framework(), trace::kRequestMarkCancelable, request.trace_id(), 0);
  rt::LockGuard guard(lock_);
  ReceivedState& r = request.received;
  if (r.queue != this || r.place != Place::kDriver) return STATUS_INVALID_DEVICE_REQUEST;
  if (r.cancel_begun) return STATUS_CANCELLED;
  if (!r.cancelable) return STATUS_INVALID_DEVICE_REQUEST;
  if (IoSetCancelRoutine(request.irp, nullptr) == nullptr) return STATUS_CANCELLED;  // R2
  r.cancelable = false;
  return STATUS_SUCCESS;
}

void Queue::DropMark(Request& request) {
  lock_.Acquire();
  ReceivedState& r = request.received;
  const bool too_late = r.cancel_queued || IoSetCancelRoutine(request.irp, nullptr) == nullptr;
  r.cancelable = false;
  lock_.Release();
  if (too_late) {
    RequestViolation(globals(), RequestFatal::kNotInQueue, request.request_handle(),
                     "A request was completed or sent away whose cancellation has begun: EvtRequestCancel is about to be called for it. "
                     "Unmark it first, and leave it to the callback when that returns STATUS_CANCELLED.");
  }
  if (globals().verifier) Break(globals(), "A request was completed or sent away while it is marked cancelable. Call WdfRequestUnmarkCancelable first.");
}

void Queue::CancelMarked(PDEVICE_OBJECT, PIRP irp) {
  Request& request = RequestOf(irp);  // still the driver's: unmark refuses, so it waits for EvtRequestCancel (R2)
  IoReleaseCancelSpinLock(irp->CancelIrql);
  Queue& queue = *request.received.queue;
  Ref<Queue> keep(&queue);
  queue.lock_.Acquire();
  queue.BeginCancel(request);
  if (queue.delivering_ != 0) return queue.ReleaseLock();  // IOX-45
  queue.RunLocked();
}

// --- many at once ---

RequestList Queue::TakeForCancel(PFILE_OBJECT file) {
  RequestList taken;
  for (Request* request = waiting_.first; request;) {
    Request* next = request->received.next;
    if ((!file || request->current_stack()->FileObject == file) && TakeWaiting(*request)) {
      MarkCancelled(request->sent);
      if (!KeepForCanceledOnQueue(*request)) {
        taken.PushBack(*request);
        ++being_completed_;
      }
    }
    request = next;
  }
  return taken;
}

void Queue::CompleteCanceled(Request& request) {
  CompleteUndelivered(request, STATUS_CANCELLED, 0);
  lock_.Acquire();
  --being_completed_;
  if (delivering_ != 0) return ReleaseLock();
  RunLocked();
}

// OP-15, OP-16, IOX-47: what waits, oldest first, on this thread; then what is marked, oldest first.
void Queue::CancelEverything(bool and_marked) {
  CancelOfFile(nullptr);
  if (!and_marked) return;
  lock_.Acquire();
  for (Request* request = at_driver_.first; request; request = request->received.next) {
    if (request->received.cancelable && IoSetCancelRoutine(request->irp, nullptr) != nullptr) BeginCancel(*request);
  }
  if (delivering_ != 0) return ReleaseLock();
  RunLocked();
}

void Queue::CancelOfFile(PFILE_OBJECT file) {
  lock_.Acquire();
  RequestList taken = TakeForCancel(file);
  lock_.Release();
  while (Request* request = taken.first) {
    taken.Remove(*request);
    CompleteCanceled(*request);
  }
  Run(RunBy::kEvent);  // EvtIoCanceledOnQueue for the others
}

}  // namespace drydock::wdf
