/*
 * echo: keeps what was written last and gives it to readers. Requests are completed later, by a timer, so that they can be cancelled
 * while they are pending. Device-scope synchronisation guards the one request that is under way: its handler, its timer and its cancel
 * callback never run at once.
 */
#include <ntddk.h>
#include <wdf.h>
#include <initguid.h>
#include "echo.h"

#define ECHO_LARGEST 65536
#define ECHO_DELAY_MS 1

typedef struct _ECHO_CONTEXT {
    WDFTIMER Timer;
    WDFREQUEST Current;     /* marked cancelable, waiting for the timer */
    NTSTATUS Status;        /* what it will be completed with */
    size_t Information;
    PVOID Kept;
    size_t KeptLength;
} ECHO_CONTEXT, *PECHO_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(ECHO_CONTEXT, EchoGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD EchoEvtDeviceAdd;
EVT_WDF_OBJECT_CONTEXT_CLEANUP EchoEvtCleanup;
EVT_WDF_IO_QUEUE_IO_READ EchoEvtRead;
EVT_WDF_IO_QUEUE_IO_WRITE EchoEvtWrite;
EVT_WDF_REQUEST_CANCEL EchoEvtCancel;
EVT_WDF_TIMER EchoEvtTimer;

/* Completes the request when the timer fires, unless it is cancelled before. */
static VOID
EchoAnswerLater(_In_ PECHO_CONTEXT Context, _In_ WDFREQUEST Request, _In_ NTSTATUS Status, _In_ size_t Information)
{
    NTSTATUS status;

    Context->Status = Status;
    Context->Information = Information;
    Context->Current = Request;
    status = WdfRequestMarkCancelableEx(Request, EchoEvtCancel);
    if (!NT_SUCCESS(status)) {
        Context->Current = NULL;
        WdfRequestCompleteWithInformation(Request, status, 0);
        return;
    }
    WdfTimerStart(Context->Timer, WDF_REL_TIMEOUT_IN_MS(ECHO_DELAY_MS));
}

VOID
EchoEvtTimer(_In_ WDFTIMER Timer)
{
    PECHO_CONTEXT context = EchoGetContext(WdfTimerGetParentObject(Timer));
    WDFREQUEST request = context->Current;

    if (request != NULL && WdfRequestUnmarkCancelable(request) != STATUS_CANCELLED) {
        context->Current = NULL;
        WdfRequestCompleteWithInformation(request, context->Status, context->Information);
    }
}

VOID
EchoEvtCancel(_In_ WDFREQUEST Request)
{
    PECHO_CONTEXT context = EchoGetContext(WdfIoQueueGetDevice(WdfRequestGetIoQueue(Request)));

    WdfTimerStop(context->Timer, FALSE);
    context->Current = NULL;
    WdfRequestCompleteWithInformation(Request, STATUS_CANCELLED, 0);
}

VOID
EchoEvtRead(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    PECHO_CONTEXT context = EchoGetContext(WdfIoQueueGetDevice(Queue));
    WDFMEMORY memory;
    NTSTATUS status;

    if (context->Kept == NULL) {
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 0);
        return;
    }
    if (Length > context->KeptLength) {
        Length = context->KeptLength;
    }
    status = WdfRequestRetrieveOutputMemory(Request, &memory);
    if (NT_SUCCESS(status)) {
        status = WdfMemoryCopyFromBuffer(memory, 0, context->Kept, Length);
    }
    if (!NT_SUCCESS(status)) {
        WdfRequestCompleteWithInformation(Request, status, 0);
        return;
    }
    EchoAnswerLater(context, Request, STATUS_SUCCESS, Length);
}

VOID
EchoEvtWrite(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    PECHO_CONTEXT context = EchoGetContext(WdfIoQueueGetDevice(Queue));
    WDFMEMORY memory;
    PVOID copy;
    NTSTATUS status;

    if (Length > ECHO_LARGEST) {
        WdfRequestCompleteWithInformation(Request, STATUS_BUFFER_OVERFLOW, 0);
        return;
    }
    status = WdfRequestRetrieveInputMemory(Request, &memory);
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(Request, status);
        return;
    }
    copy = ExAllocatePoolWithTag(NonPagedPoolNx, Length, 'ohcE');
    if (copy == NULL) {
        WdfRequestComplete(Request, STATUS_INSUFFICIENT_RESOURCES);
        return;
    }
    status = WdfMemoryCopyToBuffer(memory, 0, copy, Length);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(copy, 'ohcE');
        WdfRequestComplete(Request, status);
        return;
    }
    if (context->Kept != NULL) {
        ExFreePoolWithTag(context->Kept, 'ohcE');
    }
    context->Kept = copy;
    context->KeptLength = Length;
    EchoAnswerLater(context, Request, STATUS_SUCCESS, Length);
}

VOID
EchoEvtCleanup(_In_ WDFOBJECT Object)
{
    PECHO_CONTEXT context = EchoGetContext((WDFDEVICE)Object);

    if (context->Kept != NULL) {
        ExFreePoolWithTag(context->Kept, 'ohcE');
        context->Kept = NULL;
    }
}

NTSTATUS
EchoEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queueConfig;
    WDF_TIMER_CONFIG timerConfig;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, ECHO_CONTEXT);
    attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    attributes.EvtCleanupCallback = EchoEvtCleanup;
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    WDF_TIMER_CONFIG_INIT(&timerConfig, EchoEvtTimer);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    status = WdfTimerCreate(&timerConfig, &attributes, &EchoGetContext(device)->Timer);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchSequential);
    queueConfig.EvtIoRead = EchoEvtRead;
    queueConfig.EvtIoWrite = EchoEvtWrite;
    status = WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    return WdfDeviceCreateDeviceInterface(device, &GUID_DEVINTERFACE_ECHO, NULL);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, EchoEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
