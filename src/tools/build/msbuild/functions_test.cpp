// Conditions, property functions and item lists as projects of others use them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/msbuild/project.h"
#include "tools/build/test_support.h"

namespace drydock::tools::msbuild {
namespace {

using test::ErrorOf;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MsbuildProject : public testing::Test {
 protected:
  Project Load(std::string_view body, const char* configuration = "Debug") {
    const auto file = folder_.Write("p/test.vcxproj", fmt::format("<Project>\n{}\n</Project>\n", body));
    EvaluateOptions options;
    options.global = {{"Configuration", configuration}, {"Platform", "x64"}};
    options.use_environment = false;
    WindowsPaths paths;
    return Evaluate(file, options, paths, diagnostics_);
  }
  std::string Value(std::string_view expression) {
    return Load(fmt::format("<PropertyGroup><P>a\\b.c</P><V>10.0.22621.0</V><L>one;two;three</L><R>{}</R></PropertyGroup>", expression)).Property("R");
  }
  static std::string Names(const Project& project, std::string_view type) {
    std::string all;
    for (const Item* item : project.ItemsOf(type)) all += (all.empty() ? "" : " ") + item->include;
    return all;
  }

  TemporaryFolder folder_;
  Diagnostics diagnostics_{false, nullptr};
};

TEST_F(MsbuildProject, PropertyFunctions) {
  folder_.Write("Directory.Build.props", "<Project/>");
  folder_.Write("p/version.txt", "1.2.3");
  const std::string root = folder_.path().string();
  const std::pair<const char*, std::string> kCases[] = {
      {"$(P.Replace('\\', '/'))", "a/b.c"},
      {"$(P.Contains('b'))", "True"},
      {"$(P.ToUpperInvariant().Substring(2))", "B.C"},
      {"$(P.LastIndexOf('.'))", "3"},
      {"$(L.Split(';')[1])", "two"},
      {"$(V.Split('.')[2].Substring(0,2))", "22"},
      {"$(L.Split(';').Length)", "3"},
      {"$(P[0])", "a"},
      {"$(P.PadLeft(7, '0'))", "00a\\b.c"},
      {"$(P.Insert(1, 'x').Remove(0, 1))", "x\\b.c"},
      {"$([MSBuild]::GetDirectoryNameOfFileAbove($(MSBuildThisFileDirectory), Directory.Build.props))", root},
      {"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)../'))", root + "/Directory.Build.props"},
      {"$([System.IO.Path]::Combine($(MSBuildProjectDirectory), '..', 'x'))", root + "/p/../x"},
      {"$([System.IO.Path]::GetFullPath('..\\x'))", root + "/x"},
      {"$([MSBuild]::NormalizePath('$(MSBuildProjectDirectory)', '..\\y'))", root + "/y"},
      {"$([System.IO.Path]::GetFileNameWithoutExtension('$(P)'))", "b"},
      {"$([System.IO.Path]::ChangeExtension('x.c', '.obj'))", "x.obj"},
      {"$([System.IO.File]::ReadAllText('version.txt').Trim())", "1.2.3"},
      {"$([MSBuild]::Add(3, $([MSBuild]::Multiply(2, 4))))", "11"},
      {"$([MSBuild]::Divide(7, 2))", "3"},
      {"$([MSBuild]::BitwiseOr(1, 4))", "5"},
      {"$([MSBuild]::VersionGreaterThanOrEquals('$(V)', '10.0.19041'))", "True"},
      {"$([MSBuild]::VersionLessThan('$(V)', '10'))", "False"},
      {"$([MSBuild]::ValueOrDefault('$(Unset)', 'other'))", "other"},
      {"$([MSBuild]::IsOSPlatform('Windows'))", "True"},
      {"$([MSBuild]::GetRegistryValue('HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft', 'KitsRoot10'))", ""},
      {"$([System.Version]::Parse('$(V)').Build)", "22621"},
      {"$([System.String]::Format('{0}-{1}', 'a', 'b'))", "a-b"},
      {"$([System.String]::IsNullOrEmpty('$(Unset)'))", "True"},
      {"$([System.Text.RegularExpressions.Regex]::Replace('a1b22', '[0-9]+', '#'))", "a#b#"},
      {"$([System.Convert]::ToInt32('1F', 16))", "31"},
      {"$(Unset.Replace('a', 'b'))", ""},
      {"$([System.DateTime]::UtcNow.ToString('MM/dd/yyyy'))", "09/04/2001"},
      {"$([System.DateTime]::Now.ToString(\"yy.M.d\"))", "01.9.4"},
      {"$([System.DateTime]::Now.Year)", "2001"},
      {"1.$([MSBuild]::Multiply($([System.DateTime]::Today.Month), 100))", "1.900"},
  };
  setenv("SOURCE_DATE_EPOCH", "999561600", 1);
  for (const auto& [expression, expected] : kCases) EXPECT_EQ(Value(expression), expected) << expression;
  EXPECT_THAT(diagnostics_.warnings(), IsEmpty());
}

TEST_F(MsbuildProject, AnUnknownFunctionIsNamedWithItsPlace) {
  EXPECT_EQ(Value("$([System.Gadget]::Turn(1))"), "");
  EXPECT_THAT(diagnostics_.warnings(), ElementsAre(HasSubstr("p/test.vcxproj:2: $([System.Gadget]::Turn(1)): '[System.Gadget]::Turn' is not known to Drydock")));
}

TEST_F(MsbuildProject, AnEmptyValueIsNotComparedByOrder) {
  const Project project = Load("<PropertyGroup><R>no</R><R Condition=\"'$(Unset)' &lt; '$(Unset2)'\">yes</R><S Condition=\"!($(Unset) &gt; 3)\">yes</S></PropertyGroup>");
  EXPECT_EQ(project.Property("R"), "no");
  EXPECT_EQ(project.Property("S"), "yes");
  EXPECT_THAT(diagnostics_.warnings(), ElementsAre(HasSubstr("p/test.vcxproj:2: condition \"'$(Unset)' < '$(Unset2)'\" compares an empty value ('' < '')"),
                                                   HasSubstr("compares an empty value ('' > '3')")));
}

TEST_F(MsbuildProject, VersionsAreComparedPartByPart) {
  for (const char* yes : {"'10.0.22621.0' &gt; '10.0.9.0'", "'10.0' &lt;= '10.0.0'", "'1.33' == '1.33'", "$(Big) &gt;= 0x0A00", "'17.0' &gt;= '16'"})
    EXPECT_EQ(Load(fmt::format("<PropertyGroup><Big>2560</Big><R Condition=\"{}\">yes</R></PropertyGroup>", yes)).Property("R"), "yes") << yes;
}

TEST_F(MsbuildProject, ItemsAreIncludedExcludedRemovedAndUpdated) {
  for (const char* name : {"p/a.c", "p/b.c", "p/src/c.c", "p/src/deep/d.c", "p/src/deep/d_arm.c", "p/old/e.c"}) folder_.Write(name, "");
  const Project project = Load(
      "<PropertyGroup><Skip>old\\**;**\\*_arm.c</Skip></PropertyGroup><ItemGroup>"
      "<ClCompile Include='**\\*.c' Exclude='$(Skip)'><Own>1</Own></ClCompile>"
      "<ClCompile Remove='SRC\\c.c' Condition=\"'$(Configuration)'=='Debug'\"/>"
      "<ClCompile Update='src\\**\\*.c;a.c'><Own>2</Own><Folder>%(RecursiveDir)</Folder></ClCompile>"
      "<ClCompile Remove='@(Nothing)'/></ItemGroup>");
  EXPECT_EQ(Names(project, "ClCompile"), "a.c b.c src/deep/d.c");
  EXPECT_EQ(project.ItemsOf("ClCompile")[0]->Metadata("Own"), "2");
  EXPECT_EQ(project.ItemsOf("ClCompile")[1]->Metadata("Own"), "1");
  EXPECT_EQ(project.ItemsOf("ClCompile")[2]->Metadata("Folder"), "src/deep/");
}

TEST_F(MsbuildProject, ListsOfItemsCarryTheirMetadata) {
  const Project project = Load(
      "<ItemDefinitionGroup><Target><Kind>default</Kind><More>yes</More></Target></ItemDefinitionGroup>"
      "<ItemGroup><Source Include='x.c;y.c'><Kind>%(Filename)</Kind></Source><Source Include='x.c'/><Target Include='@(Source)' Exclude='y.c'><Extra>%(Kind)!</Extra></Target>"
      "<Made Include=\"@(Source->'$(IntDir)%(Filename).obj')\"/><One Include=\"@(Source->Distinct())\"/></ItemGroup>"
      "<PropertyGroup><Late>no</Late></PropertyGroup>"
      "<ItemGroup><Count Include=\"n@(Source->Count())\"/><Some Include=\"@(Source->WithMetadataValue('Kind', 'y'))\"/><Text Include=\"[@(Source, '|')]\"/></ItemGroup>");
  EXPECT_EQ(Names(project, "Target"), "x.c x.c");
  EXPECT_EQ(project.ItemsOf("Target")[0]->Metadata("Kind"), "x");
  EXPECT_EQ(project.ItemsOf("Target")[0]->Metadata("Extra"), "x!");
  EXPECT_EQ(project.ItemsOf("Target")[0]->Metadata("More"), "yes");
  EXPECT_EQ(project.ItemsOf("Target")[1]->Metadata("Kind"), "default");
  EXPECT_EQ(Names(project, "Made"), "x.obj y.obj x.obj");
  EXPECT_EQ(Names(project, "One"), "x.c y.c");
  EXPECT_EQ(Names(project, "Count"), "n3");
  EXPECT_EQ(Names(project, "Some"), "y.c");
  EXPECT_EQ(Names(project, "Text"), "[x.c|y.c|x.c]");
}

TEST_F(MsbuildProject, ImportsByWildcardAndPropertySheets) {
  folder_.Write("p/cfg/a.props", "<Project><PropertyGroup><Seen>$(Seen)a</Seen></PropertyGroup></Project>");
  folder_.Write("p/cfg/b.props", "<Project><PropertyGroup><Seen>$(Seen)b</Seen></PropertyGroup></Project>");
  folder_.Write("p/user.props", "<Project><PropertyGroup><User>$(MSBuildThisFileName)</User></PropertyGroup></Project>");
  const Project project = Load(
      "<Import Project='cfg\\*.props'/><Import Project='none\\*.props'/>"
      "<ImportGroup Label='PropertySheets' Condition=\"'$(Configuration)|$(Platform)'=='Debug|x64'\">"
      "<Import Project='$(UserRootDir)\\Microsoft.Cpp.$(Platform).user.props' Condition=\"exists('$(UserRootDir)\\Microsoft.Cpp.$(Platform).user.props')\" Label='L'/>"
      "<Import Project='USER.props'/></ImportGroup>"
      "<ImportGroup Label='PropertySheets' Condition=\"'$(Configuration)|$(Platform)'=='Release|x64'\"><Import Project='gone.props'/></ImportGroup>");
  EXPECT_EQ(project.Property("Seen"), "ab");
  EXPECT_EQ(project.Property("User"), "user");
}

TEST_F(MsbuildProject, ChooseIsNestedAndSetsItemsAndDefinitions) {
  const char* text =
      "<Choose><When Condition=\"'$(Configuration)'=='Release'\"><PropertyGroup><R>release</R></PropertyGroup></When><Otherwise>"
      "<Choose><When Condition='false'><PropertyGroup><R>never</R></PropertyGroup></When><Otherwise><PropertyGroup><R>debug</R></PropertyGroup>"
      "<ItemDefinitionGroup><X><M>def</M></X></ItemDefinitionGroup><ItemGroup><X Include='x'/></ItemGroup></Otherwise></Choose></Otherwise></Choose>";
  const Project debug = Load(text), release = Load(text, "Release");
  EXPECT_EQ(debug.Property("R"), "debug");
  ASSERT_EQ(debug.ItemsOf("X").size(), 1u);
  EXPECT_EQ(debug.ItemsOf("X")[0]->Metadata("M"), "def");
  EXPECT_EQ(release.Property("R"), "release");
}

}  // namespace
}  // namespace drydock::tools::msbuild
