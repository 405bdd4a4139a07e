// Whatever a project, a source or a trace configuration holds: an answer or a BuildError, never a
// crash. The inputs are the fixtures with bytes changed, cut out and doubled; the generator's seed
// is fixed, so a failure repeats.
#include <gtest/gtest.h>

#include "tools/build/driver_project.h"
#include "tools/build/include_scan.h"
#include "tools/build/inf.h"
#include "tools/build/missing.h"
#include "tools/build/test_support.h"
#include "tools/build/text_file.h"
#include "tools/build/wpp_generate.h"

namespace drydock::tools {
namespace {

using test::Fixture;
using test::TemporaryFolder;

class Mutator {
 public:
  Mutator(std::string text, uint32_t most_changes)
      : text_(std::move(text)), most_changes_(most_changes) {}

  std::string Next() {
    std::string text = text_;
    for (uint32_t changes = 1 + Draw(most_changes_); changes > 0 && !text.empty(); --changes) {
      const size_t at = Draw(static_cast<uint32_t>(text.size()));
      const size_t length = std::min<size_t>(1 + Draw(24), text.size() - at);
      switch (Draw(4)) {
        case 0:
          text[at] = kLetters[Draw(sizeof(kLetters) - 1)];
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(at, length));
          break;
        default:
          text.resize(at);
          break;
      }
    }
    return text;
  }

 private:
  static constexpr char kLetters[] = "\0\"'\\/<>&;%$@(){}[]*?=!|,. \r\n\t#Aa0\xff";

  uint32_t Draw(uint32_t bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state_ >> 33) % bound);
  }

  std::string text_;
  uint32_t most_changes_;
  uint64_t state_ = 42;
};

TEST(HostileInput, ProjectsAreReadOrRefused) {
  TemporaryFolder folder;
  std::filesystem::copy(Fixture("Oddball"), folder.path(),
                        std::filesystem::copy_options::recursive);
  Mutator mutator(ReadTextFile(Fixture("Oddball/driver/oddball.vcxproj")), 1);
  int read = 0, refused = 0;
  for (int i = 0; i < 400; ++i) {
    const auto file = folder.Write("driver/oddball.vcxproj", mutator.Next());
    WindowsPaths paths;
    Diagnostics diagnostics(false, nullptr);
    try {
      LoadDriverProject(file, {}, paths, diagnostics);
      ++read;
    } catch (const BuildError&) {
      ++refused;
    }
  }
  EXPECT_GT(read, 20);
  EXPECT_GT(refused, 20);
}

TEST(HostileInput, SourcesAreScanned) {
  Mutator mutator(
      ReadTextFile(Fixture("Oddball/driver/main.c")) + ReadTextFile(Fixture("Oddball/Inc/trace.h")),
      4);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = mutator.Next();
    ScanIncludes(text);
    LinesWithIdentifier(text, "TraceEvents");
    StampInx(text, DriverProject());
  }
}

TEST(HostileInput, TraceConfigurationsAreReadOrRefused) {
  Mutator mutator(ReadTextFile(Fixture("Oddball/Inc/trace.h")), 4);
  int read = 0, refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string text = mutator.Next();
    WppHeader header;
    header.config = DefaultWppConfig();
    try {
      ReadWppBlocks(text, "trace.h", header.config);
      ReadWppIni(text, "trace.ini", header.config);
      FindWppEnums(text, header.config);
      GenerateTraceHeader(header);
      ++read;
    } catch (const BuildError&) {
      ++refused;
    }
  }
  EXPECT_GT(read, 100);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace drydock::tools
