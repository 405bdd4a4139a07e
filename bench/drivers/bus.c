/* A bus with as many children as it is told, and the function driver of a child: both in one image, told apart by the device's ids. */
#include <ntddk.h>
#include <wdf.h>
#include <ntstrsafe.h>
#include "bench.h"

typedef struct _CHILD_ID {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
    ULONG Number;
} CHILD_ID, *PCHILD_ID;

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD BusEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL BusEvtDeviceControl;
EVT_WDF_CHILD_LIST_CREATE_DEVICE BusEvtCreateChild;

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, BusEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS
BusEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT Init)
{
    WDF_CHILD_LIST_CONFIG list;
    WDF_IO_QUEUE_CONFIG queue;
    WDFDEVICE device;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(Driver);

    WDF_CHILD_LIST_CONFIG_INIT(&list, sizeof(CHILD_ID), BusEvtCreateChild);
    WdfFdoInitSetDefaultChildListConfig(Init, &list, WDF_NO_OBJECT_ATTRIBUTES);
    status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchSequential);
    queue.EvtIoDeviceControl = BusEvtDeviceControl;
    return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

/* Takes BENCH_CHILDREN: a scan that reports exactly these. */
VOID
BusEvtDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputLength, _In_ size_t InputLength, _In_ ULONG Code)
{
    WDFCHILDLIST list = WdfFdoGetDefaultChildList(WdfIoQueueGetDevice(Queue));
    PBENCH_CHILDREN children;
    CHILD_ID id;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);

    status = Code == IOCTL_BENCH_CHILDREN ? WdfRequestRetrieveInputBuffer(Request, sizeof(*children), (PVOID*)&children, NULL)
                                          : STATUS_INVALID_DEVICE_REQUEST;
    if (NT_SUCCESS(status)) {
        WdfChildListBeginScan(list);
        for (ULONG i = children->First; i < children->First + children->Count; i++) {
            WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof(id));
            id.Number = i;
            status = WdfChildListAddOrUpdateChildDescriptionAsPresent(list, &id.Header, NULL);
            if (!NT_SUCCESS(status)) {
                break;
            }
        }
        WdfChildListEndScan(list);
        if (NT_SUCCESS(status)) {
            status = STATUS_SUCCESS;
        }
    }
    WdfRequestComplete(Request, status);
}

NTSTATUS
BusEvtCreateChild(_In_ WDFCHILDLIST List, _In_ PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Identification, _In_ PWDFDEVICE_INIT Init)
{
    WDF_DEVICE_PNP_CAPABILITIES capabilities;
    DECLARE_CONST_UNICODE_STRING(id, L"BENCH\\Child");
    DECLARE_UNICODE_STRING_SIZE(instance, 24);
    WDFDEVICE device;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(List);

    status = RtlUnicodeStringPrintf(&instance, L"%u", CONTAINING_RECORD(Identification, CHILD_ID, Header)->Number);
    if (NT_SUCCESS(status)) {
        status = WdfPdoInitAssignDeviceID(Init, &id);
    }
    if (NT_SUCCESS(status)) {
        status = WdfPdoInitAddHardwareID(Init, &id);
    }
    if (NT_SUCCESS(status)) {
        status = WdfPdoInitAssignInstanceID(Init, &instance);
    }
    if (NT_SUCCESS(status)) {
        status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &device);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_DEVICE_PNP_CAPABILITIES_INIT(&capabilities);
    capabilities.UniqueID = WdfTrue;
    WdfDeviceSetPnpCapabilities(device, &capabilities);
    return STATUS_SUCCESS;
}
