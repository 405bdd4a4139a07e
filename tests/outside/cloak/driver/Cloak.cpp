// A filter of the HID class: programs that are not on a list cannot open the devices while these are hidden.
#include <ntifs.h>
#include <wdf.h>
#include <wdmsec.h>
#include "..\cloak.h"

extern "C" NTKERNELAPI NTSTATUS SeLocateProcessImageName(_Inout_ PEPROCESS Process, _Outptr_ PUNICODE_STRING* pImageFileName);

typedef struct _DRIVER_CONTEXT {
    WDFCOLLECTION Trusted;      // WDFSTRINGs
    WDFWAITLOCK Lock;
    BOOLEAN Hidden;
    LONG Devices;
    WDFDEVICE Control;
} DRIVER_CONTEXT, *PDRIVER_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DRIVER_CONTEXT, GetDriver)

DECLARE_CONST_UNICODE_STRING(g_TrustedValue, L"Trusted");
DECLARE_CONST_UNICODE_STRING(g_Device, L"\\Device\\Cloak");
DECLARE_CONST_UNICODE_STRING(g_Link, L"\\DosDevices\\Cloak");

namespace
{
    class Lock
    {
    public:
        explicit Lock(WDFWAITLOCK lock) : m_lock(lock) { WdfWaitLockAcquire(m_lock, NULL); }
        ~Lock() { WdfWaitLockRelease(m_lock); }

    private:
        WDFWAITLOCK m_lock;
    };

    template <typename F>
    NTSTATUS WithParameters(ACCESS_MASK access, F&& use)
    {
        WDFKEY key;
        NTSTATUS status = WdfDriverOpenParametersRegistryKey(WdfGetDriver(), access, WDF_NO_OBJECT_ATTRIBUTES, &key);
        if (NT_SUCCESS(status)) {
            status = use(key);
            WdfRegistryClose(key);
        }
        return status;
    }

    NTSTATUS FillList(WDFCOLLECTION list, PCWSTR strings, size_t bytes)
    {
        PCWSTR end = strings + bytes / sizeof(WCHAR);
        if (bytes < sizeof(WCHAR) || bytes % sizeof(WCHAR) || end[-1] != UNICODE_NULL) {
            return STATUS_INVALID_PARAMETER;
        }
        while (WDFOBJECT first = WdfCollectionGetFirstItem(list)) {
            WdfCollectionRemoveItem(list, 0);
            WdfObjectDelete(first);
        }
        for (PCWSTR at = strings; at < end && *at; at += wcslen(at) + 1) {
            UNICODE_STRING text;
            WDFSTRING string;
            WDF_OBJECT_ATTRIBUTES attributes;
            RtlInitUnicodeString(&text, at);
            WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
            attributes.ParentObject = list;
            NTSTATUS status = WdfStringCreate(&text, &attributes, &string);
            if (NT_SUCCESS(status)) {
                status = WdfCollectionAdd(list, string);
            }
            if (!NT_SUCCESS(status)) {
                return status;
            }
        }
        return STATUS_SUCCESS;
    }

    // The bytes that the list needs; fills the buffer where it is large enough.
    size_t WriteList(WDFCOLLECTION list, PWCHAR buffer, size_t bytes)
    {
        size_t chars = 1;
        for (ULONG i = 0; i < WdfCollectionGetCount(list); ++i) {
            UNICODE_STRING text;
            WdfStringGetUnicodeString((WDFSTRING)WdfCollectionGetItem(list, i), &text);
            const size_t next = chars + text.Length / sizeof(WCHAR) + 1;
            if (next * sizeof(WCHAR) <= bytes) {
                RtlCopyMemory(buffer + chars - 1, text.Buffer, text.Length);
                buffer[next - 2] = UNICODE_NULL;
                buffer[next - 1] = UNICODE_NULL;
            }
            chars = next;
        }
        if (chars == 1 && bytes >= sizeof(WCHAR)) {
            *buffer = UNICODE_NULL;
        }
        return chars * sizeof(WCHAR);
    }

    bool IsTrusted(PDRIVER_CONTEXT driver, HANDLE pid)
    {
        PEPROCESS process;
        PUNICODE_STRING image;
        if (!NT_SUCCESS(PsLookupProcessByProcessId(pid, &process))) {
            return false;
        }
        NTSTATUS status = SeLocateProcessImageName(process, &image);
        ObDereferenceObject(process);
        if (!NT_SUCCESS(status)) {
            return false;
        }
        bool trusted = false;
        for (ULONG i = 0; i < WdfCollectionGetCount(driver->Trusted) && !trusted; ++i) {
            UNICODE_STRING text;
            WdfStringGetUnicodeString((WDFSTRING)WdfCollectionGetItem(driver->Trusted, i), &text);
            trusted = RtlCompareUnicodeString(&text, image, TRUE) == 0;
        }
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "Cloak: %wZ %s\n", image, trusted ? "may" : "may not");
        ExFreePool(image);
        return trusted;
    }
}

EVT_WDF_DEVICE_FILE_CREATE EvtFileCreate;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtControl;
EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtDeviceCleanup;
EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;

