/*
 * card_reader: a driver above the smart-card library, with hardware as simple as it can be.
 */
#include <ntddk.h>
#include <wdf.h>

#include <smclib.h>

#include "card_reader.h"

typedef struct _READER_EXTENSION {
    PUCHAR Base;
    WDFQUEUE Tracking;
} READER_EXTENSION;

typedef struct _READER_CONTEXT {
    SMARTCARD_EXTENSION Card;
    READER_EXTENSION Reader;
    WDFINTERRUPT Interrupt;
} READER_CONTEXT, *PREADER_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(READER_CONTEXT, ReaderGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD ReaderEvtDeviceAdd;
EVT_WDF_DEVICE_PREPARE_HARDWARE ReaderEvtPrepareHardware;
EVT_WDF_DEVICE_D0_ENTRY ReaderEvtD0Entry;
EVT_WDF_OBJECT_CONTEXT_CLEANUP ReaderEvtCleanup;
EVT_WDF_INTERRUPT_ISR ReaderEvtIsr;
EVT_WDF_INTERRUPT_DPC ReaderEvtDpc;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL ReaderEvtIoDeviceControl;
EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE ReaderEvtCanceledOnQueue;

#define REQUEST_OF(Irp) ((WDFREQUEST)(Irp)->Tail.Overlay.DriverContext[0])

static VOID
ReaderUpdateState(_In_ PSMARTCARD_EXTENSION Card)
{
    BOOLEAN there = (READ_PORT_UCHAR(Card->ReaderExtension->Base + READER_STATUS) & READER_CARD_IN) != 0;
    BOOLEAN was;
    WDFREQUEST request;
    KIRQL irql;

    KeAcquireSpinLock(&Card->OsData->SpinLock, &irql);
    was = Card->ReaderCapabilities.CurrentState > SCARD_ABSENT;
    if (there != was) {
        Card->ReaderCapabilities.CurrentState = there ? SCARD_PRESENT : SCARD_ABSENT;
    }
    KeReleaseSpinLock(&Card->OsData->SpinLock, irql);
    if (there != was && NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Card->ReaderExtension->Tracking, &request))) {
        InterlockedExchangePointer((PVOID *)&Card->OsData->NotificationIrp, NULL);
        WdfRequestComplete(request, STATUS_SUCCESS);
    }
}

static VOID
ReaderSetState(_In_ PSMARTCARD_EXTENSION Card, _In_ ULONG State)
{
    KIRQL irql;

    KeAcquireSpinLock(&Card->OsData->SpinLock, &irql);
    if (Card->ReaderCapabilities.CurrentState > SCARD_ABSENT) {
        Card->ReaderCapabilities.CurrentState = State;
    }
    KeReleaseSpinLock(&Card->OsData->SpinLock, irql);
}

/* Sends the block that the library has made, and brings the answer. */
static VOID
ReaderExchange(_In_ PSMARTCARD_EXTENSION Card)
{
    PUCHAR base = Card->ReaderExtension->Base;
    ULONG i, count;

    for (i = 0; i < Card->SmartcardRequest.BufferLength; i++) {
        WRITE_PORT_UCHAR(base + READER_DATA, Card->SmartcardRequest.Buffer[i]);
    }
    WRITE_PORT_UCHAR(base + READER_COMMAND, READER_RUN);
    for (count = 0; READ_PORT_UCHAR(base + READER_LENGTH) != 0 && count < Card->SmartcardReply.BufferSize; count++) {
        Card->SmartcardReply.Buffer[count] = READ_PORT_UCHAR(base + READER_DATA);
    }
    Card->SmartcardReply.BufferLength = count;
}

static NTSTATUS
ReaderPower(PSMARTCARD_EXTENSION Card)
{
    PUCHAR base = Card->ReaderExtension->Base;
    ULONG count = 0;
    NTSTATUS status;

    if (Card->MinorIoControlCode == SCARD_POWER_DOWN) {
        WRITE_PORT_UCHAR(base + READER_COMMAND, READER_POWER_DOWN);
        ReaderSetState(Card, SCARD_PRESENT);
        return STATUS_SUCCESS;
    }
    WRITE_PORT_UCHAR(base + READER_COMMAND, READER_POWER_UP);
    while (READ_PORT_UCHAR(base + READER_LENGTH) != 0 && count < MAXIMUM_ATR_LENGTH) {
        Card->CardCapabilities.ATR.Buffer[count++] = READ_PORT_UCHAR(base + READER_DATA);
    }
    Card->CardCapabilities.ATR.Length = (UCHAR)count;
    status = SmartcardUpdateCardCapabilities(Card);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (Card->IoRequest.ReplyBufferLength < count) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlCopyMemory(Card->IoRequest.ReplyBuffer, Card->CardCapabilities.ATR.Buffer, count);
    *Card->IoRequest.Information = count;
    return STATUS_SUCCESS;
}

