#include "Driver.h"
#include "PadPdo.hpp"
#include "trace.h"
#include "Driver.tmh"

#ifdef ALLOC_PRAGMA
#pragma alloc_text (INIT, DriverEntry)
#pragma alloc_text (PAGE, Bus_EvtDeviceAdd)
#pragma alloc_text (PAGE, Bus_DeviceFileCreate)
#endif
using Pads::Core::PadPdo;
using Pads::Core::PDO_IDENTIFICATION_DESCRIPTION;

void __cdecl operator delete[](void* p, size_t) noexcept { ::operator delete(p); }

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_DRIVER, "Loading Virtual Pad Bus");
    WDF_DRIVER_CONFIG_INIT(&config, Bus_EvtDeviceAdd);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtCleanupCallback = Bus_EvtDriverContextCleanup;
    NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, &attributes, &config, WDF_NO_HANDLE);
    if (!NT_SUCCESS(status)) {
        WPP_CLEANUP(DriverObject);
        KdPrint(("WdfDriverCreate failed with status 0x%x\n", status));
        return status;
    }
    return status;
}
VOID Bus_EvtDriverContextCleanup(WDFOBJECT DriverObject)
{
    WPP_CLEANUP(WdfDriverWdmGetDriverObject(static_cast<WDFDRIVER>(DriverObject)));
}
NTSTATUS Bus_EvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    UNREFERENCED_PARAMETER(Driver);
    PAGED_CODE();
    WDF_CHILD_LIST_CONFIG config;
    WDFDEVICE device;
    WDF_IO_QUEUE_CONFIG queueConfig;
    PNP_BUS_INFORMATION busInfo;
    WDFQUEUE queue;
    WDF_FILEOBJECT_CONFIG foConfig;
    WDF_OBJECT_ATTRIBUTES fdoAttributes, fileHandleAttributes;
    NTSTATUS status;

    WdfDeviceInitSetDeviceType(DeviceInit, FILE_DEVICE_BUS_EXTENDER);
    WdfDeviceInitSetExclusive(DeviceInit, FALSE);

    WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(PDO_IDENTIFICATION_DESCRIPTION), Bus_EvtDeviceListCreatePdo);
    config.EvtChildListIdentificationDescriptionCompare = PadPdo::EvtChildListIdentificationDescriptionCompare;
    config.EvtChildListIdentificationDescriptionDuplicate = PadPdo::EvtChildListIdentificationDescriptionDuplicate;
    config.EvtChildListIdentificationDescriptionCleanup = PadPdo::EvtChildListIdentificationDescriptionCleanup;
    WdfFdoInitSetDefaultChildListConfig(DeviceInit, &config, WDF_NO_OBJECT_ATTRIBUTES);

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&fileHandleAttributes, FDO_FILE_DATA);
    WDF_FILEOBJECT_CONFIG_INIT(&foConfig, Bus_DeviceFileCreate, Bus_FileClose, Bus_FileCleanup);
    WdfDeviceInitSetFileObjectConfig(DeviceInit, &foConfig, &fileHandleAttributes);

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&fdoAttributes, FDO_DEVICE_DATA);
    status = WdfDeviceCreate(&DeviceInit, &fdoAttributes, &device);
    if (!NT_SUCCESS(status)) return status;
    FdoGetData(device)->NextSessionId = 1;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchParallel);
    queueConfig.EvtIoDeviceControl = Bus_EvtIoDeviceControl;
    queueConfig.EvtIoDefault = Bus_EvtIoDefault;
    __analysis_assume(queueConfig.EvtIoStop != 0);
    status = WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, &queue);
    __analysis_assume(queueConfig.EvtIoStop == 0);
    if (!NT_SUCCESS(status)) return status;

    status = WdfDeviceCreateDeviceInterface(device, &GUID_DEVINTERFACE_PADBUS_PADS, nullptr);
    if (!NT_SUCCESS(status)) return status;

    busInfo.BusTypeGuid = GUID_BUS_TYPE_USB;
    busInfo.LegacyBusType = PNPBus;
    busInfo.BusNumber = 0;
    WdfDeviceSetBusInformationForChildren(device, &busInfo);
    return status;
}
VOID Bus_DeviceFileCreate(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT FileObject)
{
    PAGED_CODE();
    auto fd = FileObjectGetData(FileObject);
    fd->SessionId = InterlockedIncrement(&FdoGetData(Device)->NextSessionId);
    InterlockedIncrement(&FdoGetData(Device)->InterfaceReferenceCounter);
    TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_DRIVER, "Session %d: pid %d", fd->SessionId, (ULONG)(ULONG_PTR)PsGetCurrentProcessId());
    WdfRequestComplete(Request, STATUS_SUCCESS);
}
VOID Bus_FileClose(WDFFILEOBJECT FileObject) { UNREFERENCED_PARAMETER(FileObject); }

