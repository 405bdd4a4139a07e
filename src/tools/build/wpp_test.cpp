#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/test_support.h"
#include "tools/build/wpp_generate.h"

namespace drydock::tools {
namespace {

namespace fs = std::filesystem;
using test::ErrorOf;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

WppConfig Read(std::string_view text) {
  WppConfig config = DefaultWppConfig();
  ReadWppBlocks(text, "trace.h", config);
  config.Check();
  return config;
}

TEST(WppConfig, FunctionsAreReadFromCommentBlocksOnly) {
  WppConfig config = Read(
      "// FUNC Outside(MSG, ...);\n"
      "// The \"begin_wpp config\" and \"end_wpp\" lines must be present.\n"
      "// begin_wpp config\n"
      "//   FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);\n"
      "// FUNC KdPrint{LEVEL=TRACE_LEVEL_INFORMATION,\n"
      "//              FLAGS = DRV}((MSG, ...));\n"
      "// WPP_FLAGS(-public:KdPrint);\n"
      "// end_wpp\n"
      "/*\nbegin_wpp config\nFUNC Second(FLAGS, (MSG, ...));\nend_wpp\n*/\n");
  EXPECT_EQ(config.Function("Outside"), nullptr);
  ASSERT_NE(config.Function("TraceEvents"), nullptr);
  EXPECT_EQ(config.Function("TraceEvents")->parameters.size(), 4u);
  ASSERT_NE(config.Function("KdPrint"), nullptr);
  EXPECT_THAT(config.Function("KdPrint")->constants,
              ElementsAre(std::pair<std::string, std::string>("LEVEL", "TRACE_LEVEL_INFORMATION"),
                          std::pair<std::string, std::string>("FLAGS", "DRV")));
  ASSERT_EQ(config.Function("KdPrint")->parameters.size(), 1u);
  EXPECT_EQ(config.Function("KdPrint")->parameters[0].nested.size(), 2u);
  ASSERT_NE(config.Function("Second"), nullptr);
  EXPECT_EQ(config.Function("Second")->parameters[1].nested[0].name, "MSG");
}

TEST(WppConfig, PrefixesSuffixesAndTypes) {
  WppConfig config = Read(
      "// begin_wpp config\n"
      "// FUNC Leave(STATUS, MSG, ...);\n"
      "// USEPREFIX (Leave, \"%!STDPREFIX! [%!FUNC!], \");\n"
      "// USESUFFIX (Leave, \" %!STATUS!\", STATUS);\n"
      "// CUSTOM_TYPE(state, ItemListLong(Off, On=5, \"Half on\"));\n"
      "// CUSTOM_TYPE(bits, ItemSetLong(A, B));\n"
      "// CUSTOM_TYPE(kind, ItemEnum(_KIND));\n"
      "// CUSTOM_TYPE(hard, ItemEnum(HARD));\n"
      "// end_wpp\n");
  FindWppEnums(
      "typedef enum _KIND { KindA = 0x10, /* , */ KindB, KindC = KindA } KIND;\n"
      "typedef enum { H1 = sizeof(int) } HARD;\n",
      config);
  ASSERT_NE(config.Function("Leave"), nullptr);
  EXPECT_EQ(config.Function("Leave")->prefix, "\"%!STDPREFIX! [%!FUNC!], \"");
  EXPECT_THAT(config.Function("Leave")->suffix_arguments, ElementsAre("STATUS"));
  using Word = std::pair<long long, std::string>;
  ASSERT_EQ(config.types.size(), 4u);
  EXPECT_THAT(config.types[0].words,
              ElementsAre(Word(0, "Off"), Word(5, "On"), Word(6, "Half on")));
  EXPECT_TRUE(config.types[1].is_set);
  EXPECT_THAT(config.types[2].words,
              ElementsAre(Word(16, "KindA"), Word(17, "KindB"), Word(16, "KindC")));
  EXPECT_THAT(config.types[3].words, testing::IsEmpty()) << "a value that is more than a number";
}

TEST(WppConfig, APrefixMayStandBeforeItsFunction) {
  WppConfig config = Read(
      "// begin_wpp config\n// USEPREFIX (Enter, \"%!FUNC! \");\n"
      "// FUNC Enter{LEVEL=TRACE_LEVEL_VERBOSE,FLAGS=Entry}(...);\n// end_wpp\n");
  ASSERT_NE(config.Function("Enter"), nullptr);
  EXPECT_EQ(config.Function("Enter")->prefix, "\"%!FUNC! \"");
}

TEST(WppConfig, PrefixAndFunctionMayStandInBlocksOfTheirOwn) {
  WppConfig config = Read(
      "// begin_wpp config\r\n// USEPREFIX(LogCritical,  \"%!STDPREFIX!CRIT: \");\r\n// end_wpp\r\n"
      "// begin_wpp config\r\n// FUNC LogCritical{LEVEL=TRACE_LEVEL_CRITICAL}(IFRLOG,FLAGS,MSG,...);\r\n// end_wpp\r\n");
  ASSERT_NE(config.Function("LogCritical"), nullptr);
  EXPECT_EQ(config.Function("LogCritical")->prefix, "\"%!STDPREFIX!CRIT: \"");
}

TEST(WppConfig, TheWordFuncMayBeLeftOut) {
  WppConfig config = Read(
      "// begin_wpp config\n// USEPREFIX (LogInformation, \"%!FUNC! ->\");\n"
      "// LogInformation{LEVEL=TRACE_LEVEL_INFORMATION}(FLAGS, MSG, ...);\n// LogPlain(FLAGS, MSG, ...);\n"
      "// A sentence (with brackets) about LogSomething{..}.\n// WPP_FLAGS(-DMSGS);\n// MACRO: LogPlain\n// end_wpp\n");
  ASSERT_NE(config.Function("LogInformation"), nullptr);
  EXPECT_EQ(config.Function("LogInformation")->prefix, "\"%!FUNC! ->\"");
  EXPECT_NE(config.Function("LogPlain"), nullptr);
  EXPECT_EQ(config.functions.size(), 3u) << "with DoTraceMessage";
}

TEST(WppConfig, MistakesAreErrorsAtTheirLine) {
  EXPECT_THAT(ErrorOf([] { Read("// begin_wpp config\n// FUNC Open(MSG, ...\n// end_wpp\n"); }),
              HasSubstr("trace.h:2: error: WPP configuration: 'FUNC Open(MSG, ...' is not closed"));
  EXPECT_THAT(
      ErrorOf([] { Read("// begin_wpp config\n//\n// USEPREFIX(None, \"x\");\n// end_wpp\n"); }),
      HasSubstr("trace.h:3: error: WPP configuration: there is no FUNC None"));
  EXPECT_THAT(ErrorOf([] { ParseWppFunction("Bad(1x, MSG)", "p.vcxproj", 7); }),
              HasSubstr("p.vcxproj:7: error: WPP configuration: '1x' is no parameter"));
  EXPECT_THAT(ErrorOf([] { ParseWppFunction("(MSG)", "p.vcxproj", 7); }),
              HasSubstr("names no function"));
}

TEST(WppConfig, IniFilesMayHoldCodeBesides) {
  WppConfig config = DefaultWppConfig();
  ReadWppIni(
      "// a comment with FUNC\ntypedef struct xstr { char* b; } xstr_t;\nFUNC Mine(MSG, ...);\n"
      "DEFINE_CPLX_TYPE(HEXDUMP, WPP_LOGHEXDUMP, xstr_t, ItemHEXDump,\"s\", _HEX_, 0,2);\n",
      "local.ini", config);
  EXPECT_NE(config.Function("Mine"), nullptr);
  EXPECT_THAT(config.types, testing::IsEmpty()) << "one of WPP's own";
  ReadWppIni("DEFINE_CPLX_TYPE(BYTES, WPP_LOGHEXDUMP, xstr_t, ItemHEXDump,\"s\", _HEX_, 0,2);\nDEFINE_SIMPLE_TYPE(NDIS_STATUS, NDIS_STATUS, ItemNTSTATUS, \"08X\", _N_, 0);\n",
             "local.ini", config);
  ASSERT_EQ(config.types.size(), 2u);
  EXPECT_EQ(config.types[0].name + "=" + config.types[0].alias, "BYTES=HEXDUMP");
  EXPECT_EQ(config.types[1].name + "=" + config.types[1].alias, "NDIS_STATUS=STATUS");
  EXPECT_THAT(ErrorOf([] { WppConfig own; ReadWppIni("\nDEFINE_SIMPLE_TYPE(X);\n", "local.ini", own); }), HasSubstr("local.ini:2: error: WPP configuration"));
}

// The generated header is compiled, linked with a runtime that prints, and run: as C and C++, with
// both compilers.
class WppHeaderTest : public testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  std::string Run(std::string_view source, std::string_view config_text = {},
                  const std::string& control_guid = {}) {
    const auto [compiler, extension] = GetParam();
    if (!FindProgram(compiler)) return "skipped";
    WppHeader header;
    header.driver = "wpp-test";
    header.source = fmt::format("main{}", extension);
    header.control_guid = control_guid;
    header.config = Read(config_text.empty() ? source : config_text);
    FindWppEnums(source, header.config);
    folder_.Write("main.tmh", GenerateTraceHeader(header));
    const auto main = folder_.Write(header.source, source);
    // A second source of the same image: the controls are shared, not defined twice.
    const auto second =
        folder_.Write(fmt::format("second{}", extension),
                      fmt::format("{}\n#include \"main.tmh\"\nint second_source;\n", controls_));
    const auto runtime = folder_.Write("runtime.c", kRuntime);
    const fs::path program = folder_.path() / "program";
    const bool cxx = std::string_view(extension) == ".cpp";
    const std::vector<std::string> flags{"-Wall", "-Werror", "-c", "-I" + folder_.path().string(),
                                         std::string("-I") + DRYDOCK_SDK_SOURCE + "/shared"};
    std::vector<std::string> link{compiler, "-o", program.string()};
    for (const fs::path& file : {main, second, runtime}) {
      const bool as_cxx = cxx && file != runtime;
      const std::string object = file.string() + ".o";
      std::vector<std::string> command{compiler,
                                       "-x",
                                       as_cxx ? "c++" : "c",
                                       as_cxx ? "-std=c++20" : "-std=gnu17",
                                       file.string(),
                                       "-o",
                                       object};
      command.insert(command.end(), flags.begin(), flags.end());
      const ProcessResult compiled = RunProcess(command);
      if (compiled.exit_code != 0) return compiled.output;
      link.push_back(object);
    }
    const ProcessResult compiled = RunProcess(link);
    if (compiled.exit_code != 0) return compiled.output;
    return RunProcess({program.string()}).output;
  }

