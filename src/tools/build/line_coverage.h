// Which lines of a driver ran: of an image that was built with --coverage, from what it counted while its machines lived. Errors:
// BuildError.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "tools/build/toolchain.h"

namespace drydock::tools {

// By source file: each line that has code, and how often it ran.
using LineCounts = std::map<std::filesystem::path, std::map<int, uint64_t>>;

// `out` is the output folder of the build. Files of the SDK are left out.
LineCounts ReadLineCoverage(const std::filesystem::path& out, const Surroundings& surroundings);

// In the form of lcov.
std::string LcovText(const LineCounts& counts);
LineCounts ReadLcov(std::string_view text);

// Lines of a preprocessed text counted for the files that its line markers name.
void MapPreprocessed(std::string_view preprocessed, const std::map<int, uint64_t>& lines, LineCounts& counts);

}  // namespace drydock::tools
