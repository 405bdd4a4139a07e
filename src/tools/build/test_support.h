// For the builder's tests: a folder that vanishes, files in it, and an SDK that is enough to
// compile the fixtures.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tools/build/toolchain.h"

namespace drydock::tools::test {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }
  // Writes a file and makes the folders above it.
  std::filesystem::path Write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

std::filesystem::path Fixture(std::string_view name);

// The fixtures' stand-in headers with the real flags, exports and trace contract; made in `folder`.
Surroundings FixtureSurroundings(const TemporaryFolder& folder);

// what() of the BuildError that `action` throws; empty if it throws none.
template <class Action>
std::string ErrorOf(Action&& action) {
  try {
    action();
  } catch (const BuildError& error) {
    return error.what();
  }
  return {};
}

}  // namespace drydock::tools::test
