// The words of a preprocessed resource script, with the places they come from. tools/build only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::tools {

struct ResourceToken {
  enum class Kind : uint8_t { kEnd, kNumber, kWord, kString, kSign };
  Kind kind = Kind::kEnd;
  std::string text;          // a word as written; a sign
  std::u16string characters;  // of a string, escapes resolved
  uint32_t value = 0;
  bool wide = false;  // L"..."
  bool is_long = false;  // 5L
  size_t at = 0;
  bool Is(char sign) const { return kind == Kind::kSign && text[0] == sign; }
  bool IsWord(std::string_view word) const;  // in any letter case
  bool Opens() const { return Is('{') || IsWord("BEGIN"); }
  bool Closes() const { return Is('}') || IsWord("END"); }
};

class ResourceLexer {
 public:
  explicit ResourceLexer(std::string_view preprocessed);
  ResourceToken Next();
  ResourceToken Peek();
  // A file's name: in quotation marks, or to the next blank.
  std::string FileName();
  [[noreturn]] void Fail(size_t at, const std::string& words) const;
  std::string Place(size_t at) const;  // "x.rc:5"

 private:
  struct Line {
    size_t begin;
    size_t file;
    int number;
  };
  const Line& LineOf(size_t at) const;
  void SkipBlanks();
  ResourceToken String(bool wide);

  std::string text_;
  std::vector<std::string> files_;
  std::vector<Line> lines_;
  size_t at_ = 0;
};

}  // namespace drydock::tools
