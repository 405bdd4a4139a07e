// The Ke routines around a connected interrupt. Io's are in nt/io/interrupt_ddi.cpp.
#include <ntddk.h>

#include "nt/driver_callback.h"
#include "nt/hal/interrupt.h"

using namespace drydock::nt;

extern "C" KIRQL KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt) {
  if (!Interrupt->passive) return hal::AcquireLock(*Interrupt, "KeAcquireInterruptSpinLock");
  KeEnterCriticalRegion();
  KeWaitForSingleObject(&Interrupt->passive_lock, Executive, KernelMode, FALSE, nullptr);
  return PASSIVE_LEVEL;
}

extern "C" VOID KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql) {
  if (!Interrupt->passive) {
    hal::ReleaseLock(*Interrupt, OldIrql, "KeReleaseInterruptSpinLock");
    return;
  }
  KeSetEvent(&Interrupt->passive_lock, IO_NO_INCREMENT, FALSE);
  KeLeaveCriticalRegion();
}

extern "C" BOOLEAN KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine, PVOID SynchronizeContext) {
  const KIRQL old = KeAcquireInterruptSpinLock(Interrupt);
  const BOOLEAN result = CallDriver("KSYNCHRONIZE_ROUTINE", SynchronizeRoutine, SynchronizeContext);
  KeReleaseInterruptSpinLock(Interrupt, old);
  return result;
}
