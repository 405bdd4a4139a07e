// SpinLock: a WDFSPINLOCK.
// Called by:  drivers; interrupts that were given one.
// IRQL:       (K) acquired at <= DISPATCH_LEVEL, held at DISPATCH_LEVEL; (U) held at PASSIVE_LEVEL.
// Errors:     a second acquire by the owner hangs (O-21). (V) a release by another thread is bug check 0x10D/0xB with parameter 3 = 1. On a
//             lock that was handed to an interrupt both calls do nothing but break (DEVX-14).
// Source:     SYN-13, SYN-14, SYN-17, DEVX-14.
#pragma once

#include <atomic>

#include "nt/thread.h"
#include "wdf/object/object.h"

namespace drydock::wdf {

class SpinLock final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kSpinLock;
  static constexpr uint32_t kHistory = 8;

  void Initialize();
  void Acquire(const void* caller);
  void Release();
  void GiveToInterrupt() { of_interrupt_ = true; }
  // For interrupts: the lock itself, and the highest level of those that have it (INT-20).
  KSPIN_LOCK* word() { return &lock_; }
  void UsedAt(KIRQL irql) { interrupt_irql_ = irql > interrupt_irql_ ? irql : interrupt_irql_; }
  KIRQL interrupt_irql() const { return interrupt_irql_; }

  struct Use {  // (V) the last acquisitions, newest last
    uint64_t thread = 0;
    const void* caller = nullptr;
    int64_t time = 0;
  };

 private:
  KSPIN_LOCK lock_ = 0;
  KEVENT free_ = {};  // (U)
  KIRQL old_irql_ = 0;
  KIRQL interrupt_irql_ = 0;
  bool of_interrupt_ = false;
  std::atomic<nt::Thread*> owner_{nullptr};
  uint32_t uses_ = 0;
  Use history_[kHistory];
};

}  // namespace drydock::wdf
