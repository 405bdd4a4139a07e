/* plain: a card whose registers are reached as many drivers do it, by pointers to a structure: no READ_REGISTER_..., no WRITE_REGISTER_... */
#include <ntddk.h>
#include <wdf.h>

#include "plain.h"

typedef struct _CARD {
    volatile ULONG Id;
    volatile ULONG Control;
    volatile ULONG Status;
    volatile ULONG Value;
    volatile USHORT Word;
    volatile UCHAR Byte;
    volatile CHAR Sign;
    ULONG Reserved;
    volatile ULONG64 Wide;
    ULONG Block[4];
} CARD, *PCARD;

typedef struct _PLAIN_CONTEXT {
    PCARD Card;
    WDFINTERRUPT Interrupt;
    WDFQUEUE Waiting;
    ULONG Value;
} PLAIN_CONTEXT, *PPLAIN_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PLAIN_CONTEXT, PlainGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD PlainEvtDeviceAdd;
EVT_WDF_DEVICE_PREPARE_HARDWARE PlainEvtPrepareHardware;
EVT_WDF_DEVICE_RELEASE_HARDWARE PlainEvtReleaseHardware;
EVT_WDF_INTERRUPT_ISR PlainEvtIsr;
EVT_WDF_INTERRUPT_DPC PlainEvtDpc;
EVT_WDF_INTERRUPT_ENABLE PlainEvtEnable;
EVT_WDF_INTERRUPT_DISABLE PlainEvtDisable;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL PlainEvtIoDeviceControl;

NTSTATUS
PlainEvtPrepareHardware(WDFDEVICE Device, WDFCMRESLIST ResourcesRaw, WDFCMRESLIST ResourcesTranslated)
{
    PPLAIN_CONTEXT context = PlainGetContext(Device);
    PCM_PARTIAL_RESOURCE_DESCRIPTOR memory = WdfCmResourceListGetDescriptor(ResourcesTranslated, 0);

    UNREFERENCED_PARAMETER(ResourcesRaw);
    if (memory == NULL || memory->Type != CmResourceTypeMemory || memory->u.Memory.Length < sizeof(CARD)) {
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    context->Card = (PCARD)MmMapIoSpace(memory->u.Memory.Start, sizeof(CARD), MmNonCached);
    if (context->Card == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return context->Card->Id == PLAIN_ID_VALUE ? STATUS_SUCCESS : STATUS_DEVICE_CONFIGURATION_ERROR;
}

NTSTATUS
PlainEvtReleaseHardware(WDFDEVICE Device, WDFCMRESLIST ResourcesTranslated)
{
    PPLAIN_CONTEXT context = PlainGetContext(Device);

    UNREFERENCED_PARAMETER(ResourcesTranslated);
    if (context->Card != NULL) {
        MmUnmapIoSpace(context->Card, sizeof(CARD));
        context->Card = NULL;
    }
    return STATUS_SUCCESS;
}

NTSTATUS
PlainEvtEnable(WDFINTERRUPT Interrupt, WDFDEVICE Device)
{
    UNREFERENCED_PARAMETER(Interrupt);
    PlainGetContext(Device)->Card->Control |= PLAIN_INTERRUPTS;
    return STATUS_SUCCESS;
}

NTSTATUS
PlainEvtDisable(WDFINTERRUPT Interrupt, WDFDEVICE Device)
{
    UNREFERENCED_PARAMETER(Interrupt);
    PlainGetContext(Device)->Card->Control &= ~(ULONG)PLAIN_INTERRUPTS;
    return STATUS_SUCCESS;
}

BOOLEAN
PlainEvtIsr(WDFINTERRUPT Interrupt, ULONG MessageID)
{
    PPLAIN_CONTEXT context = PlainGetContext(WdfInterruptGetDevice(Interrupt));

    UNREFERENCED_PARAMETER(MessageID);
    if (!(context->Card->Status & PLAIN_DONE)) {
        return FALSE;
    }
    context->Value = context->Card->Value;
    context->Card->Status = PLAIN_DONE;
    WdfInterruptQueueDpcForIsr(Interrupt);
    return TRUE;
}

static VOID
Answer(WDFREQUEST Request, ULONG Value)
{
    PULONG output;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID *)&output, NULL);

    if (NT_SUCCESS(status)) {
        *output = Value;
    }
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof(ULONG) : 0);
}

