#include "tools/run/player.h"

#include <fmt/format.h>
#include <ntddk.h>

#include <cstdio>
#include <strings.h>

#include "drydock/acpi.h"
#include "drydock/keyboard.h"
#include "drydock/module.h"
#include "drydock/trace.h"
#include "drydock/port_terminal.h"
#include "drydock/tree.h"
#include "drydock/uart.h"
#include "tools/run/device_hardware.h"

namespace drydock::tools {
namespace {

std::string Shown(const std::string& data) {
  constexpr size_t kMost = 64;
  bool text = !data.empty();
  for (unsigned char c : data) text = text && c >= 0x20 && c < 0x7F;
  std::string shown = text ? "\"" : "hex:";
  for (unsigned char c : data.substr(0, kMost)) shown += text ? std::string(1, static_cast<char>(c)) : fmt::format("{:02x}", c);
  if (text) shown += '"';
  if (data.size() > kMost) shown += fmt::format("... ({} bytes)", data.size());
  return shown;
}

std::string OutputOf(const Command& command) {
  std::string buffer = command.output;
  buffer.resize(command.length);
  return buffer;
}

std::vector<DeviceTreeNode> AllNodes(Machine& machine) {
  std::vector<DeviceTreeNode> nodes = DeviceTree(machine);
  for (size_t i = 0; i < nodes.size(); ++i) {
    std::vector<DeviceTreeNode> below = nodes[i].children;
    nodes.insert(nodes.end(), below.begin(), below.end());
  }
  return nodes;
}

// The first enabled interface of a class; empty: none.
std::string InterfaceOf(Machine& machine, const std::string& guid) {
  for (const DeviceTreeNode& node : AllNodes(machine))
    for (const auto& each : node.interfaces)
      if (each.enabled && strcasecmp(each.guid.c_str(), guid.c_str()) == 0) return each.link;
  return {};
}

}  // namespace

Player::Player(Machine& machine, std::vector<Device> devices, bool quiet) : machine_(machine), devices_(std::move(devices)), quiet_(quiet) {}

bool Player::Play(const std::vector<Command>& commands) {
  const bool good = PlayIn(main_, commands);
  if (!good && machine_.stopped() && !stopped_at_.empty() && !told_) std::fprintf(stderr, "%s: here the machine was stopped; its report follows\n", stopped_at_.c_str());
  return good;
}

bool Player::PlayIn(Scope& scope, const std::vector<Command>& commands) {
  for (size_t i = 0; i < commands.size(); ++i) {
    bool good = false;
    try {
      good = PlayOne(scope, commands[i]);
    } catch (const Error& error) {  // a name that nobody has: the log and the reports still follow
      Fail(commands[i], error.what());
    }
    if (machine_.stopped() && stopped_at_.empty()) stopped_at_ = commands[i].place;
    // A fault that is expected ends the scenario, whatever became of the line that led to it.
    if (machine_.stopped())
      return stopped_as_expected_ || (i + 1 < commands.size() && commands[i + 1].verb == ScenarioVerb::kStops && PlayStops(commands[i + 1]));
    if (!good) return false;
  }
  return true;
}

void Player::Print(const std::string& line) {
  if (!quiet_) std::fputs((line + "\n").c_str(), stdout);
}

bool Player::Fail(const Command& command, const std::string& words) {
  std::fprintf(stderr, "%s: %s\n", command.place.c_str(), words.c_str());
  told_ = true;
  return false;
}

File& Player::FileOf(Scope& scope, const Command& command) {
  auto found = scope.files.find(command.file);
  if (found == scope.files.end()) throw Error(fmt::format("no file '{}' is open", command.file));
  return found->second;
}

Device Player::DeviceOf(const Command& command) {
  if (!command.device.empty()) {
    Device device = machine_.FindDevice(command.device);
    if (!device) throw Error(fmt::format("there is no device {}", command.device));
    return device;
  }
  if (command.number < 1 || static_cast<size_t>(command.number) > devices_.size())
    throw Error(fmt::format("there is no device {}; there are {}", command.number, devices_.size()));
  return devices_[static_cast<size_t>(command.number) - 1];
}

// A device by number, name or instance path, an interface class ({GUID}: its first enabled interface), or a name of the object name space.
File Player::OpenNamed(const Command& command) {
  if (command.text.empty()) return machine_.Open(DeviceOf(command));
  if (command.text[0] != '\\')
    if (Device device = machine_.FindDevice(command.text)) return machine_.Open(device);
  if (const size_t end = command.text.find('}'); command.text[0] == '{' && end != std::string::npos) {  // {CLASS} or {CLASS}\NAME
    const std::string guid = command.text.substr(0, end + 1);
    if (std::string link = InterfaceOf(machine_, guid); !link.empty()) return machine_.Open(link + command.text.substr(end + 1));
    throw Error(fmt::format("no device has an enabled interface of the class {}", guid));
  }
  return machine_.Open(command.text);
}

bool Player::Judge(const Command& command, IoResult result, const std::string* output) {
  std::string got = output ? output->substr(0, std::min(output->size(), result.information)) : std::string();
  const Expectation& expect = command.expect;
  if (expect.status && result.status != *expect.status)
    return Fail(command, fmt::format("expected {}, got {}", expect.status->ToString(), result.status.ToString()));
  if (!expect.status && expect.any() && !result.ok()) return Fail(command, fmt::format("failed: {}", result.status.ToString()));
  if (expect.bytes && result.information != *expect.bytes)
    return Fail(command, fmt::format("expected {} bytes, got {}", *expect.bytes, result.information));
  if (expect.data && !expect.data->Matches(got))
    return Fail(command, fmt::format("expected {}{}, got {}", Shown(expect.data->bytes), expect.data->more ? " and more" : "", Shown(got)));
  Print(fmt::format("line {}: {}, {} bytes{}", command.line, result.status.ToString(), result.information,
                    output && result.ok() && !got.empty() ? " " + Shown(got) : ""));
  return true;
}

bool Player::PlayOne(Scope& scope, const Command& command) {
  switch (command.verb) {
    case ScenarioVerb::kOpen: {
      File file = OpenNamed(command);
      Status status = file.status();
      if (status.ok()) scope.files[command.file] = std::move(file);
      return Judge(command, {status, 0}, nullptr);
    }
    case ScenarioVerb::kClose: {
      Status status = FileOf(scope, command).Close();
      scope.files.erase(command.file);
      return Judge(command, {status, 0}, nullptr);
    }
    case ScenarioVerb::kFlush: return Judge(command, FileOf(scope, command).Flush(), nullptr);
    case ScenarioVerb::kRead: {
      std::string buffer(command.length, '\0');
      IoResult result = FileOf(scope, command).Read(buffer.data(), buffer.size(), {.offset = command.offset, .timeout = command.time});
      return Judge(command, result, &buffer);
    }
    case ScenarioVerb::kWrite:
      return Judge(command,
                   FileOf(scope, command).Write(command.data.data(), command.data.size(), {.offset = command.offset, .timeout = command.time}),
                   nullptr);
    case ScenarioVerb::kIoctl: {
      std::string buffer = OutputOf(command);
      File& file = FileOf(scope, command);
      IoOptions options{.timeout = command.time};
      IoResult result = command.internal ? file.InternalIoctl(command.code, command.data.data(), command.data.size(), buffer.data(), buffer.size(), options)
                                         : file.Ioctl(command.code, command.data.data(), command.data.size(), buffer.data(), buffer.size(), options);
      return Judge(command, result, &buffer);
    }
    case ScenarioVerb::kStart: {
      Started& started = scope.requests[command.request];
      started = Started();
      started.buffer = OutputOf(command);
      started.has_output = command.started != ScenarioVerb::kWrite;
      File& file = FileOf(scope, command);
      if (command.started == ScenarioVerb::kWrite) {
        started.buffer = command.data;
        started.io = file.StartWrite(started.buffer.data(), started.buffer.size(), command.offset);
      } else if (command.started == ScenarioVerb::kRead) {
        started.io = file.StartRead(started.buffer.data(), started.buffer.size(), command.offset);
      } else {
        started.io = file.StartIoctl(command.code, command.data.data(), command.data.size(), started.buffer.data(), started.buffer.size());
      }
      return true;
    }
    case ScenarioVerb::kCancel:
    case ScenarioVerb::kWait: {
      auto found = scope.requests.find(command.request);
      if (found == scope.requests.end()) throw Error(fmt::format("no request '{}' was started", command.request));
      if (command.verb == ScenarioVerb::kCancel) {
        Print(fmt::format("line {}: {}", command.line, found->second.io.Cancel() ? "asked to cancel" : "nothing to cancel"));
        return true;
      }
      IoResult result = found->second.io.Wait(command.time);
      return Judge(command, result, found->second.has_output ? &found->second.buffer : nullptr);
    }
    case ScenarioVerb::kAdvance: machine_.Advance(command.time); return true;
    case ScenarioVerb::kIdle: machine_.RunUntilIdle(); return true;
    case ScenarioVerb::kRemove: return Judge(command, {machine_.RemoveDevice(DeviceOf(command)), 0}, nullptr);
    case ScenarioVerb::kSurprise: return Judge(command, {machine_.SurpriseRemove(DeviceOf(command)), 0}, nullptr);
    case ScenarioVerb::kPower: return Judge(command, {machine_.SetPowerState(DeviceOf(command), static_cast<int>(command.length)), 0}, nullptr);
    case ScenarioVerb::kDisable: return Judge(command, {machine_.DisableDevice(DeviceOf(command)), 0}, nullptr);
    case ScenarioVerb::kEnable: return Judge(command, {machine_.EnableDevice(DeviceOf(command)), 0}, nullptr);
    case ScenarioVerb::kEject: return Judge(command, {machine_.EjectDevice(DeviceOf(command)), 0}, nullptr);
    case ScenarioVerb::kRescan: return Judge(command, {machine_.Reenumerate(DeviceOf(command)), 0}, nullptr);
    case ScenarioVerb::kSleep: return Judge(command, {machine_.SetSystemPower(static_cast<int>(command.length)), 0}, nullptr);
    case ScenarioVerb::kResume: return Judge(command, {machine_.SetSystemPower(0), 0}, nullptr);
    case ScenarioVerb::kWake: return Judge(command, {machine_.WakeDevice(DeviceOf(command)), 0}, nullptr);
    case ScenarioVerb::kPlug: {
      Device device = machine_.Plug(command.device);
      return Judge(command, {device.started() ? Status(STATUS_SUCCESS) : Status(STATUS_UNSUCCESSFUL), 0}, nullptr);
    }
    case ScenarioVerb::kTree: std::fputs(DrawDeviceTree(DeviceTree(machine_), /*details=*/false).c_str(), stdout); return true;
    case ScenarioVerb::kPress:
    case ScenarioVerb::kRelease: {
      const Keyboard* keyboard = FindKeyboard(machine_, command.device);
      if (!keyboard) throw Error(fmt::format("{} is no keyboard of the machine description", command.device));
      const auto code = static_cast<uint16_t>(command.code);
      if (command.verb == ScenarioVerb::kPress) keyboard->Press(code);
      else keyboard->Release(code);
      machine_.RunUntilIdle();
      return true;
    }
    case ScenarioVerb::kMove: {
      const Mouse* mouse = FindMouse(machine_, command.device);
      if (!mouse) throw Error(fmt::format("{} is no mouse of the machine description", command.device));
      mouse->Move(command.move[0], command.move[1], static_cast<uint8_t>(command.move[2]), command.move[3]);
      machine_.RunUntilIdle();
      return true;
    }
    case ScenarioVerb::kServe: {
      PortTerminal terminal(machine_, command.device, command.text);
      Print(fmt::format("line {}: {} is {}", command.line, command.text, terminal.path()));
      std::fflush(stdout);
      terminal.Serve(std::chrono::duration_cast<std::chrono::milliseconds>(command.time == kNoTimeout ? std::chrono::seconds(10) : command.time));
      return Judge(command, {terminal.status(), 0}, nullptr);
    }
    case ScenarioVerb::kSend:
    case ScenarioVerb::kTake:
    case ScenarioVerb::kLines: return PlayUart(command);
    case ScenarioVerb::kRaise:
    case ScenarioVerb::kLower: {
      InterruptPin pin = PinOf(DeviceOf(command), command.part);
      if (command.verb == ScenarioVerb::kRaise) pin.Raise();
      else pin.Lower();
      return Judge(command, {STATUS_SUCCESS, 0}, nullptr);
    }
    case ScenarioVerb::kPoke:
      WriteHardware(DeviceOf(command), command.part, static_cast<uint64_t>(command.offset), command.data);
      return Judge(command, {STATUS_SUCCESS, command.data.size()}, nullptr);
    case ScenarioVerb::kPeek: {
      std::string bytes = ReadHardware(DeviceOf(command), command.part, static_cast<uint64_t>(command.offset), command.length);
      return Judge(command, {STATUS_SUCCESS, bytes.size()}, &bytes);
    }
    case ScenarioVerb::kApp: return PlayApp(scope, command);
    case ScenarioVerb::kEnds: return PlayEnds(scope, command);
    case ScenarioVerb::kAppears:
    case ScenarioVerb::kVanishes: return PlayAppears(command);
    case ScenarioVerb::kState: return PlayState(command);
    case ScenarioVerb::kLog: return PlayLog(command);
    case ScenarioVerb::kWmi: return PlayWmi(command);
    case ScenarioVerb::kTrace: return PlayTrace(command);
    case ScenarioVerb::kExpectTrace: return PlayExpectTrace(command);
    case ScenarioVerb::kStops: return PlayStops(command);
    case ScenarioVerb::kSetting: {
      const Status status = machine_.SetPowerSetting(command.text, command.data);
      machine_.RunUntilIdle();
      return Judge(command, {status, 0}, nullptr);
    }
    case ScenarioVerb::kBoot: {
      std::vector<BootImage> images;
      for (const std::string& name : command.words) images.push_back({.name = name});
      static constexpr const char* kWords[] = {"unknown", "good", "bad", "bad, but needed to boot"};
      const std::vector<BootClassification> answers = machine_.StartBootDrivers(images);
      for (size_t i = 0; i < images.size(); ++i)
        Print(fmt::format("line {}: {} is {}", command.line, images[i].name, kWords[static_cast<size_t>(answers[i])]));
      return Judge(command, {machine_.stopped() ? kStatusMachineStopped : Status(STATUS_SUCCESS), 0}, nullptr);
    }
    case ScenarioVerb::kLeaves: leaves_.push_back(command); return true;
    case ScenarioVerb::kTell: return PlayTell(command);
    case ScenarioVerb::kCool:
      return Judge(command, {command.text.empty() ? machine_.SetPassiveCooling(DeviceOf(command), static_cast<uint32_t>(command.length))
                                                  : machine_.SetActiveCooling(DeviceOf(command), command.text == "on"), 0}, nullptr);
    case ScenarioVerb::kNotify: {
      const Status status = NotifyAcpi(machine_, DeviceOf(command), command.code);
      machine_.RunUntilIdle();
      return Judge(command, {status, 0}, nullptr);
    }
    case ScenarioVerb::kMethod: return PlayMethod(command);
    case ScenarioVerb::kType: return PlayType(scope, command);
    case ScenarioVerb::kTasks: return PlayTasks(command);
    case ScenarioVerb::kPrint: std::fputs((command.text + "\n").c_str(), stdout); return true;
  }
  return false;
}

bool Player::PlayUart(const Command& command) {
  const Uart* uart = FindUart(machine_, command.device);
  if (!uart) throw Error(fmt::format("{} is no serial port (model = \"uart\") of the machine description", command.device));
  machine_.RunUntilIdle();
  std::string taken;
  if (command.verb == ScenarioVerb::kTake) taken = uart->Take();
  else if (command.verb == ScenarioVerb::kSend) uart->Send(command.data);
  else uart->SetLines(static_cast<uint8_t>(command.code));
  if (command.verb != ScenarioVerb::kTake) machine_.RunUntilIdle();
  return Judge(command, {STATUS_SUCCESS, command.verb == ScenarioVerb::kSend ? command.data.size() : taken.size()}, &taken);
}

bool Player::PlayMethod(const Command& command) {
  const std::shared_ptr<AcpiObject> acpi = AcpiOf(DeviceOf(command));
  if (!acpi) throw Error(fmt::format("{} has no acpi in the machine description", command.device));
  if (command.words[0] == "silent") acpi->Silent(command.text);
  else if (command.data.empty()) acpi->Method(command.text, static_cast<uint64_t>(command.offset));
  else if (command.words[0].starts_with('"')) acpi->Method(command.text, AcpiValue::Text(command.data));
  else acpi->Method(command.text, AcpiValue::Buffer(command.data));
  return true;
}

bool Player::PlayTell(const Command& command) {
  DeviceModule* module = FindModule(machine_, command.device);
  if (!module) throw Error(fmt::format("{} has no module (model = \"X.so\") in the machine description", command.device));
  machine_.RunUntilIdle();
  std::string answer;
  try {
    answer = module->Tell(command.words);
  } catch (const std::exception& error) {
    return Fail(command, fmt::format("{}: {}", command.device, error.what()));
  }
  machine_.RunUntilIdle();
  return Judge(command, {machine_.stopped() ? kStatusMachineStopped : Status(STATUS_SUCCESS), answer.size()}, &answer);
}

bool Player::IsThere(const std::string& name) {
  if (name.starts_with("{") && name.ends_with("}")) return !InterfaceOf(machine_, name).empty();
  Device device = machine_.FindDevice(name);
  return device && device.started();
}

bool Player::PlayAppears(const Command& command) {
  constexpr Duration kUnlessTold = std::chrono::seconds(10), kStep = std::chrono::milliseconds(10);
  const Duration end = machine_.Now() + (command.time == kNoTimeout ? kUnlessTold : command.time);
  const bool wanted = command.verb == ScenarioVerb::kAppears;
  for (;;) {
    machine_.RunUntilIdle();
    if (machine_.stopped()) return false;
    if (IsThere(command.device) == wanted) break;
    if (machine_.Now() >= end) return Fail(command, fmt::format("{} {}", command.device, wanted ? "did not appear" : "is still there"));
    machine_.Advance(kStep);
  }
  Print(fmt::format("line {}: {} {}", command.line, command.device, wanted ? "is there" : "is gone"));
  return true;
}

bool Player::PlayState(const Command& command) {
  machine_.RunUntilIdle();
  Device device = DeviceOf(command);
  for (const DeviceTreeNode& node : AllNodes(machine_)) {
    if (machine_.FindDevice(node.instance).pdo() != device.pdo()) continue;
    for (const std::string& word : command.words)
      if (word != node.state && word != node.power)
        return Fail(command, fmt::format("expected {}, but {} is {} {} {}", word, node.instance, node.state, node.power, node.problem));
    Print(fmt::format("line {}: {} is {} {}", command.line, node.instance, node.state, node.power));
    return true;
  }
  return Fail(command, "the device is gone");
}

bool Player::PlayLog(const Command& command) {
  constexpr Duration kStep = std::chrono::milliseconds(10);
  const Duration end = machine_.Now() + (command.time == kNoTimeout ? Duration::zero() : command.time);
  for (;;) {
    machine_.RunUntilIdle();
    const std::vector<std::string> log = machine_.DebugLog();
    for (size_t i = std::min(logged_, log.size()); i < log.size(); ++i) {
      if (log[i].find(command.text) == std::string::npos) continue;
      if (command.none) return Fail(command, fmt::format("the log has: {}", log[i]));
      logged_ = i + 1;
      std::string line = log[i];
      while (!line.empty() && line.back() == '\n') line.pop_back();
      Print(fmt::format("line {}: log: {}", command.line, line));
      return true;
    }
    if (machine_.stopped()) return false;
    if (machine_.Now() >= end) break;
    machine_.Advance(kStep);
  }
  if (!command.none) return Fail(command, fmt::format("the log has no line with {}", Shown(command.text)));
  return true;
}

bool Player::PlayTrace(const Command& command) {
  Tracing tracing(machine_);
  // What follows is judged by what is wanted from here on.
  if (command.trace == TraceVerb::kOn || command.trace == TraceVerb::kOff) traced_ = tracing.last_number();
  switch (command.trace) {
    case TraceVerb::kOn: tracing.Enable(command.device, command.levels); break;
    case TraceVerb::kOff: tracing.Disable(command.device); break;
    case TraceVerb::kCapture: tracing.Capture(command.device); break;
    case TraceVerb::kList:
      for (const TraceProvider& provider : tracing.Providers())
        std::printf("%s\n", fmt::format("{} {} of {}: {}", provider.name, provider.guid, provider.driver.empty() ? "?" : provider.driver,
                                        provider.enabled ? fmt::format("level {} flags {:#x}", provider.wanted.level, provider.wanted.flags) : "off")
                                .c_str());
      break;
  }
  return !machine_.stopped();
}

bool Player::PlayExpectTrace(const Command& command) {
  constexpr Duration kStep = std::chrono::milliseconds(10);
  const Duration end = machine_.Now() + (command.time == kNoTimeout ? Duration::zero() : command.time);
  for (;;) {
    machine_.RunUntilIdle();
    for (const TraceMessage& message : Tracing(machine_).Messages()) {
      if (message.number <= traced_) continue;
      if (!command.device.empty() && !message.IsFrom(command.device)) continue;
      if (message.ToString().find(command.text) == std::string::npos) continue;
      if (command.none) return Fail(command, fmt::format("the trace has: {}", message.ToString()));
      traced_ = message.number;
      Print(fmt::format("line {}: trace: {}", command.line, message.ToString()));
      return true;
    }
    if (machine_.stopped()) return false;
    if (machine_.Now() >= end) break;
    machine_.Advance(kStep);
  }
  if (!command.none) return Fail(command, fmt::format("the trace has no message with {}", Shown(command.text)));
  return true;
}

bool Player::PlayWmi(const Command& command) {
  if (command.wmi == WmiVerb::kClasses) {
    std::fputs(wmi_.Classes().c_str(), stdout);
    return true;
  }
  std::string output, instance;
  const Status status = wmi_.Play(command, &output, &instance);
  if (!instance.empty()) Print(fmt::format("line {}: {}", command.line, instance));
  return Judge(command, {status, output.size()}, &output);
}

bool LeftAsExpected(const std::vector<Command>& leaves, const std::vector<Report>& reports) {
  std::string left;
  for (const Report& report : reports) {
    if (report.kind != ReportKind::kLeak) return false;
    left += report.ToString();
    bool known = false;
    for (const Command& each : leaves) known = known || report.ToString().find(each.text) != std::string::npos;
    if (!known) return false;
  }
  for (const Command& each : leaves) {
    if (left.find(each.text) != std::string::npos) continue;
    std::fprintf(stderr, "%s: nothing was left behind with %s\n", each.place.c_str(), Shown(each.text).c_str());
    return false;
  }
  return true;
}

bool Player::PlayStops(const Command& command) {
  if (!machine_.stopped()) machine_.RunUntilIdle();
  if (!machine_.stopped()) return Fail(command, fmt::format("the machine goes on; a report with {} was expected", Shown(command.text)));
  if (machine_.ReportText().find(command.text) == std::string::npos)
    return Fail(command, fmt::format("the machine was stopped, but its report does not have {}", Shown(command.text)));
  stopped_as_expected_ = true;
  Print(fmt::format("line {}: stopped, as expected: {}", command.line, command.text));
  return true;
}

bool Player::PlayTasks(const Command& command) {
  // Each task has a player of its own, quiet: many voices at once are no help.
  std::vector<char> good(static_cast<size_t>(command.number), 0);
  std::vector<Task> tasks;
  for (int i = 0; i < command.number; ++i) {
    tasks.push_back(machine_.Start(fmt::format("scenario {}", i + 1), [this, &command, &good, i] {
      Player player(machine_, devices_, /*quiet=*/true);
      bool ok = true;
      for (int round = 0; ok && round < command.times; ++round) ok = player.PlayIn(player.main_, command.body);
      good[static_cast<size_t>(i)] = ok;
    }));
  }
  for (Task& task : tasks) task.Join();
  for (char ok : good)
    if (!ok) return machine_.stopped() ? false : Fail(command, "a task did not get what it expected");
  Print(fmt::format("line {}: {} tasks, {} rounds each, all as expected", command.line, command.number, command.times));
  return true;
}

}  // namespace drydock::tools
