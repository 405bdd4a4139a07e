#include <gtest/gtest.h>
#include <ntstrsafe.h>

#include <string>

#include "doubles.h"

namespace {

class CountedString : public ::testing::Test {
 protected:
  void SetUp() override {
    for (WCHAR& c : buffer_) c = u'#';
    RtlInitEmptyUnicodeString(&to_, buffer_, 4 * sizeof(WCHAR));
  }
  std::u16string Text() const { return std::u16string(to_.Buffer, to_.Length / sizeof(WCHAR)); }
  static UNICODE_STRING Of(const char16_t* text) {
    const size_t bytes = std::u16string(text).size() * sizeof(WCHAR);
    return {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes), const_cast<PWSTR>(text)};
  }
  WCHAR buffer_[8];
  UNICODE_STRING to_;
};

TEST_F(CountedString, MayUseItsWholeRoomAndIsNotTerminated) {
  EXPECT_EQ(RtlUnicodeStringCopyString(&to_, u"abcd"), STATUS_SUCCESS);
  EXPECT_EQ(Text(), u"abcd");
  EXPECT_EQ(buffer_[4], u'#');
}

TEST_F(CountedString, IsCutAtItsRoom) {
  EXPECT_EQ(RtlUnicodeStringCopyString(&to_, u"abcde"), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(Text(), u"abcd");
  EXPECT_EQ(buffer_[4], u'#');
}

TEST_F(CountedString, CopiesAndAppendsCountedStrings) {
  const UNICODE_STRING ab = Of(u"ab"), xyz = Of(u"xyz");
  EXPECT_EQ(RtlUnicodeStringCopy(&to_, &ab), STATUS_SUCCESS);
  EXPECT_EQ(RtlUnicodeStringCat(&to_, &ab), STATUS_SUCCESS);
  EXPECT_EQ(Text(), u"abab");
  EXPECT_EQ(RtlUnicodeStringCchCopyN(&to_, &xyz, 2), STATUS_SUCCESS);
  EXPECT_EQ(RtlUnicodeStringCatString(&to_, u"123"), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(Text(), u"xy12");
}

TEST_F(CountedString, PrintfFillsTheLastCharacterToo) {
  EXPECT_EQ(RtlUnicodeStringPrintf(&to_, u"%d", 1234), STATUS_SUCCESS);
  EXPECT_EQ(Text(), u"1234");
  EXPECT_EQ(RtlUnicodeStringPrintf(&to_, u"%d", 12345), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(Text(), u"1234");
  EXPECT_EQ(buffer_[4], u'#');
}

TEST_F(CountedString, ExGivesTheRestAsAString) {
  UNICODE_STRING rest{};
  EXPECT_EQ(RtlUnicodeStringPrintfEx(&to_, &rest, 0, u"%d", 7), STATUS_SUCCESS);
  EXPECT_EQ(rest.Buffer, buffer_ + 1);
  EXPECT_EQ(rest.MaximumLength, 3 * sizeof(WCHAR));
  EXPECT_EQ(rest.Length, 0);
}

TEST_F(CountedString, WhatIsNotAStringIsInvalidAndUntouched) {
  UNICODE_STRING odd = to_;
  odd.MaximumLength = 7;
  EXPECT_EQ(RtlUnicodeStringCopyString(&odd, u"a"), STATUS_INVALID_PARAMETER);
  UNICODE_STRING too_long = to_;
  too_long.Length = 10;
  EXPECT_EQ(RtlUnicodeStringCatString(&too_long, u"a"), STATUS_INVALID_PARAMETER);
  UNICODE_STRING no_buffer = {0, 8, nullptr};
  EXPECT_EQ(RtlUnicodeStringValidate(&no_buffer), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlUnicodeStringValidate(&to_), STATUS_SUCCESS);
  EXPECT_EQ(RtlUnicodeStringCopyString(&to_, nullptr), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(buffer_[0], u'#');
}

TEST_F(CountedString, InitCountsTheTextAndItsTerminator) {
  UNICODE_STRING string;
  EXPECT_EQ(RtlUnicodeStringInit(&string, u"abc"), STATUS_SUCCESS);
  EXPECT_EQ(string.Length, 6);
  EXPECT_EQ(string.MaximumLength, 8);
  EXPECT_EQ(RtlUnicodeStringInit(&string, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(string.MaximumLength, 0);
  EXPECT_EQ(string.Buffer, nullptr);
  const std::u16string huge(40000, u'x');
  EXPECT_EQ(RtlUnicodeStringInit(&string, huge.c_str()), STATUS_INVALID_PARAMETER);
}

}  // namespace
