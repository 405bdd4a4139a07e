// A request's way down and up, drawn from recorded events: who called whom, what waited, when.
// Called by:  demo, run --trace. Any thread.
#pragma once

#include <string>
#include <vector>

#include "drydock/machine.h"

namespace drydock::tools {

// One line an event, indented by depth of the call; the time since the first event in microseconds; `colour` where it waited.
std::string DrawRequest(const std::vector<TraceEvent>& events);

}  // namespace drydock::tools
