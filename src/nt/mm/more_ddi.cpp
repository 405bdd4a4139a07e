// More of memory: noncached and node memory, reserved mappings, ranges of physical memory, MDLs of several kinds.
#include <ntddk.h>

#include <cstdlib>
#include <string>

#include "nt/bugcheck.h"
#include "nt/ex/pool.h"
#include "nt/kernel.h"
#include "nt/mm/mdl.h"
#include "nt/mm/mdl_header.h"
#include "nt/mm/address_space.h"
#include "nt/mm/state.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

constexpr ULONG kReservationTag = 'vRmM';

// In front of a reserved address: what it was reserved with. A page of its own, so that the address is on a page.
struct Reservation {
  SIZE_T bytes;
  ULONG tag;
  const MDL* mapped;
};

Reservation& ReservationOf(void* address) { return *reinterpret_cast<Reservation*>(static_cast<char*>(address) - PAGE_SIZE); }

[[noreturn]] void Misuse(uint64_t code, const void* address, const char* words) {
  BugCheck(SYSTEM_PTE_MISUSE, {code, reinterpret_cast<uint64_t>(address)}, words);
}

Reservation& CheckReservation(void* address, ULONG tag, const char* function) {
  Reservation& reservation = ReservationOf(address);
  if (reservation.tag != tag) Misuse(0x100, address, (std::string(function) + " was given another tag than the address was reserved with.").c_str());
  return reservation;
}

}  // namespace

extern "C" {

// Caches are coherent: it is memory like any other.
PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T NumberOfBytes) {
  PHYSICAL_ADDRESS highest;
  highest.QuadPart = -1;
  return MmAllocateContiguousMemory(NumberOfBytes, highest);
}
VOID NTAPI MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes) {
  (void)NumberOfBytes;
  MmFreeContiguousMemory(BaseAddress);
}

// There is one node.
PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                           PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                           ULONG Protect, ULONG PreferredNode) {
  (void)Protect, (void)PreferredNode;
  return MmAllocateContiguousMemorySpecifyCache(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress, BoundaryAddressMultiple, MmCached);
}
PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                       PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                       MEMORY_CACHING_TYPE CacheType, ULONG PreferredNode) {
  (void)PreferredNode;
  return MmAllocateContiguousMemorySpecifyCache(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress, BoundaryAddressMultiple, CacheType);
}
NTSTATUS NTAPI MmAllocateContiguousMemoryEx(PSIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                            PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                            ULONG PreferredNode, ULONG Protect, PVOID PartitionObject, ULONG Tag, ULONG Flags,
                                            PVOID* BaseAddress) {
  (void)Tag;
  if (PartitionObject || Flags) return STATUS_INVALID_PARAMETER;
  *BaseAddress = MmAllocateContiguousNodeMemory(*NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress, BoundaryAddressMultiple,
                                                Protect, PreferredNode);
  return *BaseAddress ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
PMDL NTAPI MmAllocateNodePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes,
                                       SIZE_T TotalBytes, MEMORY_CACHING_TYPE CacheType, ULONG IdealNode, ULONG Flags) {
  (void)IdealNode;
  return MmAllocatePagesForMdlEx(LowAddress, HighAddress, SkipBytes, TotalBytes, CacheType, Flags);
}

// A reservation is what lets a driver map without failing. Memory here is mapped where it lies; what is reserved is the right to map that much.
PVOID NTAPI MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag) {
  if (!NumberOfBytes || !ex::MayAllocate(CurrentKernel(), PAGE_SIZE)) return nullptr;
  void* memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 2 * PAGE_SIZE, kReservationTag);
  if (!memory) return nullptr;
  char* address = static_cast<char*>(memory) + PAGE_SIZE;
  ReservationOf(address) = {ROUND_TO_PAGES(NumberOfBytes), PoolTag, nullptr};
  return address;
}
PVOID NTAPI MmAllocateMappingAddressEx(SIZE_T NumberOfBytes, ULONG PoolTag, ULONG Flags) {
  (void)Flags;
  return MmAllocateMappingAddress(NumberOfBytes, PoolTag);
}
VOID NTAPI MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag) {
  Reservation& reservation = CheckReservation(BaseAddress, PoolTag, "MmFreeMappingAddress");
  if (reservation.mapped) Misuse(0x101, BaseAddress, "MmFreeMappingAddress was given an address that an MDL is mapped at.");
  ExFreePoolWithTag(&reservation, kReservationTag);
}
PVOID NTAPI MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag, PMDL MemoryDescriptorList, MEMORY_CACHING_TYPE CacheType) {
  Reservation& reservation = CheckReservation(MappingAddress, PoolTag, "MmMapLockedPagesWithReservedMapping");
  if (reservation.mapped) Misuse(0x104, MappingAddress, "MmMapLockedPagesWithReservedMapping was given an address that an MDL is mapped at.");
  PMDL mdl = MemoryDescriptorList;
  if (ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl)) * PAGE_SIZE > reservation.bytes) return nullptr;
  void* address = MmMapLockedPagesSpecifyCache(mdl, KernelMode, CacheType, nullptr, FALSE, NormalPagePriority);
  if (address) reservation.mapped = mdl;
  return address;
}
VOID NTAPI MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList) {
  Reservation& reservation = CheckReservation(BaseAddress, PoolTag, "MmUnmapReservedMapping");
  if (reservation.mapped != MemoryDescriptorList) Misuse(0x108, BaseAddress, "MmUnmapReservedMapping was given another MDL than is mapped there.");
  reservation.mapped = nullptr;
  if (MemoryDescriptorList->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) MmUnmapLockedPages(MemoryDescriptorList->MappedSystemVa, MemoryDescriptorList);
}

