#include "tools/build/missing.h"

#include <cxxabi.h>

#include <cstdlib>

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

// "a.c:12": the first line of the source, or of a header that it reaches, that names it.
std::string FindUse(const CompiledSource& one, const std::string& name, const DriverProject& project) {
  for (const fs::path& file : one.includes.reached) {
    const std::string text = ReadTextFile(file);
    if (text.find(name) == std::string::npos) continue;
    const std::vector<int> lines = LinesWithIdentifier(text, name);
    if (!lines.empty()) return fmt::format("{}:{}", Relative(file, project.folder), lines.front());
  }
  return {};
}

// What #import reads. A .tlh that such an import made can be committed and included instead.
bool IsTypeLibrary(const std::string& name) {
  const std::string extension = ToLower(fs::path(ToSlashes(name)).extension().string());
  return extension == ".tlb" || extension == ".olb" || extension == ".dll" || extension == ".ocx";
}

// "name (used in a.c:3): missing, docs/coverage.md:535"
std::string Line(const std::string& name, const std::string& place, const CoveragePages& pages) {
  const std::string told = pages.Tell(name);
  return fmt::format("{}{}{}{}", name, place.empty() ? "" : fmt::format(" ({})", place), told.empty() ? "" : ": ", told);
}

// The name that a compiler's message says it does not know; clang's and gcc's words.
std::string UnknownName(std::string_view message) {
  constexpr std::string_view kBefore[] = {"implicit declaration of function ", "use of undeclared identifier ", "unknown type name ", "call to undeclared function ",
                                          "use of undeclared label "};
  constexpr std::string_view kAfter[] = {" was not declared in this scope", " undeclared (", " does not name a type", " undeclared here"};
  // The word within quotes, plain or typographic.
  const auto quoted = [&](size_t from) -> std::string {
    for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"'", "'"}, {"\xE2\x80\x98", "\xE2\x80\x99"}}) {
      if (message.substr(from, open.size()) != open) continue;
      const size_t end = message.find(close, from + open.size());
      if (end != std::string_view::npos) return std::string(message.substr(from + open.size(), end - from - open.size()));
    }
    return {};
  };
  for (const std::string_view before : kBefore) {
    if (const size_t at = message.find(before); at != std::string_view::npos) return quoted(at + before.size());
  }
  for (const std::string_view after : kAfter) {
    if (message.find(after) == std::string_view::npos) continue;
    const size_t at = std::min(message.find('\''), message.find("\xE2\x80\x98"));
    if (at != std::string_view::npos) return quoted(at);
  }
  return {};
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
    text += fmt::format("\n  {} (included from {}{})", name, place, IsTypeLibrary(name) ? "; #import of a type library is not understood: include the .tlh that it makes on Windows" : "");
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

namespace {

// operator new(unsigned long), not _Znwm.
std::string Readable(const std::string& symbol) {
  if (!symbol.starts_with("_Z")) return symbol;
  int status = 0;
  char* text = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
  if (text == nullptr) return symbol;
  std::string readable = text;
  std::free(text);
  return readable;
}

}  // namespace

std::string DescribeMissingFunctions(const DriverProject& project, const fs::path& image,
                                     const fs::path& library,
                                     const std::vector<std::string>& runtime,
                                     const std::vector<CompiledSource>& sources,
                                     const CoveragePages& pages) {
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
      if (const std::string found = FindUse(one, name, project); !found.empty()) {
        place = found;
        break;
      }
    }
    text += "\n  " + Line(Readable(name), place.empty() ? place : "used in " + place, pages);
  }
  return text;
}

std::string DescribeUnknownNames(const DriverProject& project, std::string_view output,
                                 const std::vector<CompiledSource>& sources, const CoveragePages& pages) {
  std::map<std::string, std::string> unknown;  // name -> first place
  for (size_t start = 0; start < output.size();) {
    const size_t end = std::min(output.find('\n', start), output.size());
    const std::string_view line = output.substr(start, end - start);
    start = end + 1;
    const size_t at = line.find(": error: ");
    if (at == std::string_view::npos) continue;
    const std::string name = UnknownName(line.substr(at + 9));
    if (!IsIdentifier(name)) continue;
    // file:line:column
    std::string_view place = line.substr(0, at);
    if (const size_t column = place.rfind(':'); column != std::string_view::npos) place = place.substr(0, column);
    const size_t number = place.rfind(':');
    if (number == std::string_view::npos) continue;
    unknown.try_emplace(name, fmt::format("{}{}", Relative(fs::path(place.substr(0, number)), project.folder), place.substr(number)));
  }
  std::string text;
  if (!unknown.empty()) {
    text = fmt::format("{} names what neither it nor Drydock's SDK declares:", project.file.filename().string());
    for (const auto& [name, place] : unknown) text += "\n  " + Line(name, place, pages);
  }
  std::map<std::string, std::string> needed;
  for (const CompiledSource& one : sources) {
    std::error_code error;
    if (!fs::exists(one.step.object, error)) continue;
    for (const std::string& name : UndefinedInObject(one.step.object)) {
      if (!pages.Lacks(name) || needed.count(name) != 0) continue;
      needed[name] = FindUse(one, name, project);
    }
  }
  if (!needed.empty()) {
    text += fmt::format("{}{} needs functions that Drydock does not have yet:", text.empty() ? "" : "\n", project.file.filename().string());
    for (const auto& [name, place] : needed) text += "\n  " + Line(name, place.empty() ? place : "used in " + place, pages);
  }
  return text;
}

std::string DescribeUnfinishedFunctions(const DriverProject& project, const std::vector<CompiledSource>& sources,
                                        const CoveragePages& pages) {
  std::map<std::string, std::string> used;
  std::set<fs::path> seen;
  for (const CompiledSource& one : sources) {
    for (const fs::path& file : one.includes.reached) {
      if (!seen.insert(file).second) continue;
      const std::string text = ReadTextFile(file);
      for (size_t at = text.find("Wdf"); at != std::string::npos; at = text.find("Wdf", at + 3)) {
        if (at > 0 && IsIdentifier(std::string_view(&text[at - 1], 1))) continue;
        size_t end = at;
        while (end < text.size() && (IsIdentifier(std::string_view(&text[end], 1)) || (text[end] >= '0' && text[end] <= '9'))) ++end;
        const std::string name = text.substr(at, end - at);
        if (used.count(name) != 0 || !pages.Lacks(name)) continue;
        const std::vector<int> lines = LinesWithIdentifier(text, name);
        if (!lines.empty()) used[name] = fmt::format("{}:{}", Relative(file, project.folder), lines.front());
      }
    }
  }
  if (used.empty()) return {};
  std::string text = fmt::format("{} names functions of the framework that Drydock lacks; a call ends in a report:", project.file.filename().string());
  for (const auto& [name, place] : used) text += "\n  " + Line(name, place, pages);
  return text;
}

}  // namespace drydock::tools
