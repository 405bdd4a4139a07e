// MDL functions as drivers call them.
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/ex/pool.h"
#include "nt/io/missing_constants.h"
#include "nt/ke/drivers_wait.h"
#include "nt/kernel.h"
#include "nt/mm/address_space.h"
#include "nt/mm/mdl.h"
#include "nt/mm/mdl_header.h"
#include "nt/mm/state.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

void CheckUserLevel(KPROCESSOR_MODE mode, uint64_t subcode, const char* what) {
  uint8_t limit = mode == UserMode ? APC_LEVEL : DISPATCH_LEVEL;
  uint8_t level = CurrentThread().irql;
  if (level <= limit) return;
  BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {subcode, level}, std::string(what) + " was called at too high an IRQL.");
}

// A system mapping of the same pages has the same address: one of the caller's process goes first, one of another process when nothing else can be meant.
bool UnmapFromUser(const void* address, const MDL* mdl) {
  const Process* process = CurrentThread().process;
  const bool of_system = mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA;
  mm::State& state = *CurrentKernel().mm;
  bool elsewhere = false;
  {
    drydock::rt::LockGuard guard(state.mdl_lock);
    for (auto mapping = state.user_mappings.begin(); mapping != state.user_mappings.end(); ++mapping) {
      if (mapping->mdl != mdl || mapping->address != address) continue;
      if (mapping->process == process) {
        state.user_mappings.erase(mapping);
        return true;
      }
      elsewhere = !of_system;
    }
  }
  if (elsewhere) {
    BugCheck(SYSTEM_PTE_MISUSE, {0, Address(mdl), Address(address)},
             "MmUnmapLockedPages was called in another process than the one that the pages were mapped into, and would delete what lies at that address there. A handle's "
             "cleanup runs in the process that closes it; work items and system threads run in the system's.");
  }
  return false;
}

}  // namespace

extern "C" {

PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp) {
  (void)ChargeQuota;
  if (!ex::MayAllocate(CurrentKernel(), sizeof(MDL))) return nullptr;
  PMDL mdl = mm::AllocateMdl(CurrentKernel(), VirtualAddress, Length, __builtin_return_address(0));
  if (!mdl || !Irp) return mdl;
  if (!SecondaryBuffer) {
    Irp->MdlAddress = mdl;
  } else {
    PMDL* link = &Irp->MdlAddress;
    while (*link) link = &(*link)->Next;
    *link = mdl;
  }
  return mdl;
}

VOID NTAPI IoFreeMdl(PMDL Mdl) { mm::FreeMdl(Mdl); }

VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length) {
  ULONG offset = static_cast<ULONG>(static_cast<char*>(VirtualAddress) - static_cast<char*>(MmGetMdlVirtualAddress(SourceMdl)));
  ULONG length = Length ? Length : SourceMdl->ByteCount - offset;
  if (offset > SourceMdl->ByteCount || length > SourceMdl->ByteCount - offset) {
    BugCheck(TARGET_MDL_TOO_SMALL, {Address(TargetMdl), Address(SourceMdl)},
             "IoBuildPartialMdl was asked for a range that the source MDL does not describe.");
  }
  size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, length);
  size_t room = (static_cast<size_t>(TargetMdl->Size) - sizeof(MDL)) / sizeof(PFN_NUMBER);
  if (pages > room) {
    BugCheck(TARGET_MDL_TOO_SMALL, {Address(TargetMdl), pages, room},
             "IoBuildPartialMdl was given a target MDL with too little room for the pages of the range.");
  }
  // Size and how the target was allocated stay; everything else now describes part of the source.
  CSHORT kept = static_cast<CSHORT>(TargetMdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE);
  CSHORT taken =
      static_cast<CSHORT>(SourceMdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA | MDL_IO_PAGE_READ));
  TargetMdl->Process = SourceMdl->Process;
  TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
  TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
  TargetMdl->ByteCount = length;
  TargetMdl->MdlFlags = static_cast<CSHORT>(kept | MDL_PARTIAL | (taken & MDL_SOURCE_IS_NONPAGED_POOL));
  if (taken & MDL_MAPPED_TO_SYSTEM_VA) TargetMdl->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA | MDL_MAPPED_TO_SYSTEM_VA;
  TargetMdl->MappedSystemVa =
      taken & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA) ? static_cast<char*>(SourceMdl->MappedSystemVa) + offset : nullptr;
  size_t skipped = (static_cast<char*>(TargetMdl->StartVa) - static_cast<char*>(SourceMdl->StartVa)) >> PAGE_SHIFT;
  std::memcpy(MmGetMdlPfnArray(TargetMdl), MmGetMdlPfnArray(SourceMdl) + skipped, pages * sizeof(PFN_NUMBER));
}

SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length) {
  return sizeof(MDL) + ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length) * sizeof(PFN_NUMBER);
}

PMDL NTAPI MmCreateMdl(PMDL MemoryDescriptorList, PVOID Base, SIZE_T Length) {
  if (!MemoryDescriptorList) return mm::AllocateMdl(CurrentKernel(), Base, Length, __builtin_return_address(0));
  MmInitializeMdl(MemoryDescriptorList, Base, Length);
  return MemoryDescriptorList;
}

VOID NTAPI MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList) {
  PMDL mdl = MemoryDescriptorList;
  if (mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA)) {
    BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0xB1, Address(mdl), static_cast<uint64_t>(mdl->MdlFlags)},
             "MmBuildMdlForNonPagedPool was called on an MDL that is locked, mapped or partial.");
  }
  mm::FillPfns(mdl);
  mdl->Process = nullptr;
  mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
  mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
}

