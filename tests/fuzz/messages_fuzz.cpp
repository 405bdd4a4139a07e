// A message file (.mc).
#include "target.h"
#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(messages) {
  fuzz::Answers<tools::BuildError>([&] { tools::HeaderOfMessages(input, "fuzz.mc"); });
}
