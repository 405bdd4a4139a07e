// Drivers of a CMake project that is written for the FindWDK module: configured with Drydock in the kit's place (cmake/FindWDK.cmake), built
// with ninja, the images and their INFs gathered. Errors: BuildError; what a driver lacks is told per driver.
#pragma once

#include <filesystem>

#include "tools/build/build.h"

namespace drydock::tools {

// Whether the folder's CMakeLists.txt, or one that it adds, asks for the driver kit.
bool IsWdkCmakeProject(const std::filesystem::path& folder);

BuildSummary BuildCmakeProject(const std::filesystem::path& folder, const BuildRequest& request, const Surroundings& surroundings,
                               Diagnostics& diagnostics);

}  // namespace drydock::tools
