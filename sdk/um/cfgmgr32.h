// The configuration manager: device instances, their place in the tree, their interfaces.
//
// Used by:  applications; implemented in src/nt/win32 on the machine's PnP manager.
// Errors:   a CONFIGRET. Source: public documentation.
#ifndef _CFGMGR32_H_
#define _CFGMGR32_H_

#include "cfg.h"
#include "devpropdef.h"
#include "guiddef.h"
#include "winreg.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef DWORD RETURN_TYPE, CONFIGRET;
typedef DWORD DEVNODE, DEVINST, *PDEVNODE, *PDEVINST;
typedef WCHAR *DEVNODEID_W, *DEVINSTID_W;
typedef CHAR *DEVNODEID_A, *DEVINSTID_A;
typedef HANDLE HMACHINE, *PHMACHINE;

#define MAX_DEVICE_ID_LEN 200
#define MAX_DEVNODE_ID_LEN MAX_DEVICE_ID_LEN
#define MAX_GUID_STRING_LEN 39

#define CR_SUCCESS 0x00
#define CR_DEFAULT 0x01
#define CR_OUT_OF_MEMORY 0x02
#define CR_INVALID_POINTER 0x03
#define CR_INVALID_FLAG 0x04
#define CR_INVALID_DEVNODE 0x05
#define CR_INVALID_DEVINST CR_INVALID_DEVNODE
#define CR_NO_SUCH_DEVNODE 0x0D
#define CR_NO_SUCH_DEVINST CR_NO_SUCH_DEVNODE
#define CR_INVALID_LOG_CONF 0x07
#define CR_INVALID_RES_DES 0x08
#define CR_NO_MORE_LOG_CONF 0x0E
#define CR_NO_MORE_RES_DES 0x0F
#define CR_MACHINE_UNAVAILABLE 0x30
#define CR_FAILURE 0x13
#define CR_BUFFER_SMALL 0x1A
#define CR_INVALID_DEVICE_ID 0x1E
#define CR_INVALID_DATA 0x1F
#define CR_INVALID_PROPERTY_VALUE CR_INVALID_DATA
#define CR_ALREADY_SUCH_DEVNODE 0x10
#define CR_REMOVE_VETOED 0x17
#define CR_BUFFER_TOO_SMALL CR_BUFFER_SMALL
#define CR_CALL_NOT_IMPLEMENTED 0x20
#define CR_ACCESS_DENIED 0x33
#define CR_NO_SUCH_VALUE 0x25
#define CR_NOT_DISABLEABLE 0x29
#define CR_QUERY_VETOED 0x2B
#define CR_NO_SUCH_REGISTRY_KEY 0x2E
#define CR_INVALID_PROPERTY 0x35
#define CR_NO_SUCH_DEVICE_INTERFACE 0x37

#define CM_GET_DEVICE_INTERFACE_LIST_PRESENT 0x00000000
#define CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES 0x00000001
#define CM_LOCATE_DEVNODE_NORMAL 0x00000000
#define CM_LOCATE_DEVNODE_PHANTOM 0x00000001
#define CM_LOCATE_DEVINST_NORMAL CM_LOCATE_DEVNODE_NORMAL
#define CM_LOCATE_DEVINST_PHANTOM CM_LOCATE_DEVNODE_PHANTOM
#define CM_REENUMERATE_NORMAL 0x00000000
#define CM_REENUMERATE_SYNCHRONOUS 0x00000001
#define CM_GETIDLIST_FILTER_NONE 0x00000000
#define CM_GETIDLIST_FILTER_ENUMERATOR 0x00000001
#define CM_GETIDLIST_FILTER_PRESENT 0x00000100

