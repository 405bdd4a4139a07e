// drydock run STACK...: loads built drivers, makes their devices, and does I/O from the command line or a scenario.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <optional>

// After CLI11, which uses names that NT has as macros.
#include <ntddk.h>

#include "drydock/description.h"
#include "drydock/machine.h"
#include "drydock/trace.h"
#include "tools/demo/picture.h"
#include "tools/run/player.h"
#include "tools/run/scenario.h"
#include "tools/run/start_problems.h"
#include "tools/verbs.h"
#include "tools/verbs/command_line.h"

namespace drydock::tools {
namespace {

struct Options {
  std::vector<std::string> stacks;
  std::vector<std::string> folders, disks, terminals;
  std::vector<std::string> registry;  // .reg files
  std::vector<std::pair<std::string, std::string>> actions;  // "--write hello", and the scenario's line for it
  std::string scenario;
  std::string machine, images;  // a description
  std::optional<uint64_t> seed;
  bool live = false, debugger = false, verifier = false, rules = false, draw = false, log = false;
  std::vector<std::string> traces;   // PROVIDER[:LEVEL[:FLAGS]]
  std::string trace_file;
};

void AddMappings(MachineOptions& machine, const std::vector<std::string>& given, NameMapping::Kind kind) {
  for (const std::string& text : given) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
      throw Error(fmt::format("'{}' maps nothing; NAME=PATH does, C:=/tmp/folder for example", text));
    machine.names.push_back({.kind = kind, .name = text.substr(0, equals), .path = text.substr(equals + 1)});
  }
}

// One stack: images from top to bottom, joined by '+'. The lowest is the function driver, those above are filters.
Device AddStack(Machine& machine, const std::string& text, std::map<std::string, Driver>& loaded) {
  std::vector<Driver> top_down;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find('+', at), text.size());
    std::string image = text.substr(at, end - at);
    at = end + 1;
    if (image.empty()) throw Error(fmt::format("'{}': a driver is missing beside '+'", text));
    auto [entry, fresh] = loaded.try_emplace(image);
    if (fresh) {
      entry->second = machine.AddDriver(image);
      if (!entry->second.object())
        throw Error(fmt::format("{}: DriverEntry returned {}\n{}", image, machine.last_driver_status().ToString(), machine.ReportText()));
    }
    top_down.push_back(entry->second);
  }
  // A driver without AddDevice made its devices itself, in DriverEntry; scenarios open them by name.
  if (top_down.size() == 1 && !top_down[0].object()->DriverExtension->AddDevice) return {};
  DeviceSpec spec;
  spec.function = top_down.back();
  // Filters are attached from the bottom up.
  for (size_t i = top_down.size() - 1; i-- > 0;) spec.upper_filters.push_back(top_down[i]);
  Device device = machine.AddDevice(spec);
  if (!device.started()) throw Error(fmt::format("{}: the device did not start\n{}", text, machine.ReportText()));
  return device;
}

std::vector<Command> CommandsOf(const Options& options) {
  if (!options.scenario.empty()) return ReadScenario(options.scenario);
  std::vector<Command> commands;
  if (!options.actions.empty()) commands.push_back(ParseCommand("open f 1", "drydock run"));
  for (const auto& [option, line] : options.actions) {
    commands.push_back(ParseCommand(line, option));
    commands.back().line = static_cast<int>(commands.size());
  }
  return commands;
}

int Run(const Options& options) {
  std::optional<MachineDescription> description;
  if (!options.machine.empty()) description = MachineDescription::Load(options.machine, options.images);
  // What the command line says counts over the description.
  MachineOptions machine_options = description ? description->options : MachineOptions();
  if (options.live) machine_options.executor = ExecutorKind::Live;
  if (options.seed) machine_options.seed = *options.seed;
  machine_options.verifier |= options.verifier;
  machine_options.debugger |= options.debugger;
  machine_options.trace |= options.draw;
  machine_options.rules |= options.rules;
  AddMappings(machine_options, options.folders, NameMapping::Kind::Folder);
  AddMappings(machine_options, options.disks, NameMapping::Kind::Disk);
  AddMappings(machine_options, options.terminals, NameMapping::Kind::Terminal);
  std::vector<Command> commands = CommandsOf(options);  // before anything runs: a typing error costs nothing

  std::vector<TraceSetting> traces;
  for (const std::string& text : options.traces) traces.push_back(ParseTraceSetting(text));

  bool good = true, stops = false, left_as_expected = true;
  std::string reports;
  {
    Machine machine(machine_options);
    Tracing tracing(machine);
    for (const TraceSetting& trace : traces) {
      if (trace.off) tracing.Disable(trace.provider);
      else tracing.Enable(trace.provider, trace.levels);
    }
    if (!traces.empty()) {
      tracing.Follow([&traces](const TraceMessage& message) {
        for (const TraceSetting& trace : traces)
          if (!trace.off && message.IsFrom(trace.provider)) return void(std::puts(message.ToString().c_str()));
      });
    }
    for (const std::string& path : options.registry)
      if (std::string wrong = machine.LoadRegistry(path); !wrong.empty()) throw Error(wrong);
    std::map<std::string, Driver> loaded;
    std::vector<Device> devices;
    if (description) {
      machine.Build(*description);
      machine.RunUntilIdle();  // what buses report
      devices = machine.Devices();
      for (const std::string& line : StartProblems(machine)) std::fprintf(stderr, "warning: %s\n", line.c_str());
      if (machine.stopped()) {
        std::fputs(machine.ReportText().c_str(), stderr);
        return 1;
      }
    }
    for (const std::string& stack : options.stacks)
      if (Device device = AddStack(machine, stack, loaded)) devices.push_back(device);
    std::vector<Command> leaves;
    {
      Player player(machine, devices, /*quiet=*/false);
      if (description) player.SetImages(description->images);
      good = player.Play(commands);
      stops = player.stopped_as_expected();
      leaves = player.leaves();
    }
    if (description)
      for (const std::string& line : machine.TakeDown()) {
        std::fprintf(stderr, "%s\n", line.c_str());
        good = good && stops;  // something is left behind: no success, unless the scenario expected a stop
      }
    for (size_t i = description ? 0 : devices.size(); i-- > 0;)
      if (devices[i].pdo() && !machine.stopped()) {
        if (Status status = machine.RemoveDevice(devices[i]); !status.ok())
          std::fprintf(stderr, "device %zu could not be removed: %s\n", i + 1, status.ToString().c_str()), good = false;
      }
    for (auto& [path, driver] : loaded)
      if (!machine.stopped() && driver.object()) machine.UnloadDriver(driver);
    if (!options.trace_file.empty()) tracing.Write(options.trace_file);
    if (options.draw) std::fputs(DrawRequest(machine).c_str(), stdout);
    if (options.log)
      for (const std::string& line : machine.DebugLog()) std::printf("log: %s\n", line.c_str());
    reports = machine.ReportText();
    left_as_expected = LeftAsExpected(leaves, machine.reports());
  }
  if (!reports.empty()) std::fputs(reports.c_str(), stderr);
  return good && (stops || left_as_expected) ? 0 : 1;
}

}  // namespace

