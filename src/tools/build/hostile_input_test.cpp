// Whatever a project, a source or a trace configuration holds: an answer or a BuildError, never a
// crash. The inputs are the fixtures with bytes changed, cut out and doubled; the generator's seed
// is fixed, so a failure repeats.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tools/build/application_resources.h"
#include "tools/build/dialect_long.h"
#include "tools/build/dialect_seh.h"
#include "tools/build/driver_project.h"
#include "tools/build/generated_headers.h"
#include "tools/build/include_scan.h"
#include "tools/build/inf.h"
#include "tools/build/manifest.h"
#include "tools/build/missing.h"
#include "tools/build/msvc_dialect.h"
#include "tools/build/resource_script.h"
#include "tools/build/solution.h"
#include "tools/build/sources_file.h"
#include "tools/build/test_support.h"
#include "tools/build/text_file.h"
#include "tools/build/wpp_generate.h"

namespace drydock::tools {
namespace {

using test::ErrorOf;
using test::Fixture;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;

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

std::string Repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

class Growth : public testing::Test {
 protected:
  std::string Project(const std::string& body) {
    const auto file = folder_.Write("driver.vcxproj", "<Project>\n<PropertyGroup>\n<A>0123456789</A></PropertyGroup>\n" + body + "</Project>");
    return ErrorOf([&] {
      WindowsPaths paths;
      Diagnostics diagnostics(false, nullptr);
      LoadDriverProject(file, {}, paths, diagnostics);
    });
  }
  std::string Sources(const std::string& text) {
    const auto file = folder_.Write("sources", text);
    return ErrorOf([&] {
      WindowsPaths paths;
      Diagnostics diagnostics(false, nullptr);
      ReadSourcesFile(file, {}, paths, diagnostics);
    });
  }
  TemporaryFolder folder_;
};

TEST_F(Growth, WhatDoublesItselfInAProjectIsAnErrorAtItsLine) {
  constexpr const char* kWords = "grow beyond 256 MB";
  EXPECT_THAT(Project("<PropertyGroup>" + Repeated("\n<A>$(A)$(A)</A>", 40) + "</PropertyGroup>"),
              AllOf(MatchesRegex("[^\n]*driver.vcxproj:2[0-9]: .*"), HasSubstr(kWords)));
  EXPECT_THAT(Project("<PropertyGroup>" + Repeated("<A>$(A.Replace('0', $(A)))</A>", 40) + "</PropertyGroup>"), HasSubstr(kWords));
  EXPECT_THAT(Project("<ItemGroup><B Include='x'/>" + Repeated("<B Include='@(B)'/>", 40) + "</ItemGroup>"), HasSubstr(kWords));
}

TEST_F(Growth, DeepAndUnclosedProjectsAreRefused) {
  EXPECT_THAT(Project(Repeated("<Choose><Otherwise>", 20000) + Repeated("</Otherwise></Choose>", 20000)), HasSubstr("nested too deeply"));
  EXPECT_THAT(Project("<PropertyGroup><A>" + Repeated("$(", 500000) + "</A></PropertyGroup>"), HasSubstr("is not closed"));
  // The first needs no end of time, the second no end of the stack.
  for (const char* expression : {"$([System.Text.RegularExpressions.Regex]::IsMatch('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '^(a+)+$'))",
                                 "$([System.Text.RegularExpressions.Regex]::IsMatch($(B), '^(a|b)*$'))"})
    Project("<PropertyGroup><B>" + std::string(500000, 'a') + "</B><C>" + expression + "</C></PropertyGroup>");
}

TEST_F(Growth, WhatDoublesItselfInASourcesFileIsAnErrorAtItsLine) {
  EXPECT_THAT(Sources("A=0123456789\n" + Repeated("A=$(A)$(A)\n", 60)), AllOf(HasSubstr("sources:2"), HasSubstr("grow beyond 64 MB")));
  std::string levels = "A0=xxxxxxxxxx\n";
  for (int i = 1; i < 30; ++i) levels += "A" + std::to_string(i) + "=" + Repeated("$(A" + std::to_string(i - 1) + ")", 4) + "\n";
  EXPECT_THAT(Sources(levels + "!IF $(A29)\n!ENDIF\n"), HasSubstr("grow beyond 64 MB"));
  Sources("A=$(A\nA=$(A))\n");  // the value ends as its own name begins
}

TEST_F(Growth, FoldersOfASolutionEnd) {
  const auto file = folder_.Write("deep.slnx", "<Solution>" + Repeated("<Folder Name='/a/'>", 100000) + Repeated("</Folder>", 100000) + "</Solution>");
  WindowsPaths paths;
  EXPECT_THAT(ErrorOf([&] { ReadSolution(file, paths); }), HasSubstr("nested too deeply"));
}

TEST_F(Growth, WhatIsNoPlainFileIsNotWaitedFor) {
  const auto pipe = folder_.path() / "pipe.vcxproj", large = folder_.path() / "large.vcxproj";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(ErrorOf([&] { ReadTextFile(pipe); }), "error: " + pipe.string() + " is no plain file");
  EXPECT_EQ(ErrorOf([&] { ReadTextFile("/dev/zero"); }), "error: /dev/zero is no plain file");
  folder_.Write("large.vcxproj", "");
  std::filesystem::resize_file(large, uintmax_t{1} << 40);
  EXPECT_EQ(ErrorOf([&] { ReadTextFile(large); }), "error: " + large.string() + " is larger than 256 MB");
}

// Each of them took minutes, or the stack, before.
TEST(HostileInput, MillionsOfBracketsAndWordsAreReadAtOnce) {
  for (const char* part : {"&((", "(", "{", "long ", "aL", "__try {", "operator new(", "__FUNCTION__", "a::", "try {", "do ", "\"", "R\"(", "/*", "#if\n", "$("}) {
    const std::string text = "void f() { __try { " + Repeated(part, 200000);
    ScanIncludes(text);
    NeedOf(text);
    TranslateWrittenLong(text);
    for (const bool cxx : {false, true}) ErrorOf([&] { TranslateDialect(text, cxx); });
  }
}

TEST(HostileInput, ConfigurationsManifestsAndClassesEndHoweverDeepAndLong) {
  WppConfig config = DefaultWppConfig();
  const auto ini = [&](const std::string& text) { return ErrorOf([&] { ReadWppIni(text, "a.ini", config); }); };
  EXPECT_THAT(ini("FUNC A(" + Repeated("a,\n", 200000)), HasSubstr("is not closed"));
  EXPECT_THAT(ini("FUNC A((" + Repeated(",", 60000) + "), MSG)"), HasSubstr("is no parameter"));
  config.Add(WppType{"E", false, "E"});
  FindWppEnums("enum E { A = 9223372036854775807, B };" + Repeated("enum ", 200000), config);
  EXPECT_EQ(config.types.back().words.size(), 2u);
  const auto manifest = [](const std::string& inner, const std::string& end) {
    return ErrorOf([&] {
      ReadManifest("<m><provider name='a' guid='{69cd60e3-430f-4da4-b1b3-e3bdaf945875}'><template tid='t'>" + inner + "<data name='a' inType='win:Int8'/>" + end +
                       "</template></provider></m>",
                   "a.man");
    });
  };
  EXPECT_EQ(manifest("<struct name='s'>", "</struct>"), "");
  EXPECT_EQ(manifest(Repeated("<x>", 200000), Repeated("</x>", 200000)), "");
  EXPECT_THAT(manifest(Repeated("<struct name='s'>", 200000), Repeated("</struct>", 200000)), HasSubstr("a struct within a struct"));
  EXPECT_EQ(ErrorOf([] { HeaderOfMof("[guid(\"{69cd60e3-430f-4da4-b1b3-e3bdaf945875}\")] class A : A { [WmiDataId(1), Max(-5)] uint8 b[]; };", "a.mof"); }), "");
}

TEST(HostileInput, ResourceScriptsEndHoweverDeep) {
  const ResourceSurroundings nothing{[](const std::string&) { return std::optional<std::string>(); }, [](const std::string&) {}};
  const auto script = [&](const std::string& text) { return ErrorOf([&] { ReadResourceScript("# 1 \"a.rc\"\n" + text, nothing); }); };
  EXPECT_EQ(script("1 RCDATA { " + Repeated("(", 50) + "1" + Repeated(")", 50) + " }"), "");
  EXPECT_EQ(script("1 RCDATA { " + Repeated("(", 500000)), "a.rc:1: error: this is nested too deeply");
  EXPECT_EQ(script("\n1 RCDATA { " + Repeated("-", 500000)), "a.rc:2: error: this is nested too deeply");
  EXPECT_EQ(script("1 VERSIONINFO { " + Repeated("BLOCK \"a\" { ", 100000)), "a.rc:1: error: this is nested too deeply");
}

TEST(HostileInput, FinallyBlocksWithinEachOtherAreRefusedWhenTheyComeToTooMuch) {
  const auto nested = [](int depth) { return "void f() {" + Repeated("__try { g(); } __finally { ", depth) + Repeated("} ", depth) + "}"; };
  EXPECT_TRUE(TranslateSeh(nested(4), false).used);
  EXPECT_THAT(ErrorOf([&] { TranslateSeh(nested(30), false); }), HasSubstr("__finally"));
}

// A pipe would be waited for.
TEST(HostileResources, AScriptThatNamesAPipeIsToldSo) {
  TemporaryFolder folder;
  SourceFile script;
  script.path = folder.Write("a.rc", "1 RCDATA \"pipe.bin\"\n");
  const auto pipe = script.path.parent_path() / "pipe.bin";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  DriverProject project;
  project.target = "a";
  project.resource_scripts.push_back(script);
  WindowsPaths paths;
  Diagnostics diagnostics;
  const ResourceTools tools{paths, diagnostics, script.path.parent_path() / "made", [](const SourceFile&) { return std::vector<std::string>{"clang", "-x", "c"}; }};
  EXPECT_EQ(ErrorOf([&] { MakeResources(project, script.path.parent_path() / "out", tools); }), "error: " + pipe.string() + " is no plain file");
}

}  // namespace
}  // namespace drydock::tools