#define CM_GETIDLIST_FILTER_CLASS 0x00000200
#define CM_DRP_CONFIGFLAGS 0x0000000B
#define CM_DRP_CAPABILITIES 0x00000010
#define CM_DRP_UI_NUMBER 0x00000011
#define CM_DRP_UPPERFILTERS 0x00000012
#define CM_DRP_LOWERFILTERS 0x00000013
#define CM_DRP_ADDRESS 0x0000001D
#define CM_DRP_DEVICEDESC 0x00000001
#define CM_DRP_HARDWAREID 0x00000002
#define CM_DRP_COMPATIBLEIDS 0x00000003
#define CM_DRP_SERVICE 0x00000005
#define CM_DRP_CLASS 0x00000008
#define CM_DRP_CLASSGUID 0x00000009
#define CM_DRP_DRIVER 0x0000000A
#define CM_DRP_MFG 0x0000000C
#define CM_DRP_FRIENDLYNAME 0x0000000D
#define CM_DRP_LOCATION_INFORMATION 0x0000000E
#define CM_DRP_PHYSICAL_DEVICE_OBJECT_NAME 0x0000000F
#define CM_DRP_ENUMERATOR_NAME 0x00000017
#define CM_DISABLE_POLITE 0x00000000
#define CM_DISABLE_ABSOLUTE 0x00000001
#define CM_DISABLE_UI_NOT_OK 0x00000004
#define CM_DISABLE_PERSIST 0x00000008
#define CM_REMOVE_UI_OK 0x00000000
#define CM_REMOVE_UI_NOT_OK 0x00000001
#define CM_REMOVE_NO_RESTART 0x00000002
#ifndef _PNP_VETO_TYPE_DEFINED
#define _PNP_VETO_TYPE_DEFINED
typedef enum _PNP_VETO_TYPE {
  PNP_VetoTypeUnknown,
  PNP_VetoLegacyDevice,
  PNP_VetoPendingClose,
  PNP_VetoWindowsApp,
  PNP_VetoWindowsService,
  PNP_VetoOutstandingOpen,
  PNP_VetoDevice,
  PNP_VetoDriver,
  PNP_VetoIllegalDeviceRequest,
  PNP_VetoInsufficientPower,
  PNP_VetoNonDisableable,
  PNP_VetoLegacyDriver,
  PNP_VetoInsufficientRights,
} PNP_VETO_TYPE, *PPNP_VETO_TYPE;
#endif

