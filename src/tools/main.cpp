// The drydock command: finds the verb and hands over.
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/nearest_word.h"
#include "tools/verbs.h"

namespace {

using namespace drydock::tools;

const Verb* FindVerb(std::string_view name) {
  for (const Verb& verb : kVerbs)
    if (name == verb.name) return &verb;
  return nullptr;
}

void Usage(std::FILE* out) {
  std::fprintf(out, "usage: drydock VERB [ARGUMENTS]   (drydock help VERB tells more)\n\n");
  for (const Verb& verb : kVerbs) std::fprintf(out, "  %-10s %s\n", verb.name, verb.summary);
  std::fprintf(out, "\nThe usual way:\n"
                    "  drydock build toaster.vcxproj              # out/toaster/toaster.so\n"
                    "  drydock run out/toaster/toaster.so --log   # loads it and starts a device\n");
}

int NoVerb(const std::string& wanted) {
  std::vector<std::string> names = {"help"};
  for (const Verb& verb : kVerbs) names.push_back(verb.name);
  std::fprintf(stderr, "drydock: there is no verb '%s'%s\n\n", wanted.c_str(), drydock::rt::DidYouMean(wanted, names).c_str());
  Usage(stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string wanted = argc > 1 ? argv[1] : "help";
  if (wanted == "--help" || wanted == "-h" || wanted == "help") {
    const std::string about = argc > 2 ? argv[2] : "help";
    if (const Verb* verb = FindVerb(about)) {
      std::string help = "--help";
      char* arguments[] = {argv[2], help.data(), nullptr};
      return verb->main(2, arguments);
    }
    if (about != "help" && !about.starts_with("-")) return NoVerb(about);
    Usage(stdout);
    return 0;
  }
  if (const Verb* verb = FindVerb(wanted)) return verb->main(argc - 1, argv + 1);
  return NoVerb(wanted);
}
