#include "tools/build/driver_project.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "tools/build/driver_metadata.h"
#include "tools/build/mof_resource.h"
#include "tools/build/msbuild/project.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

const char* KindName(DriverKind kind) {
  switch (kind) {
    case DriverKind::kKmdf:
      return "KMDF";
    case DriverKind::kUmdf:
      return "UMDF";
    case DriverKind::kWdm:
      return "WDM";
  }
  return "";
}

namespace {

constexpr const char* kPlatform = "x64";
constexpr int kNewestKmdfMinor = 33;
constexpr int kNewestUmdfMinor = 33;
constexpr int kDeepestReference = 16;

// The project is for something else than a driver.
struct NoDriver : BuildError {
  using BuildError::BuildError;
};

bool IsCxxExtension(std::string_view extension) {
  return EqualsNoCase(extension, ".cpp") || EqualsNoCase(extension, ".cxx") ||
         EqualsNoCase(extension, ".cc");
}

// The properties that the toolset would have set; those that name its folders point into Drydock's
// SDK.
msbuild::PropertyMap ToolsetDefaults(const ProjectOptions& options) {
  msbuild::PropertyMap p;
  p["PlatformTarget"] = p["PlatformShortName"] = kPlatform;
  p["IntDir"] = fmt::format("{}\\{}\\", kPlatform, options.configuration);
  p["OutDir"] = p["IntDir"];
  p["TargetExt"] = ".sys";
  p["UseDebugLibraries"] = EqualsNoCase(options.configuration, "Debug") ? "true" : "false";
  p["UserRootDir"] = "";
  p["KMDF_VER_PATH"] = "1.33";
  p["UMDF_VER_PATH"] = "2.33";
  if (!options.sdk_roots.empty()) {
    const std::string root = options.sdk_roots.front().string();
    p["DDK_INC_PATH"] = p["KM_INC_PATH"] = p["KIT_KM_INC_PATH"] = root + "/km";
    p["SDK_INC_PATH"] = p["KIT_UM_INC_PATH"] = root + "/um";
    p["KIT_SHARED_INC_PATH"] = p["KIT_SHARED_INC_PATH_WDK"] = p["SHARED_INC_PATH"] =
        root + "/shared";
    p["KMDF_INC_PATH"] = root + "/wdf/kmdf/inc";
    p["UMDF_INC_PATH"] = root + "/wdf/umdf/inc";
  }
  return p;
}

// An error at the line that sets a property.
template <class Error>
Error At(const msbuild::Project& project, std::string_view property, std::string_view message) {
  const auto origin = project.Where(property);
  return Error(origin.file, origin.line, message);
}

int Number(const msbuild::Project& project, std::string_view name, int fallback) {
  const std::string text(Trim(project.Property(name)));
  if (text.empty()) return fallback;
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (*end != 0 || value < 0 || value > 1000) {
    throw At<BuildError>(project, name,
                         fmt::format("{} is '{}', which is no version number", name, text));
  }
  return static_cast<int>(value);
}

// The project must offer the configuration for x64: anything else Drydock cannot run.
void CheckConfigurations(const msbuild::Project& project, const std::string& configuration) {
  const auto offered = project.ItemsOf("ProjectConfiguration");
  if (offered.empty()) return;
  const std::string wanted = configuration + "|" + kPlatform;
  std::set<std::string> x64, platforms;
  for (const auto* item : offered) {
    const size_t bar = item->include.find('|');
    if (bar == std::string::npos) continue;
    if (EqualsNoCase(item->include, wanted)) return;
    platforms.insert(item->include.substr(bar + 1));
    if (EqualsNoCase(item->include.substr(bar + 1), kPlatform))
      x64.insert(item->include.substr(0, bar));
  }
  if (x64.empty()) {
    throw BuildError(
        project.file.string(), offered.front()->line,
        fmt::format("the project is not for x64, the platform that Drydock runs; it has {}",
                    fmt::join(platforms, ", ")));
  }
  throw BuildError(project.file.string(), offered.front()->line,
                   fmt::format("the project has no configuration '{}' for x64; it has {}",
                               configuration, fmt::join(x64, ", ")));
}

void DetermineKind(const msbuild::Project& project, DriverProject& driver) {
  const std::string type(Trim(project.Property("ConfigurationType")));
  const std::string driver_type(Trim(project.Property("DriverType")));
  if (EqualsNoCase(type, "Application")) {
    throw At<NoDriver>(project, "ConfigurationType",
                       "the project builds an application, not a driver");
  }
  if (EqualsNoCase(type, "Utility") || EqualsNoCase(type, "Makefile")) {
    throw At<NoDriver>(project, "ConfigurationType",
                       fmt::format("the project (ConfigurationType {}) builds no driver", type));
  }
  if (!type.empty() && !EqualsNoCase(type, "Driver") && !EqualsNoCase(type, "DynamicLibrary") &&
      !EqualsNoCase(type, "StaticLibrary")) {
    throw At<BuildError>(project, "ConfigurationType",
                         fmt::format("ConfigurationType '{}' is not known to Drydock", type));
  }
  driver.library = EqualsNoCase(type, "StaticLibrary");
  const bool umdf_version = !project.Property("UMDF_VERSION_MAJOR").empty();
  const bool kmdf_version = !project.Property("KMDF_VERSION_MAJOR").empty();
  if (EqualsNoCase(driver_type, "WDM")) {
    driver.kind = DriverKind::kWdm;
  } else if (EqualsNoCase(driver_type, "UMDF") ||
             (driver_type.empty() && umdf_version && !kmdf_version)) {
    driver.kind = DriverKind::kUmdf;
  } else if (EqualsNoCase(driver_type, "KMDF") || kmdf_version) {
    driver.kind = DriverKind::kKmdf;
  } else if (!driver_type.empty()) {
    throw At<BuildError>(
        project, "DriverType",
        fmt::format("DriverType '{}' is not known to Drydock (KMDF, UMDF and WDM are)",
                    driver_type));
  } else if (driver.library) {
    driver.kind_known = false;
  } else {
    throw At<NoDriver>(project, "DriverType", "the project builds no driver: it has no DriverType");
  }
  if (!driver.kind_known) return;
  if (driver.kind == DriverKind::kKmdf) {
    driver.version_major = Number(project, "KMDF_VERSION_MAJOR", 1);
    driver.version_minor = Number(project, "KMDF_VERSION_MINOR", kNewestKmdfMinor);
    if (driver.version_major != 1 || driver.version_minor > kNewestKmdfMinor) {
      throw At<BuildError>(
          project, "KMDF_VERSION_MAJOR",
          fmt::format("KMDF {}.{} is asked for; Drydock has 1.0 to 1.{}", driver.version_major,
                      driver.version_minor, kNewestKmdfMinor));
    }
  } else if (driver.kind == DriverKind::kUmdf) {
    driver.version_major = Number(project, "UMDF_VERSION_MAJOR", 2);
    driver.version_minor = Number(project, "UMDF_VERSION_MINOR", kNewestUmdfMinor);
    if (driver.version_major != 2 || driver.version_minor > kNewestUmdfMinor) {
      throw At<BuildError>(
          project, "UMDF_VERSION_MAJOR",
          fmt::format("UMDF {}.{} is asked for; Drydock has 2.0 to 2.{}", driver.version_major,
                      driver.version_minor, kNewestUmdfMinor));
    }
  }
}

class Loader {
 public:
  Loader(const ProjectOptions& options, WindowsPaths& paths, Diagnostics& diagnostics)
      : options_(options), paths_(paths), diagnostics_(diagnostics) {}

