// What Windows does inline on IRPs, stack locations and device objects. Part of wdm.h.
// IRQL: any. Ownership: the caller owns the IRP. Source: public documentation.
#ifndef DRYDOCK_WDM_IO_INLINE_H
#define DRYDOCK_WDM_IO_INLINE_H

#include <string.h>

#include "wdm/interlocked.h"
#include "wdm/io_stack.h"
#include "wdm/ke.h"

#ifdef __cplusplus
extern "C" {
#endif

NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);
VOID IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost);
#define IoCallDriver(device, irp) IofCallDriver(device, irp)
#define IoCompleteRequest(irp, boost) IofCompleteRequest(irp, boost)

#define IoSizeOfIrp(stack_size) ((USHORT)(sizeof(IRP) + ((stack_size) * (sizeof(IO_STACK_LOCATION)))))

FORCEINLINE PIO_STACK_LOCATION IoGetCurrentIrpStackLocation(PIRP Irp) {
  return Irp->Tail.Overlay.CurrentStackLocation;
}

FORCEINLINE PIO_STACK_LOCATION IoGetNextIrpStackLocation(PIRP Irp) {
  return Irp->Tail.Overlay.CurrentStackLocation - 1;
}

FORCEINLINE VOID IoSetNextIrpStackLocation(PIRP Irp) {
  Irp->CurrentLocation--;
  Irp->Tail.Overlay.CurrentStackLocation--;
}

FORCEINLINE VOID IoSkipCurrentIrpStackLocation(PIRP Irp) {
  Irp->CurrentLocation++;
  Irp->Tail.Overlay.CurrentStackLocation++;
}

// Everything but the completion routine and its context.
FORCEINLINE VOID IoCopyCurrentIrpStackLocationToNext(PIRP Irp) {
  PIO_STACK_LOCATION current = IoGetCurrentIrpStackLocation(Irp);
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(Irp);
  memcpy(next, current, __builtin_offsetof(IO_STACK_LOCATION, CompletionRoutine));
  next->Control = 0;
}

FORCEINLINE VOID IoSetCompletionRoutine(PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                        BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel) {
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(Irp);
  next->CompletionRoutine = CompletionRoutine;
  next->Context = Context;
  next->Control = (UCHAR)((InvokeOnSuccess ? SL_INVOKE_ON_SUCCESS : 0) | (InvokeOnError ? SL_INVOKE_ON_ERROR : 0) |
                          (InvokeOnCancel ? SL_INVOKE_ON_CANCEL : 0));
}

FORCEINLINE VOID IoMarkIrpPending(PIRP Irp) { IoGetCurrentIrpStackLocation(Irp)->Control |= SL_PENDING_RETURNED; }

FORCEINLINE PDRIVER_CANCEL IoSetCancelRoutine(PIRP Irp, PDRIVER_CANCEL CancelRoutine) {
  return __atomic_exchange_n(&Irp->CancelRoutine, CancelRoutine, __ATOMIC_SEQ_CST);
}

FORCEINLINE VOID IoInitializeDpcRequest(PDEVICE_OBJECT DeviceObject, PIO_DPC_ROUTINE DpcRoutine) {
  KeInitializeDpc(&DeviceObject->Dpc, (PKDEFERRED_ROUTINE)(PVOID)DpcRoutine, DeviceObject);
}

FORCEINLINE VOID IoInitializeThreadedDpcRequest(PDEVICE_OBJECT DeviceObject, PIO_DPC_ROUTINE DpcRoutine) {
  KeInitializeThreadedDpc(&DeviceObject->Dpc, (PKDEFERRED_ROUTINE)(PVOID)DpcRoutine, DeviceObject);
}

FORCEINLINE VOID IoRequestDpc(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
  KeInsertQueueDpc(&DeviceObject->Dpc, Irp, Context);
}

FORCEINLINE VOID IoAdjustPagingPathCount(LONG volatile *Count, BOOLEAN Increment) {
  if (Increment) {
    InterlockedIncrement(Count);
  } else {
    InterlockedDecrement(Count);
  }
}

FORCEINLINE ULONG IoGetFunctionCodeFromCtlCode(ULONG ControlCode) { return (ControlCode >> 2) & 0x00000FFF; }

#define IoIsErrorUserInduced(status)                                                                       \
  ((BOOLEAN)(((status) == STATUS_DEVICE_NOT_READY) || ((status) == STATUS_IO_TIMEOUT) ||                    \
             ((status) == STATUS_MEDIA_WRITE_PROTECTED) || ((status) == STATUS_NO_MEDIA_IN_DEVICE) ||       \
             ((status) == STATUS_VERIFY_REQUIRED) || ((status) == STATUS_UNRECOGNIZED_MEDIA) ||             \
             ((status) == STATUS_WRONG_VOLUME)))

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_WDM_IO_INLINE_H
