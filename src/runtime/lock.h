// Lock: the one internal lock of every floor. Short critical sections only.
// Called by:  any task, or the executor's clock context; never held across a call into a driver, a park or a schedule point.
// Cost:       one atomic exchange when free, and a plain store to let go. Live: spins briefly, then sleeps on a futex. Simulated:
//             never contended, because a task gives up the processor only at a schedule point, and none may be reached with a Lock
//             held (asserted in Park).
// Waking:     Release looks for sleepers and then frees the lock, in two steps. One who marks itself between them goes unseen: it
//             sleeps for kNap at most before it looks again. That costs a rare contender a little time and every Release nothing.
// Errors:     none. Taking a lock twice on one task is our bug (asserted where it is cheap, otherwise it hangs under the live
//             executor and is reported as a stall under the simulated one).
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/thread_annotations.h"

namespace drydock::rt {

class RT_CAPABILITY("mutex") Lock {
 public:
  constexpr Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void Acquire() RT_ACQUIRE() {
    uint32_t free = 0;
    if (!state_.compare_exchange_strong(free, 1, std::memory_order_acquire)) AcquireSlow();
  }
  bool TryAcquire() RT_TRY_ACQUIRE(true) {
    uint32_t free = 0;
    return state_.compare_exchange_strong(free, 1, std::memory_order_acquire);
  }
  void Release() RT_RELEASE() {
    const bool sleepers = state_.load(std::memory_order_relaxed) == 2;
    state_.store(0, std::memory_order_release);
    if (__builtin_expect(sleepers, 0)) WakeOne();
  }
  bool IsHeld() const { return state_.load(std::memory_order_relaxed) != 0; }

 private:
  void AcquireSlow() RT_NO_ANALYSIS;
  void WakeOne();
  std::atomic<uint32_t> state_{0};  // 0 free, 1 held, 2 held and someone sleeps
};

class RT_SCOPED_CAPABILITY LockGuard {
 public:
  explicit LockGuard(Lock& lock) RT_ACQUIRE(lock) : lock_(lock) { lock_.Acquire(); }
  ~LockGuard() RT_RELEASE() { lock_.Release(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  Lock& lock_;
};

}  // namespace drydock::rt
