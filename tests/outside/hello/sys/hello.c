//
// hello.c - my first kernel driver
//
#include "ntddk.h"
#include "..\hello_ioctl.h"

#define DRIVER_TAG 'oleH'
#define NT_DEVICE_NAME      L"\\Device\\HelloWdm"
#define DOS_DEVICE_NAME     L"\\DosDevices\\HelloWdm"

typedef struct _DEVICE_EXTENSION
{
	PDEVICE_OBJECT  DeviceObject;
	LIST_ENTRY      MessageList;
	KSPIN_LOCK      ListLock;
	ULONG           MessageCount;
	FAST_MUTEX      Mutex;
	LARGE_INTEGER   StartTime;
} DEVICE_EXTENSION, *PDEVICE_EXTENSION;

typedef struct _MESSAGE_ENTRY
{
	LIST_ENTRY  ListEntry;
	SIZE_T      Length;
	CHAR        Text[1];
} MESSAGE_ENTRY, *PMESSAGE_ENTRY;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD     HelloUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH HelloCreateClose;
_Dispatch_type_(IRP_MJ_READ) DRIVER_DISPATCH HelloRead;
_Dispatch_type_(IRP_MJ_WRITE) DRIVER_DISPATCH HelloWrite;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH HelloDeviceControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, HelloUnload)
#pragma alloc_text(PAGE, HelloCreateClose)
#pragma alloc_text(PAGE, HelloDeviceControl)
#endif

static UNICODE_STRING g_RegPath;

static NTSTATUS CompleteIrp(PIRP Irp, NTSTATUS status, ULONG_PTR info)
{
	Irp->IoStatus.Status = status;
	Irp->IoStatus.Information = info;
	IoCompleteRequest(Irp, IO_NO_INCREMENT);
	return status;
}

NTSTATUS DriverEntry(IN PDRIVER_OBJECT DriverObject, IN PUNICODE_STRING RegistryPath)
{
	NTSTATUS status;
	UNICODE_STRING devName, linkName;
	PDEVICE_OBJECT devObj = NULL;
	PDEVICE_EXTENSION ext;
	RTL_QUERY_REGISTRY_TABLE table[3];
	ULONG debugLevel = 0, zero = 7;
	RTL_OSVERSIONINFOW ver = { sizeof(ver) };

	KdPrint(("HelloWdm: DriverEntry, %wZ, built %s %s\n", RegistryPath, __DATE__, __TIME__));

	if (NT_SUCCESS(RtlGetVersion(&ver)))
		DbgPrint("HelloWdm: running on Windows %u.%u.%u\n", ver.dwMajorVersion, ver.dwMinorVersion, ver.dwBuildNumber);

	g_RegPath.MaximumLength = RegistryPath->Length + sizeof(UNICODE_NULL);
	g_RegPath.Buffer = (PWCH)ExAllocatePoolWithTag(PagedPool, g_RegPath.MaximumLength, DRIVER_TAG);
	if (!g_RegPath.Buffer)
		return STATUS_INSUFFICIENT_RESOURCES;
	RtlCopyUnicodeString(&g_RegPath, RegistryPath);
	g_RegPath.Buffer[g_RegPath.Length / sizeof(WCHAR)] = UNICODE_NULL;

	RtlZeroMemory(table, sizeof(table));
	table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
	table[0].Name = L"Parameters";
	table[1].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
	table[1].Name = L"DebugLevel";
	table[1].EntryContext = &debugLevel;
	table[1].DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_DWORD;
	table[1].DefaultData = &zero;
	table[1].DefaultLength = sizeof(ULONG);
	status = RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, g_RegPath.Buffer, table, NULL, NULL);
	DbgPrint("HelloWdm: DebugLevel %lu (0x%08X)\n", debugLevel, status);

	RtlInitUnicodeString(&devName, NT_DEVICE_NAME);
	status = IoCreateDevice(DriverObject, sizeof(DEVICE_EXTENSION), &devName, FILE_DEVICE_UNKNOWN,
		FILE_DEVICE_SECURE_OPEN, FALSE, &devObj);
	if (!NT_SUCCESS(status)) {
		KdPrint(("HelloWdm: IoCreateDevice failed %x\n", status));
		ExFreePoolWithTag(g_RegPath.Buffer, DRIVER_TAG);
		return status;
	}

	ext = (PDEVICE_EXTENSION)devObj->DeviceExtension;
	ext->DeviceObject = devObj;
	InitializeListHead(&ext->MessageList);
	KeInitializeSpinLock(&ext->ListLock);
	ExInitializeFastMutex(&ext->Mutex);
	KeQuerySystemTime(&ext->StartTime);

	RtlInitUnicodeString(&linkName, DOS_DEVICE_NAME);
	status = IoCreateSymbolicLink(&linkName, &devName);
	if (!NT_SUCCESS(status)) {
		IoDeleteDevice(devObj);
		ExFreePoolWithTag(g_RegPath.Buffer, DRIVER_TAG);
		return status;
	}

	DriverObject->MajorFunction[IRP_MJ_CREATE] =
	DriverObject->MajorFunction[IRP_MJ_CLOSE] = HelloCreateClose;
	DriverObject->MajorFunction[IRP_MJ_READ] = HelloRead;
	DriverObject->MajorFunction[IRP_MJ_WRITE] = HelloWrite;
	DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = HelloDeviceControl;
	DriverObject->DriverUnload = HelloUnload;

	devObj->Flags |= DO_DIRECT_IO;
	devObj->Flags &= ~DO_DEVICE_INITIALIZING;
	return STATUS_SUCCESS;
}

