#include "tools/build/msvc_dialect.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace drydock::tools {
namespace {

enum class Kind : unsigned char { kSpace, kDirective, kWord, kText, kOther };

struct Token {
  Kind kind;
  std::string_view text;
};

bool WordStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }
bool WordPart(char c) { return WordStart(c) || std::isdigit(static_cast<unsigned char>(c)); }

// From the opening quote to behind the closing one; a line that ends within counts as closed, the compiler will tell.
size_t EndOfQuoted(std::string_view text, size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote && text[at] != '\n') at += text[at] == '\\' ? 2 : 1;
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

std::vector<Token> Split(std::string_view text) {
  std::vector<Token> tokens;
  bool line_start = true;
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    const char c = text[at];
    Kind kind = Kind::kOther;
    if (c == '#' && line_start) {
      kind = Kind::kDirective;
      at = std::min(text.find('\n', at), text.size());
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      kind = Kind::kSpace;
      for (; at < text.size() && std::isspace(static_cast<unsigned char>(text[at])); ++at)
        if (text[at] == '\n') line_start = true;
    } else if (WordStart(c)) {
      kind = Kind::kWord;
      while (at < text.size() && WordPart(text[at])) ++at;
      const std::string_view word = text.substr(from, at - from);
      if (at < text.size() && text[at] == '"' && word.size() <= 3 && word.find_first_not_of("LuU8R") == std::string_view::npos) {
        kind = Kind::kText;
        at = word.back() == 'R' ? EndOfRaw(text, at) : EndOfQuoted(text, at);
      }
    } else if (std::isdigit(static_cast<unsigned char>(c))) {
      while (at < text.size() && (WordPart(text[at]) || text[at] == '.' || text[at] == '\'')) ++at;
    } else if (c == '"') {
      kind = Kind::kText;
      at = EndOfQuoted(text, at);
    } else if (c == '\'') {
      at = EndOfQuoted(text, at);
    } else if (text.substr(at, 2) == "::" || text.substr(at, 2) == "&&" || text.substr(at, 2) == "==") {
      at += 2;
    } else {
      ++at;
    }
    if (kind != Kind::kSpace) line_start = false;
    tokens.push_back({kind, text.substr(from, at - from)});
  }
  return tokens;
}

bool Silent(const Token& token) { return token.kind == Kind::kSpace || token.kind == Kind::kDirective; }

class Translation {
 public:
  Translation(std::string_view text, bool cxx) : tokens_(Split(text)), cxx_(cxx) { out_.reserve(text.size() + 256); }

