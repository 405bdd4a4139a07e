// What stands inside $(...) when it is more than a name: members of a value,
// $(Name.Replace('a','b')), and static functions,
// $([MSBuild]::GetPathOfFileAbove('x.props')). Those that C++ and driver projects are known to use
// are here; another one yields an empty text and a warning that names it.
#pragma once

#include <string>
#include <string_view>

#include "tools/build/msbuild/expander.h"

namespace drydock::tools::msbuild {

std::string CallPropertyFunction(const Expander& expander, std::string_view expression,
                                 const Place& place, const Item* item);

}  // namespace drydock::tools::msbuild
