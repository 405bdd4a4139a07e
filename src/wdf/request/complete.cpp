#include "wdf/request/complete.h"

#include "runtime/assert.h"
#include "wdf/device/device.h"
#include "wdf/file/file_object.h"
#include "wdf/queue/queue.h"
#include "wdf/request/buffers.h"
#include "wdf/request/receive.h"
#include "wdf/trace.h"
#include "wdf/violation.h"

namespace drydock::wdf {

NTSTATUS PublicStatus(NTSTATUS status) {
  constexpr uint32_t kFacilityMask = 0x0FFF0000, kFrameworkFacility = 0x00200000;
  if (__builtin_expect((static_cast<uint32_t>(status) & kFacilityMask) != kFrameworkFacility, 1)) return status;
  switch (status) {
    case STATUS_WDF_PAUSED:
    case STATUS_WDF_BUSY: return STATUS_DEVICE_BUSY;
    case STATUS_WDF_INTERNAL_ERROR: return STATUS_INTERNAL_ERROR;
    case STATUS_WDF_NOT_ENOUGH_MAP_REGISTERS: return STATUS_INSUFFICIENT_RESOURCES;
    default: return STATUS_INVALID_DEVICE_REQUEST;
  }
}

namespace {

// (V) IOX-58, DEVX-47: more bytes than the buffer holds.
void CheckInformation(Request& request) {
  const IO_STACK_LOCATION& stack = *request.current_stack();
  const IO_STATUS_BLOCK& result = request.irp->IoStatus;
  if (!NT_SUCCESS(result.Status)) return;
  // (U) IOT-7.33: only against output buffers of buffered requests.
  if (request.globals().umdf && (stack.MajorFunction == IRP_MJ_WRITE || request.irp->MdlAddress)) return;
  ULONG limit = 0;
  switch (stack.MajorFunction) {
    case IRP_MJ_READ: limit = stack.Parameters.Read.Length; break;
    case IRP_MJ_WRITE: limit = stack.Parameters.Write.Length; break;
    case IRP_MJ_DEVICE_CONTROL:
      limit = stack.Parameters.DeviceIoControl.OutputBufferLength;
      if (limit == 0 || request.irp->RequestorMode == KernelMode) return;
      break;
    default: return;
  }
  if (result.Information <= limit) return;
  RequestViolation(request.globals(), RequestFatal::kInformationTooLarge, request.request_handle(),
                   "A request was completed with success and more bytes (" + std::to_string(result.Information) +
                       ") than its buffer holds (" + std::to_string(limit) + ").");
}

// Everything up to the IRP's way up: IOX-58. Afterwards the object has no IRP any more. Returns the IRP.
PIRP EndObject(Request& request) {
  PIRP irp = request.irp;
  UndoFormat(request.sent);
  if (!request.received.reserved) request.DeleteAndKeep();  // children, cleanup callbacks; ours until Retire
  ReleaseBuffers(request);
  if (!request.received.reserved) DisposeSentState(request.sent);
  return irp;
}

void LetGo(Request& request) {
  request.received.place = Place::kCompleted;
  request.irp = nullptr;
  request.sent.irp = nullptr;
}

void TellCreate(Request& request, PIRP irp) {
  if (__builtin_expect(IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_CREATE, 0)) {
    file::CreateCompleting(*request.target_device, irp, irp->IoStatus.Status);
  }
}

[[noreturn]] void Misuse(Request& request, const char* words) {
  RequestViolation(request.globals(), RequestFatal::kNotInQueue, request.request_handle(), words);
}

}  // namespace

void Request::Complete(NTSTATUS status, CCHAR priority_boost) {
  ReceivedState& r = received;
  const Place place = r.place;
  if (place != Place::kDriver && place != Place::kInCaller) {
    Misuse(*this, place == Place::kCompleted ? "A request was completed twice."
                  : is_received()            ? "A request was completed that waits in a queue and is not the driver's."
                                             : "A request was completed that the driver made; such a request is ended by WdfObjectDelete.");
  }
  if (__builtin_expect(sent.out(), 0)) Misuse(*this, "A request was completed while it is at an I/O target.");
  Queue* queue = place == Place::kDriver ? r.queue : nullptr;
  if (__builtin_expect(r.cancelable || r.cancel_queued, 0) && queue) queue->DropMark(*this);
  RecordEvent(framework(), trace::kRequestComplete, trace_id(), static_cast<uint32_t>(status), irp->IoStatus.Information);
  irp->IoStatus.Status = PublicStatus(status);

  if (__builtin_expect(!is_received(), 0)) {  // driver-made, put into a queue by the driver (IOX-57): the object stays
    PIRP done = irp;
    r.place = Place::kNone;
    ReleaseBuffers(*this);
    IoCompleteRequest(done, priority_boost);
    r.queue = nullptr;
    queue->Gone(*this);
    return;
  }
  if (globals().verifier) CheckInformation(*this);
  r.place = Place::kCompleted;  // a power round that starts now leaves it alone
  if (IsPlain()) {
    PIRP done = irp;
    deleting_.store(true, std::memory_order_relaxed);
    UndoFormat(sent);
    DisposeSentState(sent);
    TellCreate(*this, done);
    LetGo(*this);
    IoCompleteRequest(done, priority_boost);
    if (queue) {
      if (Queue::GoneInHandler(*this)) return;
      queue->Gone(*this);
    }
    RetirePlain(*this);
    return;
  }
  PIRP done = EndObject(*this);
  TellCreate(*this, done);
  LetGo(*this);
  IoCompleteRequest(done, priority_boost);
  if (queue) queue->Gone(*this);
  Retire(*this);
}

bool Request::IsPlain() const {
  if (first_child_ || received.buffers || received.reserved || references_.load(std::memory_order_relaxed) != 1) return false;
  for (const ContextBlock* block = contexts_; block; block = block->next) {
    if (block->cleanup || block->destroy) return false;
  }
  return !framework().kernel.events.enabled();  // the events of deletion are the general way's
}

PIRP Request::BeginSendAndForget() {
  ReceivedState& r = received;
  if (r.queue && (r.cancelable || r.cancel_queued)) r.queue->DropMark(*this);
  r.place = Place::kCompleted;
  PIRP result = EndObject(*this);
  LetGo(*this);
  return result;
}

void Request::EndSendAndForget() {
  if (received.queue) received.queue->Gone(*this);
  Retire(*this);
}

void CompleteUndelivered(Request& request, NTSTATUS status, ULONG_PTR information) {
  RecordEvent(request.framework(), trace::kRequestComplete, request.trace_id(), static_cast<uint32_t>(status), information);
  request.irp->IoStatus.Status = PublicStatus(status);
  request.irp->IoStatus.Information = information;
  if (!request.is_received()) {
    request.received.queue = nullptr;
    request.received.place = Place::kNone;
    IoCompleteRequest(request.irp, IO_NO_INCREMENT);
    return;
  }
  if (!request.received.presented && !request.received.reserved) ObjectAccess::ClearCallbacks(&request);
  PIRP done = EndObject(request);
  TellCreate(request, done);
  LetGo(request);
  IoCompleteRequest(done, IO_NO_INCREMENT);
  Retire(request);
}

NTSTATUS PassDownUndelivered(Request& request) {
  Device& device = *request.target_device;
  if (!request.received.presented && !request.received.reserved) ObjectAccess::ClearCallbacks(&request);
  PIRP irp = EndObject(request);
  LetGo(request);
  const NTSTATUS status = device.PassDown(irp);
  Retire(request);
  return status;
}

NTSTATUS CompleteIrp(Device& device, PIRP irp, NTSTATUS status, ULONG_PTR information) {
  status = PublicStatus(status);
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_CREATE) file::CreateCompleting(device, irp, status);
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

}  // namespace drydock::wdf
