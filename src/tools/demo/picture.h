// A request's way down and up, drawn from recorded events: who called whom, what waited, when.
// Called by:  demo, run --trace. Any thread.
#pragma once

#include <string>

#include "drydock/machine.h"

namespace drydock::tools {

// What the machine has recorded: one line an event, indented by depth of the call, with the time since the first event in microseconds.
// Drivers go by their names as long as the machine has them.
std::string DrawRequest(const Machine& machine);

}  // namespace drydock::tools
