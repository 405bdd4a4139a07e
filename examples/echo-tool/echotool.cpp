// echotool: installs the echo device, lists it, talks to it through a completion port, disables, enables and removes it. A console
// application as one is written for Windows; examples/echo-tool/CMakeLists.txt builds it with `drydock app`.
//
//   echotool install C:\echo.inx | list | talk [requests] | cancel | busy | drivers C:\echo.inx | about | restart | remove
#include <windows.h>
#include <initguid.h>
#include <cfgmgr32.h>
#include <newdev.h>
#include <setupapi.h>
#include <stdio.h>
#include <stdlib.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "echo.h"
#include "echosetup.h"

static int Fail(const wchar_t *what)
{
    const DWORD error = GetLastError();
    LPWSTR text = NULL;
    FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, (LPWSTR)&text, 0, NULL);
    fwprintf(stderr, L"%s: %u %s", what, error, text != NULL ? text : L"\n");
    LocalFree(text);
    return 1;
}

struct EchoDevice {
    std::wstring path, instance, description;
};

static std::vector<EchoDevice> Devices(HDEVINFO set)
{
    std::vector<EchoDevice> devices;
    SP_DEVICE_INTERFACE_DATA found = {sizeof(found)};
    for (DWORD i = 0; SetupDiEnumDeviceInterfaces(set, NULL, &GUID_DEVINTERFACE_ECHO, i, &found); ++i) {
        DWORD size = 0;
        SetupDiGetDeviceInterfaceDetailW(set, &found, NULL, 0, &size, NULL);
        std::vector<char> room(size);
        auto *detail = reinterpret_cast<PSP_DEVICE_INTERFACE_DETAIL_DATA_W>(room.data());
        detail->cbSize = sizeof(*detail);
        SP_DEVINFO_DATA info = {sizeof(info)};
        if (!SetupDiGetDeviceInterfaceDetailW(set, &found, detail, size, NULL, &info)) continue;
        EchoDevice device;
        device.path = detail->DevicePath;
        WCHAR text[MAX_DEVICE_ID_LEN] = L"";
        if (SetupDiGetDeviceInstanceIdW(set, &info, text, MAX_DEVICE_ID_LEN, NULL)) device.instance = text;
        if (SetupDiGetDeviceRegistryPropertyW(set, &info, SPDRP_DEVICEDESC, NULL, (PBYTE)text, sizeof(text), NULL)) device.description = text;
        devices.push_back(device);
    }
    return devices;
}

