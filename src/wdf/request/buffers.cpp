#include "wdf/request/buffers.h"

#include <cstring>
#include <new>

#include "runtime/assert.h"
#include "wdf/device/device.h"
#include "wdf/framework.h"
#include "wdf/object/arena.h"
#include "wdf/violation.h"

namespace drydock::wdf {

namespace {

// (U) A buffered IOCTL has an output buffer of its own, undefined at first: filled with a pattern so that a driver that relies on its
// contents is seen (IOT-7.24).
NTSTATUS SeparateOutput(Request& request, uint32_t length, void** address) {
  RequestBuffers* buffers = BuffersOf(request);
  if (!buffers) return STATUS_INSUFFICIENT_RESOURCES;
  if (!buffers->separate_output) {
    buffers->separate_output = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, length, request.globals().pool_tag);
    if (!buffers->separate_output) return STATUS_INSUFFICIENT_RESOURCES;
    memset(buffers->separate_output, 0xC5, length);
    buffers->separate_size = length;
  }
  *address = buffers->separate_output;
  return STATUS_SUCCESS;
}

// (U) The buffer behind the MDL of a direct IOCTL, in a stack whose drivers asked for buffered access. `comes_in`: it holds input.
NTSTATUS CopyOfDirectBuffer(Request& request, bool comes_in, uint32_t length, void** address) {
  const bool first = !request.received.buffers || !request.received.buffers->separate_output;
  NTSTATUS status = SeparateOutput(request, length, address);
  if (!NT_SUCCESS(status) || !first || !comes_in) return status;
  void* data = MmGetSystemAddressForMdlSafe(request.irp->MdlAddress, NormalPagePriority);
  if (!data) return STATUS_INSUFFICIENT_RESOURCES;
  memcpy(*address, data, length);
  return STATUS_SUCCESS;
}

// Where a separate output goes when the request succeeds; null: nowhere.
void* HomeOfSeparateOutput(Request& request) {
  switch (request.current_stack()->Parameters.DeviceIoControl.IoControlCode & 3) {
    case METHOD_BUFFERED:
    case METHOD_NEITHER: return request.irp->AssociatedIrp.SystemBuffer;  // IOT-7.25
    case METHOD_OUT_DIRECT: return MmGetSystemAddressForMdlSafe(request.irp->MdlAddress, NormalPagePriority);
    default: return nullptr;
  }
}

NTSTATUS ReadWriteView(Request& request, const IO_STACK_LOCATION& stack, BufferView* view) {
  PIRP irp = request.irp;
  const bool write = stack.MajorFunction == IRP_MJ_WRITE;
  view->length = write ? stack.Parameters.Write.Length : stack.Parameters.Read.Length;
  view->read_only = write;
  WDF_DEVICE_IO_TYPE type = request.target_device->read_write_io();
  if (request.globals().umdf) type = irp->MdlAddress ? WdfDeviceIoDirect : WdfDeviceIoBuffered;  // as the stack agreed, above this driver
  switch (type) {
    case WdfDeviceIoBuffered: view->address = irp->AssociatedIrp.SystemBuffer; break;
    case WdfDeviceIoDirect: view->mdl = irp->MdlAddress; break;
    default:
      view->neither = true;
      if (irp->RequestorMode == KernelMode) {
        view->address = irp->UserBuffer;
      } else if (request.globals().verifier) {
        return STATUS_INVALID_DEVICE_REQUEST;  // without the verifier: success with a NULL buffer (7.20)
      }
  }
  return STATUS_SUCCESS;
}

NTSTATUS ControlView(Request& request, const IO_STACK_LOCATION& stack, Direction direction, BufferView* view) {
  PIRP irp = request.irp;
  const auto& p = stack.Parameters.DeviceIoControl;
  const bool input = direction == Direction::kInput;
  uint32_t method = p.IoControlCode & 3;
  if (method == METHOD_NEITHER && request.globals().umdf && stack.MajorFunction == IRP_MJ_DEVICE_CONTROL) method = METHOD_BUFFERED;  // IOT-7.25
  view->length = input ? p.InputBufferLength : p.OutputBufferLength;
  switch (method) {
    case METHOD_BUFFERED:
      view->address = irp->AssociatedIrp.SystemBuffer;
      if (!input && request.globals().umdf && view->length != 0) {
        return SeparateOutput(request, p.OutputBufferLength, &view->address);
      }
      return STATUS_SUCCESS;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:  // OP-11
      if (request.globals().umdf && request.target_device->device_control_io() == WdfDeviceIoBuffered) {  // IOT-7.27
        view->address = irp->AssociatedIrp.SystemBuffer;
        return input || view->length == 0 ? STATUS_SUCCESS : CopyOfDirectBuffer(request, method == METHOD_IN_DIRECT, p.OutputBufferLength, &view->address);
      }
      if (input) {
        view->address = irp->AssociatedIrp.SystemBuffer;
        view->read_only = true;
      } else {
        view->mdl = irp->MdlAddress;
        view->read_only = method == METHOD_IN_DIRECT;
      }
      return STATUS_SUCCESS;
    default:
      view->neither = true;
      if (irp->RequestorMode != KernelMode && stack.MajorFunction != IRP_MJ_INTERNAL_DEVICE_CONTROL) return STATUS_INVALID_DEVICE_REQUEST;
      view->address = input ? p.Type3InputBuffer : irp->UserBuffer;
      return STATUS_SUCCESS;
  }
}

}  // namespace

