// What projects of others say of their drivers, and what the builder makes of it.
#include "tools/build/driver_project.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/test_support.h"

namespace drydock::tools {
namespace {

using test::ErrorOf;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

class ForeignProjects : public testing::Test {
 protected:
  DriverProject Load(const std::filesystem::path& path) {
    WindowsPaths paths;
    return LoadDriverProject(path, ProjectOptions(), paths, diagnostics_);
  }
  TemporaryFolder folder_;
  Diagnostics diagnostics_{false, nullptr};
};

TEST_F(ForeignProjects, KindsAreToldByWhatProjectsSay) {
  const auto kind = [&](std::string_view properties) {
    folder_.Write("x.c", "");
    const DriverProject driver = Load(folder_.Write("k.vcxproj", fmt::format("<Project><PropertyGroup>{}</PropertyGroup><ItemGroup><ClCompile Include='x.c'/>"
                                                                             "</ItemGroup></Project>", properties)));
    return fmt::format("{} {}.{}", KindName(driver.kind), driver.version_major, driver.version_minor);
  };
  const std::string kernel = "<PlatformToolset>WindowsKernelModeDriver10.0</PlatformToolset><ConfigurationType>Driver</ConfigurationType>";
  const std::string user = "<PlatformToolset>WindowsUserModeDriver10.0</PlatformToolset><ConfigurationType>DynamicLibrary</ConfigurationType>";
  EXPECT_EQ(kind(kernel + "<DriverType>KMDF</DriverType>"), "KMDF 1.33");
  EXPECT_EQ(kind(kernel + "<DriverType>WDM</DriverType>"), "WDM 0.0");
  EXPECT_EQ(kind(kernel), "WDM 0.0");
  EXPECT_EQ(kind(kernel + "<KMDF_VERSION_MAJOR>1</KMDF_VERSION_MAJOR><KMDF_VERSION_MINOR>11</KMDF_VERSION_MINOR>"), "KMDF 1.11");
  EXPECT_EQ(kind(user + "<DriverType>UMDF</DriverType>"), "UMDF 2.33");
  EXPECT_EQ(kind(user + "<UMDF_VERSION_MAJOR>2</UMDF_VERSION_MAJOR><UMDF_VERSION_MINOR>15</UMDF_VERSION_MINOR>"), "UMDF 2.15");
  EXPECT_THAT(diagnostics_.warnings(), testing::IsEmpty());
}

TEST_F(ForeignProjects, AFrameworkNewerThanOursIsTheNewestWithAWarning) {
  folder_.Write("x.c", "");
  for (const auto& [framework, asked, got] : {std::tuple("KMDF", "1.35", 33), std::tuple("UMDF", "2.35", 33)}) {
    const std::string_view version = asked;
    const DriverProject driver = Load(folder_.Write(
        "n.vcxproj", fmt::format("<Project><PropertyGroup><DriverType>{0}</DriverType><{0}_VERSION_MAJOR>{1}</{0}_VERSION_MAJOR>\n"
                                 "<{0}_VERSION_MINOR>{2}</{0}_VERSION_MINOR></PropertyGroup><ItemGroup><ClCompile Include='x.c'/></ItemGroup></Project>",
                                 framework, version.substr(0, 1), version.substr(2))));
    EXPECT_EQ(driver.version_minor, got);
    EXPECT_THAT(diagnostics_.warnings().back(), HasSubstr(fmt::format("n.vcxproj:2: {} {} is asked for; the driver is built for {}.33, the newest", framework,
                                                                      asked, version.substr(0, 1))));
  }
}

TEST_F(ForeignProjects, TraceSettingsInAllTheirPlaces) {
  for (const char* name : {"x.c", "trace.h", "own.ini", "other.ini", "third.ini"}) folder_.Write(name, "");
  const DriverProject driver = Load(folder_.Write(
      "w.vcxproj",
      "<Project><PropertyGroup><DriverType>WDM</DriverType></PropertyGroup><ItemDefinitionGroup><ClCompile><WppEnabled>true</WppEnabled>"
      "<WppRecorderEnabled>true</WppRecorderEnabled><WppKernelMode>true</WppKernelMode><WppDllMacro>true</WppDllMacro>"
      "<WppPreserveExtensions>c;cpp</WppPreserveExtensions><WppOutputDirectory>gen</WppOutputDirectory><WppSearchString>WPP_INIT_TRACING</WppSearchString>"
      "<WppScanConfigurationData Condition=\"'%(ClCompile.WppScanConfigurationData)'==''\">trace.h</WppScanConfigurationData>"
      "<WppAdditionalConfigurationFile>own.ini</WppAdditionalConfigurationFile>"
      "<WppTraceFunction>Say(LEVEL,FLAGS,MSG,...)</WppTraceFunction>"
      "<WppAdditionalOptions>-ini:other.ini -func:Tell(MSG,...) -defwpp:third.ini -km -dll %(WppAdditionalOptions)</WppAdditionalOptions>"
      "</ClCompile></ItemDefinitionGroup><ItemGroup><ClCompile Include='x.c'/></ItemGroup></Project>"));
  const WppSettings& wpp = driver.sources.at(0).wpp;
  EXPECT_TRUE(wpp.enabled);
  EXPECT_THAT(wpp.scan, ElementsAre(folder_.path() / "trace.h"));
  EXPECT_THAT(wpp.ini, ElementsAre(folder_.path() / "own.ini", folder_.path() / "other.ini", folder_.path() / "third.ini"));
  EXPECT_THAT(wpp.functions, ElementsAre("Say(LEVEL,FLAGS,MSG,...)", "Tell(MSG,...)"));
  EXPECT_THAT(diagnostics_.warnings(), testing::IsEmpty());
}

TEST_F(ForeignProjects, SettingsOfSingleSources) {
  for (const char* name : {"a.c", "b.c", "pch.c", "pch.h", "first.h", "second.h"}) folder_.Write(name, "");
  const DriverProject driver = Load(folder_.Write(
      "s.vcxproj",
      "<Project><PropertyGroup><DriverType>WDM</DriverType></PropertyGroup><ItemDefinitionGroup><ClCompile>"
      "<PrecompiledHeader>Use</PrecompiledHeader><PrecompiledHeaderFile>pch.h</PrecompiledHeaderFile><ForcedIncludeFiles>first.h</ForcedIncludeFiles>"
      "<PreprocessorDefinitions>ALL;%(PreprocessorDefinitions)</PreprocessorDefinitions></ClCompile></ItemDefinitionGroup>"
      "<ItemGroup><ClCompile Include='a.c'><ForcedIncludeFiles>%(ForcedIncludeFiles);second.h</ForcedIncludeFiles>"
      "<AdditionalOptions>/DOWN=2 /FI second.h /Gw %(AdditionalOptions)</AdditionalOptions>"
      "<PreprocessorDefinitions Condition=\"'$(Configuration)'=='Debug'\">DEBUG_ONLY;%(PreprocessorDefinitions)</PreprocessorDefinitions></ClCompile>"
      "<ClCompile Include='b.c'><PrecompiledHeader>NotUsing</PrecompiledHeader><ExcludedFromBuild Condition=\"'$(Configuration)'=='Release'\">true"
      "</ExcludedFromBuild></ClCompile>"
      "<ClCompile Include='pch.c'><PrecompiledHeader>Create</PrecompiledHeader></ClCompile></ItemGroup></Project>"));
  ASSERT_EQ(driver.sources.size(), 3u);
  EXPECT_THAT(driver.sources[0].forced_includes, ElementsAre("first.h", "second.h", "second.h"));
  EXPECT_THAT(driver.sources[0].defines, ElementsAre("DEBUG_ONLY", "ALL", "OWN=2"));
  EXPECT_EQ(driver.sources[0].precompiled, folder_.path() / "pch.h");
  EXPECT_EQ(driver.sources[1].precompiled_name, "");
  EXPECT_TRUE(driver.sources[2].creates_precompiled);
}

TEST_F(ForeignProjects, PackagesOfTheKitThatWereNeverFetchedAreNoError) {
  folder_.Write("x.c", "");
  folder_.Write("packages.config", "<packages><package id=\"Microsoft.Windows.WDK.x64\" version=\"10.0.26100.1\"/></packages>");
  folder_.Write("vcpkg.json", "{\"dependencies\": [\"wil\"]}");
  const DriverProject driver = Load(folder_.Write(
      "p.vcxproj",
      "<Project><Import Project='..\\packages\\Microsoft.Windows.WDK.x64.10.0.26100.1\\build\\native\\Microsoft.Windows.WDK.x64.props'/>"
      "<PropertyGroup><DriverType>KMDF</DriverType><VcpkgEnableManifest>true</VcpkgEnableManifest></PropertyGroup>"
      "<ItemGroup><ClCompile Include='x.c'/><PackageReference Include='Microsoft.Windows.WDK.x64' Version='10.0.26100.1'/></ItemGroup>"
      "<ImportGroup Label='ExtensionTargets'><Import Project='$(SolutionDir)packages\\Microsoft.Windows.SDK.CPP.10.0\\build\\x.targets'/></ImportGroup>"
      "<Target Name='EnsureNuGetPackageBuildImports' BeforeTargets='PrepareForBuild'><Error Condition=\"!Exists('..\\packages')\" Text='missing'/></Target>"
      "</Project>"));
  EXPECT_EQ(driver.kind, DriverKind::kKmdf);
  EXPECT_THAT(diagnostics_.warnings(), testing::IsEmpty());
}

TEST_F(ForeignProjects, AProjectForOtherProcessorsIsBuiltWithAWarning) {
  folder_.Write("x.c", "");
  for (const char* platform : {"ARM64", "Win32"}) {
    Load(folder_.Write("o.vcxproj", fmt::format("<Project>\n<ItemGroup><ProjectConfiguration Include='Debug|{}'/></ItemGroup><PropertyGroup>"
                                                "<DriverType>WDM</DriverType></PropertyGroup><ItemGroup><ClCompile Include='x.c'/></ItemGroup></Project>",
                                                platform)));
    EXPECT_THAT(diagnostics_.warnings().back(),
                HasSubstr(fmt::format("o.vcxproj:2: the project is not for x64, the platform that Drydock runs; it is built as for {}", platform)));
  }
}

TEST_F(ForeignProjects, VersionsOfWindowsAreComparedAsTheKitSetsThem) {
  folder_.Write("x.c", "");
  const auto defines = [&](std::string_view target) {
    return Load(folder_.Write(
                    "t.vcxproj",
                    fmt::format("<Project><PropertyGroup><DriverType>WDM</DriverType>{}</PropertyGroup><Import Project='$(VCTargetsPath)\\Microsoft.Cpp.props'/>"
                                "<ItemDefinitionGroup><ClCompile><PreprocessorDefinitions Condition=\"$(_NT_TARGET_VERSION)&lt;$(_NT_TARGET_VERSION_WIN8)\">OLD"
                                "</PreprocessorDefinitions><PreprocessorDefinitions Condition=\"!($(_NT_TARGET_VERSION)&lt;$(_NT_TARGET_VERSION_WIN8))\">NEW"
                                "</PreprocessorDefinitions></ClCompile></ItemDefinitionGroup><ItemGroup><ClCompile Include='x.c'/></ItemGroup></Project>",
                                target)))
        .sources.at(0)
        .defines;
  };
  EXPECT_THAT(defines(""), ElementsAre("NEW"));
  EXPECT_THAT(defines("<TargetVersion>Windows7</TargetVersion>"), ElementsAre("OLD"));
  EXPECT_THAT(diagnostics_.warnings(), testing::IsEmpty());
}

TEST_F(ForeignProjects, FoldersOfTheKitAreThoseOfTheSdk) {
  folder_.Write("x.c", "");
  folder_.Write("solution/some.sln", "");
  folder_.Write("solution/inc/own.h", "");
  folder_.Write("sdk/km/wdm.h", "");
  ProjectOptions options;
  options.sdk_roots = {folder_.path() / "sdk"};
  options.solution = folder_.path() / "solution/some.sln";
  WindowsPaths paths;
  const DriverProject driver = LoadDriverProject(
      folder_.Write("f.vcxproj",
                    "<Project><PropertyGroup><DriverType>WDM</DriverType></PropertyGroup><ItemDefinitionGroup><ClCompile><AdditionalIncludeDirectories>"
                    "$(KM_IncludePath);$(DDK_INC_PATH);$(SolutionDir)inc;$(WDKContentRoot)km</AdditionalIncludeDirectories></ClCompile><Link>"
                    "<AdditionalDependencies>$(DDK_LIB_PATH)\\wdmsec.lib;$(DDK_LIB_PATH)ntstrsafe.lib;%(AdditionalDependencies)</AdditionalDependencies></Link>"
                    "</ItemDefinitionGroup><ItemGroup><ClCompile Include='x.c'/></ItemGroup></Project>"),
      options, paths, diagnostics_);
  EXPECT_THAT(driver.sources.at(0).includes, ElementsAre(folder_.path() / "sdk/km", folder_.path() / "solution/inc"));
  EXPECT_THAT(driver.libraries, testing::IsEmpty());
}

TEST_F(ForeignProjects, FoldersOfTheIncludePathComeBehindThoseOfTheSources) {
  folder_.Write("x.c", "");
  for (const char* name : {"own/a.h", "inc/b.h", "extern/c.h"}) folder_.Write(name, "");
  const DriverProject driver = Load(folder_.Write(
      "i.vcxproj",
      "<Project><PropertyGroup><DriverType>WDM</DriverType><IncludePath>$(ProjectDir)inc;$(VC_IncludePath);$(WindowsSDK_IncludePath);$(IncludePath)</IncludePath>"
      "<ExternalIncludePath>extern;$(ExternalIncludePath)</ExternalIncludePath></PropertyGroup><ItemDefinitionGroup><ClCompile>"
      "<AdditionalIncludeDirectories>own;%(AdditionalIncludeDirectories)</AdditionalIncludeDirectories></ClCompile></ItemDefinitionGroup>"
      "<ItemGroup><ClCompile Include='x.c'/></ItemGroup></Project>"));
  EXPECT_THAT(driver.sources.at(0).includes, ElementsAre(folder_.path() / "own", folder_.path() / "extern", folder_.path() / "inc"));
}

TEST_F(ForeignProjects, AnExportDriverIsLinkedIntoTheDriversThatReferToIt) {
  for (const char* name : {"x.c", "y.c"}) folder_.Write(name, "");
  const auto exporter = folder_.Write("e.vcxproj",
                                      "<Project><PropertyGroup>\n<ConfigurationType>Driver</ConfigurationType><DriverType>ExportDriver</DriverType></PropertyGroup>"
                                      "<ItemGroup><ClCompile Include='x.c'/></ItemGroup></Project>");
  const DriverProject driver = Load(folder_.Write("d.vcxproj",
                                                  "<Project><PropertyGroup><DriverType>WDM</DriverType></PropertyGroup>"
                                                  "<ItemGroup><ClCompile Include='y.c'/><ProjectReference Include='e.vcxproj'/></ItemGroup></Project>"));
  ASSERT_EQ(driver.libraries.size(), 1u);
  EXPECT_EQ(driver.libraries[0].kind, DriverKind::kWdm);
  EXPECT_THAT(diagnostics_.warnings(), ElementsAre(HasSubstr("e.vcxproj:2: an export driver is linked into the drivers that refer to it")));
  EXPECT_THAT(ErrorOf([&] { Load(exporter); }), HasSubstr("builds an export driver; build a driver that refers to it"));
}

}  // namespace
}  // namespace drydock::tools
