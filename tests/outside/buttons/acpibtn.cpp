// AcpiBtn.cpp - vendor hotkey device on ACPI (notifications + methods), plus a battery. C++/KMDF, one file.
#include <initguid.h>
extern "C" {
#include <ntddk.h>
}
#include <wdf.h>
#include <wdmguid.h>
#include <acpiioct.h>
#include <poclass.h>
#include <batclass.h>
#include <ntstrsafe.h>
#include <devpkey.h>

#define MSG(fmt, ...) DbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, "[AcpiBtn] " fmt "\n", __VA_ARGS__)

struct ButtonContext {
	WDFDEVICE Device;
	WDFIOTARGET Target;
	ACPI_INTERFACE_STANDARD2 Acpi;
	bool Registered;
	WDFWORKITEM Work;
	volatile LONG LastCode;
	WDFQUEUE Pending;
	ULONG Buttons;
	PVOID LidRegistration, BatteryRegistration;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(ButtonContext, Ctx)

DEFINE_GUID(kPowerLid, 0xBA3E0F4D, 0xB817, 0x4094, 0xA2, 0xD1, 0xD5, 0x63, 0x79, 0xE6, 0xA0, 0xF3);
// {4AFA3D52-74A7-11D0-BE5E-00A0C9062857} is GUID_DEVICE_SYS_BUTTON

#define IOCTL_BTN_EVAL_INT  CTL_CODE(FILE_DEVICE_ACPI, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)   // in: name[4] + ULONG64 arg, out ULONG64
#define IOCTL_BTN_EVAL_DSM  CTL_CODE(FILE_DEVICE_ACPI, 0x902, METHOD_BUFFERED, FILE_ANY_ACCESS)

static NTSTATUS EvalInteger(ButtonContext* c, ULONG Name, ULONG* Value)
{
	ACPI_EVAL_INPUT_BUFFER in = {};
	ACPI_EVAL_OUTPUT_BUFFER out = {};
	WDF_MEMORY_DESCRIPTOR mi, mo;
	ULONG_PTR got = 0;
	in.MethodNameAsUlong = Name;
	in.Signature = ACPI_EVAL_INPUT_BUFFER_SIGNATURE;
	WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&mi, &in, sizeof in);
	WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&mo, &out, sizeof out);
	NTSTATUS s = WdfIoTargetSendInternalIoctlSynchronously(c->Target, nullptr, IOCTL_ACPI_EVAL_METHOD, &mi, &mo, nullptr, &got);
	if (!NT_SUCCESS(s)) return s;
	if (out.Signature != ACPI_EVAL_OUTPUT_BUFFER_SIGNATURE || out.Count < 1 || out.Argument[0].Type != ACPI_METHOD_ARGUMENT_INTEGER || out.Argument[0].DataLength != sizeof(ULONG)) return STATUS_ACPI_INVALID_DATA;
	*Value = out.Argument[0].Argument;
	return s;
}

static NTSTATUS EvalWithArg(ButtonContext* c, ULONG Name, ULONG Arg)
{
	ACPI_EVAL_INPUT_BUFFER_SIMPLE_INTEGER in{};
	in.Signature = ACPI_EVAL_INPUT_BUFFER_SIMPLE_INTEGER_SIGNATURE;
	in.MethodNameAsUlong = Name;
	in.IntegerArgument = Arg;
	WDF_MEMORY_DESCRIPTOR mi;
	WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&mi, &in, sizeof in);
	return WdfIoTargetSendIoctlSynchronously(c->Target, WDF_NO_HANDLE, IOCTL_ACPI_EVAL_METHOD, &mi, nullptr, nullptr, nullptr);
}

