#include "wdf/sync/spin_lock.h"

#include <fmt/format.h>

#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

void SpinLock::Initialize() {
  KeInitializeSpinLock(&lock_);
  KeInitializeEvent(&free_, SynchronizationEvent, TRUE);
}

void SpinLock::Acquire(const void* caller) {
  if (of_interrupt_) {
    Break(globals(), "WdfSpinLockAcquire on a lock that belongs to an interrupt; use WdfInterruptAcquireLock");
    return;
  }
  if (globals().umdf) {
    KeWaitForSingleObject(&free_, Executive, KernelMode, FALSE, nullptr);
  } else {
    KIRQL old;
    KeAcquireSpinLock(&lock_, &old);
    old_irql_ = old;
  }
  nt::Thread& me = nt::CurrentThread();
  owner_.store(&me, std::memory_order_relaxed);
  if (globals().verifier) history_[uses_++ % kHistory] = {me.thread_id, caller, me.kernel->executor.InterruptTime()};
}

void SpinLock::Release() {
  if (of_interrupt_) {
    Break(globals(), "WdfSpinLockRelease on a lock that belongs to an interrupt; use WdfInterruptReleaseLock");
    return;
  }
  if (globals().verifier && owner_.load(std::memory_order_relaxed) != nt::CurrentThreadOrNull()) {
    std::string words = "WdfSpinLockRelease by a thread that does not hold the lock.";
    if (uses_ > 0) {
      const Use& last = history_[(uses_ - 1) % kHistory];
      words += fmt::format(" It was last taken by thread {:x} from {}.", last.thread, last.caller);
    }
    Violation(globals(), ViolationKind::kLockMisuse, reinterpret_cast<uint64_t>(handle()), 1, std::move(words));
  }
  owner_.store(nullptr, std::memory_order_relaxed);
  if (globals().umdf) {
    KeSetEvent(&free_, IO_NO_INCREMENT, FALSE);
  } else {
    KeReleaseSpinLock(&lock_, old_irql_);
  }
}

namespace ddi {

NTSTATUS WdfSpinLockCreate(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES SpinLockAttributes, WDFSPINLOCK* SpinLock) {
  *SpinLock = nullptr;
  wdf::SpinLock* lock = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kSpinLock, SpinLockAttributes, DefaultParent(globals), &lock);
  if (!NT_SUCCESS(status)) return status;
  lock->Initialize();
  *SpinLock = reinterpret_cast<WDFSPINLOCK>(lock->handle());
  return STATUS_SUCCESS;
}

void WdfSpinLockAcquire(DriverGlobals& globals, WDFSPINLOCK SpinLock) {
  FromHandle<wdf::SpinLock>(globals, SpinLock)->Acquire(__builtin_return_address(0));
}

void WdfSpinLockRelease(DriverGlobals& globals, WDFSPINLOCK SpinLock) { FromHandle<wdf::SpinLock>(globals, SpinLock)->Release(); }

}  // namespace ddi
}  // namespace drydock::wdf
