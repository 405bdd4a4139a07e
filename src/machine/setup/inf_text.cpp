#include "machine/setup/inf_text.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "runtime/text_encoding.h"

namespace drydock::machine::setup {
namespace {

constexpr size_t kLargestFile = 16 << 20;
constexpr size_t kLongestValue = 4096;   // MAX_INF_STRING_LENGTH
constexpr size_t kLongestSection = 255;
constexpr size_t kMostProblems = 200;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

// One value under construction: blanks around it go, those inside quotation marks stay.
class Value {
 public:
  void AddPlain(char c) {
    if (IsBlank(c) && text_.empty() && !quoted_) return;
    text_ += c;
  }
  void AddQuoted(char c) {
    text_ += c;
    keep_ = text_.size();
  }
  void BeginQuotes() { quoted_ = true; }
  // A continuation: blanks before it and after it are no part of the value.
  void Glue() { TrimEnd(); }
  bool empty() const { return text_.empty() && !quoted_; }
  std::string Take() {
    TrimEnd();
    return std::move(text_);
  }

 private:
  void TrimEnd() {
    while (text_.size() > keep_ && IsBlank(text_.back())) text_.pop_back();
  }
  std::string text_;
  size_t keep_ = 0;
  bool quoted_ = false;
};

}  // namespace

std::string InfReport::Item::ToString() const {
  return line ? fmt::format("{}:{}: {}", file, line, words) : fmt::format("{}: {}", file, words);
}

void InfReport::Add(Item item) {
  for (const Item& old : items_)
    if (old.line == item.line && old.words == item.words && old.file == item.file) return;
  // Each has a share of its own, so that no notes keep an error from being told.
  size_t& count = item.error ? errors_ : notes_;
  if (++count <= kMostProblems) items_.push_back(std::move(item));
}

std::vector<std::string> InfReport::Lines(bool errors) const {
  std::vector<std::string> lines;
  for (const Item& item : items_)
    if (item.error == errors) lines.push_back(item.ToString());
  if (errors && errors_ > kMostProblems) lines.push_back(fmt::format("... and {} more", errors_ - kMostProblems));
  return lines;
}

std::string InfReport::ErrorText() const {
  std::string text;
  for (const std::string& line : Lines(true)) text += (text.empty() ? "" : "\n") + line;
  return text;
}

const std::string& InfLine::value(size_t index) const {
  static const std::string kNone;
  return index < values.size() ? values[index] : kNone;
}

std::string InfLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

bool InfEqual(std::string_view a, std::string_view b) { return a.size() == b.size() && InfLower(a) == InfLower(b); }

std::string_view InfTrim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

bool InfNumber(std::string_view text, uint32_t* number) {
  text = InfTrim(text);
  bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return false;
  *number = negative ? 0 - value : value;
  return true;
}

class InfParser {
 public:
  InfParser(InfFile& file, InfReport& report) : file_(file), report_(report) {}

  void Parse(const std::string& text) {
    size_t at = 0;
    int line = 1;
    bool told_outside = false;
    while (at < text.size()) {
      const int begin_line = line;
      while (at < text.size() && IsBlank(text[at])) ++at;
      if (at < text.size() && text[at] == '[') {
        ParseHeader(text, at, line);
        continue;
      }
      InfLine entry = ParseEntry(text, at, line);
      entry.line = begin_line;
      if (!entry.has_key && entry.values.empty()) continue;
      if (!in_section_) {
        // As Windows does; a comment that C would understand is what stands there most.
        if (!told_outside && !bad_header_) report_.Note(file_.name_, begin_line, "text before the first section is ignored");
        told_outside = true;
        continue;
      }
      file_.sections_[current_].lines.push_back(std::move(entry));
    }
  }

  void ReplaceStrings(uint16_t locale) {
    CollectStrings(locale);
    for (InfSection& section : file_.sections_) {
      if (IsStrings(section.name)) continue;
      for (InfLine& entry : section.lines) {
        entry.key = Replace(entry.key, entry);
        for (std::string& value : entry.values) value = Replace(value, entry);
      }
    }
  }

 private:
  static bool IsStrings(const std::string& name) {
    std::string lower = InfLower(name);
    return lower == "strings" || lower.starts_with("strings.");
  }

