// WdfRequestMarkCancelable(Ex), UnmarkCancelable, IsCanceled, StopAcknowledge.
#include "wdf/ddi.h"
#include "wdf/framework.h"
#include "wdf/object/factory.h"
#include "wdf/queue/queue.h"
#include "wdf/request/held.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"

namespace drydock::wdf {

namespace {

// A request that no queue delivered cannot be marked.
NTSTATUS Mark(DriverGlobals& globals, Request& request, PFN_WDF_REQUEST_CANCEL callback, bool ex) {
  Queue* queue = request.received.place == Place::kDriver ? request.received.queue : nullptr;
  NoteCall(&request, ex ? "WdfRequestMarkCancelableEx" : "WdfRequestMarkCancelable");
  const NTSTATUS status = queue ? queue->MarkCancelable(request, callback, ex) : STATUS_INVALID_DEVICE_REQUEST;
  if (status == STATUS_INVALID_DEVICE_REQUEST) {
    Break(globals, "WdfRequestMarkCancelable: the request was not delivered to the driver by a queue, or is marked already.");
  }
  return status;
}

}  // namespace

namespace ddi {

void WdfRequestMarkCancelable(DriverGlobals& globals, WDFREQUEST Request, PFN_WDF_REQUEST_CANCEL EvtRequestCancel) {
  Mark(globals, *FromHandle<wdf::Request>(globals, Request), EvtRequestCancel, false);
}

NTSTATUS WdfRequestMarkCancelableEx(DriverGlobals& globals, WDFREQUEST Request, PFN_WDF_REQUEST_CANCEL EvtRequestCancel) {
  return Mark(globals, *FromHandle<wdf::Request>(globals, Request), EvtRequestCancel, true);
}

NTSTATUS WdfRequestUnmarkCancelable(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  Queue* queue = request.received.queue;
  const NTSTATUS status = queue ? queue->UnmarkCancelable(request) : STATUS_INVALID_DEVICE_REQUEST;
  if (status == STATUS_INVALID_DEVICE_REQUEST) {
    Break(globals, "WdfRequestUnmarkCancelable: the request is not the driver's, or is not marked cancelable.");
  }
  return status;
}

// OP-10.
BOOLEAN WdfRequestIsCanceled(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  if (globals.verifier && request.is_received()) {
    const Place place = request.received.place;
    if ((place != Place::kDriver && place != Place::kInCaller) || request.received.cancelable) {
      Break(globals, "WdfRequestIsCanceled: the request is not the driver's, or is marked cancelable.");
      return FALSE;
    }
  }
  return IsMarkedCancelled(request.sent) || (request.irp && IsIrpCancelled(request.irp));
}

void WdfRequestStopAcknowledge(DriverGlobals& globals, WDFREQUEST Request, BOOLEAN Requeue) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  Queue* queue = request.received.queue;
  if (!queue || !queue->Acknowledge(request, Requeue != FALSE)) {
    Break(globals, "WdfRequestStopAcknowledge: called outside EvtIoStop, or for a request that is not the driver's.");
  }
}

}  // namespace ddi
}  // namespace drydock::wdf
