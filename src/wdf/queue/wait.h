// Waiting for a queue, with the reason told to stall reports.
// Called by:  the waiting forms of state changes, the power thread. PASSIVE_LEVEL.
#pragma once

#include <string>

#include "nt/ke/wait_info.h"
#include "wdf/sdk.h"
#include "wdf/sync/internal_wait.h"

namespace drydock::wdf::queue {

inline void WaitFor(DriverGlobals& globals, KEVENT& event, const char* reason) {
  nt::ke::WaitReasonScope scope([](const void* text, std::string& out) { out += static_cast<const char*>(text); }, reason);
  InternalWait(globals, event, reason);
}

}  // namespace drydock::wdf::queue
