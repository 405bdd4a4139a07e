// InternalWait: how the framework waits for a driver: for its callbacks to return, its requests to be completed, its I/O to come back.
// Called by:  waiting forms of stops, flushes, purges and deletions. PASSIVE_LEVEL; a WaitReason frame is pushed by the caller.
// (V):        a wait that lasts longer than VerifierOptions::wait_seconds is told with a break, and the seconds start again.
// Ours:       told kTold times; from then on it waits without looking at the clock, so that a machine in which nothing can happen any
//             more is found to stall. Without the verifier nobody looks at the clock for the same reason.
// Source:     VER-17, DEVX-16, DEVX-50.
#pragma once

#include "wdf/framework.h"

namespace drydock::wdf {

inline constexpr int kTold = 3;

// `what`: what must happen, for the message: "the timer's callback must return".
void InternalWait(DriverGlobals& globals, KEVENT& event, const char* what);

}  // namespace drydock::wdf
