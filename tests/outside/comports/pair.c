#include "precomp.h"

PAIR g_pair;

static NTSTATUS AddDevice(IN PDRIVER_OBJECT drv, IN PDEVICE_OBJECT pdo)
{
  PDEVICE_OBJECT fdo;
  NTSTATUS st;
  PPORT p;
  int i;

  st = IoCreateDeviceSecure(drv, sizeof(PORT), NULL, FILE_DEVICE_SERIAL_PORT, FILE_DEVICE_SECURE_OPEN, FALSE,
                      &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R, NULL, &fdo);
  if (st == STATUS_INVALID_PARAMETER || !NT_SUCCESS(st))
    st = IoCreateDevice(drv, sizeof(PORT), NULL, FILE_DEVICE_SERIAL_PORT, FILE_DEVICE_SECURE_OPEN, FALSE, &fdo);
  if (!NT_SUCCESS(st))
    return st;
  p = (PPORT)fdo->DeviceExtension;
  RtlZeroMemory(p, sizeof(*p));
  p->fdo = fdo;
  p->pdo = pdo;
  p->lock = &g_pair.lock;
  IoInitializeRemoveLock(&p->removeLock, PAIR_POOL_TAG, 0, 0);
  InitializeListHead(&p->reads);
  InitializeListHead(&p->waits);
  KeInitializeTimer(&p->timer);
  KeInitializeDpc(&p->dpc, PortTimeout, p);
  p->baud.BaudRate = 1200;
  p->line.WordLength = 7; p->line.Parity = EVEN_PARITY; p->line.StopBits = STOP_BIT_1;
  p->handflow.ControlHandShake = SERIAL_DTR_CONTROL; p->handflow.FlowReplace = SERIAL_RTS_CONTROL;

  ExAcquireFastMutex(&g_pair.mutex);
  for (i = 0; i < 2; i++)
    if (!g_pair.ports[i]) {
      KIRQL irql;
      KeAcquireSpinLock(p->lock, &irql);
      g_pair.ports[i] = p;
      p->peer = g_pair.ports[!i];
      if (p->peer) p->peer->peer = p;
      KeReleaseSpinLock(p->lock, irql);
      break;
    }
  ExReleaseFastMutex(&g_pair.mutex);
  if (i == 2) { IoDeleteDevice(fdo); return STATUS_DEVICE_CONFIGURATION_ERROR; }

  p->lower = IoAttachDeviceToDeviceStack(fdo, pdo);
  if (!p->lower) { g_pair.ports[i] = NULL; IoDeleteDevice(fdo); return STATUS_NO_SUCH_DEVICE; }
  fdo->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
  fdo->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static NTSTATUS DispatchOpenClose(IN PDEVICE_OBJECT dev, IN PIRP irp)
{
  PPORT p = (PPORT)dev->DeviceExtension;
  PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
  NTSTATUS st = IoAcquireRemoveLock(&p->removeLock, irp);
  if (!NT_SUCCESS(st)) return Done(irp, st, 0);

  switch (sp->MajorFunction) {
  case IRP_MJ_CREATE:
    if (InterlockedIncrement(&p->opens) != 1) {
      InterlockedDecrement(&p->opens);
      st = STATUS_ACCESS_DENIED;
    } else if (sp->FileObject->FileName.Length) {
      InterlockedDecrement(&p->opens);
      st = STATUS_NOT_A_DIRECTORY;
    } else {
      LIST_ENTRY done;
      KIRQL irql;
      PUCHAR base = ExAllocatePoolWithTag(NonPagedPool, 4096, PAIR_POOL_TAG);
      InitializeListHead(&done);
      if (!base) { InterlockedDecrement(&p->opens); st = STATUS_INSUFFICIENT_RESOURCES; break; }
      KeAcquireSpinLock(p->lock, &irql);
      p->rb.base = p->rb.head = p->rb.tail = base;
      p->rb.end = base + 4096; p->rb.size = 4096; p->rb.busy = 0;
      if (p->peer) { p->peer->modem |= SERIAL_DSR_STATE | SERIAL_CTS_STATE; PortEvent(p->peer, SERIAL_EV_DSR | SERIAL_EV_CTS, &done); }
      KeReleaseSpinLock(p->lock, irql);
      CompleteList(&done);
    }
    break;
  case IRP_MJ_CLEANUP:
    PortFlush(p, &p->reads, sp->FileObject, STATUS_CANCELLED);
    PortFlush(p, &p->waits, sp->FileObject, STATUS_CANCELLED);
    break;
  case IRP_MJ_CLOSE: {
    KIRQL irql; PUCHAR base; LIST_ENTRY done;
    InitializeListHead(&done);
    KeAcquireSpinLock(p->lock, &irql);
    base = p->rb.base;
    RtlZeroMemory(&p->rb, sizeof(p->rb));
    p->waitMask = p->events = 0;
    if (p->peer) { p->peer->modem &= ~(SERIAL_DSR_STATE | SERIAL_CTS_STATE); PortEvent(p->peer, SERIAL_EV_DSR | SERIAL_EV_CTS, &done); }
    KeReleaseSpinLock(p->lock, irql);
    CompleteList(&done);
    if (base) ExFreePool(base);
    InterlockedDecrement(&p->opens);
    break;
  }
  }
  st = Done(irp, st, 0);
  IoReleaseRemoveLock(&p->removeLock, irp);
  return st;
}

static NTSTATUS DispatchIo(IN PDEVICE_OBJECT dev, IN PIRP irp)
{
  PPORT p = (PPORT)dev->DeviceExtension;
  NTSTATUS st = IoAcquireRemoveLock(&p->removeLock, irp);
  if (!NT_SUCCESS(st)) return Done(irp, st, 0);
  if (!p->started) { st = Done(irp, STATUS_DEVICE_NOT_READY, 0); IoReleaseRemoveLock(&p->removeLock, irp); return st; }
  switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
  case IRP_MJ_READ: st = PortRead(p, irp); break;
  case IRP_MJ_WRITE: st = PortWrite(p, irp); break;
  case IRP_MJ_DEVICE_CONTROL: st = PortIoctl(p, irp); break;
  case IRP_MJ_FLUSH_BUFFERS: st = Done(irp, STATUS_SUCCESS, 0); break;
  case IRP_MJ_QUERY_INFORMATION: {
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    if (sp->Parameters.QueryFile.FileInformationClass == FileStandardInformation &&
        sp->Parameters.QueryFile.Length >= sizeof(FILE_STANDARD_INFORMATION)) {
      PFILE_STANDARD_INFORMATION f = irp->AssociatedIrp.SystemBuffer;
      RtlZeroMemory(f, sizeof(*f));
      st = Done(irp, STATUS_SUCCESS, sizeof(*f));
    } else if (sp->Parameters.QueryFile.FileInformationClass == FilePositionInformation) {
      ((PFILE_POSITION_INFORMATION)irp->AssociatedIrp.SystemBuffer)->CurrentByteOffset.QuadPart = 0;
      st = Done(irp, STATUS_SUCCESS, sizeof(FILE_POSITION_INFORMATION));
    } else st = Done(irp, STATUS_INVALID_PARAMETER, 0);
    break;
  }
  default: st = Done(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
  IoReleaseRemoveLock(&p->removeLock, irp);
  return st;
}

static NTSTATUS DispatchPnp(IN PDEVICE_OBJECT dev, IN PIRP irp) { return PortPnp((PPORT)dev->DeviceExtension, irp); }

static NTSTATUS DispatchPower(IN PDEVICE_OBJECT dev, IN PIRP irp)
{
  PPORT p = (PPORT)dev->DeviceExtension;
  NTSTATUS st = IoAcquireRemoveLock(&p->removeLock, irp);
  if (!NT_SUCCESS(st)) { PoStartNextPowerIrp(irp); return Done(irp, st, 0); }
  if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_SET_POWER &&
      IoGetCurrentIrpStackLocation(irp)->Parameters.Power.Type == DevicePowerState)
    PoSetPowerState(dev, DevicePowerState, IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State);
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  st = PoCallDriver(p->lower, irp);
  IoReleaseRemoveLock(&p->removeLock, irp);
  return st;
}

static NTSTATUS DispatchWmi(IN PDEVICE_OBJECT dev, IN PIRP irp)
{
  PPORT p = (PPORT)dev->DeviceExtension;
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(p->lower, irp);
}

static VOID Unload(IN PDRIVER_OBJECT drv) { UNREFERENCED_PARAMETER(drv); DbgPrint("virtcom: unload\n"); }

NTSTATUS DriverEntry(IN PDRIVER_OBJECT drv, IN PUNICODE_STRING reg)
{
  UNREFERENCED_PARAMETER(reg);
  KeInitializeSpinLock(&g_pair.lock);
  ExInitializeFastMutex(&g_pair.mutex);
  drv->DriverUnload = Unload;
  drv->DriverExtension->AddDevice = AddDevice;
  drv->MajorFunction[IRP_MJ_CREATE] = drv->MajorFunction[IRP_MJ_CLOSE] = drv->MajorFunction[IRP_MJ_CLEANUP] = DispatchOpenClose;
  drv->MajorFunction[IRP_MJ_READ] = drv->MajorFunction[IRP_MJ_WRITE] = DispatchIo;
  drv->MajorFunction[IRP_MJ_DEVICE_CONTROL] = drv->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = DispatchIo;
  drv->MajorFunction[IRP_MJ_QUERY_INFORMATION] = drv->MajorFunction[IRP_MJ_SET_INFORMATION] = DispatchIo;
  drv->MajorFunction[IRP_MJ_PNP] = DispatchPnp;
  drv->MajorFunction[IRP_MJ_POWER] = DispatchPower;
  drv->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = DispatchWmi;
  return STATUS_SUCCESS;
}
