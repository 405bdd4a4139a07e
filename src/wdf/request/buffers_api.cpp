// WdfRequestRetrieveInput/OutputBuffer, -Memory, -WdmMdl.
#include "wdf/ddi.h"
#include "wdf/object/factory.h"
#include "wdf/request/buffers.h"
#include "wdf/request/send.h"

namespace drydock::wdf {

namespace {

NTSTATUS MapView(BufferView& view) {
  if (!view.mdl || view.address) return STATUS_SUCCESS;
  view.address = MmGetSystemAddressForMdlSafe(view.mdl, NormalPagePriority);
  return view.address ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS RetrieveBuffer(Request& request, Direction direction, size_t minimum, void** buffer, size_t* length) {
  *buffer = nullptr;
  if (length) *length = 0;
  BufferView view;
  NTSTATUS status = LookAtBuffer(request, direction, &view);
  if (!NT_SUCCESS(status)) return status;
  if (view.length == 0 || view.length < minimum) return STATUS_BUFFER_TOO_SMALL;  // IOT-7.18
  status = MapView(view);
  if (!NT_SUCCESS(status)) return status;
  *buffer = view.address;
  if (length) *length = view.length;
  return STATUS_SUCCESS;
}

NTSTATUS RetrieveMemory(Request& request, Direction direction, WDFMEMORY* out) {
  *out = nullptr;
  BufferView view;
  NTSTATUS status = LookAtBuffer(request, direction, &view);
  if (!NT_SUCCESS(status)) return status;
  if (view.length == 0) return STATUS_BUFFER_TOO_SMALL;
  status = MapView(view);
  if (!NT_SUCCESS(status)) return status;
  RequestBuffers* buffers = BuffersOf(request);
  if (!buffers) return STATUS_INSUFFICIENT_RESOURCES;
  const bool input = direction == Direction::kInput;
  Memory*& memory = input ? buffers->input : buffers->output;
  if (!memory) {
    Memory* made = nullptr;
    status = CreateObjectChecked(request.globals(), ObjectType::kMemory, nullptr, &request, &made);
    if (!NT_SUCCESS(status)) return status;
    made->SetRequest(&request, view.address, view.length, view.mdl, view.read_only);
    made->AddRef();
    memory = made;
  }
  *out = reinterpret_cast<WDFMEMORY>(memory->handle());
  return STATUS_SUCCESS;
}

NTSTATUS RetrieveMdl(Request& request, Direction direction, PMDL* out) {
  *out = nullptr;
  BufferView view;
  const NTSTATUS status = LookAtBuffer(request, direction, &view);
  if (!NT_SUCCESS(status)) return status;
  if (view.neither) return STATUS_INVALID_DEVICE_REQUEST;  // IOX-59: kernel callers too
  if (view.length == 0) return STATUS_BUFFER_TOO_SMALL;
  if (!view.mdl) {
    RequestBuffers* buffers = BuffersOf(request);
    if (!buffers) return STATUS_INSUFFICIENT_RESOURCES;
    if (!buffers->system_mdl) {  // one per request: the second direction gets the first one's (IOX-59)
      PMDL mdl = IoAllocateMdl(view.address, static_cast<ULONG>(view.length), FALSE, FALSE, nullptr);
      if (!mdl) return STATUS_INSUFFICIENT_RESOURCES;
      MmBuildMdlForNonPagedPool(mdl);
      buffers->system_mdl = mdl;
    }
    view.mdl = buffers->system_mdl;
  }
  *out = view.mdl;
  return STATUS_SUCCESS;
}

}  // namespace

namespace ddi {

NTSTATUS WdfRequestRetrieveInputBuffer(DriverGlobals& globals, WDFREQUEST Request, size_t MinimumRequiredLength, PVOID* Buffer,
                                       size_t* Length) {
  return RetrieveBuffer(Checked<wdf::Request>(Request), Direction::kInput, MinimumRequiredLength, Buffer, Length);
}

NTSTATUS WdfRequestRetrieveOutputBuffer(DriverGlobals& globals, WDFREQUEST Request, size_t MinimumRequiredSize, PVOID* Buffer,
                                        size_t* Length) {
  return RetrieveBuffer(Checked<wdf::Request>(Request), Direction::kOutput, MinimumRequiredSize, Buffer, Length);
}

NTSTATUS WdfRequestRetrieveInputMemory(DriverGlobals& globals, WDFREQUEST Request, WDFMEMORY* Memory) {
  return RetrieveMemory(Checked<wdf::Request>(Request), Direction::kInput, Memory);
}

NTSTATUS WdfRequestRetrieveOutputMemory(DriverGlobals& globals, WDFREQUEST Request, WDFMEMORY* Memory) {
  return RetrieveMemory(Checked<wdf::Request>(Request), Direction::kOutput, Memory);
}

NTSTATUS WdfRequestRetrieveInputWdmMdl(DriverGlobals& globals, WDFREQUEST Request, PMDL* Mdl) {
  return RetrieveMdl(Checked<wdf::Request>(Request), Direction::kInput, Mdl);
}

NTSTATUS WdfRequestRetrieveOutputWdmMdl(DriverGlobals& globals, WDFREQUEST Request, PMDL* Mdl) {
  return RetrieveMdl(Checked<wdf::Request>(Request), Direction::kOutput, Mdl);
}

}  // namespace ddi
}  // namespace drydock::wdf
