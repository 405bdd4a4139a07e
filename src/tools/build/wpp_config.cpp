#include "tools/build/wpp_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "tools/build/diagnostics.h"
#include "tools/build/include_scan.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

constexpr int kDeepest = 20;
constexpr size_t kLongestStatement = 64 << 10;

// A statement of the configuration: joined over lines until its parentheses are closed.
struct Statement {
  std::string text;
  int line;
};

int Depth(std::string_view text) {
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == quote) {
        quote = 0;
      }
    } else if (text[i] == '"') {
      quote = '"';
    } else if (text[i] == '(' || text[i] == '{') {
      ++depth;
    } else if (text[i] == ')' || text[i] == '}') {
      --depth;
    }
  }
  return depth;
}

bool IsKeyword(std::string_view line, std::string_view keyword) {
  return line.starts_with(keyword) && line.size() > keyword.size() &&
         std::string_view(" \t({").find(line[keyword.size()]) != std::string_view::npos;
}

bool FindWholeWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto part = [&](size_t i) { return i < text.size() && IsIdentifier(std::string("_") + text[i]); };
    if ((at == 0 || !part(at - 1)) && !part(at + word.size())) return true;
  }
  return false;
}

bool StartsStatement(std::string_view line) {
  for (const std::string_view keyword :
       {"FUNC", "USEPREFIX", "USESUFFIX", "CUSTOM_TYPE", "UNSUFFIX", "UNPREFIX", "DEFINE_SIMPLE_TYPE", "DEFINE_CPLX_TYPE"}) {
    if (IsKeyword(line, keyword)) return true;
  }
  return false;
}

// A function may stand without the word FUNC: Name{LEVEL=X}(FLAGS, MSG, ...). C code that stands in a file of configuration looks otherwise:
// without constants in braces, only a list with MSG or "..." is taken for one.
bool NamesFunction(std::string_view line) {
  const size_t end = line.find_first_of(" \t({");
  if (end == std::string_view::npos || !IsIdentifier(line.substr(0, end))) return false;
  const std::string_view rest = Trim(line.substr(end));
  if (rest.starts_with('{')) {
    const size_t close = rest.find('}');
    return rest.find('=') < close && (close == std::string_view::npos || Trim(rest.substr(close + 1)).empty() || Trim(rest.substr(close + 1)).starts_with('('));
  }
  if (!rest.starts_with('(')) return false;
  const std::string_view list = rest.substr(1, rest.find(')') - 1);
  return FindWholeWord(list, "MSG");
}