VOID NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) {
  CheckUserLevel(AccessMode, 0x70, "MmProbeAndLockPages");
  // What an application claims to have may not be there at all.
  if (AccessMode != KernelMode && !mm::IsReadable(MmGetMdlVirtualAddress(MemoryDescriptorList), MmGetMdlByteCount(MemoryDescriptorList))) {
    ExRaiseStatus(STATUS_ACCESS_VIOLATION);
  }
  NTSTATUS status = mm::TryProbeAndLockAt(MemoryDescriptorList, AccessMode, Operation, __builtin_return_address(0));
  if (!NT_SUCCESS(status)) ExRaiseStatus(status);
}

VOID NTAPI MmUnlockPages(PMDL MemoryDescriptorList) {
  PMDL mdl = MemoryDescriptorList;
  CheckUserLevel(KernelMode, 0x73, "MmUnlockPages");
  if (!(mdl->MdlFlags & MDL_PAGES_LOCKED)) {
    bool nonpaged = (mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0;
    BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {nonpaged ? 0x7Du : 0x7Cu, Address(mdl), static_cast<uint64_t>(mdl->MdlFlags)},
             nonpaged ? "MmUnlockPages was called on an MDL that describes nonpaged pool, which is never locked."
                      : "MmUnlockPages was called on an MDL whose pages are not locked.");
  }
  if ((mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) && !(mdl->MdlFlags & MDL_PARENT_MAPPED_SYSTEM_VA)) {
    mdl->MdlFlags &= ~MDL_MAPPED_TO_SYSTEM_VA;  // unlocking releases the mapping, as on Windows
    mdl->MappedSystemVa = nullptr;
  }
  mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
  mdl->Process = nullptr;
  mm::NoteUnlocked(mdl);
}

PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType,
                                         PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority) {
  (void)CacheType;
  (void)RequestedAddress;
  (void)BugCheckOnFailure;
  (void)Priority;
  PMDL mdl = MemoryDescriptorList;
  CheckUserLevel(AccessMode, 0x74, "MmMapLockedPagesSpecifyCache");
  void* address = MmGetMdlVirtualAddress(mdl);
  const auto to_user = [&](const void* where) {
    mm::State& state = *CurrentKernel().mm;
    drydock::rt::LockGuard guard(state.mdl_lock);
    state.user_mappings.push_back({mdl, address, mdl->ByteCount, CurrentThread().process, where});
    return address;
  };
  if (!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL))) {
    if (mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) return AccessMode == UserMode ? to_user(ke::CallerOutside()) : address;
    BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0x83, Address(mdl), static_cast<uint64_t>(mdl->MdlFlags)},
             "MmMapLockedPages was called on an MDL whose pages are not locked: call MmProbeAndLockPages first.");
  }
  if (AccessMode == UserMode) return to_user(ke::CallerOutside());  // beside a system address, too
  if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
    BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0xB2, Address(mdl), static_cast<uint64_t>(mdl->MdlFlags)},
             "MmMapLockedPages was called on an MDL that is mapped already: use MmGetSystemAddressForMdlSafe.");
  }
  mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
  if (mdl->MdlFlags & MDL_PARTIAL) mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
  mdl->MappedSystemVa = address;
  return address;
}

PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode) {
  return MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, MmCached, nullptr, TRUE, HighPagePriority);
}

VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList) {
  PMDL mdl = MemoryDescriptorList;
  if (UnmapFromUser(BaseAddress, mdl)) return;
  if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
    if (BaseAddress != mdl->MappedSystemVa) {
      BugCheck(SYSTEM_PTE_MISUSE, {0, Address(mdl), Address(BaseAddress)},
               "MmUnmapLockedPages was given another address than the MDL was mapped at.");
    }
    mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_PARENT_MAPPED_SYSTEM_VA);
    mdl->MappedSystemVa = nullptr;
  }
}

VOID NTAPI MmPrepareMdlForReuse(PMDL Mdl) {
  if (Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
  Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARENT_MAPPED_SYSTEM_VA | MDL_PARTIAL);
}

NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect) {
  // Linux memory that others use too is never reprotected: the call checks its arguments as Windows does.
  if (!(MemoryDescriptorList->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)) return STATUS_NOT_MAPPED_VIEW;
  switch (NewProtect & 0xFF) {
    case PAGE_NOACCESS:
    case PAGE_READONLY:
    case PAGE_READWRITE:
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_READWRITE:
      return STATUS_SUCCESS;
    default:
      return STATUS_INVALID_PAGE_PROTECTION;
  }
}

NTSTATUS NTAPI MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes) {
  if (NumberOfBytes >= Mdl->ByteCount) return STATUS_INVALID_PARAMETER_2;
  char* address = static_cast<char*>(MmGetMdlVirtualAddress(Mdl)) + NumberOfBytes;
  Mdl->ByteCount -= NumberOfBytes;
  Mdl->StartVa = PAGE_ALIGN(address);
  Mdl->ByteOffset = BYTE_OFFSET(address);
  if (Mdl->MappedSystemVa) Mdl->MappedSystemVa = static_cast<char*>(Mdl->MappedSystemVa) + NumberOfBytes;
  mm::FillPfns(Mdl);
  return STATUS_SUCCESS;
}

}  // extern "C"
