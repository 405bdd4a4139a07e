// The drydock command: finds the verb and hands over.
#include <cstdio>
#include <cstring>

#include "tools/verbs.h"

int main(int argc, char** argv) {
  using drydock::tools::kVerbs;
  const char* wanted = argc > 1 ? argv[1] : "--help";
  for (const auto& verb : kVerbs) {
    if (std::strcmp(verb.name, wanted) == 0) return verb.main(argc - 1, argv + 1);
  }
  const bool help = std::strcmp(wanted, "--help") == 0 || std::strcmp(wanted, "-h") == 0 || std::strcmp(wanted, "help") == 0;
  std::FILE* out = help ? stdout : stderr;
  if (!help) std::fprintf(out, "drydock: there is no verb '%s'\n\n", wanted);
  std::fprintf(out, "usage: drydock VERB [ARGUMENTS]   (drydock VERB --help tells more)\n\n");
  for (const auto& verb : kVerbs) std::fprintf(out, "  %-10s %s\n", verb.name, verb.summary);
  return help ? 0 : 2;
}
