/* Function driver of a blade: asks its bus for an interface; opens another driver by interface notification and keeps a remote target. */
#define INITGUID
#include <ntddk.h>
#include <wdf.h>
#include <wdmguid.h>
#include <ntstrsafe.h>
#include "../rack.h"

DEFINE_GUID(GUID_DEVINTERFACE_SENSORHUB, 0x1f7e4c11, 0x6a0b, 0x4c58, 0x9f, 0x3e, 0x10, 0x22, 0x33, 0x44, 0x55, 0x66);
#define IOCTL_HUB_READ CTL_CODE(FILE_DEVICE_UNKNOWN, 0x840, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_BLADE_HUB CTL_CODE(FILE_DEVICE_UNKNOWN, 0x811, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _BLADE {
    WDFDEVICE Device;
    RACK_INTERFACE_STANDARD Rack;
    PVOID InterfaceNotify, TargetNotify;
    WDFIOTARGET Hub;
    WDFWAITLOCK Lock;
    WDFCOLLECTION Names;
    WDFWORKITEM OpenItem;
    LONG TempEvents;
    BOOLEAN HubOpen;
    WDFSTRING Link;
} BLADE, *PBLADE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BLADE, BladeGet)
typedef struct _TARGET_CTX { PBLADE Blade; } TARGET_CTX;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(TARGET_CTX, TargetGet)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD BladeAdd;
EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT BladeSmInit;
EVT_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP BladeSmCleanup;
EVT_WDF_DEVICE_PREPARE_HARDWARE BladePrepare;
EVT_WDF_DEVICE_RELEASE_HARDWARE BladeRelease;
EVT_WDF_IO_TARGET_QUERY_REMOVE HubQueryRemove;
EVT_WDF_IO_TARGET_REMOVE_CANCELED HubRemoveCanceled;
EVT_WDF_IO_TARGET_REMOVE_COMPLETE HubRemoveComplete;
EVT_WDF_WORKITEM BladeOpen;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL BladeIoctl;
DRIVER_NOTIFICATION_CALLBACK_ROUTINE BladeNotify, BladeTargetNotify;

NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r)
{
    WDF_DRIVER_CONFIG c;
    WDF_DRIVER_CONFIG_INIT(&c, BladeAdd);
    return WdfDriverCreate(d, r, WDF_NO_OBJECT_ATTRIBUTES, &c, WDF_NO_HANDLE);
}

static VOID TempChanged(PVOID Context, LONG Temp) { PBLADE b = Context; UNREFERENCED_PARAMETER(Temp); InterlockedIncrement(&b->TempEvents); }

NTSTATUS BladeAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS p; WDF_OBJECT_ATTRIBUTES a; WDFDEVICE dev; PBLADE b; WDF_IO_QUEUE_CONFIG q; WDF_WORKITEM_CONFIG w; NTSTATUS s;
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS wake;
    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&p);
    p.EvtDevicePrepareHardware = BladePrepare; p.EvtDeviceReleaseHardware = BladeRelease;
    p.EvtDeviceSelfManagedIoInit = BladeSmInit; p.EvtDeviceSelfManagedIoCleanup = BladeSmCleanup;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &p);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&a, BLADE);
    s = WdfDeviceCreate(&Init, &a, &dev);
    if (!NT_SUCCESS(s)) return s;
    b = BladeGet(dev); b->Device = dev;
    WDF_OBJECT_ATTRIBUTES_INIT(&a); a.ParentObject = dev;
    if (!NT_SUCCESS(s = WdfWaitLockCreate(&a, &b->Lock))) return s;
    if (!NT_SUCCESS(s = WdfCollectionCreate(&a, &b->Names))) return s;
    WDF_WORKITEM_CONFIG_INIT(&w, BladeOpen);
    if (!NT_SUCCESS(s = WdfWorkItemCreate(&w, &a, &b->OpenItem))) return s;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&q, WdfIoQueueDispatchParallel);
    q.EvtIoDeviceControl = BladeIoctl;
    if (!NT_SUCCESS(s = WdfIoQueueCreate(dev, &q, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE))) return s;
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&wake);
    s = WdfDeviceAssignSxWakeSettings(dev, &wake);
    KdPrintEx((DPFLTR_IHVBUS_ID, DPFLTR_ERROR_LEVEL, "blade: wake %08x\n", s));
    return WdfDeviceCreateDeviceInterface(dev, &GUID_DEVINTERFACE_BLADE, NULL);
}

