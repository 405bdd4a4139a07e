// What Drydock has of the kit, by the generated pages docs/coverage.md (the framework's functions) and docs/nt-coverage.md (NT's): read to
// tell a driver's author where a missing function is listed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace drydock::tools {

class CoveragePages {
 public:
  // `folder` holds the pages; empty or without them: nothing is known. `user_mode`: which of the framework's two tables counts.
  CoveragePages(const std::filesystem::path& folder, bool user_mode);

  struct Entry {
    std::string state;  // "missing", "undocumented", "partial", "done"
    std::string place;  // "docs/coverage.md:535"
  };
  const Entry* Find(std::string_view name) const;
  // "missing, docs/coverage.md:535"; empty if the pages do not list it or Drydock has it.
  std::string Tell(std::string_view name) const;
  bool Lacks(std::string_view name) const;

 private:
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace drydock::tools