  static constexpr const char* kRuntime = R"(
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <drydock_wpp.h>
static const DRYDOCK_WPP_MODULE* module_;
void DrydockWppStart(const DRYDOCK_WPP_MODULE* module) {
  module_ = module;
  printf("start %s", module->Driver);
  for (unsigned i = 0; i < module->ControlCount; ++i) {
    module->Controls[i].Level = 4;
    module->Controls[i].Flags[0] = ~0u;
    printf(" %s%s:", module->Controls[i].Name, module->Controls[i].Guid);
    for (const char* const* bit = module->Controls[i].Bits; *bit; ++bit) printf("%s,", *bit);
  }
  for (const DRYDOCK_WPP_TYPE* type = module->Types; type->Name; ++type) {
    printf(" %s=", type->Name);
    for (const DRYDOCK_WPP_WORD* word = type->Words; word->Text; ++word) printf("%lld %s,", word->Value, word->Text);
  }
  printf("\n");
}
void DrydockWppStop(const DRYDOCK_WPP_MODULE* module) {
  for (unsigned i = 0; i < module->ControlCount; ++i) module->Controls[i].Flags[0] = 0;
  printf("stop\n");
}
void DrydockWppMessage(const DRYDOCK_WPP_MODULE* module, unsigned control, unsigned flags, unsigned level, const char* func, const char* file, int line,
                     const char* format, ...) {
  va_list list;
  va_start(list, format);
  printf("%s %u %u %s %d \"%s\"", module->Controls[control].Name, flags, level, func, line, format);
  for (const char* at = format; (at = strchr(at, '%')); ++at) {
    if (at[1] == 'd' || strncmp(at, "%!STATUS!", 9) == 0) printf(" %d", va_arg(list, int));
    if (at[1] == 's') printf(" %s", va_arg(list, const char*));
    if (strncmp(at, "%!HEXDUMP!", 10) == 0) {
      DRYDOCK_WPP_BUFFER buffer = va_arg(list, DRYDOCK_WPP_BUFFER);
      printf(" %.*s", buffer.Length, (const char*)buffer.Data);
    }
  }
  printf("\n");
  va_end(list);
}
)";
  std::string controls_;
  TemporaryFolder folder_;
};