VOID EvtFileCreate(_In_ WDFDEVICE Device, _In_ WDFREQUEST Request, _In_ WDFFILEOBJECT)
{
    PDRIVER_CONTEXT driver = GetDriver(WdfDeviceGetDriver(Device));
    if (WdfRequestGetRequestorMode(Request) == UserMode) {
        Lock lock(driver->Lock);
        if (driver->Hidden && !IsTrusted(driver, PsGetCurrentProcessId())) {
            WdfRequestComplete(Request, STATUS_ACCESS_DENIED);
            return;
        }
    }
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
    WdfRequestFormatRequestUsingCurrentType(Request);
    if (!WdfRequestSend(Request, WdfDeviceGetIoTarget(Device), &options)) {
        WdfRequestComplete(Request, WdfRequestGetStatus(Request));
    }
}

VOID EvtControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength, _In_ size_t, _In_ ULONG Code)
{
    PDRIVER_CONTEXT driver = GetDriver(WdfDeviceGetDriver(WdfIoQueueGetDevice(Queue)));
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    size_t information = 0, length;
    PVOID buffer;

    WdfWaitLockAcquire(driver->Lock, NULL);
    switch (Code) {
    case IOCTL_CLOAK_GET_TRUSTED:
        information = WriteList(driver->Trusted, NULL, 0);
        status = OutputBufferLength == 0 ? STATUS_SUCCESS : WdfRequestRetrieveOutputBuffer(Request, information, &buffer, &length);
        if (NT_SUCCESS(status) && OutputBufferLength != 0) {
            WriteList(driver->Trusted, (PWCHAR)buffer, length);
        }
        break;
    case IOCTL_CLOAK_SET_TRUSTED:
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(WCHAR), &buffer, &length);
        if (NT_SUCCESS(status)) {
            status = FillList(driver->Trusted, (PCWSTR)buffer, length);
        }
        if (NT_SUCCESS(status)) {
            status = WithParameters(KEY_WRITE, [=](WDFKEY key) { return WdfRegistryAssignMultiString(key, &g_TrustedValue, driver->Trusted); });
        }
        break;
    case IOCTL_CLOAK_HIDE:
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(BOOLEAN), &buffer, NULL);
        if (NT_SUCCESS(status)) {
            driver->Hidden = *(PBOOLEAN)buffer != FALSE;
        }
        break;
    }
    WdfWaitLockRelease(driver->Lock);
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? information : 0);
}

static NTSTATUS CreateControl(WDFDRIVER Driver)
{
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE control = NULL;
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(Driver, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    if (init == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    WdfDeviceInitSetExclusive(init, TRUE);
    NTSTATUS status = WdfDeviceInitAssignName(init, &g_Device);
    if (NT_SUCCESS(status)) {
        WDF_OBJECT_ATTRIBUTES attributes;
        WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
        attributes.ExecutionLevel = WdfExecutionLevelPassive;
        status = WdfDeviceCreate(&init, &attributes, &control);
    }
    if (!NT_SUCCESS(status)) {
        if (init) {
            WdfDeviceInitFree(init);
        }
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
    config.EvtIoDeviceControl = EvtControl;
    status = WdfIoQueueCreate(control, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (NT_SUCCESS(status)) {
        status = WdfDeviceCreateSymbolicLink(control, &g_Link);
    }
    if (!NT_SUCCESS(status)) {
        WdfObjectDelete(control);
        return status;
    }
    WdfControlFinishInitializing(control);
    GetDriver(Driver)->Control = control;
    return status;
}

// The control device goes with the last device, or the driver could never be unloaded.
VOID EvtDeviceCleanup(_In_ WDFOBJECT Object)
{
    PDRIVER_CONTEXT driver = GetDriver(WdfDeviceGetDriver((WDFDEVICE)Object));
    if (InterlockedDecrement(&driver->Devices) == 0 && driver->Control) {
        WdfObjectDelete(driver->Control);
        driver->Control = NULL;
    }
}

NTSTATUS EvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_FILEOBJECT_CONFIG config;
    WDFDEVICE device;

    WdfFdoInitSetFilter(DeviceInit);
    WDF_FILEOBJECT_CONFIG_INIT(&config, EvtFileCreate, WDF_NO_EVENT_CALLBACK, WDF_NO_EVENT_CALLBACK);
    config.FileObjectClass = WdfFileObjectWdfCannotUseFsContexts;
    WdfDeviceInitSetFileObjectConfig(DeviceInit, &config, WDF_NO_OBJECT_ATTRIBUTES);

    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtCleanupCallback = EvtDeviceCleanup;
    NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (NT_SUCCESS(status) && InterlockedIncrement(&GetDriver(Driver)->Devices) == 1) {
        status = CreateControl(Driver);
    }
    return status;
}

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFDRIVER handle;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DRIVER_CONTEXT);
    WDF_DRIVER_CONFIG_INIT(&config, EvtDeviceAdd);
    NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, &attributes, &config, &handle);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    PDRIVER_CONTEXT driver = GetDriver(handle);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = handle;
    if (!NT_SUCCESS(status = WdfCollectionCreate(&attributes, &driver->Trusted)) ||
        !NT_SUCCESS(status = WdfWaitLockCreate(&attributes, &driver->Lock))) {
        return status;
    }
    status = WithParameters(KEY_READ, [=](WDFKEY key) {
        WDF_OBJECT_ATTRIBUTES item;
        WDF_OBJECT_ATTRIBUTES_INIT(&item);
        item.ParentObject = driver->Trusted;
        return WdfRegistryQueryMultiString(key, &g_TrustedValue, &item, driver->Trusted);
    });
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
}
