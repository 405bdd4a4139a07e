// Stretches of address space that a driver or an application asked for: ZwAllocateVirtualMemory and views of sections.
// Called by:  mm's own functions; PASSIVE_LEVEL. Ownership: State::regions; what is left of a process goes with its end.
#pragma once

#include <cstdint>
#include <vector>

#include <ntddk.h>

#include "nt/mm/address_space.h"
#include "nt/mm/state.h"

namespace drydock::nt::mm {

struct Section;

struct Region {
  Kernel* kernel;
  Process* process;      // null: system space
  uintptr_t base;
  size_t bytes;          // whole pages
  ULONG protect;         // of the whole, when it was made
  ULONG type;            // MEM_PRIVATE or MEM_MAPPED
  Section* section = nullptr;  // one reference
  uint64_t offset = 0;
  std::vector<ULONG> pages;  // each page's protection; 0: reserved
  std::vector<UserRange> user;  // what of it counts as memory of the process

  ~Region();
  uintptr_t end() const { return base + bytes; }
};

bool IsProtection(ULONG protect);
bool IsWritable(ULONG protect);
int LinuxProtection(ULONG protect);
// Says anew which pages the process may touch, after a change to `pages`.
void RegisterPages(Region& region);
// Under regions_lock: the region of that address, or null.
std::shared_ptr<Region> RegionAt(State& state, uintptr_t address) RT_REQUIRES(state.regions_lock);
// Writes a view back that may have been written, and gives its section back. Out of the list, no lock held.
void FinishView(Region& region);
void EndProcessRegions(Kernel& kernel, Process* process);

}  // namespace drydock::nt::mm
