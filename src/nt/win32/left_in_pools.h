// What drivers leave in pools of threads: at their unload, and at the end of their host.
// Called by:  machine (unload), wdf/um (a host that failed). PASSIVE_LEVEL.
#pragma once

#include "nt/driver_callback.h"
#include "nt/ps/left_running.h"

namespace drydock::nt::win32 {

// Objects that were not closed, callbacks that wait or run. They are taken away: what has not begun does not begin any more.
std::vector<ps::LeftRunning> TakeLeftInPools(Kernel& kernel, const ps::ImageBounds& image);
// Threads and callbacks that run now: what has been told to end may need a moment.
bool StillRuns(Kernel& kernel, const ps::ImageBounds& image);
// Nothing of it runs any more, except callbacks that have begun: those leave at their next wait or call.
void EndPool(Kernel& kernel, CallbackHost& host);

}  // namespace drydock::nt::win32
