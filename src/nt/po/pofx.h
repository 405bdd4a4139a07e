// The power framework as the machine sees it; drivers come through the PoFx functions (pofx.cpp).
// Called by:  machine, PASSIVE_LEVEL, on a task with a thread.
#pragma once

#include <ntddk.h>

namespace drydock::nt::po {

// The system directs one device down, whatever uses it, and waits until it is; or lets it go again. STATUS_NOT_SUPPORTED: its driver did not
// register for that.
NTSTATUS Directed(DEVICE_OBJECT* pdo, bool down);

}  // namespace drydock::nt::po