NTSTATUS LookAtBuffer(Request& request, Direction direction, BufferView* view) {
  *view = {};
  if (!request.irp || request.received.place == Place::kCompleted) return STATUS_INTERNAL_ERROR;  // IOT-7.19
  if (!request.target_device || request.received.place == Place::kNone) return STATUS_INVALID_DEVICE_REQUEST;  // never came from above
  const IO_STACK_LOCATION& stack = *request.current_stack();
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  switch (stack.MajorFunction) {
    case IRP_MJ_READ:
      if (direction == Direction::kOutput) status = ReadWriteView(request, stack, view);
      break;
    case IRP_MJ_WRITE:
      if (direction == Direction::kInput) status = ReadWriteView(request, stack, view);
      break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
      status = ControlView(request, stack, direction, view);
      break;
    default:
      break;
  }
  return status;
}

RequestBuffers* BuffersOf(Request& request) {
  if (!request.received.buffers) {
    uint8_t size_class = 0;
    void* memory = request.framework().arena->Allocate(sizeof(RequestBuffers), &size_class);
    if (!memory) return nullptr;
    request.received.buffers = new (memory) RequestBuffers;
    request.received.buffers->size_class = size_class;
  }
  return request.received.buffers;
}

namespace {

// Ends a memory object of the request: what is counted besides our reference now is held by others (IOX-58).
void EndMemory(Request& request, Memory* memory) {
  memory->Delete();  // deleted with the request already, unless that one lives on (reserved, driver-made)
  const int32_t ours = memory->deleting() ? 1 : 2;
  const int32_t others = memory->references() - ours;
  if (others > 0) {
    Violation(request.globals(), ViolationKind::kReferencesAtCompletion, reinterpret_cast<uint64_t>(request.request_handle()),
              static_cast<uint64_t>(others),
              "A request was completed while somebody still holds a reference on its input or output memory, for instance a sub-request "
              "that was formatted with it and not reused, reformatted or deleted since.");
  }
  memory->Release();
}

}  // namespace

void ReleaseBuffersSlow(Request& request) {
  RequestBuffers* buffers = request.received.buffers;
  if (buffers->input) EndMemory(request, buffers->input);
  if (buffers->output) EndMemory(request, buffers->output);
  request.received.buffers = nullptr;
  if (buffers->separate_output) {
    const IO_STATUS_BLOCK& result = request.irp->IoStatus;
    if (request.received.place == Place::kCompleted && NT_SUCCESS(result.Status)) {
      const size_t count = result.Information < buffers->separate_size ? result.Information : buffers->separate_size;
      void* home = count != 0 ? HomeOfSeparateOutput(request) : nullptr;
      if (home) memcpy(home, buffers->separate_output, count);
    }
    ExFreePool(buffers->separate_output);
  }
  if (buffers->system_mdl) IoFreeMdl(buffers->system_mdl);
  while (LockedBuffer* locked = buffers->locked) {
    buffers->locked = locked->next;
    locked->memory->Delete();
    locked->memory->Release();
    MmUnlockPages(locked->mdl);
    IoFreeMdl(locked->mdl);
    request.framework().arena->Free(locked, locked->size_class);
  }
  request.framework().arena->Free(buffers, buffers->size_class);
}

}  // namespace drydock::wdf