NTSTATUS BladePrepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Tr)
{
    PBLADE b = BladeGet(Device);
    LONG temp = 0;
    NTSTATUS s;
    UNREFERENCED_PARAMETER(Raw);
    s = WdfFdoQueryForInterface(Device, &GUID_RACK_INTERFACE_STANDARD, (PINTERFACE)&b->Rack, sizeof b->Rack, 2, NULL);
    if (!NT_SUCCESS(s)) return s;
    if (b->Rack.GetTemp(b->Rack.InterfaceHeader.Context, &temp)) DbgPrint("blade: %d degrees, %u resources\n", temp, WdfCmResourceListGetCount(Tr));
    return b->Rack.Subscribe(b->Rack.InterfaceHeader.Context, TempChanged, b);
}
NTSTATUS BladeRelease(WDFDEVICE Device, WDFCMRESLIST Tr)
{
    PBLADE b = BladeGet(Device);
    UNREFERENCED_PARAMETER(Tr);
    if (b->Rack.InterfaceHeader.Context) { b->Rack.Subscribe(b->Rack.InterfaceHeader.Context, NULL, NULL); b->Rack.InterfaceHeader.InterfaceDereference(b->Rack.InterfaceHeader.Context); b->Rack.InterfaceHeader.Context = NULL; }
    return STATUS_SUCCESS;
}

NTSTATUS BladeSmInit(WDFDEVICE Device)
{
    return IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES, (PVOID)&GUID_DEVINTERFACE_SENSORHUB,
        WdfDriverWdmGetDriverObject(WdfGetDriver()), BladeNotify, BladeGet(Device), &BladeGet(Device)->InterfaceNotify);
}
VOID BladeSmCleanup(WDFDEVICE Device)
{
    PBLADE b = BladeGet(Device);
    if (b->InterfaceNotify) { IoUnregisterPlugPlayNotificationEx(b->InterfaceNotify); b->InterfaceNotify = NULL; }
    WdfWorkItemFlush(b->OpenItem);
    if (b->TargetNotify) { IoUnregisterPlugPlayNotification(b->TargetNotify); b->TargetNotify = NULL; }
    if (b->Hub) { WdfIoTargetClose(b->Hub); WdfObjectDelete(b->Hub); b->Hub = NULL; b->HubOpen = FALSE; }
}

NTSTATUS BladeNotify(PVOID Structure, PVOID Context)
{
    PDEVICE_INTERFACE_CHANGE_NOTIFICATION n = Structure;
    PBLADE b = Context;
    WDFSTRING name; WDF_OBJECT_ATTRIBUTES a; NTSTATUS s;
    PAGED_CODE();
    if (IsEqualGUID(&n->Event, &GUID_DEVICE_INTERFACE_ARRIVAL)) {
        WDF_OBJECT_ATTRIBUTES_INIT(&a); a.ParentObject = b->Device;
        s = WdfStringCreate(n->SymbolicLinkName, &a, &name);
        if (!NT_SUCCESS(s)) return s;
        WdfWaitLockAcquire(b->Lock, NULL);
        s = WdfCollectionAdd(b->Names, name);
        WdfWaitLockRelease(b->Lock);
        if (NT_SUCCESS(s)) WdfWorkItemEnqueue(b->OpenItem); else WdfObjectDelete(name);
    } else if (IsEqualGUID(&n->Event, &GUID_DEVICE_INTERFACE_REMOVAL)) DbgPrint("blade: hub interface gone\n");
    return STATUS_SUCCESS;
}

NTSTATUS BladeTargetNotify(PVOID Structure, PVOID Context)
{
    PTARGET_DEVICE_REMOVAL_NOTIFICATION n = Structure;
    UNREFERENCED_PARAMETER(Context);
    if (IsEqualGUID(&n->Event, &GUID_TARGET_DEVICE_QUERY_REMOVE)) DbgPrint("blade: (wdm) query remove\n");
    else if (IsEqualGUID(&n->Event, &GUID_TARGET_DEVICE_REMOVE_CANCELLED)) DbgPrint("blade: (wdm) remove cancelled\n");
    else if (IsEqualGUID(&n->Event, &GUID_TARGET_DEVICE_REMOVE_COMPLETE)) DbgPrint("blade: (wdm) remove complete\n");
    return STATUS_SUCCESS;
}

