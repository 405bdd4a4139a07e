// INF files go beside the image: an .inx is stamped (its $VARIABLES$ replaced) as stampinf does for
// x64.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tools/build/diagnostics.h"
#include "tools/build/driver_project.h"

namespace drydock::tools {

std::string StampInx(std::string_view text, const DriverProject& project);
// Writes the .inf of an .inf or .inx into `folder` and returns its path. What setup would refuse is
// warned of, with file and line.
std::filesystem::path PlaceInf(const std::filesystem::path& source, const DriverProject& project,
                               const std::filesystem::path& folder, Diagnostics& diagnostics);

}  // namespace drydock::tools
