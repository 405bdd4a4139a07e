#include "pch.h"
#include "ProcWatch.h"

NTSTATUS Globals::Init()
{
	InitializeListHead(&ItemsHead);
	Lock.init();
	ExInitializeRundownProtection(&Rundown);
	return STATUS_SUCCESS;
}

void Globals::Destroy()
{
	ExWaitForRundownProtectionRelease(&Rundown);
	ExRundownCompleted(&Rundown);
	while (auto entry = Pop())
		ExFreePool(CONTAINING_RECORD(entry, FullItem<PwEventHeader>, Entry));
}

void Globals::Push(LIST_ENTRY* entry)
{
	kstd::scoped_lock lock(Lock);
	if (ItemCount >= MaxItems)
	{
		auto oldest = RemoveHeadList(&ItemsHead);
		ExFreePool(CONTAINING_RECORD(oldest, FullItem<PwEventHeader>, Entry));
		ItemCount--;
		Stats.Dropped++;
	}
	InsertTailList(&ItemsHead, entry);
	ItemCount++;
	Stats.Queued++;
}

LIST_ENTRY* Globals::Pop()
{
	kstd::scoped_lock lock(Lock);
	if (IsListEmpty(&ItemsHead))
		return nullptr;
	ItemCount--;
	return RemoveHeadList(&ItemsHead);
}

template<typename T>
FullItem<T>* NewItem(PwEventType type, USHORT extra = 0)
{
	auto item = static_cast<FullItem<T>*>(ExAllocatePool2(POOL_FLAG_PAGED, sizeof(FullItem<T>) + extra, PW_TAG));
	if (!item)
	{
		DBGPRINT(DPFLTR_ERROR_LEVEL, "out of memory in %s", __FUNCTION__);
		return nullptr;
	}
	KeQuerySystemTimePrecise(&item->Data.Time);
	item->Data.Type = type;
	item->Data.Size = sizeof(T) + extra;
	return item;
}

void DeliverEvents()
{
	if (!ExAcquireRundownProtection(&g.Rundown))
		return;
	for (;;)
	{
		WDFREQUEST request;
		{
			kstd::scoped_lock lock(g.Lock);
			if (IsListEmpty(&g.ItemsHead))
				break;
		}
		NTSTATUS status = WdfIoQueueRetrieveNextRequest(g.Pending, &request);
		if (!NT_SUCCESS(status))
			break;
		PVOID buffer;
		size_t length;
		size_t done = 0;
		status = WdfRequestRetrieveOutputBuffer(request, sizeof(PwEventHeader), &buffer, &length);
		if (NT_SUCCESS(status))
		{
			auto entry = g.Pop();
			if (!entry)
			{
				// somebody was faster
				if (NT_SUCCESS(WdfRequestRequeue(request)))
					continue;
				status = STATUS_CANCELLED;
			}
			else
			{
				auto item = CONTAINING_RECORD(entry, FullItem<PwEventHeader>, Entry);
				if (item->Data.Size > length)
					status = STATUS_BUFFER_OVERFLOW;
				done = min(length, (size_t)item->Data.Size);
				RtlCopyMemory(buffer, &item->Data, done);
				ExFreePool(item);
			}
		}
		WdfRequestCompleteWithInformation(request, status, done);
	}
	ExReleaseRundownProtection(&g.Rundown);
}

static void Publish(LIST_ENTRY* entry)
{
	g.Push(entry);
	DeliverEvents();
}

