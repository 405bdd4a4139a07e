#include "tools/build/dialect_tokens.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace drydock::tools {
namespace {

bool WordStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }
bool WordPart(char c) { return WordStart(c) || std::isdigit(static_cast<unsigned char>(c)); }
bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }

// A backslash and the end of its line: how many characters.
size_t Continuation(std::string_view text, size_t at) {
  if (text[at] != '\\') return 0;
  if (text.substr(at + 1, 1) == "\n") return 2;
  return text.substr(at + 1, 2) == "\r\n" ? 3 : 0;
}

// From the opening quote to behind the closing one; a line that ends within counts as closed, the compiler will tell.
size_t EndOfQuoted(std::string_view text, size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote && text[at] != '\n') at += text[at] == '\\' ? std::max<size_t>(Continuation(text, at), 2) : 1;
  return std::min(at + 1, text.size());
}

// R"x(...)x"
size_t EndOfRaw(std::string_view text, size_t quote) {
  const size_t open = text.find('(', quote);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
  const size_t end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

// A preprocessing number: 1e+5, 0x1p-3, 1'000, 0xFFui64.
size_t EndOfNumber(std::string_view text, size_t at) {
  while (at < text.size()) {
    const char c = text[at];
    const char before = text[at - 1];
    if ((c == '+' || c == '-') && (before == 'e' || before == 'E' || before == 'p' || before == 'P')) {
      // 0xE+1 is a sum to a reader and one number to the standard; here nobody cares which.
      ++at;
    } else if (WordPart(c) || c == '.' || (c == '\'' && at + 1 < text.size() && WordPart(text[at + 1]))) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

// Of a line that may be continued, its end.
size_t EndOfLine(std::string_view text, size_t at) {
  while (at < text.size() && text[at] != '\n') at += std::max<size_t>(Continuation(text, at), 1);
  return std::min(at, text.size());
}

// A comment that begins here: its end; the same place when none does.
size_t EndOfComment(std::string_view text, size_t at) {
  if (text.substr(at, 2) == "//") return EndOfLine(text, at);
  if (text.substr(at, 2) != "/*") return at;
  const size_t end = text.find("*/", at + 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

// Whether the directive at "#" holds what is code elsewhere.
bool HoldsCode(std::string_view text, size_t at) {
  for (++at; at < text.size() && (text[at] == ' ' || text[at] == '\t');) ++at;
  size_t end = at;
  while (end < text.size() && WordPart(text[end])) ++end;
  const std::string_view word = text.substr(at, end - at);
  return word == "define" || word == "if" || word == "elif";
}

}  // namespace

std::vector<Token> SplitTokens(std::string_view text, TextForm form) {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 4);
  const bool written = form == TextForm::kWritten;
  bool line_start = true, in_directive = false;
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    const char c = text[at];
    TokenKind kind = TokenKind::kOther;
    if (in_directive && c == '\n') {
      in_directive = false;
      line_start = true;
      tokens.push_back({kind, text.substr(at++, 1)});
      continue;
    } else if (c == '#' && line_start && written && HoldsCode(text, at)) {
      in_directive = true;
      ++at;
    } else if (c == '#' && line_start) {
      kind = TokenKind::kDirective;
      at = written ? EndOfLine(text, at) : std::min(text.find('\n', at), text.size());
    } else if (const size_t comment = written ? EndOfComment(text, at) : at; comment != at) {
      tokens.push_back({TokenKind::kSpace, text.substr(from, comment - from)});
      at = comment;
      continue;  // a directive may follow a comment on its line
    } else if (const size_t more = written ? Continuation(text, at) : 0; more != 0) {
      tokens.push_back({TokenKind::kSpace, text.substr(from, more)});
      at += more;
      continue;
    } else if (in_directive && IsSpace(c)) {
      kind = TokenKind::kSpace;
      while (at < text.size() && IsSpace(text[at]) && text[at] != '\n') ++at;
    } else if (IsSpace(c)) {
      kind = TokenKind::kSpace;
      for (; at < text.size() && IsSpace(text[at]); ++at)
        if (text[at] == '\n') line_start = true;
    } else if (WordStart(c)) {
      kind = TokenKind::kWord;
      while (at < text.size() && WordPart(text[at])) ++at;
      const std::string_view word = text.substr(from, at - from);
      if (at < text.size() && text[at] == '"' && word.size() <= 3 && word.find_first_not_of("LuU8R") == std::string_view::npos) {
        kind = TokenKind::kText;
        at = word.back() == 'R' ? EndOfRaw(text, at) : EndOfQuoted(text, at);
      }
    } else if (IsDigit(c) || (c == '.' && at + 1 < text.size() && IsDigit(text[at + 1]))) {
      kind = TokenKind::kNumber;
      at = EndOfNumber(text, at + 1);
    } else if (c == '"') {
      kind = TokenKind::kText;
      at = EndOfQuoted(text, at);
    } else if (c == '\'') {
      at = EndOfQuoted(text, at);
    } else if (text.substr(at, 2) == "::" || text.substr(at, 2) == "&&" || text.substr(at, 2) == "==") {
      at += 2;
    } else {
      ++at;
    }
    if (kind != TokenKind::kSpace) line_start = false;
    tokens.push_back({kind, text.substr(from, at - from)});
  }
  return tokens;
}

TokenList::TokenList(std::string_view text, TextForm form) : tokens_(SplitTokens(text, form)), closing_(tokens_.size(), kNone) {
  std::vector<size_t> open;
  for (size_t i = 0; i < size(); ++i) {
    if (tokens_[i].kind != TokenKind::kOther || tokens_[i].text.size() != 1) continue;
    const char c = tokens_[i].text[0];
    if (c == '(' || c == '{' || c == '[') open.push_back(i);
    if ((c != ')' && c != '}' && c != ']') || open.empty()) continue;
    closing_[open.back()] = i;
    open.pop_back();
  }
}

size_t FindWord(std::string_view text, std::string_view word, size_t from) {
  for (size_t at = text.find(word, from); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !WordPart(text[at - 1])) && (end == text.size() || !WordPart(text[end]))) return at;
  }
  return std::string_view::npos;
}

}  // namespace drydock::tools
