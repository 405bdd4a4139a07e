// An upper filter of a keyboard that swaps Caps Lock and the left Ctrl key. It stands between kbdclass and the port driver: when kbdclass
// connects, the filter puts its own callback and device in the place of those it was given, and calls them with the packets it has changed.
#include <ntddk.h>
#include <wdf.h>

#include <kbdmou.h>

#define CAPS_LOCK 0x3A
#define LEFT_CTRL 0x1D
#define MOST_PACKETS 16

typedef struct _FILTER {
  CONNECT_DATA Above;
} FILTER, *PFILTER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FILTER, FilterOf)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD KeyswapDeviceAdd;
EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL KeyswapInternalControl;

// At DISPATCH_LEVEL, with the packets from Start up to End. What is not said to be consumed comes again.
static VOID KeyswapService(PVOID Context, PVOID Start, PVOID End, PVOID Consumed) {
  PFILTER filter = FilterOf(WdfWdmDeviceGetWdfDeviceHandle((PDEVICE_OBJECT)Context));
  PSERVICE_CALLBACK_ROUTINE above = (PSERVICE_CALLBACK_ROUTINE)filter->Above.ClassService;
  PKEYBOARD_INPUT_DATA packet = Start;
  KEYBOARD_INPUT_DATA changed[MOST_PACKETS];  // the port's packets stay as they are: they may come again
  ULONG count = 0, taken = 0;

  for (; packet != End && count < MOST_PACKETS; ++packet, ++count) {
    changed[count] = *packet;
    if (packet->Flags & (KEY_E0 | KEY_E1)) continue;
    if (packet->MakeCode == CAPS_LOCK) changed[count].MakeCode = LEFT_CTRL;
    else if (packet->MakeCode == LEFT_CTRL) changed[count].MakeCode = CAPS_LOCK;
  }
  above(filter->Above.ClassDeviceObject, changed, changed + count, &taken);
  *(PULONG)Consumed += taken;
}

VOID KeyswapInternalControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  PFILTER filter = FilterOf(device);
  WDF_REQUEST_SEND_OPTIONS options;
  PCONNECT_DATA connect;
  NTSTATUS status = STATUS_SUCCESS;
  UNREFERENCED_PARAMETER(OutputLength);
  UNREFERENCED_PARAMETER(InputLength);

  if (Code == IOCTL_INTERNAL_KEYBOARD_CONNECT) {
    if (filter->Above.ClassService != NULL) {
      status = STATUS_SHARING_VIOLATION;
    } else {
      status = WdfRequestRetrieveInputBuffer(Request, sizeof(CONNECT_DATA), (PVOID *)&connect, NULL);
    }
    if (!NT_SUCCESS(status)) {
      WdfRequestComplete(Request, status);
      return;
    }
    filter->Above = *connect;
    connect->ClassDeviceObject = WdfDeviceWdmGetDeviceObject(device);
    connect->ClassService = (PVOID)KeyswapService;
  }

  WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
  if (!WdfRequestSend(Request, WdfDeviceGetIoTarget(device), &options)) WdfRequestComplete(Request, WdfRequestGetStatus(Request));
}

NTSTATUS KeyswapDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG config;
  WDFDEVICE device;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Driver);

  WdfFdoInitSetFilter(DeviceInit);
  WdfDeviceInitSetDeviceType(DeviceInit, FILE_DEVICE_KEYBOARD);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, FILTER);
  status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  // Parallel: the port driver sends a request of its own to the top of the stack while it has the connect request.
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoInternalDeviceControl = KeyswapInternalControl;
  return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, KeyswapDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
