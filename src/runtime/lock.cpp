#include "runtime/lock.h"

#include "runtime/futex.h"

namespace drydock::rt {
namespace {

constexpr int64_t kNap = 200'000;  // nanoseconds

int64_t Soon() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec + kNap;
}

}  // namespace

void Lock::AcquireSlow() {
  // Holders are quick: a short spin usually saves the sleep.
  for (int i = 0; i < 64; ++i) {
    uint32_t free = 0;
    if (state_.load(std::memory_order_relaxed) == 0 &&
        state_.compare_exchange_weak(free, 1, std::memory_order_acquire)) {
      return;
    }
    __builtin_ia32_pause();
  }
  // From here on mark the lock as having sleepers; at worst one needless wake follows.
  while (state_.exchange(2, std::memory_order_acquire) != 0) FutexWait(state_, 2, Soon());
}

void Lock::WakeOne() { FutexWake(state_, 1); }

}  // namespace drydock::rt
