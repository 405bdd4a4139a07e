#include "tools/build/generated_headers.h"
#include "tools/build/manifest.h"
#include "tools/build/mof_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/test_support.h"

namespace drydock::tools {
namespace {

namespace fs = std::filesystem;
using test::ErrorOf;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::Not;

// What the SDK's headers would bring; the generated headers are compiled against it and used.
constexpr const char* kTypes = R"(
#include <stddef.h>
typedef unsigned int ULONG; typedef int LONG; typedef unsigned char UCHAR, BOOLEAN; typedef char CHAR;
typedef unsigned short USHORT, WCHAR; typedef unsigned long long ULONGLONG; typedef int NTSTATUS;
typedef struct _GUID { ULONG Data1; USHORT Data2, Data3; UCHAR Data4[8]; } GUID;
typedef struct { USHORT Id; UCHAR Version, Channel, Level, Opcode; USHORT Task; ULONGLONG Keyword; } EVENT_DESCRIPTOR;
#define DEFINE_GUID(n, a, b, c, d, e, f, g, h, i, j, k) static const GUID n = { a, b, c, { d, e, f, g, h, i, j, k } }
#define FIELD_OFFSET(t, f) ((LONG)offsetof(t, f))
)";

std::string CompileAndRun(const TemporaryFolder& folder, const std::string& source) {
  std::string output;
  for (const char* compiler :
       {"clang -x c -std=gnu17", "clang++ -x c++ -std=c++20", "gcc -x c -std=gnu17"}) {
    std::vector<std::string> command;
    for (std::string_view rest = compiler; !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      command.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!FindProgram(command[0])) continue;
    const fs::path file = folder.Write("main.c", source), program = folder.path() / "program";
    for (const std::string& word : {std::string("-Wno-unused"), "-I" + folder.path().string(),
                                    file.string(), std::string("-o"), program.string()}) {
      command.push_back(word);
    }
    const ProcessResult compiled = RunProcess(command);
    if (compiled.exit_code != 0) return std::string(compiler) + ": " + compiled.output;
    const std::string now = RunProcess({program.string()}).output;
    if (!output.empty() && now != output) return "compilers differ: " + now + " and " + output;
    output = now;
  }
  return output;
}

TEST(MofHeader, ClassesBecomeStructuresInTheOrderOfTheirIds) {
  TemporaryFolder folder;
  folder.Write("types.h", kTypes);
  folder.Write("mof.h", HeaderOfMof(R"(
#PRAGMA AUTORECOVER
/* class Ignored */
[WMI, Dynamic, Provider("WMIProv"), Description("A device") : amended, guid("{0006A660-8F12-11d2-B854-00C04FAD5171}"), locale("MS\\0x409")]
class Info : Base
{
    [key, read] string InstanceName;
    [read] boolean Active;
    [WmiDataId(2), read, Values{"a", "b"}] uint64 Big[3];
    [WmiDataId(1), read, Description("How many")] uint32 Count;
    [WmiDataId(3), read] datetime When;
};
[WMI, guid("CAAE7D9F-ACF7-4737-A4E9-01C29D3FE194")]
class Named
{
    [WmiDataId(1)] uint8 Kind;
    [WmiDataId(2)] string Name;
    [WmiDataId(3)] uint32 After;
    [Implemented, WmiMethodId(7)] void Act([in] uint32 A, [in] uint8 B, [out] sint32 C);
};
class NoGuid { uint32 x; };
instance of Something { a = 1; };
)",
                                    "x.mof"));
  EXPECT_EQ(CompileAndRun(folder, R"(#include <stdio.h>
#include "types.h"
#include "mof.h"
int main(void) {
  Info info; Named* named = 0; PAct_IN in = 0; Act_OUT out;
  info.Count = 5; info.Big[2] = 6;
  printf("%d %d %d %d %d %d %d\n", (int)sizeof(info.Big), (int)FIELD_OFFSET(Info, Big), (int)Info_SIZE, Info_Count_ID, Info_Big_ID,
         (int)FIELD_OFFSET(Named, VariableData), Named_Name_ID);
  printf("%d %d %d %d %08x\n", Act, (int)Act_IN_SIZE, (int)Act_OUT_SIZE, Act_IN_B_ID, Info_GUID.Data1);
  return 0;
})"),
            "24 8 82 1 2 1 2\n7 5 4 2 0006a660\n");
}

