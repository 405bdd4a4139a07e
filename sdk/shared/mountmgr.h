// The mount manager's name and the types its clients share with volumes. Used by: storage drivers.
// Source: public documentation.
#ifndef _MOUNTMGR_
#define _MOUNTMGR_

#include "mountdev.h"

#define MOUNTMGR_DEVICE_NAME L"\\Device\\MountPointManager"
#define MOUNTMGR_DOS_DEVICE_NAME L"\\\\.\\MountPointManager"
#define MOUNTMGRCONTROLTYPE 0x0000006D

#endif  // _MOUNTMGR_
