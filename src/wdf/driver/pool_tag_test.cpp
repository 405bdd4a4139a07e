#include <gtest/gtest.h>

#include <string>

#include "wdf/driver/binding.h"

namespace drydock::wdf {
namespace {

std::string Tag(uint32_t configured, std::string_view service) {
  const uint32_t tag = DefaultPoolTag(configured, service);
  std::string text;
  for (int i = 0; i < 4; ++i) text += static_cast<char>(tag >> (8 * i));
  return text;
}

// DEVX-9, IOT-8.03.
TEST(PoolTag, TheConfiguredOneWins) { EXPECT_EQ(Tag('t' | 's' << 8 | 'e' << 16 | 'T' << 24, "echo"), "tseT"); }

TEST(PoolTag, DdkCountsAsNoneConfigured) { EXPECT_EQ(Tag('D' | 'd' << 8 | 'k' << 16 | ' ' << 24, "echo"), "echo"); }

TEST(PoolTag, FirstFourCharactersOfTheServiceName) { EXPECT_EQ(Tag(0, "toaster"), "toas"); }

TEST(PoolTag, ALeadingWdfInAnyCaseIsLeftOut) {
  EXPECT_EQ(Tag(0, "WdfSimple"), "Simp");
  EXPECT_EQ(Tag(0, "wdffour"), "four");
}

TEST(PoolTag, ARestOfThreeIsPaddedWithZero) { EXPECT_EQ(Tag(0, "wdfabc"), std::string("abc\0", 4)); }

TEST(PoolTag, TwoOrFewerGiveFxDr) {
  EXPECT_EQ(Tag(0, "wdfab"), "FxDr");
  EXPECT_EQ(Tag(0, "ab"), "FxDr");
  EXPECT_EQ(Tag(0, ""), "FxDr");
}

}  // namespace
}  // namespace drydock::wdf
