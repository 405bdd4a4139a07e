// WPP's configuration language: which functions trace, what stands before and after their messages,
// which enumerations have words. It stands in comments of the sources between `begin_wpp config`
// and `end_wpp`, in .ini files, and as the project's WppTraceFunction. Errors: BuildError at the
// line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::tools {

// FUNC Name{LEVEL=X, FLAGS=Y}(FLAGS, (MSG, ...));
struct WppFunction {
  struct Parameter {
    std::string name;  // MSG, LEVEL, ..., or "..."; empty for a nested list
    std::vector<Parameter> nested;
  };
  std::string name;
  std::vector<std::pair<std::string, std::string>> constants;
  std::vector<Parameter> parameters;
  // USEPREFIX / USESUFFIX: a format and the arguments that it takes.
  std::string prefix, suffix;  // as written, with quotes; empty if none
  std::vector<std::string> prefix_arguments, suffix_arguments;
};

// CUSTOM_TYPE(name, ItemListLong(...)) and relatives.
struct WppType {
  std::string name;
  bool is_set = false;
  std::string enumeration;  // ItemEnum(this): words come from the sources
  std::vector<std::pair<long long, std::string>> words;
  std::string alias;  // DEFINE_SIMPLE_TYPE, DEFINE_CPLX_TYPE: the type of WPP's own that shows it
};

struct WppConfig {
  // USEPREFIX or USESUFFIX of a function that no FUNC has named yet.
  struct Affix {
    std::string function, format, file, statement;
    std::vector<std::string> arguments;
    bool prefix = false;
    int line = 0;
  };
  std::vector<WppFunction> functions;
  std::vector<Affix> open;
  std::vector<WppType> types;
  bool own_level_enabled = false;  // the driver defines WPP_LEVEL_ENABLED itself
  // The driver's own conditions, "WPP_LEVEL_EXP_ENABLED" -> "(level, exp) ...": what its parameters mean.
  std::map<std::string, std::string> own_conditions;

  WppFunction* Function(std::string_view name);
  void Add(WppFunction function);  // replaces one of the same name; takes what was said of it before
  void Check() const;              // throws where a prefix or suffix is left without its function
  void Add(WppType type);
};

// The DoTraceMessage that every driver has.
WppConfig DefaultWppConfig();

// Adds the config blocks of a source or header.
void ReadWppBlocks(std::string_view text, const std::string& file, WppConfig& config);
// Adds a file that is all configuration (.ini); other lines in it are C code and are skipped.
void ReadWppIni(std::string_view text, const std::string& file, WppConfig& config);
// "TraceEvents(LEVEL,FLAGS,MSG,...)", with or without FUNC before it.
WppFunction ParseWppFunction(std::string_view text, const std::string& file, int line);

// Gives types made by ItemEnum their words, from the enums that a source or header defines. Values
// that are more than numbers leave a type without words.
void FindWppEnums(std::string_view text, WppConfig& config);

}  // namespace drydock::tools
