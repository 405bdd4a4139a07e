#include "tools/build/msvc_dialect.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/build/dialect_cast.h"
#include "tools/build/dialect_declspec.h"
#include "tools/build/dialect_long.h"
#include "tools/build/dialect_seh.h"
#include "tools/build/dialect_tokens.h"
#include "tools/build/include_scan.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

class Translation {
 public:
  Translation(std::string_view text, bool cxx, bool clang) : tokens_(text), cxx_(cxx), native_uuid_(cxx && clang && AsksExpressions()) {
    out_.reserve(text.size() + 256);
  }

  std::string Run() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (!Silent(token)) Follow(i);
      if (token.kind == TokenKind::kWord && token.text == "__FUNCTION__" && BesideText(i)) {
        out_ += '"' + FunctionName() + '"';
      } else if (token.kind == TokenKind::kWord && token.text == "__attribute__") {
        i = Attribute(i);
      } else if (cxx_ && token.kind == TokenKind::kWord && token.text == "__uuidof") {
        i = UuidOf(i);
      } else if (cxx_ && token.kind == TokenKind::kWord && token.text == "operator") {
        i = OperatorNew(i);
      } else if (token.kind == TokenKind::kWord && token.text == "L" && IsKind(Next(i), TokenKind::kText)) {
        // L#x: Microsoft's preprocessor makes one word of it.
        out_ += token.text;
        i = Next(i);
        out_ += tokens_[i].text;
      } else if (token.text == "," && Is(Next(i), ")")) {
        // what is left of ", __VA_ARGS__" without arguments
      } else if (const auto cast = cxx_ ? std::nullopt : ReadAddressOfCast(tokens_, i)) {
        out_ += cast->text;
        i = cast->last;
      } else {
        out_ += token.text;
      }
    }
    return std::move(out_);
  }

 private:
  static constexpr size_t kNone = TokenList::kNone;
  static constexpr size_t kLongestName = 4096;

  size_t Next(size_t i) const { return tokens_.Next(i); }
  size_t Previous(size_t i) const { return tokens_.Previous(i); }
  bool Is(size_t i, std::string_view text) const { return tokens_.Is(i, text); }
  bool IsKind(size_t i, TokenKind kind) const { return tokens_.IsKind(i, kind); }

  bool BesideText(size_t i) const {
    return !functions_.empty() && (IsKind(Previous(i), TokenKind::kText) || IsKind(Next(i), TokenKind::kText));
  }

  // Puts an attribute out, or its first word, and returns the last token that is done with.
  size_t Attribute(size_t i) {
    const std::optional<AttributeText> attribute = ReadAttribute(tokens_, i, native_uuid_);
    if (attribute && !attribute->uuid.empty()) {  // struct __attribute__((annotate("drydock_uuid:" "0000..."))) NAME
      size_t at = Next(attribute->last);
      while (Is(at, "__attribute__")) at = AfterParens(Next(at));
      if (IsKind(at, TokenKind::kWord)) uuids_[std::string(tokens_[at].text)] = attribute->uuid;
    }
    if (!attribute || !attribute->changed) {
      out_ += tokens_[i].text;
      return i;
    }
    out_ += attribute->text;
    return attribute->last;
  }
  // Whether __uuidof is asked of something other than a name: the compiler has to know the types.
  bool AsksExpressions() const {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].text != "__uuidof") continue;
      const size_t open = Next(i), close = Is(open, "(") ? tokens_.Closing(open) : kNone;
      for (size_t k = close == kNone ? kNone : open + 1; k < close; ++k)
        if (tokens_[k].kind == TokenKind::kOther && tokens_[k].text != "::") return true;
    }
    return false;
  }
  size_t AfterParens(size_t open) const {
    const size_t close = open == kNone ? kNone : tokens_.Closing(open);
    return close == kNone ? kNone : Next(close);
  }

  // __uuidof(NAME): sixteen bytes where a GUID is wanted.
  size_t UuidOf(size_t i) {
    const size_t open = Next(i), close = Is(open, "(") ? tokens_.Closing(open) : kNone;
    size_t name = close == kNone ? kNone : Previous(close);
    const auto known = IsKind(name, TokenKind::kWord) ? uuids_.find(std::string(tokens_[name].text)) : uuids_.end();
    std::string digits;
    if (known != uuids_.end())
      for (const char c : known->second)
        if (std::isxdigit(static_cast<unsigned char>(c))) digits += c;
    if (digits.size() != 32) {
      out_ += tokens_[i].text;
      return i;
    }
    // Of the text's fields the first three are numbers, little-endian in memory.
    constexpr int kOrder[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    out_ += "(reinterpret_cast<const GUID &>(\"";
    for (const int byte : kOrder) out_ += "\\x" + digits.substr(static_cast<size_t>(byte) * 2, 2);
    out_ += "\"))";
    return close;
  }

  // MSVC looks whether operator new gave memory before it constructs; clang does so only after one that says noexcept. So each says it, except
  // the global operator new(size_t): the compiler has declared that one already, without. Puts the declarator out and returns its last token.
  size_t OperatorNew(size_t i) {
    size_t open = Next(i);
    const bool is_new = Is(open, "new") && functions_.empty();
    const bool global = std::all_of(scopes_.begin(), scopes_.end(), [](const auto& s) { return s.empty(); }) && !Is(Previous(i), "::");
    if (is_new) open = Next(open);
    if (is_new && Is(open, "[") && Is(Next(open), "]")) open = Next(Next(open));
    const size_t close = is_new && Is(open, "(") ? tokens_.Closing(open) : kNone;
    const size_t word = close == kNone ? kNone : Next(close);
    size_t last = Is(word, "noexcept") ? word : kNone;
    if (Is(word, "throw") && Is(Next(word), "(") && Is(Next(Next(word)), ")")) last = Next(Next(word));
    bool drivers = !global, declared = close != kNone;
    for (size_t k = open; close != kNone && k < close; ++k) {
      if (tokens_[k].text == ",") drivers = true;
      if (tokens_[k].text == "align_val_t") declared = false;  // the compiler's as well
    }
    if (declared && drivers && last == kNone && !Is(word, "throw") && Declares(i)) {
      out_ += tokens_[i].text;
      for (size_t k = i + 1; k <= close; ++k) {
        if (!Silent(tokens_[k])) Follow(k);
        out_ += tokens_[k].text;
      }
      out_ += " noexcept";
      return close;
    }
    if (drivers) last = kNone;
    if (last == kNone || (Is(word, "noexcept") && Is(Next(word), "("))) {
      out_ += tokens_[i].text;
      return i;
    }
    for (size_t k = i; k <= last; ++k)
      if (k < word || Silent(tokens_[k])) out_ += tokens_[k].text;
    return last;
  }

  // A type stands before the name at `i`, as in PVOID A::operator new: a declaration, no call.
  bool Declares(size_t i) const {
    size_t before = Previous(i);
    if (Is(before, "::")) {
      if (!IsKind(Previous(before), TokenKind::kWord)) return false;
      before = Previous(Previous(before));
    }
    return Is(before, "*") || (IsKind(before, TokenKind::kWord) && tokens_[before].text != "return");
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
      if (parens_++ == 0 && candidate_.empty() && !assigned_ && IsKind(before, TokenKind::kWord) && !IsNoFunction(tokens_[before].text))
        candidate_ = QualifiedName(before);
    } else if (token.text == ")") {
      if (parens_ > 0) --parens_;
    } else if (parens_ > 0) {
      return;
    } else if (token.text == ";") {
      Reset();
    } else if (token.text == "=") {
      assigned_ = true;
    } else if (token.kind == TokenKind::kWord && (token.text == "class" || token.text == "struct" || token.text == "namespace" || token.text == "union")) {
      const size_t name = Next(i);
      scope_ = IsKind(name, TokenKind::kWord) ? std::string(tokens_[name].text) : std::string();
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

  static bool IsNoFunction(std::string_view word) {
    return word == "__attribute__" || word == "__declspec" || word == "alignas" || word == "noexcept" || word == "decltype" ||
           word == "__asm__" || word == "asm" || word == "_Static_assert" || word == "static_assert" || word == "__extension__";
  }

  std::string QualifiedName(size_t word) const {
    std::string name(tokens_[word].text);
    for (size_t at = Previous(word); at != kNone && name.size() < kLongestName && (tokens_[at].text == "::" || tokens_[at].text == "~");) {
      name.insert(0, tokens_[at].text);
      if (tokens_[at].text == "::") {
        at = Previous(at);
        if (!IsKind(at, TokenKind::kWord)) break;
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

  const TokenList tokens_;
  const bool cxx_, native_uuid_;
  std::string out_;
  std::string candidate_, scope_;
  std::map<std::string, std::string> uuids_;  // of classes, as text
  std::vector<std::string> scopes_, functions_;
  int parens_ = 0, depth_ = 0;
  bool assigned_ = false;
};

}  // namespace

namespace {

// What depends on the text around it, wherever macros bring it from.
bool MayNeedPreprocessedText(std::string_view source) {
  if (MayUseSeh(source) || FindWord(source, "__uuidof") != std::string_view::npos) return true;
  if (source.find("operator new") != std::string::npos) return true;
  const auto skip = [&](size_t at) {
    while (at < source.size() && (std::isspace(static_cast<unsigned char>(source[at])) || source[at] == '\\')) ++at;
    return at;
  };
  constexpr std::string_view kFunction = "__FUNCTION__";
  for (size_t at = source.find(kFunction); at != std::string::npos; at = source.find(kFunction, at + 1)) {
    const size_t after = skip(at + kFunction.size());
    if (after < source.size() && source[after] == '"') return true;
    size_t before = at;
    while (before > 0 && (std::isspace(static_cast<unsigned char>(source[before - 1])) || source[before - 1] == '\\')) --before;
    if (before > 0 && source[before - 1] == '"') return true;
  }
  for (size_t at = source.find("L#"); at != std::string::npos; at = source.find("L#", at + 1))
    if (source.substr(at + 1, 2) != "##" && (at == 0 || !IsIdentifier(std::string("_") + source[at - 1]))) return true;
  constexpr std::string_view kArguments = "__VA_ARGS__";
  for (size_t at = source.find(kArguments); at != std::string_view::npos; at = source.find(kArguments, at + 1)) {
    size_t before = at;
    while (before > 0 && (std::isspace(static_cast<unsigned char>(source[before - 1])) || source[before - 1] == '\\')) --before;
    if (before > 0 && source[before - 1] == ',') return true;
  }
  return SaysAddressOfCast(source) || SaysManyDeclspecs(source) || FindWord(source, "IID_PPV_ARGS") != std::string_view::npos;
}

}  // namespace

DialectNeed NeedOf(std::string_view with_comments) {
  const std::string source = StripComments(with_comments);
  if (MayNeedPreprocessedText(source)) return DialectNeed::kPreprocessed;
  if (!MayUseLong(source)) return DialectNeed::kNone;
  return WritesLong(source) ? DialectNeed::kWritten : DialectNeed::kPreprocessed;
}

Translated TranslateDialect(std::string_view preprocessed, bool cxx, bool clang) {
  Translated result;
  SehResult seh = TranslateSeh(preprocessed, cxx);
  result.no_optimization = seh.used;
  LongResult narrowed = TranslateLong(seh.text);
  result.long_narrowed = narrowed.types > 0;
  result.text = Translation(narrowed.text, cxx, clang).Run();
  return result;
}

}  // namespace drydock::tools