// Physical addresses are those of this process: one range, up to where no pointer leads. The list ends with zeros; the caller frees it.
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRanges(VOID) {
  auto* ranges = static_cast<PPHYSICAL_MEMORY_RANGE>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 2 * sizeof(PHYSICAL_MEMORY_RANGE), 'hPmM'));
  if (!ranges) return nullptr;
  ranges[0].BaseAddress.QuadPart = PAGE_SIZE;
  ranges[0].NumberOfBytes.QuadPart = 0x800000000000 - PAGE_SIZE;
  return ranges;
}
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRangesEx(PVOID PartitionObject) { return PartitionObject ? nullptr : MmGetPhysicalMemoryRanges(); }
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRangesEx2(PVOID PartitionObject, ULONG Flags) {
  (void)Flags;
  return MmGetPhysicalMemoryRangesEx(PartitionObject);
}

// Pages that follow one another can be described; an MDL here has one address, so pages from here and there cannot.
VOID NTAPI MmProbeAndLockSelectedPages(PMDL MemoryDescriptorList, LARGE_INTEGER* SegmentArray, KPROCESSOR_MODE AccessMode,
                                       LOCK_OPERATION Operation) {
  const size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(MemoryDescriptorList), MmGetMdlByteCount(MemoryDescriptorList));
  for (size_t i = 1; i < pages; ++i) {
    if (SegmentArray[i].QuadPart != SegmentArray[0].QuadPart + static_cast<LONGLONG>(i * PAGE_SIZE)) ExRaiseStatus(STATUS_NOT_SUPPORTED);
  }
  MemoryDescriptorList->StartVa = reinterpret_cast<void*>(SegmentArray[0].QuadPart & ~LONGLONG{PAGE_SIZE - 1});
  MmProbeAndLockPages(MemoryDescriptorList, AccessMode, Operation);
}

NTSTATUS NTAPI MmMapMdl(PMDL MemoryDescriptorList, ULONG Protection, PMM_MDL_ROUTINE DriverRoutine, PVOID DriverContext) {
  (void)Protection;
  void* address = MmGetSystemAddressForMdlSafe(MemoryDescriptorList, NormalPagePriority);
  if (!address) return STATUS_INSUFFICIENT_RESOURCES;
  CallDriver("MM_MDL_ROUTINE", DriverRoutine, DriverContext, address);
  return STATUS_SUCCESS;
}

// For ranges of a device that follow one another.
NTSTATUS NTAPI MmAllocateMdlForIoSpace(PMM_PHYSICAL_ADDRESS_LIST PhysicalAddressList, SIZE_T NumberOfEntries, PMDL* NewMdl) {
  *NewMdl = nullptr;
  if (NumberOfEntries == 0) return STATUS_INVALID_PARAMETER_2;
  SIZE_T bytes = 0;
  for (SIZE_T i = 0; i < NumberOfEntries; ++i) {
    const MM_PHYSICAL_ADDRESS_LIST& entry = PhysicalAddressList[i];
    if (BYTE_OFFSET(entry.PhysicalAddress.QuadPart) || BYTE_OFFSET(entry.NumberOfBytes)) return STATUS_INVALID_PARAMETER_1;
    if (entry.PhysicalAddress.QuadPart != PhysicalAddressList[0].PhysicalAddress.QuadPart + static_cast<LONGLONG>(bytes)) return STATUS_NOT_SUPPORTED;
    bytes += entry.NumberOfBytes;
  }
  auto* base = reinterpret_cast<void*>(PhysicalAddressList[0].PhysicalAddress.QuadPart);
  PMDL mdl = IoAllocateMdl(base, static_cast<ULONG>(bytes), FALSE, FALSE, nullptr);
  if (!mdl) return STATUS_INSUFFICIENT_RESOURCES;
  mm::FillPfns(mdl);
  mdl->MdlFlags |= MDL_IO_SPACE | MDL_PAGES_LOCKED;
  *NewMdl = mdl;
  return STATUS_SUCCESS;
}

LOGICAL NTAPI MmIsDriverSuspectForVerifier(PDRIVER_OBJECT DriverObject) {
  (void)DriverObject;
  return FALSE;
}
HANDLE NTAPI MmSecureVirtualMemoryEx(PVOID Address, SIZE_T Size, ULONG ProbeMode, ULONG Flags) {
  (void)Flags;
  return MmSecureVirtualMemory(Address, Size, ProbeMode);
}

}  // extern "C"
