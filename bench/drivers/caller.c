/* The upper driver: sends to the driver below, in loops, so that the calls between two drivers are measured and not the way in. */
#include <ntddk.h>
#include <wdf.h>
#include "bench.h"

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD CallerEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL CallerEvtDeviceControl;
EVT_WDF_REQUEST_COMPLETION_ROUTINE CallerEvtCompleted;

static NTSTATUS
CallerRun(_In_ WDFIOTARGET Target, _In_ ULONG Code, _In_ ULONG Count)
{
    WDF_MEMORY_DESCRIPTOR input, output;
    ULONG64 in[2] = { 0, 0 }, out[2];
    ULONG_PTR returned;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG i;

    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&input, in, sizeof(in));
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&output, out, sizeof(out));
    for (i = 0; i < Count && NT_SUCCESS(status); i++) {
        in[0] = i;
        status = WdfIoTargetSendIoctlSynchronously(Target, NULL, Code, &input, &output, NULL, &returned);
        if (NT_SUCCESS(status) && (returned != sizeof(out) || out[0] != i + 1)) {
            status = STATUS_DATA_ERROR;
        }
    }
    return status;
}

typedef struct _FLIGHT {
    volatile LONG Left;
    volatile LONG Cancelled;
    KEVENT AllBack;
} FLIGHT, *PFLIGHT;

VOID
CallerEvtCompleted(_In_ WDFREQUEST Request, _In_ WDFIOTARGET Target, _In_ PWDF_REQUEST_COMPLETION_PARAMS Params, _In_ WDFCONTEXT Context)
{
    PFLIGHT flight = (PFLIGHT)Context;

    UNREFERENCED_PARAMETER(Request);
    UNREFERENCED_PARAMETER(Target);
    if (Params->IoStatus.Status == STATUS_CANCELLED) {
        InterlockedIncrement(&flight->Cancelled);
    }
    if (InterlockedDecrement(&flight->Left) == 0) {
        KeSetEvent(&flight->AllBack, IO_NO_INCREMENT, FALSE);
    }
}

/* Sends Count requests that nobody answers, each with a time-out that is not reached, then cancels them all. */
static NTSTATUS
CallerFlight(_In_ WDFIOTARGET Target, _In_ PBENCH_FLIGHT Flight, _Out_ PBENCH_FLIGHT_RESULT Result)
{
    WDF_REQUEST_SEND_OPTIONS options;
    WDFREQUEST* requests;
    FLIGHT flight;
    LARGE_INTEGER begin, end;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG i, sent = 0;

    RtlZeroMemory(Result, sizeof(*Result));
    requests = (WDFREQUEST*)ExAllocatePoolWithTag(NonPagedPoolNx, Flight->Count * sizeof(WDFREQUEST), 'hcnB');
    if (requests == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&flight.AllBack, NotificationEvent, FALSE);
    flight.Left = 1;
    flight.Cancelled = 0;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, WDF_REL_TIMEOUT_IN_SEC(Flight->TimeoutSeconds));

    begin = KeQueryPerformanceCounter(NULL);
    for (i = 0; i < Flight->Count; i++) {
        status = WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, Target, &requests[i]);
        if (!NT_SUCCESS(status)) {
            break;
        }
        sent = i + 1;
        status = WdfIoTargetFormatRequestForIoctl(Target, requests[i], IOCTL_BENCH_KEEP, NULL, NULL, NULL, NULL);
        if (!NT_SUCCESS(status)) {
            break;
        }
        WdfRequestSetCompletionRoutine(requests[i], CallerEvtCompleted, &flight);
        InterlockedIncrement(&flight.Left);
        if (!WdfRequestSend(requests[i], Target, &options)) {
            InterlockedDecrement(&flight.Left);
            status = WdfRequestGetStatus(requests[i]);
            break;
        }
    }
    end = KeQueryPerformanceCounter(NULL);
    Result->ArmTime = end.QuadPart - begin.QuadPart;

    begin = KeQueryPerformanceCounter(NULL);
    for (i = 0; i < sent; i++) {
        WdfRequestCancelSentRequest(requests[i]);
    }
    if (InterlockedDecrement(&flight.Left) != 0) {
        KeWaitForSingleObject(&flight.AllBack, Executive, KernelMode, FALSE, NULL);
    }
    end = KeQueryPerformanceCounter(NULL);
    Result->CancelTime = end.QuadPart - begin.QuadPart;
    Result->Cancelled = (ULONG)flight.Cancelled;

    for (i = 0; i < sent; i++) {
        WdfObjectDelete(requests[i]);
    }
    ExFreePoolWithTag(requests, 'hcnB');
    return status;
}

VOID
CallerEvtDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength,
                       _In_ ULONG IoControlCode)
{
    WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(Queue));
    WDF_REQUEST_SEND_OPTIONS options;
    BENCH_FLIGHT flight;
    PVOID input, output;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    switch (IoControlCode) {
    case IOCTL_BENCH_RUN:
    case IOCTL_BENCH_RUN_ELSEWHERE:
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(ULONG), &input, NULL);
        if (NT_SUCCESS(status)) {
            status = CallerRun(target, IoControlCode == IOCTL_BENCH_RUN ? IOCTL_BENCH_EXCHANGE : IOCTL_BENCH_ELSEWHERE, *(PULONG)input);
        }
        WdfRequestComplete(Request, status);
        return;
    case IOCTL_BENCH_FLIGHT:
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(BENCH_FLIGHT), &input, NULL);
        if (NT_SUCCESS(status)) {
            flight = *(PBENCH_FLIGHT)input;
            status = WdfRequestRetrieveOutputBuffer(Request, sizeof(BENCH_FLIGHT_RESULT), &output, NULL);
        }
        if (NT_SUCCESS(status)) {
            status = CallerFlight(target, &flight, (PBENCH_FLIGHT_RESULT)output);
        }
        WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof(BENCH_FLIGHT_RESULT) : 0);
        return;
    default:
        WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
        if (!WdfRequestSend(Request, target, &options)) {
            WdfRequestComplete(Request, WdfRequestGetStatus(Request));
        }
        return;
    }
}

NTSTATUS
CallerEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = CallerEvtDeviceControl;
    return WdfIoQueueCreate(device, &config, &attributes, WDF_NO_HANDLE);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, CallerEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
