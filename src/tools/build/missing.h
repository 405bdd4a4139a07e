// What a driver asks for that Drydock does not have: told all at once, by name, with the place in
// the driver's sources.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/build/coverage_pages.h"
#include "tools/build/include_shadow.h"
#include "tools/build/ninja_file.h"
#include "tools/build/toolchain.h"

namespace drydock::tools {

// A source with what is known of its compilation.
struct CompiledSource {
  const SourceFile* source = nullptr;
  IncludePlan includes;
  CompileStep step;
};

// The headers that the sources include (under their true conditions) and nobody has; empty if none.
std::string DescribeMissingHeaders(const DriverProject& project,
                                   const std::vector<CompiledSource>& sources);

// The functions and variables that the image needs, and neither libdrydock nor the compiler's
// run-time offers; empty if none.
std::string DescribeMissingFunctions(const DriverProject& project,
                                     const std::filesystem::path& image,
                                     const std::filesystem::path& library,
                                     const std::vector<std::string>& runtime,
                                     const std::vector<CompiledSource>& sources,
                                     const CoveragePages& pages = {{}, false});

// After a compilation that failed: the names that the compilers did not know (functions, types, values), and the functions of the kit that
// the objects which were made need and Drydock lacks; empty if none. `output` is what the compilers said.
std::string DescribeUnknownNames(const DriverProject& project, std::string_view output,
                                 const std::vector<CompiledSource>& sources, const CoveragePages& pages);

// The framework's functions that the sources name and that only end in a report when they are called; empty if none.
std::string DescribeUnfinishedFunctions(const DriverProject& project, const std::vector<CompiledSource>& sources,
                                        const CoveragePages& pages);

// Lines of a C text on which an identifier stands, comments and strings aside.
std::vector<int> LinesWithIdentifier(std::string_view text, std::string_view identifier);

// "__asan_*" fits "__asan_init".
bool FitsPattern(std::string_view name, std::string_view pattern);

}  // namespace drydock::tools
