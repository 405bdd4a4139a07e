// The device tree as JSON: for scripts. The keys are told in docs/machine.md.
#pragma once

#include <string>
#include <vector>

#include "drydock/tree.h"

namespace drydock::tools {

std::string TreeJson(const std::vector<DeviceTreeNode>& tree);  // ends with a newline

}  // namespace drydock::tools
