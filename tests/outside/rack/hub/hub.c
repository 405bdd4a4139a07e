#include <initguid.h>
#include <ntddk.h>
#include <wdf.h>
DEFINE_GUID(GUID_DEVINTERFACE_SENSORHUB, 0x1f7e4c11, 0x6a0b, 0x4c58, 0x9f, 0x3e, 0x10, 0x22, 0x33, 0x44, 0x55, 0x66);
EVT_WDF_DRIVER_DEVICE_ADD A; EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL I;
NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r) { WDF_DRIVER_CONFIG c; WDF_DRIVER_CONFIG_INIT(&c, A); return WdfDriverCreate(d, r, NULL, &c, NULL); }
NTSTATUS A(WDFDRIVER D, PWDFDEVICE_INIT i) { WDFDEVICE d; WDF_IO_QUEUE_CONFIG q; NTSTATUS s; UNREFERENCED_PARAMETER(D); s = WdfDeviceCreate(&i, NULL, &d); if (!NT_SUCCESS(s)) return s;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&q, WdfIoQueueDispatchParallel); q.EvtIoDeviceControl = I; s = WdfIoQueueCreate(d, &q, NULL, NULL); if (!NT_SUCCESS(s)) return s;
  return WdfDeviceCreateDeviceInterface(d, &GUID_DEVINTERFACE_SENSORHUB, NULL); }
VOID I(WDFQUEUE q, WDFREQUEST r, size_t o, size_t i, ULONG c) { PULONG p; NTSTATUS s = WdfRequestRetrieveOutputBuffer(r, 4, (PVOID*)&p, NULL); UNREFERENCED_PARAMETER(q); UNREFERENCED_PARAMETER(o); UNREFERENCED_PARAMETER(i); UNREFERENCED_PARAMETER(c); if (NT_SUCCESS(s)) *p = 77; WdfRequestCompleteWithInformation(r, s, 4); }
