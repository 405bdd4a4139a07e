// A scenario, whole and as a single line.
#include "target.h"
#include "tools/run/scenario.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(scenario) {
  const std::string text(input);
  fuzz::Answers<Error>([&] { tools::ParseScenario(text, "fuzz.scenario"); });
  fuzz::Answers<Error>([&] { tools::ParseCommand(text, "fuzz:1"); });
}