static NTSTATUS
ReaderSetProtocol(PSMARTCARD_EXTENSION Card)
{
    ULONG possible = Card->MinorIoControlCode & Card->CardCapabilities.Protocol.Supported;

    if (Card->MinorIoControlCode & SCARD_PROTOCOL_RAW) {
        possible |= SCARD_PROTOCOL_RAW;
    }
    Card->CardCapabilities.Protocol.Selected = possible & SCARD_PROTOCOL_T1 ? SCARD_PROTOCOL_T1 : possible & SCARD_PROTOCOL_T0 ? SCARD_PROTOCOL_T0 : possible;
    ReaderSetState(Card, SCARD_SPECIFIC);
    *(PULONG)Card->IoRequest.ReplyBuffer = Card->CardCapabilities.Protocol.Selected;
    *Card->IoRequest.Information = sizeof(ULONG);
    return STATUS_SUCCESS;
}

static NTSTATUS
ReaderTransmit(PSMARTCARD_EXTENSION Card)
{
    NTSTATUS status;

    switch (Card->CardCapabilities.Protocol.Selected) {
    case SCARD_PROTOCOL_T0:
        status = SmartcardT0Request(Card);
        if (NT_SUCCESS(status)) {
            ReaderExchange(Card);
            status = SmartcardT0Reply(Card);
        }
        return status;

    case SCARD_PROTOCOL_T1:
        do {
            Card->SmartcardRequest.BufferLength = 0;
            status = SmartcardT1Request(Card);
            if (NT_SUCCESS(status)) {
                ReaderExchange(Card);
                status = SmartcardT1Reply(Card);
            }
        } while (status == STATUS_MORE_PROCESSING_REQUIRED);
        return status;

    default:
        status = SmartcardRawRequest(Card);
        if (NT_SUCCESS(status)) {
            ReaderExchange(Card);
            status = SmartcardRawReply(Card);
        }
        return status;
    }
}

static NTSTATUS
ReaderTrack(PSMARTCARD_EXTENSION Card)
{
    PIRP irp = Card->OsData->NotificationIrp;
    BOOLEAN wanted = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode == IOCTL_SMARTCARD_IS_PRESENT;
    BOOLEAN there;
    WDFREQUEST request;
    KIRQL irql;

    /* The stack location that was made for the library is given back before the request is the framework's again. */
    IoSkipCurrentIrpStackLocation(irp);
    if (!NT_SUCCESS(WdfRequestForwardToIoQueue(REQUEST_OF(irp), Card->ReaderExtension->Tracking))) {
        InterlockedExchangePointer((PVOID *)&Card->OsData->NotificationIrp, NULL);
        WdfRequestComplete(REQUEST_OF(irp), STATUS_INVALID_DEVICE_STATE);
        return STATUS_PENDING;
    }
    /* The card may have come before the request was in the queue. */
    KeAcquireSpinLock(&Card->OsData->SpinLock, &irql);
    there = Card->ReaderCapabilities.CurrentState > SCARD_ABSENT;
    KeReleaseSpinLock(&Card->OsData->SpinLock, irql);
    if (there == wanted && NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Card->ReaderExtension->Tracking, &request))) {
        InterlockedExchangePointer((PVOID *)&Card->OsData->NotificationIrp, NULL);
        WdfRequestComplete(request, STATUS_SUCCESS);
    }
    return STATUS_PENDING;
}

VOID
ReaderEvtCanceledOnQueue(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request)
{
    PSMARTCARD_EXTENSION card = &ReaderGetContext(WdfIoQueueGetDevice(Queue))->Card;

    InterlockedExchangePointer((PVOID *)&card->OsData->NotificationIrp, NULL);
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static IO_COMPLETION_ROUTINE ReaderLibraryDone;
static NTSTATUS
ReaderLibraryDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    WdfRequestComplete((WDFREQUEST)Context, Irp->IoStatus.Status);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

VOID
ReaderEvtIoDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength,
                         _In_ ULONG IoControlCode)
{
    PREADER_CONTEXT context = ReaderGetContext(WdfIoQueueGetDevice(Queue));
    PIRP irp = WdfRequestWdmGetIrp(Request);

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    UNREFERENCED_PARAMETER(IoControlCode);
    /* The library completes IRPs, the framework owns this one: a stack location in between. */
    irp->Tail.Overlay.DriverContext[0] = Request;
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, ReaderLibraryDone, Request, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(irp);
    (VOID)SmartcardDeviceControl(&context->Card, irp);
}

