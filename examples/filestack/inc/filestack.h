/* What the three drivers of the file stack and their application agree on. */
#ifndef FILESTACK_H
#define FILESTACK_H

/* From an application: which object stands behind the device. Input: its NT name, 16-bit characters, no terminator. */
#define IOCTL_FILESTACK_ATTACH CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS)

/* From anybody: what the function driver knows. Output: FILESTACK_INFORMATION. */
#define IOCTL_FILESTACK_QUERY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* From the function driver to the port driver below it (internal device control). */
/* May a transfer of this length begin? Input: FILESTACK_GRANT_REQUEST. Output: FILESTACK_GRANT. */
#define IOCTL_INTERNAL_FILESTACK_GRANT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x810, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* A transfer ended. Others form: argument 1 = grant number, argument 2 = bytes moved, argument 4 = PFILESTACK_TOTALS or NULL. */
#define IOCTL_INTERNAL_FILESTACK_ACCOUNT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x811, METHOD_NEITHER, FILE_ANY_ACCESS)

typedef struct _FILESTACK_GRANT_REQUEST {
    ULONG Length;
    ULONG Write;
} FILESTACK_GRANT_REQUEST, *PFILESTACK_GRANT_REQUEST;

typedef struct _FILESTACK_GRANT {
    ULONG Number;
    ULONG Length;
} FILESTACK_GRANT, *PFILESTACK_GRANT;

typedef struct _FILESTACK_TOTALS {
    ULONGLONG Transfers;
    ULONGLONG Bytes;
} FILESTACK_TOTALS, *PFILESTACK_TOTALS;

typedef struct _FILESTACK_INFORMATION {
    ULONG Attached;
    ULONG LargestTransfer;
    FILESTACK_TOTALS Totals;
} FILESTACK_INFORMATION, *PFILESTACK_INFORMATION;

/* No wait of these drivers is longer than this. */
#define FILESTACK_TIMEOUT_MS 2000
#define FILESTACK_LARGEST_TRANSFER (1024 * 1024)

#endif
