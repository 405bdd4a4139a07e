// Device properties, over the I/O manager's.
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/device/property_memory.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {
namespace {

NTSTATUS Query(PDEVICE_OBJECT pdo, DEVICE_REGISTRY_PROPERTY property, ULONG length, PVOID buffer, PULONG result) {
  ULONG needed = 0;
  if (!pdo) return STATUS_INVALID_DEVICE_REQUEST;
  NTSTATUS status = IoGetDeviceProperty(pdo, property, length, buffer, &needed);
  if (result) *result = needed;
  return status;
}

NTSTATUS AllocAndQuery(DriverGlobals& globals, PDEVICE_OBJECT pdo, DEVICE_REGISTRY_PROPERTY property, POOL_TYPE pool,
                       PWDF_OBJECT_ATTRIBUTES attributes, WDFMEMORY* out) {
  *out = nullptr;
  if (!pdo) return STATUS_INVALID_DEVICE_REQUEST;
  return QueryIntoMemory(globals, pool, attributes, out, [&](ULONG length, void* buffer, ULONG* needed) {
    return IoGetDeviceProperty(pdo, property, length, buffer, needed);
  });
}

// By key: any of the properties that have one, and what was assigned.
NTSTATUS CheckKey(PDEVICE_OBJECT pdo, const WDF_DEVICE_PROPERTY_DATA& property) {
  if (property.Size != sizeof(property)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!property.PropertyKey) return STATUS_INVALID_PARAMETER;
  return pdo ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS QueryEx(PDEVICE_OBJECT pdo, const WDF_DEVICE_PROPERTY_DATA& property, ULONG length, PVOID buffer, PULONG needed, PDEVPROPTYPE type) {
  *needed = 0;
  NTSTATUS status = CheckKey(pdo, property);
  return NT_SUCCESS(status) ? IoGetDevicePropertyData(pdo, property.PropertyKey, property.Lcid, property.Flags, length, buffer, needed, type) : status;
}

NTSTATUS AllocAndQueryEx(DriverGlobals& globals, PDEVICE_OBJECT pdo, const WDF_DEVICE_PROPERTY_DATA& property, POOL_TYPE pool,
                         PWDF_OBJECT_ATTRIBUTES attributes, WDFMEMORY* out, PDEVPROPTYPE type) {
  return QueryIntoMemory(globals, pool, attributes, out,
                         [&](ULONG length, void* buffer, ULONG* needed) { return QueryEx(pdo, property, length, buffer, needed, type); });
}

}  // namespace

NTSTATUS WdfDeviceQueryPropertyEx(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength,
                                  PVOID PropertyBuffer, PULONG RequiredSize, PDEVPROPTYPE Type) {
  return QueryEx(FromHandle<wdf::Device>(globals, Device)->pdo(), *DeviceProperty, BufferLength, PropertyBuffer, RequiredSize, Type);
}

NTSTATUS WdfDeviceAllocAndQueryPropertyEx(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
                                          PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY* PropertyMemory, PDEVPROPTYPE Type) {
  return AllocAndQueryEx(globals, FromHandle<wdf::Device>(globals, Device)->pdo(), *DeviceProperty, PoolType, PropertyMemoryAttributes,
                         PropertyMemory, Type);
}

NTSTATUS WdfDeviceAssignProperty(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, DEVPROPTYPE Type, ULONG Size,
                                 PVOID Data) {
  PDEVICE_OBJECT pdo = FromHandle<wdf::Device>(globals, Device)->pdo();
  NTSTATUS status = CheckKey(pdo, *DeviceProperty);
  if (!NT_SUCCESS(status)) return status;
  return IoSetDevicePropertyData(pdo, DeviceProperty->PropertyKey, DeviceProperty->Lcid, DeviceProperty->Flags, Type, Size, Data);
}

NTSTATUS WdfFdoInitQueryPropertyEx(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength,
                                   PVOID PropertyBuffer, PULONG ResultLength, PDEVPROPTYPE Type) {
  return QueryEx(InitFrom(DeviceInit).pdo, *DeviceProperty, BufferLength, PropertyBuffer, ResultLength, Type);
}

NTSTATUS WdfFdoInitAllocAndQueryPropertyEx(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PWDF_DEVICE_PROPERTY_DATA DeviceProperty,
                                           POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY* PropertyMemory,
                                           PDEVPROPTYPE Type) {
  return AllocAndQueryEx(globals, InitFrom(DeviceInit).pdo, *DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory, Type);
}

NTSTATUS WdfDeviceQueryProperty(DriverGlobals& globals, WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                PVOID PropertyBuffer, PULONG ResultLength) {
  return Query(FromHandle<wdf::Device>(globals, Device)->pdo(), DeviceProperty, BufferLength, PropertyBuffer, ResultLength);
}

NTSTATUS WdfDeviceAllocAndQueryProperty(DriverGlobals& globals, WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
                                        PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY* PropertyMemory) {
  return AllocAndQuery(globals, FromHandle<wdf::Device>(globals, Device)->pdo(), DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory);
}

// INI-17: only for the init that EvtDriverDeviceAdd got.
NTSTATUS WdfFdoInitQueryProperty(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                 PVOID PropertyBuffer, PULONG ResultLength) {
  return Query(InitFrom(DeviceInit).pdo, DeviceProperty, BufferLength, PropertyBuffer, ResultLength);
}

NTSTATUS WdfFdoInitAllocAndQueryProperty(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                         POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY* PropertyMemory) {
  return AllocAndQuery(globals, InitFrom(DeviceInit).pdo, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory);
}

}  // namespace drydock::wdf::ddi
