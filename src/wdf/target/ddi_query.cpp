// What a driver asks about the device behind a target: properties and interfaces (IOT-1.26, IOT-1.27, IOX-38).
#include "wdf/ddi.h"
#include "wdf/object/factory.h"
#include "wdf/request/send.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf::ddi {

NTSTATUS WdfIoTargetQueryTargetProperty(DriverGlobals&, WDFIOTARGET IoTarget, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                        PVOID PropertyBuffer, PULONG ResultLength) {
  PDEVICE_OBJECT pdo = Checked<wdf::IoTarget>(IoTarget).target_pdo();
  if (!pdo) return STATUS_INVALID_DEVICE_REQUEST;
  return IoGetDeviceProperty(pdo, DeviceProperty, BufferLength, PropertyBuffer, ResultLength);
}

NTSTATUS WdfIoTargetAllocAndQueryTargetProperty(DriverGlobals& globals, WDFIOTARGET IoTarget, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                                POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes,
                                                WDFMEMORY* PropertyMemory) {
  *PropertyMemory = nullptr;
  PDEVICE_OBJECT pdo = Checked<wdf::IoTarget>(IoTarget).target_pdo();
  if (!pdo) return STATUS_INVALID_DEVICE_REQUEST;
  ULONG length = 0;
  NTSTATUS status = IoGetDeviceProperty(pdo, DeviceProperty, 0, nullptr, &length);
  if (status != STATUS_BUFFER_TOO_SMALL) return NT_SUCCESS(status) ? STATUS_INVALID_DEVICE_REQUEST : status;
  for (;;) {  // it may grow between the two questions
    WDFMEMORY memory = nullptr;
    PVOID buffer = nullptr;
    status = WdfMemoryCreate(globals, PropertyMemoryAttributes, PoolType, globals.pool_tag, length, &memory, &buffer);
    if (!NT_SUCCESS(status)) return status;
    const ULONG room = length;
    status = IoGetDeviceProperty(pdo, DeviceProperty, room, buffer, &length);
    if (NT_SUCCESS(status)) {
      *PropertyMemory = memory;
      return status;
    }
    DeleteAfterFailedCreate(ObjectFromHandle(globals, memory));
    if (status != STATUS_BUFFER_TOO_SMALL || length <= room) return status;
  }
}

NTSTATUS WdfIoTargetQueryForInterface(DriverGlobals&, WDFIOTARGET IoTarget, LPCGUID InterfaceType, PINTERFACE Interface, USHORT Size,
                                      USHORT Version, PVOID InterfaceSpecificData) {
  PDEVICE_OBJECT device = Checked<wdf::IoTarget>(IoTarget).target_device();
  if (!device) return STATUS_INVALID_DEVICE_STATE;
  PDEVICE_OBJECT top = IoGetAttachedDeviceReference(device);
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IO_STATUS_BLOCK io = {};
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, nullptr, 0, nullptr, &event, &io);
  if (!irp) {
    ObDereferenceObject(top);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
  stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
  stack->Parameters.QueryInterface.InterfaceType = InterfaceType;
  stack->Parameters.QueryInterface.Size = Size;
  stack->Parameters.QueryInterface.Version = Version;
  stack->Parameters.QueryInterface.Interface = Interface;
  stack->Parameters.QueryInterface.InterfaceSpecificData = InterfaceSpecificData;
  NTSTATUS status = IoCallDriver(top, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
    status = io.Status;
  }
  ObDereferenceObject(top);
  return status;
}

}  // namespace drydock::wdf::ddi