VOID BladeOpen(WDFWORKITEM Item)
{
    PBLADE b = BladeGet(WdfWorkItemGetParentObject(Item));
    WDFSTRING name; UNICODE_STRING u; WDF_IO_TARGET_OPEN_PARAMS op; WDF_OBJECT_ATTRIBUTES a; NTSTATUS s;
    WdfWaitLockAcquire(b->Lock, NULL);
    name = WdfCollectionGetFirstItem(b->Names);
    if (name && !b->Hub) {
        WdfCollectionRemove(b->Names, name);
        WdfStringGetUnicodeString(name, &u);
        WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&a, TARGET_CTX); a.ParentObject = b->Device;
        s = WdfIoTargetCreate(b->Device, &a, &b->Hub);
        if (NT_SUCCESS(s)) {
            TargetGet(b->Hub)->Blade = b;
            WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&op, &u, STANDARD_RIGHTS_ALL);
            op.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE;
            op.EvtIoTargetQueryRemove = HubQueryRemove; op.EvtIoTargetRemoveCanceled = HubRemoveCanceled; op.EvtIoTargetRemoveComplete = HubRemoveComplete;
            s = WdfIoTargetOpen(b->Hub, &op);
        }
        DbgPrint("blade: hub %wZ: %08x\n", &u, s);
        if (NT_SUCCESS(s)) b->HubOpen = TRUE; else if (b->Hub) { WdfObjectDelete(b->Hub); b->Hub = NULL; }
        if (b->HubOpen) {
            s = IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, WdfIoTargetWdmGetTargetFileObject(b->Hub), WdfDriverWdmGetDriverObject(WdfGetDriver()), BladeTargetNotify, b, &b->TargetNotify);
        }
        WdfObjectDelete(name);
    }
    WdfWaitLockRelease(b->Lock);
}

NTSTATUS HubQueryRemove(WDFIOTARGET Target) { PBLADE b = TargetGet(Target)->Blade; DbgPrint("blade: query remove\n"); b->HubOpen = FALSE; WdfIoTargetCloseForQueryRemove(Target); return STATUS_SUCCESS; }
VOID HubRemoveCanceled(WDFIOTARGET Target)
{
    WDF_IO_TARGET_OPEN_PARAMS op; NTSTATUS s;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_REOPEN(&op);
    s = WdfIoTargetOpen(Target, &op);
    TargetGet(Target)->Blade->HubOpen = NT_SUCCESS(s);
    DbgPrint("blade: remove cancelled %08x\n", s);
}
VOID HubRemoveComplete(WDFIOTARGET Target)
{
    PBLADE b = TargetGet(Target)->Blade;
    DbgPrint("blade: remove complete\n");
    WdfWaitLockAcquire(b->Lock, NULL);
    b->HubOpen = FALSE;
    b->Hub = NULL;
    WdfWaitLockRelease(b->Lock);
    WdfIoTargetClose(Target);
    WdfObjectDelete(Target);
}

VOID BladeIoctl(WDFQUEUE Queue, WDFREQUEST Request, size_t Out, size_t In, ULONG Code)
{
    PBLADE b = BladeGet(WdfIoQueueGetDevice(Queue));
    NTSTATUS s = STATUS_INVALID_DEVICE_REQUEST;
    PULONG p; size_t n = 0;
    UNREFERENCED_PARAMETER(Out); UNREFERENCED_PARAMETER(In);
    if (Code == IOCTL_BLADE_LED) {
        s = WdfRequestRetrieveInputBuffer(Request, 1, (PVOID*)&p, NULL);
        if (NT_SUCCESS(s)) s = b->Rack.SetLed(b->Rack.InterfaceHeader.Context, *(PUCHAR)p) ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR;
        if (NT_SUCCESS(s) && NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, 4, (PVOID*)&p, NULL))) { *p = (ULONG)b->TempEvents; n = 4; }
    } else if (Code == IOCTL_BLADE_HUB) {
        WDF_MEMORY_DESCRIPTOR md; WDF_REQUEST_SEND_OPTIONS so; ULONG_PTR got = 0; ULONG value = 0;
        WDFIOTARGET hub = NULL;
        WdfWaitLockAcquire(b->Lock, NULL);
        if (b->HubOpen) { hub = b->Hub; WdfObjectReference(hub); }
        WdfWaitLockRelease(b->Lock);
        if (!hub) { WdfRequestComplete(Request, STATUS_DEVICE_NOT_READY); return; }
        WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&md, &value, sizeof value);
        WDF_REQUEST_SEND_OPTIONS_INIT(&so, WDF_REQUEST_SEND_OPTION_TIMEOUT | WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
        so.Timeout = WDF_REL_TIMEOUT_IN_SEC(2);
        s = WdfIoTargetSendIoctlSynchronously(hub, NULL, IOCTL_HUB_READ, NULL, &md, &so, &got);
        WdfObjectDereference(hub);
        if (NT_SUCCESS(s)) { s = WdfRequestRetrieveOutputBuffer(Request, 4, (PVOID*)&p, NULL); if (NT_SUCCESS(s)) { *p = value; n = got; } }
    }
    WdfRequestCompleteWithInformation(Request, s, n);
}
