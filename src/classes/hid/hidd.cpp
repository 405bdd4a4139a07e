// HidD_...: HID devices for applications, over the controls of hidclass.h.
// Threads:  of a machine's process. Errors: FALSE, and the thread's last error.
// Memory:   preparsed data is the caller's until HidD_FreePreparsedData; pool of the machine, like the process heap.
#include <cstring>

#include <ntddk.h>

#include <hidclass.h>

#include "nt/thread.h"

// hidsdi.h belongs to user mode; these are its declarations, in terms of what the kernel side knows.
typedef struct _HIDP_PREPARSED_DATA* PHIDP_PREPARSED_DATA;
#pragma pack(push, 4)
struct HIDD_CONFIGURATION {
  PVOID cookie;
  ULONG size;
  ULONG RingBufferSize;
};
struct HIDD_ATTRIBUTES {
  ULONG Size;
  USHORT VendorID, ProductID, VersionNumber;
};
#pragma pack(pop)

namespace {

constexpr ULONG kTag = 'DdiH';
constexpr GUID kHid = {0x4D1E55B2, 0xF16F, 0x11CF, {0x88, 0xCB, 0x00, 0x11, 0x11, 0x00, 0x00, 0x30}};

BOOLEAN Answer(NTSTATUS status) {
  if (NT_SUCCESS(status)) return TRUE;
  drydock::nt::CurrentThread().last_error = RtlNtStatusToDosError(status);
  return FALSE;
}

NTSTATUS Control(HANDLE file, ULONG code, void* input, ULONG input_length, void* output, ULONG output_length, ULONG_PTR* moved = nullptr) {
  HANDLE event;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  NTSTATUS status = ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
  if (!NT_SUCCESS(status)) return status;
  IO_STATUS_BLOCK io = {};
  status = ZwDeviceIoControlFile(file, event, nullptr, nullptr, &io, code, input, input_length, output, output_length);
  if (status == STATUS_PENDING) {
    ZwWaitForSingleObject(event, FALSE, nullptr);
    status = io.Status;
  }
  ZwClose(event);
  if (moved != nullptr) *moved = io.Information;
  return status;
}

BOOLEAN In(HANDLE file, ULONG code, void* buffer, ULONG length) { return Answer(Control(file, code, buffer, length, nullptr, 0)); }
BOOLEAN Out(HANDLE file, ULONG code, void* buffer, ULONG length) { return Answer(Control(file, code, nullptr, 0, buffer, length)); }

}  // namespace

