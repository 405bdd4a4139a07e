#include "tools/build/application_resources.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/read_file.h"
#include "tools/build/resource_script.h"
#include "tools/build/text.h"
#include "tools/build/text_file.h"
#include "tools/build/toolchain.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostMegabytes = 256;

// The name in "fatal error: 'x.h' file not found" (clang) or "fatal error: x.h: No such file" (gcc).
std::string MissingHeader(const std::string& output) {
  constexpr std::string_view kFatal = "fatal error: ";
  const size_t at = output.find(kFatal);
  if (at == std::string::npos) return {};
  const std::string line = output.substr(at + kFatal.size(), output.find('\n', at) - at - kFatal.size());
  if (line.find("file not found") != std::string::npos && line.starts_with('\'')) return line.substr(1, line.find('\'', 1) - 1);
  if (const size_t colon = line.find(": No such file"); colon != std::string::npos) return line.substr(0, colon);
  return {};
}

std::string Preprocessed(const SourceFile& script, const fs::path& out, const ResourceTools& tools) {
  const std::string stem = script.path.stem().string();
  const fs::path copy = out / (stem + ".rc"), result = out / (stem + ".i"), none = out / "none";
  WriteIfChanged(copy, fmt::format("#line 1 \"{}\"\n", EscapeC(script.path.string())) + ReadTextFile(script.path));
  std::vector<std::string> command = tools.command(script);
  command.insert(command.end(), {"-E", "-w", "-DRC_INVOKED", "-iquote", script.path.parent_path().string(), "-I" + script.path.parent_path().string(),
                                 "-I" + tools.made.string(), "-idirafter", none.string(), copy.string(), "-o", result.string()});
  std::string output;
  for (int missing = 0; missing < 64; ++missing) {
    const ProcessResult ran = RunProcess(command);
    if (ran.exit_code == 0) {
      if (auto bytes = rt::ReadFile(result.string(), kMostMegabytes, &output)) return std::move(*bytes);
      break;
    }
    output = ran.output;
    // What only dialogs need may be missing.
    const std::string name = ToSlashes(MissingHeader(output));
    if (name.empty() || name.starts_with('/') || name.find("..") != std::string::npos) break;
    tools.diagnostics.Note(fmt::format("{} includes {}, which is not there", script.path.string(), name));
    WriteIfChanged(none / name, "");
  }
  throw BuildError(fmt::format("{} could not be read:\n{}", script.path.string(), output));
}

}  // namespace

fs::path MakeResources(const DriverProject& project, const fs::path& out, const ResourceTools& tools) {
  std::vector<Resource> all;
  for (SourceFile script : project.resource_scripts) {
    if (!fs::exists(script.path)) script.path = tools.made / script.path.filename();
    const auto open = [&](const std::string& name) -> std::optional<std::string> {
      auto file = tools.paths.FindFile(script.path.parent_path(), name);
      for (const fs::path& folder : script.includes)
        if (!file) file = tools.paths.FindFile(folder, name);
      const fs::path made = tools.made / fs::path(ToSlashes(name)).filename();  // just written: no listing has it
      if (!file && fs::exists(made)) file = made;
      if (!file) return std::nullopt;
      std::string words;
      auto bytes = rt::ReadFile(file->string(), kMostMegabytes, &words);
      if (!bytes) throw BuildError(fmt::format("{} {}", file->string(), words));
      return bytes;
    };
    const auto warn = [&](const std::string& words) { tools.diagnostics.Warning(words); };
    for (Resource& resource : ReadResourceScript(Preprocessed(script, out, tools), {open, warn})) all.push_back(std::move(resource));
  }
  if (all.empty()) return {};
  const std::string res = ResourceFile(all);
  const fs::path file = out / (project.target + ".res"), source = out / "resources.c";
  WriteIfChanged(file, res);
  WriteIfChanged(source, ResourceSource(file.string(), res));
  return source;
}

}  // namespace drydock::tools
