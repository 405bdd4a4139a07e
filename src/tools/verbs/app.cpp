// drydock app: builds an application from its Visual Studio project and runs it in a machine.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "drydock/description.h"
#include "drydock/machine.h"
#include "tools/build/build.h"
#include "tools/run/player.h"
#include "tools/run/scenario.h"
#include "tools/run/start_problems.h"
#include "tools/verbs.h"
#include "tools/verbs/command_line.h"

namespace drydock::tools {
namespace {

struct Options {
  std::string project, out, machine, images, scenario, folder;
  std::vector<std::string> arguments;
  BuildRequest build;
  std::optional<uint64_t> seed;
  bool live = false, log = false, verbose = false, rules = false;
};

std::atomic<bool> interrupted{false};

std::string BuildIt(Options& options) {
  if (options.project.ends_with(".so")) return options.project;  // built before
  options.build.project = options.project;
  options.build.out = options.out;
  options.build.application = true;
  Diagnostics diagnostics(options.verbose);
  return BuildDriver(options.build, FindSurroundings(RunningExecutable()), diagnostics).image.string();
}

int Run(const Options& options, const std::string& image) {
  MachineDescription description = MachineDescription::Load(options.machine, options.images);
  MachineOptions machine_options = description.options;
  if (options.live) machine_options.executor = ExecutorKind::Live;
  if (options.seed) machine_options.seed = *options.seed;
  machine_options.rules |= options.rules;
  std::vector<Command> commands;
  if (!options.scenario.empty()) commands = ReadScenario(options.scenario);
  int exit_code = 1;
  std::string reports;
  {
    Machine machine(machine_options);
    machine.Build(description);
    machine.RunUntilIdle();
    for (const std::string& line : StartProblems(machine)) std::fprintf(stderr, "warning: %s\n", line.c_str());
    if (!machine.stopped()) {
      ProcessOptions process_options;
      process_options.arguments = options.arguments;
      process_options.terminal = true;
      process_options.folder = options.folder;
      process_options.driver_folder = options.images;
      Process process = machine.StartProcess(image, process_options);
      bool good = true;
      if (!commands.empty()) {
        Player player(machine, machine.Devices(), /*quiet=*/true);
        good = player.Play(commands);
      }
      struct sigaction action = {};
      action.sa_handler = [](int) { interrupted = true; };
      sigaction(SIGINT, &action, nullptr);
      // Slices, so that Ctrl+C finds its way; a slice of simulated time passes in no time.
      while (!machine.stopped() && !process.Wait(std::chrono::milliseconds(options.live ? 50 : 1000))) {
        if (interrupted.exchange(false)) process.Interrupt();
      }
      signal(SIGINT, SIG_DFL);
      if (std::string error = process.error(); !error.empty()) throw Error(error);
      exit_code = machine.stopped() || !good ? 1 : process.exit_code();
    }
    for (const std::string& line : machine.TakeDown()) std::fprintf(stderr, "%s\n", line.c_str());
    if (options.log)
      for (const std::string& line : machine.DebugLog()) std::fprintf(stderr, "log: %s\n", line.c_str());
    reports = machine.ReportText();
  }
  std::fputs(reports.c_str(), stderr);
  return exit_code == 0 && !reports.empty() ? 1 : exit_code;
}

}  // namespace

int AppVerb(int argc, char** argv) {
  Options options;
  CLI::App app{"Builds a console application from its unmodified Visual Studio project, and runs it in a machine.", "drydock app"};
  app.add_option("PROJECT", options.project, "a .vcxproj, a folder, or an image built before (X.exe.so)")->required();
  app.add_option("-o,--out", options.out, "folder for the image and the objects [out/<project>]");
  const CLI::Option* configuration = app.add_option("--config", options.build.configuration, "configuration of the project")->capture_default_str();
  app.add_option("--cc", options.build.compiler, "compiler: clang, gcc, or the path of one")->capture_default_str();
  app.add_option("-j,--jobs", options.build.jobs, "compilers at a time")->check(CLI::Range(1, 1024));
  app.add_option("--machine", options.machine, "run it in this machine (docs/machine.md); without, it is only built");
  app.add_option("--images", options.images, "where the description's driver images are");
  app.add_option("--scenario", options.scenario, "what happens in the machine meanwhile (docs/scenarios.md)");
  app.add_option("--folder", options.folder, "a folder whose files the application may open; its current directory");
  app.add_option("--seed", options.seed, "seed of the simulation (1)")->check(WholeNumber);
  app.add_flag("--live", options.live, "real threads and real time instead of the simulation");
  app.add_flag("--rules", options.rules, "look for misuse that works here and fails in the field (docs/rules.md)");
  app.add_flag("--log", options.log, "show what the drivers printed");
  app.add_flag("-v,--verbose", options.verbose, "tell what is skipped, and the commands");
  app.add_option("ARGUMENTS", options.arguments, "of the application, behind --");
  // What follows -- is the application's, whatever it looks like.
  int own = argc;
  for (int i = 1; i < argc && own == argc; ++i)
    if (std::string_view(argv[i]) == "--") own = i;
  if (const auto code = ParseCommandLine(app, own, argv,
                                         {"drydock app tool.vcxproj                                               # builds it",
                                          "drydock app tool.vcxproj --machine machine.toml --images out -- -v 5   # runs it as 'tool -v 5' in that machine"}))
    return *code;
  options.build.nearest_configuration = configuration->count() == 0;
  for (int i = own + 1; i < argc; ++i) options.arguments.emplace_back(argv[i]);
  try {
    const std::string image = BuildIt(options);
    if (options.machine.empty()) {
      fmt::print("{}\n", image);
      return 0;
    }
    return Run(options, image);
  } catch (const std::exception& error) {
    return TellFailure(error);
  }
}

}  // namespace drydock::tools
