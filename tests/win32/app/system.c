/* What programs ask the system: its libraries, its version, its registry, texts; the native interface; the console. */
#include "check.h"
#include <winternl.h>
#include <versionhelpers.h>
#include <sddl.h>
#include <cfgmgr32.h>
#include <setupapi.h>
#include <initguid.h>
#include <devpkey.h>
#include "../mirror.h"

typedef NTSTATUS(WINAPI *GET_VERSION)(PRTL_OSVERSIONINFOW);
typedef ULONGLONG(WINAPI *GET_TICKS)(VOID);
typedef NTSTATUS(NTAPI *DEVICE_CONTROL)(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, ULONG, PVOID, ULONG, PVOID, ULONG);

static int Modules(void)
{
    RTL_OSVERSIONINFOW version = {sizeof(version)};
    IO_STATUS_BLOCK block;
    char path[MAX_PATH], out[8] = {0};
    HMODULE ntdll = GetModuleHandle(TEXT("ntdll.dll")), kernel = LoadLibrary(TEXT("C:\\Windows\\System32\\Kernel32.DLL"));
    GET_VERSION get = (GET_VERSION)GetProcAddress(ntdll, "RtlGetVersion");
    GET_TICKS ticks = (GET_TICKS)GetProcAddress(kernel, "GetTickCount64");
    DEVICE_CONTROL control = (DEVICE_CONTROL)GetProcAddress(ntdll, "NtDeviceIoControlFile");
    HANDLE device = OpenMirror(0);
    HMODULE found;

    CHECK(ntdll != NULL && kernel != NULL && ntdll != kernel && GetModuleHandle(TEXT("kernel32")) == kernel);
    CHECK(GetModuleHandle(NULL) != NULL && GetModuleHandle(NULL) != kernel);
    CHECK(get != NULL && get(&version) == STATUS_SUCCESS && version.dwMajorVersion == 10);
    CHECK(ticks != NULL && ticks() <= GetTickCount64() && (PVOID)ticks == (PVOID)GetTickCount64);
    CHECK(control != NULL);
    CHECK(control(device, NULL, NULL, NULL, &block, IOCTL_MIRROR_REVERSE, "abc", 3, out, sizeof(out)) == STATUS_SUCCESS);
    CHECK(block.Information == 3 && memcmp(out, "cba", 3) == 0);
    CHECK(CloseHandle(device));
    CHECK(GetProcAddress(kernel, "NoSuchFunction") == NULL && GetLastError() == ERROR_PROC_NOT_FOUND);
    CHECK(GetProcAddress(kernel, "RtlGetVersion") == NULL && GetLastError() == ERROR_PROC_NOT_FOUND);
    CHECK(GetProcAddress(ntdll, "CreateFileW") == NULL && GetLastError() == ERROR_PROC_NOT_FOUND);
    CHECK(GetProcAddress(kernel, (LPCSTR)(ULONG_PTR)3) == NULL && GetLastError() == ERROR_PROC_NOT_FOUND);
    CHECK(LoadLibrary(TEXT("nothing.dll")) == NULL && GetLastError() == ERROR_MOD_NOT_FOUND);
    CHECK(GetModuleHandleW(L"gdi32.dll") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND);
    CHECK(GetModuleFileNameA(kernel, path, MAX_PATH) != 0 && !strcmp(path, "C:\\Windows\\System32\\KERNEL32.dll"));
    CHECK(GetModuleHandleEx(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, (LPCTSTR)Modules, &found) && found == GetModuleHandle(NULL));
    CHECK(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)ticks, &found) && found == kernel);
    CHECK(!GetModuleHandleExW(0, L"gdi32.dll", &found) && found == NULL && GetLastError() == ERROR_MOD_NOT_FOUND);
    CHECK(FreeLibrary(kernel));
    /* Every name that is promised is there. */
