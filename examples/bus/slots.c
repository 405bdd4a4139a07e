// The bus driver: cards come and go by IOCTL, as hardware would tell of them by an interrupt. Its child list holds what is in the slots.
#include <ntddk.h>
#include <wdf.h>
#include <ntstrsafe.h>

#include "slots.h"

typedef struct _CARD_ID {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
  ULONG Slot;
  ULONG Kind;
} CARD_ID, *PCARD_ID;

typedef struct _CARD {
  ULONG Slot;
  BOOLEAN Lamp;
  LONG References;
} CARD, *PCARD;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CARD, CardOf)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD SlotsAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL SlotsControl;
EVT_WDF_CHILD_LIST_CREATE_DEVICE SlotsCreateCard;
EVT_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_COMPARE SlotsSameCard;
EVT_WDF_DEVICE_EJECT CardEject;

static VOID CardReference(PVOID Context) { InterlockedIncrement(&((PCARD)Context)->References); }
static VOID CardDereference(PVOID Context) { InterlockedDecrement(&((PCARD)Context)->References); }
static ULONG CardGetSlot(PVOID Context) { return ((PCARD)Context)->Slot; }
static VOID CardSetLamp(PVOID Context, BOOLEAN On) { ((PCARD)Context)->Lamp = On; }

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, SlotsAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS SlotsAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init) {
  WDF_CHILD_LIST_CONFIG list;
  WDF_IO_QUEUE_CONFIG queue;
  PNP_BUS_INFORMATION bus;
  WDFDEVICE device;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Driver);

  WDF_CHILD_LIST_CONFIG_INIT(&list, sizeof(CARD_ID), SlotsCreateCard);
  list.EvtChildListIdentificationDescriptionCompare = SlotsSameCard;
  WdfFdoInitSetDefaultChildListConfig(Init, &list, WDF_NO_OBJECT_ATTRIBUTES);
  status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;

  bus.BusTypeGuid = GUID_SLOT_INTERFACE;
  bus.LegacyBusType = PNPBus;
  bus.BusNumber = 0;
  WdfDeviceSetBusInformationForChildren(device, &bus);

  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchSequential);
  queue.EvtIoDeviceControl = SlotsControl;
  return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

// One card to a slot, whatever its kind.
BOOLEAN SlotsSameCard(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER First,
                      PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Second) {
  UNREFERENCED_PARAMETER(List);
  return CONTAINING_RECORD(First, CARD_ID, Header)->Slot == CONTAINING_RECORD(Second, CARD_ID, Header)->Slot;
}

static ULONG SlotsMap(WDFCHILDLIST List) {
  WDF_CHILD_LIST_ITERATOR iterator;
  WDF_CHILD_RETRIEVE_INFO info;
  WDFDEVICE card;
  CARD_ID id;
  ULONG map = 0;
  WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrieveAddedChildren);
  WdfChildListBeginIteration(List, &iterator);
  for (;;) {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof(id));
    WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.Header);
    if (!NT_SUCCESS(WdfChildListRetrieveNextDevice(List, &iterator, &card, &info))) break;
    map |= 1u << id.Slot;
  }
  WdfChildListEndIteration(List, &iterator);
  return map;
}

VOID SlotsControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code) {
  WDFCHILDLIST list = WdfFdoGetDefaultChildList(WdfIoQueueGetDevice(Queue));
  PSLOT_CARD card;
  PULONG map;
  CARD_ID id;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(OutputLength);
  UNREFERENCED_PARAMETER(InputLength);

  if (Code == IOCTL_SLOTS_MAP) {
    status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID*)&map, NULL);
    if (NT_SUCCESS(status)) *map = SlotsMap(list);
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof(ULONG) : 0);
    return;
  }
  status = WdfRequestRetrieveInputBuffer(Request, sizeof(SLOT_CARD), (PVOID*)&card, NULL);
  if (NT_SUCCESS(status) && card->Slot >= SLOTS_COUNT) status = STATUS_INVALID_PARAMETER;
  if (NT_SUCCESS(status)) {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof(id));
    id.Slot = card->Slot;
    id.Kind = card->Kind;
    switch (Code) {
      case IOCTL_SLOTS_PLUG:
        status = WdfChildListAddOrUpdateChildDescriptionAsPresent(list, &id.Header, NULL);
        break;
      case IOCTL_SLOTS_UNPLUG:
        status = WdfChildListUpdateChildDescriptionAsMissing(list, &id.Header);
        break;
      case IOCTL_SLOTS_EJECT:
        status = WdfChildListRequestChildEject(list, &id.Header) ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
        break;
      default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
  }
  WdfRequestComplete(Request, status);
}

NTSTATUS SlotsCreateCard(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Identification, PWDFDEVICE_INIT Init) {
  PCARD_ID id = CONTAINING_RECORD(Identification, CARD_ID, Header);
  WDF_PDO_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_DEVICE_PNP_CAPABILITIES capabilities;
  WDF_QUERY_INTERFACE_CONFIG offer;
  SLOT_INTERFACE slot;
  DECLARE_UNICODE_STRING_SIZE(text, 40);
  DECLARE_CONST_UNICODE_STRING(any, L"SLOTS\\Card");
  DECLARE_CONST_UNICODE_STRING(where, L"Slot bus");
  WDFDEVICE device;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(List);

  status = RtlUnicodeStringPrintf(&text, L"SLOTS\\Kind%u", id->Kind);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignDeviceID(Init, &text);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddHardwareID(Init, &text);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddCompatibleID(Init, &any);
  if (NT_SUCCESS(status)) status = RtlUnicodeStringPrintf(&text, L"%02u", id->Slot);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignInstanceID(Init, &text);
  if (NT_SUCCESS(status)) status = RtlUnicodeStringPrintf(&text, L"Card of kind %u", id->Kind);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddDeviceText(Init, &text, &where, 0x409);
  if (!NT_SUCCESS(status)) return status;
  WdfPdoInitSetDefaultLocale(Init, 0x409);

  WDF_PDO_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDeviceEject = CardEject;
  WdfPdoInitSetEventCallbacks(Init, &callbacks);

  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, CARD);
  status = WdfDeviceCreate(&Init, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  CardOf(device)->Slot = id->Slot;

  WDF_DEVICE_PNP_CAPABILITIES_INIT(&capabilities);
  capabilities.Removable = WdfTrue;
  capabilities.EjectSupported = WdfTrue;
  capabilities.SurpriseRemovalOK = WdfTrue;
  capabilities.UniqueID = WdfTrue;
  capabilities.Address = id->Slot;
  capabilities.UINumber = id->Slot;
  WdfDeviceSetPnpCapabilities(device, &capabilities);

  RtlZeroMemory(&slot, sizeof(slot));
  slot.InterfaceHeader.Size = sizeof(slot);
  slot.InterfaceHeader.Version = 1;
  slot.InterfaceHeader.Context = CardOf(device);
  slot.InterfaceHeader.InterfaceReference = CardReference;
  slot.InterfaceHeader.InterfaceDereference = CardDereference;
  slot.GetSlot = CardGetSlot;
  slot.SetLamp = CardSetLamp;
  WDF_QUERY_INTERFACE_CONFIG_INIT(&offer, (PINTERFACE)&slot, &GUID_SLOT_INTERFACE, NULL);
  return WdfDeviceAddQueryInterface(device, &offer);
}

// The catch lets go: nothing can go wrong with these slots, unless the card's driver left the lamp on.
NTSTATUS CardEject(WDFDEVICE Device) { return CardOf(Device)->Lamp ? STATUS_DEVICE_BUSY : STATUS_SUCCESS; }
