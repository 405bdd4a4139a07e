#include "tools/build/dialect_long.h"

#include <gtest/gtest.h>

namespace drydock::tools {
namespace {

std::string Narrow(std::string_view text) { return TranslateLong(text).text; }

TEST(DialectLong, LongBecomesIntInAllItsSpellings) {
  EXPECT_EQ(Narrow("long a; unsigned long b; long unsigned c; const long d; signed long volatile e; f(sizeof(long), (long *)p);"),
            "int a; unsigned int b; int unsigned c; const int d; signed int volatile e; f(sizeof(int), (int *)p);");
  EXPECT_EQ(Narrow("long int a; unsigned long int b; int long c;"), " int a; unsigned  int b; int  c;");
  EXPECT_EQ(Narrow("unsigned\n# 3 \"a.c\"\nlong x;"), "unsigned\n# 3 \"a.c\"\nint x;");
}

TEST(DialectLong, OtherLongTypesStay) {
  for (const char* text : {"long double d;", "double long e;", "int longer;", "\"long\""}) EXPECT_EQ(Narrow(text), text);
}

TEST(DialectLong, SixtyFourBitsAreTheTypeOfSizeT) {
  EXPECT_EQ(Narrow("long long a; unsigned long long b; long unsigned long c; long int long d; __int64 e; unsigned __int64 *f;"),
            "long  a; unsigned long  b; long unsigned  c; long int  d; long e; unsigned long *f;");
  // The SDK's own, also in system headers; what those say themselves stays.
  EXPECT_EQ(Narrow("# 1 \"/sdk/basetsd.h\" 1 3\ntypedef unsigned __drydock_int64 ULONG_PTR; long long x;\n# 2 \"a.c\" 2\nlong y;"),
            "# 1 \"/sdk/basetsd.h\" 1 3\ntypedef unsigned long ULONG_PTR; long long x;\n# 2 \"a.c\" 2\nint y;");
}

TEST(DialectLong, SystemHeadersStay) {
  EXPECT_EQ(Narrow("# 1 \"a.c\"\nlong a;\n# 1 \"/usr/include/x.h\" 1 3 4\nlong b; 1UL\n# 2 \"a.c\" 2\nlong c;\n"),
            "# 1 \"a.c\"\nint a;\n# 1 \"/usr/include/x.h\" 1 3 4\nlong b; 1UL\n# 2 \"a.c\" 2\nint c;\n");
  EXPECT_EQ(Narrow("# 3 \"a3.h\"\n#pragma pack(3)\nlong a;"), "# 3 \"a3.h\"\n#pragma pack(3)\nint a;");
}

TEST(DialectLong, LiteralsHaveTheWidthThatTheyHaveThere) {
  EXPECT_EQ(Narrow("1L 2UL 3lu 0xFFFFFFFFUL 0x80000000L 017L 0b11L"), "1 2U 3U 0xFFFFFFFFU 0x80000000 017 0b11");
  EXPECT_EQ(Narrow("0x100000000L 1LL 2ULL 1.5L 1e3L 0x1p3L 5 1U"), "0x100000000L 1LL 2ULL 1.5L 1e3L 0x1p3L 5 1U");
  EXPECT_EQ(Narrow("5i64 0xFFui64 7UI64 3i32 4ui8"), "5LL 0xFFULL 7ULL 3 4U");
}

TEST(DialectLong, SourcesThatSayLongAreFound) {
  for (const char* text : {"long x;", "unsigned long x;", "#define L unsigned long", "x = 1L;", "x = 0xFFUL;", "y = 5ui64;", "y = 0x1FI64;", "long long a; long b;", "long long x;", "unsigned __int64 x;"})
    EXPECT_TRUE(MayUseLong(text)) << text;
  for (const char* text : {"ULONG x; LONG y;", "x = ALL + REAL;", "belong = 1;", "call(fill);"}) EXPECT_FALSE(MayUseLong(text)) << text;
}

std::string NarrowWritten(std::string_view text) { return TranslateWrittenLong(text).text; }

TEST(DialectLong, AFileAsWrittenIsNarrowedBesideCommentsAndDirectives) {
  EXPECT_EQ(NarrowWritten("/* long 1L */ long a; // it's long 2L\nunsigned /*x*/ long b;"),
            "/* long 1L */ int a; // it's long 2L\nunsigned /*x*/ int b;");
  EXPECT_EQ(NarrowWritten("#define FLAG 0x8L /* 1L */\n#define WORD unsigned long\n  # if FLAG > 7L\n#endif\nlong x = 0x7L;"),
            "#define FLAG 0x8 /* 1L */\n#define WORD unsigned int\n  # if FLAG > 7\n#endif\nint x = 0x7;");
  EXPECT_EQ(NarrowWritten("#include <long/1L.h>\n#pragma long 1L\n#error it's 1L long \\\n and long\n1L"),
            "#include <long/1L.h>\n#pragma long 1L\n#error it's 1L long \\\n and long\n1");
}

TEST(DialectLong, StringsThatGoOnBehindWindowsLineEndsStay) {
  EXPECT_EQ(NarrowWritten("char *a = \"x\\\r\n long 1L\"; long b;"), "char *a = \"x\\\r\n long 1L\"; int b;");
  EXPECT_EQ(NarrowWritten("char *a = \"x\\\n long 1L\"; long b;"), "char *a = \"x\\\n long 1L\"; int b;");
}

TEST(DialectLong, ADirectiveEndsWithItsLine) {
  EXPECT_EQ(NarrowWritten("#define D double\nlong a;\n#define L long\nlong b;"), "#define D double\nint a;\n#define L int\nint b;");
  EXPECT_EQ(NarrowWritten("#define D unsigned \\\r\n long\r\nlong long a;\r\n"), "#define D unsigned \\\r\n int\r\nDRYDOCK_INT64  a;\r\n");
  EXPECT_EQ(NarrowWritten("unsigned __int64 a; 1LL"), "unsigned DRYDOCK_INT64 a; 1LL");
  EXPECT_EQ(NarrowWritten("#define A long /* over\nlines */ long\nlong b;"), "#define A DRYDOCK_INT64 /* over\nlines */ \nint b;");
}

TEST(DialectLong, WordsThatThePreprocessorMakesNeedItsText) {
  for (const char* text : {"#define N(x) x##L", "#define N(x) x ## UL", "#define N(x) x##ui64", "#define N(a) unsigned_ ## long"}) EXPECT_FALSE(WritesLong(text)) << text;
  for (const char* text : {"#define N(x) L##x", "#define N(x) x##List", "long x;"}) EXPECT_TRUE(WritesLong(text)) << text;
}

}  // namespace
}  // namespace drydock::tools
