// Whose credentials a request has, and how far a UMDF driver may use them.
// Called by:  WdfRequestImpersonate and WdfRequestSend, for received requests of UMDF drivers. PASSIVE_LEVEL.
// Levels:     the INF's UmdfImpersonationLevel and what the client allowed when it opened the file; the lower one counts.
// Source:     UM-12, UM-13, O-32.
#pragma once

#include "wdf/framework.h"

namespace drydock::nt {
struct Process;
}

namespace drydock::wdf {

class Request;
struct SendOptions;

namespace um {

SECURITY_IMPERSONATION_LEVEL AllowedLevel(const DriverGlobals& globals, PIRP irp);
const nt::Process* ClientOf(PIRP irp);
// A received create is sent on: it carries the host's credentials, or with WDF_REQUEST_SEND_OPTION_IMPERSONATE_CLIENT the client's. A failure
// (status ours): the send fails.
NTSTATUS PassCredentials(Request& request, const SendOptions& options);

}  // namespace um
}  // namespace drydock::wdf
