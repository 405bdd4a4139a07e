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

NTSTATUS ReadWriteView(Request& request, const IO_STACK_LOCATION& stack, BufferView* view) {
  PIRP irp = request.irp;
  const bool write = stack.MajorFunction == IRP_MJ_WRITE;
  view->length = write ? stack.Parameters.Write.Length : stack.Parameters.Read.Length;
  view->read_only = write;
  WDF_DEVICE_IO_TYPE type = request.target_device->read_write_io();
  if (type != WdfDeviceIoBuffered && type != WdfDeviceIoDirect && type != WdfDeviceIoNeither) {  // (U) buffered or direct, as it came
    type = irp->MdlAddress ? WdfDeviceIoDirect : WdfDeviceIoBuffered;
  }
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
  const uint32_t method = p.IoControlCode & 3;
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
      if (count != 0) memcpy(request.irp->AssociatedIrp.SystemBuffer, buffers->separate_output, count);
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
