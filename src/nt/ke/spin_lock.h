// Spin locks from the inside. The word: 0 free; else the owner's task id, with kHasWaiters when tasks wait in the parking lot.
// Called by:  the Ke and Ex spin lock routines, ExInterlocked lists, io's cancel lock.
// IRQL:       the caller has raised to DISPATCH_LEVEL or above.
// Waiting:    live, a contended acquire spins briefly and then sleeps: a holder may have lost its processor. Simulated, the holder was
//             switched away at a schedule point and must run on.
// Errors:     SPIN_LOCK_ALREADY_OWNED (0xF) for a lock that the task holds, SPIN_LOCK_NOT_OWNED (0x10) for a release by another.
#pragma once

#include <ntddk.h>

namespace drydock::nt::ke {

void AcquireSpinLock(KSPIN_LOCK* lock, const char* function);
bool TryAcquireSpinLock(KSPIN_LOCK* lock);
void ReleaseSpinLock(KSPIN_LOCK* lock, const char* function);
bool IsSpinLockOwned(const KSPIN_LOCK* lock);  // by the calling task

// Acquires for the life of the scope, at DISPATCH_LEVEL or above whatever the level was. Do not call drivers inside.
class SpinLockScope {
 public:
  explicit SpinLockScope(KSPIN_LOCK* lock);
  ~SpinLockScope();
  SpinLockScope(const SpinLockScope&) = delete;

 private:
  KSPIN_LOCK* lock_;
  KIRQL old_irql_;
};

}  // namespace drydock::nt::ke