// _DSM(uuid, rev, func, package{})
static NTSTATUS EvalDsm(ButtonContext* c, const GUID& uuid, ULONG rev, ULONG func, PULONG result)
{
	const ULONG cb = FIELD_OFFSET(ACPI_EVAL_INPUT_BUFFER_COMPLEX, Argument) + ACPI_METHOD_ARGUMENT_LENGTH(sizeof(GUID)) + 2 * ACPI_METHOD_ARGUMENT_LENGTH(sizeof(ULONG)) + ACPI_METHOD_ARGUMENT_LENGTH(0);
	auto in = static_cast<PACPI_EVAL_INPUT_BUFFER_COMPLEX>(ExAllocatePoolZero(NonPagedPoolNx, cb, 'ntbA'));
	if (!in) return STATUS_INSUFFICIENT_RESOURCES;
	in->Signature = ACPI_EVAL_INPUT_BUFFER_COMPLEX_SIGNATURE;
	in->MethodNameAsUlong = (ULONG)'MSD_';
	in->Size = cb;
	in->ArgumentCount = 4;
	PACPI_METHOD_ARGUMENT a = &in->Argument[0];
	ACPI_METHOD_SET_ARGUMENT_BUFFER(a, &uuid, sizeof uuid);
	a = ACPI_METHOD_NEXT_ARGUMENT(a);
	ACPI_METHOD_SET_ARGUMENT_INTEGER(a, rev);
	a = ACPI_METHOD_NEXT_ARGUMENT(a);
	ACPI_METHOD_SET_ARGUMENT_INTEGER(a, func);
	a = ACPI_METHOD_NEXT_ARGUMENT(a);
	a->Type = ACPI_METHOD_ARGUMENT_PACKAGE;
	a->DataLength = 0;
	UCHAR raw[256] = {};
	WDF_MEMORY_DESCRIPTOR mi, mo;
	WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&mi, in, cb);
	WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&mo, raw, sizeof raw);
	NTSTATUS s = WdfIoTargetSendIoctlSynchronously(c->Target, nullptr, IOCTL_ACPI_EVAL_METHOD, &mi, &mo, nullptr, nullptr);
	ExFreePoolWithTag(in, 'ntbA');
	if (!NT_SUCCESS(s)) return s;
	auto out = reinterpret_cast<PACPI_EVAL_OUTPUT_BUFFER>(raw);
	for (ULONG i = 0; i < out->Count; i++) { }
	PACPI_METHOD_ARGUMENT arg;
	PVOID end = (PUCHAR)raw + out->Length;
	UNREFERENCED_PARAMETER(end);
	arg = out->Argument;
	if (arg->Type == ACPI_METHOD_ARGUMENT_BUFFER) *result = arg->DataLength ? arg->Data[0] : 0;
	else if (arg->Type == ACPI_METHOD_ARGUMENT_INTEGER) *result = arg->Argument;
	else return STATUS_ACPI_INCORRECT_ARGUMENT_COUNT;
	return STATUS_SUCCESS;
}

static VOID NotifyCallback(PVOID Context, ULONG Code)	// DISPATCH_LEVEL
{
	auto c = static_cast<ButtonContext*>(Context);
	InterlockedExchange(&c->LastCode, (LONG)Code);
	WdfWorkItemEnqueue(c->Work);
}

static EVT_WDF_WORKITEM OnWork;
static VOID OnWork(WDFWORKITEM Item)
{
	auto c = Ctx(static_cast<WDFDEVICE>(WdfWorkItemGetParentObject(Item)));
	ULONG code = (ULONG)c->LastCode, value = 0;
	NTSTATUS s = EvalInteger(c, (ULONG)'YEKH', &value);	// HKEY
	MSG("notify 0x%02X, HKEY %x (%08X)", code, value, s);
	WDFREQUEST r;
	if (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(c->Pending, &r))) {
		PULONG out;
		s = WdfRequestRetrieveOutputBuffer(r, sizeof *out, (PVOID*)&out, nullptr);
		if (NT_SUCCESS(s)) *out = code << 16 | (value & 0xFFFF);
		WdfRequestCompleteWithInformation(r, s, NT_SUCCESS(s) ? sizeof *out : 0);
	}
	DECLARE_CONST_UNICODE_STRING(pdoname, L"");
	UNREFERENCED_PARAMETER(pdoname);
}

static NTSTATUS LidChanged(LPCGUID Guid, PVOID Value, ULONG Length, PVOID Context)
{
	UNREFERENCED_PARAMETER(Context);
	if (IsEqualGUID(*Guid, kPowerLid) && Length == sizeof(ULONG)) MSG("lid %s", *static_cast<PULONG>(Value) ? "open" : "closed");
	return STATUS_SUCCESS;
}

static NTSTATUS PrepareHardware(WDFDEVICE d, WDFCMRESLIST, WDFCMRESLIST)
{
	auto c = Ctx(d);
	ULONG sta = 0, dsm = 0;
	NTSTATUS s = WdfFdoQueryForInterface(d, &GUID_ACPI_INTERFACE_STANDARD2, reinterpret_cast<PINTERFACE>(&c->Acpi), sizeof c->Acpi, 1, nullptr);
	if (!NT_SUCCESS(s)) { MSG("no ACPI interface %08X", s); return s; }
	s = c->Acpi.RegisterForDeviceNotifications(c->Acpi.Context, NotifyCallback, c);
	if (!NT_SUCCESS(s)) { MSG("no notifications %08X", s); c->Acpi.InterfaceDereference(c->Acpi.Context); return s; }
	c->Registered = true;
	s = EvalInteger(c, (ULONG)'ATS_', &sta);
	MSG("_STA %x (%08X)", sta, s);
	if (!NT_SUCCESS(s)) return s;
	static const GUID uuid = { 0x3CDFF6F7, 0x4267, 0x4555, { 0xAD, 0x05, 0xB3, 0x0A, 0x3D, 0x89, 0x38, 0xDE } };
	s = EvalDsm(c, uuid, 1, 1, &dsm);
	MSG("_DSM %x (%08X)", dsm, s);
	s = EvalWithArg(c, (ULONG)'TNEH', 1);	// HENT
	MSG("HENT (%08X)", s);
	ULONG x; s = EvalInteger(c, (ULONG)'OOON', &x); MSG("NOOO (%08X)", s);
	return STATUS_SUCCESS;
}
static NTSTATUS ReleaseHardware(WDFDEVICE d, WDFCMRESLIST)
{
	auto c = Ctx(d);
	if (c->Registered) { c->Acpi.UnregisterForDeviceNotifications(c->Acpi.Context); c->Acpi.InterfaceDereference(c->Acpi.Context); c->Registered = false; }
	return STATUS_SUCCESS;
}