  void ParseHeader(const std::string& text, size_t& at, int& line) {
    const int header_line = line;
    size_t end = at + 1;
    bool quoted = false;
    std::string name;
    for (; end < text.size() && text[end] != '\n'; ++end) {
      if (text[end] == '"') {
        quoted = !quoted;
        continue;
      }
      if (text[end] == ']' && !quoted) break;
      name += text[end];
    }
    const bool closed = end < text.size() && text[end] == ']';
    if (closed) ++end;
    // Behind the bracket only a comment may stand.
    std::string rest;
    while (end < text.size() && text[end] != '\n' && text[end] != ';') rest += text[end++];
    while (end < text.size() && text[end] != '\n') ++end;
    at = end < text.size() ? end + 1 : end;
    ++line;
    name = std::string(InfTrim(name));
    in_section_ = false;
    bad_header_ = true;
    if (!closed) return report_.Error(file_.name_, header_line, "a section's name has no closing ']'");
    if (name.empty()) return report_.Error(file_.name_, header_line, "a section without a name");
    if (name.size() > kLongestSection)
      return report_.Error(file_.name_, header_line, fmt::format("a section's name of {} characters; {} is the most", name.size(), kLongestSection));
    if (!InfTrim(rest).empty())
      report_.Error(file_.name_, header_line, fmt::format("'{}' stands behind [{}]", InfTrim(rest), name));
    in_section_ = true;
    bad_header_ = false;
    auto [found, fresh] = file_.by_name_.try_emplace(InfLower(name), file_.sections_.size());
    current_ = found->second;
    if (fresh) file_.sections_.push_back({.name = name, .line = header_line, .lines = {}});
  }