static std::vector<EchoDevice> Devices()
{
    HDEVINFO set = SetupDiGetClassDevsW(&GUID_DEVINTERFACE_ECHO, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    if (set == INVALID_HANDLE_VALUE) return {};
    std::vector<EchoDevice> devices = Devices(set);
    SetupDiDestroyDeviceInfoList(set);
    return devices;
}

static int Install(const wchar_t *inf)
{
    static const WCHAR id[] = L"root\\echo\0";
    static const GUID sampleClass = {0x5A2C6F0E, 0x7B1D, 0x4C57, {0x9A, 0x43, 0x1C, 0x8E, 0x0D, 0x6B, 0x2F, 0x11}};
    HDEVINFO set = SetupDiCreateDeviceInfoList(&sampleClass, NULL);
    SP_DEVINFO_DATA info = {sizeof(info)};
    BOOL reboot = FALSE;
    if (set == INVALID_HANDLE_VALUE || !SetupDiCreateDeviceInfoW(set, L"Sample", &sampleClass, NULL, NULL, DICD_GENERATE_ID, &info) ||
        !SetupDiSetDeviceRegistryPropertyW(set, &info, SPDRP_HARDWAREID, (const BYTE *)id, sizeof(id)) ||
        !SetupDiCallClassInstaller(DIF_REGISTERDEVICE, set, &info))
        return Fail(L"making the device");
    SetupDiDestroyDeviceInfoList(set);
    if (!UpdateDriverForPlugAndPlayDevicesW(NULL, L"root\\echo", inf, INSTALLFLAG_FORCE, &reboot)) return Fail(L"installing the driver");
    wprintf(L"installed\n");
    return 0;
}

// One request under way.
struct Talk {
    OVERLAPPED overlapped = {};
    bool write = false;
    unsigned number = 0;
    char bytes[32] = {};
};
struct Server {
    HANDLE port;
    LONG done, failed;
};

static DWORD WINAPI Serve(LPVOID parameter)
{
    Server *server = (Server *)parameter;
    for (;;) {
        DWORD bytes = 0;
        ULONG_PTR key = 0;
        OVERLAPPED *overlapped = NULL;
        const BOOL good = GetQueuedCompletionStatus(server->port, &bytes, &key, &overlapped, INFINITE);
        if (overlapped == NULL) return 0; // posted: there is nothing more to come
        std::unique_ptr<Talk> talk(CONTAINING_RECORD(overlapped, Talk, overlapped));
        if (!good || bytes == 0) InterlockedIncrement(&server->failed);
        InterlockedIncrement(&server->done);
    }
}

static int TalkTo(unsigned requests)
{
    const std::vector<EchoDevice> devices = Devices();
    if (devices.empty()) return fwprintf(stderr, L"there is no echo device\n"), 1;
    HANDLE device = CreateFileW(devices[0].path.c_str(), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (device == INVALID_HANDLE_VALUE) return Fail(L"opening");
    Server server = {CreateIoCompletionPort(device, NULL, 1, 0), 0, 0};
    HANDLE threads[2];
    for (HANDLE &thread : threads) thread = CreateThread(NULL, 0, Serve, &server, 0, NULL);
    std::map<bool, unsigned> sent;
    for (unsigned i = 0; i < requests; ++i) {
        Talk *talk = new Talk;
        talk->write = i % 2 == 0;
        talk->number = i;
        sprintf_s(talk->bytes, sizeof(talk->bytes), "message %u", i);
        ++sent[talk->write];
        const BOOL now = talk->write ? WriteFile(device, talk->bytes, (DWORD)strlen(talk->bytes), NULL, &talk->overlapped)
                                     : ReadFile(device, talk->bytes, sizeof(talk->bytes), NULL, &talk->overlapped);
        if (!now && GetLastError() != ERROR_IO_PENDING) return Fail(L"talking");
    }
    while (InterlockedCompareExchange(&server.done, 0, 0) != (LONG)requests) Sleep(1);
    for (int i = 0; i < 2; ++i) PostQueuedCompletionStatus(server.port, 0, 0, NULL);
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    wprintf(L"%u written, %u read, %d failed\n", sent[true], sent[false], server.failed);
    for (HANDLE thread : threads) CloseHandle(thread);
    CloseHandle(server.port);
    CloseHandle(device);
    return server.failed != 0;
}

// The second of two reads waits behind the first, and is taken back.
static int Cancel()
{
    const std::vector<EchoDevice> devices = Devices();
    if (devices.empty()) return fwprintf(stderr, L"there is no echo device\n"), 1;
    HANDLE device = CreateFileW(devices[0].path.c_str(), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (device == INVALID_HANDLE_VALUE) return Fail(L"opening");
    char bytes[2][16];
    OVERLAPPED overlapped[2] = {};
    DWORD count = 0;
    for (int i = 0; i < 2; ++i) {
        overlapped[i].hEvent = CreateEvent(NULL, TRUE, FALSE, NULL);
        if (!ReadFile(device, bytes[i], sizeof(bytes[i]), NULL, &overlapped[i]) && GetLastError() != ERROR_IO_PENDING) return Fail(L"reading");
    }
    const BOOL asked = CancelIoEx(device, &overlapped[1]) || GetLastError() == ERROR_NOT_FOUND;
    const BOOL first = GetOverlappedResult(device, &overlapped[0], &count, TRUE);
    const BOOL second = GetOverlappedResult(device, &overlapped[1], &count, TRUE);
    const DWORD error = GetLastError();
    if (!asked || !first || (!second && error != ERROR_OPERATION_ABORTED)) return Fail(L"cancelling");
    wprintf(L"the second read was %s\n", second ? L"faster" : L"cancelled");
    for (OVERLAPPED &each : overlapped) CloseHandle(each.hEvent);
    CloseHandle(device);
    return 0;
}

struct Watcher {
    HANDLE changed;
    LONG arrivals, removals;
};
static DWORD CALLBACK Watch(HCMNOTIFICATION, PVOID context, CM_NOTIFY_ACTION action, PCM_NOTIFY_EVENT_DATA, DWORD)
{
    Watcher *watcher = (Watcher *)context;
    if (action == CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL) InterlockedIncrement(&watcher->arrivals);
    if (action == CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL) InterlockedIncrement(&watcher->removals);
    SetEvent(watcher->changed);
    return ERROR_SUCCESS;
}

static BOOL Change(HDEVINFO set, PSP_DEVINFO_DATA info, DWORD state)
{
    SP_PROPCHANGE_PARAMS change = {{sizeof(SP_CLASSINSTALL_HEADER), DIF_PROPERTYCHANGE}, state, DICS_FLAG_GLOBAL, 0};
    return SetupDiSetClassInstallParams(set, info, &change.ClassInstallHeader, sizeof(change)) &&
           SetupDiCallClassInstaller(DIF_PROPERTYCHANGE, set, info);
}

// Disabled and enabled, as seen by whoever watches the interface.
static int Restart(bool remove)
{
    HDEVINFO set = SetupDiGetClassDevsW(&GUID_DEVINTERFACE_ECHO, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    SP_DEVINFO_DATA info = {sizeof(info)};
    if (set == INVALID_HANDLE_VALUE || !SetupDiEnumDeviceInfo(set, 0, &info)) return Fail(L"looking for the device");
    if (remove) {
        if (!SetupDiCallClassInstaller(DIF_REMOVE, set, &info)) return Fail(L"removing");
        wprintf(L"removed, %u left\n", (unsigned)Devices().size());
        SetupDiDestroyDeviceInfoList(set);
        return 0;
    }
    Watcher watcher = {CreateEvent(NULL, FALSE, FALSE, NULL), 0, 0};
    CM_NOTIFY_FILTER filter = {sizeof(filter)};
    filter.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE;
    filter.u.DeviceInterface.ClassGuid = GUID_DEVINTERFACE_ECHO;
    HCMNOTIFICATION watching;
    if (CM_Register_Notification(&filter, &watcher, Watch, &watching) != CR_SUCCESS) return Fail(L"watching");
    ULONG status = 0, problem = 0;
    DEVINST node = 0;
    WCHAR instance[MAX_DEVICE_ID_LEN];
    SetupDiGetDeviceInstanceIdW(set, &info, instance, MAX_DEVICE_ID_LEN, NULL);
    if (!Change(set, &info, DICS_DISABLE)) return Fail(L"disabling");
    if (CM_Locate_DevNodeW(&node, instance, 0) != CR_SUCCESS || CM_Get_DevNode_Status(&status, &problem, node, 0) != CR_SUCCESS) return Fail(L"asking");
    wprintf(L"disabled: problem %u, %u interfaces\n", problem, (unsigned)Devices().size());
    if (!Change(set, &info, DICS_ENABLE)) return Fail(L"enabling");
    CM_Get_DevNode_Status(&status, &problem, node, 0);
    while (InterlockedCompareExchange(&watcher.arrivals, 0, 0) == 0 || InterlockedCompareExchange(&watcher.removals, 0, 0) == 0)
        WaitForSingleObject(watcher.changed, INFINITE);
    wprintf(L"enabled: problem %u, %u interfaces, %d removals, %d arrivals\n", problem, (unsigned)Devices().size(), watcher.removals, watcher.arrivals);
    CM_Unregister_Notification(watching);
    CloseHandle(watcher.changed);
    SetupDiDestroyDeviceInfoList(set);
    return 0;
}

int wmain(int argc, wchar_t *argv[])
{
    const std::wstring what = argc > 1 ? argv[1] : L"list";
    if (what == L"install" && argc > 2) return Install(argv[2]);
    if (what == L"list") {
        for (const EchoDevice &device : Devices()) wprintf(L"%s: %s\n", device.instance.c_str(), device.description.c_str());
        return 0;
    }
    if (what == L"talk") return TalkTo(argc > 2 ? (unsigned)_wtoi(argv[2]) : 10);
    if (what == L"cancel") return Cancel();
    if (what == L"busy") return Busy();
    if (what == L"drivers" && argc > 2) return Drivers(argv[2]);
    if (what == L"about") return About();
    if (what == L"restart") return Restart(false);
    if (what == L"remove") return Restart(true);
    fwprintf(stderr, L"echotool install INF | list | talk [requests] | cancel | busy | drivers INF | about | restart | remove\n");
    return 2;
}