  DriverProject FromProject(const fs::path& file, bool referenced = false, int depth = 0) {
    msbuild::EvaluateOptions evaluate;
    evaluate.global["Configuration"] = options_.configuration;
    evaluate.global["Platform"] = kPlatform;
    evaluate.defaults = ToolsetDefaults(options_);
    evaluate.defaults["TargetName"] = file.stem().string();
    const msbuild::Project project = msbuild::Evaluate(file, evaluate, paths_, diagnostics_);
    CheckConfigurations(project, options_.configuration);

    DriverProject driver;
    driver.file = project.file;
    driver.folder = project.folder();
    driver.name = project.Property("MSBuildProjectName");
    driver.configuration = options_.configuration;
    driver.debug = EqualsNoCase(Trim(project.Property("UseDebugLibraries")), "true");
    DetermineKind(project, driver);
    if (driver.library && !referenced) {
      throw At<BuildError>(project, "ConfigurationType",
                           "the project builds a static library; build a driver that refers to it");
    }
    driver.target = Trim(msbuild::Unescape(project.Property("TargetName")));
    if (driver.target.empty() || driver.target.find_first_of("/\\") != std::string::npos) {
      throw At<BuildError>(project, "TargetName",
                           fmt::format("TargetName '{}' is no file name", driver.target));
    }
    Sources(project, driver);
    PrecompiledHeaders(driver);
    Others(project, driver);
    if (driver.sources.empty())
      throw BuildError(driver.file.string(), 1, "the project lists no C or C++ sources");
    References(project, driver, depth);
    return driver;
  }

