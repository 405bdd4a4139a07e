// The pool routines for drivers.
#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ex/pool.h"
#include "nt/ex/raise.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

constexpr ULONG kNoTag = 'enoN';  // what tools show for ExAllocatePool
constexpr uint64_t kZeroTag = 0x9B;

void* Allocate(ULONG type, SIZE_T bytes, ULONG tag, bool zero, bool raise, const void* caller) {
  if (tag == 0) {
    BugCheck(bug::kBadPoolCaller, {kZeroTag, type, bytes, reinterpret_cast<uint64_t>(caller)}, "A pool allocation was asked for with tag zero.");
  }
  ex::PoolRequest request;
  request.bytes = bytes;
  request.tag = tag;
  request.paged = (type & 1) != 0;
  request.cache_aligned = (type & 4) != 0;
  request.zero = zero;
  request.caller = caller;
  void* block = ex::AllocatePool(CurrentKernel(), request);
  if (block == nullptr && raise) ex::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES, "A pool allocation that raises on failure failed.");
  return block;
}

void* AllocateByType(POOL_TYPE type, SIZE_T bytes, ULONG tag, bool zero, const void* caller) {
  return Allocate(static_cast<ULONG>(type), bytes, tag, zero || (type & POOL_ZERO_ALLOCATION) != 0,
                  (type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0, caller);
}

// Raises unless POOL_QUOTA_FAIL_INSTEAD_OF_RAISE.
void* AllocateWithQuota(POOL_TYPE type, SIZE_T bytes, ULONG tag, bool zero, const void* caller) {
  return Allocate(static_cast<ULONG>(type), bytes, tag, zero, (type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0, caller);
}

}  // namespace

#define CALLER __builtin_return_address(0)

extern "C" {

PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) { return AllocateByType(PoolType, NumberOfBytes, kNoTag, false, CALLER); }
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return AllocateByType(PoolType, NumberOfBytes, Tag, false, CALLER);
}
PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY Priority) {
  return AllocateByType(PoolType, NumberOfBytes, Tag, false, CALLER);
}
PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
  return AllocateWithQuota(PoolType, NumberOfBytes, kNoTag, false, CALLER);
}
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return AllocateWithQuota(PoolType, NumberOfBytes, Tag, false, CALLER);
}
PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return AllocateByType(PoolType, NumberOfBytes, Tag, true, CALLER);
}
PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return AllocateByType(PoolType, NumberOfBytes, Tag, false, CALLER);
}
PVOID ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return AllocateWithQuota(PoolType, NumberOfBytes, Tag, true, CALLER);
}
PVOID ExAllocatePoolQuotaUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return AllocateWithQuota(PoolType, NumberOfBytes, Tag, false, CALLER);
}

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) {
  constexpr POOL_FLAGS kKinds = POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED;
  constexpr POOL_FLAGS kKnown = kKinds | POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION | POOL_FLAG_CACHE_ALIGNED |
                                POOL_FLAG_RAISE_ON_FAILURE;
  constexpr POOL_FLAGS kRequired = 0xFFFFFFFF;  // a flag of the lower half that is not known fails the call
  const bool raise = (Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0;
  if (__builtin_popcountll(Flags & kKinds) != 1 || (Flags & kRequired & ~kKnown) != 0) {
    if (raise) ex::RaiseStatus(STATUS_INVALID_PARAMETER, "ExAllocatePool2 was given flags that do not name one kind of pool.");
    return nullptr;
  }
  const ULONG type = ((Flags & POOL_FLAG_PAGED) ? PagedPool : NonPagedPoolNx) | ((Flags & POOL_FLAG_CACHE_ALIGNED) ? 4 : 0);
  return Allocate(type, NumberOfBytes, Tag, (Flags & POOL_FLAG_UNINITIALIZED) == 0, raise, CALLER);
}

PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                      ULONG ExtendedParametersCount) {
  for (ULONG i = 0; i < ExtendedParametersCount; ++i) {
    const POOL_EXTENDED_PARAMETER& parameter = ExtendedParameters[i];
    const bool known = parameter.Type == PoolExtendedParameterPriority || parameter.Type == PoolExtendedParameterNumaNode;
    if (!known && !parameter.Optional) return nullptr;
  }
  return ExAllocatePool2(Flags, NumberOfBytes, Tag);
}

VOID ExFreePool(PVOID P) { ex::FreePool(P, 0, "ExFreePool"); }
VOID ExFreePoolWithTag(PVOID P, ULONG Tag) { ex::FreePool(P, Tag, "ExFreePoolWithTag"); }
VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount) {
  ex::FreePool(P, Tag, "ExFreePool2");
}
VOID ExInitializeDriverRuntime(ULONG RuntimeFlags) {}  // nonpaged pool is never executable here

}  // extern "C"
