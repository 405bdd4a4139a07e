// A resource script as the preprocessor leaves it; every file that it names holds the script itself.
#include "target.h"
#include "tools/build/diagnostics.h"
#include "tools/build/resource_script.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(resources) {
  const tools::ResourceSurroundings surroundings{[&](const std::string&) { return std::optional<std::string>(input); }, [](const std::string&) {}};
  fuzz::Answers<tools::BuildError>([&] {
    const std::string file = tools::ResourceFile(tools::ReadResourceScript(input, surroundings));
    tools::ResourceSource("fuzz.res", file);
  });
}
