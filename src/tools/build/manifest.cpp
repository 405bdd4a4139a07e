#include "tools/build/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <pugixml.hpp>

#include "tools/build/diagnostics.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

// Elements may carry a name space prefix.
bool Is(const pugi::xml_node& node, std::string_view name) {
  std::string_view have = node.name();
  if (const size_t colon = have.find(':'); colon != std::string_view::npos) have.remove_prefix(colon + 1);
  return have == name;
}

// Those below `top`, in the order of the file. By steps, not by calls: elements may be nested as deep as somebody likes.
void Collect(const pugi::xml_node& top, std::string_view name, std::vector<pugi::xml_node>& out) {
  for (pugi::xml_node node = top.first_child(); node;) {
    if (Is(node, name)) out.push_back(node);
    pugi::xml_node next = node.first_child();
    while (!next && node && node != top) {
      next = node.next_sibling();
      if (!next) node = node.parent();
    }
    node = next;
  }
}

std::string Symbol(std::string text) {
  for (char& c : text)
    if (!IsIdentifier(std::string("_") + c)) c = '_';
  return text;
}

struct Known {
  const char* name;
  uint64_t value;
};
// What winmeta.xml defines for every manifest.
constexpr Known kLevels[] = {{"win:LogAlways", 0}, {"win:Critical", 1}, {"win:Error", 2}, {"win:Warning", 3}, {"win:Informational", 4}, {"win:Verbose", 5}};
constexpr Known kOpcodes[] = {{"win:Info", 0},      {"win:Start", 1}, {"win:Stop", 2},   {"win:DC_Start", 3}, {"win:DC_Stop", 4}, {"win:DCStart", 3}, {"win:DCStop", 4},
                              {"win:Extension", 5}, {"win:Reply", 6}, {"win:Resume", 7}, {"win:Suspend", 8},  {"win:Send", 9},    {"win:Receive", 240}};
constexpr Known kKeywords[] = {{"win:AnyKeyword", 0},        {"win:ResponseTime", 1ull << 48}, {"win:WDIContext", 1ull << 49},      {"win:WDIDiag", 1ull << 50},
                               {"win:SQM", 1ull << 51},      {"win:AuditFailure", 1ull << 52}, {"win:AuditSuccess", 1ull << 53},
                               {"win:CorrelationHint", 1ull << 52}, {"win:EventlogClassic", 1ull << 55}};
constexpr Known kChannels[] = {{"TraceClassic", 0}, {"System", 8}, {"Application", 9}, {"Security", 10}, {"TraceLogging", 11}, {"ProviderMetadata", 12}};

template <size_t N>
const Known* Find(const Known (&known)[N], std::string_view name) {
  for (const Known& one : known)
    if (name == one.name) return &one;
  return nullptr;
}

class Reader {
 public:
  Reader(const std::string& text, const std::string& file) : text_(text), file_(file) {}

  std::vector<ManifestProvider> Read() {
    pugi::xml_document document;
    const auto result = document.load_buffer(text_.data(), text_.size(), pugi::parse_default, pugi::encoding_auto);
    if (!result) Fail(static_cast<size_t>(result.offset), fmt::format("this is no well-formed XML: {}", result.description()));
    Strings(document);
    std::vector<pugi::xml_node> nodes;
    Collect(document, "provider", nodes);
    if (nodes.empty()) throw BuildError(file_, 1, "manifest: there is no event provider");
    std::vector<ManifestProvider> providers;
    for (const auto& node : nodes) providers.push_back(Provider(node));
    return providers;
  }

 private:
  [[noreturn]] void Fail(size_t offset, const std::string& words) const {
    const auto end = text_.begin() + static_cast<long>(std::min(offset, text_.size()));
    throw BuildError(file_, 1 + static_cast<int>(std::count(text_.begin(), end, '\n')), words);
  }
  [[noreturn]] void Fail(const pugi::xml_node& node, const std::string& words) const {
    Fail(node.offset_debug() < 0 ? 0 : static_cast<size_t>(node.offset_debug()), "manifest: " + words);
  }

  // The strings of the English resources, or else of the first there are.
  void Strings(const pugi::xml_document& document) {
    std::vector<pugi::xml_node> resources;
    Collect(document, "resources", resources);
    std::stable_sort(resources.begin(), resources.end(), [](const auto& a, const auto& b) {
      return std::string_view(a.attribute("culture").value()).starts_with("en") > std::string_view(b.attribute("culture").value()).starts_with("en");
    });
    for (const auto& resource : resources) {
      std::vector<pugi::xml_node> strings;
      Collect(resource, "string", strings);
      for (const auto& one : strings) strings_.emplace(one.attribute("id").value(), one.attribute("value").value());
    }
  }

  // $(string.ID) stands for a text of the string table.
  std::string Text(const pugi::xml_node& node, const std::string& attribute) const {
    const std::string value = node.attribute(attribute.c_str()).value();
    if (!value.starts_with("$(string.") || !value.ends_with(")")) return value;
    const auto at = strings_.find(value.substr(9, value.size() - 10));
    if (at == strings_.end()) Fail(node, fmt::format("there is no string {}", value));
    return at->second;
  }

