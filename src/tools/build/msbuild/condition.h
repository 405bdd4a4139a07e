// The Condition attribute of MSBuild: == != < <= > >= and or ! parentheses, Exists('...'),
// HasTrailingSlash('...'). Text is compared without regard to letter case, numbers as numbers. A
// condition that does not parse is a BuildError.
#pragma once

#include <string_view>

#include "tools/build/msbuild/expander.h"

namespace drydock::tools::msbuild {

bool EvaluateCondition(std::string_view text, const Expander& expander, const Place& place,
                       const Item* item);

}  // namespace drydock::tools::msbuild
