// A user-mode driver that works with the thread pool of its host. A write's first letter says how; its answer is what came of it.
#include <windows.h>
#include <wdf.h>

namespace {

struct Counter {
  HANDLE enough = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  LONG count = 0, want;
  DWORD process = 0;
  explicit Counter(LONG wanted) : want(wanted) {}
  ~Counter() { CloseHandle(enough); }
  void Add() {
    if (InterlockedIncrement(&count) != want) return;
    process = GetCurrentProcessId();
    SetEvent(enough);
  }
  void Wait() const { WaitForSingleObject(enough, INFINITE); }
  // The callbacks ran where the driver itself runs.
  ULONG Answer() const { return process == GetCurrentProcessId() ? static_cast<ULONG>(count) : 0; }
};

VOID CALLBACK OnWork(PTP_CALLBACK_INSTANCE, PVOID context, PTP_WORK) { static_cast<Counter*>(context)->Add(); }
VOID CALLBACK OnTimer(PTP_CALLBACK_INSTANCE, PVOID context, PTP_TIMER) { static_cast<Counter*>(context)->Add(); }
VOID CALLBACK OnWait(PTP_CALLBACK_INSTANCE, PVOID context, PTP_WAIT, TP_WAIT_RESULT result) {
  if (result == WAIT_OBJECT_0) static_cast<Counter*>(context)->Add();
}
VOID CALLBACK OnSimple(PTP_CALLBACK_INSTANCE, PVOID context) { static_cast<Counter*>(context)->Add(); }
VOID CALLBACK OnOld(PVOID context, BOOLEAN) { static_cast<Counter*>(context)->Add(); }
VOID CALLBACK OnIo(PTP_CALLBACK_INSTANCE, PVOID context, PVOID, ULONG error, ULONG_PTR bytes, PTP_IO) {
  if (error == NO_ERROR && bytes == 4) static_cast<Counter*>(context)->Add();
}
VOID CALLBACK Crash(PTP_CALLBACK_INSTANCE, PVOID context) { *static_cast<volatile int*>(context) = 1; }
VOID CALLBACK Tick(PTP_CALLBACK_INSTANCE, PVOID, PTP_TIMER) {}
VOID CALLBACK Hang(PTP_CALLBACK_INSTANCE, PVOID) { Sleep(INFINITE); }
DWORD WINAPI OnItem(LPVOID context) {
  static_cast<Counter*>(context)->Add();
  return 0;
}
DWORD WINAPI HangingThread(LPVOID) {
  Sleep(INFINITE);
  return 0;
}

FILETIME In(int milliseconds) {
  const LONGLONG due = -10000LL * milliseconds;
  return {static_cast<DWORD>(due), static_cast<DWORD>(due >> 32)};
}

ULONG Work() {
  Counter counter(5);
  TP_CALLBACK_ENVIRON environment;
  InitializeThreadpoolEnvironment(&environment);
  PTP_POOL pool = CreateThreadpool(nullptr);
  SetThreadpoolThreadMaximum(pool, 2);
  SetThreadpoolThreadMinimum(pool, 1);
  PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
  SetThreadpoolCallbackPool(&environment, pool);
  SetThreadpoolCallbackCleanupGroup(&environment, group, nullptr);
  PTP_WORK work = CreateThreadpoolWork(OnWork, &counter, &environment);
  for (int i = 0; i < 4; ++i) SubmitThreadpoolWork(work);
  WaitForThreadpoolWorkCallbacks(work, FALSE);
  TrySubmitThreadpoolCallback(OnSimple, &counter, &environment);
  CloseThreadpoolCleanupGroupMembers(group, FALSE, nullptr);
  CloseThreadpoolCleanupGroup(group);
  CloseThreadpool(pool);
  DestroyThreadpoolEnvironment(&environment);
  return counter.Answer();
}

ULONG Timer() {
  Counter counter(3);
  PTP_TIMER timer = CreateThreadpoolTimer(OnTimer, &counter, nullptr);
  FILETIME due = In(10);
  SetThreadpoolTimer(timer, &due, 10, 0);
  if (!IsThreadpoolTimerSet(timer)) return 0;
  counter.Wait();
  SetThreadpoolTimer(timer, nullptr, 0, 0);
  WaitForThreadpoolTimerCallbacks(timer, TRUE);
  CloseThreadpoolTimer(timer);
  return counter.Answer() >= 3;
}

ULONG Wait() {
  Counter counter(2);
  HANDLE event = CreateEventW(nullptr, FALSE, FALSE, nullptr), old = nullptr;
  PTP_WAIT wait = CreateThreadpoolWait(OnWait, &counter, nullptr);
  SetThreadpoolWait(wait, event, nullptr);
  SetEvent(event);
  while (InterlockedCompareExchange(&counter.count, 0, 0) == 0) Sleep(1);
  RegisterWaitForSingleObject(&old, event, OnOld, &counter, 5, WT_EXECUTEONLYONCE);
  counter.Wait();
  UnregisterWaitEx(old, INVALID_HANDLE_VALUE);
  CloseThreadpoolWait(wait);
  CloseHandle(event);
  return counter.Answer();
}

ULONG Old() {
  Counter counter(2);
  QueueUserWorkItem(OnItem, &counter, WT_EXECUTEDEFAULT);
  HANDLE queue = CreateTimerQueue(), timer = nullptr;
  CreateTimerQueueTimer(&timer, queue, OnOld, &counter, 5, 0, WT_EXECUTEONLYONCE);
  counter.Wait();
  DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE);
  DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE);
  return counter.Answer();
}