TEST_P(WppHeaderTest, MessagesCarryFlagsLevelFunctionAndArguments) {
  controls_ = R"(
#define WPP_CONTROL_GUIDS \
    WPP_DEFINE_CONTROL_GUID(One, (32134778,E6AA,4089,B5A8,9E58E9EE4687), WPP_DEFINE_BIT(A) WPP_DEFINE_BIT(B)) \
    WPP_DEFINE_CONTROL_GUID(Two, (00000002,0000,0000,0000,000000000000), WPP_DEFINE_BIT(C))
)";
  const std::string output = Run(controls_ + R"(
#define WPP_LEVEL_FLAGS_ENABLED(lvl, flags) (WPP_LEVEL_ENABLED(flags) && WPP_CONTROL(WPP_BIT_ ## flags).Level >= lvl)
// begin_wpp config
// FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);
// FUNC KdPrint{LEVEL=TRACE_LEVEL_ERROR, FLAGS=C}((MSG, ...));
// FUNC Mixed(FLAGS, (MSG, ...));
// FUNC Simple(MSG, ...);
// FUNC Log{LEVEL=TRACE_LEVEL_ERROR, FLAGS=A}(IFRLOG, MSG, ...);
// FUNC Leave{FLAGS=B}(STATUS, MSG, ...);
// USEPREFIX (Leave, "in %s: ", __FUNCTION__);
// USESUFFIX (Leave, " %!STATUS!", STATUS);
// CUSTOM_TYPE(state, ItemEnum(STATE));
// end_wpp
enum STATE { Off, On = 7 };
#define WPP_INIT_TRACING(x)
#include "main.tmh"
static int evaluated;
static int Once(void) { return ++evaluated; }
int main(void) {
  DoTraceMessage(A, "before the start");
  WPP_INIT_TRACING(driver, path);
  TraceEvents(TRACE_LEVEL_INFORMATION, B, "two %d %s", Once(), "x");
  TraceEvents(TRACE_LEVEL_VERBOSE, B, "too much detail %d", Once());
  KdPrint(("plain"));
  if (evaluated == 1) KdPrint(("arg %d", 3)); else Simple("wrong");
  Mixed(A, ("mixed %d", 4));
  Simple("simple");
  DoTraceMessage(C, "flag %d", 5);
  Log(0, "log %d", 6);
  Leave(-1, "left");
  Leave(-2, "left %d", 7);
  DRYDOCK_WPP_BUFFER buffer = { "bytes", 3 };
  TraceEvents(1, A, "%!HEXDUMP! %d", buffer, 8);
  WPP_CLEANUP(driver);
  Simple("after the end");
  return 0;
}
)");
  if (output == "skipped") GTEST_SKIP();
  const int first = 26;
  EXPECT_EQ(output, fmt::format("start wpp-test One(32134778,E6AA,4089,B5A8,9E58E9EE4687):A,B, "
                                "Two(00000002,0000,0000,0000,000000000000):C, state=0 Off,7 On,\n"
                                "One 2 4 main {} \"two %d %s\" 1 x\n"
                                "Two 1 2 main {} \"plain\"\n"
                                "Two 1 2 main {} \"arg %d\" 3\n"
                                "One 1 0 main {} \"mixed %d\" 4\n"
                                "One 0 0 main {} \"simple\"\n"
                                "Two 1 0 main {} \"flag %d\" 5\n"
                                "One 1 2 main {} \"log %d\" 6\n"
                                "One 2 0 main {} \"in %s: left %!STATUS!\" main -1\n"
                                "One 2 0 main {} \"in %s: left %d %!STATUS!\" main 7 -2\n"
                                "One 1 1 main {} \"%!HEXDUMP! %d\" byt 8\n"
                                "stop\n",
                                first, first + 2, first + 3, first + 4, first + 5, first + 6,
                                first + 7, first + 8, first + 9, first + 11));
}

