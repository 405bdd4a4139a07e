// WMI from the consumer's side, and what goes with the registration requests.
// Used by: drivers, by way of wdm.h. Source: public documentation.
#ifndef DRYDOCK_WDM_IO_WMI_H
#define DRYDOCK_WDM_IO_WMI_H

#ifdef __cplusplus
extern "C" {
#endif

// Parameters.WMI.DataPath of IRP_MN_REGINFO and IRP_MN_REGINFO_EX.
#define WMIREGISTER 0
#define WMIUPDATE 1

#ifndef WMIGUID_QUERY
#define WMIGUID_QUERY 0x0001
#define WMIGUID_SET 0x0002
#define WMIGUID_NOTIFICATION 0x0004
#define WMIGUID_READ_DESCRIPTION 0x0008
#define WMIGUID_EXECUTE 0x0010
#define TRACELOG_CREATE_REALTIME 0x0020
#define TRACELOG_CREATE_ONDISK 0x0040
#define TRACELOG_GUID_ENABLE 0x0080
#endif

typedef VOID FWMI_NOTIFICATION_CALLBACK(PVOID Wnode, PVOID Context);
typedef FWMI_NOTIFICATION_CALLBACK *WMI_NOTIFICATION_CALLBACK;

NTSTATUS IoWMISetNotificationCallback(PVOID Object, WMI_NOTIFICATION_CALLBACK Callback, PVOID Context);
NTSTATUS IoWMISetSingleItem(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG DataItemId, ULONG Version,
                                  ULONG ValueBufferSize, PVOID ValueBuffer);
NTSTATUS IoWMIDeviceObjectToInstanceName(PVOID DataBlockObject, PDEVICE_OBJECT DeviceObject,
                                               PUNICODE_STRING InstanceName);

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_WDM_IO_WMI_H
