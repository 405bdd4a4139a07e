/* Families of functions, each by what its documentation promises. */
#include "check.h"

/* --- mutexes: owned by a thread, recursive, abandoned at its end --- */
static HANDLE mutex;
static DWORD TakeAndLeave(LPVOID parameter)
{
    CHECK(WaitForSingleObject(mutex, INFINITE) == WAIT_OBJECT_0);
    SetEvent((HANDLE)parameter);
    return 0;
}
static DWORD NotMine(LPVOID parameter)
{
    (void)parameter;
    CHECK(WaitForSingleObject(mutex, 0) == WAIT_TIMEOUT);
    CHECK(!ReleaseMutex(mutex) && GetLastError() == ERROR_NOT_OWNER);
    return 0;
}
static int Mutexes(void)
{
    HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL), thread, again;
    mutex = CreateMutex(NULL, TRUE, TEXT("families"));
    CHECK(mutex != NULL && GetLastError() == ERROR_SUCCESS);
    CHECK(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0); /* once more by its owner */
    CHECK(ReleaseMutex(mutex));
    thread = CreateThread(NULL, 0, NotMine, NULL, 0, NULL);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && CloseHandle(thread));
    again = CreateMutex(NULL, TRUE, TEXT("families"));
    CHECK(again != NULL && GetLastError() == ERROR_ALREADY_EXISTS && CloseHandle(again));
    again = OpenMutex(SYNCHRONIZE, FALSE, TEXT("families"));
    CHECK(again != NULL && CloseHandle(again));
    CHECK(OpenMutex(SYNCHRONIZE, FALSE, TEXT("nobody's")) == NULL && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(ReleaseMutex(mutex));
    CHECK(!ReleaseMutex(mutex) && GetLastError() == ERROR_NOT_OWNER);
    thread = CreateThread(NULL, 0, TakeAndLeave, event, 0, NULL);
    CHECK(WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(mutex, INFINITE) == WAIT_ABANDONED);
    CHECK(ReleaseMutex(mutex));
    CHECK(WaitForSingleObject(mutex, INFINITE) == WAIT_OBJECT_0); /* told once */
    CHECK(ReleaseMutex(mutex) && CloseHandle(mutex) && CloseHandle(thread) && CloseHandle(event));
    return 0;
}

/* --- waitable timers --- */
static int rang;
static VOID Ring(LPVOID argument, DWORD low, DWORD high)
{
    rang += *(int *)argument;
    CHECK(low != 0 || high != 0);
}
static int Timers(void)
{
    HANDLE once = CreateWaitableTimer(NULL, TRUE, NULL), periodic = CreateWaitableTimer(NULL, FALSE, NULL);
    LARGE_INTEGER due, before, after, frequency;
    int five = 5;

    due.QuadPart = -20 * 10000;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&before);
    CHECK(SetWaitableTimer(once, &due, 0, NULL, NULL, FALSE));
    CHECK(WaitForSingleObject(once, 0) == WAIT_TIMEOUT);
    CHECK(WaitForSingleObject(once, INFINITE) == WAIT_OBJECT_0);
    QueryPerformanceCounter(&after);
    CHECK((after.QuadPart - before.QuadPart) * 1000 / frequency.QuadPart >= 19);
    CHECK(WaitForSingleObject(once, 0) == WAIT_OBJECT_0); /* manual: stays */
    CHECK(SetWaitableTimer(once, &due, 0, Ring, &five, FALSE));
    CHECK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && rang == 5);
    CHECK(SetWaitableTimer(periodic, &due, 10, NULL, NULL, FALSE));
    CHECK(WaitForSingleObject(periodic, INFINITE) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(periodic, INFINITE) == WAIT_OBJECT_0);
    CHECK(CancelWaitableTimer(periodic));
    CHECK(CloseHandle(once) && CloseHandle(periodic));
    return 0;
}

