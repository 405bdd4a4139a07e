// How a request object for an arriving IRP comes to be, and how it goes.
// Called by:  wdf/queue.
// IRQL:       <= DISPATCH_LEVEL.
// Ownership:  the new request has its one reference and no parent (IOT-7.02). Retire gives that reference up, or gives a reserved
//             request back to its queue's pool.
// Errors:     STATUS_INSUFFICIENT_RESOURCES.
#pragma once

#include "wdf/request/request.h"

namespace drydock::wdf {

NTSTATUS CreateReceived(Device& device, PIRP irp, Request** out);
// Makes a request that has no IRP yet, with the device's request attributes (reserved requests).
NTSTATUS CreateEmpty(Device& device, Request** out);
void AttachIrp(Request& request, PIRP irp);
void Retire(Request& request);
// For a request that IsPlain() when its completion began: kept for the thread's next arrival, with its slot.
void RetirePlain(Request& request);
// Drops a reference of a request that was sent: as Release, but one that has ended and owes no callback is kept like a plain one.
void ReleaseSent(Request& request);

}  // namespace drydock::wdf