TEST_P(WppHeaderTest, WithoutControlGuidsOneIsMade) {
  const std::string output =
      Run("#include \"main.tmh\"\nint main(void) { WPP_INIT_TRACING(L\"x\"); Say(\"hi\"); "
          "WPP_CLEANUP(); return 0; }\n",
          "// begin_wpp config\n// FUNC Say(MSG, ...);\n// end_wpp\n",
          "{d23a0c5a-d307-4f0e-ae8e-e2a355ad5dab}");
  if (output == "skipped") GTEST_SKIP();
  EXPECT_EQ(output,
            "start wpp-test wpp_test(d23a0c5a,d307,4f0e,ae8e,e2a355ad5dab):wpp_test_ALL,\nwpp_test 0 0 main "
            "2 \"hi\"\nstop\n");
}

TEST_P(WppHeaderTest, TheDriversPreAndPostMacrosSurroundTheMessage) {
  const std::string config =
      "// begin_wpp config\n// FUNC Check{FLAG=A}(EXP, MSG, ...);\n// end_wpp\n";
  const std::string output =
      Run("#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(T, (1,2,3,4,5), WPP_DEFINE_BIT(A))\n"
          "#define WPP_FLAG_EXP_PRE(flag, exp) { if (exp) {\n#define WPP_FLAG_EXP_POST(flag, exp) "
          "; } }\n"
          "#include \"main.tmh\"\nint main(void) {\nWPP_INIT_TRACING(0);\nCheck(1 == 2, "
          "\"never\");\nCheck(1 == 1, \"yes\");\nreturn 0; }\n",
          config);
  if (output == "skipped") GTEST_SKIP();
  EXPECT_EQ(output, "start wpp-test T(1,2,3,4,5):A,\nT 1 0 main 8 \"yes\"\n");
}

