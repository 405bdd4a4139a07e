/*
 * line_port: the smallest driver of a serial port: sends what is written, gives what has come, by the interrupt of a 16550.
 */
#include <ntddk.h>
#include <wdf.h>

#define RING 256

typedef struct _PORT_CONTEXT {
    PUCHAR Base;
    WDFINTERRUPT Interrupt;
    WDFQUEUE Reads;
    UCHAR Ring[RING];      /* under the interrupt's lock, with the two below */
    ULONG Head, Count;
    ULONG Overruns;
} PORT_CONTEXT, *PPORT_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PORT_CONTEXT, PortGetContext)

typedef struct _TAKEN {
    PUCHAR Buffer;
    size_t Room, Done;
} TAKEN;

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD PortEvtDeviceAdd;
EVT_WDF_DEVICE_PREPARE_HARDWARE PortEvtPrepareHardware;
EVT_WDF_INTERRUPT_ISR PortEvtIsr;
EVT_WDF_INTERRUPT_DPC PortEvtDpc;
EVT_WDF_INTERRUPT_ENABLE PortEvtInterruptEnable;
EVT_WDF_INTERRUPT_DISABLE PortEvtInterruptDisable;
EVT_WDF_INTERRUPT_SYNCHRONIZE PortTake;
EVT_WDF_IO_QUEUE_IO_READ PortEvtIoRead;
EVT_WDF_IO_QUEUE_IO_WRITE PortEvtIoWrite;

NTSTATUS
PortEvtPrepareHardware(_In_ WDFDEVICE Device, _In_ WDFCMRESLIST ResourcesRaw, _In_ WDFCMRESLIST ResourcesTranslated)
{
    PPORT_CONTEXT port = PortGetContext(Device);
    ULONG i;

    UNREFERENCED_PARAMETER(ResourcesRaw);
    for (i = 0; i < WdfCmResourceListGetCount(ResourcesTranslated); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = WdfCmResourceListGetDescriptor(ResourcesTranslated, i);

        if (descriptor->Type == CmResourceTypePort && descriptor->u.Port.Length == 8) {
            port->Base = (PUCHAR)(ULONG_PTR)descriptor->u.Port.Start.QuadPart;
        }
    }
    return port->Base != NULL ? STATUS_SUCCESS : STATUS_DEVICE_CONFIGURATION_ERROR;
}

NTSTATUS
PortEvtInterruptEnable(_In_ WDFINTERRUPT Interrupt, _In_ WDFDEVICE AssociatedDevice)
{
    PPORT_CONTEXT port = PortGetContext(AssociatedDevice);

    UNREFERENCED_PARAMETER(Interrupt);
    WRITE_PORT_UCHAR(port->Base + 2, 0x87);      /* FIFOs on and empty, 8 bytes */
    WRITE_PORT_UCHAR(port->Base + 3, 0x03);      /* 8 bits */
    WRITE_PORT_UCHAR(port->Base + 4, 0x0B);      /* DTR, RTS, OUT2 */
    WRITE_PORT_UCHAR(port->Base + 1, 0x05);      /* received, line status */
    return STATUS_SUCCESS;
}

NTSTATUS
PortEvtInterruptDisable(_In_ WDFINTERRUPT Interrupt, _In_ WDFDEVICE AssociatedDevice)
{
    PPORT_CONTEXT port = PortGetContext(AssociatedDevice);

    UNREFERENCED_PARAMETER(Interrupt);
    WRITE_PORT_UCHAR(port->Base + 1, 0);
    WRITE_PORT_UCHAR(port->Base + 4, 0);
    return STATUS_SUCCESS;
}

