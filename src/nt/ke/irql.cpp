// IRQL, critical and guarded regions.
#include <fmt/format.h>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/kernel.h"
#include "nt/thread.h"

using namespace drydock::nt;

extern "C" KIRQL KeGetCurrentIrql(VOID) {
  const Thread* thread = CurrentThreadOrNull();
  return thread ? thread->irql : PASSIVE_LEVEL;
}

extern "C" KIRQL KfRaiseIrql(KIRQL NewIrql) {
  Thread& thread = CurrentThread();
  const KIRQL old = thread.irql;
  if (__builtin_expect(NewIrql < old || NewIrql > HIGH_LEVEL, 0)) {
    BugCheck(bug::kIrqlNotGreaterOrEqual, {NewIrql, old, 0, 0},
             fmt::format("KeRaiseIrql was asked for IRQL {} at IRQL {}. It cannot lower the level.", NewIrql, old));
  }
  thread.irql = NewIrql;
  return old;
}

extern "C" VOID KeLowerIrql(KIRQL NewIrql) {
  Thread& thread = CurrentThread();
  if (__builtin_expect(NewIrql > thread.irql, 0)) {
    BugCheck(bug::kIrqlNotLessOrEqual, {NewIrql, thread.irql, 0, 0},
             fmt::format("KeLowerIrql was asked for IRQL {} at IRQL {}. It cannot raise the level.", NewIrql, thread.irql));
  }
  thread.irql = NewIrql;
  thread.kernel->executor.SchedulePoint();
}

extern "C" KIRQL KeRaiseIrqlToDpcLevel(VOID) { return KfRaiseIrql(DISPATCH_LEVEL); }
extern "C" KIRQL KeRaiseIrqlToSynchLevel(VOID) { return KfRaiseIrql(CLOCK_LEVEL - 1); }

extern "C" VOID KeEnterCriticalRegion(VOID) { ++CurrentThread().critical_region; }

extern "C" VOID KeLeaveCriticalRegion(VOID) {
  Thread& thread = CurrentThread();
  if (thread.critical_region == 0) {
    BugCheck(bug::kApcIndexMismatch, {0, 0, 0, 0}, "KeLeaveCriticalRegion was called more often than KeEnterCriticalRegion.");
  }
  --thread.critical_region;
}

extern "C" VOID KeEnterGuardedRegion(VOID) { ++CurrentThread().guarded_region; }

extern "C" VOID KeLeaveGuardedRegion(VOID) {
  Thread& thread = CurrentThread();
  if (thread.guarded_region == 0) {
    BugCheck(bug::kApcIndexMismatch, {0, 0, 0, 0}, "KeLeaveGuardedRegion was called more often than KeEnterGuardedRegion.");
  }
  --thread.guarded_region;
}

extern "C" BOOLEAN KeAreApcsDisabled(VOID) {
  const Thread& thread = CurrentThread();
  return thread.critical_region != 0 || thread.guarded_region != 0 || thread.irql >= APC_LEVEL;
}

extern "C" BOOLEAN KeAreAllApcsDisabled(VOID) {
  const Thread& thread = CurrentThread();
  return thread.guarded_region != 0 || thread.irql >= APC_LEVEL;
}

extern "C" VOID DrydockPagedCode(const char* file, int line) {
  const Thread* thread = CurrentThreadOrNull();
  if (thread == nullptr || thread->irql <= APC_LEVEL || !thread->kernel->options.checked) return;
  BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(__builtin_return_address(0)), thread->irql, 8, 0},
           fmt::format("PAGED_CODE at {}:{}: pageable code was reached at IRQL {}.", file, line, thread->irql));
}
