// LogicalSpace: memory as devices see it. Every transfer that is mapped, every common buffer, has logical addresses of its own for as long as
// it is mapped, as behind an IOMMU: a device that reads or writes anything else is told so, and the machine reports it.
// Called by:  nt/hal/dma (mapping), models of devices through drydock::DmaSpace: any task or none at all, any IRQL.
// Addresses:  page by page; the offset in the page is that of the memory. Each mapping is followed by a page that is never mapped. Addresses are
//             used again as late as possible, and are the same in each run of a seed.
// Besides:    memory from MmAllocateContiguousMemory answers at what MmGetPhysicalAddress tells (the identity map of nt/mm).
// Ownership:  shared by the kernel's DmaState and whoever holds a DmaSpace; after the machine's end every access fails, without a report.
// Source:     public documentation of DMA_ADAPTER; VC-62. The map is ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "runtime/lock.h"

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::hal {

enum class DeviceAccess : uint8_t { kReads = 1, kWrites = 2, kBoth = 3 };

class LogicalSpace {
 public:
  explicit LogicalSpace(Kernel& kernel) : kernel_(&kernel) {}

  // Gives `length` bytes at `host` consecutive logical addresses below 2^width, the first page's number a multiple of `alignment` pages.
  // 0: no room.
  uint64_t Map(void* host, size_t length, uint32_t width, DeviceAccess access, uint64_t alignment = 1);
  void Unmap(uint64_t logical, size_t length);

  // A device's access; false: not all of it is mapped for that (nothing was copied), and the report says what was asked.
  bool Read(uint64_t logical, void* to, size_t bytes);
  bool Write(uint64_t logical, const void* from, size_t bytes);
  // Asks only.
  bool IsMapped(uint64_t logical, size_t bytes, DeviceAccess access);
  size_t mapped_pages();

  void End();  // the machine is gone

 private:
  struct Page {
    char* host;  // of offset 0, which need not be mapped
    uint16_t begin, last;
    DeviceAccess access;
  };
  // The host's address of so much at `logical` as one page holds; null: not mapped so. `*bytes` is made smaller.
  char* Find(uint64_t logical, size_t* bytes, DeviceAccess access) RT_REQUIRES(lock_);
  bool Check(uint64_t logical, size_t bytes, DeviceAccess access) RT_REQUIRES(lock_);
  void Report(uint64_t logical, size_t bytes, bool write);

  rt::Lock lock_;
  Kernel* kernel_ RT_GUARDED_BY(lock_);
  std::unordered_map<uint64_t, Page> pages_ RT_GUARDED_BY(lock_);
  std::map<uint64_t, uint64_t> taken_ RT_GUARDED_BY(lock_);   // first page, count
  std::map<uint64_t, uint64_t> cursors_ RT_GUARDED_BY(lock_); // by the first page of a zone
};

}  // namespace drydock::nt::hal
