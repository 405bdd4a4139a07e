#include "nt/ex/pool_shards.h"

#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "nt/ex/state.h"
#include "runtime/lock.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRYDOCK_POOL_TABLE 1
#endif
#endif

namespace drydock::nt::ex {
namespace {

constexpr size_t kPageSize = 4096;
constexpr size_t kCacheLine = 64;
constexpr size_t kAlignment = 16;
constexpr uint64_t kLiveCanary = 0x6C6F6F7079726420;   // "drypool" read backwards
constexpr uint64_t kFreedCanary = 0x6465657266797264;  // "dryfreed"
constexpr uint64_t kGuard = 0xFDFDFDFDFDFDFDFD;

size_t AlignmentFor(const PoolRequest& request) {
  if (request.bytes >= kPageSize) return kPageSize;
  return request.cache_aligned ? kCacheLine : kAlignment;
}

}  // namespace

void Pool::Add(PoolBlock* block, uint32_t hint) {
  block->shard = static_cast<uint8_t>(hint % kPoolShards);
  PoolShard& shard = shards[block->shard];
  PoolShardGuard guard(shard);
  block->number = shard.allocations++;
  ++shard.blocks;
  shard.bytes += block->size;
  block->previous = nullptr;
  block->next = shard.first;
  if (shard.first) shard.first->previous = block;
  shard.first = block;
}

void Pool::Remove(PoolBlock* block) {
  PoolShard& shard = shards[block->shard];
  PoolShardGuard guard(shard);
  --shard.blocks;
  shard.bytes -= block->size;
  (block->previous ? block->previous->next : shard.first) = block->next;
  if (block->next) block->next->previous = block->previous;
}

PoolUse Pool::Use() {
  PoolUse use;
  for (PoolShard& shard : shards) {
    PoolShardGuard guard(shard);
    use.blocks += shard.blocks;
    use.bytes += shard.bytes;
    use.allocations += shard.allocations;
  }
  return use;
}

bool Pool::Holds(const void* address, size_t bytes) {
  const auto from = reinterpret_cast<uintptr_t>(address);
  for (PoolShard& shard : shards) {
    PoolShardGuard guard(shard);
    for (const PoolBlock* block = shard.first; block != nullptr; block = block->next) {
      const auto base = reinterpret_cast<uintptr_t>(block->bytes);
      if (from < base + block->size && base < from + bytes) return true;
    }
  }
  return false;
}

Pool::~Pool() {
  for (PoolShard& shard : shards) {
    while (shard.first != nullptr) {
      PoolBlock* block = shard.first;
      shard.first = block->next;
      DropBlock(block);
    }
  }
}

#if DRYDOCK_POOL_TABLE

// Machines share addresses, so that one table serves them all.
namespace {
struct Table {
  rt::Lock lock;
  std::unordered_map<void*, PoolBlock*> blocks RT_GUARDED_BY(lock);
};
Table& TheTable() {
  static Table* table = new Table;
  return *table;
}
}  // namespace

PoolBlock* MakeBlock(const PoolRequest& request) {
  void* bytes = nullptr;
  const size_t size = request.bytes ? request.bytes : 1;
  const size_t alignment = AlignmentFor(request);
  if (alignment == kAlignment) {
    bytes = std::malloc(size);
  } else if (posix_memalign(&bytes, alignment, size) != 0) {
    bytes = nullptr;
  }
  if (bytes == nullptr) return nullptr;
  if (request.zero) std::memset(bytes, 0, size);
  auto* block = new PoolBlock{};
  block->allocation = block->bytes = bytes;
  Table& table = TheTable();
  rt::LockGuard guard(table.lock);
  table.blocks[bytes] = block;
  return block;
}

FoundBlock FindBlock(Kernel& kernel, void* bytes) {
  Table& table = TheTable();
  rt::LockGuard guard(table.lock);
  auto found = table.blocks.find(bytes);
  if (found != table.blocks.end()) return {BlockState::kLive, found->second};
  return {BlockState::kFreed, nullptr};
}

void DropBlock(PoolBlock* block) {
  {
    Table& table = TheTable();
    rt::LockGuard guard(table.lock);
    table.blocks.erase(block->bytes);
  }
  std::free(block->allocation);
  delete block;
}

#else

static_assert(sizeof(PoolBlock) % kAlignment == 0);
static_assert(offsetof(PoolBlock, guard) + sizeof(uint64_t) == sizeof(PoolBlock), "the guard lies right before the bytes");

PoolBlock* MakeBlock(const PoolRequest& request) {
  const size_t alignment = AlignmentFor(request);
  const size_t front = (sizeof(PoolBlock) + alignment - 1) & ~(alignment - 1);
  size_t total;
  if (__builtin_add_overflow(request.bytes, front + sizeof(kGuard), &total)) return nullptr;
  void* allocation = nullptr;
  if (alignment == kAlignment) {
    allocation = std::malloc(total);
  } else if (posix_memalign(&allocation, alignment, total) != 0) {
    allocation = nullptr;
  }
  if (allocation == nullptr) return nullptr;
  char* bytes = static_cast<char*>(allocation) + front;
  auto* block = reinterpret_cast<PoolBlock*>(bytes) - 1;
  block->allocation = allocation;
  block->bytes = bytes;
  block->forgotten = false;
  block->canary = kLiveCanary;
  block->guard = kGuard;
  if (request.zero) std::memset(bytes, 0, request.bytes);
  std::memcpy(bytes + request.bytes, &kGuard, sizeof kGuard);
  return block;
}

// Looks at memory that may have been freed: that is its purpose.
__attribute__((no_sanitize("thread"))) FoundBlock FindBlock(Kernel& kernel, void* bytes) {
  if (reinterpret_cast<uintptr_t>(bytes) % kAlignment != 0) return {BlockState::kUnknown, nullptr};
  auto* block = static_cast<PoolBlock*>(bytes) - 1;
  if (block->canary == kFreedCanary) return {BlockState::kFreed, nullptr};
  if (block->canary != kLiveCanary || block->bytes != bytes) return {BlockState::kUnknown, nullptr};
  if (block->guard != kGuard) return {BlockState::kUnderrun, block};
  if (std::memcmp(static_cast<char*>(bytes) + block->size, &kGuard, sizeof kGuard) != 0) return {BlockState::kOverrun, block};
  return {BlockState::kLive, block};
}

void DropBlock(PoolBlock* block) {
  block->canary = kFreedCanary;
  // The compiler may not drop the store although the memory is freed: a second free reads it.
  asm volatile("" : : "r"(block) : "memory");
  std::free(block->allocation);
}

#endif

}  // namespace drydock::nt::ex
