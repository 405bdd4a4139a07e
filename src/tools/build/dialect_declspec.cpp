#include "tools/build/dialect_declspec.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

namespace drydock::tools {
namespace {

constexpr size_t kNone = TokenList::kNone;

struct Spec {
  std::string word, arguments;  // arguments with their parentheses
};

// What a word becomes that GNU does not have. An empty text: nothing here stands for it. @: its arguments.
const std::map<std::string, std::string, std::less<>>& Meanings() {
  static const std::map<std::string, std::string, std::less<>> meanings = {
      {"align", "aligned@"},      {"selectany", "weak, visibility(\"hidden\")"}, {"dllexport", "visibility(\"default\")"},
      {"dllimport", ""},          {"allocate", ""},                              {"code_seg", ""},
      {"novtable", ""},           {"noalias", ""},
      {"restrict", ""},           {"empty_bases", ""},                           {"safebuffers", ""},
      {"guard", ""},              {"spectre", ""},                               {"hybrid_patchable", ""},
      {"allocator", ""},          {"nonlazybind", ""},                           {"intrin_type", ""}};
  return meanings;
}

constexpr std::string_view kMacro = "DRYDOCK_DECLSPEC_";  // a word that the SDK's macro has no meaning for
constexpr std::string_view kUuid = "\"drydock_uuid:\"";

// The text between the quotes of annotate("drydock_uuid:" "..."), or of uuid("...").
std::string UuidOf(const Spec& spec) {
  const size_t from = spec.word == "annotate" ? spec.arguments.find(kUuid) : spec.word == "uuid" ? 0 : std::string::npos;
  if (from == std::string::npos) return {};
  const size_t open = spec.arguments.find('"', spec.word == "annotate" ? from + kUuid.size() : 0);
  const size_t close = open == std::string::npos ? open : spec.arguments.find('"', open + 1);
  return close == std::string::npos ? std::string() : spec.arguments.substr(open, close + 1 - open);
}

}  // namespace

bool SaysManyDeclspecs(std::string_view source) {
  constexpr std::string_view kWord = "declspec";
  for (size_t at = FindWord(source, "__declspec"), other = FindWord(source, "_declspec"); at != std::string_view::npos || other != std::string_view::npos;) {
    size_t& next = at < other ? at : other;
    const std::string_view word = at < other ? "__declspec" : "_declspec";
    size_t k = next + word.size();
    next = FindWord(source, word, next + kWord.size());
    while (k < source.size() && std::isspace(static_cast<unsigned char>(source[k])) != 0) ++k;
    if (k >= source.size() || source[k] != '(') continue;
    int depth = 0;
    bool ended = false;  // a word of it
    std::string first;
    for (; k < source.size(); ++k) {
      const char c = source[k];
      const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
      if (c == ')' && --depth == 0) break;
      if (depth == 1 && letter && ended) return true;
      if (depth == 1 && letter) first += c;
      if (depth == 1 && !letter && !first.empty()) ended = true;
      if (c == '(') ++depth;
    }
    if (first == "property") return true;
  }
  return false;
}

std::optional<AttributeText> ReadAttribute(const TokenList& tokens, size_t i, bool native_uuid) {
  const size_t outer = tokens.Next(i), inner = tokens.Is(outer, "(") ? tokens.Next(outer) : kNone;
  if (!tokens.Is(inner, "(")) return std::nullopt;
  const size_t end = tokens.Closing(inner), last = tokens.Closing(outer);
  if (end == kNone || last == kNone || tokens.Next(end) != last) return std::nullopt;
  AttributeText result;
  result.last = last;
  std::vector<Spec> specs;
  std::string lines;  // markers, each on a line of its own, and line ends
  const auto keep = [&lines](const Token& token) {
    if (token.kind == TokenKind::kDirective) {
      if (!lines.ends_with('\n')) lines += '\n';
      lines += token.text;
    } else {
      lines.append(static_cast<size_t>(std::count(token.text.begin(), token.text.end(), '\n')), '\n');
    }
  };
  bool comma = true;
  for (size_t k = inner + 1; k < end; ++k) {
    const Token& token = tokens[k];
    if (Silent(token)) {
      keep(token);
    } else if (token.text == ",") {
      comma = true;
    } else if (token.kind == TokenKind::kWord) {
      result.changed |= !comma;
      comma = false;
      specs.push_back({std::string(token.text), {}});
      if (const size_t open = tokens.Next(k); tokens.Is(open, "(") && open < end) {
        const size_t close = tokens.Closing(open);
        if (close == kNone) return std::nullopt;
        for (size_t a = open; a <= close; ++a) {
          if (!Silent(tokens[a])) specs.back().arguments += tokens[a].text;
          else if (keep(tokens[a]); !specs.back().arguments.ends_with(' ')) specs.back().arguments += ' ';
        }
        k = close;
      }
    } else {
      return std::nullopt;
    }
  }
  if (!lines.empty() && !lines.ends_with('\n')) lines += '\n';
  std::string list, native, after;
  const auto add = [&list](const std::string& text) { list += (list.empty() || text.empty() ? "" : ", ") + text; };
  for (Spec& spec : specs) {
    if (spec.word.starts_with(kMacro) && spec.word.size() > kMacro.size()) spec.word.erase(0, kMacro.size()), result.changed = true;
    const auto meaning = Meanings().find(spec.word);
    if (const std::string uuid = UuidOf(spec); !uuid.empty()) {
      result.uuid = uuid;
      result.changed |= native_uuid || spec.word == "uuid";
      if (native_uuid) native += " __declspec(uuid(" + uuid + "))";
      else add("annotate(" + std::string(kUuid) + " " + uuid + ")");
    } else if (spec.word == "property") {
      native += " __declspec(property" + spec.arguments + ")";
    } else if (spec.word == "thread" && spec.arguments.empty()) {
      after += " __thread";
      result.changed = true;
    } else if (meaning != Meanings().end()) {
      result.changed = true;
      std::string text = meaning->second;
      if (const size_t at = text.find('@'); at != std::string::npos) text.replace(at, 1, spec.arguments);
      add(text);
    } else {
      add(spec.word + spec.arguments);
    }
  }
  result.text = (list.empty() ? "" : "__attribute__((" + list + "))") + native + after + lines;
  return result;
}

}  // namespace drydock::tools
