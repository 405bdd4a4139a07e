#include <ntddk.h>
#include <wdf.h>

#include <batclass.h>
#include <wmistr.h>

#include <wmilib.h>

#include "cell.h"

typedef struct _CELL {
  PVOID Class;
  WDFWAITLOCK ClassLock, StateLock;
  CELL_STATE State;
  CELL_COUNTS Counts;
  LONG Inside;
  WMILIB_CONTEXT Wmi;
} CELL, *PCELL;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CELL, CellOf)

static UNICODE_STRING g_RegistryPath;

static void Enter(PCELL Cell, PULONG Count) {
  *Count += 1;
  if (InterlockedIncrement(&Cell->Inside) != 1) Cell->Counts.Overlaps += 1;
  if (KeGetCurrentIrql() != PASSIVE_LEVEL) Cell->Counts.HighIrql += 1;
}

static NTSTATUS Leave(PCELL Cell, NTSTATUS Status) {
  InterlockedDecrement(&Cell->Inside);
  return Status;
}

static CELL_STATE StateOf(PCELL Cell) {
  CELL_STATE state;
  WdfWaitLockAcquire(Cell->StateLock, NULL);
  state = Cell->State;
  WdfWaitLockRelease(Cell->StateLock);
  return state;
}

static NTSTATUS CellQueryTag(PVOID Context, PULONG Tag) {
  PCELL cell = Context;
  Enter(cell, &cell->Counts.QueryTag);
  *Tag = StateOf(cell).Tag;
  return Leave(cell, *Tag == BATTERY_TAG_INVALID ? STATUS_NO_SUCH_DEVICE : STATUS_SUCCESS);
}

static NTSTATUS CellQueryInformation(PVOID Context, ULONG Tag, BATTERY_QUERY_INFORMATION_LEVEL Level, LONG AtRate, PVOID Buffer,
                                     ULONG BufferLength, PULONG ReturnedLength) {
  PCELL cell = Context;
  BATTERY_INFORMATION information = {0};
  static const WCHAR name[] = L"Cell";
  const VOID *answer = NULL;
  ULONG length = 0, temperature = 3000;
  NTSTATUS status = STATUS_SUCCESS;
  Enter(cell, &cell->Counts.QueryInformation);
  cell->Counts.LastRate = (ULONG)AtRate;
  information.Technology = 1;
  information.DesignedCapacity = 1000;
  information.FullChargedCapacity = 900;
  information.CycleCount = 12;
  RtlCopyMemory(information.Chemistry, "TEST", 4);
  if (Tag != StateOf(cell).Tag) return Leave(cell, STATUS_NO_SUCH_DEVICE);
  switch (Level) {
    case BatteryInformation: answer = &information, length = sizeof(information); break;
    case BatteryTemperature: answer = &temperature, length = sizeof(temperature); break;
    case BatteryDeviceName: answer = name, length = sizeof(name); break;
    default: status = STATUS_INVALID_DEVICE_REQUEST; break;
  }
  *ReturnedLength = length;
  if (NT_SUCCESS(status)) {
    if (BufferLength < length) status = STATUS_BUFFER_TOO_SMALL;
    else RtlCopyMemory(Buffer, answer, length);
  }
  return Leave(cell, status);
}

static NTSTATUS CellQueryStatus(PVOID Context, ULONG Tag, PBATTERY_STATUS Status) {
  PCELL cell = Context;
  CELL_STATE state;
  Enter(cell, &cell->Counts.QueryStatus);
  state = StateOf(cell);
  if (Tag != state.Tag) return Leave(cell, STATUS_NO_SUCH_DEVICE);
  Status->PowerState = state.PowerState;
  Status->Capacity = state.Capacity;
  Status->Voltage = BATTERY_UNKNOWN_VOLTAGE;
  Status->Rate = (LONG)state.Rate;
  return Leave(cell, STATUS_SUCCESS);
}

static NTSTATUS CellSetInformation(PVOID Context, ULONG Tag, BATTERY_SET_INFORMATION_LEVEL Level, PVOID Buffer) {
  PCELL cell = Context;
  Enter(cell, &cell->Counts.SetInformation);
  if (Tag != StateOf(cell).Tag) return Leave(cell, STATUS_NO_SUCH_DEVICE);
  cell->Counts.LastLevel = Level;
  cell->Counts.LastData = Buffer ? *(PULONG)Buffer : 0;
  return Leave(cell, Level == BatteryCharge ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS);
}

