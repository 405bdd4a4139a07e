#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <set>

#include "tools/build/msbuild/expander.h"
#include "tools/build/msbuild/project.h"
#include "tools/build/text_file.h"

namespace drydock::tools::msbuild {

namespace fs = std::filesystem;

namespace {

// One loaded project file: its tree and the starts of its lines.
struct Document {
  std::string file;
  std::string text;
  pugi::xml_document xml;
  std::vector<size_t> lines;

  int LineAt(ptrdiff_t offset) const {
    const auto at = std::upper_bound(lines.begin(), lines.end(),
                                     static_cast<size_t>(std::max<ptrdiff_t>(offset, 0)));
    return static_cast<int>(at - lines.begin());
  }
  Place PlaceOf(const pugi::xml_node& node) const { return {file, LineAt(node.offset_debug())}; }
};

bool Named(const pugi::xml_node& node, std::string_view name) {
  return EqualsNoCase(node.name(), name);
}

// Attributes are spelled with a capital by Visual Studio, otherwise by hand-written files.
std::string_view Attribute(const pugi::xml_node& node, std::string_view name) {
  for (const auto& attribute : node.attributes()) {
    if (EqualsNoCase(attribute.name(), name)) return attribute.value();
  }
  return {};
}

std::string TextOf(const pugi::xml_node& node) {
  std::string text;
  for (const auto& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text += child.value();
  }
  return text;
}

// Properties that only an installed Visual Studio or WDK sets; an import below one of them is part
// of the toolset.
bool NamesToolset(std::string_view import) {
  for (const std::string_view name :
       {"$(VCTargetsPath", "$(MSBuildExtensionsPath", "$(MSBuildToolsPath", "$(MSBuildBinPath",
        "$(WDK", "$(UserRootDir", "$(WindowsTargetPlatform", "$(NuGet", "$(WindowsSdk", "$(DDK",
        "$(SDK", "$(LocalAppData", "$(VSINSTALLDIR"}) {
    for (size_t i = 0; i + name.size() <= import.size(); ++i) {
      if (StartsWithNoCase(import.substr(i), name)) return true;
    }
  }
  return false;
}

// A file of a NuGet package that was never fetched: packages\Microsoft.Windows.WDK.x64.10.0.26100.1\build\native\x.props.
bool IsPackage(std::string_view import) {
  const std::string path = "/" + ToLower(ToSlashes(import));
  return path.find("/packages/") != std::string::npos || path.find("/.nuget/") != std::string::npos ||
         path.find("/microsoft.windows.wdk") != std::string::npos || path.find("/microsoft.windows.sdk") != std::string::npos;
}

constexpr int kDeepestImport = 64;

class Evaluation {
 public:
  Evaluation(const EvaluateOptions& options, WindowsPaths& paths, Diagnostics& diagnostics)
      : options_(options),
        paths_(paths),
        diagnostics_(diagnostics),
        expander_(project_.properties, project_.items, paths, diagnostics,
                  options.use_environment) {}

  Project Run(const fs::path& file) {
    project_.file = fs::absolute(file).lexically_normal();
    SetReserved();
    for (const auto& [name, value] : options_.defaults) project_.properties[name] = value;
    for (const auto& [name, value] : options_.global) project_.properties[name] = value;
    Load(project_.file, 0);
    for (const auto& [document, node] : definition_groups_) Definitions(*document, node);
    for (const auto& [document, node] : item_groups_) Items(*document, node);
    project_.definitions = std::move(definitions_);
    return std::move(project_);
  }

 private:
  using Deferred = std::pair<const Document*, pugi::xml_node>;

  void SetReserved() {
    auto& p = project_.properties;
    const fs::path& file = project_.file;
    const std::string folder = file.parent_path().string();
    p["MSBuildProjectDirectory"] = folder;
    p["MSBuildProjectFile"] = p["ProjectFileName"] = file.filename().string();
    p["MSBuildProjectName"] = p["ProjectName"] = file.stem().string();
    p["MSBuildProjectExtension"] = p["ProjectExt"] = file.extension().string();
    p["MSBuildProjectFullPath"] = p["ProjectPath"] = file.string();
    p["ProjectDir"] = folder + "\\";
    p["MSBuildStartupDirectory"] = folder;
    p["MSBuildVersion"] = "17.0.0";
    p["MSBuildToolsVersion"] = "Current";
    p["VisualStudioVersion"] = "17.0";
    p["OS"] = "Windows_NT";
    p["SolutionDir"] = SolutionFolder(file.parent_path()) + "\\";
  }

