// The pool from the inside: blocks with guards, owners and a list of what is allocated.
// Called by:  the Ex pool routines, lookaside lists, machine and tests (limits, injected failures). IRQL <= DISPATCH_LEVEL.
// Blocks:     16-byte aligned, page-aligned from PAGE_SIZE bytes on. Without an address sanitizer a block has guard words before and
//             after it, checked when it is freed; with one it is a plain allocation, so that the sanitizer sees every byte around it.
// Errors:     BAD_POOL_CALLER (0xC2) and BAD_POOL_HEADER (0x19) with the documented first parameter; null when there is no memory, when
//             the limit is reached or when the failure hook says so.
// Locks:      one per shard; never held over a callback.
#pragma once

#include <cstddef>
#include <cstdint>

#include "nt/kernel.h"

namespace drydock::nt::ex {

struct PoolRequest {
  size_t bytes = 0;
  uint32_t tag = 0;
  bool paged = false;
  bool zero = false;
  bool cache_aligned = false;
  const void* caller = nullptr;  // return address into the driver
};

void* AllocatePool(Kernel& kernel, const PoolRequest& request);
// `tag` 0: not checked.
void FreePool(void* block, uint32_t tag, const char* function);

// For what NT keeps in pool and this house keeps elsewhere (IRPs, MDLs, device and interrupt objects, adapters): asked where it would be allocated
// for a driver. False: it fails, as the pool would. Any IRQL.
bool MayAllocate(Kernel& kernel, size_t bytes);

// Asked before each allocation, on the allocating task; true: it fails. Set while no driver runs; null: none.
using PoolFailureHook = bool (*)(void* context, const PoolRequest& request);
void SetPoolFailureHook(Kernel& kernel, PoolFailureHook hook, void* context);
// Allocations fail while more than this many bytes would be in use; 0: no limit.
void SetPoolLimit(Kernel& kernel, uint64_t bytes);

struct PoolUse {
  uint64_t blocks = 0;
  uint64_t bytes = 0;
  uint64_t allocations = 0;  // ever
};
PoolUse PoolInUse(Kernel& kernel);

// Any byte of the range lies in a block. Walks all blocks.
bool IsInPool(Kernel& kernel, const void* address, size_t bytes);

}  // namespace drydock::nt::ex
