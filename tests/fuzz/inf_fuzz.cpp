// An INF or INX: stamped, read, and taken for a driver package; Include leads to itself.
#include <optional>

#include "machine/setup/inf_package.h"
#include "machine/setup/inf_stamp.h"
#include "target.h"

using namespace drydock::machine::setup;

DRYDOCK_FUZZ_TARGET(inf) {
  const std::string stamped = StampInf(input, {});
  InfReport report;
  const InfFile file = InfFile::Parse(stamped, "fuzz.inf", 0x409, report);
  ReadPackage(file, InfTarget(), [&](const std::string&) { return std::optional<std::string>(stamped); }, report);
  drydock::fuzz::Check(report.ok() == report.ErrorText().empty(), "an error without words");
}
