/* A board's driver that hands on what its bus answers. */
#include <ntddk.h>
#include <initguid.h>
#include <wdf.h>
#include <wdmguid.h>

#include "pci_board.h"

typedef struct _BOARD_CONTEXT {
    BUS_INTERFACE_STANDARD Bus;
} BOARD_CONTEXT, *PBOARD_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BOARD_CONTEXT, BoardGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD BoardEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL BoardEvtIoDeviceControl;

static NTSTATUS
BoardSendConfig(_In_ WDFDEVICE Device, _In_ UCHAR Minor, _In_ ULONG Space, _In_ const BOARD_ACCESS *Access, _Inout_ PVOID Buffer, _Out_ PULONG_PTR Moved)
{
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(WdfDeviceWdmGetPhysicalDevice(Device));
    IO_STATUS_BLOCK status;
    KEVENT done;
    PIRP irp;
    PIO_STACK_LOCATION location;
    NTSTATUS result = STATUS_INSUFFICIENT_RESOURCES;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &done, &status);
    if (irp != NULL) {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        location = IoGetNextIrpStackLocation(irp);
        location->MinorFunction = Minor;
        location->Parameters.ReadWriteConfig.WhichSpace = Space;
        location->Parameters.ReadWriteConfig.Buffer = Buffer;
        location->Parameters.ReadWriteConfig.Offset = Access->offset;
        location->Parameters.ReadWriteConfig.Length = Access->length;
        result = IoCallDriver(top, irp);
        if (result == STATUS_PENDING) {
            KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
            result = status.Status;
        }
        *Moved = status.Information;
    }
    ObDereferenceObject(top);
    return result;
}

static VOID
BoardPlace(_In_ WDFDEVICE Device, _Out_ BOARD_PLACE *Place)
{
    PDEVICE_OBJECT pdo = WdfDeviceWdmGetPhysicalDevice(Device);
    D3COLD_SUPPORT_INTERFACE cold;
    PCI_DEVICE_PRESENT_INTERFACE presence;
    PCI_COMMON_HEADER header;
    DEVICE_WAKE_DEPTH depth = DeviceWakeDepthMaximum;
    BOOLEAN capable = TRUE;
    ULONG length;

    RtlZeroMemory(Place, sizeof *Place);
    Place->bus = Place->address = 0xFFFFFFFF;
    IoGetDeviceProperty(pdo, DevicePropertyBusNumber, sizeof(ULONG), &Place->bus, &length);
    IoGetDeviceProperty(pdo, DevicePropertyAddress, sizeof(ULONG), &Place->address, &length);
    IoGetDeviceProperty(pdo, DevicePropertyLegacyBusType, sizeof(ULONG), &Place->bus_type, &length);
    IoGetDeviceProperty(pdo, DevicePropertyBusTypeGuid, sizeof Place->bus_type_guid, Place->bus_type_guid, &length);
    IoGetDeviceProperty(pdo, DevicePropertyLocationInformation, sizeof Place->location, Place->location, &length);

    Place->d3cold_status = WdfFdoQueryForInterface(Device, &GUID_D3COLD_SUPPORT_INTERFACE, (PINTERFACE)&cold, sizeof cold, D3COLD_SUPPORT_INTERFACE_VERSION, NULL);
    if (NT_SUCCESS(Place->d3cold_status)) {
        cold.SetD3ColdSupport(cold.Context, TRUE);
        cold.GetIdleWakeInfo(cold.Context, PowerSystemWorking, &depth);
        cold.GetD3ColdCapability(cold.Context, &capable);
        cold.InterfaceDereference(cold.Context);
    }
    Place->deepest_wake = depth;
    Place->d3cold_capable = capable;

    Place->presence_status =
        WdfFdoQueryForInterface(Device, &GUID_PCI_DEVICE_PRESENT_INTERFACE, (PINTERFACE)&presence, sizeof presence, PCI_DEVICE_PRESENT_INTERFACE_VERSION, NULL);
    if (NT_SUCCESS(Place->presence_status)) {
        BoardGetContext(Device)->Bus.GetBusData(BoardGetContext(Device)->Bus.Context, PCI_WHICHSPACE_CONFIG, &header, 0, sizeof header);
        Place->present = presence.IsDevicePresent(header.VendorID, header.DeviceID, header.RevisionID, 0, 0, PCI_USE_REVISION);
        Place->absent = presence.IsDevicePresent(header.VendorID, header.DeviceID, (UCHAR)(header.RevisionID + 1), 0, 0, PCI_USE_REVISION);
        presence.InterfaceDereference(presence.Context);
    }
}

