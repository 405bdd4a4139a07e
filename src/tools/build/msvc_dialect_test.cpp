#include "tools/build/msvc_dialect.h"

#include <gtest/gtest.h>

namespace drydock::tools {
namespace {

std::string C(std::string_view text) { return TranslateDialect(text, false).text; }
std::string Cxx(std::string_view text) { return TranslateDialect(text, true).text; }

TEST(MsvcDialect, TheFunctionsNameJoinsTheTextsBesideIt) {
  EXPECT_EQ(C("int f(int a)\n{ p(\"in \" __FUNCTION__ \"\\n\"); }"), "int f(int a)\n{ p(\"in \" \"f\" \"\\n\"); }");
  EXPECT_EQ(C("static __attribute__((noinline)) int *g(void) { if (x) { y(); } p(__FUNCTION__ \": \"); }"),
            "static __attribute__((noinline)) int *g(void) { if (x) { y(); } p(\"g\" \": \"); }");
  EXPECT_EQ(C("int a[] = { h(1) }; struct s { int (*f)(void); }; void k(void) { p(\"\" __FUNCTION__); }"),
            "int a[] = { h(1) }; struct s { int (*f)(void); }; void k(void) { p(\"\" \"k\"); }");
}

TEST(MsvcDialect, WhereItStandsAloneItIsLeft) {
  EXPECT_EQ(C("void f(void) { p(__FUNCTION__, \"x\"); }"), "void f(void) { p(__FUNCTION__, \"x\"); }");
  EXPECT_EQ(C("char *x = \"__FUNCTION__ \" \"\\\"__FUNCTION__\";"), "char *x = \"__FUNCTION__ \" \"\\\"__FUNCTION__\";");
}

TEST(MsvcDialect, LineMarkersAreNoTextAndStay) {
  EXPECT_EQ(C("# 1 \"a.c\"\nvoid f(void)\n# 7 \"b{.h\" 2\n{ p(\"a\"\n# 9 \"c.h\"\n__FUNCTION__); }"),
            "# 1 \"a.c\"\nvoid f(void)\n# 7 \"b{.h\" 2\n{ p(\"a\"\n# 9 \"c.h\"\n\"f\"); }");
}

TEST(MsvcDialect, InCxxTheNameIsQualified) {
  EXPECT_EQ(Cxx("namespace n { class A { void m() const { p(\"\" __FUNCTION__); } }; } int A::q() { p(\"\" __FUNCTION__); }"),
            "namespace n { class A { void m() const { p(\"\" \"n::A::m\"); } }; } int A::q() { p(\"\" \"A::q\"); }");
  EXPECT_EQ(Cxx("extern \"C\" { A::A(int x) : x_(x) { p(\"\" __FUNCTION__); } }"), "extern \"C\" { A::A(int x) : x_(x) { p(\"\" \"A::A\"); } }");
  EXPECT_EQ(Cxx("void f() { p(R\"x(\" __FUNCTION__ \")x\"); }"), "void f() { p(R\"x(\" __FUNCTION__ \")x\"); }");
}

TEST(MsvcDialect, TheAddressOfACastIsACastOfTheAddress) {
  EXPECT_EQ(C("f(a, &((PVOID)(State)));"), "f(a, ((PVOID *)&(State)));");
  EXPECT_EQ(C("x = &((struct s *)p);"), "x = ((struct s * *)&p);");
}

TEST(MsvcDialect, TheCommaBeforeNoArgumentsGoes) {
  EXPECT_EQ(C("p(2, \"x\", );"), "p(2, \"x\" );");
  EXPECT_EQ(C("p(1,\n# 1 \"a\"\n);"), "p(1\n# 1 \"a\"\n);");
  EXPECT_EQ(NeedOf("#define P(f, ...) p(f, \\\n __VA_ARGS__)"), DialectNeed::kPreprocessed);
  EXPECT_EQ(NeedOf("#define P(f, ...) p(f, ##__VA_ARGS__)"), DialectNeed::kNone);
}

TEST(MsvcDialect, OtherAmpersandsAreLeft) {
  for (const char* text : {"if (flags & ((ULONG)(mask))) x();", "f(&((PFOO)x)->field);", "f(&((a)[1]));", "f(a) & ((b)(c));", "x = &((a));",
                           "f(&(a), &b);", "x = a && ((b)(c));"})
    EXPECT_EQ(C(text), text);
  EXPECT_EQ(Cxx("x = &((f)(y));"), "x = &((f)(y));") << "a call that returns a reference";
}

TEST(MsvcDialect, AGlobalOperatorNewMaySayThatItDoesNotThrow) {
  EXPECT_EQ(Cxx("inline void* operator new(size_t n) noexcept { return a(n); }"), "inline void* operator new(size_t n)  { return a(n); }");
  EXPECT_EQ(Cxx("void* operator new[](size_t n)\n# 3 \"x.h\"\nthrow();"), "void* operator new[](size_t n)\n# 3 \"x.h\"\n;");
  for (const char* text : {"void* operator new(size_t n, POOL_TYPE t) noexcept;", "struct A { void* operator new(size_t n) noexcept; };",
                           "void operator delete(void*) noexcept;", "p = ::operator new(5);"})
    EXPECT_EQ(Cxx(text), text);
  EXPECT_EQ(NeedOf("void* operator new(size_t n) throw();"), DialectNeed::kPreprocessed);
}

TEST(MsvcDialect, WhatADriversOwnOperatorNewGivesIsCheckedBeforeItIsConstructed) {
  EXPECT_EQ(Cxx("void* operator new(size_t n, POOL_TYPE t) { return a(n, t); }"), "void* operator new(size_t n, POOL_TYPE t) noexcept { return a(n, t); }");
  EXPECT_EQ(Cxx("struct A { void* operator new(size_t n); };"), "struct A { void* operator new(size_t n) noexcept; };");
  EXPECT_EQ(Cxx("void* A::operator new[](size_t n) { return a(n); }"), "void* A::operator new[](size_t n) noexcept { return a(n); }");
  for (const char* text : {"void* operator new(size_t n);", "void* operator new(size_t n, std::align_val_t);", "void f() { p = ::operator new(5, tag); }",
                           "void* operator new(size_t n, int) throw();", "void* operator new(size_t n, int) noexcept { return ::operator new(n, t); }",
                           "auto p = A::operator new(5);"})
    EXPECT_EQ(Cxx(text), text);
}

TEST(MsvcDialect, FilesThatMayNeedItAreFound) {
  EXPECT_EQ(NeedOf("#define ENTER() P(\"in \" __FUNCTION__ \"\\n\")"), DialectNeed::kPreprocessed);
  EXPECT_EQ(NeedOf("#define ENTER() P(__FUNCTION__ \\\n \": \")"), DialectNeed::kPreprocessed);
  EXPECT_EQ(NeedOf("f(&( (PVOID)x))"), DialectNeed::kPreprocessed);
  EXPECT_EQ(NeedOf("#define AT(x) \\\n (&((PVOID)(x)))"), DialectNeed::kPreprocessed);
  EXPECT_EQ(NeedOf("if (a && ((b) == c)) f(&((PUNIT)context)->Link, x & ((UCHAR)y));"), DialectNeed::kNone);
  EXPECT_EQ(NeedOf("f(__FUNCTION__, \"x\", &(x))"), DialectNeed::kNone);
}

TEST(MsvcDialect, BrokenTextComesBackAsItWas) {
  for (const char* text : {"\"open", "'", "}}}", "(((", "&((", "&((a)(", "R\"x(", "__FUNCTION__ \"a\"", "{ __FUNCTION__ \"a\" }", ""})
    EXPECT_EQ(Cxx(text), text) << text;
}

TEST(MsvcDialect, LongAloneNeedsNoPreprocessor) {
  EXPECT_EQ(NeedOf("long x; // __FUNCTION__ \"x\""), DialectNeed::kWritten);
  EXPECT_EQ(NeedOf("#define N 1L"), DialectNeed::kWritten);
  EXPECT_EQ(NeedOf("#define N(x) x##L\n long y;"), DialectNeed::kPreprocessed);
  EXPECT_EQ(NeedOf("long x; __try { } __finally { }"), DialectNeed::kPreprocessed);
  EXPECT_EQ(NeedOf("ULONG x; // long"), DialectNeed::kNone);
}

TEST(MsvcDialect, ADeclspecMayHaveManyWords) {
  EXPECT_EQ(C("__attribute__((noinline align(16))) int f(void);"), "__attribute__((noinline, aligned(16))) int f(void);");
  EXPECT_EQ(C("__attribute__((noreturn\n# 3 \"x.h\"\ndllexport novtable)) int f(void);"),
            "__attribute__((noreturn, visibility(\"default\")))\n# 3 \"x.h\"\n int f(void);");
  EXPECT_EQ(C("__attribute__((\n# 8 \"s.h\" 3\nweak align(\n# 3 \"x.h\"\n8)\n# 3 \"x.h\"\n)) int x;"),
            "__attribute__((weak, aligned( 8)))\n# 8 \"s.h\" 3\n\n# 3 \"x.h\"\n\n# 3 \"x.h\"\n int x;");
  EXPECT_EQ(C("__attribute__(( align(8))) int x;"), "__attribute__((aligned(8))) int x;") << "the first word stands for nothing";
  EXPECT_EQ(C("extern __attribute__((visibility(\"default\") selectany)) int x;"),
            "extern __attribute__((visibility(\"default\"), weak, visibility(\"hidden\"))) int x;");
  EXPECT_EQ(C("static __attribute__((aligned(8) thread)) int x;"), "static __attribute__((aligned(8))) __thread int x;");
  for (const char* text : {"__attribute__((weak, visibility(\"hidden\"))) int x;", "__attribute__(()) int x;", "void f(void) __attribute__((nothrow));", "int x __attribute__((cleanup(f)));", "f(__attribute__);", "__attribute__((noinline"})
    EXPECT_EQ(C(text), text);
  for (const char* text : {"__declspec(noinline align(16)) int f(void);", "_declspec ( noreturn\n noinline ) void f(void);", "__declspec(align(4) thread) int x;",
                           "__declspec(property(get = G)) int X;"})
    EXPECT_EQ(NeedOf(text), DialectNeed::kPreprocessed) << text;
  for (const char* text : {"__declspec(align(16)) int x;", "__declspec( selectany ) int x;", "DECLSPEC_ALIGN(16)", "__declspec(uuid(\"1 2\")) struct a;",
                           "int my__declspec(a b);", "__declspec(", "__declspec"})
    EXPECT_EQ(NeedOf(text), DialectNeed::kNone) << text;
}

TEST(MsvcDialect, PropertiesAreClangsOwn) {
  EXPECT_EQ(Cxx("class A { __attribute__((DRYDOCK_DECLSPEC_property(get = G, put = P))) int X; };"),
            "class A {  __declspec(property(get = G, put = P)) int X; };");
}

TEST(MsvcDialect, AUuidIsKeptForNamesAndGivenToClangForExpressions) {
  const std::string thing = "struct __attribute__((annotate(\"drydock_uuid:\" \"00000001-0002-0003-0405-060708090A0B\") novtable)) IThing {};";
  const std::string kept = "struct __attribute__((annotate(\"drydock_uuid:\" \"00000001-0002-0003-0405-060708090A0B\"))) IThing {};";
  EXPECT_EQ(Cxx(thing + " f(__uuidof(IThing));"),
            kept + " f((reinterpret_cast<const GUID &>(\"\\x01\\x00\\x00\\x00\\x02\\x00\\x03\\x00\\x04\\x05\\x06\\x07\\x08\\x09\\x0A\\x0B\")));");
  EXPECT_EQ(Cxx(thing + " f(__uuidof(**(&p)));"),
            "struct  __declspec(uuid(\"00000001-0002-0003-0405-060708090A0B\")) IThing {}; f(__uuidof(**(&p)));");
  EXPECT_EQ(TranslateDialect(thing + " f(__uuidof(**(&p)));", true, /*clang=*/false).text, kept + " f(__uuidof(**(&p)));");
}

}  // namespace
}  // namespace drydock::tools
