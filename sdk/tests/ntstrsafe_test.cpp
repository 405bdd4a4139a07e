#include <gtest/gtest.h>
#include <ntstrsafe.h>

#include <string>

#include "doubles.h"

namespace {

template <size_t N>
std::u16string Text(const WCHAR (&buffer)[N]) {
  size_t n = 0;
  while (n < N && buffer[n] != 0) ++n;
  EXPECT_LT(n, N) << "not terminated";
  return std::u16string(buffer, n);
}

TEST(StringCopy, FitsWithItsTerminator) {
  WCHAR to[4];
  EXPECT_EQ(RtlStringCchCopyW(to, 4, u"abc"), STATUS_SUCCESS);
  EXPECT_EQ(Text(to), u"abc");
}

TEST(StringCopy, CutsTerminatesAndSaysSo) {
  WCHAR to[4];
  EXPECT_EQ(RtlStringCchCopyW(to, 4, u"abcd"), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(Text(to), u"abc");
  char narrow[3];
  EXPECT_EQ(RtlStringCbCopyA(narrow, sizeof narrow, "abc"), STATUS_BUFFER_OVERFLOW);
  EXPECT_STREQ(narrow, "ab");
}

TEST(StringCopy, BytesOfAWideBufferAreHalfAsManyCharacters) {
  WCHAR to[8];
  to[2] = u'!';
  EXPECT_EQ(RtlStringCbCopyW(to, 3 * sizeof(WCHAR) + 1, u"abc"), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(Text(to), u"ab");
}

TEST(StringCopy, SizesOfNothingOrTooMuchAreInvalidAndTouchNothing) {
  WCHAR to[2] = {u'x', 0};
  EXPECT_EQ(RtlStringCchCopyW(to, 0, u"a"), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlStringCchCopyW(to, static_cast<size_t>(NTSTRSAFE_MAX_CCH) + 1, u"a"), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlStringCbCopyW(to, 1, u"a"), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(to[0], u'x');
}

TEST(StringCopyN, StopsAtTheCount) {
  char to[8];
  EXPECT_EQ(RtlStringCchCopyNA(to, sizeof to, "abcdef", 3), STATUS_SUCCESS);
  EXPECT_STREQ(to, "abc");
  EXPECT_EQ(RtlStringCchCopyNA(to, sizeof to, "ab", 5), STATUS_SUCCESS);
  EXPECT_STREQ(to, "ab");
  EXPECT_EQ(RtlStringCchCopyNA(to, 3, "abcdef", 5), STATUS_BUFFER_OVERFLOW);
  EXPECT_STREQ(to, "ab");
}

TEST(StringCat, AppendsAndCuts) {
  WCHAR to[6] = u"ab";
  EXPECT_EQ(RtlStringCchCatW(to, 6, u"cd"), STATUS_SUCCESS);
  EXPECT_EQ(Text(to), u"abcd");
  EXPECT_EQ(RtlStringCchCatW(to, 6, u"ef"), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(Text(to), u"abcde");
  EXPECT_EQ(RtlStringCchCatNW(to, 6, u"zz", 0), STATUS_SUCCESS);
}

TEST(StringCat, AnUnterminatedDestinationIsInvalid) {
  WCHAR to[3] = {u'a', u'b', u'c'};
  EXPECT_EQ(RtlStringCchCatW(to, 3, u"d"), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(to[2], u'c');
}

TEST(StringLength, CountsUpToTheLimit) {
  size_t length = 99;
  EXPECT_EQ(RtlStringCchLengthW(u"abc", 4, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 3u);
  EXPECT_EQ(RtlStringCbLengthW(u"abc", 8, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 6u);
  EXPECT_EQ(RtlStringCchLengthW(u"abc", 3, &length), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(length, 0u);
  EXPECT_EQ(RtlStringCchLengthA(nullptr, 3, &length), STATUS_INVALID_PARAMETER);
}

TEST(StringPrintf, FormatsCutsAndTerminates) {
  char to[6];
  EXPECT_EQ(RtlStringCchPrintfA(to, sizeof to, "%d-%s", 12, "ab"), STATUS_SUCCESS);
  EXPECT_STREQ(to, "12-ab");
  EXPECT_EQ(RtlStringCchPrintfA(to, sizeof to, "%d-%s", 12, "abc"), STATUS_BUFFER_OVERFLOW);
  EXPECT_STREQ(to, "12-ab");
  WCHAR wide[4];
  EXPECT_EQ(RtlStringCbPrintfW(wide, sizeof wide, u"%d", 123), STATUS_SUCCESS);
  EXPECT_EQ(Text(wide), u"123");
  EXPECT_EQ(RtlStringCbPrintfW(wide, sizeof wide, u"%d", 1234), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(Text(wide), u"123");
  EXPECT_EQ(RtlStringCchPrintfA(to, 0, "x"), STATUS_INVALID_PARAMETER);
  char one[1];
  EXPECT_EQ(RtlStringCchPrintfA(one, 1, "x"), STATUS_BUFFER_OVERFLOW);
  EXPECT_STREQ(one, "");
}

TEST(StringEx, TellsTheEndAndWhatIsLeft) {
  WCHAR to[8];
  PWSTR end = nullptr;
  size_t remaining = 0;
  EXPECT_EQ(RtlStringCchCopyExW(to, 8, u"abc", &end, &remaining, 0), STATUS_SUCCESS);
  EXPECT_EQ(end, to + 3);
  EXPECT_EQ(remaining, 5u);
  EXPECT_EQ(RtlStringCbCatExW(to, sizeof to, u"de", &end, &remaining, 0), STATUS_SUCCESS);
  EXPECT_EQ(end, to + 5);
  EXPECT_EQ(remaining, 3 * sizeof(WCHAR));
  EXPECT_EQ(RtlStringCchPrintfExW(to, 8, &end, &remaining, 0, u"%d", 123456789), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(end, to + 7);
  EXPECT_EQ(remaining, 1u);
}

TEST(StringEx, FillsBehindOnSuccessAndEverythingOnFailure) {
  char to[8];
  EXPECT_EQ(RtlStringCchCopyExA(to, sizeof to, "ab", nullptr, nullptr, STRSAFE_FILL_BYTE(0x5A)), STATUS_SUCCESS);
  EXPECT_EQ(std::string(to, sizeof to), std::string("ab\0ZZZZZ", 8));
  EXPECT_EQ(RtlStringCchCopyExA(to, 4, "abcd", nullptr, nullptr, STRSAFE_FAILURE_BYTE(0x5A)), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(std::string(to, 4), std::string("ZZZ\0", 4));
}

TEST(StringEx, NullOnFailureAndNoTruncationKeepNothingOfTheCutText) {
  char to[4] = "x";
  EXPECT_EQ(RtlStringCchCopyExA(to, 4, "abcd", nullptr, nullptr, STRSAFE_NULL_ON_FAILURE), STATUS_BUFFER_OVERFLOW);
  EXPECT_STREQ(to, "");
  char cat[4] = "x";
  EXPECT_EQ(RtlStringCchCatExA(cat, 4, "abcd", nullptr, nullptr, STRSAFE_NO_TRUNCATION), STATUS_BUFFER_OVERFLOW);
  EXPECT_STREQ(cat, "x");
}

TEST(StringEx, IgnoreNullsTakesNullForEmpty) {
  char to[4] = "xyz";
  EXPECT_EQ(RtlStringCchCopyExA(to, 4, nullptr, nullptr, nullptr, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
  EXPECT_STREQ(to, "");
  EXPECT_EQ(RtlStringCchCopyExA(nullptr, 0, nullptr, nullptr, nullptr, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
  EXPECT_EQ(RtlStringCchCopyExA(nullptr, 0, "a", nullptr, nullptr, STRSAFE_IGNORE_NULLS), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlStringCchCopyExA(nullptr, 4, "a", nullptr, nullptr, STRSAFE_IGNORE_NULLS), STATUS_INVALID_PARAMETER);
}

TEST(StringEx, UnknownFlagsAreInvalid) {
  char to[4];
  EXPECT_EQ(RtlStringCchCopyExA(to, 4, "a", nullptr, nullptr, 0x10000), STATUS_INVALID_PARAMETER);
}

TEST(StringEx, CountedStringsAreCopiedAndTerminated) {
  WCHAR text[] = {'a', 'b', 'c', 'd'};  // no terminator
  UNICODE_STRING counted = {6, 8, reinterpret_cast<PWCH>(text)};
  WCHAR to[4] = {'x', 'x', 'x', 'x'};
  EXPECT_EQ(RtlStringCchCopyUnicodeString(to, 4, &counted), STATUS_SUCCESS);
  EXPECT_EQ(to[2], 'c');
  EXPECT_EQ(to[3], 0);
  EXPECT_EQ(RtlStringCbCopyUnicodeString(to, 6, &counted), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(to[2], 0);
  size_t remaining = 9;
  PWSTR end = nullptr;
  EXPECT_EQ(RtlStringCbCopyUnicodeStringEx(to, sizeof to, &counted, &end, &remaining, 0), STATUS_SUCCESS);
  EXPECT_EQ(end, to + 3);
  EXPECT_EQ(remaining, 2u);
  const UNICODE_STRING empty = {0, 0, nullptr};
  EXPECT_EQ(RtlStringCchCopyUnicodeString(to, 4, &empty), STATUS_SUCCESS);
  EXPECT_EQ(to[0], 0);
  EXPECT_EQ(RtlStringCchCopyUnicodeStringEx(to, 4, nullptr, nullptr, nullptr, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
  counted.Length = 5;
  EXPECT_EQ(RtlStringCchCopyUnicodeString(to, 4, &counted), STATUS_INVALID_PARAMETER);
}

}  // namespace