ULONG Io() {
  Counter counter(1);
  HANDLE file = CreateFileW(L"C:\\pooler.txt", GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED, nullptr);
  if (file == INVALID_HANDLE_VALUE) return GetLastError() + 100;
  PTP_IO io = CreateThreadpoolIo(file, OnIo, &counter, nullptr);
  OVERLAPPED overlapped = {};
  StartThreadpoolIo(io);
  if (!WriteFile(file, "text", 4, nullptr, &overlapped) && GetLastError() != ERROR_IO_PENDING) CancelThreadpoolIo(io);
  counter.Wait();
  WaitForThreadpoolIoCallbacks(io, FALSE);
  CloseHandle(file);
  CloseThreadpoolIo(io);
  return counter.Answer();
}

ULONG Do(char how) {
  switch (how) {
    case 'w': return Work();
    case 't': return Timer();
    case 'o': return Wait();
    case 'q': return Old();
    case 'i': return Io();
    case 'W': return TrySubmitThreadpoolCallback(Hang, nullptr, nullptr);
    case 'T': {
      FILETIME due = In(10);
      PTP_TIMER timer = CreateThreadpoolTimer(Tick, nullptr, nullptr);
      SetThreadpoolTimer(timer, &due, 50, 0);
      return 1;
    }
    case 'H': return CloseHandle(CreateThread(nullptr, 0, HangingThread, nullptr, 0, nullptr));
    case 'x': return TrySubmitThreadpoolCallback(Crash, nullptr, nullptr);
    case 'c': {
      PTP_WORK work = CreateThreadpoolWork(OnWork, nullptr, nullptr);
      CloseThreadpoolWork(work);
      SubmitThreadpoolWork(work);
    }
  }
  return 0;
}

}  // namespace

static EVT_WDF_IO_QUEUE_IO_WRITE PoolerWrite;
static VOID PoolerWrite(WDFQUEUE, WDFREQUEST request, size_t) {
  char* how = nullptr;
  NTSTATUS status = WdfRequestRetrieveInputBuffer(request, 1, reinterpret_cast<PVOID*>(&how), nullptr);
  WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? Do(*how) : 0);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, [](WDFDRIVER, PWDFDEVICE_INIT init) -> NTSTATUS {
    WDFDEVICE device;
    NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
    if (!NT_SUCCESS(status)) return status;
    WDF_IO_QUEUE_CONFIG queue;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
    queue.EvtIoWrite = PoolerWrite;
    return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
  });
  return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
