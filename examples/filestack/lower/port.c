/*
 * port: the lowest of the three drivers. A filter below the function driver that grants and counts transfers.
 * It answers two internal device-control requests and passes everything else on.
 */
#include <ntddk.h>
#include <wdf.h>
#include "filestack.h"

typedef struct _PORT_CONTEXT {
    WDFSPINLOCK Lock;
    ULONG NextGrant;
    FILESTACK_TOTALS Totals;
} PORT_CONTEXT, *PPORT_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PORT_CONTEXT, PortGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD PortEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL PortEvtInternalDeviceControl;

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, PortEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS
PortEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queueConfig;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WdfFdoInitSetFilter(DeviceInit);

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, PORT_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    status = WdfSpinLockCreate(&attributes, &PortGetContext(device)->Lock);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchParallel);
    queueConfig.EvtIoInternalDeviceControl = PortEvtInternalDeviceControl;
    return WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

static NTSTATUS
PortGrant(_In_ WDFREQUEST Request, _In_ PPORT_CONTEXT Context, _Out_ size_t* Information)
{
    PFILESTACK_GRANT_REQUEST wanted;
    PFILESTACK_GRANT grant;
    ULONG length;
    NTSTATUS status;

    *Information = 0;
    status = WdfRequestRetrieveInputBuffer(Request, sizeof(*wanted), (PVOID*)&wanted, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    length = wanted->Length;   /* input and output are the same memory: read before writing */
    if (length > FILESTACK_LARGEST_TRANSFER) {
        return STATUS_INVALID_BUFFER_SIZE;
    }
    status = WdfRequestRetrieveOutputBuffer(Request, sizeof(*grant), (PVOID*)&grant, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WdfSpinLockAcquire(Context->Lock);
    grant->Number = ++Context->NextGrant;
    WdfSpinLockRelease(Context->Lock);
    grant->Length = length;
    *Information = sizeof(*grant);
    return STATUS_SUCCESS;
}

static NTSTATUS
PortAccount(_In_ WDFREQUEST Request, _In_ PPORT_CONTEXT Context)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(Request));
    ULONG number = PtrToUlong(stack->Parameters.Others.Argument1);
    ULONG bytes = PtrToUlong(stack->Parameters.Others.Argument2);
    PFILESTACK_TOTALS totals = (PFILESTACK_TOTALS)stack->Parameters.Others.Argument4;
    NTSTATUS status = STATUS_SUCCESS;

    WdfSpinLockAcquire(Context->Lock);
    if (number == 0 || number > Context->NextGrant) {
        status = STATUS_INVALID_PARAMETER;
    } else {
        Context->Totals.Transfers += 1;
        Context->Totals.Bytes += bytes;
        if (totals != NULL) {
            *totals = Context->Totals;
        }
    }
    WdfSpinLockRelease(Context->Lock);
    return status;
}

VOID
PortEvtInternalDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength,
                             _In_ size_t InputBufferLength, _In_ ULONG IoControlCode)
{
    WDFDEVICE device = WdfIoQueueGetDevice(Queue);
    PPORT_CONTEXT context = PortGetContext(device);
    WDF_REQUEST_SEND_OPTIONS options;
    size_t information = 0;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);

    switch (IoControlCode) {
    case IOCTL_INTERNAL_FILESTACK_GRANT:
        status = PortGrant(Request, context, &information);
        WdfRequestCompleteWithInformation(Request, status, information);
        return;
    case IOCTL_INTERNAL_FILESTACK_ACCOUNT:
        WdfRequestComplete(Request, PortAccount(Request, context));
        return;
    default:
        WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
        if (!WdfRequestSend(Request, WdfDeviceGetIoTarget(device), &options)) {
            WdfRequestComplete(Request, WdfRequestGetStatus(Request));
        }
        return;
    }
}
