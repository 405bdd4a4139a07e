// A machine file.
#include "drydock/description.h"
#include "target.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(machine_file) {
  fuzz::Answers<Error>([&] { MachineDescription::Parse(std::string(input), "/nowhere/fuzz.toml"); });
}