static NTSTATUS CellSetStatusNotify(PVOID Context, ULONG Tag, PBATTERY_NOTIFY Notify) {
  PCELL cell = Context;
  UNREFERENCED_PARAMETER(Tag);
  Enter(cell, &cell->Counts.SetStatusNotify);
  cell->Counts.NotifyPowerState = Notify->PowerState;
  cell->Counts.NotifyLow = Notify->LowCapacity;
  cell->Counts.NotifyHigh = Notify->HighCapacity;
  return Leave(cell, StateOf(cell).CanWatch ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED);
}

static NTSTATUS CellDisableStatusNotify(PVOID Context) {
  PCELL cell = Context;
  Enter(cell, &cell->Counts.DisableStatusNotify);
  return Leave(cell, STATUS_SUCCESS);
}

static NTSTATUS CellQueryWmiRegInfo(PDEVICE_OBJECT DeviceObject, PULONG Flags, PUNICODE_STRING Name, PUNICODE_STRING *RegistryPath,
                                    PUNICODE_STRING Mof, PDEVICE_OBJECT *Pdo) {
  UNREFERENCED_PARAMETER(Name);
  UNREFERENCED_PARAMETER(Mof);
  *Flags = WMIREG_FLAG_INSTANCE_PDO;
  *RegistryPath = &g_RegistryPath;
  *Pdo = WdfDeviceWdmGetPhysicalDevice(WdfWdmDeviceGetWdfDeviceHandle(DeviceObject));
  return STATUS_SUCCESS;
}

static NTSTATUS CellQueryWmiDataBlock(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex, ULONG InstanceIndex, ULONG InstanceCount,
                                      PULONG Lengths, ULONG BufferAvail, PUCHAR Buffer) {
  PCELL cell = CellOf(WdfWdmDeviceGetWdfDeviceHandle(DeviceObject));
  NTSTATUS status;
  UNREFERENCED_PARAMETER(InstanceIndex);
  UNREFERENCED_PARAMETER(InstanceCount);
  status = BatteryClassQueryWmiDataBlock(cell->Class, DeviceObject, Irp, GuidIndex, Lengths, BufferAvail, Buffer);
  if (status == STATUS_WMI_GUID_NOT_FOUND) status = WmiCompleteRequest(DeviceObject, Irp, status, 0, IO_NO_INCREMENT);
  return status;
}

static NTSTATUS CellSelfManagedIoInit(WDFDEVICE Device) {
  PCELL cell = CellOf(Device);
  BATTERY_MINIPORT_INFO_V1_1 info;
  NTSTATUS status;
  RtlZeroMemory(&info, sizeof(info));
  info.MajorVersion = BATTERY_CLASS_MAJOR_VERSION;
  info.MinorVersion = BATTERY_CLASS_MINOR_VERSION_1;
  info.Context = cell;
  info.QueryTag = CellQueryTag;
  info.QueryInformation = CellQueryInformation;
  info.SetInformation = CellSetInformation;
  info.QueryStatus = CellQueryStatus;
  info.SetStatusNotify = CellSetStatusNotify;
  info.DisableStatusNotify = CellDisableStatusNotify;
  info.Pdo = WdfDeviceWdmGetPhysicalDevice(Device);
  info.Fdo = WdfDeviceWdmGetDeviceObject(Device);
  WdfWaitLockAcquire(cell->ClassLock, NULL);
  status = BatteryClassInitializeDevice((PBATTERY_MINIPORT_INFO)&info, &cell->Class);
  WdfWaitLockRelease(cell->ClassLock);
  if (!NT_SUCCESS(status)) return status;
  cell->Wmi.QueryWmiRegInfo = CellQueryWmiRegInfo;
  cell->Wmi.QueryWmiDataBlock = CellQueryWmiDataBlock;
  return IoWMIRegistrationControl(info.Fdo, WMIREG_ACTION_REGISTER);
}

static VOID CellSelfManagedIoCleanup(WDFDEVICE Device) {
  PCELL cell = CellOf(Device);
  PVOID class;
  IoWMIRegistrationControl(WdfDeviceWdmGetDeviceObject(Device), WMIREG_ACTION_DEREGISTER);
  WdfWaitLockAcquire(cell->ClassLock, NULL);
  class = cell->Class;
  cell->Class = NULL;
  if (class) BatteryClassUnload(class);
  WdfWaitLockRelease(cell->ClassLock);
}

