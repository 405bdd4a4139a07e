#include "tools/build/missing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "tools/build/elf_symbols.h"
#include "tools/build/text.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

std::string Relative(const fs::path& file, const fs::path& folder) {
  const fs::path relative = file.lexically_relative(folder);
  return relative.empty() ? file.string() : relative.string();
}

// The names in a make rule, "a.o: a.c x.h \"; blanks within a name are escaped.
std::set<std::string> DependencyNames(const std::string& rule) {
  std::set<std::string> names;
  std::string name;
  const auto flush = [&] {
    if (!name.empty()) names.insert(name);
    name.clear();
  };
  for (size_t i = 0; i < rule.size(); ++i) {
    const char next = i + 1 < rule.size() ? rule[i + 1] : 0;
    if (rule[i] == '\\' && (next == ' ' || next == '#')) {
      name += next;
      ++i;
    } else if (rule[i] == '\\' && next == '\n') {
      ++i;
      flush();
    } else if (rule[i] == ' ' || rule[i] == '\n') {
      flush();
    } else {
      name += rule[i];
    }
  }
  flush();
  return names;
}

}  // namespace

bool FitsPattern(std::string_view name, std::string_view pattern) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

std::vector<int> LinesWithIdentifier(std::string_view text, std::string_view identifier) {
  std::vector<int> lines;
  const std::string clean = StripComments(text);
  int line = 1;
  const auto part = [](char c) {
    return IsIdentifier(std::string_view(&c, 1)) || (c >= '0' && c <= '9');
  };
  for (size_t i = 0; i < clean.size(); ++i) {
    const char c = clean[i];
    if (c == '\n') {
      ++line;
    } else if (c == '"' || c == '\'') {
      size_t end = i + 1;
      while (end < clean.size() && clean[end] != c && clean[end] != '\n')
        end += clean[end] == '\\' ? 2 : 1;
      if (end < clean.size() && clean[end] == c) i = end;
    } else if (part(c)) {
      size_t end = i;
      while (end < clean.size() && part(clean[end])) ++end;
      if (std::string_view(clean).substr(i, end - i) == identifier &&
          (lines.empty() || lines.back() != line)) {
        lines.push_back(line);
      }
      i = end - 1;
    }
  }
  return lines;
}

std::string DescribeMissingHeaders(const DriverProject& project,
                                   const std::vector<CompiledSource>& sources) {
  std::map<std::string, std::string> missing;  // name -> first place
  for (const CompiledSource& one : sources) {
    if (one.includes.missing.empty()) continue;
    // The compiler knows which conditions hold: it lists the headers that it would need (clang with
    // slashes).
    std::vector<std::string> command = one.step.command;
    for (const char* word : {"-M", "-MG", "-w"}) command.emplace_back(word);
    command.push_back(one.step.source.string());
    const ProcessResult result = RunProcess(command);
    const std::set<std::string> names = DependencyNames(result.output);
    for (const IncludePlan::Missing& header : one.includes.missing) {
      if (names.count(header.name) == 0 && names.count(ToSlashes(header.name)) == 0) continue;
      missing.try_emplace(header.name,
                          fmt::format("{}:{}", Relative(header.file, project.folder), header.line));
    }
  }
  if (missing.empty()) return {};
  std::string text = fmt::format("{} includes headers that neither it nor Drydock's SDK has:",
                                 project.file.filename().string());
  for (const auto& [name, place] : missing)
    text += fmt::format("\n  {} (included from {})", name, place);
  std::string items;
  for (const ToolItem& item : project.tool_items) {
    if (item.input.empty())
      items += fmt::format("{}{} ({})", items.empty() ? "" : ", ", item.include, item.type);
  }
  if (!items.empty()) {
    text += fmt::format(
        "\n  (Windows' tools may make headers of these items, which Drydock does not process: {})",
        items);
  }
  return text;
}

std::string DescribeMissingFunctions(const DriverProject& project, const fs::path& image,
                                     const fs::path& library,
                                     const std::vector<std::string>& runtime,
                                     const std::vector<CompiledSource>& sources) {
  const std::set<std::string> offered = OfferedSymbols(library);
  std::vector<std::string> missing;
  bool no_entry = false;
  for (const std::string& name : NeededSymbols(image)) {
    const bool known = offered.count(name) != 0 || std::any_of(runtime.begin(), runtime.end(),
                                                               [&name](const std::string& pattern) {
                                                                 return FitsPattern(name, pattern);
                                                               });
    if (known) continue;
    if (name == "DriverEntry") {
      no_entry = true;
    } else {
      missing.push_back(name);
    }
  }
  std::string text;
  if (no_entry) {
    text = fmt::format("{} defines no DriverEntry (in C++ it must be extern \"C\")",
                       project.file.filename().string());
  }
  if (missing.empty()) return text;
  std::map<fs::path, std::set<std::string>> by_object;
  for (const CompiledSource& one : sources)
    by_object[one.step.object] = UndefinedInObject(one.step.object);
  if (!text.empty()) text += "\n";
  text += fmt::format("{} needs functions that Drydock does not have yet:",
                      project.file.filename().string());
  for (const std::string& name : missing) {
    std::string place;
    for (const CompiledSource& one : sources) {
      if (by_object[one.step.object].count(name) == 0) continue;
      if (place.empty()) place = Relative(one.step.source, project.folder);
      for (const fs::path& file : one.includes.reached) {
        const std::vector<int> lines = LinesWithIdentifier(ReadTextFile(file), name);
        if (lines.empty()) continue;
        place = fmt::format("{}:{}", Relative(file, project.folder), lines.front());
        break;
      }
      if (place.find(':') != std::string::npos) break;
    }
    text += place.empty() ? fmt::format("\n  {}", name)
                          : fmt::format("\n  {} (used in {})", name, place);
  }
  return text;
}

}  // namespace drydock::tools
