#include "tools/build/mof_resource.h"

#include <fmt/format.h>

#include "tools/build/include_scan.h"
#include "tools/build/mof.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

std::string TypeText(const MofMember& member) {
  if (member.count == MofMember::kNoArray) return member.type;
  return member.count == MofMember::kVariable ? member.type + "[]" : fmt::format("{}[{}]", member.type, member.count);
}

// Events derive from WMIEvent, or from a class that does.
bool IsEvent(const MofClass& one, const std::vector<MofClass>& classes) {
  std::string base = one.base;
  for (size_t depth = 0; depth <= classes.size() && !base.empty(); ++depth) {
    if (EqualsNoCase(base, "WMIEvent")) return true;
    std::string next;
    for (const MofClass& other : classes)
      if (EqualsNoCase(other.name, base)) next = other.base;
    base = next;
  }
  return false;
}

}  // namespace

std::string MofResourceText(const std::string& resource, std::string_view mof, const std::string& file) {
  std::string text = fmt::format("resource {}\n", resource);
  const std::vector<MofClass> classes = ParseMof(mof, file);
  for (const MofClass& one : classes) {
    const std::string guid = GuidOf(one, file);
    if (guid.empty()) continue;
    text += fmt::format("class {} {}{}\n", one.name, guid, IsEvent(one, classes) ? " event" : "");
    for (const MofDataItem& item : DataItemsOf(one, classes))
      text += fmt::format("item {} {} {}\n", item.id, TypeText(*item.member), item.member->name);
    for (const MofMember& member : one.members)
      if (const auto id = member.qualifiers.Number("WmiMethodId"); member.method && id) text += fmt::format("method {} {}\n", *id, member.name);
  }
  return text;
}

std::string MofResourceSource(std::string_view text) {
  std::string lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines += fmt::format("\n    \"{}\"", EscapeC(text.substr(at, end - at)));
    at = end;
  }
  return fmt::format(
      "/* The WMI classes of this driver; read by a machine that loads it. */\n"
      "__attribute__((section(\".drydock.mof\"), used, visibility(\"default\"))) const char DrydockMofResources[] ={};\n",
      lines.empty() ? " \"\"" : lines);
}

std::vector<std::pair<std::string, std::string>> MofResourcesOfScript(std::string_view script) {
  // NAME MOFDATA [attributes] FILE, on a line of its own.
  std::vector<std::pair<std::string, std::string>> found;
  const std::string text = StripComments(script);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::vector<std::string> words;
    std::string word;
    bool quoted = false;
    for (const char c : std::string_view(text).substr(at, end - at)) {
      if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == ' ' || c == '\t' || c == '\r')) {
        if (!word.empty()) words.push_back(std::move(word));
        word.clear();
      } else {
        word += c;
      }
    }
    if (!word.empty()) words.push_back(std::move(word));
    at = end + 1;
    if (words.size() >= 3 && EqualsNoCase(words[1], "MOFDATA")) found.emplace_back(words[0], words.back());
  }
  return found;
}

}  // namespace drydock::tools
