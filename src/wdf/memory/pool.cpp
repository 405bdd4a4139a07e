#include "wdf/memory/pool.h"

namespace drydock::wdf {

bool IsPaged(POOL_TYPE pool) { return (pool & 1) != 0; }

void* AllocatePool(DriverGlobals& globals, POOL_TYPE pool, size_t size, ULONG tag) {
  if (!globals.MayAllocate()) return nullptr;
  // IOX-60: below a page the must-succeed and cache-aligned nonpaged variants are plain nonpaged pool.
  if (size < PAGE_SIZE && (pool == NonPagedPoolMustSucceed || pool == NonPagedPoolCacheAligned || pool == NonPagedPoolCacheAlignedMustS)) {
    pool = NonPagedPool;
  }
  return ExAllocatePoolWithTag(pool, size, tag ? tag : globals.pool_tag);
}

void FreePool(void* buffer) { ExFreePool(buffer); }

}  // namespace drydock::wdf
