// The function driver of a card: asks its bus for the slot's interface, lights the lamp while it works.
#include <ntddk.h>
#include <wdf.h>

#include "slots.h"

typedef struct _CARD_DEVICE {
  SLOT_INTERFACE Slot;
} CARD_DEVICE, *PCARD_DEVICE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CARD_DEVICE, CardDeviceOf)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD CardAdd;
EVT_WDF_DEVICE_PREPARE_HARDWARE CardPrepareHardware;
EVT_WDF_DEVICE_RELEASE_HARDWARE CardReleaseHardware;
EVT_WDF_DEVICE_D0_ENTRY CardD0Entry;
EVT_WDF_DEVICE_D0_EXIT CardD0Exit;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL CardControl;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, CardAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS CardAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init) {
  WDF_PNPPOWER_EVENT_CALLBACKS pnp;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG queue;
  WDFDEVICE device;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Driver);

  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
  pnp.EvtDevicePrepareHardware = CardPrepareHardware;
  pnp.EvtDeviceReleaseHardware = CardReleaseHardware;
  pnp.EvtDeviceD0Entry = CardD0Entry;
  pnp.EvtDeviceD0Exit = CardD0Exit;
  WdfDeviceInitSetPnpPowerEventCallbacks(Init, &pnp);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, CARD_DEVICE);
  status = WdfDeviceCreate(&Init, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
  queue.EvtIoDeviceControl = CardControl;
  return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS CardPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  PSLOT_INTERFACE slot = &CardDeviceOf(Device)->Slot;
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  return WdfFdoQueryForInterface(Device, &GUID_SLOT_INTERFACE, (PINTERFACE)slot, sizeof(*slot), 1, NULL);
}

NTSTATUS CardReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated) {
  PSLOT_INTERFACE slot = &CardDeviceOf(Device)->Slot;
  UNREFERENCED_PARAMETER(Translated);
  if (slot->InterfaceHeader.InterfaceDereference) slot->InterfaceHeader.InterfaceDereference(slot->InterfaceHeader.Context);
  RtlZeroMemory(slot, sizeof(*slot));
  return STATUS_SUCCESS;
}

NTSTATUS CardD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Previous) {
  PSLOT_INTERFACE slot = &CardDeviceOf(Device)->Slot;
  UNREFERENCED_PARAMETER(Previous);
  slot->SetLamp(slot->InterfaceHeader.Context, TRUE);
  return STATUS_SUCCESS;
}

NTSTATUS CardD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Target) {
  PSLOT_INTERFACE slot = &CardDeviceOf(Device)->Slot;
  UNREFERENCED_PARAMETER(Target);
  slot->SetLamp(slot->InterfaceHeader.Context, FALSE);
  return STATUS_SUCCESS;
}

VOID CardControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code) {
  PSLOT_INTERFACE slot = &CardDeviceOf(WdfIoQueueGetDevice(Queue))->Slot;
  PULONG where;
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  UNREFERENCED_PARAMETER(OutputLength);
  UNREFERENCED_PARAMETER(InputLength);
  if (Code == IOCTL_CARD_WHERE) {
    status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID*)&where, NULL);
    if (NT_SUCCESS(status)) *where = slot->GetSlot(slot->InterfaceHeader.Context);
  }
  WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof(ULONG) : 0);
}
