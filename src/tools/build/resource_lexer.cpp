#include "tools/build/resource_lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "tools/build/diagnostics.h"
#include "tools/build/resource_script.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

bool IsHeader(std::string_view file) {
  const std::string lower = ToLower(file);
  for (const char* ending : {".h", ".c", ".hpp", ".hxx"})
    if (lower.ends_with(ending)) return true;
  return lower.starts_with("<");  // the compiler's own
}

bool Blank(char c) { return std::isspace(static_cast<unsigned char>(c)); }
bool Digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }
bool WordStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }
bool WordPart(char c) { return WordStart(c) || Digit(c) || c == '.' || c == '$'; }

}  // namespace

bool ResourceToken::IsWord(std::string_view word) const { return kind == Kind::kWord && EqualsNoCase(text, word); }

ResourceLexer::ResourceLexer(std::string_view preprocessed) {
  size_t file = 0;
  int number = 1;
  files_.emplace_back();
  while (!preprocessed.empty()) {
    const size_t end = std::min(preprocessed.find('\n'), preprocessed.size());
    std::string_view line = preprocessed.substr(0, end);
    preprocessed.remove_prefix(std::min(end + 1, preprocessed.size()));
    if (line.starts_with('#')) {
      // # 12 "file" flags; other lines (#pragma code_page) are not for us.
      const size_t open = line.find('"'), close = line.rfind('"');
      if (line.size() > 2 && Digit(line[2]) && open != std::string_view::npos && close > open) {
        number = std::clamp(std::atoi(std::string(line.substr(2)).c_str()), 0, 1 << 30);
        const std::string name = ReplaceAll(std::string(line.substr(open + 1, close - open - 1)), "\\\\", "\\");
        const auto known = std::find(files_.begin(), files_.end(), name);
        file = static_cast<size_t>(known - files_.begin());
        if (known == files_.end()) files_.push_back(name);
      } else {
        ++number;
      }
      continue;
    }
    if (!IsHeader(files_[file])) {
      lines_.push_back({text_.size(), file, number});
      text_ += line;
      text_ += '\n';
    }
    ++number;
  }
  if (lines_.empty()) lines_.push_back({0, 0, 1});
}

const ResourceLexer::Line& ResourceLexer::LineOf(size_t at) const {
  auto after = std::upper_bound(lines_.begin(), lines_.end(), at, [](size_t place, const Line& line) { return place < line.begin; });
  return after == lines_.begin() ? *after : *(after - 1);
}
std::string ResourceLexer::Place(size_t at) const { return fmt::format("{}:{}", files_[LineOf(at).file], LineOf(at).number); }
void ResourceLexer::Fail(size_t at, const std::string& words) const { throw BuildError(files_[LineOf(at).file], LineOf(at).number, words); }

void ResourceLexer::SkipBlanks() {
  while (at_ < text_.size() && Blank(text_[at_])) ++at_;
}

ResourceToken ResourceLexer::Peek() {
  const size_t before = at_;
  ResourceToken token = Next();
  at_ = before;
  return token;
}

ResourceToken ResourceLexer::String(bool wide) {
  ResourceToken token;
  token.kind = ResourceToken::Kind::kString;
  token.wide = wide;
  token.at = at_;
  std::string plain;  // what has no escapes, in UTF-8
  const auto flush = [&] {
    token.characters += ToUtf16(plain);
    plain.clear();
  };
  for (++at_;;) {
    if (at_ >= text_.size()) Fail(token.at, "the text does not end");
    const char c = text_[at_++];
    if (c == '"') {
      if (at_ >= text_.size() || text_[at_] != '"') break;
      plain += text_[at_++];  // "" is one
      continue;
    }
    if (c != '\\' || at_ >= text_.size()) {
      if (c != '\r') plain += c;
      continue;
    }
    const char sign = text_[at_++];
    const auto number = [&](int base, size_t most, size_t from) {
      size_t end = from;
      while (end < text_.size() && end - from < most && std::isxdigit(static_cast<unsigned char>(text_[end])) && (base == 16 || text_[end] < '8')) ++end;
      flush();
      token.characters += static_cast<char16_t>(std::strtoul(text_.substr(from, end - from).c_str(), nullptr, base));
      at_ = end;
    };
    switch (sign) {
      case 'n': plain += '\n'; break;
      case 'r': plain += '\r'; break;
      case 't': plain += '\t'; break;
      case 'a': plain += '\b'; break;  // as rc.exe does
      case 'x':
      case 'X': number(16, wide ? 4 : 2, at_); break;
      case '\n': break;
      case '"':
        plain += '"';
        if (at_ < text_.size() && text_[at_] == '"') ++at_;  // \"" is one too
        break;
      default:
        if (sign >= '0' && sign <= '7') number(8, wide ? 7 : 3, at_ - 1);
        else if (sign == '\\') plain += '\\';
        else (plain += '\\') += sign;
    }
  }
  flush();
  return token;
}

ResourceToken ResourceLexer::Next() {
  SkipBlanks();
  ResourceToken token;
  token.at = at_;
  if (at_ >= text_.size()) return token;
  const char c = text_[at_];
  if (c == '"') return String(false);
  if ((c == 'L' || c == 'l') && at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
    ++at_;
    return String(true);
  }
  size_t end = at_;
  if (Digit(c)) {
    while (end < text_.size() && std::isalnum(static_cast<unsigned char>(text_[end]))) ++end;
    token.kind = ResourceToken::Kind::kNumber;
    token.text = text_.substr(at_, end - at_);
    char* stop = nullptr;
    // 010 is ten to rc.exe.
    const bool hexadecimal = token.text.size() > 1 && (token.text[1] == 'x' || token.text[1] == 'X');
    token.value = static_cast<uint32_t>(std::strtoul(token.text.c_str(), &stop, hexadecimal ? 16 : 10));
    for (; *stop != 0; ++stop) {
      if (*stop == 'L' || *stop == 'l') token.is_long = true;
      else if (*stop != 'U' && *stop != 'u') Fail(at_, fmt::format("'{}' is no number", token.text));
    }
  } else if (WordStart(c)) {
    while (end < text_.size() && WordPart(text_[end])) ++end;
    token.kind = ResourceToken::Kind::kWord;
    token.text = text_.substr(at_, end - at_);
  } else {
    token.kind = ResourceToken::Kind::kSign;
    token.text = std::string(1, c);
    end = at_ + 1;
  }
  at_ = end;
  return token;
}

std::string ResourceLexer::FileName() {
  SkipBlanks();
  const bool quoted = at_ < text_.size() && text_[at_] == '"';
  if (quoted) ++at_;
  const size_t begin = at_;
  while (at_ < text_.size() && (quoted ? text_[at_] != '"' : !Blank(text_[at_]))) ++at_;
  std::string name = text_.substr(begin, at_ - begin);
  if (quoted && at_ < text_.size()) ++at_;
  if (name.empty()) Fail(begin, "a file's name is missing");
  return ReplaceAll(name, "\\\\", "\\");
}

}  // namespace drydock::tools
