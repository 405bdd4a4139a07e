// MDLs from the inside. Drivers use the Io and Mm functions; io locks a requestor's buffers through TryProbeAndLock.
// Called by:  io, wdf (probe and lock of user buffers), drivers. IRQL <= DISPATCH_LEVEL; user-mode probes <= APC_LEVEL.
// Pages:      physical memory is the identity map of Linux addresses: a PFN is the virtual page number. Locking moves nothing.
// Mapping:    the system address of a locked page is its own address.
// State:      MDL_PAGES_LOCKED, MDL_MAPPED_TO_SYSTEM_VA, MDL_SOURCE_IS_NONPAGED_POOL, MDL_PARTIAL in MdlFlags as on Windows. An MDL
//             from IoAllocateMdl has a header of ours that remembers who made and who locked it.
// Errors:     misuse is bug check 0xC4 with the MDL subcodes (unlocking what is not locked 0x7C, freeing while locked 0x4E
//             PFN_LIST_CORRUPT, mapping unlocked pages 0x83); unmapping in another process than mapped is SYSTEM_PTE_MISUSE.
// Source:     public documentation of the Mm/Io MDL DDIs; VC-32, VC-37.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::mm {

// As MmProbeAndLockPages, with a status instead of an exception.
NTSTATUS TryProbeAndLock(MDL* mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation);

// MDL + header in one piece from the machine's cache; null: no memory or too large.
MDL* AllocateMdl(Kernel& kernel, const void* address, size_t length, const void* maker);
void FreeMdl(MDL* mdl);

struct LiveMdl {
  uint32_t byte_count;
  bool locked;
  const void* maker;   // who allocated it
  const void* locker;  // who locked it, when locked
};
// MDLs that are allocated and not freed, or locked and not unlocked.
std::vector<LiveMdl> LiveMdls(Kernel& kernel);
size_t LockedPages(Kernel& kernel);
// What code of that image mapped into processes and did not unmap, in words and with where it did; forgotten then.
struct LeftMapping {
  std::string words;
  const void* where;
};
std::vector<LeftMapping> TakeUserMappings(Kernel& kernel, const void* image, size_t size);

}  // namespace drydock::nt::mm
