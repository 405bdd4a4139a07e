/*
 * ram_disk: a disk of 64 KB in memory, with what its callers ask of a disk: geometry, length, properties, verification, ejection.
 */
#include <ntddk.h>
#include <wdf.h>

#include <ntdddisk.h>
#include <ntddstor.h>

#define DISK_BYTES 0x10000
#define SECTOR 512

typedef struct _DISK_CONTEXT {
    PUCHAR Memory;
    WDFMEMORY Object;
    volatile LONG Locked;   /* the medium stays in */
    volatile LONG Ejected;
} DISK_CONTEXT, *PDISK_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DISK_CONTEXT, DiskGetContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD DiskEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_READ DiskEvtIoRead;
EVT_WDF_IO_QUEUE_IO_WRITE DiskEvtIoWrite;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL DiskEvtIoDeviceControl;

static BOOLEAN
DiskHolds(_In_ LONGLONG Offset, _In_ ULONGLONG Length)
{
    return Offset >= 0 && Offset % SECTOR == 0 && Length % SECTOR == 0 && Offset <= DISK_BYTES && Length <= (ULONGLONG)(DISK_BYTES - Offset);
}

static VOID
DiskTransfer(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length, _In_ BOOLEAN Write)
{
    PDISK_CONTEXT disk = DiskGetContext(WdfIoQueueGetDevice(Queue));
    WDF_REQUEST_PARAMETERS parameters;
    LONGLONG offset;
    WDFMEMORY memory;
    NTSTATUS status;

    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    offset = Write ? parameters.Parameters.Write.DeviceOffset : parameters.Parameters.Read.DeviceOffset;
    if (disk->Ejected) {
        status = STATUS_NO_MEDIA_IN_DEVICE;
    } else if (!DiskHolds(offset, Length)) {
        status = STATUS_INVALID_PARAMETER;
    } else if (Write) {
        status = WdfRequestRetrieveInputMemory(Request, &memory);
        if (NT_SUCCESS(status)) {
            status = WdfMemoryCopyToBuffer(memory, 0, disk->Memory + offset, Length);
        }
    } else {
        status = WdfRequestRetrieveOutputMemory(Request, &memory);
        if (NT_SUCCESS(status)) {
            status = WdfMemoryCopyFromBuffer(memory, 0, disk->Memory + offset, Length);
        }
    }
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? Length : 0);
}

VOID
DiskEvtIoRead(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    DiskTransfer(Queue, Request, Length, FALSE);
}

VOID
DiskEvtIoWrite(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    DiskTransfer(Queue, Request, Length, TRUE);
}

/* Gives a structure, as much of it as there is room for where a caller may ask for its beginning. */
static VOID
DiskGive(_In_ WDFREQUEST Request, _In_ const VOID *Data, _In_ size_t Size, _In_ size_t Least)
{
    PVOID output;
    size_t room;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, Least, &output, &room);

    if (NT_SUCCESS(status)) {
        RtlCopyMemory(output, Data, min(room, Size));
    }
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? min(room, Size) : 0);
}

static VOID
DiskGiveProperty(_In_ WDFREQUEST Request)
{
    struct {
        STORAGE_DEVICE_DESCRIPTOR Device;
        CHAR Product[16];
    } answer;
    PSTORAGE_PROPERTY_QUERY query;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, FIELD_OFFSET(STORAGE_PROPERTY_QUERY, AdditionalParameters), (PVOID *)&query, NULL);

    if (!NT_SUCCESS(status) || query->PropertyId != StorageDeviceProperty) {
        WdfRequestComplete(Request, NT_SUCCESS(status) ? STATUS_INVALID_DEVICE_REQUEST : status);
        return;
    }
    if (query->QueryType == PropertyExistsQuery) {
        WdfRequestComplete(Request, STATUS_SUCCESS);
        return;
    }
    RtlZeroMemory(&answer, sizeof(answer));
    answer.Device.Version = sizeof(STORAGE_DEVICE_DESCRIPTOR);
    answer.Device.Size = sizeof(answer);
    answer.Device.RemovableMedia = TRUE;
    answer.Device.ProductIdOffset = FIELD_OFFSET(STORAGE_DEVICE_DESCRIPTOR, RawDeviceProperties) + 4;
    answer.Device.BusType = BusTypeVirtual;
    RtlCopyMemory((PUCHAR)&answer + answer.Device.ProductIdOffset, "RAM disk", 9);
    DiskGive(Request, &answer, sizeof(answer), sizeof(STORAGE_DESCRIPTOR_HEADER));
}

