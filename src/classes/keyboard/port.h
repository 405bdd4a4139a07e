// Port: one keyboard or mouse of i8042prt, each with a controller of its own. classes/keyboard only; it is the device extension.
// Locks:      what the service routine touches (current to output) belongs to the interrupt: KeSynchronizeExecution from elsewhere.
#pragma once

#include "classes/keyboard/keyboard.h"

namespace drydock::classes::keyboard {

constexpr ULONG kQueueLength = 100;  // packets

struct Port {
  PDEVICE_OBJECT self, lower;
  CONNECT_DATA connect;
  INTERNAL_I8042_HOOK_KEYBOARD hook;
  PUCHAR data_port, command_port;
  PKINTERRUPT interrupt;
  EX_RUNDOWN_REF running;  // who uses the interrupt object from outside the service routine; run down while there is none
  KDPC dpc;
  KTIMER retry;  // the class driver's queue was full
  KEYBOARD_INDICATOR_PARAMETERS indicators;
  KEYBOARD_TYPEMATIC_PARAMETERS typematic;

  KEYBOARD_INPUT_DATA current;
  KEYBOARD_SCAN_STATE scan;

  bool mouse;  // what mouclass connected to: the members below instead of the two above
  INTERNAL_I8042_HOOK_MOUSE mouse_hook;
  MOUSE_INPUT_DATA mouse_current;
  MOUSE_STATE mouse_state;
  MOUSE_RESET_SUBSTATE reset_state;
  UCHAR movement[4], buttons;
  ULONG movement_bytes;
  bool wheel;

  UCHAR queue[kQueueLength * sizeof(MOUSE_INPUT_DATA)];
  ULONG first, count;
  OUTPUT_PACKET output;
  UCHAR output_bytes[4];
};

inline ULONG PacketSize(const Port& port) { return port.mouse ? sizeof(MOUSE_INPUT_DATA) : sizeof(KEYBOARD_INPUT_DATA); }

// --- hardware.cpp ---
NTSTATUS StartHardware(Port& port, PCM_RESOURCE_LIST translated);  // PASSIVE_LEVEL
void StopHardware(Port& port);
// Hands the bytes over, one after each acknowledgement. STATUS_DEVICE_BUSY: others are on their way.
NTSTATUS SendBytes(Port& port, const UCHAR* bytes, ULONG count);
VOID DeliverPackets(PKDPC dpc, PVOID context, PVOID, PVOID);
VOID IsrWritePort(PVOID context, UCHAR value);
VOID QueuePacket(PVOID context);

}  // namespace drydock::classes::keyboard
