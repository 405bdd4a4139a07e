// Lookaside lists: a list of freed entries in front of the pool (or of the driver's own allocator).
// With an address sanitizer nothing is kept back, so that a use of a freed entry is seen.
#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/driver_callback.h"
#include "nt/ex/pool.h"
#include "nt/kernel.h"

using namespace drydock::nt;

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr USHORT kDepth = 0;
#define DRYDOCK_NO_CACHE 1
#endif
#endif
#ifndef DRYDOCK_NO_CACHE
constexpr USHORT kDepth = 32;
#endif

template <class List>
void Initialise(List& l, ULONG type, SIZE_T size, ULONG tag) {
  l = {};
  ExInitializeSListHead(&l.ListHead);
  l.Depth = kDepth;
  l.MaximumDepth = 256;
  l.Type = static_cast<POOL_TYPE>(type);
  l.Tag = tag;
  l.Size = static_cast<ULONG>(size < sizeof(SLIST_ENTRY) ? sizeof(SLIST_ENTRY) : size);
}

template <class List>
void Check(const List& l, const char* function) {
  if (l.Size != 0) return;
  BugCheck(bug::kDriverVerifierDetectedViolation, {0x83, reinterpret_cast<uint64_t>(&l), 0, 0},
           std::string(function) + " was given a lookaside list that was never initialised, or was deleted.");
}

// The entry from the list or from `allocate`.
template <class List, class Allocate>
void* Take(List& l, const char* function, Allocate allocate) {
  Check(l, function);
  __atomic_add_fetch(&l.TotalAllocates, 1, __ATOMIC_RELAXED);
  if (void* entry = ExpInterlockedPopEntrySList(&l.ListHead)) return entry;
  __atomic_add_fetch(&l.AllocateMisses, 1, __ATOMIC_RELAXED);
  return allocate();
}

template <class List, class Free>
void Give(List& l, void* entry, const char* function, Free free) {
  Check(l, function);
  __atomic_add_fetch(&l.TotalFrees, 1, __ATOMIC_RELAXED);
  if (ExQueryDepthSList(&l.ListHead) < l.Depth) {
    ExpInterlockedPushEntrySList(&l.ListHead, static_cast<PSLIST_ENTRY>(entry));
    return;
  }
  __atomic_add_fetch(&l.FreeMisses, 1, __ATOMIC_RELAXED);
  free(entry);
}

template <class List, class Free>
void Empty(List& l, Free free) {
  PSLIST_ENTRY entry = ExpInterlockedFlushSList(&l.ListHead);
  while (entry != nullptr) {
    PSLIST_ENTRY next = entry->Next;
    free(entry);
    entry = next;
  }
}

void* FromPool(const GENERAL_LOOKASIDE& l, const void* caller) {
  ex::PoolRequest request;
  request.bytes = l.Size;
  request.tag = l.Tag ? l.Tag : 'klaL';
  request.paged = (l.Type & 1) != 0;
  request.caller = caller;
  return ex::AllocatePool(CurrentKernel(), request);
}

void* Allocate(GENERAL_LOOKASIDE& l, const char* function, const void* caller) {
  return Take(l, function, [&]() -> void* {
    if (l.Allocate == nullptr) return FromPool(l, caller);
    return CallDriver("ALLOCATE_FUNCTION", IrqlRule::kSame, l.Allocate, l.Type, SIZE_T{l.Size}, l.Tag);
  });
}
void FreeEntry(GENERAL_LOOKASIDE& l, void* entry) {
  if (l.Free == nullptr) {
    ex::FreePool(entry, 0, "ExFreeToLookasideList");
  } else {
    CallDriver("FREE_FUNCTION", IrqlRule::kSame, l.Free, entry);
  }
}
void Delete(GENERAL_LOOKASIDE& l, const char* function) {
  Check(l, function);
  Empty(l, [&](void* entry) { FreeEntry(l, entry); });
  l.Size = 0;
}

void* AllocateEx(LOOKASIDE_LIST_EX* list, const void* caller) {
  GENERAL_LOOKASIDE_POOL& l = list->L;
  return Take(l, "ExAllocateFromLookasideListEx", [&]() -> void* {
    if (l.AllocateEx != nullptr) return CallDriver("ALLOCATE_FUNCTION_EX", IrqlRule::kSame, l.AllocateEx, l.Type, SIZE_T{l.Size}, l.Tag, list);
    ex::PoolRequest request;
    request.bytes = l.Size;
    request.tag = l.Tag ? l.Tag : 'klaL';
    request.paged = (l.Type & 1) != 0;
    request.caller = caller;
    void* entry = ex::AllocatePool(CurrentKernel(), request);
    if (entry == nullptr && (l.Type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0) ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return entry;
  });
}
void FreeEntryEx(LOOKASIDE_LIST_EX* list, void* entry) {
  if (list->L.FreeEx == nullptr) {
    ex::FreePool(entry, 0, "ExFreeToLookasideListEx");
  } else {
    CallDriver("FREE_FUNCTION_EX", IrqlRule::kSame, list->L.FreeEx, entry, list);
  }
}

}  // namespace

extern "C" {

VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                     SIZE_T Size, ULONG Tag, USHORT Depth) {
  Initialise(Lookaside->L, NonPagedPoolNx | Flags, Size, Tag);
  Lookaside->L.Allocate = Allocate;
  Lookaside->L.Free = Free;
}
VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) { Delete(Lookaside->L, "ExDeleteNPagedLookasideList"); }
PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) {
  return Allocate(Lookaside->L, "ExAllocateFromNPagedLookasideList", __builtin_return_address(0));
}
VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) {
  Give(Lookaside->L, Entry, "ExFreeToNPagedLookasideList", [&](void* entry) { FreeEntry(Lookaside->L, entry); });
}

VOID ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                    SIZE_T Size, ULONG Tag, USHORT Depth) {
  Initialise(Lookaside->L, PagedPool | Flags, Size, Tag);
  Lookaside->L.Allocate = Allocate;
  Lookaside->L.Free = Free;
}
VOID ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside) { Delete(Lookaside->L, "ExDeletePagedLookasideList"); }
PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside) {
  return Allocate(Lookaside->L, "ExAllocateFromPagedLookasideList", __builtin_return_address(0));
}
VOID ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) {
  Give(Lookaside->L, Entry, "ExFreeToPagedLookasideList", [&](void* entry) { FreeEntry(Lookaside->L, entry); });
}

NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free,
                                     POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) {
  constexpr ULONG kBoth = EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE;
  if ((Flags & ~kBoth) != 0 || (Flags & kBoth) == kBoth) return STATUS_INVALID_PARAMETER_5;
  if (Size < LOOKASIDE_MINIMUM_BLOCK_SIZE) return STATUS_INVALID_PARAMETER_6;
  ULONG type = PoolType;
  if (Flags & EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL) type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
  if (Flags & EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE) type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
  Initialise(Lookaside->L, type, Size, Tag);
  Lookaside->L.AllocateEx = Allocate;
  Lookaside->L.FreeEx = Free;
  return STATUS_SUCCESS;
}
VOID ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
  Check(Lookaside->L, "ExFlushLookasideListEx");
  Empty(Lookaside->L, [&](void* entry) { FreeEntryEx(Lookaside, entry); });
}
VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
  ExFlushLookasideListEx(Lookaside);
  Lookaside->L.Size = 0;
}
PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) { return AllocateEx(Lookaside, __builtin_return_address(0)); }
VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry) {
  Give(Lookaside->L, Entry, "ExFreeToLookasideListEx", [&](void* entry) { FreeEntryEx(Lookaside, entry); });
}

}  // extern "C"
