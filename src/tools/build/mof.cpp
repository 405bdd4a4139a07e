#include "tools/build/mof.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "tools/build/diagnostics.h"
#include "tools/build/include_scan.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

struct Token {
  std::string text;  // strings without their quotes
  bool string = false;
  int line = 0;
};

bool PartOfWord(char c) { return IsIdentifier(std::string_view(&c, 1)) || (c >= '0' && c <= '9') || c == '.' || c == '$'; }

std::vector<Token> Tokens(std::string_view source, const std::string& file) {
  const std::string text = StripComments(source);
  std::vector<Token> tokens;
  int line = 1;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      ++i;
    } else if (std::string_view(" \t\r\f\v").find(c) != std::string_view::npos) {
      ++i;
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size());  // #pragma
    } else if (c == '"') {
      std::string value;
      const int begin = line;
      size_t end = i + 1;
      for (; end < text.size() && text[end] != '"'; ++end) {
        if (text[end] == '\\' && end + 1 < text.size()) ++end;
        if (text[end] == '\n') ++line;
        value += text[end];
      }
      if (end >= text.size()) throw BuildError(file, begin, "MOF: a string is not closed");
      tokens.push_back({value, true, begin});
      i = end + 1;
    } else {
      size_t end = i;
      while (end < text.size() && (PartOfWord(text[end]) || (end == i && (c == '-' || c == '+')))) ++end;
      end = std::max(end, i + 1);
      tokens.push_back({text.substr(i, end - i), false, line});
      i = end;
    }
  }
  return tokens;
}

std::optional<long> NumberOf(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  int radix = 10;
  if (StartsWithNoCase(text, "0x")) {
    radix = 16;
    text.remove_prefix(2);
  }
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return minus ? -value : value;
}

constexpr int kDeepest = 100;
constexpr long kLongestArray = 1 << 20;

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : file_(file), tokens_(Tokens(text, file)) {}

  std::vector<MofClass> Run() {
    std::vector<MofClass> classes;
    while (at_ < tokens_.size()) {
      MofQualifiers qualifiers = TakeQualifiers();
      if (EqualsNoCase(Peek(), "class")) {
        classes.push_back(TakeClass(std::move(qualifiers)));
      } else {
        // Instances, declarations of qualifiers and the like describe no data.
        const size_t first = std::min(at_, tokens_.size() - 1);
        while (!Accept(";")) {
          if (at_ >= tokens_.size()) throw BuildError(file_, tokens_[first].line, fmt::format("MOF: what begins with '{}' has no ';'", tokens_[first].text));
          SkipOne();
        }
      }
    }
    return classes;
  }

 private:
  std::string Peek() const { return at_ < tokens_.size() && !tokens_[at_].string ? tokens_[at_].text : std::string(); }
  int Line() const { return tokens_.empty() ? 1 : tokens_[std::min(at_, tokens_.size() - 1)].line; }

  bool Accept(std::string_view text) {
    if (Peek() != text) return false;
    ++at_;
    return true;
  }
  void Expect(std::string_view text) {
    if (Accept(text)) return;
    throw BuildError(file_, Line(),
                     fmt::format("MOF: '{}' is missing before '{}'", text, at_ < tokens_.size() ? tokens_[at_].text : "the end of the file"));
  }
  std::string Identifier() {
    const std::string name = Peek();
    if (!IsIdentifier(name)) throw BuildError(file_, Line(), fmt::format("MOF: '{}' is no name", name));
    ++at_;
    return name;
  }
  // One token, or a whole bracketed group.
  void SkipOne() {
    if (at_ >= tokens_.size()) throw BuildError(file_, Line(), "MOF: the file ends too early");
    const std::string open = Peek();
    ++at_;
    const std::string close = open == "{" ? "}" : open == "(" ? ")" : open == "[" ? "]" : "";
    if (close.empty()) return;
    if (++depth_ > kDeepest) throw BuildError(file_, Line(), "MOF: brackets are nested too deeply");
    while (!Accept(close)) SkipOne();
    --depth_;
  }

  // Values up to the closing bracket; strings that follow each other are one.
  std::vector<std::string> TakeValues(std::string_view close) {
    std::vector<std::string> values;
    bool joined = false;
    while (!Accept(close)) {
      if (at_ >= tokens_.size()) throw BuildError(file_, Line(), "MOF: the file ends within a qualifier");
      if (Accept(",")) {
        joined = false;
        continue;
      }
      if (joined && tokens_[at_].string) values.back() += tokens_[at_].text;
      else values.push_back(tokens_[at_].text);
      joined = true;
      ++at_;
    }
    return values;
  }

  MofQualifiers TakeQualifiers() {
    MofQualifiers qualifiers;
    if (!Accept("[")) return qualifiers;
    while (!Accept("]")) {
      MofQualifier one;
      one.line = Line();
      one.name = Identifier();
      if (Accept("(")) one.values = TakeValues(")");
      else if (Accept("{")) one.values = TakeValues("}");
      if (Accept(":")) {
        while (IsIdentifier(Peek())) ++at_;  // amended and other flavours
      }
      Accept(",");
      qualifiers.all.push_back(std::move(one));
    }
    return qualifiers;
  }

  MofClass TakeClass(MofQualifiers qualifiers) {
    MofClass result;
    result.line = Line();
    Identifier();  // class
    result.qualifiers = std::move(qualifiers);
    result.name = Identifier();
    if (Accept(":")) result.base = Identifier();
    if (Accept(";")) return result;
    Expect("{");
    while (!Accept("}")) result.members.push_back(TakeMember());
    Accept(";");
    return result;
  }

  MofMember TakeMember() {
    MofMember member = TakeDeclaration();
    if (Accept("(")) {
      member.method = true;
      while (!Accept(")")) {
        member.parameters.push_back(TakeDeclaration());
        Accept(",");
      }
    } else if (Accept("=")) {
      while (Peek() != ";") SkipOne();
    }
    Expect(";");
    return member;
  }

  MofMember TakeDeclaration() {
    MofMember member;
    member.qualifiers = TakeQualifiers();
    member.line = Line();
    member.type = Identifier();
    if (EqualsNoCase(member.type, "object") && Accept(":")) member.type = Identifier();
    member.name = Identifier();
    if (EqualsNoCase(member.name, "ref") && IsIdentifier(Peek())) {
      member.type = "object";  // a reference to an instance
      member.name = Identifier();
    }
    if (Accept("[")) {
      member.count = MofMember::kVariable;
      if (!Accept("]")) {
        const std::optional<long> count = NumberOf(Peek());
        if (!count || *count < 1 || *count > kLongestArray)
          throw BuildError(file_, Line(), fmt::format("MOF: '{}' is no length of an array", Peek()));
        member.count = *count;
        ++at_;
        Expect("]");
      } else if (const std::optional<long> most = member.qualifiers.Number("Max"); most && *most > 0 && *most <= kLongestArray) {
        member.count = *most;  // fixed, said as a qualifier
      }
    }
    return member;
  }

  const std::string& file_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

