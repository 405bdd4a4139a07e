#include "nt/hal/dma/logical_space.h"

#include <cstdio>
#include <cstring>

#include <ntddk.h>

#include "nt/dbg/state.h"
#include "nt/kernel.h"
#include "nt/mm/state.h"
#include "nt/trace.h"

namespace drydock::nt::hal {
namespace {

struct Zone {
  uint64_t first, end;  // pages
};

// Where a device with so many address lines has its mappings: as high as they reach, so that a wrong width is seen.
Zone ZoneOf(uint32_t width) {
  const uint64_t first = width <= 24 ? 0x10 : width <= 32 ? 0x1000 : 0x10'0000;
  const uint32_t bits = width > 52 ? 52 : width;
  return {first, (uint64_t{1} << bits) >> PAGE_SHIFT};
}

constexpr bool Allows(DeviceAccess has, DeviceAccess wants) { return (static_cast<int>(has) & static_cast<int>(wants)) == static_cast<int>(wants); }

}  // namespace

uint64_t LogicalSpace::Map(void* host, size_t length, uint32_t width, DeviceAccess access, uint64_t alignment) {
  const uint64_t offset = reinterpret_cast<uintptr_t>(host) & (PAGE_SIZE - 1);
  const uint64_t count = (offset + length + PAGE_SIZE - 1) >> PAGE_SHIFT;
  const Zone zone = ZoneOf(width);
  rt::LockGuard guard(lock_);
  uint64_t& cursor = cursors_[zone.first];
  if (cursor < zone.first || cursor >= zone.end) cursor = zone.first;
  uint64_t found = 0;
  for (int round = 0; round < 2 && !found; ++round) {
    uint64_t at = round == 0 ? cursor : zone.first;
    for (;;) {
      at = (at + alignment - 1) / alignment * alignment;
      if (at >= zone.end || zone.end - at < count + 1) break;
      auto next = taken_.upper_bound(at);
      if (next != taken_.begin()) {
        auto before = std::prev(next);
        if (before->first + before->second + 1 > at) {  // the page after it stays free
          at = before->first + before->second + 1;
          continue;
        }
      }
      if (next == taken_.end() || next->first >= at + count + 1) {
        found = at;
        break;
      }
      at = next->first + next->second + 1;
    }
  }
  if (!found) return 0;
  taken_[found] = count;
  cursor = found + count + 1;
  char* page = static_cast<char*>(host) - offset;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t begin = i == 0 ? offset : 0;
    const uint64_t end = i + 1 == count ? offset + length - i * PAGE_SIZE : PAGE_SIZE;
    pages_[found + i] = {page + i * PAGE_SIZE, static_cast<uint16_t>(begin), static_cast<uint16_t>(end - 1), access};
  }
  return (found << PAGE_SHIFT) + offset;
}

void LogicalSpace::Unmap(uint64_t logical, size_t length) {
  const uint64_t first = logical >> PAGE_SHIFT;
  const uint64_t count = ((logical & (PAGE_SIZE - 1)) + length + PAGE_SIZE - 1) >> PAGE_SHIFT;
  rt::LockGuard guard(lock_);
  for (uint64_t i = 0; i < count; ++i) pages_.erase(first + i);
  taken_.erase(first);
}

char* LogicalSpace::Find(uint64_t logical, size_t* bytes, DeviceAccess access) {
  const uint64_t offset = logical & (PAGE_SIZE - 1);
  if (*bytes > PAGE_SIZE - offset) *bytes = PAGE_SIZE - offset;
  auto found = pages_.find(logical >> PAGE_SHIFT);
  if (found != pages_.end()) {
    const Page& page = found->second;
    if (offset < page.begin || offset + *bytes - 1 > page.last || !Allows(page.access, access)) return nullptr;
    return page.host + offset;
  }
  if (!kernel_) return nullptr;
  mm::State& memory = *kernel_->mm;
  rt::LockGuard guard(memory.contiguous_lock);
  auto after = memory.contiguous.upper_bound(reinterpret_cast<void*>(logical));
  if (after == memory.contiguous.begin()) return nullptr;
  auto block = std::prev(after);
  const uint64_t base = reinterpret_cast<uint64_t>(block->first);
  if (logical - base >= block->second || block->second - (logical - base) < *bytes) return nullptr;
  return reinterpret_cast<char*>(logical);
}

bool LogicalSpace::Check(uint64_t logical, size_t bytes, DeviceAccess access) {
  if (!kernel_) return false;
  while (bytes > 0) {
    size_t part = bytes;
    if (!Find(logical, &part, access)) return false;
    logical += part;
    bytes -= part;
  }
  return true;
}

bool LogicalSpace::Read(uint64_t logical, void* to, size_t bytes) {
  {
    rt::LockGuard guard(lock_);
    if (Check(logical, bytes, DeviceAccess::kReads)) {
      for (size_t done = 0; done < bytes;) {
        size_t part = bytes - done;
        const char* host = Find(logical + done, &part, DeviceAccess::kReads);
        std::memcpy(static_cast<char*>(to) + done, host, part);
        done += part;
      }
      return true;
    }
  }
  Report(logical, bytes, false);
  return false;
}

bool LogicalSpace::Write(uint64_t logical, const void* from, size_t bytes) {
  {
    rt::LockGuard guard(lock_);
    if (Check(logical, bytes, DeviceAccess::kWrites)) {
      for (size_t done = 0; done < bytes;) {
        size_t part = bytes - done;
        char* host = Find(logical + done, &part, DeviceAccess::kWrites);
        std::memcpy(host, static_cast<const char*>(from) + done, part);
        done += part;
      }
      return true;
    }
  }
  Report(logical, bytes, true);
  return false;
}

bool LogicalSpace::IsMapped(uint64_t logical, size_t bytes, DeviceAccess access) {
  rt::LockGuard guard(lock_);
  return Check(logical, bytes, access);
}

size_t LogicalSpace::mapped_pages() {
  rt::LockGuard guard(lock_);
  return pages_.size();
}

void LogicalSpace::End() {
  rt::LockGuard guard(lock_);
  kernel_ = nullptr;
  pages_.clear();
}

void LogicalSpace::Report(uint64_t logical, size_t bytes, bool write) {
  Kernel* kernel;
  bool other_way = false;
  {
    rt::LockGuard guard(lock_);
    kernel = kernel_;
    if (kernel) other_way = Check(logical, bytes, write ? DeviceAccess::kReads : DeviceAccess::kWrites);
  }
  if (!kernel) return;
  char words[200];
  std::snprintf(words, sizeof(words), "A device %s %zu bytes at logical address 0x%llx, which is %s.", write ? "wrote" : "read", bytes,
                static_cast<unsigned long long>(logical),
                other_way ? (write ? "mapped for a transfer to the device" : "mapped for a transfer from the device")
                          : "not mapped for it: never, not so long, or not any more");
  RecordEvent(*kernel, kEventBreak);
  dbg::PrintLine(*kernel, std::string("break: ") + words);
  if (kernel->on_break) kernel->on_break(kernel->on_break_context, words);
}

}  // namespace drydock::nt::hal
