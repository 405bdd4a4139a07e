#pragma once

typedef struct _SHMEM_MAP {
    UINT64 Address;    /* in the caller's process, until it closes its handle */
    UINT64 Length;
    UINT32 Bar;
    UINT32 Vectors;
} SHMEM_MAP;

#define IOCTL_SHMEM_MAP   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_SHMEM_RING  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)   /* ULONG: the vector */
#define IOCTL_SHMEM_WAIT  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x902, METHOD_BUFFERED, FILE_ANY_ACCESS)   /* until the peer rings */
