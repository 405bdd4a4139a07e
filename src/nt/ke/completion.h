// Completion: a one-shot "done" flag with at most one waiter, for our own waits (synchronous sends). Cheaper than a KEVENT: done
// before the wait costs one exchange and one load.
// Called by:  Signal: any task at IRQL <= DISPATCH_LEVEL. Wait: one task, below DISPATCH_LEVEL.
// Ownership:  usually on the waiter's stack. Signal does not touch it after the waiter could see it done.
// Errors:     Wait throws rt::TaskStopped after a stop, signalled or not seen.
#pragma once

#include <atomic>
#include <cstdint>

#include "nt/ke/wait_info.h"
#include "runtime/executor.h"

namespace drydock::nt::ke {

class Completion {
 public:
  bool done() const { return state_.load(std::memory_order_acquire) == kDone; }

  void Signal() {
    uint32_t state = state_.load(std::memory_order_acquire);
    for (;;) {
      rt::Task* waiter = waiter_.load(std::memory_order_relaxed);
      if (state_.compare_exchange_weak(state, kDone, std::memory_order_acq_rel)) {
        if (state == kWaited) waiter->executor->Unpark(waiter);
        break;
      }
    }
  }

  // Signal on the very task that would wait: it does not wait now.
  void SignalSelf() { state_.store(kDone, std::memory_order_relaxed); }

  // True when done; false when the deadline (interrupt time) passed first.
  bool Wait(const WaitInfo& info, rt::Ticks deadline = rt::kNever) {
    return done() || WaitSlow(info, deadline);
  }

  void Reset() { state_.store(kClear, std::memory_order_relaxed); }  // by the waiter, with no Signal under way

 private:
  static constexpr uint32_t kClear = 0, kWaited = 1, kDone = 2;
  bool WaitSlow(const WaitInfo& info, rt::Ticks deadline);

  std::atomic<uint32_t> state_{kClear};
  std::atomic<rt::Task*> waiter_{nullptr};
};

}  // namespace drydock::nt::ke
