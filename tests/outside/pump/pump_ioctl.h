/* Shared by the driver of the dosing pump and by those who use it. */
#ifndef _PUMP_IOCTL_H_
#define _PUMP_IOCTL_H_

#define FILE_DEVICE_PUMP    0x8F10

#define IOCTL_PUMP_DOSE     CTL_CODE(FILE_DEVICE_PUMP, 0x801, METHOD_BUFFERED, FILE_READ_DATA | FILE_WRITE_DATA)
#define IOCTL_PUMP_LEVEL    CTL_CODE(FILE_DEVICE_PUMP, 0x802, METHOD_BUFFERED, FILE_READ_DATA)

typedef struct _PUMP_DOSE {
    unsigned long  Microlitres;
    unsigned long  Channel;
} PUMP_DOSE, *PPUMP_DOSE;

#endif
