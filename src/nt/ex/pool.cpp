#include "nt/ex/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ex/leaks.h"
#include "nt/ex/pool_shards.h"
#include "nt/ex/state.h"
#include "nt/ke/state.h"
#include "nt/thread.h"
#include "nt/trace.h"
#include "runtime/fault_handler.h"

namespace drydock::nt::ex {
namespace {

// First parameters of BAD_POOL_CALLER.
enum : uint64_t {
  kAlreadyFreed = 0x07,
  kAllocateAtBadIrql = 0x08,
  kFreeAtBadIrql = 0x09,
  kWrongTag = 0x0A,
  kInvalidAddress = 0x46,
};
constexpr uint64_t kCorruptHeader = 0x20;  // BAD_POOL_HEADER
constexpr size_t kTimersWorthLooking = 256;

std::string TagText(uint32_t tag) {
  std::string text = "'";
  for (int i = 0; i < 4; ++i) {
    const char c = static_cast<char>(tag >> (8 * i) & 0x7F);
    text += c >= 0x20 && c < 0x7F ? c : '.';
  }
  return text + "'";
}

void CheckIrql(bool paged, uint64_t reason, size_t bytes_or_address, const char* function) {
  const Thread* thread = CurrentThreadOrNull();
  if (thread == nullptr || thread->irql <= (paged ? APC_LEVEL : DISPATCH_LEVEL)) return;
  BugCheck(bug::kBadPoolCaller, {reason, thread->irql, paged ? uint64_t{PagedPool} : uint64_t{NonPagedPool}, bytes_or_address},
           fmt::format("{} was called for {} pool at IRQL {}; the highest level for it is {}.", function, paged ? "paged" : "nonpaged",
                       thread->irql, paged ? "APC_LEVEL" : "DISPATCH_LEVEL"));
}

}  // namespace

bool MayAllocate(Kernel& kernel, size_t bytes) {
  Pool& pool = *kernel.ex->pool;
  const PoolFailureHook hook = pool.failure_hook.load(std::memory_order_acquire);
  if (__builtin_expect(hook == nullptr, 1)) return true;
  PoolRequest request;
  request.bytes = bytes;
  if (!hook(pool.failure_context.load(std::memory_order_relaxed), request)) return true;
  RecordEvent(kernel, kEventPoolFail, 0, bytes);
  return false;
}

void* AllocatePool(Kernel& kernel, const PoolRequest& request) {
  Pool& pool = *kernel.ex->pool;
  CheckIrql(request.paged, kAllocateAtBadIrql, request.bytes, "ExAllocatePool");
  const uint64_t limit = pool.limit.load(std::memory_order_relaxed);
  const PoolFailureHook hook = pool.failure_hook.load(std::memory_order_acquire);
  if (__builtin_expect(hook != nullptr || limit != 0, 0)) {
    if ((limit != 0 && pool.Use().bytes + request.bytes > limit) ||
        (hook != nullptr && hook(pool.failure_context.load(std::memory_order_relaxed), request))) {
      RecordEvent(kernel, kEventPoolFail, request.tag, request.bytes);
      return nullptr;
    }
  }
  PoolBlock* block = MakeBlock(request);
  if (block == nullptr) return nullptr;
  block->pool = &pool;
  block->tag = request.tag;
  block->paged = request.paged;
  block->size = request.bytes;
  const Thread* thread = CurrentThreadOrNull();
  block->code = thread && thread->callbacks ? thread->callbacks->code : nullptr;
  // From the caller of the pool routine on.
  void* frames[kPoolStackDepth + 4];
  const size_t depth = rt::CaptureFramePointers(frames, std::size(frames));
  size_t first = 0;
  while (first < depth && frames[first] != request.caller) ++first;
  if (first == depth) first = 0;
  block->depth = static_cast<uint8_t>(std::min(depth - first, kPoolStackDepth));
  std::copy_n(frames + first, block->depth, block->stack);
  pool.Add(block, thread ? static_cast<uint32_t>(thread->thread_id / 4) : 0);
  return BytesOf(block);
}

void FreePool(void* memory, uint32_t tag, const char* function) {
  const auto address = reinterpret_cast<uint64_t>(memory);
  if (memory == nullptr) {
    BugCheck(bug::kBadPoolCaller, {kInvalidAddress, 0, 0, 0}, fmt::format("{} was given a null pointer.", function));
  }
  const FoundBlock found = FindBlock(CurrentKernel(), memory);
  switch (found.state) {
    case BlockState::kLive: break;
    case BlockState::kFreed:
      BugCheck(bug::kBadPoolCaller, {kAlreadyFreed, 0, 0, address},
               fmt::format("{}: the pool block at {} was freed before.", function, memory));
    case BlockState::kUnknown:
      BugCheck(bug::kBadPoolCaller, {kInvalidAddress, address, 0, 0},
               fmt::format("{}: {} is not the start of a pool block (or what lies before it was overwritten).", function, memory));
    case BlockState::kUnderrun:
    case BlockState::kOverrun:
      BugCheck(bug::kBadPoolHeader, {kCorruptHeader, address, address + found.block->size, found.block->size},
               fmt::format("{}: the driver wrote {} the pool block at {} ({} bytes, tag {}).", function,
                           found.state == BlockState::kOverrun ? "behind the end of" : "before the start of", memory, found.block->size,
                           TagText(found.block->tag)));
  }
  PoolBlock* block = found.block;
  constexpr uint32_t kProtected = 0x80000000;  // PROTECTED_POOL
  if (tag != 0 && ((tag ^ block->tag) & ~kProtected) != 0) {
    BugCheck(bug::kBadPoolCaller, {kWrongTag, address, block->tag, tag},
             fmt::format("{}: the pool block at {} has the tag {}, not {}.", function, memory, TagText(block->tag), TagText(tag)));
  }
  CheckIrql(block->paged, kFreeAtBadIrql, address, function);
  Kernel& kernel = block->pool->kernel;
  if (kernel.ke && block->size >= sizeof(KTIMER)) {
    const size_t timers = __atomic_load_n(&kernel.ke->timers.active_count, __ATOMIC_RELAXED);
    if (timers != 0 && timers <= kTimersWorthLooking) {
      if (const KTIMER* timer = ke::ActiveTimerIn(kernel, memory, block->size)) {
        BugCheck(bug::kTimerOrDpcInvalid, {0, reinterpret_cast<uint64_t>(timer), address, block->size},
                 fmt::format("{}: the pool block at {} holds a timer that is still set.", function, memory));
      }
    }
  }
  block->pool->Remove(block);
  DropBlock(block);
}

void SetPoolFailureHook(Kernel& kernel, PoolFailureHook hook, void* context) {
  kernel.ex->pool->failure_context.store(context, std::memory_order_relaxed);
  kernel.ex->pool->failure_hook.store(hook, std::memory_order_release);
}

void SetPoolLimit(Kernel& kernel, uint64_t bytes) { kernel.ex->pool->limit.store(bytes, std::memory_order_relaxed); }

PoolUse PoolInUse(Kernel& kernel) { return kernel.ex->pool->Use(); }
bool IsInPool(Kernel& kernel, const void* address, size_t bytes) { return kernel.ex->pool->Holds(address, bytes); }

namespace {

bool IsIn(const void* address, const void* start, size_t bytes) {
  return reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(start) < bytes;
}

bool MadeBy(const PoolBlock& block, const void* start, size_t bytes) {
  if (bytes == 0 || IsIn(block.code, start, bytes)) return true;
  for (uint8_t i = 0; i < block.depth; ++i) {
    if (IsIn(block.stack[i], start, bytes)) return true;
  }
  return false;
}

std::vector<PoolLeak> Collect(Kernel& kernel, const void* start, size_t bytes, bool forget) {
  std::vector<std::pair<uint64_t, PoolLeak>> found;  // in order of allocation
  for (PoolShard& shard : kernel.ex->pool->shards) {
    PoolShardGuard guard(shard);
    for (PoolBlock* block = shard.first; block != nullptr; block = block->next) {
      if (block->forgotten || !MadeBy(*block, start, bytes)) continue;
      block->forgotten = block->forgotten || forget;
      PoolLeak leak;
      leak.tag = block->tag;
      leak.size = block->size;
      leak.block = BytesOf(block);
      leak.code = block->code;
      leak.stack.assign(block->stack, block->stack + block->depth);
      found.emplace_back(block->number, std::move(leak));
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<PoolLeak> leaks;
  for (auto& [number, leak] : found) leaks.push_back(std::move(leak));
  return leaks;
}

}  // namespace

std::vector<PoolLeak> LeaksOf(Kernel& kernel, const void* image_start, size_t image_bytes) {
  if (image_bytes == 0) return {};
  return Collect(kernel, image_start, image_bytes, false);
}
std::vector<PoolLeak> AllLeaks(Kernel& kernel) { return Collect(kernel, nullptr, 0, false); }
void ForgetLeaks(Kernel& kernel, const void* image_start, size_t image_bytes) { Collect(kernel, image_start, image_bytes, true); }

}  // namespace drydock::nt::ex
