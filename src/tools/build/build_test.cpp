// From a project to an image, with the fixtures' stand-in SDK: what is tested is the builder, not
// the headers.
#include "tools/build/build.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "tools/build/driver_project.h"
#include "tools/build/elf_symbols.h"
#include "tools/build/inf.h"
#include "tools/build/missing.h"
#include "tools/build/output_lock.h"
#include "tools/build/test_support.h"
#include "tools/build/text_file.h"

namespace drydock::tools {
namespace {

namespace fs = std::filesystem;
using test::ErrorOf;
using test::Fixture;
using test::FixtureSurroundings;
using test::TemporaryFolder;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class DriverBuild : public testing::Test {
 protected:
  DriverBuild() : surroundings_(FixtureSurroundings(folder_)) {
    // What libdrydock would offer.
    const auto source =
        folder_.Write("offered.c",
                      "void DbgPrint(void) {}\nvoid DrydockWppMessage(void) {}\n"
                      "void DrydockWppStart(void) {}\nvoid DrydockWppStop(void) {}\n");
    surroundings_.library = folder_.path() / "libdrydock.so";
    const ProcessResult result = RunProcess(
        {"clang", "-shared", "-fPIC", source.string(), "-o", surroundings_.library.string()});
    EXPECT_EQ(result.exit_code, 0) << result.output;
  }

  BuildResult Build(const fs::path& project) {
    BuildRequest request;
    request.project = project;
    request.out = folder_.path() / "out dir";
    request.configuration = configuration_;
    request.compiler = compiler_;
    request.jobs = 2;
    return BuildDriver(request, surroundings_, diagnostics_);
  }

  fs::path Project(std::string_view sources,
                   std::string_view properties = "<DriverType>KMDF</DriverType>") {
    return folder_.Write("drv/drv.vcxproj",
                         std::string("<Project>\n<PropertyGroup>") + std::string(properties) +
                             "</PropertyGroup>\n<ItemGroup><ClCompile Include='" +
                             std::string(sources) + "'/></ItemGroup></Project>");
  }

  TemporaryFolder folder_;
  Surroundings surroundings_;
  Diagnostics diagnostics_{false, nullptr};
  std::string configuration_ = "Debug";
  std::string compiler_ = "clang";
};

constexpr const char* kEntry =
    "#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) { return 0; }\n";

TEST_F(DriverBuild, AnOddlySpelledProjectWithTracesBecomesAnImage) {
  for (const char* compiler : {"clang", "gcc"}) {
    if (!FindProgram(compiler)) continue;
    SCOPED_TRACE(compiler);
    compiler_ = compiler;
    const BuildResult result = Build(Fixture("Oddball/driver/oddball.vcxproj"));
    EXPECT_EQ(result.image.filename(), "Oddball.so");
    const auto offered = OfferedSymbols(result.image);
    EXPECT_THAT(offered, AllOf(Contains("FxDriverEntry"), Contains("DrydockImageInfo"),
                               Not(Contains("UnitStatus")), Not(Contains("DriverEntry"))));
    EXPECT_THAT(
        NeededSymbols(result.image),
        AllOf(Contains("DrydockWppMessage"), Contains("DrydockWppStart"), Contains("DbgPrint")));
    ASSERT_EQ(result.infs.size(), 1u);
    EXPECT_THAT(ReadTextFile(result.infs[0]),
                AllOf(HasSubstr("NTamd64"), HasSubstr("KmdfLibraryVersion = 1.15")));
    const std::string commands = ReadTextFile(folder_.path() / "out dir/compile_commands.json");
    EXPECT_THAT(commands, AllOf(HasSubstr("/driver/main.c\""), HasSubstr("-DKMDF_VERSION_MINOR=15"),
                                HasSubstr("-DDBG=1"), HasSubstr("-DFROM_PROPS=42"),
                                Not(HasSubstr("never.c"))));
    EXPECT_THAT(diagnostics_.warnings(), ElementsAre(HasSubstr("'/wd4996' is no definition")));
  }
}

TEST_F(DriverBuild, TheImageDescribesItself) {
  folder_.Write("drv/a.c", kEntry);
  folder_.Write("drv/setup.inf", "[Version]\n");
  const auto project = folder_.Write("drv/drv.vcxproj",
                                     "<Project><PropertyGroup><DriverType>KMDF</"
                                     "DriverType><KMDF_VERSION_MINOR>9</KMDF_VERSION_MINOR>"
                                     "</PropertyGroup><ItemGroup><ClCompile Include='a.c'/><Inf "
                                     "Include='SETUP.inf'/></ItemGroup></Project>");
  surroundings_.library.clear();
  const BuildResult result = Build(project);
  void* image = dlopen(result.image.c_str(), RTLD_NOW);
  ASSERT_NE(image, nullptr) << dlerror();
  const auto* info = static_cast<const char*>(dlsym(image, "DrydockImageInfo"));
  ASSERT_NE(info, nullptr);
  EXPECT_THAT(info, AllOf(HasSubstr("\"name\":\"drv\""), HasSubstr("\"type\":\"KMDF\""),
                          HasSubstr("\"version\":\"1.9\""), HasSubstr("\"inf\":\"setup.inf\"")));
  auto* entry = reinterpret_cast<int (*)(void*, void*)>(dlsym(image, "FxDriverEntry"));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry(nullptr, nullptr), 0);
  dlclose(image);
}

TEST_F(DriverBuild, OnlyWhatChangedIsCompiledAgain) {
  folder_.Write("drv/a.c", kEntry);
  folder_.Write("drv/b.c", "#include \"SHARED.h\"\nint b = SHARED;\n");
  folder_.Write("drv/shared.h", "#define SHARED 1\n");
  const fs::path project = Project("a.c;b.c");
  EXPECT_FALSE(Build(project).up_to_date);
  EXPECT_TRUE(Build(project).up_to_date);
  const fs::path objects = folder_.path() / "out dir/obj";
  const auto a = fs::last_write_time(objects / "a.o"), b = fs::last_write_time(objects / "b.o");
  folder_.Write("drv/shared.h", "#define SHARED 2\n");
  EXPECT_FALSE(Build(project).up_to_date);
  EXPECT_EQ(fs::last_write_time(objects / "a.o"), a);
  EXPECT_NE(fs::last_write_time(objects / "b.o"), b);
}

TEST_F(DriverBuild, AnOlderFileInANewerOnesPlaceIsCompiledAgain) {
  folder_.Write("drv/a.c", kEntry);
  const fs::path header = folder_.Write("drv/a.h", "int one;\n");
  const fs::path source = folder_.Write("drv/b.c", "#include \"a.h\"\n");
  const fs::path project = Project("a.c;b.c");
  EXPECT_FALSE(Build(project).up_to_date);
  const auto old = fs::last_write_time(source) - std::chrono::hours(24 * 365);
  folder_.Write("drv/b.c", "#include \"a.h\"\nint two;\n");
  fs::last_write_time(source, old);
  EXPECT_FALSE(Build(project).up_to_date);
  EXPECT_EQ(DefinedInObject(folder_.path() / "out dir/obj/b.o").count("two"), 1u);
  folder_.Write("drv/a.h", "int three;\n");
  fs::last_write_time(header, old);
  EXPECT_FALSE(Build(project).up_to_date);
  EXPECT_EQ(DefinedInObject(folder_.path() / "out dir/obj/b.o").count("three"), 1u);
  EXPECT_TRUE(Build(project).up_to_date);
}

TEST_F(DriverBuild, OneBuildAtATimeIsInAFolder) {
  const fs::path out = folder_.path() / "new" / "out";
  const auto taken = [&] {
    const int fd = open((out / ".lock").c_str(), O_RDWR | O_CLOEXEC);
    const bool free = flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return !free;
  };
  {
    const OutputLock lock(out, diagnostics_);
    EXPECT_TRUE(taken());
  }
  EXPECT_FALSE(taken());
  const fs::path file = folder_.Write("file", "");
  EXPECT_THAT(ErrorOf([&] { OutputLock(file / "out", diagnostics_); }), HasSubstr("cannot be made"));
}

TEST_F(DriverBuild, OddNamesOfFoldersAndSourcesAreTaken) {
  const std::string folder = "drv a'b\"c $x ;%20 #\xC3\xBC (1) & {2} [3] ~!@^=+,/";
  folder_.Write(folder + "inc $y/sh ared#.h", "#define SHARED 1\n");
  folder_.Write(folder + "a b'$(HOME)#%.c", std::string("#include \"sh ared#.h\"\n") + kEntry);
  const fs::path project =
      folder_.Write(folder + "d r v.vcxproj",
                    "<Project><PropertyGroup><DriverType>KMDF</DriverType><TargetName>d $ 'v;#</TargetName></PropertyGroup><ItemDefinitionGroup><ClCompile>"
                    "<AdditionalIncludeDirectories>inc %24y</AdditionalIncludeDirectories></ClCompile></ItemDefinitionGroup>"
                    "<ItemGroup><ClCompile Include='a b&apos;%24(HOME)#%25.c'/></ItemGroup></Project>");
  EXPECT_FALSE(Build(project).up_to_date);
  EXPECT_TRUE(Build(project).up_to_date);
  folder_.Write(folder + "inc $y/sh ared#.h", "#define SHARED 2\n");
  EXPECT_FALSE(Build(project).up_to_date);
  folder_.Write("line\nend/drv.vcxproj", "<Project><PropertyGroup><DriverType>KMDF</DriverType></PropertyGroup><ItemGroup><ClCompile Include='a.c'/></ItemGroup></Project>");
  folder_.Write("line\nend/a.c", kEntry);
  EXPECT_THAT(ErrorOf([&] { Build(folder_.path() / "line\nend/drv.vcxproj"); }), HasSubstr("line ends"));
}

TEST_F(DriverBuild, LongIsNarrowedInCopiesThatNameTheirOriginals) {
  const fs::path source = folder_.Write("drv/sys/a.c",
                                        "#include \"..\\INC\\Common.h\"\n#include <shared.h>\n#include <ntddk.h>\n"
                                            "_Static_assert(sizeof(unsigned long) == 4, \"\");\n_Static_assert(sizeof(FLAG) == 4, \"\");\n"
                                            "_Static_assert(sizeof(COUNT) == 4, \"\");\n"
                                            "NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) {\n"
                                            "  *(const char**)(void*)d = __FILE__;\n  return __LINE__;\n}\n");
  folder_.Write("drv/inc/common.h", "#pragma once\n#include \"flags.h\"\n");
  folder_.Write("drv/inc/flags.h", "#define FLAG 0x8L\n");
  folder_.Write("drv/shared/shared.h", "#pragma once\n#include \"../inc/common.h\"\ntypedef unsigned long COUNT;\n");
  const fs::path project = folder_.Write(
      "drv/drv.vcxproj",
      "<Project><PropertyGroup><DriverType>KMDF</DriverType></PropertyGroup><ItemDefinitionGroup><ClCompile><AdditionalIncludeDirectories>shared"
      "</AdditionalIncludeDirectories></ClCompile></ItemDefinitionGroup><ItemGroup><ClCompile Include='sys/a.c'/></ItemGroup></Project>");
  for (const char* compiler : {"clang", "gcc"}) {
    if (!FindProgram(compiler)) continue;
    SCOPED_TRACE(compiler);
    compiler_ = compiler;
    const BuildResult result = Build(project);
    EXPECT_FALSE(fs::exists(folder_.path() / "out dir/obj/a.o.i")) << "preprocessed, which costs half as much again as compiling";
    void* image = dlopen(result.image.c_str(), RTLD_NOW | RTLD_LAZY);
    ASSERT_NE(image, nullptr) << dlerror();
    const auto entry = reinterpret_cast<int (*)(void*, void*)>(dlsym(image, "FxDriverEntry"));
    ASSERT_NE(entry, nullptr);
    const char* file = nullptr;
    EXPECT_EQ(entry(&file, nullptr), 9);
    EXPECT_EQ(std::string(file), source.string());
    dlclose(image);
    EXPECT_TRUE(Build(project).up_to_date);
    EXPECT_THAT(ReadTextFile(folder_.path() / "out dir/compile_commands.json"), AllOf(HasSubstr(source.string()), Not(HasSubstr("copies"))));
  }
  folder_.Write("drv/inc/flags.h", "#define FLAG 0x80000000000L\n");
  testing::internal::CaptureStderr();
  ErrorOf([&] { Build(project); });
  EXPECT_THAT(testing::internal::GetCapturedStderr(), AllOf(HasSubstr(source.string() + ":5:1: error:"), Not(HasSubstr("copies"))));
  fs::remove_all(folder_.path() / "drv/shared");
  folder_.Write("drv/inc/shared.h", "typedef unsigned long COUNT;\n");
  EXPECT_THAT(ErrorOf([&] { Build(project); }), HasSubstr("shared.h (included from sys/a.c:2)")) << "no copy of what is gone";
}

// As with Microsoft's compiler, whether a source is compiled from a copy or from what the preprocessor gives.
TEST_F(DriverBuild, SizesAndSixtyFourBitNumbersAreOneType) {
  folder_.Write("drv/big.h", "typedef unsigned long long BIG;\ntypedef unsigned DRYDOCK_INT64 OF_THE_SDK;\nBIG take(unsigned long *small, OF_THE_SDK *big);\n");
  const std::string text =
      "extern \"C\" {\n#include <ntddk.h>\n}\n#include <stddef.h>\n#include \"big.h\"\n"
      "template <class A, class B> constexpr bool kSame = false;\ntemplate <class A> constexpr bool kSame<A, A> = true;\n"
      "static_assert(kSame<size_t, unsigned long long> && kSame<size_t, OF_THE_SDK> && kSame<BIG, size_t>);\n"
      "static_assert(sizeof(unsigned long) == 4 && !kSame<long, long long> && sizeof(1ULL) == 8);\n";
  folder_.Write("drv/copied.cpp", text + "size_t f(size_t n) { unsigned long small = 0; return take(&small, &n); }\n");
  folder_.Write("drv/translated.cpp", text + "BIG take(unsigned long *, size_t *big) { return *big + sizeof(__FUNCTION__ \"!\"); }\n"
                                             "extern \"C\" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) { return 0; }\n");
  for (const char* compiler : {"clang", "gcc"}) {
    if (!FindProgram(compiler)) continue;
    SCOPED_TRACE(compiler);
    compiler_ = compiler;
    Build(Project("copied.cpp;translated.cpp"));
  }
}

TEST_F(DriverBuild, SourcesInUtf16AreRead) {
  const auto utf16 = [](std::string_view text, bool little) {
    std::string bytes = little ? "\xFF\xFE" : "\xFE\xFF";
    for (const char c : text) bytes += little ? std::string{c, '\0'} : std::string{'\0', c};
    return bytes;
  };
  folder_.Write("drv/a.c", utf16("#include \"resource.h\"\r\n" + std::string(kEntry), true));
  folder_.Write("drv/b.c", "#include \"resource.h\"\nint b = IDS_NAME;\n");
  folder_.Write("drv/resource.h", utf16("#define IDS_NAME 7\r\n", false));
  const fs::path project = Project("a.c;b.c");
  EXPECT_FALSE(Build(project).up_to_date);
  EXPECT_TRUE(Build(project).up_to_date);
}

TEST_F(DriverBuild, AllMissingFunctionsAreNamedAtOnceWithTheirPlace) {
  folder_.Write("drv/a.c", std::string(kEntry) + "int f(void) { return NoSuchFunction(1); }\n");
  folder_.Write("drv/b.c",
                "#include \"ntddk.h\"\n// NorThisOne\n#define CALL \\\n NorThisOne()\nint g(void) "
                "{ return CALL; }\n");
  const std::string error = ErrorOf([&] { Build(Project("a.c;b.c")); });
  EXPECT_THAT(error,
              HasSubstr("error: drv.vcxproj needs functions that Drydock does not have yet:"));
  EXPECT_THAT(error, HasSubstr("\n  NoSuchFunction (used in a.c:3)"));
  EXPECT_THAT(error, HasSubstr("\n  NorThisOne (used in b.c:"));
  EXPECT_FALSE(fs::exists(folder_.path() / "out dir/drv.so"))
      << "an image that cannot be loaded is not left behind";
}

TEST_F(DriverBuild, AllMissingHeadersAreNamedAtOnceAndOnlyThoseInForce) {
  folder_.Write("drv/a.c",
                "#include <first.h>\n#include \"second.h\"\n#if 0\n#include <unused.h>\n#endif\n");
  folder_.Write("drv/b.c", "#include <third\\x.h>\n");
  const std::string error = ErrorOf([&] { Build(Project("a.c;b.c")); });
  EXPECT_THAT(
      error,
      HasSubstr("error: drv.vcxproj includes headers that neither it nor Drydock's SDK has:"));
  EXPECT_THAT(error,
              AllOf(HasSubstr("\n  first.h (included from a.c:1)"),
                    HasSubstr("\n  second.h (included from a.c:2)"),
                    HasSubstr("\n  third\\x.h (included from b.c:1)"), Not(HasSubstr("unused.h"))));
}

TEST_F(DriverBuild, EverythingThatIsLackingIsToldInOneRunWithThePagesLine) {
  folder_.Write("docs/coverage.md",
                "# Coverage\n## KMDF 1.33\n| index | function | state | tests |\n|--:|---|---|---|\n| 3 | WdfOldThing | missing | |\n"
                "| 4 | WdfGoodThing | done | |\n## UMDF 2.33\n| 3 | WdfGoodThing | missing | |\n");
  folder_.Write("docs/nt-coverage.md", "# NT\n\n| function | header | exported |\n|---|---|---|\n| IoLacking | km/io.h | no |\n| IoThere | km/io.h | yes |\n");
  surroundings_.docs = folder_.path() / "docs";
  folder_.Write("drv/a.c", std::string(kEntry) + "#include <gone.h>\n");
  folder_.Write("drv/b.c", "#include <ntddk.h>\nint b(void) { return RtlUnheardOf(1) + NO_SUCH_VALUE; }\n");
  folder_.Write("drv/c.cpp", "#include <ntddk.h>\nint c() { return IoLacking(1); }\nNO_SUCH_TYPE d;\n");
  folder_.Write("drv/d.c", "int IoLacking(int);\nint IoThere(int);\nint d1(void) { return IoLacking(1) + IoThere(2); }\n");
  for (const char* compiler : {"clang", "gcc"}) {
    if (!FindProgram(compiler)) continue;
    SCOPED_TRACE(compiler);
    compiler_ = compiler;
    testing::internal::CaptureStderr();
    const std::string error = ErrorOf([&] { Build(Project("a.c;b.c;c.cpp;d.c")); });
    testing::internal::GetCapturedStderr();
    EXPECT_THAT(error, AllOf(HasSubstr("\n  gone.h (included from a.c:3)"), HasSubstr("drv.vcxproj names what neither it nor Drydock's SDK declares:"),
                             HasSubstr("\n  RtlUnheardOf (b.c:2)"), HasSubstr("\n  NO_SUCH_VALUE (b.c:2)"), HasSubstr("\n  NO_SUCH_TYPE (c.cpp:3)"),
                             HasSubstr("\n  IoLacking (c.cpp:2): missing, docs/nt-coverage.md:5")));
    EXPECT_THAT(error, AllOf(HasSubstr("\n  IoLacking (used in d.c:1): missing, docs/nt-coverage.md:5"), Not(HasSubstr("IoThere"))));
    fs::remove_all(folder_.path() / "out dir");
  }
}

TEST_F(DriverBuild, FunctionsOfTheFrameworkThatOnlyReportAreNamed) {
  folder_.Write("docs/coverage.md", "## KMDF 1.33\n| 3 | WdfOldThing | missing | |\n| 4 | WdfGoodThing | done | |\n");
  surroundings_.docs = folder_.path() / "docs";
  folder_.Write("drv/a.c", std::string(kEntry) + "static int WdfOldThing(void) { return 1; }\nstatic int WdfGoodThing(void) { return WdfOldThing(); }\n"
                                                 "int f(void) { return WdfGoodThing(); }\n");
  Build(Project("a.c"));
  EXPECT_THAT(diagnostics_.warnings(), ElementsAre(AllOf(HasSubstr("a call ends in a report:\n  WdfOldThing (a.c:3): missing, docs/coverage.md:2"), Not(HasSubstr("WdfGood")))));
}

TEST_F(DriverBuild, ADriverWithoutDriverEntryIsTold) {
  folder_.Write("drv/a.c", "int x;\n");
  EXPECT_THAT(ErrorOf([&] { Build(Project("a.c")); }),
              HasSubstr("drv.vcxproj defines no DriverEntry"));
}

TEST_F(DriverBuild, CompileErrorsEndTheBuild) {
  folder_.Write("drv/a.c", "int x = ;\n");
  testing::internal::CaptureStderr();
  const std::string error = ErrorOf([&] { Build(Project("a.c")); });
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("a.c:1:9: error:"));
  EXPECT_EQ(error, "error: drv.vcxproj could not be compiled");
}

