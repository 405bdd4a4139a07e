#include "tools/build/cmake_project.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "tools/build/inf.h"
#include "tools/build/missing.h"
#include "tools/build/text.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

constexpr int kDeepestSearch = 5;

// What only the project of a driver says to the linker, or links.
bool LinksAsDriver(const std::string& lower) {
  if (lower.find("add_executable") == std::string::npos && lower.find("add_library") == std::string::npos) return false;
  for (const char* words : {"subsystem:native", "subsystem,native", "subsystem,\"native", "/driver", "-driver ", "-driver)", "ntoskrnl", "wdfldr", "wdfdriverentry", "wdfdriverstubum"})
    if (lower.find(words) != std::string::npos) return true;
  return false;
}

bool AsksForKit(const fs::path& file) {
  const std::string text = ToLower(ReadTextFile(file));
  if (LinksAsDriver(text)) return true;
  if (text.find("wdk_add_driver") != std::string::npos) return true;
  for (size_t at = text.find("find_package"); at != std::string::npos; at = text.find("find_package", at + 1)) {
    const size_t open = text.find('(', at);
    if (open == std::string::npos) return false;
    std::string_view rest = Trim(std::string_view(text).substr(open + 1));
    if (rest.starts_with("wdk") && rest.size() > 3 && std::isalnum(static_cast<unsigned char>(rest[3])) == 0) return true;
  }
  return false;
}

bool Search(const fs::path& folder, int depth) {
  std::error_code error;
  if (depth > kDeepestSearch) return false;
  if (fs::exists(folder / "CMakeLists.txt", error) && AsksForKit(folder / "CMakeLists.txt")) return true;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code inner;
    if (it->path().filename().string().starts_with('.')) continue;
    if (it->is_directory(inner) ? Search(it->path(), depth + 1)
                                : depth > 0 && it->path().extension() == ".cmake" && it->path().filename() != "FindWDK.cmake" && AsksForKit(it->path()))
      return true;
  }
  return false;
}

// A line of drydock-images.txt, which FindWDK.cmake writes.
struct ImageLine {
  std::string target;
  fs::path image;
  std::string kind;
  fs::path objects;
  std::vector<std::string> infs;
};

class CmakeBuilder {
 public:
  CmakeBuilder(fs::path folder, const BuildRequest& request, const Surroundings& surroundings, Diagnostics& diagnostics)
      : folder_(std::move(folder)), request_(request), surroundings_(surroundings), diagnostics_(diagnostics) {}

  BuildSummary Run() {
    const auto cmake = FindProgram("cmake"), ninja = FindProgram("ninja");
    if (!cmake || !ninja) throw BuildError(fmt::format("{} is not there; the project is built with CMake and ninja", cmake ? "ninja" : "cmake"));
    if (surroundings_.cmake.empty()) throw BuildError("Drydock's CMake package is not found beside its SDK");
    compiler_ = FindCompiler(request_.compiler);
    out_ = fs::absolute(request_.out.empty() ? fs::path("out") / folder_.filename() : request_.out).lexically_normal();
    if (out_.filename().empty()) out_ = out_.parent_path();
    build_ = out_ / "cmake";
    Configure(*cmake);
    const bool idle = Build(*ninja);
    BuildSummary summary;
    for (const ImageLine& line : Images()) summary.drivers.push_back(Gather(line, idle));
    return summary;
  }

