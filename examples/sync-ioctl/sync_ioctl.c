/*
 * sync_ioctl: a function driver that turns an application's request into a device-control request for the device below and waits.
 *
 * SendIoctl is how it stands in countless drivers: no request handle, no options. If the device stays silent, the thread waits for
 * ever, and nobody can cancel. SendIoctlTimed differs in three lines and cannot hang.
 */
#include <ntddk.h>
#include <wdf.h>
#include "sync_ioctl.h"

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD SyncIoctlEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL SyncIoctlEvtDeviceControl;

/* Sends IoctlCode to Target and waits until it is complete. Either buffer may be missing. */
static NTSTATUS
SendIoctl(_In_ WDFIOTARGET Target, _In_ ULONG IoctlCode, _In_reads_bytes_opt_(InputLength) PVOID Input, _In_ ULONG InputLength,
          _Out_writes_bytes_opt_(OutputLength) PVOID Output, _In_ ULONG OutputLength, _Out_opt_ PULONG_PTR BytesReturned)
{
    WDF_MEMORY_DESCRIPTOR inputDescriptor, outputDescriptor;
    PWDF_MEMORY_DESCRIPTOR input = NULL, output = NULL;

    if (Input != NULL) {
        WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&inputDescriptor, Input, InputLength);
        input = &inputDescriptor;
    }
    if (Output != NULL) {
        WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&outputDescriptor, Output, OutputLength);
        output = &outputDescriptor;
    }
    return WdfIoTargetSendIoctlSynchronously(Target, WDF_NO_HANDLE, IoctlCode, input, output, NULL, BytesReturned);
}

/* The better twin: the same with a time-out. */
static NTSTATUS
SendIoctlTimed(_In_ WDFIOTARGET Target, _In_ ULONG IoctlCode, _In_reads_bytes_opt_(InputLength) PVOID Input, _In_ ULONG InputLength,
               _Out_writes_bytes_opt_(OutputLength) PVOID Output, _In_ ULONG OutputLength, _In_ LONGLONG Timeout,
               _Out_opt_ PULONG_PTR BytesReturned)
{
    WDF_MEMORY_DESCRIPTOR inputDescriptor, outputDescriptor;
    PWDF_MEMORY_DESCRIPTOR input = NULL, output = NULL;
    WDF_REQUEST_SEND_OPTIONS options;

    if (Input != NULL) {
        WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&inputDescriptor, Input, InputLength);
        input = &inputDescriptor;
    }
    if (Output != NULL) {
        WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&outputDescriptor, Output, OutputLength);
        output = &outputDescriptor;
    }
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, Timeout);
    return WdfIoTargetSendIoctlSynchronously(Target, WDF_NO_HANDLE, IoctlCode, input, output, &options, BytesReturned);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, SyncIoctlEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS
SyncIoctlEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queueConfig;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchSequential);
    queueConfig.EvtIoDeviceControl = SyncIoctlEvtDeviceControl;
    return WdfIoQueueCreate(device, &queueConfig, &attributes, WDF_NO_HANDLE);
}

VOID
SyncIoctlEvtDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength,
                          _In_ size_t InputBufferLength, _In_ ULONG IoControlCode)
{
    WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(Queue));
    PVOID input = NULL, output = NULL;
    ULONG_PTR returned = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (InputBufferLength != 0) {
        status = WdfRequestRetrieveInputBuffer(Request, 1, &input, NULL);
    }
    if (NT_SUCCESS(status) && OutputBufferLength != 0) {
        status = WdfRequestRetrieveOutputBuffer(Request, 1, &output, NULL);
    }
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(Request, status);
        return;
    }

    switch (IoControlCode) {
    case IOCTL_EXCHANGE_CLASSIC:
        status = SendIoctl(target, IOCTL_DEVICE_EXCHANGE, input, (ULONG)InputBufferLength, output, (ULONG)OutputBufferLength,
                           &returned);
        break;
    case IOCTL_EXCHANGE_TIMED:
        status = SendIoctlTimed(target, IOCTL_DEVICE_EXCHANGE, input, (ULONG)InputBufferLength, output, (ULONG)OutputBufferLength,
                                WDF_REL_TIMEOUT_IN_MS(500), &returned);
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    KdPrintEx((DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "sync_ioctl: status 0x%08x, %Iu bytes returned\n", status, returned));
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? returned : 0);
}
