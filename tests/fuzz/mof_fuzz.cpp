// A MOF file: the header of its classes, and what an image keeps of them.
#include "target.h"
#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"
#include "tools/build/mof_resource.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(mof) {
  for (const bool methods : {false, true})
    fuzz::Answers<tools::BuildError>([&] { tools::HeaderOfMof(input, "fuzz.mof", {methods}); });
  fuzz::Answers<tools::BuildError>([&] { tools::MofResourceSource(tools::MofResourceText("Fuzz", input, "fuzz.mof")); });
}
