#include <gtest/gtest.h>

#include "doubles.h"

namespace {

TEST(Interlocked, IncrementDecrementAndAddGiveTheNewValue) {
  LONG value = MAXLONG;
  EXPECT_EQ(InterlockedIncrement(&value), MINLONG);  // wraps, as the instruction does
  EXPECT_EQ(InterlockedDecrement(&value), MAXLONG);
  LONG64 wide = 5;
  EXPECT_EQ(InterlockedAdd64(&wide, -7), -2);
}

TEST(Interlocked, ExchangesGiveTheOldValue) {
  LONG value = 5;
  EXPECT_EQ(InterlockedExchangeAdd(&value, 3), 5);
  EXPECT_EQ(InterlockedExchange(&value, 1), 8);
  EXPECT_EQ(InterlockedOr(&value, 6), 1);
  EXPECT_EQ(InterlockedAnd(&value, 3), 7);
  EXPECT_EQ(InterlockedXor(&value, 1), 3);
  EXPECT_EQ(value, 2);
}

TEST(Interlocked, CompareExchangeStoresOnlyOnAMatch) {
  LONG value = 5;
  EXPECT_EQ(InterlockedCompareExchange(&value, 9, 4), 5);
  EXPECT_EQ(value, 5);
  EXPECT_EQ(InterlockedCompareExchange(&value, 9, 5), 5);
  EXPECT_EQ(value, 9);
  PVOID pointer = nullptr;
  EXPECT_EQ(InterlockedCompareExchangePointer(&pointer, &value, nullptr), nullptr);
  EXPECT_EQ(InterlockedExchangePointer(&pointer, nullptr), &value);
}

TEST(Interlocked, BitTestsReachBeyondTheFirstLong) {
  LONG bits[2] = {};
  EXPECT_FALSE(InterlockedBitTestAndSet(bits, 33));
  EXPECT_TRUE(InterlockedBitTestAndSet(bits, 33));
  EXPECT_EQ(bits[1], 2);
  EXPECT_TRUE(InterlockedBitTestAndReset(bits, 33));
  EXPECT_FALSE(InterlockedBitTestAndReset(bits, 33));
}

}  // namespace
