#pragma once

// \\.\Cloak: one program at a time. Lists are texts one after the other, with an empty one at the end.
#define IOCTL_CLOAK_GET_TRUSTED CTL_CODE(0x8001, 0x800, METHOD_BUFFERED, FILE_READ_DATA)
#define IOCTL_CLOAK_SET_TRUSTED CTL_CODE(0x8001, 0x801, METHOD_BUFFERED, FILE_WRITE_DATA)
#define IOCTL_CLOAK_HIDE        CTL_CODE(0x8001, 0x802, METHOD_BUFFERED, FILE_WRITE_DATA)
