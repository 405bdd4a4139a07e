// InfFile: an INF file as text: sections, entries, values, with %strings% replaced. What entries mean is told elsewhere (inf_package.h).
// Called by:  the driver store of a machine, the driver builder. No state; any thread.
// Errors:     never throws and never gives up: what is wrong goes into an InfReport, as FILE:LINE: words, and the reading goes on.
// Source:     public documentation, "General Syntax Rules for INF Files", "INF Strings Section".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::machine::setup {

// What is wrong (errors) or worth a word (notes) in a file. Each line once.
class InfReport {
 public:
  struct Item {
    std::string file;
    int line;  // 0: the file as a whole
    bool error;
    std::string words;
    std::string ToString() const;
  };
  void Error(const std::string& file, int line, std::string words) { Add({file, line, true, std::move(words)}); }
  void Note(const std::string& file, int line, std::string words) { Add({file, line, false, std::move(words)}); }
  bool ok() const { return errors_ == 0; }
  const std::vector<Item>& items() const { return items_; }
  std::vector<std::string> Lines(bool errors) const;  // "echo.inf:12: ..."
  std::string ErrorText() const;                      // joined by newlines

 private:
  void Add(Item item);
  std::vector<Item> items_;
  size_t errors_ = 0, notes_ = 0;
};

struct InfLine {
  int line = 0;
  bool has_key = false;             // KEY = values
  std::string key;
  std::vector<std::string> values;  // without a key: all of the line
  std::vector<std::string> unknown_strings;  // %tokens% that [Strings] does not have; they stand as they were

  const std::string& value(size_t index) const;  // "" when there are fewer
};

struct InfSection {
  std::string name;  // as first written
  int line = 0;
  std::vector<InfLine> lines;  // of all sections of this name
};

class InfFile {
 public:
  // `text`: bytes of the file; UTF-8 and UTF-16 with or without a mark, else read as Windows code page 1252.
  static InfFile Parse(std::string_view bytes, std::string file_name, uint16_t locale, InfReport& report);

  const std::string& name() const { return name_; }
  const std::vector<InfSection>& sections() const { return sections_; }
  const InfSection* Find(std::string_view section) const;  // any letter case; null: none
  // The first entry of that key; null: none.
  const InfLine* FindLine(std::string_view section, std::string_view key) const;
  std::string Value(std::string_view section, std::string_view key) const;  // its first value, or ""

 private:
  friend class InfParser;
  std::string name_;
  std::vector<InfSection> sections_;
  std::map<std::string, size_t> by_name_;  // lower case
};

std::string InfLower(std::string_view text);  // ASCII
bool InfEqual(std::string_view a, std::string_view b);
std::string_view InfTrim(std::string_view text);
// Decimal, 0x..., negative decimal; false: no number of 32 bits.
bool InfNumber(std::string_view text, uint32_t* number);

}  // namespace drydock::machine::setup