static NTSTATUS CellPreprocessControl(WDFDEVICE Device, PIRP Irp) {
  PCELL cell = CellOf(Device);
  NTSTATUS status = STATUS_NOT_SUPPORTED;
  WdfWaitLockAcquire(cell->ClassLock, NULL);
  if (cell->Class) status = BatteryClassIoctl(cell->Class, Irp);
  WdfWaitLockRelease(cell->ClassLock);
  if (status != STATUS_NOT_SUPPORTED) return status;
  IoSkipCurrentIrpStackLocation(Irp);
  return WdfDeviceWdmDispatchPreprocessedIrp(Device, Irp);
}

static NTSTATUS CellPreprocessWmi(WDFDEVICE Device, PIRP Irp) {
  PCELL cell = CellOf(Device);
  SYSCTL_IRP_DISPOSITION disposition = IrpForward;
  NTSTATUS status = STATUS_NOT_SUPPORTED;
  if (cell->Class) status = BatteryClassSystemControl(cell->Class, &cell->Wmi, WdfDeviceWdmGetDeviceObject(Device), Irp, &disposition);
  if (disposition == IrpProcessed) return status;
  if (disposition == IrpNotCompleted) {
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
  }
  IoSkipCurrentIrpStackLocation(Irp);
  return WdfDeviceWdmDispatchPreprocessedIrp(Device, Irp);
}

static VOID CellControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code) {
  PCELL cell = CellOf(WdfIoQueueGetDevice(Queue));
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  PVOID buffer;
  ULONG_PTR done = 0;
  UNREFERENCED_PARAMETER(OutputLength);
  UNREFERENCED_PARAMETER(InputLength);
  if (Code == IOCTL_CELL_SET) {
    status = WdfRequestRetrieveInputBuffer(Request, sizeof(CELL_STATE), &buffer, NULL);
    if (NT_SUCCESS(status)) {
      WdfWaitLockAcquire(cell->StateLock, NULL);
      cell->State = *(PCELL_STATE)buffer;
      WdfWaitLockRelease(cell->StateLock);
      if (!((PCELL_STATE)buffer)->Quiet) BatteryClassStatusNotify(cell->Class);
    }
  } else if (Code == IOCTL_CELL_COUNTS) {
    status = WdfRequestRetrieveOutputBuffer(Request, sizeof(CELL_COUNTS), &buffer, NULL);
    if (NT_SUCCESS(status)) {
      *(PCELL_COUNTS)buffer = cell->Counts;
      done = sizeof(CELL_COUNTS);
    }
  }
  WdfRequestCompleteWithInformation(Request, status, done);
}

static NTSTATUS CellDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG config;
  WDFDEVICE device;
  PCELL cell;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Driver);
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDeviceSelfManagedIoInit = CellSelfManagedIoInit;
  callbacks.EvtDeviceSelfManagedIoCleanup = CellSelfManagedIoCleanup;
  WdfDeviceInitSetPnpPowerEventCallbacks(Init, &callbacks);
  status = WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, CellPreprocessControl, IRP_MJ_DEVICE_CONTROL, NULL, 0);
  if (NT_SUCCESS(status)) status = WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, CellPreprocessWmi, IRP_MJ_SYSTEM_CONTROL, NULL, 0);
  if (!NT_SUCCESS(status)) return status;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, CELL);
  status = WdfDeviceCreate(&Init, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  cell = CellOf(device);
  cell->State.Tag = 1;
  cell->State.PowerState = BATTERY_POWER_ON_LINE;
  cell->State.Capacity = 800;
  cell->State.CanWatch = 1;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = device;
  status = WdfWaitLockCreate(&attributes, &cell->ClassLock);
  if (NT_SUCCESS(status)) status = WdfWaitLockCreate(&attributes, &cell->StateLock);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
  config.EvtIoDeviceControl = CellControl;
  return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  NTSTATUS status;
  WDF_DRIVER_CONFIG_INIT(&config, CellDeviceAdd);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ExecutionLevel = WdfExecutionLevelPassive;
  status = WdfDriverCreate(DriverObject, RegistryPath, &attributes, &config, WDF_NO_HANDLE);
  if (!NT_SUCCESS(status)) return status;
  g_RegistryPath.Buffer = WdfDriverGetRegistryPath(WdfGetDriver());
  g_RegistryPath.Length = RegistryPath->Length;
  g_RegistryPath.MaximumLength = RegistryPath->Length + sizeof(WCHAR);
  return STATUS_SUCCESS;
}
