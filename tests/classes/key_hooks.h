// A keyboard filter for tests that hooks itself into i8042prt.
#pragma once

typedef struct _HOOK_COUNTS {
  LONG Initializations, Isr, Packets, StartInformation;
  LONG LowIrql;      // ISR hooks not at an interrupt's level
  LONG WrongIrql;    // service callbacks not at DISPATCH_LEVEL, initializations not at PASSIVE_LEVEL
  UCHAR Id[2];       // what the keyboard said of itself, read by the initialization hook
} HOOK_COUNTS, *PHOOK_COUNTS;

#define HOOK_SWALLOWED 0x58  // a byte that the hook keeps from the port driver (F12)
#define HOOK_DOUBLED 0x57    // one that it makes two packets of (F11)
// As an internal control, to the stack.
#define IOCTL_INTERNAL_HOOK_COUNTS CTL_CODE(FILE_DEVICE_KEYBOARD, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
