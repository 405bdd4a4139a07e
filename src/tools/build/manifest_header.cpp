#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <pugixml.hpp>

#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

// Elements may carry a name space prefix.
bool Is(const pugi::xml_node& node, std::string_view name) {
  std::string_view have = node.name();
  if (const size_t colon = have.find(':'); colon != std::string_view::npos)
    have.remove_prefix(colon + 1);
  return have == name;
}

void Collect(const pugi::xml_node& node, std::string_view name, std::vector<pugi::xml_node>& out) {
  for (const auto& child : node.children()) {
    if (Is(child, name)) out.push_back(child);
    Collect(child, name, out);
  }
}

std::string Symbol(std::string text) {
  for (char& c : text) {
    if (!IsIdentifier(std::string("_") + c)) c = '_';
  }
  return text;
}

// How the debug log shows one field: NT's printf, or WPP's names.
std::string Field(const pugi::xml_node& data) {
  const std::string in = data.attribute("inType").value(), out = data.attribute("outType").value();
  const bool hex = out.find("Hex") != std::string::npos;
  if (data.attribute("length") || data.attribute("count"))
    return in == "win:UnicodeString" ? "%S" : "%p";
  if (in == "win:UnicodeString") return "%S";
  if (in == "win:AnsiString") return "%s";
  if (out == "win:NTSTATUS" || out == "win:ErrorCode") return "%!STATUS!";
  if (in == "win:Boolean") return "%!bool!";
  if (in == "win:Int8" || in == "win:Int16" || in == "win:Int32") return hex ? "0x%x" : "%d";
  if (in == "win:UInt8" || in == "win:UInt16" || in == "win:UInt32") return hex ? "0x%x" : "%u";
  if (in == "win:HexInt32") return "0x%x";
  if (in == "win:Int64") return hex ? "0x%I64x" : "%I64d";
  if (in == "win:UInt64") return hex ? "0x%I64x" : "%I64u";
  if (in == "win:HexInt64") return "0x%I64x";
  if (in == "win:Float" || in == "win:Double") return "%f";
  if (in == "win:GUID") return "%!GUID!";
  return "%p";  // pointers, and what is passed by one
}

class ProviderWriter {
 public:
  ProviderWriter(const pugi::xml_node& provider, const std::string& file,
                 const ManifestMacros& macros)
      : provider_(provider),
        file_(file),
        macros_(macros),
        name_(Symbol(provider.attribute("name").value())) {
    if (name_.empty()) throw BuildError(file, 1, "manifest: a provider has no name");
  }

  std::string Write() {
    text_ += fmt::format("/* Provider {} */\n", provider_.attribute("name").value());
    Guid();
    Constants("channel", channels_, 16);
    Constants("level", levels_, 16);
    Constants("opcode", opcodes_, 10);
    Constants("task", tasks_, 1);
    Keywords();
    const std::string on = "DrydockEventsOn_" + name_;
    text_ += fmt::format(
        "#ifdef __cplusplus\nextern \"C\" {{\n#endif\nextern int {0} __attribute__((weak, "
        "visibility(\"hidden\")));\nint {0} = 0;\n"
        "#ifdef __cplusplus\n}}\n#endif\n#define EventRegister{1}() ({0} = 1, (ULONG)0)\n"
        "#define EventUnregister{1}() ({0} = 0, (ULONG)0)\n\n",
        on, name_);
    std::vector<pugi::xml_node> events;
    Collect(provider_, "event", events);
    for (const auto& event : events) Event(event, on);
    return std::move(text_);
  }

 private:
  using Values = std::map<std::string, unsigned long long>;

  void Guid() {
    std::string guid = provider_.attribute("guid").value();
    std::erase_if(guid, [](char c) { return c == '{' || c == '}' || c == '-'; });
    if (guid.size() != 32 ||
        guid.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      throw BuildError(file_, 1,
                       fmt::format("manifest: the guid of provider {} is no GUID", name_));
    }
    std::string bytes;
    for (size_t i = 16; i < 32; i += 2) bytes += (i == 16 ? "0x" : ", 0x") + guid.substr(i, 2);
    const std::string symbol = Symbol(provider_.attribute("symbol").value());
    text_ += fmt::format(
        "static const GUID {} __attribute__((unused)) =\n    {{ 0x{}, 0x{}, 0x{}, {{ {} }} }};\n",
        symbol.empty() ? name_ : symbol, guid.substr(0, 8), guid.substr(8, 4), guid.substr(12, 4),
        bytes);
  }

  static unsigned long long Number(const pugi::xml_node& node, const char* attribute,
                                   unsigned long long fallback) {
    const char* value = node.attribute(attribute).value();
    return *value != 0 ? std::strtoull(value, nullptr, 0) : fallback;
  }

  void Constants(const char* element, Values& values, unsigned long long next) {
    std::vector<pugi::xml_node> nodes;
    Collect(provider_, element, nodes);
    for (const auto& node : nodes) {
      const unsigned long long value = Number(node, "value", next);
      next = value + 1;
      for (const char* key : {"name", "chid"}) {
        if (node.attribute(key)) values[node.attribute(key).value()] = value;
      }
      const std::string symbol = Symbol(node.attribute("symbol").value());
      if (!symbol.empty()) text_ += fmt::format("#define {} 0x{:x}\n", symbol, value);
    }
  }

