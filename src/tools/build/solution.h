// Visual Studio solutions, as far as building asks: which projects there are, which of their configurations stands for one of the
// solution's, who is built before whom. Both forms: .sln (text) and .slnx (XML). Solution folders carry no meaning for a build.
// Errors: BuildError with file and line.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tools/build/text.h"
#include "tools/build/windows_paths.h"

namespace drydock::tools {

struct SolutionProject {
  struct Choice {
    std::string configuration, platform;
    bool build = true;  // false: Visual Studio leaves it out of this configuration
  };

  std::string name;
  std::string spelled;         // the path as the solution spells it
  std::filesystem::path file;  // empty: not there
  std::string id;              // GUID in lower case; of .slnx the path
  int line = 0;
  std::vector<std::string> needs;                  // ids of projects to build before
  std::map<std::string, Choice, LessNoCase> choices;  // "Debug|x64" of the solution -> its own
};

struct Solution {
  std::filesystem::path file;
  std::vector<std::string> configurations;  // "Debug|x64"
  std::vector<SolutionProject> projects;    // .vcxproj only, in the order of the file
  std::vector<std::string> others;          // paths of projects of other kinds
};

Solution ReadSolution(const std::filesystem::path& file, WindowsPaths& paths);

// The solution's own configuration for the one asked for ("Debug") and x64; where it has no x64, another of its platforms, x64's nearest.
// Empty if it has no such configuration.
std::string ChooseSolutionConfiguration(const Solution& solution, const std::string& configuration);

// The projects in an order in which everyone comes after what it needs; otherwise the file's order.
std::vector<const SolutionProject*> InBuildOrder(const Solution& solution);

}  // namespace drydock::tools
