// drydock cc -- COMPILER ...: one compilation with MSVC's dialect (build/compile_launcher.h).
#include "tools/build/compile_launcher.h"
#include "tools/verbs.h"

namespace drydock::tools {

int CcVerb(int argc, char** argv) { return CompileLauncherMain(argc, argv); }

}  // namespace drydock::tools
