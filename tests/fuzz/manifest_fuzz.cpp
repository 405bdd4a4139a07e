// An event manifest: its header, the description that an image keeps, and the reading of that by a machine.
#include "nt/etw/manifest.h"
#include "target.h"
#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"
#include "tools/build/manifest.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(manifest) {
  const std::string text(input);
  fuzz::Answers<tools::BuildError>([&] {
    tools::HeaderOfManifest(text, "fuzz.man", {.kernel = true, .user = false, .prefix = "P", .remove = "EVENT_"});
  });
  fuzz::Answers<tools::BuildError>([&] {
    const std::string kept = tools::ManifestResourceText(tools::ReadManifest(text, "fuzz.man"));
    tools::ManifestResourceSource(kept);
    nt::etw::ReadDescriptions(kept);
  });
}
