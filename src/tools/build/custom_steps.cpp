#include "tools/build/custom_steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/build/driver_metadata.h"
#include "tools/build/text.h"
#include "tools/build/toolchain.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), name) != names.end(); }

// What an interpreter of Windows is called here; empty: none.
std::string InterpreterHere(const std::string& program) {
  if (IsOneOf(program, {"python", "python3", "pythonw", "py"})) return "python3";
  if (program == "perl" || program == "cmake") return program;
  return {};
}

// Words of the command interpreter that make nothing which is wanted here; folders are made anyway.
bool PassedOver(const std::vector<std::string>& words) {
  if (words[0].starts_with(':')) return true;
  const std::string word = ToLower(words[0]);
  if (IsOneOf(word, {"echo", "@echo"})) return std::find_if(words.begin(), words.end(), [](const std::string& one) { return one.starts_with('>'); }) == words.end();
  return IsOneOf(word, {"rem", "if", "mkdir", "md", "setlocal", "endlocal", "exit", "goto", "chcp", "title", "call:end"});
}

class StepRun {
 public:
  StepRun(const CustomStep& step, const fs::path& folder, const fs::path& made, WindowsPaths& paths)
      : step_(step), folder_(folder), made_(made), paths_(paths) {
    for (const std::string& output : step.outputs) files_.push_back({Whole(output), made / fs::path(ToSlashes(output)).filename()});
  }

  // The first program that is not run here; empty: none.
  std::string Foreign(const std::vector<std::vector<std::string>>& commands) const {
    for (const auto& words : commands) {
      if (PassedOver(words) || ToLower(words[0]) == "copy" || ToLower(fs::path(ToSlashes(words[0])).extension().string()) == ".py") continue;
      const std::string here = InterpreterHere(ProgramOf(words[0]));
      if (here.empty() || !FindProgram(here)) return words[0];
    }
    return {};
  }

  bool UpToDate() const {
    std::error_code error;
    std::optional<fs::file_time_type> oldest;
    for (const MadeFile& file : files_) {
      const auto time = fs::last_write_time(file.path, error);
      if (error) return false;
      if (!oldest || time < *oldest) oldest = time;
    }
    std::vector<std::string> inputs = step_.inputs;
    inputs.push_back(step_.include);
    inputs.push_back(step_.file);
    for (const std::string& input : inputs) {
      const auto path = paths_.FindFile(folder_, input);
      if (!path || !oldest || fs::last_write_time(*path, error) > *oldest || error) return false;
    }
    return true;
  }

  std::vector<MadeFile> Run(const std::vector<std::vector<std::string>>& commands) {
    std::error_code error;
    fs::create_directories(made_, error);
    for (const auto& words : commands)
      if (!PassedOver(words)) RunOne(words);
    for (MadeFile& file : files_) {
      if (fs::exists(file.path, error)) continue;
      if (!fs::exists(file.promised, error))
        throw BuildError(step_.file, step_.line, fmt::format("the step of {} did not make {}", step_.include, file.promised.string()));
      file.path = file.promised;  // a program that does not take the name from its command
    }
    return files_;
  }

  const std::vector<MadeFile>& files() const { return files_; }

 private:
  fs::path Whole(std::string_view spelled) const { return (folder_ / ToSlashes(Trim(spelled))).lexically_normal(); }

  static bool SamePath(const fs::path& a, const fs::path& b) {
    const auto plain = [](const fs::path& path) {
      std::string text = ToLower(path.string());
      while (text.size() > 1 && (text.ends_with('/') || text.ends_with("/."))) text.pop_back();
      return text;
    };
    return plain(a) == plain(b);
  }

  // A word of a command as it is here: what is made goes into the output folder, what is there is spelled as the disk has it.
  std::string Word(const std::string& word) const {
    if (word.empty()) return word;
    const fs::path whole = Whole(word);
    for (const MadeFile& file : files_)
      if (SamePath(whole, file.promised)) return file.path.string();
    const bool path = word.find_first_of("\\/") != std::string::npos;
    if (path)
      for (const MadeFile& file : files_)
        if (SamePath(whole, file.promised.parent_path())) return made_.string();
    if (const auto found = paths_.FindFile(folder_, whole.string())) return found->string();
    if (path)
      if (const auto found = paths_.FindFolder(folder_, whole.string())) return found->string();
    if (const size_t split = word.find_first_of("=:"); word[0] == '-' && split != std::string::npos) return word.substr(0, split + 1) + Word(word.substr(split + 1));
    return word.find('\\') != std::string::npos ? ToSlashes(word) : word;
  }

