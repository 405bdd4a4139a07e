// Counted strings, their conversions, numbers in text, GUIDs.
#include <ntddk.h>

#include <string>

#include "nt/rtl/upcase.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class StringsTest : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }
  static UNICODE_STRING Text(std::u16string_view text) {
    auto bytes = static_cast<USHORT>(text.size() * 2);
    return {bytes, bytes, reinterpret_cast<PWCH>(const_cast<char16_t*>(text.data()))};
  }
  static PCWSTR W(const char16_t* text) { return reinterpret_cast<PCWSTR>(text); }
  static STRING Narrow(std::string_view text) {
    auto bytes = static_cast<USHORT>(text.size());
    return {bytes, bytes, const_cast<char*>(text.data())};
  }
  static std::u16string Of(const UNICODE_STRING& text) { return {reinterpret_cast<char16_t*>(text.Buffer), text.Length / 2u}; }
};

TEST_F(StringsTest, AnInitialisedStringCountsWithoutItsZero) {
  UNICODE_STRING text;
  RtlInitUnicodeString(&text, W(u"abc"));
  EXPECT_EQ(text.Length, 6);
  EXPECT_EQ(text.MaximumLength, 8);
  RtlInitUnicodeString(&text, nullptr);
  EXPECT_EQ(text.Length, 0);
  EXPECT_EQ(text.MaximumLength, 0);
  EXPECT_EQ(text.Buffer, nullptr);
  std::u16string longest(0x8000, u'x');
  EXPECT_EQ(RtlInitUnicodeStringEx(&text, reinterpret_cast<PCWSTR>(longest.c_str())), STATUS_NAME_TOO_LONG);
  STRING narrow;
  RtlInitString(&narrow, "ab");
  EXPECT_EQ(narrow.Length, 2);
  EXPECT_EQ(narrow.MaximumLength, 3);
}

TEST_F(StringsTest, ComparingFollowsCodeUnitsAndCase) {
  UNICODE_STRING a = Text(u"Abc"), b = Text(u"aBC"), c = Text(u"abcd"), bcd = Text(u"BCD");
  EXPECT_FALSE(RtlEqualUnicodeString(&a, &b, FALSE));
  EXPECT_TRUE(RtlEqualUnicodeString(&a, &b, TRUE));
  EXPECT_LT(RtlCompareUnicodeString(&a, &b, FALSE), 0);
  EXPECT_LT(RtlCompareUnicodeString(&a, &c, TRUE), 0);
  EXPECT_TRUE(RtlPrefixUnicodeString(&b, &c, TRUE));
  EXPECT_FALSE(RtlPrefixUnicodeString(&c, &b, TRUE));
  EXPECT_TRUE(RtlSuffixUnicodeString(&bcd, &c, TRUE));
  EXPECT_FALSE(RtlSuffixUnicodeString(&bcd, &c, FALSE));
  STRING x = Narrow("Ab"), y = Narrow("aBc");
  EXPECT_TRUE(RtlPrefixString(&x, &y, TRUE));
  EXPECT_FALSE(RtlEqualString(&x, &y, TRUE));
  ULONG one, two;
  EXPECT_EQ(RtlHashUnicodeString(&a, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &one), STATUS_SUCCESS);
  EXPECT_EQ(RtlHashUnicodeString(&b, TRUE, HASH_STRING_ALGORITHM_X65599, &two), STATUS_SUCCESS);
  EXPECT_EQ(one, two);
  EXPECT_EQ(one, (u'A' * 65599u + u'B') * 65599u + u'C');
  EXPECT_EQ(RtlHashUnicodeString(&a, TRUE, HASH_STRING_ALGORITHM_INVALID, &one), STATUS_INVALID_PARAMETER);
}

