// The compiler launcher, with real compilers.
#include "tools/build/compile_launcher.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/test_support.h"
#include "tools/build/text_file.h"
#include "tools/build/toolchain.h"

namespace drydock::tools {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using test::TemporaryFolder;
using testing::IsEmpty;

TEST(CompileLauncher, ACompilationIsReadFromItsCommand) {
  const CompileCommandLine line =
      ReadCompileCommand({"ccache", "/usr/bin/clang", "-I", "a", "-DX=b.c", "-MD", "-MF", "o.d", "-o", "dir/o.o", "-c", "my file.c"});
  EXPECT_TRUE(line.compiles);
  EXPECT_THAT(line.compiler, ElementsAre("ccache", "/usr/bin/clang"));
  EXPECT_THAT(line.options, ElementsAre("-I", "a", "-DX=b.c"));
  EXPECT_THAT(line.dependency_options, ElementsAre("-MD", "-MF", "o.d", "-MT", "dir/o.o"));
  EXPECT_EQ(line.source, "my file.c");
  EXPECT_EQ(line.object, "dir/o.o");
  EXPECT_FALSE(line.cxx);
  EXPECT_TRUE(ReadCompileCommand({"clang", "-c", "a.cpp"}).cxx);
  EXPECT_TRUE(ReadCompileCommand({"clang++", "-c", "a.c"}).cxx);
  EXPECT_TRUE(ReadCompileCommand({"clang", "-x", "c++", "-c", "a"}).cxx);
  EXPECT_THAT(ReadCompileCommand({"/usr/bin/cmake", "-E", "env", "A=b", "ccache", "x86_64-linux-gnu-gcc-12", "-c", "a.c"}).compiler, testing::SizeIs(6));
  EXPECT_EQ(ReadCompileCommand({"gcc", "-MD", "-c", "sub/a.c"}).dependency_file, "a.d");
}

TEST(CompileLauncher, WhatIsNoCompilationIsLeftToTheCompiler) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"clang", "a.o", "-o", "x"}, {"clang", "-E", "-c", "a.c"}, {"clang", "-c", "a.c", "b.c"}, {"clang", "-c", "a.S"}, {"clang", "--version"}, {"gcc"}})
    EXPECT_FALSE(ReadCompileCommand(command).compiles) << testing::PrintToString(command);
}

class LauncherRun : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!FindProgram(GetParam())) GTEST_SKIP() << GetParam() << " is not there";
  }
  ProcessResult Run(std::vector<std::string> arguments, std::vector<std::string> options = {}) {
    std::vector<std::string> command{DRYDOCK_CC};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back("--");
    command.push_back(GetParam());
    command.insert(command.end(), arguments.begin(), arguments.end());
    return RunProcess(command, folder_.path());
  }
  TemporaryFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Compilers, LauncherRun, testing::Values("clang", "gcc"));

TEST_P(LauncherRun, TheDialectIsTranslatedAndHeadersAreFoundAsOnWindows) {
  folder_.Write("inc/Names.h", "#define IN \"in \" __FUNCTION__\n");
  folder_.Write("a.c", "#include \"INC\\names.H\"\nconst char *Where(void) { return IN; }\n");
  const ProcessResult result = Run({"-fPIC", "-fms-extensions", "-I.", "-MD", "-MF", "a.d", "-c", "a.c", "-o", "a.o"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(ReadTextFile(folder_.path() / "a.d"), testing::AllOf(testing::StartsWith("a.o:"), HasSubstr("a.c"), HasSubstr("Names.h")));
  ASSERT_EQ(Run({"-shared", "a.o", "-o", "a.so"}).exit_code, 0);
  void* image = dlopen((folder_.path() / "a.so").c_str(), RTLD_NOW);
  ASSERT_NE(image, nullptr) << dlerror();
  EXPECT_STREQ(reinterpret_cast<const char* (*)()>(dlsym(image, "Where"))(), "in Where");
  dlclose(image);
}

TEST_P(LauncherRun, ErrorsNameTheSourceAndFailTheCompilation) {
  folder_.Write("a.c", "const char *f(void) { return \"\" __FUNCTION__; }\nint x = ;\n");
  const ProcessResult result = Run({"-c", "a.c", "-o", "a.o"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("a.c:2:9: error:"));
  EXPECT_FALSE(fs::exists(folder_.path() / "a.o"));
  folder_.Write("b.c", "const char *f(void) { return \"\" __FUNCTION__; }\n#include \"none.h\"\n");
  const ProcessResult missing = Run({"-c", "b.c", "-o", "b.o"}, {"--no-headers"});
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_THAT(missing.output, HasSubstr("b.c:2:10: fatal error:"));
}

TEST_P(LauncherRun, WhatNeedsNoTranslationIsCompiledAsItIs) {
  folder_.Write("a.c", "int f(void) { return __LINE__; }\n");
  const ProcessResult result = Run({"-c", "a.c", "-o", "a.o"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, IsEmpty());
  EXPECT_FALSE(fs::exists(folder_.path() / "a.o.i"));
}

TEST(CompileLauncherOptions, WhatOnlyMsvcKnowsIsLeftOutAndFilesStay) {
  const auto without = [](const std::vector<std::string>& words) { return WithoutMsvcOptions(words); };
  EXPECT_EQ(without({"clang", "/W4", "-wd4201", "/WX", "/Zc:wchar_t", "-W4", "-Wall", "/DNAME=1", "/I", "inc", "/FIforced.h", "-MD", "-MF", "x.d", "-o",
                     "/no/such/x.o", "-c", "/etc/passwd", "-DOdd=/W4", "-std=c++17", "/permissive-"}),
            (std::vector<std::string>{"clang", "-Wall", "-DNAME=1", "-I", "inc", "-include", "forced.h", "-MD", "-MF", "x.d", "-o", "/no/such/x.o", "-c",
                                      "/etc/passwd", "-DOdd=/W4", "-std=c++17"}));
  EXPECT_EQ(without({"clang", "-shared", "-Wl,-z,now", "/INTEGRITYCHECK", "-NODEFAULTLIB:x", "-ldl", "ntoskrnl.lib", "a.o", "-o", "x.so"}),
            (std::vector<std::string>{"clang", "-shared", "-Wl,-z,now", "a.o", "-o", "x.so"}));
}

}  // namespace
}  // namespace drydock::tools