int RunVerb(int argc, char** argv) {
  Options options;
  CLI::App app{"Loads drivers made by drydock build, makes a device for each stack, and does I/O.", "drydock run"};
  app.add_option("STACK", options.stacks, "driver images, top to bottom, joined by '+': upper.so+function.so");
  app.add_option("--machine", options.machine, "a machine description (docs/machine.md): drivers by INF, devices");
  app.add_option("--images", options.images, "where the description's driver images are");
  app.add_option("--map", options.folders, "\\??\\NAME is a folder: C:=/tmp/folder")->allow_extra_args(false);
  app.add_option("--disk", options.disks, "\\??\\NAME is a file or block device: PhysicalDrive0=disk.img")->allow_extra_args(false);
  app.add_option("--com", options.terminals, "\\??\\NAME is a terminal: COM1=/dev/pts/3")->allow_extra_args(false);
  app.add_option("--reg", options.registry, "a .reg file, loaded into the registry before the drivers")->allow_extra_args(false);
  app.add_option("--scenario", options.scenario, "a file of commands, one a line (docs/scenarios.md)");
  app.add_option("--seed", options.seed, "seed of the simulation (1)")->check(WholeNumber);
  app.add_flag("--live", options.live, "real threads and real time instead of the simulation");
  app.add_flag("--verifier", options.verifier, "the framework verifier on");
  app.add_flag("--debugger", options.debugger, "a debugger is attached: a breakpoint is noted in the log and the trace, and execution goes on");
  app.add_flag("--rules", options.rules, "look for misuse that works here and fails in the field (docs/rules.md)");
  app.add_flag("--draw", options.draw, "draw what happened");
  app.add_option("--trace", options.traces, "show what a driver traces: PROVIDER[:LEVEL[:FLAGS]], or PROVIDER:off to switch it off (docs/tracing.md)")
      ->allow_extra_args(false);
  app.add_option("--trace-file", options.trace_file, "write the whole trace there; .json: a JSON object a line");
  app.add_flag("--log", options.log, "show what the drivers printed");
  // Actions keep their order, whatever their kind.
  auto action = [&](const char* verb) {
    return [&options, verb](const std::string& text) {
      bool quoted = text.starts_with("\"") || text.starts_with("hex:");
      std::string line = fmt::format("{} f {}", verb, text);
      if (std::string(verb) == "write" && !quoted) {
        std::string escaped;
        for (char c : text) escaped += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
        line = fmt::format("write f \"{}\"", escaped);
      }
      options.actions.emplace_back(fmt::format("--{} {}", verb, text), line);
    };
  };
  app.add_option_function<std::string>("--write", action("write"), "write this text (or hex:00ff)")->trigger_on_parse();
  app.add_option_function<std::string>("--read", action("read"), "read so many bytes; \"5 at 100\" from an offset")->trigger_on_parse();
  app.add_option_function<std::string>("--ioctl", action("ioctl"), "\"0x222000 in hex:00 out 16\"")->trigger_on_parse();
  if (const auto code = ParseCommandLine(app, argc, argv,
                                         {"drydock run out/echo/echo.so --write hello --read 5",
                                          "drydock run upper.so+function.so --map C:=/tmp/folder --scenario test.scenario",
                                          "drydock run --machine machine.toml --images out --scenario test.scenario --log",
                                          "drydock run echo.so --ioctl \"0x222000 in hex:00ff out 16\" --seed 7"}))
    return *code;
  if (options.stacks.empty() == options.machine.empty()) {
    std::fprintf(stderr, "drydock run: either STACKs or --machine FILE\n");
    return 2;
  }
  try {
    return Run(options);
  } catch (const std::exception& error) {
    return TellFailure(error);
  }
}

}  // namespace drydock::tools
