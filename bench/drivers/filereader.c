/* The shortest way from a driver to a file: every read of its device is one synchronous read of a file target. */
#include <ntddk.h>
#include <wdf.h>
#include "bench.h"

typedef struct _READER_CONTEXT {
    WDFIOTARGET Backing;
} READER_CONTEXT, *PREADER_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(READER_CONTEXT, ReaderGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD ReaderEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_READ ReaderEvtRead;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL ReaderEvtDeviceControl;

VOID
ReaderEvtRead(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    WDF_REQUEST_PARAMETERS parameters;
    WDF_MEMORY_DESCRIPTOR descriptor;
    WDFMEMORY memory;
    LONGLONG offset;
    ULONG_PTR moved = 0;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Length);
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    offset = parameters.Parameters.Read.DeviceOffset;
    status = WdfRequestRetrieveOutputMemory(Request, &memory);
    if (NT_SUCCESS(status)) {
        WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&descriptor, memory, NULL);
        status = WdfIoTargetSendReadSynchronously(ReaderGetContext(WdfIoQueueGetDevice(Queue))->Backing, NULL, &descriptor, &offset,
                                                  WDF_NO_SEND_OPTIONS, &moved);
    }
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? moved : 0);
}

/* Opens the file whose name is the input; once. */
static NTSTATUS
ReaderAttach(_In_ WDFDEVICE Device, _In_ WDFREQUEST Request)
{
    PREADER_CONTEXT context = ReaderGetContext(Device);
    WDF_IO_TARGET_OPEN_PARAMS params;
    UNICODE_STRING name;
    WDFIOTARGET target;
    PVOID buffer;
    size_t length;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, sizeof(WCHAR), &buffer, &length);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    name.Buffer = (PWCH)buffer;
    name.Length = name.MaximumLength = (USHORT)length;
    status = WdfIoTargetCreate(Device, WDF_NO_OBJECT_ATTRIBUTES, &target);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_READ);
    params.ShareAccess = FILE_SHARE_READ;
    status = WdfIoTargetOpen(target, &params);
    if (!NT_SUCCESS(status)) {
        WdfObjectDelete(target);
        return status;
    }
    context->Backing = target;
    return STATUS_SUCCESS;
}

VOID
ReaderEvtDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength,
                       _In_ ULONG IoControlCode)
{
    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    WdfRequestComplete(Request, IoControlCode == IOCTL_BENCH_ATTACH ? ReaderAttach(WdfIoQueueGetDevice(Queue), Request)
                                                                    : STATUS_INVALID_DEVICE_REQUEST);
}

NTSTATUS
ReaderEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WdfDeviceInitSetIoType(DeviceInit, WdfDeviceIoDirect);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, READER_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoRead = ReaderEvtRead;
    config.EvtIoDeviceControl = ReaderEvtDeviceControl;
    return WdfIoQueueCreate(device, &config, &attributes, WDF_NO_HANDLE);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, ReaderEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
