// Start, Stop, Drain, Purge, StopAndPurge and their waiting forms; GetState; ReadyNotify.
#include "nt/thread.h"
#include "wdf/device/device.h"
#include "wdf/queue/queue.h"
#include "wdf/queue/wait.h"
#include "wdf/request/request.h"
#include "wdf/trace.h"
#include "wdf/violation.h"

namespace drydock::wdf {

namespace {
const char* Reason(Queue::Change change) {
  switch (change) {
    case Queue::Change::kStop: return "WdfIoQueueStopSynchronously: the requests of the queue that are with the driver must end";
    case Queue::Change::kDrain: return "WdfIoQueueDrainSynchronously: every request of the queue must be delivered and end";
    case Queue::Change::kPurge: return "WdfIoQueuePurgeSynchronously: the requests of the queue that are with the driver must end";
    case Queue::Change::kStopAndPurge:
      return "WdfIoQueueStopAndPurgeSynchronously: the requests of the queue that are with the driver must end";
  }
  return "?";
}
}  // namespace

// IOX-48.
void Queue::Fatal(NTSTATUS status, Request* request) {
  fatal_.Queue = queue_handle();
  fatal_.Request = request ? request->request_handle() : nullptr;
  fatal_.Status = status;
  Violation(globals(), ViolationKind::kQueueFatal, reinterpret_cast<uint64_t>(&fatal_), 0,
            status == STATUS_DELETE_PENDING
                ? "The state of a queue was changed after the queue was deleted."
                : "A queue was told to change its state while an earlier change of the same kind (stop and stop-and-purge, or drain and "
                  "purge) had not been reported yet. Wait for its callback or its waiting form first.");
}

void Queue::Start() {
  nt::CurrentKernel().executor.SchedulePoint();
  RecordEvent(framework(), trace::kQueueState, trace_id(), WdfIoQueueAcceptRequests | WdfIoQueueDispatchRequests);
  lock_.Acquire();
  accepting_ = true;
  dispatching_ = true;
  purge_waits_ = false;
  if (!waiting_.empty()) ready_due_ = true;  // IOX-52
  RunLocked();
}

void Queue::Begin(Change change, PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context, bool wait) {
  nt::CurrentKernel().executor.SchedulePoint();
  const bool stops = change == Change::kStop || change == Change::kStopAndPurge;
  const bool purges = change == Change::kPurge || change == Change::kStopAndPurge;
  KEVENT done;
  if (wait) KeInitializeEvent(&done, NotificationEvent, FALSE);

  lock_.Acquire();
  StateSlot& slot = stops ? stop_slot_ : drain_slot_;
  if (callback || wait) {
    if (deleted_ || slot.taken()) {
      const NTSTATUS status = deleted_ ? STATUS_DELETE_PENDING : STATUS_INVALID_DEVICE_REQUEST;
      lock_.Release();
      Fatal(status, nullptr);
    }
    slot = {.callback = callback, .context = context, .waiter = wait ? &done : nullptr, .serialised = !stops};
  }
  accepting_ = stops;  // IOT-9.31: a stop accepts again, even while draining
  if (stops) dispatching_ = false;
  if (purges && AtDriver() != 0) purge_waits_ = true;
  const uint64_t bits = (accepting_ ? WdfIoQueueAcceptRequests : 0) | (dispatching_ ? WdfIoQueueDispatchRequests : 0);
  lock_.Release();
  RecordEvent(framework(), trace::kQueueState, trace_id(), bits, 1 + static_cast<uint64_t>(change));

  if (purges) {
    CancelEverything(true);
  } else {
    Run(RunBy::kEvent);
  }
  if (wait) queue::WaitFor(globals(), done, Reason(change));
}

WDF_IO_QUEUE_STATE Queue::State(ULONG* waiting, ULONG* at_driver) {
  rt::LockGuard guard(lock_);
  const uint32_t queued = waiting_.count + canceled_.count + being_completed_;
  const uint32_t held = AtDriver();
  if (waiting) *waiting = queued;
  if (at_driver) *at_driver = held;
  ULONG state = 0;
  if (accepting_) state |= WdfIoQueueAcceptRequests;
  if (dispatching_) state |= WdfIoQueueDispatchRequests;
  if (queued == 0) state |= WdfIoQueueNoRequests;
  if (held == 0) state |= WdfIoQueueDriverNoRequests;
  if (power_ != QueuePower::kOn) state |= WdfIoQueuePnpHeld;
  return static_cast<WDF_IO_QUEUE_STATE>(state);
}

NTSTATUS Queue::ReadyNotify(PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context) {
  if (dispatch_type_ != WdfIoQueueDispatchManual) return STATUS_INVALID_DEVICE_REQUEST;
  lock_.Acquire();
  NTSTATUS status = STATUS_SUCCESS;
  if (deleted_) {
    status = STATUS_DELETE_PENDING;  // IOX-52
  } else if (callback ? ready_callback_ != nullptr : ready_callback_ == nullptr || dispatching_) {
    status = STATUS_INVALID_DEVICE_REQUEST;  // IOT-9.45
  } else {
    ready_callback_ = callback;
    ready_context_ = callback ? context : nullptr;
  }
  if (!NT_SUCCESS(status) || !callback) {
    ReleaseLock();
    return status;
  }
  RunLocked();
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf
