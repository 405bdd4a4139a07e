#include "tools/build/ninja_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/build/diagnostics.h"
#include "tools/build/text.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

std::string ShellQuote(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%^";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  return "'" + ReplaceAll(word, "'", "'\\''") + "'";
}

std::string Command(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += ShellQuote(word);
  }
  return ReplaceAll(text, "$", "$$");
}

std::string NinjaPath(const fs::path& path) {
  if (path.string().find_first_of("\r\n") != std::string::npos)
    throw BuildError(fmt::format("{}: ninja takes no names with line ends", EscapeC(path.string())));
  std::string text = ReplaceAll(path.string(), "$", "$$");
  text = ReplaceAll(text, " ", "$ ");
  return ReplaceAll(text, ":", "$:");
}

std::string Join(const std::vector<fs::path>& paths) {
  std::string text;
  for (const fs::path& path : paths) text += " " + NinjaPath(path);
  return text;
}

}  // namespace

bool IsDepfileName(const fs::path& path) {
  for (const unsigned char c : path.string())
    if (c < 0x80 && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && std::string_view("+,/_:.~()}{%=@[]!- #$").find(static_cast<char>(c)) == std::string_view::npos)
      return false;
  return true;
}

std::string NinjaText(const BuildPlan& plan) {
  std::string text =
      "# Written by drydock build.\n"
      "ninja_required_version = 1.5\n"
      "rule compile\n"
      "  command = $run -MD -MF $out.d -c $in -o $out # $stamp\n"
      "  depfile = $out.d\n"
      "  deps = gcc\n"
      "  description = CC $source\n"
      "rule compile_alone\n"
      "  command = $run -c $in -o $out # $stamp\n"
      "  description = CC $source\n"
      "rule archive\n"
      "  command = rm -f $out && ar rcs $out $in\n"
      "  description = AR $out\n"
      "rule link\n"
      "  command = $run -o $out $in $libraries\n"
      "  description = LINK $out\n\n";
  for (const CompileStep& step : plan.compiles) {
    std::vector<std::string> run = step.launcher;
    const bool copied = !step.copy.empty();
    const auto& command = copied ? step.copy_command : step.command;
    run.insert(run.end(), command.begin(), command.end());
    text += fmt::format("build {}: {} {}{}\n  run = {}\n  source = {}\n  stamp = {}\n", NinjaPath(step.object), step.depfile ? "compile" : "compile_alone", NinjaPath(copied ? step.copy : step.source),
                        step.launcher.empty() ? std::string() : " | " + NinjaPath(step.launcher[0]), Command(run), ReplaceAll(step.source.string(), "$", "$$"), step.stamp);
  }
  std::vector<fs::path> inputs = plan.objects;
  for (const ArchiveStep& step : plan.archives) {
    text += fmt::format("build {}: archive{}\n", NinjaPath(step.archive), Join(step.objects));
    inputs.push_back(step.archive);
  }
  text += fmt::format("build {}: link{}", NinjaPath(plan.image), Join(inputs));
  if (!plan.link_files.empty()) text += " |" + Join(plan.link_files);
  text += fmt::format("\n  run = {}\n  libraries = {}\n", Command(plan.link), Command(plan.link_libraries));
  text += fmt::format("default {}\n", NinjaPath(plan.image));
  return text;
}

std::string CompileCommandsJson(const BuildPlan& plan, const fs::path& folder) {
  nlohmann::json commands = nlohmann::json::array();
  for (const CompileStep& step : plan.compiles) {
    std::vector<std::string> arguments = step.command;
    for (const std::string& word :
         {std::string("-c"), step.source.string(), std::string("-o"), step.object.string()}) {
      arguments.push_back(word);
    }
    commands.push_back({{"directory", folder.string()},
                        {"file", step.source.string()},
                        {"output", step.object.string()},
                        {"arguments", arguments}});
  }
  return commands.dump(1) + "\n";
}

}  // namespace drydock::tools
