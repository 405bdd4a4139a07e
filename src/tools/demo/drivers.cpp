#include "tools/demo/drivers.h"

#include <fmt/format.h>

#include <filesystem>

#include "drydock/machine.h"

namespace drydock::tools {

std::string ExampleDriver(const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& folder : {here / "../drivers", here / "../lib/drydock/drivers"})
    if (fs::path image = folder / (name + ".so"); fs::exists(image, error)) return fs::weakly_canonical(image).string();
  throw Error(fmt::format("the example driver {} is not built; run ./drydock demo from the source tree", name));
}

}  // namespace drydock::tools
