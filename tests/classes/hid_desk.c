// A WDM HID minidriver: registers itself with the class, keeps the class's reads until its device has something to send.
#include <wdm.h>

#include <hidport.h>

#include "hid_desk.h"

typedef struct _DESK {
  IO_CSQ Csq;
  LIST_ENTRY Reads;
  KSPIN_LOCK Lock;
  ULONG Collections;
  UCHAR Light;
  PDEVICE_OBJECT Pdo;
  UCHAR Kept[DESK_KEPT_BYTES];
} DESK, *PDESK;

static const UCHAR Mouse[] = {
    0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x01, 0xA1, 0x00, 0x85, 0x01,                                      // report 1
    0x05, 0x09, 0x19, 0x01, 0x29, 0x05, 0x15, 0x00, 0x25, 0x01, 0x95, 0x05, 0x75, 0x01, 0x81, 0x02,              // buttons
    0x95, 0x01, 0x75, 0x03, 0x81, 0x03,                                                                          // padding
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x09, 0x38, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x03, 0x81, 0x06,  // X, Y, wheel
    0xC0,
    0x85, 0x03, 0x06, 0x01, 0xFF, 0x09, 0x03, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, DESK_SEND_BYTES, 0x91, 0x02,  // report 3
    0x85, 0x04, 0x06, 0xFF, 0x00, 0x09, 0x02, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0xB1, 0x02, 0x75, 0x07, 0xB1, 0x03,        // report 4
    0xC0};
static const UCHAR Others[] = {
    0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x85, 0x02, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81,
    0x02, 0x95, 0x06, 0x75, 0x08, 0x25, 0x65, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00,                                // report 2: modifiers, six keys
    0x05, 0x08, 0x19, 0x01, 0x29, 0x03, 0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x91, 0x02, 0x95, 0x01, 0x75, 0x05, 0x91, 0x03,  // LEDs
    0xC0,
    0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x85, 0x05, 0x09, 0x02, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, DESK_KEPT_BYTES, 0xB1, 0x02,
    0xC0};

// The mouse alone, without ids.
static const UCHAR Alone[] = {
    0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x01, 0xA1, 0x00, 0x05, 0x09, 0x19, 0x01, 0x29, 0x05, 0x15, 0x00, 0x25, 0x01, 0x95, 0x05, 0x75, 0x01,
    0x81, 0x02, 0x95, 0x01, 0x75, 0x03, 0x81, 0x03, 0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x09, 0x38, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x03,
    0x81, 0x06, 0xC0, 0x06, 0x01, 0xFF, 0x09, 0x03, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, DESK_SEND_BYTES, 0x91, 0x02,
    0x06, 0xFF, 0x00, 0x09, 0x02, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0xB1, 0x02, 0x75, 0x07, 0xB1, 0x03, 0xC0};

static PDESK DeskOf(PDEVICE_OBJECT device) { return (PDESK)((PHID_DEVICE_EXTENSION)device->DeviceExtension)->MiniDeviceExtension; }
static PDESK DeskOfCsq(PIO_CSQ csq) { return CONTAINING_RECORD(csq, DESK, Csq); }

static VOID InsertRead(PIO_CSQ csq, PIRP irp) { InsertTailList(&DeskOfCsq(csq)->Reads, &irp->Tail.Overlay.ListEntry); }
static VOID RemoveRead(PIO_CSQ csq, PIRP irp) {
  UNREFERENCED_PARAMETER(csq);
  RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}
static PIRP PeekRead(PIO_CSQ csq, PIRP irp, PVOID context) {
  PLIST_ENTRY head = &DeskOfCsq(csq)->Reads;
  PLIST_ENTRY next = irp != NULL ? irp->Tail.Overlay.ListEntry.Flink : head->Flink;
  UNREFERENCED_PARAMETER(context);
  return next == head ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
}
static VOID AcquireLock(PIO_CSQ csq, PKIRQL irql) { KeAcquireSpinLock(&DeskOfCsq(csq)->Lock, irql); }
static VOID ReleaseLock(PIO_CSQ csq, KIRQL irql) { KeReleaseSpinLock(&DeskOfCsq(csq)->Lock, irql); }
static VOID CancelRead(PIO_CSQ csq, PIRP irp) {
  UNREFERENCED_PARAMETER(csq);
  irp->IoStatus.Status = STATUS_CANCELLED;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static NTSTATUS PassDown(PDEVICE_OBJECT device, PIRP irp) {
  IoCopyCurrentIrpStackLocationToNext(irp);
  return IoCallDriver(((PHID_DEVICE_EXTENSION)device->DeviceExtension)->NextDeviceObject, irp);
}

static NTSTATUS PassPowerDown(PDEVICE_OBJECT device, PIRP irp) {
  PoStartNextPowerIrp(irp);
  IoCopyCurrentIrpStackLocationToNext(irp);
  return PoCallDriver(((PHID_DEVICE_EXTENSION)device->DeviceExtension)->NextDeviceObject, irp);
}

static NTSTATUS Give(PIRP irp, const VOID *bytes, ULONG length) {
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength < length) return STATUS_BUFFER_TOO_SMALL;
  RtlCopyMemory(irp->UserBuffer, bytes, length);
  irp->IoStatus.Information = length;
  return STATUS_SUCCESS;
}

