// drydock coverage: see src/tools/build/line_coverage.h.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/build/line_coverage.h"
#include "tools/build/text_file.h"
#include "tools/verbs.h"
#include "tools/verbs/command_line.h"

namespace drydock::tools {

namespace {

// "12-15, 20": the lines that did not run.
std::string Ranges(const std::map<int, uint64_t>& lines) {
  std::string text;
  int first = 0, last = 0;
  const auto flush = [&] {
    if (first == 0) return;
    text += (text.empty() ? "" : ", ") + (first == last ? std::to_string(first) : fmt::format("{}-{}", first, last));
    first = 0;
  };
  for (const auto& [line, count] : lines) {
    if (count != 0) {
      flush();
    } else {
      if (first == 0) first = line;
      last = line;
    }
  }
  flush();
  return text;
}

}  // namespace

int CoverageVerb(int argc, char** argv) {
  std::string out, lcov;
  bool lines = false;
  CLI::App app("Tells which lines of a driver ran, of an image that drydock build made with --coverage.", "drydock coverage");
  app.add_option("out", out, "output folder of the build")->required();
  app.add_option("--lcov", lcov, "file to write in lcov's form [OUT/coverage/driver.lcov]");
  app.add_flag("-l,--lines", lines, "the lines that did not run");
  if (const auto code = ParseCommandLine(app, argc, argv,
                                         {"drydock coverage out/toaster -l   # after a run of what drydock build --coverage made"}))
    return *code;
  try {
    const LineCounts counts = ReadLineCoverage(out, FindSurroundings(RunningExecutable()));
    size_t all = 0, ran = 0;
    for (const auto& [file, one] : counts) {
      size_t here = 0;
      for (const auto& [line, count] : one) here += count != 0;
      fmt::print("{:5.1f} %  {:5} of {:5}  {}\n", one.empty() ? 100.0 : 100.0 * static_cast<double>(here) / static_cast<double>(one.size()), here, one.size(), file.string());
      if (lines && here != one.size()) fmt::print("         not: {}\n", Ranges(one));
      all += one.size();
      ran += here;
    }
    fmt::print("{:5.1f} %  {:5} of {:5}  lines\n", all == 0 ? 100.0 : 100.0 * static_cast<double>(ran) / static_cast<double>(all), ran, all);
    const std::filesystem::path file = lcov.empty() ? std::filesystem::path(out) / "coverage/driver.lcov" : std::filesystem::path(lcov);
    WriteIfChanged(file, LcovText(counts));
    fmt::print("{}\n", file.string());
    return 0;
  } catch (const std::exception& error) {
    return TellFailure(error);
  }
}

}  // namespace drydock::tools
