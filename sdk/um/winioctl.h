// I/O control codes for user mode: device types, disks, storage. Source: public documentation.
#ifndef _WINIOCTL_
#define _WINIOCTL_

#include "devioctl.h"
#include "ntdddisk.h"
#include "ntddstor.h"

#endif  // _WINIOCTL_
