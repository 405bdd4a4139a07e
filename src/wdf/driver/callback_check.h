// (V) Level and critical region around a driver's callbacks: bug checks 0x10D/0xE and 0xF, for drivers whose EnhancedVerifierOptions ask.
// Called by:  ReadVerifierOptions switches it on for the machine; nt/driver_callback asks at every call into a driver from then on.
// Owner:      the first argument of every framework callback is a handle of its driver; a call without one (DriverEntry, WDM routines)
//             is nobody's and not looked at.
// Source:     VER-12, VER-13, VER-16.
#pragma once

namespace drydock::wdf {

struct Framework;

void WatchCallbacks(Framework& framework);

}  // namespace drydock::wdf
