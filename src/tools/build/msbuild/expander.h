// Replaces $(Property), %(Metadata) and @(Items) in MSBuild text; the functions that C++ projects
// call inside $(...) are in property_functions.h. What is unset is empty, as in MSBuild.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tools/build/msbuild/project.h"

namespace drydock::tools::msbuild {

// Where a text stands: for MSBuildThisFile..., error places and relative paths.
struct Place {
  std::string file;  // absolute
  int line = 0;
};

class Expander {
 public:
  Expander(const PropertyMap& properties, const std::vector<Item>& items, WindowsPaths& paths,
           Diagnostics& diagnostics, bool use_environment)
      : properties_(properties),
        items_(items),
        paths_(paths),
        diagnostics_(diagnostics),
        use_environment_(use_environment) {}

  // `item` gives the meaning of %(...); without one, metadata is empty.
  std::string Expand(std::string_view text, const Place& place, const Item* item = nullptr) const;
  bool Condition(std::string_view text, const Place& place, const Item* item = nullptr) const;
  std::string Property(std::string_view name, const Place& place) const;

  WindowsPaths& paths() const { return paths_; }
  Diagnostics& diagnostics() const { return diagnostics_; }
  std::filesystem::path project_folder() const;

  // Of what the project makes: a property that doubles itself in each line would fill all memory.
  void Charge(size_t bytes, const Place& place) const;

 private:
  std::string ExpandProperty(std::string_view expression, const Place& place,
                             const Item* item) const;
  std::string ExpandItems(std::string_view expression, const Place& place) const;
  bool CallItemFunction(std::string_view type, std::string_view call, const Place& place, std::string& value) const;
  std::string ExpandMetadata(std::string_view expression, const Item* item) const;

  const PropertyMap& properties_;
  const std::vector<Item>& items_;
  WindowsPaths& paths_;
  Diagnostics& diagnostics_;
  bool use_environment_;
  mutable int depth_ = 0;  // of expressions within expressions
  mutable size_t made_ = 0;
};

// The well-known metadata (Filename, Extension, FullPath, ...) and the item's own.
std::string ItemMetadata(const Item& item, std::string_view name,
                         const std::filesystem::path& project_folder);

// Position of the parenthesis that closes the one at `open`; quoted text is skipped. npos if there
// is none.
size_t ClosingParenthesis(std::string_view text, size_t open);

}  // namespace drydock::tools::msbuild
