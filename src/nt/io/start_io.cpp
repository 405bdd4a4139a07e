// The old way to queue: one request at a time goes to the driver's StartIo routine, the others wait in the device queue.
// IRQL: IoStartNextPacket is called at DISPATCH_LEVEL; StartIo runs there.
#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/io/irp.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

IRP* IrpOfEntry(PKDEVICE_QUEUE_ENTRY entry) { return CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry); }

void Start(PDEVICE_OBJECT device, PIRP irp) {
  CallDriver("DRIVER_STARTIO", device->DriverObject->DriverStartIo, device, irp);
}

// Takes the next request out of the queue, or leaves the device idle.
void StartNext(PDEVICE_OBJECT device, BOOLEAN cancelable, const ULONG* key) {
  KIRQL irql = DISPATCH_LEVEL;
  if (cancelable) IoAcquireCancelSpinLock(&irql);
  device->CurrentIrp = nullptr;
  PKDEVICE_QUEUE_ENTRY entry =
      key ? KeRemoveByKeyDeviceQueue(&device->DeviceQueue, *key) : KeRemoveDeviceQueue(&device->DeviceQueue);
  IRP* irp = entry ? IrpOfEntry(entry) : nullptr;
  if (irp) device->CurrentIrp = irp;
  if (cancelable) IoReleaseCancelSpinLock(irql);
  if (irp) Start(device, irp);
}

}  // namespace

extern "C" {

VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction) {
  KIRQL entry_irql;
  KeRaiseIrql(DISPATCH_LEVEL, &entry_irql);
  KIRQL irql = DISPATCH_LEVEL;
  if (CancelFunction) {
    IoAcquireCancelSpinLock(&irql);
    __atomic_store_n(&Irp->CancelRoutine, CancelFunction, __ATOMIC_SEQ_CST);
  }
  BOOLEAN queued = Key ? KeInsertByKeyDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry, *Key)
                       : KeInsertDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
  if (!queued) {
    DeviceObject->CurrentIrp = Irp;
    if (CancelFunction) IoReleaseCancelSpinLock(irql);
    Start(DeviceObject, Irp);
  } else if (CancelFunction) {
    if (io::IsCancelled(Irp) && IoSetCancelRoutine(Irp, nullptr)) {
      Irp->CancelIrql = irql;
      CallDriver("DRIVER_CANCEL", IrqlRule::kUnchecked, CancelFunction, DeviceObject, Irp);
    } else {
      IoReleaseCancelSpinLock(irql);
    }
  }
  KeLowerIrql(entry_irql);
}

VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable) { StartNext(DeviceObject, Cancelable, nullptr); }

VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key) {
  StartNext(DeviceObject, Cancelable, &Key);
}

}  // extern "C"