  void RunOne(const std::vector<std::string>& words) {
    if (ToLower(words[0]) == "copy") return Copy(words);
    std::vector<std::string> command;
    const bool script = ToLower(fs::path(ToSlashes(words[0])).extension().string()) == ".py";
    const std::string program = script ? "python3" : InterpreterHere(ProgramOf(words[0]));
    std::string target;  // of its output
    command.push_back(program);
    if (script) command.push_back(Word(words[0]));
    for (size_t i = 1; i < words.size(); ++i) {
      // The launcher of Python takes a version.
      if (i == 1 && ProgramOf(words[0]) == "py" && words[i].size() > 1 && words[i][0] == '-' && words[i].find_first_not_of("0123456789.", 1) == std::string::npos) continue;
      if (words[i] == ">" && i + 1 < words.size()) {
        target = Word(words[++i]);
      } else {
        command.push_back(Word(words[i]));
      }
    }
    if (!target.empty()) command.insert(command.begin(), {"sh", "-c", "exec \"$@\" > \"$0\"", target});
    const ProcessResult result = RunProcess(command, folder_);
    if (result.exit_code == 0) return;
    std::string output(Trim(result.output));
    throw BuildError(step_.file, step_.line,
                     fmt::format("the step of {} failed with {}: {}{}{}", step_.include, result.exit_code, fmt::join(words, " "), output.empty() ? "" : "\n", output));
  }

  void Copy(const std::vector<std::string>& words) {
    std::vector<std::string> names;
    for (size_t i = 1; i < words.size(); ++i)
      if (words[i].size() > 2 || words[i][0] != '/') names.push_back(Word(words[i]));
    if (names.size() != 2) return;
    std::error_code error;
    fs::path to = names[1];
    if (fs::is_directory(to, error)) to /= fs::path(names[0]).filename();
    if (SamePath(names[0], to)) return;
    fs::copy_file(names[0], to, fs::copy_options::overwrite_existing, error);
    if (error) throw BuildError(step_.file, step_.line, fmt::format("the step of {}: {} cannot be copied to {}: {}", step_.include, names[0], to.string(), error.message()));
  }

  const CustomStep& step_;
  const fs::path& folder_;
  const fs::path& made_;
  WindowsPaths& paths_;
  std::vector<MadeFile> files_;
};

}  // namespace

std::string ProgramOf(const std::string& word) {
  const std::string name = ToLower(fs::path(ToSlashes(word)).filename().string());
  return name.ends_with(".exe") ? name.substr(0, name.size() - 4) : name;
}

std::vector<std::vector<std::string>> CommandsOf(const std::string& text) {
  std::vector<std::vector<std::string>> commands;
  size_t start = 0;
  while (start <= text.size()) {
    const size_t end = std::min(text.find('\n', start), text.size());
    std::vector<std::string> command;
    for (std::string& word : SplitCommandLine(std::string_view(text).substr(start, end - start))) {
      if (word != "&&" && word != "&") {
        if (word.size() > 1 && command.empty() && word[0] == '@') word.erase(0, 1);
        command.push_back(std::move(word));
        continue;
      }
      if (!command.empty()) commands.push_back(std::move(command));
      command.clear();
    }
    if (!command.empty()) commands.push_back(std::move(command));
    start = end + 1;
  }
  return commands;
}

std::optional<std::vector<MadeFile>> RunCustomStep(const CustomStep& step, const fs::path& folder, const fs::path& made, WindowsPaths& paths,
                                                   Diagnostics& diagnostics) {
  const auto commands = CommandsOf(step.command);
  StepRun run(step, folder, made, paths);
  if (const std::string foreign = run.Foreign(commands); !foreign.empty()) {
    diagnostics.Note(fmt::format("{}:{}: the step of {} is not run: {} is no program that is run here", step.file, step.line, step.include, foreign));
    return std::nullopt;
  }
  if (run.UpToDate()) return run.files();
  diagnostics.Note(fmt::format("{}:{}: the step of {} is run", step.file, step.line, step.include));
  return run.Run(commands);
}

}  // namespace drydock::tools