VOID
DiskEvtIoDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength,
                       _In_ ULONG IoControlCode)
{
    PDISK_CONTEXT disk = DiskGetContext(WdfIoQueueGetDevice(Queue));
    NTSTATUS status = STATUS_SUCCESS;
    PVOID input;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    switch (IoControlCode) {
    case IOCTL_DISK_GET_DRIVE_GEOMETRY: {
        DISK_GEOMETRY geometry = {0};

        geometry.Cylinders.QuadPart = 1;
        geometry.MediaType = RemovableMedia;
        geometry.TracksPerCylinder = 1;
        geometry.SectorsPerTrack = DISK_BYTES / SECTOR;
        geometry.BytesPerSector = SECTOR;
        DiskGive(Request, &geometry, sizeof(geometry), sizeof(geometry));
        return;
    }
    case IOCTL_DISK_GET_LENGTH_INFO: {
        GET_LENGTH_INFORMATION length;

        length.Length.QuadPart = DISK_BYTES;
        DiskGive(Request, &length, sizeof(length), sizeof(length));
        return;
    }
    case IOCTL_STORAGE_GET_DEVICE_NUMBER: {
        STORAGE_DEVICE_NUMBER number = {FILE_DEVICE_DISK, 3, 0};

        DiskGive(Request, &number, sizeof(number), sizeof(number));
        return;
    }
    case IOCTL_STORAGE_QUERY_PROPERTY:
        DiskGiveProperty(Request);
        return;

    case IOCTL_DISK_VERIFY:
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(VERIFY_INFORMATION), &input, NULL);
        if (NT_SUCCESS(status)) {
            PVERIFY_INFORMATION verify = (PVERIFY_INFORMATION)input;

            status = DiskHolds(verify->StartingOffset.QuadPart, verify->Length) ? STATUS_SUCCESS : STATUS_NONEXISTENT_SECTOR;
        }
        break;

    case IOCTL_STORAGE_CHECK_VERIFY:
    case IOCTL_STORAGE_CHECK_VERIFY2:
    case IOCTL_DISK_CHECK_VERIFY:
        status = disk->Ejected ? STATUS_NO_MEDIA_IN_DEVICE : STATUS_SUCCESS;
        break;

    case IOCTL_DISK_IS_WRITABLE:
        break;

    case IOCTL_STORAGE_MEDIA_REMOVAL:
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(BOOLEAN), &input, NULL);
        if (NT_SUCCESS(status)) {
            InterlockedExchange(&disk->Locked, *(PBOOLEAN)input ? 1 : 0);
        }
        break;

    case IOCTL_STORAGE_EJECT_MEDIA:
        if (disk->Locked) {
            status = STATUS_DEVICE_BUSY;
        } else {
            InterlockedExchange(&disk->Ejected, 1);
        }
        break;

    case IOCTL_STORAGE_LOAD_MEDIA:
        InterlockedExchange(&disk->Ejected, 0);
        break;

    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    WdfRequestComplete(Request, status);
}

NTSTATUS
DiskEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queueConfig;
    PDISK_CONTEXT disk;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    WdfDeviceInitSetDeviceType(DeviceInit, FILE_DEVICE_DISK);
    WdfDeviceInitSetIoType(DeviceInit, WdfDeviceIoDirect);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DISK_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    disk = DiskGetContext(device);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    status = WdfMemoryCreate(&attributes, NonPagedPoolNx, 'ksiD', DISK_BYTES, &disk->Object, (PVOID *)&disk->Memory);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlZeroMemory(disk->Memory, DISK_BYTES);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchSequential);
    queueConfig.EvtIoRead = DiskEvtIoRead;
    queueConfig.EvtIoWrite = DiskEvtIoWrite;
    queueConfig.EvtIoDeviceControl = DiskEvtIoDeviceControl;
    return WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, NULL);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, DiskEvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
