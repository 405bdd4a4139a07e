// What a driver has not given back: pool, lookaside lists, work items.
// Called by:  io at unload, machine for reports. PASSIVE_LEVEL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::ex {

struct PoolLeak {
  uint32_t tag = 0;          // as the driver gave it, first character in the low byte
  size_t size = 0;
  const void* block = nullptr;
  const void* code = nullptr;  // the driver's routine that was being called (innermost callback), null: none
  std::vector<void*> stack;  // where it was allocated, innermost first
};

// Allocations made by code of an image, or by the framework while it called a routine of that image. For a linked-in driver the image
// is the program's.
std::vector<PoolLeak> LeaksOf(Kernel& kernel, const void* image_start, size_t image_bytes);
std::vector<PoolLeak> AllLeaks(Kernel& kernel);

// After they were reported: the same blocks are not told again.
void ForgetLeaks(Kernel& kernel, const void* image_start, size_t image_bytes);

}  // namespace drydock::nt::ex
