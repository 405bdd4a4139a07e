// The variables of an INX file ($ARCH$, $KMDFVERSION$ ...), replaced as stampinf does for x64.
// Called by:  the driver builder, which writes the INF beside the image; the driver store, which takes an INX as it is.
#pragma once

#include <string>
#include <string_view>

namespace drydock::machine::setup {

struct InfStamp {
  std::string kmdf_version = "1.33";    // $KMDFVERSION$
  std::string umdf_version = "2.33.0";  // $UMDFVERSION$
};

// Variables are found in any letter case; others stay. `bytes`: the file as it is; the result is UTF-8.
std::string StampInf(std::string_view bytes, const InfStamp& stamp);

}  // namespace drydock::machine::setup
