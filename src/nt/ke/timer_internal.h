// Timers with a period finer than a KTIMER's milliseconds. For nt/ex (ExSetTimer).
#pragma once

#include <ntddk.h>

#include "runtime/time.h"

namespace drydock::nt::ke {

bool SetTimerTicks(KTIMER* timer, LARGE_INTEGER due_time, rt::Ticks period, KDPC* dpc);

}  // namespace drydock::nt::ke
