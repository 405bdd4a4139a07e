// Arena: where framework objects live: one reserved address range per machine, cut into slots by size class.
// Called by:  wdf/object, any IRQL, any task.
// Ownership:  Framework. A free slot keeps its first 16 bytes readable (link and dead canary), the rest is poisoned under ASan.
// Locks:      lock_ for the shared lists; a thread's own cache (slots up to 1 KiB) needs none.
// Errors:     null when the range is used up.
// Source:     contract between rooms; OBJ-07, DEVX-5 (stale handles are recognised by the dead canary).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/lock.h"

namespace drydock::wdf {

struct ThreadState;

// What a free slot looks like: the canary lies where an object has its own.
struct FreeSlot {
  FreeSlot* next;
  uint32_t canary;
  uint32_t reserved;
};

class Arena {
 public:
  static constexpr size_t kReserved = size_t{8} << 30;
  static constexpr size_t kSmallStep = 64;
  static constexpr uint8_t kSmallClasses = 16;  // 64, 128 ... 1024 bytes
  static constexpr uint8_t kClasses = kSmallClasses + 36;  // then 1.5 K, 2 K, 3 K, 4 K ... by half powers of two, up to 256 MiB
  static constexpr uint32_t kCacheLimit = 64;   // free slots a thread keeps per class

  Arena();
  ~Arena();
  Arena(const Arena&) = delete;

  void* Allocate(size_t bytes, uint8_t* size_class);
  void Free(void* slot, uint8_t size_class);
  bool Contains(uintptr_t address) const {
    return address - base_ < committed_.load(std::memory_order_acquire);
  }
  static size_t ClassSize(uint8_t size_class);
  // Visits every slot that was ever handed out, in order of address; a free one has the dead canary. No allocation may run meanwhile.
  void ForEachSlot(void (*visit)(void* context, void* slot), void* context);

  // The calling thread's cache, made on first use; null off any thread.
  ThreadState* CacheOfCurrentThread();

 private:
  friend struct ThreadState;
  struct Chunk {
    uintptr_t begin;
    uintptr_t carved;  // slots up to here were handed out
    uintptr_t end;
    uint8_t size_class;
  };
  static uint8_t ClassOf(size_t bytes);
  FreeSlot* TakeShared(uint8_t size_class) RT_REQUIRES(lock_);
  FreeSlot* Carve(uint8_t size_class) RT_REQUIRES(lock_);
  void Flush(ThreadState& state);

  uintptr_t base_ = 0;
  std::atomic<size_t> committed_{0};
  rt::Lock lock_;
  size_t used_ RT_GUARDED_BY(lock_) = 0;
  FreeSlot* free_[kClasses] RT_GUARDED_BY(lock_) = {};
  int32_t open_chunk_[kClasses] RT_GUARDED_BY(lock_);  // index into chunks_, -1: none
  std::vector<Chunk> chunks_ RT_GUARDED_BY(lock_);
  ThreadState* threads_ RT_GUARDED_BY(lock_) = nullptr;
};

}  // namespace drydock::wdf
