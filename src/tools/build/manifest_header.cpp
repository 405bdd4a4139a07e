// The header of an event manifest: constants, descriptors, and macros whose events go to EtwWriteTransfer with the data that the template says.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tools/build/generated_headers.h"
#include "tools/build/manifest.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

struct CType {
  const char* in;
  const char* type;     // of one value
  unsigned size;        // in the event; 0: passed by address
};
constexpr CType kTypes[] = {
    {"win:Int8", "CHAR", 1},     {"win:UInt8", "UCHAR", 1},        {"win:Int16", "SHORT", 2},       {"win:UInt16", "USHORT", 2},     {"win:Int32", "LONG", 4},
    {"win:UInt32", "ULONG", 4},  {"win:HexInt32", "ULONG", 4},     {"win:Boolean", "LONG", 4},      {"win:Int64", "LONGLONG", 8},    {"win:UInt64", "ULONGLONG", 8},
    {"win:HexInt64", "ULONGLONG", 8}, {"win:Float", "float", 4},   {"win:Double", "double", 8},     {"win:Pointer", "const void*", 8}};

const CType* Find(const std::string& in) {
  for (const CType& type : kTypes)
    if (in == type.in) return &type;
  return nullptr;
}

unsigned AddressedSize(const std::string& in) {
  if (in == "win:GUID" || in == "win:SYSTEMTIME") return 16;
  return in == "win:FILETIME" ? 8 : 0;
}