  DriverProject FromFolder(const fs::path& folder) {
    const auto projects = paths_.Expand(folder, "*.vcxproj");
    if (projects.size() == 1) return FromProject(folder / projects.front().name);
    if (projects.size() > 1) {
      std::vector<std::string> names;
      for (const auto& project : projects) names.push_back(project.name);
      throw BuildError(fmt::format("{} holds several projects, name one: {}", folder.string(),
                                   fmt::join(names, ", ")));
    }
    DriverProject driver;
    driver.file = driver.folder = folder;
    driver.name = driver.target = folder.filename().string();
    driver.configuration = options_.configuration;
    driver.debug = EqualsNoCase(options_.configuration, "Debug");
    bool framework = false;
    for (const auto& match : paths_.Expand(folder, "*")) {
      const fs::path path = folder / match.name;
      const std::string extension = path.extension().string();
      if (EqualsNoCase(extension, ".inf") || EqualsNoCase(extension, ".inx"))
        driver.infs.push_back(path);
      const std::string lower = ToLower(extension);
      if (lower == ".h" || lower == ".hpp" || lower == ".c" || IsCxxExtension(lower)) {
        framework = framework || ToLower(ReadTextFile(path)).find("wdf.h") != std::string::npos;
      }
      if (lower != ".c" && !IsCxxExtension(lower)) continue;
      SourceFile source;
      source.path = path;
      source.cxx = lower != ".c";
      source.wpp.enabled = true;
      source.file = folder.string();
      driver.sources.push_back(std::move(source));
    }
    if (driver.sources.empty())
      throw BuildError(fmt::format("{} holds no project and no C or C++ sources", folder.string()));
    driver.kind = framework ? DriverKind::kKmdf : DriverKind::kWdm;
    if (framework) {
      driver.version_major = 1;
      driver.version_minor = kNewestKmdfMinor;
    }
    return driver;
  }

 private:
  void Sources(const msbuild::Project& project, DriverProject& driver) {
    std::vector<std::string> missing;
    std::set<fs::path> seen;
    int line = 1;
    for (const msbuild::Item* item : project.ItemsOf("ClCompile")) {
      if (EqualsNoCase(Trim(item->Metadata("ExcludedFromBuild")), "true")) continue;
      const auto path = paths_.FindFile(driver.folder, item->include);
      if (!path) {
        if (missing.empty()) line = item->line;
        missing.push_back(ToSlashes(item->include));
        continue;
      }
      if (!seen.insert(*path).second) {
        diagnostics_.Warning(fmt::format("{}:{}: {} is listed twice; compiled once", item->file,
                                         item->line, item->include));
        continue;
      }
      driver.sources.push_back(SourceFromItem(*item, *path, driver.folder, paths_, diagnostics_));
    }
    if (!missing.empty()) {
      throw BuildError(driver.file.string(), line,
                       fmt::format("the project lists {} not there: {}",
                                   missing.size() == 1 ? "a source that is" : "sources that are",
                                   fmt::join(missing, ", ")));
    }
  }

  // The header that a source with PrecompiledHeader=Use includes is the one that the creating
  // source found.
  void PrecompiledHeaders(DriverProject& driver) {
    for (const SourceFile& creator : driver.sources) {
      if (!creator.creates_precompiled || creator.precompiled_name.empty()) continue;
      auto header = paths_.FindFile(creator.path.parent_path(), creator.precompiled_name);
      for (const fs::path& folder : creator.includes) {
        if (!header) header = paths_.FindFile(folder, creator.precompiled_name);
      }
      if (!header) continue;
      for (SourceFile& source : driver.sources) {
        if (EqualsNoCase(source.precompiled_name, creator.precompiled_name))
          source.precompiled = *header;
      }
    }
  }

  void Others(const msbuild::Project& project, DriverProject& driver) {
    for (const msbuild::Item* item : project.ItemsOf("Inf")) {
      if (const auto path = paths_.FindFile(driver.folder, item->include)) {
        if (std::find(driver.infs.begin(), driver.infs.end(), *path) == driver.infs.end())
          driver.infs.push_back(*path);
      } else {
        diagnostics_.Warning(
            fmt::format("{}:{}: {} is not there", item->file, item->line, item->include));
      }
    }
    ToolItems(project, driver);
  }

