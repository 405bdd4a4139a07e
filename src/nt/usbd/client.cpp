// usbd: a client's handle on its device's USB stack, and URBs.
// A USB stack is one that answers the query for USB_BUS_INTERFACE_USBDI_GUID. Where none answers, USBD_CreateHandle is STATUS_NOT_SUPPORTED.
// Ownership: the URBs of a handle are the client's until USBD_UrbFree; those of USBD_CreateConfigurationRequestEx until ExFreePool.
// Narrowed:  no stack in the machine reports capabilities: USBD_QueryUsbCapability is STATUS_NOT_SUPPORTED for each of them.
// Source:    public documentation of usbdlib.h and usbbusif.h.
#include <cstring>

#include <ntddk.h>

#include <usbbusif.h>
#include <usbdlib.h>

namespace {

constexpr GUID kUsbdi = {0xb1a96a13, 0x3de0, 0x4574, {0x9b, 0x01, 0xc0, 0x8f, 0xea, 0xb3, 0x18, 0xd6}};
constexpr ULONG kUrbTag = 'DBSU';

struct Client {
  ULONG tag = 0;
  ULONG contract = 0;
  USB_BUS_INTERFACE_USBDI_V0 bus = {};
};

Client* ClientOf(USBD_HANDLE handle) { return reinterpret_cast<Client*>(handle); }

NTSTATUS QueryBus(DEVICE_OBJECT* target, USB_BUS_INTERFACE_USBDI_V0* bus) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK io = {};
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, target, nullptr, 0, nullptr, &done, &io);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  IO_STACK_LOCATION& location = *IoGetNextIrpStackLocation(irp);
  location.MinorFunction = IRP_MN_QUERY_INTERFACE;
  auto& query = location.Parameters.QueryInterface;
  query.InterfaceType = &kUsbdi;
  query.Size = sizeof *bus;
  query.Version = USB_BUSIF_USBDI_VERSION_0;
  query.Interface = reinterpret_cast<PINTERFACE>(bus);
  query.InterfaceSpecificData = nullptr;
  NTSTATUS status = IoCallDriver(target, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = io.Status;
  }
  return status;
}

PURB NewUrb(size_t bytes, ULONG tag) {
  if (bytes > 0xFFFF) return nullptr;  // Hdr.Length has 16 bits
  auto* urb = static_cast<PURB>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, tag));
  if (urb == nullptr) return nullptr;
  urb->UrbHeader.Length = static_cast<USHORT>(bytes);
  return urb;
}

USHORT InterfaceBytes(UCHAR endpoints) { return static_cast<USHORT>(GET_USBD_INTERFACE_SIZE(static_cast<size_t>(endpoints))); }

void Describe(const USB_INTERFACE_DESCRIPTOR& descriptor, USBD_INTERFACE_INFORMATION* information) {
  information->Length = InterfaceBytes(descriptor.bNumEndpoints);
  information->InterfaceNumber = descriptor.bInterfaceNumber;
  information->AlternateSetting = descriptor.bAlternateSetting;
  information->Class = descriptor.bInterfaceClass;
  information->SubClass = descriptor.bInterfaceSubClass;
  information->Protocol = descriptor.bInterfaceProtocol;
  information->NumberOfPipes = descriptor.bNumEndpoints;
  for (UCHAR i = 0; i < descriptor.bNumEndpoints; ++i) information->Pipes[i].MaximumTransferSize = USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE;
}

PURB NewSelectConfiguration(PUSB_CONFIGURATION_DESCRIPTOR configuration, PUSBD_INTERFACE_LIST_ENTRY list, ULONG tag) {
  size_t bytes = offsetof(struct _URB_SELECT_CONFIGURATION, Interface);
  for (auto* entry = list; entry->InterfaceDescriptor != nullptr; ++entry) bytes += InterfaceBytes(entry->InterfaceDescriptor->bNumEndpoints);
  PURB urb = NewUrb(bytes < sizeof(struct _URB_SELECT_CONFIGURATION) ? sizeof(struct _URB_SELECT_CONFIGURATION) : bytes, tag);
  if (urb == nullptr) return nullptr;
  urb->UrbHeader.Length = static_cast<USHORT>(bytes);
  urb->UrbHeader.Function = URB_FUNCTION_SELECT_CONFIGURATION;
  urb->UrbSelectConfiguration.ConfigurationDescriptor = configuration;
  auto* at = reinterpret_cast<UCHAR*>(&urb->UrbSelectConfiguration.Interface);
  for (auto* entry = list; entry->InterfaceDescriptor != nullptr; ++entry) {
    entry->Interface = reinterpret_cast<PUSBD_INTERFACE_INFORMATION>(at);
    Describe(*entry->InterfaceDescriptor, entry->Interface);
    at += entry->Interface->Length;
  }
  return urb;
}

}  // namespace

