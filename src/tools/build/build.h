// Builds drivers. BuildDriver builds one: from a Visual Studio project or a folder to an image (a shared object) with
// its INF beside it. Callable from any tool; one call at a time per output folder. Errors:
// BuildError, whose text names what is missing; all compile errors, all missing headers and all
// missing functions are told at once.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/toolchain.h"

namespace drydock::tools {

struct BuildRequest {
  std::filesystem::path project;  // .vcxproj, sources file or folder; for BuildAll also .sln, .slnx
  std::filesystem::path out;      // folder; empty: out/<project> below the current folder
  std::string configuration = "Debug";
  std::string platform = "x64";        // of the project; what a solution maps to its x64
  bool nearest_configuration = false;  // nobody asked for that configuration by name
  std::filesystem::path solution;      // that the project is built in
  std::vector<std::string> only;       // BuildAll: the projects to build; empty: all
  std::string compiler = "clang";
  std::vector<std::string> sanitizers;
  bool coverage = false;  // the image counts which lines run; what it counted lies in OUT/coverage when its machine has ended
  bool application = false;  // what is built is one, not a driver
  int jobs = 0;  // 0: as many as ninja likes
};

struct BuildResult {
  std::filesystem::path image;
  std::vector<std::filesystem::path> infs;
  bool up_to_date = false;  // nothing had to be done
};

struct BuildSummary {
  struct Driver {
    std::string name;  // of the project
    BuildResult result;
    std::string error;  // what() of the BuildError that ended it; empty: built
  };
  std::vector<Driver> drivers;
  std::vector<std::string> skipped;  // "exe/app.vcxproj: the project builds an application, not a driver"
};

// Every driver of a solution or of a folder with several projects, each into a folder of its name; one project builds as with BuildDriver.
// A driver that cannot be built does not keep the others from it. `begin` hears of each driver before it is built.
BuildSummary BuildAll(const BuildRequest& request, const Surroundings& surroundings, Diagnostics& diagnostics,
                      void (*begin)(const std::string& name) = nullptr);

BuildResult BuildDriver(const BuildRequest& request, const Surroundings& surroundings,
                        Diagnostics& diagnostics);

}  // namespace drydock::tools
