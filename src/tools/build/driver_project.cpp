#include "tools/build/driver_project.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "tools/build/custom_steps.h"
#include "tools/build/driver_metadata.h"
#include "tools/build/mof_resource.h"
#include "tools/build/msbuild/project.h"
#include "tools/build/solution.h"
#include "tools/build/sources_file.h"
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
    case DriverKind::kApplication:
      return "APP";
  }
  return "";
}

namespace {

constexpr int kNewestKmdfMinor = 33;
constexpr int kNewestUmdfMinor = 33;
constexpr int kDeepestReference = 16;

bool IsCxxExtension(std::string_view extension) {
  return EqualsNoCase(extension, ".cpp") || EqualsNoCase(extension, ".cxx") ||
         EqualsNoCase(extension, ".cc");
}

// The properties that the toolset would have set; those that name its folders point into Drydock's
// SDK.
msbuild::PropertyMap ToolsetDefaults(const ProjectOptions& options) {
  msbuild::PropertyMap p;
  p["PlatformTarget"] = p["PlatformShortName"] = p["PlatformArchitecture"] = options.platform;
  p["IntDir"] = fmt::format("{}\\{}\\", options.platform, options.configuration);
  p["OutDir"] = p["IntDir"];
  p["TargetExt"] = ".sys";
  p["UseDebugLibraries"] = EqualsNoCase(options.configuration, "Debug") ? "true" : "false";
  p["UserRootDir"] = "";
  for (const auto& [name, version] : std::initializer_list<std::pair<const char*, const char*>>{
           {"WINXP", "0x501"}, {"VISTA", "0x600"}, {"LONGHORN", "0x600"}, {"WIN7", "0x601"}, {"WIN8", "0x602"}, {"WINBLUE", "0x603"}, {"WIN10", "0xA00"}})
    p[std::string("_NT_TARGET_VERSION_") + name] = version;
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
    p["CRT_INC_PATH"] = p["KM_CRT_INC_PATH"] = root + "/crt";
  }
  if (!options.solution.empty()) {
    p["SolutionDir"] = options.solution.parent_path().string() + "\\";
    p["SolutionPath"] = options.solution.string();
    p["SolutionName"] = options.solution.stem().string();
    p["SolutionFileName"] = options.solution.filename().string();
    p["SolutionExt"] = options.solution.extension().string();
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

struct Chosen {
  std::string configuration, platform;
};

// Which of the configurations that the project offers is meant. What runs here is x64; a project that was never made for it is read as
// that of its nearest platform.
Chosen ChooseConfiguration(const msbuild::Project& project, const ProjectOptions& options, Diagnostics& diagnostics) {
  const auto offered = project.ItemsOf("ProjectConfiguration");
  std::vector<Chosen> all;
  for (const auto* item : offered) {
    const size_t bar = item->include.find('|');
    if (bar == std::string::npos) continue;
    all.push_back({item->include.substr(0, bar), item->include.substr(bar + 1)});
    if (EqualsNoCase(all.back().configuration, options.configuration) && EqualsNoCase(all.back().platform, options.platform)) return all.back();
  }
  if (all.empty()) return {options.configuration, options.platform};
  std::vector<Chosen> here;
  std::string platform;
  for (const char* wanted : {"x64", "amd64", "Any CPU", "AnyCPU", "ARM64", "Win32", "x86", ""}) {
    if (!here.empty()) break;
    for (const Chosen& one : all) {
      if (!EqualsNoCase(one.platform, *wanted == 0 ? all.front().platform : wanted)) continue;
      here.push_back(one);
      platform = one.platform;
    }
  }
  const std::string place = fmt::format("{}:{}", project.file.string(), offered.front()->line);
  if (!EqualsNoCase(platform, options.platform))
    diagnostics.Warning(fmt::format("{}: the project is not for x64, the platform that Drydock runs; it is built as for {}", place, platform));
  for (const Chosen& one : here)
    if (EqualsNoCase(one.configuration, options.configuration)) return one;
  std::vector<std::string> names;
  for (const Chosen& one : here) names.push_back(one.configuration);
  if (!options.nearest_configuration) {
    throw BuildError(project.file.string(), offered.front()->line,
                     fmt::format("the project has no configuration '{}' for {}; it has {}", options.configuration, platform, fmt::join(names, ", ")));
  }
  // "Win8.1 Debug" is a Debug.
  Chosen best = here.front();
  for (const Chosen& one : here) {
    if (ToLower(one.configuration).find(ToLower(options.configuration)) == std::string::npos) continue;
    best = one;
    break;
  }
  diagnostics.Warning(fmt::format("{}: the project has no configuration '{}'; '{}' is taken (it has {})", place, options.configuration,
                                  best.configuration, fmt::join(names, ", ")));
  return best;
}

// Names that say which processor a compiler makes code for; MSVC sets its own, a project may set them besides.
bool NamesProcessor(std::string_view define) {
  const std::string_view name = define.substr(0, define.find('='));
  for (const std::string_view one : {"_X86_", "i386", "STD_CALL", "_M_IX86", "_ARM_", "_ARM64_", "ARM64", "_M_ARM", "_M_ARM64", "_IA64_", "IA64"})
    if (name == one) return true;
  return false;
}

// Whether a project that does not say its kind is a driver of the user-mode framework: it has an INF to be installed by.
bool UsesUmdf(const msbuild::Project& project) { return !project.ItemsOf("Inf").empty(); }

// A framework newer than ours only adds functions: the driver is built for the newest that there is, and what it calls beyond is named
// when it is missed. Another major version is another framework.
void FitVersion(const msbuild::Project& project, const char* framework, int major, int newest, DriverProject& driver, Diagnostics& diagnostics) {
  const std::string property = fmt::format("{}_VERSION_MAJOR", framework);
  const std::string asked = fmt::format("{} {}.{}", framework, driver.version_major, driver.version_minor);
  if (driver.version_major != major) {
    const bool old = major == 2 && driver.version_major == 1;
    throw At<BuildError>(project, property,
                         fmt::format("{} is asked for; Drydock has {}.0 to {}.{}{}", asked, major, major, newest,
                                     old ? " (UMDF 1 drivers are COM servers of another framework)" : ""));
  }
  if (driver.version_minor <= newest) return;
  const auto origin = project.Where(fmt::format("{}_VERSION_MINOR", framework));
  diagnostics.Warning(fmt::format("{}:{}: {} is asked for; the driver is built for {}.{}, the newest that Drydock has", origin.file, origin.line, asked,
                                  major, newest));
  driver.version_minor = newest;
}

void DetermineKind(const msbuild::Project& project, const ProjectOptions& options, DriverProject& driver, Diagnostics& diagnostics) {
  const std::string type(Trim(project.Property("ConfigurationType")));
  const std::string driver_type(Trim(project.Property("DriverType")));
  const std::string toolset = ToLower(Trim(project.Property("PlatformToolset")));
  if (EqualsNoCase(type, "Application")) {
    if (!options.application) {
      throw At<NoDriver>(project, "ConfigurationType",
                         "the project builds an application, not a driver (drydock app builds those)");
    }
    driver.kind = DriverKind::kApplication;
    return;
  }
  if (options.application) {
    driver.library = EqualsNoCase(type, "StaticLibrary");
    driver.kind_known = false;
    if (driver.library) return;
    throw At<NoDriver>(project, "ConfigurationType",
                       "the project builds no application (drydock build builds drivers)");
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
  if (EqualsNoCase(driver_type, "WDM") || EqualsNoCase(driver_type, "Miniport")) {
    driver.kind = DriverKind::kWdm;
  } else if (EqualsNoCase(driver_type, "UMDF") ||
             (driver_type.empty() && umdf_version && !kmdf_version)) {
    driver.kind = DriverKind::kUmdf;
  } else if (EqualsNoCase(driver_type, "KMDF") || kmdf_version) {
    driver.kind = DriverKind::kKmdf;
  } else if (EqualsNoCase(driver_type, "ExportDriver")) {
    // A library of the kernel: Drydock has none of their own.
    driver.kind = DriverKind::kWdm;
    driver.library = driver.export_driver = true;
  } else if (!driver_type.empty()) {
    throw At<BuildError>(
        project, "DriverType",
        fmt::format("DriverType '{}' is not known to Drydock (KMDF, UMDF and WDM are)",
                    driver_type));
  } else if (driver.library) {
    driver.kind_known = false;
  } else if (toolset.find("kernelmodedriver") != std::string::npos || EqualsNoCase(type, "Driver")) {
    driver.kind = DriverKind::kWdm;
  } else if (toolset.find("usermodedriver") != std::string::npos && EqualsNoCase(type, "DynamicLibrary") && UsesUmdf(project)) {
    driver.kind = DriverKind::kUmdf;
  } else if (EqualsNoCase(type, "DynamicLibrary")) {
    throw At<NoDriver>(project, "ConfigurationType", "the project builds a dynamic library, not a driver: it has no DriverType");
  } else {
    throw At<NoDriver>(project, "DriverType", "the project builds no driver: it has no DriverType");
  }
  if (!driver.kind_known) return;
  if (driver.kind == DriverKind::kKmdf) {
    driver.version_major = Number(project, "KMDF_VERSION_MAJOR", 1);
    driver.version_minor = Number(project, "KMDF_VERSION_MINOR", kNewestKmdfMinor);
    FitVersion(project, "KMDF", 1, kNewestKmdfMinor, driver, diagnostics);
  } else if (driver.kind == DriverKind::kUmdf) {
    driver.version_major = Number(project, "UMDF_VERSION_MAJOR", 2);
    driver.version_minor = Number(project, "UMDF_VERSION_MINOR", kNewestUmdfMinor);
    FitVersion(project, "UMDF", 2, kNewestUmdfMinor, driver, diagnostics);
  }
}

class Loader {
 public:
  Loader(const ProjectOptions& options, WindowsPaths& paths, Diagnostics& diagnostics)
      : options_(options), paths_(paths), diagnostics_(diagnostics) {}

  DriverProject FromProject(const fs::path& file, bool referenced = false, int depth = 0) {
    ProjectOptions options = options_;
    msbuild::Project project = Evaluate(file, options);
    const Chosen chosen = ChooseConfiguration(project, options, diagnostics_);
    if (!EqualsNoCase(chosen.configuration, options.configuration) || !EqualsNoCase(chosen.platform, options.platform)) {
      options.configuration = chosen.configuration;
      options.platform = chosen.platform;
      project = Evaluate(file, options);
    }

    DriverProject driver;
    driver.file = project.file;
    driver.folder = project.folder();
    driver.name = project.Property("MSBuildProjectName");
    driver.configuration = options.configuration;
    driver.debug = EqualsNoCase(Trim(project.Property("UseDebugLibraries")), "true");
    driver.entry_point = EntryPoint(project);
    DetermineKind(project, options_, driver, diagnostics_);
    if (driver.library && !referenced) {
      throw At<NoDriver>(project, driver.export_driver ? "DriverType" : "ConfigurationType",
                         fmt::format("the project builds {}; build a driver that refers to it", driver.export_driver ? "an export driver" : "a static library"));
    }
    if (driver.export_driver) {
      const auto origin = project.Where("DriverType");
      diagnostics_.Warning(fmt::format("{}:{}: an export driver is linked into the drivers that refer to it; its DllInitialize and DllUnload are not called",
                                       origin.file, origin.line));
    }
    driver.target = Trim(msbuild::Unescape(project.Property("TargetName")));
    if (driver.target.empty() || driver.target.find_first_of("/\\") != std::string::npos) {
      throw At<BuildError>(project, "TargetName",
                           fmt::format("TargetName '{}' is no file name", driver.target));
    }
    Steps(project, driver);
    Sources(project, driver);
    if (!EqualsNoCase(options.platform, "x64")) {
      for (SourceFile& source : driver.sources) std::erase_if(source.defines, NamesProcessor);
    }
    CharacterSet(project, driver);
    PrecompiledHeaders(driver);
    Others(project, driver);
    if (driver.sources.empty())
      throw BuildError(driver.file.string(), 1, "the project lists no C or C++ sources");
    References(project, driver, depth);
    Libraries(project, driver, depth);
    return driver;
  }

  // A file of the DDK's build utility.
  DriverProject FromSources(const fs::path& file) {
    return ReadSourcesFile(file, options_, paths_, diagnostics_);
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
    if (const auto sources = paths_.FindFile(folder, "sources")) return FromSources(*sources);
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
    driver.kind = options_.application ? DriverKind::kApplication
                  : framework            ? DriverKind::kKmdf
                                         : DriverKind::kWdm;
    if (framework && !options_.application) {
      driver.version_major = 1;
      driver.version_minor = kNewestKmdfMinor;
    }
    return driver;
  }

 private:
  msbuild::Project Evaluate(const fs::path& file, const ProjectOptions& options) {
    msbuild::EvaluateOptions evaluate;
    evaluate.global["Configuration"] = options.configuration;
    evaluate.global["Platform"] = options.platform;
    evaluate.defaults = ToolsetDefaults(options);
    evaluate.defaults["TargetName"] = file.stem().string();
    return msbuild::Evaluate(file, evaluate, paths_, diagnostics_);
  }

  // What the linker takes for the entry; those of the toolset lead to DriverEntry.
  static std::string EntryPoint(const msbuild::Project& project) {
    const std::string name(Trim(project.Definition("Link", "EntryPointSymbol")));
    for (const std::string_view known : {"", "DriverEntry", "GsDriverEntry", "FxDriverEntry", "FxDriverEntryUm", "DllMain", "_DllMainCRTStartup"})
      if (name == known) return {};
    return IsIdentifier(name) ? name : std::string();
  }

  static bool Excluded(const msbuild::Item& item) { return item.include.empty() || EqualsNoCase(Trim(item.Metadata("ExcludedFromBuild")), "true"); }
  static std::string Command(const msbuild::Item& item) { return msbuild::Unescape(item.Metadata("Command")); }
  static std::string MadeKey(const fs::path& folder, std::string_view spelled) {
    return ToLower((folder / ToSlashes(msbuild::Unescape(spelled))).lexically_normal().string());
  }

  // The project's own steps come first: what they make may be sources, or in folders that the sources are to find headers in.
  void Steps(const msbuild::Project& project, DriverProject& driver) {
    processed_.clear();
    for (const msbuild::Item* item : project.ItemsOf("CustomBuild")) {
      if (Excluded(*item)) continue;
      CustomStep step;
      step.include = msbuild::Unescape(item->include);
      step.command = Command(*item);
      const auto commands = CommandsOf(step.command);
      if (commands.empty() || IsMessageCompiler(commands)) continue;
      for (const std::string& name : SplitTrimmed(item->Metadata("Outputs"), ';')) step.outputs.push_back(msbuild::Unescape(name));
      for (const std::string& name : SplitTrimmed(item->Metadata("AdditionalInputs"), ';')) step.inputs.push_back(msbuild::Unescape(name));
      step.file = item->file;
      step.line = item->line;
      if (options_.made.empty()) {
        for (const std::string& output : step.outputs) made_.emplace(MadeKey(driver.folder, output), fs::path());
        continue;
      }
      const auto files = RunCustomStep(step, driver.folder, options_.made / driver.name, paths_, diagnostics_);
      if (!files) continue;
      processed_.insert(item);
      for (const MadeFile& file : *files) {
        made_[MadeKey(driver.folder, file.promised.string())] = file.path;
        driver.made.push_back(file.path);
      }
    }
  }

  static bool IsMessageCompiler(const std::vector<std::vector<std::string>>& commands) {
    return std::any_of(commands.begin(), commands.end(), [](const auto& words) { return ProgramOf(words[0]) == "mc"; });
  }

  // Options of the message compiler.
  static void MessageOptions(const std::vector<std::string>& words, ToolItem& tool) {
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i].size() < 2 || (words[i][0] != '-' && words[i][0] != '/')) continue;
      const std::string name = words[i].substr(1);
      if (name == "km") tool.kernel_macros = true;
      if (name == "um") tool.user_macros = true;
      if (i + 1 >= words.size()) continue;
      if (name == "p") tool.macro_prefix = words[++i];
      else if (name == "P") tool.symbol_prefix = words[++i];
      else if (name == "z") tool.header = words[++i] + ".h";
    }
  }

