#include "nt/ke/spin_lock.h"

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ke/state.h"
#include "nt/thread.h"
#include "nt/trace.h"

namespace drydock::nt::ke {
namespace {

constexpr KSPIN_LOCK kHasWaiters = 0x80000000;
constexpr KSPIN_LOCK kOwnerMask = 0x7FFFFFFF;
constexpr int kSpins = 200;

KSPIN_LOCK Load(const KSPIN_LOCK* lock) { return __atomic_load_n(lock, __ATOMIC_RELAXED); }
bool Swap(KSPIN_LOCK* lock, KSPIN_LOCK& expected, KSPIN_LOCK desired) {
  return __atomic_compare_exchange_n(lock, &expected, desired, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

__attribute__((noinline)) void AcquireSlow(KSPIN_LOCK* lock, Thread& thread, const char* function) {
  const uint32_t me = thread.task->id;
  KSPIN_LOCK value = Load(lock);
  if ((value & kOwnerMask) == me) {
    BugCheck(bug::kSpinLockAlreadyOwned, {reinterpret_cast<uint64_t>(lock), 0, 0, 0},
             fmt::format("{}: this thread holds the spin lock at {} already. On Windows the processor would spin for ever.", function,
                         static_cast<void*>(lock)));
  }
  Kernel& kernel = *thread.kernel;
  if (!kernel.executor.simulated()) {
    for (int i = 0; i < kSpins; ++i) {
      value = Load(lock);
      if (value == 0 && Swap(lock, value, me)) return;
      __builtin_ia32_pause();
    }
  }
  WaitInfo info;
  info.what = "spin lock";
  info.object = lock;
  info.object_trace_id = TraceIdOf(kernel, lock);
  for (;;) {
    value = Load(lock);
    // Others may be waiting too, so that whoever comes this way passes the mark on; at worst a release looks for nobody.
    if (value == 0) {
      if (Swap(lock, value, me | kHasWaiters)) return;
      continue;
    }
    info.owner_task = static_cast<uint32_t>(value & kOwnerMask);
    kernel.ke->lot.Wait(
        lock,
        [lock] {
          KSPIN_LOCK now = Load(lock);
          while (now != 0 && !(now & kHasWaiters)) {
            if (Swap(lock, now, now | kHasWaiters)) return true;
          }
          return now != 0;
        },
        info);
  }
}

}  // namespace

void AcquireSpinLock(KSPIN_LOCK* lock, const char* function) {
  Thread& thread = CurrentThread();
  thread.kernel->executor.SchedulePoint();
  KSPIN_LOCK value = 0;
  if (__builtin_expect(!Swap(lock, value, thread.task->id), 0)) AcquireSlow(lock, thread, function);
  ++thread.spin_locks_held;
}

bool TryAcquireSpinLock(KSPIN_LOCK* lock) {
  Thread& thread = CurrentThread();
  thread.kernel->executor.SchedulePoint();
  KSPIN_LOCK value = 0;
  if (!Swap(lock, value, thread.task->id)) return false;
  ++thread.spin_locks_held;
  return true;
}

void ReleaseSpinLock(KSPIN_LOCK* lock, const char* function) {
  Thread& thread = CurrentThread();
  const uint32_t me = thread.task->id;
  KSPIN_LOCK value = me;
  if (__builtin_expect(
          !__atomic_compare_exchange_n(lock, &value, KSPIN_LOCK{0}, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED), 0)) {
    if ((value & kOwnerMask) != me) {
      BugCheck(bug::kSpinLockNotOwned, {reinterpret_cast<uint64_t>(lock), 0, 0, 0},
               fmt::format("{}: the spin lock at {} is {}.", function, static_cast<void*>(lock),
                           value == 0 ? std::string("not held by anybody")
                                      : fmt::format("held by task {}, not by this thread", value & kOwnerMask)));
    }
    __atomic_store_n(lock, KSPIN_LOCK{0}, __ATOMIC_RELEASE);
    thread.kernel->ke->lot.Wake(lock, 1);
  }
  --thread.spin_locks_held;
  thread.kernel->executor.SchedulePoint();
}

bool IsSpinLockOwned(const KSPIN_LOCK* lock) { return (Load(lock) & kOwnerMask) == CurrentThread().task->id; }

SpinLockScope::SpinLockScope(KSPIN_LOCK* lock) : lock_(lock), old_irql_(CurrentThread().irql) {
  if (old_irql_ < DISPATCH_LEVEL) CurrentThread().irql = DISPATCH_LEVEL;
  AcquireSpinLock(lock, "an interlocked operation");
}

// No schedule point here: a destructor must not be unwound.
SpinLockScope::~SpinLockScope() {
  Thread& thread = CurrentThread();
  const KSPIN_LOCK value = __atomic_exchange_n(lock_, KSPIN_LOCK{0}, __ATOMIC_RELEASE);
  if (value & kHasWaiters) thread.kernel->ke->lot.Wake(lock_, 1);
  --thread.spin_locks_held;
  thread.irql = old_irql_;
}

namespace {

constexpr uint64_t kVerifierIrql = 0x40;  // 0xC4: ...AtDpcLevel called below DISPATCH_LEVEL

void CheckAtDpcLevel(const void* lock, const char* function) {
  const Thread& thread = CurrentThread();
  if (__builtin_expect(thread.irql >= DISPATCH_LEVEL, 1)) return;
  BugCheck(bug::kDriverVerifierDetectedViolation, {kVerifierIrql, thread.irql, reinterpret_cast<uint64_t>(lock), 0},
           fmt::format("{} was called at IRQL {}. It needs DISPATCH_LEVEL: use the form that raises the IRQL.", function, thread.irql));
}

KIRQL RaiseForLock(const void* lock, const char* function) {
  Thread& thread = CurrentThread();
  const KIRQL old = thread.irql;
  if (__builtin_expect(old > DISPATCH_LEVEL, 0)) {
    BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(lock), old, 0, 0},
             fmt::format("{} was called at IRQL {}, above DISPATCH_LEVEL.", function, old));
  }
  thread.irql = DISPATCH_LEVEL;
  return old;
}

void LowerAfterLock(const void* lock, KIRQL irql, const char* function) {
  Thread& thread = CurrentThread();
  if (__builtin_expect(thread.irql != DISPATCH_LEVEL || irql > DISPATCH_LEVEL, 0)) {
    BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(lock), thread.irql, 0, 0},
             fmt::format("{} was called at IRQL {} with {} as the level to go back to. It must be called at DISPATCH_LEVEL with the level "
                         "that the acquire gave.",
                         function, thread.irql, irql));
  }
  thread.irql = irql;
}

}  // namespace
}  // namespace drydock::nt::ke

