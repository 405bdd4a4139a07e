// The PS/2 port driver (i8042prt) and the keyboard class driver above it (kbdclass), as drivers of the system: WDM, on nt alone.
// Called by:  the I/O manager; filters between the two meet them only through requests and the callbacks of kbdmou.h and ntdd8042.h.
// Order:      kbdclass connects in its AddDevice; the port then asks the top of the stack for hooks, and calls the initialization hook in START.
// IRQL:       service routine and its hook: the interrupt's. Service callbacks: DISPATCH_LEVEL. Initialization hook: PASSIVE_LEVEL.
// Source:     public documentation of i8042prt, kbdclass and their requests.
#pragma once

#include <ntddk.h>

#include <kbdmou.h>
#include <ntdd8042.h>

namespace drydock::classes::keyboard {

NTSTATUS PortEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);   // i8042prt
NTSTATUS ClassEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);  // kbdclass
NTSTATUS MouseClassEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);  // mouclass

// --- what both do ---

inline NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

inline NTSTATUS PassDown(PDEVICE_OBJECT lower, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(lower, irp);
}

// An internal METHOD_NEITHER control to the stack of `device`, waited for. PASSIVE_LEVEL.
NTSTATUS SendInternal(PDEVICE_OBJECT device, ULONG code, void* input, ULONG length);

}  // namespace drydock::classes::keyboard
