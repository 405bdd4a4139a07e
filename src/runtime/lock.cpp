#include "runtime/lock.h"

#include "runtime/futex.h"

namespace drydock::rt {

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
  while (state_.exchange(2, std::memory_order_acquire) != 0) FutexWait(state_, 2);
}

void Lock::WakeOne() { FutexWake(state_, 1); }

}  // namespace drydock::rt
