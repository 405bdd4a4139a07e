// The translation of structured exceptions, as text. What it does at run time: tests/tools/dialect_test.cpp.
#include "tools/build/dialect_seh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tools/build/dialect_tokens.h"

namespace drydock::tools {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Without the declarations on top, which are the same for all.
std::string Body(std::string_view text, bool cxx = false) {
  const std::string whole = TranslateSeh(text, cxx).text;
  const std::string mark = "# 1 \"<source>\"\n";
  const size_t at = whole.find(mark);
  return at == std::string::npos ? whole : whole.substr(at + mark.size());
}
size_t Count(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(DialectSeh, TextWithoutItComesBackAsItWas) {
  for (const char* text : {"", "int f(void) { return 1; }", "void f() { try { g(); } catch (...) { h(); } }", "char *s = \"__try { } __except\";"}) {
    const SehResult result = TranslateSeh(text, true);
    EXPECT_EQ(result.text, text);
    EXPECT_FALSE(result.used);
  }
}

TEST(DialectSeh, AnExceptBlockHasAFrameAPlaceForItsFilterAndOneForItsHandler) {
  const std::string text = Body("void f(void) { __try { a(); } __except (g(GetExceptionCode())) { b(GetExceptionCode()); } c(GetExceptionCode()); }");
  EXPECT_THAT(text, AllOf(HasSubstr("struct DrydockSehFrame DrydockSeh_1 __attribute__((cleanup(DrydockSehLeave)))"),
                          HasSubstr("if (DrydockSehMark(DrydockSeh_1.place) == 0)"), HasSubstr("if (DrydockSehSave(DrydockSeh_1.saved) == 0) { { a(); }"),
                          HasSubstr("DrydockSehFiltered(&DrydockSeh_1, (int)(g(((unsigned int)DrydockSeh_1.code)))); }"),
                          HasSubstr("b(((unsigned int)DrydockSeh_1.code));"), HasSubstr("c(GetExceptionCode());")));
}

TEST(DialectSeh, AFinallyBlockRunsBeforeEveryWayOut) {
  const std::string text = Body("int f(void) { for (;;) { __try { if (a) return g(); if (b) break; if (c) continue; if (d) goto x; } __finally { h(AbnormalTermination()); } } x: return 0; }");
  EXPECT_THAT(text, AllOf(HasSubstr("__auto_type DrydockSehValue_2 = ((void)0, ( g())); DrydockSehLeave(&DrydockSeh_1); { h(1); } return DrydockSehValue_2; }"),
                          HasSubstr("{ DrydockSehLeave(&DrydockSeh_1); { h(1); } break; }"), HasSubstr("{ DrydockSehLeave(&DrydockSeh_1); { h(1); } continue; }"),
                          HasSubstr("{ DrydockSehLeave(&DrydockSeh_1); { h(1); } goto x; }"), HasSubstr("{ h(0); }"),
                          HasSubstr("else { { h(1); } DrydockSehUnwind(&DrydockSeh_1); }"), HasSubstr("x: return 0;")));
}

TEST(DialectSeh, JumpsWithinTheBodyStayJumps) {
  const std::string text =
      Body("void f(void) { __try { while (a) { if (b) break; continue; } switch (c) { case 1: break; default: break; } do break; while (0); for (;;) if (x) break; goto l; l: ; } __finally { h(); } }");
  EXPECT_EQ(Count(text, "h();"), 2u) << text;
}

TEST(DialectSeh, ASwitchAroundTheBodyIsLeftByBreakAndAnInnerOneIsNotByContinue) {
  const std::string text = Body("void f(void) { for (;;) { __try { switch (a) { case 1: continue; } break; } __finally { h(); } } }");
  EXPECT_EQ(Count(text, "h();"), 4u) << text;
}

TEST(DialectSeh, LeaveGoesToTheEndOfTheInnermostBody) {
  const std::string text = Body("void f(void) { __try { __try { __leave; } __except (1) { __leave; } } __finally { h(AbnormalTermination()); } }");
  EXPECT_THAT(text, AllOf(HasSubstr("goto DrydockSehEnd_2;"), HasSubstr("goto DrydockSehEnd_1;"), HasSubstr(" DrydockSehEnd_1: ;"), HasSubstr(" DrydockSehEnd_2: ;")));
}

TEST(DialectSeh, AReturnLeavesAllScopesFromTheInside) {
  const std::string text = Body("int f(void) { __try { __try { __try { return 0; } __except (1) { } } __finally { in(); } } __finally { out(); } }");
  EXPECT_THAT(text, HasSubstr("{ DrydockSehLeave(&DrydockSeh_3); DrydockSehLeave(&DrydockSeh_2); { in(); } DrydockSehLeave(&DrydockSeh_1); { out(); } return  0; }"));
}

TEST(DialectSeh, LabelsOfCopiesAreTheirOwn) {
  const std::string text = Body("void f(void) { __try { return; } __finally { if (a) goto l; b(); l: ; } }");
  EXPECT_EQ(Count(text, " l: ;"), 1u) << text;
  EXPECT_EQ(Count(text, "goto l;"), 1u) << text;
  EXPECT_EQ(Count(text, "goto l_Drydock"), 2u) << text;
}

TEST(DialectSeh, LinesStayWhereTheyWere) {
  const std::string source =
      "void f(void)\n{\n  __try {\n# 40 \"g.h\"\n    return\n;\n  }\n  __finally\n  {\n    h();\n    i();\n  }\n  __try\n  {\n  } __except (\n1)\n{\n}\n}\n";
  const std::string text = Body(source);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), std::count(source.begin(), source.end(), '\n')) << text;
}

