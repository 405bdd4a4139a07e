#include "pch.h"
#include "ProcWatch.h"

TRACELOGGING_DEFINE_PROVIDER(g_hProvider, "ProcWatch.Driver",
	// {5d5a3fd1-96d3-4d7e-9b92-1a3f4f5e1a01}
	(0x5d5a3fd1, 0x96d3, 0x4d7e, 0x9b, 0x92, 0x1a, 0x3f, 0x4f, 0x5e, 0x1a, 0x01));

Globals g;

extern "C" DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_UNLOAD EvtDriverUnload;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtIoDeviceControl;
EVT_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext;
EVT_WDF_DEVICE_FILE_CREATE EvtFileCreate;
EVT_WDF_FILE_CLEANUP EvtFileCleanup;
EVT_WDF_IO_QUEUE_STATE EvtPendingReady;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, EvtDriverUnload)
#pragma alloc_text(PAGE, EvtFileCreate)
#endif

static NTSTATUS CreateControlDevice(_In_ WDFDRIVER Driver)
{
	DECLARE_CONST_UNICODE_STRING(ntName, PW_DEVICE_NAME);
	DECLARE_CONST_UNICODE_STRING(linkName, PW_SYMLINK_NAME);
	DECLARE_CONST_UNICODE_STRING(sddl, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");

	PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(Driver, &sddl);
	if (!init)
		return STATUS_INSUFFICIENT_RESOURCES;
	auto freeInit = kstd::scope_exit([&] { if (init) WdfDeviceInitFree(init); });

	WdfDeviceInitSetDeviceType(init, FILE_DEVICE_UNKNOWN);
	WdfDeviceInitSetCharacteristics(init, FILE_DEVICE_SECURE_OPEN, TRUE);
	WdfDeviceInitSetIoType(init, WdfDeviceIoBuffered);
	WdfDeviceInitSetExclusive(init, FALSE);
	WdfDeviceInitSetIoInCallerContextCallback(init, EvtIoInCallerContext);

	WDF_FILEOBJECT_CONFIG fileConfig;
	WDF_FILEOBJECT_CONFIG_INIT(&fileConfig, EvtFileCreate, WDF_NO_EVENT_CALLBACK, EvtFileCleanup);
	WDF_OBJECT_ATTRIBUTES fileAttributes;
	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&fileAttributes, FileContext);
	WdfDeviceInitSetFileObjectConfig(init, &fileConfig, &fileAttributes);

	NTSTATUS status = WdfDeviceInitAssignName(init, &ntName);
	if (!NT_SUCCESS(status))
		return status;

	WDF_OBJECT_ATTRIBUTES attributes;
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.SynchronizationScope = WdfSynchronizationScopeNone;
	WDFDEVICE device;
	status = WdfDeviceCreate(&init, &attributes, &device);
	if (!NT_SUCCESS(status))
		return status;
	g.Device = device;

	status = WdfDeviceCreateSymbolicLink(device, &linkName);
	if (!NT_SUCCESS(status))
		return status;

	WDF_IO_QUEUE_CONFIG config;
	WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
	config.EvtIoDeviceControl = EvtIoDeviceControl;
	config.PowerManaged = WdfFalse;
	status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
	if (!NT_SUCCESS(status))
		return status;

	WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
	config.PowerManaged = WdfFalse;
	status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &g.Pending);
	if (!NT_SUCCESS(status))
		return status;
	status = WdfIoQueueReadyNotify(g.Pending, EvtPendingReady, &g);
	if (!NT_SUCCESS(status))
		return status;

	WdfControlFinishInitializing(device);
	return STATUS_SUCCESS;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
	TraceLoggingRegister(g_hProvider);

	WDF_DRIVER_CONFIG config;
	WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
	config.DriverInitFlags |= WdfDriverInitNonPnpDriver;
	config.EvtDriverUnload = EvtDriverUnload;
	config.DriverPoolTag = PW_TAG;

	WDFDRIVER driver;
	NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
	if (!NT_SUCCESS(status))
	{
		TraceLoggingUnregister(g_hProvider);
		return status;
	}

	RtlZeroMemory(&g, sizeof(g));
	g.DriverObject = DriverObject;
	status = g.Init();
	if (NT_SUCCESS(status))
		status = CreateControlDevice(driver);
	if (NT_SUCCESS(status))
		status = RegisterMonitors();
	if (!NT_SUCCESS(status))
	{
		DBGPRINT(DPFLTR_ERROR_LEVEL, "DriverEntry failed %!STATUS! 0x%08X", status);
		UnregisterMonitors();
		g.Destroy();
		TraceLoggingWrite(g_hProvider, "InitFailed", TraceLoggingLevel(WINEVENT_LEVEL_ERROR), TraceLoggingNTStatus(status, "Status"));
		TraceLoggingUnregister(g_hProvider);
		return status;
	}
	TraceLoggingWrite(g_hProvider, "Loaded",
		TraceLoggingLevel(WINEVENT_LEVEL_INFO),
		TraceLoggingUnicodeString(RegistryPath, "RegistryPath"),
		TraceLoggingUInt32(PW_VERSION_MAJOR, "Major"),
		TraceLoggingUInt32(PW_VERSION_MINOR, "Minor"));
	return STATUS_SUCCESS;
}

