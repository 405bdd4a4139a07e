// CallbackLock: the lock of automatic synchronisation (scope Device or Queue), also what WdfObjectAcquireLock takes.
// Called by:  everyone who calls a driver's serialised callback; WdfObjectAcquireLock/ReleaseLock.
// IRQL:       level Dispatch: a spin lock, acquired at <= DISPATCH_LEVEL, held at DISPATCH_LEVEL. Level Passive: a mutex in a critical region,
//             acquired and held at PASSIVE_LEVEL (<= APC_LEVEL).
// Ownership:  lives in a device, a queue or a driver object; a thread owns it from Acquire to Release.
// Errors:     a second Acquire by the owning thread is bug check 0x10D/0x2 (parameter 2 = address of the lock), in every build.
// Source:     IOX-49, O-38, DEVX-13, DEVX-17, SYN-09, SYN-11.
#pragma once

#include <atomic>
#include <cstdint>

#include "nt/thread.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

struct DriverGlobals;

struct CallbackLock {
  CallbackLock() = default;
  CallbackLock(const CallbackLock&) = delete;

  // Once, before first use.
  void Initialize(DriverGlobals& globals, bool passive);

  void Acquire();  // a schedule point; may park
  void Release();  // a schedule point
  bool passive() const { return passive_; }
  bool HeldByCurrentThread() const { return owner_.load(std::memory_order_relaxed) == nt::CurrentThreadOrNull(); }

 private:
  friend class CallbackGuard;
  void ReleaseWhileUnwinding();

  DriverGlobals* globals_ = nullptr;
  std::atomic<nt::Thread*> owner_{nullptr};
  bool passive_ = false;
  KIRQL old_irql_ = 0;    // guarded by the lock itself
  KSPIN_LOCK spin_ = 0;
  KEVENT free_ = {};      // passive: a synchronisation event, signalled while free
};

// Holds a lock (null: none) around one callback. Call Leave() on the ordinary way out; the destructor serves unwinding only, where it
// gives the lock back without a schedule point.
class CallbackGuard {
 public:
  explicit CallbackGuard(CallbackLock* lock) : lock_(lock) {
    if (lock_) lock_->Acquire();
  }
  ~CallbackGuard() {
    if (lock_) lock_->ReleaseWhileUnwinding();
  }
  CallbackGuard(const CallbackGuard&) = delete;
  void Leave() {
    CallbackLock* lock = lock_;
    lock_ = nullptr;
    if (lock) lock->Release();
  }

 private:
  CallbackLock* lock_;
};

}  // namespace drydock::wdf
