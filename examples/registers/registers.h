/* What applications and the driver of the converter card share. */
#ifndef REGISTERS_H
#define REGISTERS_H

/* In: ULONG offset of a register. Out: ULONG its value, read before the call returns. */
#define IOCTL_CARD_READ_REGISTER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)
/* In: ULONG channel. Out: ULONG the converted value. Complete when the card has interrupted. */
#define IOCTL_CARD_CONVERT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_READ_ACCESS)

/* The card's registers, each 32 bits wide. */
#define CARD_ID 0x00        /* CARD_ID_VALUE */
#define CARD_CONTROL 0x04   /* CARD_START starts a conversion of the channel; CARD_INTERRUPTS lets the card interrupt */
#define CARD_STATUS 0x08    /* CARD_DONE: a value is there; writing the bit clears it and the interrupt */
#define CARD_CHANNEL 0x0C
#define CARD_VALUE 0x10
#define CARD_LENGTH 0x14

#define CARD_ID_VALUE 0x0ADC0001
#define CARD_START 0x1
#define CARD_INTERRUPTS 0x2
#define CARD_DONE 0x1

#endif
