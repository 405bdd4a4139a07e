#include "wdf/object/arena.h"

#include <sys/mman.h>

#include <bit>

#include "runtime/assert.h"
#include "wdf/object/object.h"
#include "wdf/object/thread_state.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRYDOCK_ASAN 1
#endif
#endif
#if defined(DRYDOCK_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace drydock::wdf {
namespace {

constexpr size_t kChunk = 64 << 10;
constexpr size_t kCommitStep = 1 << 20;
constexpr uint32_t kBatch = 16;  // slots moved between a thread and the shared list at once

void Poison([[maybe_unused]] void* slot, [[maybe_unused]] size_t from, [[maybe_unused]] size_t to) {
#if defined(DRYDOCK_ASAN)
  if (from < to) __asan_poison_memory_region(static_cast<char*>(slot) + from, to - from);
#endif
}
void Unpoison([[maybe_unused]] void* slot, [[maybe_unused]] size_t bytes) {
#if defined(DRYDOCK_ASAN)
  __asan_unpoison_memory_region(slot, bytes);
#endif
}

}  // namespace

Arena::Arena() {
  void* range = mmap(nullptr, kReserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  RT_ASSERT(range != MAP_FAILED);
  base_ = reinterpret_cast<uintptr_t>(range);
  for (int32_t& index : open_chunk_) index = -1;
}

Arena::~Arena() {
  for (ThreadState* state = threads_; state;) {
    ThreadState* next = state->next;
    state->thread->wdf = nullptr;
    state->thread->free_wdf = nullptr;
    delete state;
    state = next;
  }
  Unpoison(reinterpret_cast<void*>(base_), committed_.load());
  munmap(reinterpret_cast<void*>(base_), kReserved);
}

uint8_t Arena::ClassOf(size_t bytes) {
  if (bytes <= kSmallStep * kSmallClasses) return bytes == 0 ? 0 : static_cast<uint8_t>((bytes - 1) / kSmallStep);
  // 1 K * 2^k < bytes <= 1 K * 2^(k + 1): the lower or the upper half of that step.
  const unsigned k = std::bit_width((bytes - 1) >> 10) - 1;
  const size_t half = size_t{1536} << k;
  const size_t index = kSmallClasses + 2 * k + (bytes > half ? 1 : 0);
  return index < kClasses ? static_cast<uint8_t>(index) : kClasses;
}

size_t Arena::ClassSize(uint8_t size_class) {
  if (size_class < kSmallClasses) return (size_class + size_t{1}) * kSmallStep;
  const unsigned index = size_class - kSmallClasses;
  return (index % 2 ? size_t{2048} : size_t{1536}) << (index / 2);
}

FreeSlot* Arena::Carve(uint8_t size_class) {
  const size_t size = ClassSize(size_class);
  int32_t open = open_chunk_[size_class];
  if (open < 0 || chunks_[open].carved + size > chunks_[open].end) {
    const size_t bytes = size <= kChunk / 4 ? kChunk : (size + 4095) & ~size_t{4095};
    if (bytes > kReserved - used_) return nullptr;
    const size_t wanted = used_ + bytes;
    const size_t committed = committed_.load(std::memory_order_relaxed);
    if (wanted > committed) {
      size_t grown = (wanted + kCommitStep - 1) & ~(kCommitStep - 1);
      if (grown > kReserved) grown = kReserved;
      void* begin = reinterpret_cast<void*>(base_ + committed);
      if (mprotect(begin, grown - committed, PROT_READ | PROT_WRITE) != 0) return nullptr;
      Poison(begin, 0, grown - committed);
      committed_.store(grown, std::memory_order_release);
    }
    const uintptr_t begin = base_ + used_;
    used_ = wanted;
    open = static_cast<int32_t>(chunks_.size());
    chunks_.push_back({begin, begin, begin + bytes, size_class});
    open_chunk_[size_class] = open;
  }
  FreeSlot* slot = reinterpret_cast<FreeSlot*>(chunks_[open].carved);
  chunks_[open].carved += size;
  Unpoison(slot, sizeof(FreeSlot));
  slot->canary = Object::kDeadCanary;
  return slot;
}

FreeSlot* Arena::TakeShared(uint8_t size_class) {
  FreeSlot* slot = free_[size_class];
  if (!slot) return Carve(size_class);
  free_[size_class] = slot->next;
  return slot;
}

void* Arena::Allocate(size_t bytes, uint8_t* size_class) {
  const uint8_t index = ClassOf(bytes);
  if (index >= kClasses) return nullptr;
  *size_class = index;
  FreeSlot* slot = nullptr;
  ThreadState* cache = index < kSmallClasses ? CacheOfCurrentThread() : nullptr;
  if (cache) {
    if (!cache->free[index]) {
      rt::LockGuard guard(lock_);
      for (uint32_t i = 0; i < kBatch; ++i) {
        FreeSlot* taken = TakeShared(index);
        if (!taken) break;
        taken->next = cache->free[index];
        cache->free[index] = taken;
        ++cache->count[index];
      }
    }
    slot = cache->free[index];
    if (!slot) return nullptr;
    cache->free[index] = slot->next;
    --cache->count[index];
  } else {
    rt::LockGuard guard(lock_);
    slot = TakeShared(index);
    if (!slot) return nullptr;
  }
  Unpoison(slot, bytes);
  return slot;
}

void Arena::Free(void* memory, uint8_t size_class) {
  FreeSlot* slot = static_cast<FreeSlot*>(memory);
  slot->canary = Object::kDeadCanary;
  Poison(slot, sizeof(FreeSlot), ClassSize(size_class));
  ThreadState* cache = size_class < kSmallClasses ? CacheOfCurrentThread() : nullptr;
  if (!cache) {
    rt::LockGuard guard(lock_);
    slot->next = free_[size_class];
    free_[size_class] = slot;
    return;
  }
  slot->next = cache->free[size_class];
  cache->free[size_class] = slot;
  if (++cache->count[size_class] <= kCacheLimit) return;
  rt::LockGuard guard(lock_);
  for (uint32_t i = 0; i < kBatch; ++i) {
    FreeSlot* given = cache->free[size_class];
    cache->free[size_class] = given->next;
    --cache->count[size_class];
    given->next = free_[size_class];
    free_[size_class] = given;
  }
}

void Arena::ForEachSlot(void (*visit)(void* context, void* slot), void* context) {
  std::vector<Chunk> chunks;
  {
    rt::LockGuard guard(lock_);
    chunks = chunks_;
  }
  for (const Chunk& chunk : chunks) {
    for (uintptr_t slot = chunk.begin; slot < chunk.carved; slot += ClassSize(chunk.size_class)) {
      visit(context, reinterpret_cast<void*>(slot));
    }
  }
}

ThreadState* Arena::CacheOfCurrentThread() {
  nt::Thread* thread = nt::CurrentThreadOrNull();
  if (!thread) return nullptr;
  ThreadState* state = static_cast<ThreadState*>(thread->wdf);
  if (__builtin_expect(state != nullptr, 1)) return state;
  state = new ThreadState;
  state->arena = this;
  state->thread = thread;
  thread->wdf = state;
  thread->free_wdf = &ThreadState::FreeFromThread;
  rt::LockGuard guard(lock_);
  state->next = threads_;
  if (threads_) threads_->previous = state;
  threads_ = state;
  return state;
}

void Arena::Flush(ThreadState& state) {
  rt::LockGuard guard(lock_);
  for (uint8_t index = 0; index < kSmallClasses; ++index) {
    while (FreeSlot* slot = state.free[index]) {
      state.free[index] = slot->next;
      slot->next = free_[index];
      free_[index] = slot;
    }
  }
  if (state.next) state.next->previous = state.previous;
  (state.previous ? state.previous->next : threads_) = state.next;
}

void ThreadState::FreeFromThread(void* pointer) {
  ThreadState* state = static_cast<ThreadState*>(pointer);
  FreeSpareRequests(*state);  // into the caches that are flushed next
  state->thread->wdf = nullptr;
  state->arena->Flush(*state);
  delete state;
}

}  // namespace drydock::wdf
