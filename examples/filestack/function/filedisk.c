/*
 * filedisk: the function driver of the file stack. Reads and writes of its device become reads and writes of an object that it opens by
 * name: a file, a disk, another driver's device. Every transfer is first granted, and afterwards accounted, by the driver below.
 * Every wait has a time-out.
 */
#include <ntddk.h>
#include <wdf.h>
#include "filestack.h"

typedef struct _FILEDISK_CONTEXT {
    WDFWAITLOCK AttachLock;     /* guards Backing against attach while transfers run */
    WDFIOTARGET Backing;        /* NULL until attached */
    FILESTACK_TOTALS Totals;
} FILEDISK_CONTEXT, *PFILEDISK_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FILEDISK_CONTEXT, FileDiskGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD FileDiskEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_READ FileDiskEvtRead;
EVT_WDF_IO_QUEUE_IO_WRITE FileDiskEvtWrite;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL FileDiskEvtDeviceControl;

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, FileDiskEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS
FileDiskEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queueConfig;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WdfDeviceInitSetIoType(DeviceInit, WdfDeviceIoDirect);

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, FILEDISK_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    status = WdfWaitLockCreate(&attributes, &FileDiskGetContext(device)->AttachLock);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    /* Synchronous sends want a sequential queue at PASSIVE_LEVEL. */
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchSequential);
    queueConfig.EvtIoRead = FileDiskEvtRead;
    queueConfig.EvtIoWrite = FileDiskEvtWrite;
    queueConfig.EvtIoDeviceControl = FileDiskEvtDeviceControl;
    return WdfIoQueueCreate(device, &queueConfig, &attributes, WDF_NO_HANDLE);
}

static VOID
FileDiskTimeout(_Out_ PWDF_REQUEST_SEND_OPTIONS Options)
{
    WDF_REQUEST_SEND_OPTIONS_INIT(Options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(Options, WDF_REL_TIMEOUT_IN_MS(FILESTACK_TIMEOUT_MS));
}

/* Asks the driver below whether a transfer may begin. */
static NTSTATUS
FileDiskGrant(_In_ WDFDEVICE Device, _In_ size_t Length, _In_ BOOLEAN Write, _Out_ PULONG Number)
{
    FILESTACK_GRANT_REQUEST wanted = { (ULONG)Length, Write };
    FILESTACK_GRANT grant = { 0, 0 };
    WDF_MEMORY_DESCRIPTOR input, output;
    WDF_REQUEST_SEND_OPTIONS options;
    ULONG_PTR returned = 0;
    NTSTATUS status;

    *Number = 0;
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&input, &wanted, sizeof(wanted));
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&output, &grant, sizeof(grant));
    FileDiskTimeout(&options);
    status = WdfIoTargetSendInternalIoctlSynchronously(WdfDeviceGetIoTarget(Device), NULL, IOCTL_INTERNAL_FILESTACK_GRANT,
                                                       &input, &output, &options, &returned);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (returned != sizeof(grant) || grant.Length != Length) {
        return STATUS_DEVICE_PROTOCOL_ERROR;
    }
    *Number = grant.Number;
    return STATUS_SUCCESS;
}

/* Tells the driver below how a transfer ended. */
static VOID
FileDiskAccount(_In_ WDFDEVICE Device, _In_ ULONG Number, _In_ ULONG_PTR Bytes)
{
    WDF_MEMORY_DESCRIPTOR number, bytes, totals;
    WDF_REQUEST_SEND_OPTIONS options;
    NTSTATUS status;

    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&number, UlongToPtr(Number), 0);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&bytes, UlongToPtr((ULONG)Bytes), 0);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&totals, &FileDiskGetContext(Device)->Totals, sizeof(FILESTACK_TOTALS));
    FileDiskTimeout(&options);
    status = WdfIoTargetSendInternalIoctlOthersSynchronously(
        WdfDeviceGetIoTarget(Device), NULL, IOCTL_INTERNAL_FILESTACK_ACCOUNT, &number, Bytes != 0 ? &bytes : NULL, &totals,
        &options, NULL);
    if (!NT_SUCCESS(status)) {
        KdPrintEx((DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL, "filedisk: transfer %u not accounted: 0x%08x\n", Number, status));
    }
}

