// Steps of projects: what they make, where it goes, what is not run.
#include "tools/build/custom_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tools/build/driver_project.h"
#include "tools/build/test_support.h"
#include "tools/build/text_file.h"

namespace drydock::tools {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class CustomSteps : public testing::Test {
 protected:
  CustomSteps() {
    folder_.Write("p/Gen.py",
                  "import sys\nopen(sys.argv[2], 'w').write('#define COUNT %d\\n' % len(open(sys.argv[1]).readlines()))\n"
                  "open('calls', 'a').write('x')\n");
    folder_.Write("p/models.csv", "a\nb\n");
    folder_.Write("p/main.c", "int main_of_it;\n");
  }
  DriverProject Load(const std::string& command, const std::string& outputs, const std::string& sources = "main.c", bool run = true) {
    const auto file = folder_.Write("p/p.vcxproj", "<Project><PropertyGroup><DriverType>KMDF</DriverType></PropertyGroup><ItemGroup>\n<CustomBuild Include='models.csv'><Command>" +
                                                       command + "</Command><AdditionalInputs>gen.py</AdditionalInputs><Outputs>" + outputs +
                                                       "</Outputs></CustomBuild><ClCompile Include='" + sources + "'/></ItemGroup></Project>");
    WindowsPaths paths;
    ProjectOptions options;
    if (run) options.made = folder_.path() / "made";
    return LoadDriverProject(file, options, paths, diagnostics_);
  }
  size_t Calls() { return fs::exists(folder_.path() / "p/calls") ? fs::file_size(folder_.path() / "p/calls") : 0; }

  test::TemporaryFolder folder_;
  Diagnostics diagnostics_{false, nullptr};
};

TEST_F(CustomSteps, CommandsAreLinesAndWhatAndJoins) {
  EXPECT_THAT(CommandsOf("@echo off\r\npython \"a b.py\" x\n\n cd x && py -3 y"),
              ElementsAre(ElementsAre("echo", "off"), ElementsAre("python", "a b.py", "x"), ElementsAre("cd", "x"), ElementsAre("py", "-3", "y")));
  EXPECT_EQ(ProgramOf("C:\\Python3\\Python.EXE"), "python");
}

TEST_F(CustomSteps, WhatAScriptMakesGoesIntoTheOutputFolderAndIsMadeAgainWhenItsInputChanges) {
  const std::string command = "if not exist &quot;$(IntDir)&quot; mkdir &quot;$(IntDir)&quot;\npython &quot;$(ProjectDir)gen.py&quot; &quot;%(FullPath)&quot; &quot;$(IntDir)models.h&quot;";
  const fs::path made = folder_.path() / "made/p/models.h";
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Load(command, "$(IntDir)models.h").made, ElementsAre(made));
    EXPECT_EQ(ReadTextFile(made), "#define COUNT 2\n");
    EXPECT_EQ(Calls(), 1u);
  }
  EXPECT_FALSE(fs::exists(folder_.path() / "p/x64"));
  folder_.Write("p/models.csv", "a\nb\nc\n");
  fs::last_write_time(folder_.path() / "p/models.csv", fs::last_write_time(made) + std::chrono::seconds(2));
  Load(command, "$(IntDir)models.h");
  EXPECT_EQ(ReadTextFile(made), "#define COUNT 3\n");
}

TEST_F(CustomSteps, AScriptMayWriteToItsOutputAndMakeSources) {
  folder_.Write("p/emit.py", "import sys\nprint('int made_of_%s;' % sys.argv[1])\nsys.stderr.write('told')\n");
  const DriverProject driver = Load("py -3.8 tools\\..\\emit.py it &gt; gen\\table.c", "gen\\table.c", "main.c;gen\\Table.c");
  ASSERT_EQ(driver.sources.size(), 2u);
  EXPECT_EQ(driver.sources[1].path, folder_.path() / "made/p/table.c");
  EXPECT_EQ(ReadTextFile(driver.sources[1].path), "int made_of_it;\n");
}

TEST_F(CustomSteps, NothingIsRunWhenAProjectIsOnlyLookedAt) {
  EXPECT_EQ(Load("python gen.py models.csv t.c", "t.c", "main.c;t.c", false).sources.size(), 1u);
  EXPECT_EQ(Calls(), 0u);
}

TEST_F(CustomSteps, AStepThatFailsOrMakesNothingIsAnErrorAtItsLine) {
  folder_.Write("p/fail.py", "raise SystemExit('no such model')\n");
  EXPECT_THAT(test::ErrorOf([&] { Load("python fail.py", "x.h"); }), testing::AllOf(HasSubstr("p.vcxproj:2: "), HasSubstr("the step of models.csv failed with 1: python fail.py"), HasSubstr("no such model")));
  EXPECT_THAT(test::ErrorOf([&] { Load("python gen.py models.csv other.h", "x.h"); }), HasSubstr("the step of models.csv did not make "));
}

TEST_F(CustomSteps, AProgramOfWindowsIsNotRun) {
  const DriverProject driver = Load("python gen.py models.csv x.h\n$(SolutionDir)bin\\packer.exe x.h", "x.h");
  EXPECT_EQ(Calls(), 0u);
  ASSERT_EQ(driver.tool_items.size(), 1u);
  EXPECT_EQ(driver.tool_items[0].include, "models.csv");
}

TEST_F(CustomSteps, TheMessageCompilersStepIsAMessageItem) {
  folder_.Write("p/models.csv", "MessageId=1\nSymbolicName=ONE\nLanguage=English\nOne.\n.\n");
  const DriverProject driver = Load("\"$(WindowsSdkDir)bin\\mc.exe\" -km -h \"$(IntDir).\" -z told models.csv", "$(IntDir)told.h");
  ASSERT_EQ(driver.tool_items.size(), 1u);
  EXPECT_EQ(driver.tool_items[0].header, "told.h");
  EXPECT_EQ(driver.tool_items[0].input, folder_.path() / "p/models.csv");
  EXPECT_TRUE(driver.tool_items[0].kernel_macros);
}

}  // namespace
}  // namespace drydock::tools