  void Sources(const msbuild::Project& project, DriverProject& driver) {
    // "VC++ directories" of the property pages.
    const std::string include_path = project.Property("ExternalIncludePath") + ";" + project.Property("IncludePath");
    std::vector<std::string> missing;
    std::set<fs::path> seen;
    int line = 1;
    for (const msbuild::Item* item : project.ItemsOf("ClCompile")) {
      if (EqualsNoCase(Trim(item->Metadata("ExcludedFromBuild")), "true")) continue;
      auto path = paths_.FindFile(driver.folder, item->include);
      if (const auto made = made_.find(MadeKey(driver.folder, item->include)); made != made_.end()) {
        if (made->second.empty()) continue;  // nothing is run now
        path = made->second;
      }
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
      driver.sources.push_back(SourceFromItem(*item, *path, driver.folder, paths_, diagnostics_, include_path));
    }
    if (!missing.empty()) {
      throw BuildError(driver.file.string(), line,
                       fmt::format("the project lists {} not there: {}",
                                   missing.size() == 1 ? "a source that is" : "sources that are",
                                   fmt::join(missing, ", ")));
    }
  }

  void CharacterSet(const msbuild::Project& project, DriverProject& driver) {
    const std::string set(Trim(project.Property("CharacterSet")));
    const bool wide = EqualsNoCase(set, "Unicode");
    if (!options_.application || (!wide && !EqualsNoCase(set, "MultiByte"))) return;
    for (SourceFile& source : driver.sources) {
      for (const char* name : {wide ? "_UNICODE" : "_MBCS", wide ? "UNICODE" : ""}) {
        if (*name != 0) source.defines.insert(source.defines.begin(), std::string(name) + "=1");
      }
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
    for (const msbuild::Item* item : project.ItemsOf("ResourceCompile")) {
      if (!options_.application || item->include.empty() || EqualsNoCase(Trim(item->Metadata("ExcludedFromBuild")), "true")) continue;
      const auto script = paths_.FindFile(driver.folder, item->include);
      SourceFile source = SourceFromItem(*item, script ? *script : fs::path(file_name(item->include)), driver.folder, paths_, diagnostics_);
      source.cxx = false;
      driver.resource_scripts.push_back(std::move(source));
    }
    for (const char* type : {"MessageCompile", "Wmimofck", "Midl", "CustomBuild", "MASM"}) {
      for (const msbuild::Item* item : project.ItemsOf(type)) {
        if (Excluded(*item) || processed_.contains(item)) continue;
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
          tool.macro_prefix = Trim(item->Metadata("LoggingMacroPrefix"));
          tool.symbol_prefix = Trim(item->Metadata("RemoveCharsFromSymbols"));
          MessageOptions(SplitCommandLine(msbuild::Unescape(item->Metadata("AdditionalOptions"))), tool);
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
        if (EqualsNoCase(type, "CustomBuild")) {
          for (const auto& words : CommandsOf(Command(*item))) {
            if (ProgramOf(words[0]) != "mc") continue;
            if (const auto input = paths_.FindFile(driver.folder, words.back())) tool.input = *input;
            tool.header = tool.input.stem().string() + ".h";
            MessageOptions(words, tool);
          }
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
      if (!EqualsNoCase(path->extension().string(), ".vcxproj")) {
        diagnostics_.Note(fmt::format("{}:{}: {} is no C++ project; not linked", item->file, item->line, item->include));
        continue;
      }
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
      if (EqualsNoCase(Trim(item->Metadata("LinkLibraryDependencies")), "false")) continue;
      if (!library.library) {
        if (library.kind != DriverKind::kUmdf) continue;
        diagnostics_.Warning(fmt::format("{}:{}: {} is a dynamic library, which Drydock does not link; only static libraries are", item->file,
                                         item->line, item->include));
        continue;
      }
      Link(driver, std::move(library));
    }
  }

  static void Link(DriverProject& driver, DriverProject library) {
    for (const DriverProject& known : driver.libraries)
      if (known.file == library.file) return;
    if (!library.kind_known) {
      library.kind = driver.kind;
      library.version_major = driver.version_major;
      library.version_minor = driver.version_minor;
    }
    driver.libraries.push_back(std::move(library));
  }

  // Libraries that the linker is given by name (..\lib\x64\Debug\common.lib) and that another project builds: one of the solution, or one
  // that lies on the way to the file.
  void Libraries(const msbuild::Project& project, DriverProject& driver, int depth) {
    std::vector<std::string> names;
    for (const char* tool : {"Link", "Lib"}) {
      const std::string list = project.Definition(tool, "AdditionalDependencies");
      for (const std::string& name : SplitTrimmed(list, ';')) names.push_back(ToSlashes(msbuild::Unescape(name)));
    }
    for (const msbuild::Item* item : project.ItemsOf("Library")) names.push_back(ToSlashes(item->include));
    for (std::string& name : names) {
      std::erase(name, '"');
      const fs::path path(name);
      const std::string stem = path.stem().string();
      if (!EqualsNoCase(path.extension().string(), ".lib") || InKit(name)) continue;
      std::vector<fs::path> candidates;
      if (path.has_parent_path()) {
        // From the file's folder up to the first that is there: the rest is where the build would put the file.
        fs::path folder = path.parent_path();
        while (!folder.empty() && folder != folder.root_path()) {
          if (const auto there = paths_.FindFolder(driver.folder, folder.string())) {
            for (const auto& match : paths_.Expand(*there, "*.vcxproj")) candidates.push_back(*there / match.name);
            break;
          }
          folder = folder.parent_path();
        }
      }
      for (const fs::path& other : SolutionProjects(driver.file)) candidates.push_back(other);
      for (const fs::path& candidate : candidates) {
        if (candidate == driver.file || depth >= kDeepestReference) continue;
        if (auto library = StaticLibrary(candidate, stem, depth)) {
          Link(driver, std::move(*library));
          break;
        }
      }
    }
  }

  static bool InKit(std::string_view name) {
    const size_t slash = name.find('/');
    return slash == std::string_view::npos && KnownKitLibrary(name);
  }

  // The most used libraries of the kit: no need to look for a project that builds them.
  static bool KnownKitLibrary(std::string_view name) {
    for (const std::string_view one : {"ntstrsafe.lib", "wdmsec.lib", "ntoskrnl.lib", "hal.lib", "wmilib.lib", "usbd.lib", "kernel32.lib", "mincore.lib",
                                       "onecore.lib", "onecoreuap.lib", "user32.lib", "advapi32.lib", "ole32.lib", "uuid.lib", "ntdll.lib", "vhfkm.lib", "vhfum.lib"})
      if (EqualsNoCase(name, one)) return true;
    return false;
  }

  std::optional<DriverProject> StaticLibrary(const fs::path& file, const std::string& name, int depth) {
    auto [at, fresh] = library_names_.try_emplace(file);
    if (fresh) {
      try {
        const msbuild::Project project = Evaluate(file, options_);
        if (EqualsNoCase(Trim(project.Property("ConfigurationType")), "StaticLibrary"))
          at->second = Trim(msbuild::Unescape(project.Property("TargetName")));
      } catch (const BuildError&) {
        // Somebody else's project; whoever builds it is told.
      }
    }
    if (at->second.empty() || !EqualsNoCase(at->second, name)) return std::nullopt;
    return FromProject(file, true, depth + 1);
  }

  // The other projects of the solution.
  const std::vector<fs::path>& SolutionProjects(const fs::path& project) {
    if (solution_read_) return solution_projects_;
    solution_read_ = true;
    std::vector<fs::path> solutions;
    if (!options_.solution.empty()) {
      solutions.push_back(options_.solution);
    } else {
      for (fs::path folder = project.parent_path(); folder.has_relative_path() && solutions.empty(); folder = folder.parent_path()) {
        for (const auto& match : paths_.Expand(folder, "*.sln")) solutions.push_back(folder / match.name);
      }
    }
    for (const fs::path& solution : solutions) {
      try {
        const Solution read = ReadSolution(solution, paths_);
        for (const SolutionProject& one : read.projects)
          if (!one.file.empty()) solution_projects_.push_back(one.file);
      } catch (const BuildError& error) {
        diagnostics_.Note(error.what());
      }
    }
    return solution_projects_;
  }

  std::map<std::string, fs::path> made_;       // what steps promise, in small letters, and where it is; empty: not made
  std::set<const msbuild::Item*> processed_;  // of the project that is read: steps that were run
  std::map<fs::path, std::string> library_names_;  // of projects that may be libraries; empty: is none
  std::vector<fs::path> solution_projects_;
  bool solution_read_ = false;
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
    if (EqualsNoCase(absolute.filename().string(), "sources")) return loader.FromSources(absolute);
    throw BuildError(fmt::format("{} is neither a .vcxproj nor a folder", path.string()));
  }
  return loader.FromProject(absolute);
}

}  // namespace drydock::tools
