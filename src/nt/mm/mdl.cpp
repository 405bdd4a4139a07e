#include "nt/mm/mdl.h"

#include <cstdlib>
#include <new>

#include "nt/bugcheck.h"
#include "nt/kernel.h"
#include "nt/mm/address_space.h"
#include "nt/mm/mdl_header.h"
#include "nt/mm/state.h"
#include "nt/ps/process.h"
#include "nt/thread.h"

namespace drydock::nt::mm {
namespace {

constexpr size_t kLargestMdlPages = (INT16_MAX - sizeof(MDL)) / sizeof(PFN_NUMBER);  // MDL::Size is a signed 16-bit field

size_t PageCount(const MDL* mdl) {
  return ADDRESS_AND_SIZE_TO_SPAN_PAGES(reinterpret_cast<uintptr_t>(mdl->StartVa) + mdl->ByteOffset, mdl->ByteCount);
}

uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

// The record of an MDL that lies in a driver's own memory.
void RememberSide(State& state, const MDL* mdl, uint32_t pages, const void* where) {
  rt::LockGuard guard(state.mdl_lock);
  SideRecord& record = state.side[mdl];
  record.locked_pages += pages;
  record.where = where;
}

void ForgetSide(State& state, const MDL* mdl) {
  rt::LockGuard guard(state.mdl_lock);
  state.side.erase(mdl);
}

}  // namespace

void FillPfns(MDL* mdl) {
  PFN_NUMBER* pfn = MmGetMdlPfnArray(mdl);
  PFN_NUMBER first = reinterpret_cast<PFN_NUMBER>(mdl->StartVa) >> PAGE_SHIFT;
  for (size_t i = 0, count = PageCount(mdl); i < count; ++i) pfn[i] = first + i;
}

MDL* AllocateMdl(Kernel& kernel, const void* address, size_t length, const void* maker) {
  size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, length);
  if (length > UINT32_MAX || pages > kLargestMdlPages) return nullptr;
  State& state = *kernel.mm;
  MdlHeader* header = nullptr;
  bool small = pages <= MdlHeader::kSmallPages;
  if (small) {
    rt::LockGuard guard(state.mdl_lock);
    header = state.free_small;
    if (header) {
      state.free_small = header->next_free;
      --state.free_small_count;
      header->live = true;
    }
  }
  if (!header) {
    size_t room = small ? MdlHeader::kSmallPages : pages;
    void* memory = std::aligned_alloc(16, (sizeof(MdlHeader) + sizeof(MDL) + room * sizeof(PFN_NUMBER) + 15) & ~size_t{15});
    if (!memory) return nullptr;
    header = new (memory) MdlHeader{};
    header->canary = MdlHeader::kCanary;
    header->small = small;
    header->live = true;
    rt::LockGuard guard(state.mdl_lock);
    header->next_chunk = state.chunks;
    if (state.chunks) state.chunks->previous_chunk = header;
    state.chunks = header;
  }
  header->maker = maker;
  header->locker = nullptr;
  MDL* mdl = MdlOf(header);
  MmInitializeMdl(mdl, const_cast<void*>(address), length);
  mdl->Process = nullptr;
  mdl->MappedSystemVa = nullptr;
  mdl->MdlFlags = MDL_ALLOCATED_FIXED_SIZE;
  return mdl;
}

void FreeMdl(MDL* mdl) {
  if (!(mdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE) || HeaderOf(mdl)->canary != MdlHeader::kCanary || !HeaderOf(mdl)->live) {
    BugCheck(BAD_POOL_CALLER, {7, 0, 0, Address(mdl)}, "IoFreeMdl was called on an MDL that IoAllocateMdl did not make, or twice.");
  }
  if ((mdl->MdlFlags & MDL_PAGES_LOCKED) && !(mdl->MdlFlags & (MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL))) {
    BugCheck(PFN_LIST_CORRUPT, {7, Address(mdl)},
             "IoFreeMdl was called on an MDL whose pages are still locked: call MmUnlockPages first.");
  }
  State& state = *CurrentKernel().mm;
  MdlHeader* header = HeaderOf(mdl);
  bool free_now = false;
  mdl->MdlFlags = 0;  // before it is in the list, where another thread may take it
  {
    rt::LockGuard guard(state.mdl_lock);
    header->live = false;
    if (header->small && state.free_small_count < MdlHeader::kKeepSmall) {
      header->next_free = state.free_small;
      state.free_small = header;
      ++state.free_small_count;
    } else {
      if (header->previous_chunk) {
        header->previous_chunk->next_chunk = header->next_chunk;
      } else {
        state.chunks = header->next_chunk;
      }
      if (header->next_chunk) header->next_chunk->previous_chunk = header->previous_chunk;
      free_now = true;
    }
  }
  if (free_now) std::free(header);
}

