// A driver that does what its caller wants to see an exit code for: it refuses to be removed, leaks, breaks, reads through null.
#include <ntddk.h>
#include <wdf.h>

#include "stubborn.h"

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD DeviceAdd;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL DeviceControl;
static EVT_WDF_DEVICE_QUERY_REMOVE QueryRemove;

typedef struct {
  BOOLEAN stays;
} STUBBORN;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(STUBBORN, ContextOf)

static NTSTATUS QueryRemove(WDFDEVICE Device) { return ContextOf(Device)->stays ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; }

static VOID DeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  UNREFERENCED_PARAMETER(OutputBufferLength);
  UNREFERENCED_PARAMETER(InputBufferLength);
  switch (IoControlCode) {
    case IOCTL_STUBBORN_STAY: ContextOf(device)->stays = TRUE; break;
    case IOCTL_STUBBORN_LEAK:
      if (!ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'bbtS')) DbgPrint("no pool\n");
      break;
    case IOCTL_STUBBORN_BREAK: DbgBreakPoint(); break;
    case IOCTL_STUBBORN_CRASH: *(volatile int *)NULL = 1; break;
    default: WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST); return;
  }
  WdfRequestComplete(Request, STATUS_SUCCESS);
}

static NTSTATUS DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG queue;
  WDFDEVICE device;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Driver);
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDeviceQueryRemove = QueryRemove;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, STUBBORN);
  status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
  queue.EvtIoDeviceControl = DeviceControl;
  return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