static NTSTATUS GiveDescriptor(PDESK desk, PIRP irp) {
  HID_DESCRIPTOR descriptor = {sizeof(HID_DESCRIPTOR), HID_HID_DESCRIPTOR_TYPE, 0x0111, 0, 1, {{HID_REPORT_DESCRIPTOR_TYPE, 0}}};
  descriptor.DescriptorList[0].wReportLength = (USHORT)(desk->Collections == 3 ? sizeof Mouse + sizeof Others : sizeof Alone);
  return Give(irp, &descriptor, sizeof descriptor);
}

static NTSTATUS GiveReportDescriptor(PDESK desk, PIRP irp) {
  UCHAR all[sizeof Mouse + sizeof Others];
  if (desk->Collections != 3) return Give(irp, Alone, sizeof Alone);
  RtlCopyMemory(all, Mouse, sizeof Mouse);
  RtlCopyMemory(all + sizeof Mouse, Others, sizeof Others);
  return Give(irp, all, sizeof all);
}

static NTSTATUS GiveAttributes(PIRP irp) {
  HID_DEVICE_ATTRIBUTES attributes = {sizeof attributes, DESK_VENDOR, DESK_PRODUCT, DESK_VERSION, {0}};
  return Give(irp, &attributes, sizeof attributes);
}

static NTSTATUS GiveText(PIRP irp) {
  const ULONG_PTR which = (ULONG_PTR)IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.Type3InputBuffer & 0xFFFF;
  static const WCHAR Product[] = L"Desk";
  return which == HID_STRING_ID_IPRODUCT ? Give(irp, Product, sizeof Product) : STATUS_INVALID_PARAMETER;
}

