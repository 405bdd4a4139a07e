// Writes the plan of a build as build.ninja and compile_commands.json: ninja decides what is out of
// date (changed sources, headers by depfile, changed command lines) and runs compilers in parallel.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace drydock::tools {

struct CompileStep {
  std::filesystem::path source, object;
  std::vector<std::string> command;  // without -c, -o and dependency options
  std::vector<std::string> launcher;  // put before the command; its first word is a file
  // Where a translated copy is compiled in the source's place: the copy and its command. The source's own are for compile_commands.json.
  std::filesystem::path copy;
  std::vector<std::string> copy_command;
  std::string stamp;  // when it is another one, it is compiled again
  bool depfile = true;  // the compiler writes which headers it read, and ninja reads it
};

struct ArchiveStep {
  std::filesystem::path archive;
  std::vector<std::filesystem::path> objects;
};

struct BuildPlan {
  std::vector<CompileStep> compiles;
  std::vector<ArchiveStep> archives;
  std::vector<std::string> link;               // compiler and options; inputs and output are added
  std::vector<std::filesystem::path> objects;  // of the image itself
  std::filesystem::path image;
  std::vector<std::string> link_libraries;            // behind them
  std::vector<std::filesystem::path> link_files;  // that the link reads besides (version script)
};

// Whether ninja can read the name in a depfile: not with quotes, ampersands and some others.
bool IsDepfileName(const std::filesystem::path& path);

std::string NinjaText(const BuildPlan& plan);
std::string CompileCommandsJson(const BuildPlan& plan, const std::filesystem::path& folder);

}  // namespace drydock::tools
