/*
 * A user-mode HID minidriver as one is written for Windows: windows.h, a lower filter, two queues. Its device sends every output
 * report back as an input report, a millisecond later, from a thread of its own that waits for an event.
 */
#include <windows.h>
#include <wdf.h>
#include <hidport.h>

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD HidLoopDeviceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL HidLoopControl;
EVT_WDF_OBJECT_CONTEXT_CLEANUP HidLoopCleanup;

static const UCHAR ReportDescriptor[] = {
    0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,
    0x95, 0x02, 0x09, 0x01, 0x81, 0x02, 0x09, 0x01, 0x91, 0x02, 0xC0};

typedef struct _LOOP {
  WDFQUEUE Reads;
  HANDLE Came, Thread;
  SRWLOCK Lock;
  LONG End;
  ULONG Count;
  UCHAR Reports[16][2];
} LOOP, *PLOOP;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(LOOP, LoopOf)

static BOOL TakeReport(PLOOP Loop, UCHAR *Report) {
  BOOL any;
  AcquireSRWLockExclusive(&Loop->Lock);
  any = Loop->Count != 0;
  if (any) {
    CopyMemory(Report, Loop->Reports[0], 2);
    MoveMemory(Loop->Reports[0], Loop->Reports[1], --Loop->Count * 2);
  }
  ReleaseSRWLockExclusive(&Loop->Lock);
  return any;
}

static DWORD WINAPI LoopThread(LPVOID Parameter) {
  PLOOP loop = (PLOOP)Parameter;
  UCHAR report[2];
  while (WaitForSingleObject(loop->Came, INFINITE) == WAIT_OBJECT_0 && !InterlockedOr(&loop->End, 0)) {
    Sleep(1);
    while (TakeReport(loop, report)) {
      WDFREQUEST request;
      PVOID buffer;
      NTSTATUS status;
      /* The class has two read reports with us whenever the device works. */
      while (!NT_SUCCESS(WdfIoQueueRetrieveNextRequest(loop->Reads, &request))) Sleep(1);
      status = WdfRequestRetrieveOutputBuffer(request, sizeof(report), &buffer, NULL);
      if (NT_SUCCESS(status)) CopyMemory(buffer, report, sizeof(report));
      WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? sizeof(report) : 0);
    }
  }
  return 0;
}

static VOID Tell(WDFREQUEST Request, const VOID *Data, size_t Bytes) {
  WDFMEMORY memory;
  NTSTATUS status = WdfRequestRetrieveOutputMemory(Request, &memory);
  if (NT_SUCCESS(status)) status = WdfMemoryCopyFromBuffer(memory, 0, (PVOID)Data, Bytes);
  WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? Bytes : 0);
}

VOID HidLoopControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode) {
  PLOOP loop = LoopOf(WdfIoQueueGetDevice(Queue));
  NTSTATUS status = STATUS_NOT_SUPPORTED;
  UNREFERENCED_PARAMETER(OutputBufferLength);
  UNREFERENCED_PARAMETER(InputBufferLength);
  switch (IoControlCode) {
    case IOCTL_HID_GET_DEVICE_DESCRIPTOR: {
      HID_DESCRIPTOR descriptor = {sizeof(HID_DESCRIPTOR), HID_HID_DESCRIPTOR_TYPE, 0x0100, 0, 1,
                                   {{HID_REPORT_DESCRIPTOR_TYPE, sizeof(ReportDescriptor)}}};
      Tell(Request, &descriptor, sizeof(descriptor));
      return;
    }
    case IOCTL_HID_GET_DEVICE_ATTRIBUTES: {
      HID_DEVICE_ATTRIBUTES attributes = {sizeof(attributes), 0x4711, 0x0815, 0x0100, {0}};
      Tell(Request, &attributes, sizeof(attributes));
      return;
    }
    case IOCTL_HID_GET_REPORT_DESCRIPTOR:
      Tell(Request, ReportDescriptor, sizeof(ReportDescriptor));
      return;
    case IOCTL_HID_READ_REPORT:
      status = WdfRequestForwardToIoQueue(Request, loop->Reads);
      if (NT_SUCCESS(status)) return;
      break;
    case IOCTL_HID_WRITE_REPORT: {
      PVOID buffer;
      status = WdfRequestRetrieveInputBuffer(Request, 2, &buffer, NULL);
      if (NT_SUCCESS(status)) {
        AcquireSRWLockExclusive(&loop->Lock);
        if (loop->Count < ARRAYSIZE(loop->Reports)) CopyMemory(loop->Reports[loop->Count++], buffer, 2);
        ReleaseSRWLockExclusive(&loop->Lock);
        SetEvent(loop->Came);
        WdfRequestSetInformation(Request, 2);
      }
      break;
    }
  }
  WdfRequestComplete(Request, status);
}

VOID HidLoopCleanup(WDFOBJECT Object) {
  PLOOP loop = LoopOf(Object);
  if (loop->Thread != NULL) {
    InterlockedExchange(&loop->End, TRUE);
    SetEvent(loop->Came);
    WaitForSingleObject(loop->Thread, INFINITE);
    CloseHandle(loop->Thread);
  }
  if (loop->Came != NULL) CloseHandle(loop->Came);
}

NTSTATUS HidLoopDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG config;
  WDFDEVICE device;
  PLOOP loop;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Driver);
  WdfFdoInitSetFilter(DeviceInit);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, LOOP);
  attributes.EvtCleanupCallback = HidLoopCleanup;
  status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  loop = LoopOf(device);
  InitializeSRWLock(&loop->Lock);
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoDeviceControl = HidLoopControl;
  status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &loop->Reads);
  if (!NT_SUCCESS(status)) return status;
  loop->Came = CreateEvent(NULL, FALSE, FALSE, NULL);
  loop->Thread = loop->Came == NULL ? NULL : CreateThread(NULL, 0, LoopThread, loop, 0, NULL);
  return loop->Thread == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, HidLoopDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
