// What a project makes before it compiles: its CustomBuild items, whose commands run a program of the author's. Interpreters that mean the
// same here (Python, Perl, CMake) are run, in the project's folder, and what they make goes into the output folder and not into the tree;
// `copy` and what only prepares folders is done or passed over. A step with any other program is not run.
// Errors: BuildError, of a step that fails or does not make what it promises.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/windows_paths.h"

namespace drydock::tools {

struct CustomStep {
  std::string include;               // the item, as the project spells it
  std::string command;               // lines of the command interpreter
  std::vector<std::string> outputs;  // as spelled
  std::vector<std::string> inputs;   // AdditionalInputs, as spelled
  std::string file;                  // where it stands
  int line = 0;
};

struct MadeFile {
  std::filesystem::path promised;  // where Windows' build would have it
  std::filesystem::path path;      // where it is
};

// The commands of a text: lines, and what && joins, as words. Empty lines are left out.
std::vector<std::vector<std::string>> CommandsOf(const std::string& text);
// The program that a command's first word means: "C:\Python\python.exe" is "python".
std::string ProgramOf(const std::string& word);

// nullopt: it needs a program that is not run here (a note names it). `folder` is the project's, `made` takes the files.
std::optional<std::vector<MadeFile>> RunCustomStep(const CustomStep& step, const std::filesystem::path& folder, const std::filesystem::path& made,
                                                   WindowsPaths& paths, Diagnostics& diagnostics);

}  // namespace drydock::tools