static VOID OnIoctl(WDFQUEUE q, WDFREQUEST r, size_t, size_t, ULONG code)
{
	auto c = Ctx(WdfIoQueueGetDevice(q));
	NTSTATUS s = STATUS_INVALID_DEVICE_REQUEST;
	switch (code) {
	case IOCTL_GET_SYS_BUTTON_CAPS: {
		PULONG p;
		s = WdfRequestRetrieveOutputBuffer(r, sizeof *p, (PVOID*)&p, nullptr);
		if (NT_SUCCESS(s)) { *p = SYS_BUTTON_POWER | SYS_BUTTON_SLEEP; WdfRequestSetInformation(r, sizeof *p); }
		break; }
	case IOCTL_GET_SYS_BUTTON_EVENT:
		s = WdfRequestForwardToIoQueue(r, c->Pending);
		if (NT_SUCCESS(s)) return;
		break;
	case IOCTL_BTN_EVAL_INT: {
		PULONG in, out;
		s = WdfRequestRetrieveInputBuffer(r, 4, (PVOID*)&in, nullptr);
		if (!NT_SUCCESS(s)) break;
		ULONG name = *in;
		s = WdfRequestRetrieveOutputBuffer(r, 4, (PVOID*)&out, nullptr);
		if (!NT_SUCCESS(s)) break;
		s = EvalInteger(c, name, out);
		if (NT_SUCCESS(s)) WdfRequestSetInformation(r, 4);
		break; }
	}
	WdfRequestComplete(r, s);
}

static NTSTATUS DeviceAdd(WDFDRIVER, PWDFDEVICE_INIT init)
{
	WDF_PNPPOWER_EVENT_CALLBACKS pnp;
	WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
	pnp.EvtDevicePrepareHardware = PrepareHardware;
	pnp.EvtDeviceReleaseHardware = ReleaseHardware;
	pnp.EvtDeviceSelfManagedIoInit = [](WDFDEVICE d) -> NTSTATUS { return PoRegisterPowerSettingCallback(WdfDeviceWdmGetDeviceObject(d), &kPowerLid, LidChanged, Ctx(d), &Ctx(d)->LidRegistration); };
	pnp.EvtDeviceSelfManagedIoCleanup = [](WDFDEVICE d) { if (Ctx(d)->LidRegistration) PoUnregisterPowerSettingCallback(Ctx(d)->LidRegistration); };
	WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
	WdfDeviceInitSetDeviceType(init, FILE_DEVICE_ACPI);
	WDF_OBJECT_ATTRIBUTES oa;
	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&oa, ButtonContext);
	WDFDEVICE device;
	NTSTATUS s = WdfDeviceCreate(&init, &oa, &device);
	if (!NT_SUCCESS(s)) return s;
	auto c = Ctx(device);
	c->Device = device;
	c->Target = WdfDeviceGetIoTarget(device);
	WDF_WORKITEM_CONFIG wc;
	WDF_WORKITEM_CONFIG_INIT(&wc, OnWork);
	WDF_OBJECT_ATTRIBUTES_INIT(&oa);
	oa.ParentObject = device;
	if (!NT_SUCCESS(s = WdfWorkItemCreate(&wc, &oa, &c->Work))) return s;
	WDF_IO_QUEUE_CONFIG qc;
	WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&qc, WdfIoQueueDispatchParallel);
	qc.EvtIoDeviceControl = OnIoctl;
	if (!NT_SUCCESS(s = WdfIoQueueCreate(device, &qc, nullptr, nullptr))) return s;
	WDF_IO_QUEUE_CONFIG_INIT(&qc, WdfIoQueueDispatchManual);
	qc.PowerManaged = WdfFalse;
	if (!NT_SUCCESS(s = WdfIoQueueCreate(device, &qc, nullptr, &c->Pending))) return s;

	// some property reading, as installers like it
	WDF_DEVICE_PROPERTY_DATA pd;
	WDF_DEVICE_PROPERTY_DATA_INIT(&pd, &DEVPKEY_Device_BiosDeviceName);
	DEVPROPTYPE type; WCHAR bios[64] = L""; ULONG need;
	NTSTATUS ps = WdfDeviceQueryPropertyEx(device, &pd, sizeof bios, bios, &need, &type);
	MSG("bios name %ws (%08X)", bios, ps);
	return WdfDeviceCreateDeviceInterface(device, &GUID_DEVICE_SYS_BUTTON, nullptr);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT drv, PUNICODE_STRING path)
{
	WDF_DRIVER_CONFIG config;
	WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
	return WdfDriverCreate(drv, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
