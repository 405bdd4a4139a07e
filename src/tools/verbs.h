// The verbs of the drydock command: `drydock VERB ...`. One file each in src/tools/verbs/, one line
// each in the table below; a verb gets its own arguments (argv[0] is its name) and returns the exit
// code: 0 done, 1 failed, 2 wrong usage.
#pragma once

namespace drydock::tools {

int AppVerb(int argc, char** argv);
int BuildVerb(int argc, char** argv);
int CcVerb(int argc, char** argv);
int CoverageVerb(int argc, char** argv);
int DemoVerb(int argc, char** argv);
int InfVerb(int argc, char** argv);
int MofVerb(int argc, char** argv);
int RunVerb(int argc, char** argv);
int TreeVerb(int argc, char** argv);

struct Verb {
  const char* name;
  const char* summary;
  int (*main)(int argc, char** argv);
};

inline constexpr Verb kVerbs[] = {
    {"app", "compile a console application from its Visual Studio project and run it in a machine", AppVerb},
    {"build", "compile a driver from its Visual Studio project or a folder", BuildVerb},
    {"cc", "run one compilation with MSVC's dialect translated (a compiler launcher)", CcVerb},
    {"coverage", "tell which lines of a driver ran (built with --coverage)", CoverageVerb},
    {"demo", "read a file through a stack of three drivers, then let a device go silent", DemoVerb},
    {"inf", "read INF and INX files, tell what they install and what is wrong", InfVerb},
    {"mof", "read MOF files; make the header and the image's classes of them", MofVerb},
    {"run", "load built drivers, make their devices, do I/O", RunVerb},
    {"tree", "print the device tree of a machine", TreeVerb},
};

}  // namespace drydock::tools
