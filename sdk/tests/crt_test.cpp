// Runs the checks of crt_checks.c, which is compiled as a driver is.
#include <gtest/gtest.h>

extern "C" {
const char* DrydockCrtWideStrings(void);
const char* DrydockCrtSafeForms(void);
const char* DrydockCrtPrintf(void);
}

namespace {

std::string Held(const char* failed) { return failed == nullptr ? "all held" : failed; }

TEST(DriverCrt, WideStringsAreSixteenBit) { EXPECT_EQ(Held(DrydockCrtWideStrings()), "all held"); }
TEST(DriverCrt, SafeFormsFailWithAnEmptyString) { EXPECT_EQ(Held(DrydockCrtSafeForms()), "all held"); }
TEST(DriverCrt, PrintfTruncatesAsOnWindows) { EXPECT_EQ(Held(DrydockCrtPrintf()), "all held"); }

}  // namespace