TEST(MofHeader, ClassesWithinClassesArraysAndNamesOfTheirOwn) {
  TemporaryFolder folder;
  folder.Write("types.h", kTypes);
  const std::string mof = R"(
[WMI, guid("{A1C15015-B069-11d1-9290-00A0C9062910}"), HeaderName("POINT"), DisplayName("a " "point") : amended]
class Vendor_Point { [WmiDataId(1), read, write] sint16 X; [WmiDataId(2)] sint64 Y; };
[WMI, guid("{A1C15016-B069-11d1-9290-00A0C9062910}")]
class Base { [WmiDataId(1)] uint16 Kind; };
[WMI, Dynamic, guid("{15D851F1-6539-11d1-A529-00A0C9062910}"), GuidName1("SHAPE_GUID")]
class Shape : Base
{
    [key, read] string InstanceName;
    [WmiDataId(2), ValueMap{"0", "1", "0x80000000"}, Values{"none", "red", "all"}, DefineValues{"NO_COLOR", "RED", "ALL_COLORS"}] uint32 Color;
    [WmiDataId(3), BitMap{"0x1", "0x10"}, DefineValues{"FILLED", "SHADED"}] uint8 Style[4];
    [WmiDataId(4), MaxLen(15)] string Label;
    [WmiDataId(5)] Vendor_Point Corners[3];
    [WmiDataId(6), Max(2)] real64 Sizes[];
    [WmiDataId(8), WmiSizeIs("Count")] object:Vendor_Point More[];
    [WmiDataId(7)] uint32 Count;
    [Implemented, WmiMethodId(3), HeaderName("MOVE")] void MoveTo([out] uint32 Status, [in, HeaderName("Where")] Vendor_Point To, [in, out] uint8 Speed);
};
)";
  folder.Write("mof.h", HeaderOfMof(mof, "x.mof"));
  EXPECT_EQ(CompileAndRun(folder, R"(#include <stdio.h>
#include "types.h"
typedef short SHORT; typedef long long LONGLONG;
#include "mof.h"
int main(void) {
  static const GUID shape = SHAPE_GUID; Shape one; PMOVE_IN in = 0; POINT point;
  one.Corners[2].Y = 1; one.Label[15] = 0; point.X = 2;
  printf("%d %d %d %d ", (int)POINT_SIZE, (int)sizeof(one.Corners), (int)Shape_Label_SIZE, (int)sizeof(one.Sizes));
  printf("%d %d %d ", (int)FIELD_OFFSET(Shape, Kind), (int)FIELD_OFFSET(Shape, Count), (int)FIELD_OFFSET(Shape, More));
  printf("%d %d %u %d %d\n", NO_COLOR, RED, ALL_COLORS, FILLED, SHADED);
  printf("%d %d %d %d %d %d %d %x\n", MoveTo, MOVE_OUT_Status_ID, MOVE_IN_Where_ID, MOVE_IN_Speed_ID, MOVE_OUT_Speed_ID, Shape_More_ID,
         (int)sizeof(in->Where), shape.Data1 + Shape_GUID.Data1 - Vendor_Point_GUID.Data1);
  return 0;
})"),
            "16 48 32 16 0 112 120 0 1 2147483648 1 16\n3 1 2 3 3 8 16 " + [] {
              char text[16];
              std::snprintf(text, sizeof text, "%x\n", 2u * 0x15d851f1u - 0xa1c15015u);
              return std::string(text);
            }());
  EXPECT_THAT(HeaderOfMof(mof, "x.mof", {.method_structures = false}), Not(HasSubstr("MOVE_IN")));
}

