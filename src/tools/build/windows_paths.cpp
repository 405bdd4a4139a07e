#include "tools/build/windows_paths.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/build/diagnostics.h"
#include "tools/build/text.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostFolders = 20000;

}  // namespace

std::string ToSlashes(std::string_view path) {
  std::string result(path);
  std::replace(result.begin(), result.end(), '\\', '/');
  return result;
}

const std::vector<WindowsPaths::Entry>& WindowsPaths::List(const fs::path& folder) {
  auto [at, fresh] = listings_.try_emplace(folder.string());
  if (fresh) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      at->second.push_back({it->path().filename().string(), it->is_directory(ignored)});
    }
    std::sort(at->second.begin(), at->second.end(),
              [](const Entry& a, const Entry& b) { return a.name < b.name; });
  }
  return at->second;
}

std::optional<fs::path> WindowsPaths::Find(const fs::path& base, std::string_view spelling,
                                           bool folder) {
  const std::string path = ToSlashes(Trim(spelling));
  fs::path at = path.starts_with('/') ? fs::path("/") : base.lexically_normal();
  if (at.has_relative_path() && at.filename().empty()) at = at.parent_path();
  std::vector<std::string> parts = SplitTrimmed(path, '/');
  if (parts.empty() && !folder) return std::nullopt;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (part == ".") continue;
    if (part == "..") {
      at = at.parent_path();
      continue;
    }
    const bool want_folder = folder || i + 1 < parts.size();
    const Entry* best = nullptr;
    for (const Entry& entry : List(at)) {
      if (entry.folder != want_folder || !EqualsNoCase(entry.name, part)) continue;
      if (best == nullptr || entry.name == part) best = &entry;
    }
    if (best == nullptr) return std::nullopt;
    at /= best->name;
  }
  std::error_code ignored;
  if (folder ? !fs::is_directory(at, ignored) : fs::is_directory(at, ignored)) return std::nullopt;
  return at;
}

std::optional<fs::path> WindowsPaths::FindFile(const fs::path& base, std::string_view spelling) {
  return Find(base, spelling, false);
}

std::optional<fs::path> WindowsPaths::FindFolder(const fs::path& base, std::string_view spelling) {
  return Find(base, spelling, true);
}

bool WindowsPaths::Exists(const fs::path& base, std::string_view spelling) {
  return FindFile(base, spelling).has_value() || FindFolder(base, spelling).has_value();
}

bool WindowsPaths::HasWildcard(std::string_view pattern) {
  return pattern.find_first_of("*?") != std::string_view::npos;
}

bool WindowsPaths::MatchesName(std::string_view pattern, std::string_view name) {
  // Greedy with one step back: enough for '*' and '?'.
  size_t p = 0, n = 0, star = std::string_view::npos, mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || EqualsNoCase(pattern.substr(p, 1), name.substr(n, 1)))) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

void WindowsPaths::ExpandParts(const fs::path& folder, const std::string& relative,
                               const std::vector<std::string>& parts, size_t part,
                               const std::string& recursive, std::vector<Match>& out) {
  if (++walked_ > kMostFolders) {
    throw BuildError(
        fmt::format("the wildcard {} leads through too many folders", fmt::join(parts, "/")));
  }
  const std::string& pattern = parts[part];
  const bool last = part + 1 == parts.size();
  if (pattern == "**") {
    if (last) {
      for (const Entry& entry : List(folder)) {
        if (!entry.folder) out.push_back({relative + entry.name, recursive});
      }
    } else {
      ExpandParts(folder, relative, parts, part + 1, recursive, out);
    }
    const std::vector<Entry> entries = List(folder);
    for (const Entry& entry : entries) {
      std::error_code ignored;
      // A link to a folder is not followed: it could lead in a circle.
      if (!entry.folder || fs::is_symlink(folder / entry.name, ignored)) continue;
      ExpandParts(folder / entry.name, relative + entry.name + "/", parts, part,
                  recursive + entry.name + "/", out);
    }
    return;
  }
  if (pattern == "." || pattern == "..") {
    if (!last) {
      ExpandParts((folder / pattern).lexically_normal(), relative + pattern + "/", parts, part + 1,
                  recursive, out);
    }
    return;
  }
  const std::vector<Entry> entries = List(folder);
  for (const Entry& entry : entries) {
    // "*.*" names every file, with a dot or without.
    if (entry.folder == last) continue;
    if (!MatchesName(pattern == "*.*" ? "*" : pattern, entry.name)) continue;
    if (last) {
      out.push_back({relative + entry.name, recursive});
    } else {
      ExpandParts(folder / entry.name, relative + entry.name + "/", parts, part + 1, recursive,
                  out);
    }
  }
}

std::vector<WindowsPaths::Match> WindowsPaths::Expand(const fs::path& base,
                                                      std::string_view pattern) {
  const std::string path = ToSlashes(Trim(pattern));
  if (!HasWildcard(path)) return {{path, ""}};
  std::vector<std::string> parts = SplitTrimmed(path, '/');
  if (parts.empty()) return {};
  // "**/**" means no more than "**", and would find each file many times.
  parts.erase(std::unique(parts.begin(), parts.end(),
                          [](const std::string& a, const std::string& b) {
                            return a == "**" && b == "**";
                          }),
              parts.end());
  walked_ = 0;
  std::vector<Match> matches;
  if (path.starts_with('/')) {
    ExpandParts("/", "/", parts, 0, "", matches);
  } else {
    fs::path start = base.lexically_normal();
    if (start.filename().empty()) start = start.parent_path();
    ExpandParts(start, "", parts, 0, "", matches);
  }
  return matches;
}

}  // namespace drydock::tools
