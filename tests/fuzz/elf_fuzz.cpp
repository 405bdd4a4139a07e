// A file that should be an object or an image.
#include "target.h"
#include "tools/build/diagnostics.h"
#include "tools/build/elf_symbols.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(elf) {
  static fuzz::InputFiles files;
  const auto file = files.Write(input, "image.so");
  fuzz::Answers<tools::BuildError>([&] { tools::NeededSymbols(file); });
  fuzz::Answers<tools::BuildError>([&] { tools::OfferedSymbols(file); });
  fuzz::Answers<tools::BuildError>([&] { tools::DefinedInObject(file); });
  fuzz::Answers<tools::BuildError>([&] { tools::UndefinedInObject(file); });
}
