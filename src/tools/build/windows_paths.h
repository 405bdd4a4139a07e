// Finds files as Windows would: letter case does not matter, a backslash separates folders,
// wildcards know `**`. Folder listings are read once and kept, so one finder is one look at the
// tree.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::tools {

// "a\b/c" -> "a/b/c".
std::string ToSlashes(std::string_view path);

class WindowsPaths {
 public:
  // The file (or folder) that `spelling`, relative to `base` unless absolute, names. An exact match
  // of letters wins over another; among several others the first in the alphabet. No drive letters.
  std::optional<std::filesystem::path> FindFile(const std::filesystem::path& base,
                                                std::string_view spelling);
  std::optional<std::filesystem::path> FindFolder(const std::filesystem::path& base,
                                                  std::string_view spelling);
  bool Exists(const std::filesystem::path& base, std::string_view spelling);

  struct Match {
    std::string name;       // relative to base, in slashes, as the disk spells it
    std::string recursive;  // the part that ** stood for, ends with a slash unless empty
  };
  // All files that a pattern with * ? ** names, in the order of their names. A pattern without
  // wildcards names itself, whether it exists or not.
  std::vector<Match> Expand(const std::filesystem::path& base, std::string_view pattern);

  static bool HasWildcard(std::string_view pattern);
  static bool MatchesName(std::string_view pattern, std::string_view name);  // one path component

 private:
  struct Entry {
    std::string name;
    bool folder;
  };
  const std::vector<Entry>& List(const std::filesystem::path& folder);
  std::optional<std::filesystem::path> Find(const std::filesystem::path& base,
                                            std::string_view spelling, bool folder);
  void ExpandParts(const std::filesystem::path& folder, const std::string& relative,
                   const std::vector<std::string>& parts, size_t part, const std::string& recursive,
                   std::vector<Match>& out);

  std::map<std::string, std::vector<Entry>> listings_;
  size_t walked_ = 0;  // folders of the pattern being expanded
};

}  // namespace drydock::tools
