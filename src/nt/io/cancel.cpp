// Cancellation: the cancel spin lock and IoCancelIrp.
//
// The race, in steps. A canceller C and the owner O of an IRP with a cancel routine:
//   1. C takes the cancel lock and sets Irp->Cancel.
//   2. C exchanges the cancel routine for null. Whoever gets the routine (C here, or O in its IoSetCancelRoutine(Irp, NULL)) has the IRP.
//   3. C got it: it calls the routine with the lock held; the routine gives the lock back with Irp->CancelIrql and completes the IRP.
//   4. O got it: C finds null and only the flag stays set. O must look at Irp->Cancel when it sets a routine again.
#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/io/irp.h"
#include "nt/io/state.h"
#include "nt/io/trace_kinds.h"
#include "nt/kernel.h"
#include "nt/thread.h"
#include "nt/trace.h"

using namespace drydock::nt;

extern "C" {

VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql) {
  io::State& state = *CurrentKernel().io;
  KeAcquireSpinLock(&state.cancel_lock, Irql);
  state.cancel_owner = &CurrentThread();
}

VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql) {
  io::State& state = *CurrentKernel().io;
  state.cancel_owner = nullptr;
  KeReleaseSpinLock(&state.cancel_lock, Irql);
}

BOOLEAN NTAPI IoCancelIrp(PIRP Irp) {
  if (Irp->Type != IO_TYPE_IRP || (io::HasHeader(Irp) && !io::HeaderOf(Irp).live)) {
    // A canceller inside the I/O manager may hold the memory of an IRP that was freed meanwhile: nothing is left to cancel.
    if (Irp->Type == IO_TYPE_IRP || Irp->Type == 0) return FALSE;
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {3, reinterpret_cast<uint64_t>(Irp)},
             "IoCancelIrp was given something that is not an IRP.");
  }
  Kernel& kernel = CurrentKernel();
  KIRQL irql;
  IoAcquireCancelSpinLock(&irql);
  __atomic_store_n(&Irp->Cancel, TRUE, __ATOMIC_SEQ_CST);
  PDRIVER_CANCEL routine = IoSetCancelRoutine(Irp, nullptr);
  if (kernel.events.enabled()) RecordEvent(kernel, io::kIrpCancel, io::TraceId(Irp), routine != nullptr);
  if (!routine) {
    IoReleaseCancelSpinLock(irql);
    return FALSE;
  }
  if (Irp->CurrentLocation > Irp->StackCount + 1) {
    BugCheck(CANCEL_STATE_IN_COMPLETED_IRP, {reinterpret_cast<uint64_t>(Irp), reinterpret_cast<uint64_t>(routine)},
             "An IRP that is complete still has a cancel routine. The driver must take it back before it completes the IRP.");
  }
  Irp->CancelIrql = irql;
  DEVICE_OBJECT* device = Irp->CurrentLocation <= Irp->StackCount ? Irp->Tail.Overlay.CurrentStackLocation->DeviceObject : nullptr;
  // The routine lowers the level by giving the lock back.
  CallDriver("DRIVER_CANCEL", IrqlRule::kUnchecked, routine, device, Irp);
  if (kernel.io->cancel_owner == &CurrentThread()) {
    BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0x36, reinterpret_cast<uint64_t>(routine)},
             "A cancel routine returned without giving the cancel spin lock back (IoReleaseCancelSpinLock(Irp->CancelIrql)).");
  }
  if (CurrentThread().irql != irql) {
    BugCheck(IRQL_UNEXPECTED_VALUE, {CurrentThread().irql, irql, reinterpret_cast<uint64_t>(routine)},
             "A cancel routine returned at another IRQL than IoCancelIrp was called at. It must give the cancel spin lock back with "
             "Irp->CancelIrql.");
  }
  return TRUE;
}

}  // extern "C"
