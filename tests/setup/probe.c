// A driver that answers for its place in a stack: an IOCTL passes through every driver of the stack, each writes down its service's
// name; another tells what its registry keys and device properties say.
#include <ntddk.h>
#include <wdf.h>

#include "setup/probe.h"

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtIoDeviceControl;

// The last part of the service key: who we are.
static void ServiceName(WDFDRIVER driver, WCHAR* name, size_t count) {
  PCWSTR path = WdfDriverGetRegistryPath(driver);
  PCWSTR last = path;
  size_t i;
  for (; *path; ++path)
    if (*path == L'\\') last = path + 1;
  for (i = 0; i + 1 < count && last[i]; ++i) name[i] = last[i];
  name[i] = 0;
}

static ULONG ReadNumber(WDFDEVICE device, ULONG kind, const WCHAR* name) {
  WDFKEY key;
  ULONG value = 0xFFFFFFFF;
  UNICODE_STRING text;
  if (!NT_SUCCESS(WdfDeviceOpenRegistryKey(device, kind, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key))) return 0xFFFFFFFE;
  RtlInitUnicodeString(&text, name);
  WdfRegistryQueryULong(key, &text, &value);
  WdfRegistryClose(key);
  return value;
}

static ULONG ReadParameter(WDFDRIVER driver, const WCHAR* name) {
  WDFKEY key;
  ULONG value = 0xFFFFFFFF;
  UNICODE_STRING text;
  if (!NT_SUCCESS(WdfDriverOpenParametersRegistryKey(driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key))) return 0xFFFFFFFE;
  RtlInitUnicodeString(&text, name);
  WdfRegistryQueryULong(key, &text, &value);
  WdfRegistryClose(key);
  return value;
}

static void ReadProperty(WDFDEVICE device, DEVICE_REGISTRY_PROPERTY property, WCHAR* text, ULONG bytes) {
  ULONG length = 0;
  text[0] = 0;
  if (!NT_SUCCESS(WdfDeviceQueryProperty(device, property, bytes, text, &length))) text[0] = 0;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, EvtDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

static NTSTATUS EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_IO_QUEUE_CONFIG config;
  WDFDEVICE device;
  WCHAR name[32];
  NTSTATUS status;
  ServiceName(Driver, name, RTL_NUMBER_OF(name));
  // Services whose name says so are filters.
  if (name[0] == L'f') WdfFdoInitSetFilter(DeviceInit);
#ifdef _KERNEL_MODE
  if (name[0] == L'x') {  // wrong on purpose: a device class for a device without a name
    static const GUID kClass = {0x78A1C341, 0x4539, 0x11d3, {0xB8, 0x8D, 0x00, 0xC0, 0x4F, 0xAD, 0x51, 0x71}};
    WdfDeviceInitSetDeviceClass(DeviceInit, &kClass);
  }
#endif
  status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoDeviceControl = EvtIoDeviceControl;
  return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

static VOID EvtIoDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  PVOID buffer;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(OutputBufferLength);
  UNREFERENCED_PARAMETER(InputBufferLength);
  if (IoControlCode == PROBE_IOCTL_STACK) {
    // Everybody adds a line, and the lowest ends it. The buffer's start says how much is there.
    PROBE_STACK* stack;
    WDF_REQUEST_SEND_OPTIONS options;
    status = WdfRequestRetrieveOutputBuffer(Request, sizeof(PROBE_STACK), &buffer, NULL);
    if (!NT_SUCCESS(status)) {
      WdfRequestComplete(Request, status);
      return;
    }
    stack = buffer;
    if (stack->Count < PROBE_DRIVERS) ServiceName(WdfDeviceGetDriver(device), stack->Name[stack->Count++], PROBE_NAME);
    WdfRequestSetInformation(Request, sizeof(PROBE_STACK));
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
    WdfRequestFormatRequestUsingCurrentType(Request);
    if (!WdfRequestSend(Request, WdfDeviceGetIoTarget(device), &options)) WdfRequestComplete(Request, WdfRequestGetStatus(Request));
    return;
  }
  if (IoControlCode == PROBE_IOCTL_KEYS) {
    PROBE_KEYS* keys;
    status = WdfRequestRetrieveOutputBuffer(Request, sizeof(PROBE_KEYS), &buffer, NULL);
    if (!NT_SUCCESS(status)) {
      WdfRequestComplete(Request, status);
      return;
    }
    keys = buffer;
    keys->Hardware = ReadNumber(device, PLUGPLAY_REGKEY_DEVICE, L"Depth");
    keys->Software = ReadNumber(device, PLUGPLAY_REGKEY_DRIVER, L"Made");
    keys->Service = ReadParameter(WdfDeviceGetDriver(device), L"Limit");
    ReadProperty(device, DevicePropertyDeviceDescription, keys->Description, sizeof keys->Description);
    ReadProperty(device, DevicePropertyFriendlyName, keys->FriendlyName, sizeof keys->FriendlyName);
    ReadProperty(device, DevicePropertyClassName, keys->ClassName, sizeof keys->ClassName);
    ReadProperty(device, DevicePropertyManufacturer, keys->Manufacturer, sizeof keys->Manufacturer);
    ReadProperty(device, DevicePropertyDriverKeyName, keys->DriverKey, sizeof keys->DriverKey);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, sizeof(PROBE_KEYS));
    return;
  }
  WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST);
}
