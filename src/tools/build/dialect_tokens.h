// Tokens of C and C++ text, as the translations of MSVC's dialect need them (msvc_dialect.h): preprocessed, or as it was written.
#pragma once

#include <string_view>
#include <vector>

namespace drydock::tools {

enum class TokenKind : unsigned char {
  kSpace,
  kDirective,  // a line marker, a pragma or another directive without code, without its line's end
  kWord,
  kNumber,
  kText,   // a string literal with its prefix
  kOther,  // one character, but for :: && ==, and character constants
};

struct Token {
  TokenKind kind;
  std::string_view text;
};

enum class TextForm : unsigned char {
  kPreprocessed,
  // As written: comments and continued lines are space; directives are tokens like others, but for those that hold no code (#include,
  // #pragma, #error ...); the end of a directive's line is a kOther of its own, for nothing of it goes on behind it.
  kWritten,
};

// Every character belongs to one token. Views into `text`.
std::vector<Token> SplitTokens(std::string_view text, TextForm form = TextForm::kPreprocessed);

inline bool Silent(const Token& token) { return token.kind == TokenKind::kSpace || token.kind == TokenKind::kDirective; }

// Tokens with the search for the next one that means something.
class TokenList {
 public:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  explicit TokenList(std::string_view text, TextForm form = TextForm::kPreprocessed);

  size_t size() const { return tokens_.size(); }
  const Token& operator[](size_t i) const { return tokens_[i]; }
  size_t Next(size_t i) const {  // behind i
    for (++i; i < tokens_.size(); ++i)
      if (!Silent(tokens_[i])) return i;
    return kNone;
  }
  size_t Previous(size_t i) const {
    while (i-- > 0)
      if (!Silent(tokens_[i])) return i;
    return kNone;
  }
  bool Is(size_t i, std::string_view text) const { return i != kNone && i < size() && tokens_[i].text == text; }
  bool IsKind(size_t i, TokenKind kind) const { return i != kNone && i < size() && tokens_[i].kind == kind; }
  // Of the bracket at i, "(" "{" or "[", the closing one; kNone if there is none.
  size_t Closing(size_t i) const { return i < size() ? closing_[i] : kNone; }

 private:
  const std::vector<Token> tokens_;
  std::vector<size_t> closing_;  // found once for all: a search for each of a million brackets would not end
};

// Whether `word` stands in the text as a whole word (in code, comment or string: a quick look). From `from` on; its place, or npos.
size_t FindWord(std::string_view text, std::string_view word, size_t from = 0);

}  // namespace drydock::tools
