// Cancel-safe queues: the driver keeps the IRPs, these functions keep the cancel race out of it.
// A queued IRP's DriverContext[3] points to its IO_CSQ_IRP_CONTEXT, or to the IO_CSQ when it was inserted without one.
#include <ntddk.h>

#include "nt/driver_callback.h"
#include "nt/io/irp.h"
#include "nt/kernel.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

struct CsqLock {
  explicit CsqLock(IO_CSQ* queue) : queue_(queue) {
    CallDriver("IO_CSQ_ACQUIRE_LOCK", IrqlRule::kUnchecked, queue_->CsqAcquireLock, queue_, &irql_);
  }
  void Release() { CallDriver("IO_CSQ_RELEASE_LOCK", IrqlRule::kUnchecked, queue_->CsqReleaseLock, queue_, irql_); }

 private:
  IO_CSQ* queue_;
  KIRQL irql_ = 0;
};

void*& Slot(IRP* irp) { return irp->Tail.Overlay.DriverContext[3]; }

void Forget(IRP* irp) {
  auto* context = static_cast<IO_CSQ_IRP_CONTEXT*>(Slot(irp));
  if (context && context->Type == IO_TYPE_CSQ_IRP_CONTEXT) context->Irp = nullptr;
  Slot(irp) = nullptr;
}

void Remove(IO_CSQ* queue, IRP* irp) {
  CallDriver("IO_CSQ_REMOVE_IRP", IrqlRule::kUnchecked, queue->CsqRemoveIrp, queue, irp);
  Forget(irp);
}

void CompleteCanceled(IO_CSQ* queue, IRP* irp) {
  CallDriver("IO_CSQ_COMPLETE_CANCELED_IRP", queue->CsqCompleteCanceledIrp, queue, irp);
}

void CancelQueued(PDEVICE_OBJECT, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  auto* context = static_cast<IO_CSQ_IRP_CONTEXT*>(Slot(irp));
  IO_CSQ* queue =
      context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? static_cast<IO_CSQ*>(context->Csq) : reinterpret_cast<IO_CSQ*>(context);
  CsqLock lock(queue);
  Remove(queue, irp);
  lock.Release();
  CompleteCanceled(queue, irp);
}

}  // namespace

extern "C" {

NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock, PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  *Csq = {};
  Csq->Type = IO_TYPE_CSQ;
  Csq->CsqInsertIrp = CsqInsertIrp;
  Csq->CsqRemoveIrp = CsqRemoveIrp;
  Csq->CsqPeekNextIrp = CsqPeekNextIrp;
  Csq->CsqAcquireLock = CsqAcquireLock;
  Csq->CsqReleaseLock = CsqReleaseLock;
  Csq->CsqCompleteCanceledIrp = CsqCompleteCanceledIrp;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                                 PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                                 PIO_CSQ_RELEASE_LOCK CsqReleaseLock, PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  IoCsqInitialize(Csq, reinterpret_cast<PIO_CSQ_INSERT_IRP>(CsqInsertIrp), CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock,
                  CsqReleaseLock, CsqCompleteCanceledIrp);
  Csq->Type = IO_TYPE_CSQ_EX;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext) {
  CsqLock lock(Csq);
  if (Context) {
    Context->Type = IO_TYPE_CSQ_IRP_CONTEXT;
    Context->Irp = Irp;
    Context->Csq = Csq;
    Slot(Irp) = Context;
  } else {
    Slot(Irp) = Csq;
  }
  Csq->ReservePointer = nullptr;
  IoMarkIrpPending(Irp);
  NTSTATUS status = STATUS_SUCCESS;
  if (Csq->Type == IO_TYPE_CSQ_EX) {
    status = CallDriver("IO_CSQ_INSERT_IRP_EX", IrqlRule::kUnchecked, reinterpret_cast<PIO_CSQ_INSERT_IRP_EX>(Csq->CsqInsertIrp), Csq,
                        Irp, InsertContext);
    if (!NT_SUCCESS(status)) {
      Forget(Irp);
      lock.Release();
      return status;
    }
  } else {
    CallDriver("IO_CSQ_INSERT_IRP", IrqlRule::kUnchecked, Csq->CsqInsertIrp, Csq, Irp);
  }
  IoSetCancelRoutine(Irp, CancelQueued);
  // Cancelled before the routine was set: nobody has called it, so the IRP is ours if we get the routine back.
  if (io::IsCancelled(Irp) && IoSetCancelRoutine(Irp, nullptr)) {
    Remove(Csq, Irp);
    lock.Release();
    CompleteCanceled(Csq, Irp);
    return status;
  }
  lock.Release();
  return status;
}

VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context) { IoCsqInsertIrpEx(Csq, Irp, Context, nullptr); }

PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext) {
  CsqLock lock(Csq);
  PIRP irp = nullptr;
  while ((irp = CallDriver("IO_CSQ_PEEK_NEXT_IRP", IrqlRule::kUnchecked, Csq->CsqPeekNextIrp, Csq, irp, PeekContext)) != nullptr) {
    // Without a routine a canceller has it already; its routine waits for our lock.
    if (IoSetCancelRoutine(irp, nullptr)) {
      Remove(Csq, irp);
      break;
    }
  }
  lock.Release();
  return irp;
}

PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context) {
  CsqLock lock(Csq);
  PIRP irp = Context->Irp;
  if (irp && IoSetCancelRoutine(irp, nullptr)) {
    Remove(Csq, irp);
  } else {
    irp = nullptr;
  }
  lock.Release();
  return irp;
}

}  // extern "C"