  uint64_t Number(const pugi::xml_node& node, const char* attribute, uint64_t fallback) const {
    const char* value = node.attribute(attribute).value();
    if (*value == 0) return fallback;
    char* end = nullptr;
    const uint64_t number = std::strtoull(value, &end, 0);
    if (*end != 0) Fail(node, fmt::format("{}=\"{}\" is no number", attribute, value));
    return number;
  }

  ManifestProvider Provider(const pugi::xml_node& node) const {
    ManifestProvider provider;
    provider.name = node.attribute("name").value();
    provider.identifier = Symbol(provider.name);
    if (provider.name.empty()) Fail(node, "a provider has no name");
    provider.symbol = Symbol(node.attribute("symbol").value());
    provider.guid = node.attribute("guid").value();
    std::erase_if(provider.guid, [](char c) { return c == '{' || c == '}' || c == '-'; });
    if (provider.guid.size() != 32 || provider.guid.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
      Fail(node, fmt::format("the guid of provider {} is no GUID", provider.name));
    std::map<std::string, uint64_t> channel_bits;
    Channels(node, provider, channel_bits);
    for (const auto& [element, list, first] : {std::tuple("level", &provider.levels, 16), std::tuple("opcode", &provider.opcodes, 10),
                                               std::tuple("task", &provider.tasks, 1)}) {
      std::vector<pugi::xml_node> nodes;
      Collect(node, element, nodes);
      uint64_t next = static_cast<uint64_t>(first);
      for (const auto& one : nodes) {
        const uint64_t value = Number(one, "value", next);
        next = value + 1;
        list->push_back({value, one.attribute("name").value(), Symbol(one.attribute("symbol").value())});
      }
    }
    std::vector<pugi::xml_node> nodes;
    Collect(node, "keyword", nodes);
    for (const auto& one : nodes)
      provider.keywords.push_back({Number(one, "mask", 0), one.attribute("name").value(), Symbol(one.attribute("symbol").value())});
    Maps(node, provider);
    nodes.clear();
    Collect(node, "template", nodes);
    for (const auto& one : nodes) provider.layouts[one.attribute("tid").value()] = Fields(one);
    nodes.clear();
    Collect(node, "event", nodes);
    for (const auto& one : nodes) provider.events.push_back(Event(one, provider, channel_bits));
    return provider;
  }

  // Each channel has a keyword bit of its own, from the highest down.
  void Channels(const pugi::xml_node& provider_node, ManifestProvider& provider, std::map<std::string, uint64_t>& bits) const {
    uint64_t next = 16, bit = 1ull << 63;
    for (const auto& node : provider_node.children()) {
      if (!Is(node, "channels")) continue;
      for (const auto& one : node.children()) {
        if (!Is(one, "channel") && !Is(one, "importChannel")) continue;
        const std::string name = one.attribute("name").value(), id = one.attribute("chid").value();
        const Known* known = Find(kChannels, name);
        uint64_t value = known ? known->value : Number(one, "value", next);
        if (!known) next = value + 1;
        provider.channels.push_back({value, name, Symbol(one.attribute("symbol").value())});
        for (const std::string& key : {name, id}) {
          if (!key.empty()) bits[key] = bit;
          if (!key.empty()) channel_values_[key] = value;
        }
        bit >>= 1;
      }
    }
  }

  void Maps(const pugi::xml_node& node, ManifestProvider& provider) const {
    for (const char* kind : {"valueMap", "bitMap"}) {
      std::vector<pugi::xml_node> maps;
      Collect(node, kind, maps);
      for (const auto& one : maps) {
        ManifestMap map{one.attribute("name").value(), std::string_view(kind) == "bitMap", {}};
        for (const auto& entry : one.children())
          if (Is(entry, "map")) map.words.emplace_back(Number(entry, "value", 0), Text(entry, "message"));
        provider.maps.push_back(std::move(map));
      }
    }
  }

  std::vector<ManifestField> Fields(const pugi::xml_node& node, int depth = 0) const {
    std::vector<ManifestField> fields;
    if (depth > 1) Fail(node, "a struct within a struct is more than Windows knows");
    for (const auto& child : node.children()) {
      const bool structure = Is(child, "struct");
      if (!structure && !Is(child, "data")) continue;
      ManifestField field;
      field.name = child.attribute("name").value();
      field.count = child.attribute("count").value();
      if (structure) {
        field.members = Fields(child, depth + 1);
      } else {
        field.in = child.attribute("inType").value();
        field.out = child.attribute("outType").value();
        field.map = child.attribute("map").value();
        field.length = child.attribute("length").value();
        if (field.in.empty()) Fail(child, fmt::format("the field {} has no inType", field.name));
      }
      for (const std::string& by : {field.count, field.length}) {
        const bool known = by.empty() || (by[0] >= '0' && by[0] <= '9') ||
                           std::any_of(fields.begin(), fields.end(), [&](const ManifestField& before) { return before.name == by; });
        if (!known) Fail(child, fmt::format("the field {} is as long as {}, which does not stand before it", field.name, by));
      }
      fields.push_back(std::move(field));
    }
    return fields;
  }

  template <size_t N>
  uint64_t Value(const pugi::xml_node& node, const char* attribute, const std::vector<ManifestName>& own, const Known (&known)[N]) const {
    const std::string name = node.attribute(attribute).value();
    if (name.empty()) return 0;
    for (const ManifestName& one : own)
      if (one.name == name) return one.value;
    if (const Known* one = Find(known, name)) return one->value;
    if (name[0] >= '0' && name[0] <= '9') return Number(node, attribute, 0);
    Fail(node, fmt::format("there is no {} {}", attribute, name));
  }

  ManifestEvent Event(const pugi::xml_node& node, const ManifestProvider& provider, const std::map<std::string, uint64_t>& bits) const {
    static constexpr Known kNoTasks[] = {{"win:None", 0}};
    ManifestEvent event;
    event.id = Number(node, "value", 0);
    event.version = Number(node, "version", 0);
    event.symbol = Symbol(node.attribute("symbol").value());
    if (event.symbol.empty()) event.symbol = fmt::format("{}_{}", provider.identifier, event.id);
    event.level = Value(node, "level", provider.levels, kLevels);
    event.opcode = Value(node, "opcode", provider.opcodes, kOpcodes);
    event.task = Value(node, "task", provider.tasks, kNoTasks);
    const std::string channel = node.attribute("channel").value();
    if (!channel.empty()) {
      if (const auto at = bits.find(channel); at != bits.end()) {
        event.keywords |= at->second;
        event.channel = channel_values_.at(channel);
      } else if (const Known* known = Find(kChannels, channel)) {
        event.channel = known->value;
      } else {
        Fail(node, fmt::format("there is no channel {}", channel));
      }
    }
    for (const std::string& word : SplitTrimmed(ReplaceAll(node.attribute("keywords").value(), "\n", " "), ' ')) {
      const auto at = std::find_if(provider.keywords.begin(), provider.keywords.end(), [&](const ManifestName& one) { return one.name == word; });
      if (at != provider.keywords.end()) event.keywords |= at->value;
      else if (const Known* known = Find(kKeywords, word)) event.keywords |= known->value;
      else Fail(node, fmt::format("there is no keyword {}", word));
    }
    event.layout = node.attribute("template").value();
    if (!event.layout.empty() && !provider.layouts.count(event.layout)) Fail(node, fmt::format("there is no template {}", event.layout));
    event.message = Text(node, "message");
    return event;
  }

  const std::string& text_;
  const std::string& file_;
  std::map<std::string, std::string> strings_;
  mutable std::map<std::string, uint64_t> channel_values_;
};

std::string Line(std::initializer_list<std::string> parts) {
  std::string line;
  for (const std::string& part : parts) {
    if (!line.empty()) line += '\t';
    for (const char c : part) {
      if (c == '\\') line += "\\\\";
      else if (c == '\t') line += "\\t";
      else if (c == '\n') line += "\\n";
      else if (c != '\r') line += c;
    }
  }
  return line + "\n";
}

std::string FieldLines(const std::vector<ManifestField>& fields) {
  std::string text;
  for (const ManifestField& field : fields) {
    if (field.members.empty()) text += Line({"field", field.name, field.in, field.out, field.map, field.count, field.length});
    else text += Line({"struct", field.name, field.count, std::to_string(field.members.size())}) + FieldLines(field.members);
  }
  return text;
}

}  // namespace