static void OnProcessNotify(_Inout_ PEPROCESS Process, _In_ HANDLE ProcessId, _Inout_opt_ PPS_CREATE_NOTIFY_INFO CreateInfo)
{
	if (!CreateInfo)
	{
		auto item = NewItem<PwProcessExit>(PwEventType::ProcessExit);
		if (item)
		{
			item->Data.ProcessId = HandleToULong(ProcessId);
			item->Data.ExitCode = (ULONG)PsGetProcessExitStatus(Process);
			Publish(&item->Entry);
		}
		return;
	}

	if (CreateInfo->FileOpenNameAvailable && CreateInfo->ImageFileName)
	{
		kstd::scoped_lock lock(g.Lock);
		if (*g.Block && CoreMatchPattern(CreateInfo->ImageFileName->Buffer, CreateInfo->ImageFileName->Length / sizeof(WCHAR), g.Block))
		{
			CreateInfo->CreationStatus = STATUS_ACCESS_DENIED;
			TraceLoggingWrite(g_hProvider, "Blocked", TraceLoggingLevel(WINEVENT_LEVEL_WARNING),
				TraceLoggingUnicodeString(CreateInfo->ImageFileName, "Image"));
		}
	}

	USHORT cbImage = CreateInfo->ImageFileName ? CreateInfo->ImageFileName->Length : 0;
	USHORT cbCommand = CreateInfo->CommandLine ? CreateInfo->CommandLine->Length : 0;
	USHORT extra;
	if (!NT_SUCCESS(RtlUShortAdd(cbImage, cbCommand, &extra)))
		return;
	auto item = NewItem<PwProcessCreate>(PwEventType::ProcessCreate, extra);
	if (!item)
		return;
	auto& data = item->Data;
	data.ProcessId = HandleToULong(ProcessId);
	data.ParentProcessId = HandleToULong(CreateInfo->ParentProcessId);
	data.CreatingProcessId = HandleToULong(CreateInfo->CreatingThreadId.UniqueProcess);
	data.ImageOffset = sizeof(data);
	data.ImageLength = cbImage;
	data.CommandLineOffset = sizeof(data) + cbImage;
	data.CommandLineLength = cbCommand;
	if (cbImage) memcpy((PUCHAR)&data + data.ImageOffset, CreateInfo->ImageFileName->Buffer, cbImage);
	if (cbCommand) memcpy((PUCHAR)&data + data.CommandLineOffset, CreateInfo->CommandLine->Buffer, cbCommand);
	Publish(&item->Entry);
}

static void OnThreadNotify(_In_ HANDLE ProcessId, _In_ HANDLE ThreadId, _In_ BOOLEAN Create)
{
	auto item = NewItem<PwThread>(Create ? PwEventType::ThreadCreate : PwEventType::ThreadExit);
	if (!item)
		return;
	item->Data.ProcessId = HandleToUlong(ProcessId);
	item->Data.ThreadId = HandleToUlong(ThreadId);
	Publish(&item->Entry);
}

static void OnImageLoadNotify(_In_opt_ PUNICODE_STRING FullImageName, _In_ HANDLE ProcessId, _In_ PIMAGE_INFO ImageInfo)
{
	if (ProcessId == nullptr)
		return;		// system image
	auto item = NewItem<PwImageLoad>(PwEventType::ImageLoad);
	if (!item)
		return;
	item->Data.ProcessId = HandleToULong(ProcessId);
	item->Data.Base = (ULONG64)ImageInfo->ImageBase;
	item->Data.Length = ImageInfo->ImageSize;
	if (FullImageName)
		CoreCopyTruncate(item->Data.Name, _countof(item->Data.Name), FullImageName->Buffer, FullImageName->Length / sizeof(WCHAR));
	else
		RtlStringCchCopyW(item->Data.Name, ARRAYSIZE(item->Data.Name), L"(unknown)");
	if (ImageInfo->ExtendedInfoPresent)
	{
		auto ex = CONTAINING_RECORD(ImageInfo, IMAGE_INFO_EX, ImageInfo);
		UNREFERENCED_PARAMETER(ex);
	}
	Publish(&item->Entry);
}

static OB_PREOP_CALLBACK_STATUS OnPreOpenProcess(PVOID, POB_PRE_OPERATION_INFORMATION Info)
{
	if (Info->KernelHandle)
		return OB_PREOP_SUCCESS;
	auto process = static_cast<PEPROCESS>(Info->Object);
	auto pid = HandleToULong(PsGetProcessId(process));
	{
		kstd::scoped_lock lock(g.Lock);
		if (g.Protected == 0 || g.Protected != pid)
			return OB_PREOP_SUCCESS;
	}
	auto& access = Info->Operation == OB_OPERATION_HANDLE_CREATE ? Info->Parameters->CreateHandleInformation.DesiredAccess
		: Info->Parameters->DuplicateHandleInformation.DesiredAccess;
	const ACCESS_MASK before = access;
	access &= ~(PROCESS_TERMINATE | PROCESS_VM_WRITE);
	if (before != access)
		if (auto item = NewItem<PwHandleStripped>(PwEventType::HandleStripped); item)
		{
			item->Data.CallerId = HandleToULong(PsGetCurrentProcessId());
			item->Data.TargetId = pid;
			item->Data.Before = before;
			item->Data.After = access;
			Publish(&item->Entry);
		}
	return OB_PREOP_SUCCESS;
}

