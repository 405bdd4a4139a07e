// A driver that reaches its device through the resource hub: transfers, sequences, locks, pins. For kernel and for user mode.
#ifdef UMDF_DRIVER
#include <windows.h>
#else
#include <ntddk.h>
#endif
#include <wdf.h>

#include <gpio.h>
#define RESHUB_USE_HELPER_ROUTINES
#include <reshub.h>
#include <spb.h>

#include "bus_client.h"

typedef struct _CLIENT {
  WDFIOTARGET Bus, Pins;
} CLIENT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CLIENT, ClientOf)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD ClientAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL ClientControl;

static NTSTATUS Open(WDFDEVICE device, ULONG low, ULONG high, WDFIOTARGET* target) {
  WDF_IO_TARGET_OPEN_PARAMS open;
  NTSTATUS status;
  DECLARE_UNICODE_STRING_SIZE(path, RESOURCE_HUB_PATH_SIZE);
  status = RESOURCE_HUB_CREATE_PATH_FROM_ID(&path, low, high);
  if (!NT_SUCCESS(status)) return status;
  status = WdfIoTargetCreate(device, WDF_NO_OBJECT_ATTRIBUTES, target);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&open, &path, GENERIC_READ | GENERIC_WRITE);
  open.ShareAccess = 0;
  open.CreateDisposition = FILE_OPEN;
  open.FileAttributes = FILE_ATTRIBUTE_NORMAL;
  return WdfIoTargetOpen(*target, &open);
}

static PCM_PARTIAL_RESOURCE_DESCRIPTOR Find(WDFCMRESLIST list, UCHAR kind) {
  ULONG i;
  for (i = 0; i < WdfCmResourceListGetCount(list); ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR each = WdfCmResourceListGetDescriptor(list, i);
    if (each->Type == CmResourceTypeConnection && each->u.Connection.Class == kind) return each;
  }
  return NULL;
}

static NTSTATUS ClientPrepareHardware(WDFDEVICE device, WDFCMRESLIST raw, WDFCMRESLIST translated) {
  CLIENT* client = ClientOf(device);
  PCM_PARTIAL_RESOURCE_DESCRIPTOR bus = Find(translated, CM_RESOURCE_CONNECTION_CLASS_SERIAL);
  PCM_PARTIAL_RESOURCE_DESCRIPTOR pins = Find(translated, CM_RESOURCE_CONNECTION_CLASS_GPIO);
  NTSTATUS status = STATUS_SUCCESS;
  UNREFERENCED_PARAMETER(raw);
  if (bus != NULL) status = Open(device, bus->u.Connection.IdLowPart, bus->u.Connection.IdHighPart, &client->Bus);
  if (NT_SUCCESS(status) && pins != NULL) status = Open(device, pins->u.Connection.IdLowPart, pins->u.Connection.IdHighPart, &client->Pins);
  return status;
}

static NTSTATUS ClientReleaseHardware(WDFDEVICE device, WDFCMRESLIST translated) {
  CLIENT* client = ClientOf(device);
  UNREFERENCED_PARAMETER(translated);
  if (client->Bus != NULL) WdfObjectDelete(client->Bus);
  if (client->Pins != NULL) WdfObjectDelete(client->Pins);
  client->Bus = client->Pins = NULL;
  return STATUS_SUCCESS;
}

static NTSTATUS Control(WDFIOTARGET target, ULONG code, PVOID in, ULONG in_length, PVOID out, ULONG out_length, ULONG_PTR* moved) {
  WDF_MEMORY_DESCRIPTOR input, output;
  WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&input, in, in_length);
  WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&output, out, out_length);
  return WdfIoTargetSendIoctlSynchronously(target, NULL, code, in_length ? &input : NULL, out_length ? &output : NULL, NULL, moved);
}

