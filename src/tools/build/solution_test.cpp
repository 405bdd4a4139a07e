// Solutions in both forms, and what building one, or a folder, comes to.
#include "tools/build/solution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/build.h"
#include "tools/build/elf_symbols.h"
#include "tools/build/test_support.h"
#include "tools/build/text_file.h"

namespace drydock::tools {
namespace {

namespace fs = std::filesystem;
using test::ErrorOf;
using test::FixtureSurroundings;
using test::TemporaryFolder;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kSolution =
    "\xEF\xBB\xBF\r\nMicrosoft Visual Studio Solution File, Format Version 12.00\r\n"
    "Project(\"{2150E333-8FDC-42A3-9474-1A3956D46DE8}\") = \"Drivers\", \"Drivers\", \"{F0}\"\r\n"
    "\tProjectSection(SolutionItems) = preProject\r\n\t\treadme.md = readme.md\r\n\tEndProjectSection\r\nEndProject\r\n"
    "Project(\"{8BC9CEB8-8B4A-11D0-8D11-00A0C91BC942}\") = \"upper\", \"Upper\\upper.vcxproj\", \"{AA}\"\r\n"
    "\tProjectSection(ProjectDependencies) = postProject\r\n\t\t{BB} = {BB}\r\n\tEndProjectSection\r\nEndProject\r\n"
    "Project(\"{8BC9CEB8-8B4A-11D0-8D11-00A0C91BC942}\") = \"Lower One\", \"lower\\lower.vcxproj\", \"{BB}\"\r\nEndProject\r\n"
    "Project(\"{8BC9CEB8-8B4A-11D0-8D11-00A0C91BC942}\") = \"app\", \"app\\app.vcxproj\", \"{CC}\"\r\nEndProject\r\n"
    "Project(\"{FAE04EC0-301F-11D3-BF4B-00C04F79EFBC}\") = \"ui\", \"ui\\ui.csproj\", \"{DD}\"\r\nEndProject\r\n"
    "Global\r\n\tGlobalSection(SolutionConfigurationPlatforms) = preSolution\r\n"
    "\t\tDebug|Win32 = Debug|Win32\r\n\t\tDebug|x64 = Debug|x64\r\n\t\tRelease|x64 = Release|x64\r\n\tEndGlobalSection\r\n"
    "\tGlobalSection(ProjectConfigurationPlatforms) = postSolution\r\n"
    "\t\t{AA}.Debug|x64.ActiveCfg = Checked|x64\r\n\t\t{AA}.Debug|x64.Build.0 = Checked|x64\r\n"
    "\t\t{BB}.Debug|x64.ActiveCfg = Debug|x64\r\n\t\t{BB}.Debug|x64.Build.0 = Debug|x64\r\n"
    "\t\t{BB}.Release|x64.ActiveCfg = Release|x64\r\n"
    "\tEndGlobalSection\r\n\tGlobalSection(NestedProjects) = preSolution\r\n\t\t{AA} = {F0}\r\n\tEndGlobalSection\r\nEndGlobal\r\n";

class Solutions : public testing::Test {
 protected:
  Solutions() : surroundings_(FixtureSurroundings(folder_)) { surroundings_.library.clear(); }

  static std::string Driver(const char* configurations, const char* properties = "<DriverType>KMDF</DriverType>") {
    return std::string("<Project><ItemGroup>") + configurations + "</ItemGroup><PropertyGroup>" + properties +
           "</PropertyGroup><ItemDefinitionGroup><ClCompile><PreprocessorDefinitions>IN=\"$(SolutionName)\";CONFIG=$(Configuration)"
           "</PreprocessorDefinitions></ClCompile></ItemDefinitionGroup><ItemGroup><ClCompile Include='a.c'/></ItemGroup></Project>";
  }
  void WriteSolution() {
    folder_.Write("s/My Drivers.sln", kSolution);
    folder_.Write("s/upper/a.c", kEntry);
    folder_.Write("s/upper/upper.vcxproj", Driver("<ProjectConfiguration Include='Checked|x64'/>"));
    folder_.Write("s/lower/a.c", kEntry);
    folder_.Write("s/lower/lower.vcxproj", Driver("<ProjectConfiguration Include='Debug|x64'/><ProjectConfiguration Include='Release|x64'/>"));
    folder_.Write("s/app/app.vcxproj", "<Project><PropertyGroup><ConfigurationType>Application</ConfigurationType></PropertyGroup></Project>");
  }
  BuildSummary Build(const fs::path& path, const std::vector<std::string>& only = {}, const char* configuration = "Debug") {
    BuildRequest request;
    request.project = path;
    request.out = folder_.path() / "out";
    request.only = only;
    request.configuration = configuration;
    request.jobs = 2;
    return BuildAll(request, surroundings_, diagnostics_);
  }