extern "C" {

void NTAPI HidD_GetHidGuid(GUID* HidGuid) { *HidGuid = kHid; }

BOOLEAN NTAPI HidD_GetAttributes(HANDLE HidDeviceObject, HIDD_ATTRIBUTES* Attributes) {
  HID_COLLECTION_INFORMATION information = {};
  if (!Out(HidDeviceObject, IOCTL_HID_GET_COLLECTION_INFORMATION, &information, sizeof information)) return FALSE;
  *Attributes = {sizeof *Attributes, information.VendorID, information.ProductID, information.VersionNumber};
  return TRUE;
}

BOOLEAN NTAPI HidD_GetPreparsedData(HANDLE HidDeviceObject, PHIDP_PREPARSED_DATA* PreparsedData) {
  HID_COLLECTION_INFORMATION information = {};
  if (!Out(HidDeviceObject, IOCTL_HID_GET_COLLECTION_INFORMATION, &information, sizeof information)) return FALSE;
  void* bytes = ExAllocatePool2(POOL_FLAG_NON_PAGED, information.DescriptorSize, kTag);
  if (bytes == nullptr) return Answer(STATUS_INSUFFICIENT_RESOURCES);
  if (!Out(HidDeviceObject, IOCTL_HID_GET_COLLECTION_DESCRIPTOR, bytes, information.DescriptorSize)) {
    ExFreePoolWithTag(bytes, kTag);
    return FALSE;
  }
  *PreparsedData = static_cast<PHIDP_PREPARSED_DATA>(bytes);
  return TRUE;
}
BOOLEAN NTAPI HidD_FreePreparsedData(PHIDP_PREPARSED_DATA PreparsedData) {
  if (PreparsedData != nullptr) ExFreePoolWithTag(PreparsedData, kTag);
  return TRUE;
}

BOOLEAN NTAPI HidD_FlushQueue(HANDLE HidDeviceObject) { return In(HidDeviceObject, IOCTL_HID_FLUSH_QUEUE, nullptr, 0); }

BOOLEAN NTAPI HidD_GetFeature(HANDLE HidDeviceObject, PVOID ReportBuffer, ULONG ReportBufferLength) {
  return Out(HidDeviceObject, IOCTL_HID_GET_FEATURE, ReportBuffer, ReportBufferLength);
}
BOOLEAN NTAPI HidD_SetFeature(HANDLE HidDeviceObject, PVOID ReportBuffer, ULONG ReportBufferLength) {
  return In(HidDeviceObject, IOCTL_HID_SET_FEATURE, ReportBuffer, ReportBufferLength);
}
BOOLEAN NTAPI HidD_GetInputReport(HANDLE HidDeviceObject, PVOID ReportBuffer, ULONG ReportBufferLength) {
  return Out(HidDeviceObject, IOCTL_HID_GET_INPUT_REPORT, ReportBuffer, ReportBufferLength);
}
BOOLEAN NTAPI HidD_SetOutputReport(HANDLE HidDeviceObject, PVOID ReportBuffer, ULONG ReportBufferLength) {
  return In(HidDeviceObject, IOCTL_HID_SET_OUTPUT_REPORT, ReportBuffer, ReportBufferLength);
}

BOOLEAN NTAPI HidD_GetNumInputBuffers(HANDLE HidDeviceObject, PULONG NumberBuffers) {
  return Out(HidDeviceObject, IOCTL_GET_NUM_DEVICE_INPUT_BUFFERS, NumberBuffers, sizeof *NumberBuffers);
}
BOOLEAN NTAPI HidD_SetNumInputBuffers(HANDLE HidDeviceObject, ULONG NumberBuffers) {
  return In(HidDeviceObject, IOCTL_SET_NUM_DEVICE_INPUT_BUFFERS, &NumberBuffers, sizeof NumberBuffers);
}

BOOLEAN NTAPI HidD_GetConfiguration(HANDLE HidDeviceObject, HIDD_CONFIGURATION* Configuration, ULONG ConfigurationLength) {
  if (ConfigurationLength < sizeof *Configuration) return Answer(STATUS_BUFFER_TOO_SMALL);
  HID_DRIVER_CONFIG config = {};
  if (!Out(HidDeviceObject, IOCTL_HID_GET_DRIVER_CONFIG, &config, sizeof config)) return FALSE;
  *Configuration = {Configuration->cookie, config.Size, config.RingBufferSize};
  return TRUE;
}
BOOLEAN NTAPI HidD_SetConfiguration(HANDLE HidDeviceObject, HIDD_CONFIGURATION* Configuration, ULONG ConfigurationLength) {
  if (ConfigurationLength < sizeof *Configuration) return Answer(STATUS_BUFFER_TOO_SMALL);
  HID_DRIVER_CONFIG config = {sizeof config, Configuration->RingBufferSize};
  return In(HidDeviceObject, IOCTL_HID_SET_DRIVER_CONFIG, &config, sizeof config);
}

BOOLEAN NTAPI HidD_GetManufacturerString(HANDLE HidDeviceObject, PVOID Buffer, ULONG BufferLength) {
  return Out(HidDeviceObject, IOCTL_HID_GET_MANUFACTURER_STRING, Buffer, BufferLength);
}
BOOLEAN NTAPI HidD_GetProductString(HANDLE HidDeviceObject, PVOID Buffer, ULONG BufferLength) {
  return Out(HidDeviceObject, IOCTL_HID_GET_PRODUCT_STRING, Buffer, BufferLength);
}
BOOLEAN NTAPI HidD_GetSerialNumberString(HANDLE HidDeviceObject, PVOID Buffer, ULONG BufferLength) {
  return Out(HidDeviceObject, IOCTL_HID_GET_SERIALNUMBER_STRING, Buffer, BufferLength);
}
BOOLEAN NTAPI HidD_GetIndexedString(HANDLE HidDeviceObject, ULONG StringIndex, PVOID Buffer, ULONG BufferLength) {
  return Answer(Control(HidDeviceObject, IOCTL_HID_GET_INDEXED_STRING, &StringIndex, sizeof StringIndex, Buffer, BufferLength));
}
BOOLEAN NTAPI HidD_GetPhysicalDescriptor(HANDLE HidDeviceObject, PVOID Buffer, ULONG BufferLength) {
  return Out(HidDeviceObject, IOCTL_HID_GET_PHYSICAL_DESCRIPTOR, Buffer, BufferLength);
}
// No class of this machine has such a descriptor.
BOOLEAN NTAPI HidD_GetMsGenreDescriptor(HANDLE, PVOID, ULONG) { return Answer(STATUS_NOT_SUPPORTED); }

}  // extern "C"
