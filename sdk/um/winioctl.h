// I/O control codes for user mode: device types, disks, storage, the interface classes of serial ports. Source: public documentation.
#ifndef _WINIOCTL_
#define _WINIOCTL_

#include "devioctl.h"
#include "drydock_serial_guids.h"
#include "ntdddisk.h"
#include "ntddstor.h"

#endif  // _WINIOCTL_