static NTSTATUS Sequence(WDFIOTARGET target, CLIENT_ASK* ask, ULONG_PTR* moved) {
  SPB_TRANSFER_LIST_AND_ENTRIES(2) list;
  SPB_TRANSFER_LIST_ENTRY* transfers = list.List.Transfers;
  SPB_TRANSFER_BUFFER_LIST_ENTRY pieces[2];
  UCHAR out[CLIENT_BYTES], in[CLIENT_BYTES] = {0};
  NTSTATUS status;
#ifndef UMDF_DRIVER
  PMDL mdl = NULL;
#endif
  RtlCopyMemory(out, ask->bytes, sizeof out);
  SPB_TRANSFER_LIST_INIT(&list.List, 2);
  transfers[0] = SPB_TRANSFER_LIST_ENTRY_INIT_SIMPLE(SpbTransferDirectionToDevice, 0, out, ask->out);
  transfers[1] = SPB_TRANSFER_LIST_ENTRY_INIT_SIMPLE(SpbTransferDirectionFromDevice, 10, in, ask->in);
  if (ask->what == ClientSequenceList) {
    pieces[0].Buffer = out;
    pieces[0].BufferCb = 1;
    pieces[1].Buffer = out + 1;
    pieces[1].BufferCb = ask->out - 1;
    transfers[0] = SPB_TRANSFER_LIST_ENTRY_INIT_BUFFER_LIST(SpbTransferDirectionToDevice, 0, pieces, 2);
  }
#ifndef UMDF_DRIVER
  if (ask->what == ClientSequenceMdl) {
    mdl = IoAllocateMdl(in, ask->in, FALSE, FALSE, NULL);
    if (mdl == NULL) return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(mdl);
    transfers[1] = SPB_TRANSFER_LIST_ENTRY_INIT_MDL(SpbTransferDirectionFromDevice, 0, mdl);
  }
#endif
  if (ask->what == ClientBadSequence) list.List.TransferCount = 3;
  status = Control(target, ask->what == ClientDuplex ? IOCTL_SPB_FULL_DUPLEX : IOCTL_SPB_EXECUTE_SEQUENCE, &list, sizeof list, NULL, 0, moved);
#ifndef UMDF_DRIVER
  if (mdl != NULL) IoFreeMdl(mdl);
#endif
  RtlCopyMemory(ask->bytes, in, sizeof in);
  return status;
}

static NTSTATUS Answer(CLIENT* client, CLIENT_ASK* ask) {
  WDF_MEMORY_DESCRIPTOR memory;
  ULONG_PTR moved = 0;
  NTSTATUS status = STATUS_INVALID_PARAMETER;
  switch (ask->what) {
    case ClientRead:
      WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&memory, ask->bytes, ask->in);
      status = WdfIoTargetSendReadSynchronously(client->Bus, NULL, &memory, NULL, NULL, &moved);
      break;
    case ClientWrite:
      WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&memory, ask->bytes, ask->out);
      status = WdfIoTargetSendWriteSynchronously(client->Bus, NULL, &memory, NULL, NULL, &moved);
      break;
    case ClientLock: status = Control(client->Bus, IOCTL_SPB_LOCK_CONTROLLER, NULL, 0, NULL, 0, &moved); break;
    case ClientUnlock: status = Control(client->Bus, IOCTL_SPB_UNLOCK_CONTROLLER, NULL, 0, NULL, 0, &moved); break;
    case ClientLockConnection: status = Control(client->Bus, IOCTL_SPB_LOCK_CONNECTION, NULL, 0, NULL, 0, &moved); break;
    case ClientUnlockConnection: status = Control(client->Bus, IOCTL_SPB_UNLOCK_CONNECTION, NULL, 0, NULL, 0, &moved); break;
    case ClientReadPins: status = Control(client->Pins, IOCTL_GPIO_READ_PINS, NULL, 0, ask->bytes, ask->in, &moved); break;
    case ClientWritePins: status = Control(client->Pins, IOCTL_GPIO_WRITE_PINS, ask->bytes, ask->out, NULL, 0, &moved); break;
    default: status = Sequence(client->Bus, ask, &moved); break;
  }
  ask->moved = (unsigned)moved;
  return status;
}

VOID ClientControl(WDFQUEUE queue, WDFREQUEST request, size_t out_length, size_t in_length, ULONG code) {
  CLIENT* client = ClientOf(WdfIoQueueGetDevice(queue));
  CLIENT_ASK *in, *out, ask;
  NTSTATUS status = code == IOCTL_CLIENT_ASK ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
  UNREFERENCED_PARAMETER(out_length);
  UNREFERENCED_PARAMETER(in_length);
  if (NT_SUCCESS(status)) status = WdfRequestRetrieveInputBuffer(request, sizeof *in, (PVOID*)&in, NULL);
  if (NT_SUCCESS(status)) status = WdfRequestRetrieveOutputBuffer(request, sizeof *out, (PVOID*)&out, NULL);
  if (!NT_SUCCESS(status)) {
    WdfRequestComplete(request, status);
    return;
  }
  ask = *in;
  status = Answer(client, &ask);
  *out = ask;
  WdfRequestCompleteWithInformation(request, status, sizeof *out);
}

NTSTATUS ClientAdd(WDFDRIVER driver, PWDFDEVICE_INIT init) {
  WDF_PNPPOWER_EVENT_CALLBACKS power;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG queue;
  WDFDEVICE device;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(driver);
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&power);
  power.EvtDevicePrepareHardware = ClientPrepareHardware;
  power.EvtDeviceReleaseHardware = ClientReleaseHardware;
  WdfDeviceInitSetPnpPowerEventCallbacks(init, &power);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, CLIENT);
  status = WdfDeviceCreate(&init, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
  queue.EvtIoDeviceControl = ClientControl;
  return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, ClientAdd);
  return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