// NTEXPR beside a level and no flags, as the kit's samples of prefix and suffix macros have it.
TEST_P(WppHeaderTest, ALevelWithoutFlagsIsALevelWhereTheDriversConditionSaysSo) {
  const std::string source =
      R"(#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(T, (1,2,3,4,5), WPP_DEFINE_BIT(A) WPP_DEFINE_BIT(B))
#define WPP_LEVEL_EXP_ENABLED(lvl, exp) \
    (WPP_LEVEL_ENABLED(B) && WPP_CONTROL(WPP_BIT_ ## B).Level >= lvl)
#define WPP_LEVEL_EXP_PRE(lvl, exp) { int e_ = (exp); if (e_ < 0) {
#define WPP_LEVEL_EXP_POST(lvl, exp) ; } }
#define WPP_LEVEL_TWICE_ENABLED(flag, twice) (WPP_LEVEL_ENABLED(flag))
// begin_wpp config
// FUNC Check{LEVEL=TRACE_LEVEL_ERROR}(EXP, MSG, ...);
// FUNC Judge(LEVEL, EXP, MSG, ...);
// FUNC Old(LEVEL, TWICE, MSG, ...);
// end_wpp
#include "main.tmh"
int main(void) {
WPP_INIT_TRACING(0);
Check(-3, "failed %d", e_);
Check(3, "never");
Judge(TRACE_LEVEL_WARNING, -4, "judged");
Old(B, 1, "flag");
return 0; }
)";
  const std::string output = Run(source);
  if (output == "skipped") GTEST_SKIP();
  EXPECT_EQ(output,
            "start wpp-test T(1,2,3,4,5):A,B,\nT 0 2 main 15 \"failed %d\" -3\nT 0 3 main 17 \"judged\"\nT 2 0 main 18 \"flag\"\n");
}

INSTANTIATE_TEST_SUITE_P(Languages, WppHeaderTest,
                         testing::Combine(testing::Values("clang", "gcc"),
                                          testing::Values(".c", ".cpp")),
                         [](const auto& info) {
                           return fmt::format("{}_{}", std::get<0>(info.param),
                                              std::get<1>(info.param) + 1);
                         });

}  // namespace
}  // namespace drydock::tools
