// WdfRequestGetParameters, and the small questions about where a request came from.
#include "wdf/request/parameters.h"

#include "nt/ps/process.h"
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/file/file_object.h"
#include "wdf/object/factory.h"
#include "wdf/queue/queue.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/trace.h"

namespace drydock::wdf {

bool FillParameters(const Request& request, WDF_REQUEST_PARAMETERS* out) {
  if (!request.irp) return false;
  const USHORT size = out->Size;
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(request.irp);
  *out = {};
  out->Size = size;
  out->MinorFunction = stack.MinorFunction;
  out->Type = static_cast<WDF_REQUEST_TYPE>(stack.MajorFunction);  // the enumeration's values are the major codes (IOT-7.16)
  auto& to = out->Parameters;
  const auto& from = stack.Parameters;
  switch (stack.MajorFunction) {
    case IRP_MJ_CREATE:
      to.Create.SecurityContext = from.Create.SecurityContext;
      to.Create.Options = from.Create.Options;
      to.Create.FileAttributes = from.Create.FileAttributes;
      to.Create.ShareAccess = from.Create.ShareAccess;
      to.Create.EaLength = from.Create.EaLength;
      break;
    case IRP_MJ_READ:
      to.Read.Length = from.Read.Length;
      to.Read.Key = from.Read.Key;
      to.Read.DeviceOffset = from.Read.ByteOffset.QuadPart;
      break;
    case IRP_MJ_WRITE:
      to.Write.Length = from.Write.Length;
      to.Write.Key = from.Write.Key;
      to.Write.DeviceOffset = from.Write.ByteOffset.QuadPart;
      break;
    case IRP_MJ_DEVICE_CONTROL:
      to.DeviceIoControl.OutputBufferLength = from.DeviceIoControl.OutputBufferLength;
      to.DeviceIoControl.InputBufferLength = from.DeviceIoControl.InputBufferLength;
      to.DeviceIoControl.IoControlCode = from.DeviceIoControl.IoControlCode;
      to.DeviceIoControl.Type3InputBuffer = from.DeviceIoControl.Type3InputBuffer;
      break;
    default:  // internal device control included: all four arguments, which overlay the DeviceIoControl members
      to.Others.Arg1 = from.Others.Argument1;
      to.Others.Arg2 = from.Others.Argument2;
      to.Others.Arg4 = from.Others.Argument4;
      if (stack.MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL) {
        to.DeviceIoControl.OutputBufferLength = from.DeviceIoControl.OutputBufferLength;
        to.DeviceIoControl.InputBufferLength = from.DeviceIoControl.InputBufferLength;
        to.DeviceIoControl.IoControlCode = from.DeviceIoControl.IoControlCode;
        to.DeviceIoControl.Type3InputBuffer = from.DeviceIoControl.Type3InputBuffer;
      }
      break;
  }
  return true;
}

namespace {

[[gnu::cold]] void TraceFile(DriverGlobals& globals, Request& request, PFILE_OBJECT given, FileObject* file) {
  const DeviceInit& init = request.target_device->init();
  uint64_t traits = 0;
  if (given) traits |= trace::kFileInIrp;
  if (file) traits |= trace::kFileKnown;
  if (init.file_config_set) {
    if (init.file_config.FileObjectClass & WdfFileObjectCanBeOptional) traits |= trace::kFileOptional;
    if ((init.file_config.FileObjectClass & ~WdfFileObjectCanBeOptional) != WdfFileObjectNotRequired) traits |= trace::kFileClassUsed;
  }
  RecordEvent(*globals.framework, trace::kRequestFile, request.trace_id(), file ? file->trace_id() : 0, traits);
}

}  // namespace

namespace ddi {

void WdfRequestGetParameters(DriverGlobals& globals, WDFREQUEST Request, PWDF_REQUEST_PARAMETERS Parameters) {
  if (Parameters->Size < sizeof(WDF_REQUEST_PARAMETERS)) {
    Break(globals, "WdfRequestGetParameters: the parameters structure has a wrong Size; use WDF_REQUEST_PARAMETERS_INIT.");
    return;
  }
  FillParameters(Checked<wdf::Request>(Request), Parameters);
}

PIRP WdfRequestWdmGetIrp(DriverGlobals& globals, WDFREQUEST Request) { return Checked<wdf::Request>(Request).irp; }

WDFFILEOBJECT WdfRequestGetFileObject(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  if (!request.irp || !request.target_device || request.received.place == Place::kNone) return nullptr;
  PFILE_OBJECT given = request.current_stack()->FileObject;
  FileObject* file = file::Find(*request.target_device, given);
  if (__builtin_expect(globals.framework->kernel.events.enabled(), 0)) TraceFile(globals, request, given, file);
  return file ? reinterpret_cast<WDFFILEOBJECT>(file->handle()) : nullptr;
}

WDFQUEUE WdfRequestGetIoQueue(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  if (!request.received.queue || request.received.place == Place::kCompleted) return nullptr;
  return request.received.queue->queue_handle();
}

KPROCESSOR_MODE WdfRequestGetRequestorMode(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  return request.irp ? request.irp->RequestorMode : static_cast<KPROCESSOR_MODE>(KernelMode);
}

ULONG WdfRequestGetRequestorProcessId(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  return request.irp ? IoGetRequestorProcessId(request.irp) : 0;
}

BOOLEAN WdfRequestIsFrom32BitProcess(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  return request.irp && IoIs32bitProcess(request.irp);
}

BOOLEAN WdfRequestIsReserved(DriverGlobals& globals, WDFREQUEST Request) {
  return Checked<wdf::Request>(Request).received.reserved;
}

void WdfRequestSetInformation(DriverGlobals& globals, WDFREQUEST Request, ULONG_PTR Information) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  if (request.irp) request.irp->IoStatus.Information = Information;
}

ULONG_PTR WdfRequestGetInformation(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  return request.irp ? request.irp->IoStatus.Information : 0;  // 0 after its own completion (IOT-7.34)
}

}  // namespace ddi
}  // namespace drydock::wdf
