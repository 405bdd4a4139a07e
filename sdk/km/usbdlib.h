// The USB client library (usbd): parsing descriptors, building URBs, client handles.
// Used by:  drivers that talk URBs. IRQL: <= DISPATCH_LEVEL for parsing and building, PASSIVE_LEVEL for handles.
// Source:   public documentation. src/nt/usbd implements the functions.
#ifndef __USBDLIB_H__
#define __USBDLIB_H__

#include "usb.h"
#include "wdm.h"

#ifdef __cplusplus
extern "C" {
#endif

DECLARE_HANDLE(USBD_HANDLE);

typedef struct _USBD_INTERFACE_LIST_ENTRY {
  PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor;
  PUSBD_INTERFACE_INFORMATION Interface;
} USBD_INTERFACE_LIST_ENTRY, *PUSBD_INTERFACE_LIST_ENTRY;

#define USBD_CLIENT_CONTRACT_VERSION_INVALID 0xFFFFFFFF
#define USBD_CLIENT_CONTRACT_VERSION_602 0x602
#define USBD_INTERFACE_VERSION_600 0x600
#define USBD_INTERFACE_VERSION_602 0x602
#define USBD_INTERFACE_VERSION_603 0x603

PUSB_INTERFACE_DESCRIPTOR USBD_ParseConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                                            UCHAR InterfaceNumber, UCHAR AlternateSetting);
PUSB_INTERFACE_DESCRIPTOR USBD_ParseConfigurationDescriptorEx(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                                              PVOID StartPosition, LONG InterfaceNumber,
                                                              LONG AlternateSetting, LONG InterfaceClass,
                                                              LONG InterfaceSubClass, LONG InterfaceProtocol);
PUSB_COMMON_DESCRIPTOR USBD_ParseDescriptors(PVOID DescriptorBuffer, ULONG TotalLength, PVOID StartPosition,
                                             LONG DescriptorType);
USBD_STATUS USBD_ValidateConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR ConfigDesc, ULONG BufferLength,
                                                 USHORT Level, PUCHAR *Offset, ULONG Tag);
PURB USBD_CreateConfigurationRequest(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PUSHORT Siz);
PURB USBD_CreateConfigurationRequestEx(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                       PUSBD_INTERFACE_LIST_ENTRY InterfaceList);
ULONG USBD_GetInterfaceLength(PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor, PUCHAR BufferEnd);
VOID USBD_GetUSBDIVersion(PUSBD_VERSION_INFORMATION VersionInformation);
NTSTATUS USBD_GetPdoRegistryParameter(PDEVICE_OBJECT PhysicalDeviceObject, PVOID Parameter, ULONG ParameterLength, PWSTR KeyName,
                                      ULONG KeyNameLength);
// Above USB alone: STATUS_NOT_SUPPORTED for a device object that no USB stack is below.
NTSTATUS USBD_QueryBusTime(PDEVICE_OBJECT RootHubPdo, PULONG CurrentFrame);

NTSTATUS USBD_CreateHandle(PDEVICE_OBJECT DeviceObject, PDEVICE_OBJECT TargetDeviceObject,
                           ULONG USBDClientContractVersion, ULONG PoolTag, USBD_HANDLE *USBDHandle);
VOID USBD_CloseHandle(USBD_HANDLE USBDHandle);
NTSTATUS USBD_QueryUsbCapability(USBD_HANDLE USBDHandle, const GUID *CapabilityType, ULONG OutputBufferLength,
                                 PUCHAR OutputBuffer, PULONG ResultLength);
BOOLEAN USBD_IsInterfaceVersionSupported(USBD_HANDLE USBDHandle, ULONG USBDInterfaceVersion);
NTSTATUS USBD_UrbAllocate(USBD_HANDLE USBDHandle, PURB *Urb);
NTSTATUS USBD_IsochUrbAllocate(USBD_HANDLE USBDHandle, ULONG NumberOfIsochPackets, PURB *Urb);
NTSTATUS USBD_SelectConfigUrbAllocateAndBuild(USBD_HANDLE USBDHandle,
                                              PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                              PUSBD_INTERFACE_LIST_ENTRY InterfaceList, PURB *Urb);
NTSTATUS USBD_SelectInterfaceUrbAllocateAndBuild(USBD_HANDLE USBDHandle,
                                                 USBD_CONFIGURATION_HANDLE ConfigurationHandle,
                                                 PUSBD_INTERFACE_LIST_ENTRY InterfaceListEntry, PURB *Urb);
VOID USBD_UrbFree(USBD_HANDLE USBDHandle, PURB Urb);
VOID USBD_AssignUrbToIoStackLocation(USBD_HANDLE USBDHandle, PIO_STACK_LOCATION IoStackLocation, PURB Urb);

#define UsbBuildInterruptOrBulkTransferRequest(urb, length, pipe, buffer, mdl, size, flags, link)         \
  do {                                                                                                    \
    (urb)->UrbHeader.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER;                                  \
    (urb)->UrbHeader.Length = (USHORT)(length);                                                           \
    (urb)->UrbBulkOrInterruptTransfer.PipeHandle = (pipe);                                                \
    (urb)->UrbBulkOrInterruptTransfer.TransferBufferLength = (size);                                      \
    (urb)->UrbBulkOrInterruptTransfer.TransferBufferMDL = (mdl);                                          \
    (urb)->UrbBulkOrInterruptTransfer.TransferBuffer = (buffer);                                          \
    (urb)->UrbBulkOrInterruptTransfer.TransferFlags = (flags);                                            \
    (urb)->UrbBulkOrInterruptTransfer.UrbLink = (link);                                                   \
  } while (0)

