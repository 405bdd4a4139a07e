/*
 * upper: a filter above the function driver. Reads and writes go on with the synchronous methods; device control goes on in the
 * application's own request, formatted and sent with WdfRequestSend. Before the first transfer it asks the function driver, with a
 * synchronous device-control request of its own, how long a transfer may be, and refuses longer ones. Every wait has a time-out.
 */
#include <ntddk.h>
#include <wdf.h>
#include "filestack.h"

typedef struct _UPPER_CONTEXT {
    ULONG LargestTransfer;      /* 0: not asked yet */
} UPPER_CONTEXT, *PUPPER_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(UPPER_CONTEXT, UpperGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD UpperEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_READ UpperEvtRead;
EVT_WDF_IO_QUEUE_IO_WRITE UpperEvtWrite;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL UpperEvtDeviceControl;

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, UpperEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS
UpperEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queueConfig;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WdfFdoInitSetFilter(DeviceInit);

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, UPPER_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchSequential);
    queueConfig.EvtIoRead = UpperEvtRead;
    queueConfig.EvtIoWrite = UpperEvtWrite;
    queueConfig.EvtIoDeviceControl = UpperEvtDeviceControl;
    return WdfIoQueueCreate(device, &queueConfig, &attributes, WDF_NO_HANDLE);
}

static VOID
UpperTimeout(_Out_ PWDF_REQUEST_SEND_OPTIONS Options)
{
    WDF_REQUEST_SEND_OPTIONS_INIT(Options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(Options, WDF_REL_TIMEOUT_IN_MS(2 * FILESTACK_TIMEOUT_MS));
}

static NTSTATUS
UpperLearnLimit(_In_ WDFDEVICE Device, _Inout_ PUPPER_CONTEXT Context)
{
    FILESTACK_INFORMATION information;
    WDF_MEMORY_DESCRIPTOR output;
    WDF_REQUEST_SEND_OPTIONS options;
    ULONG_PTR returned = 0;
    NTSTATUS status;

    if (Context->LargestTransfer != 0) {
        return STATUS_SUCCESS;
    }
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&output, &information, sizeof(information));
    UpperTimeout(&options);
    status = WdfIoTargetSendIoctlSynchronously(WdfDeviceGetIoTarget(Device), NULL, IOCTL_FILESTACK_QUERY, NULL, &output,
                                               &options, &returned);
    if (NT_SUCCESS(status) && returned == sizeof(information)) {
        Context->LargestTransfer = information.LargestTransfer;
    }
    return status;
}

static VOID
UpperTransfer(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length, _In_ BOOLEAN Write)
{
    WDFDEVICE device = WdfIoQueueGetDevice(Queue);
    PUPPER_CONTEXT context = UpperGetContext(device);
    WDF_REQUEST_PARAMETERS parameters;
    WDF_MEMORY_DESCRIPTOR descriptor;
    WDF_REQUEST_SEND_OPTIONS options;
    WDFMEMORY memory;
    LONGLONG offset;
    ULONG_PTR moved = 0;
    NTSTATUS status;

    status = UpperLearnLimit(device, context);
    if (!NT_SUCCESS(status)) {
        goto complete;
    }
    if (Length > context->LargestTransfer) {
        status = STATUS_INVALID_BUFFER_SIZE;
        goto complete;
    }
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    UpperTimeout(&options);
    if (Write) {
        offset = parameters.Parameters.Write.DeviceOffset;
        status = WdfRequestRetrieveInputMemory(Request, &memory);
    } else {
        offset = parameters.Parameters.Read.DeviceOffset;
        status = WdfRequestRetrieveOutputMemory(Request, &memory);
    }
    if (!NT_SUCCESS(status)) {
        goto complete;
    }
    WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&descriptor, memory, NULL);
    if (Write) {
        status = WdfIoTargetSendWriteSynchronously(WdfDeviceGetIoTarget(device), NULL, &descriptor, &offset, &options, &moved);
    } else {
        status = WdfIoTargetSendReadSynchronously(WdfDeviceGetIoTarget(device), NULL, &descriptor, &offset, &options, &moved);
    }

complete:
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? moved : 0);
}

VOID
UpperEvtRead(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    UpperTransfer(Queue, Request, Length, FALSE);
}

VOID
UpperEvtWrite(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    UpperTransfer(Queue, Request, Length, TRUE);
}

VOID
UpperEvtDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength,
                      _In_ size_t InputBufferLength, _In_ ULONG IoControlCode)
{
    WDFDEVICE device = WdfIoQueueGetDevice(Queue);
    WDF_REQUEST_SEND_OPTIONS options;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    UNREFERENCED_PARAMETER(IoControlCode);

    WdfRequestFormatRequestUsingCurrentType(Request);
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SYNCHRONOUS | WDF_REQUEST_SEND_OPTION_TIMEOUT);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, WDF_REL_TIMEOUT_IN_MS(2 * FILESTACK_TIMEOUT_MS));
    WdfRequestSend(Request, WdfDeviceGetIoTarget(device), &options);
    status = WdfRequestGetStatus(Request);
    WdfRequestCompleteWithInformation(Request, status, WdfRequestGetInformation(Request));
}