template <typename F> static void ForEachChild(WDFCHILDLIST list, ULONG flags, F&& fn)
{
    WDF_CHILD_LIST_ITERATOR iterator;
    WDF_CHILD_LIST_ITERATOR_INIT(&iterator, flags);
    WdfChildListBeginIteration(list, &iterator);
    for (;;) {
        WDF_CHILD_RETRIEVE_INFO info;
        PDO_IDENTIFICATION_DESCRIPTION d;
        WDFDEVICE child;
        WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&d.Header, sizeof(d));
        WDF_CHILD_RETRIEVE_INFO_INIT(&info, &d.Header);
        NTSTATUS st = WdfChildListRetrieveNextDevice(list, &iterator, &child, &info);
        if (!NT_SUCCESS(st) || st == STATUS_NO_MORE_ENTRIES) break;
        if (!fn(child, d, info)) break;
    }
    WdfChildListEndIteration(list, &iterator);
}

VOID Bus_FileCleanup(WDFFILEOBJECT FileObject)
{
    auto device = WdfFileObjectGetDevice(FileObject);
    auto fd = FileObjectGetData(FileObject);
    if (InterlockedDecrement(&FdoGetData(device)->InterfaceReferenceCounter) < 0) return;
    auto list = WdfFdoGetDefaultChildList(device);
    ForEachChild(list, WdfRetrievePresentChildren, [&](WDFDEVICE, PDO_IDENTIFICATION_DESCRIPTION& d, WDF_CHILD_RETRIEVE_INFO&) {
        if (d.SessionId == (DWORD)fd->SessionId) {
            auto st = WdfChildListUpdateChildDescriptionAsMissing(list, &d.Header);
            TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_DRIVER, "Unplugging device with serial %d: %!STATUS!", d.SerialNo, st);
        }
        return true;
    });
}
NTSTATUS Bus_EvtDeviceListCreatePdo(WDFCHILDLIST list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER desc, PWDFDEVICE_INIT init)
{
    auto d = CONTAINING_RECORD(desc, PDO_IDENTIFICATION_DESCRIPTION, Header);
    return d->Target->PdoCreateDevice(WdfChildListGetDevice(list), init);
}

static NTSTATUS Plugin(WDFDEVICE device, WDFREQUEST Request, LONG session)
{
    PPADS_PLUGIN p; size_t len;
    NTSTATUS st = WdfRequestRetrieveInputBuffer(Request, sizeof(PADS_PLUGIN), (PVOID*)&p, &len);
    if (!NT_SUCCESS(st)) return st;
    if (sizeof(PADS_PLUGIN) != p->Size || len != p->Size || p->SerialNo == 0) return STATUS_INVALID_PARAMETER;
    bool found = false;
    ForEachChild(WdfFdoGetDefaultChildList(device), WdfRetrieveAddedChildren | WdfRetrievePresentChildren, [&](auto, auto& d, auto&) { found |= d.SerialNo == p->SerialNo; return !found; });
    if (found) return STATUS_DEVICE_ALREADY_ATTACHED;

    PDO_IDENTIFICATION_DESCRIPTION description;
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&description.Header, sizeof(description));
    description.SerialNo = p->SerialNo; description.SessionId = session; description.TargetType = p->TargetType;
    switch (p->TargetType) {
    case FirstKind: description.Target = new Pads::Core::FirstPdo(p->SerialNo, session); break;
    case SecondKind: description.Target = new Pads::Core::SecondPdo(p->SerialNo, session); break;
    default: return STATUS_NOT_SUPPORTED;
    }
    if (!description.Target) return STATUS_NO_MEMORY;
    st = WdfChildListAddOrUpdateChildDescriptionAsPresent(WdfFdoGetDefaultChildList(device), &description.Header, nullptr);
    if (st == STATUS_OBJECT_NAME_EXISTS) { delete description.Target; st = STATUS_INVALID_PARAMETER; }
    return st;
}

