/* A driver that maps a file and loads another driver, when it is asked to. */
#include <ntifs.h>
#include <wdf.h>

DRIVER_INITIALIZE DriverEntry;

#define IOCTL_MAP_FILE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LOAD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_UNLOAD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* "KEEP" to the start of the file, by way of a view; what was there comes back. */
static NTSTATUS
MapFile(_Out_writes_(4) PCHAR Old)
{
    DECLARE_CONST_UNICODE_STRING(name, L"\\??\\C:\\kept.txt");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE file, section;
    PVOID view = NULL;
    SIZE_T size = 0;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, (PUNICODE_STRING)&name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_OPEN,
                          FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwCreateSection(&section, SECTION_ALL_ACCESS, &attributes, NULL, PAGE_READWRITE, SEC_COMMIT, file);
    if (NT_SUCCESS(status)) {
        status = ZwMapViewOfSection(section, ZwCurrentProcess(), &view, 0, 0, NULL, &size, ViewUnmap, 0, PAGE_READWRITE);
        if (NT_SUCCESS(status)) {
            RtlCopyMemory(Old, view, 4);
            RtlCopyMemory(view, "KEEP", 4);
            status = ZwUnmapViewOfSection(ZwCurrentProcess(), view);
        }
        ZwClose(section);
    }
    ZwClose(file);
    return status;
}

static VOID
KeeperDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength, _In_ ULONG IoControlCode)
{
    DECLARE_CONST_UNICODE_STRING(service, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\other");
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    PCHAR buffer;
    size_t length = 0;

    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    if (IoControlCode == IOCTL_MAP_FILE) {
        status = WdfRequestRetrieveOutputBuffer(Request, 4, (PVOID *)&buffer, NULL);
        if (NT_SUCCESS(status)) {
            status = MapFile(buffer);
            length = NT_SUCCESS(status) ? 4 : 0;
        }
    } else if (IoControlCode == IOCTL_LOAD) {
        status = ZwLoadDriver((PUNICODE_STRING)&service);
    } else if (IoControlCode == IOCTL_UNLOAD) {
        status = ZwUnloadDriver((PUNICODE_STRING)&service);
    }
    WdfRequestCompleteWithInformation(Request, status, length);
}

static NTSTATUS
KeeperDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Driver);
    status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
    config.EvtIoDeviceControl = KeeperDeviceControl;
    return WdfIoQueueCreate(device, &config, &attributes, WDF_NO_HANDLE);
}

NTSTATUS
DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, KeeperDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
