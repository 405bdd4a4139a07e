/* The classic case and its better twin: one device-control request, sent synchronously. */
#ifndef SYNC_IOCTL_H
#define SYNC_IOCTL_H

/* What the device below understands. */
#define IOCTL_DEVICE_EXCHANGE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* From the application: exchange by the classic function, or by its twin with a time-out. */
#define IOCTL_EXCHANGE_CLASSIC CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_EXCHANGE_TIMED CTL_CODE(FILE_DEVICE_UNKNOWN, 0x902, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
