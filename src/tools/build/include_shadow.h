// Lets a Linux compiler find headers as MSVC does: without regard to letter case, with backslashes
// in names, and for quoted names also in the folders of the files that led to the include. The
// sources stay where they are: for each name that the compiler would not find by itself, or would
// find elsewhere, a folder of one-line headers that lead on to the right file is put first on the
// include path of the source.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/driver_project.h"
#include "tools/build/include_scan.h"
#include "tools/build/text.h"
#include "tools/build/windows_paths.h"

namespace drydock::tools {

// Where the compiler looks besides the source's own folders.
struct SystemFolders {
  std::vector<std::filesystem::path> sdk;       // -isystem
  std::vector<std::filesystem::path> compiler;  // its own
};

struct IncludePlan {
  // Names the compiler needs help with, as the sources spell them, and the file that each leads to.
  std::map<std::string, std::filesystem::path> quoted;
  std::map<std::string, std::filesystem::path> angled;
  // x.tmh as spelled, and in which form: to be generated.
  std::set<std::string> trace_headers;
  struct Missing {
    std::string name;
    std::string file;
    int line;
  };
  std::vector<Missing> missing;  // found nowhere; perhaps only under a false #if
  std::vector<std::filesystem::path>
      reached;  // the source and the project's headers that it can include, in order
  std::vector<std::filesystem::path> forced;  // resolved forced includes
};

class IncludePlanner {
 public:
  IncludePlanner(WindowsPaths& paths, Diagnostics& diagnostics)
      : paths_(paths), diagnostics_(diagnostics) {}

  // A header that the builder has made; found by its name where no other file has it.
  void AddGenerated(const std::string& name, const std::filesystem::path& header) {
    generated_[name] = header;
  }

  IncludePlan Plan(const SourceFile& source, const std::filesystem::path& project_folder,
                   const SystemFolders& system);

 private:
  friend class PlanRun;
  const IncludeScan& Scan(const std::filesystem::path& file);

  WindowsPaths& paths_;
  Diagnostics& diagnostics_;
  std::map<std::filesystem::path, IncludeScan> scans_;
  std::map<std::string, std::filesystem::path, LessNoCase> generated_;
};

// Writes the leading headers for one form below `root` and returns the folder for the include path.
// Headers of an earlier run that are no longer wanted are removed.
std::filesystem::path WriteShadowFolder(const std::filesystem::path& root,
                                        const std::map<std::string, std::filesystem::path>& names);

// Removes the files below `root` that are not wanted.
void RemoveFilesBut(const std::filesystem::path& root, const std::set<std::filesystem::path>& wanted);

}  // namespace drydock::tools
