// (K) Buffers of "neither" requests in the sender's context: RetrieveUnsafeUserXxx, ProbeAndLockUserBufferForXxx.
#include "nt/mm/mdl.h"
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/object/factory.h"
#include "wdf/request/buffers.h"

namespace drydock::wdf {

namespace {

NTSTATUS RetrieveUnsafe(Request& request, Direction direction, size_t minimum, void** buffer, size_t* length) {
  *buffer = nullptr;
  if (length) *length = 0;
  if (!request.irp || !request.target_device) return STATUS_INVALID_DEVICE_REQUEST;
  if (request.globals().verifier && !request.received.in_caller_context) return STATUS_INVALID_DEVICE_REQUEST;  // 7.28
  const IO_STACK_LOCATION& stack = *request.current_stack();
  const bool input = direction == Direction::kInput;
  void* address = nullptr;
  size_t size = 0;
  switch (stack.MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
      if (input != (stack.MajorFunction == IRP_MJ_WRITE)) return STATUS_INVALID_DEVICE_REQUEST;
      if (request.target_device->read_write_io() != WdfDeviceIoNeither) return STATUS_INVALID_DEVICE_REQUEST;
      address = request.irp->UserBuffer;
      size = input ? stack.Parameters.Write.Length : stack.Parameters.Read.Length;
      break;
    case IRP_MJ_DEVICE_CONTROL: {
      const auto& p = stack.Parameters.DeviceIoControl;
      if ((p.IoControlCode & 3) != METHOD_NEITHER) return STATUS_INVALID_DEVICE_REQUEST;
      address = input ? p.Type3InputBuffer : request.irp->UserBuffer;
      size = input ? p.InputBufferLength : p.OutputBufferLength;
      break;
    }
    default:
      return STATUS_INVALID_DEVICE_REQUEST;
  }
  if (size < minimum) return STATUS_BUFFER_TOO_SMALL;
  *buffer = address;
  if (length) *length = size;
  return STATUS_SUCCESS;
}

NTSTATUS ProbeAndLock(Request& request, void* address, size_t length, LOCK_OPERATION operation, WDFMEMORY* out) {
  *out = nullptr;
  if (length == 0) return STATUS_INVALID_USER_BUFFER;
  if (length > MAXULONG) return STATUS_INVALID_PARAMETER;
  if (!request.irp || request.received.place == Place::kCompleted) return STATUS_INVALID_DEVICE_REQUEST;
  if (request.globals().verifier && request.irp->Tail.Overlay.Thread != PsGetCurrentThread()) return STATUS_ACCESS_VIOLATION;  // 7.29
  Framework& framework = request.framework();
  RequestBuffers* buffers = BuffersOf(request);
  uint8_t size_class = 0;
  void* slot = buffers ? framework.arena->Allocate(sizeof(LockedBuffer), &size_class) : nullptr;
  if (!slot) return STATUS_INSUFFICIENT_RESOURCES;
  PMDL mdl = IoAllocateMdl(address, static_cast<ULONG>(length), FALSE, FALSE, nullptr);
  NTSTATUS status = mdl ? nt::mm::TryProbeAndLock(mdl, request.irp->RequestorMode, operation) : STATUS_INSUFFICIENT_RESOURCES;
  const bool locked = NT_SUCCESS(status);
  void* mapped = locked ? MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) : nullptr;
  Memory* memory = nullptr;
  if (locked) status = mapped ? CreateObjectChecked(request.globals(), ObjectType::kMemory, nullptr, &request, &memory) : STATUS_INSUFFICIENT_RESOURCES;
  if (!NT_SUCCESS(status)) {
    if (locked) MmUnlockPages(mdl);
    if (mdl) IoFreeMdl(mdl);
    framework.arena->Free(slot, size_class);
    return status;
  }
  memory->SetRequest(&request, mapped, length, mdl, operation == IoReadAccess);
  memory->AddRef();
  buffers->locked = new (slot) LockedBuffer{buffers->locked, mdl, memory, size_class};
  *out = reinterpret_cast<WDFMEMORY>(memory->handle());
  return STATUS_SUCCESS;
}

}  // namespace

namespace ddi {

NTSTATUS WdfRequestRetrieveUnsafeUserInputBuffer(DriverGlobals& globals, WDFREQUEST Request, size_t MinimumRequiredLength,
                                                 PVOID* InputBuffer, size_t* Length) {
  return RetrieveUnsafe(*FromHandle<wdf::Request>(globals, Request), Direction::kInput, MinimumRequiredLength, InputBuffer, Length);
}

NTSTATUS WdfRequestRetrieveUnsafeUserOutputBuffer(DriverGlobals& globals, WDFREQUEST Request, size_t MinimumRequiredLength,
                                                  PVOID* OutputBuffer, size_t* Length) {
  return RetrieveUnsafe(*FromHandle<wdf::Request>(globals, Request), Direction::kOutput, MinimumRequiredLength, OutputBuffer, Length);
}

NTSTATUS WdfRequestProbeAndLockUserBufferForRead(DriverGlobals& globals, WDFREQUEST Request, PVOID Buffer, size_t Length,
                                                 WDFMEMORY* MemoryObject) {
  return ProbeAndLock(*FromHandle<wdf::Request>(globals, Request), Buffer, Length, IoReadAccess, MemoryObject);
}

NTSTATUS WdfRequestProbeAndLockUserBufferForWrite(DriverGlobals& globals, WDFREQUEST Request, PVOID Buffer, size_t Length,
                                                  WDFMEMORY* MemoryObject) {
  return ProbeAndLock(*FromHandle<wdf::Request>(globals, Request), Buffer, Length, IoWriteAccess, MemoryObject);
}

}  // namespace ddi
}  // namespace drydock::wdf
