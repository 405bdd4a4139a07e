#include <ntddk.h>
#include <wdf.h>
#include <wdmguid.h>
#include <ntstrsafe.h>
#include <ntintsafe.h>
#include "..\rack.h"
#pragma warning(disable:4100)

typedef struct _SLOT_ID {
	WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
	ULONG Slot;
	size_t cchModel;
	_Field_size_bytes_(cchModel) PWCHAR Model;
} SLOT_ID, *PSLOT_ID;
typedef struct _SLOT_ADDR { WDF_CHILD_ADDRESS_DESCRIPTION_HEADER Header; ULONG Row, Column; } SLOT_ADDR, *PSLOT_ADDR;

typedef struct { WDFCHILDLIST Inserted; LONG Children; LONG Leds[16]; } BUS_CTX, *PBUS_CTX;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BUS_CTX, BusCtx)
struct PDO_CTX { ULONG Slot; LONG Led; LONG Temp; VOID (*Changed)(PVOID, LONG); PVOID ChangedContext; ULONG Row; };
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PDO_CTX, PdoCtx)

extern "C" {
DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD OnAdd;
static EVT_WDF_CHILD_LIST_CREATE_DEVICE OnCreate;
static EVT_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_COPY IdCopy;
static EVT_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_DUPLICATE IdDup;
static EVT_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_CLEANUP IdCleanup;
static EVT_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_COMPARE IdCompare;
static EVT_WDF_CHILD_LIST_ADDRESS_DESCRIPTION_COPY AddrCopy;
static EVT_WDF_CHILD_LIST_SCAN_FOR_CHILDREN OnScan;
static EVT_WDF_CHILD_LIST_DEVICE_REENUMERATED OnReenumerated;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL OnIoctl;
static EVT_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST OnQueryInterface;
static EVT_WDF_DEVICE_EJECT OnEject;
static EVT_WDF_DEVICE_SET_LOCK OnLock;
static EVT_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY OnRequirements;
static EVT_WDF_DEVICE_ENABLE_WAKE_AT_BUS OnWake;
static EVT_WDF_DEVICE_DISABLE_WAKE_AT_BUS OnNoWake;
}

static BOOLEAN SetLed(PVOID ctx, UCHAR c) { PDO_CTX* p = PdoCtx((WDFDEVICE)ctx); InterlockedExchange(&p->Led, c); if (p->Changed) p->Changed(p->ChangedContext, p->Temp + c); return TRUE; }
static BOOLEAN GetTemp(PVOID ctx, PLONG t) { *t = PdoCtx((WDFDEVICE)ctx)->Temp; return TRUE; }
static NTSTATUS Subscribe(PVOID ctx, VOID (*f)(PVOID, LONG), PVOID c) { PDO_CTX* p = PdoCtx((WDFDEVICE)ctx); if (p->Changed && f) return STATUS_SHARING_VIOLATION; p->ChangedContext = c; p->Changed = f; return STATUS_SUCCESS; }

NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r)
{
	WDF_DRIVER_CONFIG c;
	WDF_DRIVER_CONFIG_INIT(&c, OnAdd);
	return WdfDriverCreate(d, r, WDF_NO_OBJECT_ATTRIBUTES, &c, WDF_NO_HANDLE);
}

