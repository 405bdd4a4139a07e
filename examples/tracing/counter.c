// A driver that says what it does with TraceLogging: each write is counted and traced; errors at level 2, the rest at level 4.
#include <ntddk.h>
#include <wdf.h>
#include <TraceLoggingProvider.h>

#define KEYWORD_IO 0x1
#define KEYWORD_LIFE 0x2

// {6f1b8a52-4d0e-4f7c-9a3b-2c5d8e7f1a90}
TRACELOGGING_DEFINE_PROVIDER(g_Trace, "Drydock.Examples.Counter", (0x6f1b8a52, 0x4d0e, 0x4f7c, 0x9a, 0x3b, 0x2c, 0x5d, 0x8e, 0x7f, 0x1a, 0x90));

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD CounterDeviceAdd;
EVT_WDF_DRIVER_UNLOAD CounterUnload;
EVT_WDF_IO_QUEUE_IO_WRITE CounterWrite;

static LONG Writes;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  NTSTATUS status;

  TraceLoggingRegister(g_Trace);
  WDF_DRIVER_CONFIG_INIT(&config, CounterDeviceAdd);
  config.EvtDriverUnload = CounterUnload;
  status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
  TraceLoggingWrite(g_Trace, "Loaded", TraceLoggingLevel(WINEVENT_LEVEL_INFO), TraceLoggingKeyword(KEYWORD_LIFE),
                    TraceLoggingUnicodeString(RegistryPath, "Key"), TraceLoggingNTStatus(status, "Status"));
  if (!NT_SUCCESS(status)) TraceLoggingUnregister(g_Trace);
  return status;
}

VOID CounterUnload(WDFDRIVER Driver) {
  UNREFERENCED_PARAMETER(Driver);
  TraceLoggingUnregister(g_Trace);
}

NTSTATUS CounterDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_IO_QUEUE_CONFIG config;
  WDFDEVICE device;
  NTSTATUS status;

  UNREFERENCED_PARAMETER(Driver);
  status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
  config.EvtIoWrite = CounterWrite;
  return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

VOID CounterWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  LONG number = InterlockedIncrement(&Writes);

  UNREFERENCED_PARAMETER(Queue);
  if (Length > 16) {
    TraceLoggingWrite(g_Trace, "TooLong", TraceLoggingLevel(WINEVENT_LEVEL_ERROR), TraceLoggingKeyword(KEYWORD_IO), TraceLoggingInt32(number, "Number"),
                      TraceLoggingUInt64(Length, "Length"));
    WdfRequestComplete(Request, STATUS_INVALID_BUFFER_SIZE);
    return;
  }
  TraceLoggingWrite(g_Trace, "Written", TraceLoggingLevel(WINEVENT_LEVEL_INFO), TraceLoggingKeyword(KEYWORD_IO), TraceLoggingInt32(number, "Number"),
                    TraceLoggingUInt64(Length, "Length"));
  WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}
