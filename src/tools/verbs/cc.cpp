// drydock cc -- COMPILER ...: one compilation with MSVC's dialect (build/compile_launcher.h).
#include <cstdio>
#include <string_view>

#include "tools/build/compile_launcher.h"
#include "tools/verbs.h"

namespace drydock::tools {

int CcVerb(int argc, char** argv) {
  const int code = CompileLauncherMain(argc, argv);
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--help" || first == "-h") std::printf("\nExample:\n  drydock cc -- clang -c driver.c -o driver.o\n");
  return code;
}

}  // namespace drydock::tools