std::vector<ManifestProvider> ReadManifest(const std::string& text, const std::string& file) { return Reader(text, file).Read(); }

std::string ManifestResourceText(const std::vector<ManifestProvider>& providers) {
  std::string text;
  for (const ManifestProvider& provider : providers) {
    text += Line({"provider", provider.guid, provider.name});
    for (const auto& [kind, list] : {std::pair("channel", &provider.channels), std::pair("level", &provider.levels), std::pair("opcode", &provider.opcodes),
                                     std::pair("task", &provider.tasks), std::pair("keyword", &provider.keywords)})
      for (const ManifestName& one : *list) text += Line({kind, std::to_string(one.value), one.name});
    for (const ManifestMap& map : provider.maps) {
      text += Line({"map", map.name, map.bits ? "bits" : "values"});
      for (const auto& [value, word] : map.words) text += Line({"word", std::to_string(value), word});
    }
    for (const auto& [id, fields] : provider.layouts) text += Line({"template", id}) + FieldLines(fields);
    for (const ManifestEvent& event : provider.events) {
      text += Line({"event", std::to_string(event.id), std::to_string(event.version), event.symbol, event.layout, event.message});
    }
  }
  return text;
}

std::string ManifestResourceSource(std::string_view text) {
  std::string lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines += fmt::format("\n    \"{}\"", EscapeC(text.substr(at, end - at)));
    at = end;
  }
  return fmt::format(
      "/* The events of this driver; read by a machine that loads it. */\n"
      "__attribute__((section(\".drydock.etw\"), used, visibility(\"default\"))) const char DrydockEventManifest[] ={};\n",
      lines.empty() ? " \"\"" : lines);
}

}  // namespace drydock::tools