#define UsbBuildGetDescriptorRequest(urb, length, type, index, language, buffer, mdl, size, link) \
  do {                                                                                            \
    (urb)->UrbHeader.Function = URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE;                          \
    (urb)->UrbHeader.Length = (USHORT)(length);                                                   \
    (urb)->UrbControlDescriptorRequest.TransferBufferLength = (size);                             \
    (urb)->UrbControlDescriptorRequest.TransferBufferMDL = (mdl);                                 \
    (urb)->UrbControlDescriptorRequest.TransferBuffer = (buffer);                                 \
    (urb)->UrbControlDescriptorRequest.DescriptorType = (type);                                   \
    (urb)->UrbControlDescriptorRequest.Index = (index);                                           \
    (urb)->UrbControlDescriptorRequest.LanguageId = (language);                                   \
    (urb)->UrbControlDescriptorRequest.UrbLink = (link);                                          \
  } while (0)

#define UsbBuildGetStatusRequest(urb, op, index, buffer, mdl, link)                                         \
  do {                                                                                                      \
    (urb)->UrbHeader.Function = (op);                                                                       \
    (urb)->UrbHeader.Length = sizeof(struct _URB_CONTROL_GET_STATUS_REQUEST);                               \
    (urb)->UrbControlGetStatusRequest.TransferBufferLength = sizeof(USHORT);                                \
    (urb)->UrbControlGetStatusRequest.TransferBufferMDL = (mdl);                                            \
    (urb)->UrbControlGetStatusRequest.TransferBuffer = (buffer);                                            \
    (urb)->UrbControlGetStatusRequest.Index = (index);                                                      \
    (urb)->UrbControlGetStatusRequest.UrbLink = (link);                                                     \
  } while (0)

#define UsbBuildFeatureRequest(urb, op, selector, index, link)                                              \
  do {                                                                                                      \
    (urb)->UrbHeader.Function = (op);                                                                       \
    (urb)->UrbHeader.Length = sizeof(struct _URB_CONTROL_FEATURE_REQUEST);                                  \
    (urb)->UrbControlFeatureRequest.FeatureSelector = (selector);                                           \
    (urb)->UrbControlFeatureRequest.Index = (index);                                                        \
    (urb)->UrbControlFeatureRequest.UrbLink = (link);                                                       \
  } while (0)

#define UsbBuildSelectConfigurationRequest(urb, length, descriptor)                                         \
  do {                                                                                                      \
    (urb)->UrbHeader.Function = URB_FUNCTION_SELECT_CONFIGURATION;                                          \
    (urb)->UrbHeader.Length = (USHORT)(length);                                                             \
    (urb)->UrbSelectConfiguration.ConfigurationDescriptor = (descriptor);                                   \
  } while (0)

#define UsbBuildSelectInterfaceRequest(urb, length, configuration, interface, alternate)                    \
  do {                                                                                                      \
    (urb)->UrbHeader.Function = URB_FUNCTION_SELECT_INTERFACE;                                              \
    (urb)->UrbHeader.Length = (USHORT)(length);                                                             \
    (urb)->UrbSelectInterface.Interface.AlternateSetting = (alternate);                                     \
    (urb)->UrbSelectInterface.Interface.InterfaceNumber = (interface);                                      \
    (urb)->UrbSelectInterface.ConfigurationHandle = (configuration);                                        \
  } while (0)

#define UsbBuildVendorRequest(urb, command, length, flags, reserved, request, value, index, buffer, mdl, size, link) \
  do {                                                                                                      \
    (urb)->UrbHeader.Function = (command);                                                                  \
    (urb)->UrbHeader.Length = (USHORT)(length);                                                             \
    (urb)->UrbControlVendorClassRequest.TransferBufferLength = (size);                                      \
    (urb)->UrbControlVendorClassRequest.TransferBufferMDL = (mdl);                                          \
    (urb)->UrbControlVendorClassRequest.TransferBuffer = (buffer);                                          \
    (urb)->UrbControlVendorClassRequest.RequestTypeReservedBits = (reserved);                               \
    (urb)->UrbControlVendorClassRequest.Request = (request);                                                \
    (urb)->UrbControlVendorClassRequest.Value = (value);                                                    \
    (urb)->UrbControlVendorClassRequest.Index = (index);                                                    \
    (urb)->UrbControlVendorClassRequest.TransferFlags = (flags);                                            \
    (urb)->UrbControlVendorClassRequest.UrbLink = (link);                                                   \
  } while (0)

#define UsbBuildOsFeatureDescriptorRequest(urb, length, interface, index, buffer, mdl, size, link)          \
  do {                                                                                                      \
    (urb)->UrbHeader.Function = URB_FUNCTION_GET_MS_FEATURE_DESCRIPTOR;                                     \
    (urb)->UrbHeader.Length = (USHORT)(length);                                                             \
    (urb)->UrbOSFeatureDescriptorRequest.TransferBufferLength = (size);                                     \
    (urb)->UrbOSFeatureDescriptorRequest.TransferBufferMDL = (mdl);                                         \
    (urb)->UrbOSFeatureDescriptorRequest.TransferBuffer = (buffer);                                         \
    (urb)->UrbOSFeatureDescriptorRequest.InterfaceNumber = (interface);                                     \
    (urb)->UrbOSFeatureDescriptorRequest.MS_FeatureDescriptorIndex = (index);                               \
    (urb)->UrbOSFeatureDescriptorRequest.UrbLink = (link);                                                  \
  } while (0)

#ifdef __cplusplus
}
#endif

#endif  // __USBDLIB_H__