using namespace drydock::nt;

extern "C" VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock) {
  Kernel* kernel = CurrentKernelOrNull();
  if (kernel && kernel->events.enabled()) ForgetTraceId(*kernel, SpinLock);
  *SpinLock = 0;
}

extern "C" KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) {
  const KIRQL old = ke::RaiseForLock(SpinLock, "KeAcquireSpinLock");
  ke::AcquireSpinLock(SpinLock, "KeAcquireSpinLock");
  return old;
}

extern "C" VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) {
  ke::LowerAfterLock(SpinLock, NewIrql, "KeReleaseSpinLock");
  ke::ReleaseSpinLock(SpinLock, "KeReleaseSpinLock");
}

extern "C" VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
  ke::CheckAtDpcLevel(SpinLock, "KeAcquireSpinLockAtDpcLevel");
  ke::AcquireSpinLock(SpinLock, "KeAcquireSpinLockAtDpcLevel");
}

extern "C" VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) {
  ke::CheckAtDpcLevel(SpinLock, "KeReleaseSpinLockFromDpcLevel");
  ke::ReleaseSpinLock(SpinLock, "KeReleaseSpinLockFromDpcLevel");
}

extern "C" BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
  ke::CheckAtDpcLevel(SpinLock, "KeTryToAcquireSpinLockAtDpcLevel");
  return ke::TryAcquireSpinLock(SpinLock);
}

extern "C" BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock) {
  CurrentThread().kernel->executor.SchedulePoint();
  return __atomic_load_n(SpinLock, __ATOMIC_ACQUIRE) == 0;
}

extern "C" KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock) {
  const KIRQL old = ke::RaiseForLock(SpinLock, "KeAcquireSpinLockForDpc");
  ke::AcquireSpinLock(SpinLock, "KeAcquireSpinLockForDpc");
  return old;
}

extern "C" VOID KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql) {
  ke::LowerAfterLock(SpinLock, OldIrql, "KeReleaseSpinLockForDpc");
  ke::ReleaseSpinLock(SpinLock, "KeReleaseSpinLockForDpc");
}

// Queued locks keep their order among waiters, which no driver can tell from an ordinary lock's.

extern "C" VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  LockHandle->OldIrql = ke::RaiseForLock(SpinLock, "KeAcquireInStackQueuedSpinLock");
  LockHandle->LockQueue.Next = nullptr;
  LockHandle->LockQueue.Lock = SpinLock;
  ke::AcquireSpinLock(SpinLock, "KeAcquireInStackQueuedSpinLock");
}

extern "C" VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) {
  ke::LowerAfterLock(LockHandle->LockQueue.Lock, LockHandle->OldIrql, "KeReleaseInStackQueuedSpinLock");
  ke::ReleaseSpinLock(LockHandle->LockQueue.Lock, "KeReleaseInStackQueuedSpinLock");
}

extern "C" VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  ke::CheckAtDpcLevel(SpinLock, "KeAcquireInStackQueuedSpinLockAtDpcLevel");
  LockHandle->LockQueue.Next = nullptr;
  LockHandle->LockQueue.Lock = SpinLock;
  ke::AcquireSpinLock(SpinLock, "KeAcquireInStackQueuedSpinLockAtDpcLevel");
}

extern "C" VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle) {
  ke::CheckAtDpcLevel(LockHandle->LockQueue.Lock, "KeReleaseInStackQueuedSpinLockFromDpcLevel");
  ke::ReleaseSpinLock(LockHandle->LockQueue.Lock, "KeReleaseInStackQueuedSpinLockFromDpcLevel");
}

extern "C" VOID KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  KeAcquireInStackQueuedSpinLock(SpinLock, LockHandle);
}

extern "C" VOID KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle) { KeReleaseInStackQueuedSpinLock(LockHandle); }
