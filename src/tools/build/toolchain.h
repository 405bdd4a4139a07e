// Where a driver's surroundings are: Drydock's SDK and library, the flags, the compiler and its own
// header folders.
//
// The SDK is one or more folders laid out as the WDK lays it out (shared/, km/, um/,
// wdf/kmdf/inc/1.33/, lib/). They are taken from DRYDOCK_SDK (a list separated by ':'), else from
// drydock-paths.json beside the executable (a build tree), else from the installed prefix
// (../share/drydock/sdk).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/driver_project.h"

namespace drydock::tools {

struct Surroundings {
  std::vector<std::filesystem::path> sdk_roots;
  std::filesystem::path library;  // libdrydock.so; empty if not found
  std::filesystem::path launcher;  // drydock-cc; empty if not found

  std::filesystem::path docs;      // the coverage pages' folder; may be empty
  std::filesystem::path cmake;     // the CMake package's folder; empty if not found

  // A file or folder of the SDK, from the first root that has it.
  std::optional<std::filesystem::path> Find(const std::filesystem::path& relative) const;
};

// BuildError if there is no SDK. `executable` is the path of the running program.
Surroundings FindSurroundings(const std::filesystem::path& executable);
std::filesystem::path RunningExecutable();

struct Compiler {
  std::filesystem::path c, cxx;
  std::string family;  // "clang" or "gcc": they have flags of their own
  std::vector<std::filesystem::path> header_folders;  // its own, C and C++
};

// driver-flags.json, for one kind of driver, framework version and configuration.
struct DriverFlags {
  std::vector<std::string> compile, c, cxx;
  std::vector<std::string> defines;
  std::vector<std::filesystem::path> includes;  // folders of the SDK
  std::vector<std::filesystem::path> sources;   // that every image of this kind links
  std::vector<std::string> link;
  std::vector<std::string> coverage_runtime;  // what counting lines needs besides
  std::vector<std::string> link_libraries;      // behind the objects
  std::vector<std::string> runtime;  // symbols of the C and compiler run-time; '*' at the end
};

DriverFlags LoadFlags(const Surroundings& surroundings, const DriverProject& project,
                      const Compiler& compiler, const std::vector<std::string>& sanitizers);

// `name` is clang or gcc, or a path of one. BuildError if it is not there.
Compiler FindCompiler(const std::string& name);
std::optional<std::filesystem::path> FindProgram(const std::string& name);

struct ProcessResult {
  int exit_code = 0;   // 128 + signal if it was killed
  std::string output;  // stdout and stderr together
};
// Runs a program and gathers what it writes. `working_folder` may be empty.
ProcessResult RunProcess(const std::vector<std::string>& arguments,
                         const std::filesystem::path& working_folder = {});

}  // namespace drydock::tools
