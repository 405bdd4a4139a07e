// The resources of an application: its scripts (.rc), with what its message files (.mc) and manifests bring, as one more source of the image.
// Called by:  the builder. Errors: BuildError with file and line.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/driver_project.h"
#include "tools/build/windows_paths.h"

namespace drydock::tools {

struct ResourceTools {
  WindowsPaths& paths;
  Diagnostics& diagnostics;
  std::filesystem::path made;  // the folder of what was made of message files
  // The compiler's command line for a file of this project, without the file.
  std::function<std::vector<std::string>(const SourceFile& source)> command;
};

// The source that puts them into the image, below `out`; empty: there are none.
std::filesystem::path MakeResources(const DriverProject& project, const std::filesystem::path& out, const ResourceTools& tools);

}  // namespace drydock::tools
