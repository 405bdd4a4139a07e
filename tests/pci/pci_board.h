/* What pci_test asks of its driver: METHOD_BUFFERED, input BOARD_ACCESS (with the bytes to write behind it), output the bytes. */
#ifndef PCI_BOARD_H
#define PCI_BOARD_H

typedef struct _BOARD_ACCESS {
    unsigned int offset;
    unsigned int length;
} BOARD_ACCESS;

#define BOARD_IOCTL(n) ((unsigned int)(0x22u << 16 | (0x800u + (n)) << 2))
#define IOCTL_BOARD_GET BOARD_IOCTL(0)           /* BUS_INTERFACE_STANDARD.GetBusData */
#define IOCTL_BOARD_SET BOARD_IOCTL(1)
#define IOCTL_BOARD_READ_CONFIG BOARD_IOCTL(2)   /* the request */
#define IOCTL_BOARD_WRITE_CONFIG BOARD_IOCTL(3)
#define IOCTL_BOARD_HAL_GET BOARD_IOCTL(4)       /* of the place that the device is at */
#define IOCTL_BOARD_PLACE BOARD_IOCTL(5)         /* out: BOARD_PLACE */
#define IOCTL_BOARD_ROM BOARD_IOCTL(6)           /* as READ_CONFIG, of the other space */

typedef struct _BOARD_PLACE {
    unsigned int bus, address, bus_type;
    int d3cold_status;       /* of the interface's query */
    int deepest_wake;        /* DEVICE_WAKE_DEPTH in S0 */
    int d3cold_capable;
    int presence_status;
    int present, absent;     /* itself; a device that is not there */
    unsigned char bus_type_guid[16];
    unsigned short location[64];
} BOARD_PLACE;

#endif
