// Rundown protection. Count: bit 0 set once rundown has begun, the users counted above it.
#include <fmt/format.h>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ke/dispatcher.h"
#include "nt/ke/state.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

constexpr ULONG_PTR kActive = 1;
constexpr ULONG_PTR kUser = 2;

ULONG_PTR Load(const EX_RUNDOWN_REF* ref) { return __atomic_load_n(&ref->Count, __ATOMIC_ACQUIRE); }

}  // namespace

struct _EX_RUNDOWN_REF_CACHE_AWARE {
  EX_RUNDOWN_REF ref;
};

extern "C" {

VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { RunRef->Count = 0; }
VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { __atomic_store_n(&RunRef->Count, ULONG_PTR{0}, __ATOMIC_RELEASE); }
VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef) { __atomic_store_n(&RunRef->Count, kActive, __ATOMIC_RELEASE); }

BOOLEAN ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  CurrentThread().kernel->executor.SchedulePoint();
  ULONG_PTR value = Load(RunRef);
  while (!(value & kActive)) {
    if (__atomic_compare_exchange_n(&RunRef->Count, &value, value + Count * kUser, true, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) return TRUE;
  }
  return FALSE;
}
BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) { return ExAcquireRundownProtectionEx(RunRef, 1); }

VOID ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  Kernel& kernel = *CurrentThread().kernel;
  if (Load(RunRef) < Count * kUser) {
    BugCheck(bug::kKernelSecurityCheckFailure, {0xE, reinterpret_cast<uint64_t>(RunRef), 0, 0},
             "ExReleaseRundownProtection was called more often than ExAcquireRundownProtection had succeeded.");
  }
  // The last one may find the reference gone right after this: only its address is used below.
  const ULONG_PTR left = __atomic_sub_fetch(&RunRef->Count, Count * kUser, __ATOMIC_RELEASE);
  if (left == kActive) kernel.ke->lot.Wake(RunRef, SIZE_MAX);
  kernel.executor.SchedulePoint();
}
VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) { ExReleaseRundownProtectionEx(RunRef, 1); }

VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) {
  Kernel& kernel = *CurrentThread().kernel;
  ke::CheckWaitIrql(RunRef, true, "ExWaitForRundownProtectionRelease");
  kernel.executor.SchedulePoint();
  __atomic_fetch_or(&RunRef->Count, kActive, __ATOMIC_ACQUIRE);
  ke::WaitInfo info;
  info.what = "rundown protection to be released";
  info.object = RunRef;
  while (Load(RunRef) != kActive) {
    kernel.ke->lot.Wait(
        RunRef, [RunRef] { return Load(RunRef) != kActive; }, info);
  }
}

PEX_RUNDOWN_REF_CACHE_AWARE ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag) {
  return static_cast<PEX_RUNDOWN_REF_CACHE_AWARE>(ExAllocatePoolZero(PoolType, sizeof(_EX_RUNDOWN_REF_CACHE_AWARE), PoolTag));
}
VOID ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) { ExFreePool(RunRefCacheAware); }
BOOLEAN ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) {
  return ExAcquireRundownProtection(&RunRefCacheAware->ref);
}
VOID ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) {
  ExReleaseRundownProtection(&RunRefCacheAware->ref);
}
BOOLEAN ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, ULONG Count) {
  return ExAcquireRundownProtectionEx(&RunRefCacheAware->ref, Count);
}
VOID ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count) {
  ExReleaseRundownProtectionEx(&RunRef->ref, Count);
}
SIZE_T ExSizeOfRundownProtectionCacheAware(VOID) { return sizeof(_EX_RUNDOWN_REF_CACHE_AWARE); }
VOID ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, SIZE_T RunRefSize) {
  ExInitializeRundownProtection(&RunRefCacheAware->ref);
}
VOID ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) { ExWaitForRundownProtectionRelease(&RunRef->ref); }
VOID ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) {
  ExReInitializeRundownProtection(&RunRefCacheAware->ref);
}
VOID ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) { ExRundownCompleted(&RunRefCacheAware->ref); }

}  // extern "C"
