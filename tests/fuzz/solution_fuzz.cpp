// A solution in either form: XML begins with '<'.
#include "target.h"
#include "tools/build/diagnostics.h"
#include "tools/build/solution.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(solution) {
  static fuzz::InputFiles files;
  const auto file = files.Write(input, input.starts_with('<') ? "a.slnx" : "a.sln");
  tools::WindowsPaths paths;
  fuzz::Answers<tools::BuildError>([&] {
    const tools::Solution solution = tools::ReadSolution(file, paths);
    tools::ChooseSolutionConfiguration(solution, "Debug");
    fuzz::Check(tools::InBuildOrder(solution).size() == solution.projects.size(), "the build order has not every project once");
  });
}
