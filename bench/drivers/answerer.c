/* The lower driver: answers inline, from another thread, or only when cancelled. */
#include <ntddk.h>
#include <wdf.h>
#include "bench.h"

typedef struct _ANSWERER_CONTEXT {
    WDFQUEUE Kept;
    WDFQUEUE Elsewhere;
    KEVENT Work;
    PKTHREAD Thread;
    volatile BOOLEAN Stop;
} ANSWERER_CONTEXT, *PANSWERER_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(ANSWERER_CONTEXT, AnswererGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD AnswererEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL AnswererEvtDeviceControl;
EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT AnswererEvtInit;
EVT_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP AnswererEvtCleanup;

static VOID
AnswererAnswer(_In_ WDFREQUEST Request)
{
    PULONG64 input, output;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, 16, (PVOID*)&input, NULL);
    if (NT_SUCCESS(status)) {
        status = WdfRequestRetrieveOutputBuffer(Request, 16, (PVOID*)&output, NULL);
    }
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(Request, status);
        return;
    }
    output[0] = input[0] + 1;
    output[1] = input[1] + 2;
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 16);
}

static VOID
AnswererThread(_In_ PVOID Parameter)
{
    PANSWERER_CONTEXT context = (PANSWERER_CONTEXT)Parameter;
    WDFREQUEST request;

    while (!context->Stop) {
        KeWaitForSingleObject(&context->Work, Executive, KernelMode, FALSE, NULL);
        while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(context->Elsewhere, &request))) {
            AnswererAnswer(request);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS
AnswererEvtInit(_In_ WDFDEVICE Device)
{
    PANSWERER_CONTEXT context = AnswererGetContext(Device);
    HANDLE handle;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, AnswererThread, context);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, (PVOID*)&context->Thread, NULL);
    ZwClose(handle);
    return status;
}

VOID
AnswererEvtCleanup(_In_ WDFDEVICE Device)
{
    PANSWERER_CONTEXT context = AnswererGetContext(Device);
    if (context->Thread != NULL) {
        context->Stop = TRUE;
        KeSetEvent(&context->Work, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(context->Thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(context->Thread);
        context->Thread = NULL;
    }
}

VOID
AnswererEvtDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength,
                         _In_ ULONG IoControlCode)
{
    PANSWERER_CONTEXT context = AnswererGetContext(WdfIoQueueGetDevice(Queue));
    NTSTATUS status;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    switch (IoControlCode) {
    case IOCTL_BENCH_EXCHANGE:
        AnswererAnswer(Request);
        return;
    case IOCTL_BENCH_ELSEWHERE:
        status = WdfRequestForwardToIoQueue(Request, context->Elsewhere);
        if (!NT_SUCCESS(status)) {
            WdfRequestComplete(Request, status);
            return;
        }
        KeSetEvent(&context->Work, IO_NO_INCREMENT, FALSE);
        return;
    case IOCTL_BENCH_KEEP:
        status = WdfRequestForwardToIoQueue(Request, context->Kept);
        if (!NT_SUCCESS(status)) {
            WdfRequestComplete(Request, status);
        }
        return;
    default:
        WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST);
        return;
    }
}

NTSTATUS
AnswererEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_IO_QUEUE_CONFIG config;
    PANSWERER_CONTEXT context;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WdfFdoInitSetFilter(DeviceInit);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDeviceSelfManagedIoInit = AnswererEvtInit;
    callbacks.EvtDeviceSelfManagedIoCleanup = AnswererEvtCleanup;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, ANSWERER_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    context = AnswererGetContext(device);
    KeInitializeEvent(&context->Work, SynchronizationEvent, FALSE);

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = AnswererEvtDeviceControl;
    status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &context->Kept);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &context->Elsewhere);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, AnswererEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