 private:
  void Configure(const fs::path& cmake) {
    std::string roots;
    for (const fs::path& root : surroundings_.sdk_roots) roots += (roots.empty() ? "" : ";") + root.string();
    std::vector<std::string> command{cmake.string(), "-S", folder_.string(), "-B", build_.string(), "-G", "Ninja", "-Wno-dev",
                                     "-DCMAKE_BUILD_TYPE=" + request_.configuration, "-DCMAKE_C_COMPILER=" + compiler_.c.string(),
                                     "-DCMAKE_CXX_COMPILER=" + compiler_.cxx.string(), "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                                     "-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=" + (surroundings_.cmake / "DrydockWdk.cmake").string(),
                                     "-DCMAKE_PROJECT_INCLUDE=" + (surroundings_.cmake / "DrydockWdkProject.cmake").string(),
                                     "-DDRYDOCK_SDK_ROOTS=" + roots, "-DDRYDOCK_CC=" + surroundings_.launcher.string()};
    std::string sanitize;
    for (const std::string& one : request_.sanitizers) sanitize += (sanitize.empty() ? "" : ",") + one;
    command.push_back("-DDRYDOCK_SANITIZE=" + sanitize);
    command.push_back("-DDRYDOCK_COVERAGE=" + (request_.coverage ? out_.string() : std::string()));
    // Ninja configures anew when a CMakeLists.txt changes; here only when what is asked for does.
    std::string asked;
    for (const std::string& word : command) asked += word + "\n";
    const fs::path record = build_ / "drydock-asked.txt";
    std::error_code error;
    if (fs::exists(build_ / "build.ninja", error) && fs::exists(record, error)) {
      if (ReadTextFile(record) == asked) return;
      fs::remove(build_ / "CMakeCache.txt", error);  // another compiler cannot be told to a cache
    }
    const ProcessResult result = RunProcess(command);
    if (diagnostics_.verbose() || result.exit_code != 0) fmt::print(stderr, "{}", result.output);
    if (result.exit_code != 0) throw BuildError(fmt::format("{} could not be configured", folder_.string()));
    WriteIfChanged(record, asked);
  }

  // True if there was nothing to do.
  bool Build(const fs::path& ninja) {
    std::vector<std::string> command{ninja.string(), "-C", build_.string(), "-k", "0"};
    if (request_.jobs > 0) command.push_back(fmt::format("-j{}", request_.jobs));
    if (diagnostics_.verbose()) command.push_back("-v");
    if (Images().empty()) throw BuildError(fmt::format("{} makes no drivers: it calls no wdk_add_driver, and no program or shared library has a DriverEntry", folder_.string()));
    if (request_.only.empty()) {
      command.emplace_back("drydock_wdk_drivers");
    } else {
      for (const ImageLine& line : Images()) command.push_back(line.target);
    }
    const ProcessResult result = RunProcess(command);
    if (result.exit_code != 0 || diagnostics_.verbose()) {
      size_t start = 0;
      while (start < result.output.size()) {
        const size_t end = std::min(result.output.find('\n', start), result.output.size());
        const std::string_view line = std::string_view(result.output).substr(start, end - start);
        start = end + 1;
        if (diagnostics_.verbose() || !(line.starts_with("[") || line.starts_with("ninja: ") || line.starts_with("FAILED: ") || line.find("drydock-cc") != std::string_view::npos))
          fmt::print(stderr, "{}\n", line);
      }
    }
    failed_ = result.exit_code != 0;
    return result.output.find("ninja: no work to do.") != std::string::npos;
  }

  std::vector<ImageLine> Images() const {
    std::vector<ImageLine> images;
    std::error_code error;
    const fs::path file = build_ / "drydock-images.txt";
    if (!fs::exists(file, error)) return images;
    for (const std::string& text : SplitTrimmed(ReadTextFile(file), '\n')) {
      std::vector<std::string> fields;
      for (size_t start = 0; start <= text.size();) {
        const size_t end = std::min(text.find('\t', start), text.size());
        fields.push_back(text.substr(start, end - start));
        start = end + 1;
      }
      if (fields.size() < 4) continue;
      ImageLine line{fields[0], fields[1], fields[2], fields[3], {}};
      if (fields.size() > 4) line.infs = SplitTrimmed(fields[4], ';');
      if (request_.only.empty() || std::find(request_.only.begin(), request_.only.end(), line.target) != request_.only.end()) images.push_back(std::move(line));
    }
    if (!request_.only.empty() && images.empty()) throw BuildError(fmt::format("{} has no driver '{}'", folder_.string(), fmt::join(request_.only, ", ")));
    return images;
  }

