#include <gtest/gtest.h>
#include <ntintsafe.h>

#include "doubles.h"

namespace {

TEST(SafeIntegers, AdditionStopsAtTheTypesEnd) {
  ULONG result = 0;
  EXPECT_EQ(RtlULongAdd(MAXULONG - 1, 1, &result), STATUS_SUCCESS);
  EXPECT_EQ(result, MAXULONG);
  EXPECT_EQ(RtlULongAdd(MAXULONG, 1, &result), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(result, ULONG_ERROR);
  LONG negative = 0;
  EXPECT_EQ(RtlLongAdd(MAXLONG, 1, &negative), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(negative, -1);
  USHORT narrow = 0;
  EXPECT_EQ(RtlUShortAdd(0xffff, 1, &narrow), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(narrow, 0xffff);
}

TEST(SafeIntegers, SubtractionBelowZeroIsOverflow) {
  SIZE_T result = 0;
  EXPECT_EQ(RtlSizeTSub(5, 5, &result), STATUS_SUCCESS);
  EXPECT_EQ(result, 0u);
  EXPECT_EQ(RtlSizeTSub(5, 6, &result), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(result, SIZE_T_ERROR);
}

TEST(SafeIntegers, MultiplicationKnowsTheWidth) {
  ULONG narrow = 0;
  EXPECT_EQ(RtlULongMult(0x10000, 0x10000, &narrow), STATUS_INTEGER_OVERFLOW);
  ULONGLONG wide = 0;
  EXPECT_EQ(RtlULongLongMult(0x100000000ULL, 0xffffffffULL, &wide), STATUS_SUCCESS);
  EXPECT_EQ(RtlULongLongMult(0x100000000ULL, 0x100000000ULL, &wide), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(wide, ULONGLONG_ERROR);
}

TEST(SafeIntegers, ConversionsRefuseWhatDoesNotFit) {
  USHORT narrow = 0;
  EXPECT_EQ(RtlULongToUShort(0xffff, &narrow), STATUS_SUCCESS);
  EXPECT_EQ(RtlULongToUShort(0x10000, &narrow), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(narrow, 0xffff);
  ULONG word = 0;
  EXPECT_EQ(RtlLongToULong(-1, &word), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(RtlSizeTToULong(0x100000000ULL, &word), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(RtlULongLongToULong(7, &word), STATUS_SUCCESS);
  EXPECT_EQ(word, 7u);
  LONG negative = 0;
  EXPECT_EQ(RtlULongToLong(0x80000000u, &negative), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(negative, -1);
  INT8 small_value = 0;
  EXPECT_EQ(RtlIntToInt8(-128, &small_value), STATUS_SUCCESS);
  EXPECT_EQ(RtlIntToInt8(-129, &small_value), STATUS_INTEGER_OVERFLOW);
}

}  // namespace
