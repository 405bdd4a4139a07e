// PosCx: the point-of-service library that scanners and stripe readers are written for: who owns the device, events, and reads that wait for them.
// Called by:  a driver's callbacks, PASSIVE_LEVEL. PosCxInit in EvtDriverDeviceAdd, PosCxOpen and PosCxClose with each file.
// Ownership:  everything hangs on the device and on its files as contexts of theirs. A pending read or claim is the library's until it is completed.
// Errors:     STATUS_DEVICE_NOT_READY without PosCxInit, STATUS_INVALID_PARAMETER for a file that was not opened with PosCxOpen.
// Source:     public documentation. On Windows the library is an extension that the driver is linked with; here it is this header, compiled into
//             the driver. The owner has a second to answer a request for its device: that time is our own, the documentation has none.
#ifndef POSCX_H
#define POSCX_H

#include <wdf.h>

#include "pointofservicedriverinterface.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _POS_CX_EVENT_DEST { POS_CX_EVENT_DEST_OWNER = 0, POS_CX_EVENT_DEST_BCAST = 1 } POS_CX_EVENT_DEST;
typedef enum _POS_CX_EVENT_PRIORITY { POS_CX_EVENT_PRI_DATA = 0, POS_CX_EVENT_PRI_CONTROL = 2 } POS_CX_EVENT_PRIORITY;
typedef enum _POS_CX_EVENT_ATTRIBUTES {
  POS_CX_EVENT_ATTR_DATA = 0,
  POS_CX_EVENT_ATTR_CONTROL = 2,
  POS_CX_EVENT_ATTR_BCAST_CONTROL = 3
} POS_CX_EVENT_ATTRIBUTES;

typedef VOID EVT_POS_CX_DEVICE_OWNERSHIP_CHANGE(WDFDEVICE device, WDFFILEOBJECT oldOwnerFileObj, WDFFILEOBJECT newOwnerFileObj);
typedef NTSTATUS EVT_POS_CX_DEVICE_REMOTE_CLAIM(WDFDEVICE device, ULONG deviceInterfaceTag);
typedef NTSTATUS EVT_POS_CX_DEVICE_REMOTE_RELEASE(WDFDEVICE device, ULONG deviceInterfaceTag);
typedef NTSTATUS EVT_POS_CX_DEVICE_REMOTE_RETAIN(WDFDEVICE device, ULONG deviceInterfaceTag);
typedef EVT_POS_CX_DEVICE_OWNERSHIP_CHANGE *PFN_POS_CX_DEVICE_OWNERSHIP_CHANGE;
typedef EVT_POS_CX_DEVICE_REMOTE_CLAIM *PFN_POS_CX_DEVICE_REMOTE_CLAIM;
typedef EVT_POS_CX_DEVICE_REMOTE_RELEASE *PFN_POS_CX_DEVICE_REMOTE_RELEASE;
typedef EVT_POS_CX_DEVICE_REMOTE_RETAIN *PFN_POS_CX_DEVICE_REMOTE_RETAIN;

typedef struct _POS_CX_ATTRIBUTES {
  PFN_POS_CX_DEVICE_OWNERSHIP_CHANGE EvtDeviceOwnershipChange;
  PFN_POS_CX_DEVICE_REMOTE_CLAIM EvtDeviceRemoteClaim;
  PFN_POS_CX_DEVICE_REMOTE_RELEASE EvtDeviceRemoteRelease;
  PFN_POS_CX_DEVICE_REMOTE_RETAIN EvtDeviceRemoteRetain;
} POS_CX_ATTRIBUTES;

#include "drydock_poscx.h"

#ifdef __cplusplus
}
#endif

#endif  // POSCX_H
