/*
 * registers: a converter card with registers in memory and one interrupt line. A register is read while the caller waits, without any request
 * to another driver; a conversion is started by a register, and its request is completed by the interrupt's DPC.
 */
#include <ntddk.h>
#include <wdf.h>

#include "registers.h"

typedef struct _CARD_CONTEXT {
    PUCHAR Registers;
    SIZE_T Length;
    WDFINTERRUPT Interrupt;
    WDFQUEUE Conversions;   /* manual: the one whose value is awaited */
    ULONG Value;            /* what the interrupt service routine read; under the interrupt's lock */
} CARD_CONTEXT, *PCARD_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CARD_CONTEXT, CardGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD CardEvtDeviceAdd;
EVT_WDF_DEVICE_PREPARE_HARDWARE CardEvtPrepareHardware;
EVT_WDF_DEVICE_RELEASE_HARDWARE CardEvtReleaseHardware;
EVT_WDF_INTERRUPT_ISR CardEvtIsr;
EVT_WDF_INTERRUPT_DPC CardEvtDpc;
EVT_WDF_INTERRUPT_ENABLE CardEvtInterruptEnable;
EVT_WDF_INTERRUPT_DISABLE CardEvtInterruptDisable;
EVT_WDF_INTERRUPT_SYNCHRONIZE CardTakeValue;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL CardEvtIoDeviceControl;

static ULONG
CardRead(_In_ PCARD_CONTEXT Card, _In_ ULONG Offset)
{
    return READ_REGISTER_ULONG((volatile ULONG *)(Card->Registers + Offset));
}

static VOID
CardWrite(_In_ PCARD_CONTEXT Card, _In_ ULONG Offset, _In_ ULONG Value)
{
    WRITE_REGISTER_ULONG((volatile ULONG *)(Card->Registers + Offset), Value);
}

