// Requests that the system sends and waits for itself: creates, cleanups, PnP and power requests, synchronous file I/O.
// Called by:  io, pnp; PASSIVE_LEVEL.
// How:        the IRP's finish routine only marks it done; the waiting sender does the last stage in its own context and frees the IRP.
//             A request completed inside IoCallDriver never touches a dispatcher object.
// Misuse:     a dispatch routine that returns a final status without completing the request, or returns STATUS_PENDING without
//             IoMarkIrpPending, is reported here, where the IRP is still known to be alive.
#pragma once

#include <ntddk.h>

#include "nt/io/irp.h"
#include "runtime/time.h"

namespace drydock::nt::io {

// Not on any thread's list; the next location has major and minor. Null: no memory.
IRP* NewSystemIrp(DEVICE_OBJECT* top, UCHAR major, UCHAR minor);

// Sends and waits until it is complete; IoStatus holds the outcome, the caller frees the IRP. With a time-out that runs out the request
// is cancelled, waited for, and `timed_out` set.
void SendAndWait(DEVICE_OBJECT* top, IRP* irp, rt::Ticks timeout = rt::kNever, bool* timed_out = nullptr);

// NewSystemIrp, SendAndWait, FreeIrp for requests without parameters.
NTSTATUS SendSimple(DEVICE_OBJECT* top, UCHAR major, UCHAR minor, FILE_OBJECT* file = nullptr);

}  // namespace drydock::nt::io
