#include "tools/build/toolchain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tools/build/text.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kFlagsFile = "driver-flags.json";

json ParseJson(const fs::path& file) {
  try {
    return json::parse(ReadTextFile(file));
  } catch (const json::exception& error) {
    throw BuildError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

std::vector<std::string> Strings(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end()) return {};
  return at->get<std::vector<std::string>>();
}

void Append(std::vector<std::string>& to, const std::vector<std::string>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// The folder of the framework's headers for a version: its own, else the next newer one that the
// SDK has (a newer header knows the older versions).
std::vector<fs::path> VersionFolders(const Surroundings& surroundings, const fs::path& parent,
                                     int major, int minor) {
  std::vector<fs::path> found;
  int best = -1;
  for (const fs::path& root : surroundings.sdk_roots) {
    std::error_code error;
    for (fs::directory_iterator it(root / parent, error), end; !error && it != end;
         it.increment(error)) {
      int have_major = 0, have_minor = 0;
      const std::string name = it->path().filename().string();
      if (std::sscanf(name.c_str(), "%d.%d", &have_major, &have_minor) != 2 || have_major != major)
        continue;
      if (have_minor < minor || (best >= 0 && have_minor > best)) continue;
      if (have_minor != best) found.clear();
      best = have_minor;
      found.push_back(it->path());
    }
  }
  return found;
}

}  // namespace

std::optional<fs::path> Surroundings::Find(const fs::path& relative) const {
  for (const fs::path& root : sdk_roots) {
    std::error_code error;
    if (fs::exists(root / relative, error)) return root / relative;
  }
  return std::nullopt;
}

fs::path RunningExecutable() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::current_path() : path;
}

Surroundings FindSurroundings(const fs::path& executable) {
  Surroundings result;
  const fs::path folder = executable.parent_path();
  const fs::path paths_file = folder / "drydock-paths.json";
  std::error_code error;
  std::string searched;
  if (fs::exists(paths_file, error)) {
    const json paths = ParseJson(paths_file);
    for (const std::string& root : Strings(paths, "sdk")) result.sdk_roots.emplace_back(root);
    result.library = paths.value("library", "");
    result.cmake = paths.value("cmake", "");
    result.docs = paths.value("docs", "");
    searched = paths_file.string();
  } else {
    const fs::path prefix = folder.parent_path();
    result.sdk_roots.push_back(prefix / "share/drydock/sdk");
    result.docs = prefix / "share/drydock/docs";
    for (const char* lib : {"lib", "lib64", "lib/x86_64-linux-gnu"}) {
      if (fs::exists(prefix / lib / "libdrydock.so", error))
        result.library = prefix / lib / "libdrydock.so";
      if (fs::exists(prefix / lib / "cmake/Drydock/FindWDK.cmake", error)) result.cmake = prefix / lib / "cmake/Drydock";
    }
    searched = result.sdk_roots.front().string();
  }
  if (const char* given = std::getenv("DRYDOCK_SDK"); given != nullptr && *given != 0) {
    result.sdk_roots.clear();
    for (const std::string& root : SplitTrimmed(given, ':'))
      result.sdk_roots.push_back(fs::absolute(root).lexically_normal());
    searched = fmt::format("DRYDOCK_SDK={}", given);
  }
  if (!fs::exists(result.library, error)) result.library.clear();
  if (fs::exists(folder / "drydock-cc", error)) result.launcher = folder / "drydock-cc";
  if (!result.Find(kFlagsFile)) {
    throw BuildError(fmt::format(
        "Drydock's SDK is not found (looked at {}); set DRYDOCK_SDK to its folder", searched));
  }
  return result;
}

