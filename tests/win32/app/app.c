/* A console application as one is written for Windows; what it does is its first argument. Exit code 0: as expected. */
#include <windows.h>
#include <winioctl.h>
#include <initguid.h>
#include <cfgmgr32.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../mirror.h"
#include "check.h"

HANDLE OpenMirror(DWORD flags)
{
    WCHAR list[512];
    ULONG length = 0;
    HANDLE device;

    CHECK(CM_Get_Device_Interface_List_SizeW(&length, (LPGUID)&GUID_DEVINTERFACE_MIRROR, NULL, 0) == CR_SUCCESS);
    CHECK(length > 1 && length <= 512);
    CHECK(CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_MIRROR, NULL, list, 512, 0) == CR_SUCCESS);
    device = CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    CHECK(device != INVALID_HANDLE_VALUE);
    return device;
}

static int Sync(void)
{
    char out[8] = {0};
    DWORD bytes = 0;
    HANDLE device = OpenMirror(0);
    CHECK(DeviceIoControl(device, IOCTL_MIRROR_REVERSE, "abc", 3, out, sizeof(out), &bytes, NULL));
    CHECK(bytes == 3 && memcmp(out, "cba", 3) == 0);
    CHECK(DeviceIoControl(device, IOCTL_MIRROR_REVERSE_DIRECT, "wxyz", 4, out, sizeof(out), &bytes, NULL));
    CHECK(bytes == 4 && memcmp(out, "zyxw", 4) == 0);
    CHECK(!DeviceIoControl(device, IOCTL_MIRROR_REVERSE, "abc", 3, out, 2, &bytes, NULL));
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER && bytes == 0);
    /* What an earlier request left in a system buffer is not seen by the next. */
    memset(out, 0x55, sizeof(out));
    CHECK(DeviceIoControl(device, IOCTL_MIRROR_UNTOUCHED, "xy", 2, out, sizeof(out), &bytes, NULL));
    CHECK(bytes == sizeof(out) && memcmp(out, "xy\0\0\0\0\0\0", 8) == 0);
    CHECK(!DeviceIoControl(device, 0x222fff, NULL, 0, NULL, 0, &bytes, NULL) && GetLastError() == ERROR_INVALID_FUNCTION);
    CHECK(CreateFileA("\\\\.\\NoSuchDevice", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(CloseHandle(device));
    CHECK(!CloseHandle(device) && GetLastError() == ERROR_INVALID_HANDLE);
    printf("%ws %S %s %I64x %u\n", L"wide", L"other", "narrow", 0x123456789abcULL, 7u);
    return 0;
}

static int Overlapped(void)
{
    DWORD bytes = 0;
    OVERLAPPED first = {0}, second = {0};
    HANDLE device = OpenMirror(FILE_FLAG_OVERLAPPED);

    first.hEvent = CreateEvent(NULL, TRUE, FALSE, NULL);
    second.hEvent = CreateEvent(NULL, TRUE, FALSE, NULL);
    CHECK(!DeviceIoControl(device, IOCTL_MIRROR_WAIT, NULL, 0, NULL, 0, NULL, &first) && GetLastError() == ERROR_IO_PENDING);
    CHECK(!DeviceIoControl(device, IOCTL_MIRROR_WAIT, NULL, 0, NULL, 0, NULL, &second) && GetLastError() == ERROR_IO_PENDING);
    CHECK(!HasOverlappedIoCompleted(&first));
    CHECK(!GetOverlappedResult(device, &first, &bytes, FALSE) && GetLastError() == ERROR_IO_INCOMPLETE);
    CHECK(WaitForSingleObject(first.hEvent, 5) == WAIT_TIMEOUT);
    CHECK(CancelIoEx(device, &first));
    CHECK(!GetOverlappedResult(device, &first, &bytes, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED);
    CHECK(!CancelIoEx(device, &first) && GetLastError() == ERROR_NOT_FOUND);
    CHECK(!HasOverlappedIoCompleted(&second));
    first.Internal = 0;
    CHECK(DeviceIoControl(device, IOCTL_MIRROR_RELEASE, NULL, 0, NULL, 0, &bytes, &first) || GetLastError() == ERROR_IO_PENDING);
    CHECK(GetOverlappedResult(device, &first, &bytes, TRUE));
    CHECK(GetOverlappedResult(device, &second, &bytes, TRUE));
    CHECK(CloseHandle(device) && CloseHandle(first.hEvent) && CloseHandle(second.hEvent));
    return 0;
}

static int Port(void)
{
    OVERLAPPED waiting = {0}, *who = NULL;
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    HANDLE device = OpenMirror(FILE_FLAG_OVERLAPPED);
    HANDLE other = OpenMirror(0);
    HANDLE port = CreateIoCompletionPort(device, NULL, 42, 0);

    CHECK(port != NULL);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &who, 10) && GetLastError() == WAIT_TIMEOUT && who == NULL);
    CHECK(!DeviceIoControl(device, IOCTL_MIRROR_WAIT, NULL, 0, NULL, 0, NULL, &waiting) && GetLastError() == ERROR_IO_PENDING);
    CHECK(DeviceIoControl(other, IOCTL_MIRROR_RELEASE, NULL, 0, NULL, 0, &bytes, NULL));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &who, INFINITE) && key == 42 && who == &waiting);
    CHECK(!DeviceIoControl(device, IOCTL_MIRROR_WAIT, NULL, 0, NULL, 0, NULL, &waiting) && GetLastError() == ERROR_IO_PENDING);
    CHECK(CancelIo(device));
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &who, INFINITE) && who == &waiting);
    CHECK(GetLastError() == ERROR_OPERATION_ABORTED);
    CHECK(PostQueuedCompletionStatus(port, 7, 8, NULL));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &who, INFINITE) && bytes == 7 && key == 8 && who == NULL);
    CHECK(CreateIoCompletionPort(other, port, 1, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(port) && CloseHandle(device) && CloseHandle(other));
    return 0;
}

