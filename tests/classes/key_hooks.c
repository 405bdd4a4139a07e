#include <ntddk.h>
#include <wdf.h>

#include <kbdmou.h>
#include <ntdd8042.h>

#include "key_hooks.h"

typedef struct _FILTER {
  CONNECT_DATA Above;
  HOOK_COUNTS Counts;
  PI8042_QUEUE_PACKET QueuePacket;
  PVOID CallContext;
} FILTER, *PFILTER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FILTER, FilterOf)

static NTSTATUS Initialization(PVOID Context, PVOID PortContext, PI8042_SYNCH_READ_PORT Read, PI8042_SYNCH_WRITE_PORT Write, PBOOLEAN Translate) {
  PFILTER filter = Context;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Translate);
  InterlockedIncrement(&filter->Counts.Initializations);
  if (KeGetCurrentIrql() != PASSIVE_LEVEL) InterlockedIncrement(&filter->Counts.WrongIrql);
  status = Write(PortContext, 0xF2, TRUE);  // who are you
  if (NT_SUCCESS(status)) status = Read(PortContext, &filter->Counts.Id[0], FALSE);
  if (NT_SUCCESS(status)) status = Read(PortContext, &filter->Counts.Id[1], FALSE);
  return status;
}

static BOOLEAN IsrHook(PVOID Context, PKEYBOARD_INPUT_DATA Input, POUTPUT_PACKET Output, UCHAR Status, PUCHAR Byte, PBOOLEAN Continue,
                       PKEYBOARD_SCAN_STATE State) {
  PFILTER filter = Context;
  UNREFERENCED_PARAMETER(Output);
  UNREFERENCED_PARAMETER(Status);
  UNREFERENCED_PARAMETER(State);
  InterlockedIncrement(&filter->Counts.Isr);
  if (KeGetCurrentIrql() <= DISPATCH_LEVEL) InterlockedIncrement(&filter->Counts.LowIrql);
  *Continue = *Byte != HOOK_SWALLOWED;
  if (*Byte == HOOK_DOUBLED) {
    RtlZeroMemory(Input, sizeof(*Input));
    Input->MakeCode = HOOK_DOUBLED;
    Input->ExtraInformation = 1;
    filter->QueuePacket(filter->CallContext);
  }
  return TRUE;
}

static VOID Service(PVOID Context, PVOID Start, PVOID End, PVOID Consumed) {
  PFILTER filter = FilterOf(WdfWdmDeviceGetWdfDeviceHandle((PDEVICE_OBJECT)Context));
  if (KeGetCurrentIrql() != DISPATCH_LEVEL) InterlockedIncrement(&filter->Counts.WrongIrql);
  InterlockedExchangeAdd(&filter->Counts.Packets, (LONG)((PKEYBOARD_INPUT_DATA)End - (PKEYBOARD_INPUT_DATA)Start));
  ((PSERVICE_CALLBACK_ROUTINE)filter->Above.ClassService)(filter->Above.ClassDeviceObject, Start, End, Consumed);
}

static VOID InternalControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  PFILTER filter = FilterOf(device);
  WDF_REQUEST_SEND_OPTIONS options;
  PCONNECT_DATA connect;
  PINTERNAL_I8042_HOOK_KEYBOARD hook;
  PHOOK_COUNTS counts;
  UNREFERENCED_PARAMETER(OutputLength);
  UNREFERENCED_PARAMETER(InputLength);
  switch (Code) {
    case IOCTL_INTERNAL_KEYBOARD_CONNECT:
      if (!NT_SUCCESS(WdfRequestRetrieveInputBuffer(Request, sizeof(*connect), (PVOID *)&connect, NULL))) break;
      filter->Above = *connect;
      connect->ClassDeviceObject = WdfDeviceWdmGetDeviceObject(device);
      connect->ClassService = (PVOID)Service;
      break;
    case IOCTL_INTERNAL_I8042_HOOK_KEYBOARD:
      if (!NT_SUCCESS(WdfRequestRetrieveInputBuffer(Request, sizeof(*hook), (PVOID *)&hook, NULL))) break;
      hook->Context = filter;
      hook->InitializationRoutine = Initialization;
      hook->IsrRoutine = IsrHook;
      filter->QueuePacket = hook->QueueKeyboardPacket;
      filter->CallContext = hook->CallContext;
      break;
    case IOCTL_INTERNAL_I8042_KEYBOARD_START_INFORMATION: InterlockedIncrement(&filter->Counts.StartInformation); break;
    case IOCTL_INTERNAL_HOOK_COUNTS:
      if (NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, sizeof(*counts), (PVOID *)&counts, NULL))) {
        *counts = filter->Counts;
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, sizeof(*counts));
      } else {
        WdfRequestComplete(Request, STATUS_BUFFER_TOO_SMALL);
      }
      return;
    default: break;
  }
  WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
  if (!WdfRequestSend(Request, WdfDeviceGetIoTarget(device), &options)) WdfRequestComplete(Request, WdfRequestGetStatus(Request));
}

static NTSTATUS DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG config;
  WDFDEVICE device;
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Driver);
  WdfFdoInitSetFilter(Init);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, FILTER);
  status = WdfDeviceCreate(&Init, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoInternalDeviceControl = InternalControl;
  return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