#define X(library, name)                                                                                  \
    if (GetProcAddress(LoadLibraryA(#library), #name) == NULL) {                                          \
        printf("%s has no %s\n", #library, #name);                                                        \
        return 1;                                                                                         \
    }
#include "../../../src/nt/win32/system_dlls.def"
#undef X
    return 0;
}

static int Native(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    SYSTEM_BASIC_INFORMATION basic;
    FILE_STANDARD_INFORMATION standard;
    ULONG length = 0;
    HANDLE file, event;
    LARGE_INTEGER offset = {0};
    char text[16] = {0};

    RtlInitUnicodeString(&name, L"\\??\\C:\\native.txt");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    CHECK(NtOpenFile(&file, GENERIC_READ, &attributes, &block, FILE_SHARE_READ, 0) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(RtlNtStatusToDosError(STATUS_OBJECT_NAME_NOT_FOUND) == ERROR_FILE_NOT_FOUND);
    CHECK(NtCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_CREATE,
                       FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0) == STATUS_SUCCESS);
    CHECK(block.Information == FILE_CREATED);
    CHECK(NtWriteFile(file, NULL, NULL, NULL, &block, "native text", 11, &offset, NULL) == STATUS_SUCCESS && block.Information == 11);
    offset.QuadPart = 7;
    CHECK(NtReadFile(file, NULL, NULL, NULL, &block, text, sizeof(text), &offset, NULL) == STATUS_SUCCESS && !strcmp(text, "text"));
    CHECK(NtQueryInformationFile(file, &block, &standard, sizeof(standard), FileStandardInformation) == STATUS_SUCCESS);
    CHECK(standard.EndOfFile.QuadPart == 11 && !standard.Directory);
    CHECK(NtClose(file) == STATUS_SUCCESS);
    CHECK(DeleteFile(TEXT("C:\\native.txt")));
    CHECK(NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic), &length) == STATUS_SUCCESS);
    CHECK(length == sizeof(basic) && basic.NumberOfProcessors >= 1);
    CHECK(NtQuerySystemInformation(SystemBasicInformation, &basic, 4, &length) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)9999, &basic, sizeof(basic), &length) == STATUS_INVALID_INFO_CLASS);
    event = CreateEvent(NULL, TRUE, TRUE, NULL);
    CHECK(NtWaitForSingleObject(event, FALSE, NULL) == STATUS_SUCCESS && NtClose(event) == STATUS_SUCCESS);
    return 0;
}

