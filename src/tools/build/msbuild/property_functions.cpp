#include "tools/build/msbuild/property_functions.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>

namespace drydock::tools::msbuild {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

std::string ToUpper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string Boolean(bool value) { return value ? "True" : "False"; }

std::optional<size_t> Index(const std::string& text) {
  size_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string StripSet(std::string text, const Arguments& arguments, bool front, bool back) {
  const std::string set = arguments.empty() ? " \t\r\n" : arguments[0];
  if (front) text.erase(0, std::min(text.find_first_not_of(set), text.size()));
  if (back) text.erase(text.find_last_not_of(set) + 1);
  return text;
}

std::optional<std::string> Member(const std::string& value, std::string_view name,
                                  const Arguments& a) {
  if (EqualsNoCase(name, "Length")) return std::to_string(value.size());
  if (EqualsNoCase(name, "ToLower") || EqualsNoCase(name, "ToLowerInvariant"))
    return ToLower(value);
  if (EqualsNoCase(name, "ToUpper") || EqualsNoCase(name, "ToUpperInvariant"))
    return ToUpper(value);
  if (EqualsNoCase(name, "ToString")) return value;
  if (EqualsNoCase(name, "Trim")) return StripSet(value, a, true, true);
  if (EqualsNoCase(name, "TrimStart")) return StripSet(value, a, true, false);
  if (EqualsNoCase(name, "TrimEnd")) return StripSet(value, a, false, true);
  if (EqualsNoCase(name, "Replace") && a.size() == 2) return ReplaceAll(value, a[0], a[1]);
  if (EqualsNoCase(name, "Contains") && a.size() == 1)
    return Boolean(value.find(a[0]) != std::string::npos);
  if (EqualsNoCase(name, "StartsWith") && a.size() == 1) return Boolean(value.starts_with(a[0]));
  if (EqualsNoCase(name, "EndsWith") && a.size() == 1) return Boolean(value.ends_with(a[0]));
  if (EqualsNoCase(name, "Equals") && a.size() == 1) return Boolean(value == a[0]);
  if (EqualsNoCase(name, "IndexOf") && a.size() == 1) {
    const size_t at = value.find(a[0]);
    return at == std::string::npos ? "-1" : std::to_string(at);
  }
  if (EqualsNoCase(name, "Substring") && !a.empty()) {
    const auto start = Index(a[0]);
    const auto count = a.size() > 1 ? Index(a[1]) : std::optional<size_t>(std::string::npos);
    if (!start || !count || *start > value.size()) return std::nullopt;
    return value.substr(*start, *count);
  }
  return std::nullopt;
}

std::string FolderOfFileAbove(const Expander& expander, const std::string& start,
                              const std::string& name) {
  fs::path folder = (expander.project_folder() / ToSlashes(start)).lexically_normal();
  if (folder.filename().empty()) folder = folder.parent_path();
  for (;; folder = folder.parent_path()) {
    if (expander.paths().FindFile(folder, name)) return folder.string();
    if (!folder.has_relative_path()) return {};
  }
}

std::optional<std::string> Static(const Expander& expander, std::string_view type,
                                  std::string_view name, const Arguments& a, const Place& place) {
  if (EqualsNoCase(type, "MSBuild")) {
    if (EqualsNoCase(name, "GetDirectoryNameOfFileAbove") && a.size() == 2) {
      return FolderOfFileAbove(expander, a[0], a[1]);
    }
    if (EqualsNoCase(name, "GetPathOfFileAbove") && !a.empty()) {
      const std::string start = a.size() > 1 ? a[1] : fs::path(place.file).parent_path().string();
      const std::string folder = FolderOfFileAbove(expander, start, a[0]);
      return folder.empty() ? folder : folder + "/" + a[0];
    }
    if (EqualsNoCase(name, "EnsureTrailingSlash") && a.size() == 1) {
      if (a[0].empty() || a[0].back() == '/' || a[0].back() == '\\') return a[0];
      return a[0] + "\\";
    }
    if (EqualsNoCase(name, "ValueOrDefault") && a.size() == 2) return a[0].empty() ? a[1] : a[0];
    if (EqualsNoCase(name, "Escape") && a.size() == 1) return a[0];
    if (EqualsNoCase(name, "IsOSPlatform") && a.size() == 1)
      return Boolean(EqualsNoCase(a[0], "Windows"));
  }
  if (EqualsNoCase(type, "System.IO.Path")) {
    if (EqualsNoCase(name, "Combine")) {
      fs::path path;
      for (const std::string& part : a) path /= ToSlashes(part);
      return path.string();
    }
    if (a.size() == 1) {
      const fs::path path(ToSlashes(a[0]));
      if (EqualsNoCase(name, "GetFullPath"))
        return (expander.project_folder() / path).lexically_normal().string();
      if (EqualsNoCase(name, "GetFileName")) return path.filename().string();
      if (EqualsNoCase(name, "GetFileNameWithoutExtension")) return path.stem().string();
      if (EqualsNoCase(name, "GetExtension")) return path.extension().string();
      if (EqualsNoCase(name, "GetDirectoryName")) return path.parent_path().string();
    }
  }
  if (EqualsNoCase(type, "System.IO.File") && EqualsNoCase(name, "Exists") && a.size() == 1) {
    return Boolean(expander.paths().FindFile(expander.project_folder(), a[0]).has_value());
  }
  if (EqualsNoCase(type, "System.IO.Directory") && EqualsNoCase(name, "Exists") && a.size() == 1) {
    return Boolean(expander.paths().FindFolder(expander.project_folder(), a[0]).has_value());
  }
  if (EqualsNoCase(type, "System.String") && a.size() == 1) {
    if (EqualsNoCase(name, "IsNullOrEmpty")) return Boolean(a[0].empty());
    if (EqualsNoCase(name, "IsNullOrWhiteSpace")) return Boolean(Trim(a[0]).empty());
    if (EqualsNoCase(name, "Copy") || EqualsNoCase(name, "new")) return a[0];
  }
  if (EqualsNoCase(type, "System.Environment") && EqualsNoCase(name, "GetEnvironmentVariable") &&
      a.size() == 1) {
    return expander.Property(a[0], place);
  }
  return std::nullopt;
}

// Arguments between the parentheses, unquoted and expanded.
Arguments ParseArguments(const Expander& expander, std::string_view text, const Place& place,
                         const Item* item) {
  Arguments arguments;
  if (Trim(text).empty()) return arguments;
  const auto add = [&](std::string_view part) {
    part = Trim(part);
    if (part.size() >= 2 && (part.front() == '\'' || part.front() == '"' || part.front() == '`') &&
        part.back() == part.front()) {
      part = part.substr(1, part.size() - 2);
    }
    arguments.push_back(Unescape(expander.Expand(part, place, item)));
  };
  size_t start = 0;
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"' || c == '`') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    } else if (c == ',' && depth == 0) {
      add(text.substr(start, i - start));
      start = i + 1;
    }
  }
  add(text.substr(start));
  return arguments;
}

}  // namespace