BOOLEAN
PortEvtIsr(_In_ WDFINTERRUPT Interrupt, _In_ ULONG MessageID)
{
    PPORT_CONTEXT port = PortGetContext(WdfInterruptGetDevice(Interrupt));
    BOOLEAN mine = FALSE;
    UCHAR status;

    UNREFERENCED_PARAMETER(MessageID);
    while (!(READ_PORT_UCHAR(port->Base + 2) & 1)) {
        mine = TRUE;
        status = READ_PORT_UCHAR(port->Base + 5);
        if (status & 2) {
            port->Overruns++;
        }
        while (status & 1) {
            UCHAR byte = READ_PORT_UCHAR(port->Base);

            if (port->Count < RING) {
                port->Ring[(port->Head + port->Count++) % RING] = byte;
            }
            status = READ_PORT_UCHAR(port->Base + 5);
        }
    }
    if (mine) {
        WdfInterruptQueueDpcForIsr(Interrupt);
    }
    return mine;
}

BOOLEAN
PortTake(_In_ WDFINTERRUPT Interrupt, _In_ WDFCONTEXT Context)
{
    PPORT_CONTEXT port = PortGetContext(WdfInterruptGetDevice(Interrupt));
    TAKEN *taken = (TAKEN *)Context;

    while (port->Count != 0 && taken->Done < taken->Room) {
        taken->Buffer[taken->Done++] = port->Ring[port->Head];
        port->Head = (port->Head + 1) % RING;
        port->Count--;
    }
    return TRUE;
}

/* Gives a read what there is; TRUE: it was completed. */
static BOOLEAN
PortAnswer(_In_ PPORT_CONTEXT Port, _In_ WDFREQUEST Request)
{
    TAKEN taken = {0};
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, 1, (PVOID *)&taken.Buffer, &taken.Room);

    if (NT_SUCCESS(status)) {
        WdfInterruptSynchronize(Port->Interrupt, PortTake, &taken);
        if (taken.Done == 0) {
            return FALSE;
        }
    }
    WdfRequestCompleteWithInformation(Request, status, taken.Done);
    return TRUE;
}

static VOID
PortServe(_In_ PPORT_CONTEXT Port)
{
    WDFREQUEST request;

    while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Port->Reads, &request))) {
        if (!PortAnswer(Port, request)) {
            if (!NT_SUCCESS(WdfRequestRequeue(request))) {
                WdfRequestComplete(request, STATUS_UNSUCCESSFUL);
            }
            return;
        }
    }
}

VOID
PortEvtDpc(_In_ WDFINTERRUPT Interrupt, _In_ WDFOBJECT AssociatedObject)
{
    UNREFERENCED_PARAMETER(Interrupt);
    PortServe(PortGetContext((WDFDEVICE)AssociatedObject));
}

VOID
PortEvtIoRead(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    PPORT_CONTEXT port = PortGetContext(WdfIoQueueGetDevice(Queue));
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Length);
    status = WdfRequestForwardToIoQueue(Request, port->Reads);
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(Request, status);
        return;
    }
    PortServe(port);
}

VOID
PortEvtIoWrite(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    PPORT_CONTEXT port = PortGetContext(WdfIoQueueGetDevice(Queue));
    PUCHAR data;
    size_t i;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, 0, (PVOID *)&data, NULL);

    for (i = 0; NT_SUCCESS(status) && i < Length; i++) {
        WRITE_PORT_UCHAR(port->Base, data[i]);
    }
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? Length : 0);
}

NTSTATUS
PortEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queueConfig;
    WDF_INTERRUPT_CONFIG interruptConfig;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = PortEvtPrepareHardware;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &pnp);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, PORT_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_INTERRUPT_CONFIG_INIT(&interruptConfig, PortEvtIsr, PortEvtDpc);
    interruptConfig.EvtInterruptEnable = PortEvtInterruptEnable;
    interruptConfig.EvtInterruptDisable = PortEvtInterruptDisable;
    status = WdfInterruptCreate(device, &interruptConfig, WDF_NO_OBJECT_ATTRIBUTES, &PortGetContext(device)->Interrupt);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchSequential);
    queueConfig.EvtIoRead = PortEvtIoRead;
    queueConfig.EvtIoWrite = PortEvtIoWrite;
    status = WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT(&queueConfig, WdfIoQueueDispatchManual);
    return WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, &PortGetContext(device)->Reads);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, PortEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
