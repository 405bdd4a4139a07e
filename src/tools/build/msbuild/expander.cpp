#include "tools/build/msbuild/expander.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "tools/build/msbuild/condition.h"
#include "tools/build/msbuild/property_functions.h"

namespace drydock::tools::msbuild {

namespace fs = std::filesystem;

namespace {

constexpr int kDeepest = 100;
constexpr int kMostOpen = 1000;         // "$(" in one text that nothing closes
constexpr size_t kMost = size_t{1} << 28;  // bytes of all that one evaluation makes

// MSBuild's well-known properties of the file that a text stands in; they end with a backslash
// where MSBuild's do.
bool ThisFileProperty(std::string_view name, const Place& place, std::string& value) {
  const fs::path file(place.file);
  if (EqualsNoCase(name, "MSBuildThisFile")) {
    value = file.filename().string();
  } else if (EqualsNoCase(name, "MSBuildThisFileName")) {
    value = file.stem().string();
  } else if (EqualsNoCase(name, "MSBuildThisFileExtension")) {
    value = file.extension().string();
  } else if (EqualsNoCase(name, "MSBuildThisFileFullPath")) {
    value = file.string();
  } else if (EqualsNoCase(name, "MSBuildThisFileDirectory")) {
    value = file.parent_path().string() + "\\";
  } else {
    return false;
  }
  return true;
}

std::string WithBackslash(std::string text) {
  if (!text.empty() && text.back() != '/' && text.back() != '\\') text += '\\';
  return text;
}

}  // namespace

size_t ClosingParenthesis(std::string_view text, size_t open) {
  int depth = 0;
  char quote = 0;
  for (size_t i = open; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"' || c == '`') {
      // An apostrophe only opens a string if it is closed again; else it is a letter of a path.
      if (text.find(c, i + 1) != std::string_view::npos) quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

fs::path Expander::project_folder() const {
  const auto at = properties_.find("MSBuildProjectDirectory");
  return at == properties_.end() ? fs::path(".") : fs::path(at->second);
}

std::string Expander::Property(std::string_view name, const Place& place) const {
  std::string value;
  if (ThisFileProperty(name, place, value)) return value;
  if (const auto at = properties_.find(name); at != properties_.end()) return at->second;
  if (use_environment_ && IsIdentifier(name)) {
    if (const char* environment = std::getenv(std::string(name).c_str())) return environment;
  }
  return {};
}

void Expander::Charge(size_t bytes, const Place& place) const {
  if (bytes > kMost - made_) throw BuildError(place.file, place.line, "the project's properties and items grow beyond 256 MB; does one contain itself?");
  made_ += bytes;
}

std::string Expander::Expand(std::string_view text, const Place& place, const Item* item) const {
  if (depth_ > kDeepest)
    throw BuildError(place.file, place.line, "an expression is nested too deeply");
  struct Deeper {
    explicit Deeper(int& depth) : depth(++depth) {}
    ~Deeper() { --depth; }
    int& depth;
  } deeper(depth_);
  std::string result;
  int open = 0;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool opens =
        (c == '$' || c == '%' || c == '@') && i + 1 < text.size() && text[i + 1] == '(';
    const size_t close = opens ? ClosingParenthesis(text, i + 1) : std::string_view::npos;
    if (close == std::string_view::npos) {
      if (opens && ++open > kMostOpen) throw BuildError(place.file, place.line, "many a '$(' in this text is not closed");
      result += c;
      ++i;
      continue;
    }
    const size_t before = result.size();
    const std::string_view inside = text.substr(i + 2, close - i - 2);
    if (c == '$') {
      result += ExpandProperty(inside, place, item);
    } else if (c == '%') {
      result += ExpandMetadata(inside, item);
    } else {
      result += ExpandItems(inside, place);
    }
    Charge(result.size() - before, place);
    i = close + 1;
  }
  return result;
}

std::string Expander::ExpandProperty(std::string_view expression, const Place& place,
                                     const Item* item) const {
  const std::string_view trimmed = Trim(expression);
  if (IsIdentifier(trimmed)) return Property(trimmed, place);
  return CallPropertyFunction(*this, trimmed, place, item);
}

std::string Expander::ExpandMetadata(std::string_view expression, const Item* item) const {
  if (item == nullptr) return {};
  std::string_view name = Trim(expression);
  if (const size_t dot = name.find('.'); dot != std::string_view::npos) {
    if (!EqualsNoCase(name.substr(0, dot), item->type)) return {};
    name = name.substr(dot + 1);
  }
  return ItemMetadata(*item, name, project_folder());
}

// @(Type), @(Type, 'separator'), @(Type->'transform'), @(Type->'transform', 'separator').
std::string Expander::ExpandItems(std::string_view expression, const Place& place) const {
  const auto unquote = [](std::string_view text) {
    text = Trim(text);
    if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
      text = text.substr(1, text.size() - 2);
    }
    return text;
  };
  std::string_view type = expression;
  std::string_view transform;
  std::string separator = ";";
  if (const size_t arrow = type.find("->"); arrow != std::string_view::npos) {
    transform = type.substr(arrow + 2);
    type = type.substr(0, arrow);
    if (std::string value; CallItemFunction(Trim(type), Trim(transform), place, value)) return value;
    const size_t open = transform.find('\'');
    const size_t close = open == std::string_view::npos ? open : transform.find('\'', open + 1);
    if (close == std::string_view::npos) {
      diagnostics_.Note(
          fmt::format("{}:{}: @({}) is not evaluated", place.file, place.line, expression));
      return {};
    }
    if (const size_t comma = transform.find(',', close); comma != std::string_view::npos) {
      separator = std::string(unquote(transform.substr(comma + 1)));
    }
    transform = transform.substr(open + 1, close - open - 1);
  } else if (const size_t comma = type.find(','); comma != std::string_view::npos) {
    separator = std::string(unquote(type.substr(comma + 1)));
    type = type.substr(0, comma);
  }
  type = Trim(type);
  std::string result;
  bool first = true;
  for (const Item& item : items_) {
    if (!EqualsNoCase(item.type, type)) continue;
    if (!first) result += separator;
    first = false;
    const size_t before = result.size();
    result += transform.empty() ? item.include : Expand(transform, place, &item);
    Charge(result.size() - before, place);
  }
  return result;
}

// Count(), Distinct(), Reverse(), HasMetadata('n'), WithMetadataValue('n', 'v'), AnyHaveMetadataValue('n', 'v'), Metadata('n').
bool Expander::CallItemFunction(std::string_view type, std::string_view call, const Place& place, std::string& value) const {
  const size_t open = call.find('(');
  if (call.starts_with('\'') || open == std::string_view::npos || ClosingParenthesis(call, open) != call.size() - 1) return false;
  const std::string_view name = Trim(call.substr(0, open));
  std::vector<std::string> arguments = SplitTrimmed(call.substr(open + 1, call.size() - open - 2), ',');
  for (std::string& argument : arguments) {
    argument = Expand(argument, place);
    if (argument.size() >= 2 && argument.front() == '\'' && argument.back() == '\'') argument = argument.substr(1, argument.size() - 2);
  }
  arguments.resize(2);
  std::vector<std::string> values;
  bool any = false;
  for (const Item& item : items_) {
    if (!EqualsNoCase(item.type, type)) continue;
    const std::string metadata = arguments[0].empty() ? std::string() : ItemMetadata(item, arguments[0], project_folder());
    const bool same = EqualsNoCase(metadata, arguments[1]);
    any = any || same;
    if (EqualsNoCase(name, "Metadata")) {
      if (!metadata.empty()) values.push_back(metadata);
      continue;
    }
    if (EqualsNoCase(name, "HasMetadata") && metadata.empty()) continue;
    if (EqualsNoCase(name, "WithMetadataValue") && !same) continue;
    if (EqualsNoCase(name, "WithoutMetadataValue") && same) continue;
    if ((EqualsNoCase(name, "Distinct") || EqualsNoCase(name, "DistinctWithCase")) && std::find(values.begin(), values.end(), item.include) != values.end()) continue;
    values.push_back(item.include);
  }
  if (EqualsNoCase(name, "Count")) {
    value = std::to_string(values.size());
    return true;
  }
  if (EqualsNoCase(name, "AnyHaveMetadataValue")) {
    value = any ? "true" : "false";
    return true;
  }
  if (EqualsNoCase(name, "Reverse")) std::reverse(values.begin(), values.end());
  bool known = false;
  for (const std::string_view one : {"Metadata", "HasMetadata", "WithMetadataValue", "WithoutMetadataValue", "Distinct", "DistinctWithCase", "Reverse"})
    known = known || EqualsNoCase(name, one);
  if (!known) return false;
  for (const std::string& one : values) value += (value.empty() ? "" : ";") + one;
  return true;
}

bool Expander::Condition(std::string_view text, const Place& place, const Item* item) const {
  return Trim(text).empty() || EvaluateCondition(text, *this, place, item);
}

std::string ItemMetadata(const Item& item, std::string_view name, const fs::path& project_folder) {
  const fs::path path(ToSlashes(item.include));
  const fs::path full = (project_folder / path).lexically_normal();
  if (EqualsNoCase(name, "Identity")) return item.include;
  if (EqualsNoCase(name, "Filename")) return path.stem().string();
  if (EqualsNoCase(name, "Extension")) return path.extension().string();
  if (EqualsNoCase(name, "FullPath")) return full.string();
  if (EqualsNoCase(name, "RootDir")) return "/";
  if (EqualsNoCase(name, "Directory")) {
    return WithBackslash(full.parent_path().relative_path().string());
  }
  if (EqualsNoCase(name, "RelativeDir")) return WithBackslash(path.parent_path().string());
  return item.Metadata(name);
}

}  // namespace drydock::tools::msbuild
