// The power framework as the machine sees it; drivers come through the PoFx functions (pofx.cpp).
// Called by:  machine, PASSIVE_LEVEL, on a task with a thread.
#pragma once

#include <ntddk.h>

namespace drydock::nt::po {

// The system directs one device down, whatever uses it, and waits until it is; or lets it go again. STATUS_NOT_SUPPORTED: its driver did not
// register for that.
NTSTATUS Directed(DEVICE_OBJECT* pdo, bool down);
// PnP and the power manager, before they ask a device to stop, to go or to sleep: one that was directed down is let go; it comes up by itself meanwhile.
inline void EndDirected(DEVICE_OBJECT* pdo) { (void)Directed(pdo, false); }

}  // namespace drydock::nt::po
