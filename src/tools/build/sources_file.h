// A driver as the DDK's build utility described it, before Visual Studio projects: a file named `sources`, in nmake's language. Understood:
// macros with $(NAME) and $(NAME:a=b), continued lines, comments, !IF and its family, !INCLUDE of files of the tree. Errors: BuildError
// with file and line.
// Source: public documentation of the WDK 7 build utility.
#pragma once

#include <map>
#include <string>

#include "tools/build/driver_project.h"
#include "tools/build/text.h"

namespace drydock::tools {

struct NmakeMacro {
  std::string value;
  std::string file;
  int line = 0;
};
using NmakeMacros = std::map<std::string, NmakeMacro, LessNoCase>;

// `macros` holds what the environment of the build sets before.
void ReadNmakeMacros(const std::filesystem::path& file, WindowsPaths& paths, Diagnostics& diagnostics, NmakeMacros& macros);

DriverProject ReadSourcesFile(const std::filesystem::path& file, const ProjectOptions& options, WindowsPaths& paths,
                              Diagnostics& diagnostics);

}  // namespace drydock::tools
