// Calls that Windows would carry out and Drydock does not. The driver gets a documented status; who looks for the reason finds it by name,
// as that of a framework function that is not there: in the machine's log, and in why a device did not start (`drydock tree`, warnings of
// `drydock run`), with file and line of the driver's call.
// Called by:  functions of NT that drivers call, on the driver's own task, any IRQL.
#pragma once

#include <ntddk.h>

namespace drydock::nt::dbg {

// Gives `status` back. `why`: what Drydock lacks, in a few words.
NTSTATUS Refuse(const char* function, NTSTATUS status, const char* why);

}  // namespace drydock::nt::dbg

#define DRYDOCK_REFUSE(status, why) ::drydock::nt::dbg::Refuse(__func__, status, why)
