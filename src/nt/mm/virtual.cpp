// ZwAllocateVirtualMemory, ZwFreeVirtualMemory, ZwQueryVirtualMemory. Memory is Linux memory with the protection that was asked for.
// Source: public documentation of these functions and of MEMORY_BASIC_INFORMATION.
#include <sys/mman.h>

#include <algorithm>

#include <ntifs.h>

#include "nt/kernel.h"
#include "nt/mm/region.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/process.h"
#include "nt/ps/types.h"
#include "nt/thread.h"

namespace drydock::nt::mm {

bool IsProtection(ULONG protect) {
  const ULONG access = protect & 0xFF;
  return access != 0 && (access & (access - 1)) == 0 && (protect & ~ULONG{0xFF | PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE}) == 0;
}

bool IsWritable(ULONG protect) {
  return (protect & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) != 0 && !(protect & PAGE_GUARD);
}

int LinuxProtection(ULONG protect) {
  if (protect == 0 || (protect & (PAGE_NOACCESS | PAGE_GUARD))) return PROT_NONE;
  int result = PROT_READ;
  if (IsWritable(protect)) result |= PROT_WRITE;
  if (protect & 0xF0) result |= PROT_EXEC;
  return result;
}

void RegisterPages(Region& region) {
  region.user.clear();
  if (!region.process) return;
  for (size_t first = 0; first < region.pages.size();) {
    const ULONG protect = region.pages[first];
    size_t last = first + 1;
    while (last < region.pages.size() && region.pages[last] == protect) ++last;
    if (LinuxProtection(protect) != PROT_NONE) {
      region.user.emplace_back(*region.kernel, region.process, reinterpret_cast<void*>(region.base + first * PAGE_SIZE),
                               (last - first) * PAGE_SIZE, IsWritable(protect));
    }
    first = last;
  }
}

std::shared_ptr<Region> RegionAt(State& state, uintptr_t address) {
  auto at = state.regions.upper_bound(address);
  if (at == state.regions.begin()) return nullptr;
  --at;
  return address < at->second->end() ? at->second : nullptr;
}

void EndProcessRegions(Kernel& kernel, Process* process) {
  std::vector<std::shared_ptr<Region>> gone;  // go after the lock
  State& state = *kernel.mm;
  {
    rt::LockGuard guard(state.regions_lock);
    for (auto at = state.regions.begin(); at != state.regions.end();) {
      if (at->second->process != process) {
        ++at;
        continue;
      }
      gone.push_back(std::move(at->second));
      at = state.regions.erase(at);
    }
  }
  for (auto& region : gone) FinishView(*region);
}

}  // namespace drydock::nt::mm

using namespace drydock;
using namespace drydock::nt;