BOOLEAN
ReaderEvtIsr(_In_ WDFINTERRUPT Interrupt, _In_ ULONG MessageID)
{
    PUCHAR base = ReaderGetContext(WdfInterruptGetDevice(Interrupt))->Reader.Base;

    UNREFERENCED_PARAMETER(MessageID);
    if (!(READ_PORT_UCHAR(base + READER_STATUS) & READER_CHANGED)) {
        return FALSE;
    }
    WRITE_PORT_UCHAR(base + READER_STATUS, READER_CHANGED);
    WdfInterruptQueueDpcForIsr(Interrupt);
    return TRUE;
}

VOID
ReaderEvtDpc(_In_ WDFINTERRUPT Interrupt, _In_ WDFOBJECT AssociatedObject)
{
    UNREFERENCED_PARAMETER(Interrupt);
    ReaderUpdateState(&ReaderGetContext((WDFDEVICE)AssociatedObject)->Card);
}

NTSTATUS
ReaderEvtPrepareHardware(_In_ WDFDEVICE Device, _In_ WDFCMRESLIST ResourcesRaw, _In_ WDFCMRESLIST ResourcesTranslated)
{
    PREADER_CONTEXT context = ReaderGetContext(Device);
    ULONG i;

    UNREFERENCED_PARAMETER(ResourcesRaw);
    for (i = 0; i < WdfCmResourceListGetCount(ResourcesTranslated); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = WdfCmResourceListGetDescriptor(ResourcesTranslated, i);

        if (descriptor->Type == CmResourceTypePort) {
            context->Reader.Base = (PUCHAR)(ULONG_PTR)descriptor->u.Port.Start.QuadPart;
        }
    }
    return context->Reader.Base != NULL ? STATUS_SUCCESS : STATUS_DEVICE_CONFIGURATION_ERROR;
}

NTSTATUS
ReaderEvtD0Entry(_In_ WDFDEVICE Device, _In_ WDF_POWER_DEVICE_STATE PreviousState)
{
    UNREFERENCED_PARAMETER(PreviousState);
    ReaderUpdateState(&ReaderGetContext(Device)->Card);
    return STATUS_SUCCESS;
}

VOID
ReaderEvtCleanup(_In_ WDFOBJECT Object)
{
    PREADER_CONTEXT context = ReaderGetContext(Object);

    if (context->Card.OsData != NULL) {
        SmartcardExit(&context->Card);
    }
}

NTSTATUS
ReaderEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queueConfig;
    WDF_INTERRUPT_CONFIG interruptConfig;
    PREADER_CONTEXT context;
    PSMARTCARD_EXTENSION card;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = ReaderEvtPrepareHardware;
    pnp.EvtDeviceD0Entry = ReaderEvtD0Entry;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &pnp);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, READER_CONTEXT);
    attributes.EvtCleanupCallback = ReaderEvtCleanup;
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    /* One stack location more, for the library. */
    WdfDeviceWdmGetDeviceObject(device)->StackSize++;
    context = ReaderGetContext(device);
    card = &context->Card;
    card->Version = SMCLIB_VERSION;
    card->ReaderExtension = &context->Reader;
    card->ReaderFunction[RDF_CARD_POWER] = ReaderPower;
    card->ReaderFunction[RDF_TRANSMIT] = ReaderTransmit;
    card->ReaderFunction[RDF_SET_PROTOCOL] = ReaderSetProtocol;
    card->ReaderFunction[RDF_CARD_TRACKING] = ReaderTrack;
    RtlCopyMemory(card->VendorAttr.VendorName.Buffer, "Drydock", 7);
    card->VendorAttr.VendorName.Length = 7;
    card->VendorAttr.IfdVersion.VersionMajor = 2;
    card->ReaderCapabilities.SupportedProtocols = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;
    card->ReaderCapabilities.ReaderType = SCARD_READER_TYPE_VENDOR;
    card->ReaderCapabilities.CLKFrequency.Default = 4000;
    card->ReaderCapabilities.CLKFrequency.Max = 4000;
    card->ReaderCapabilities.MaxIFSD = 64;
    card->ReaderCapabilities.CurrentState = SCARD_ABSENT;
    status = SmartcardInitialize(card);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    card->OsData->DeviceObject = WdfDeviceWdmGetDeviceObject(device);
    WDF_INTERRUPT_CONFIG_INIT(&interruptConfig, ReaderEvtIsr, ReaderEvtDpc);
    status = WdfInterruptCreate(device, &interruptConfig, WDF_NO_OBJECT_ATTRIBUTES, &context->Interrupt);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchParallel);
    queueConfig.EvtIoDeviceControl = ReaderEvtIoDeviceControl;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    status = WdfIoQueueCreate(device, &queueConfig, &attributes, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT(&queueConfig, WdfIoQueueDispatchManual);
    queueConfig.EvtIoCanceledOnQueue = ReaderEvtCanceledOnQueue;
    return WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, &context->Reader.Tracking);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, ReaderEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
