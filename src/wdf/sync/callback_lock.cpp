#include "wdf/sync/callback_lock.h"

#include "wdf/framework.h"
#include "wdf/violation.h"

namespace drydock::wdf {

void CallbackLock::Initialize(DriverGlobals& globals, bool passive) {
  globals_ = &globals;
  passive_ = passive;
  if (passive) {
    KeInitializeEvent(&free_, SynchronizationEvent, TRUE);
  } else {
    KeInitializeSpinLock(&spin_);
  }
}

void CallbackLock::Acquire() {
  nt::Thread* me = &nt::CurrentThread();
  if (owner_.load(std::memory_order_relaxed) == me) {
    Violation(*globals_, ViolationKind::kLockRecursion, reinterpret_cast<uint64_t>(this), 0,
              "A thread that holds the lock of automatic synchronisation takes it again: it would wait for itself for ever.");
  }
  if (passive_) {
    KeEnterCriticalRegion();
    KeWaitForSingleObject(&free_, Executive, KernelMode, FALSE, nullptr);
  } else {
    KIRQL old;
    KeAcquireSpinLock(&spin_, &old);
    old_irql_ = old;
  }
  owner_.store(me, std::memory_order_relaxed);
}

void CallbackLock::Release() {
  if (!HeldByCurrentThread()) {
    Violation(*globals_, ViolationKind::kLockMisuse, reinterpret_cast<uint64_t>(this), 1,
              "The lock of automatic synchronisation was released by a thread that does not hold it.");
  }
  owner_.store(nullptr, std::memory_order_relaxed);
  if (passive_) {
    KeSetEvent(&free_, IO_NO_INCREMENT, FALSE);
    KeLeaveCriticalRegion();
  } else {
    KeReleaseSpinLock(&spin_, old_irql_);
  }
}

// The machine is stopping: whoever waits for the lock is being unwound as well, and nothing here may reach a schedule point.
void CallbackLock::ReleaseWhileUnwinding() { owner_.store(nullptr, std::memory_order_relaxed); }

}  // namespace drydock::wdf
