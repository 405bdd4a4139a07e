// What the metadata of a ClCompile item means for the compiler and for WPP.
#pragma once

#include <filesystem>

#include "tools/build/driver_project.h"
#include "tools/build/msbuild/project.h"

namespace drydock::tools {

// include_path: the project's property IncludePath, whose folders come behind those of the item.
SourceFile SourceFromItem(const msbuild::Item& item, const std::filesystem::path& path,
                          const std::filesystem::path& project_folder, WindowsPaths& paths,
                          Diagnostics& diagnostics, std::string_view include_path = {});

// A command line as Windows splits it: blanks outside of double quotes; the quotes vanish, \" stays
// a quote.
std::vector<std::string> SplitCommandLine(std::string_view text);

}  // namespace drydock::tools
