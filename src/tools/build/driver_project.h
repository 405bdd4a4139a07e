// What is to be built, drawn from a Visual Studio project or from a folder of sources: the model
// that the rest of the builder works on. Paths are absolute and spelled as the disk spells them.
// Errors: BuildError.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/windows_paths.h"

namespace drydock::tools {

enum class DriverKind { kKmdf, kUmdf, kWdm, kApplication };
const char* KindName(DriverKind kind);

// The project is for something else than a driver: an application, a package, a library that stands alone.
struct NoDriver : BuildError {
  using BuildError::BuildError;
};

// How WPP is set up for one source, as the project says it.
struct WppSettings {
  bool enabled = false;
  std::vector<std::string> functions;       // WppTraceFunction: "TraceEvents(LEVEL,FLAGS,MSG,...)"
  std::vector<std::filesystem::path> scan;  // WppScanConfigurationData, -scan:
  std::vector<std::filesystem::path> ini;   // WppAlternateConfigurationFile, -ini:
  std::vector<std::string> missing;         // named, but not there
  std::string control_guid;                 // WppAddControlGuid
};

struct SourceFile {
  std::filesystem::path path;
  bool cxx = false;
  std::string standard;              // of C++, as MSVC calls it ("c++17", "c++latest"); empty: not said
  std::vector<std::string> defines;  // NAME or NAME=value
  std::vector<std::string> undefines;
  std::vector<std::filesystem::path> includes;  // existing folders, in order
  std::vector<std::string> forced_includes;     // as spelled
  // PrecompiledHeader: nothing is precompiled, but an include of this name means one file, wherever
  // it stands.
  std::string precompiled_name;
  bool creates_precompiled = false;   // this source's include decides which file
  std::filesystem::path precompiled;  // that file; empty if none
  WppSettings wpp;
  std::string file;  // where the project lists it
  int line = 0;
};

// An item that a tool of Windows turns into a header (generated_headers.h), or that no tool here
// knows.
struct ToolItem {
  std::string type;             // MessageCompile, Wmimofck, ...
  std::string include;          // as the project spells it
  std::filesystem::path input;  // .man, .mc, .mof; empty: not processed
  std::string header;           // name of the header to make
  bool kernel_macros = false, user_macros = false;
  std::string macro_prefix, symbol_prefix;  // mc -p, -P
  bool method_structures = false;  // Wmimofck: of the parameters of methods
};

struct DriverProject {
  std::filesystem::path file;  // the .vcxproj, or the folder
  std::filesystem::path folder;
  std::string name;           // of the project
  std::string target;         // of the image, without extension
  std::string configuration;  // Debug or Release (or what --config said)
  bool debug = true;
  bool library = false;  // a static library that a driver links
  bool export_driver = false;  // a library of the kernel, taken for a static one
  DriverKind kind = DriverKind::kKmdf;
  bool kind_known = true;  // false: a library that does not say; it takes its driver's
  int version_major = 0;   // of the framework; 0 for WDM
  int version_minor = 0;
  std::vector<SourceFile> sources;
  std::vector<std::filesystem::path> infs;  // .inf and .inx
  std::vector<ToolItem> tool_items;
  std::vector<SourceFile> resource_scripts;  // of applications; one that a tool makes has only its name
  // Resources that its scripts make of binary MOF files: names, and the MOF files behind them.
  std::vector<std::pair<std::string, std::filesystem::path>> mof_resources;
  std::vector<std::filesystem::path> made;  // by its CustomBuild steps (custom_steps.h)
  std::vector<DriverProject> libraries;  // static libraries that it refers to
  std::string entry_point;               // that the linker is told to take for DriverEntry; usually empty
};

struct ProjectOptions {
  bool application = false;  // an application is wanted, not a driver
  std::string configuration = "Debug";
  std::string platform = "x64";
  // Of a project that lacks the configuration, one that is like it is taken, with a warning. Else that is an error.
  bool nearest_configuration = false;
  std::filesystem::path solution;                // that the project is built in; empty: the nearest one above it
  std::filesystem::path made;                    // where CustomBuild steps put what they make; empty: none is run
  std::vector<std::filesystem::path> sdk_roots;  // what $(DDK_INC_PATH) and the like mean
};

// `path` is a .vcxproj, a `sources` file of the DDK's build, or a folder. A folder with one project stands for that project, one with a
// `sources` file for that; without either, all its C and C++ files make a driver.
DriverProject LoadDriverProject(const std::filesystem::path& path, const ProjectOptions& options,
                                WindowsPaths& paths, Diagnostics& diagnostics);

}  // namespace drydock::tools