  // A project is built in its solution; the nearest folder above that holds one stands for it.
  std::string SolutionFolder(const fs::path& start) {
    for (fs::path folder = start; folder.has_relative_path(); folder = folder.parent_path()) {
      if (!paths_.Expand(folder, "*.sln").empty()) return folder.string();
    }
    return start.string();
  }

  void Load(const fs::path& file, int depth) {
    if (!loaded_.insert(file.string()).second) return;
    auto& document = *documents_.emplace_back(std::make_unique<Document>());
    document.file = file.string();
    document.text = ReadTextFile(file);
    document.lines.push_back(0);
    for (size_t i = 0; i < document.text.size(); ++i) {
      if (document.text[i] == '\n') document.lines.push_back(i + 1);
    }
    const auto result = document.xml.load_buffer(document.text.data(), document.text.size(),
                                                 pugi::parse_default, pugi::encoding_utf8);
    if (!result) {
      throw BuildError(document.file, document.LineAt(result.offset),
                       fmt::format("this is no well-formed XML: {}", result.description()));
    }
    const pugi::xml_node root = document.xml.document_element();
    if (!Named(root, "Project")) {
      throw BuildError(
          document.file, document.LineAt(root.offset_debug()),
          fmt::format("an MSBuild project starts with <Project>, not <{}>", root.name()));
    }
    Children(document, root, depth);
  }

  void Children(const Document& document, const pugi::xml_node& parent, int depth) {
    for (const auto& node : parent.children()) {
      if (node.type() != pugi::node_element) continue;
      if (Named(node, "PropertyGroup")) {
        if (Holds(document, node)) Properties(document, node);
      } else if (Named(node, "ItemGroup")) {
        item_groups_.emplace_back(&document, node);
      } else if (Named(node, "ItemDefinitionGroup")) {
        definition_groups_.emplace_back(&document, node);
      } else if (Named(node, "Import")) {
        Import(document, node, depth);
      } else if (Named(node, "ImportGroup")) {
        if (!Holds(document, node)) continue;
        for (const auto& import : node.children()) {
          if (Named(import, "Import")) Import(document, import, depth);
        }
      } else if (Named(node, "Choose")) {
        Choose(document, node, depth);
      } else if (Named(node, "Target") || Named(node, "UsingTask")) {
        const Place place = document.PlaceOf(node);
        diagnostics_.Note(fmt::format("{}:{}: <{} Name=\"{}\"> is not run", place.file, place.line,
                                      node.name(), Attribute(node, "Name")));
      }
    }
  }

  bool Holds(const Document& document, const pugi::xml_node& node, const Item* item = nullptr) {
    return expander_.Condition(Attribute(node, "Condition"), document.PlaceOf(node), item);
  }

  void Properties(const Document& document, const pugi::xml_node& group) {
    for (const auto& node : group.children()) {
      if (node.type() != pugi::node_element || options_.global.count(node.name()) != 0) continue;
      if (!Holds(document, node)) continue;
      const Place place = document.PlaceOf(node);
      project_.properties[node.name()] = expander_.Expand(TextOf(node), place);
      project_.origins[node.name()] = {place.file, place.line};
    }
  }

  void Choose(const Document& document, const pugi::xml_node& choose, int depth) {
    if (depth >= kDeepestImport) throw BuildError(document.file, document.PlaceOf(choose).line, "<Choose> and imports are nested too deeply");
    for (const auto& branch : choose.children()) {
      if ((Named(branch, "When") && Holds(document, branch)) || Named(branch, "Otherwise")) {
        Children(document, branch, depth + 1);
        return;
      }
    }
  }

  void Import(const Document& document, const pugi::xml_node& node, int depth) {
    const Place place = document.PlaceOf(node);
    const std::string_view raw = Attribute(node, "Project");
    if (!Holds(document, node)) return;
    // The toolset's own files lead to those that a tree has for all of its projects.
    if (const std::string name = ToLower(fs::path(ToSlashes(raw)).filename().string()); name == "microsoft.cpp.default.props") {
      FileAbove("Directory.Build.props", "ImportDirectoryBuildProps", depth);
    } else if (name == "microsoft.cpp.props") {
      TargetVersion();
    } else if (name == "microsoft.cpp.targets") {
      FileAbove("Directory.Build.targets", "ImportDirectoryBuildTargets", depth);
    }
    const std::string spelled = Unescape(expander_.Expand(raw, place));
    const fs::path base = fs::path(document.file).parent_path();
    std::vector<fs::path> files;
    if (WindowsPaths::HasWildcard(spelled)) {
      for (const auto& match : paths_.Expand(base, spelled))
        files.push_back((base / match.name).lexically_normal());
    } else if (const auto file = paths_.FindFile(base, spelled)) {
      files.push_back(*file);
    } else if (NamesToolset(raw) || IsPackage(spelled)) {
      diagnostics_.Note(fmt::format("{}:{}: import of {} belongs to Windows' toolset or a package; skipped",
                                    place.file, place.line, raw));
    } else {
      throw BuildError(place.file, place.line,
                       fmt::format("the imported project {} does not exist", spelled));
    }
    if (depth >= kDeepestImport)
      throw BuildError(place.file, place.line, "imports are nested too deeply");
    for (const fs::path& file : files) Load(file, depth + 1);
  }