  void Keywords() {
    std::vector<pugi::xml_node> nodes;
    Collect(provider_, "keyword", nodes);
    for (const auto& node : nodes) {
      const unsigned long long mask = Number(node, "mask", 0);
      keywords_[node.attribute("name").value()] = mask;
      const std::string symbol = Symbol(node.attribute("symbol").value());
      if (!symbol.empty()) text_ += fmt::format("#define {} 0x{:x}\n", symbol, mask);
    }
    text_ += "\n";
  }

  unsigned long long Value(const Values& own, const pugi::xml_node& event, const char* attribute,
                           std::initializer_list<std::pair<const char*, int>> known) const {
    const std::string name = event.attribute(attribute).value();
    for (const auto& [word, value] : known) {
      if (name == word) return static_cast<unsigned long long>(value);
    }
    const auto at = own.find(name);
    return at == own.end() ? 0 : at->second;
  }

  void Event(const pugi::xml_node& event, const std::string& on) {
    const unsigned long long id = Number(event, "value", 0);
    std::string symbol = Symbol(event.attribute("symbol").value());
    if (symbol.empty()) symbol = fmt::format("{}_{}", name_, id);
    const auto level = Value(levels_, event, "level",
                             {{"win:LogAlways", 0},
                              {"win:Critical", 1},
                              {"win:Error", 2},
                              {"win:Warning", 3},
                              {"win:Informational", 4},
                              {"win:Verbose", 5}});
    const auto opcode = Value(opcodes_, event, "opcode",
                              {{"win:Info", 0},
                               {"win:Start", 1},
                               {"win:Stop", 2},
                               {"win:DC_Start", 3},
                               {"win:DC_Stop", 4},
                               {"win:Extension", 5},
                               {"win:Reply", 6},
                               {"win:Resume", 7},
                               {"win:Suspend", 8},
                               {"win:Send", 9}});
    unsigned long long keywords = 0;
    for (const std::string& name : SplitTrimmed(event.attribute("keywords").value(), ' ')) {
      const auto at = keywords_.find(name);
      if (at != keywords_.end()) keywords |= at->second;
    }
    text_ += fmt::format(
        "static const EVENT_DESCRIPTOR {} __attribute__((unused)) = {{ {}, {}, {}, {}, {}, {}, "
        "0x{:x} }};\n"
        "#define {}_value 0x{:x}\n",
        symbol, id, Number(event, "version", 0), Value(channels_, event, "channel", {}), level,
        opcode, Value(tasks_, event, "task", {}), keywords, symbol, id);
    text_ += fmt::format("#define EventEnabled{}() ({} != 0)\n", symbol, on);
    if (!macros_.kernel && !macros_.user) return;

    std::string parameters = macros_.kernel ? "Activity" : "";
    std::string format = symbol, arguments;
    for (const auto& data : Template(event)) {
      const std::string name = Symbol(data.attribute("name").value());
      parameters += (parameters.empty() ? "" : ", ") + name;
      format += fmt::format(" {}={}", name, Field(data));
      arguments += fmt::format(", ({})", name);
    }
    text_ += fmt::format(
        "#define EventWrite{0}({1}) \\\n    ({2}{3} != 0 ? (DrydockWppTrace(\"{4}\", 0x{5:x}, {6}, "
        "__FUNCTION__, __FILE__, __LINE__, \\\n"
        "     \"{7}\"{8}), (ULONG)0) : (ULONG)0)\n",
        symbol, parameters, macros_.kernel ? "(void)(Activity), " : "", on, name_,
        keywords & 0xFFFFFFFF, level, format, arguments);
    text_ += fmt::format("#define EventWrite{0}_AssumeEnabled({1}) EventWrite{0}({1})\n", symbol,
                         parameters);
  }

  std::vector<pugi::xml_node> Template(const pugi::xml_node& event) const {
    const std::string wanted = event.attribute("template").value();
    std::vector<pugi::xml_node> templates, data;
    if (wanted.empty()) return data;
    Collect(provider_, "template", templates);
    for (const auto& one : templates) {
      if (wanted != one.attribute("tid").value()) continue;
      for (const auto& child : one.children()) {
        if (Is(child, "data")) data.push_back(child);
      }
      return data;
    }
    throw BuildError(file_, 1, fmt::format("manifest: there is no template {}", wanted));
  }

  const pugi::xml_node& provider_;
  const std::string& file_;
  const ManifestMacros& macros_;
  std::string name_;
  std::string text_;
  Values channels_, levels_, opcodes_, tasks_, keywords_;
};

}  // namespace

std::string HeaderOfManifest(const std::string& text, const std::string& file,
                             const ManifestMacros& macros) {
  pugi::xml_document document;
  const auto result =
      document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!result) {
    const auto end = text.begin() + static_cast<long>(std::min<size_t>(
                                        static_cast<size_t>(result.offset), text.size()));
    throw BuildError(file, 1 + static_cast<int>(std::count(text.begin(), end, '\n')),
                     fmt::format("this is no well-formed XML: {}", result.description()));
  }
  std::string header =
      "/* Events of a manifest; made by drydock build. */\n#pragma once\n#if "
      "defined(__GNUC__)\n#pragma GCC system_header\n#endif\n"
      "#include <evntprov.h>\n#include <drydock_wpp.h>\n\n";
  std::vector<pugi::xml_node> providers;
  Collect(document, "provider", providers);
  if (providers.empty()) throw BuildError(file, 1, "manifest: there is no event provider");
  for (const auto& provider : providers) header += ProviderWriter(provider, file, macros).Write();
  return header;
}

}  // namespace drydock::tools
