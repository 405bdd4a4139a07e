// UmPolicy (U): which requests from outside reach a UMDF driver at all: what the reflector checks on Windows.
// Called by:  DispatchWdm's second half, for UMDF devices; wdf/file tells it of creates and closes.
// IRQL:       that of the IRP.
// Scope:      requests that enter the block of UMDF drivers from above it; what one UMDF driver of a stack sends to the next is not looked at.
// Errors:     a refused request is completed with STATUS_INVALID_DEVICE_REQUEST (the documentation names no status; this one is ours).
//             Also how its buffers are reached: one access method for all UMDF drivers of a stack (AgreeOnAccess, at creation).
// Source:     IOT-3.33, IOT-7.27, IOT-10.18, UM-08, UM-14. The settings are the INF directives', kept below the driver's WUDF service key.
#pragma once

#include <unordered_set>

#include "runtime/lock.h"
#include "wdf/device/device.h"

namespace drydock::wdf {

struct UmPolicy {
  // True: the driver may see this request.
  static bool Admits(Device& device, PIRP irp);
  static void CreateSeen(Device& device, PFILE_OBJECT file);
  static void CloseSeen(Device& device, PFILE_OBJECT file);
  // IOT-7.25: a METHOD_NEITHER control of an application gets a system buffer and goes on as a buffered one. A failure: it must not go on.
  static NTSTATUS TakeNeither(Device& device, PIRP irp);
  // What the UMDF drivers of a stack ask for, this newest one too, brought into line for all of them; where all take both, a pooled stack is
  // buffered and one that is not direct (UM-16). A contradiction is kept for the start to fail on.
  static void AgreeOnAccess(Device& device);
  static void StackAccess(Device& device, WDF_DEVICE_IO_TYPE* read_write, WDF_DEVICE_IO_TYPE* control);
};

// The file objects that were created through a UMDF device.
struct KnownFiles {
  rt::Lock lock;
  std::unordered_set<PFILE_OBJECT> files RT_GUARDED_BY(lock);
};

}  // namespace drydock::wdf