  // What the kit makes of TargetVersion; a project compares it with the versions that the defaults name.
  void TargetVersion() {
    static constexpr std::pair<std::string_view, const char*> kVersions[] = {
        {"Vista", "0x600"}, {"WindowsVista", "0x600"}, {"Win7", "0x601"},        {"Windows7", "0x601"}, {"Win8", "0x602"},     {"Windows8", "0x602"},
        {"WinBlue", "0x603"}, {"WindowsV6.3", "0x603"}, {"Windows8.1", "0x603"}, {"WindowsV10", "0xA00"}, {"Windows10", "0xA00"}};
    std::string& version = project_.properties["_NT_TARGET_VERSION"];
    if (!Trim(version).empty()) return;
    version = "0xA00";
    const auto at = project_.properties.find("TargetVersion");
    if (at == project_.properties.end()) return;
    for (const auto& [name, value] : kVersions)
      if (EqualsNoCase(Trim(at->second), name)) version = value;
  }

  // The nearest file of that name from the project's folder up.
  void FileAbove(const char* name, const char* property, int depth) {
    const auto at = project_.properties.find(property);
    if (at != project_.properties.end() && EqualsNoCase(Trim(at->second), "false")) return;
    for (fs::path folder = project_.file.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
      const auto file = paths_.FindFile(folder, name);
      if (!file) continue;
      if (depth < kDeepestImport) Load(*file, depth + 1);
      return;
    }
  }

  void Definitions(const Document& document, const pugi::xml_node& group) {
    if (!Holds(document, group)) return;
    for (const auto& node : group.children()) {
      if (node.type() != pugi::node_element) continue;
      Item& definition = definitions_[node.name()];
      definition.type = node.name();
      if (Holds(document, node, &definition)) MetadataOf(document, node, definition);
    }
  }

  // Child elements, and attributes that are not MSBuild's own, are metadata.
  void MetadataOf(const Document& document, const pugi::xml_node& node, Item& item) {
    const Place place = document.PlaceOf(node);
    for (const auto& attribute : node.attributes()) {
      bool reserved = false;
      for (const std::string_view own :
           {"Include", "Exclude", "Remove", "Update", "Condition", "Label", "KeepMetadata",
            "RemoveMetadata", "KeepDuplicates", "MatchOnMetadata"}) {
        reserved = reserved || EqualsNoCase(attribute.name(), own);
      }
      if (!reserved)
        item.metadata[attribute.name()] = expander_.Expand(attribute.value(), place, &item);
    }
    for (const auto& child : node.children()) {
      if (child.type() != pugi::node_element || !Holds(document, child, &item)) continue;
      item.metadata[child.name()] = expander_.Expand(TextOf(child), document.PlaceOf(child), &item);
    }
  }

  void Items(const Document& document, const pugi::xml_node& group) {
    if (!Holds(document, group)) return;
    for (const auto& node : group.children()) {
      if (node.type() != pugi::node_element || !Holds(document, node)) continue;
      const Place place = document.PlaceOf(node);
      if (const std::string_view remove = Attribute(node, "Remove"); !remove.empty()) {
        std::erase_if(project_.items, [&, set = Names(remove, place)](const Item& item) {
          return EqualsNoCase(item.type, node.name()) && set.count(Key(item.include)) != 0;
        });
      } else if (const std::string_view update = Attribute(node, "Update"); !update.empty()) {
        const auto names = Names(update, place);
        for (Item& item : project_.items) {
          if (EqualsNoCase(item.type, node.name()) && names.count(Key(item.include)) != 0) {
            MetadataOf(document, node, item);
          }
        }
      } else {
        Include(document, node, place);
      }
    }
  }

