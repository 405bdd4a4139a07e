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
#define CR_FAILURE 0x13
#define CR_BUFFER_SMALL 0x1A
#define CR_INVALID_DEVICE_ID 0x1E
#define CR_INVALID_DATA 0x1F
#define CR_REMOVE_VETOED 0x17
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

CONFIGRET CM_Get_Device_Interface_List_SizeA(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID, ULONG ulFlags);
CONFIGRET CM_Get_Device_Interface_List_SizeW(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID, ULONG ulFlags);
CONFIGRET CM_Get_Device_Interface_ListA(LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID, CHAR *Buffer, ULONG BufferLen,
                                        ULONG ulFlags);
CONFIGRET CM_Get_Device_Interface_ListW(LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID, WCHAR *Buffer, ULONG BufferLen,
                                        ULONG ulFlags);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeW
#define CM_Get_Device_Interface_List CM_Get_Device_Interface_ListW
#else
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeA
#define CM_Get_Device_Interface_List CM_Get_Device_Interface_ListA
#endif

#endif  // _CFGMGR32_H_
