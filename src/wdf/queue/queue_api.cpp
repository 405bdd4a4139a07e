// WdfIoQueue...: state changes, retrieving, ready notification, forward progress.
#include "wdf/ddi.h"
#include "wdf/file/file_object.h"
#include "wdf/framework.h"
#include "wdf/queue/forward_progress.h"
#include "wdf/queue/queue.h"
#include "wdf/request/held.h"
#include "wdf/request/parameters.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"

namespace drydock::wdf::ddi {

using Change = wdf::Queue::Change;

namespace {

wdf::Queue& From(DriverGlobals& globals, WDFQUEUE queue) { return Checked<wdf::Queue>(queue); }
WDFREQUEST HandleOf(wdf::Request* request) { return request ? request->request_handle() : nullptr; }

// The synchronous forms wait: never from a handler of the queue itself, which would wait for its own end (IOT-9.37). The stall report
// tells; nothing refuses it.
void Synchronously(DriverGlobals& globals, WDFQUEUE queue, Change change) { From(globals, queue).Begin(change, nullptr, nullptr, true); }

}  // namespace

WDF_IO_QUEUE_STATE WdfIoQueueGetState(DriverGlobals& globals, WDFQUEUE Queue, PULONG QueueRequests, PULONG DriverRequests) {
  return From(globals, Queue).State(QueueRequests, DriverRequests);
}

void WdfIoQueueStart(DriverGlobals& globals, WDFQUEUE Queue) { From(globals, Queue).Start(); }

void WdfIoQueueStop(DriverGlobals& globals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopComplete, WDFCONTEXT Context) {
  From(globals, Queue).Begin(Change::kStop, StopComplete, Context, false);
}
void WdfIoQueueDrain(DriverGlobals& globals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE DrainComplete, WDFCONTEXT Context) {
  From(globals, Queue).Begin(Change::kDrain, DrainComplete, Context, false);
}
void WdfIoQueuePurge(DriverGlobals& globals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE PurgeComplete, WDFCONTEXT Context) {
  From(globals, Queue).Begin(Change::kPurge, PurgeComplete, Context, false);
}
void WdfIoQueueStopAndPurge(DriverGlobals& globals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopAndPurgeComplete, WDFCONTEXT Context) {
  From(globals, Queue).Begin(Change::kStopAndPurge, StopAndPurgeComplete, Context, false);
}
void WdfIoQueueStopSynchronously(DriverGlobals& globals, WDFQUEUE Queue) { Synchronously(globals, Queue, Change::kStop); }
void WdfIoQueueDrainSynchronously(DriverGlobals& globals, WDFQUEUE Queue) { Synchronously(globals, Queue, Change::kDrain); }
void WdfIoQueuePurgeSynchronously(DriverGlobals& globals, WDFQUEUE Queue) { Synchronously(globals, Queue, Change::kPurge); }
void WdfIoQueueStopAndPurgeSynchronously(DriverGlobals& globals, WDFQUEUE Queue) { Synchronously(globals, Queue, Change::kStopAndPurge); }

// IOT-9.40, IOX-53.
NTSTATUS WdfIoQueueRetrieveNextRequest(DriverGlobals& globals, WDFQUEUE Queue, WDFREQUEST* OutRequest) {
  wdf::Queue& queue = From(globals, Queue);
  *OutRequest = nullptr;
  if (queue.dispatch_type() == WdfIoQueueDispatchParallel) return STATUS_INVALID_DEVICE_STATE;
  wdf::Request* request = nullptr;
  const NTSTATUS status = queue.Retrieve(nullptr, nullptr, STATUS_NO_MORE_ENTRIES, &request);
  NoteCall(request, "WdfIoQueueRetrieveNextRequest");
  *OutRequest = HandleOf(request);
  return status;
}

NTSTATUS WdfIoQueueRetrieveRequestByFileObject(DriverGlobals& globals, WDFQUEUE Queue, WDFFILEOBJECT FileObject, WDFREQUEST* OutRequest) {
  wdf::Queue& queue = From(globals, Queue);
  *OutRequest = nullptr;
  if (queue.dispatch_type() == WdfIoQueueDispatchParallel) return STATUS_INVALID_DEVICE_STATE;
  PFILE_OBJECT file = FromHandle<wdf::FileObject>(globals, FileObject)->wdm();
  if (!file) return STATUS_NO_MORE_ENTRIES;
  wdf::Request* request = nullptr;
  const NTSTATUS status = queue.Retrieve(file, nullptr, STATUS_NO_MORE_ENTRIES, &request);
  NoteCall(request, "WdfIoQueueRetrieveRequestByFileObject");
  *OutRequest = HandleOf(request);
  return status;
}

NTSTATUS WdfIoQueueFindRequest(DriverGlobals& globals, WDFQUEUE Queue, WDFREQUEST FoundRequest, WDFFILEOBJECT FileObject,
                               PWDF_REQUEST_PARAMETERS Parameters, WDFREQUEST* OutRequest) {
  if (Parameters && Parameters->Size < sizeof(WDF_REQUEST_PARAMETERS)) return STATUS_INVALID_PARAMETER_4;  // IOX-53: output untouched
  *OutRequest = nullptr;
  wdf::Queue& queue = From(globals, Queue);
  wdf::Request* after = FoundRequest ? FromHandle<wdf::Request>(globals, FoundRequest) : nullptr;
  PFILE_OBJECT file = FileObject ? FromHandle<wdf::FileObject>(globals, FileObject)->wdm() : nullptr;
  wdf::Request* request = nullptr;
  const NTSTATUS status = queue.Find(after, file, Parameters, &request);
  *OutRequest = HandleOf(request);
  return status;
}

NTSTATUS WdfIoQueueRetrieveFoundRequest(DriverGlobals& globals, WDFQUEUE Queue, WDFREQUEST FoundRequest, WDFREQUEST* OutRequest) {
  *OutRequest = nullptr;
  wdf::Queue& queue = From(globals, Queue);
  if (globals.verifier && queue.dispatch_type() != WdfIoQueueDispatchManual) {
    Break(globals, "WdfIoQueueRetrieveFoundRequest: the queue is not a manual one.");
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  wdf::Request* request = nullptr;
  const NTSTATUS status = queue.Retrieve(nullptr, FromHandle<wdf::Request>(globals, FoundRequest), STATUS_NOT_FOUND, &request);
  NoteCall(request, "WdfIoQueueRetrieveFoundRequest");
  *OutRequest = HandleOf(request);
  return status;
}

NTSTATUS WdfIoQueueReadyNotify(DriverGlobals& globals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE QueueReady, WDFCONTEXT Context) {
  return From(globals, Queue).ReadyNotify(QueueReady, Context);
}

// IOT-9.52.
NTSTATUS WdfIoQueueAssignForwardProgressPolicy(DriverGlobals& globals, WDFQUEUE Queue, PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY ForwardProgressPolicy) {
  const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY& policy = *ForwardProgressPolicy;
  if (policy.Size != sizeof(policy)) return STATUS_INFO_LENGTH_MISMATCH;
  if (policy.TotalForwardProgressRequests == 0) return STATUS_INVALID_PARAMETER;
  switch (policy.ForwardProgressReservedPolicy) {
    case WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest:
    case WdfIoForwardProgressReservedPolicyPagingIO:
      break;
    case WdfIoForwardProgressReservedPolicyUseExamine:
      if (!policy.ForwardProgressReservePolicySettings.Policy.ExaminePolicy.EvtIoWdmIrpForForwardProgress) return STATUS_INVALID_PARAMETER;
      break;
    default:
      return STATUS_INVALID_PARAMETER;
  }
  return queue::AssignForwardProgress(From(globals, Queue), policy);
}

}  // namespace drydock::wdf::ddi