TEST_F(DriverBuild, ACompilerThatDiesIsToldWithItsSource) {
  folder_.Write("drv/a.c", kEntry);
  folder_.Write("drv/b.c", "int b;\n");
  const fs::path compiler = folder_.Write("clang", "#!/bin/sh\ncase \"$*\" in *-c*/b.c*) kill -SEGV $$;; esac\nexec clang \"$@\"\n");
  fs::permissions(compiler, fs::perms::owner_all);
  fs::copy(compiler, folder_.path() / "clang++");
  compiler_ = compiler.string();
  const fs::path project = Project("a.c;b.c");
  testing::internal::CaptureStderr();
  ErrorOf([&] { Build(project); });
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr((folder_.path() / "drv/b.c").string() + ": error: the compiler ended without"));
  compiler_ = "clang";
  fs::remove_all(folder_.path() / "out dir/.ninja_log");
  fs::create_directory(folder_.path() / "out dir/.ninja_log");
  testing::internal::CaptureStderr();
  ErrorOf([&] { Build(project); });
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("build log")) << "ninja's own troubles";
}

TEST_F(DriverBuild, AnAbsentCompilerIsNamed) {
  folder_.Write("drv/a.c", kEntry);
  compiler_ = "no-such-clang";
  EXPECT_THAT(ErrorOf([&] { Build(Project("a.c")); }),
              HasSubstr("the compiler no-such-clang is not there"));
}

