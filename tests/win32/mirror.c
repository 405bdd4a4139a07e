/* mirror: reverses bytes at once, or keeps a request until it is released or cancelled. */
#include <ntddk.h>
#include <wdf.h>
#include <evntprov.h>
#include <initguid.h>
#include "mirror.h"

static REGHANDLE Events;

/* An event of its own making: a number and a text. */
static VOID Say(USHORT Id, UCHAR Level, ULONG Number, PCWSTR Text)
{
    EVENT_DESCRIPTOR event;
    EVENT_DATA_DESCRIPTOR data[2];

    EventDescCreate(&event, Id, 1, 0, Level, 0, 0, MIRROR_KEYWORD);
    EventDataDescCreate(&data[0], &Number, sizeof(Number));
    EventDataDescCreate(&data[1], Text, (ULONG)((wcslen(Text) + 1) * sizeof(WCHAR)));
    EtwWrite(Events, &event, NULL, 2, data);
}

typedef struct _MIRROR_CONTEXT {
    WDFQUEUE Waiting;
} MIRROR_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(MIRROR_CONTEXT, MirrorGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_UNLOAD MirrorEvtUnload;
EVT_WDF_DRIVER_DEVICE_ADD MirrorEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL MirrorEvtControl;
EVT_WDF_FILE_CLEANUP MirrorEvtCleanup;

static VOID Reverse(WDFREQUEST Request)
{
    PUCHAR in, out;
    size_t inLength, outLength, i;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, 1, (PVOID *)&in, &inLength);
    if (NT_SUCCESS(status)) status = WdfRequestRetrieveOutputBuffer(Request, inLength, (PVOID *)&out, &outLength);
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(Request, status);
        return;
    }
    for (i = 0; i < (inLength + 1) / 2; ++i) {
        UCHAR first = in[i], last = in[inLength - 1 - i];
        out[i] = last;
        out[inLength - 1 - i] = first;
    }
    Say(MIRROR_EVENT_REVERSED, 4, (ULONG)inLength, L"reversed");
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, inLength);
}

VOID MirrorEvtControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode)
{
    MIRROR_CONTEXT *context = MirrorGetContext(WdfIoQueueGetDevice(Queue));
    WDFREQUEST waiting;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(InputBufferLength);
    switch (IoControlCode) {
    case IOCTL_MIRROR_REVERSE:
    case IOCTL_MIRROR_REVERSE_DIRECT:
        Reverse(Request);
        return;
    case IOCTL_MIRROR_UNTOUCHED:
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, OutputBufferLength);
        return;
    case IOCTL_MIRROR_WAIT:
        Say(MIRROR_EVENT_WAITING, 5, 0, L"waiting");
        status = WdfRequestForwardToIoQueue(Request, context->Waiting);
        if (!NT_SUCCESS(status)) WdfRequestComplete(Request, status);
        return;
    case IOCTL_MIRROR_RELEASE:
        while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(context->Waiting, &waiting)))
            WdfRequestComplete(waiting, STATUS_SUCCESS);
        WdfRequestComplete(Request, STATUS_SUCCESS);
        return;
    default:
        WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST);
    }
}

VOID MirrorEvtCleanup(WDFFILEOBJECT FileObject)
{
    UNREFERENCED_PARAMETER(FileObject);
    DbgPrint("mirror: a file was cleaned up\n");
}

NTSTATUS MirrorEvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_FILEOBJECT_CONFIG files;
    WDF_IO_QUEUE_CONFIG queue;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_FILEOBJECT_CONFIG_INIT(&files, WDF_NO_EVENT_CALLBACK, WDF_NO_EVENT_CALLBACK, MirrorEvtCleanup);
    WdfDeviceInitSetFileObjectConfig(DeviceInit, &files, WDF_NO_OBJECT_ATTRIBUTES);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, MIRROR_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) return status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
    queue.EvtIoDeviceControl = MirrorEvtControl;
    status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    if (!NT_SUCCESS(status)) return status;
    WDF_IO_QUEUE_CONFIG_INIT(&queue, WdfIoQueueDispatchManual);
    status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, &MirrorGetContext(device)->Waiting);
    if (!NT_SUCCESS(status)) return status;
    return WdfDeviceCreateDeviceInterface(device, &GUID_DEVINTERFACE_MIRROR, NULL);
}

VOID MirrorEvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    EtwUnregister(Events);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    NTSTATUS status;

    WDF_DRIVER_CONFIG_INIT(&config, MirrorEvtDeviceAdd);
    config.EvtDriverUnload = MirrorEvtUnload;
    status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
    if (NT_SUCCESS(status)) EtwRegister(&MIRROR_PROVIDER, NULL, NULL, &Events);
    return status;
}