bool IsNumber(const std::string& text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

std::string Parameter(const std::string& name) {
  std::string symbol = "P_" + name;
  for (char& c : symbol)
    if (!IsIdentifier(std::string("_") + c)) c = '_';
  return symbol;
}

// A count or length in the code of a template: a number, or the parameter that says it.
std::string Quantity(const std::string& text) { return IsNumber(text) ? text : fmt::format("(ULONG){}", Parameter(text)); }

// What a macro of this template takes, and how its data is described.
struct Layout {
  std::vector<std::string> names;        // parameters of the macro
  std::vector<std::string> declarations;
  std::string code;
};

// Bytes of one structure with members of known sizes; 0: not known here.
unsigned StructSize(const ManifestField& field) {
  unsigned size = 0;
  for (const ManifestField& member : field.members) {
    const CType* type = Find(member.in);
    unsigned one = type ? type->size : AddressedSize(member.in);
    if (member.in == "win:UnicodeString" && IsNumber(member.length)) one = 2 * static_cast<unsigned>(std::stoul(member.length));
    if ((member.in == "win:AnsiString" || member.in == "win:Binary") && IsNumber(member.length)) one = static_cast<unsigned>(std::stoul(member.length));
    if (!member.count.empty()) one = IsNumber(member.count) ? one * static_cast<unsigned>(std::stoul(member.count)) : 0;
    if (one == 0) return 0;
    size += one;
  }
  return size;
}

Layout LayoutOf(const std::vector<ManifestField>& fields) {
  Layout layout;
  std::set<std::string> taken;
  auto parameter = [&](const std::string& type, const std::string& name) {
    const std::string symbol = Parameter(name);
    layout.names.push_back(symbol);
    layout.declarations.push_back(fmt::format("{} {}", type, symbol));
    return symbol;
  };
  for (size_t i = 0; i < fields.size(); ++i) {
    const ManifestField& field = fields[i];
    std::string pointer, size;
    const std::string count = field.count.empty() ? "" : Quantity(field.count);
    const std::string times = count.empty() ? "" : fmt::format(" * ({})", count);
    const CType* type = Find(field.in);
    if (!field.members.empty()) {
      // A blob that the caller packs, behind its length; headers of older kits took the length of one element.
      const std::string length = parameter("ULONG", field.name + "_Len_");
      pointer = parameter("const void*", field.name);
      const unsigned one = StructSize(field);
      size = one ? fmt::format("{0} == {1} ? {1}{2} : {0}", length, one, times) : length;
    } else if (type && count.empty()) {
      pointer = "&" + parameter(type->type, field.name);
      size = std::to_string(type->size);
    } else if (type) {
      pointer = parameter(fmt::format("const {}*", std::string_view(type->type) == "const void*" ? "void* const" : type->type), field.name);
      size = fmt::format("{}{}", type->size, times);
    } else if (field.in == "win:UnicodeString" || field.in == "win:AnsiString") {
      const bool wide = field.in == "win:UnicodeString";
      // Of an array of strings that end with zeroes the caller says how many characters there are, zeroes included.
      const std::string length = field.length.empty() && !count.empty() ? parameter("ULONG", field.name + "_Len_") : "";
      pointer = parameter(wide ? "const WCHAR*" : "const char*", field.name);
      if (!field.length.empty()) {
        size = fmt::format("{}({}){}", wide ? "2 * " : "", Quantity(field.length), times);
      } else if (!length.empty()) {
        size = fmt::format("{}{}", wide ? "2 * " : "", length);
      } else {
        layout.code += fmt::format("  if ({0} == NULL) {0} = {1}\"NULL\";\n", pointer, wide ? "(const WCHAR*)L" : "");
        size = fmt::format("DrydockEtw{}Size({})", wide ? "Wide" : "Ansi", pointer);
      }
    } else if (field.in == "win:SID") {
      const std::string length = count.empty() ? "" : parameter("ULONG", field.name + "_Len_");
      pointer = parameter("const void*", field.name);
      size = count.empty() ? fmt::format("DrydockEtwSidSize({})", pointer) : length;
    } else if (const unsigned one = AddressedSize(field.in)) {
      pointer = parameter("const void*", field.name);
      size = fmt::format("{}{}", one, times);
    } else {  // binary
      pointer = parameter("const void*", field.name);
      size = field.length.empty() ? parameter("ULONG", field.name + "_Len_") : Quantity(field.length) + times;
    }
    layout.code += fmt::format("  EventDataDescCreate(&data[{}], {}, (ULONG)({}));\n", i, pointer, size);
  }
  return layout;
}

class ProviderWriter {
 public:
  ProviderWriter(const ManifestProvider& provider, const ManifestMacros& macros) : provider_(provider), macros_(macros) {}

  std::string Write() {
    const std::string& name = provider_.identifier;
    const std::string symbol = provider_.symbol.empty() ? name : provider_.symbol;
    std::string bytes;
    for (size_t i = 16; i < 32; i += 2) bytes += (i == 16 ? "0x" : ", 0x") + provider_.guid.substr(i, 2);
    text_ += fmt::format("/* Provider {} */\nstatic const GUID {} __attribute__((unused)) =\n    {{ 0x{}, 0x{}, 0x{}, {{ {} }} }};\n", provider_.name, symbol,
                         provider_.guid.substr(0, 8), provider_.guid.substr(8, 4), provider_.guid.substr(12, 4), bytes);
    for (const auto* list : {&provider_.channels, &provider_.levels, &provider_.opcodes, &provider_.tasks, &provider_.keywords})
      for (const ManifestName& one : *list)
        if (!one.symbol.empty()) text_ += fmt::format("#define {} 0x{:x}\n", one.symbol, one.value);
    if (macros_.kernel || macros_.user) {
      context_ = name + "_Context";
      handle_ = name + "Handle";
      // One of each for the whole image: every source that includes this brings the same.
      text_ += fmt::format(
          "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n"
          "extern MCGEN_TRACE_CONTEXT {0} __attribute__((weak, visibility(\"hidden\")));\nMCGEN_TRACE_CONTEXT {0} = {{0}};\n"
          "extern REGHANDLE {1} __attribute__((weak, visibility(\"hidden\")));\nREGHANDLE {1} = 0;\n"
          "#ifdef __cplusplus\n}}\n#endif\n",
          context_, handle_);
      if (symbol != name) text_ += fmt::format("#define {}_Context {}\n", symbol, context_);
      text_ += fmt::format(
          "#ifndef EventRegister{0}\n"
          "#define EventRegister{0}() McGenEventRegister(&{1}, McGenControlCallbackV2, &{2}, &{3})\n"
          "#define EventUnregister{0}() ({2}.IsEnabled = 0, McGenEventUnregister(&{3}))\n#endif\n"
          "#define EventRegisterByGuid{0}(Guid) McGenEventRegister(&(Guid), McGenControlCallbackV2, &{2}, &{3})\n",
          name, symbol, context_, handle_);
    }
    text_ += "\n";
    for (const ManifestEvent& event : provider_.events) Event(event);
    return std::move(text_);
  }

 private:
  // One function for each template, made when an event first uses it.
  const Layout& LayoutNamed(const std::string& id) {
    const auto found = layouts_.find(id);
    if (found != layouts_.end()) return found->second;
    static const std::vector<ManifestField> kNone;
    const auto fields = provider_.layouts.find(id);
    const Layout& layout = layouts_[id] = LayoutOf(fields == provider_.layouts.end() ? kNone : fields->second);
    const size_t count = fields == provider_.layouts.end() ? 0 : fields->second.size();
    std::string parameters;
    for (const std::string& one : layout.declarations) parameters += one + ", ";
    text_ += fmt::format(
        "static inline ULONG __attribute__((unused)) {}(PCEVENT_DESCRIPTOR Event, LPCGUID Activity, {}const char* Function, const char* File, int Line) {{\n"
        "{}{}  return DrydockEtwWrite({}, Event, Activity, NULL, {}, {}, Function, File, Line);\n}}\n",
        FunctionOf(id), parameters, count ? fmt::format("  EVENT_DATA_DESCRIPTOR data[{}];\n", count) : "", layout.code, handle_, count, count ? "data" : "NULL");
    return layout;
  }

  std::string FunctionOf(const std::string& id) const {
    std::string name = fmt::format("DrydockEtwTemplate_{}_{}", provider_.identifier, id.empty() ? "none" : id);
    for (char& c : name)
      if (!IsIdentifier(std::string("_") + c)) c = '_';
    return name;
  }

  void Event(const ManifestEvent& event) {
    text_ += fmt::format(
        "static const EVENT_DESCRIPTOR {} __attribute__((unused)) = {{ {}, {}, {}, {}, {}, {}, 0x{:x} }};\n#define {}_value 0x{:x}\n", event.symbol, event.id,
        event.version, event.channel, event.level, event.opcode, event.task, event.keywords, event.symbol, event.id);
    if (!macros_.kernel && !macros_.user) return;
    std::string name = event.symbol;
    if (!macros_.remove.empty() && name.starts_with(macros_.remove) && name.size() > macros_.remove.size()) name.erase(0, macros_.remove.size());
    text_ += fmt::format("#define EventEnabled{}() DRYDOCK_ETW_ENABLED({}, {})\n", name, context_, event.symbol);
    const Layout& layout = LayoutNamed(event.layout);
    std::string parameters, plain, arguments;
    for (const std::string& one : layout.names) {
      plain += (plain.empty() ? "" : ", ") + one;
      arguments += fmt::format("({}), ", one);
    }
    parameters = macros_.kernel ? (plain.empty() ? "Activity" : "Activity, " + plain) : plain;
    const std::string write = (macros_.prefix.empty() ? "EventWrite" : macros_.prefix) + name;
    const std::string call = fmt::format("{}(&{}, {}, {}__FUNCTION__, __FILE__, __LINE__)", FunctionOf(event.layout), event.symbol,
                                         macros_.kernel ? "(Activity)" : "NULL", arguments);
    text_ += fmt::format("#define {0}({1}) \\\n    (EventEnabled{2}() ? {3} : (ULONG)0)\n#define {0}_AssumeEnabled({1}) \\\n    {3}\n", write, parameters, name, call);
  }

  const ManifestProvider& provider_;
  const ManifestMacros& macros_;
  std::string text_, context_, handle_;
  std::map<std::string, Layout> layouts_;
};

}  // namespace

std::string HeaderOfManifest(const std::string& text, const std::string& file, const ManifestMacros& macros) {
  std::string header =
      "/* Events of a manifest; made by drydock build. */\n#pragma once\n#if defined(__GNUC__)\n#pragma GCC system_header\n#endif\n#include <drydock_etw.h>\n\n";
  for (const ManifestProvider& provider : ReadManifest(text, file)) header += ProviderWriter(provider, macros).Write();
  return header;
}

}  // namespace drydock::tools
