// What echotool asks the setup functions: a change that somebody's open handle puts off, and the device's drivers. Its words are resources.
#include <windows.h>
#include <initguid.h>
#include <cfgmgr32.h>
#include <setupapi.h>
#include <stdio.h>

#include "echo.h"
#include "echosetup.h"
#include "messages.h"
#include "resource.h"

static void Say(DWORD message, ...)
{
    LPWSTR text = NULL;
    va_list arguments;
    va_start(arguments, message);
    FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, message, 0, (LPWSTR)&text, 0, &arguments);
    va_end(arguments);
    fputws(text != NULL ? text : L"?\n", stdout);
    LocalFree(text);
}

static HDEVINFO FirstDevice(PSP_DEVINFO_DATA info)
{
    HDEVINFO set = SetupDiGetClassDevsW(&GUID_DEVINTERFACE_ECHO, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    info->cbSize = sizeof(*info);
    if (set != INVALID_HANDLE_VALUE && SetupDiEnumDeviceInfo(set, 0, info)) return set;
    return INVALID_HANDLE_VALUE;
}

static HANDLE Open(HDEVINFO set)
{
    SP_DEVICE_INTERFACE_DATA found = {sizeof(found)};
    struct {
        SP_DEVICE_INTERFACE_DETAIL_DATA_W detail;
        WCHAR more[MAX_PATH];
    } room;
    room.detail.cbSize = sizeof(room.detail);
    if (!SetupDiEnumDeviceInterfaces(set, NULL, &GUID_DEVINTERFACE_ECHO, 0, &found) ||
        !SetupDiGetDeviceInterfaceDetailW(set, &found, &room.detail, sizeof(room), NULL, NULL))
        return INVALID_HANDLE_VALUE;
    return CreateFileW(room.detail.DevicePath, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

// What became of a change, in the words of the string table.
static void SayChange(HDEVINFO set, PSP_DEVINFO_DATA info, BOOL changed)
{
    WCHAR text[40];
    SP_DEVINSTALL_PARAMS_W params = {sizeof(params)};
    UINT word = IDS_FAILED;
    if (changed && SetupDiGetDeviceInstallParamsW(set, info, &params)) word = params.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART) ? IDS_REBOOT : IDS_CHANGED;
    if (LoadString(NULL, word, text, ARRAYSIZE(text)) == 0) wcscpy_s(text, ARRAYSIZE(text), L"?");
    wprintf(L"%s\n", text);
}

int Busy()
{
    SP_DEVINFO_DATA info;
    HDEVINFO set = FirstDevice(&info);
    HANDLE device = set != INVALID_HANDLE_VALUE ? Open(set) : INVALID_HANDLE_VALUE;
    if (device == INVALID_HANDLE_VALUE) return 1;
    SP_PROPCHANGE_PARAMS change = {{sizeof(SP_CLASSINSTALL_HEADER), DIF_PROPERTYCHANGE}, DICS_DISABLE, DICS_FLAG_GLOBAL, 0};
    SetupDiSetClassInstallParams(set, &info, &change.ClassInstallHeader, sizeof(change));
    SayChange(set, &info, SetupDiCallClassInstaller(DIF_PROPERTYCHANGE, set, &info));
    SayChange(set, &info, SetupDiCallClassInstaller(DIF_REMOVE, set, &info));
    // It goes on.
    DWORD bytes = 0;
    if (!WriteFile(device, "still there", 11, &bytes, NULL) || bytes != 11) return 1;
    CloseHandle(device);
    SetupDiDestroyDeviceInfoList(set);

    set = FirstDevice(&info);
    SayChange(set, &info, SetupDiRestartDevices(set, &info));
    SetupDiDestroyDeviceInfoList(set);
    return 0;
}

static UINT CALLBACK SayFile(PVOID context, UINT notification, UINT_PTR file, UINT_PTR)
{
    if (notification == SPFILENOTIFY_QUEUESCAN) {
        ++*(UINT *)context;
        wprintf(L"%s\n", (LPCWSTR)file);
    }
    return NO_ERROR;
}

int Drivers(const wchar_t *inf)
{
    SP_DEVINFO_DATA info;
    HDEVINFO set = FirstDevice(&info);
    SP_DEVINSTALL_PARAMS_W params = {sizeof(params)};
    if (set == INVALID_HANDLE_VALUE || !SetupDiGetDeviceInstallParamsW(set, &info, &params)) return 1;
    params.FlagsEx |= DI_FLAGSEX_INSTALLEDDRIVER;
    SP_DRVINFO_DATA_W driver = {sizeof(driver)};
    if (!SetupDiSetDeviceInstallParamsW(set, &info, &params) || !SetupDiBuildDriverInfoList(set, &info, SPDIT_COMPATDRIVER) ||
        !SetupDiEnumDriverInfoW(set, &info, SPDIT_COMPATDRIVER, 0, &driver) || !SetupDiSetSelectedDriverW(set, &info, &driver))
        return 2;
    SP_DRVINFO_DETAIL_DATA_W detail = {sizeof(detail)};
    if (!SetupDiGetDriverInfoDetailW(set, &info, &driver, &detail, sizeof(detail), NULL) && GetLastError() != ERROR_INSUFFICIENT_BUFFER) return 3;
    Say(MSG_DRIVER, driver.Description, (UINT)(driver.DriverVersion >> 48), (UINT)(driver.DriverVersion >> 32 & 0xFFFF), detail.SectionName);

    UINT count = 0;
    DWORD result = 0;
    params.FileQueue = SetupOpenFileQueue();
    params.Flags |= DI_NOVCP;
    if (!SetupDiSetDeviceInstallParamsW(set, &info, &params) || !SetupDiCallClassInstaller(DIF_INSTALLDEVICEFILES, set, &info) ||
        !SetupScanFileQueueW(params.FileQueue, SPQ_SCAN_USE_CALLBACK, NULL, SayFile, &count, &result) || result != 1)
        return 4;
    SetupCloseFileQueue(params.FileQueue);
    SetupDiDestroyDeviceInfoList(set);

    GUID guid = {};
    WCHAR text[MAX_CLASS_NAME_LEN], again[MAX_CLASS_NAME_LEN], provider[64];
    INFCONTEXT line;
    HINF file = SetupOpenInfFileW(inf, NULL, INF_STYLE_WIN4, NULL);
    if (file == INVALID_HANDLE_VALUE || !SetupFindFirstLineW(file, L"version", L"Provider", &line) || !SetupGetStringFieldW(&line, 1, provider, 64, NULL) ||
        !SetupDiGetINFClassW(inf, &guid, text, MAX_CLASS_NAME_LEN, NULL) || !SetupDiClassNameFromGuidW(&guid, again, MAX_CLASS_NAME_LEN, NULL) ||
        _wcsicmp(text, again) != 0)
        return 5;
    SetupCloseInfFile(file);
    Say(MSG_FILES, count, provider);
    return 0;
}

int About()
{
    HRSRC found = FindResourceW(NULL, MAKEINTRESOURCEW(IDR_GREETING), RT_RCDATA);
    if (found == NULL || FindResourceW(NULL, L"nothing", RT_RCDATA) != NULL || GetLastError() != ERROR_RESOURCE_NAME_NOT_FOUND) return 1;
    const char *text = (const char *)LockResource(LoadResource(NULL, found));
    printf("%.*s %u bytes\n", 7, text, SizeofResource(NULL, found));
    LPCWSTR inPlace = NULL;
    const int length = LoadStringW(GetModuleHandleW(NULL), IDS_REBOOT, (LPWSTR)&inPlace, 0);
    wprintf(L"%.*s\n", length, inPlace);
    WCHAR none[8];
    return LoadStringW(NULL, 9999, none, 8) == 0 && FindResourceW(NULL, MAKEINTRESOURCEW(1), RT_VERSION) != NULL ? 0 : 1;
}
