// The formatting DDIs (IOT-4.*).
#include <cstring>

#include "wdf/ddi.h"
#include "wdf/memory/memory.h"
#include "wdf/object/factory.h"
#include "wdf/request/format.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/target/io_target.h"
#include "wdf/violation.h"

namespace drydock::wdf {
namespace {

NTSTATUS FromHandleAndOffset(DriverGlobals& globals, TransferBuffer& buffer, WDFMEMORY memory, PWDFMEMORY_OFFSET offsets) {
  return memory ? buffer.FromMemory(FromHandle<Memory>(globals, memory), offsets) : STATUS_SUCCESS;
}

// An offset that is refused has undone the earlier formatting like every other failure (OP-12).
NTSTATUS Refuse(SentState& sent, NTSTATUS status) {
  UndoFormat(sent);
  return status;
}

NTSTATUS FormatControl(DriverGlobals& globals, WDFIOTARGET target, WDFREQUEST request, bool internal, ULONG code, WDFMEMORY input,
                       PWDFMEMORY_OFFSET input_offsets, WDFMEMORY output, PWDFMEMORY_OFFSET output_offsets) {
  SentState& sent = SendHalf(Checked<Request>(request));
  TransferBuffer in, out;
  NTSTATUS status = FromHandleAndOffset(globals, in, input, input_offsets);
  if (NT_SUCCESS(status)) status = FromHandleAndOffset(globals, out, output, output_offsets);
  if (!NT_SUCCESS(status)) return Refuse(sent, status);
  return FormatIoctl(globals, sent, Checked<IoTarget>(target), internal, code, in, out);
}

NTSTATUS FormatTransfer(DriverGlobals& globals, WDFIOTARGET target, WDFREQUEST request, bool write, WDFMEMORY memory,
                        PWDFMEMORY_OFFSET offsets, PLONGLONG device_offset) {
  SentState& sent = SendHalf(Checked<Request>(request));
  TransferBuffer buffer;
  NTSTATUS status = FromHandleAndOffset(globals, buffer, memory, offsets);
  if (!NT_SUCCESS(status)) return Refuse(sent, status);
  return FormatReadWrite(globals, sent, Checked<IoTarget>(target), write, buffer, device_offset);
}

// For the two formatters that need no target: an IRP with one more location (IOT-4.13).
void CheckIrp(DriverGlobals& globals, SentState& sent, const char* function) {
  if (!sent.irp) {
    RequestViolation(globals, RequestFatal::kNoIrp, sent.request->handle(), std::string(function) + " was called for a request that holds no IRP.");
  }
  if (sent.irp->CurrentLocation <= 1) {
    RequestViolation(globals, RequestFatal::kNoStackLocation, sent.irp,
                     std::string(function) + " was called for a request whose IRP has no stack location left.");
  }
}

}  // namespace

namespace ddi {

NTSTATUS WdfIoTargetFormatRequestForRead(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, WDFMEMORY OutputBuffer,
                                         PWDFMEMORY_OFFSET OutputBufferOffset, PLONGLONG DeviceOffset) {
  return FormatTransfer(globals, IoTarget, Request, false, OutputBuffer, OutputBufferOffset, DeviceOffset);
}

NTSTATUS WdfIoTargetFormatRequestForWrite(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, WDFMEMORY InputBuffer,
                                          PWDFMEMORY_OFFSET InputBufferOffset, PLONGLONG DeviceOffset) {
  return FormatTransfer(globals, IoTarget, Request, true, InputBuffer, InputBufferOffset, DeviceOffset);
}

NTSTATUS WdfIoTargetFormatRequestForIoctl(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode,
                                          WDFMEMORY InputBuffer, PWDFMEMORY_OFFSET InputBufferOffset, WDFMEMORY OutputBuffer,
                                          PWDFMEMORY_OFFSET OutputBufferOffset) {
  return FormatControl(globals, IoTarget, Request, false, IoctlCode, InputBuffer, InputBufferOffset, OutputBuffer, OutputBufferOffset);
}

NTSTATUS WdfIoTargetFormatRequestForInternalIoctl(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode,
                                                  WDFMEMORY InputBuffer, PWDFMEMORY_OFFSET InputBufferOffset, WDFMEMORY OutputBuffer,
                                                  PWDFMEMORY_OFFSET OutputBufferOffset) {
  return FormatControl(globals, IoTarget, Request, true, IoctlCode, InputBuffer, InputBufferOffset, OutputBuffer, OutputBufferOffset);
}

NTSTATUS WdfIoTargetFormatRequestForInternalIoctlOthers(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode,
                                                        WDFMEMORY OtherArg1, PWDFMEMORY_OFFSET OtherArg1Offset, WDFMEMORY OtherArg2,
                                                        PWDFMEMORY_OFFSET OtherArg2Offset, WDFMEMORY OtherArg4,
                                                        PWDFMEMORY_OFFSET OtherArg4Offset) {
  SentState& sent = SendHalf(Checked<wdf::Request>(Request));
  const WDFMEMORY memories[3] = {OtherArg1, OtherArg2, OtherArg4};
  const PWDFMEMORY_OFFSET offsets[3] = {OtherArg1Offset, OtherArg2Offset, OtherArg4Offset};
  TransferBuffer arguments[3];
  for (int i = 0; i < 3; ++i) {
    NTSTATUS status = FromHandleAndOffset(globals, arguments[i], memories[i], offsets[i]);
    if (!NT_SUCCESS(status)) return Refuse(sent, status);
  }
  return FormatOthers(globals, sent, Checked<wdf::IoTarget>(IoTarget), IoctlCode, arguments);
}

void WdfRequestFormatRequestUsingCurrentType(DriverGlobals& globals, WDFREQUEST Request) {
  SentState& sent = SendHalf(Checked<wdf::Request>(Request));
  CheckIrp(globals, sent, "WdfRequestFormatRequestUsingCurrentType");
  if (sent.irp->CurrentLocation > sent.irp->StackCount) {
    RequestViolation(globals, RequestFatal::kNoStackLocation, sent.irp,
                     "WdfRequestFormatRequestUsingCurrentType was called for a request that was not received and has no current stack location.");
  }
  UndoFormat(sent);
  IoCopyCurrentIrpStackLocationToNext(sent.irp);
  sent.format = SendFormat::kCurrentType;
}

void WdfRequestWdmFormatUsingStackLocation(DriverGlobals& globals, WDFREQUEST Request, PIO_STACK_LOCATION Stack) {
  SentState& sent = SendHalf(Checked<wdf::Request>(Request));
  CheckIrp(globals, sent, "WdfRequestWdmFormatUsingStackLocation");
  UndoFormat(sent);
  *IoGetNextIrpStackLocation(sent.irp) = *Stack;
  sent.routine = nullptr;  // IOT-3.30
  sent.format = SendFormat::kStackLocation;
}

NTSTATUS WdfRequestChangeTarget(DriverGlobals& globals, WDFREQUEST Request, WDFIOTARGET IoTarget) {
  return PrepareForTarget(globals, SendHalf(Checked<wdf::Request>(Request)), Checked<wdf::IoTarget>(IoTarget));
}

}  // namespace ddi
}  // namespace drydock::wdf
