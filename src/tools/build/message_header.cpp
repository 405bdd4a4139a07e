#include <fmt/format.h>

#include <cstdlib>
#include <map>

#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

class MessageReader {
 public:
  explicit MessageReader(const std::string& file) : file_(file) {}

  std::string Run(std::string_view text) {
    bool message = false;  // within the text of a message, which ends with a line of one dot
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = Trim(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line_;
      if (message) {
        message = line != ".";
        continue;
      }
      // A list of names may go on over several lines.
      if (!open_.empty()) {
        open_ += " ";
        open_ += line;
        if (line.find(')') == std::string_view::npos) continue;
        const std::string whole = std::move(open_);
        open_.clear();
        Keyword(whole);
        continue;
      }
      if (line.empty() || line.front() == ';') continue;
      if (line.find('(') != std::string_view::npos && line.find(')') == std::string_view::npos) {
        open_ = line;
        continue;
      }
      message = StartsWithNoCase(line, "Language");
      Keyword(line);
      if (message) Define();
    }
    return header_;
  }

 private:
  // Pairs KEY=VALUE of one line; a value may be a list in parentheses.
  void Keyword(std::string_view line) {
    while (!(line = Trim(line)).empty()) {
      const size_t equals = line.find('=');
      if (equals == std::string_view::npos)
        throw BuildError(file_, line_, fmt::format("message file: '{}' has no value", line));
      const std::string name = ToLower(Trim(line.substr(0, equals)));
      line = Trim(line.substr(equals + 1));
      std::string_view value;
      if (line.starts_with('(')) {
        const size_t close = std::min(line.find(')'), line.size());
        value = line.substr(1, close - 1);
        line.remove_prefix(std::min(close + 1, line.size()));
      } else {
        const size_t end = std::min(line.find_first_of(" \t"), line.size());
        value = line.substr(0, end);
        line.remove_prefix(end);
      }
      Set(name, value);
    }
  }

  void Set(const std::string& name, std::string_view value) {
    if (name == "messageidtypedef") {
      type_ = value;
    } else if (name == "severitynames") {
      Names(value, severities_);
    } else if (name == "facilitynames") {
      Names(value, facilities_);
    } else if (name == "messageid") {
      id_ = value.starts_with('+') ? id_ + Number(value.substr(1))
            : value.empty()        ? id_ + 1
                                   : Number(value);
      given_ = true;
      symbol_.clear();
    } else if (name == "severity") {
      severity_ = Known(severities_, value);
    } else if (name == "facility") {
      facility_ = Known(facilities_, value);
    } else if (name == "symbolicname") {
      symbol_ = value;
    }
  }

  // Name=0x1:SYMBOL ...
  void Names(std::string_view list, std::map<std::string, unsigned, LessNoCase>& names) {
    for (const std::string& entry : SplitTrimmed(ReplaceAll(std::string(list), "\t", " "), ' ')) {
      const size_t equals = entry.find('=');
      if (equals == std::string::npos)
        throw BuildError(file_, line_, fmt::format("message file: '{}' has no value", entry));
      const size_t colon = entry.find(':');
      const unsigned value = Number(std::string_view(entry).substr(
          equals + 1, colon == std::string::npos ? colon : colon - equals - 1));
      names[entry.substr(0, equals)] = value;
      if (colon != std::string::npos)
        header_ += fmt::format("#define {} 0x{:X}\n", entry.substr(colon + 1), value);
    }
  }

  unsigned Known(const std::map<std::string, unsigned, LessNoCase>& names, std::string_view name) {
    const auto at = names.find(name);
    if (at == names.end())
      throw BuildError(file_, line_, fmt::format("message file: '{}' is not named before", name));
    return at->second;
  }

  unsigned Number(std::string_view text) {
    const std::string copy(Trim(text));
    char* end = nullptr;
    const unsigned long value = std::strtoul(copy.c_str(), &end, 0);
    if (copy.empty() || *end != 0)
      throw BuildError(file_, line_, fmt::format("message file: '{}' is no number", text));
    return static_cast<unsigned>(value);
  }

  void Define() {
    if (!symbol_.empty() && given_) {
      const unsigned value = severity_ << 30 | (facility_ & 0xFFF) << 16 | (id_ & 0xFFFF);
      header_ += type_.empty() ? fmt::format("#define {} 0x{:08X}L\n", symbol_, value)
                               : fmt::format("#define {} (({})0x{:08X}L)\n", symbol_, type_, value);
    }
    given_ = false;
  }

  const std::string& file_;
  int line_ = 0;
  std::string open_, header_, type_, symbol_;
  std::map<std::string, unsigned, LessNoCase> severities_{
      {"Success", 0}, {"Informational", 1}, {"Warning", 2}, {"Error", 3}};
  std::map<std::string, unsigned, LessNoCase> facilities_{{"System", 0xFF}, {"Application", 0xFFF}};
  unsigned id_ = 0, severity_ = 0, facility_ = 0;
  bool given_ = false;
};

}  // namespace

std::string HeaderOfMessages(std::string_view text, const std::string& file) {
  return "/* Values of a message file; made by drydock build. */\n#pragma once\n\n" +
         MessageReader(file).Run(text);
}

}  // namespace drydock::tools
