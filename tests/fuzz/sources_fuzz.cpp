// A `sources` file of the DDK's build, with the files it includes.
#include "target.h"
#include "tools/build/sources_file.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(sources) {
  static fuzz::InputFiles files;
  const auto file = files.Write(input, "sources");
  tools::WindowsPaths paths;
  tools::Diagnostics diagnostics(false, nullptr);
  fuzz::Answers<tools::BuildError>([&] { tools::ReadSourcesFile(file, {}, paths, diagnostics); });
}