static NTSTATUS OnRegistryNotify(PVOID, PVOID Argument1, PVOID Argument2)
{
	static const WCHAR machine[] = L"\\REGISTRY\\MACHINE\\";

	switch ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1)
	{
	case RegNtPreSetValueKey:
	{
		auto pre = static_cast<PREG_SET_VALUE_KEY_INFORMATION>(Argument2);
		if (pre->ValueName && pre->ValueName->Length == sizeof(L"Forbidden") - sizeof(WCHAR) &&
			!_wcsnicmp(pre->ValueName->Buffer, L"Forbidden", pre->ValueName->Length / sizeof(WCHAR)))
			return STATUS_ACCESS_DENIED;
		break;
	}
	case RegNtPostSetValueKey:
	{
		auto args = static_cast<REG_POST_OPERATION_INFORMATION*>(Argument2);
		if (!NT_SUCCESS(args->Status))
			break;
		PCUNICODE_STRING name;
		if (!NT_SUCCESS(CmCallbackGetKeyObjectIDEx(&g.RegCookie, args->Object, nullptr, &name, 0)))
			break;
		if (_wcsnicmp(name->Buffer, machine, ARRAYSIZE(machine) - 1) == 0)
		{
			auto pre = static_cast<REG_SET_VALUE_KEY_INFORMATION*>(args->PreInformation);
			NT_ASSERT(pre);
			auto item = NewItem<PwRegistrySet>(PwEventType::RegistrySet);
			if (item)
			{
				auto& data = item->Data;
				data.ProcessId = HandleToULong(PsGetCurrentProcessId());
				data.ThreadId = HandleToULong(PsGetCurrentThreadId());
				wcsncpy_s(data.KeyName, name->Buffer, min((size_t)name->Length / sizeof(WCHAR), _countof(data.KeyName) - 1));
				wcsncpy_s(data.ValueName, pre->ValueName->Buffer, pre->ValueName->Length / sizeof(WCHAR));
				data.DataType = pre->Type;
				data.DataSize = pre->DataSize;
				__try
				{
					memcpy_s(data.Data, sizeof(data.Data), pre->Data, min(pre->DataSize, (ULONG)sizeof(data.Data)));
				}
				__except (EXCEPTION_EXECUTE_HANDLER)
				{
					data.DataSize = 0;
				}
				Publish(&item->Entry);
			}
		}
		CmCallbackReleaseKeyObjectIDEx(name);
		break;
	}
	default:
		break;
	}
	return STATUS_SUCCESS;
}

NTSTATUS RegisterMonitors()
{
	OB_OPERATION_REGISTRATION operations[] = {
		{
			PsProcessType,
			OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE,
			OnPreOpenProcess, nullptr
		},
	};
	OB_CALLBACK_REGISTRATION reg = {
		OB_FLT_REGISTRATION_VERSION,
		ARRAYSIZE(operations),
		RTL_CONSTANT_STRING(L"12345.6171"),		// altitude
		nullptr,
		operations
	};
	NTSTATUS status;
	do
	{
		status = PsSetCreateProcessNotifyRoutineEx(OnProcessNotify, FALSE);
		if (!NT_SUCCESS(status))
		{
			DBGPRINT(DPFLTR_ERROR_LEVEL, "failed to register process callback (0x%08X)", status);
			break;
		}
		g.ProcessRoutine = true;
		g.Stats.Callbacks++;
		status = PsSetCreateThreadNotifyRoutine(OnThreadNotify);
		if (!NT_SUCCESS(status))
			break;
		g.ThreadRoutine = true;
		g.Stats.Callbacks++;
		status = PsSetLoadImageNotifyRoutine(OnImageLoadNotify);
		if (!NT_SUCCESS(status))
			break;
		g.ImageRoutine = true;
		g.Stats.Callbacks++;
		status = ObRegisterCallbacks(&reg, &g.ObHandle);
		if (!NT_SUCCESS(status))
			break;
		g.Stats.Callbacks++;
		UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"7657.124");
		status = CmRegisterCallbackEx(OnRegistryNotify, &altitude, g.DriverObject, nullptr, &g.RegCookie, nullptr);
		if (!NT_SUCCESS(status))
			break;
		g.Stats.Callbacks++;
	} while (false);
	return status;
}

void UnregisterMonitors()
{
	if (g.RegCookie.QuadPart)
		CmUnRegisterCallback(g.RegCookie);
	if (g.ObHandle)
		ObUnRegisterCallbacks(g.ObHandle);
	if (g.ImageRoutine)
		PsRemoveLoadImageNotifyRoutine(OnImageLoadNotify);
	if (g.ThreadRoutine)
		PsRemoveCreateThreadNotifyRoutine(OnThreadNotify);
	if (g.ProcessRoutine)
		PsSetCreateProcessNotifyRoutineEx(OnProcessNotify, TRUE);
}
