#include "precomp.h"

static NTSTATUS ForwardAndWaitDone(PDEVICE_OBJECT dev, PIRP irp, PVOID ctx)
{
  UNREFERENCED_PARAMETER(dev); UNREFERENCED_PARAMETER(irp);
  KeSetEvent((PKEVENT)ctx, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS ForwardAndWait(PPORT p, PIRP irp)
{
  KEVENT ev; NTSTATUS st;
  KeInitializeEvent(&ev, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, ForwardAndWaitDone, &ev, TRUE, TRUE, TRUE);
  st = IoCallDriver(p->lower, irp);
  if (st == STATUS_PENDING) { KeWaitForSingleObject(&ev, Suspended, KernelMode, FALSE, NULL); st = irp->IoStatus.Status; }
  return st;
}

static NTSTATUS ReadPortName(PPORT p, PUNICODE_STRING out)
{
  HANDLE key; NTSTATUS st; UNICODE_STRING name; ULONG len;
  UCHAR buf[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + 64 * sizeof(WCHAR)];
  PKEY_VALUE_PARTIAL_INFORMATION info = (PKEY_VALUE_PARTIAL_INFORMATION)buf;
  st = IoOpenDeviceRegistryKey(p->pdo, PLUGPLAY_REGKEY_DEVICE, STANDARD_RIGHTS_READ, &key);
  if (!NT_SUCCESS(st)) return st;
  RtlInitUnicodeString(&name, L"PortName");
  st = ZwQueryValueKey(key, &name, KeyValuePartialInformation, info, sizeof(buf), &len);
  ZwClose(key);
  if (!NT_SUCCESS(st)) return st;
  if (info->Type != REG_SZ) return STATUS_OBJECT_TYPE_MISMATCH;
  return RtlCreateUnicodeString(out, (PCWSTR)info->Data) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS DeviceName(PPORT p, PUNICODE_STRING out)
{
  ULONG len = 0; NTSTATUS st; POBJECT_NAME_INFORMATION info;
  st = ObQueryNameString(p->pdo, NULL, 0, &len);
  if (st != STATUS_INFO_LENGTH_MISMATCH && !NT_SUCCESS(st)) return st;
  info = ExAllocatePoolWithTag(PagedPool, len, PAIR_POOL_TAG);
  if (!info) return STATUS_INSUFFICIENT_RESOURCES;
  st = ObQueryNameString(p->pdo, info, len, &len);
  if (NT_SUCCESS(st) && !RtlCreateUnicodeString(out, info->Name.Buffer)) st = STATUS_INSUFFICIENT_RESOURCES;
  ExFreePoolWithTag(info, PAIR_POOL_TAG);
  return st;
}

static VOID ShowPort(PPORT p)
{
  UNICODE_STRING port, dev; NTSTATUS st; WCHAR path[80];
  st = IoRegisterDeviceInterface(p->pdo, (LPGUID)&GUID_DEVINTERFACE_COMPORT, NULL, &p->link);
  if (NT_SUCCESS(st)) IoSetDeviceInterfaceState(&p->link, TRUE);
  if (!NT_SUCCESS(ReadPortName(p, &port))) return;
  if (NT_SUCCESS(st = DeviceName(p, &dev))) {
    _snwprintf(path, ARRLEN(path), L"\\DosDevices\\%ls", port.Buffer);
    path[ARRLEN(path) - 1] = 0;
    RtlCreateUnicodeString(&p->dos, path);
    st = IoCreateSymbolicLink(&p->dos, &dev);
    DbgPrint("virtcom: %wZ is %wZ, 0x%X\n", &p->dos, &dev, st);
    st = RtlWriteRegistryValue(RTL_REGISTRY_DEVICEMAP, L"SERIALCOMM", dev.Buffer, REG_SZ, port.Buffer, port.Length + sizeof(WCHAR));
    if (!NT_SUCCESS(st)) DbgPrint("virtcom: SERIALCOMM 0x%X\n", st);
    RtlFreeUnicodeString(&dev);
  }
  RtlFreeUnicodeString(&port);
}

static VOID HidePort(PPORT p)
{
  UNICODE_STRING dev;
  if (p->link.Buffer) { IoSetDeviceInterfaceState(&p->link, FALSE); RtlFreeUnicodeString(&p->link); }
  if (p->dos.Buffer) {
    IoDeleteSymbolicLink(&p->dos);
    RtlFreeUnicodeString(&p->dos);
    if (NT_SUCCESS(DeviceName(p, &dev))) { RtlDeleteRegistryValue(RTL_REGISTRY_DEVICEMAP, L"SERIALCOMM", dev.Buffer); RtlFreeUnicodeString(&dev); }
  }
}

NTSTATUS PortPnp(PPORT p, PIRP irp)
{
  PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
  UCHAR minor = sp->MinorFunction;
  NTSTATUS st = IoAcquireRemoveLock(&p->removeLock, irp);
  if (!NT_SUCCESS(st)) return Done(irp, st, 0);
  switch (minor) {
  case IRP_MN_START_DEVICE:
    st = ForwardAndWait(p, irp);
    if (NT_SUCCESS(st)) { ShowPort(p); p->started = TRUE; }
    irp->IoStatus.Status = st;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&p->removeLock, irp);
    return st;
  case IRP_MN_QUERY_CAPABILITIES:
    st = ForwardAndWait(p, irp);
    if (NT_SUCCESS(st)) sp->Parameters.DeviceCapabilities.Capabilities->SurpriseRemovalOK = TRUE;
    irp->IoStatus.Status = st;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&p->removeLock, irp);
    return st;
  case IRP_MN_QUERY_REMOVE_DEVICE: case IRP_MN_QUERY_STOP_DEVICE:
    if (p->opens) { st = Done(irp, STATUS_DEVICE_BUSY, 0); IoReleaseRemoveLock(&p->removeLock, irp); return st; }
    irp->IoStatus.Status = STATUS_SUCCESS;
    break;
  case IRP_MN_SURPRISE_REMOVAL:
    p->started = FALSE;
    PortFlush(p, &p->reads, NULL, STATUS_DELETE_PENDING);
    PortFlush(p, &p->waits, NULL, STATUS_DELETE_PENDING);
    HidePort(p);
    irp->IoStatus.Status = STATUS_SUCCESS;
    break;
  case IRP_MN_CANCEL_REMOVE_DEVICE: case IRP_MN_CANCEL_STOP_DEVICE: case IRP_MN_STOP_DEVICE:
    irp->IoStatus.Status = STATUS_SUCCESS;
    break;
  case IRP_MN_REMOVE_DEVICE: {
    PDEVICE_OBJECT lower = p->lower; KIRQL irql; int i;
    p->started = FALSE;
    PortFlush(p, &p->reads, NULL, STATUS_DELETE_PENDING);
    PortFlush(p, &p->waits, NULL, STATUS_DELETE_PENDING);
    HidePort(p);
    IoReleaseRemoveLockAndWait(&p->removeLock, irp);
    KeCancelTimer(&p->timer);
    KeFlushQueuedDpcs();
    KeAcquireSpinLock(p->lock, &irql);
    for (i = 0; i < 2; i++) if (g_pair.ports[i] == p) g_pair.ports[i] = NULL;
    if (p->peer) p->peer->peer = NULL;
    KeReleaseSpinLock(p->lock, irql);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    st = IoCallDriver(lower, irp);
    IoDetachDevice(lower);
    IoDeleteDevice(p->fdo);
    return st;
  }
  }
  IoSkipCurrentIrpStackLocation(irp);
  st = IoCallDriver(p->lower, irp);
  IoReleaseRemoveLock(&p->removeLock, irp);
  return st;
}
