// (U) WdfDevice... functions that only UMDF has, or has with parameters of its own.
// Errors:     a WDF_DEVICE_INTERFACE_PROPERTY_DATA of a wrong size: STATUS_INFO_LENGTH_MISMATCH; an interface that the device has not got:
//             STATUS_OBJECT_NAME_NOT_FOUND; what the documentation names is at each function.
// Source:     UM-25, IOT-7.27; public documentation of each function.
#include <cstddef>
#include <cstring>
#include <vector>

#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/device/names.h"
#include "wdf/device/property_memory.h"
#include "wdf/device/um_policy.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {
namespace {

NTSTATUS LinkOf(wdf::Device& device, const WDF_DEVICE_INTERFACE_PROPERTY_DATA& property, std::u16string* link) {
  if (property.Size != sizeof(property)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!property.InterfaceClassGUID || !property.PropertyKey) return STATUS_INVALID_PARAMETER;
  return device.names().InterfaceLink(*property.InterfaceClassGUID, property.ReferenceString, link);
}

}  // namespace

// UM-25. The event goes to whoever registered for changes of this device; nobody need listen.
NTSTATUS WdfDevicePostEvent(DriverGlobals& globals, WDFDEVICE Device, const GUID* const EventGuid, WDF_EVENT_TYPE WdfEventType, BYTE* Data,
                            ULONG DataSizeCb) {
  PDEVICE_OBJECT pdo = FromHandle<wdf::Device>(globals, Device)->pdo();
  if (WdfEventType != WdfEventBroadcast || (!Data && DataSizeCb != 0)) return STATUS_INVALID_PARAMETER;
  if (!pdo) return STATUS_INVALID_DEVICE_REQUEST;
  constexpr size_t kHeader = offsetof(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer);
  if (DataSizeCb > 0xFFFF - kHeader) return STATUS_INVALID_PARAMETER;  // the size of a notification has 16 bits
  std::vector<char> bytes(kHeader + DataSizeCb < sizeof(TARGET_DEVICE_CUSTOM_NOTIFICATION) ? sizeof(TARGET_DEVICE_CUSTOM_NOTIFICATION)
                                                                                           : kHeader + DataSizeCb);
  auto* notification = reinterpret_cast<TARGET_DEVICE_CUSTOM_NOTIFICATION*>(bytes.data());
  notification->Version = 1;
  notification->Size = static_cast<USHORT>(kHeader + DataSizeCb);
  notification->Event = *EventGuid;
  notification->NameBufferOffset = -1;
  if (DataSizeCb != 0) std::memcpy(notification->CustomDataBuffer, Data, DataSizeCb);
  NTSTATUS status = IoReportTargetDeviceChangeAsynchronous(pdo, notification, nullptr, nullptr);
  return NT_SUCCESS(status) ? STATUS_SUCCESS : status;
}

NTSTATUS WdfDeviceAssignInterfaceProperty(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_INTERFACE_PROPERTY_DATA PropertyData,
                                          DEVPROPTYPE Type, ULONG BufferLength, PVOID PropertyBuffer) {
  std::u16string link;
  NTSTATUS status = LinkOf(*FromHandle<wdf::Device>(globals, Device), *PropertyData, &link);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name = Counted(link);
  // No buffer: the property is taken away, whatever the length says.
  return IoSetDeviceInterfacePropertyData(&name, PropertyData->PropertyKey, PropertyData->Lcid, PropertyData->Flags, Type,
                                          PropertyBuffer ? BufferLength : 0, PropertyBuffer);
}

NTSTATUS WdfDeviceQueryInterfaceProperty(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_INTERFACE_PROPERTY_DATA PropertyData,
                                         ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength, PDEVPROPTYPE Type) {
  std::u16string link;
  *ResultLength = 0;
  NTSTATUS status = LinkOf(*FromHandle<wdf::Device>(globals, Device), *PropertyData, &link);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name = Counted(link);
  return IoGetDeviceInterfacePropertyData(&name, PropertyData->PropertyKey, PropertyData->Lcid, PropertyData->Flags, BufferLength, PropertyBuffer,
                                          ResultLength, Type);
}

NTSTATUS WdfDeviceAllocAndQueryInterfaceProperty(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_INTERFACE_PROPERTY_DATA PropertyData,
                                                 POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY* PropertyMemory,
                                                 PDEVPROPTYPE Type) {
  std::u16string link;
  *PropertyMemory = nullptr;
  NTSTATUS status = LinkOf(*FromHandle<wdf::Device>(globals, Device), *PropertyData, &link);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name = Counted(link);
  return QueryIntoMemory(globals, PoolType, PropertyMemoryAttributes, PropertyMemory, [&](ULONG length, void* buffer, ULONG* needed) {
    return IoGetDeviceInterfacePropertyData(&name, PropertyData->PropertyKey, PropertyData->Lcid, PropertyData->Flags, length, buffer, needed, Type);
  });
}

// What all UMDF drivers of the stack use, as far as they are there by now.
void WdfDeviceGetDeviceStackIoType(DriverGlobals& globals, WDFDEVICE Device, WDF_DEVICE_IO_TYPE* ReadWriteIoType,
                                   WDF_DEVICE_IO_TYPE* IoControlIoType) {
  UmPolicy::StackAccess(*FromHandle<wdf::Device>(globals, Device), ReadWriteIoType, IoControlIoType);
}

// An IRP is a PVOID there; it comes from EvtDeviceWdmIrpDispatch and goes back unopened.
NTSTATUS WdfDeviceWdmDispatchIrpUm(DriverGlobals& globals, WDFDEVICE Device, PVOID Irp, WDFCONTEXT DispatchContext) {
  return WdfDeviceWdmDispatchIrp(globals, Device, static_cast<PIRP>(Irp), DispatchContext);
}

NTSTATUS WdfDeviceWdmDispatchIrpToIoQueueUm(DriverGlobals& globals, WDFDEVICE Device, PVOID Irp, WDFQUEUE Queue, ULONG Flags) {
  return WdfDeviceWdmDispatchIrpToIoQueue(globals, Device, static_cast<PIRP>(Irp), Queue, Flags);
}

}  // namespace drydock::wdf::ddi