TEST_F(DriverBuild, AFolderOfSourcesIsADriver) {
  folder_.Write("plain/Driver.c", std::string("#include <WDF.h>\n") + kEntry);
  folder_.Write("plain/more.cpp", "int more;\n");
  const BuildResult result = Build(folder_.path() / "plain/");
  EXPECT_EQ(result.image.filename(), "plain.so");
  EXPECT_THAT(OfferedSymbols(result.image), Contains("FxDriverEntry"));
}

TEST_F(DriverBuild, AWdmDriverShowsItsDriverEntry) {
  folder_.Write("drv/a.c", kEntry);
  const BuildResult result = Build(Project("a.c", "<DriverType>WDM</DriverType>"));
  EXPECT_THAT(OfferedSymbols(result.image),
              AllOf(Contains("DriverEntry"), Not(Contains("FxDriverEntry"))));
}

TEST_F(DriverBuild, TheEntryPointMayHaveAnotherName) {
  folder_.Write("drv/a.c", "#include <ntddk.h>\nNTSTATUS Begin(PDRIVER_OBJECT d, PUNICODE_STRING p) { return 0; }\n");
  for (const char* type : {"WDM", "KMDF"}) {
    const auto project = folder_.Write("drv/drv.vcxproj", std::string("<Project><PropertyGroup><DriverType>") + type +
                                                              "</DriverType></PropertyGroup><ItemDefinitionGroup><Link><EntryPointSymbol>Begin</EntryPointSymbol></Link>"
                                                              "</ItemDefinitionGroup><ItemGroup><ClCompile Include='a.c'/></ItemGroup></Project>");
    const BuildResult result = Build(project);
    EXPECT_THAT(OfferedSymbols(result.image), Contains(type == std::string_view("WDM") ? "DriverEntry" : "FxDriverEntry"));
    EXPECT_THAT(NeededSymbols(result.image), Not(Contains("DriverEntry")));
  }
}