  void Include(const Document& document, const pugi::xml_node& node, const Place& place) {
    const auto excluded = Names(Attribute(node, "Exclude"), place);
    const std::string_view include = Trim(Attribute(node, "Include"));
    if (include.starts_with("@(") && include.find_first_of(",->)") == include.size() - 1) {
      Copy(document, node, place, Trim(include.substr(2, include.size() - 3)), excluded);
      return;
    }
    for (const std::string& part :
         SplitTrimmed(expander_.Expand(Attribute(node, "Include"), place), ';')) {
      const std::string pattern = Unescape(part);
      const bool wild = WindowsPaths::HasWildcard(part);
      std::vector<WindowsPaths::Match> matches{{pattern, ""}};
      if (wild) matches = paths_.Expand(project_.folder(), pattern);
      for (const auto& match : matches) {
        if (excluded.count(Key(match.name)) != 0) continue;
        Item item;
        if (const auto at = definitions_.find(node.name()); at != definitions_.end())
          item = at->second;
        item.type = node.name();
        item.include = match.name;
        if (wild) item.metadata["RecursiveDir"] = match.recursive;
        item.file = place.file;
        item.line = place.line;
        MetadataOf(document, node, item);
        Add(std::move(item), place);
      }
    }
  }

  // Include="@(Other)": the items of another list with their metadata.
  void Copy(const Document& document, const pugi::xml_node& node, const Place& place, std::string_view type, const std::set<std::string>& excluded) {
    std::vector<Item> copies;
    for (const Item& item : project_.items) {
      if (!EqualsNoCase(item.type, type) || excluded.count(Key(item.include)) != 0) continue;
      Item copy = item;
      if (const auto at = definitions_.find(node.name()); at != definitions_.end()) copy.metadata.insert(at->second.metadata.begin(), at->second.metadata.end());
      copy.type = node.name();
      copy.file = place.file;
      copy.line = place.line;
      MetadataOf(document, node, copy);
      ChargeFor(copy, place);
      copies.push_back(std::move(copy));
    }
    std::move(copies.begin(), copies.end(), std::back_inserter(project_.items));
  }

  void ChargeFor(const Item& item, const Place& place) const {
    size_t bytes = sizeof item + item.include.size();
    for (const auto& [name, value] : item.metadata) bytes += name.size() + value.size();
    expander_.Charge(bytes, place);
  }

  void Add(Item item, const Place& place) {
    ChargeFor(item, place);
    project_.items.push_back(std::move(item));
  }

  // One spelling for one file, to compare items by.
  static std::string Key(std::string_view include) {
    return ToLower(fs::path(ToSlashes(include)).lexically_normal().string());
  }

  std::set<std::string> Names(std::string_view list, const Place& place) {
    std::set<std::string> names;
    for (const std::string& part : SplitTrimmed(expander_.Expand(list, place), ';')) {
      for (const auto& match : paths_.Expand(project_.folder(), Unescape(part)))
        names.insert(Key(match.name));
    }
    return names;
  }

  const EvaluateOptions& options_;
  WindowsPaths& paths_;
  Diagnostics& diagnostics_;
  Project project_;
  Expander expander_;
  std::vector<std::unique_ptr<Document>> documents_;
  std::set<std::string> loaded_;
  std::vector<Deferred> definition_groups_;
  std::vector<Deferred> item_groups_;
  std::map<std::string, Item, LessNoCase> definitions_;
};

}  // namespace

std::string Item::Metadata(std::string_view name) const {
  const auto at = metadata.find(name);
  return at == metadata.end() ? std::string() : at->second;
}

std::string Project::Property(std::string_view name) const {
  const auto at = properties.find(name);
  return at == properties.end() ? std::string() : at->second;
}

std::string Project::Definition(std::string_view type, std::string_view metadata) const {
  const auto at = definitions.find(type);
  return at == definitions.end() ? std::string() : at->second.Metadata(metadata);
}

Project::Origin Project::Where(std::string_view property) const {
  const auto at = origins.find(property);
  return at == origins.end() ? Origin{file.string(), 1} : at->second;
}

std::vector<const Item*> Project::ItemsOf(std::string_view type) const {
  std::vector<const Item*> result;
  for (const Item& item : items) {
    if (EqualsNoCase(item.type, type)) result.push_back(&item);
  }
  return result;
}

std::string Unescape(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      result += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

Project Evaluate(const fs::path& file, const EvaluateOptions& options, WindowsPaths& paths,
                 Diagnostics& diagnostics) {
  return Evaluation(options, paths, diagnostics).Run(file);
}

}  // namespace drydock::tools::msbuild