namespace {

constexpr size_t kGranularity = 0x10000;

struct Target {
  explicit Target(HANDLE handle) { status = ob::ReferenceByHandle(handle, 0, &ps::kProcessType, KernelMode, &body); }
  ~Target() {
    if (body) ob::Dereference(body);
  }
  Target(const Target&) = delete;
  Process* process() const { return static_cast<Process*>(body); }
  NTSTATUS status;
  void* body = nullptr;
};

uintptr_t Number(const void* address) { return reinterpret_cast<uintptr_t>(address); }

// Reserves; `commit`: with memory behind all of it.
NTSTATUS NewRegion(Process* process, PVOID* base, SIZE_T* size, ULONG protect, bool commit) {
  Kernel& kernel = CurrentKernel();
  const uintptr_t wanted = Number(*base) & ~(kGranularity - 1);
  const size_t bytes = ROUND_TO_PAGES(Number(*base) - wanted + *size);
  const int access = commit ? mm::LinuxProtection(protect) : PROT_NONE;
  void* got;
  if (wanted) {
    got = mmap(reinterpret_cast<void*>(wanted), bytes, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got != MAP_FAILED && Number(got) != wanted) {
      munmap(got, bytes);
      got = MAP_FAILED;
    }
    if (got == MAP_FAILED) return STATUS_CONFLICTING_ADDRESSES;
  } else {
    // On a multiple of 64 KB, as callers may rely on: what is around it goes back.
    got = mmap(nullptr, bytes + kGranularity, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) return STATUS_NO_MEMORY;
    const uintptr_t start = (Number(got) + kGranularity - 1) & ~(kGranularity - 1);
    if (start != Number(got)) munmap(got, start - Number(got));
    const uintptr_t after = start + bytes, end = Number(got) + bytes + kGranularity;
    if (end != after) munmap(reinterpret_cast<void*>(after), end - after);
    got = reinterpret_cast<void*>(start);
  }
  auto region = std::make_shared<mm::Region>();
  region->kernel = &kernel;
  region->process = process;
  region->base = Number(got);
  region->bytes = bytes;
  region->protect = protect;
  region->type = MEM_PRIVATE;
  region->pages.assign(bytes / PAGE_SIZE, commit ? protect : 0);
  mm::RegisterPages(*region);
  {
    rt::LockGuard guard(kernel.mm->regions_lock);
    kernel.mm->regions[region->base] = std::move(region);
  }
  *base = got;
  *size = bytes;
  return STATUS_SUCCESS;
}

// Gives memory to reserved pages, or takes it away (protect 0).
NTSTATUS ChangePages(Process* process, PVOID* base, SIZE_T* size, ULONG protect, NTSTATUS not_there) {
  mm::State& state = *CurrentKernel().mm;
  const uintptr_t from = Number(*base) & ~uintptr_t{PAGE_SIZE - 1};
  rt::LockGuard guard(state.regions_lock);
  std::shared_ptr<mm::Region> region = mm::RegionAt(state, from);
  if (!region || region->process != process || region->type != MEM_PRIVATE) return not_there;
  if (protect == 0 && *size == 0) {
    if (from != region->base) return STATUS_FREE_VM_NOT_AT_BASE;
    *size = region->bytes;
  }
  const size_t bytes = ROUND_TO_PAGES(Number(*base) - from + *size);
  if (bytes > region->end() - from) return protect ? STATUS_CONFLICTING_ADDRESSES : STATUS_UNABLE_TO_FREE_VM;
  auto* memory = reinterpret_cast<void*>(from);
  if (protect == 0) madvise(memory, bytes, MADV_DONTNEED);
  if (mprotect(memory, bytes, mm::LinuxProtection(protect)) != 0) return STATUS_NO_MEMORY;
  std::fill_n(region->pages.begin() + static_cast<ptrdiff_t>((from - region->base) / PAGE_SIZE), bytes / PAGE_SIZE, protect);
  mm::RegisterPages(*region);
  *base = memory;
  *size = bytes;
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS ZwAllocateVirtualMemory(HANDLE ProcessHandle, PVOID* BaseAddress, ULONG_PTR ZeroBits, PSIZE_T RegionSize, ULONG AllocationType,
                                 ULONG Protect) {
  (void)ZeroBits;  // everything lies low enough for 64 bits
  Target target(ProcessHandle);
  if (!NT_SUCCESS(target.status)) return target.status;
  if (*RegionSize == 0) return STATUS_INVALID_PARAMETER_4;
  if (!(AllocationType & (MEM_RESERVE | MEM_COMMIT | MEM_RESET)) ||
      (AllocationType & ~ULONG{MEM_RESERVE | MEM_COMMIT | MEM_RESET | MEM_TOP_DOWN})) {
    return STATUS_INVALID_PARAMETER_5;
  }
  if (!mm::IsProtection(Protect) || (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY))) return STATUS_INVALID_PAGE_PROTECTION;
  if (AllocationType & MEM_RESET) return STATUS_SUCCESS;  // the contents may go; they stay
  const bool commit = (AllocationType & MEM_COMMIT) != 0;
  if ((AllocationType & MEM_RESERVE) || !*BaseAddress) return NewRegion(target.process(), BaseAddress, RegionSize, Protect, commit);
  return ChangePages(target.process(), BaseAddress, RegionSize, Protect, STATUS_CONFLICTING_ADDRESSES);
}

NTSTATUS ZwFreeVirtualMemory(HANDLE ProcessHandle, PVOID* BaseAddress, PSIZE_T RegionSize, ULONG FreeType) {
  Target target(ProcessHandle);
  if (!NT_SUCCESS(target.status)) return target.status;
  if (FreeType == MEM_DECOMMIT) return ChangePages(target.process(), BaseAddress, RegionSize, 0, STATUS_MEMORY_NOT_ALLOCATED);
  if (FreeType != MEM_RELEASE) return STATUS_INVALID_PARAMETER_4;
  mm::State& state = *CurrentKernel().mm;
  std::shared_ptr<mm::Region> gone;
  rt::LockGuard guard(state.regions_lock);
  gone = mm::RegionAt(state, Number(*BaseAddress));
  if (!gone || gone->process != target.process() || gone->type != MEM_PRIVATE) return STATUS_MEMORY_NOT_ALLOCATED;
  if (*RegionSize == 0 && (Number(*BaseAddress) & ~uintptr_t{PAGE_SIZE - 1}) != gone->base) return STATUS_FREE_VM_NOT_AT_BASE;
  // A part of it cannot go alone here.
  if (*RegionSize != 0 && ROUND_TO_PAGES(*RegionSize) != gone->bytes) return STATUS_UNABLE_TO_FREE_VM;
  *BaseAddress = reinterpret_cast<void*>(gone->base);
  *RegionSize = gone->bytes;
  state.regions.erase(gone->base);
  return STATUS_SUCCESS;
}

NTSTATUS ZwQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, MEMORY_INFORMATION_CLASS MemoryInformationClass,
                              PVOID MemoryInformation, SIZE_T MemoryInformationLength, PSIZE_T ReturnLength) {
  Target target(ProcessHandle);
  if (!NT_SUCCESS(target.status)) return target.status;
  if (MemoryInformationClass != MemoryBasicInformation) return STATUS_INVALID_INFO_CLASS;
  if (MemoryInformationLength < sizeof(MEMORY_BASIC_INFORMATION)) return STATUS_INFO_LENGTH_MISMATCH;
  MEMORY_BASIC_INFORMATION info{};
  const uintptr_t page = Number(BaseAddress) & ~uintptr_t{PAGE_SIZE - 1};
  info.BaseAddress = reinterpret_cast<void*>(page);
  mm::State& state = *CurrentKernel().mm;
  {
    rt::LockGuard guard(state.regions_lock);
    std::shared_ptr<mm::Region> region = mm::RegionAt(state, page);
    if (region && region->process == target.process()) {
      const size_t first = (page - region->base) / PAGE_SIZE;
      size_t last = first;
      while (last < region->pages.size() && region->pages[last] == region->pages[first]) ++last;
      info.AllocationBase = reinterpret_cast<void*>(region->base);
      info.AllocationProtect = region->protect;
      info.RegionSize = (last - first) * PAGE_SIZE;
      info.State = region->pages[first] ? MEM_COMMIT : MEM_RESERVE;
      info.Protect = region->pages[first];
      info.Type = region->type;
    } else {
      auto next = state.regions.upper_bound(page);
      const bool there = NT_SUCCESS(mm::TryProbe(target.process(), BaseAddress, 1, 1, false));
      info.RegionSize = there ? PAGE_SIZE : (next == state.regions.end() ? uintptr_t{0x7FFFFFFF0000} : next->first) - page;
      info.State = there ? MEM_COMMIT : MEM_FREE;
      info.Protect = there ? PAGE_READWRITE : PAGE_NOACCESS;
      if (there) {
        info.AllocationBase = info.BaseAddress;
        info.AllocationProtect = PAGE_READWRITE;
        info.Type = MEM_PRIVATE;
      }
    }
  }
  *static_cast<MEMORY_BASIC_INFORMATION*>(MemoryInformation) = info;
  if (ReturnLength) *ReturnLength = sizeof info;
  return STATUS_SUCCESS;
}

}  // extern "C"
