// drydock tree --machine FILE: makes the machine that a description tells, and prints its device tree.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "drydock/description.h"
#include "drydock/tree.h"
#include "tools/run/tree_json.h"
#include "tools/verbs.h"
#include "tools/verbs/command_line.h"

namespace drydock::tools {

int TreeVerb(int argc, char** argv) {
  std::string file, images;
  bool json = false, brief = false;
  CLI::App app{"Makes the machine that a description tells, and prints its devices: states, drivers, interfaces, resources.", "drydock tree"};
  app.add_option("--machine", file, "a machine description (docs/machine.md)")->required();
  app.add_option("--images", images, "where the driver images are, instead of what the description says");
  app.add_flag("--json", json, "as JSON");
  app.add_flag("--brief", brief, "one line for each device");
  if (const auto code = ParseCommandLine(app, argc, argv,
                                         {"drydock tree --machine machine.toml --images out"}))
    return *code;
  try {
    std::string reports;
    {
      std::unique_ptr<Machine> machine = Machine::Load(file, images);
      machine->RunUntilIdle();  // what buses report
      const std::vector<DeviceTreeNode> tree = DeviceTree(*machine);
      std::string text = json ? TreeJson(tree) : DrawDeviceTree(tree, !brief);
      std::fputs(text.c_str(), stdout);
      reports = machine->ReportText();
    }
    if (!reports.empty()) std::fputs(reports.c_str(), stderr);
    return reports.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    return TellFailure(error);
  }
}

}  // namespace drydock::tools
