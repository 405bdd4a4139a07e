// How the driver builder speaks: errors with a place, warnings, and notes for -v. Single-threaded.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::tools {

// Ends the build with exit code 1. what() is a complete line, "file:line: error: ..." where a place
// is known.
class BuildError : public std::runtime_error {
 public:
  explicit BuildError(std::string_view message);
  BuildError(std::string_view file, int line, std::string_view message);
};

class Diagnostics {
 public:
  explicit Diagnostics(bool verbose = false, std::FILE* out = stderr)
      : verbose_(verbose), out_(out) {}

  void Warning(std::string_view message);
  void Note(std::string_view message);  // only shown with -v
  bool verbose() const { return verbose_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  bool verbose_;
  std::FILE* out_;
  std::vector<std::string> warnings_;
};

}  // namespace drydock::tools