VOID EvtDriverUnload(WDFDRIVER)
{
	PAGED_CODE();
	UnregisterMonitors();
	g.Destroy();
	TraceLoggingWrite(g_hProvider, "Unloaded", TraceLoggingUInt64(g.Stats.Queued, "Queued"));
	TraceLoggingUnregister(g_hProvider);
}

VOID EvtFileCreate(WDFDEVICE, WDFREQUEST Request, WDFFILEOBJECT FileObject)
{
	PAGED_CODE();
	auto context = GetFileContext(FileObject);
	context->Owner = PsGetCurrentProcessId();
	WDF_REQUEST_PARAMETERS params;
	WDF_REQUEST_PARAMETERS_INIT(&params);
	WdfRequestGetParameters(Request, &params);
	context->CanWrite = (params.Parameters.Create.SecurityContext->DesiredAccess & FILE_WRITE_DATA) != 0;
	WdfRequestComplete(Request, STATUS_SUCCESS);
}

VOID EvtFileCleanup(WDFFILEOBJECT FileObject)
{
	auto context = GetFileContext(FileObject);
	kstd::scoped_lock lock(g.Lock);
	if (g.Protected == HandleToULong(context->Owner))
		g.Protected = 0;
}

// Runs in the context of the caller: only here its memory and its name are to be had.
VOID EvtIoInCallerContext(WDFDEVICE Device, WDFREQUEST Request)
{
	WDF_REQUEST_PARAMETERS params;
	WDF_REQUEST_PARAMETERS_INIT(&params);
	WdfRequestGetParameters(Request, &params);
	if (params.Type == WdfRequestTypeDeviceControl && params.Parameters.DeviceIoControl.IoControlCode == IOCTL_PW_BLOCK_IMAGE)
	{
		kstd::unique_pool<UNICODE_STRING> name;
		if (NT_SUCCESS(SeLocateProcessImageName(PsGetCurrentProcess(), &name)))
			TraceLoggingWrite(g_hProvider, "BlockRequested", TraceLoggingUnicodeString(name.get(), "By"));
	}
	NTSTATUS status = WdfDeviceEnqueueRequest(Device, Request);
	if (!NT_SUCCESS(status))
		WdfRequestComplete(Request, status);
}

VOID EvtPendingReady(WDFQUEUE, WDFCONTEXT)
{
	DeliverEvents();
}

VOID EvtIoDeviceControl(WDFQUEUE, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode)
{
	UNREFERENCED_PARAMETER(OutputBufferLength);
	NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
	ULONG_PTR information = 0;

	switch (IoControlCode)
	{
	case IOCTL_PW_GET_EVENT:
		if (OutputBufferLength < sizeof(PwEventHeader))
		{
			status = STATUS_BUFFER_TOO_SMALL;
			break;
		}
		status = WdfRequestForwardToIoQueue(Request, g.Pending);
		if (NT_SUCCESS(status))
			return;
		break;

	case IOCTL_PW_PROTECT_PID:
	{
		PULONG pid;
		status = WdfRequestRetrieveInputBuffer(Request, sizeof(*pid), reinterpret_cast<PVOID*>(&pid), nullptr);
		if (!NT_SUCCESS(status))
			break;
		PEPROCESS process;
		status = PsLookupProcessByProcessId(ULongToHandle(*pid), &process);
		if (!NT_SUCCESS(status))
			break;
		{
			kstd::scoped_lock lock(g.Lock);
			g.Protected = *pid;
		}
		ObDereferenceObject(process);
		break;
	}

	case IOCTL_PW_BLOCK_IMAGE:
	{
		PWCHAR pattern;
		size_t cb;
		status = WdfRequestRetrieveInputBuffer(Request, sizeof(WCHAR), (PVOID*)&pattern, &cb);
		if (!NT_SUCCESS(status))
			break;
		if (InputBufferLength > sizeof(g.Block) - sizeof(WCHAR))
		{
			status = STATUS_NAME_TOO_LONG;
			break;
		}
		kstd::scoped_lock lock(g.Lock);
		CoreCopyTruncate(g.Block, ARRAYSIZE(g.Block), pattern, cb / sizeof(WCHAR));
		break;
	}

	case IOCTL_PW_GET_STATS:
	{
		PPW_STATS stats;
		status = WdfRequestRetrieveOutputBuffer(Request, sizeof(PW_STATS), (PVOID*)&stats, nullptr);
		if (!NT_SUCCESS(status))
			break;
		kstd::scoped_lock lock(g.Lock);
		*stats = g.Stats;
		ULONG inQueue = 0;
		WdfIoQueueGetState(g.Pending, &inQueue, nullptr);
		stats->Waiting = inQueue;
		information = sizeof(PW_STATS);
		break;
	}

	default:
		DBGPRINT(DPFLTR_WARNING_LEVEL, "unknown control code 0x%X", IoControlCode);
		break;
	}
	WdfRequestCompleteWithInformation(Request, status, information);
}
