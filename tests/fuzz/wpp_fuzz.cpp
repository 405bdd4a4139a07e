// A trace configuration, as it stands in sources and in .ini files, and the trace header made of it.
#include "target.h"
#include "tools/build/diagnostics.h"
#include "tools/build/wpp_generate.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(wpp) {
  tools::WppHeader header;
  header.driver = "fuzz";
  header.source = "fuzz.c";
  header.config = tools::DefaultWppConfig();
  fuzz::Answers<tools::BuildError>([&] { tools::ReadWppBlocks(input, "fuzz.h", header.config); });
  fuzz::Answers<tools::BuildError>([&] { tools::ReadWppIni(input, "fuzz.ini", header.config); });
  fuzz::Answers<tools::BuildError>([&] { header.config.Add(tools::ParseWppFunction(input, "fuzz.vcxproj", 1)); });
  tools::FindWppEnums(input, header.config);
  fuzz::Answers<tools::BuildError>([&] {
    header.config.Check();
    tools::GenerateTraceHeader(header);
  });
}