VOID
PlainEvtDpc(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject)
{
    PPLAIN_CONTEXT context = PlainGetContext((WDFDEVICE)AssociatedObject);
    WDFREQUEST request;
    ULONG value;

    WdfInterruptAcquireLock(Interrupt);
    value = context->Value;
    WdfInterruptReleaseLock(Interrupt);
    if (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(context->Waiting, &request))) {
        Answer(request, value);
    }
}

static ULONG
Convert(PCARD Card)
{
    ULONG value;

    Card->Control = PLAIN_START;   /* no interrupt: polled */
    while (!(Card->Status & PLAIN_DONE)) {
    }
    value = Card->Value;
    Card->Status = PLAIN_DONE;
    Card->Control |= PLAIN_INTERRUPTS;
    return value;
}

static ULONG
Widths(PCARD Card)
{
    ULONG sum;

    Card->Word = 0x1234;
    Card->Byte = 0x56;
    Card->Wide = 0x1122334455667788;
    sum = Card->Word;
    sum += Card->Byte;
    sum += (ULONG)Card->Sign;
    sum += (ULONG)Card->Wide;
    Card->Byte |= 0x80;
    Card->Word++;
    if (Card->Byte == 0xD6) {
        sum ^= 0x80000000;
    }
    return sum;
}

VOID
PlainEvtIoDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode)
{
    PPLAIN_CONTEXT context = PlainGetContext(WdfIoQueueGetDevice(Queue));
    PCARD card = context->Card;
    NTSTATUS status;
    ULONG value = 0, i;
    PULONG input;
    KIRQL irql;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    switch (IoControlCode) {
    case IOCTL_PLAIN_POLL:
        Answer(Request, Convert(card));
        return;
    case IOCTL_PLAIN_POLL_DISPATCH:
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        value = Convert(card);
        KeLowerIrql(irql);
        Answer(Request, value);
        return;
    case IOCTL_PLAIN_INTERRUPT:
        status = WdfRequestForwardToIoQueue(Request, context->Waiting);
        if (!NT_SUCCESS(status)) {
            WdfRequestComplete(Request, status);
            return;
        }
        card->Control = PLAIN_START | PLAIN_INTERRUPTS;
        return;
    case IOCTL_PLAIN_WIDTHS:
        Answer(Request, Widths(card));
        return;
    case IOCTL_PLAIN_INTERLOCKED:
        Answer(Request, (ULONG)InterlockedIncrement((volatile LONG *)&card->Value));
        return;
    case IOCTL_PLAIN_REFUSED:
        __asm__ volatile("pushq (%0)\n\tpopq %%rax" : : "r"(&card->Wide) : "rax", "memory");   /* the line that the report names */
        break;
    case IOCTL_PLAIN_UNMAPPED:
        MmUnmapIoSpace(card, sizeof(CARD));
        context->Card = NULL;
        value = card->Id;   /* as this one */
        break;
    case IOCTL_PLAIN_MANY:
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(ULONG), (PVOID *)&input, NULL);
        for (i = 0; NT_SUCCESS(status) && i < *input; i++) {
            value += card->Value;
        }
        Answer(Request, value);
        return;
    default:
        break;
    }
    WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST);
}

NTSTATUS
PlainEvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queue;
    WDF_INTERRUPT_CONFIG interrupt;
    PPLAIN_CONTEXT context;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDevicePrepareHardware = PlainEvtPrepareHardware;
    callbacks.EvtDeviceReleaseHardware = PlainEvtReleaseHardware;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, PLAIN_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    context = PlainGetContext(device);
    WDF_INTERRUPT_CONFIG_INIT(&interrupt, PlainEvtIsr, PlainEvtDpc);
    interrupt.EvtInterruptEnable = PlainEvtEnable;
    interrupt.EvtInterruptDisable = PlainEvtDisable;
    status = WdfInterruptCreate(device, &interrupt, WDF_NO_OBJECT_ATTRIBUTES, &context->Interrupt);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT(&queue, WdfIoQueueDispatchManual);
    status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, &context->Waiting);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchSequential);
    queue.EvtIoDeviceControl = PlainEvtIoDeviceControl;
    return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, PlainEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