// u8"" is text of char before C++20; the newest standard has its own suffix for std::size_t.
TEST_F(DriverBuild, TheStandardOfCxxIsWhatTheProjectSays) {
  const struct {
    const char *standard, *options, *text;
  } kCases[] = {{"", "", "const char* text = u8\"x\";"},
                {"stdcpp17", "", "const char* text = u8\"x\";"},
                {"stdcpp20", "", "const char8_t* text = u8\"x\";"},
                {"stdcpplatest", "", "auto size = 1uz;"},
                {"stdcpp17", "/std:c++latest", "auto size = 1uz;"}};
  for (const char* compiler : {"clang", "gcc"}) {
    compiler_ = compiler;
    for (const auto& one : kCases) {
      folder_.Write("drv/a.cpp", std::string("#include <ntddk.h>\n") + one.text + "\nextern \"C\" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) { return 0; }\n");
      const auto project = folder_.Write("drv/drv.vcxproj", std::string("<Project><PropertyGroup><DriverType>WDM</DriverType></PropertyGroup><ItemDefinitionGroup><ClCompile><LanguageStandard>") + one.standard +
                                                                "</LanguageStandard><AdditionalOptions>" + one.options + "</AdditionalOptions></ClCompile></ItemDefinitionGroup>"
                                                                "<ItemGroup><ClCompile Include='a.cpp'/></ItemGroup></Project>");
      EXPECT_EQ(ErrorOf([&] { Build(project); }), "") << compiler << " " << one.standard << " " << one.options;
    }
  }
}

