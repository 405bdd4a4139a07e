/* Devices as tools look at them: what comes and goes, and the properties that they write. */
#include "check.h"
#include <initguid.h>
#include <cfgmgr32.h>
#include <setupapi.h>

enum { ARRIVED = 1, LEFT = 2, ENUMERATED = 4, STARTED = 8, REMOVED = 16 };
static volatile LONG heard, heard_of_one, heard_of_none;
static HANDLE all;

static DWORD Hear(HCMNOTIFICATION notification, PVOID context, CM_NOTIFY_ACTION action, PCM_NOTIFY_EVENT_DATA data, DWORD size) {
    (void)notification;
    LONG bit = 0;
    switch (action) {
    case CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL: bit = ARRIVED; break;
    case CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL: bit = LEFT; break;
    case CM_NOTIFY_ACTION_DEVICEINSTANCEENUMERATED: bit = ENUMERATED; break;
    case CM_NOTIFY_ACTION_DEVICEINSTANCESTARTED: bit = STARTED; break;
    case CM_NOTIFY_ACTION_DEVICEINSTANCEREMOVED: bit = REMOVED; break;
    default: break;
    }
    if (bit >= ENUMERATED) {
        CHECK(data->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE && size >= sizeof *data);
        if (_wcsicmp(data->u.DeviceInstance.InstanceId, L"ROOT\\SECOND\\0001")) return ERROR_SUCCESS;
    }
    InterlockedOr((volatile LONG *)context, bit);
    if (InterlockedOr(&heard, 0) == (ARRIVED | LEFT | ENUMERATED | STARTED | REMOVED) &&
        InterlockedOr(&heard_of_one, 0) == (ENUMERATED | STARTED | REMOVED))
        SetEvent(all);
    return ERROR_SUCCESS;
}

static int Listen(void) {
    HCMNOTIFICATION interfaces, instances, one, none;
    CM_NOTIFY_FILTER filter = {sizeof filter};
    all = CreateEventW(NULL, TRUE, FALSE, NULL);
    filter.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE;
    filter.Flags = CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES;
    CHECK(CM_Register_Notification(&filter, NULL, Hear, &interfaces) == CR_INVALID_FLAG);
    filter.Flags = CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES;
    CHECK(CM_Register_Notification(&filter, (PVOID)&heard, Hear, &interfaces) == CR_SUCCESS);
    filter.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE;
    filter.Flags = CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES;
    CHECK(CM_Register_Notification(&filter, (PVOID)&heard, Hear, &instances) == CR_SUCCESS);
    filter.Flags = 0;
    CHECK(CM_Register_Notification(&filter, NULL, Hear, &one) == CR_INVALID_DEVICE_ID);
    wcscpy(filter.u.DeviceInstance.InstanceId, L"root\\second\\0001");
    CHECK(CM_Register_Notification(&filter, (PVOID)&heard_of_one, Hear, &one) == CR_SUCCESS);
    wcscpy(filter.u.DeviceInstance.InstanceId, L"root\\second\\0002");
    CHECK(CM_Register_Notification(&filter, (PVOID)&heard_of_none, Hear, &none) == CR_SUCCESS);
    printf("ready\n");
    WaitForSingleObject(all, INFINITE);
    CHECK(InterlockedOr(&heard_of_none, 0) == 0);
    CHECK(CM_Unregister_Notification(interfaces) == CR_SUCCESS && CM_Unregister_Notification(instances) == CR_SUCCESS);
    CHECK(CM_Unregister_Notification(one) == CR_SUCCESS && CM_Unregister_Notification(none) == CR_SUCCESS);
    return 0;
}

static int Values(void) {
    static const WCHAR filters[] = L"first\0second\0";
    SP_DEVINFO_DATA device = {sizeof device};
    WCHAR text[64];
    char narrow[64];
    DWORD type, size, flags = 1;
    HDEVINFO set = SetupDiGetClassDevsW(NULL, NULL, NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);
    CHECK(set != INVALID_HANDLE_VALUE && SetupDiEnumDeviceInfo(set, 0, &device));
    CHECK(!SetupDiGetDeviceRegistryPropertyW(set, &device, SPDRP_UPPERFILTERS, &type, (BYTE *)text, sizeof text, &size) && GetLastError() == ERROR_INVALID_DATA);
    CHECK(SetupDiSetDeviceRegistryPropertyW(set, &device, SPDRP_UPPERFILTERS, (const BYTE *)filters, sizeof filters));
    CHECK(SetupDiGetDeviceRegistryPropertyW(set, &device, SPDRP_UPPERFILTERS, &type, (BYTE *)text, sizeof text, &size));
    CHECK(type == REG_MULTI_SZ && size == sizeof filters && !memcmp(text, filters, size));
    CHECK(SetupDiSetDeviceRegistryPropertyA(set, &device, SPDRP_FRIENDLYNAME, (const BYTE *)"My device", 10));
    CHECK(SetupDiGetDeviceRegistryPropertyA(set, &device, SPDRP_FRIENDLYNAME, &type, (BYTE *)narrow, sizeof narrow, &size));
    CHECK(type == REG_SZ && size == 10 && !strcmp(narrow, "My device"));
    CHECK(SetupDiSetDeviceRegistryPropertyA(set, &device, SPDRP_CONFIGFLAGS, (const BYTE *)&flags, sizeof flags));
    size = sizeof flags;
    flags = 0;
    CHECK(CM_Get_DevNode_Registry_PropertyW(device.DevInst, CM_DRP_CONFIGFLAGS, &type, &flags, &size, 0) == CR_SUCCESS && type == REG_DWORD && flags == 1);
    CHECK(CM_Set_DevNode_Registry_PropertyW(device.DevInst, CM_DRP_FRIENDLYNAME, L"Mine", 10, 0) == CR_SUCCESS);
    CHECK(SetupDiGetDeviceRegistryPropertyW(set, &device, SPDRP_FRIENDLYNAME, NULL, (BYTE *)text, sizeof text, &size) && !wcscmp(text, L"Mine"));
    CHECK(CM_Set_DevNode_Registry_PropertyW(device.DevInst, CM_DRP_UPPERFILTERS, NULL, 0, 0) == CR_SUCCESS);
    CHECK(!SetupDiGetDeviceRegistryPropertyW(set, &device, SPDRP_UPPERFILTERS, NULL, NULL, 0, &size) && GetLastError() == ERROR_INVALID_DATA);
    CHECK(!SetupDiSetDeviceRegistryPropertyW(set, &device, SPDRP_PHYSICAL_DEVICE_OBJECT_NAME, (const BYTE *)filters, sizeof filters));
    CHECK(SetupDiDestroyDeviceInfoList(set));
    return 0;
}

int Devices(const char *what) {
    if (!strcmp(what, "listen")) return Listen();
    return !strcmp(what, "values") ? Values() : -1;
}
