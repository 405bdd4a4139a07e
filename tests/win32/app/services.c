/* The service control manager, as programs use it that install their driver; a process that is a service itself; hearing of devices. */
#include "check.h"
#include <initguid.h>
#include <dbt.h>
#include <cfgmgr32.h>
#include "../mirror.h"

static int Install(void)
{
    static BYTE room[4096];
    QUERY_SERVICE_CONFIG *config = (QUERY_SERVICE_CONFIG *)room;
    ENUM_SERVICE_STATUS_PROCESS *all = (ENUM_SERVICE_STATUS_PROCESS *)room;
    SERVICE_STATUS_PROCESS process;
    SERVICE_STATUS status;
    DWORD needed = 0, count = 0, resume = 0, i, seen = 0;
    SC_HANDLE manager = OpenSCManager(NULL, NULL, SC_MANAGER_ALL_ACCESS), service;

    CHECK(manager != NULL);
    CHECK(OpenSCManager(TEXT("elsewhere"), NULL, SC_MANAGER_CONNECT) == NULL && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(OpenService(manager, TEXT("MirrorService"), SERVICE_ALL_ACCESS) == NULL && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK(CreateService(manager, TEXT("a\\b"), NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                        TEXT("C:\\mirror.sys"), NULL, NULL, NULL, NULL, NULL) == NULL && GetLastError() == ERROR_INVALID_NAME);
    service = CreateService(manager, TEXT("MirrorService"), TEXT("A mirror"), SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                            SERVICE_ERROR_NORMAL, TEXT("C:\\drivers\\MIRROR.sys"), TEXT("Extended Base"), NULL, TEXT("one\0two\0"), NULL, NULL);
    CHECK(service != NULL);
    CHECK(CreateService(manager, TEXT("MirrorService"), NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                        TEXT("C:\\mirror.sys"), NULL, NULL, NULL, NULL, NULL) == NULL && GetLastError() == ERROR_SERVICE_EXISTS);

    CHECK(!QueryServiceConfig(service, NULL, 0, &needed) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed <= sizeof(room));
    CHECK(!QueryServiceConfig(service, config, needed - 1, &count) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && count == needed);
    CHECK(QueryServiceConfig(service, config, needed, &needed));
    CHECK(config->dwServiceType == SERVICE_KERNEL_DRIVER && config->dwStartType == SERVICE_DEMAND_START && config->dwErrorControl == SERVICE_ERROR_NORMAL);
    CHECK(!strcmp(config->lpBinaryPathName, "C:\\drivers\\MIRROR.sys") && !strcmp(config->lpDisplayName, "A mirror"));
    CHECK(!strcmp(config->lpLoadOrderGroup, "Extended Base") && !memcmp(config->lpDependencies, "one\0two\0", 9));
    CHECK(ChangeServiceConfig(service, SERVICE_NO_CHANGE, SERVICE_DISABLED, SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
    CHECK(!StartService(service, 0, NULL) && GetLastError() == ERROR_SERVICE_DISABLED);
    CHECK(ChangeServiceConfig(service, SERVICE_NO_CHANGE, SERVICE_DEMAND_START, SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, TEXT("Mirror")));
    CHECK(QueryServiceConfig(service, config, sizeof(room), &needed) && !strcmp(config->lpDisplayName, "Mirror"));
    CHECK(config->dwStartType == SERVICE_DEMAND_START && !strcmp(config->lpBinaryPathName, "C:\\drivers\\MIRROR.sys"));

    CHECK(!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, NULL, 0, &needed) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(needed == sizeof(process));
    CHECK(QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (LPBYTE)&process, sizeof(process), &needed));
    CHECK(process.dwCurrentState == SERVICE_STOPPED && process.dwServiceType == SERVICE_KERNEL_DRIVER && process.dwProcessId == 0);
    CHECK(!ControlService(service, SERVICE_CONTROL_STOP, &status) && GetLastError() == ERROR_SERVICE_NOT_ACTIVE);
    CHECK(StartService(service, 0, NULL));
    CHECK(!StartService(service, 0, NULL) && GetLastError() == ERROR_SERVICE_ALREADY_RUNNING);
    CHECK(QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_RUNNING && status.dwControlsAccepted == SERVICE_ACCEPT_STOP);
    CHECK(!ControlService(service, SERVICE_CONTROL_PAUSE, &status) && GetLastError() == ERROR_INVALID_SERVICE_CONTROL);

    CHECK(EnumServicesStatusEx(manager, SC_ENUM_PROCESS_INFO, SERVICE_DRIVER, SERVICE_ACTIVE, room, sizeof(room), &needed, &count, NULL, NULL));
    for (i = 0; i < count; ++i) {
        CHECK(all[i].ServiceStatusProcess.dwCurrentState == SERVICE_RUNNING);
        seen += !strcmp(all[i].lpServiceName, "MirrorService") && !strcmp(all[i].lpDisplayName, "Mirror");
    }
    CHECK(seen == 1 && needed == 0);
    CHECK(!EnumServicesStatusEx(manager, SC_ENUM_PROCESS_INFO, SERVICE_DRIVER, SERVICE_STATE_ALL, NULL, 0, &needed, &count, &resume, NULL));
    CHECK(GetLastError() == ERROR_MORE_DATA && needed > sizeof(*all) && count == 0);
    CHECK(CloseServiceHandle(service) && CloseServiceHandle(manager));
    CHECK(!CloseServiceHandle(manager) && GetLastError() == ERROR_INVALID_HANDLE);
    return 0;
}

/* Another process removes what the first installed. */
static int Uninstall(void)
{
    SERVICE_STATUS status;
    SC_HANDLE manager = OpenSCManager(NULL, SERVICES_ACTIVE_DATABASE, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service = OpenService(manager, TEXT("MirrorService"), SERVICE_STOP | DELETE | SERVICE_QUERY_STATUS);

    CHECK(service != NULL);
    CHECK(ControlService(service, SERVICE_CONTROL_STOP, &status) && status.dwCurrentState == SERVICE_STOPPED);
    CHECK(DeleteService(service));
    CHECK(!DeleteService(service) && GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE);
    CHECK(CloseServiceHandle(service));
    CHECK(OpenService(manager, TEXT("MirrorService"), SERVICE_ALL_ACCESS) == NULL && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK(CloseServiceHandle(manager));
    return 0;
}

/* --- a service --- */
static SERVICE_STATUS_HANDLE own;
static HANDLE heard, stopping;
static HDEVNOTIFY on_handle;
static volatile LONG arrivals, removals, queries;

static void Say(DWORD state)
{
    SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, state, state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP : 0, 0, 0, 0, 0};
    CHECK(SetServiceStatus(own, &status));
}

static DWORD WINAPI Control(DWORD control, DWORD event, LPVOID data, LPVOID context)
{
    CHECK(context == &own);
    if (control == SERVICE_CONTROL_STOP) {
        SetEvent(stopping);
        return NO_ERROR;
    }
    if (control != SERVICE_CONTROL_DEVICEEVENT) return ERROR_CALL_NOT_IMPLEMENTED;
    if (((DEV_BROADCAST_HDR *)data)->dbch_devicetype == DBT_DEVTYP_DEVICEINTERFACE) {
        DEV_BROADCAST_DEVICEINTERFACE *change = (DEV_BROADCAST_DEVICEINTERFACE *)data;
        CHECK(memcmp(&change->dbcc_classguid, &GUID_DEVINTERFACE_MIRROR, sizeof(GUID)) == 0);
        CHECK(strncmp(change->dbcc_name, "\\\\?\\", 4) == 0 && change->dbcc_size >= sizeof(*change) + strlen(change->dbcc_name));
        if (event == DBT_DEVICEARRIVAL) ++arrivals;
        if (event == DBT_DEVICEREMOVECOMPLETE) ++removals;
    } else {
        DEV_BROADCAST_HANDLE *change = (DEV_BROADCAST_HANDLE *)data;
        CHECK(change->dbch_hdevnotify == on_handle);
        if (event == DBT_DEVICEQUERYREMOVE) {
            /* The first time it says no; the second it closes its handle, and wants to hear no more of it. */
            if (++queries == 1) return ERROR_BUSY;
            CHECK(CloseHandle(change->dbch_handle) && UnregisterDeviceNotification(on_handle));
        }
    }
    SetEvent(heard);
    return NO_ERROR;
}

static VOID WINAPI Serve(DWORD argc, LPTSTR *argv)
{
    DEV_BROADCAST_DEVICEINTERFACE interfaces = {sizeof(interfaces), DBT_DEVTYP_DEVICEINTERFACE, 0, GUID_DEVINTERFACE_MIRROR, ""};
    DEV_BROADCAST_HANDLE handle = {sizeof(handle), DBT_DEVTYP_HANDLE, 0};
    HDEVNOTIFY on_interfaces;

    CHECK(argc == 2 && !strcmp(argv[0], "Watcher") && !strcmp(argv[1], "watch"));
    own = RegisterServiceCtrlHandlerEx(argv[0], Control, &own);
    CHECK(own != NULL);
    CHECK(RegisterDeviceNotification(NULL, &interfaces, DEVICE_NOTIFY_WINDOW_HANDLE) == NULL && GetLastError() == ERROR_INVALID_WINDOW_HANDLE);
    handle.dbch_handle = OpenMirror(0);
    on_handle = RegisterDeviceNotification(own, &handle, DEVICE_NOTIFY_SERVICE_HANDLE);
    on_interfaces = RegisterDeviceNotification(own, &interfaces, DEVICE_NOTIFY_SERVICE_HANDLE);
    CHECK(on_handle != NULL && on_interfaces != NULL);
    Say(SERVICE_RUNNING);
    printf("watching\n");
    CHECK(WaitForSingleObject(stopping, INFINITE) == WAIT_OBJECT_0);
    CHECK(!UnregisterDeviceNotification(on_handle) && UnregisterDeviceNotification(on_interfaces));
    CHECK(!UnregisterDeviceNotification(on_interfaces) && GetLastError() == ERROR_INVALID_HANDLE);
    printf("%d queries, %d arrivals, %d removals\n", (int)queries, (int)arrivals, (int)removals);
    Say(SERVICE_STOPPED);
}

static int Watch(void)
{
    SERVICE_TABLE_ENTRY table[] = {{TEXT("Watcher"), Serve}, {NULL, NULL}};

    heard = CreateEvent(NULL, FALSE, FALSE, NULL);
    stopping = CreateEvent(NULL, TRUE, FALSE, NULL);
    CHECK(RegisterServiceCtrlHandlerEx(TEXT("Watcher"), Control, NULL) == NULL && GetLastError() == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
    CHECK(StartServiceCtrlDispatcher(table));
    CHECK(!StartServiceCtrlDispatcher(table) && GetLastError() == ERROR_SERVICE_ALREADY_RUNNING);
    printf("stopped\n");
    return 0;
}

int Services(const char *what)
{
    if (!strcmp(what, "install")) return Install();
    if (!strcmp(what, "uninstall")) return Uninstall();
    if (!strcmp(what, "watch")) return Watch();
    return -1;
}
