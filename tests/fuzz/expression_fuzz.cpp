// One MSBuild expression or condition: the first byte says how many of the following lines are properties before it.
#include "target.h"
#include "tools/build/msbuild/expander.h"

using namespace drydock;
namespace msbuild = drydock::tools::msbuild;

DRYDOCK_FUZZ_TARGET(expression) {
  msbuild::PropertyMap properties{{"A", "b;c;d.c"}, {"Platform", "x64"}, {"MSBuildProjectFullPath", "/nowhere/p.vcxproj"}};
  int count = input.empty() ? 0 : input.front() % 4;
  if (!input.empty()) input.remove_prefix(1);
  while (count-- > 0) {
    const size_t end = std::min(input.find('\n'), input.size());
    properties["P" + std::to_string(count)] = std::string(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  std::vector<msbuild::Item> items(2);
  items[0].type = items[1].type = "ClCompile";
  items[0].include = "a b\\x.c";
  items[0].metadata["Extra"] = "$(A)";
  items[1].include = "..\\%x.cpp";
  tools::WindowsPaths paths;
  tools::Diagnostics diagnostics(false, nullptr);
  const msbuild::Expander expander(properties, items, paths, diagnostics, false);
  const msbuild::Place place{"/nowhere/p.vcxproj", 1};
  fuzz::Answers<tools::BuildError>([&] { expander.Expand(input, place, &items[0]); });
  fuzz::Answers<tools::BuildError>([&] { expander.Condition(input, place, &items[1]); });
}
