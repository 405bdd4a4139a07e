#pragma once

TRACELOGGING_DECLARE_PROVIDER(g_hProvider);

struct FileContext
{
	HANDLE Owner;
	BOOLEAN CanWrite;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FileContext, GetFileContext)

template<typename T>
struct FullItem
{
	LIST_ENTRY Entry;
	T Data;
};

struct Globals
{
	PDRIVER_OBJECT   DriverObject;
	WDFDEVICE        Device;
	WDFQUEUE         Pending;
	LIST_ENTRY       ItemsHead;
	ULONG            ItemCount;
	kstd::fast_mutex Lock;
	ULONG            Protected;
	WCHAR            Block[64];
	PW_STATS         Stats;
	LARGE_INTEGER    RegCookie;
	PVOID            ObHandle;
	EX_RUNDOWN_REF   Rundown;
	bool             ProcessRoutine, ThreadRoutine, ImageRoutine;

	static constexpr ULONG MaxItems = 1024;

	NTSTATUS Init();
	void Destroy();
	void Push(LIST_ENTRY* entry);
	LIST_ENTRY* Pop();
};
extern Globals g;

NTSTATUS RegisterMonitors();
void UnregisterMonitors();
void DeliverEvents();