const MofQualifier* MofQualifiers::Find(std::string_view name) const {
  for (const MofQualifier& one : all) {
    if (EqualsNoCase(one.name, name)) return &one;
  }
  return nullptr;
}

std::string MofQualifiers::Text(std::string_view name) const {
  const MofQualifier* found = Find(name);
  return found && !found->values.empty() ? found->values.front() : std::string();
}

std::optional<long> MofQualifiers::Number(std::string_view name) const { return NumberOf(Text(name)); }

std::vector<MofClass> ParseMof(std::string_view text, const std::string& file) { return Parser(text, file).Run(); }

std::vector<MofDataItem> DataItemsOf(const MofClass& one, const std::vector<MofClass>& classes) {
  std::vector<MofDataItem> items;
  const MofClass* next = &one;
  std::set<const MofClass*> seen;
  for (int depth = 0; next && depth < kDeepest && seen.insert(next).second; ++depth) {
    for (const MofMember& member : next->members) {
      const std::optional<long> id = member.qualifiers.Number("WmiDataId");
      if (!member.method && id) items.push_back({&member, static_cast<int>(*id)});
    }
    const auto base = std::find_if(classes.begin(), classes.end(), [&](const MofClass& c) { return EqualsNoCase(c.name, next->base); });
    next = next->base.empty() || base == classes.end() ? nullptr : &*base;
  }
  std::stable_sort(items.begin(), items.end(), [](const MofDataItem& a, const MofDataItem& b) { return a.id < b.id; });
  return items;
}

std::string GuidOf(const MofClass& one, const std::string& file) {
  const MofQualifier* qualifier = one.qualifiers.Find("guid");
  if (!qualifier) return {};
  std::string digits = one.qualifiers.Text("guid");
  std::erase_if(digits, [](char c) { return c == '{' || c == '}' || c == '-'; });
  if (digits.size() != 32 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
    throw BuildError(file, qualifier->line, fmt::format("MOF: the guid of class {} is no GUID", one.name));
  digits = ToLower(digits);
  return fmt::format("{{{}-{}-{}-{}-{}}}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4), digits.substr(16, 4),
                     digits.substr(20));
}

}  // namespace drydock::tools
