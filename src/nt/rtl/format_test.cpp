#include "nt/rtl/format.h"

#include <drydock_text.h>
#include <gtest/gtest.h>
#include <ntddk.h>

namespace drydock::nt::rtl {
namespace {

std::string A(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string text = Format(format, arguments);
  va_end(arguments);
  return text;
}

std::u16string W(const char16_t* format, ...) {
  char16_t buffer[256];
  va_list arguments;
  va_start(arguments, format);
  const size_t length = FormatW(buffer, 256, format, arguments);
  va_end(arguments);
  return std::u16string(buffer, length);
}

struct NumberCase {
  const char* format;
  int64_t value;
  const char* text;
};

TEST(Format, Integers) {
  const NumberCase cases[] = {
      {"%d", -5, "-5"},
      {"%i", 7, "7"},
      {"%u", -1, "4294967295"},
      {"%ld", -1, "-1"},                            // a LONG has 32 bits
      {"%lu", 0x1'0000'0002, "2"},
      {"%lx", static_cast<int64_t>(0xC000'0022), "c0000022"},
      {"%lld", INT64_MIN, "-9223372036854775808"},
      {"%I64d", -3'000'000'000, "-3000000000"},
      {"%I64u", 3'000'000'000, "3000000000"},
      {"%I32d", -9, "-9"},
      {"%Iu", 5'000'000'000, "5000000000"},
      {"%zu", 5'000'000'000, "5000000000"},
      {"%I64x", 0x123456789ABCDEF0, "123456789abcdef0"},
      {"%hd", 0x12345, "9029"},
      {"%hhx", 0x1FF, "ff"},
      {"%08X", 0xBEEF, "0000BEEF"},
      {"%#x", 255, "0xff"},
      {"%#010x", 255, "0x000000ff"},
      {"%#o", 8, "010"},
      {"%5d|", 42, "   42|"},
      {"%-5d|", 42, "42   |"},
      {"%05d", -42, "-0042"},
      {"%+d", 42, "+42"},
      {"% d", 42, " 42"},
      {"%.4d", 42, "0042"},
      {"%8.4d|", 42, "    0042|"},
      {"%.0d", 0, ""},
      {"%p", 0x7FFE12345678, "00007FFE12345678"},
      {"%c", 'x', "x"},
      {"%C", u'x', "x"},
  };
  for (const NumberCase& c : cases) EXPECT_EQ(A(c.format, c.value), c.text) << c.format;
}

TEST(Format, StringsOfBothWidths) {
  const char* narrow = "narrow";
  const char16_t* wide = u"w\u00EFde";
  EXPECT_EQ(A("<%s>", narrow), "<narrow>");
  EXPECT_EQ(A("<%hs>", narrow), "<narrow>");
  EXPECT_EQ(A("<%S>", wide), "<w\u00EFde>");
  EXPECT_EQ(A("<%ws>", wide), "<w\u00EFde>");
  EXPECT_EQ(A("<%ls>", wide), "<w\u00EFde>");
  EXPECT_EQ(A("<%10s>", narrow), "<    narrow>");
  EXPECT_EQ(A("<%-10s>", narrow), "<narrow    >");
  EXPECT_EQ(A("<%.3s>", narrow), "<nar>");
  EXPECT_EQ(A("<%*.*s>", 5, 2, narrow), "<   na>");
  EXPECT_EQ(A("<%s>", nullptr), "<(null)>");
  EXPECT_EQ(A("<%ws>", nullptr), "<(null)>");
  EXPECT_EQ(W(u"<%s>", wide), u"<w\u00EFde>");
  EXPECT_EQ(W(u"<%S>", narrow), u"<narrow>");
  EXPECT_EQ(W(u"<%hs>", narrow), u"<narrow>");
  EXPECT_EQ(W(u"%d%%", 50), u"50%");
}

TEST(Format, APrecisionKeepsAnUnterminatedStringInBounds) {
  const char text[3] = {'a', 'b', 'c'};
  EXPECT_EQ(A("%.3s", text), "abc");
}

TEST(Format, CountedStrings) {
  char16_t wide[] = u"\\Device\\Beep";
  UNICODE_STRING unicode{};
  unicode.Buffer = reinterpret_cast<PWCH>(wide);
  unicode.Length = 14;  // "\Device", not terminated there
  unicode.MaximumLength = sizeof wide;
  char narrow[] = "hello world";
  ANSI_STRING ansi{};
  ansi.Buffer = narrow;
  ansi.Length = 5;
  ansi.MaximumLength = sizeof narrow;
  EXPECT_EQ(A("%wZ|%Z|", &unicode, &ansi), "\\Device|hello|");
  EXPECT_EQ(W(u"%wZ|%Z|", &unicode, &ansi), u"\\Device|hello|");
  EXPECT_EQ(A("%wZ", nullptr), "(null)");
  unicode.Buffer = nullptr;
  EXPECT_EQ(A("%wZ", &unicode), "(null)");
}

TEST(Format, SizesDoNotMixUpWhatFollows) {
  EXPECT_EQ(A("%lx %I64x %d %s", 0x80000000u, uint64_t{1} << 40, -2, "end"), "80000000 10000000000 -2 end");
  EXPECT_EQ(A("%5.2f %d", 3.14159, 7), " 3.14 7");
}

TEST(Format, TellsTheWholeLengthAndStaysInTheBuffer) {
  char buffer[8];
  std::fill(std::begin(buffer), std::end(buffer), '#');
  auto format = [&](size_t capacity, const char* text, ...) {
    va_list arguments;
    va_start(arguments, text);
    const size_t length = FormatA(buffer, capacity, text, arguments);
    va_end(arguments);
    return length;
  };
  EXPECT_EQ(format(5, "%s", "0123456789"), 10u);
  EXPECT_STREQ(buffer, "0123");
  EXPECT_EQ(buffer[5], '#');
  EXPECT_EQ(format(0, "abc"), 3u);
}

TEST(Format, TheSdkFormTerminatesOnlyWhereThereIsRoom) {
  char buffer[8];
  std::fill(std::begin(buffer), std::end(buffer), '#');
  auto format = [&](size_t capacity, const char* text, ...) {
    va_list arguments;
    va_start(arguments, text);
    const int length = DrydockVsnprintfA(buffer, capacity, text, arguments);
    va_end(arguments);
    return length;
  };
  EXPECT_EQ(format(4, "abcdef"), 6);
  EXPECT_EQ(std::string(buffer, 5), "abcd#");
  EXPECT_EQ(format(4, "ab"), 2);
  EXPECT_STREQ(buffer, "ab");
}

TEST(Format, OddFormatsDoNoHarm) {
  EXPECT_EQ(A("100%"), "100");
  EXPECT_EQ(A("%q"), "q");
  int untouched = 5;
  EXPECT_EQ(A("%n.", &untouched), ".");
  EXPECT_EQ(untouched, 5);
  EXPECT_EQ(A("%999999999d", 1).size(), 65536u);
}

}  // namespace
}  // namespace drydock::nt::rtl
