// How pool blocks are laid out and found again. For nt/ex/pool.cpp only.
//
// Without an address sanitizer: [PoolBlock][guard] bytes [guard], one allocation. With one: the bytes are an allocation of their own and
// the PoolBlock stands in a table, so that the sanitizer's red zones begin right at the bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "nt/ex/pool.h"
#include "runtime/bit_lock.h"

namespace drydock::nt::ex {

inline constexpr size_t kPoolStackDepth = 5;
inline constexpr size_t kPoolShards = 8;

struct Pool;

struct PoolBlock {
  PoolBlock* previous;
  PoolBlock* next;
  Pool* pool;
  size_t size;
  uint64_t number;  // of its shard, in order of allocation
  const void* code;
  void* stack[kPoolStackDepth];
  void* allocation;  // what free() takes
  void* bytes;
  uint32_t tag;
  uint8_t shard;
  uint8_t depth;
  bool paged;
  bool forgotten;
  uint64_t canary;
  uint64_t guard;  // the last word before the bytes
};

// Guarded by a bit, whose release costs no more than a store: this is on the way of every allocation.
struct alignas(64) PoolShard {
  unsigned char locked = 0;
  PoolBlock* first = nullptr;
  uint64_t blocks = 0;
  uint64_t bytes = 0;
  uint64_t allocations = 0;
};
class PoolShardGuard {
 public:
  explicit PoolShardGuard(PoolShard& shard) : shard_(shard) { rt::AcquireBit(&shard.locked, 1); }
  ~PoolShardGuard() { rt::ReleaseBit(&shard_.locked, 1); }

 private:
  PoolShard& shard_;
};

struct Pool {
  explicit Pool(Kernel& kernel) : kernel(kernel) {}
  ~Pool();  // frees what is left

  void Add(PoolBlock* block, uint32_t hint);
  void Remove(PoolBlock* block);

  Kernel& kernel;
  PoolShard shards[kPoolShards];
  PoolUse Use();
  bool Holds(const void* address, size_t bytes);  // any of them
  std::atomic<uint64_t> limit{0};
  std::atomic<PoolFailureHook> failure_hook = nullptr;
  std::atomic<void*> failure_context = nullptr;
};

enum class BlockState : uint8_t { kLive, kFreed, kUnknown, kUnderrun, kOverrun };
struct FoundBlock {
  BlockState state;
  PoolBlock* block;
};

PoolBlock* MakeBlock(const PoolRequest& request);  // guards set, bytes zeroed if asked; null: no memory
FoundBlock FindBlock(Kernel& kernel, void* bytes);
void DropBlock(PoolBlock* block);
inline void* BytesOf(const PoolBlock* block) { return block->bytes; }

}  // namespace drydock::nt::ex