void NoteLocked(MDL* mdl, const void* where) {
  if (mdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE) {
    HeaderOf(mdl)->locker = where;
  } else {
    RememberSide(*CurrentKernel().mm, mdl, static_cast<uint32_t>(PageCount(mdl)), where);
  }
}

void NoteUnlocked(MDL* mdl) {
  if (mdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE) {
    HeaderOf(mdl)->locker = nullptr;
  } else {
    ForgetSide(*CurrentKernel().mm, mdl);
  }
}

NTSTATUS TryProbeAndLockAt(MDL* mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation, const void* where) {
  if (mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL)) {
    BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0xB0, Address(mdl), static_cast<uint64_t>(mdl->MdlFlags)},
             "MmProbeAndLockPages was called on an MDL whose pages are locked already (or that was built for nonpaged pool).");
  }
  // As an integer: an application may give any address.
  const void* base = reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(mdl->StartVa) + mdl->ByteOffset);
  if (mode == UserMode) {
    NTSTATUS status = TryProbe(CurrentThread().process, base, mdl->ByteCount, 1, operation != IoReadAccess);
    if (!NT_SUCCESS(status)) return status;
    mdl->Process = reinterpret_cast<struct _EPROCESS*>(CurrentThread().process);
  }
  FillPfns(mdl);
  mdl->MdlFlags |= MDL_PAGES_LOCKED;
  if (operation != IoReadAccess) mdl->MdlFlags |= MDL_WRITE_OPERATION;
  NoteLocked(mdl, where);
  return STATUS_SUCCESS;
}

NTSTATUS TryProbeAndLock(MDL* mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation) {
  return TryProbeAndLockAt(mdl, mode, operation, __builtin_return_address(0));
}

std::vector<LiveMdl> LiveMdls(Kernel& kernel) {
  std::vector<LiveMdl> live;
  State& state = *kernel.mm;
  rt::LockGuard guard(state.mdl_lock);
  for (MdlHeader* header = state.chunks; header; header = header->next_chunk) {
    if (!header->live) continue;
    MDL* mdl = MdlOf(header);
    live.push_back({mdl->ByteCount, (mdl->MdlFlags & MDL_PAGES_LOCKED) != 0, header->maker, header->locker});
  }
  for (const auto& [mdl, record] : state.side) {
    live.push_back({record.locked_pages << PAGE_SHIFT, true, nullptr, record.where});
  }
  return live;
}

std::vector<LeftMapping> TakeUserMappings(Kernel& kernel, const void* image, size_t size) {
  State& state = *kernel.mm;
  std::vector<LeftMapping> left;
  rt::LockGuard guard(state.mdl_lock);
  std::erase_if(state.user_mappings, [&](const UserMapping& each) {
    const auto offset = reinterpret_cast<uintptr_t>(each.where) - reinterpret_cast<uintptr_t>(image);
    if (offset >= size) return false;
    left.push_back({std::to_string(each.bytes) + " bytes mapped into a process (MmUnmapLockedPages was not called)", each.where});
    return true;
  });
  return left;
}

size_t LockedPages(Kernel& kernel) {
  size_t pages = 0;
  State& state = *kernel.mm;
  rt::LockGuard guard(state.mdl_lock);
  for (MdlHeader* header = state.chunks; header; header = header->next_chunk) {
    if (header->live && header->locker) pages += PageCount(MdlOf(header));
  }
  for (const auto& entry : state.side) pages += entry.second.locked_pages;
  return pages;
}

State::State(Kernel& owner) : kernel(owner) {}

State::~State() {
  while (MdlHeader* header = chunks) {
    chunks = header->next_chunk;
    std::free(header);
  }
  for (const auto& entry : contiguous) std::free(const_cast<void*>(entry.first));
}

}  // namespace drydock::nt::mm
