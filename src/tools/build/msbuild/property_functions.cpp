#include "tools/build/msbuild/property_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <optional>
#include <regex>

#include "tools/build/text_file.h"

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

// All occurrences; what comes of it counts before it is made.
std::string Replaced(const Expander& expander, const Place& place, std::string text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  size_t count = 0;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + from.size())) ++count;
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, to.size(), &bytes)) bytes = static_cast<size_t>(-1);
  expander.Charge(bytes, place);
  return ReplaceAll(std::move(text), from, to);
}

// Dates are "2026-08-01 12:30:05" while an expression is worked out. A fixed one is wanted by SOURCE_DATE_EPOCH.
constexpr char kDateText[] = "%Y-%m-%d %H:%M:%S";
std::string DateText(bool utc) {
  const char* fixed = std::getenv("SOURCE_DATE_EPOCH");
  const std::time_t now = fixed ? static_cast<std::time_t>(std::strtoll(fixed, nullptr, 10)) : std::time(nullptr);
  std::tm parts = {};
  if (utc || fixed) gmtime_r(&now, &parts);
  else localtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, kDateText, &parts)};
}

// A member of a date: ToString('MM/dd/yyyy'), Year ... nullopt: `value` is no date, or that is no member.
std::optional<std::string> OfDate(const std::string& value, std::string_view name, const Arguments& a) {
  std::tm parts = {};
  const char* end = value.size() == 19 ? strptime(value.c_str(), kDateText, &parts) : nullptr;
  if (!end || *end) return std::nullopt;
  static constexpr std::pair<std::string_view, const char*> kMembers[] = {{"Year", "%Y"}, {"Month", "%m"}, {"Day", "%d"}, {"Hour", "%H"}, {"Minute", "%M"}, {"Second", "%S"}, {"DayOfYear", "%j"}};
  static constexpr std::pair<std::string_view, const char*> kForms[] = {{"yyyy", "%Y"}, {"yy", "%y"}, {"MMMM", "%B"}, {"MMM", "%b"}, {"MM", "%m"}, {"dd", "%d"}, {"HH", "%H"},
                                                                        {"hh", "%I"}, {"mm", "%M"}, {"ss", "%S"}, {"fff", ""}, {"M", "%-m"}, {"d", "%-d"}, {"H", "%-H"}};
  std::string form;
  for (const auto& [member, text] : kMembers)
    if (EqualsNoCase(name, member)) form = text;
  const bool number = !form.empty();
  if (EqualsNoCase(name, "ToString") && a.size() == 1)
    for (size_t i = 0; i < a[0].size();) {
      const auto found = std::find_if(std::begin(kForms), std::end(kForms), [&](const auto& each) { return a[0].compare(i, each.first.size(), each.first) == 0; });
      form += found != std::end(kForms) ? found->second : a[0][i] == '%' ? "%%" : std::string(1, a[0][i]);
      i += found != std::end(kForms) ? found->first.size() : 1;
    }
  if (form.empty()) return std::nullopt;
  char text[128];
  const std::string result(text, std::strftime(text, sizeof text, form.c_str(), &parts));
  return number ? std::to_string(std::atoi(result.c_str())) : result;
}

