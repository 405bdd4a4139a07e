// The five SendXxxSynchronously methods: one path from descriptors to the completion status.
#include "wdf/ddi.h"
#include "wdf/object/factory.h"
#include "wdf/request/format.h"
#include "wdf/request/own_request.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/request/send_trace.h"
#include "wdf/target/io_target.h"
#include "wdf/violation.h"

namespace drydock::wdf {
namespace {

// What a method formats: a plain structure, so that the one path below needs no virtual call and no allocation.
struct Operation {
  SendFormat kind;
  ULONG code = 0;
  const LONGLONG* device_offset = nullptr;
  const WDF_MEMORY_DESCRIPTOR* descriptors[3] = {};  // read: [1]; write: [0]; control: input, output; Others: arguments 1, 2, 4
};

NTSTATUS Format(DriverGlobals& globals, SentState& sent, IoTarget& target, const Operation& operation, const TransferBuffer (&buffers)[3]) {
  switch (operation.kind) {
    case SendFormat::kRead: return FormatReadWrite(globals, sent, target, false, buffers[1], operation.device_offset);
    case SendFormat::kWrite: return FormatReadWrite(globals, sent, target, true, buffers[0], operation.device_offset);
    case SendFormat::kIoctl: return FormatIoctl(globals, sent, target, false, operation.code, buffers[0], buffers[1]);
    case SendFormat::kInternalIoctl: return FormatIoctl(globals, sent, target, true, operation.code, buffers[0], buffers[1]);
    default: return FormatOthers(globals, sent, target, operation.code, buffers);
  }
}

NTSTATUS SendFormatted(DriverGlobals& globals, SentState& sent, IoTarget& target, const Operation& operation,
                       const TransferBuffer (&buffers)[3], const SendOptions& options, PULONG_PTR information) {
  NTSTATUS status = Format(globals, sent, target, operation, buffers);
  if (!NT_SUCCESS(status)) return status;
  SendTracked(globals, sent, target, options);
  if (information) *information = sent.irp->IoStatus.Information;  // OP-27: in every case
  UndoFormat(sent);                                                 // OP-12, IOX-20
  return sent.status;
}

uint8_t MajorOf(SendFormat kind) {
  switch (kind) {
    case SendFormat::kRead: return IRP_MJ_READ;
    case SendFormat::kWrite: return IRP_MJ_WRITE;
    case SendFormat::kIoctl: return IRP_MJ_DEVICE_CONTROL;
    default: return IRP_MJ_INTERNAL_DEVICE_CONTROL;
  }
}

NTSTATUS SendParsed(DriverGlobals& globals, IoTarget& target, WDFREQUEST request_handle, const SendOptions& options, const Operation& operation,
                    PULONG_PTR information) {
  NTSTATUS status = STATUS_SUCCESS;
  TransferBuffer buffers[3];
  for (int i = 0; i < 3; ++i) {
    status = buffers[i].FromDescriptor(globals, operation.descriptors[i]);
    if (!NT_SUCCESS(status)) return status;
  }
  if (!request_handle) {
    OwnRequestScope own(globals, target);
    if (!own.sent()) return STATUS_INSUFFICIENT_RESOURCES;
    return SendFormatted(globals, *own.sent(), target, operation, buffers, options, information);
  }
  SentState& sent = SendHalf(Checked<Request>(request_handle));
  if (sent.out()) {
    RequestViolation(globals, RequestFatal::kAlreadySent, request_handle,
                     "A request was given to a synchronous send while it is still at an I/O target.");
  }
  sent.routine = nullptr;  // OP-8
  return SendFormatted(globals, sent, target, operation, buffers, options, information);
}

NTSTATUS SendSynchronously(DriverGlobals& globals, WDFIOTARGET target_handle, WDFREQUEST request_handle, PWDF_REQUEST_SEND_OPTIONS given,
                           const Operation& operation, PULONG_PTR information) {
  IoTarget& target = Checked<IoTarget>(target_handle);
  SendOptions options;
  NTSTATUS status = options.Parse(globals, given, true);
  if (!NT_SUCCESS(status)) return status;
  options.synchronous = true;  // IOT-2.12
  if (__builtin_expect(!target.framework().kernel.events.enabled(), 1)) {
    return SendParsed(globals, target, request_handle, options, operation, information);
  }
  const uint32_t request = request_handle ? Checked<Request>(request_handle).trace_id() : 0;
  RecordSendBegin(target, request_handle ? &Checked<Request>(request_handle) : nullptr, options, true, MajorOf(operation.kind), operation.code);
  status = SendParsed(globals, target, request_handle, options, operation, information);
  RecordSendEnd(target, request, status);
  return status;
}

}  // namespace

namespace ddi {

NTSTATUS WdfIoTargetSendReadSynchronously(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, PWDF_MEMORY_DESCRIPTOR OutputBuffer,
                                          PLONGLONG DeviceOffset, PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesRead) {
  return SendSynchronously(globals, IoTarget, Request, RequestOptions,
                           {.kind = SendFormat::kRead, .device_offset = DeviceOffset, .descriptors = {nullptr, OutputBuffer, nullptr}}, BytesRead);
}

NTSTATUS WdfIoTargetSendWriteSynchronously(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, PWDF_MEMORY_DESCRIPTOR InputBuffer,
                                           PLONGLONG DeviceOffset, PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesWritten) {
  return SendSynchronously(globals, IoTarget, Request, RequestOptions,
                           {.kind = SendFormat::kWrite, .device_offset = DeviceOffset, .descriptors = {InputBuffer, nullptr, nullptr}},
                           BytesWritten);
}

NTSTATUS WdfIoTargetSendIoctlSynchronously(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode,
                                           PWDF_MEMORY_DESCRIPTOR InputBuffer, PWDF_MEMORY_DESCRIPTOR OutputBuffer,
                                           PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesReturned) {
  return SendSynchronously(globals, IoTarget, Request, RequestOptions,
                           {.kind = SendFormat::kIoctl, .code = IoctlCode, .descriptors = {InputBuffer, OutputBuffer, nullptr}}, BytesReturned);
}

NTSTATUS WdfIoTargetSendInternalIoctlSynchronously(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode,
                                                   PWDF_MEMORY_DESCRIPTOR InputBuffer, PWDF_MEMORY_DESCRIPTOR OutputBuffer,
                                                   PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesReturned) {
  return SendSynchronously(globals, IoTarget, Request, RequestOptions,
                           {.kind = SendFormat::kInternalIoctl, .code = IoctlCode, .descriptors = {InputBuffer, OutputBuffer, nullptr}},
                           BytesReturned);
}

NTSTATUS WdfIoTargetSendInternalIoctlOthersSynchronously(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode,
                                                         PWDF_MEMORY_DESCRIPTOR OtherArg1, PWDF_MEMORY_DESCRIPTOR OtherArg2,
                                                         PWDF_MEMORY_DESCRIPTOR OtherArg4, PWDF_REQUEST_SEND_OPTIONS RequestOptions,
                                                         PULONG_PTR BytesReturned) {
  return SendSynchronously(globals, IoTarget, Request, RequestOptions,
                           {.kind = SendFormat::kOthers, .code = IoctlCode, .descriptors = {OtherArg1, OtherArg2, OtherArg4}}, BytesReturned);
}

}  // namespace ddi
}  // namespace drydock::wdf
