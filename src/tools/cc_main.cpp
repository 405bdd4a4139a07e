// drydock-cc: what `drydock cc` does, as a program of its own that starts without the machine.
#include "tools/build/compile_launcher.h"

int main(int argc, char** argv) { return drydock::tools::CompileLauncherMain(argc, argv); }