static VOID IdCopy(WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER src, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER dst)
{
	PSLOT_ID s = CONTAINING_RECORD(src, SLOT_ID, Header), d = CONTAINING_RECORD(dst, SLOT_ID, Header);
	size_t cb; if (!NT_SUCCESS(RtlSizeTMult(s->cchModel, sizeof(WCHAR), &cb))) return;
	RtlCopyMemory(d->Model, s->Model, s->cchModel * sizeof(WCHAR));
	d->Slot = s->Slot; d->cchModel = s->cchModel;
}
static NTSTATUS IdDup(WDFCHILDLIST l, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER src, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER dst)
{
	PSLOT_ID s = CONTAINING_RECORD(src, SLOT_ID, Header), d = CONTAINING_RECORD(dst, SLOT_ID, Header);
	d->Model = (PWCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, s->cchModel * sizeof(WCHAR), 'kcaR');
	if (!d->Model) return STATUS_INSUFFICIENT_RESOURCES;
	RtlCopyMemory(d->Model, s->Model, s->cchModel * sizeof(WCHAR));
	d->Slot = s->Slot; d->cchModel = s->cchModel;
	return STATUS_SUCCESS;
}
static VOID IdCleanup(WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER id) { PSLOT_ID s = CONTAINING_RECORD(id, SLOT_ID, Header); if (s->Model) { ExFreePool(s->Model); s->Model = NULL; } }
static BOOLEAN IdCompare(WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER a, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER b) { return CONTAINING_RECORD(a, SLOT_ID, Header)->Slot == CONTAINING_RECORD(b, SLOT_ID, Header)->Slot; }
static VOID AddrCopy(WDFCHILDLIST, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER s, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER d) { *CONTAINING_RECORD(d, SLOT_ADDR, Header) = *CONTAINING_RECORD(s, SLOT_ADDR, Header); }
static VOID OnScan(WDFCHILDLIST l)
{
	// keep everything that we know of
	WDF_CHILD_LIST_ITERATOR it;
	WDF_CHILD_RETRIEVE_INFO info;
	SLOT_ID id; WDFDEVICE dev;
	WDF_CHILD_LIST_ITERATOR_INIT(&it, WdfRetrievePresentChildren);
	WdfChildListBeginIteration(l, &it);
	for (;;) {
		WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof id);
		WCHAR model[16]; id.Model = model; id.cchModel = ARRAYSIZE(model);
		WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.Header);
		NTSTATUS st = WdfChildListRetrieveNextDevice(l, &it, &dev, &info);
		if (!NT_SUCCESS(st) || st == STATUS_NO_MORE_ENTRIES) break;
		KdPrint(("rackbus: slot %u status %d %ws\n", id.Slot, info.Status, id.Model));
	}
	WdfChildListEndIteration(l, &it);
}
static BOOLEAN OnReenumerated(WDFCHILDLIST l, WDFDEVICE old, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER oa, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER na)
{
	KdPrint(("rackbus: slot %u again, row %u\n", PdoCtx(old)->Slot, CONTAINING_RECORD(na, SLOT_ADDR, Header)->Row));
	return PdoCtx(old)->Slot != 7;
}

static NTSTATUS OnAdd(WDFDRIVER, PWDFDEVICE_INIT init)
{
	WDF_CHILD_LIST_CONFIG cl; WDF_OBJECT_ATTRIBUTES oa; WDFDEVICE dev; WDF_IO_QUEUE_CONFIG qc; PNP_BUS_INFORMATION bi;
	WDF_QUERY_INTERFACE_CONFIG qic; INTERFACE none;
	WdfDeviceInitSetDeviceType(init, FILE_DEVICE_BUS_EXTENDER);
	WdfDeviceInitSetExclusive(init, TRUE);
	WDF_CHILD_LIST_CONFIG_INIT(&cl, sizeof(SLOT_ID), OnCreate);
	cl.EvtChildListIdentificationDescriptionCopy = IdCopy; cl.EvtChildListIdentificationDescriptionDuplicate = IdDup;
	cl.EvtChildListIdentificationDescriptionCleanup = IdCleanup; cl.EvtChildListIdentificationDescriptionCompare = IdCompare;
	cl.EvtChildListScanForChildren = OnScan; cl.EvtChildListDeviceReenumerated = OnReenumerated;
	cl.AddressDescriptionSize = sizeof(SLOT_ADDR); cl.EvtChildListAddressDescriptionCopy = AddrCopy;
	WdfFdoInitSetDefaultChildListConfig(init, &cl, WDF_NO_OBJECT_ATTRIBUTES);
	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&oa, BUS_CTX);
	NTSTATUS st = WdfDeviceCreate(&init, &oa, &dev);
	if (!NT_SUCCESS(st)) return st;
	BusCtx(dev)->Inserted = WdfFdoGetDefaultChildList(dev);
	WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&qc, WdfIoQueueDispatchSequential);
	qc.EvtIoDeviceControl = OnIoctl;
	st = WdfIoQueueCreate(dev, &qc, NULL, NULL);
	if (!NT_SUCCESS(st)) return st;
	bi.BusTypeGuid = GUID_DEVINTERFACE_RACK; bi.LegacyBusType = PNPBus; bi.BusNumber = 5;
	WdfDeviceSetBusInformationForChildren(dev, &bi);
	return WdfDeviceCreateDeviceInterface(dev, &GUID_DEVINTERFACE_RACK, NULL);
}

