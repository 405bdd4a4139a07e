// The machine's wall clock.
// Called by:  machine; PASSIVE_LEVEL, on a task.
#pragma once

#include "nt/kernel.h"

namespace drydock::nt::ke {

// It jumps: timers that were set to an absolute time follow. (A wait with an absolute time-out keeps the end it had at its start.)
void SetSystemTime(Kernel& kernel, rt::Ticks now);

}  // namespace drydock::nt::ke
