// The end of requests that the driver does not hold.
// Called by:  wdf/queue, with no lock held.
// IRQL:       <= DISPATCH_LEVEL. The IRP's completion runs upper drivers.
#pragma once

#include "wdf/request/request.h"

namespace drydock::wdf {

// The status that a driver outside may see (DEVX-10, IOX-58).
NTSTATUS PublicStatus(NTSTATUS status);

// Completes a request that is on no list. One that the driver never saw goes without its cleanup callbacks (IOX-50). A driver-made one
// keeps living: only its IRP is completed.
void CompleteUndelivered(Request& request, NTSTATUS status, ULONG_PTR information);

// A filter's request without a handler: the object goes, the IRP goes to the next lower driver (IOX-51). What that returned.
NTSTATUS PassDownUndelivered(Request& request);

// Completes an IRP for which no request object was made. Returns `status`.
NTSTATUS CompleteIrp(Device& device, PIRP irp, NTSTATUS status, ULONG_PTR information = 0);

}  // namespace drydock::wdf
