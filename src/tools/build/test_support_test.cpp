#include "tools/build/test_support.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tools/build/text_file.h"

namespace drydock::tools::test {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "drydock-build-XXXXXX").string();
  path_ = mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

fs::path TemporaryFolder::Write(std::string_view name, std::string_view text) const {
  const fs::path file = path_ / name;
  WriteIfChanged(file, text);
  return file;
}

fs::path Fixture(std::string_view name) { return fs::path(DRYDOCK_FIXTURES) / name; }

Surroundings FixtureSurroundings(const TemporaryFolder& folder) {
  const fs::path real(DRYDOCK_SDK_SOURCE);
  for (const char* name : {"driver-flags.json", "driver-exports.map", "shared/drydock_wpp.h"}) {
    folder.Write("sdk/" + std::string(name), ReadTextFile(real / name));
  }
  // Sources of the real SDK that images link (but for the stand-in entry) are empty here.
  const std::string flags = ReadTextFile(real / "driver-flags.json");
  for (size_t at = flags.find("\"lib/"); at != std::string::npos;
       at = flags.find("\"lib/", at + 1)) {
    const std::string name = flags.substr(at + 1, flags.find('"', at + 1) - at - 1);
    if (!fs::exists(Fixture("sdk") / name))
      folder.Write("sdk/" + name, "extern int drydock_nothing;\n");
  }
  Surroundings surroundings;
  surroundings.sdk_roots = {Fixture("sdk"), folder.path() / "sdk"};
  surroundings.launcher = DRYDOCK_CC;
  return surroundings;
}

}  // namespace drydock::tools::test
