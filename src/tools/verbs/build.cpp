// drydock build: see src/tools/build/build.h.
#include "tools/build/build.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/build/text.h"
#include "tools/verbs.h"

namespace drydock::tools {

int BuildVerb(int argc, char** argv) {
  BuildRequest request;
  std::string project, out, sanitize;
  bool verbose = false;

  CLI::App app(
      "Compiles a driver from its unmodified Visual Studio project (or a folder of sources) into a "
      "driver image.",
      "drydock build");
  app.add_option("project", project, "a .vcxproj, or a folder")->required();
  app.add_option("-o,--out", out, "folder for the image, its INF and the objects [out/<project>]");
  app.add_option("--config", request.configuration, "configuration of the project")
      ->capture_default_str();
  app.add_option("--cc", request.compiler, "compiler: clang, gcc, or the path of one")
      ->capture_default_str();
  app.add_option("--sanitize", sanitize,
                 "sanitizers for the driver: address, undefined, thread; separated by commas");
  app.add_option("-j,--jobs", request.jobs, "compilers at a time")->check(CLI::Range(1, 1024));
  app.add_flag("-v,--verbose", verbose, "tell what is skipped, and the commands");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return fmt::format("drydock build: {} (drydock build --help tells more)\n", error.what());
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
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
    const BuildResult result =
        BuildDriver(request, FindSurroundings(RunningExecutable()), diagnostics);
    fmt::print("{}{}\n", result.image.string(), result.up_to_date ? " (up to date)" : "");
    return 0;
  } catch (const std::exception& error) {
    const std::string_view text = error.what();
    const bool told = text.find("error: ") != std::string_view::npos;
    fmt::print(stderr, "{}{}\n", told ? "" : "error: ", text);
    return 1;
  }
}

}  // namespace drydock::tools
