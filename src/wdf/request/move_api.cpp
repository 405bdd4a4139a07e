// Requests on the move between queues: WdfRequestForwardToIoQueue, ForwardToParentDeviceIoQueue, Requeue; WdfDeviceEnqueueRequest.
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/framework.h"
#include "wdf/object/factory.h"
#include "wdf/queue/device_queues.h"
#include "wdf/queue/queue.h"
#include "wdf/request/complete.h"
#include "wdf/request/held.h"
#include "wdf/request/receive.h"
#include "wdf/request/request.h"
#include "wdf/trace.h"

namespace drydock::wdf {

namespace {

bool Marked(const Request& request) { return request.received.cancelable || request.received.cancel_queued; }

// To another queue: the destination delivers before the source counts the request as gone (IOX-57).
NTSTATUS Forward(Request& request, Queue& to) {
  NoteCall(&request, "WdfRequestForwardToIoQueue");
  Queue* from = request.received.queue;
  RecordEvent(request.framework(), trace::kRequestForward, request.trace_id(), from ? from->trace_id() : 0, to.trace_id());
  if (from) from->BeginLeaving(request);
  request.received.presented = true;
  const NTSTATUS status = to.Insert(request, Queue::Entry::kForward);
  if (from) from->EndLeaving(NT_SUCCESS(status) ? nullptr : &request);
  return status;
}

bool HasCurrentLocation(PIRP irp) { return irp && irp->CurrentLocation >= 1 && irp->CurrentLocation <= irp->StackCount; }

}  // namespace

namespace ddi {

NTSTATUS WdfRequestForwardToIoQueue(DriverGlobals& globals, WDFREQUEST Request, WDFQUEUE DestinationQueue) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  Queue& to = *FromHandle<Queue>(globals, DestinationQueue);
  Queue* from = request.received.queue;
  if (!request.is_received()) {  // driver-made: from 1.11, with a location to look at (IOX-57)
    const bool in_queue = request.received.place == Place::kDriver;
    if (!globals.BuiltFor(11) || !HasCurrentLocation(request.irp) || (!in_queue && request.received.place != Place::kNone)) {
      return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (!in_queue) {
      request.received.queue = nullptr;
      request.target_device = &to.owner();
    }
    return Forward(request, to);
  }
  if (!from || request.received.place != Place::kDriver || Marked(request) || from == &to || &from->owner() != &to.owner()) {  // IOT-7.44
    Break(globals, "WdfRequestForwardToIoQueue: the request is not from a queue, not the driver's or still marked cancelable, or the "
                   "destination is its own queue or one of another device.");
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  return Forward(request, to);
}

NTSTATUS WdfRequestRequeue(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  Queue* queue = request.received.queue;
  if (!queue || request.received.place != Place::kDriver || Marked(request) ||
      queue->dispatch_type() != WdfIoQueueDispatchManual) {  // IOT-7.49
    Break(globals, "WdfRequestRequeue: the request is not from a manual queue, not the driver's or still marked cancelable.");
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  NoteCall(&request, "WdfRequestRequeue");
  queue->PutBack(request);
  return STATUS_SUCCESS;
}

// IOT-7.47, 7.48.
NTSTATUS WdfRequestForwardToParentDeviceIoQueue(DriverGlobals& globals, WDFREQUEST Request, WDFQUEUE ParentDeviceQueue,
                                                PWDF_REQUEST_FORWARD_OPTIONS ForwardOptions) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  Queue& to = *FromHandle<Queue>(globals, ParentDeviceQueue);
  if (ForwardOptions->Size != sizeof(WDF_REQUEST_FORWARD_OPTIONS)) return STATUS_INFO_LENGTH_MISMATCH;
  if ((ForwardOptions->Flags & ~ULONG{WDF_REQUEST_FORWARD_OPTION_SEND_AND_FORGET}) != 0) return STATUS_INVALID_PARAMETER;
  Queue* from = request.received.queue;
  if (!request.is_received() || !from || request.received.place != Place::kDriver || Marked(request) || request.received.reserved ||
      from == &to) {
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  Device& device = from->owner();
  const DeviceInit& init = device.init();
  if (!device.is_pdo() || !init.pdo_init || !init.pdo_init->forward_to_parent || init.parent != &to.owner()) return STATUS_INVALID_DEVICE_REQUEST;
  NoteCall(&request, "WdfRequestForwardToParentDeviceIoQueue");
  return queue::ForwardToParent(request, to);
}

// IOT-9.50.
NTSTATUS WdfDeviceEnqueueRequest(DriverGlobals& globals, WDFDEVICE Device, WDFREQUEST Request) {
  wdf::Device& device = *FromHandle<wdf::Device>(globals, Device);
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  if (request.received.place != Place::kInCaller || request.target_device != &device) {
    Break(globals, "WdfDeviceEnqueueRequest: the request is not at EvtIoInCallerContext of this device.");
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  Queue* queue = request.received.intended ? request.received.intended : queue::QueueFor(device, request.current_stack()->MajorFunction);
  NoteCall(&request, "WdfDeviceEnqueueRequest");
  if (queue) return queue->Insert(request, Queue::Entry::kEnqueue);
  if (!device.is_filter()) return STATUS_INVALID_DEVICE_REQUEST;
  PassDownUndelivered(request);
  return STATUS_SUCCESS;
}

}  // namespace ddi
}  // namespace drydock::wdf