TEST(MofHeader, MistakesAreErrorsAtTheirLine) {
  const auto error = [](std::string_view text) {
    return ErrorOf([&] { HeaderOfMof(text, "x.mof"); });
  };
  EXPECT_THAT(error("[guid(\"x\")]\nclass A {\n uint32 ;\n};"),
              HasSubstr("x.mof:3: error: MOF: ';' is no name"));
  EXPECT_THAT(error("class A { uint32 x; "), HasSubstr("x.mof:1: error: MOF"));
  EXPECT_THAT(error("class A { string s = \"x"), HasSubstr("a string is not closed"));
  EXPECT_THAT(error("[guid(\"123\")] class A { [WmiDataId(1)] uint32 x; };"),
              HasSubstr("the guid of class A is no GUID"));
  EXPECT_THAT(error(std::string(5000, '{')), HasSubstr("nested too deeply"));
  EXPECT_THAT(error("class A {\n [WmiDataId(1)] uint32 x[99999999999]; };"),
              HasSubstr("x.mof:2: error: MOF: '99999999999' is no length of an array"));
  EXPECT_THAT(error("class A {\n [WmiDataId(1), ValueMap{\"1\"},\n DefineValues{\"X\", \"Y\"}] uint32 x; };"),
              HasSubstr("x.mof:3: error: MOF: DefineValues has 2 names, ValueMap has 1 values"));
}

TEST(MofResource, ImagesKeepClassesByTheNamesOfTheirResources) {
  EXPECT_EQ(MofResourceText("Thing", R"([WMI, guid("{A1C15015-B069-11d1-9290-00A0C9062910}")]
class Point { [WmiDataId(2)] uint8 Y[2]; [WmiDataId(1)] sint16 X; };
class NoGuid { uint32 x; };
class Base : WMIEvent { };
[guid("15D851F1-6539-11d1-A529-00A0C9062910")] class Moved : Base { [WmiDataId(1)] Point To; [WmiMethodId(4)] void Reset(); };
)",
                            "x.mof"),
            "resource Thing\nclass Point {a1c15015-b069-11d1-9290-00a0c9062910}\nitem 1 sint16 X\nitem 2 uint8[2] Y\n"
            "class Moved {15d851f1-6539-11d1-a529-00a0c9062910} event\nitem 1 Point To\nmethod 4 Reset\n");
  EXPECT_EQ(MofResourcesOfScript("#include <windows.h>\n// A MOFDATA a.bmf\n1 ICON x.ico\nThing MOFDATA thing.bmf\r\n\"Other\" mofdata DISCARDABLE "
                                 "\"out\\other one.bmf\""),
            (std::vector<std::pair<std::string, std::string>>{{"Thing", "thing.bmf"}, {"Other", "out\\other one.bmf"}}));
}

TEST(MessageHeader, SymbolsGetTheValuesOfMc) {
  const std::string header = HeaderOfMessages(
      "; // comment\nMessageIdTypedef=NTSTATUS\n"
      "SeverityNames=(Success=0x0:STATUS_SEVERITY_SUCCESS\n  Warning=0x2:STATUS_SEVERITY_WARNING)\n"
      "FacilityNames=(System=0x0\n Serial=0x6:FACILITY_SERIAL)\n\n"
      "MessageId=0x0001 Facility=Serial Severity=Warning "
      "SymbolicName=FIRST\nLanguage=English\nMessageId=9 is text here.\n.\n\n"
      "MessageId=+1\nSymbolicName=SECOND\nLanguage=English\ntext\n.\n"
      "MessageId=\nSeverity=Success\nSymbolicName=THIRD\nLanguage=English\n.\n",
      "x.mc");
  EXPECT_THAT(header, HasSubstr("#define FACILITY_SERIAL 0x6\n"));
  EXPECT_THAT(header, HasSubstr("#define FIRST ((NTSTATUS)0x80060001L)\n"));
  EXPECT_THAT(header, HasSubstr("#define SECOND ((NTSTATUS)0x80060002L)\n"));
  EXPECT_THAT(header, HasSubstr("#define THIRD ((NTSTATUS)0x00060003L)\n"));
  EXPECT_THAT(ErrorOf([] { HeaderOfMessages("MessageId=1\nSeverity=Odd\n", "x.mc"); }),
              HasSubstr("x.mc:2: error: message file: 'Odd' is not named before"));
}

