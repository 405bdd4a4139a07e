#include "tools/build/include_shadow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/test_support.h"
#include "tools/build/text_file.h"

namespace drydock::tools {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(IncludeScan, ReadsEveryFormAndKeepsLineNumbers) {
  const IncludeScan scan = ScanIncludes(
      "/* #include \"no.h\"\n */ #include \"A\\b.h\" // c\n"
      "# include <c.h>\n"
      "// #include \"no.h\" \\\n#include \"no.h\"\n"
      "const char* s = \"#include \\\"no.h\\\"\";\n"
      "#define HDR \"d.h\"\n#include HDR\n"
      "#if __has_include(\"e.h\") && __has_include (<f.h>)\n#endif\n"
      "#inc\\\nlude \"g.h\"\nint n = 1'000; /* it's */\n#include \"h.h\"\n");
  std::string all;
  for (const auto& include : scan.includes) {
    all += std::to_string(include.line) + ":" + include.name + (include.question ? "? " : " ");
  }
  EXPECT_EQ(all, "2:A\\b.h 3:c.h 8:HDR 9:e.h? 9:f.h? 11:g.h 14:h.h ");
  EXPECT_EQ(scan.includes[1].form, IncludeLine::Form::kAngled);
  EXPECT_EQ(scan.includes[2].form, IncludeLine::Form::kMacro);
  EXPECT_THAT(scan.macros, ElementsAre(std::pair<std::string, std::string>("HDR", "\"d.h\"")));
}

class Shadow : public testing::Test {
 protected:
  IncludePlan Plan(const fs::path& file, std::vector<fs::path> includes = {},
                   std::vector<std::string> defines = {}) {
    SourceFile source;
    source.path = file;
    source.includes = std::move(includes);
    source.defines = std::move(defines);
    WindowsPaths paths;
    return IncludePlanner(paths, diagnostics_)
        .Plan(source, folder_.path(), {{folder_.path() / "sdk"}, {}});
  }