NTSTATUS HelloCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(Irp);
	PAGED_CODE();
	UNREFERENCED_PARAMETER(DeviceObject);
	switch (sp->MajorFunction)
	{
	case IRP_MJ_CREATE:
		KdPrintEx((DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "HelloWdm: create by pid %p, file '%wZ'\n",
			PsGetCurrentProcessId(), &sp->FileObject->FileName));
		break;
	case IRP_MJ_CLOSE:
		break;
	}
	return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS HelloWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PDEVICE_EXTENSION ext = DeviceObject->DeviceExtension;
	PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(Irp);
	ULONG len = sp->Parameters.Write.Length;
	PMESSAGE_ENTRY e;
	PVOID src;

	if (len == 0 || Irp->MdlAddress == NULL)
		return CompleteIrp(Irp, STATUS_INVALID_PARAMETER, 0);
	src = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
	if (!src)
		return CompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
	e = ExAllocatePoolWithTag(NonPagedPool, FIELD_OFFSET(MESSAGE_ENTRY, Text) + len, DRIVER_TAG);
	if (!e)
		return CompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
	e->Length = len;
	RtlCopyMemory(e->Text, src, len);
	ExInterlockedInsertTailList(&ext->MessageList, &e->ListEntry, &ext->ListLock);
	InterlockedIncrement((LONG volatile*)&ext->MessageCount);
	return CompleteIrp(Irp, STATUS_SUCCESS, len);
}

NTSTATUS HelloRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PDEVICE_EXTENSION ext = DeviceObject->DeviceExtension;
	PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(Irp);
	PLIST_ENTRY le = ExInterlockedRemoveHeadList(&ext->MessageList, &ext->ListLock);
	PMESSAGE_ENTRY e;
	SIZE_T n;
	PVOID dst;

	if (!le)
		return CompleteIrp(Irp, STATUS_END_OF_FILE, 0);
	e = CONTAINING_RECORD(le, MESSAGE_ENTRY, ListEntry);
	n = min(e->Length, sp->Parameters.Read.Length);
	if (n) {
		dst = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
		if (!dst) {
			ExInterlockedInsertHeadList(&ext->MessageList, le, &ext->ListLock);
			return CompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
		}
		memcpy(dst, e->Text, n);
	}
	InterlockedDecrement((LONG volatile*)&ext->MessageCount);
	ExFreePool(e);
	return CompleteIrp(Irp, STATUS_SUCCESS, n);
}

