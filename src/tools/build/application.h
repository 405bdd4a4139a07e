// What is particular to applications: they need a main, and must not be windowed. Errors: BuildError, naming the function.
#pragma once

#include <vector>

#include "tools/build/driver_project.h"
#include "tools/build/include_shadow.h"
#include "tools/build/missing.h"

namespace drydock::tools {

// Before anything is compiled: refuses a source that defines WinMain or one of its relatives; gives a main that only MSVC takes (void main, or
// a count that is no int) another name, which the entry stub knows.
void PrepareApplication(DriverProject& project);
// Of the compiled objects: one must define main or wmain.
void CheckApplicationEntry(const DriverProject& project, const std::vector<CompiledSource>& sources);

}  // namespace drydock::tools
