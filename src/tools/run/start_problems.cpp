#include "tools/run/start_problems.h"

#include <fmt/format.h>

#include "drydock/tree.h"

namespace drydock::tools {
namespace {

void Collect(const std::vector<DeviceTreeNode>& nodes, std::vector<std::string>* lines) {
  for (const DeviceTreeNode& node : nodes) {
    if (node.state == "failed" || (node.state != "started" && !node.problem.empty())) {
      const std::string& name = node.name.empty() ? node.description : node.name;
      lines->push_back(fmt::format("{}{}{}{} did not start{}{}", name, name.empty() ? "" : " (", node.instance, name.empty() ? "" : ")",
                                   node.problem.empty() ? "" : ": ", node.problem));
    }
    Collect(node.children, lines);
  }
}

}  // namespace

std::vector<std::string> StartProblems(Machine& machine) {
  std::vector<std::string> lines;
  if (!machine.stopped()) Collect(DeviceTree(machine), &lines);
  return lines;
}

}  // namespace drydock::tools