NTSTATUS HelloDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
	PDEVICE_EXTENSION ext = DeviceObject->DeviceExtension;
	PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(Irp);
	ULONG inLen = sp->Parameters.DeviceIoControl.InputBufferLength;
	ULONG outLen = sp->Parameters.DeviceIoControl.OutputBufferLength;
	NTSTATUS status = STATUS_SUCCESS;
	ULONG_PTR info = 0;

	PAGED_CODE();

	switch (sp->Parameters.DeviceIoControl.IoControlCode)
	{
	case IOCTL_HELLO_GET_STATS:
	{
		PHELLO_STATS stats = (PHELLO_STATS)Irp->AssociatedIrp.SystemBuffer;
		LARGE_INTEGER now;
		if (outLen < sizeof(HELLO_STATS)) { status = STATUS_BUFFER_TOO_SMALL; break; }
		KeQuerySystemTime(&now);
		ExAcquireFastMutex(&ext->Mutex);
		stats->MessageCount = ext->MessageCount;
		stats->UpTime100ns.QuadPart = now.QuadPart - ext->StartTime.QuadPart;
		ExReleaseFastMutex(&ext->Mutex);
		info = sizeof(*stats);
		break;
	}
	case IOCTL_HELLO_REVERSE:	// METHOD_NEITHER: we must validate the pointers ourselves
	{
		PUCHAR in = sp->Parameters.DeviceIoControl.Type3InputBuffer;
		PUCHAR out = Irp->UserBuffer;
		PUCHAR copy = NULL;
		ULONG i;
		if (inLen == 0 || outLen < inLen) { status = STATUS_INVALID_PARAMETER; break; }
		__try
		{
			__try
			{
				ProbeForRead(in, inLen, sizeof(UCHAR));
				ProbeForWrite(out, outLen, __alignof(UCHAR));
				copy = ExAllocatePoolWithQuotaTag(PagedPool, inLen, DRIVER_TAG);
				RtlCopyMemory(copy, in, inLen);
				for (i = 0; i < inLen; i++)
					out[i] = copy[inLen - 1 - i];
				info = inLen;
			}
			__finally
			{
				if (AbnormalTermination())
					DbgPrint("HelloWdm: reverse did not end well\n");
				if (copy)
					ExFreePoolWithTag(copy, DRIVER_TAG);
			}
		}
		__except (EXCEPTION_EXECUTE_HANDLER)
		{
			status = GetExceptionCode();
			DbgPrint("HelloWdm: exception 0x%08x in METHOD_NEITHER ioctl\n", status);
			info = 0;
		}
		break;
	}
	case IOCTL_HELLO_LOCKED:	// METHOD_NEITHER with our own MDL
	{
		PMDL mdl = IoAllocateMdl(Irp->UserBuffer, outLen, FALSE, TRUE, NULL);
		PVOID p;
		if (!mdl) { status = STATUS_INSUFFICIENT_RESOURCES; break; }
		try {
			MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
		}
		except(EXCEPTION_EXECUTE_HANDLER) {
			status = GetExceptionCode();
			IoFreeMdl(mdl);
			break;
		}
		p = MmGetSystemAddressForMdlSafe(mdl, HighPagePriority);
		if (p) { RtlFillMemory(p, outLen, 0xA5); info = outLen; }
		else status = STATUS_INSUFFICIENT_RESOURCES;
		MmUnlockPages(mdl);
		IoFreeMdl(mdl);
		break;
	}
	default:
		status = STATUS_INVALID_DEVICE_REQUEST;
		break;
	}
	return CompleteIrp(Irp, status, info);
}

VOID HelloUnload(PDRIVER_OBJECT DriverObject)
{
	UNICODE_STRING linkName;
	PDEVICE_EXTENSION ext = DriverObject->DeviceObject->DeviceExtension;
	PAGED_CODE();
	RtlInitUnicodeString(&linkName, DOS_DEVICE_NAME);
	IoDeleteSymbolicLink(&linkName);
	while (!IsListEmpty(&ext->MessageList)) {
		PLIST_ENTRY le = RemoveHeadList(&ext->MessageList);
		ExFreePoolWithTag(CONTAINING_RECORD(le, MESSAGE_ENTRY, ListEntry), DRIVER_TAG);
	}
	ExFreePoolWithTag(g_RegPath.Buffer, DRIVER_TAG);
	IoDeleteDevice(DriverObject->DeviceObject);
	DbgPrint("HelloWdm: unloaded\n");
}