/* --- suspended threads, storage with a routine at the end, what runs once, waits on addresses --- */
static DWORD slot;
static LONG ended, made;
static LONG word;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static VOID SlotEnds(PVOID value) { InterlockedExchangeAdd(&ended, (LONG)(LONG_PTR)value); }
static BOOL MakeOnce(PINIT_ONCE which, PVOID parameter, PVOID *context)
{
    (void)which;
    Sleep(5);
    InterlockedIncrement(&made);
    *context = parameter;
    return TRUE;
}
static DWORD BeginsLate(LPVOID parameter)
{
    PVOID context = NULL;
    LONG zero = 0;
    FlsSetValue(slot, (PVOID)7);
    InterlockedIncrement((LONG *)parameter);
    CHECK(InitOnceExecuteOnce(&once, MakeOnce, &made, &context) && context == &made);
    while (word == 0) WaitOnAddress(&word, &zero, sizeof(word), INFINITE);
    return 0;
}
static int Threads(void)
{
    HANDLE threads[3];
    LONG ran = 0, i;

    slot = FlsAlloc(SlotEnds);
    CHECK(slot != FLS_OUT_OF_INDEXES);
    for (i = 0; i < 3; ++i) threads[i] = CreateThread(NULL, 0, BeginsLate, &ran, CREATE_SUSPENDED, NULL);
    Sleep(5);
    CHECK(ran == 0);
    CHECK(SuspendThread(threads[2]) == 1);
    for (i = 0; i < 3; ++i) CHECK(ResumeThread(threads[i]) == (DWORD)(i == 2 ? 2 : 1));
    CHECK(ResumeThread(threads[2]) == 1);
    CHECK(WaitForMultipleObjects(3, threads, TRUE, 20) == WAIT_TIMEOUT);
    InterlockedIncrement(&word);
    WakeByAddressAll(&word);
    CHECK(WaitForMultipleObjects(3, threads, TRUE, INFINITE) == WAIT_OBJECT_0);
    CHECK(ran == 3 && ended == 21 && made == 1);
    CHECK(SetThreadPriority(threads[0], THREAD_PRIORITY_HIGHEST) && GetThreadPriority(threads[0]) == THREAD_PRIORITY_HIGHEST);
    for (i = 0; i < 3; ++i) CHECK(CloseHandle(threads[i]));
    CHECK(FlsFree(slot));
    return 0;
}

/* --- the thread pool --- */
static LONG works, ticks, waits;
static HANDLE done;
static VOID Work(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)context;
    (void)work;
    Sleep(2);
    if (InterlockedIncrement(&works) == 10) SetEventWhenCallbackReturns(instance, done);
}
static VOID Tick(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance;
    (void)timer;
    if (InterlockedIncrement(&ticks) == 3) SetEvent((HANDLE)context);
}
static VOID Waited(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait, TP_WAIT_RESULT result)
{
    (void)instance;
    (void)wait;
    InterlockedExchangeAdd(&waits, result == WAIT_OBJECT_0 ? 1 : 100);
    SetEvent((HANDLE)context);
}
static VOID OldWait(PVOID context, BOOLEAN timedOut)
{
    InterlockedExchangeAdd(&waits, timedOut ? 1000 : 10000);
    SetEvent((HANDLE)context);
}
static DWORD Item(LPVOID parameter)
{
    SetEvent((HANDLE)parameter);
    return 0;
}
static int Pool(void)
{
    PTP_WORK work;
    PTP_TIMER timer;
    PTP_WAIT wait;
    HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL), old;
    LARGE_INTEGER due;
    FILETIME time;
    int i;

    done = CreateEvent(NULL, FALSE, FALSE, NULL);
    work = CreateThreadpoolWork(Work, NULL, NULL);
    CHECK(work != NULL);
    for (i = 0; i < 10; ++i) SubmitThreadpoolWork(work);
    CHECK(WaitForSingleObject(done, INFINITE) == WAIT_OBJECT_0);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK(works == 10);
    CloseThreadpoolWork(work);

    timer = CreateThreadpoolTimer(Tick, done, NULL);
    due.QuadPart = -10 * 10000;
    time.dwLowDateTime = due.LowPart;
    time.dwHighDateTime = (DWORD)due.HighPart;
    SetThreadpoolTimer(timer, &time, 5, 0);
    CHECK(IsThreadpoolTimerSet(timer));
    CHECK(WaitForSingleObject(done, INFINITE) == WAIT_OBJECT_0);
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    CHECK(!IsThreadpoolTimerSet(timer));
    CloseThreadpoolTimer(timer);

    wait = CreateThreadpoolWait(Waited, done, NULL);
    SetThreadpoolWait(wait, event, NULL);
    SetEvent(event);
    CHECK(WaitForSingleObject(done, INFINITE) == WAIT_OBJECT_0);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    CHECK(waits == 1);
    CloseThreadpoolWait(wait);
    CHECK(RegisterWaitForSingleObject(&old, event, OldWait, done, 10, WT_EXECUTEONLYONCE));
    CHECK(WaitForSingleObject(done, INFINITE) == WAIT_OBJECT_0);
    CHECK(UnregisterWaitEx(old, INVALID_HANDLE_VALUE) && waits == 1001);
    CHECK(QueueUserWorkItem(Item, done, 0));
    CHECK(WaitForSingleObject(done, INFINITE) == WAIT_OBJECT_0);
    CHECK(CloseHandle(done) && CloseHandle(event));
    return 0;
}

