// State of memory management of one machine: MDLs that live, address spaces of processes. Owned by Kernel.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt {
struct Process;
}

namespace drydock::nt::mm {

struct MdlHeader;
struct Region;

// A stretch of memory that an application of the machine owns.
struct UserStretch {
  uintptr_t base;
  size_t length;
  uint32_t count;     // how often exactly this stretch is registered
  bool writable;
};

struct SideRecord {   // an MDL that the driver built in its own memory and locked or mapped
  uint32_t locked_pages;
  uint32_t mappings;
  const void* where;  // return address of the lock or mapping
};

struct UserMapping {  // MmMapLockedPages... into a process
  const void* mdl;
  const void* address;
  uint32_t bytes;
  const Process* process;
  const void* where;  // return address of the mapping
};

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;

  rt::Lock mdl_lock;
  MdlHeader* chunks = nullptr;   // every MDL ever allocated, live or free
  MdlHeader* free_small = nullptr;
  uint32_t free_small_count = 0;
  std::unordered_map<const void*, SideRecord> side RT_GUARDED_BY(mdl_lock);

  std::vector<UserMapping> user_mappings RT_GUARDED_BY(mdl_lock);

  rt::Lock ranges_lock;
  // By process id; each sorted by base.
  std::map<uint64_t, std::vector<UserStretch>> ranges RT_GUARDED_BY(ranges_lock);

  // ZwAllocateVirtualMemory and views of sections: stretches of address space that the machine mapped, by base.
  rt::Lock regions_lock;
  std::map<uintptr_t, std::shared_ptr<Region>> regions RT_GUARDED_BY(regions_lock);

  rt::Lock contiguous_lock;
  std::map<const void*, size_t> contiguous RT_GUARDED_BY(contiguous_lock);  // MmAllocateContiguousMemory and relatives
  std::map<const void*, size_t> io_space RT_GUARDED_BY(contiguous_lock);    // MmMapIoSpace
};

}  // namespace drydock::nt::mm