extern "C" {

NTSTATUS USBD_CreateHandle(PDEVICE_OBJECT DeviceObject, PDEVICE_OBJECT TargetDeviceObject, ULONG USBDClientContractVersion, ULONG PoolTag,
                           USBD_HANDLE* USBDHandle) {
  if (USBDHandle != nullptr) *USBDHandle = nullptr;
  if (DeviceObject == nullptr || TargetDeviceObject == nullptr || USBDHandle == nullptr ||
      USBDClientContractVersion != USBD_CLIENT_CONTRACT_VERSION_602 || PoolTag == 0 || KeGetCurrentIrql() != PASSIVE_LEVEL) {
    return STATUS_INVALID_PARAMETER;
  }
  auto* client = static_cast<Client*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(Client), PoolTag));
  if (client == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  client->tag = PoolTag;
  client->contract = USBDClientContractVersion;
  if (NTSTATUS status = QueryBus(TargetDeviceObject, &client->bus); !NT_SUCCESS(status)) {
    ExFreePoolWithTag(client, PoolTag);
    return status;
  }
  *USBDHandle = reinterpret_cast<USBD_HANDLE>(client);
  return STATUS_SUCCESS;
}

VOID USBD_CloseHandle(USBD_HANDLE USBDHandle) {
  Client* client = ClientOf(USBDHandle);
  if (client == nullptr) return;
  if (client->bus.InterfaceDereference != nullptr) client->bus.InterfaceDereference(client->bus.BusContext);
  ExFreePoolWithTag(client, client->tag);
}

NTSTATUS USBD_QueryUsbCapability(USBD_HANDLE USBDHandle, const GUID* CapabilityType, ULONG OutputBufferLength, PUCHAR OutputBuffer,
                                 PULONG ResultLength) {
  if (ResultLength != nullptr) *ResultLength = 0;
  if (USBDHandle == nullptr || CapabilityType == nullptr || (OutputBufferLength != 0) != (OutputBuffer != nullptr)) {
    return STATUS_INVALID_PARAMETER;
  }
  return STATUS_NOT_SUPPORTED;
}

BOOLEAN USBD_IsInterfaceVersionSupported(USBD_HANDLE USBDHandle, ULONG USBDInterfaceVersion) {
  return USBDHandle != nullptr && USBDInterfaceVersion != 0 && USBDInterfaceVersion <= USBD_INTERFACE_VERSION_600;
}