  // From `at` to the end of the logical line; moves both on.
  InfLine ParseEntry(const std::string& text, size_t& at, int& line) {
    InfLine entry;
    Value value;
    bool quoted = false, comma = false;
    for (; at < text.size(); ++at) {
      const char c = text[at];
      if (c == '\n') {
        if (quoted) report_.Error(file_.name_, line, "a quotation mark is not closed");
        ++line;
        ++at;
        break;
      }
      if (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n') continue;
      if (c == '\0') {
        if (!told_zero_) report_.Error(file_.name_, line, "a zero character: this is no text");
        told_zero_ = true;
        continue;
      }
      if (quoted) {
        if (c != '"') {
          value.AddQuoted(c);
        } else if (at + 1 < text.size() && text[at + 1] == '"') {
          value.AddQuoted('"');
          ++at;
        } else {
          quoted = false;
        }
        continue;
      }
      if (c == '\xC2' && at + 1 < text.size() && text[at + 1] == '\xA0') {  // a no-break space, as editors leave them
        value.AddPlain(' ');
        ++at;
      } else if (c == ';') {
        while (at + 1 < text.size() && text[at + 1] != '\n') ++at;
      } else if (c == '"') {
        quoted = true;
        value.BeginQuotes();
      } else if (c == '\\' && Continues(text, at)) {
        while (at < text.size() && text[at] != '\n') ++at;
        ++line;
        value.Glue();
        while (at + 1 < text.size() && IsBlank(text[at + 1])) ++at;
      } else if (c == '=' && !comma && !entry.has_key) {
        entry.key = value.Take();
        entry.has_key = true;
        value = Value();
      } else if (c == ',') {
        comma = true;
        entry.values.push_back(value.Take());
        value = Value();
      } else {
        value.AddPlain(c);
      }
    }
    if (quoted && at >= text.size() && (text.empty() || text.back() != '\n'))
      report_.Error(file_.name_, line, "a quotation mark is not closed");
    if (comma || !value.empty()) entry.values.push_back(value.Take());
    return entry;
  }

  // A backslash with nothing but blanks and a comment behind it.
  static bool Continues(const std::string& text, size_t at) {
    for (++at; at < text.size(); ++at) {
      if (text[at] == '\n') return true;
      if (text[at] == ';') return text.find('\n', at) != std::string::npos;
      if (!IsBlank(text[at])) return false;
    }
    return false;  // the end of the file: nothing to go on with
  }

  void CollectStrings(uint16_t locale) {
    // What stands in the section of the language wins over its relatives, these over [Strings].
    std::vector<const InfSection*> chosen;
    auto add = [&](const std::string& name) {
      if (const InfSection* section = file_.Find(name)) chosen.push_back(section);
    };
    add(fmt::format("Strings.{:04x}", locale));
    add(fmt::format("Strings.{:04x}", locale & 0x3FF));
    for (const InfSection& section : file_.sections_) {
      std::string lower = InfLower(section.name);
      unsigned number = 0;
      if (!lower.starts_with("strings.")) continue;
      auto [end, error] = std::from_chars(lower.data() + 8, lower.data() + lower.size(), number, 16);
      if (error != std::errc() || end != lower.data() + lower.size() || lower.size() > 12) {
        report_.Error(file_.name_, section.line, fmt::format("[{}]: '{}' is no language; [Strings.0409] has one", section.name, section.name.substr(8)));
        continue;
      }
      if ((number & 0x3FF) == (locale & 0x3FFu) && number != locale && number != (locale & 0x3FFu)) chosen.push_back(&section);
    }
    add("Strings");
    for (const InfSection* section : chosen) {
      for (const InfLine& entry : section->lines) {
        if (!entry.has_key || entry.key.empty()) {
          report_.Error(file_.name_, entry.line, fmt::format("[{}]: no string; NAME = \"words\" is one", section->name));
          continue;
        }
        std::string words;
        for (size_t i = 0; i < entry.values.size(); ++i) words += (i ? "," : "") + entry.values[i];
        strings_.try_emplace(InfLower(entry.key), std::move(words));
      }
    }
  }

  std::string Replace(const std::string& text, InfLine& entry) {
    if (text.find('%') == std::string::npos && text.size() <= kLongestValue) return text;
    std::string result;
    for (size_t at = 0; at < text.size() && result.size() <= kLongestValue;) {
      if (text[at] != '%') {
        result += text[at++];
        continue;
      }
      size_t end = text.find('%', at + 1);
      if (end == std::string::npos) {
        result += text.substr(at);
        break;
      }
      if (end == at + 1) {
        result += '%';
        at = end + 1;
        continue;
      }
      std::string name = text.substr(at + 1, end - at - 1);
      auto found = strings_.find(InfLower(name));
      if (found != strings_.end()) {
        result += found->second;
      } else {
        uint32_t number;
        if (!InfNumber(name, &number)) entry.unknown_strings.push_back(name);  // a number: one of the system's folders
        result += text.substr(at, end + 1 - at);
      }
      at = end + 1;
    }
    if (result.size() > kLongestValue) {
      report_.Error(file_.name_, entry.line, fmt::format("a value of more than {} characters", kLongestValue));
      result.resize(kLongestValue);
    }
    return result;
  }

  InfFile& file_;
  InfReport& report_;
  std::map<std::string, std::string> strings_;
  size_t current_ = 0;
  bool in_section_ = false, bad_header_ = false, told_zero_ = false;
};

InfFile InfFile::Parse(std::string_view bytes, std::string file_name, uint16_t locale, InfReport& report) {
  InfFile file;
  file.name_ = std::move(file_name);
  if (bytes.size() > kLargestFile) {
    report.Error(file.name_, 0, "larger than 16 MB");
    return file;
  }
  InfParser parser(file, report);
  parser.Parse(rt::ToUtf8FromWindowsText(bytes));
  parser.ReplaceStrings(locale);
  return file;
}

const InfSection* InfFile::Find(std::string_view section) const {
  auto found = by_name_.find(InfLower(section));
  return found == by_name_.end() ? nullptr : &sections_[found->second];
}

const InfLine* InfFile::FindLine(std::string_view section, std::string_view key) const {
  const InfSection* found = Find(section);
  if (!found) return nullptr;
  for (const InfLine& line : found->lines)
    if (line.has_key && InfEqual(line.key, key)) return &line;
  return nullptr;
}

std::string InfFile::Value(std::string_view section, std::string_view key) const {
  const InfLine* line = FindLine(section, key);
  return line ? line->value(0) : std::string();
}

}  // namespace drydock::machine::setup
