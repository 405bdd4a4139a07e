// Which devices of a machine did not start, in words: said before a scenario runs into it.
// Called by:  the verbs run and app, after a machine description was built.
#pragma once

#include <string>
#include <vector>

#include "drydock/machine.h"

namespace drydock::tools {

// "bus (ROOT\SYSTEM\0000) did not start: STATUS_... (0x...)", one line for each.
std::vector<std::string> StartProblems(Machine& machine);

}  // namespace drydock::tools
