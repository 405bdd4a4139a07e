/*
 * Memory shared with other virtual machines, and a bell. The registers and the
 * memory lie where two capabilities of the vendor say.
 */
#include <initguid.h>
#include "pcilib.h"
#include "shmem_ioctl.h"

enum { KIND_REGISTERS = 1, KIND_MEMORY = 8, VECTORS = 2 };

typedef volatile struct _SHMEM_REGISTERS {
    ULONG Mask;
    ULONG Status;
    ULONG Self;
    ULONG Doorbell;
} SHMEM_REGISTERS, *PSHMEM_REGISTERS;

typedef struct _SHMEM_DEVICE {
    PCILIB_DEVICE    Pci;
    PSHMEM_REGISTERS Registers;
    PVOID            Memory;
    PMDL             Mdl;
    PCILIB_WHERE     Where;
    ULONG            Vectors;
    WDFQUEUE         Waiters;
} SHMEM_DEVICE, *PSHMEM_DEVICE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SHMEM_DEVICE, ShmemGetDevice)

typedef struct _SHMEM_FILE {
    PVOID User;
} SHMEM_FILE, *PSHMEM_FILE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SHMEM_FILE, ShmemGetFile)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD ShmemAdd;
EVT_WDF_DEVICE_PREPARE_HARDWARE ShmemPrepare;
EVT_WDF_DEVICE_RELEASE_HARDWARE ShmemRelease;
EVT_WDF_IO_IN_CALLER_CONTEXT ShmemInCaller;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL ShmemControl;
EVT_WDF_FILE_CLEANUP ShmemCleanup;
EVT_WDF_INTERRUPT_ISR ShmemIsr;
EVT_WDF_INTERRUPT_DPC ShmemDpc;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, ShmemAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS ShmemAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_FILEOBJECT_CONFIG file;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queue;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = ShmemPrepare;
    pnp.EvtDeviceReleaseHardware = ShmemRelease;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &pnp);
    WDF_FILEOBJECT_CONFIG_INIT(&file, NULL, NULL, ShmemCleanup);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, SHMEM_FILE);
    WdfDeviceInitSetFileObjectConfig(Init, &file, &attributes);
    WdfDeviceInitSetIoInCallerContextCallback(Init, ShmemInCaller);

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, SHMEM_DEVICE);
    status = WdfDeviceCreate(&Init, &attributes, &device);
    if (!NT_SUCCESS(status))
        return status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
    queue.EvtIoDeviceControl = ShmemControl;
    status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    if (!NT_SUCCESS(status))
        return status;
    WDF_IO_QUEUE_CONFIG_INIT(&queue, WdfIoQueueDispatchManual);
    return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, &ShmemGetDevice(device)->Waiters);
}

NTSTATUS ShmemPrepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    PSHMEM_DEVICE context = ShmemGetDevice(Device);
    PCILIB_WHERE registers;
    WDF_INTERRUPT_CONFIG config;
    WDFINTERRUPT interrupt;
    NTSTATUS status;
    ULONG i;

    status = PciLibAttach(&context->Pci, Device, Translated);
    if (!NT_SUCCESS(status))
        return status;
    context->Registers = PciLibFind(&context->Pci, KIND_REGISTERS, &registers);
    context->Memory = PciLibFind(&context->Pci, KIND_MEMORY, &context->Where);
    if (context->Registers == NULL || registers.Bytes < sizeof(SHMEM_REGISTERS) || context->Memory == NULL)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    context->Mdl = IoAllocateMdl(context->Memory, context->Where.Bytes, FALSE, FALSE, NULL);
    if (context->Mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(context->Mdl);

    context->Vectors = 0;
    for (i = 0; i < WdfCmResourceListGetCount(Translated); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR d = WdfCmResourceListGetDescriptor(Translated, i);

        if (d->Type != CmResourceTypeInterrupt || !(d->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) || context->Vectors == VECTORS)
            continue;
        WDF_INTERRUPT_CONFIG_INIT(&config, ShmemIsr, ShmemDpc);
        config.InterruptRaw = WdfCmResourceListGetDescriptor(Raw, i);
        config.InterruptTranslated = d;
        status = WdfInterruptCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &interrupt);
        if (!NT_SUCCESS(status))
            return status;
        context->Vectors++;
    }
    context->Registers->Mask = ~0u;
    return STATUS_SUCCESS;
}

