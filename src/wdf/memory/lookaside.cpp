#include "wdf/memory/lookaside.h"

#include "wdf/ddi.h"
#include "wdf/memory/memory.h"
#include "wdf/memory/pool.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

Lookaside::~Lookaside() {
  for (uint32_t i = 0; i < count_; ++i) FreePool(kept_[i]);
}

void Lookaside::Initialize(size_t size, POOL_TYPE pool, ULONG tag, const WDF_OBJECT_ATTRIBUTES* memory_attributes) {
  size_ = size;
  pool_ = pool;
  tag_ = tag;
  paged_ = IsPaged(pool);
  memory_attributes_.Keep(memory_attributes);
}

NTSTATUS Lookaside::Draw(Memory** out) {
  // Checked when the list was made.
  const WDF_OBJECT_ATTRIBUTES* attributes = memory_attributes_.get();
  Object* parent = attributes && attributes->ParentObject ? ObjectFromHandle(globals(), attributes->ParentObject) : DefaultParent(globals());
  NTSTATUS status = CreateObjectChecked(globals(), ObjectType::kMemory, attributes, parent, out);
  if (!NT_SUCCESS(status)) return status;
  void* buffer = nullptr;
  {
    rt::LockGuard guard(lock_);
    if (count_ > 0) buffer = kept_[--count_];
  }
  if (!buffer) buffer = AllocatePool(globals(), pool_, size_, tag_);
  if (!buffer) {
    DeleteAfterFailedCreate(*out);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  (*out)->SetLookaside(this, buffer, size_, paged_);
  return STATUS_SUCCESS;
}

void Lookaside::GiveBack(void* buffer) {
  {
    rt::LockGuard guard(lock_);
    if (count_ < kDepth && !deleting()) {
      kept_[count_++] = buffer;
      return;
    }
  }
  FreePool(buffer);
}

namespace ddi {

NTSTATUS WdfLookasideListCreate(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES LookasideAttributes, size_t BufferSize, POOL_TYPE PoolType,
                                PWDF_OBJECT_ATTRIBUTES MemoryAttributes, ULONG PoolTag, WDFLOOKASIDE* Lookaside) {
  *Lookaside = nullptr;
  if (BufferSize == 0) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = CheckAttributes(globals, ObjectType::kMemory, MemoryAttributes);
  if (!NT_SUCCESS(status)) return status;
  status = CheckAttributes(globals, ObjectType::kLookaside, LookasideAttributes);
  if (!NT_SUCCESS(status)) return status;
  Object* parent = LookasideAttributes && LookasideAttributes->ParentObject ? ObjectFromHandle(globals, LookasideAttributes->ParentObject)
                                                                            : DefaultParent(globals);
  if (MemoryAttributes && MemoryAttributes->ParentObject) {
    Object* memory_parent = ObjectFromHandle(globals, MemoryAttributes->ParentObject);
    Device* list_device = parent ? parent->device() : nullptr;
    Device* memory_device = memory_parent->device();
    if (list_device && memory_device && list_device != memory_device) return STATUS_INVALID_PARAMETER;
  }
  wdf::Lookaside* list = nullptr;
  status = CreateObjectChecked(globals, ObjectType::kLookaside, LookasideAttributes, parent, &list);
  if (!NT_SUCCESS(status)) return status;
  list->Initialize(BufferSize, PoolType, PoolTag, MemoryAttributes);
  *Lookaside = reinterpret_cast<WDFLOOKASIDE>(list->handle());
  return STATUS_SUCCESS;
}

NTSTATUS WdfMemoryCreateFromLookaside(DriverGlobals& globals, WDFLOOKASIDE Lookaside, WDFMEMORY* Memory) {
  *Memory = nullptr;
  wdf::Memory* memory = nullptr;
  NTSTATUS status = FromHandle<wdf::Lookaside>(globals, Lookaside)->Draw(&memory);
  if (NT_SUCCESS(status)) *Memory = reinterpret_cast<WDFMEMORY>(memory->handle());
  return status;
}

}  // namespace ddi
}  // namespace drydock::wdf
