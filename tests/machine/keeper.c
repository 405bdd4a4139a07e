/* A driver that maps a file, loads another driver, and maps pages into its caller, when it is asked to. */
#include <ntifs.h>
#include <wdf.h>

DRIVER_INITIALIZE DriverEntry;

#define IOCTL_MAP_FILE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LOAD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_UNLOAD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

#define IOCTL_MAP_PAGES CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_UNMAP_PAGES CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_UNMAP_ELSEWHERE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _KEEPER_PAGES {
    PMDL Mdl;
    PCHAR System;
    PVOID User;
} KEEPER_PAGES, *PKEEPER_PAGES;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(KEEPER_PAGES, KeeperPages)

/* Pages with an address of the caller's, and one of the system's. */
static NTSTATUS
MapPages(_In_ PKEEPER_PAGES Pages, _In_ BOOLEAN OfSystem)
{
    PHYSICAL_ADDRESS low = {0}, high, skip = {0};
    NTSTATUS status = STATUS_SUCCESS;

    high.QuadPart = -1;
    Pages->Mdl = MmAllocatePagesForMdlEx(low, high, skip, 2 * PAGE_SIZE, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
    if (Pages->Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Pages->System = NULL;
    if (OfSystem) {
        Pages->System = MmGetSystemAddressForMdlSafe(Pages->Mdl, NormalPagePriority | MdlMappingNoExecute);
    }
    __try {
        Pages->User = MmMapLockedPagesSpecifyCache(Pages->Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static VOID
FreePages(_In_ PKEEPER_PAGES Pages)
{
    MmFreePagesFromMdl(Pages->Mdl);
    ExFreePool(Pages->Mdl);
    Pages->Mdl = NULL;
}

static VOID
Unmap(_In_ PVOID Context)
{
    PKEEPER_PAGES pages = (PKEEPER_PAGES)Context;

    MmUnmapLockedPages(pages->User, pages->Mdl);
}

/* As a thread of the system's, where the caller's addresses mean nothing. */
static NTSTATUS
UnmapElsewhere(_In_ PKEEPER_PAGES Pages)
{
    HANDLE thread;
    NTSTATUS status;

    status = MapPages(Pages, FALSE);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Unmap, Pages);
    if (NT_SUCCESS(status)) {
        status = ZwWaitForSingleObject(thread, FALSE, NULL);
        ZwClose(thread);
    }
    return status;
}

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

    PKEEPER_PAGES pages = KeeperPages(WdfIoQueueGetDevice(Queue));

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
    } else if (IoControlCode == IOCTL_MAP_PAGES) {
        status = MapPages(pages, TRUE);
    } else if (IoControlCode == IOCTL_UNMAP_PAGES) {
        MmUnmapLockedPages(pages->User, pages->Mdl);
        pages->System[0] = 'x'; /* still there */
        FreePages(pages);
        status = STATUS_SUCCESS;
    } else if (IoControlCode == IOCTL_UNMAP_ELSEWHERE) {
        status = UnmapElsewhere(pages);
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
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, KEEPER_PAGES);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
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