/* --- pages, heaps, sections --- */
static int Memory(void)
{
    MEMORY_BASIC_INFORMATION about;
    DWORD old = 0;
    HANDLE heap, section, again;
    char *reserved = (char *)VirtualAlloc(NULL, 100000, MEM_RESERVE, PAGE_NOACCESS), *part, *view, *other;

    CHECK(reserved != NULL && ((ULONG_PTR)reserved & 0xffff) == 0);
    CHECK(VirtualQuery(reserved, &about, sizeof(about)) == sizeof(about) && about.State == MEM_RESERVE && about.RegionSize == 102400);
    part = (char *)VirtualAlloc(reserved + 4096, 4096, MEM_COMMIT, PAGE_READWRITE);
    CHECK(part == reserved + 4096);
    part[0] = 1;
    CHECK(part[4095] == 0);
    CHECK(VirtualLock(part, 4096) && VirtualUnlock(part, 4096));
    CHECK(VirtualProtect(part, 1, PAGE_READONLY, &old) && old == PAGE_READWRITE && part[0] == 1);
    CHECK(!VirtualProtect(reserved, 1, PAGE_READONLY, &old) && GetLastError() == ERROR_INVALID_ADDRESS);
    CHECK(!VirtualFree(reserved, 5, MEM_RELEASE) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(VirtualFree(reserved, 0, MEM_RELEASE));
    CHECK(VirtualQuery(reserved, &about, sizeof(about)) == sizeof(about) && about.State == MEM_FREE);

    heap = HeapCreate(0, 0, 0);
    CHECK(heap != NULL);
    part = (char *)HeapAlloc(heap, HEAP_ZERO_MEMORY, 30);
    CHECK(part != NULL && part[29] == 0 && HeapSize(heap, 0, part) == 30);
    CHECK((part = (char *)HeapReAlloc(heap, HEAP_ZERO_MEMORY, part, 300)) != NULL);
    CHECK(HeapAlloc(heap, 0, 10) != NULL);
    CHECK(HeapFree(heap, 0, part) && HeapDestroy(heap)); /* with what is left in it */

    section = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 5000, TEXT("shared"));
    CHECK(section != NULL && GetLastError() == ERROR_SUCCESS);
    again = OpenFileMapping(FILE_MAP_ALL_ACCESS, FALSE, TEXT("shared"));
    view = (char *)MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    other = (char *)MapViewOfFile(again, FILE_MAP_READ, 0, 0, 100);
    CHECK(view != NULL && other != NULL);
    strcpy(view, "seen");
    CHECK(!strcmp(other, "seen"));
    CHECK(UnmapViewOfFile(view) && UnmapViewOfFile(other) && !UnmapViewOfFile(other));
    CHECK(CloseHandle(section) && CloseHandle(again));
    return 0;
}

