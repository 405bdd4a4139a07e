#include "tools/build/wpp_generate.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/build/text.h"

namespace drydock::tools {
namespace {

// What does not depend on the configuration: controls, their bits, start and stop.
constexpr const char* kFrame = R"(#if defined(__GNUC__)
#pragma GCC system_header
#endif

#if __has_include(<evntrace.h>)
#include <evntrace.h>
#endif
#ifndef TRACE_LEVEL_NONE
#define TRACE_LEVEL_NONE 0
#define TRACE_LEVEL_CRITICAL 1
#define TRACE_LEVEL_FATAL 1
#define TRACE_LEVEL_ERROR 2
#define TRACE_LEVEL_WARNING 3
#define TRACE_LEVEL_INFORMATION 4
#define TRACE_LEVEL_VERBOSE 5
#endif
#include <drydock_wpp.h>

#ifndef WPP_CONTROL_GUIDS
#define WPP_CONTROL_GUIDS \
    WPP_DEFINE_CONTROL_GUID(@IDENTIFIER@, @GUID@, WPP_DEFINE_BIT(@IDENTIFIER@_ALL))
#endif

#ifndef DRYDOCK_WPP_CONTROLS
#define DRYDOCK_WPP_CONTROLS

/* WPP_BIT_flag: number of its control in the high half, 1 + number of its bit in the low half. */
#define WPP_DEFINE_CONTROL_GUID(Name, Guid, Bits) WPP_CTL_##Name,
#define WPP_DEFINE_BIT(Name)
enum { WPP_CONTROL_GUIDS WPP_LAST_CTL };
#undef WPP_DEFINE_CONTROL_GUID
#undef WPP_DEFINE_BIT
#define WPP_DEFINE_CONTROL_GUID(Name, Guid, Bits) WPP_DRYDOCK_BASE_##Name = WPP_CTL_##Name << 16, Bits
#define WPP_DEFINE_BIT(Name) WPP_BIT_##Name,
enum { WPP_CONTROL_GUIDS WPP_LAST_BIT };
#undef WPP_DEFINE_CONTROL_GUID
#undef WPP_DEFINE_BIT
#define WPP_DEFINE_CONTROL_GUID(Name, Guid, Bits) \
    static const char* const DrydockWppBits_##Name[] = { Bits 0 };
#define WPP_DEFINE_BIT(Name) #Name,
WPP_CONTROL_GUIDS
#undef WPP_DEFINE_CONTROL_GUID
#undef WPP_DEFINE_BIT

@TYPES@
#ifdef __cplusplus
extern "C" {
#endif
/* One of these for the whole image: every source that traces brings the same. */
extern DRYDOCK_WPP_CONTROL DrydockWppControls[WPP_LAST_CTL] __attribute__((weak, visibility("hidden")));
extern const DRYDOCK_WPP_MODULE DrydockWppModule __attribute__((weak, visibility("hidden")));
#define WPP_DEFINE_CONTROL_GUID(Name, Guid, Bits) { 0, 0, 1, 0, 0, { 0 }, #Name, #Guid, DrydockWppBits_##Name },
DRYDOCK_WPP_CONTROL DrydockWppControls[WPP_LAST_CTL] = { WPP_CONTROL_GUIDS };
#undef WPP_DEFINE_CONTROL_GUID
const DRYDOCK_WPP_MODULE DrydockWppModule = { sizeof(DRYDOCK_WPP_MODULE), WPP_LAST_CTL, "@DRIVER@",
                                              DrydockWppControls, DrydockWppTypes };
#ifdef __cplusplus
}
#endif

#define WPP_CTRL_NO(CTL) ((CTL) >> 16)
#define WPP_MASK(CTL) (1u << (((CTL) - 1) & 31))
#define WPP_FLAG_NO(CTL) ((0xFFFF & ((CTL) - 1)) / 32)
#define WPP_CB DrydockWppControls
#define WPP_CONTROL(CTL) (DrydockWppControls[WPP_CTRL_NO(CTL)])
#ifndef WPP_LEVEL_LOGGER
#define WPP_LEVEL_LOGGER(LEVEL) (WPP_CONTROL(WPP_BIT_##LEVEL).Logger),
#endif
#ifndef WPP_LEVEL_ENABLED
#define WPP_LEVEL_ENABLED(LEVEL) \
    (WPP_CONTROL(WPP_BIT_##LEVEL).Flags[WPP_FLAG_NO(WPP_BIT_##LEVEL)] & WPP_MASK(WPP_BIT_##LEVEL))
#endif
#ifndef WPP_FLAG_ENABLED
#define WPP_FLAG_ENABLED(FLAG) \
    (WPP_CONTROL(WPP_BIT_##FLAG).Flags[WPP_FLAG_NO(WPP_BIT_##FLAG)] & WPP_MASK(WPP_BIT_##FLAG))
#endif
#ifndef WPP_FLAG_LOGGER
#define WPP_FLAG_LOGGER(FLAG) (WPP_CONTROL(WPP_BIT_##FLAG).Logger),
#endif
#ifndef WPP_FLAGS_ENABLED
#define WPP_FLAGS_ENABLED(FLAGS) WPP_FLAG_ENABLED(FLAGS)
#endif
#ifndef WPP_FLAGS_LOGGER
#define WPP_FLAGS_LOGGER(FLAGS) WPP_FLAG_LOGGER(FLAGS)
#endif
/* Windows 2000 had these; they do nothing since. */
#ifndef WPP_SYSTEMCONTROL
#define WPP_SYSTEMCONTROL(...)
#define WPP_SYSTEMCONTROL2(...)
#endif
#define DRYDOCK_WPP_ON() (DrydockWppControls[0].Flags[0] != 0)
#define DRYDOCK_WPP_OPEN(...) __VA_ARGS__
#define DRYDOCK_WPP_CALL(Function, Arguments) Function Arguments

#undef WPP_INIT_TRACING
#undef WPP_CLEANUP
#ifdef WPP_PRIVATE_ENABLE_CALLBACK
#define WPP_INIT_TRACING(...) \
    DrydockWppStartWith(&DrydockWppModule, (DRYDOCK_WPP_ENABLE_CALLBACK*)(void*)(WPP_PRIVATE_ENABLE_CALLBACK))
#else
#define WPP_INIT_TRACING(...) DrydockWppStart(&DrydockWppModule)
#endif
#define WPP_CLEANUP(...) DrydockWppStop(&DrydockWppModule)
#endif
)";

std::string Types(const WppConfig& config) {
  std::string text, table;
  for (const WppType& type : config.types) {
    if (!type.alias.empty() && IsIdentifier(type.name)) {
      text += fmt::format("static const DRYDOCK_WPP_WORD DrydockWppWords_{}[] = {{ {{ 0, \"{}\" }}, {{ 0, 0 }} }};\n", type.name, type.alias);
      table += fmt::format("    {{ \"{0}\", DRYDOCK_WPP_ALIAS, DrydockWppWords_{0} }},\n", type.name);
      continue;
    }
    if (type.words.empty() || !IsIdentifier(type.name)) continue;
    text += fmt::format("static const DRYDOCK_WPP_WORD DrydockWppWords_{}[] = {{\n", type.name);
    for (const auto& [value, word] : type.words)
      text += fmt::format("    {{ {}LL, \"{}\" }},\n", value, EscapeC(word));
    text += "    { 0, 0 } };\n";
    table += fmt::format("    {{ \"{}\", {}, DrydockWppWords_{} }},\n", type.name,
                         type.is_set ? 1 : 0, type.name);
  }
  return text + "static const DRYDOCK_WPP_TYPE DrydockWppTypes[] = {\n" + table +
         "    { 0, 0, 0 } };\n";
}

// The macros of one trace function.
class FunctionWriter {
 public:
  FunctionWriter(const WppFunction& function, const WppHeader& header)
      : function_(function) {
    for (const auto& [name, value] : function.constants) conditions_.push_back({name, value});
    Flatten(function.parameters);
    for (const std::string& name : flat_) {
      if (name != "MSG" && name != "...") conditions_.push_back({name, name});
    }
    for (const Condition& condition : conditions_) {
      if (condition.name == "FLAGS" || condition.name == "FLAG") flags_ = condition.value;
      if (condition.name == "LEVEL") level_ = condition.value;
    }
    if (flags_.empty() && !level_.empty() && LevelIsFlag(header.config)) std::swap(flags_, level_);
  }

  std::string Write() const {
    std::string text = fmt::format("\n/* {} */\n", function_.name);
    text += Conditions();
    text += fmt::format("#undef {}\n", function_.name);
    const bool nested = std::any_of(function_.parameters.begin(), function_.parameters.end(),
                                    [](const auto& parameter) { return parameter.name.empty(); });
    const std::string inner = nested ? "DrydockWpp_" + function_.name : function_.name;
    if (nested) {
      if (function_.parameters.size() == 1) {
        text += fmt::format("#define {}(ARGUMENTS) {} ARGUMENTS\n", function_.name, inner);
      } else {
        std::vector<std::string> names, uses;
        for (const auto& parameter : function_.parameters) {
          const std::string name =
              parameter.name.empty() ? fmt::format("ARGUMENTS{}", names.size()) : parameter.name;
          names.push_back(name);
          uses.push_back(parameter.name.empty() ? "DRYDOCK_WPP_OPEN " + name
                         : name == "..."        ? "__VA_ARGS__"
                                                : name);
        }
        text += fmt::format("#define {}({}) DRYDOCK_WPP_CALL({}, ({}))\n", function_.name,
                            fmt::join(names, ", "), inner, fmt::join(uses, ", "));
      }
    }
    return text + Body(inner);
  }

 private:
  struct Condition {
    std::string name;   // LEVEL, FLAGS, ...
    std::string value;  // what it is called with: a constant, or the parameter itself
  };

  // Without FLAGS, LEVEL names a flag (DoTraceMessage), unless the driver has its own idea of it: a condition of its own for these
  // parameters says what they are by what it does with them.
  bool LevelIsFlag(const WppConfig& config) const {
    if (config.own_level_enabled) return false;
    const auto own = config.own_conditions.find(Joined(true) + "_ENABLED");
    if (own == config.own_conditions.end()) return true;
    const std::string_view text = own->second;
    const size_t open = text.find('('), close = text.find(')');
    if (open != 0 || close == std::string_view::npos) return true;
    const std::vector<std::string> parameters = SplitTrimmed(text.substr(1, close - 1), ',');
    for (size_t i = 0; i < conditions_.size() && i < parameters.size(); ++i) {
      if (conditions_[i].name != "LEVEL") continue;
      std::string body(text.substr(close + 1));
      std::erase_if(body, [](char c) { return c == ' ' || c == '\t'; });
      for (const char* use : {"WPP_BIT_##", "WPP_LEVEL_ENABLED(", "WPP_FLAG_ENABLED("})
        if (body.find(use + parameters[i]) != std::string::npos) return true;
      return false;
    }
    return true;
  }

  void Flatten(const std::vector<WppFunction::Parameter>& parameters) {
    for (const auto& parameter : parameters) {
      if (parameter.name.empty()) {
        Flatten(parameter.nested);
      } else {
        flat_.push_back(parameter.name);
      }
    }
  }

  std::string Joined(bool with_log) const {
    std::string name = "WPP";
    for (const Condition& condition : conditions_) {
      if (with_log || condition.name != "IFRLOG") name += "_" + condition.name;
    }
    return name;
  }

  std::string List(bool names, bool with_log) const {
    std::vector<std::string> list;
    for (const Condition& condition : conditions_) {
      if (with_log || condition.name != "IFRLOG")
        list.push_back(names ? condition.name : condition.value);
    }
    return fmt::format("({})", fmt::join(list, ", "));
  }

  // The driver's macros are named by the parameters: WPP_LEVEL_FLAGS_ENABLED(LEVEL, FLAGS).
  std::string Conditions() const {
    const std::string name = Joined(true), plain = Joined(false);
    const std::string parameters = List(true, true);
    std::string text = fmt::format("#ifndef {}_ENABLED\n", name);
    if (plain != name) {
      text += fmt::format("#ifdef {1}_ENABLED\n#define {0}_ENABLED{2} {1}_ENABLED{3}\n#else\n",
                          name, plain, parameters, List(true, false));
    }
    text += fmt::format("#define {}_ENABLED{} {}\n", name, parameters, DefaultCondition());
    if (plain != name) text += "#endif\n";
    text += "#endif\n";
    for (const char* moment : {"PRE", "POST"}) {
      text +=
          fmt::format("#ifndef {0}_{1}\n#define {0}_{1}{2}\n#endif\n", name, moment, parameters);
    }
    return text;
  }

  std::string DefaultCondition() const {
    std::string flags, level;
    for (const Condition& condition : conditions_) {
      if (condition.name == "FLAGS" || condition.name == "FLAG") flags = condition.name;
      if (condition.name == "LEVEL") level = condition.name;
    }
    if (!flags.empty() && !level.empty()) {
      return fmt::format("(WPP_LEVEL_ENABLED({0}) && WPP_CONTROL(WPP_BIT_##{0}).Level >= {1})",
                         flags, level);
    }
    if (!flags.empty()) return fmt::format("WPP_LEVEL_ENABLED({})", flags);
    if (!level.empty()) return fmt::format("WPP_LEVEL_ENABLED({})", level);
    return "DRYDOCK_WPP_ON()";
  }

  std::string Body(const std::string& name) const {
    const bool affixes = !function_.prefix.empty() || !function_.suffix.empty();
    const bool message = std::find(flat_.begin(), flat_.end(), "MSG") != flat_.end();
    const bool more = std::find(flat_.begin(), flat_.end(), "...") != flat_.end();
    std::vector<std::string> parameters;
    for (const std::string& parameter : flat_) {
      // Without prefix and suffix the message travels with its arguments, so that "no arguments"
      // needs no comma.
      if (parameter == "MSG" && more && !affixes) continue;
      parameters.push_back(parameter);
    }
    std::string arguments;
    if (!affixes) {
      arguments = message && more ? "__VA_ARGS__" : message ? "MSG" : more ? "__VA_ARGS__" : "\"\"";
    } else {
      std::vector<std::string> format;
      if (!function_.prefix.empty()) format.push_back(function_.prefix);
      if (message) format.push_back("MSG");
      if (!function_.suffix.empty()) format.push_back(function_.suffix);
      arguments = fmt::format("{}", fmt::join(format, " "));
      for (const std::string& argument : function_.prefix_arguments) arguments += ", " + argument;
      if (more) arguments += ", ##__VA_ARGS__";
      for (const std::string& argument : function_.suffix_arguments) arguments += ", " + argument;
    }
    const std::string mask = flags_.empty() ? "0" : fmt::format("WPP_MASK({})", Bit());
    const std::string control = flags_.empty() ? "0" : fmt::format("WPP_CTRL_NO({})", Bit());
    const std::string level = level_.empty() ? "0" : fmt::format("({})", level_);
    const std::string joined = Joined(true), list = List(false, true);
    return fmt::format(
        "#define {0}({1}) \\\n"
        "    {2}_PRE{3} \\\n"
        "    (({2}_ENABLED{3}) ? (DrydockWppMessage(&DrydockWppModule, {4}, {5}, {6}, __FUNCTION__, __FILE__, "
        "__LINE__, \\\n"
        "                                {7}), 1) : 0) \\\n"
        "    {2}_POST{3}\n",
        name, fmt::join(parameters, ", "), joined, list, control, mask, level, arguments);
  }

  // WPP_BIT_ and the flag: pasted where the flag is a parameter.
  std::string Bit() const {
    const bool parameter = std::find(flat_.begin(), flat_.end(), flags_) != flat_.end();
    return parameter ? "WPP_BIT_##" + flags_ : "WPP_BIT_" + flags_;
  }

  const WppFunction& function_;
  std::vector<std::string> flat_;  // parameters without nesting, in order
  std::vector<Condition> conditions_;
  std::string flags_, level_;  // what to pass on; empty if the function has none
};

// {32134778-E6AA-4089-B5A8-9E58E9EE4687} -> (32134778,E6AA,4089,B5A8,9E58E9EE4687)
std::string ControlGuid(const std::string& text) {
  std::string guid;
  for (const char c : text) {
    if (c == '-') {
      guid += ',';
    } else if (c != '{' && c != '}' && c != ' ') {
      guid += c;
    }
  }
  return guid.empty() ? "(00000000,0000,0000,0000,000000000000)" : "(" + guid + ")";
}

}  // namespace

std::string GenerateTraceHeader(const WppHeader& header) {
  std::string identifier = header.driver;
  for (char& c : identifier) {
    if (!IsIdentifier(std::string("_") + c)) c = '_';
  }
  if (!IsIdentifier(identifier)) identifier = "_" + identifier;
  std::string text = fmt::format(
      "/* Trace functions of {}; made from the driver's WPP configuration by drydock build. */\n",
      header.source);
  std::string frame = ReplaceAll(kFrame, "@IDENTIFIER@", identifier);
  frame = ReplaceAll(frame, "@GUID@", ControlGuid(header.control_guid));
  frame = ReplaceAll(frame, "@DRIVER@", EscapeC(header.driver));
  text += ReplaceAll(frame, "@TYPES@", Types(header.config));
  for (const WppFunction& function : header.config.functions)
    text += FunctionWriter(function, header).Write();
  return text;
}

}  // namespace drydock::tools