static NTSTATUS OnCreate(WDFCHILDLIST list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER h, PWDFDEVICE_INIT init)
{
	PSLOT_ID id = CONTAINING_RECORD(h, SLOT_ID, Header);
	DECLARE_UNICODE_STRING_SIZE(s, 128);
	DECLARE_CONST_UNICODE_STRING(loc, L"Rack");
	WDF_OBJECT_ATTRIBUTES oa; WDFDEVICE child; WDF_DEVICE_PNP_CAPABILITIES pc; WDF_DEVICE_POWER_CAPABILITIES pw; WDF_PDO_EVENT_CALLBACKS pe; WDF_QUERY_INTERFACE_CONFIG qi;
	RACK_INTERFACE_STANDARD rack;
	NTSTATUS st;
	SLOT_ADDR addr;
	WdfDeviceInitSetDeviceType(init, FILE_DEVICE_BUS_EXTENDER);
	WDF_PDO_EVENT_CALLBACKS_INIT(&pe);
	pe.EvtDeviceEject = OnEject; pe.EvtDeviceSetLock = OnLock; pe.EvtDeviceResourceRequirementsQuery = OnRequirements;
	pe.EvtDeviceEnableWakeAtBus = OnWake; pe.EvtDeviceDisableWakeAtBus = OnNoWake;
	WdfPdoInitSetEventCallbacks(init, &pe);
	RtlUnicodeStringPrintf(&s, L"RACK\\%ws", id->Model);
	if (!NT_SUCCESS(st = WdfPdoInitAssignDeviceID(init, &s))) return st;
	if (!NT_SUCCESS(st = WdfPdoInitAddHardwareID(init, &s))) return st;
	RtlInitUnicodeString(&s, L"RACK\\Blade");
	s = s;
	DECLARE_CONST_UNICODE_STRING(compat, L"RACK\\Blade");
	if (!NT_SUCCESS(st = WdfPdoInitAddCompatibleID(init, &compat))) return st;
	DECLARE_UNICODE_STRING_SIZE(inst, 16);
	RtlUnicodeStringPrintf(&inst, L"slot%02u", id->Slot);
	if (!NT_SUCCESS(st = WdfPdoInitAssignInstanceID(init, &inst))) return st;
	DECLARE_UNICODE_STRING_SIZE(text, 64);
	RtlUnicodeStringPrintf(&text, L"%ws blade in slot %u", id->Model, id->Slot);
	if (!NT_SUCCESS(st = WdfPdoInitAddDeviceText(init, &text, &loc, 0x409))) return st;
	WdfPdoInitSetDefaultLocale(init, 0x409);
	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&oa, PDO_CTX);
	if (!NT_SUCCESS(st = WdfDeviceCreate(&init, &oa, &child))) return st;
	PdoCtx(child)->Slot = id->Slot; PdoCtx(child)->Temp = 20 + id->Slot;
	WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&addr.Header, sizeof addr);
	WdfChildListRetrieveAddressDescription(list, h, &addr.Header);
	PdoCtx(child)->Row = addr.Row;
	WDF_DEVICE_PNP_CAPABILITIES_INIT(&pc);
	pc.Removable = pc.EjectSupported = pc.SurpriseRemovalOK = WdfTrue; pc.LockSupported = WdfTrue; pc.Address = pc.UINumber = id->Slot;
	WdfDeviceSetPnpCapabilities(child, &pc);
	WDF_DEVICE_POWER_CAPABILITIES_INIT(&pw);
	pw.DeviceD1 = WdfTrue; pw.WakeFromD1 = WdfTrue; pw.DeviceWake = PowerDeviceD1; pw.SystemWake = PowerSystemSleeping3;
	pw.DeviceState[PowerSystemWorking] = PowerDeviceD0; pw.DeviceState[PowerSystemSleeping1] = PowerDeviceD1; pw.DeviceState[PowerSystemSleeping2] = PowerDeviceD3;
	pw.DeviceState[PowerSystemSleeping3] = PowerDeviceD1; pw.DeviceState[PowerSystemHibernate] = PowerDeviceD3; pw.DeviceState[PowerSystemShutdown] = PowerDeviceD3;
	WdfDeviceSetPowerCapabilities(child, &pw);
	RtlZeroMemory(&rack, sizeof rack);
	rack.InterfaceHeader.Size = sizeof rack; rack.InterfaceHeader.Version = 2; rack.InterfaceHeader.Context = child;
	rack.InterfaceHeader.InterfaceReference = WdfDeviceInterfaceReferenceNoOp; rack.InterfaceHeader.InterfaceDereference = WdfDeviceInterfaceDereferenceNoOp;
	rack.SetLed = SetLed; rack.GetTemp = GetTemp; rack.Subscribe = Subscribe;
	WDF_QUERY_INTERFACE_CONFIG_INIT(&qi, (PINTERFACE)&rack, &GUID_RACK_INTERFACE_STANDARD, OnQueryInterface);
	st = WdfDeviceAddQueryInterface(child, &qi);
	return st;
}
static NTSTATUS OnQueryInterface(WDFDEVICE d, LPGUID g, PINTERFACE i, PVOID specific)
{
	KdPrint(("rackbus: interface version %u asked of slot %u\n", i->Version, PdoCtx(d)->Slot));
	if (specific) return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}
