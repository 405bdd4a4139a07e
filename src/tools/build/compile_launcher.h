// `drydock cc -- COMPILER ARGUMENTS`: runs one compilation with MSVC's dialect translated, as a compiler launcher (ninja files of drydock
// build, CMAKE_C_COMPILER_LAUNCHER): the compiler preprocesses, the text is translated (msvc_dialect.h), the compiler compiles that. Line
// markers and the dependency file name the sources as they are. What is no compilation of one C or C++ source, and a source that needs no
// translation, goes to the compiler unchanged.
// Errors: the compiler's own exit code and words; BuildError for what keeps it from running.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace drydock::tools {

struct LauncherOptions {
  // Headers are found as on Windows (include_shadow.h), with leading headers in OBJECT.headers; drydock build has seen to that itself.
  bool find_headers = true;
  bool only_if_needed = false;  // C++ that shows no need: compiled as it is, translated if the compiler does not take it
  bool narrowed = false;        // some `long` of the source is `int` already (source_mirror.h)
  std::string driver;                   // whose messages the trace headers are (x.tmh) that the source includes
  bool msvc_options = false;  // WithoutMsvcOptions
};

// What the command asks for.
struct CompileCommandLine {
  std::vector<std::string> compiler;  // and what launches it: {"ccache", "clang"}
  std::vector<std::string> options;   // without -c, -o, -x, the source and those about dependencies
  std::vector<std::string> dependency_options;
  std::filesystem::path source, object, dependency_file;
  bool cxx = false;
  bool compiles = false;  // one C or C++ source to an object; else nothing here but `compiler` is of use
};
CompileCommandLine ReadCompileCommand(const std::vector<std::string>& command);

// The command of a CMake project that was written for MSVC, in the words of clang and gcc: /D, /I, /U and /FI are translated, other options
// of MSVC's compiler and linker (/W4, -wd4201, /INTEGRITYCHECK, ntoskrnl.lib) are left out. Files that begin with a slash stay.
std::vector<std::string> WithoutMsvcOptions(const std::vector<std::string>& command);

int RunCompileLauncher(const std::vector<std::string>& command, const LauncherOptions& options);

// tracewpp [options] SOURCES: writes a trace header for each source, as the kit's tool of that name (-odir:, -func:, -scan:, -ini:, -defwpp:,
// -ctl:; other options say nothing here). The driver's name is that of the folder of the output.
int RunTraceTool(const std::vector<std::string>& arguments);

// The arguments of `drydock cc` and of drydock-cc: [--no-headers] [--if-needed] [--msvc-options] [--driver=NAME] [--] COMPILER ARGUMENTS, or --tracewpp ARGUMENTS.
int CompileLauncherMain(int argc, char** argv);

}  // namespace drydock::tools
