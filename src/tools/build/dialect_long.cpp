#include "tools/build/dialect_long.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>

#include "tools/build/dialect_tokens.h"

namespace drydock::tools {
namespace {

bool IsSpecifier(std::string_view word) {
  static constexpr std::string_view kWords[] = {"unsigned", "signed",   "__signed",  "__signed__", "int",    "char",  "short",
                                                "double",   "const",    "__const",   "volatile",   "__volatile", "_Complex", "static",
                                                "extern",   "register", "typedef",   "inline",     "__inline", "__inline__", "constexpr", "mutable"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

// "# 12 "file.h" 1 3": what follows is a system header's. Other directives say nothing.
bool ReadMarker(std::string_view directive, bool& system) {
  if (directive.size() < 3 || directive[1] != ' ' || !std::isdigit(static_cast<unsigned char>(directive[2]))) return false;
  const size_t quote = directive.rfind('"');
  if (quote == std::string_view::npos) return false;
  system = directive.find('3', quote) != std::string_view::npos;
  return true;
}

// The number without the suffix that only Windows knows or reads otherwise; the same when it stays.
std::string Literal(std::string_view number) {
  const bool hex = number.size() > 1 && number[0] == '0' && (number[1] == 'x' || number[1] == 'X');
  const bool binary = number.size() > 1 && number[0] == '0' && (number[1] == 'b' || number[1] == 'B');
  size_t end = hex || binary ? 2 : 0;
  while (end < number.size() && ((hex ? std::isxdigit(static_cast<unsigned char>(number[end])) : std::isdigit(static_cast<unsigned char>(number[end]))) ||
                                 number[end] == '\''))
    ++end;
  std::string suffix(number.substr(end));
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string digits(number.substr(0, end));
  const bool is_unsigned = suffix.starts_with("u");
  if (suffix == "i64" || suffix == "ui64") return digits + (is_unsigned ? "ULL" : "LL");
  if (suffix == "i32" || suffix == "ui32" || suffix == "i16" || suffix == "ui16" || suffix == "i8" || suffix == "ui8")
    return digits + (is_unsigned ? "U" : "");
  if (suffix != "l" && suffix != "ul" && suffix != "lu") return std::string(number);
  std::string plain;
  std::copy_if(digits.begin(), digits.end(), std::back_inserter(plain), [](char c) { return c != '\''; });
  const uint64_t value = binary ? std::strtoull(plain.c_str() + 2, nullptr, 2) : std::strtoull(plain.c_str(), nullptr, 0);
  if (value > 0xFFFFFFFFu) return std::string(number);
  return digits + (suffix == "l" ? "" : "U");
}

}  // namespace

bool MayUseLong(std::string_view source) {
  for (const std::string_view word : {"long", "__int64", "__int3264"})
    if (FindWord(source, word) != std::string_view::npos) return true;
  bool word = false, number = false;  // the one that goes on here; a number is a word that begins with a digit
  for (size_t at = 0; at < source.size(); ++at) {
    const unsigned char c = static_cast<unsigned char>(source[at]);
    if (!std::isalnum(c) && c != '_') {
      word = false;
      continue;
    }
    if (!word) number = std::isdigit(c);
    word = true;
    if (!number || (c != 'L' && c != 'l' && c != 'i' && c != 'I')) continue;
    const unsigned char before = static_cast<unsigned char>(source[at - 1]);
    if (std::isxdigit(before) || before == 'u' || before == 'U') return true;
  }
  return false;
}

namespace {

constexpr int kMostSpecifiers = 32;  // that are looked at beside a `long`

LongResult Narrow(std::string_view text, TextForm form) {
  const TokenList tokens(text, form);
  LongResult result;
  result.text.reserve(text.size() + 64);
  // As written it is a macro's name, so that a second translation knows it.
  const std::string_view sixty_four = form == TextForm::kWritten ? "DRYDOCK_INT64" : "long";
  bool system = false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.kind == TokenKind::kDirective && form == TextForm::kPreprocessed) ReadMarker(token.text, system);
    if (token.kind == TokenKind::kWord && (token.text == kInt64Word || (!system && (token.text == "__int64" || token.text == "__int3264")))) {
      result.text += sixty_four;
      result.types += !system;
      continue;
    }
    if (system || (token.kind != TokenKind::kNumber && (token.kind != TokenKind::kWord || token.text != "long"))) {
      result.text += token.text;
      continue;
    }
    if (token.kind == TokenKind::kNumber) {
      const std::string number = Literal(token.text);
      result.literals += number != token.text;
      result.text += number;
      continue;
    }
    int longs = 1, earlier = 0, looked = 0;
    bool has_int = false, has_double = false;
    const auto look = [&](size_t at) {
      if (at == TokenList::kNone || tokens[at].kind != TokenKind::kWord || ++looked > kMostSpecifiers) return false;
      const std::string_view word = tokens[at].text;
      if (word == "long") {
        ++longs;
      } else if (word == "int") {
        has_int = true;
      } else if (word == "double") {
        has_double = true;
      } else {
        return IsSpecifier(word);
      }
      return true;
    };
    for (size_t at = tokens.Previous(i); look(at);) at = tokens.Previous(at);
    earlier = longs - 1;
    for (size_t at = tokens.Next(i); look(at);) at = tokens.Next(at);
    if (longs == 2 && !has_double) {
      // One of the two stays: the type of size_t and of the SDK's 64-bit names.
      if (earlier == 0) result.text += sixty_four;
      ++result.types;
    } else if (longs != 1 || has_double) {
      result.text += token.text;
    } else {
      ++result.types;
      if (!has_int) result.text += "int";
    }
  }
  return result;
}

}  // namespace

LongResult TranslateLong(std::string_view preprocessed) { return Narrow(preprocessed, TextForm::kPreprocessed); }

LongResult TranslateWrittenLong(std::string_view source) { return Narrow(source, TextForm::kWritten); }

bool WritesLong(std::string_view source) {
  // x##L, x##long: a word or a suffix that is made of parts.
  for (size_t at = source.find("##"); at != std::string_view::npos; at = source.find("##", at + 2)) {
    size_t next = at + 2;
    while (next < source.size() && std::isspace(static_cast<unsigned char>(source[next]))) ++next;
    size_t end = next;
    while (end < source.size() && std::isalnum(static_cast<unsigned char>(source[end]))) ++end;
    std::string word(source.substr(next, end - next));
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const std::string_view made : {"l", "ul", "lu", "i64", "ui64", "i32", "ui32", "long"})
      if (word == made) return false;
  }
  return true;
}

}  // namespace drydock::tools