static int called;
static VOID Called(ULONG_PTR parameter) { called += (int)parameter; }

static unsigned Count(void *argument)
{
    InterlockedIncrement((LONG *)argument);
    return 5;
}

static int Threads(void)
{
    LONG count = 0;
    DWORD code = 0, index = TlsAlloc();
    HANDLE threads[3];
    int i;

    for (i = 0; i < 3; ++i) threads[i] = (HANDLE)_beginthreadex(NULL, 0, Count, &count, 0, NULL);
    CHECK(WaitForMultipleObjects(3, threads, TRUE, INFINITE) == WAIT_OBJECT_0 && count == 3);
    CHECK(GetExitCodeThread(threads[1], &code) && code == 5);
    for (i = 0; i < 3; ++i) CHECK(CloseHandle(threads[i]));
    CHECK(TlsSetValue(index, &count) && TlsGetValue(index) == &count && TlsFree(index));
    CHECK(QueueUserAPC(Called, GetCurrentThread(), 3));
    CHECK(SleepEx(0, FALSE) == 0 && called == 0);
    CHECK(SleepEx(1000, TRUE) == WAIT_IO_COMPLETION && called == 3);
    return 0;
}

static int Input(void)
{
    char word[8], line[32];
    int number = 0;

    CHECK(scanf_s("%d %7s", &number, word, (unsigned)sizeof(word)) == 2);
    CHECK(getchar() == '\n');
    CHECK(fgets(line, sizeof(line), stdin) != NULL);
    printf("%d-%s-%s", number, word, line);
    CHECK(sscanf_s("0x1f,z", "%x,%c", &number, word, 1u) == 2 && number == 31 && word[0] == 'z');
    CHECK(getchar() == EOF);
    return 0;
}

static unsigned WaitForEver(void *device)
{
    DWORD bytes;
    DeviceIoControl((HANDLE)device, IOCTL_MIRROR_WAIT, NULL, 0, NULL, 0, &bytes, NULL);
    printf("a thread outlived its process\n");
    return 0;
}

static DWORD WINAPI WaitForHandle(LPVOID handle) { return WaitForSingleObject(handle, INFINITE); }
static HANDLE stop;
static BOOL WINAPI SetStop(DWORD event) {
    (void)event;
    return SetEvent(stop);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    int family = Family(what);

    if (family < 0) family = Services(what);
    if (family < 0) family = System(what);
    if (family < 0) family = Devices(what);
    if (family >= 0) return family;
    if (!strcmp(what, "sync")) return Sync();
    if (!strcmp(what, "overlapped")) return Overlapped();
    if (!strcmp(what, "port")) return Port();
    if (!strcmp(what, "threads")) return Threads();
    if (!strcmp(what, "input")) return Input();
    if (!strcmp(what, "pause")) return system("cls") + system("PAUSE > nul") + system("pause") + (system("dir /w") != 1);
    if (!strcmp(what, "leave")) {
        /* Requests pend and handles are open: the end of the process ends them. */
        HANDLE device = OpenMirror(0);
        OpenMirror(FILE_FLAG_OVERLAPPED);
        _beginthreadex(NULL, 0, WaitForEver, device, 0, NULL);
        Sleep(10);
        exit(argc > 2 ? atoi(argv[2]) : 9);
    }
    if (!strcmp(what, "crash")) {
        printf("before\n");
        *(volatile int *)argv[9999 - 9999 + argc] = 1; /* argv[argc] is null */
        printf("after\n");
    }
    if (!strcmp(what, "stuck")) {
        /* Waits for a thread that waits for what nobody sets. */
        HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);
        HANDLE thread = CreateThread(NULL, 0, WaitForHandle, never, 0, NULL);
        WaitForSingleObject(thread, INFINITE);
    }
    if (!strcmp(what, "stoppable")) {
        /* The same, but Ctrl+C is how it ends. */
        stop = CreateEventW(NULL, TRUE, FALSE, NULL);
        CHECK(SetConsoleCtrlHandler(SetStop, TRUE));
        WaitForSingleObject(stop, INFINITE);
        return 0;
    }
    if (!strcmp(what, "patient")) {
        Sleep(3 * 60 * 60 * 1000);
        for (int hour = 0; hour < 3; ++hour)
            for (int second = 0; second < 3600; ++second) Sleep(1000);
        return 0;
    }
    if (!strcmp(what, "wait")) {
        Sleep(INFINITE);
        printf("woken\n");
    }
    return 1;
}