constexpr const char* kManifest = R"xml(<?xml version="1.0"?>
<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events"><instrumentation><events>
 <provider guid="{69cd60e3-430f-4da4-b1b3-e3bdaf945875}" name="Odd-Provider" symbol="ODD_PROVIDER">
  <channels><channel chid="op" name="Odd/Op" symbol="ODD_OP" type="Operational"/></channels>
  <keywords><keyword mask="0x10" name="io" symbol="ODD_IO"/></keywords>
  <opcodes><opcode name="fail" symbol="ODD_FAIL" value="11"/></opcodes>
  <tasks><task name="read" symbol="ODD_READ" value="2"/></tasks>
  <templates><template tid="t"><data inType="win:UnicodeString" name="Who"/><data inType="win:UInt32" name="Status" outType="xs:HexInt32"/>
  </template><template tid="a"><data inType="win:UInt16" name="Count"/><data inType="win:UInt32" name="Values" count="Count" map="kinds"/>
   <data inType="win:AnsiString" name="Word"/><data inType="win:UInt8" name="Size"/><data inType="win:Binary" name="Bytes" length="Size"/>
   <struct name="Point" count="3"><data inType="win:Int32" name="X"/><data inType="win:Int32" name="Y"/></struct></template></templates>
  <maps><valueMap name="kinds"><map value="1" message="$(string.one)"/><map value="2" message="second"/></valueMap></maps>
  <events>
   <event value="3" symbol="ReadFail" level="win:Error" opcode="fail" task="read" keywords="io" channel="op" template="t" message="$(string.fail)"/>
   <event value="4" symbol="Plain" level="win:Informational"/>
   <event value="5" symbol="Arrays" level="win:Verbose" template="a"/>
  </events>
 </provider></events></instrumentation>
 <localization><resources culture="en-US"><stringTable><string id="fail" value="%1 failed: %2"/><string id="one" value="first"/></stringTable></resources>
 </localization></instrumentationManifest>)xml";

// In the place of sdk/shared/drydock_etw.h: events are printed, the sizes of their data with them.
constexpr const char* kEtw = R"(#pragma once
#include <stdio.h>
#include "types.h"
typedef unsigned long long REGHANDLE;
typedef const GUID* LPCGUID;
typedef const EVENT_DESCRIPTOR* PCEVENT_DESCRIPTOR;
typedef struct { const void* Ptr; unsigned Size; } EVENT_DATA_DESCRIPTOR;
typedef struct { int IsEnabled; } MCGEN_TRACE_CONTEXT;
#define EventDataDescCreate(d, p, s) ((d)->Ptr = (p), (d)->Size = (s))
#define DRYDOCK_ETW_ENABLED(c, e) ((c).IsEnabled)
#define McGenEventRegister(g, f, c, h) ((c)->IsEnabled = 1, *(h) = (g)->Data1, 0)
#define McGenEventUnregister(h) (*(h) = 0, 0)
#define DrydockEtwAnsiSize(s) ((unsigned)(__builtin_strlen(s) + 1))
#define DrydockEtwWideSize(s) ((unsigned)(2 * (__builtin_strlen((const char*)(s)) + 1)))
static unsigned DrydockEtwWrite(REGHANDLE h, PCEVENT_DESCRIPTOR e, LPCGUID a, LPCGUID r, unsigned n, EVENT_DATA_DESCRIPTOR* d, const char* f, const char* file, int line) {
  printf("%x %d%s %s:", (unsigned)h, e->Id, a ? " activity" : "", f);
  for (unsigned i = 0; i < n; ++i) printf(" %u", d[i].Size);
  printf("\n");
  (void)r, (void)file, (void)line;
  return 0;
}
)";

TEST(ManifestHeader, EventsAreWrittenWhileTheProviderIsRegistered) {
  TemporaryFolder folder;
  folder.Write("types.h", std::string(kTypes));
  folder.Write("drydock_etw.h", kEtw);
  folder.Write("events.h", HeaderOfManifest(kManifest, "x.man", {.kernel = true}));
  EXPECT_EQ(CompileAndRun(folder, R"c(#include "events.h"
int main(void) {
  GUID activity = {0};
  unsigned values[3] = {1, 2, 3};
  EventWritePlain(&activity);
  EventRegisterOdd_Provider();
  if (EventEnabledReadFail()) EventWriteReadFail(&activity, (const WCHAR*)"text", 0xC0000001u);
  EventWriteReadFail(NULL, (const WCHAR*)"four", 0);
  EventWriteArrays(NULL, 3, values, "text", 2, "ab", 24, values);
  EventWriteArrays(NULL, 3, values, "text", 2, "ab", 8, values);
  EventWritePlain(&activity);
  EventUnregisterOdd_Provider();
  EventWritePlain(&activity);
  printf("%d %d %d %d %d %x %llx\n", ReadFail.Id, ReadFail.Level, ReadFail.Opcode, ReadFail.Task, ReadFail_value, (unsigned)ODD_PROVIDER.Data1, ReadFail.Keyword);
  return 0;
})c"),
            "69cd60e3 3 activity main: 10 4\n"
            "69cd60e3 3 main: 10 4\n"
            "69cd60e3 5 main: 2 12 5 1 2 24\n"
            "69cd60e3 5 main: 2 12 5 1 2 24\n"
            "69cd60e3 4 activity main:\n"
            "3 2 11 2 3 69cd60e3 8000000000000010\n");
}

