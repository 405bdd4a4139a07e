// till: a UMDF driver above the point-of-service library; its hardware is a device control that makes events.
#include <windows.h>

#include <wdf.h>

#include <poscx.h>

#include "till.h"

static void Control(WDFQUEUE Queue, WDFREQUEST Request, size_t, size_t, ULONG Code) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  switch (Code) {
    case IOCTL_POINT_OF_SERVICE_CLAIM_DEVICE: status = PosCxClaimDevice(device, Request); break;
    case IOCTL_POINT_OF_SERVICE_RELEASE_DEVICE: status = PosCxReleaseDevice(device, WdfRequestGetFileObject(Request)); break;
    case IOCTL_POINT_OF_SERVICE_RETAIN_DEVICE: status = PosCxRetainDevice(device, Request); break;
    case IOCTL_TILL_EVENT: {
      ULONG *input;
      size_t length;
      status = WdfRequestRetrieveInputBuffer(Request, sizeof(ULONG), (PVOID *)&input, &length);
      if (NT_SUCCESS(status))
        status = PosCxPutPendingEvent(device, 7, StatusUpdated, length - sizeof(ULONG), input + 1, (POS_CX_EVENT_ATTRIBUTES)*input);
      // Queued or given: both are told as they are, in the number of bytes.
      WdfRequestCompleteWithInformation(Request, NT_SUCCESS(status) ? STATUS_SUCCESS : status, status == STATUS_PENDING ? 1 : 0);
      return;
    }
    default: break;
  }
  if (status != STATUS_PENDING) WdfRequestComplete(Request, status);
}

static void Read(WDFQUEUE Queue, WDFREQUEST Request, size_t) {
  NTSTATUS status = PosCxGetPendingEvent(WdfIoQueueGetDevice(Queue), Request);
  if (!NT_SUCCESS(status)) WdfRequestComplete(Request, status);
}

static void Create(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT File) { WdfRequestComplete(Request, PosCxOpen(Device, File, 7)); }
static void Close(WDFFILEOBJECT File) { (void)PosCxClose(WdfFileObjectGetDevice(File), File); }

static NTSTATUS DeviceAdd(WDFDRIVER, PWDFDEVICE_INIT Init) {
  WDF_FILEOBJECT_CONFIG files;
  WDF_FILEOBJECT_CONFIG_INIT(&files, Create, Close, WDF_NO_EVENT_CALLBACK);
  WdfDeviceInitSetFileObjectConfig(Init, &files, WDF_NO_OBJECT_ATTRIBUTES);
  WDFDEVICE device;
  NTSTATUS status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;
  POS_CX_ATTRIBUTES attributes;
  POS_CX_ATTRIBUTES_INIT(&attributes);
  status = PosCxInit(device, &attributes);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG queue;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
  queue.EvtIoDeviceControl = Control;
  queue.EvtIoRead = Read;
  return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
