// A thermostat that is run by WMI alone: a data block with an array of embedded classes, methods, an event. All names of blocks, structures,
// items and methods come from thermostat.mof.
#include <ntddk.h>
#include <wdf.h>
#include <initguid.h>

#include "thermostat_mof.h"

#define TOO_WARM 90

typedef struct _THERMOSTAT_DEVICE {
  WDFWAITLOCK Lock;
  WDFWMIINSTANCE Alarm;
  Thermostat State;
  ULONG Measured;
} THERMOSTAT_DEVICE, *PTHERMOSTAT_DEVICE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(THERMOSTAT_DEVICE, ThermostatOf)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD ThermostatAdd;
EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE ThermostatQuery;
EVT_WDF_WMI_INSTANCE_SET_INSTANCE ThermostatSet;
EVT_WDF_WMI_INSTANCE_SET_ITEM ThermostatSetItem;
EVT_WDF_WMI_INSTANCE_EXECUTE_METHOD ThermostatExecute;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, ThermostatAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS ThermostatAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init) {
  DECLARE_CONST_UNICODE_STRING(resource, L"ThermostatMof");
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_WMI_PROVIDER_CONFIG provider;
  WDF_WMI_INSTANCE_CONFIG instance;
  PTHERMOSTAT_DEVICE thermostat;
  WDFDEVICE device;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Driver);

  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, THERMOSTAT_DEVICE);
  status = WdfDeviceCreate(&Init, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  thermostat = ThermostatOf(device);
  thermostat->State.Wanted = 20;
  thermostat->State.Heating = THERMOSTAT_OFF;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = device;
  status = WdfWaitLockCreate(&attributes, &thermostat->Lock);
  if (!NT_SUCCESS(status)) return status;

  status = WdfDeviceAssignMofResourceName(device, &resource);
  if (!NT_SUCCESS(status)) return status;
  WDF_WMI_PROVIDER_CONFIG_INIT(&provider, &Thermostat_GUID);
  provider.MinInstanceBufferSize = Thermostat_SIZE;
  WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&instance, &provider);
  instance.Register = TRUE;
  instance.EvtWmiInstanceQueryInstance = ThermostatQuery;
  instance.EvtWmiInstanceSetInstance = ThermostatSet;
  instance.EvtWmiInstanceSetItem = ThermostatSetItem;
  instance.EvtWmiInstanceExecuteMethod = ThermostatExecute;
  status = WdfWmiInstanceCreate(device, &instance, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
  if (!NT_SUCCESS(status)) return status;

  WDF_WMI_PROVIDER_CONFIG_INIT(&provider, &ThermostatAlarm_GUID);
  provider.Flags = WdfWmiProviderEventOnly;
  WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&instance, &provider);
  instance.Register = TRUE;
  return WdfWmiInstanceCreate(device, &instance, WDF_NO_OBJECT_ATTRIBUTES, &thermostat->Alarm);
}

NTSTATUS ThermostatQuery(WDFWMIINSTANCE Instance, ULONG Size, PVOID Buffer, PULONG Used) {
  PTHERMOSTAT_DEVICE thermostat = ThermostatOf(WdfWmiInstanceGetDevice(Instance));
  UNREFERENCED_PARAMETER(Size);  // at least MinInstanceBufferSize
  WdfWaitLockAcquire(thermostat->Lock, NULL);
  RtlCopyMemory(Buffer, &thermostat->State, Thermostat_SIZE);
  WdfWaitLockRelease(thermostat->Lock);
  *Used = Thermostat_SIZE;
  return STATUS_SUCCESS;
}

static VOID Want(PTHERMOSTAT_DEVICE Thermostat, LONG Degrees) {
  WdfWaitLockAcquire(Thermostat->Lock, NULL);
  Thermostat->State.Wanted = Degrees;
  WdfWaitLockRelease(Thermostat->Lock);
}

NTSTATUS ThermostatSet(WDFWMIINSTANCE Instance, ULONG Size, PVOID Buffer) {
  UNREFERENCED_PARAMETER(Size);
  Want(ThermostatOf(WdfWmiInstanceGetDevice(Instance)), ((PThermostat)Buffer)->Wanted);
  return STATUS_SUCCESS;
}

NTSTATUS ThermostatSetItem(WDFWMIINSTANCE Instance, ULONG Item, ULONG Size, PVOID Buffer) {
  if (Item != Thermostat_Wanted_ID) return STATUS_WMI_READ_ONLY;
  if (Size < Thermostat_Wanted_SIZE) return STATUS_WMI_SET_FAILURE;
  Want(ThermostatOf(WdfWmiInstanceGetDevice(Instance)), *(PLONG)Buffer);
  return STATUS_SUCCESS;
}

NTSTATUS ThermostatExecute(WDFWMIINSTANCE Instance, ULONG Method, ULONG InputSize, ULONG OutputSize, PVOID Buffer, PULONG Used) {
  PTHERMOSTAT_DEVICE thermostat = ThermostatOf(WdfWmiInstanceGetDevice(Instance));
  Thermostat* state = &thermostat->State;
  ThermostatAlarm alarm;
  *Used = 0;
  switch (Method) {
    case Measure:
      if (InputSize < Measure_IN_SIZE) return STATUS_INVALID_PARAMETER_MIX;
      if (OutputSize < Measure_OUT_SIZE) {
        *Used = Measure_OUT_SIZE;
        return STATUS_BUFFER_TOO_SMALL;
      }
      alarm.Degrees = ((PMeasure_IN)Buffer)->Degrees;
      WdfWaitLockAcquire(thermostat->Lock, NULL);
      RtlMoveMemory(&state->Last[1], &state->Last[0], 2 * sizeof(READING));
      state->Last[0].Number = ++thermostat->Measured;
      state->Last[0].Degrees = alarm.Degrees;
      state->Heating = alarm.Degrees < state->Wanted ? THERMOSTAT_ON : THERMOSTAT_OFF;
      ((PMeasure_OUT)Buffer)->Heating = state->Heating;
      WdfWaitLockRelease(thermostat->Lock);
      *Used = Measure_OUT_SIZE;
      if (alarm.Degrees > TOO_WARM && WdfWmiProviderIsEnabled(WdfWmiInstanceGetProvider(thermostat->Alarm), WdfWmiEventControl))
        WdfWmiInstanceFireEvent(thermostat->Alarm, ThermostatAlarm_SIZE, &alarm);
      return STATUS_SUCCESS;
    case Forget:
      WdfWaitLockAcquire(thermostat->Lock, NULL);
      RtlZeroMemory(state->Last, sizeof(state->Last));
      WdfWaitLockRelease(thermostat->Lock);
      return STATUS_SUCCESS;
    default:
      return STATUS_WMI_ITEMID_NOT_FOUND;
  }
}
