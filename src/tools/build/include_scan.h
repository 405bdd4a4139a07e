// Reads the #include lines of a C or C++ file. Conditions are not evaluated: the result is every
// header that the file could include. Comments and continued lines are understood.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::tools {

struct IncludeLine {
  enum class Form {
    kQuoted,  // #include "name"
    kAngled,  // #include <name>
    kMacro,   // #include NAME
  };
  std::string name;
  Form form = Form::kQuoted;
  bool question = false;  // from __has_include: it need not exist
  int line = 0;
};

struct IncludeScan {
  std::vector<IncludeLine> includes;
  // #define NAME "x.h", <x.h> or another macro's name: what an #include NAME can mean.
  std::vector<std::pair<std::string, std::string>> macros;
};

IncludeScan ScanIncludes(std::string_view text);

// Replaces comments by one blank each; joins continued lines, keeping the count of lines. Strings
// and character constants stay.
std::string StripComments(std::string_view text);

}  // namespace drydock::tools