/* --- files on the mapped drive --- */
static int Files(void)
{
    HANDLE file, search, section;
    LARGE_INTEGER size, zero;
    DWORD bytes = 0;
    WIN32_FIND_DATAA found;
    WIN32_FILE_ATTRIBUTE_DATA about;
    char room[16] = {0}, *view;

    zero.QuadPart = 0;
    CHECK(CreateDirectoryA("C:\\made", NULL));
    CHECK(!CreateDirectoryA("C:\\made", NULL) && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(GetFileAttributesA("C:\\made") & FILE_ATTRIBUTE_DIRECTORY);
    CHECK(SetCurrentDirectoryA("made"));
    file = CreateFileA("text", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, "0123456789", 10, &bytes, NULL) && bytes == 10);
    CHECK(GetFileSize(file, NULL) == 10 && GetFileSizeEx(file, &size) && size.QuadPart == 10);
    CHECK(SetFilePointer(file, -3, NULL, FILE_END) == 7);
    CHECK(ReadFile(file, room, 16, &bytes, NULL) && bytes == 3 && !memcmp(room, "789", 3));
    CHECK(SetFilePointer(file, -1, NULL, FILE_BEGIN) == INVALID_SET_FILE_POINTER && GetLastError() == ERROR_NEGATIVE_SEEK);
    CHECK(SetFilePointer(file, 5, NULL, FILE_BEGIN) == 5 && SetEndOfFile(file) && GetFileSize(file, NULL) == 5);
    section = CreateFileMapping(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    view = (char *)MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(view != NULL && !memcmp(view, "01234", 5));
    view[1] = 'x';
    CHECK(UnmapViewOfFile(view) && CloseHandle(section));
    CHECK(SetFilePointerEx(file, zero, NULL, FILE_BEGIN) && ReadFile(file, room, 16, &bytes, NULL) && bytes == 5 && !memcmp(room, "0x234", 5));
    CHECK(CloseHandle(file));
    CHECK(CopyFileA("text", "other", TRUE));
    CHECK(!CopyFileA("text", "other", TRUE) && GetLastError() == ERROR_FILE_EXISTS);
    CHECK(MoveFileA("other", "C:\\made\\moved") && GetFileAttributesA("other") == INVALID_FILE_ATTRIBUTES);
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(GetFileAttributesExA("moved", GetFileExInfoStandard, &about) && about.nFileSizeLow == 5);
    search = FindFirstFileA("C:\\made\\m*", &found);
    CHECK(search != INVALID_HANDLE_VALUE && !strcmp(found.cFileName, "moved") && found.nFileSizeLow == 5);
    CHECK(!FindNextFileA(search, &found) && GetLastError() == ERROR_NO_MORE_FILES && FindClose(search));
    CHECK(FindFirstFileA("C:\\made\\z*", &found) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(!RemoveDirectoryA("C:\\made") && GetLastError() == ERROR_DIR_NOT_EMPTY);
    CHECK(DeleteFileA("moved") && DeleteFileA("text") && RemoveDirectoryA("C:\\made"));
    CHECK(!DeleteFileA("C:\\made\\text") && GetLastError() == ERROR_PATH_NOT_FOUND);
    return 0;
}

/* --- processes and threads by their ids; times --- */
static DWORD Idle(LPVOID parameter) { return WaitForSingleObject((HANDLE)parameter, INFINITE); }
static int Processes(void)
{
    HANDLE stop = CreateEventA(NULL, TRUE, FALSE, NULL), thread, same, self;
    FILETIME time = {5, 6}, later = {4, 7}, local;
    DWORD id, code = 0;
    CHECK(OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, 1) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    self = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId());
    CHECK(self != NULL && GetProcessId(self) == GetCurrentProcessId());
    CHECK(GetExitCodeProcess(self, &code) && code == STILL_ACTIVE);
    CHECK(!TerminateProcess(self, 9) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(self) && GetProcessId(self) == 0 && GetLastError() == ERROR_INVALID_HANDLE);
    thread = CreateThread(NULL, 0, Idle, stop, 0, &id);
    same = OpenThread(SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
    CHECK(same != NULL && GetThreadId(same) == id && GetProcessIdOfThread(same) == GetCurrentProcessId());
    CHECK(SetEvent(stop) && WaitForSingleObject(same, 1000) == WAIT_OBJECT_0);
    CHECK(CloseHandle(thread) && CloseHandle(same) && CloseHandle(stop));
    CHECK(CompareFileTime(&time, &later) == -1 && CompareFileTime(&later, &time) == 1 && CompareFileTime(&time, &time) == 0);
    CHECK(FileTimeToLocalFileTime(&time, &local) && CompareFileTime(&time, &local) == 0);
    self = OpenProcess(PROCESS_TERMINATE, FALSE, GetCurrentProcessId());
    return TerminateProcess(self, 23) ? 1 : 2; /* neither: it ends in there */
}

/* --- a process ends while others of its threads wait for locks --- */
static CRITICAL_SECTION section;
static CONDITION_VARIABLE never = CONDITION_VARIABLE_INIT;
static SRWLOCK lock = SRWLOCK_INIT;
static DWORD WaitForSection(LPVOID parameter)
{
    (void)parameter;
    EnterCriticalSection(&section);
    return 0;
}
static DWORD WaitForCondition(LPVOID parameter)
{
    (void)parameter;
    AcquireSRWLockExclusive(&lock);
    SleepConditionVariableSRW(&never, &lock, INFINITE, 0);
    return 0;
}
static int Locks(void)
{
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    CreateThread(NULL, 0, WaitForSection, NULL, 0, NULL);
    CreateThread(NULL, 0, WaitForCondition, NULL, 0, NULL);
    QueueUserWorkItem(WaitForSection, NULL, 0);
    Sleep(10);
    return 0;
}

int Family(const char *what)
{
    if (!strcmp(what, "mutexes")) return Mutexes();
    if (!strcmp(what, "timers")) return Timers();
    if (!strcmp(what, "suspended")) return Threads();
    if (!strcmp(what, "pool")) return Pool();
    if (!strcmp(what, "memory")) return Memory();
    if (!strcmp(what, "files")) return Files();
    if (!strcmp(what, "locks")) return Locks();
    if (!strcmp(what, "processes")) return Processes();
    return -1;
}
