// Physical memory, which is the identity map of Linux addresses: contiguous allocations, I/O space, page allocations for MDLs.
#include <cstdlib>
#include <cstring>
#include <string>

#include "nt/bugcheck.h"
#include "nt/ex/pool.h"
#include "nt/hal/state.h"
#include "nt/kernel.h"
#include "nt/mm/address_space.h"
#include "nt/mm/mdl.h"
#include "nt/mm/mdl_header.h"
#include "nt/mm/state.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

void* AllocateContiguous(size_t bytes) {
  size_t rounded = ROUND_TO_PAGES(bytes ? bytes : 1);
  void* memory = std::aligned_alloc(PAGE_SIZE, rounded);
  if (!memory) return nullptr;
  std::memset(memory, 0, rounded);
  mm::State& state = *CurrentKernel().mm;
  drydock::rt::LockGuard guard(state.contiguous_lock);
  state.contiguous[memory] = rounded;
  return memory;
}

void FreeContiguous(void* memory, const char* function) {
  mm::State& state = *CurrentKernel().mm;
  bool found;
  {
    drydock::rt::LockGuard guard(state.contiguous_lock);
    found = state.contiguous.erase(memory) != 0;
  }
  if (!found) {
    BugCheck(BAD_POOL_CALLER, {7, 0, 0, Address(memory)}, std::string(function) + " was given memory that was not allocated so, or twice.");
  }
  std::free(memory);
}

}  // namespace

extern "C" {

PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress) {
  (void)HighestAcceptableAddress;
  return AllocateContiguous(NumberOfBytes);
}

PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                   PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                   MEMORY_CACHING_TYPE CacheType) {
  (void)LowestAcceptableAddress;
  (void)HighestAcceptableAddress;
  (void)BoundaryAddressMultiple;
  (void)CacheType;
  return AllocateContiguous(NumberOfBytes);
}

VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress) { FreeContiguous(BaseAddress, "MmFreeContiguousMemory"); }

VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType) {
  (void)NumberOfBytes;
  (void)CacheType;
  FreeContiguous(BaseAddress, "MmFreeContiguousMemorySpecifyCache");
}

PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID BaseAddress) {
  PHYSICAL_ADDRESS address;
  address.QuadPart = static_cast<LONGLONG>(Address(BaseAddress));
  return address;
}

PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS PhysicalAddress) { return reinterpret_cast<void*>(PhysicalAddress.QuadPart); }

// Registers of a model are mapped into a window without memory (hal/io_space.h); a device's memory is what a model allocated for it,
// whose "physical" address is its own.
PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType) {
  (void)CacheType;
  if (!NumberOfBytes || !ex::MayAllocate(CurrentKernel(), sizeof(void*))) return nullptr;
  if (void* registers = CurrentKernel().hal->io_space.Map(static_cast<uint64_t>(PhysicalAddress.QuadPart), NumberOfBytes)) return registers;
  void* address = reinterpret_cast<void*>(PhysicalAddress.QuadPart);
  if (!address || !mm::IsReadable(address, NumberOfBytes)) return nullptr;
  mm::State& state = *CurrentKernel().mm;
  drydock::rt::LockGuard guard(state.contiguous_lock);
  state.io_space[address] = NumberOfBytes;
  return address;
}

PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect) {
  (void)Protect;
  return MmMapIoSpace(PhysicalAddress, NumberOfBytes, MmNonCached);
}

VOID NTAPI MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes) {
  (void)NumberOfBytes;
  if (CurrentKernel().hal->io_space.InWindow(BaseAddress) && CurrentKernel().hal->io_space.Unmap(BaseAddress)) return;
  mm::State& state = *CurrentKernel().mm;
  bool found;
  {
    drydock::rt::LockGuard guard(state.contiguous_lock);
    found = state.io_space.erase(BaseAddress) != 0;
  }
  if (!found) {
    BugCheck(SYSTEM_PTE_MISUSE, {0, Address(BaseAddress)}, "MmUnmapIoSpace was given an address that is not mapped.");
  }
}

PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes,
                                   SIZE_T TotalBytes, MEMORY_CACHING_TYPE CacheType, ULONG Flags) {
  (void)LowAddress;
  (void)HighAddress;
  (void)SkipBytes;
  (void)CacheType;
  (void)Flags;
  void* memory = AllocateContiguous(TotalBytes);
  if (!memory) return nullptr;
  size_t bytes = ROUND_TO_PAGES(TotalBytes);
  // The caller frees this MDL with ExFreePool, as documented.
  auto* mdl = static_cast<PMDL>(ExAllocatePool2(POOL_FLAG_NON_PAGED, MmSizeOfMdl(memory, bytes), 0x6C646D4D));
  if (!mdl) {
    FreeContiguous(memory, "MmAllocatePagesForMdl");
    return nullptr;
  }
  MmInitializeMdl(mdl, memory, bytes);
  mm::FillPfns(mdl);
  mdl->MdlFlags = MDL_PAGES_LOCKED;
  return mdl;
}

PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes,
                                 SIZE_T TotalBytes) {
  return MmAllocatePagesForMdlEx(LowAddress, HighAddress, SkipBytes, TotalBytes, MmCached, 0);
}

VOID NTAPI MmFreePagesFromMdl(PMDL MemoryDescriptorList) {
  FreeContiguous(MmGetMdlVirtualAddress(MemoryDescriptorList), "MmFreePagesFromMdl");
  MemoryDescriptorList->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA);
}

}  // extern "C"
