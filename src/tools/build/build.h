// Builds one driver: from a Visual Studio project or a folder to an image (a shared object) with
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
  std::filesystem::path project;  // .vcxproj or folder
  std::filesystem::path out;      // folder; empty: out/<project> below the current folder
  std::string configuration = "Debug";
  std::string compiler = "clang";
  std::vector<std::string> sanitizers;
  int jobs = 0;  // 0: as many as ninja likes
};

struct BuildResult {
  std::filesystem::path image;
  std::vector<std::filesystem::path> infs;
  bool up_to_date = false;  // nothing had to be done
};

BuildResult BuildDriver(const BuildRequest& request, const Surroundings& surroundings,
                        Diagnostics& diagnostics);

}  // namespace drydock::tools
