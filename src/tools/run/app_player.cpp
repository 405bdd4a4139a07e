// Applications in a scenario.
#include <fmt/format.h>

#include <filesystem>

#include "tools/run/player.h"

namespace drydock::tools {

bool Player::PlayApp(Scope& scope, const Command& command) {
  ProcessOptions options;
  options.arguments = command.words;
  options.input = command.data;
  options.more_input = command.more_input;
  std::string image = command.text;
  std::error_code error;
  if (const auto below = std::filesystem::path(images_) / image; !images_.empty() && !std::filesystem::exists(image, error) && std::filesystem::exists(below, error))
    image = below.string();
  scope.applications[command.request] = machine_.StartProcess(image, options);
  return true;
}

bool Player::PlayType(Scope& scope, const Command& command) {
  const auto found = scope.applications.find(command.request);
  if (found == scope.applications.end()) throw Error(fmt::format("no application '{}' was started", command.request));
  machine_.RunUntilIdle();
  found->second.Give(command.data);
  return !machine_.stopped();
}

bool Player::PlayEnds(Scope& scope, const Command& command) {
  const auto found = scope.applications.find(command.request);
  if (found == scope.applications.end()) throw Error(fmt::format("no application '{}' was started", command.request));
  Process& process = found->second;
  if (!process.Wait(command.time)) return Fail(command, fmt::format("{} has not ended; it wrote: {}", process.name(), process.output()));
  if (!process.error().empty()) return Fail(command, process.error());
  if (process.exit_code() != static_cast<int>(command.code))
    return Fail(command, fmt::format("{} ended with {}, not {}; it wrote: {}", process.name(), process.exit_code(), command.code, process.output()));
  for (const std::string& words : command.words) {
    if (process.output().find(words) == std::string::npos)
      return Fail(command, fmt::format("{} did not say \"{}\"; it wrote: {}", process.name(), words, process.output()));
  }
  Print(fmt::format("line {}: {} ended with {}", command.line, process.name(), process.exit_code()));
  return true;
}

}  // namespace drydock::tools
