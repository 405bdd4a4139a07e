// WdfRequestSend and what surrounds it: completion routine, cancel, status, completion parameters, timer.
#include <cstring>

#include "nt/thread.h"
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/memory/memory.h"
#include "wdf/object/factory.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/request/send_timer.h"
#include "wdf/request/send_trace.h"
#include "wdf/target/io_target.h"
#include "wdf/trace.h"
#include "wdf/um/credentials.h"
#include "wdf/violation.h"

namespace drydock::wdf {
namespace {

WDFMEMORY HandleOf(const SentMemory& held) { return held.memory ? reinterpret_cast<WDFMEMORY>(held.memory->handle()) : nullptr; }

void* AddressOf(const SentMemory& held) {
  return held.memory && held.memory->buffer() ? static_cast<char*>(held.memory->buffer()) + held.offset : nullptr;
}

bool FormattedByTarget(const SentState& sent) {
  return sent.format != SendFormat::kNone && sent.format != SendFormat::kCurrentType && sent.format != SendFormat::kStackLocation;
}

// OP-26, in this order (ours): what the request is, then what was done to it.
NTSTATUS MayForget(DriverGlobals& globals, Request& request, const SentState& sent) {
  if (!request.is_received()) return STATUS_INVALID_DEVICE_STATE;
  if (FormattedByTarget(sent)) return STATUS_INVALID_DEVICE_REQUEST;
  if (globals.verifier && request.target_device && request.current_stack()->MajorFunction == IRP_MJ_CREATE) {  // OP-9
    const DeviceInit& init = request.target_device->init();
    const auto object_class = init.file_config_set ? WDF_FILEOBJECT_CLASS(init.file_config.FileObjectClass & ~WdfFileObjectCanBeOptional)
                                                   : WdfFileObjectNotRequired;
    if (object_class != WdfFileObjectNotRequired) {
      Break(globals, "a create request was sent SEND_AND_FORGET although the device's file-object class is not WdfFileObjectNotRequired");
    }
  }
  return STATUS_SUCCESS;
}

// IOX-17, IOX-18. The IRP belongs to the lower driver from here on.
void SendAndForget(Request& request, SentState& sent, IoTarget& target) {
  PIRP irp = sent.irp;
  const bool formatted = sent.format != SendFormat::kNone;
  RecordEvent(target.framework(), trace::kRequestSend, request.trace_id(), target.trace_id());
  request.AddRef();
  sent.irp = request.BeginSendAndForget();
  if (!formatted) {
    IoSkipCurrentIrpStackLocation(irp);
  } else {
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    next->CompletionRoutine = nullptr;
    next->Context = nullptr;
    next->Control = 0;
  }
  (void)target.Deliver(sent);
  sent.irp = nullptr;
  request.EndSendAndForget();
  request.Release();
}

BOOLEAN Refuse(SentState& sent, NTSTATUS status) {
  sent.status = status;
  sent.status_valid = true;
  return FALSE;
}

}  // namespace

void FillCompletionParams(const SentState& sent, WDF_REQUEST_COMPLETION_PARAMS* params) {
  std::memset(params, 0, sizeof(*params));
  params->Size = sizeof(*params);
  params->IoStatus = sent.final_status;
  const size_t information = sent.final_status.Information;
  switch (sent.format) {
    case SendFormat::kRead:
      params->Type = WdfRequestTypeRead;
      params->Parameters.Read.Buffer = HandleOf(sent.output);
      params->Parameters.Read.Offset = sent.output.offset;
      params->Parameters.Read.Length = information;
      break;
    case SendFormat::kWrite:
      params->Type = WdfRequestTypeWrite;
      params->Parameters.Write.Buffer = HandleOf(sent.input);
      params->Parameters.Write.Offset = sent.input.offset;
      params->Parameters.Write.Length = information;
      break;
    case SendFormat::kIoctl:
    case SendFormat::kInternalIoctl:
      params->Type = sent.format == SendFormat::kIoctl ? WdfRequestTypeDeviceControl : WdfRequestTypeDeviceControlInternal;
      params->Parameters.Ioctl.IoControlCode = sent.ioctl;
      params->Parameters.Ioctl.Input.Buffer = HandleOf(sent.input);
      params->Parameters.Ioctl.Input.Offset = sent.input.offset;
      params->Parameters.Ioctl.Output.Buffer = HandleOf(sent.output);
      params->Parameters.Ioctl.Output.Offset = sent.output.offset;
      params->Parameters.Ioctl.Output.Length = information;
      break;
    case SendFormat::kOthers: {
      // The arguments as the lower driver got them (ours; the pages name only the type).
      params->Type = WdfRequestTypeOther;
      params->Parameters.Others.Argument1.Ptr = AddressOf(sent.input);
      params->Parameters.Others.Argument2.Ptr = AddressOf(sent.output);
      params->Parameters.Others.Argument3.Value = sent.ioctl;
      params->Parameters.Others.Argument4.Ptr = AddressOf(sent.argument4);
      break;
    }
    case SendFormat::kUsb:
      params->Type = WdfRequestTypeUsb;
      params->Parameters.Usb.Completion = static_cast<PWDF_USB_REQUEST_COMPLETION_PARAMS>(sent.usb);
      break;
    default: params->Type = WdfRequestTypeNoFormat; break;  // IOT-4.12
  }
}

namespace ddi {

static BOOLEAN SendParsed(DriverGlobals& globals, WDFREQUEST Request, IoTarget& target, const SendOptions& options) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  SentState& sent = request.sent;
  NTSTATUS status = STATUS_SUCCESS;
  if (options.impersonate && (!request.is_received() || !request.irp || request.current_stack()->MajorFunction != IRP_MJ_CREATE)) {
    return Refuse(sent, STATUS_INVALID_PARAMETER);  // OP-26 (U)
  }
  if (__builtin_expect(globals.umdf, 0) && request.is_received() && request.irp && request.current_stack()->MajorFunction == IRP_MJ_CREATE) {
    status = um::PassCredentials(request, options);  // UM-13
    if (!NT_SUCCESS(status)) return Refuse(sent, status);
  }
  if (options.forget) {
    status = MayForget(globals, request, sent);
    if (!NT_SUCCESS(status)) return Refuse(sent, status);
    SendAndForget(request, sent, target);
    return TRUE;
  }
  if (globals.verifier) {
    if (options.synchronous && !globals.umdf && nt::CurrentThread().irql > PASSIVE_LEVEL) {  // OP-3
      Break(globals, "WdfRequestSend with WDF_REQUEST_SEND_OPTION_SYNCHRONOUS was called above PASSIVE_LEVEL");
      return Refuse(sent, STATUS_INVALID_DEVICE_REQUEST);
    }
    if (sent.format == SendFormat::kNone) {  // IOX-16
      Break(globals, "WdfRequestSend was called for a request that is not formatted");
      return Refuse(sent, STATUS_REQUEST_NOT_ACCEPTED);
    }
  }
  if (request.is_received() && !options.synchronous && !sent.routine) return Refuse(sent, STATUS_INVALID_DEVICE_REQUEST);  // IOX-16
  return SendTracked(globals, sent, target, options);
}

BOOLEAN WdfRequestSend(DriverGlobals& globals, WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_SEND_OPTIONS Options) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  IoTarget& target = Checked<IoTarget>(Target);
  SentState& sent = SendHalf(request);
  if (sent.out()) {
    RequestViolation(globals, RequestFatal::kAlreadySent, Request,
                     "WdfRequestSend was called for a request that is still at an I/O target. Wait for its completion routine.");
  }
  SendOptions options;
  NTSTATUS status = options.Parse(globals, Options, false);
  if (!NT_SUCCESS(status)) return Refuse(sent, status);
  if (__builtin_expect(!target.framework().kernel.events.enabled(), 1)) return SendParsed(globals, Request, target, options);
  const uint32_t id = request.trace_id();
  const bool synchronous = options.synchronous && !options.forget;
  RecordSendBegin(target, &request, options, false, MajorToSend(request), request.sent.ioctl);
  const BOOLEAN result = SendParsed(globals, Request, target, options);
  if (synchronous) RecordSendEnd(target, id, request.sent.status);
  return result;
}

