#include "wdf/memory/memory.h"

#include <cstring>

#include "wdf/ddi.h"
#include "wdf/memory/lookaside.h"
#include "wdf/memory/pool.h"
#include "wdf/object/factory.h"
#include "wdf/trace.h"

namespace drydock::wdf {

Memory::~Memory() {
  if (kind_ == Kind::kAllocated) FreePool(buffer_);
  if (kind_ == Kind::kLookaside) {
    list_->GiveBack(buffer_);
    list_->Release();
  }
}

void Memory::SetAllocated(void* buffer, size_t size, bool paged) {
  kind_ = Kind::kAllocated;
  paged_ = paged;
  buffer_ = buffer;
  size_ = size;
}

void Memory::SetPreallocated(void* buffer, size_t size) {
  kind_ = Kind::kPreallocated;
  buffer_ = buffer;
  size_ = size;
}

void Memory::SetLookaside(Lookaside* list, void* buffer, size_t size, bool paged) {
  list->AddRef();
  kind_ = Kind::kLookaside;
  list_ = list;
  paged_ = paged;
  buffer_ = buffer;
  size_ = size;
}

bool Memory::NeedsPassiveCleanup() const { return paged_ || Object::NeedsPassiveCleanup(); }

NTSTATUS CreateAllocatedMemory(DriverGlobals& globals, const WDF_OBJECT_ATTRIBUTES* attributes, POOL_TYPE pool, ULONG tag, size_t size,
                               Memory** out) {
  Memory* memory = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kMemory, attributes, DefaultParent(globals), &memory);
  if (!NT_SUCCESS(status)) return status;
  void* buffer = AllocatePool(globals, pool, size, tag);
  if (!buffer) {
    DeleteAfterFailedCreate(memory);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  memory->SetAllocated(buffer, size, IsPaged(pool));
  *out = memory;
  return STATUS_SUCCESS;
}

NTSTATUS ResolveOffset(const Memory& memory, const WDFMEMORY_OFFSET* offset, size_t* start, size_t* length) {
  const size_t begin = offset ? offset->BufferOffset : 0;
  size_t bytes = offset ? offset->BufferLength : 0;
  if (begin > memory.size()) return STATUS_INTEGER_OVERFLOW;
  if (bytes == 0) bytes = memory.size() - begin;
  if (bytes > memory.size() - begin) return STATUS_INTEGER_OVERFLOW;
  *start = begin;
  *length = bytes;
  return STATUS_SUCCESS;
}

namespace ddi {

NTSTATUS WdfMemoryCreate(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType, ULONG PoolTag, size_t BufferSize,
                         WDFMEMORY* Memory, PVOID* Buffer) {
  *Memory = nullptr;
  if (Buffer) *Buffer = nullptr;
  if (BufferSize == 0) return STATUS_INVALID_PARAMETER;
  wdf::Memory* memory = nullptr;
  NTSTATUS status = CreateAllocatedMemory(globals, Attributes, PoolType, PoolTag, BufferSize, &memory);
  if (!NT_SUCCESS(status)) return status;
  RecordEvent(*globals.framework, trace::kMemoryCreate, memory->trace_id(), Attributes && Attributes->ParentObject);
  *Memory = reinterpret_cast<WDFMEMORY>(memory->handle());
  if (Buffer) *Buffer = memory->buffer();
  return STATUS_SUCCESS;
}

NTSTATUS WdfMemoryCreatePreallocated(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES Attributes, PVOID Buffer, size_t BufferSize,
                                     WDFMEMORY* Memory) {
  *Memory = nullptr;
  if (BufferSize == 0) return STATUS_INVALID_PARAMETER;
  wdf::Memory* memory = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kMemory, Attributes, DefaultParent(globals), &memory);
  if (!NT_SUCCESS(status)) return status;
  memory->SetPreallocated(Buffer, BufferSize);
  *Memory = reinterpret_cast<WDFMEMORY>(memory->handle());
  return STATUS_SUCCESS;
}

PVOID WdfMemoryGetBuffer(DriverGlobals& globals, WDFMEMORY Memory, size_t* BufferSize) {
  wdf::Memory* memory = FromHandle<wdf::Memory>(globals, Memory);
  if (BufferSize) *BufferSize = memory->size();
  return memory->buffer();
}

NTSTATUS WdfMemoryAssignBuffer(DriverGlobals& globals, WDFMEMORY Memory, PVOID Buffer, size_t BufferSize) {
  wdf::Memory* memory = FromHandle<wdf::Memory>(globals, Memory);
  // The wrong kind of memory object counts as a wrong handle.
  if (memory->kind() != wdf::Memory::Kind::kPreallocated) BadHandle(globals, Memory, ObjectType::kMemory);
  if (BufferSize == 0) return STATUS_INVALID_PARAMETER;
  memory->SetPreallocated(Buffer, BufferSize);
  return STATUS_SUCCESS;
}

NTSTATUS WdfMemoryCopyToBuffer(DriverGlobals& globals, WDFMEMORY SourceMemory, size_t SourceOffset, PVOID Buffer, size_t NumBytesToCopyTo) {
  wdf::Memory* memory = FromHandle<wdf::Memory>(globals, SourceMemory);
  if (NumBytesToCopyTo == 0) return STATUS_INVALID_PARAMETER;
  if (SourceOffset >= memory->size() || NumBytesToCopyTo > memory->size() - SourceOffset) return STATUS_BUFFER_TOO_SMALL;
  std::memmove(Buffer, static_cast<char*>(memory->buffer()) + SourceOffset, NumBytesToCopyTo);
  return STATUS_SUCCESS;
}

NTSTATUS WdfMemoryCopyFromBuffer(DriverGlobals& globals, WDFMEMORY DestinationMemory, size_t DestinationOffset, PVOID Buffer,
                                 size_t NumBytesToCopyFrom) {
  wdf::Memory* memory = FromHandle<wdf::Memory>(globals, DestinationMemory);
  if (NumBytesToCopyFrom == 0) return STATUS_INVALID_PARAMETER;
  if (memory->read_only()) {
    Break(globals, "WdfMemoryCopyFromBuffer into the memory of a request that is only to be read");
    return STATUS_ACCESS_VIOLATION;
  }
  if (DestinationOffset >= memory->size() || NumBytesToCopyFrom > memory->size() - DestinationOffset) return STATUS_INVALID_BUFFER_SIZE;
  std::memmove(static_cast<char*>(memory->buffer()) + DestinationOffset, Buffer, NumBytesToCopyFrom);
  return STATUS_SUCCESS;
}

}  // namespace ddi
}  // namespace drydock::wdf