static VOID
FileDiskTransfer(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length, _In_ BOOLEAN Write)
{
    WDFDEVICE device = WdfIoQueueGetDevice(Queue);
    PFILEDISK_CONTEXT context = FileDiskGetContext(device);
    WDF_REQUEST_PARAMETERS parameters;
    WDF_MEMORY_DESCRIPTOR descriptor;
    WDF_REQUEST_SEND_OPTIONS options;
    WDFMEMORY memory;
    LONGLONG offset;
    ULONG_PTR moved = 0;
    ULONG number;
    NTSTATUS status;

    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    offset = Write ? parameters.Parameters.Write.DeviceOffset : parameters.Parameters.Read.DeviceOffset;

    status = Write ? WdfRequestRetrieveInputMemory(Request, &memory) : WdfRequestRetrieveOutputMemory(Request, &memory);
    if (!NT_SUCCESS(status)) {
        goto complete;
    }
    status = FileDiskGrant(device, Length, Write, &number);
    if (!NT_SUCCESS(status)) {
        goto complete;
    }

    WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&descriptor, memory, NULL);
    FileDiskTimeout(&options);
    WdfWaitLockAcquire(context->AttachLock, NULL);
    if (context->Backing == NULL) {
        status = STATUS_DEVICE_NOT_READY;
    } else if (Write) {
        status = WdfIoTargetSendWriteSynchronously(context->Backing, NULL, &descriptor, &offset, &options, &moved);
    } else {
        status = WdfIoTargetSendReadSynchronously(context->Backing, NULL, &descriptor, &offset, &options, &moved);
    }
    WdfWaitLockRelease(context->AttachLock);
    if (!NT_SUCCESS(status)) {
        moved = 0;
    }
    FileDiskAccount(device, number, moved);

complete:
    WdfRequestCompleteWithInformation(Request, status, moved);
}

VOID
FileDiskEvtRead(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    FileDiskTransfer(Queue, Request, Length, FALSE);
}

VOID
FileDiskEvtWrite(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    FileDiskTransfer(Queue, Request, Length, TRUE);
}

/* Opens the named object; an earlier one is closed. */
static NTSTATUS
FileDiskAttach(_In_ WDFDEVICE Device, _In_ WDFREQUEST Request)
{
    PFILEDISK_CONTEXT context = FileDiskGetContext(Device);
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDF_OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WDFIOTARGET target, former;
    PVOID buffer;
    size_t length;
    NTSTATUS status;

    status = WdfRequestRetrieveInputBuffer(Request, sizeof(WCHAR), &buffer, &length);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (length > 0x7FFE || length % sizeof(WCHAR) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    name.Buffer = (PWCH)buffer;
    name.Length = name.MaximumLength = (USHORT)length;

    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = Device;
    status = WdfIoTargetCreate(Device, &attributes, &target);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_READ | GENERIC_WRITE);
    params.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE;
    status = WdfIoTargetOpen(target, &params);
    if (!NT_SUCCESS(status)) {
        WdfObjectDelete(target);
        return status;
    }

    WdfWaitLockAcquire(context->AttachLock, NULL);
    former = context->Backing;
    context->Backing = target;
    WdfWaitLockRelease(context->AttachLock);
    if (former != NULL) {
        WdfObjectDelete(former);
    }
    return STATUS_SUCCESS;
}

VOID
FileDiskEvtDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength,
                         _In_ size_t InputBufferLength, _In_ ULONG IoControlCode)
{
    WDFDEVICE device = WdfIoQueueGetDevice(Queue);
    PFILEDISK_CONTEXT context = FileDiskGetContext(device);
    PFILESTACK_INFORMATION information;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);

    switch (IoControlCode) {
    case IOCTL_FILESTACK_ATTACH:
        WdfRequestComplete(Request, FileDiskAttach(device, Request));
        return;
    case IOCTL_FILESTACK_QUERY:
        status = WdfRequestRetrieveOutputBuffer(Request, sizeof(*information), (PVOID*)&information, NULL);
        if (!NT_SUCCESS(status)) {
            WdfRequestComplete(Request, status);
            return;
        }
        information->Attached = context->Backing != NULL;
        information->LargestTransfer = FILESTACK_LARGEST_TRANSFER;
        information->Totals = context->Totals;
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, sizeof(*information));
        return;
    default:
        WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST);
        return;
    }
}