static int Versions(void)
{
    OSVERSIONINFOEX version = {sizeof(version)};
    SYSTEM_INFO info;
    char name[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD size = 2;

    CHECK(GetVersionEx((LPOSVERSIONINFO)&version) && version.dwMajorVersion == 10 && version.wProductType == VER_NT_WORKSTATION);
    version.dwOSVersionInfoSize = 4;
    CHECK(!GetVersionEx((LPOSVERSIONINFO)&version) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(IsWindows10OrGreater() && IsWindows7SP1OrGreater() && !IsWindowsServer() && !IsWindowsVersionOrGreater(11, 0, 0));
    version.dwOSVersionInfoSize = sizeof(version);
    version.dwBuildNumber = 99999;
    CHECK(!VerifyVersionInfo(&version, VER_BUILDNUMBER, VerSetConditionMask(0, VER_BUILDNUMBER, VER_GREATER_EQUAL)));
    CHECK(GetLastError() == ERROR_OLD_WIN_VERSION);
    GetSystemInfo(&info);
    CHECK(info.dwPageSize == 4096 && info.dwNumberOfProcessors >= 1 && info.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64);
    CHECK(!GetComputerName(name, &size) && GetLastError() == ERROR_BUFFER_OVERFLOW && size > 2 && size <= sizeof(name));
    CHECK(GetComputerName(name, &size) && strlen(name) == size);
    return 0;
}

static int Texts(void)
{
    char text[128], *made = NULL;
    DWORD_PTR arguments[] = {(DWORD_PTR) "one", 42};
    PSID sid = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    ULONG size = 0;

    CHECK(FormatMessage(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, ERROR_ACCESS_DENIED, 0, text, sizeof(text), NULL) == 19);
    CHECK(!strcmp(text, "Access is denied.\r\n"));
    CHECK(FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL,
                        0x80070002, 0, (LPSTR)&made, 0, NULL) != 0);
    CHECK(!strcmp(made, "The system cannot find the file specified. ") && LocalFree(made) == NULL);
    CHECK(FormatMessage(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x2FFFFFFF, 0, text, sizeof(text), NULL) == 0 && GetLastError() == ERROR_MR_MID_NOT_FOUND);
    CHECK(FormatMessage(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, "%2!05u! %1 100%% %1!4.2s!|%n", 0, 0, text, sizeof(text), (va_list *)arguments) != 0);
    CHECK(!strcmp(text, "00042 one 100%   on|\r\n"));
    CHECK(FormatMessage(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_IGNORE_INSERTS, "%1 stays%0 not this", 0, 0, text, sizeof(text), NULL) != 0);
    CHECK(!strcmp(text, "%1 stays"));
    CHECK(wsprintf(text, "%s-%d-%08lx", "a", 5, 0x1fUL) == 12 && !strcmp(text, "a-5-0000001f"));

    CHECK(ConvertStringSidToSid("BA", &sid) && ConvertSidToStringSid(sid, &made) && !strcmp(made, "S-1-5-32-544"));
    LocalFree(made), LocalFree(sid);
    CHECK(ConvertStringSidToSid("S-1-5-21-1-2-3-1001", &sid) && ConvertSidToStringSid(sid, &made) && !strcmp(made, "S-1-5-21-1-2-3-1001"));
    LocalFree(made), LocalFree(sid);
    CHECK(!ConvertStringSidToSid("S-1-", &sid) && GetLastError() == ERROR_INVALID_SID);
    CHECK(!ConvertStringSidToSid("BAX", &sid) && GetLastError() == ERROR_INVALID_SID);
    CHECK(ConvertStringSecurityDescriptorToSecurityDescriptor("O:BAG:SYD:P(A;;GA;;;SY)(A;OICI;GRGX;;;BU)(D;;0x1;;;WD)", SDDL_REVISION_1, &descriptor, &size));
    {
        BOOLEAN present = FALSE, defaulted;
        PACL acl = NULL;
        CHECK(RtlValidRelativeSecurityDescriptor(descriptor, size, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION));
        CHECK(RtlGetDaclSecurityDescriptor(descriptor, &present, &acl, &defaulted) == STATUS_SUCCESS && present && acl->AceCount == 3);
    }
    LocalFree(descriptor);
    CHECK(!ConvertStringSecurityDescriptorToSecurityDescriptor("D:(A;;GA;;SY)", SDDL_REVISION_1, &descriptor, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
    return 0;
}

/* Keys, values, their kinds and their errors, in both forms. */
static int Registry(void)
{
    HKEY key, below;
    WCHAR wide[64];
    char text[64];
    DWORD number = 0x12345678, type, size, made, keys, values;

    CHECK(RegOpenKeyEx(HKEY_LOCAL_MACHINE, TEXT("SOFTWARE\\Drydock test"), 0, KEY_READ, &key) == ERROR_FILE_NOT_FOUND);
    CHECK(RegCreateKeyEx(HKEY_LOCAL_MACHINE, TEXT("SOFTWARE\\Drydock test"), 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, &made) == ERROR_SUCCESS);
    CHECK(made == REG_CREATED_NEW_KEY);
    CHECK(RegSetValueExA(key, "Name", 0, REG_SZ, (const BYTE *)"text", 5) == ERROR_SUCCESS);
    CHECK(RegSetValueExW(key, L"Number", 0, REG_DWORD, (const BYTE *)&number, sizeof(number)) == ERROR_SUCCESS);
    size = sizeof(wide);
    CHECK(RegQueryValueExW(key, L"name", NULL, &type, (BYTE *)wide, &size) == ERROR_SUCCESS && type == REG_SZ && size == 10 && !wcscmp(wide, L"text"));
    size = 2;
    CHECK(RegQueryValueExA(key, "Name", NULL, &type, (BYTE *)text, &size) == ERROR_MORE_DATA && size == 5);
    CHECK(RegQueryValueExA(key, "Other", NULL, &type, (BYTE *)text, &size) == ERROR_FILE_NOT_FOUND);
    size = sizeof(number), number = 0;
    CHECK(RegGetValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Drydock test", "Number", RRF_RT_REG_DWORD, &type, &number, &size) == ERROR_SUCCESS);
    CHECK(number == 0x12345678 && type == REG_DWORD);
    CHECK(RegGetValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Drydock test", "Number", RRF_RT_REG_SZ, NULL, &number, &size) == ERROR_UNSUPPORTED_TYPE);
    CHECK(RegCreateKeyEx(key, TEXT("Below"), 0, NULL, 0, KEY_ALL_ACCESS, NULL, &below, NULL) == ERROR_SUCCESS && RegCloseKey(below) == ERROR_SUCCESS);
    CHECK(RegQueryInfoKeyW(key, NULL, NULL, NULL, &keys, NULL, NULL, &values, NULL, NULL, NULL, NULL) == ERROR_SUCCESS && keys == 1 && values == 2);
    size = sizeof(text);
    CHECK(RegEnumKeyExA(key, 0, text, &size, NULL, NULL, NULL, NULL) == ERROR_SUCCESS && size == 5 && !strcmp(text, "Below"));
    size = sizeof(text);
    CHECK(RegEnumKeyExA(key, 1, text, &size, NULL, NULL, NULL, NULL) == ERROR_NO_MORE_ITEMS);
    CHECK(RegDeleteKey(HKEY_LOCAL_MACHINE, TEXT("SOFTWARE\\Drydock test")) == ERROR_ACCESS_DENIED); /* it has a key below it */
    CHECK(RegDeleteValue(key, TEXT("Name")) == ERROR_SUCCESS && RegDeleteValue(key, TEXT("Name")) == ERROR_FILE_NOT_FOUND);
    CHECK(RegDeleteTree(HKEY_LOCAL_MACHINE, TEXT("SOFTWARE\\Drydock test")) == ERROR_SUCCESS);
    CHECK(RegSetValueExA(key, "Name", 0, REG_SZ, (const BYTE *)"text", 5) == ERROR_KEY_DELETED);
    CHECK(RegCloseKey(key) == ERROR_SUCCESS);
    CHECK(RegCloseKey(NULL) == ERROR_INVALID_HANDLE);
    return 0;
}

static HANDLE interrupted;
static BOOL WINAPI Interrupted(DWORD event)
{
    printf("control %u\n", event);
    SetEvent(interrupted);
    return TRUE;
}

static int Console(void)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    CONSOLE_SCREEN_BUFFER_INFO info;
    WCHAR line[32];
    DWORD count = 0, mode = 0;

    CHECK(GetConsoleMode(in, &mode) && (mode & ENABLE_LINE_INPUT) && SetConsoleMode(in, mode & ~ENABLE_ECHO_INPUT));
    CHECK(GetConsoleScreenBufferInfo(out, &info) && info.dwSize.X > 0 && !GetConsoleScreenBufferInfo(in, &info));
    CHECK(ReadConsoleW(in, line, 32, &count, NULL) && count == 7 && wcsncmp(line, L"hello\r\n", 7) == 0);
    CHECK(WriteConsoleW(out, line, 5, &count, NULL) && count == 5);
    CHECK(!ReadConsoleW(out, line, 32, &count, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
    interrupted = CreateEvent(NULL, TRUE, FALSE, NULL);
    CHECK(SetConsoleCtrlHandler(Interrupted, TRUE));
    printf("\n");
    CHECK(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0));
    CHECK(WaitForSingleObject(interrupted, INFINITE) == WAIT_OBJECT_0);
    return 0;
}

static int Properties(void)
{
    SP_DEVINFO_DATA device = {sizeof(device)};
    static const DEVPROPKEY nobodys = {{0x1e5cb2d4, 0x77aa, 0x4cf0, {1, 2, 3, 4, 5, 6, 7, 8}}, 2};
    DEVPROPTYPE type = 0;
    WCHAR text[128];
    DWORD size = 0;
    HDEVINFO set = SetupDiGetClassDevs(&GUID_DEVINTERFACE_MIRROR, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);

    CHECK(set != INVALID_HANDLE_VALUE && SetupDiEnumDeviceInfo(set, 0, &device));
    CHECK(!SetupDiGetDeviceProperty(set, &device, &DEVPKEY_Device_InstanceId, &type, NULL, 0, &size, 0) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(size > 4 && size <= sizeof(text));
    CHECK(SetupDiGetDeviceProperty(set, &device, &DEVPKEY_Device_InstanceId, &type, (PBYTE)text, size, NULL, 0));
    CHECK(type == DEVPROP_TYPE_STRING && wcslen(text) * 2 + 2 == size);
    CHECK(!SetupDiGetDeviceProperty(set, &device, &nobodys, &type, (PBYTE)text, sizeof(text), NULL, 0) && GetLastError() == ERROR_NOT_FOUND);
    CHECK(SetupDiDestroyDeviceInfoList(set));
    return 0;
}

/* The configuration manager asks before it removes: an open handle says no, by name. */
static int QueryRemove(void)
{
    SP_DEVINFO_DATA device = {sizeof(device)};
    PNP_VETO_TYPE type = PNP_VetoTypeUnknown;
    WCHAR name[MAX_PATH] = L"";
    ULONG length = 0, status, problem;
    HANDLE handle = OpenMirror(0);
    HDEVINFO set = SetupDiGetClassDevs(&GUID_DEVINTERFACE_MIRROR, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);

    CHECK(SetupDiEnumDeviceInfo(set, 0, &device) && SetupDiDestroyDeviceInfoList(set));
    CHECK(CM_Query_And_Remove_SubTreeW(device.DevInst, &type, name, MAX_PATH, CM_REMOVE_UI_NOT_OK) == CR_REMOVE_VETOED);
    CHECK(type == PNP_VetoDevice && name[0] != 0);
    CHECK(CM_Get_DevNode_Status(&status, &problem, device.DevInst, 0) == CR_SUCCESS && (status & DN_STARTED) && problem == 0);
    CHECK(CloseHandle(handle));
    CHECK(CM_Query_And_Remove_SubTreeW(device.DevInst, &type, name, MAX_PATH, CM_REMOVE_UI_NOT_OK) == CR_SUCCESS);
    CHECK(CM_Query_And_Remove_SubTreeW(device.DevInst, NULL, NULL, 0, 0) == CR_NO_SUCH_DEVNODE);
    CHECK(CM_Get_Device_Interface_List_SizeW(&length, (LPGUID)&GUID_DEVINTERFACE_MIRROR, NULL, 0) == CR_SUCCESS && length == 1);
    return 0;
}

int System(const char *what)
{
    if (!strcmp(what, "modules")) return Modules();
    if (!strcmp(what, "native")) return Native();
    if (!strcmp(what, "versions")) return Versions();
    if (!strcmp(what, "texts")) return Texts();
    if (!strcmp(what, "registry")) return Registry();
    if (!strcmp(what, "console")) return Console();
    if (!strcmp(what, "properties")) return Properties();
    if (!strcmp(what, "queryremove")) return QueryRemove();
    return -1;
}