TEST(DialectSeh, CxxLibrariesMayHaveMadeTryOfIt) {
  const std::string text = Body("void f() { try { a(); } __except (1) { b(); } try { c(); } catch (...) { d(); } }", true);
  EXPECT_THAT(text, AllOf(HasSubstr("DrydockSehFiltered(&DrydockSeh_1, (int)(1))"), HasSubstr("try { c(); } catch (...) { d(); }")));
}

TEST(DialectSeh, AFunctionWithinAFunctionIsAWorldOfItsOwn) {
  const std::string text = Body("void f() { __try { auto l = [] { return 1; }; l(); } __finally { h(); } }", true);
  EXPECT_EQ(Count(text, "h();"), 2u) << text;
}

TEST(DialectSeh, BrokenTextDoesNoHarm) {
  for (const char* text : {"__try", "__try {", "__try { } __except", "__try { } __except (", "__try { } __finally", "__try { } __finally {", "__except", "__leave;",
                           "void f(void) { __try { return } __finally { }", "__try { break __finally }"}) {
    const SehResult result = TranslateSeh(text, false);
    EXPECT_FALSE(result.used && result.text.empty()) << text;
  }
}

TEST(DialectSeh, SourcesThatMayUseItAreFound) {
  EXPECT_TRUE(MayUseSeh("#define TRY __try"));
  EXPECT_TRUE(MayUseSeh("try { x(); } except (1) { }"));
  EXPECT_TRUE(MayUseSeh("try { leave; } finally { }"));
  EXPECT_FALSE(MayUseSeh("int exception, finally_done;"));
}

TEST(DialectSeh, AFunctionWithExceptionsIsNotForcedInline) {
  const auto translate = [](std::string_view text, bool cxx) { return TranslateSeh(text, cxx).text; };
  const std::string body = "void f(void) { __try { g(); } __except (1) { } }";
  EXPECT_NE(translate("inline __attribute__((always_inline)) " + body, false).find("\nstatic __attribute__((noinline)) void f(void) {"), std::string::npos);
  EXPECT_NE(translate("static inline __attribute__((always_inline)) " + body, false).find("static  __attribute__((noinline)) void f(void) {"), std::string::npos);
  EXPECT_NE(translate("namespace n { inline __attribute__((always_inline)) " + body + " }", true).find("inline __attribute__((noinline)) void f(void) {"), std::string::npos);
  const std::string other = "inline __attribute__((always_inline)) int h(void) { return 1; } struct s { int x; };\n";
  EXPECT_NE(translate(other + body, false).find(other), std::string::npos);
}

}  // namespace
}  // namespace drydock::tools