class DriverProjects : public testing::Test {
 protected:
  DriverProject Load(const fs::path& path, const std::string& configuration = "Debug") {
    WindowsPaths paths;
    ProjectOptions options;
    options.configuration = configuration;
    return LoadDriverProject(path, options, paths, diagnostics_);
  }
  std::string Error(std::string_view text) {
    const auto file = folder_.Write("e.vcxproj", text);
    return ErrorOf([&] { Load(file); });
  }
  TemporaryFolder folder_;
  Diagnostics diagnostics_{false, nullptr};
};

TEST_F(DriverProjects, TheFixtureIsReadAsVisualStudioWould) {
  const DriverProject debug = Load(Fixture("Oddball/driver/oddball.vcxproj"));
  EXPECT_EQ(debug.target, "Oddball");
  EXPECT_EQ(debug.kind, DriverKind::kKmdf);
  EXPECT_EQ(debug.version_minor, 15);
  EXPECT_TRUE(debug.debug);
  ASSERT_EQ(debug.sources.size(), 2u);
  EXPECT_EQ(debug.sources[0].path.filename(), "main.c");
  EXPECT_EQ(debug.sources[1].path.filename(), "first_unit.cpp");
  EXPECT_TRUE(debug.sources[1].cxx);
  EXPECT_THAT(debug.sources[0].defines,
              ElementsAre("FROM_PROPS=42", "POOL_NX_OPTIN=1", "CONFIG_HEADER=\"config.H\""));
  EXPECT_THAT(debug.sources[0].includes, ElementsAre(Fixture("Oddball/Inc")));
  EXPECT_TRUE(debug.sources[0].wpp.enabled);
  EXPECT_THAT(debug.sources[0].wpp.scan, ElementsAre(Fixture("Oddball/Inc/trace.h")));
  ASSERT_EQ(debug.libraries.size(), 1u);
  EXPECT_EQ(debug.libraries[0].kind, DriverKind::kKmdf);
  const DriverProject release = Load(Fixture("Oddball/driver/oddball.vcxproj"), "Release");
  EXPECT_FALSE(release.debug);
  EXPECT_EQ(release.sources.size(), 3u) << "never.c is only excluded from Debug";
}

