// drydock build: see src/tools/build/build.h.
#include "tools/build/build.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "tools/build/text.h"
#include "tools/verbs.h"
#include "tools/verbs/command_line.h"

namespace drydock::tools {

namespace {

namespace fs = std::filesystem;

void Lead(const fs::path& link, const BuildSummary& summary) {
  if (summary.drivers.size() != 1) {
    std::vector<std::string> names;
    for (const auto& driver : summary.drivers) names.push_back(driver.name);
    throw BuildError(fmt::format("--link is for one driver, and this builds {}: choose with --project", fmt::join(names, ", ")));
  }
  const fs::path image = fs::absolute(summary.drivers[0].result.image), at = fs::absolute(link).lexically_normal();
  std::error_code error;
  if (at == image || (fs::is_symlink(at, error) && fs::read_symlink(at, error) == image)) return;
  if (fs::exists(fs::symlink_status(at, error)) && !fs::is_symlink(at, error)) throw BuildError(fmt::format("--link {}: there is a file of that name already", at.string()));
  fs::create_directories(at.parent_path(), error);
  fs::remove(at, error);
  fs::create_symlink(image, at, error);
  if (error) throw BuildError(fmt::format("--link {}: {}", at.string(), error.message()));
}

}  // namespace

int BuildVerb(int argc, char** argv) {
  BuildRequest request;
  std::string project, out, sanitize, link;
  bool verbose = false;

  CLI::App app(
      "Compiles drivers from their unmodified Visual Studio project or solution (or a folder of sources) into "
      "driver images.",
      "drydock build");
  app.add_option("path", project, "a .vcxproj, a .sln or .slnx, a sources file of the DDK, or a folder")->required();
  app.add_option("--project", request.only, "of a solution: the projects to build [every driver]");
  app.add_option("-o,--out", out, "folder for the image, its INF and the objects [out/<project>]");
  const CLI::Option* configuration =
      app.add_option("--config", request.configuration, "configuration of the project")
          ->capture_default_str();
  app.add_option("--cc", request.compiler, "compiler: clang, gcc, or the path of one")
      ->capture_default_str();
  app.add_option("--sanitize", sanitize,
                 "sanitizers for the driver: address, undefined, thread; separated by commas");
  app.add_flag("--coverage", request.coverage, "let the image count the lines that run (drydock coverage OUT tells them)");
  app.add_option("-j,--jobs", request.jobs, "compilers at a time")->check(CLI::Range(1, 1024));
  app.add_option("--link", link, "of one driver: a file that shall lead to the image, whatever the project calls it");
  app.add_flag("-v,--verbose", verbose, "tell what is skipped, and the commands");
  if (const auto code = ParseCommandLine(app, argc, argv,
                                         {"drydock build toaster.vcxproj            # out/toaster/toaster.so, its INF, and a build.ninja",
                                          "drydock build toaster.sln -o /tmp/out     # every driver of the solution",
                                          "drydock build src --cc gcc --sanitize address,undefined"}))
    return *code;
  request.nearest_configuration = configuration->count() == 0;
  request.project = project;
  request.out = out;
  request.sanitizers = SplitTrimmed(sanitize, ',');
  for (const std::string& sanitizer : request.sanitizers) {
    if (sanitizer != "address" && sanitizer != "undefined" && sanitizer != "thread") {
      fmt::print(stderr,
                 "error: there is no sanitizer '{}' for drivers (address, undefined, thread)\n",
                 sanitizer);
      return 2;
    }
  }

  Diagnostics diagnostics(verbose);
  try {
    const BuildSummary summary = BuildAll(request, FindSurroundings(RunningExecutable()), diagnostics);
    for (const std::string& skipped : summary.skipped) fmt::print("skipped {}\n", skipped);
    int failed = 0;
    const auto hint = [&request](const BuildResult& result) {
      if (request.coverage) fmt::print("  after a run: drydock coverage {}\n", result.image.parent_path().string());
    };
    for (const BuildSummary::Driver& driver : summary.drivers) {
      if (driver.error.empty()) {
        fmt::print("{}{}\n", driver.result.image.string(), driver.result.up_to_date ? " (up to date)" : "");
        hint(driver.result);
      } else {
        ++failed;
        fmt::print(stderr, "{}\n", driver.error);
      }
    }
    if (!link.empty() && failed == 0) Lead(link, summary);
    if (summary.drivers.size() > 1 && failed != 0) fmt::print(stderr, "{} of {} drivers could not be built\n", failed, summary.drivers.size());
    return failed == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    return TellFailure(error);
  }
}

}  // namespace drydock::tools