  static constexpr const char* kEntry = "#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) { return 0; }\n";
  TemporaryFolder folder_;
  Surroundings surroundings_;
  Diagnostics diagnostics_{false, nullptr};
  WindowsPaths paths_;
};

TEST_F(Solutions, TheTextFormIsRead) {
  WriteSolution();
  const Solution solution = ReadSolution(folder_.path() / "s/My Drivers.sln", paths_);
  EXPECT_THAT(solution.configurations, ElementsAre("Debug|Win32", "Debug|x64", "Release|x64"));
  EXPECT_THAT(solution.others, ElementsAre("ui/ui.csproj")) << "folders are no projects";
  ASSERT_EQ(solution.projects.size(), 3u);
  const SolutionProject& upper = solution.projects[0];
  EXPECT_EQ(upper.file, folder_.path() / "s/upper/upper.vcxproj") << "letter case as on the disk";
  EXPECT_THAT(upper.needs, ElementsAre("{bb}"));
  EXPECT_EQ(upper.choices.at("debug|X64").configuration, "Checked");
  EXPECT_FALSE(solution.projects[1].choices.at("Release|x64").build) << "it has no Build.0";
  EXPECT_EQ(ChooseSolutionConfiguration(solution, "debug"), "Debug|x64");
  EXPECT_EQ(ChooseSolutionConfiguration(solution, "Checked"), "");
  const auto order = InBuildOrder(solution);
  EXPECT_EQ(order[0]->name, "Lower One") << "what upper needs comes before it";
  EXPECT_EQ(order[1]->name, "upper");
}

TEST_F(Solutions, TheXmlFormIsRead) {
  const auto file = folder_.Write("x.slnx",
                                  "<Solution>\n<Configurations><BuildType Name='Debug'/><BuildType Name='Release'/><Platform Name='x64'/><Platform Name='ARM64'/>"
                                  "</Configurations>\n<Folder Name='/drivers/'>\n<Project Path='drv\\a.vcxproj'><BuildType Solution='Release|*' Project='Free'/>"
                                  "<Build Solution='*|ARM64' Project='false'/><BuildDependency Project='b/b.vcxproj'/></Project></Folder>"
                                  "<Project Path='b/b.vcxproj'/></Solution>");
  const Solution solution = ReadSolution(file, paths_);
  ASSERT_EQ(solution.projects.size(), 2u);
  const SolutionProject& a = solution.projects[0];
  EXPECT_EQ(a.line, 4);
  EXPECT_TRUE(a.file.empty()) << "it is not there";
  EXPECT_EQ(a.choices.at("Release|x64").configuration, "Free");
  EXPECT_EQ(a.choices.at("Debug|x64").configuration, "Debug");
  EXPECT_FALSE(a.choices.at("Debug|ARM64").build);
  EXPECT_EQ(InBuildOrder(solution)[0]->name, "b");
}

TEST_F(Solutions, EveryDriverIsBuiltWithTheSolutionsOwnConfigurations) {
  WriteSolution();
  const BuildSummary summary = Build(folder_.path() / "s");
  ASSERT_EQ(summary.drivers.size(), 2u);
  for (const auto& driver : summary.drivers) EXPECT_EQ(driver.error, "") << driver.name;
  EXPECT_EQ(summary.drivers[0].result.image, folder_.path() / "out/Lower One/lower.so");
  EXPECT_EQ(summary.drivers[1].result.image, folder_.path() / "out/upper/upper.so");
  EXPECT_THAT(ReadTextFile(folder_.path() / "out/upper/compile_commands.json"), AllOf(HasSubstr("-DIN=My Drivers"), HasSubstr("-DCONFIG=Checked")));
  EXPECT_THAT(summary.skipped, ElementsAre("ui/ui.csproj: not a C++ project", "app: the project builds an application, not a driver (drydock app builds those)"));
  const BuildSummary again = Build(folder_.path() / "s/My Drivers.sln");
  EXPECT_TRUE(again.drivers[0].result.up_to_date && again.drivers[1].result.up_to_date);
}

TEST_F(Solutions, OneProjectCanBeChosen) {
  WriteSolution();
  EXPECT_EQ(Build(folder_.path() / "s", {"lower"}).drivers.size(), 1u);
  EXPECT_THAT(ErrorOf([&] { Build(folder_.path() / "s", {"other"}); }), HasSubstr("My Drivers has no project 'other'; it has Lower One, upper, app"));
  EXPECT_THAT(ErrorOf([&] { Build(folder_.path() / "s", {"app"}); }), AllOf(HasSubstr("builds no driver"), HasSubstr("app: the project builds an application")));
}

TEST_F(Solutions, WhatIsWrongIsSaidAndTheOthersAreBuilt) {
  WriteSolution();
  fs::remove_all(folder_.path() / "s/upper");
  const BuildSummary summary = Build(folder_.path() / "s");
  ASSERT_EQ(summary.drivers.size(), 2u);
  EXPECT_THAT(summary.drivers[0].error, HasSubstr("My Drivers.sln:8: error: the project Upper/upper.vcxproj is not there"));
  EXPECT_EQ(summary.drivers[1].error, "");
  EXPECT_THAT(ErrorOf([&] { Build(folder_.path() / "s", {}, "Odd"); }), HasSubstr("the solution has no configuration 'Odd'; it has Debug|Win32, Debug|x64, Release|x64"));
  EXPECT_THAT(ErrorOf([&] { Build(folder_.Write("no.sln", "hello")); }), HasSubstr("no.sln:1: error: this is no Visual Studio solution"));
}

TEST_F(Solutions, AFolderStandsForWhatItHolds) {
  for (const char* name : {"two/a/a.vcxproj", "two/b/a.vcxproj"}) folder_.Write(name, Driver(""));
  for (const char* name : {"two/a/a.c", "two/b/a.c"}) folder_.Write(name, kEntry);
  BuildSummary summary = Build(folder_.path() / "two");
  ASSERT_EQ(summary.drivers.size(), 2u) << "no solution, no sources of its own: the projects below it";
  EXPECT_EQ(summary.drivers[0].name, "a-a");
  EXPECT_EQ(summary.drivers[1].result.image, folder_.path() / "out/b-a/a.so") << summary.drivers[1].error;
  folder_.Write("many/one.sln", kSolution);
  folder_.Write("many/two.sln", kSolution);
  EXPECT_THAT(ErrorOf([&] { Build(folder_.path() / "many"); }), HasSubstr("holds several solutions, name one: one.sln, two.sln"));
  fs::create_directories(folder_.path() / "empty");
  EXPECT_THAT(ErrorOf([&] { Build(folder_.path() / "empty"); }), HasSubstr("holds no solution, no project and no C or C++ sources"));
}

TEST_F(Solutions, ALibraryNamedToTheLinkerIsBuiltAndLinked) {
  folder_.Write("l/common/c.c", "int Common(void) { return 1; }\n");
  folder_.Write("l/common/my-common.vcxproj",
                "<Project><PropertyGroup><ConfigurationType>StaticLibrary</ConfigurationType><TargetName>Common</TargetName></PropertyGroup>"
                "<ItemGroup><ClCompile Include='c.c'/></ItemGroup></Project>");
  folder_.Write("l/drv/a.c", std::string(kEntry) + "int Common(void); int f(void) { return Common(); }\n");
  const auto project = folder_.Write("l/drv/drv.vcxproj",
                                     "<Project><PropertyGroup><DriverType>KMDF</DriverType></PropertyGroup><ItemDefinitionGroup><Link>"
                                     "<AdditionalDependencies>%(AdditionalDependencies);$(DDK_LIB_PATH)\\ntstrsafe.lib;.\\..\\common\\$(IntDir)\\common.lib"
                                     "</AdditionalDependencies></Link></ItemDefinitionGroup><ItemGroup><ClCompile Include='a.c'/></ItemGroup></Project>");
  const BuildSummary summary = Build(project);
  EXPECT_EQ(NeededSymbols(summary.drivers[0].result.image).count("Common"), 0u);
}

TEST_F(Solutions, AFileOfTheOlderBuildUtilityIsADriver) {
  folder_.Write("old/inc/shared.h", "#define SHARED 1\n");
  folder_.Write("old/lib/sources", "TARGETNAME=helper\nTARGETTYPE=DRIVER_LIBRARY\nSOURCES=help.c\n");
  folder_.Write("old/lib/help.c", "int Help(void) { return 1; }\n");
  folder_.Write("old/sys/main.c", "#include \"Shared.h\"\n#if defined(WITH) && VALUE == 2 && !defined(NEVER)\n" + std::string(kEntry) +
                                      "#endif\nint Help(void); int f(void) { return Help() + SHARED; }\n");
  folder_.Write("old/sys/more.cpp", "int more;\n");
  folder_.Write("old/sys/old.inx", "[Version]\n");
  folder_.Write("old/sys/sources",
                "# an old driver\nTARGETNAME=$(NAME_OF)\nTARGETNAME=older\nTARGETTYPE=DRIVER\nKMDF_VERSION_MAJOR=1\nINCLUDES=$(INCLUDES);..\\inc;\\\n\t$(DDK_INC_PATH)\n"
                "C_DEFINES=$(C_DEFINES) -DWITH\n!IF \"$(DDKBUILDENV)\" == \"chk\" && defined(AMD64)\nC_DEFINES=$(C_DEFINES) /DVALUE=2\n!ELSE\n"
                "C_DEFINES=$(C_DEFINES) -DNEVER\n!ENDIF\nTARGETLIBS=$(TARGETLIBS) $(DDK_LIB_PATH)\\ntstrsafe.lib \\\n    ..\\lib\\obj$(BUILD_ALT_DIR)\\*\\helper.lib\n"
                "SOURCES=main.c  \\\n        More.cpp \\  # the other\n        old.rc\n");
  const BuildSummary summary = Build(folder_.path() / "old/sys");
  const fs::path image = summary.drivers[0].result.image;
  EXPECT_EQ(image.filename(), "older.so");
  EXPECT_THAT(OfferedSymbols(image), Contains("FxDriverEntry"));
  EXPECT_EQ(NeededSymbols(image).count("Help"), 0u);
  EXPECT_TRUE(fs::exists(folder_.path() / "out/old.inf"));
  EXPECT_THAT(ReadTextFile(folder_.path() / "out/compile_commands.json"), HasSubstr("-DKMDF_VERSION_MINOR=9"));
  folder_.Write("old/bad/sources", "TARGETNAME=x\nTARGETTYPE=PROGRAM\n");
  EXPECT_THAT(ErrorOf([&] { Build(folder_.path() / "old/bad/sources"); }), HasSubstr("sources:2: error: the sources build no driver: TARGETTYPE is PROGRAM"));
  folder_.Write("old/bad/sources", "TARGETNAME=x\nTARGETTYPE=DRIVER\nSOURCES=\\\n gone.c\n");
  EXPECT_THAT(ErrorOf([&] { Build(folder_.path() / "old/bad"); }), HasSubstr("sources:3: error: SOURCES lists a file that is not there: gone.c"));
}

TEST_F(Solutions, AProjectThatWasNeverMadeForX64IsBuiltAndTheOtherProcessorsNamesLeftOut) {
  folder_.Write("arm/a.c", std::string(kEntry) + "#ifdef _ARM64_\n#error not here\n#endif\n");
  const auto project = folder_.Write("arm/a.vcxproj",
                                     "<Project><ItemGroup>\n<ProjectConfiguration Include='Win8 Debug|ARM64'/></ItemGroup><PropertyGroup><DriverType>KMDF</DriverType>"
                                     "</PropertyGroup><ItemGroup><ClCompile Include='a.c'><PreprocessorDefinitions>_ARM64_=1;MINE</PreprocessorDefinitions></ClCompile>"
                                     "</ItemGroup></Project>");
  BuildRequest request;
  request.project = project;
  request.out = folder_.path() / "out";
  EXPECT_THAT(ErrorOf([&] { BuildAll(request, surroundings_, diagnostics_); }), HasSubstr("a.vcxproj:2: error: the project has no configuration 'Debug' for ARM64; it has Win8 Debug"));
  request.nearest_configuration = true;
  EXPECT_EQ(BuildAll(request, surroundings_, diagnostics_).drivers.size(), 1u);
  EXPECT_THAT(diagnostics_.warnings(), AllOf(Contains(HasSubstr("it is built as for ARM64")), Contains(HasSubstr("'Win8 Debug' is taken"))));
}

TEST_F(Solutions, TheTreesOwnPropertiesAreFound) {
  folder_.Write("t/Directory.Build.props", "<Project><PropertyGroup><FromAbove>7</FromAbove></PropertyGroup></Project>");
  folder_.Write("t/Directory.Build.targets",
                "<Project><ItemGroup><ClCompile Update='a.c'><PreprocessorDefinitions>LAST=$(Own);%(PreprocessorDefinitions)</PreprocessorDefinitions></ClCompile></ItemGroup></Project>");
  folder_.Write("t/drv/a.c", kEntry);
  const auto project = folder_.Write("t/drv/a.vcxproj",
                                     "<Project><Import Project='..\\packages\\Microsoft.Windows.WDK.x64.10.0.26100.1\\build\\native\\Microsoft.Windows.WDK.x64.props'/>"
                                     "<Import Project='$(VCTargetsPath)\\Microsoft.Cpp.Default.props'/><PropertyGroup><DriverType>KMDF</DriverType><Own>$(FromAbove)1</Own>"
                                     "</PropertyGroup><ItemGroup><ClCompile Include='a.c'><PreprocessorDefinitions>FIRST</PreprocessorDefinitions></ClCompile></ItemGroup>"
                                     "<Import Project='$(VCTargetsPath)\\Microsoft.Cpp.targets'/></Project>");
  Build(project);
  EXPECT_THAT(ReadTextFile(folder_.path() / "out/compile_commands.json"), AllOf(HasSubstr("-DLAST=71"), HasSubstr("-DFIRST")));
}

}  // namespace
}  // namespace drydock::tools
