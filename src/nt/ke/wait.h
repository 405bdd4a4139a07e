// Waiting from the inside: KeWaitForSingleObject without the DDI's dress.
// Called by:  floors above that hold a dispatcher object; rules and errors as KeWaitForSingleObject.
#pragma once

#include <ntddk.h>

namespace drydock::nt::ke {

NTSTATUS WaitForSingle(DISPATCHER_HEADER& header, const LARGE_INTEGER* timeout = nullptr);

}  // namespace drydock::nt::ke