TEST(ManifestHeader, ImagesKeepWhatDescribesTheirEvents) {
  EXPECT_EQ(ManifestResourceText(ReadManifest(kManifest, "x.man")),
            "provider\t69cd60e3430f4da4b1b3e3bdaf945875\tOdd-Provider\nchannel\t16\tOdd/Op\nopcode\t11\tfail\ntask\t2\tread\nkeyword\t16\tio\n"
            "map\tkinds\tvalues\nword\t1\tfirst\nword\t2\tsecond\n"
            "template\ta\nfield\tCount\twin:UInt16\t\t\t\t\nfield\tValues\twin:UInt32\t\tkinds\tCount\t\nfield\tWord\twin:AnsiString\t\t\t\t\n"
            "field\tSize\twin:UInt8\t\t\t\t\nfield\tBytes\twin:Binary\t\t\t\tSize\nstruct\tPoint\t3\t2\nfield\tX\twin:Int32\t\t\t\t\nfield\tY\twin:Int32\t\t\t\t\n"
            "template\tt\nfield\tWho\twin:UnicodeString\t\t\t\t\nfield\tStatus\twin:UInt32\txs:HexInt32\t\t\t\n"
            "event\t3\t0\tReadFail\tt\t%1 failed: %2\nevent\t4\t0\tPlain\t\t\nevent\t5\t0\tArrays\ta\t\n");
}

TEST(ManifestHeader, UserMacrosTakeNoActivityAndMistakesAreErrors) {
  EXPECT_THAT(HeaderOfManifest(kManifest, "x.man", {.user = true}), HasSubstr("#define EventWriteReadFail(P_Who, P_Status)"));
  EXPECT_THAT(HeaderOfManifest(kManifest, "x.man", {.user = true, .prefix = "Log", .remove = "Read"}), HasSubstr("#define LogFail(P_Who, P_Status)"));
  EXPECT_THAT(HeaderOfManifest(kManifest, "x.man", {}), Not(HasSubstr("EventWrite")));
  // What the caller packs comes behind its length: structures in bytes, strings that end with zeroes in characters.
  std::string words = kManifest;
  words.replace(words.find("name=\"Word\""), 11, "name=\"Word\" count=\"2\"");
  EXPECT_THAT(HeaderOfManifest(words, "x.man", {.user = true}),
              HasSubstr("#define EventWriteArrays(P_Count, P_Values, P_Word_Len_, P_Word, P_Size, P_Bytes, P_Point_Len_, P_Point)"));
  auto changed = [](const std::string& what, const std::string& to) {
    std::string text = kManifest;
    text.replace(text.find(what), what.size(), to);
    return ErrorOf([&] { HeaderOfManifest(text, "x.man", {}); });
  };
  EXPECT_THAT(changed("keywords=\"io\"", "keywords=\"oi\""), HasSubstr("x.man:14: error: manifest: there is no keyword oi"));
  EXPECT_THAT(changed("level=\"win:Error\"", "level=\"Error\""), HasSubstr("there is no level Error"));
  EXPECT_THAT(changed("count=\"Count\"", "count=\"Word\""), HasSubstr("the field Values is as long as Word, which does not stand before it"));
  EXPECT_THAT(changed("$(string.fail)", "$(string.none)"), HasSubstr("there is no string $(string.none)"));
  EXPECT_THAT(changed("template=\"t\"", "template=\"u\""), HasSubstr("there is no template u"));
  EXPECT_THAT(ErrorOf([] { HeaderOfManifest("<a>\n<b>\n</a>", "x.man", {}); }),
              HasSubstr("x.man:3: error: this is no well-formed XML"));
  EXPECT_THAT(ErrorOf([] { HeaderOfManifest("<a/>", "x.man", {}); }),
              HasSubstr("there is no event provider"));
}

}  // namespace
}  // namespace drydock::tools