DriverFlags LoadFlags(const Surroundings& surroundings, const DriverProject& project,
                      const Compiler& compiler, const std::vector<std::string>& sanitizers) {
  const fs::path file = *surroundings.Find(kFlagsFile);
  const json all = ParseJson(file);
  DriverFlags flags;
  try {
    const json& kind = all.at("kinds").at(KindName(project.kind));
    const json& configuration = all.at("configurations").at(project.debug ? "Debug" : "Release");
    flags.compile = Strings(all, "compile");
    Append(flags.compile, Strings(all, compiler.family.c_str()));
    Append(flags.compile, Strings(configuration, "compile"));
    Append(flags.compile, Strings(kind, "compile"));
    flags.c = Strings(all, "c");
    flags.cxx = Strings(all, "cxx");
    flags.defines = Strings(all, "defines");
    Append(flags.defines, Strings(kind, "defines"));
    Append(flags.defines, Strings(configuration, "defines"));
    flags.link = Strings(all, "link");
    Append(flags.link_libraries, Strings(kind, "link"));
    flags.runtime = Strings(all, "runtime");
    flags.coverage_runtime = Strings(all, "coverage_runtime");
    Append(flags.runtime, Strings(kind, "runtime"));
    for (const std::string& sanitizer : sanitizers) {
      flags.compile.push_back("-fsanitize=" + sanitizer);
      flags.link.push_back("-fsanitize=" + sanitizer);
      const json& known = all.at("sanitize");
      Append(flags.compile, Strings(known, sanitizer.c_str()));
    }
    for (const std::string& source : Strings(kind, "sources")) {
      const auto path = surroundings.Find(source);
      if (!path) throw BuildError(fmt::format("Drydock's SDK lacks {}", source));
      flags.sources.push_back(*path);
    }
    const auto version = [&project](std::string text) {
      text = ReplaceAll(std::move(text), "@MAJOR@", std::to_string(project.version_major));
      return ReplaceAll(std::move(text), "@MINOR@", std::to_string(project.version_minor));
    };
    for (std::string& define : flags.defines) define = version(define);
    for (const std::string& include : Strings(kind, "include")) {
      if (include.find("@MAJOR@") != std::string::npos) {
        const auto folders = VersionFolders(surroundings, fs::path(include).parent_path(),
                                            project.version_major, project.version_minor);
        flags.includes.insert(flags.includes.end(), folders.begin(), folders.end());
        continue;
      }
      for (const fs::path& root : surroundings.sdk_roots) {
        std::error_code error;
        if (fs::is_directory(root / include, error)) flags.includes.push_back(root / include);
      }
    }
  } catch (const json::exception& error) {
    throw BuildError(fmt::format("{}: {}", file.string(), error.what()));
  }
  return flags;
}

Compiler FindCompiler(const std::string& name) {
  Compiler compiler;
  const auto c = FindProgram(name);
  if (!c) {
    throw BuildError(
        fmt::format("the compiler {} is not there; install it (Debian: apt-get install {}) or "
                    "choose one with --cc",
                    name, name.find('/') == std::string::npos ? name : "clang"));
  }
  compiler.c = *c;
  // clang -> clang++, clang-14 -> clang++-14, gcc -> g++, x86_64-linux-gnu-gcc-12 ->
  // x86_64-linux-gnu-g++-12
  std::string file = fs::path(name).filename().string();
  if (const size_t at = file.find("clang"); at != std::string::npos) {
    file.replace(at, 5, "clang++");
  } else if (const size_t gcc = file.find("gcc"); gcc != std::string::npos) {
    file.replace(gcc, 3, "g++");
  }
  const fs::path parent = fs::path(name).parent_path();
  const auto cxx = FindProgram((parent.empty() ? fs::path(file) : parent / file).string());
  compiler.cxx = cxx ? *cxx : *c;

  for (const char* language : {"c", "c++"}) {
    const auto& program = std::string_view(language) == "c" ? compiler.c : compiler.cxx;
    const ProcessResult result =
        RunProcess({program.string(), "-E", "-v", "-x", language, "/dev/null"});
    if (result.exit_code != 0) {
      throw BuildError(fmt::format("{} does not work:\n{}", program.string(), result.output));
    }
    compiler.family = result.output.find("clang") != std::string::npos ? "clang" : "gcc";
    bool inside = false;
    for (const std::string& line : SplitTrimmed(result.output, '\n')) {
      if (line.starts_with("#include <...>")) {
        inside = true;
      } else if (line.starts_with("End of search list")) {
        inside = false;
      } else if (inside) {
        const fs::path folder = fs::path(line).lexically_normal();
        auto& folders = compiler.header_folders;
        if (std::find(folders.begin(), folders.end(), folder) == folders.end())
          folders.push_back(folder);
      }
    }
  }
  return compiler;
}

}  // namespace drydock::tools