std::optional<std::string> Member(const Expander& expander, const std::string& value, std::string_view name,
                                  const Arguments& a, const Place& place) {
  if (EqualsNoCase(name, "Length")) return std::to_string(value.size());
  if (EqualsNoCase(name, "ToLower") || EqualsNoCase(name, "ToLowerInvariant"))
    return ToLower(value);
  if (EqualsNoCase(name, "ToUpper") || EqualsNoCase(name, "ToUpperInvariant"))
    return ToUpper(value);
  if (auto result = OfDate(value, name, a)) return result;
  if (EqualsNoCase(name, "ToString")) return value;
  if (EqualsNoCase(name, "Trim")) return StripSet(value, a, true, true);
  if (EqualsNoCase(name, "TrimStart")) return StripSet(value, a, true, false);
  if (EqualsNoCase(name, "TrimEnd")) return StripSet(value, a, false, true);
  if (EqualsNoCase(name, "Replace") && a.size() == 2) return Replaced(expander, place, value, a[0], a[1]);
  if (EqualsNoCase(name, "Contains") && a.size() == 1)
    return Boolean(value.find(a[0]) != std::string::npos);
  if (EqualsNoCase(name, "StartsWith") && a.size() == 1) return Boolean(value.starts_with(a[0]));
  if (EqualsNoCase(name, "EndsWith") && a.size() == 1) return Boolean(value.ends_with(a[0]));
  if (EqualsNoCase(name, "Equals") && a.size() == 1) return Boolean(value == a[0]);
  if (EqualsNoCase(name, "IndexOf") && a.size() == 1) {
    const size_t at = value.find(a[0]);
    return at == std::string::npos ? "-1" : std::to_string(at);
  }
  if (EqualsNoCase(name, "LastIndexOf") && a.size() == 1) {
    const size_t at = value.rfind(a[0]);
    return at == std::string::npos ? "-1" : std::to_string(at);
  }
  if (EqualsNoCase(name, "CompareTo") && a.size() == 1) return std::to_string(value < a[0] ? -1 : value > a[0] ? 1 : 0);
  if (EqualsNoCase(name, "GetType")) return "System.String";
  if (EqualsNoCase(name, "Remove") && !a.empty()) {
    const auto start = Index(a[0]);
    const auto count = a.size() > 1 ? Index(a[1]) : std::optional<size_t>(std::string::npos);
    if (!start || !count || *start > value.size()) return std::nullopt;
    return std::string(value).erase(*start, *count);
  }
  if (EqualsNoCase(name, "Insert") && a.size() == 2) {
    const auto at = Index(a[0]);
    if (!at || *at > value.size()) return std::nullopt;
    return std::string(value).insert(*at, a[1]);
  }
  if ((EqualsNoCase(name, "PadLeft") || EqualsNoCase(name, "PadRight")) && !a.empty()) {
    const auto width = Index(a[0]);
    if (!width || *width > 1000) return std::nullopt;
    const std::string fill(*width > value.size() ? *width - value.size() : 0, a.size() > 1 && !a[1].empty() ? a[1][0] : ' ');
    return EqualsNoCase(name, "PadLeft") ? fill + value : value + fill;
  }
  static constexpr std::string_view kVersionParts[] = {"Major", "Minor", "Build", "Revision"};
  for (size_t i = 0; i < std::size(kVersionParts); ++i) {
    if (!EqualsNoCase(name, kVersionParts[i])) continue;
    const std::vector<std::string> parts = SplitTrimmed(value, '.');
    return i < parts.size() ? parts[i] : "-1";
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

// Dots and minus signs as .NET writes them; whole numbers without a point.
std::string NumberText(double value) {
  if (std::floor(value) == value && std::abs(value) < 1e15) return std::to_string(static_cast<long long>(value));
  return fmt::format("{}", value);
}

bool ToNumber(const std::string& text, double& value) {
  const std::string trimmed(Trim(text));
  if (trimmed.empty()) return false;
  char* end = nullptr;
  value = StartsWithNoCase(trimmed, "0x") ? static_cast<double>(std::strtoull(trimmed.c_str() + 2, &end, 16)) : std::strtod(trimmed.c_str(), &end);
  return *end == 0 && std::isfinite(value);
}

std::optional<std::string> Arithmetic(std::string_view name, const Arguments& a) {
  double x = 0, y = 0;
  if (a.size() == 1 && EqualsNoCase(name, "BitwiseNot") && ToNumber(a[0], x) && std::abs(x) < 2147483648.0) return std::to_string(~static_cast<int>(x));
  if (a.size() != 2 || !ToNumber(a[0], x) || !ToNumber(a[1], y)) return std::nullopt;
  const bool whole = std::floor(x) == x && std::floor(y) == y;
  if (EqualsNoCase(name, "Add")) return NumberText(x + y);
  if (EqualsNoCase(name, "Subtract")) return NumberText(x - y);
  if (EqualsNoCase(name, "Multiply")) return NumberText(x * y);
  if (EqualsNoCase(name, "Divide") && y != 0) return NumberText(whole ? std::trunc(x / y) : x / y);
  if (EqualsNoCase(name, "Modulo") && y != 0) return NumberText(std::fmod(x, y));
  if (EqualsNoCase(name, "Max")) return NumberText(std::max(x, y));
  if (EqualsNoCase(name, "Min")) return NumberText(std::min(x, y));
  if (std::abs(x) > 1e18 || std::abs(y) > 1e18) return std::nullopt;
  const long long m = static_cast<long long>(x), n = static_cast<long long>(y);
  if (EqualsNoCase(name, "BitwiseOr")) return std::to_string(m | n);
  if (EqualsNoCase(name, "BitwiseAnd")) return std::to_string(m & n);
  if (EqualsNoCase(name, "BitwiseXor")) return std::to_string(m ^ n);
  return std::nullopt;
}

// [MSBuild]::VersionGreaterThan('10.0.22621', 10.0) and its kin; parts that are not there are 0, a leading v and what follows + or - say nothing.
std::optional<std::string> CompareVersions(std::string_view name, const Arguments& a) {
  static constexpr std::string_view kNames[] = {"VersionEquals", "VersionNotEquals", "VersionGreaterThan", "VersionGreaterThanOrEquals", "VersionLessThan",
                                                "VersionLessThanOrEquals"};
  const auto kind = std::find_if(std::begin(kNames), std::end(kNames), [&](std::string_view one) { return EqualsNoCase(one, name); });
  if (kind == std::end(kNames) || a.size() != 2) return std::nullopt;
  std::vector<unsigned long> sides[2];
  for (size_t i = 0; i < 2; ++i) {
    std::string_view text = Trim(a[i]);
    if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
    text = text.substr(0, text.find_first_of("+-"));
    if (text.empty() || text.find_first_not_of(".0123456789") != std::string_view::npos) return std::nullopt;
    for (const std::string& part : SplitTrimmed(text, '.')) sides[i].push_back(std::strtoul(part.c_str(), nullptr, 10));
    sides[i].resize(4);
  }
  switch (kind - std::begin(kNames)) {
    case 0: return Boolean(sides[0] == sides[1]);
    case 1: return Boolean(sides[0] != sides[1]);
    case 2: return Boolean(sides[0] > sides[1]);
    case 3: return Boolean(sides[0] >= sides[1]);
    case 4: return Boolean(sides[0] < sides[1]);
    default: return Boolean(sides[0] <= sides[1]);
  }
}

std::optional<std::string> RegularExpression(std::string_view name, const Arguments& a) {
  // The library's expressions go one call deeper with each letter, and back and forth without end: neither is left to the project.
  constexpr size_t kLongestText = 1 << 14, kLongestExpression = 512;
  if (a.size() < 2 || a[0].size() > kLongestText || a[1].size() > kLongestExpression) return std::nullopt;
  if (a.size() > 2 && (a[2].size() > kLongestExpression || a[2].find("$`") != std::string::npos || a[2].find("$'") != std::string::npos)) return std::nullopt;
  try {
    const std::regex expression(a[1], std::regex::ECMAScript | std::regex_constants::__polynomial);
    std::smatch match;
    if (EqualsNoCase(name, "IsMatch")) return Boolean(std::regex_search(a[0], expression));
    if (EqualsNoCase(name, "Match")) return std::regex_search(a[0], match, expression) ? match.str() : std::string();
    if (EqualsNoCase(name, "Replace") && a.size() == 3) return std::regex_replace(a[0], expression, a[2]);
  } catch (const std::regex_error&) {
  }
  return std::nullopt;
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
    if (EqualsNoCase(name, "Unescape") && a.size() == 1) return Unescape(a[0]);
    // The registry of the computer that builds: there is none.
    if (StartsWithNoCase(name, "GetRegistryValue")) return a.size() > 2 && EqualsNoCase(name, "GetRegistryValue") ? a[2] : std::string();
    if (EqualsNoCase(name, "DoesTaskHostExist") || EqualsNoCase(name, "IsRunningFromVisualStudio")) return Boolean(false);
    if (EqualsNoCase(name, "NormalizePath") || EqualsNoCase(name, "NormalizeDirectory")) {
      fs::path path = expander.project_folder();
      for (const std::string& part : a) path /= ToSlashes(part);
      std::string text = path.lexically_normal().string();
      if (EqualsNoCase(name, "NormalizeDirectory") && !text.ends_with('/')) text += '/';
      return text;
    }
    if (EqualsNoCase(name, "MakeRelative") && a.size() == 2)
      return fs::path(ToSlashes(a[1])).lexically_normal().lexically_relative(fs::path(ToSlashes(a[0])).lexically_normal()).string();
    if (auto result = CompareVersions(name, a)) return result;
    if (auto result = Arithmetic(name, a)) return result;
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
      if (EqualsNoCase(name, "IsPathRooted")) return Boolean(path.has_root_directory() || (a[0].size() > 1 && a[0][1] == ':'));
      if (EqualsNoCase(name, "HasExtension")) return Boolean(path.has_extension());
    }
    if (EqualsNoCase(name, "ChangeExtension") && a.size() == 2) return fs::path(ToSlashes(a[0])).replace_extension(a[1]).string();
    if (EqualsNoCase(name, "DirectorySeparatorChar")) return "\\";
    if (EqualsNoCase(name, "PathSeparator")) return ";";
    if (EqualsNoCase(name, "GetTempPath")) return fs::temp_directory_path().string() + "/";
  }
  if (EqualsNoCase(type, "System.IO.File") && EqualsNoCase(name, "Exists") && a.size() == 1) {
    return Boolean(expander.paths().FindFile(expander.project_folder(), a[0]).has_value());
  }
  if (EqualsNoCase(type, "System.IO.File") && EqualsNoCase(name, "ReadAllText") && a.size() == 1) {
    const auto file = expander.paths().FindFile(expander.project_folder(), a[0]);
    if (!file) throw BuildError(place.file, place.line, fmt::format("the file {} that the project reads is not there", a[0]));
    return ReadTextFile(*file);
  }
  if (EqualsNoCase(type, "System.IO.Directory") && EqualsNoCase(name, "GetParent") && a.size() == 1)
    return (expander.project_folder() / ToSlashes(a[0])).lexically_normal().parent_path().string();
  if (EqualsNoCase(type, "System.IO.Directory") && EqualsNoCase(name, "Exists") && a.size() == 1) {
    return Boolean(expander.paths().FindFolder(expander.project_folder(), a[0]).has_value());
  }
  if (EqualsNoCase(type, "System.Text.RegularExpressions.Regex")) return RegularExpression(name, a);
  if (EqualsNoCase(type, "System.DateTime") && (EqualsNoCase(name, "Now") || EqualsNoCase(name, "UtcNow"))) return DateText(EqualsNoCase(name, "UtcNow"));
  if (EqualsNoCase(type, "System.DateTime") && EqualsNoCase(name, "Today")) return DateText(false).substr(0, 11) + "00:00:00";
  if (EqualsNoCase(type, "System.Math")) return Arithmetic(name, a);
  if (EqualsNoCase(type, "System.Version") && a.size() == 1) return a[0];
  if (EqualsNoCase(type, "System.Convert") && !a.empty()) {
    double value = 0;
    if (EqualsNoCase(name, "ToString")) return a[0];
    if (a.size() == 2 && a[1] == "16" && StartsWithNoCase(name, "To")) return std::to_string(std::strtoll(a[0].c_str(), nullptr, 16));
    if (StartsWithNoCase(name, "To") && ToNumber(a[0], value)) return NumberText(value);
  }
  if (EqualsNoCase(type, "System.Boolean") && EqualsNoCase(name, "Parse") && a.size() == 1) return a[0];
  if ((EqualsNoCase(type, "System.Int32") || EqualsNoCase(type, "System.UInt32") || EqualsNoCase(type, "System.Int64")) && EqualsNoCase(name, "Parse") && a.size() == 1)
    return a[0];
  if (EqualsNoCase(type, "System.Environment")) {
    if (EqualsNoCase(name, "Is64BitOperatingSystem") || EqualsNoCase(name, "Is64BitProcess")) return Boolean(true);
    if (EqualsNoCase(name, "NewLine")) return "\n";
    if (EqualsNoCase(name, "MachineName") || EqualsNoCase(name, "UserName") || EqualsNoCase(name, "GetFolderPath") || EqualsNoCase(name, "SpecialFolder"))
      return std::string();
  }
  if (EqualsNoCase(type, "System.String")) {
    if (EqualsNoCase(name, "Concat")) {
      std::string text;
      for (const std::string& part : a) text += part;
      return text;
    }
    if (EqualsNoCase(name, "Join") && !a.empty()) {
      std::string text;
      for (size_t i = 1; i < a.size(); ++i) {
        expander.Charge(a[0].size() + a[i].size(), place);
        text += (i == 1 ? "" : a[0]) + a[i];
      }
      return text;
    }
    if (EqualsNoCase(name, "Format") && !a.empty()) {
      std::string text = a[0];
      for (size_t i = 1; i < a.size(); ++i) text = Replaced(expander, place, std::move(text), fmt::format("{{{}}}", i - 1), a[i]);
      return text;
    }
    if ((EqualsNoCase(name, "Equals") || EqualsNoCase(name, "Compare")) && a.size() >= 2) {
      const bool same = a.size() > 2 ? EqualsNoCase(a[0], a[1]) : a[0] == a[1];
      return EqualsNoCase(name, "Equals") ? Boolean(same) : same ? "0" : a[0] < a[1] ? "-1" : "1";
    }
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

// At each of the characters; what lies between two of them is a part, if empty not.
std::vector<std::string> Parts(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find_first_of(separators, start), text.size());
    if (end > start) parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
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
  bool list = false;  // of Split: parts with ';' between them
  while (rest.starts_with('.') || rest.starts_with('[')) {
    if (rest.starts_with('[')) {
      const size_t close = rest.find(']');
      const auto index = close == std::string_view::npos ? std::nullopt : Index(Unescape(expander.Expand(rest.substr(1, close - 1), place, item)));
      if (!index) return unknown(rest);
      if (list) {
        const std::vector<std::string> parts = Parts(value, ";");
        if (*index >= parts.size()) return unknown(rest);
        value = parts[*index];
      } else {
        if (*index >= value.size()) return unknown(rest);
        value = value.substr(*index, 1);
      }
      list = false;
      rest.remove_prefix(close + 1);
      continue;
    }
    rest.remove_prefix(1);
    const std::string_view name = take_name();
    const Arguments arguments = take_arguments();
    if (closed && EqualsNoCase(name, "Split") && arguments.size() <= 1) {
      std::string joined;
      for (const std::string& part : Parts(value, arguments.empty() ? " \t\r\n" : arguments[0])) joined += (joined.empty() ? "" : ";") + part;
      value = joined;
      list = true;
      continue;
    }
    if (list && EqualsNoCase(name, "Length")) {
      value = std::to_string(Parts(value, ";").size());
      list = false;
      continue;
    }
    const auto result = closed ? Member(expander, value, name, arguments, place) : std::nullopt;
    if (!result) return unknown(name);
    value = *result;
  }
  if (!Trim(rest).empty()) return unknown(rest);
  return value;
}

}  // namespace drydock::tools::msbuild