// Numbers of device instances are those of the calling process.
CONFIGRET CM_Locate_DevNodeA(PDEVINST pdnDevInst, DEVINSTID_A pDeviceID, ULONG ulFlags);
CONFIGRET CM_Locate_DevNodeW(PDEVINST pdnDevInst, DEVINSTID_W pDeviceID, ULONG ulFlags);
CONFIGRET CM_Get_Device_ID_Size(PULONG pulLen, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET CM_Get_Device_IDA(DEVINST dnDevInst, CHAR *Buffer, ULONG BufferLen, ULONG ulFlags);
CONFIGRET CM_Get_Device_IDW(DEVINST dnDevInst, WCHAR *Buffer, ULONG BufferLen, ULONG ulFlags);
CONFIGRET CM_Get_Device_ID_List_SizeW(PULONG pulLen, PCWSTR pszFilter, ULONG ulFlags);
CONFIGRET CM_Get_Device_ID_ListW(PCWSTR pszFilter, WCHAR *Buffer, ULONG BufferLen, ULONG ulFlags);
CONFIGRET CM_Get_Parent(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET CM_Get_Child(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET CM_Get_Sibling(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET CM_Get_DevNode_Status(PULONG pulStatus, PULONG pulProblemNumber, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET CM_Set_DevNode_Registry_PropertyW(DEVINST dnDevInst, ULONG ulProperty, LPCVOID Buffer, ULONG ulLength, ULONG ulFlags);
CONFIGRET CM_Get_DevNode_Registry_PropertyW(DEVINST dnDevInst, ULONG ulProperty, PULONG pulRegDataType, PVOID Buffer, PULONG pulLength,
                                            ULONG ulFlags);
CONFIGRET CM_Get_DevNode_PropertyW(DEVINST dnDevInst, const DEVPROPKEY *PropertyKey, DEVPROPTYPE *PropertyType, PBYTE PropertyBuffer,
                                   PULONG PropertyBufferSize, ULONG ulFlags);
CONFIGRET CM_Get_Device_Interface_PropertyW(PCWSTR pszDeviceInterface, const DEVPROPKEY *PropertyKey, DEVPROPTYPE *PropertyType,
                                            PBYTE PropertyBuffer, PULONG PropertyBufferSize, ULONG ulFlags);
CONFIGRET CM_Enable_DevNode(DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET CM_Disable_DevNode(DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET CM_Reenumerate_DevNode(DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET CM_Query_And_Remove_SubTreeW(DEVINST dnAncestor, PPNP_VETO_TYPE pVetoType, LPWSTR pszVetoName, ULONG ulNameLength, ULONG ulFlags);
CONFIGRET CM_Query_And_Remove_SubTreeA(DEVINST dnAncestor, PPNP_VETO_TYPE pVetoType, LPSTR pszVetoName, ULONG ulNameLength, ULONG ulFlags);
CONFIGRET CM_Request_Device_EjectW(DEVINST dnDevInst, PPNP_VETO_TYPE pVetoType, LPWSTR pszVetoName, ULONG ulNameLength, ULONG ulFlags);
DWORD CM_MapCrToWin32Err(CONFIGRET CmReturnCode, DWORD DefaultErr);

// --- notifications; the callback runs on a thread of the system ---
DECLARE_HANDLE(HCMNOTIFICATION);
typedef HCMNOTIFICATION *PHCMNOTIFICATION;
#define CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES 0x00000001
#define CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES 0x00000002
typedef enum _CM_NOTIFY_FILTER_TYPE {
  CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE,
  CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE,
  CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE,
  CM_NOTIFY_FILTER_TYPE_MAX
} CM_NOTIFY_FILTER_TYPE, *PCM_NOTIFY_FILTER_TYPE;
typedef struct _CM_NOTIFY_FILTER {
  DWORD cbSize;
  DWORD Flags;
  CM_NOTIFY_FILTER_TYPE FilterType;
  DWORD Reserved;
  union {
    struct {
      GUID ClassGuid;
    } DeviceInterface;
    struct {
      HANDLE hTarget;
    } DeviceHandle;
    struct {
      WCHAR InstanceId[MAX_DEVICE_ID_LEN];
    } DeviceInstance;
  } u;
} CM_NOTIFY_FILTER, *PCM_NOTIFY_FILTER;
typedef enum _CM_NOTIFY_ACTION {
  CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL,
  CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL,
  CM_NOTIFY_ACTION_DEVICEQUERYREMOVE,
  CM_NOTIFY_ACTION_DEVICEQUERYREMOVEFAILED,
  CM_NOTIFY_ACTION_DEVICEREMOVEPENDING,
  CM_NOTIFY_ACTION_DEVICEREMOVECOMPLETE,
  CM_NOTIFY_ACTION_DEVICECUSTOMEVENT,
  CM_NOTIFY_ACTION_DEVICEINSTANCEENUMERATED,
  CM_NOTIFY_ACTION_DEVICEINSTANCESTARTED,
  CM_NOTIFY_ACTION_DEVICEINSTANCEREMOVED,
  CM_NOTIFY_ACTION_MAX
} CM_NOTIFY_ACTION, *PCM_NOTIFY_ACTION;
typedef struct _CM_NOTIFY_EVENT_DATA {
  CM_NOTIFY_FILTER_TYPE FilterType;
  DWORD Reserved;
  union {
    struct {
      GUID ClassGuid;
      WCHAR SymbolicLink[ANYSIZE_ARRAY];
    } DeviceInterface;
    struct {
      GUID EventGuid;
      LONG NameOffset;
      DWORD DataSize;
      BYTE Data[ANYSIZE_ARRAY];
    } DeviceHandle;
    struct {
      WCHAR InstanceId[ANYSIZE_ARRAY];
    } DeviceInstance;
  } u;
} CM_NOTIFY_EVENT_DATA, *PCM_NOTIFY_EVENT_DATA;
typedef DWORD (*PCM_NOTIFY_CALLBACK)(HCMNOTIFICATION hNotify, PVOID Context, CM_NOTIFY_ACTION Action, PCM_NOTIFY_EVENT_DATA EventData,
                                     DWORD EventDataSize);
CONFIGRET CM_Register_Notification(PCM_NOTIFY_FILTER pFilter, PVOID pContext, PCM_NOTIFY_CALLBACK pCallback,
                                   PHCMNOTIFICATION pNotifyContext);
CONFIGRET CM_Unregister_Notification(HCMNOTIFICATION NotifyContext);

CONFIGRET CM_Get_Device_Interface_List_SizeA(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID, ULONG ulFlags);
CONFIGRET CM_Get_Device_Interface_List_SizeW(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID, ULONG ulFlags);
CONFIGRET CM_Get_Device_Interface_ListA(LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID, CHAR *Buffer, ULONG BufferLen,
                                        ULONG ulFlags);
CONFIGRET CM_Get_Device_Interface_ListW(LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID, WCHAR *Buffer, ULONG BufferLen,
                                        ULONG ulFlags);

// --- resources: those of a started device, and those that its bus had set up; other configurations are not there ---
typedef DWORD_PTR LOG_CONF, *PLOG_CONF, RES_DES, *PRES_DES;
typedef ULONG RESOURCEID, *PRESOURCEID;
#define BASIC_LOG_CONF 0x00000000
#define FILTERED_LOG_CONF 0x00000001
#define ALLOC_LOG_CONF 0x00000002
#define BOOT_LOG_CONF 0x00000003
#define FORCED_LOG_CONF 0x00000004
#define OVERRIDE_LOG_CONF 0x00000005
#define ResType_All 0x00000000
#define ResType_None 0x00000000
#define ResType_Mem 0x00000001
#define ResType_IO 0x00000002
#define ResType_DMA 0x00000003
#define ResType_IRQ 0x00000004
#define ResType_BusNumber 0x00000006
#define ResType_MemLarge 0x00000007
#define ResType_ClassSpecific 0x0000FFFF
// As the SDK's, byte by byte.
#pragma pack(push, 1)
typedef struct Mem_Des_s {
  DWORD MD_Count;
  DWORD MD_Type;
  DWORDLONG MD_Alloc_Base;
  DWORDLONG MD_Alloc_End;
  DWORD MD_Flags;
  DWORD MD_Reserved;
} MEM_DES, *PMEM_DES;
typedef struct Mem_Resource_s {
  MEM_DES MEM_Header;
} MEM_RESOURCE, *PMEM_RESOURCE;
typedef struct IO_Des_s {
  DWORD IOD_Count;
  DWORD IOD_Type;
  DWORDLONG IOD_Alloc_Base;
  DWORDLONG IOD_Alloc_End;
  DWORD IOD_DesFlags;
} IO_DES, *PIO_DES;
typedef struct IO_Resource_s {
  IO_DES IO_Header;
} IO_RESOURCE, *PIO_RESOURCE;
typedef struct DMA_Des_s {
  DWORD DD_Count;
  DWORD DD_Type;
  DWORD DD_Flags;
  ULONG DD_Alloc_Chan;
} DMA_DES, *PDMA_DES;
typedef struct DMA_Resource_s {
  DMA_DES DMA_Header;
} DMA_RESOURCE, *PDMA_RESOURCE;
typedef struct IRQ_Des_64_s {
  DWORD IRQD_Count;
  DWORD IRQD_Type;
  DWORD IRQD_Flags;
  ULONG IRQD_Alloc_Num;
  ULONG64 IRQD_Affinity;
} IRQ_DES, *PIRQ_DES;
typedef struct IRQ_Resource_64_s {
  IRQ_DES IRQ_Header;
} IRQ_RESOURCE, *PIRQ_RESOURCE;
#pragma pack(pop)
CONFIGRET CM_Get_First_Log_Conf(PLOG_CONF plcLogConf, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET CM_Free_Log_Conf_Handle(LOG_CONF lcLogConf);
CONFIGRET CM_Get_Next_Res_Des(PRES_DES prdResDes, RES_DES rdResDes, RESOURCEID ForResource, PRESOURCEID pResourceID, ULONG ulFlags);
CONFIGRET CM_Free_Res_Des_Handle(RES_DES rdResDes);
CONFIGRET CM_Get_Res_Des_Data_Size(PULONG pulSize, RES_DES rdResDes, ULONG ulFlags);
CONFIGRET CM_Get_Res_Des_Data(RES_DES rdResDes, PVOID Buffer, ULONG BufferLen, ULONG ulFlags);
// No name, or this computer's, is this machine; others are not there.
CONFIGRET CM_Connect_MachineA(PCSTR UNCServerName, PHMACHINE phMachine);
CONFIGRET CM_Connect_MachineW(PCWSTR UNCServerName, PHMACHINE phMachine);
CONFIGRET CM_Disconnect_Machine(HMACHINE hMachine);

#ifdef __cplusplus
}
#endif

#define CM_Get_First_Log_Conf_Ex(configuration, node, flags, machine) CM_Get_First_Log_Conf(configuration, node, flags)
#define CM_Get_Next_Res_Des_Ex(next, previous, type, found, flags, machine) CM_Get_Next_Res_Des(next, previous, type, found, flags)
#define CM_Get_Res_Des_Data_Size_Ex(size, descriptor, flags, machine) CM_Get_Res_Des_Data_Size(size, descriptor, flags)
#define CM_Get_Res_Des_Data_Ex(descriptor, buffer, size, flags, machine) CM_Get_Res_Des_Data(descriptor, buffer, size, flags)
// There is one machine: what its handle says is not looked at.
#define CM_Get_Device_Interface_List_Size_ExW(length, guid, id, flags, machine) CM_Get_Device_Interface_List_SizeW(length, guid, id, flags)
#define CM_Get_Device_Interface_List_Size_ExA(length, guid, id, flags, machine) CM_Get_Device_Interface_List_SizeA(length, guid, id, flags)
#define CM_Get_Device_Interface_List_ExW(guid, id, buffer, length, flags, machine) CM_Get_Device_Interface_ListW(guid, id, buffer, length, flags)
#define CM_Get_Device_Interface_List_ExA(guid, id, buffer, length, flags, machine) CM_Get_Device_Interface_ListA(guid, id, buffer, length, flags)
#define CM_Locate_DevNode_ExW(node, id, flags, machine) CM_Locate_DevNodeW(node, id, flags)
#define CM_Locate_DevNode_ExA(node, id, flags, machine) CM_Locate_DevNodeA(node, id, flags)
#define CM_Get_Device_ID_ExW(node, buffer, length, flags, machine) CM_Get_Device_IDW(node, buffer, length, flags)
#define CM_Get_Device_ID_ExA(node, buffer, length, flags, machine) CM_Get_Device_IDA(node, buffer, length, flags)
#define CM_Get_Parent_Ex(to, node, flags, machine) CM_Get_Parent(to, node, flags)
#define CM_Get_Child_Ex(to, node, flags, machine) CM_Get_Child(to, node, flags)
#define CM_Get_Sibling_Ex(to, node, flags, machine) CM_Get_Sibling(to, node, flags)
#define CM_Get_DevNode_Status_Ex(status, problem, node, flags, machine) CM_Get_DevNode_Status(status, problem, node, flags)
#define CM_Reenumerate_DevNode_Ex(node, flags, machine) CM_Reenumerate_DevNode(node, flags)
#define CM_Enable_DevInst CM_Enable_DevNode
#define CM_Disable_DevInst CM_Disable_DevNode
#define CM_Reenumerate_DevInst CM_Reenumerate_DevNode
#define CM_Get_DevInst_Status CM_Get_DevNode_Status
#define CM_Locate_DevInst CM_Locate_DevNode
#define CM_Get_DevNode_Property CM_Get_DevNode_PropertyW
#define CM_Get_Device_Interface_Property CM_Get_Device_Interface_PropertyW

#ifdef UNICODE
#define CM_Connect_Machine CM_Connect_MachineW
#define CM_Locate_DevNode CM_Locate_DevNodeW
#define CM_Locate_DevNode_Ex CM_Locate_DevNode_ExW
#define CM_Get_Device_ID CM_Get_Device_IDW
#define CM_Get_Device_ID_Ex CM_Get_Device_ID_ExW
#define CM_Get_Device_ID_List CM_Get_Device_ID_ListW
#define CM_Get_Device_ID_List_Size CM_Get_Device_ID_List_SizeW
#define CM_Get_DevNode_Registry_Property CM_Get_DevNode_Registry_PropertyW
#define CM_Set_DevNode_Registry_Property CM_Set_DevNode_Registry_PropertyW
#define CM_Query_And_Remove_SubTree CM_Query_And_Remove_SubTreeW
#define CM_Request_Device_Eject CM_Request_Device_EjectW
#define CM_Get_Device_Interface_List_Size_Ex CM_Get_Device_Interface_List_Size_ExW
#define CM_Get_Device_Interface_List_Ex CM_Get_Device_Interface_List_ExW
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeW
#define CM_Get_Device_Interface_List CM_Get_Device_Interface_ListW
#else
#define CM_Connect_Machine CM_Connect_MachineA
#define CM_Locate_DevNode CM_Locate_DevNodeA
#define CM_Locate_DevNode_Ex CM_Locate_DevNode_ExA
#define CM_Get_Device_ID CM_Get_Device_IDA
#define CM_Get_Device_ID_Ex CM_Get_Device_ID_ExA
#define CM_Query_And_Remove_SubTree CM_Query_And_Remove_SubTreeA
#define CM_Get_Device_Interface_List_Size_Ex CM_Get_Device_Interface_List_Size_ExA
#define CM_Get_Device_Interface_List_Ex CM_Get_Device_Interface_List_ExA
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeA
#define CM_Get_Device_Interface_List CM_Get_Device_Interface_ListA
#endif

#endif  // _CFGMGR32_H_