NTSTATUS WdfRequestGetStatus(DriverGlobals&, WDFREQUEST Request) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  if (request.sent.status_valid) return request.sent.status;
  return request.irp ? request.irp->IoStatus.Status : STATUS_SUCCESS;
}

BOOLEAN WdfRequestCancelSentRequest(DriverGlobals&, WDFREQUEST Request) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  MarkCancelled(request.sent);  // also when it is at no target: IOX-12
  return CancelRequest(request.sent);
}

void WdfRequestSetCompletionRoutine(DriverGlobals&, WDFREQUEST Request, PFN_WDF_REQUEST_COMPLETION_ROUTINE CompletionRoutine,
                                    WDFCONTEXT CompletionContext) {
  SentState& sent = SendHalf(Checked<wdf::Request>(Request));
  sent.routine = CompletionRoutine;
  sent.routine_context = CompletionRoutine ? CompletionContext : nullptr;
}

void WdfRequestGetCompletionParams(DriverGlobals& globals, WDFREQUEST Request, PWDF_REQUEST_COMPLETION_PARAMS Params) {
  const SentState& sent = SendHalf(Checked<wdf::Request>(Request));
  if (sent.format == SendFormat::kNone) Break(globals, "WdfRequestGetCompletionParams was called for a request that is not formatted");  // IOX-20
  FillCompletionParams(sent, Params);
}

NTSTATUS WdfRequestAllocateTimer(DriverGlobals& globals, WDFREQUEST Request) {
  return AllocateTimer(globals, SendHalf(Checked<wdf::Request>(Request)));
}

}  // namespace ddi
}  // namespace drydock::wdf