TEST_F(StringsTest, CopyCutsAndAppendRefuses) {
  WCHAR buffer[4] = {u'x', u'x', u'x', u'x'};
  UNICODE_STRING to = {0, 6, buffer}, from = Text(u"abcd"), one = Text(u"a");
  RtlCopyUnicodeString(&to, &from);
  EXPECT_EQ(Of(to), u"abc");
  EXPECT_EQ(buffer[3], u'x');  // not beyond MaximumLength
  EXPECT_EQ(RtlAppendUnicodeStringToString(&to, &one), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(Of(to), u"abc");  // unchanged
  RtlCopyUnicodeString(&to, &one);
  EXPECT_EQ(RtlAppendUnicodeToString(&to, W(u"b")), STATUS_SUCCESS);
  EXPECT_EQ(Of(to), u"ab");
  EXPECT_EQ(buffer[2], 0);
  RtlCopyUnicodeString(&to, nullptr);
  EXPECT_EQ(to.Length, 0);
}

TEST_F(StringsTest, UpperAndLowerCaseUndoEachOther) {
  int pairs = 0;
  for (uint32_t c = 0; c < 0x10000; ++c) {
    auto unit = static_cast<char16_t>(c);
    char16_t up = rtl::Upcase(unit), down = rtl::Downcase(unit);
    EXPECT_EQ(rtl::Upcase(up), up) << std::hex << c;
    EXPECT_EQ(rtl::Downcase(down), down) << std::hex << c;
    if (up != unit) {
      EXPECT_EQ(rtl::Downcase(up), unit) << std::hex << c;
      ++pairs;
    }
    if (down != unit) EXPECT_EQ(rtl::Upcase(down), unit) << std::hex << c;
  }
  EXPECT_GT(pairs, 250);
  EXPECT_EQ(RtlUpcaseUnicodeChar(0xE4), 0xC4);
  EXPECT_EQ(RtlDowncaseUnicodeChar(0x416), 0x436);
  UNICODE_STRING from = Text(u"stra\u00DFe \u00E9"), to;
  ASSERT_EQ(RtlUpcaseUnicodeString(&to, &from, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(Of(to), u"STRA\u00DFE \u00C9");
  RtlFreeUnicodeString(&to);
  EXPECT_EQ(to.Buffer, nullptr);
}

TEST_F(StringsTest, EightAndSixteenBitTextTurnIntoEachOther) {
  STRING narrow = Narrow("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80.");
  UNICODE_STRING wide;
  ASSERT_EQ(RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(Of(wide), u"\u00E4\u20AC\U0001F600.");
  EXPECT_EQ(wide.Buffer[wide.Length / 2], 0);
  STRING back;
  ASSERT_EQ(RtlUnicodeStringToAnsiString(&back, &wide, TRUE), STATUS_SUCCESS);
  EXPECT_TRUE(RtlEqualString(&back, &narrow, FALSE));
  ULONG bytes;
  EXPECT_EQ(RtlUnicodeToMultiByteSize(&bytes, wide.Buffer, wide.Length), STATUS_SUCCESS);
  EXPECT_EQ(bytes, narrow.Length);
  EXPECT_EQ(RtlMultiByteToUnicodeSize(&bytes, narrow.Buffer, narrow.Length), STATUS_SUCCESS);
  EXPECT_EQ(bytes, wide.Length);
  RtlFreeAnsiString(&back);
  // Too small a buffer.
  CHAR small[3];
  back = {0, sizeof small, small};
  EXPECT_EQ(RtlUnicodeStringToAnsiString(&back, &wide, FALSE), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(RtlUnicodeToUTF8N(small, sizeof small, &bytes, wide.Buffer, wide.Length), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlUnicodeToMultiByteN(small, sizeof small, &bytes, wide.Buffer, wide.Length), STATUS_SUCCESS);
  EXPECT_EQ(std::string(small, bytes), "\xC3\xA4");  // cut, never inside a character
  RtlFreeUnicodeString(&wide);
}

TEST_F(StringsTest, IllFormedTextIsReplacedNotTrusted) {
  WCHAR wide[8];
  ULONG bytes;
  for (std::string_view bad : {"\xC3", "\x80", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_EQ(RtlMultiByteToUnicodeN(wide, sizeof wide, &bytes, bad.data(), static_cast<ULONG>(bad.size())), STATUS_SUCCESS);
    EXPECT_GE(bytes, 2u);
    EXPECT_EQ(wide[0], 0xFFFD);
  }
  WCHAR half = 0xD800;
  CHAR narrow[4];
  EXPECT_EQ(RtlUnicodeToMultiByteN(narrow, sizeof narrow, &bytes, &half, 2), STATUS_SUCCESS);
  EXPECT_EQ(std::string(narrow, bytes), "\xEF\xBF\xBD");
}

TEST_F(StringsTest, DuplicatesOwnTheirBuffer) {
  UNICODE_STRING from = Text(u"abc"), empty = Text(u""), to;
  ASSERT_EQ(RtlDuplicateUnicodeString(1, &from, &to), STATUS_SUCCESS);
  EXPECT_EQ(to.MaximumLength, 8);
  EXPECT_EQ(to.Buffer[3], 0);
  RtlFreeUnicodeString(&to);
  ASSERT_EQ(RtlDuplicateUnicodeString(0, &empty, &to), STATUS_SUCCESS);
  EXPECT_EQ(to.Buffer, nullptr);
  EXPECT_EQ(RtlDuplicateUnicodeString(2, &from, &to), STATUS_INVALID_PARAMETER);
  ASSERT_TRUE(RtlCreateUnicodeString(&to, W(u"")));
  EXPECT_NE(to.Buffer, nullptr);
  RtlFreeUnicodeString(&to);
}

TEST_F(StringsTest, NumbersAreReadInTheirBase) {
  const struct {
    const char16_t* text;
    ULONG base, value;
  } kCases[] = {{u"42", 0, 42},     {u"0x2A", 0, 42},       {u"0o52", 0, 42}, {u"0b101010", 0, 42}, {u"  -1", 10, 0xFFFFFFFF},
                {u"+7x", 10, 7},    {u"FFFFFFFF", 16, ~0u}, {u"129", 8, 10},  {u"", 10, 0},         {u"z", 16, 0}};
  for (const auto& one : kCases) {
    UNICODE_STRING text = Text(one.text);
    ULONG value = 99;
    EXPECT_EQ(RtlUnicodeStringToInteger(&text, one.base, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, one.value);
  }
  UNICODE_STRING text = Text(u"1");
  ULONG value;
  EXPECT_EQ(RtlUnicodeStringToInteger(&text, 7, &value), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlCharToInteger("0x10", 0, &value), STATUS_SUCCESS);
  EXPECT_EQ(value, 16u);
  UNICODE_STRING huge = Text(u"99999999999999999999");
  LONG64 wide;
  EXPECT_EQ(RtlUnicodeStringToInt64(&huge, 10, &wide, nullptr), STATUS_INTEGER_OVERFLOW);
}

TEST_F(StringsTest, NumbersAreWrittenInTheirBase) {
  WCHAR buffer[9];
  UNICODE_STRING text = {0, sizeof buffer, buffer};
  EXPECT_EQ(RtlIntegerToUnicodeString(0, 0, &text), STATUS_SUCCESS);
  EXPECT_EQ(Of(text), u"0");
  EXPECT_EQ(RtlIntegerToUnicodeString(0xBEEF, 16, &text), STATUS_SUCCESS);
  EXPECT_EQ(Of(text), u"BEEF");
  EXPECT_EQ(RtlIntegerToUnicodeString(~0u, 2, &text), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(RtlIntegerToUnicodeString(1, 3, &text), STATUS_INVALID_PARAMETER);
}

TEST_F(StringsTest, AGuidComesBackFromItsText) {
  const GUID guid = {0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 7, 0xFE}};
  UNICODE_STRING text;
  ASSERT_EQ(RtlStringFromGUID(guid, &text), STATUS_SUCCESS);
  EXPECT_EQ(text.Length, 38 * 2);
  GUID back;
  ASSERT_EQ(RtlGUIDFromString(&text, &back), STATUS_SUCCESS);
  EXPECT_EQ(RtlCompareMemory(&guid, &back, sizeof guid), sizeof guid);
  text.Buffer[9] = u'_';
  EXPECT_EQ(RtlGUIDFromString(&text, &back), STATUS_INVALID_PARAMETER);
  text.Length -= 2;
  EXPECT_EQ(RtlGUIDFromString(&text, &back), STATUS_INVALID_PARAMETER);
  RtlFreeUnicodeString(&text);
}

}  // namespace
}  // namespace drydock::nt
