// Requests that a driver makes, and reuse (IOT-7.01..7.09, IOX-27, OP-7).
#include "wdf/ddi.h"
#include "wdf/driver/driver.h"
#include "wdf/object/factory.h"
#include "wdf/request/intermediate.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/request/send_timer.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf {
namespace {

NTSTATUS MakeRequest(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES attributes, Origin origin, Request** out) {
  NTSTATUS status = CreateObject<Request>(globals, ObjectType::kRequest, attributes, &DriverOf(globals), out);
  if (!NT_SUCCESS(status)) return status;
  Request& request = **out;
  request.origin = origin;
  request.target_device = request.device();
  SendHalf(request).irp_origin = IrpOrigin::kFramework;
  return STATUS_SUCCESS;
}

bool FreedWithRequest(const SentState& sent) {
  return sent.irp && (sent.irp_origin == IrpOrigin::kFramework || sent.irp_origin == IrpOrigin::kGiven);
}

}  // namespace

void DisposeSentStateSlow(SentState& sent) {
  if (sent.out()) return;
  UndoFormat(sent);
  FreeIntermediateBuffer(sent);
  FreeMdl(sent);
  FreeTimer(sent);
  if (FreedWithRequest(sent)) {
    PIRP irp = sent.irp;
    BindIrp(sent, nullptr, IrpOrigin::kFramework);
    IoFreeIrp(irp);
  }
  sent.irp_origin = IrpOrigin::kReceived;
}

namespace ddi {

NTSTATUS WdfRequestCreate(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES RequestAttributes, WDFIOTARGET IoTarget, WDFREQUEST* Request) {
  *Request = nullptr;
  wdf::IoTarget* target = IoTarget ? &Checked<wdf::IoTarget>(IoTarget) : nullptr;
  if (target) {  // OP-5
    NTSTATUS status = target->CheckFormattable();
    if (!NT_SUCCESS(status)) return status;
  }
  wdf::Request* request = nullptr;
  NTSTATUS status = MakeRequest(globals, RequestAttributes, Origin::kDriverMade, &request);
  if (!NT_SUCCESS(status)) return status;
  if (target) {
    const CCHAR locations = CCHAR(target->stack_size() ? target->stack_size() : 1);
    PIRP irp = globals.MayAllocate() ? IoAllocateIrp(locations, FALSE) : nullptr;
    if (!irp) {
      DeleteAfterFailedCreate(request);
      return STATUS_INSUFFICIENT_RESOURCES;
    }
    BindIrp(request->sent, irp, IrpOrigin::kFramework);
  }
  *Request = request->request_handle();
  return STATUS_SUCCESS;
}

NTSTATUS WdfRequestCreateFromIrp(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES RequestAttributes, PIRP Irp, BOOLEAN RequestFreesIrp,
                                 WDFREQUEST* Request) {
  *Request = nullptr;
  wdf::Request* request = nullptr;
  NTSTATUS status = MakeRequest(globals, RequestAttributes, Origin::kFromIrp, &request);
  if (!NT_SUCCESS(status)) return status;
  BindIrp(request->sent, Irp, RequestFreesIrp ? IrpOrigin::kGiven : IrpOrigin::kDriversOwn);
  *Request = request->request_handle();
  return STATUS_SUCCESS;
}

NTSTATUS WdfRequestReuse(DriverGlobals& globals, WDFREQUEST Request, PWDF_REQUEST_REUSE_PARAMS ReuseParams) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  SentState& sent = SendHalf(request);
  if (ReuseParams->Size != sizeof(*ReuseParams) || (ReuseParams->Flags & ~ULONG(WDF_REQUEST_REUSE_SET_NEW_IRP))) return STATUS_INVALID_PARAMETER;
  const bool new_irp = (ReuseParams->Flags & WDF_REQUEST_REUSE_SET_NEW_IRP) != 0;
  if (new_irp && request.is_received()) return STATUS_WDF_REQUEST_INVALID_STATE;  // OP-7
  if (globals.verifier && sent.out()) Break(globals, "WdfRequestReuse was called for a request that is still at an I/O target");

  UndoFormat(sent);
  sent.routine = nullptr;
  sent.cancel_mark.store(false);
  sent.status = ReuseParams->Status;
  sent.status_valid = true;
  if (new_irp) {
    PIRP old = FreedWithRequest(sent) ? sent.irp : nullptr;
    BindIrp(sent, ReuseParams->NewIrp, ReuseParams->NewIrp ? IrpOrigin::kDriversOwn : IrpOrigin::kFramework);
    if (old && old != ReuseParams->NewIrp) IoFreeIrp(old);
    return STATUS_SUCCESS;
  }
  if (!sent.irp) return STATUS_SUCCESS;
  switch (sent.irp_origin) {  // IOX-27
    case IrpOrigin::kFramework:
    case IrpOrigin::kGiven: IoReuseIrp(sent.irp, ReuseParams->Status); break;
    case IrpOrigin::kDriversOwn: break;
    case IrpOrigin::kReceived:
      sent.irp->IoStatus.Status = ReuseParams->Status;
      __atomic_store_n(&sent.irp->Cancel, FALSE, __ATOMIC_SEQ_CST);  // IOT-7.09
      break;
  }
  return STATUS_SUCCESS;
}

}  // namespace ddi
}  // namespace drydock::wdf