// The device sends a report: the oldest of the class's reads gets it.
static NTSTATUS SendReport(PDESK desk, const UCHAR *report, ULONG length) {
  PIRP read = IoCsqRemoveNextIrp(&desk->Csq, NULL);
  if (read == NULL) return STATUS_DEVICE_BUSY;
  read->IoStatus.Status = Give(read, report, length);
  IoCompleteRequest(read, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

// The tail light; two of its values mean that the device's collections go and come.
static NTSTATUS SetLight(PDESK desk, UCHAR light) {
  if (light == DESK_ABSENT || light == DESK_PRESENT) return HidNotifyPresence(desk->Pdo, light == DESK_PRESENT);
  desk->Light = light;
  return STATUS_SUCCESS;
}

static NTSTATUS TakeReport(PDESK desk, PIRP irp, BOOLEAN feature) {
  PHID_XFER_PACKET packet = (PHID_XFER_PACKET)irp->UserBuffer;
  const UCHAR *bytes = packet->reportBuffer;
  irp->IoStatus.Information = packet->reportBufferLen;
  if (packet->reportId == 0 && feature) return SetLight(desk, bytes[0]);
  switch (packet->reportId) {
    case 0: return bytes[0] >= DESK_SEND_BYTES ? STATUS_INVALID_PARAMETER : SendReport(desk, bytes + 1, bytes[0]);
    case 2: desk->Kept[0] = bytes[1]; return STATUS_SUCCESS;
    case 3: return bytes[1] >= DESK_SEND_BYTES ? STATUS_INVALID_PARAMETER : SendReport(desk, bytes + 2, bytes[1]);
    case 4: return SetLight(desk, bytes[1]);
    case 5: RtlCopyMemory(desk->Kept, bytes + 1, sizeof desk->Kept); return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
  }
}

static NTSTATUS GiveFeature(PDESK desk, PIRP irp) {
  PHID_XFER_PACKET packet = (PHID_XFER_PACKET)irp->UserBuffer;
  if (packet->reportId == 0) {
    packet->reportBuffer[0] = desk->Light;
    irp->IoStatus.Information = 1;
    return STATUS_SUCCESS;
  }
  const ULONG length = packet->reportId == 4 ? 2 : 1 + sizeof desk->Kept;
  if ((packet->reportId != 4 && packet->reportId != 5) || packet->reportBufferLen < length) return STATUS_INVALID_PARAMETER;
  packet->reportBuffer[0] = packet->reportId;
  RtlCopyMemory(packet->reportBuffer + 1, packet->reportId == 4 ? &desk->Light : desk->Kept, length - 1);
  irp->IoStatus.Information = length;
  return STATUS_SUCCESS;
}

static NTSTATUS InternalControl(PDEVICE_OBJECT device, PIRP irp) {
  PDESK desk = DeskOf(device);
  NTSTATUS status;
  irp->IoStatus.Information = 0;
  switch (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_HID_GET_DEVICE_DESCRIPTOR: status = GiveDescriptor(desk, irp); break;
    case IOCTL_HID_GET_REPORT_DESCRIPTOR: status = GiveReportDescriptor(desk, irp); break;
    case IOCTL_HID_GET_DEVICE_ATTRIBUTES: status = GiveAttributes(irp); break;
    case IOCTL_HID_GET_STRING: status = GiveText(irp); break;
    case IOCTL_HID_ACTIVATE_DEVICE:
    case IOCTL_HID_DEACTIVATE_DEVICE: status = STATUS_SUCCESS; break;
    case IOCTL_HID_READ_REPORT:
#ifdef DESK_POLLED
    {
      // What the device is at this moment; the tail light counts.
      UCHAR report[4] = {0, 1, 0, 0};
      InterlockedIncrement8((CHAR volatile *)&desk->Light);
      status = Give(irp, report, sizeof report);
      break;
    }
#endif
      IoMarkIrpPending(irp);
      IoCsqInsertIrp(&desk->Csq, irp, NULL);
      return STATUS_PENDING;
    case IOCTL_HID_WRITE_REPORT:
    case IOCTL_HID_SET_OUTPUT_REPORT: status = TakeReport(desk, irp, FALSE); break;
    case IOCTL_HID_SET_FEATURE: status = TakeReport(desk, irp, TRUE); break;
    case IOCTL_HID_GET_FEATURE: status = GiveFeature(desk, irp); break;
    default: status = STATUS_NOT_SUPPORTED; break;
  }
  irp->IoStatus.Status = status;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static ULONG Setting(PDEVICE_OBJECT pdo) {
  HANDLE key;
  ULONG value = 1, length;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Collections");
  UCHAR room[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
  if (!NT_SUCCESS(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key))) return value;
  if (NT_SUCCESS(ZwQueryValueKey(key, &name, KeyValuePartialInformation, room, sizeof room, &length)))
    value = *(ULONG *)((PKEY_VALUE_PARTIAL_INFORMATION)room)->Data;
  ZwClose(key);
  return value;
}

static NTSTATUS AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT device) {
  PDESK desk = DeskOf(device);
  UNREFERENCED_PARAMETER(driver);
  KeInitializeSpinLock(&desk->Lock);
  InitializeListHead(&desk->Reads);
  desk->Pdo = ((PHID_DEVICE_EXTENSION)device->DeviceExtension)->PhysicalDeviceObject;
  desk->Collections = Setting(((PHID_DEVICE_EXTENSION)device->DeviceExtension)->PhysicalDeviceObject);
  return IoCsqInitialize(&desk->Csq, InsertRead, RemoveRead, PeekRead, AcquireLock, ReleaseLock, CancelRead);
}

static VOID Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  HID_MINIDRIVER_REGISTRATION registration;
  RtlZeroMemory(&registration, sizeof registration);
  driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = InternalControl;
  driver->MajorFunction[IRP_MJ_PNP] = PassDown;
  driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = PassDown;
  driver->MajorFunction[IRP_MJ_POWER] = PassPowerDown;
  driver->DriverExtension->AddDevice = AddDevice;
  driver->DriverUnload = Unload;
  registration.Revision = HID_REVISION;
  registration.DriverObject = driver;
  registration.RegistryPath = path;
  registration.DeviceExtensionSize = sizeof(DESK);
#ifdef DESK_POLLED
  registration.DevicesArePolled = TRUE;
#endif
  return HidRegisterMinidriver(&registration);
}
