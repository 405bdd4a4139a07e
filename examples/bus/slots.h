// A bus of slots that cards are put into, what an application asks of it, and what it offers the drivers of its cards.
#pragma once

// Takes SLOT_CARD. Plug: STATUS_OBJECT_NAME_EXISTS for a slot in use. Unplug, eject: STATUS_NO_SUCH_DEVICE for an empty one.
#define IOCTL_SLOTS_PLUG CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_SLOTS_UNPLUG CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_SLOTS_EJECT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Gives a ULONG bit mask of the slots in use.
#define IOCTL_SLOTS_MAP CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)

#define SLOTS_COUNT 32

typedef struct _SLOT_CARD {
  ULONG Slot;  // 0 to SLOTS_COUNT - 1
  ULONG Kind;  // becomes the hardware id SLOTS\Kind<number>
} SLOT_CARD, *PSLOT_CARD;

// Of a card's PDO, through IRP_MN_QUERY_INTERFACE.
// {B0A7D5C4-7C0E-4B69-9F0E-3E0B7D1C2A55}
static const GUID GUID_SLOT_INTERFACE = {0xB0A7D5C4, 0x7C0E, 0x4B69, {0x9F, 0x0E, 0x3E, 0x0B, 0x7D, 0x1C, 0x2A, 0x55}};

typedef struct _SLOT_INTERFACE {
  INTERFACE InterfaceHeader;
  ULONG (*GetSlot)(PVOID Context);
  VOID (*SetLamp)(PVOID Context, BOOLEAN On);
} SLOT_INTERFACE, *PSLOT_INTERFACE;

// Of the card driver: gives the slot (ULONG) that the card is in.
#define IOCTL_CARD_WHERE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x810, METHOD_BUFFERED, FILE_ANY_ACCESS)
