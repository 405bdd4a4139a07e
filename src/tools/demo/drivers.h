// Where the demo's drivers are: built beside the command, or installed with it.
#pragma once

#include <string>

namespace drydock::tools {

// The image of one of our example drivers; throws drydock::Error with one line when it is not there.
std::string ExampleDriver(const std::string& name);

}  // namespace drydock::tools
