// Values that our code needs and a driver rarely does; each vanishes here once the SDK's headers have it.
#pragma once

#include <ntddk.h>

#ifndef IO_REPARSE
#define IO_REPARSE 0x0
#endif
#ifndef TARGET_MDL_TOO_SMALL
#define TARGET_MDL_TOO_SMALL 0x49
#endif
#ifndef INVALID_KERNEL_HANDLE
#define INVALID_KERNEL_HANDLE 0x93
#endif
#ifndef OBJ_PROTECT_CLOSE
#define OBJ_PROTECT_CLOSE 0x1
#endif