NTSTATUS ShmemRelease(WDFDEVICE Device, WDFCMRESLIST Translated)
{
    PSHMEM_DEVICE context = ShmemGetDevice(Device);

    UNREFERENCED_PARAMETER(Translated);
    if (context->Mdl != NULL)
        IoFreeMdl(context->Mdl);
    context->Mdl = NULL;
    PciLibDetach(&context->Pci);
    return STATUS_SUCCESS;
}

/* The mapping belongs to the process that asks for it. */
VOID ShmemInCaller(WDFDEVICE Device, WDFREQUEST Request)
{
    PSHMEM_DEVICE context = ShmemGetDevice(Device);
    PSHMEM_FILE file = ShmemGetFile(WdfRequestGetFileObject(Request));
    WDF_REQUEST_PARAMETERS parameters;
    SHMEM_MAP *map;
    NTSTATUS status;

    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    if (parameters.Type != WdfRequestTypeDeviceControl || parameters.Parameters.DeviceIoControl.IoControlCode != IOCTL_SHMEM_MAP) {
        status = WdfDeviceEnqueueRequest(Device, Request);
        if (!NT_SUCCESS(status))
            WdfRequestComplete(Request, status);
        return;
    }
    status = WdfRequestRetrieveOutputBuffer(Request, sizeof(*map), (PVOID *)&map, NULL);
    if (NT_SUCCESS(status) && file->User == NULL) {
        __try {
            file->User = MmMapLockedPagesSpecifyCache(context->Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority | MdlMappingNoExecute);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
        }
        if (NT_SUCCESS(status) && file->User == NULL)
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(status)) {
        map->Address = (ULONG_PTR)file->User;
        map->Length = context->Where.Bytes;
        map->Bar = context->Where.Bar;
        map->Vectors = context->Vectors;
    }
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof(*map) : 0);
}

VOID ShmemCleanup(WDFFILEOBJECT FileObject)
{
    PSHMEM_FILE file = ShmemGetFile(FileObject);

    if (file->User != NULL)
        MmUnmapLockedPages(file->User, ShmemGetDevice(WdfFileObjectGetDevice(FileObject))->Mdl);
    file->User = NULL;
}

VOID ShmemControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode)
{
    PSHMEM_DEVICE context = ShmemGetDevice(WdfIoQueueGetDevice(Queue));
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG *vector;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    switch (IoControlCode) {
    case IOCTL_SHMEM_RING:
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(*vector), (PVOID *)&vector, NULL);
        if (NT_SUCCESS(status))
            context->Registers->Doorbell = *vector;
        break;
    case IOCTL_SHMEM_WAIT:
        status = WdfRequestForwardToIoQueue(Request, context->Waiters);
        if (NT_SUCCESS(status))
            return;
        break;
    }
    WdfRequestComplete(Request, status);
}

BOOLEAN ShmemIsr(WDFINTERRUPT Interrupt, ULONG Message)
{
    UNREFERENCED_PARAMETER(Message);
    WdfInterruptQueueDpcForIsr(Interrupt);
    return TRUE;
}

VOID ShmemDpc(WDFINTERRUPT Interrupt, WDFOBJECT Device)
{
    WDFREQUEST request;

    UNREFERENCED_PARAMETER(Interrupt);
    while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(ShmemGetDevice(Device)->Waiters, &request)))
        WdfRequestComplete(request, STATUS_SUCCESS);
}