// Splits at commas outside of parentheses and strings.
std::vector<std::string> SplitArguments(std::string_view text) {
  std::vector<std::string> parts;
  size_t start = 0;
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      continue;
    } else if (c == '(' || c == '{') {
      ++depth;
    } else if (c == ')' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      parts.emplace_back(Trim(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  parts.emplace_back(Trim(text.substr(start)));
  if (parts.size() == 1 && parts[0].empty()) parts.clear();
  return parts;
}

// The text within the first parentheses; the rest of `text` is what follows.
bool TakeGroup(std::string_view& text, char open, char close, std::string_view& inside) {
  text = Trim(text);
  if (!text.starts_with(open)) return false;
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted) continue;
    if (text[i] == open) ++depth;
    if (text[i] == close && --depth == 0) {
      inside = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

std::vector<WppFunction::Parameter> ParseParameters(std::string_view text, const std::string& file,
                                                    int line, int depth = 0) {
  if (depth > kDeepest)
    throw BuildError(file, line, "WPP configuration: parentheses are nested too deeply");
  std::vector<WppFunction::Parameter> parameters;
  for (const std::string& part : SplitArguments(text)) {
    WppFunction::Parameter parameter;
    std::string_view rest = part, inside;
    if (TakeGroup(rest, '(', ')', inside)) {
      parameter.nested = ParseParameters(inside, file, line, depth + 1);
    } else if (part == "..." || IsIdentifier(part)) {
      parameter.name = part;
    } else {
      throw BuildError(file, line, fmt::format("WPP configuration: '{}' is no parameter", part));
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

void Apply(const WppConfig::Affix& affix, WppFunction& function) {
  (affix.prefix ? function.prefix : function.suffix) = affix.format;
  (affix.prefix ? function.prefix_arguments : function.suffix_arguments) = affix.arguments;
}

void ParseAffix(std::string_view text, bool prefix, const Statement& statement,
                const std::string& file, WppConfig& config) {
  std::string_view inside;
  if (!TakeGroup(text, '(', ')', inside)) {
    throw BuildError(file, statement.line,
                     fmt::format("WPP configuration: '{}' has no parentheses", statement.text));
  }
  const std::vector<std::string> parts = SplitArguments(inside);
  if (parts.size() < 2 || !parts[1].starts_with('"')) {
    throw BuildError(
        file, statement.line,
        fmt::format("WPP configuration: '{}' should name a function and a format", statement.text));
  }
  WppConfig::Affix affix{parts[0], parts[1], file, statement.text, {parts.begin() + 2, parts.end()}, prefix, statement.line};
  if (WppFunction* function = config.Function(parts[0])) {
    Apply(affix, *function);
  } else {
    config.open.push_back(std::move(affix));
  }
}

std::string Unquote(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return text;
}

bool ParseNumber(std::string text, long long& value) {
  while (!text.empty() && std::string_view("uUlL").find(text.back()) != std::string_view::npos)
    text.pop_back();
  while (text.size() > 2 && text.front() == '(' && text.back() == ')')
    text = std::string(Trim(text.substr(1, text.size() - 2)));
  if (text.empty()) return false;
  char* end = nullptr;
  value = static_cast<long long>(
      text.front() == '-' ? std::strtoll(text.c_str(), &end, 0)
                          : static_cast<long long>(std::strtoull(text.c_str(), &end, 0)));
  return *end == 0;
}

// What an enumeration goes on with.
long long After(long long value) { return static_cast<long long>(static_cast<unsigned long long>(value) + 1); }

void ParseCustomType(std::string_view text, const Statement& statement, const std::string& file,
                     WppConfig& config) {
  const auto fail = [&] {
    throw BuildError(file, statement.line,
                     fmt::format("WPP configuration: '{}' is no CUSTOM_TYPE that Drydock knows",
                                 statement.text));
  };
  std::string_view inside;
  if (!TakeGroup(text, '(', ')', inside)) fail();
  const std::vector<std::string> parts = SplitArguments(inside);
  if (parts.size() != 2) fail();
  WppType type;
  type.name = parts[0];
  const size_t open = parts[1].find('(');
  if (open == std::string::npos) fail();
  const std::string_view kind = Trim(std::string_view(parts[1]).substr(0, open));
  std::string_view rest = std::string_view(parts[1]).substr(open);
  std::string_view list;
  if (!TakeGroup(rest, '(', ')', list)) fail();
  if (kind == "ItemEnum" || kind == "ItemFlagsEnum") {
    type.enumeration = ReplaceAll(std::string(Trim(list)), "enum ", "");
    type.is_set = false;
  } else if (kind.starts_with("ItemList") || kind.starts_with("ItemSet")) {
    type.is_set = kind.starts_with("ItemSet");
    long long next = 0;
    for (const std::string& entry : SplitArguments(list)) {
      const size_t equals = entry.find('=');
      std::string word(Trim(entry.substr(0, equals)));
      if (equals != std::string::npos &&
          !ParseNumber(std::string(Trim(entry.substr(equals + 1))), next))
        fail();
      type.words.emplace_back(next, Unquote(std::move(word)));
      next = After(next);
    }
  } else {
    fail();
  }
  config.Add(std::move(type));
}

// DEFINE_SIMPLE_TYPE(name, type, Item..., ...), DEFINE_CPLX_TYPE(name, macro, type, Item..., ...): the item says how a value is shown.
void ParseDefinedType(std::string_view text, const Statement& statement, const std::string& file, WppConfig& config) {
  static constexpr std::pair<std::string_view, const char*> kItems[] = {
      {"ItemHEXDump", "HEXDUMP"}, {"ItemNTSTATUS", "STATUS"},      {"ItemWINERROR", "WINERROR"}, {"ItemHRESULT", "HRESULT"},   {"ItemGuid", "GUID"},
      {"ItemCLSID", "CLSID"},     {"ItemLIBID", "LIBID"},          {"ItemIID", "IID"},           {"ItemIPAddr", "IPADDR"},     {"ItemIPV6Addr", "IPV6ADDR"},
      {"ItemPort", "PORT"},       {"ItemTimestamp", "TIMESTAMP"},  {"ItemTimeDelta", "delta"},   {"ItemWaitTime", "WAITTIME"}, {"ItemString", "ASTR"},
      {"ItemRString", "ARSTR"},   {"ItemWString", "WSTR"},         {"ItemRWString", "ARWSTR"},   {"ItemSid", "sid"},           {"ItemLongLong", "LONGLONG"},
      {"ItemULongLong", "ULONGLONG"}, {"ItemLongLongX", "ULONGLONG"}, {"ItemULong", "ULONG"},    {"ItemPtr", "POINTER"},       {"ItemLong", "LONG"},
      {"ItemInt", "LONG"},        {"ItemShort", "LONG"},           {"ItemChar", "LONG"}};
  std::string_view inside;
  if (!TakeGroup(text, '(', ')', inside))
    throw BuildError(file, statement.line, fmt::format("WPP configuration: '{}' has no parentheses", statement.text));
  const std::vector<std::string> parts = SplitArguments(inside);
  if (parts.size() < 3) throw BuildError(file, statement.line, fmt::format("WPP configuration: '{}' names no type and no item", statement.text));
  for (const std::string& part : parts) {
    for (const auto& [item, alias] : kItems) {
      if (part != item) continue;
      WppType type;
      type.name = parts[0];
      type.alias = alias;
      if (type.name != type.alias) config.Add(std::move(type));
      return;
    }
  }
}

void ParseStatement(const Statement& statement, const std::string& file, WppConfig& config) {
  std::string_view text = statement.text;
  if (IsKeyword(text, "FUNC") || NamesFunction(text)) {
    config.Add(ParseWppFunction(text, file, statement.line));
  } else if (IsKeyword(text, "USEPREFIX")) {
    ParseAffix(text.substr(9), true, statement, file, config);
  } else if (IsKeyword(text, "USESUFFIX")) {
    ParseAffix(text.substr(9), false, statement, file, config);
  } else if (IsKeyword(text, "DEFINE_SIMPLE_TYPE")) {
    ParseDefinedType(text.substr(18), statement, file, config);
  } else if (IsKeyword(text, "DEFINE_CPLX_TYPE")) {
    ParseDefinedType(text.substr(16), statement, file, config);
  } else if (IsKeyword(text, "CUSTOM_TYPE")) {
    ParseCustomType(text.substr(11), statement, file, config);
  }
}

// Feeds lines of configuration; a statement may go on over several.
class StatementReader {
 public:
  StatementReader(const std::string& file, WppConfig& config) : file_(file), config_(config) {}

  void Line(std::string_view text, int line) {
    text = Trim(text);
    if (open_.text.empty()) {
      if (!StartsStatement(text) && !NamesFunction(text)) return;
      open_ = {std::string(text), line};
    } else {
      open_.text += ' ';
      open_.text += text;
      if (open_.text.size() > kLongestStatement) {
        open_.text.resize(80);
        End();
      }
    }
    // A FUNC may have its parameters on the next line.
    if (Depth(open_.text) <= 0 && open_.text.find('(') != std::string::npos) Close();
  }

  void End() {
    if (!open_.text.empty()) {
      throw BuildError(file_, open_.line,
                       fmt::format("WPP configuration: '{}' is not closed", open_.text));
    }
    for (const Statement& affix : affixes_) ParseStatement(affix, file_, config_);
    affixes_.clear();
  }

 private:
  void Close() {
    // A prefix or suffix may stand before the FUNC that it is for.
    if (IsKeyword(open_.text, "USEPREFIX") || IsKeyword(open_.text, "USESUFFIX"))
      affixes_.push_back(open_);
    else
      ParseStatement(open_, file_, config_);
    open_.text.clear();
  }

  const std::string& file_;
  WppConfig& config_;
  Statement open_{"", 0};
  std::vector<Statement> affixes_;
};

template <class F>
void ForEachLine(std::string_view text, F&& f) {
  int line = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    f(text.substr(0, end), ++line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

WppFunction* WppConfig::Function(std::string_view name) {
  for (WppFunction& function : functions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

void WppConfig::Check() const {
  if (open.empty()) return;
  throw BuildError(open.front().file, open.front().line, fmt::format("WPP configuration: there is no FUNC {} for '{}'", open.front().function, open.front().statement));
}

void WppConfig::Add(WppFunction function) {
  std::erase_if(open, [&](const Affix& affix) {
    if (affix.function != function.name) return false;
    Apply(affix, function);
    return true;
  });
  if (WppFunction* old = Function(function.name)) {
    // A file may be read twice, once for the scan and once as a header.
    if (function.prefix.empty()) function.prefix = old->prefix, function.prefix_arguments = old->prefix_arguments;
    if (function.suffix.empty()) function.suffix = old->suffix, function.suffix_arguments = old->suffix_arguments;
    *old = std::move(function);
  } else {
    functions.push_back(std::move(function));
  }
}

void WppConfig::Add(WppType type) {
  for (WppType& old : types) {
    if (old.name != type.name) continue;
    old = std::move(type);
    return;
  }
  types.push_back(std::move(type));
}

WppConfig DefaultWppConfig() {
  WppConfig config;
  config.Add(ParseWppFunction("FUNC DoTraceMessage(LEVEL, MSG, ...)", "", 0));
  return config;
}

WppFunction ParseWppFunction(std::string_view text, const std::string& file, int line) {
  const std::string whole(Trim(text));
  text = whole;
  if (IsKeyword(text, "FUNC")) text = Trim(text.substr(4));
  WppFunction function;
  const size_t end = std::min(text.find_first_of(" \t({"), text.size());
  function.name = text.substr(0, end);
  text.remove_prefix(end);
  if (!IsIdentifier(function.name)) {
    throw BuildError(file, line, fmt::format("WPP configuration: '{}' names no function", whole));
  }
  std::string_view inside;
  if (TakeGroup(text, '{', '}', inside)) {
    for (const std::string& constant : SplitArguments(inside)) {
      const size_t equals = constant.find('=');
      if (equals == std::string::npos) {
        throw BuildError(
            file, line,
            fmt::format("WPP configuration: '{}' in '{}' has no value", constant, whole));
      }
      function.constants.emplace_back(Trim(constant.substr(0, equals)),
                                      Trim(constant.substr(equals + 1)));
    }
  }
  if (!TakeGroup(text, '(', ')', inside)) {
    throw BuildError(
        file, line, fmt::format("WPP configuration: '{}' has no parameters in parentheses", whole));
  }
  function.parameters = ParseParameters(inside, file, line);
  return function;
}

// #define WPP_..._ENABLED(...), its lines joined.
static void ReadConditions(std::string_view text, WppConfig& config) {
  std::string joined;
  ForEachLine(StripComments(text), [&](std::string_view line, int) {
    line = Trim(line);
    const bool more = line.ends_with('\\');
    if (more) line.remove_suffix(1);
    joined += line;
    joined += ' ';
    if (more) return;
    std::string_view whole = Trim(joined);
    if (whole.starts_with('#')) {
      whole = Trim(whole.substr(1));
      if (IsKeyword(whole, "define")) {
        whole = Trim(whole.substr(6));
        const std::string name(whole.substr(0, std::min(whole.find_first_of("( \t"), whole.size())));
        if (name == "WPP_LEVEL_ENABLED") config.own_level_enabled = true;
        if (name.starts_with("WPP_LEVEL_") && name.ends_with("_ENABLED")) config.own_conditions[name] = whole.substr(name.size());
      }
    }
    joined.clear();
  });
}

void ReadWppBlocks(std::string_view text, const std::string& file, WppConfig& config) {
  if (text.find("WPP_LEVEL_") != std::string_view::npos) ReadConditions(text, config);
  if (text.find("begin_wpp") == std::string_view::npos) return;
  StatementReader reader(file, config);
  bool inside = false;
  ForEachLine(text, [&](std::string_view line, int number) {
    line = Trim(line);
    // Every line of a block carries a comment mark, or the block stands in one comment.
    while (line.starts_with('/') || line.starts_with('*')) line = Trim(line.substr(1));
    // The marks stand at the start of a line; a text that speaks of them opens nothing.
    if (line.starts_with("begin_wpp")) {
      inside = Trim(line.substr(9)).starts_with("config");
    } else if (line.starts_with("end_wpp")) {
      if (inside) reader.End();
      inside = false;
    } else if (inside) {
      if (line.ends_with("*/")) line.remove_suffix(2);
      reader.Line(line, number);
    }
  });
  reader.End();
}

void ReadWppIni(std::string_view text, const std::string& file, WppConfig& config) {
  StatementReader reader(file, config);
  ForEachLine(StripComments(text),
              [&](std::string_view line, int number) { reader.Line(line, number); });
  reader.End();
}

void FindWppEnums(std::string_view text, WppConfig& config) {
  std::string clean;
  for (WppType& type : config.types) {
    if (type.enumeration.empty() || !type.words.empty()) continue;
    const std::string tag = type.enumeration.substr(type.enumeration.rfind(':') + 1);
    if (text.find(tag) == std::string_view::npos) continue;
    if (clean.empty()) clean = StripComments(text);
    // "enum [class] TAG [: type] { ... }" or "typedef enum [...] { ... } TAG"
    for (size_t at = clean.find("enum"); at != std::string::npos; at = clean.find("enum", at + 4)) {
      const size_t open = clean.find('{', at), semicolon = clean.find(';', at);
      if (open == std::string::npos) break;
      if (semicolon < open) continue;
      const size_t close = clean.find('}', open);
      if (close == std::string::npos) break;
      const size_t end = std::min(clean.find(';', close), clean.size());
      bool named = false;
      for (const std::string& part :
           {clean.substr(at + 4, open - at - 4), clean.substr(close + 1, end - close - 1)}) {
        std::string words = part;
        for (char& c : words) {
          if (!IsIdentifier(std::string_view(&c, 1)) && !(c >= '0' && c <= '9')) c = ' ';
        }
        for (const std::string& word : SplitTrimmed(words, ' ')) named = named || word == tag;
      }
      if (!named) continue;
      long long next = 0;
      std::vector<std::pair<long long, std::string>> words;
      bool plain = true;
      for (const std::string& entry :
           SplitArguments(std::string_view(clean).substr(open + 1, close - open - 1))) {
        if (entry.empty()) continue;
        const size_t equals = entry.find('=');
        const std::string word(Trim(entry.substr(0, equals)));
        if (equals != std::string::npos) {
          const std::string value(Trim(entry.substr(equals + 1)));
          const auto known = std::find_if(words.begin(), words.end(),
                                          [&](const auto& w) { return w.second == value; });
          if (known != words.end()) {
            next = known->first;
          } else {
            plain = plain && ParseNumber(value, next);
          }
        }
        plain = plain && IsIdentifier(word);
        words.emplace_back(next, word);
        next = After(next);
      }
      if (plain) type.words = std::move(words);
      break;
    }
  }
}

}  // namespace drydock::tools