VOID Bus_EvtIoDeviceControl(IN WDFQUEUE Queue, IN WDFREQUEST Request, IN size_t OutputBufferLength, IN size_t InputBufferLength, IN ULONG IoControlCode)
{
    UNREFERENCED_PARAMETER(OutputBufferLength); UNREFERENCED_PARAMETER(InputBufferLength);
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    auto device = WdfIoQueueGetDevice(Queue);
    auto file = WdfRequestGetFileObject(Request);
    if (file == nullptr) { WdfRequestComplete(Request, STATUS_INVALID_PARAMETER); return; }
    auto session = FileObjectGetData(file)->SessionId;
    size_t length = 0;
    auto list = WdfFdoGetDefaultChildList(device);
    auto findPdo = [&](ULONG serial) -> PadPdo* {
        PDO_IDENTIFICATION_DESCRIPTION d;
        WDF_CHILD_RETRIEVE_INFO info;
        WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&d.Header, sizeof(d));
        d.SerialNo = serial;
        WDF_CHILD_RETRIEVE_INFO_INIT(&info, &d.Header);
        WDFDEVICE pdo = WdfChildListRetrievePdo(list, &info);
        if (!pdo) return nullptr;
        return Pads::Core::PdoGetData(pdo)->Target;
    };
    switch (IoControlCode) {
    case IOCTL_PADS_CHECK_VERSION: {
        PPADS_VERSION v;
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(*v), (PVOID*)&v, &length);
        if (NT_SUCCESS(status)) status = v->Version == PADS_COMMON_VERSION ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
        length = 0;
        break;
    }
    case IOCTL_PADS_PLUGIN_TARGET: status = Plugin(device, Request, session); break;
    case IOCTL_PADS_UNPLUG_TARGET: {
        PPADS_UNPLUG u;
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(*u), (PVOID*)&u, nullptr);
        if (!NT_SUCCESS(status)) break;
        PDO_IDENTIFICATION_DESCRIPTION d;
        WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&d.Header, sizeof(d));
        d.SerialNo = u->SerialNo;
        status = WdfChildListUpdateChildDescriptionAsMissing(list, &d.Header);
        break;
    }
    case IOCTL_PADS_SUBMIT_REPORT: {
        PPADS_SUBMIT s;
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(*s), (PVOID*)&s, nullptr);
        if (!NT_SUCCESS(status)) break;
        auto t = findPdo(s->SerialNo);
        status = t ? t->SubmitReport(s->Report) : STATUS_DEVICE_DOES_NOT_EXIST;
        break;
    }
    case IOCTL_PADS_REQUEST_NOTIFICATION: {
        PPADS_NOTIFY n;
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(*n), (PVOID*)&n, nullptr);
        if (!NT_SUCCESS(status)) break;
        auto t = findPdo(n->SerialNo);
        status = t ? t->EnqueueNotification(Request) : STATUS_DEVICE_DOES_NOT_EXIST;
        if (status == STATUS_PENDING) return;
        break;
    }
    default: break;
    }
    WdfRequestCompleteWithInformation(Request, status, length);
}
VOID Bus_EvtIoDefault(WDFQUEUE, WDFREQUEST Request) { WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST); }