  BuildSummary::Driver Gather(const ImageLine& line, bool idle) {
    BuildSummary::Driver driver;
    driver.name = line.target;
    std::error_code error;
    try {
      if (!fs::exists(line.image, error)) throw BuildError(fmt::format("{} could not be built", line.target));
      if (failed_ && !UpToDate(line)) throw BuildError(fmt::format("{} could not be built", line.target));
      DriverProject project;
      project.file = folder_ / "CMakeLists.txt";
      project.folder = folder_;
      project.name = project.target = line.target;
      project.kind = line.kind.starts_with("KMDF") ? DriverKind::kKmdf : line.kind.starts_with("UMDF") ? DriverKind::kUmdf : DriverKind::kWdm;
      std::sscanf(line.kind.c_str(), "%*s %d.%d", &project.version_major, &project.version_minor);
      Check(line, project);
      const fs::path folder = out_ / line.target;
      fs::create_directories(folder, error);
      driver.result.image = folder / (line.image.stem().string() + ".so");
      driver.result.up_to_date = idle && fs::exists(driver.result.image, error);
      if (!driver.result.up_to_date) fs::copy_file(line.image, driver.result.image, fs::copy_options::overwrite_existing, error);
      if (error) throw BuildError(fmt::format("{} cannot be written: {}", driver.result.image.string(), error.message()));
      // gcc keeps its counts beside the objects; `drydock coverage` looks where drydock build has them.
      if (request_.coverage && !fs::exists(folder / "obj", error)) fs::create_directory_symlink(line.objects, folder / "obj", error);
      for (const std::string& inf : line.infs) driver.result.infs.push_back(PlaceInf(inf, project, folder, diagnostics_));
    } catch (const BuildError& failed) {
      driver.error = failed.what();
    }
    return driver;
  }

  // After a failed build: whether this driver's part of it succeeded.
  bool UpToDate(const ImageLine& line) {
    const auto ninja = FindProgram("ninja");
    const ProcessResult result = RunProcess({ninja->string(), "-C", build_.string(), "-n", line.target});
    return result.output.find("ninja: no work to do.") != std::string::npos;
  }

  void Check(const ImageLine& line, const DriverProject& project) {
    if (surroundings_.library.empty()) return;
    DriverFlags flags = LoadFlags(surroundings_, project, compiler_, request_.sanitizers);
    if (request_.coverage) flags.runtime.insert(flags.runtime.end(), flags.coverage_runtime.begin(), flags.coverage_runtime.end());
    // The target's objects and their sources, to say where a function is used.
    std::vector<SourceFile> files;
    std::vector<CompiledSource> sources;
    std::error_code error;
    if (fs::exists(build_ / "compile_commands.json", error)) {
      const auto commands = nlohmann::json::parse(ReadTextFile(build_ / "compile_commands.json"), nullptr, false);
      if (commands.is_array()) {
        files.reserve(commands.size());
        for (const auto& one : commands) {
          const std::string command = one.value("command", "");
          const size_t at = command.rfind(" -o "), end = at == std::string::npos ? at : command.find(' ', at + 4);
          if (at == std::string::npos) continue;
          const fs::path object = (build_ / command.substr(at + 4, end - at - 4)).lexically_normal();
          if (!object.string().starts_with(line.objects.string() + "/") || !fs::exists(object, error)) continue;
          SourceFile file;
          file.path = one.value("file", "");
          files.push_back(std::move(file));
          CompiledSource source;
          source.source = &files.back();
          source.step.source = files.back().path;
          source.step.object = object;
          source.includes.reached.push_back(files.back().path);
          sources.push_back(std::move(source));
        }
      }
    }
    const std::string missing = DescribeMissingFunctions(project, line.image, surroundings_.library, flags.runtime, sources,
                                                         CoveragePages(surroundings_.docs, project.kind == DriverKind::kUmdf));
    if (!missing.empty()) throw BuildError(missing);
  }

  const fs::path folder_;
  const BuildRequest& request_;
  const Surroundings& surroundings_;
  Diagnostics& diagnostics_;
  Compiler compiler_;
  fs::path out_, build_;
  bool failed_ = false;
};

}  // namespace

bool IsWdkCmakeProject(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "CMakeLists.txt", error) && Search(folder, 0);
}

BuildSummary BuildCmakeProject(const fs::path& folder, const BuildRequest& request, const Surroundings& surroundings, Diagnostics& diagnostics) {
  return CmakeBuilder(folder, request, surroundings, diagnostics).Run();
}

}  // namespace drydock::tools
