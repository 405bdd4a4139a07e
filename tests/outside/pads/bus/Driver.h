#pragma once
#include <ntddk.h>
#include <wdf.h>
#define NTSTRSAFE_LIB
#include <ntstrsafe.h>
#include <wdmsec.h>
#include <wdmguid.h>
#include "PadsShared.h"
EXTERN_C_START
DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD Bus_EvtDeviceAdd;
EVT_WDF_OBJECT_CONTEXT_CLEANUP Bus_EvtDriverContextCleanup;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL Bus_EvtIoDeviceControl;
EVT_WDF_IO_QUEUE_IO_DEFAULT Bus_EvtIoDefault;
EVT_WDF_DEVICE_FILE_CREATE Bus_DeviceFileCreate;
EVT_WDF_FILE_CLOSE Bus_FileClose;
EVT_WDF_FILE_CLEANUP Bus_FileCleanup;
EVT_WDF_CHILD_LIST_CREATE_DEVICE Bus_EvtDeviceListCreatePdo;
EXTERN_C_END
#define MIN_VERSION PADS_COMMON_VERSION

typedef struct _FDO_DEVICE_DATA { LONG InterfaceReferenceCounter; LONG NextSessionId; WDFQUEUE Pending; } FDO_DEVICE_DATA, * PFDO_DEVICE_DATA;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FDO_DEVICE_DATA, FdoGetData)
typedef struct _FDO_FILE_DATA { LONG SessionId; } FDO_FILE_DATA, * PFDO_FILE_DATA;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FDO_FILE_DATA, FileObjectGetData)