VOID
BoardEvtIoDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength, _In_ ULONG IoControlCode)
{
    WDFDEVICE device = WdfIoQueueGetDevice(Queue);
    PBUS_INTERFACE_STANDARD bus = &BoardGetContext(device)->Bus;
    BOARD_ACCESS *input;
    BOARD_ACCESS access = {0, 0};
    PUCHAR bytes = NULL;
    ULONG_PTR moved = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (IoControlCode == IOCTL_BOARD_PLACE) {
        BOARD_PLACE *place;

        status = WdfRequestRetrieveOutputBuffer(Request, sizeof *place, (PVOID *)&place, NULL);
        if (NT_SUCCESS(status)) {
            BoardPlace(device, place);
            moved = sizeof *place;
        }
        WdfRequestCompleteWithInformation(Request, status, moved);
        return;
    }
    status = WdfRequestRetrieveInputBuffer(Request, sizeof access, (PVOID *)&input, NULL);
    if (NT_SUCCESS(status)) {
        access = *input;
        if (IoControlCode == IOCTL_BOARD_SET || IoControlCode == IOCTL_BOARD_WRITE_CONFIG) {
            bytes = (PUCHAR)(input + 1);
            status = InputBufferLength < sizeof access + access.length ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
        } else {
            status = WdfRequestRetrieveOutputBuffer(Request, access.length, (PVOID *)&bytes, NULL);
        }
    }
    if (NT_SUCCESS(status)) {
        switch (IoControlCode) {
        case IOCTL_BOARD_GET: moved = bus->GetBusData(bus->Context, PCI_WHICHSPACE_CONFIG, bytes, access.offset, access.length); break;
        case IOCTL_BOARD_SET: moved = bus->SetBusData(bus->Context, PCI_WHICHSPACE_CONFIG, bytes, access.offset, access.length); break;
        case IOCTL_BOARD_READ_CONFIG: status = BoardSendConfig(device, IRP_MN_READ_CONFIG, PCI_WHICHSPACE_CONFIG, &access, bytes, &moved); break;
        case IOCTL_BOARD_WRITE_CONFIG: status = BoardSendConfig(device, IRP_MN_WRITE_CONFIG, PCI_WHICHSPACE_CONFIG, &access, bytes, &moved); break;
        case IOCTL_BOARD_ROM: status = BoardSendConfig(device, IRP_MN_READ_CONFIG, PCI_WHICHSPACE_ROM, &access, bytes, &moved); break;
        case IOCTL_BOARD_HAL_GET: {
            BOARD_PLACE place;
            PCI_SLOT_NUMBER slot = {0};

            BoardPlace(device, &place);
            slot.u.bits.DeviceNumber = place.address >> 16;
            slot.u.bits.FunctionNumber = place.address & 7;
            moved = HalGetBusDataByOffset(PCIConfiguration, place.bus, slot.u.AsULONG, bytes, access.offset, access.length);
            break;
        }
        default: status = STATUS_INVALID_DEVICE_REQUEST; break;
        }
    }
    UNREFERENCED_PARAMETER(OutputBufferLength);
    WdfRequestCompleteWithInformation(Request, status, moved);
}

NTSTATUS
BoardEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queue;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, BOARD_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchSequential);
    queue.EvtIoDeviceControl = BoardEvtIoDeviceControl;
    status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    return WdfFdoQueryForInterface(device, &GUID_BUS_INTERFACE_STANDARD, (PINTERFACE)&BoardGetContext(device)->Bus, sizeof(BUS_INTERFACE_STANDARD), 1, NULL);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, BoardEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
