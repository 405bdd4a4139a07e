/* A driver that makes one mistake a request, so that tests can see what becomes of it. */
#include <ntddk.h>
#include <wdf.h>
#include <intrin.h>
#include "faulty.h"

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD FaultyEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL FaultyEvtDeviceControl;

static volatile ULONG* volatile NowhereForReading;

static ULONG
ReadThrough(_In_ volatile ULONG* Pointer)
{
    return *Pointer;   /* the line of the fault */
}

static ULONG
Recurse(_In_ ULONG Depth)
{
    volatile UCHAR room[1024];
    room[Depth % sizeof(room)] = (UCHAR)Depth;
    return Recurse(Depth + 1) + room[(Depth / 2) % sizeof(room)];
}

VOID
FaultyEvtDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength,
                       _In_ ULONG IoControlCode)
{
    NTSTATUS status = STATUS_SUCCESS;
    KSPIN_LOCK lock;
    KEVENT event;
    KIRQL irql;
    PUCHAR bytes;
    PDEVICE_OBJECT detected = NULL;

    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    switch (IoControlCode) {
    case IOCTL_NOTHING:
        break;
    case IOCTL_READ_NULL:
        status = (NTSTATUS)ReadThrough(NowhereForReading);
        break;
    case IOCTL_WRITE_WILD:
        *(volatile ULONG*)(ULONG_PTR)0xFFFFF80012345678 = 1;
        break;
    case IOCTL_OVERRUN_POOL:
        bytes = (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, 24, 'revO');
        if (bytes != NULL) {
            ((volatile UCHAR*)bytes)[24] = 0x55;
            ExFreePoolWithTag(bytes, 'revO');
        }
        break;
    case IOCTL_FREE_TWICE:
        bytes = (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, 24, 'eciT');
        if (bytes != NULL) {
            ExFreePoolWithTag(bytes, 'eciT');
            ExFreePoolWithTag(bytes, 'eciT');
        }
        break;
    case IOCTL_COMPLETE_TWICE:
        WdfRequestComplete(Request, STATUS_SUCCESS);
        break;
    case IOCTL_STAY_AT_DISPATCH:
        WdfRequestComplete(Request, STATUS_SUCCESS);
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        return;
    case IOCTL_LEAK_POOL:
        if (ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'kaeL') == NULL) {
            status = STATUS_INSUFFICIENT_RESOURCES;
        }
        break;
    case IOCTL_WAIT_AT_DISPATCH:
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        KeLowerIrql(irql);
        break;
    case IOCTL_BAD_HANDLE:
        WdfIoQueueStart((WDFQUEUE)Request);
        break;
    case IOCTL_RECURSE:
        status = (NTSTATUS)Recurse(1);
        break;
    case IOCTL_BUGCHECK:
        KeBugCheckEx(0xDEAD, 1, 2, 3, 4);
        break;
    case IOCTL_LOOP_OF_LOCKS:
        KeInitializeSpinLock(&lock);
        KeAcquireSpinLock(&lock, &irql);
        KeAcquireSpinLockAtDpcLevel(&lock);
        break;
    case IOCTL_ALLOCATE:
        bytes = (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'colA');
        if (bytes == NULL) {
            status = STATUS_INSUFFICIENT_RESOURCES;
        } else {
            ExFreePoolWithTag(bytes, 'colA');
        }
        break;
    case IOCTL_WAIT_FOR_EVER:
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        break;
    case IOCTL_UNMARK_TWICE:
        (VOID)WdfRequestUnmarkCancelable(Request);   /* the line of the break */
        break;
    case IOCTL_REFUSED:
        status = IoReportDetectedDevice(WdfDriverWdmGetDriverObject(WdfGetDriver()), InterfaceTypeUndefined, 0, 0, NULL, NULL, FALSE, &detected);
        (VOID)ExSetFirmwareEnvironmentVariable(NULL, NULL, NULL, 0, 0);
        break;
    case IOCTL_READ_MSR:
        status = (NTSTATUS)__readmsr(0x10);
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    WdfRequestComplete(Request, status);
}

NTSTATUS
FaultyEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE device;
    WDFKEY key;
    PDEVICE_OBJECT detected = NULL;
    ULONG number;
    NTSTATUS status;

    if (NT_SUCCESS(WdfDriverOpenParametersRegistryKey(Driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key))) {
        DECLARE_CONST_UNICODE_STRING(name, L"Detect");
        status = WdfRegistryQueryULong(key, &name, &number);
        WdfRegistryClose(key);
        if (NT_SUCCESS(status)) {
            return IoReportDetectedDevice(WdfDriverWdmGetDriverObject(Driver), InterfaceTypeUndefined, 0, 0, NULL, NULL, FALSE, &detected);
        }
    }
    status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = FaultyEvtDeviceControl;
    return WdfIoQueueCreate(device, &config, &attributes, WDF_NO_HANDLE);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, FaultyEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