NTSTATUS USBD_UrbAllocate(USBD_HANDLE USBDHandle, PURB* Urb) {
  if (Urb != nullptr) *Urb = nullptr;
  if (USBDHandle == nullptr || Urb == nullptr) return STATUS_INVALID_PARAMETER;
  *Urb = NewUrb(sizeof(URB), ClientOf(USBDHandle)->tag);
  return *Urb == nullptr ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

NTSTATUS USBD_IsochUrbAllocate(USBD_HANDLE USBDHandle, ULONG NumberOfIsochPackets, PURB* Urb) {
  if (Urb != nullptr) *Urb = nullptr;
  if (USBDHandle == nullptr || Urb == nullptr || NumberOfIsochPackets == 0 || NumberOfIsochPackets > 1024) return STATUS_INVALID_PARAMETER;
  *Urb = NewUrb(GET_ISO_URB_SIZE(static_cast<size_t>(NumberOfIsochPackets)), ClientOf(USBDHandle)->tag);
  if (*Urb == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  (*Urb)->UrbHeader.Function = URB_FUNCTION_ISOCH_TRANSFER;
  (*Urb)->UrbIsochronousTransfer.NumberOfPackets = NumberOfIsochPackets;
  return STATUS_SUCCESS;
}

NTSTATUS USBD_SelectConfigUrbAllocateAndBuild(USBD_HANDLE USBDHandle, PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                              PUSBD_INTERFACE_LIST_ENTRY InterfaceList, PURB* Urb) {
  if (Urb != nullptr) *Urb = nullptr;
  if (USBDHandle == nullptr || ConfigurationDescriptor == nullptr || InterfaceList == nullptr || Urb == nullptr) return STATUS_INVALID_PARAMETER;
  *Urb = NewSelectConfiguration(ConfigurationDescriptor, InterfaceList, ClientOf(USBDHandle)->tag);
  return *Urb == nullptr ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

NTSTATUS USBD_SelectInterfaceUrbAllocateAndBuild(USBD_HANDLE USBDHandle, USBD_CONFIGURATION_HANDLE ConfigurationHandle,
                                                 PUSBD_INTERFACE_LIST_ENTRY InterfaceListEntry, PURB* Urb) {
  if (Urb != nullptr) *Urb = nullptr;
  if (USBDHandle == nullptr || ConfigurationHandle == nullptr || InterfaceListEntry == nullptr ||
      InterfaceListEntry->InterfaceDescriptor == nullptr || Urb == nullptr) {
    return STATUS_INVALID_PARAMETER;
  }
  const USB_INTERFACE_DESCRIPTOR& descriptor = *InterfaceListEntry->InterfaceDescriptor;
  const size_t bytes = offsetof(struct _URB_SELECT_INTERFACE, Interface) + InterfaceBytes(descriptor.bNumEndpoints);
  *Urb = NewUrb(bytes < sizeof(struct _URB_SELECT_INTERFACE) ? sizeof(struct _URB_SELECT_INTERFACE) : bytes, ClientOf(USBDHandle)->tag);
  if (*Urb == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  (*Urb)->UrbHeader.Length = static_cast<USHORT>(bytes);
  (*Urb)->UrbHeader.Function = URB_FUNCTION_SELECT_INTERFACE;
  (*Urb)->UrbSelectInterface.ConfigurationHandle = ConfigurationHandle;
  InterfaceListEntry->Interface = &(*Urb)->UrbSelectInterface.Interface;
  Describe(descriptor, InterfaceListEntry->Interface);
  return STATUS_SUCCESS;
}

VOID USBD_UrbFree(USBD_HANDLE USBDHandle, PURB Urb) {
  if (USBDHandle != nullptr && Urb != nullptr) ExFreePoolWithTag(Urb, ClientOf(USBDHandle)->tag);
}

VOID USBD_AssignUrbToIoStackLocation(USBD_HANDLE, PIO_STACK_LOCATION IoStackLocation, PURB Urb) {
  IoStackLocation->Parameters.Others.Argument1 = Urb;
}

PURB USBD_CreateConfigurationRequestEx(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PUSBD_INTERFACE_LIST_ENTRY InterfaceList) {
  if (ConfigurationDescriptor == nullptr || InterfaceList == nullptr) return nullptr;
  return NewSelectConfiguration(ConfigurationDescriptor, InterfaceList, kUrbTag);
}

// The first setting of each interface, in the order of the descriptors.
PURB USBD_CreateConfigurationRequest(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PUSHORT Siz) {
  if (ConfigurationDescriptor == nullptr || Siz == nullptr) return nullptr;
  *Siz = 0;
  USBD_INTERFACE_LIST_ENTRY list[257] = {};
  size_t count = 0;
  for (UCHAR number = 0; count < ConfigurationDescriptor->bNumInterfaces; ++number) {
    if (auto* found = USBD_ParseConfigurationDescriptor(ConfigurationDescriptor, number, 0)) list[count++].InterfaceDescriptor = found;
    if (number == 255) break;
  }
  PURB urb = NewSelectConfiguration(ConfigurationDescriptor, list, kUrbTag);
  if (urb != nullptr) *Siz = urb->UrbHeader.Length;
  return urb;
}

NTSTATUS USBD_QueryBusTime(PDEVICE_OBJECT RootHubPdo, PULONG CurrentFrame) {
  if (RootHubPdo == nullptr || CurrentFrame == nullptr) return STATUS_INVALID_PARAMETER;
  USB_BUS_INTERFACE_USBDI_V0 bus = {};
  NTSTATUS status = QueryBus(RootHubPdo, &bus);
  if (!NT_SUCCESS(status)) return status;
  status = bus.QueryBusTime(bus.BusContext, CurrentFrame);
  if (bus.InterfaceDereference != nullptr) bus.InterfaceDereference(bus.BusContext);
  return status;
}

NTSTATUS USBD_GetPdoRegistryParameter(PDEVICE_OBJECT PhysicalDeviceObject, PVOID Parameter, ULONG ParameterLength, PWSTR KeyName,
                                      ULONG KeyNameLength) {
  if (PhysicalDeviceObject == nullptr || Parameter == nullptr || KeyName == nullptr || KeyNameLength < sizeof(WCHAR) || KeyNameLength > 0xFFFE) {
    return STATUS_INVALID_PARAMETER;
  }
  HANDLE key;
  NTSTATUS status = IoOpenDeviceRegistryKey(PhysicalDeviceObject, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key);
  if (!NT_SUCCESS(status)) return status;
  const size_t characters = KeyNameLength / sizeof(WCHAR);
  UNICODE_STRING name = {static_cast<USHORT>(characters * sizeof(WCHAR)), static_cast<USHORT>(characters * sizeof(WCHAR)), KeyName};
  if (KeyName[characters - 1] == 0) name.Length -= sizeof(WCHAR);
  const ULONG bytes = static_cast<ULONG>(offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data)) + ParameterLength;
  auto* value = static_cast<KEY_VALUE_PARTIAL_INFORMATION*>(ExAllocatePool2(POOL_FLAG_PAGED, bytes, kUrbTag));
  ULONG length = 0;
  status = value == nullptr ? STATUS_INSUFFICIENT_RESOURCES : ZwQueryValueKey(key, &name, KeyValuePartialInformation, value, bytes, &length);
  if (NT_SUCCESS(status)) std::memcpy(Parameter, value->Data, value->DataLength);
  if (value != nullptr) ExFreePoolWithTag(value, kUrbTag);
  ZwClose(key);
  return status;
}

}  // extern "C"