  // What Windows' tools would make headers of.
  void ToolItems(const msbuild::Project& project, DriverProject& driver) {
    const auto file_name = [](std::string_view path) {
      std::string name = fs::path(ToSlashes(Trim(path))).filename().string();
      std::erase(name, '"');
      return name;
    };
    // A binary MOF file is named by the item that makes it and by the one that makes a header of
    // it.
    std::map<std::string, fs::path, LessNoCase> mofs;
    for (const msbuild::Item* item : project.ItemsOf("MofComp")) {
      const auto input = paths_.FindFile(driver.folder, item->include);
      if (!input) continue;
      mofs[input->stem().string() + ".bmf"] = *input;
      const std::string binary = file_name(item->Metadata("CreateBinaryMofFile"));
      if (!binary.empty()) mofs[binary] = *input;
    }
    for (const msbuild::Item* item : project.ItemsOf("ResourceCompile")) {
      const auto script = paths_.FindFile(driver.folder, item->include);
      if (mofs.empty() || !script || EqualsNoCase(Trim(item->Metadata("ExcludedFromBuild")), "true"))
        continue;
      for (const auto& [name, binary] : MofResourcesOfScript(ReadTextFile(*script))) {
        const auto at = mofs.find(file_name(binary));
        if (at != mofs.end()) {
          driver.mof_resources.emplace_back(name, at->second);
        } else {
          diagnostics_.Warning(fmt::format("{}: nothing makes {}, so the image has no MOF resource {}",
                                           script->string(), binary, name));
        }
      }
    }
    for (const char* type : {"MessageCompile", "Wmimofck", "Midl", "CustomBuild", "MASM"}) {
      for (const msbuild::Item* item : project.ItemsOf(type)) {
        if (item->include.empty() ||
            EqualsNoCase(Trim(item->Metadata("ExcludedFromBuild")), "true"))
          continue;
        ToolItem tool;
        tool.type = type;
        tool.include = item->include;
        if (EqualsNoCase(type, "MessageCompile")) {
          if (const auto input = paths_.FindFile(driver.folder, item->include)) tool.input = *input;
          const std::string base(Trim(item->Metadata("GeneratedFilesBaseName")));
          tool.header = (base.empty() ? tool.input.stem().string() : base) + ".h";
          tool.kernel_macros =
              EqualsNoCase(Trim(item->Metadata("GenerateKernelModeLoggingMacros")), "true");
          tool.user_macros =
              EqualsNoCase(Trim(item->Metadata("GenerateUserModeLoggingMacros")), "true");
        } else if (EqualsNoCase(type, "Wmimofck")) {
          tool.header = file_name(item->Metadata("HeaderOutputFile"));
          if (tool.header.empty()) continue;  // only a check of the binary file
          const auto at = mofs.find(file_name(item->include));
          if (at != mofs.end()) tool.input = at->second;
          const std::vector<std::string> words =
              SplitCommandLine(msbuild::Unescape(item->Metadata("AdditionalOptions")));
          tool.method_structures =
              EqualsNoCase(Trim(item->Metadata("GenerateStructureDefinitionsForMethodParameters")), "true") ||
              std::find_if(words.begin(), words.end(), [](const std::string& word) {
                return word == "-m" || word == "/m";
              }) != words.end();
        }
        if (tool.input.empty()) {
          diagnostics_.Note(fmt::format("{}:{}: {} {} is not processed", item->file, item->line,
                                        type, item->include));
        }
        driver.tool_items.push_back(std::move(tool));
      }
    }
  }

  void References(const msbuild::Project& project, DriverProject& driver, int depth) {
    for (const msbuild::Item* item : project.ItemsOf("ProjectReference")) {
      const auto path = paths_.FindFile(driver.folder, item->include);
      if (!path) {
        throw BuildError(
            item->file, item->line,
            fmt::format("the project {} that it refers to is not there", item->include));
      }
      if (depth >= kDeepestReference)
        throw BuildError(item->file, item->line, "projects refer to each other in a circle");
      DriverProject library;
      try {
        library = FromProject(*path, true, depth + 1);
      } catch (const NoDriver& error) {
        // A reference may only set the order of builds (an application, a package): those are not
        // linked.
        diagnostics_.Note(fmt::format("{}:{}: {} is not linked: {}", item->file, item->line,
                                      item->include, error.what()));
        continue;
      }
      if (!library.library) continue;
      if (!library.kind_known) {
        library.kind = driver.kind;
        library.version_major = driver.version_major;
        library.version_minor = driver.version_minor;
      }
      driver.libraries.push_back(std::move(library));
    }
  }

  const ProjectOptions& options_;
  WindowsPaths& paths_;
  Diagnostics& diagnostics_;
};

}  // namespace

DriverProject LoadDriverProject(const fs::path& path, const ProjectOptions& options,
                                WindowsPaths& paths, Diagnostics& diagnostics) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path).lexically_normal();
  Loader loader(options, paths, diagnostics);
  if (fs::is_directory(absolute, error)) {
    return loader.FromFolder(absolute.filename().empty() ? absolute.parent_path() : absolute);
  }
  if (!fs::exists(absolute, error))
    throw BuildError(fmt::format("{} does not exist", path.string()));
  if (!EqualsNoCase(absolute.extension().string(), ".vcxproj")) {
    throw BuildError(fmt::format("{} is neither a .vcxproj nor a folder", path.string()));
  }
  return loader.FromProject(absolute);
}

}  // namespace drydock::tools
