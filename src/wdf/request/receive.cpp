#include "wdf/request/receive.h"

#include "wdf/device/device.h"
#include "wdf/queue/forward_progress.h"
#include "wdf/queue/queue.h"
#include "wdf/request/buffers.h"
#include "wdf/trace.h"

namespace drydock::wdf {

NTSTATUS CreateEmpty(Device& device, Request** out) {
  const NTSTATUS status = CreateObjectChecked(device.globals(), ObjectType::kRequest, device.request_attributes(), nullptr, out);
  if (NT_SUCCESS(status)) {
    Request& request = **out;
    request.target_device = &device;
    request.sent.request = &request;
  }
  return status;
}

void AttachIrp(Request& request, PIRP irp) {
  request.irp = irp;
  request.sent.irp = irp;
}

NTSTATUS CreateReceived(Device& device, PIRP irp, Request** out) {
  const NTSTATUS status = CreateEmpty(device, out);
  if (NT_SUCCESS(status)) AttachIrp(**out, irp);
  return status;
}

void Retire(Request& request) {
  if (__builtin_expect(request.received.reserved, 0)) return queue::ReturnReserved(request);
  request.Release();
}

// A driver-made request that is deleted while it is the driver's, out of a queue.
void Request::OnDispose() {
  if (is_received()) return;
  ReceivedState& r = received;
  if (r.queue && r.place == Place::kDriver) {
    r.place = Place::kNone;
    r.queue->Gone(*this);
    r.queue = nullptr;
  }
}

void Request::OnCleanedUp() {
  if (!is_received()) {
    ReleaseBuffers(*this);
    DisposeSentState(sent);
  }
}

}  // namespace drydock::wdf
