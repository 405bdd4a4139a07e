// Requests to the minidriver: as a kernel-mode minidriver gets them (internal device control, pointers in the IRP), or turned into what a
// user-mode one can get (device control, the report and its id as buffers).
//
// User mode:  the request is laid out as the reflector does for METHOD_NEITHER with UmdfMethodNeitherAction = Copy: one system buffer for
//             input and output. GET_FEATURE and GET_INPUT_REPORT: input is the report id, output the report. SET_FEATURE,
//             SET_OUTPUT_REPORT and WRITE_REPORT: input is the report, the id is the output's length. GET_STRING: input is a ULONG.
// Race:       a request from above is cancelled while its exchange comes back. Whoever brings `claims` to two completes it: the
//             completion counts one; the other is the cancel routine's, or the completion's own once it has taken the routine back.
#include <algorithm>
#include <cstring>

#include "classes/hid/hid.h"

namespace drydock::classes::hid {
namespace {

bool FromDevice(ULONG code) { return code == IOCTL_HID_GET_FEATURE || code == IOCTL_HID_GET_INPUT_REPORT; }
bool ToDevice(ULONG code) {
  return code == IOCTL_HID_SET_FEATURE || code == IOCTL_HID_SET_OUTPUT_REPORT || code == IOCTL_HID_WRITE_REPORT;
}
bool IsString(ULONG code) { return code == IOCTL_HID_GET_STRING || code == IOCTL_HID_GET_INDEXED_STRING; }

ULONG UserModeCode(ULONG code) {
  switch (code) {
    case IOCTL_HID_GET_FEATURE:
      return IOCTL_UMDF_HID_GET_FEATURE;
    case IOCTL_HID_SET_FEATURE:
      return IOCTL_UMDF_HID_SET_FEATURE;
    case IOCTL_HID_GET_INPUT_REPORT:
      return IOCTL_UMDF_HID_GET_INPUT_REPORT;
    case IOCTL_HID_SET_OUTPUT_REPORT:
      return IOCTL_UMDF_HID_SET_OUTPUT_REPORT;
    default:
      return code;
  }
}

void PrepareKernel(Exchange& exchange, IO_STACK_LOCATION& location) {
  const Transfer& transfer = exchange.transfer;
  auto& control = location.Parameters.DeviceIoControl;
  PIRP irp = exchange.irp;
  location.MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
  control.IoControlCode = transfer.code;
  if (FromDevice(transfer.code) || ToDevice(transfer.code)) {
    const bool from = FromDevice(transfer.code);
    exchange.packet.reportId = transfer.report_id;
    exchange.packet.reportBuffer = static_cast<PUCHAR>(from ? transfer.output : const_cast<void*>(transfer.input));
    exchange.packet.reportBufferLen = from ? transfer.output_length : transfer.input_length;
    irp->UserBuffer = &exchange.packet;
    (from ? control.OutputBufferLength : control.InputBufferLength) = sizeof exchange.packet;
    return;
  }
  control.OutputBufferLength = transfer.output_length;
  if (IsString(transfer.code)) control.Type3InputBuffer = UlongToPtr(transfer.value);
  if (transfer.code == IOCTL_HID_GET_INDEXED_STRING) {
    irp->MdlAddress = exchange.mdl;
  } else {
    irp->UserBuffer = transfer.output;
  }
}

void PrepareUser(Exchange& exchange, IO_STACK_LOCATION& location) {
  const Transfer& transfer = exchange.transfer;
  auto& control = location.Parameters.DeviceIoControl;
  PIRP irp = exchange.irp;
  const void* input = transfer.input;
  control.InputBufferLength = transfer.input_length;
  control.OutputBufferLength = transfer.output_length;
  if (FromDevice(transfer.code)) {
    input = &transfer.report_id;
    control.InputBufferLength = sizeof transfer.report_id;
  } else if (ToDevice(transfer.code)) {
    control.OutputBufferLength = transfer.report_id;
  } else if (IsString(transfer.code)) {
    input = &transfer.value;
    control.InputBufferLength = sizeof transfer.value;
  }
  location.MajorFunction = IRP_MJ_DEVICE_CONTROL;
  control.IoControlCode = UserModeCode(transfer.code);
  const bool direct = transfer.code == IOCTL_HID_GET_INDEXED_STRING;
  exchange.room.assign(std::max<size_t>(control.InputBufferLength, direct ? 0 : control.OutputBufferLength), 0);
  if (control.InputBufferLength != 0) std::memcpy(exchange.room.data(), input, control.InputBufferLength);
  irp->AssociatedIrp.SystemBuffer = exchange.room.data();
  if (direct) {
    irp->MdlAddress = exchange.mdl;
  } else {
    irp->Flags |= IRP_BUFFERED_IO | (control.OutputBufferLength != 0 ? IRP_INPUT_OPERATION : 0);
  }
}

NTSTATUS NTAPI Completed(DEVICE_OBJECT*, PIRP irp, PVOID context) {
  auto* exchange = static_cast<Exchange*>(context);
  const NTSTATUS status = irp->IoStatus.Status;
  ULONG_PTR information = irp->IoStatus.Information;
  const Transfer& transfer = exchange->transfer;
  if (exchange->hid->user_mode && irp->Flags & IRP_BUFFERED_IO && transfer.output != nullptr && !NT_ERROR(status)) {
    information = std::min<ULONG_PTR>(information, transfer.output_length);
    std::memcpy(transfer.output, exchange->room.data(), information);
  }
  irp->MdlAddress = nullptr;  // the exchange's own
  irp->Flags &= ~static_cast<ULONG>(IRP_BUFFERED_IO | IRP_INPUT_OPERATION);
  irp->AssociatedIrp.SystemBuffer = nullptr;
  exchange->done(exchange, status, information);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

// --- requests from above ---

struct Forwarded {
  PIRP original = nullptr;
  Exchange* exchange = nullptr;
  ULONG_PTR (*finish)(const Exchange&, ULONG_PTR) = nullptr;
  LONG claims = 0;
  NTSTATUS status = STATUS_CANCELLED;
  ULONG_PTR information = 0;
};

void Claim(Forwarded* forwarded) {
  if (InterlockedIncrement(&forwarded->claims) != 2) return;
  Hid& hid = *forwarded->exchange->hid;
  PIRP irp = forwarded->original;
  const NTSTATUS status = forwarded->status;
  const ULONG_PTR information = NT_SUCCESS(status) ? forwarded->finish(*forwarded->exchange, forwarded->information) : 0;
  FreeExchange(forwarded->exchange);
  nt::ex::Delete(forwarded);
  IoReleaseRemoveLock(&hid.remove_lock, irp);
  Complete(irp, status, information);
}

VOID NTAPI CancelForwarded(DEVICE_OBJECT*, PIRP irp) {
  auto* forwarded = static_cast<Forwarded*>(irp->Tail.Overlay.DriverContext[0]);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  IoCancelIrp(forwarded->exchange->irp);
  Claim(forwarded);
}

void ForwardedDone(Exchange* exchange, NTSTATUS status, ULONG_PTR information) {
  auto* forwarded = static_cast<Forwarded*>(exchange->context);
  forwarded->status = status;
  forwarded->information = information;
  if (IoSetCancelRoutine(forwarded->original, nullptr) != nullptr) Claim(forwarded);
  Claim(forwarded);
}

struct Waiting {
  KEVENT done;
  NTSTATUS status;
  ULONG_PTR information;
};

}  // namespace

Exchange* NewExchange(Hid& hid, const Transfer& transfer) {
  auto* exchange = nt::ex::New<Exchange>();
  if (exchange == nullptr) return nullptr;
  exchange->hid = &hid;
  exchange->transfer = transfer;
  exchange->irp = IoAllocateIrp(static_cast<CCHAR>(hid.lower->StackSize + (hid.mini != nullptr)), FALSE);
  if (exchange->irp != nullptr && transfer.code == IOCTL_HID_GET_INDEXED_STRING) {
    exchange->mdl = IoAllocateMdl(transfer.output, transfer.output_length, FALSE, FALSE, nullptr);
    if (exchange->mdl != nullptr) MmBuildMdlForNonPagedPool(exchange->mdl);
  }
  if (exchange->irp == nullptr || (transfer.code == IOCTL_HID_GET_INDEXED_STRING && exchange->mdl == nullptr)) {
    FreeExchange(exchange);
    return nullptr;
  }
  return exchange;
}

void FreeExchange(Exchange* exchange) {
  if (exchange->mdl != nullptr) IoFreeMdl(exchange->mdl);
  if (exchange->irp != nullptr) IoFreeIrp(exchange->irp);
  nt::ex::Delete(exchange);
}

void Prepare(Exchange& exchange) {
  IoReuseIrp(exchange.irp, STATUS_NOT_SUPPORTED);
  exchange.irp->RequestorMode = KernelMode;
  IO_STACK_LOCATION& location = *IoGetNextIrpStackLocation(exchange.irp);
  exchange.hid->user_mode ? PrepareUser(exchange, location) : PrepareKernel(exchange, location);
  IoSetCompletionRoutine(exchange.irp, Completed, &exchange, TRUE, TRUE, TRUE);
}

void Send(Exchange& exchange) { CallBelow(*exchange.hid, exchange.irp); }

NTSTATUS SendAndWait(Hid& hid, const Transfer& transfer, ULONG_PTR* information) {
  Exchange* exchange = NewExchange(hid, transfer);
  if (exchange == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  Waiting waiting;
  KeInitializeEvent(&waiting.done, NotificationEvent, FALSE);
  exchange->context = &waiting;
  exchange->done = [](Exchange* done, NTSTATUS status, ULONG_PTR bytes) {
    auto* waiting = static_cast<Waiting*>(done->context);
    waiting->status = status;
    waiting->information = bytes;
    KeSetEvent(&waiting->done, IO_NO_INCREMENT, FALSE);
  };
  Prepare(*exchange);
  Send(*exchange);
  KeWaitForSingleObject(&waiting.done, Executive, KernelMode, FALSE, nullptr);
  FreeExchange(exchange);
  if (information != nullptr) *information = waiting.information;
  return waiting.status;
}

NTSTATUS SendFor(PIRP original, Exchange* exchange, ULONG_PTR (*finish)(const Exchange&, ULONG_PTR)) {
  Hid& hid = *exchange->hid;
  auto* forwarded = nt::ex::New<Forwarded>(original, exchange, finish);
  NTSTATUS status = forwarded == nullptr ? STATUS_INSUFFICIENT_RESOURCES : IoAcquireRemoveLock(&hid.remove_lock, original);
  if (!NT_SUCCESS(status)) {
    nt::ex::Delete(forwarded);
    FreeExchange(exchange);
    return Complete(original, status);
  }
  exchange->context = forwarded;
  exchange->done = ForwardedDone;
  Prepare(*exchange);
  original->Tail.Overlay.DriverContext[0] = forwarded;
  IoMarkIrpPending(original);
  IoSetCancelRoutine(original, CancelForwarded);
  if (original->Cancel && IoSetCancelRoutine(original, nullptr) != nullptr) {
    forwarded->claims = 1;  // it never goes out
    Claim(forwarded);
    return STATUS_PENDING;
  }
  // If the cancel routine runs already, its mark on the exchange's IRP ends that one soon.
  Send(*exchange);
  return STATUS_PENDING;
}

}  // namespace drydock::classes::hid
