// Push locks and reader-writer spin locks.
#include <fmt/format.h>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ex/reader_writer.h"

using namespace drydock::nt;

namespace {

using PushLock = ex::ReaderWriter<EX_PUSH_LOCK, 1, 2, 16>;
using ExSpinLock = ex::ReaderWriter<uint32_t, 0x80000000, 0x40000000, 1>;

uint32_t* WordOf(PEX_SPIN_LOCK lock) { return reinterpret_cast<uint32_t*>(lock); }

void CheckPushLockUse(const void* lock, const char* function) {
  const Thread& thread = CurrentThread();
  if (__builtin_expect(thread.irql <= APC_LEVEL, 1)) return;
  BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(lock), thread.irql, 0, 0},
           fmt::format("{} was called at IRQL {}; it needs APC_LEVEL or below.", function, thread.irql));
}

[[noreturn]] void NotHeld(const void* lock, const char* function) {
  BugCheck(bug::kSpinLockNotOwned, {reinterpret_cast<uint64_t>(lock), 0, 0, 0},
           fmt::format("{}: the lock at {} is not held that way.", function, lock));
}

KIRQL Raise(const void* lock, const char* function) {
  Thread& thread = CurrentThread();
  const KIRQL old = thread.irql;
  if (old > DISPATCH_LEVEL) {
    BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(lock), old, 0, 0},
             fmt::format("{} was called at IRQL {}, above DISPATCH_LEVEL.", function, old));
  }
  thread.irql = DISPATCH_LEVEL;
  return old;
}

}  // namespace

extern "C" {

VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock) { *PushLock = 0; }
VOID ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK Lock, ULONG Flags) {
  CheckPushLockUse(Lock, "ExAcquirePushLockExclusive");
  PushLock::AcquireExclusive(Lock, "push lock (exclusive)");
}
VOID ExAcquirePushLockSharedEx(PEX_PUSH_LOCK Lock, ULONG Flags) {
  CheckPushLockUse(Lock, "ExAcquirePushLockShared");
  PushLock::AcquireShared(Lock, "push lock (shared)");
}
VOID ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK Lock, ULONG Flags) {
  if (!PushLock::ReleaseExclusive(Lock)) NotHeld(Lock, "ExReleasePushLockExclusive");
}
VOID ExReleasePushLockSharedEx(PEX_PUSH_LOCK Lock, ULONG Flags) {
  if (!PushLock::ReleaseShared(Lock)) NotHeld(Lock, "ExReleasePushLockShared");
}

KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
  const KIRQL old = Raise(SpinLock, "ExAcquireSpinLockExclusive");
  ExSpinLock::AcquireExclusive(WordOf(SpinLock), "reader-writer spin lock (exclusive)");
  return old;
}
KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock) {
  const KIRQL old = Raise(SpinLock, "ExAcquireSpinLockShared");
  ExSpinLock::AcquireShared(WordOf(SpinLock), "reader-writer spin lock (shared)");
  return old;
}
VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
  if (!ExSpinLock::ReleaseExclusive(WordOf(SpinLock))) NotHeld(SpinLock, "ExReleaseSpinLockExclusive");
  KeLowerIrql(OldIrql);
}
VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
  if (!ExSpinLock::ReleaseShared(WordOf(SpinLock))) NotHeld(SpinLock, "ExReleaseSpinLockShared");
  KeLowerIrql(OldIrql);
}
VOID ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
  ExSpinLock::AcquireExclusive(WordOf(SpinLock), "reader-writer spin lock (exclusive)");
}
VOID ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
  ExSpinLock::AcquireShared(WordOf(SpinLock), "reader-writer spin lock (shared)");
}
VOID ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock) {
  if (!ExSpinLock::ReleaseExclusive(WordOf(SpinLock))) NotHeld(SpinLock, "ExReleaseSpinLockExclusiveFromDpcLevel");
}
VOID ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock) {
  if (!ExSpinLock::ReleaseShared(WordOf(SpinLock))) NotHeld(SpinLock, "ExReleaseSpinLockSharedFromDpcLevel");
}

ULONG ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
  uint32_t one_reader = 1;
  return __atomic_compare_exchange_n(WordOf(SpinLock), &one_reader, 0x80000000u, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

}  // extern "C"
