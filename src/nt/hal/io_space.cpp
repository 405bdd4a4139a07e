#include "nt/hal/io_space.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include "runtime/assert.h"

namespace drydock::nt::hal {
namespace {

constexpr uint64_t kMemoryStart = 0xC0000000, kMemoryEnd = 0x7FFFFFFFFF;  // below anything Linux hands out
constexpr uint64_t kPortStart = 0xC000, kPortEnd = 0xFFFF;

uint64_t Ones(uint32_t bytes) { return bytes >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * bytes)) - 1; }
uint64_t RoundUp(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }
uint64_t PowerOfTwo(uint64_t value) {
  uint64_t power = 1;
  while (power < value) power *= 2;
  return power;
}

void* Reserve(size_t bytes, int protection) {
  void* memory = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

uint64_t Region::Read(uint64_t offset, uint32_t bytes) const {
  if (!file || offset >= length || bytes > length - offset || !present.load(std::memory_order_acquire)) return Ones(bytes);
  return file->Read(offset, bytes) & Ones(bytes);
}

void Region::Write(uint64_t offset, uint32_t bytes, uint64_t value) const {
  if (!file || offset >= length || bytes > length - offset || !present.load(std::memory_order_acquire)) return;
  file->Write(offset, bytes, value & Ones(bytes));
}

IoSpace::~IoSpace() {
  if (pages_) {
    munmap(reinterpret_cast<void*>(window_.load()), kWindowBytes);
    munmap(static_cast<void*>(pages_), kWindowBytes / kPage * sizeof *pages_);
  }
  if (port_table_) munmap(static_cast<void*>(port_table_), kPorts * sizeof *port_table_);
}

// `next`: where the one in the way ends.
bool IoSpace::Overlaps(Space space, uint64_t base, uint64_t length, uint64_t* next) {
  Regions& regions = Of(space);
  auto after = regions.upper_bound(base);
  if (after != regions.end() && after->first - base < length) {
    *next = after->first + after->second->length;
    return true;
  }
  if (after == regions.begin()) return false;
  --after;
  *next = after->first + after->second->length;
  return *next > base;
}

uint64_t IoSpace::FindRoom(Space space, uint64_t length, uint64_t alignment, uint64_t minimum, uint64_t maximum) {
  if (length == 0) return 0;
  alignment = alignment ? alignment : 1;
  rt::LockGuard guard(lock_);
  uint64_t base = RoundUp(minimum ? minimum : 1, alignment);
  while (base >= minimum && base <= maximum && length - 1 <= maximum - base) {
    uint64_t next = 0;
    if (!Overlaps(space, base, length, &next)) return base;
    base = RoundUp(next, alignment);
  }
  return 0;
}

std::shared_ptr<Region> IoSpace::Add(Space space, std::string name, uint64_t base, uint64_t length, std::shared_ptr<RegisterFile> file) {
  const bool port = space == Space::kPort;
  const uint64_t limit = port ? kPortEnd : UINT64_MAX;
  if (length == 0 || length - 1 > limit || base > limit - (length - 1)) return nullptr;
  if (base == 0) {
    const uint64_t alignment = PowerOfTwo(port ? length : RoundUp(length, kPage));
    base = FindRoom(space, length, alignment, port ? kPortStart : kMemoryStart, port ? kPortEnd : kMemoryEnd);
    if (base == 0) return nullptr;
  }
  auto region = std::make_shared<Region>();
  region->name = std::move(name);
  region->base = base;
  region->length = length;
  region->file = std::move(file);
  rt::LockGuard guard(lock_);
  uint64_t next = 0;
  if (Overlaps(space, base, length, &next)) return nullptr;
  if (port) {
    if (!port_table_) port_table_ = static_cast<std::atomic<Region*>*>(Reserve(kPorts * sizeof *port_table_, PROT_READ | PROT_WRITE));
    if (!port_table_) return nullptr;
    for (uint64_t i = 0; i < length; ++i) port_table_[base + i].store(region.get(), std::memory_order_release);
  }
  Of(space)[base] = region;
  return region;
}

void IoSpace::Remove(Space space, const std::shared_ptr<Region>& region) {
  region->present.store(false, std::memory_order_release);
  rt::LockGuard guard(lock_);
  Regions& regions = Of(space);
  auto found = regions.find(region->base);
  if (found == regions.end() || found->second != region) return;
  regions.erase(found);
  if (space != Space::kPort) return;
  for (uint64_t i = 0; i < region->length; ++i) port_table_[region->base + i].store(nullptr, std::memory_order_release);
  gone_.push_back(region);
}

void* IoSpace::Map(uint64_t physical, uint64_t length) {
  rt::LockGuard guard(lock_);
  auto found = memory_.upper_bound(physical);
  if (found == memory_.begin()) return nullptr;
  --found;
  const std::shared_ptr<Region>& region = found->second;
  if (physical - region->base >= region->length) return nullptr;
  if (!pages_) {
    void* window = Reserve(kWindowBytes, PROT_NONE);
    void* table = Reserve(kWindowBytes / kPage * sizeof *pages_, PROT_READ | PROT_WRITE);
    if (!window || !table) {
      if (window) munmap(window, kWindowBytes);
      if (table) munmap(table, kWindowBytes / kPage * sizeof *pages_);
      return nullptr;
    }
    pages_ = static_cast<std::atomic<Mapping*>*>(table);
    window_.store(reinterpret_cast<uintptr_t>(window), std::memory_order_release);
  }
  const uint64_t first_byte = physical % kPage;
  const uint64_t pages = (first_byte + length + kPage - 1) / kPage;
  constexpr uint64_t kPages = kWindowBytes / kPage;
  if (pages == 0 || pages >= kPages) return nullptr;
  // One page stays free after each mapping, and freed addresses come back only after the whole window was used.
  const auto room = [&](uint64_t from, uint64_t* busy) {
    for (uint64_t i = 0; i < pages + 1; ++i) {
      if (pages_[from + i].load(std::memory_order_relaxed) == nullptr) continue;
      *busy = from + i;
      return false;
    }
    return true;
  };
  uint64_t at = next_page_;
  bool wrapped = false;
  for (;;) {
    if (at + pages + 1 > kPages) {
      if (wrapped) return nullptr;
      wrapped = true;
      at = 1;
      continue;
    }
    uint64_t busy = 0;
    if (room(at, &busy)) break;
    at = busy + 1;
    if (wrapped && at >= next_page_) return nullptr;
  }
  next_page_ = at + pages + 1;
  auto mapping = std::make_unique<Mapping>();
  mapping->region = region;
  mapping->base = window_.load(std::memory_order_relaxed) + at * kPage;
  mapping->pages = pages;
  mapping->offset = physical - first_byte - region->base;
  mapping->address = mapping->base + first_byte;
  for (uint64_t i = 0; i < pages; ++i) pages_[at + i].store(mapping.get(), std::memory_order_release);
  void* address = reinterpret_cast<void*>(mapping->address);
  mappings_[mapping->address] = std::move(mapping);
  return address;
}

bool IoSpace::Unmap(void* address) {
  rt::LockGuard guard(lock_);
  auto found = mappings_.find(reinterpret_cast<uint64_t>(address));
  if (found == mappings_.end()) return false;
  Mapping& mapping = *found->second;
  const uint64_t first = (mapping.base - window_.load(std::memory_order_relaxed)) / kPage;
  for (uint64_t i = 0; i < mapping.pages; ++i) pages_[first + i].store(nullptr, std::memory_order_release);
  old_.push_back(std::move(found->second));
  mappings_.erase(found);
  return true;
}

IoSpace::Mapping* IoSpace::Find(uintptr_t address) const {
  return pages_[(address - window_.load(std::memory_order_relaxed)) / kPage].load(std::memory_order_acquire);
}

bool IoSpace::ReadMapped(const volatile void* address, uint32_t bytes, uint64_t* value) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  const Mapping* mapping = Find(at);
  if (!mapping) return false;
  *value = mapping->region->Read(at - mapping->base + mapping->offset, bytes);
  return true;
}

bool IoSpace::WriteMapped(volatile void* address, uint32_t bytes, uint64_t value) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  const Mapping* mapping = Find(at);
  if (!mapping) return false;
  mapping->region->Write(at - mapping->base + mapping->offset, bytes, value);
  return true;
}

std::string IoSpace::Describe(const void* address) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  if (const Mapping* mapping = Find(at))
    return fmt::format("offset {:#x} of the registers of {}", at - mapping->base + mapping->offset, mapping->region->name);
  return "registers that are not mapped any more, or lie beyond what was mapped";
}

Region* IoSpace::PortRegion(uint64_t port) const {
  return port_table_ && port < kPorts ? port_table_[port].load(std::memory_order_acquire) : nullptr;
}

uint64_t IoSpace::ReadPort(uint64_t port, uint32_t bytes) {
  const Region* region = PortRegion(port);
  return region ? region->Read(port - region->base, bytes) : Ones(bytes);
}

void IoSpace::WritePort(uint64_t port, uint32_t bytes, uint64_t value) {
  if (const Region* region = PortRegion(port)) region->Write(port - region->base, bytes, value);
}

}  // namespace drydock::nt::hal