NTSTATUS
CardEvtPrepareHardware(_In_ WDFDEVICE Device, _In_ WDFCMRESLIST ResourcesRaw, _In_ WDFCMRESLIST ResourcesTranslated)
{
    PCARD_CONTEXT card = CardGetContext(Device);
    ULONG i;

    UNREFERENCED_PARAMETER(ResourcesRaw);
    for (i = 0; i < WdfCmResourceListGetCount(ResourcesTranslated); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = WdfCmResourceListGetDescriptor(ResourcesTranslated, i);

        if (descriptor->Type != CmResourceTypeMemory || card->Registers != NULL) {
            continue;
        }
        if (descriptor->u.Memory.Length < CARD_LENGTH) {
            return STATUS_DEVICE_CONFIGURATION_ERROR;
        }
        card->Length = descriptor->u.Memory.Length;
        card->Registers = (PUCHAR)MmMapIoSpaceEx(descriptor->u.Memory.Start, card->Length, PAGE_READWRITE | PAGE_NOCACHE);
        if (card->Registers == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    if (card->Registers == NULL || CardRead(card, CARD_ID) != CARD_ID_VALUE) {
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    return STATUS_SUCCESS;
}

NTSTATUS
CardEvtReleaseHardware(_In_ WDFDEVICE Device, _In_ WDFCMRESLIST ResourcesTranslated)
{
    PCARD_CONTEXT card = CardGetContext(Device);

    UNREFERENCED_PARAMETER(ResourcesTranslated);
    if (card->Registers != NULL) {
        MmUnmapIoSpace(card->Registers, card->Length);
        card->Registers = NULL;
    }
    return STATUS_SUCCESS;
}

NTSTATUS
CardEvtInterruptEnable(_In_ WDFINTERRUPT Interrupt, _In_ WDFDEVICE AssociatedDevice)
{
    UNREFERENCED_PARAMETER(Interrupt);
    CardWrite(CardGetContext(AssociatedDevice), CARD_CONTROL, CARD_INTERRUPTS);
    return STATUS_SUCCESS;
}

NTSTATUS
CardEvtInterruptDisable(_In_ WDFINTERRUPT Interrupt, _In_ WDFDEVICE AssociatedDevice)
{
    UNREFERENCED_PARAMETER(Interrupt);
    CardWrite(CardGetContext(AssociatedDevice), CARD_CONTROL, 0);
    return STATUS_SUCCESS;
}

BOOLEAN
CardEvtIsr(_In_ WDFINTERRUPT Interrupt, _In_ ULONG MessageID)
{
    PCARD_CONTEXT card = CardGetContext(WdfInterruptGetDevice(Interrupt));

    UNREFERENCED_PARAMETER(MessageID);
    if (!(CardRead(card, CARD_STATUS) & CARD_DONE)) {
        return FALSE;   /* another device on the line */
    }
    card->Value = CardRead(card, CARD_VALUE);
    CardWrite(card, CARD_STATUS, CARD_DONE);
    WdfInterruptQueueDpcForIsr(Interrupt);
    return TRUE;
}

BOOLEAN
CardTakeValue(_In_ WDFINTERRUPT Interrupt, _In_ WDFCONTEXT Context)
{
    *(PULONG)Context = CardGetContext(WdfInterruptGetDevice(Interrupt))->Value;
    return TRUE;
}

VOID
CardEvtDpc(_In_ WDFINTERRUPT Interrupt, _In_ WDFOBJECT AssociatedObject)
{
    PCARD_CONTEXT card = CardGetContext((WDFDEVICE)AssociatedObject);
    WDFREQUEST request;
    PULONG answer;
    NTSTATUS status;

    /* Nobody waits any more: it was cancelled. */
    if (!NT_SUCCESS(WdfIoQueueRetrieveNextRequest(card->Conversions, &request))) {
        return;
    }
    status = WdfRequestRetrieveOutputBuffer(request, sizeof(ULONG), (PVOID *)&answer, NULL);
    if (NT_SUCCESS(status)) {
        WdfInterruptSynchronize(Interrupt, CardTakeValue, answer);
    }
    WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? sizeof(ULONG) : 0);
}

VOID
CardEvtIoDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength,
                       _In_ ULONG IoControlCode)
{
    PCARD_CONTEXT card = CardGetContext(WdfIoQueueGetDevice(Queue));
    ULONG *input, *output;
    ULONG argument;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    status = WdfRequestRetrieveInputBuffer(Request, sizeof(ULONG), (PVOID *)&input, NULL);
    if (NT_SUCCESS(status)) {
        status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID *)&output, NULL);
    }
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(Request, status);
        return;
    }
    argument = *input;   /* the same buffer as the output */
    switch (IoControlCode) {
    case IOCTL_CARD_READ_REGISTER:
        if (argument % sizeof(ULONG) != 0 || argument >= CARD_LENGTH) {
            WdfRequestComplete(Request, STATUS_INVALID_PARAMETER);
            return;
        }
        *output = CardRead(card, argument);
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, sizeof(ULONG));
        return;

    case IOCTL_CARD_CONVERT: {
        ULONG waiting;

        WdfIoQueueGetState(card->Conversions, &waiting, NULL);
        if (waiting != 0) {
            WdfRequestComplete(Request, STATUS_DEVICE_BUSY);
            return;
        }
        status = WdfRequestForwardToIoQueue(Request, card->Conversions);
        if (!NT_SUCCESS(status)) {
            WdfRequestComplete(Request, status);
            return;
        }
        CardWrite(card, CARD_CHANNEL, argument);
        CardWrite(card, CARD_CONTROL, CARD_START | CARD_INTERRUPTS);
        return;
    }

    default:
        WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST);
        return;
    }
}

NTSTATUS
CardEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queueConfig;
    WDF_INTERRUPT_CONFIG interruptConfig;
    WDFDEVICE device;
    WDFQUEUE queue;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = CardEvtPrepareHardware;
    pnp.EvtDeviceReleaseHardware = CardEvtReleaseHardware;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &pnp);

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, CARD_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    /* Sequential: one caller at a time starts a conversion. */
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchSequential);
    queueConfig.EvtIoDeviceControl = CardEvtIoDeviceControl;
    status = WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, &queue);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT(&queueConfig, WdfIoQueueDispatchManual);
    status = WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, &CardGetContext(device)->Conversions);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_INTERRUPT_CONFIG_INIT(&interruptConfig, CardEvtIsr, CardEvtDpc);
    interruptConfig.EvtInterruptEnable = CardEvtInterruptEnable;
    interruptConfig.EvtInterruptDisable = CardEvtInterruptDisable;
    return WdfInterruptCreate(device, &interruptConfig, WDF_NO_OBJECT_ATTRIBUTES, &CardGetContext(device)->Interrupt);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, CardEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
