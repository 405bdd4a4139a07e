#include <fmt/format.h>

#include <cstdlib>
#include <map>

#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"
#include "tools/build/resource_script.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

class MessageReader {
 public:
  explicit MessageReader(const std::string& file) : file_(file) {}

  struct Table {  // of one language
    uint16_t language;
    std::string file;
    std::map<unsigned, std::string> texts;
  };
  const std::map<std::string, Table, LessNoCase>& tables() const { return tables_; }

  std::string Run(std::string_view text) {
    bool message = false;  // within the text of a message, which ends with a line of one dot
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      std::string_view whole_line = text.substr(0, end);
      if (whole_line.ends_with('\r')) whole_line.remove_suffix(1);
      std::string_view line = Trim(whole_line);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line_;
      if (message) {
        message = line != ".";
        if (message) message_ += std::string(whole_line) + "\r\n";
        else Keep();
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
      message = EqualsNoCase(Trim(line.substr(0, line.find('='))), "Language");
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
    } else if (name == "languagenames") {
      for (const std::string& entry : SplitTrimmed(ReplaceAll(std::string(value), "\t", " "), ' ')) {
        const size_t equals = entry.find('='), colon = entry.find(':');
        if (equals == std::string::npos || colon == std::string::npos || colon < equals)
          throw BuildError(file_, line_, fmt::format("message file: '{}' is not NAME=NUMBER:FILE", entry));
        Table& table = tables_[entry.substr(0, equals)];
        table.language = static_cast<uint16_t>(Number(std::string_view(entry).substr(equals + 1, colon - equals - 1)));
        table.file = entry.substr(colon + 1);
      }
    } else if (name == "language") {
      text_language_ = value;
    }
  }

  void Keep() {
    const auto at = tables_.find(text_language_);
    if (at == tables_.end())
      throw BuildError(file_, line_, fmt::format("message file: '{}' is not named before", text_language_));
    at->second.texts[value_] = std::move(message_);
    message_.clear();
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
    value_ = severity_ << 30 | (facility_ & 0xFFF) << 16 | (id_ & 0xFFFF);
    if (!symbol_.empty() && given_) {
      header_ += type_.empty() ? fmt::format("#define {} 0x{:08X}L\n", symbol_, value_)
                               : fmt::format("#define {} (({})0x{:08X}L)\n", symbol_, type_, value_);
    }
    given_ = false;
  }

  const std::string& file_;
  int line_ = 0;
  std::string open_, header_, type_, symbol_;
  std::map<std::string, unsigned, LessNoCase> severities_{
      {"Success", 0}, {"Informational", 1}, {"Warning", 2}, {"Error", 3}};
  std::map<std::string, unsigned, LessNoCase> facilities_{{"System", 0xFF}, {"Application", 0xFFF}};
  std::map<std::string, Table, LessNoCase> tables_{{"English", {0x409, "MSG00001", {}}}};
  std::string message_, text_language_;
  unsigned id_ = 0, severity_ = 0, facility_ = 0, value_ = 0;
  bool given_ = false;
};

// MESSAGE_RESOURCE_DATA: blocks of values without a gap, each text with its length and kind.
std::string TableBytes(const std::map<unsigned, std::string>& texts) {
  std::vector<std::pair<unsigned, unsigned>> blocks;
  for (const auto& [value, text] : texts) {
    if (!blocks.empty() && blocks.back().second + 1 == value) blocks.back().second = value;
    else blocks.emplace_back(value, value);
  }
  ResourceBytes head, entries;
  head.Dword(static_cast<uint32_t>(blocks.size()));
  const size_t first = 4 + blocks.size() * 12;
  for (const auto& [low, high] : blocks) {
    head.Dword(low);
    head.Dword(high);
    head.Dword(static_cast<uint32_t>(first + entries.size()));
    for (auto at = texts.find(low); at != texts.end() && at->first <= high; ++at) {
      std::u16string text = ToUtf16(at->second);
      text += u'\0';
      if (text.size() % 2 != 0) text += u'\0';
      entries.Word(static_cast<uint16_t>(4 + text.size() * 2));
      entries.Word(1);  // UTF-16
      entries.Text(text);
    }
  }
  return head.Take() + entries.Take();
}

}  // namespace

std::vector<GeneratedFile> ResourcesOfMessages(std::string_view text, const std::string& file, const std::string& base) {
  MessageReader reader(file);
  reader.Run(text);
  std::vector<GeneratedFile> made;
  std::string script;
  for (const auto& [name, table] : reader.tables()) {
    if (table.texts.empty()) continue;
    script += fmt::format("LANGUAGE 0x{:x},0x{:x}\n1 11 \"{}.bin\"\n", table.language & 0x3FF, table.language >> 10, table.file);
    made.push_back({table.file + ".bin", TableBytes(table.texts)});
  }
  made.push_back({base + ".rc", script});
  return made;
}

std::string HeaderOfMessages(std::string_view text, const std::string& file) {
  return "/* Values of a message file; made by drydock build. */\n#pragma once\n\n" +
         MessageReader(file).Run(text);
}

}  // namespace drydock::tools
