// Copies of a project's own files, in UTF-8 and with MSVC's `long` translated already (dialect_long.h), so that a compiler reads them once
// instead of a preprocessor first and a compiler again. Each lies below one folder under the whole path of its original: names relative to a file
// lead from copy to copy, and for a folder of the include path its copy is put before it. The first line of a copy names the original, so
// that messages, __FILE__ and debug information do.
// Called by:  the builder, one thread. The folder belongs to it: what it does not write in a run is removed at the end.
// Errors:     BuildError where a file can be neither read nor written.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/build/include_shadow.h"

namespace drydock::tools {

class SourceMirror {
 public:
  explicit SourceMirror(std::filesystem::path root) : root_(std::move(root)) {}

  // Copies all files that a source reaches and returns the source and its plan as they look with the copies in their place.
  struct Mirrored {
    SourceFile source;
    IncludePlan includes;
  };
  Mirrored Add(const SourceFile& source, const IncludePlan& includes);

  // Whether some `long` became `int` in one of the files.
  bool Narrows(const std::vector<std::filesystem::path>& files) const;

  // Removes what earlier runs left and this one did not write.
  void RemoveOthers() const;

 private:
  std::filesystem::path PathOf(const std::filesystem::path& original) const;

  const std::filesystem::path root_;
  std::map<std::filesystem::path, bool> copies_;  // by original; whether it has a narrowed `long`
};

}  // namespace drydock::tools
