#include "tools/build/dialect_cast.h"

#include <cctype>

namespace drydock::tools {
namespace {

constexpr size_t kNone = TokenList::kNone;

bool Unary(const TokenList& tokens, size_t i) {
  const size_t before = tokens.Previous(i);
  if (before == kNone) return false;
  const std::string_view text = tokens[before].text;
  return text == "(" || text == "," || text == "=" || text == "{" || text == "[" || text == "return" || text == "?" || text == ":" || text == ";";
}

}  // namespace

std::optional<AddressOfCast> ReadAddressOfCast(const TokenList& tokens, size_t i) {
  if (!tokens.Is(i, "&") || !Unary(tokens, i)) return std::nullopt;
  const size_t outer = tokens.Next(i), inner = outer == kNone ? kNone : tokens.Next(outer);
  if (!tokens.Is(outer, "(") || !tokens.Is(inner, "(")) return std::nullopt;
  std::string type;
  size_t at = tokens.Next(inner);
  for (; tokens.IsKind(at, TokenKind::kWord) || tokens.Is(at, "*"); at = tokens.Next(at)) {
    type += tokens[at].text;
    type += ' ';
  }
  if (!tokens.Is(at, ")") || type.empty()) return std::nullopt;
  const size_t value = tokens.Next(at);
  const size_t end = tokens.Is(value, "(") ? tokens.Closing(value) : tokens.IsKind(value, TokenKind::kWord) ? value : kNone;
  const size_t close = end == kNone ? kNone : tokens.Next(end);
  if (!tokens.Is(close, ")")) return std::nullopt;
  const size_t after = tokens.Next(close);  // what binds closer than the &
  if (tokens.Is(after, "-") || tokens.Is(after, ".") || tokens.Is(after, "[") || tokens.Is(after, "(")) return std::nullopt;
  AddressOfCast cast{"((" + type + "*)&", close};
  for (size_t k = value; k <= end; ++k) cast.text += tokens[k].text;
  cast.text += ')';
  return cast;
}

bool SaysAddressOfCast(std::string_view source) {
  // Most sources have an & before two brackets only in && ((.
  bool any = false;
  const auto skip = [&](size_t at) {
    while (at < source.size() && (std::isspace(static_cast<unsigned char>(source[at])) || source[at] == '\\')) ++at;
    return at;
  };
  for (size_t at = source.find('&'); at != std::string_view::npos && !any; at = source.find('&', at + 1)) {
    const size_t outer = skip(at + 1), inner = skip(outer + 1);
    any = outer < source.size() && source[outer] == '(' && inner < source.size() && source[inner] == '(';
  }
  if (!any) return false;
  const TokenList tokens(source, TextForm::kWritten);
  for (size_t i = 0; i < tokens.size(); ++i)
    if (ReadAddressOfCast(tokens, i)) return true;
  return false;
}

}  // namespace drydock::tools
