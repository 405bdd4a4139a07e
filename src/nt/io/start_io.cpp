// The old way to queue: one request at a time goes to the driver's StartIo routine, the others wait in the device queue.
// IRQL: IoStartNextPacket is called at DISPATCH_LEVEL; StartIo runs there.
#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

IRP* IrpOfEntry(PKDEVICE_QUEUE_ENTRY entry) { return CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry); }

// IoSetStartIoAttributes, in DeviceExtension::flags beside the DeviceFlags.
constexpr uint32_t kDeferred = 1u << 24;       // the next request starts when StartIo has returned
constexpr uint32_t kNonCancelable = 1u << 25;  // a request in StartIo has no cancel routine any more
constexpr uint32_t kInside = 1u << 26;         // StartIo runs
constexpr uint32_t kNextWanted = 1u << 27;     // it has asked for the next one meanwhile
constexpr uint32_t kNextCancelable = 1u << 28;

std::atomic<uint32_t>& FlagsOf(PDEVICE_OBJECT device) { return io::ExtensionOf(device)->flags; }

void StartNext(PDEVICE_OBJECT device, BOOLEAN cancelable, const ULONG* key);

void Start(PDEVICE_OBJECT device, PIRP irp) {
  std::atomic<uint32_t>& flags = FlagsOf(device);
  if (flags.load(std::memory_order_acquire) & kNonCancelable) {
    KIRQL irql;
    IoAcquireCancelSpinLock(&irql);
    IoSetCancelRoutine(irp, nullptr);
    IoReleaseCancelSpinLock(irql);
  }
  if (!(flags.load(std::memory_order_acquire) & kDeferred)) {
    CallDriver("DRIVER_STARTIO", device->DriverObject->DriverStartIo, device, irp);
    return;
  }
  flags.fetch_or(kInside, std::memory_order_acq_rel);
  CallDriver("DRIVER_STARTIO", device->DriverObject->DriverStartIo, device, irp);
  const uint32_t before = flags.fetch_and(~(kInside | kNextWanted | kNextCancelable), std::memory_order_acq_rel);
  if (before & kNextWanted) StartNext(device, (before & kNextCancelable) != 0, nullptr);
}

// True: StartIo is under way and the next request waits for its end.
bool Deferred(PDEVICE_OBJECT device, BOOLEAN cancelable) {
  std::atomic<uint32_t>& flags = FlagsOf(device);
  uint32_t now = flags.load(std::memory_order_acquire);
  while (now & kInside) {
    if (flags.compare_exchange_weak(now, now | kNextWanted | (cancelable ? kNextCancelable : 0), std::memory_order_acq_rel)) return true;
  }
  return false;
}

// Takes the next request out of the queue, or leaves the device idle.
void StartNext(PDEVICE_OBJECT device, BOOLEAN cancelable, const ULONG* key) {
  if (Deferred(device, cancelable)) return;
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

VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable) {
  std::atomic<uint32_t>& flags = FlagsOf(DeviceObject);
  DeferredStartIo ? flags.fetch_or(kDeferred) : flags.fetch_and(~kDeferred);
  NonCancelable ? flags.fetch_or(kNonCancelable) : flags.fetch_and(~kNonCancelable);
}

VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable) { StartNext(DeviceObject, Cancelable, nullptr); }

VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key) {
  StartNext(DeviceObject, Cancelable, &Key);
}

}  // extern "C"