static NTSTATUS OnEject(WDFDEVICE d) { KdPrint(("rackbus: eject %u\n", PdoCtx(d)->Slot)); return STATUS_SUCCESS; }
static NTSTATUS OnLock(WDFDEVICE, BOOLEAN) { return STATUS_SUCCESS; }
static NTSTATUS OnWake(WDFDEVICE d, SYSTEM_POWER_STATE) { KdPrint(("rackbus: wake armed %u\n", PdoCtx(d)->Slot)); return STATUS_SUCCESS; }
static VOID OnNoWake(WDFDEVICE d) {}
static NTSTATUS OnRequirements(WDFDEVICE d, WDFIORESREQLIST list)
{
	WDFIORESLIST log; IO_RESOURCE_DESCRIPTOR r;
	NTSTATUS st = WdfIoResourceListCreate(list, WDF_NO_OBJECT_ATTRIBUTES, &log);
	if (!NT_SUCCESS(st)) return st;
	RtlZeroMemory(&r, sizeof r);
	r.Type = CmResourceTypePort; r.ShareDisposition = CmResourceShareDeviceExclusive; r.Flags = CM_RESOURCE_PORT_IO;
	r.u.Port.Length = 4; r.u.Port.Alignment = 4; r.u.Port.MinimumAddress.QuadPart = 0x400; r.u.Port.MaximumAddress.QuadPart = 0x4FF;
	st = WdfIoResourceListAppendDescriptor(log, &r);
	if (NT_SUCCESS(st)) st = WdfIoResourceRequirementsListAppendIoResList(list, log);
	WdfIoResourceRequirementsListSetSlotNumber(list, PdoCtx(d)->Slot);
	return st;
}

static VOID OnIoctl(WDFQUEUE q, WDFREQUEST r, size_t, size_t cbIn, ULONG code)
{
	WDFDEVICE bus = WdfIoQueueGetDevice(q);
	PRACK_PLUG p; NTSTATUS st = WdfRequestRetrieveInputBuffer(r, sizeof(RACK_PLUG), (PVOID*)&p, NULL);
	SLOT_ID id; SLOT_ADDR addr; WDF_CHILD_RETRIEVE_INFO info;
	if (!NT_SUCCESS(st) || p->Size != sizeof *p) { WdfRequestComplete(r, NT_SUCCESS(st) ? STATUS_INVALID_PARAMETER : st); return; }
	WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof id);
	id.Slot = p->Slot; id.Model = p->Model; p->Model[15] = 0; id.cchModel = wcslen(p->Model) + 1;
	switch (code) {
	case IOCTL_RACK_PLUG:
		WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&addr.Header, sizeof addr);
		addr.Row = p->Slot / 4; addr.Column = p->Slot % 4;
		st = WdfChildListAddOrUpdateChildDescriptionAsPresent(BusCtx(bus)->Inserted, &id.Header, &addr.Header);
		if (st == STATUS_OBJECT_NAME_EXISTS) st = STATUS_DEVICE_ALREADY_ATTACHED;
		break;
	case IOCTL_RACK_UNPLUG:
		st = WdfChildListUpdateChildDescriptionAsMissing(BusCtx(bus)->Inserted, &id.Header);
		break;
	case IOCTL_RACK_EJECT: {
		WDFDEVICE child = WdfChildListRetrievePdo(BusCtx(bus)->Inserted, (WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.Header), &info));
		if (!child) { st = STATUS_NO_SUCH_DEVICE; break; }
		WdfPdoRequestEject(child); st = STATUS_SUCCESS;
		break; }
	default: st = STATUS_INVALID_DEVICE_REQUEST;
	}
	WdfRequestComplete(r, st);
}
