// The PS/2 port driver (i8042prt) and the keyboard class driver above it (kbdclass), as drivers of the system: WDM, on nt alone.
// Called by:  the I/O manager; filters between the two meet them only through requests and the callbacks of kbdmou.h and ntdd8042.h.
// Order:      kbdclass connects in its AddDevice; the port then asks the top of the stack for hooks, and calls the initialization hook in START.
// IRQL:       service routine and its hook: the interrupt's. Service callbacks: DISPATCH_LEVEL. Initialization hook: PASSIVE_LEVEL.
// Source:     public documentation of i8042prt, kbdclass and their requests.
#pragma once

#include <cstring>

#include <ntddk.h>

#include <kbdmou.h>
#include <ntdd8042.h>

#include "classes/pdo.h"

namespace drydock::classes::keyboard {

NTSTATUS PortEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);   // i8042prt
NTSTATUS ClassEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);  // kbdclass
NTSTATUS MouseClassEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);  // mouclass

// --- what both do ---

inline NTSTATUS PassDown(PDEVICE_OBJECT lower, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(lower, irp);
}

// A buffered control's answer, and what it brings: false when the buffer is too short for it.
template <class T>
NTSTATUS Give(PIRP irp, const T& value) {
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength < sizeof value) return Complete(irp, STATUS_BUFFER_TOO_SMALL);
  std::memcpy(irp->AssociatedIrp.SystemBuffer, &value, sizeof value);
  return Complete(irp, STATUS_SUCCESS, sizeof value);
}
template <class T>
bool Take(PIRP irp, T* value) {
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.InputBufferLength < sizeof *value) return false;
  std::memcpy(value, irp->AssociatedIrp.SystemBuffer, sizeof *value);
  return true;
}

// Which key lights which indicator: the same on every keyboard with three of them.
struct IndicatorTranslation {
  USHORT count;
  INDICATOR_LIST list[3];
};
inline constexpr IndicatorTranslation kIndicatorTranslation = {
    3, {{0x3A, KEYBOARD_CAPS_LOCK_ON}, {0x45, KEYBOARD_NUM_LOCK_ON}, {0x46, KEYBOARD_SCROLL_LOCK_ON}}};

// An internal METHOD_NEITHER control to the stack of `device`, waited for. PASSIVE_LEVEL.
NTSTATUS SendInternal(PDEVICE_OBJECT device, ULONG code, void* input, ULONG length);

}  // namespace drydock::classes::keyboard
