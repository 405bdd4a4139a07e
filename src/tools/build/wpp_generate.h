// Writes the trace header (x.tmh) of one source from its WPP configuration. The header is valid C
// and C++; the calls it makes are those of sdk/shared/drydock_wpp.h. The driver's own macros
// (WPP_CONTROL_GUIDS, WPP_LEVEL_FLAGS_ENABLED, ..._PRE, ..._POST) keep their meaning; what it does
// not define gets WPP's default.
#pragma once

#include <string>
#include <vector>

#include "tools/build/wpp_config.h"

namespace drydock::tools {

struct WppHeader {
  std::string driver;        // name of the image
  std::string source;        // file name, for the comment
  std::string control_guid;  // used where the source defines no WPP_CONTROL_GUIDS
  WppConfig config;
};

std::string GenerateTraceHeader(const WppHeader& header);

}  // namespace drydock::tools
