// till: what its test and the driver share. The input: the event's attributes, then its data.
#ifndef TILL_H
#define TILL_H
#define IOCTL_TILL_EVENT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#endif