TEST_F(DriverProjects, WhatCannotBeBuiltIsSaidPlainly) {
  EXPECT_THAT(ErrorOf([&] { Load(folder_.path() / "none.vcxproj"); }),
              HasSubstr("none.vcxproj does not exist"));
  EXPECT_THAT(ErrorOf([&] { Load(folder_.Write("a.txt", "")); }),
              HasSubstr("is neither a .vcxproj nor a folder"));
  EXPECT_THAT(ErrorOf([&] { Load(folder_.path()); }),
              HasSubstr("holds no project and no C or C++ sources"));
  EXPECT_THAT(Error("<Project><PropertyGroup><ConfigurationType>Application</ConfigurationType></"
                    "PropertyGroup></Project>"),
              HasSubstr("builds an application, not a driver"));
  EXPECT_THAT(
      Error("<Project><PropertyGroup><DriverType>KMDF</DriverType></PropertyGroup></Project>"),
      HasSubstr("lists no C or C++ sources"));
  EXPECT_THAT(
      Error("<Project>\n<PropertyGroup><DriverType>KMDF</DriverType></PropertyGroup>\n<ItemGroup>\n"
            "<ClCompile Include='x.c'/><ClCompile Include='sub\\y.c'/></ItemGroup></Project>"),
      HasSubstr("e.vcxproj:4: error: the project lists sources that are not there: x.c, sub/y.c"));
  EXPECT_THAT(
      Error(
          "<Project><ItemGroup><ProjectConfiguration Include='Check|x64'/></ItemGroup></Project>"),
      HasSubstr("no configuration 'Debug' for x64; it has Check"));
  EXPECT_THAT(Error("<Project><PropertyGroup>\n<UMDF_VERSION_MAJOR>1</UMDF_VERSION_MAJOR></"
                    "PropertyGroup></Project>"),
              HasSubstr("e.vcxproj:2: error: UMDF 1.33 is asked for; Drydock has 2.0 to 2.33 (UMDF 1 drivers"));
  EXPECT_THAT(Error("<Project><PropertyGroup>\n<DriverType>Gadget</DriverType></PropertyGroup></Project>"),
              HasSubstr("e.vcxproj:2: error: DriverType 'Gadget' is not known to Drydock (KMDF, UMDF and WDM are)"));
  EXPECT_THAT(Error("<Project><PropertyGroup>\n<ConfigurationType>Gadget</ConfigurationType></PropertyGroup></Project>"),
              HasSubstr("e.vcxproj:2: error: ConfigurationType 'Gadget' is not known to Drydock"));
}

