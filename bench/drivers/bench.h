/* What the measured drivers and the benchmark agree on. */
#ifndef BENCH_H
#define BENCH_H

/* To the caller: send IOCTL_BENCH_EXCHANGE to the driver below this many times (input: ULONG), each 16 bytes in and out, synchronously. */
#define IOCTL_BENCH_RUN CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA00, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* The request that is measured. */
#define IOCTL_BENCH_EXCHANGE CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA01, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Completed by another thread: the answerer hands it to a system thread of its own. */
#define IOCTL_BENCH_ELSEWHERE CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA02, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* To the caller: as RUN, with IOCTL_BENCH_ELSEWHERE. */
#define IOCTL_BENCH_RUN_ELSEWHERE CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA03, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* To the caller: requests in flight. Input: BENCH_FLIGHT. Output: BENCH_FLIGHT_RESULT. */
#define IOCTL_BENCH_FLIGHT CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA04, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Kept by the answerer until it is cancelled. */
#define IOCTL_BENCH_KEEP CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA05, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* To the file reader: the file to read from. Input: its NT name, 16-bit characters, no terminator. */
#define IOCTL_BENCH_ATTACH CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA06, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _BENCH_FLIGHT {
    ULONG Count;
    ULONG TimeoutSeconds;
} BENCH_FLIGHT, *PBENCH_FLIGHT;

/* In units of 100 ns. */
typedef struct _BENCH_FLIGHT_RESULT {
    LONGLONG ArmTime;
    LONGLONG CancelTime;
    ULONG Cancelled;
} BENCH_FLIGHT_RESULT, *PBENCH_FLIGHT_RESULT;


/* bench_bus: the children that are on the bus from now on. */
#define IOCTL_BENCH_CHILDREN CTL_CODE(FILE_DEVICE_UNKNOWN, 0x8F0, METHOD_BUFFERED, FILE_ANY_ACCESS)
typedef struct _BENCH_CHILDREN {
    ULONG First;
    ULONG Count;
} BENCH_CHILDREN, *PBENCH_CHILDREN;

#endif