std::string CallPropertyFunction(const Expander& expander, std::string_view expression,
                                 const Place& place, const Item* item) {
  const auto unknown = [&](std::string_view what) {
    expander.diagnostics().Warning(
        fmt::format("{}:{}: $({}): '{}' is not known to Drydock; its value is taken as empty",
                    place.file, place.line, expression, what));
    return std::string();
  };
  if (StartsWithNoCase(expression, "Registry:")) return {};

  std::string_view rest = expression;
  std::string value;
  // The parts are name(arguments) or name, with '.' between them; a static call starts with
  // [Type]::.
  const auto take_name = [&rest] {
    const size_t end = std::min(rest.find_first_of(".([ "), rest.size());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(end);
    return name;
  };
  bool closed = true;
  const auto take_arguments = [&] {
    if (!rest.starts_with('(')) return Arguments();
    const size_t close = ClosingParenthesis(rest, 0);
    if (close == std::string_view::npos) {
      closed = false;
      return Arguments();
    }
    Arguments arguments = ParseArguments(expander, rest.substr(1, close - 1), place, item);
    rest.remove_prefix(close + 1);
    return arguments;
  };

  if (rest.starts_with('[')) {
    const size_t close = rest.find("]::");
    if (close == std::string_view::npos) return unknown(rest);
    const std::string_view type = rest.substr(1, close - 1);
    rest.remove_prefix(close + 3);
    const std::string_view name = take_name();
    const Arguments arguments = take_arguments();
    if (!closed) return unknown(name);
    const auto result = Static(expander, type, name, arguments, place);
    if (!result) return unknown(fmt::format("[{}]::{}", type, name));
    value = *result;
  } else {
    const std::string_view name = take_name();
    if (!IsIdentifier(name)) return unknown(name);
    value = expander.Property(name, place);
  }
  while (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const std::string_view name = take_name();
    const Arguments arguments = take_arguments();
    const auto result = closed ? Member(value, name, arguments) : std::nullopt;
    if (!result) return unknown(name);
    value = *result;
  }
  if (!Trim(rest).empty()) return unknown(rest);
  return value;
}

}  // namespace drydock::tools::msbuild
