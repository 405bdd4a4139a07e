// Where the bytes of a transfer are: descriptors, memory objects, MDLs.
#include "wdf/memory/memory.h"
#include "wdf/object/factory.h"
#include "wdf/request/format.h"

namespace drydock::wdf {
namespace {

// Bytes that an MDL and those chained to it describe.
size_t MdlBytes(PMDL mdl) {
  size_t bytes = 0;
  for (; mdl; mdl = mdl->Next) bytes += MmGetMdlByteCount(mdl);
  return bytes;
}

}  // namespace

NTSTATUS TransferBuffer::FromMemory(Memory* object, const WDFMEMORY_OFFSET* offsets) {
  size_t start = 0, bytes = 0;
  NTSTATUS status = ResolveOffset(*object, offsets, &start, &bytes);
  if (!NT_SUCCESS(status)) return status;
  if (bytes > MAXULONG) return STATUS_INTEGER_OVERFLOW;  // an IRP counts in 32 bits
  given = true;
  memory = object;
  offset = start;
  length = bytes;
  mdl = object->mdl();
  mdl_offset = start;
  if (object->buffer()) address = static_cast<char*>(object->buffer()) + start;
  return STATUS_SUCCESS;
}

NTSTATUS TransferBuffer::FromOtherDescriptor(DriverGlobals& globals, const WDF_MEMORY_DESCRIPTOR& descriptor) {
  switch (descriptor.Type) {
    case WdfMemoryDescriptorTypeMdl:
      if (!descriptor.u.MdlType.Mdl) return STATUS_INVALID_PARAMETER;
      mdl = descriptor.u.MdlType.Mdl;
      length = descriptor.u.MdlType.BufferLength;
      if (length > MdlBytes(mdl)) return STATUS_INTEGER_OVERFLOW;  // ours: as an offset beyond a memory object
      break;
    case WdfMemoryDescriptorTypeHandle:
      if (!descriptor.u.HandleType.Memory) return STATUS_INVALID_PARAMETER;
      return FromMemory(FromHandle<Memory>(globals, descriptor.u.HandleType.Memory), descriptor.u.HandleType.Offsets);
    default: return STATUS_INVALID_PARAMETER;
  }
  given = true;
  return STATUS_SUCCESS;
}

NTSTATUS TransferBuffer::MapMdl(void** start) const {
  void* mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
  if (!mapped) return STATUS_INSUFFICIENT_RESOURCES;
  *start = static_cast<char*>(mapped) + mdl_offset;
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf
