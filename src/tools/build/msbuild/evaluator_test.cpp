#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/msbuild/project.h"
#include "tools/build/test_support.h"

namespace drydock::tools::msbuild {
namespace {

using test::ErrorOf;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::StartsWith;

class Evaluator : public testing::Test {
 protected:
  Project Load(std::string_view body) {
    const auto file =
        folder_.Write("p/test.vcxproj", fmt::format("<Project>\n{}\n</Project>\n", body));
    EvaluateOptions options;
    options.global = {{"Configuration", "Debug"}, {"Platform", "x64"}};
    options.defaults = {{"IntDir", "x64\\Debug\\"}};
    options.use_environment = false;
    WindowsPaths paths;
    return Evaluate(file, options, paths, diagnostics_);
  }

  std::string Condition(std::string_view condition) {
    const Project project =
        Load(fmt::format("<PropertyGroup><A>one</A><N>10</N><R>no</R>"
                         "<R Condition=\"{}\">yes</R></PropertyGroup>",
                         condition));
    return project.Property("R");
  }

  TemporaryFolder folder_;
  Diagnostics diagnostics_{false, nullptr};
};

TEST_F(Evaluator, PropertiesAreSetInOrderAndNamesIgnoreCase) {
  const Project project =
      Load("<PropertyGroup><A>1</A><B>$(a);2</B><A>3</A><C>$(A)$(Unset)</C></PropertyGroup>");
  EXPECT_EQ(project.Property("b"), "1;2");
  EXPECT_EQ(project.Property("C"), "3");
}

TEST_F(Evaluator, GlobalPropertiesCannotBeChangedByTheProject) {
  const Project project = Load(
      "<PropertyGroup><Configuration>Release</Configuration><IntDir>other\\</IntDir></"
      "PropertyGroup>");
  EXPECT_EQ(project.Property("Configuration"), "Debug");
  EXPECT_EQ(project.Property("IntDir"), "other\\");
}

TEST_F(Evaluator, ConditionsFollowMSBuildsGrammar) {
  for (const char* yes : {"'$(Configuration)|$(Platform)'=='debug|X64'",
                          "'$(A)' != 'two'",
                          " '$(Unset)' == '' ",
                          "$(N) > 9",
                          "'$(N)' &lt;= '0x0A'",
                          "'$(A)'=='one' and '$(N)'=='10'",
                          "'1'=='2' or '$(A)'=='ONE'",
                          "!('$(A)'=='two')",
                          "! Exists('nothing.h')",
                          "Exists('test.vcxproj')",
                          "EXISTS('..\\P\\TEST.vcxproj')",
                          "HasTrailingSlash('a\\')",
                          "true",
                          "'on'",
                          "'true' == 'yes'",
                          "'1'=='2' and $(Unset) or true",
                          "('a'=='a' or 'a'=='b') and 'c'=='c'",
                          "'10.0.1' &gt; '10.0'",
                          "'$(A.Replace('o','0'))' == '0ne'",
                          "$(A)=='one'"}) {
    EXPECT_EQ(Condition(yes), "yes") << yes;
  }
  for (const char* no : {"'$(A)'=='two'", "'$(N)' &lt; 10", "Exists('')", "HasTrailingSlash('a')",
                         "false", "!true", "'a'=='a' and 'a'=='b'", "'a'=='b' and 'x' &lt; 'y'"}) {
    EXPECT_EQ(Condition(no), "no") << no;
  }
}

TEST_F(Evaluator, ConditionsThatDoNotParseAreErrorsWithFileAndLine) {
  for (const char* bad : {"'a'=", "'a'=='", "('a'=='a'", "Frob('x')", "'maybe'", "'a' &lt; 'b'",
                          "'a'=='a' 'b'", "and"}) {
    const std::string error = ErrorOf([&] { Condition(bad); });
    EXPECT_THAT(error, HasSubstr("p/test.vcxproj:2: error: condition")) << bad;
  }
}

TEST_F(Evaluator, ItemsTakeMetadataFromDefinitionsAndOwnLinesAddToIt) {
  folder_.Write("p/a.c", "");
  const Project project = Load(
      "<ItemGroup><ClCompile "
      "Include='a.c;$(Late)'><Defines>%(Defines);ITEM</Defines></ClCompile></ItemGroup>\n"
      "<ItemDefinitionGroup><ClCompile><Defines>%(Defines);FIRST</Defines><Warn>1</Warn></"
      "ClCompile></ItemDefinitionGroup>\n"
      "<ItemDefinitionGroup "
      "Condition=\"'$(Platform)'=='x64'\"><ClCompile><Defines>%(Defines);SECOND</Defines></"
      "ClCompile>"
      "</ItemDefinitionGroup>\n"
      "<ItemDefinitionGroup "
      "Condition=\"'$(Platform)'=='ARM64'\"><ClCompile><Defines>WRONG</Defines></ClCompile>"
      "</ItemDefinitionGroup>\n"
      "<PropertyGroup><Late>late.c</Late></PropertyGroup>");
  const auto items = project.ItemsOf("clcompile");
  ASSERT_EQ(items.size(), 2u) << "items see properties that are set after them";
  EXPECT_EQ(items[1]->include, "late.c");
  EXPECT_EQ(items[0]->Metadata("defines"), ";FIRST;SECOND;ITEM");
  EXPECT_EQ(items[0]->Metadata("Warn"), "1");
  EXPECT_EQ(items[0]->line, 2);
}

TEST_F(Evaluator, ItemMetadataMayDependOnTheItem) {
  const Project project = Load(
      "<ItemGroup><ClCompile Include='dir\\one.c;two.cpp'>\n"
      "<Obj>$(IntDir)%(Filename).obj</Obj><Cxx "
      "Condition=\"'%(Extension)'=='.cpp'\">yes</Cxx></ClCompile></ItemGroup>");
  const auto items = project.ItemsOf("ClCompile");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0]->Metadata("Obj"), "x64\\Debug\\one.obj");
  EXPECT_EQ(items[0]->Metadata("Cxx"), "");
  EXPECT_EQ(items[1]->Metadata("Cxx"), "yes");
}

TEST_F(Evaluator, WildcardsExcludesRemovesAndUpdates) {
  for (const char* name : {"p/a.c", "p/b.c", "p/c.c", "p/sub/d.c"}) folder_.Write(name, "");
  const Project project = Load(
      "<ItemGroup><ClCompile Include='**\\*.C' Exclude='B.c;gone.c'/><ClCompile Remove='c.*'/>"
      "<ClCompile Update='A.c'><Mark>1</Mark></ClCompile></ItemGroup>"
      "<ItemGroup><Copy Include=\"@(ClCompile)\"/><Flat Include=\"@(ClCompile->'%(Filename).o')\"/>"
      "<Again Exclude='@(Copy)' Include='*.c'/></ItemGroup>");
  const auto names = [&](std::string_view type) {
    std::string all;
    for (const Item* item : project.ItemsOf(type)) all += item->include + " ";
    return all;
  };
  EXPECT_EQ(names("ClCompile"), "a.c sub/d.c ");
  EXPECT_EQ(names("Copy"), "a.c sub/d.c ");
  EXPECT_EQ(names("Flat"), "a.o d.o ");
  EXPECT_EQ(names("Again"), "b.c c.c ");
  EXPECT_EQ(project.ItemsOf("ClCompile")[0]->Metadata("Mark"), "1");
}

TEST_F(Evaluator, ImportsWithinTheTreeAreReadAndTheToolsetsAreSkipped) {
  folder_.Write("Common/Base.props",
                "<Project><PropertyGroup><Here>$(MSBuildThisFileDirectory)</Here><A>base</A></"
                "PropertyGroup></Project>");
  const Project project = Load(
      "<PropertyGroup><A>own</A></PropertyGroup>"
      "<Import Project='$(VCTargetsPath)\\Microsoft.Cpp.props'/>"
      "<Import Project='..\\COMMON\\base.PROPS' Condition=\"exists('..\\common\\base.props')\"/>"
      "<ImportGroup Condition='false'><Import Project='absent.props'/></ImportGroup>");
  EXPECT_EQ(project.Property("A"), "base");
  EXPECT_EQ(project.Property("Here"), (folder_.path() / "Common").string() + "\\");
}

TEST_F(Evaluator, AnAbsentImportIsAnErrorAtItsLine) {
  EXPECT_THAT(
      ErrorOf([&] { Load("\n<Import Project='..\\absent.props'/>"); }),
      HasSubstr("p/test.vcxproj:3: error: the imported project ..\\absent.props does not exist"));
}

TEST_F(Evaluator, ImportsInACircleEnd) {
  folder_.Write("p/a.props", "<Project><Import Project='b.props'/></Project>");
  folder_.Write(
      "p/b.props",
      "<Project><Import Project='a.props'/><PropertyGroup><B>b</B></PropertyGroup></Project>");
  EXPECT_EQ(Load("<Import Project='a.props'/>").Property("B"), "b");
}

TEST_F(Evaluator, ChooseTakesTheFirstBranchThatHolds) {
  const Project project = Load(
      "<Choose><When "
      "Condition=\"'$(Platform)'=='ARM64'\"><PropertyGroup><R>arm</R></PropertyGroup></When>"
      "<When Condition=\"'$(Platform)'=='x64'\"><PropertyGroup><R>x64</R></PropertyGroup>"
      "<ItemGroup><X Include='x'/></ItemGroup></When>"
      "<Otherwise><PropertyGroup><R>other</R></PropertyGroup></Otherwise></Choose>");
  EXPECT_EQ(project.Property("R"), "x64");
  EXPECT_EQ(project.ItemsOf("X").size(), 1u);
}

TEST_F(Evaluator, PropertyFunctionsThatProjectsUse) {
  folder_.Write("Directory.Build.props", "<Project/>");
  const Project project = Load(
      "<PropertyGroup><V>10.0.22621.0</V>"
      "<A>$(V.Substring(0, 4).Replace('.', "
      "'_'))</A><B>$(V.Frobnicate())</B><C>$([System.IO.Path]::Combine('a', 'b\\c'))</C>"
      "<D>$([MSBuild]::GetDirectoryNameOfFileAbove($(MSBuildProjectDirectory), "
      "'directory.build.PROPS'))</D>"
      "<E>$(V.ToUpper().EndsWith('0'))</E><F>$(Registry:HKEY_LOCAL_MACHINE\\x@y)</F></"
      "PropertyGroup>");
  EXPECT_EQ(project.Property("A"), "10_0");
  EXPECT_EQ(project.Property("B"), "");
  EXPECT_THAT(diagnostics_.warnings(), testing::ElementsAre(HasSubstr("'Frobnicate' is not known")));
  EXPECT_EQ(project.Property("C"), "a/b/c");
  EXPECT_EQ(project.Property("D"), folder_.path().string());
  EXPECT_EQ(project.Property("E"), "True");
  EXPECT_EQ(project.Property("F"), "");
}

TEST_F(Evaluator, BadXmlAndOtherFilesAreErrorsWithALine) {
  EXPECT_THAT(ErrorOf([&] { Load("<PropertyGroup>\n<A>1</B>\n</PropertyGroup>"); }),
              testing::AllOf(HasSubstr("p/test.vcxproj:3: error: this is no well-formed XML")));
  const auto other = folder_.Write("p/other.vcxproj", "\n<html/>");
  WindowsPaths paths;
  EXPECT_THAT(
      ErrorOf([&] { Evaluate(other, {}, paths, diagnostics_); }),
      HasSubstr("other.vcxproj:2: error: an MSBuild project starts with <Project>, not <html>"));
  EXPECT_THAT(
      ErrorOf([&] { Evaluate(folder_.path() / "absent.vcxproj", {}, paths, diagnostics_); }),
      StartsWith("error: cannot read"));
}

TEST_F(Evaluator, Utf16ProjectsAreRead) {
  std::string text = "\xFF\xFE";
  for (const char c :
       std::string("<Project><PropertyGroup><A>wide</A></PropertyGroup></Project>")) {
    text += c;
    text += '\0';
  }
  const auto file = folder_.Write("p/wide.vcxproj", text);
  WindowsPaths paths;
  EXPECT_EQ(Evaluate(file, {}, paths, diagnostics_).Property("A"), "wide");
}

TEST(Unescape, PercentCodesBecomeLetters) {
  EXPECT_EQ(Unescape("a%3Bb%20c%"), "a;b c%");
  EXPECT_EQ(Unescape("100%zz"), "100%zz");
}

}  // namespace
}  // namespace drydock::tools::msbuild
