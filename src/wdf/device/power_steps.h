// What the power machine asks of the families that hang on a device: interrupts, DMA enablers, children, the bus below, WMI.
// Called by:  PnpPower, in the order of tables S1, S2, S8 and S13; PASSIVE_LEVEL, under pnp_lock_ or power_lock_; each call runs the callbacks of
//             all objects of its kind. The state names are entered by the caller.
// Defined by: wdf/interrupt, wdf/dma, wdf/bus, wdf/wmi. A device without such objects returns at once.
// Failures:   the first failing step's status; what a failing call has undone itself is said beside it.
// Source:     device-open-points-resolved.md S1, S2, S13, O-01, O-02, O-08, O-10, DEVX-31 to DEVX-33.
#pragma once

#include "wdf/sdk.h"

namespace drydock::wdf {

class Device;

namespace interrupt {
// Before EvtDevicePrepareHardware: gives the objects made in DeviceAdd their resources (DEVX-31). `raw`, `translated` may be null.
void Assign(Device& device, const CM_RESOURCE_LIST* raw, const CM_RESOURCE_LIST* translated);
// EvtDevicePrepareHardware returned: no more objects can be made.
void Prepared(Device& device);
// After ReleaseHardware: takes the resources away, deletes the objects made in PrepareHardware, newest first (DEVX-33).
void Revoke(Device& device);
// Connect > EvtInterruptEnable, creation order. On failure those already enabled are disabled again, in reverse order.
NTSTATUS Up(Device& device);
// EvtInterruptDisable > flush of DPC and work item > disconnect, reverse order; every one, whatever fails. `leaves_connected`: a device that is not
// power-pageable and only goes to Dx (INT-23).
NTSTATUS Down(Device& device, bool leaves_connected);
// Of a device that goes away from Dx: what is still connected (a non-pageable device's, a wake interrupt) goes.
void Disconnect(Device& device);
// Passive wake interrupts: told about D0 exit (from here on a firing one wakes the device instead of running its ISR) and about D0 entry (the ISR that
// was held back runs now).
void ToldD0Exit(Device& device);
void ToldD0Entry(Device& device);
}  // namespace interrupt

namespace dma {
// Per enabler, creation order: Fill > Enable > SelfManagedIoStart. On failure nothing is undone: the caller calls Down.
NTSTATUS Up(Device& device);
// Per enabler, creation order: SelfManagedIoStop > Disable > Flush, with the omissions of O-01.
NTSTATUS Down(Device& device);
}  // namespace dma

namespace bus {
// EvtChildListScanForChildren of each list, creation order.
void ScanForChildren(Device& device);
// True while a child is in D0 (or on its way) that holds its parent up; asked before an idle parent that owns power policy goes down (PWR-61).
bool ChildHoldsUp(Device& device);
// The parent of a PDO, null for others or when the dependency was removed.
Device* PowerParent(Device& device);
}  // namespace bus

namespace wmi {
// With the interfaces (S1): registers the device's WMI providers; what is made later registers itself. A failure fails the start.
NTSTATUS Up(Device& device);
// S6, F1: no WMI request is under way any more, none comes again. Not an error when Up was not called.
void Down(Device& device);
}  // namespace wmi

}  // namespace drydock::wdf
