// Fast and guarded mutexes. Count: 1 free, 0 owned, below that owned with as many waiters; each release with waiters hands the mutex to
// one of them through the event.
#include <fmt/format.h>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ke/dispatcher.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

PKTHREAD Self() { return KeGetCurrentThread(); }

void CheckIrql(const FAST_MUTEX* mutex, KIRQL highest, const char* function) {
  const Thread& thread = CurrentThread();
  if (__builtin_expect(thread.irql <= highest, 1)) return;
  BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(mutex), thread.irql, 0, 0},
           fmt::format("{} was called at IRQL {}; it needs APC_LEVEL or below.", function, thread.irql));
}

void Acquire(FAST_MUTEX* mutex, const char* function) {
  CurrentThread().kernel->executor.SchedulePoint();
  if (__atomic_sub_fetch(&mutex->Count, 1, __ATOMIC_ACQUIRE) != 0) {
    if (__atomic_load_n(&mutex->Owner, __ATOMIC_RELAXED) == Self()) {
      BugCheck(bug::kMutexAlreadyOwned, {reinterpret_cast<uint64_t>(mutex), reinterpret_cast<uint64_t>(Self()), 0, 0},
               fmt::format("{}: this thread owns the mutex at {} already; it is not recursive.", function, static_cast<void*>(mutex)));
    }
    __atomic_add_fetch(&mutex->Contention, 1, __ATOMIC_RELAXED);
    KeWaitForSingleObject(&mutex->Event, Executive, KernelMode, FALSE, nullptr);
  }
  __atomic_store_n(&mutex->Owner, Self(), __ATOMIC_RELAXED);
}

bool TryAcquire(FAST_MUTEX* mutex) {
  CurrentThread().kernel->executor.SchedulePoint();
  LONG free = FM_LOCK_BIT;
  if (!__atomic_compare_exchange_n(&mutex->Count, &free, 0, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return false;
  __atomic_store_n(&mutex->Owner, Self(), __ATOMIC_RELAXED);
  return true;
}

void Release(FAST_MUTEX* mutex, const char* function) {
  if (__atomic_load_n(&mutex->Owner, __ATOMIC_RELAXED) != Self()) {
    BugCheck(bug::kDriverVerifierDetectedViolation, {0x34, CurrentThread().irql, reinterpret_cast<uint64_t>(mutex), 0},
             fmt::format("{}: this thread does not own the mutex at {}.", function, static_cast<void*>(mutex)));
  }
  __atomic_store_n(&mutex->Owner, nullptr, __ATOMIC_RELAXED);
  if (__atomic_add_fetch(&mutex->Count, 1, __ATOMIC_RELEASE) <= 0) KeSetEvent(&mutex->Event, 0, FALSE);
}

}  // namespace

extern "C" {

VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex) {
  CheckIrql(FastMutex, APC_LEVEL, "ExAcquireFastMutex");
  const KIRQL old = KfRaiseIrql(APC_LEVEL);
  Acquire(FastMutex, "ExAcquireFastMutex");
  FastMutex->OldIrql = old;
}

BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex) {
  CheckIrql(FastMutex, APC_LEVEL, "ExTryToAcquireFastMutex");
  if (!TryAcquire(FastMutex)) return FALSE;
  FastMutex->OldIrql = KfRaiseIrql(APC_LEVEL);
  return TRUE;
}

VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex) {
  const auto old = static_cast<KIRQL>(FastMutex->OldIrql);
  Release(FastMutex, "ExReleaseFastMutex");
  KeLowerIrql(old);
}

VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) {
  CheckIrql(FastMutex, APC_LEVEL, "ExAcquireFastMutexUnsafe");
  Acquire(FastMutex, "ExAcquireFastMutexUnsafe");
}
VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex) { Release(FastMutex, "ExReleaseFastMutexUnsafe"); }

VOID KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex) { ExInitializeFastMutex(Mutex); }

VOID KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
  CheckIrql(Mutex, APC_LEVEL, "KeAcquireGuardedMutex");
  KeEnterGuardedRegion();
  Acquire(Mutex, "KeAcquireGuardedMutex");
}
BOOLEAN KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
  CheckIrql(Mutex, APC_LEVEL, "KeTryToAcquireGuardedMutex");
  if (!TryAcquire(Mutex)) return FALSE;
  KeEnterGuardedRegion();
  return TRUE;
}
VOID KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex) {
  Release(Mutex, "KeReleaseGuardedMutex");
  KeLeaveGuardedRegion();
}
VOID KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex) { Acquire(Mutex, "KeAcquireGuardedMutexUnsafe"); }
VOID KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex) { Release(Mutex, "KeReleaseGuardedMutexUnsafe"); }

}  // extern "C"