  TemporaryFolder folder_;
  Diagnostics diagnostics_{false, nullptr};
};

TEST(IncludeScan, StringsThatGoOnBehindWindowsLineEndsHoldNoComments) {
  const IncludeScan scan = ScanIncludes("char *a = \"x\\\r\n/*\";\r\n#include \"a.h\"\r\n");
  ASSERT_EQ(scan.includes.size(), 1u);
  EXPECT_EQ(scan.includes[0].line, 3);
}

TEST_F(Shadow, AHeaderThatTheProjectsToolsMakeComesBeforeTheKitsOfThatName) {
  folder_.Write("sdk/wmidata.h", "");
  const auto made = folder_.Write("out/wmidata.h", "");
  SourceFile source;
  source.path = folder_.Write("a.c", "#include \"WmiData.h\"\n");
  WindowsPaths paths;
  IncludePlanner planner(paths, diagnostics_);
  planner.AddGenerated("wmidata.h", made);
  EXPECT_EQ(planner.Plan(source, folder_.path(), {{folder_.path() / "sdk"}, {}}).quoted.at("WmiData.h"), made);
}

TEST_F(Shadow, NamesThatTheCompilerFindsItselfNeedNoHelp) {
  folder_.Write("inc/b.h", "#include \"c.h\"\n");
  folder_.Write("inc/c.h", "");
  const auto source = folder_.Write("a.c", "#include \"inc/b.h\"\n#include <c.h>\n");
  const IncludePlan plan = Plan(source, {folder_.path() / "inc"});
  EXPECT_THAT(plan.quoted, IsEmpty());
  EXPECT_THAT(plan.angled, IsEmpty());
  EXPECT_THAT(plan.missing, IsEmpty());
  EXPECT_EQ(plan.reached.size(), 3u);
}

TEST_F(Shadow, OddSpellingsLeadToTheRightFiles) {
  const auto b = folder_.Write("Inc/B.h", "#include \"c.H\"\n");
  const auto c = folder_.Write("Inc/c.h", "");
  const auto wdf = folder_.Write("sdk/ntddk.h", "");
  const auto source = folder_.Write(
      "drv/a.c", "#include \"..\\inc\\b.h\"\n#include <NTDDK.H>\n#include <sub\\none.h>\n");
  const IncludePlan plan = Plan(source);
  EXPECT_THAT(plan.quoted, ElementsAre(std::pair("../inc/b.h", b), std::pair("..\\inc\\b.h", b),
                                       std::pair("c.H", c)));
  EXPECT_THAT(plan.angled, ElementsAre(std::pair("NTDDK.H", wdf)));
  ASSERT_EQ(plan.missing.size(), 1u);
  EXPECT_EQ(plan.missing[0].name, "sub\\none.h");
  EXPECT_EQ(plan.missing[0].line, 3);
}

TEST_F(Shadow, AnOddlySpelledNeighbourWinsOverAnExactNameFurtherOn) {
  const auto near = folder_.Write("drv/Trace.h", "");
  folder_.Write("inc/trace.h", "");
  const auto source = folder_.Write("drv/a.c", "#include \"trace.h\"\n");
  EXPECT_EQ(Plan(source, {folder_.path() / "inc"}).quoted.at("trace.h"), near);
}

TEST_F(Shadow, QuotedNamesAreSoughtInTheFoldersOfAllIncluders) {
  const auto beside = folder_.Write("drv/beside.h", "");
  folder_.Write("inc/outer.h", "#include \"inner.h\"\n");
  folder_.Write("inc/inner.h", "#include \"beside.h\"\n");
  const auto source = folder_.Write("drv/a.c", "#include \"../inc/outer.h\"\n");
  EXPECT_EQ(Plan(source).quoted.at("beside.h"), beside);
}

TEST_F(Shadow, IncludeMacrosAreFollowedThroughDefinesAndTheCommandLine) {
  const auto one = folder_.Write("One.h", "#define SECOND <TWO.h>\n");
  const auto two = folder_.Write("inc/two.h", "");
  const auto source =
      folder_.Write("a.c", "#include FIRST\n#define ALIAS SECOND\n#include ALIAS\n");
  const IncludePlan plan = Plan(source, {folder_.path() / "inc"}, {"FIRST=\"one.h\""});
  EXPECT_EQ(plan.quoted.at("one.h"), one);
  EXPECT_EQ(plan.angled.at("TWO.h"), two);
}

TEST_F(Shadow, ThePrecompiledHeaderIsTheOneOfTheSourceThatCreatesIt) {
  const auto header = folder_.Write("hw/Precomp.h", "");
  folder_.Write("hw/precomp.c", "#include \"precomp.h\"\n");
  folder_.Write("common.c", "#include \"PRECOMP.H\"\n");
  const auto project = folder_.Write(
      "hw/hw.vcxproj",
      "<Project><PropertyGroup><DriverType>WDM</DriverType></"
      "PropertyGroup><ItemDefinitionGroup><ClCompile>"
      "<PreCompiledHeaderFile>precomp.h</PreCompiledHeaderFile><PrecompiledHeader>Use</"
      "PrecompiledHeader>"
      "</ClCompile></ItemDefinitionGroup><ItemGroup><ClCompile Include='..\\common.c'/>"
      "<ClCompile "
      "Include='precomp.c'><PrecompiledHeader>Create</PrecompiledHeader></ClCompile></ItemGroup></"
      "Project>");
  WindowsPaths paths;
  const DriverProject driver = LoadDriverProject(project, {}, paths, diagnostics_);
  ASSERT_EQ(driver.sources.size(), 2u);
  const IncludePlan plan =
      IncludePlanner(paths, diagnostics_).Plan(driver.sources[0], driver.folder, {});
  EXPECT_EQ(plan.quoted.at("PRECOMP.H"), header);
  EXPECT_THAT(plan.missing, IsEmpty());
}

TEST_F(Shadow, TraceHeadersAreToBeGeneratedUnlessTheyExist) {
  folder_.Write("real.tmh", "");
  const auto source = folder_.Write("a.c", "#include \"A.TMH\"\n#include \"real.tmh\"\n");
  const IncludePlan plan = Plan(source);
  EXPECT_THAT(plan.trace_headers, ElementsAre("A.TMH"));
  EXPECT_THAT(plan.missing, IsEmpty());
}

TEST_F(Shadow, OneNameForTwoFilesInOneSourceIsTold) {
  folder_.Write("x/Same.h", "");
  folder_.Write("y/Same.h", "");
  folder_.Write("x/x.h", "#include \"SAME.h\"\n");
  folder_.Write("y/y.h", "#include \"SAME.h\"\n");
  const auto source = folder_.Write("a.c", "#include \"x/x.h\"\n#include \"y/y.h\"\n");
  Plan(source);
  EXPECT_THAT(diagnostics_.warnings(), ElementsAre(HasSubstr("'SAME.h' means")));
}

// The proof is the compiler's: every name is found where the plan says.
TEST_F(Shadow, BothCompilersFindTheNamesInTheShadowFolder) {
  folder_.Write("Inc/A.h", "int a;\n");
  folder_.Write("Inc/Sub/B.h", "int b;\n");
  folder_.Write("drv/C.h", "int c;\n");
  folder_.Write("Up.h", "int up;\n");
  const auto source = folder_.Write("drv/deep/a.c",
                                    "#include \"..\\..\\inc\\a.h\"\n"
                                    "#include \"../../inc/sub/b.h\"\n"
                                    "#include \"../../INC\\Sub/../Sub\\b.H\"\n"
                                    "#include \"../c.h\"\n"
                                    "#include \"..\\../UP.h\"\n"
                                    "int* all[] = { &a, &b, &c, &up };\n");
  const IncludePlan plan = Plan(source);
  ASSERT_EQ(plan.quoted.size(), 8u) << "three of five names have backslashes: they count twice";
  const fs::path shadow = WriteShadowFolder(folder_.path() / "out/shadow", plan.quoted);
  for (const char* compiler : {"clang", "gcc"}) {
    if (!FindProgram(compiler)) continue;
    const ProcessResult result = RunProcess({compiler, "-fms-extensions", "-fsyntax-only",
                                             "-iquote", shadow.string(), source.string()});
    EXPECT_EQ(result.exit_code, 0) << compiler << ": " << result.output;
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
    if (entry.is_regular_file() && entry.path().string().find("/out/") != std::string::npos) {
      EXPECT_THAT(entry.path().string(), HasSubstr("/out/shadow/"))
          << "written outside of the shadow folder";
    }
  }
}

TEST_F(Shadow, HeadersOfAnEarlierRunAreRemoved) {
  const fs::path root = folder_.path() / "shadow";
  WriteShadowFolder(root, {{"Old.h", "/x/old.h"}});
  WriteShadowFolder(root, {{"New.h", "/x/new.h"}});
  EXPECT_FALSE(fs::exists(root / "Old.h"));
  EXPECT_EQ(ReadTextFile(root / "New.h"), "#include \"/x/new.h\"\n");
}

}  // namespace
}  // namespace drydock::tools