  std::string Run() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (!Silent(token)) Follow(i);
      if (token.kind == Kind::kWord && token.text == "__FUNCTION__" && BesideText(i)) {
        out_ += '"' + FunctionName() + '"';
      } else if (token.text == "," && Is(Next(i), ")")) {
        // what is left of ", __VA_ARGS__" without arguments
      } else if (!cxx_ && token.text == "&" && Unary(i)) {
        i = AddressOfCast(i);
      } else {
        out_ += token.text;
      }
    }
    return std::move(out_);
  }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  size_t Next(size_t i) const {
    for (++i; i < tokens_.size(); ++i)
      if (!Silent(tokens_[i])) return i;
    return kNone;
  }
  size_t Previous(size_t i) const {
    while (i-- > 0)
      if (!Silent(tokens_[i])) return i;
    return kNone;
  }
  bool Is(size_t i, std::string_view text) const { return i != kNone && tokens_[i].text == text; }
  bool IsKind(size_t i, Kind kind) const { return i != kNone && tokens_[i].kind == kind; }

  bool BesideText(size_t i) const {
    return !functions_.empty() && (IsKind(Previous(i), Kind::kText) || IsKind(Next(i), Kind::kText));
  }

  bool Unary(size_t i) const {
    const size_t before = Previous(i);
    if (before == kNone) return false;
    const std::string_view text = tokens_[before].text;
    return text == "(" || text == "," || text == "=" || text == "{" || text == "[" || text == "return" || text == "?" || text == ":" ||
           text == ";";
  }

  // & ( ( T ) X ): puts the translation out and returns the last token of it; else the & alone.
  size_t AddressOfCast(size_t i) {
    const size_t outer = Next(i), inner = outer == kNone ? kNone : Next(outer);
    if (Is(outer, "(") && Is(inner, "(")) {
      std::string type;
      size_t at = Next(inner);
      while (IsKind(at, Kind::kWord) || Is(at, "*")) {
        type += tokens_[at].text;
        type += ' ';
        at = Next(at);
      }
      const size_t value = Is(at, ")") && !type.empty() ? Next(at) : kNone;
      size_t end = value;
      if (Is(value, "(")) {
        int depth = 0;
        for (; end < tokens_.size(); ++end) {
          if (tokens_[end].text == "(") ++depth;
          if (tokens_[end].text == ")" && --depth == 0) break;
        }
      } else if (!IsKind(value, Kind::kWord)) {
        end = kNone;
      }
      const size_t close = end == kNone || end >= tokens_.size() ? kNone : Next(end);
      const size_t after = close == kNone ? kNone : Next(close);  // what follows binds closer than the &
      if (Is(close, ")") && !Is(after, "-") && !Is(after, ".") && !Is(after, "[") && !Is(after, "(")) {
        out_ += "((" + type + "*)&";
        for (size_t k = value; k <= end; ++k) out_ += tokens_[k].text;
        out_ += ')';
        return close;
      }
    }
    out_ += tokens_[i].text;
    return i;
  }

  // Which function, class or name space the token stands in. Of a declaration the first "name (" is the function's.
  void Follow(size_t i) {
    const Token& token = tokens_[i];
    if (!functions_.empty() && depth_ > 0) {
      if (token.text == "{") ++depth_;
      if (token.text == "}" && --depth_ == 0) functions_.clear(), candidate_.clear();
      return;
    }
    if (token.text == "(") {
      const size_t before = Previous(i);
      if (parens_++ == 0 && candidate_.empty() && !assigned_ && IsKind(before, Kind::kWord) && !Attribute(tokens_[before].text))
        candidate_ = QualifiedName(before);
    } else if (token.text == ")") {
      if (parens_ > 0) --parens_;
    } else if (parens_ > 0) {
      return;
    } else if (token.text == ";") {
      Reset();
    } else if (token.text == "=") {
      assigned_ = true;
    } else if (token.kind == Kind::kWord && (token.text == "class" || token.text == "struct" || token.text == "namespace" || token.text == "union")) {
      const size_t name = Next(i);
      scope_ = IsKind(name, Kind::kWord) ? std::string(tokens_[name].text) : std::string();
    } else if (token.text == "{") {
      if (!candidate_.empty() && !assigned_) {
        functions_.push_back(candidate_);
        depth_ = 1;
      } else {
        scopes_.push_back(assigned_ ? std::string() : scope_);
      }
      Reset();
    } else if (token.text == "}") {
      if (!scopes_.empty()) scopes_.pop_back();
      Reset();
    }
  }

  void Reset() {
    candidate_.clear();
    scope_.clear();
    assigned_ = false;
  }

  static bool Attribute(std::string_view word) {
    return word == "__attribute__" || word == "__declspec" || word == "alignas" || word == "noexcept" || word == "decltype" ||
           word == "__asm__" || word == "asm" || word == "_Static_assert" || word == "static_assert" || word == "__extension__";
  }

  std::string QualifiedName(size_t word) const {
    std::string name(tokens_[word].text);
    for (size_t at = Previous(word); at != kNone && (tokens_[at].text == "::" || tokens_[at].text == "~");) {
      name.insert(0, tokens_[at].text);
      if (tokens_[at].text == "::") {
        at = Previous(at);
        if (!IsKind(at, Kind::kWord)) break;
        name.insert(0, tokens_[at].text);
      }
      at = Previous(at);
    }
    return name;
  }

  std::string FunctionName() const {
    std::string name;
    for (const std::string& scope : scopes_)
      if (!scope.empty()) name += scope + "::";
    return name + functions_.back();
  }

  const std::vector<Token> tokens_;
  const bool cxx_;
  std::string out_;
  std::string candidate_, scope_;
  std::vector<std::string> scopes_, functions_;
  int parens_ = 0, depth_ = 0;
  bool assigned_ = false;
};

}  // namespace

bool MayNeedTranslation(std::string_view source) {
  const auto skip = [&](size_t at) {
    while (at < source.size() && (std::isspace(static_cast<unsigned char>(source[at])) || source[at] == '\\')) ++at;
    return at;
  };
  constexpr std::string_view kFunction = "__FUNCTION__";
  for (size_t at = source.find(kFunction); at != std::string_view::npos; at = source.find(kFunction, at + 1)) {
    const size_t after = skip(at + kFunction.size());
    if (after < source.size() && source[after] == '"') return true;
    size_t before = at;
    while (before > 0 && (std::isspace(static_cast<unsigned char>(source[before - 1])) || source[before - 1] == '\\')) --before;
    if (before > 0 && source[before - 1] == '"') return true;
  }
  constexpr std::string_view kArguments = "__VA_ARGS__";
  for (size_t at = source.find(kArguments); at != std::string_view::npos; at = source.find(kArguments, at + 1)) {
    size_t before = at;
    while (before > 0 && (std::isspace(static_cast<unsigned char>(source[before - 1])) || source[before - 1] == '\\')) --before;
    if (before > 0 && source[before - 1] == ',') return true;
  }
  for (size_t at = source.find('&'); at != std::string_view::npos; at = source.find('&', at + 1)) {
    const size_t outer = skip(at + 1);
    if (outer >= source.size() || source[outer] != '(') continue;
    const size_t inner = skip(outer + 1);
    if (inner < source.size() && source[inner] == '(') return true;
  }
  return false;
}

std::string TranslateDialect(std::string_view preprocessed, bool cxx) { return Translation(preprocessed, cxx).Run(); }

}  // namespace drydock::tools
