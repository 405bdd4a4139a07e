// MSBuild's evaluation of a project file, as far as C++ projects use it: properties, item
// definitions, items with metadata, conditions, imports, Choose. Targets and tasks are not run.
// Order as documented by MSBuild: properties and imports in the order of the file, then item
// definitions, then items, so that an item sees the final properties.
//
// Text is kept as the project spells it (backslashes, %XX escapes); Unescape and WindowsPaths make
// paths of it. Errors: BuildError with file and line.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/text.h"
#include "tools/build/windows_paths.h"

namespace drydock::tools::msbuild {

using PropertyMap = std::map<std::string, std::string, LessNoCase>;

struct Item {
  std::string type;
  std::string include;   // unescaped, as spelled or as a wildcard found it
  PropertyMap metadata;  // item definitions already merged in
  std::string file;      // where it stands
  int line = 0;

  std::string Metadata(std::string_view name) const;  // empty if absent
};

struct Project {
  struct Origin {
    std::string file;
    int line = 1;
  };

  std::filesystem::path file;
  PropertyMap properties;
  std::map<std::string, Origin, LessNoCase>
      origins;  // where a property got its value, if in a file
  std::vector<Item> items;
  std::map<std::string, Item, LessNoCase> definitions;  // what ItemDefinitionGroup says of a type

  std::filesystem::path folder() const { return file.parent_path(); }
  std::string Property(std::string_view name) const;  // empty if absent
  std::string Definition(std::string_view type, std::string_view metadata) const;  // empty if absent
  Origin Where(
      std::string_view property) const;  // the start of the project if it is not set in a file
  std::vector<const Item*> ItemsOf(std::string_view type) const;
};

struct EvaluateOptions {
  PropertyMap
      global;  // fixed from outside (Configuration, Platform): the project cannot change them
  PropertyMap defaults;  // what the toolset would have set before the project's own lines
  bool use_environment =
      true;  // an unset property is looked up in the environment, as MSBuild does
};

Project Evaluate(const std::filesystem::path& file, const EvaluateOptions& options,
                 WindowsPaths& paths, Diagnostics& diagnostics);

// "a%3bb" -> "a;b".
std::string Unescape(std::string_view text);

}  // namespace drydock::tools::msbuild
