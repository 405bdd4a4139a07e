// IoSpace: which register file answers at which physical address or port, and where drivers have it mapped.
// Called by:  machine (regions), MmMapIoSpace..., READ_REGISTER_..., READ_PORT_... and their kin; any IRQL, tasks only.
// Mapping:    registers are mapped into a window of addresses that no memory backs: READ_REGISTER_ULONG and its kin find the register file by the
//             address; a plain access there faults and is performed by plain_access.h. Addresses of the window are used again as late as possible.
// Absent:     where nothing answers (past the end, after the device was pulled out) reads give all ones and writes are lost, as on a bus.
// Ownership:  regions are shared: a mapping keeps its region, so that an access after the device went is harmless.
// Locks:      `lock` guards maps and free space, never held over a register file's code. Lookups take no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/lock.h"

namespace drydock::nt::hal {

// The registers of a device. Called on the task that reads or writes, at its IRQL; must not wait. `bytes` is 1, 2, 4 or 8.
class RegisterFile {
 public:
  virtual ~RegisterFile() = default;
  virtual uint64_t Read(uint64_t offset, uint32_t bytes) = 0;
  virtual void Write(uint64_t offset, uint32_t bytes, uint64_t value) = 0;
};

struct Region {
  std::string name;  // for reports
  uint64_t base = 0;
  uint64_t length = 0;
  std::shared_ptr<RegisterFile> file;  // null: the addresses are taken, nothing answers
  std::atomic<bool> present{true};     // false: pulled out

  uint64_t Read(uint64_t offset, uint32_t bytes) const;
  void Write(uint64_t offset, uint32_t bytes, uint64_t value) const;
};

enum class Space : uint8_t { kMemory, kPort };

class IoSpace {
 public:
  IoSpace() = default;
  ~IoSpace();
  IoSpace(const IoSpace&) = delete;

  // Adds a region at `base`, or where there is room between `minimum` and `maximum` when `base` is 0. Null: taken, or no room.
  std::shared_ptr<Region> Add(Space space, std::string name, uint64_t base, uint64_t length, std::shared_ptr<RegisterFile> file);
  // Room without a register file: for what a driver asked for beyond what its device has. 0: none.
  uint64_t FindRoom(Space space, uint64_t length, uint64_t alignment, uint64_t minimum, uint64_t maximum);
  void Remove(Space space, const std::shared_ptr<Region>& region);

  // MmMapIoSpace of physical memory that a region covers. Null: none does (the caller goes on), or no room in the window.
  void* Map(uint64_t physical, uint64_t length);
  // False: not an address that Map returned.
  bool Unmap(void* address);
  bool InWindow(const void* address) const {
    return reinterpret_cast<uintptr_t>(address) - window_.load(std::memory_order_acquire) < kWindowBytes;
  }
  // Of an address in the window; false: nothing is mapped there.
  bool ReadMapped(const volatile void* address, uint32_t bytes, uint64_t* value);
  bool WriteMapped(volatile void* address, uint32_t bytes, uint64_t value);
  // "offset 0x10 of the registers of ROOT\X\0000": what lies at an address of the window, for reports.
  std::string Describe(const void* address);

  uint64_t ReadPort(uint64_t port, uint32_t bytes);
  void WritePort(uint64_t port, uint32_t bytes, uint64_t value);

 private:
  static constexpr uint64_t kWindowBytes = uint64_t{1} << 30;
  static constexpr uint64_t kPage = 4096;
  static constexpr uint64_t kPorts = 0x10000;
  struct Mapping {
    std::shared_ptr<Region> region;
    uint64_t base = 0;   // address in the window, of the first page
    uint64_t pages = 0;
    uint64_t offset = 0;  // of the first page within the region; may be "negative" (wraps)
    uint64_t address = 0;  // what the driver got
  };
  using Regions = std::map<uint64_t, std::shared_ptr<Region>>;
  Regions& Of(Space space) RT_REQUIRES(lock_) { return space == Space::kPort ? ports_ : memory_; }
  bool Overlaps(Space space, uint64_t base, uint64_t length, uint64_t* next) RT_REQUIRES(lock_);
  Mapping* Find(uintptr_t address) const;
  Region* PortRegion(uint64_t port) const;

  rt::Lock lock_;
  Regions memory_ RT_GUARDED_BY(lock_);
  Regions ports_ RT_GUARDED_BY(lock_);
  std::map<uint64_t, std::unique_ptr<Mapping>> mappings_ RT_GUARDED_BY(lock_);  // by address in the window
  std::vector<std::unique_ptr<Mapping>> old_ RT_GUARDED_BY(lock_);              // unmapped ones: somebody may be in a lookup
  std::vector<std::shared_ptr<Region>> gone_ RT_GUARDED_BY(lock_);              // likewise
  uint64_t next_page_ RT_GUARDED_BY(lock_) = 1;
  std::atomic<uintptr_t> window_{UINTPTR_MAX - kWindowBytes};
  std::atomic<Mapping*>* pages_ = nullptr;       // by page of the window
  std::atomic<Region*>* port_table_ = nullptr;   // by port
};

}  // namespace drydock::nt::hal
