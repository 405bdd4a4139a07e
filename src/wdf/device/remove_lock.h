// The remove lock of a device whose driver asked for WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO: every I/O IRP holds it from its arrival to its
// completion, and the end of the device waits for that. (For PnP, power and system-control IRPs the order of the machines does the same.)
// Called by:  WdfDeviceCreate, DispatchWdm, the removal.
// IRQL:       Enter <= DISPATCH_LEVEL; WaitForIo PASSIVE_LEVEL.
// Cost:       a null test per IRP for a device without the option.
// Source:     INI-16.
#pragma once

#include "wdf/device/device.h"

namespace drydock::wdf {

// Not for control devices. Adds a stack location, for the routine that lets the lock go.
void MakeRemoveLock(Device& device);

// False: the device is ending, the IRP was completed with `status`. True: dispatch the IRP's current location as it is now.
bool EnterRemoveLock(Device& device, PIRP irp, NTSTATUS* status);

// Returns when every I/O IRP that arrived is complete; later ones are refused.
void WaitForIo(Device& device);

}  // namespace drydock::wdf