TEST_F(DriverProjects, AFolderWithOneProjectStandsForIt) {
  EXPECT_EQ(Load(Fixture("Oddball/driver")).target, "Oddball");
  folder_.Write("two/a.vcxproj", "<Project/>");
  folder_.Write("two/b.vcxproj", "<Project/>");
  EXPECT_THAT(ErrorOf([&] { Load(folder_.path() / "two"); }),
              HasSubstr("holds several projects, name one: a.vcxproj, b.vcxproj"));
}

TEST(Inf, AnInxIsStampedForX64) {
  DriverProject project;
  project.version_major = 1;
  project.version_minor = 15;
  EXPECT_EQ(StampInx("NT$ARCH$ $kmdfversion$ $KMDFCOINSTALLERVERSION$ $OTHER$ 5$", project),
            "NTamd64 1.15 01015 $OTHER$ 5$");
}

TEST(MissingFunctions, IdentifiersAreFoundAsWholeWordsOutsideOfCommentsAndStrings) {
  EXPECT_THAT(LinesWithIdentifier(
                  "IoFoo2();\n// IoFoo\n\"IoFoo\";\nx = IoFoo(1) + IoFoo(2);\n/* IoFoo */ IoFoo;\n",
                  "IoFoo"),
              ElementsAre(4, 5));
  EXPECT_TRUE(FitsPattern("__asan_init", "__asan_*"));
  EXPECT_FALSE(FitsPattern("memcpy2", "memcpy"));
}

}  // namespace
}  // namespace drydock::tools
