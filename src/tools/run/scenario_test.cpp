#include "tools/run/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::tools {
namespace {

using testing::HasSubstr;

std::string WhyNot(const std::string& text) {
  try {
    ParseScenario(text, "x.txt");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Scenario, AWholeOneIsUnderstood) {
  auto commands = ParseScenario(
      "# a comment\n"
      "open f 2\n"
      "write f \"a \\\"b\\\" \\x41\\n\" at 0x10 expect 8 bytes\n"
      "ioctl f 0x222004 in hex:00ff out 16 expect STATUS_SUCCESS\n"
      "start r read f 5\n"
      "wait r within 500ms expect STATUS_TIMEOUT\n"
      "tasks 8 times 1250 {\n  open g\n  read g 1 expect \"x\"\n}\n",
      "x.txt");
  ASSERT_EQ(commands.size(), 6u);
  EXPECT_EQ(commands[0].number, 2);
  EXPECT_EQ(commands[1].data, "a \"b\" A\n");
  EXPECT_EQ(commands[1].offset, 16);
  EXPECT_EQ(commands[1].expect.bytes, 8u);
  EXPECT_EQ(commands[2].data, std::string("\0\xff", 2));
  EXPECT_EQ(commands[2].length, 16u);
  EXPECT_EQ(commands[4].time, std::chrono::milliseconds(500));
  EXPECT_EQ(commands[5].times, 1250);
  ASSERT_EQ(commands[5].body.size(), 2u);
  EXPECT_EQ(commands[5].body[1].expect.data, "x");
}

TEST(Scenario, MistakesAreToldWithFileAndLine) {
  EXPECT_EQ(WhyNot("open f\nfrobnicate f\n"), "x.txt:2: unknown verb 'frobnicate'");
  EXPECT_THAT(WhyNot("read f\n"), HasSubstr("how many bytes is missing"));
  EXPECT_THAT(WhyNot("read f 5x\n"), HasSubstr("'5x' is no number"));
  EXPECT_THAT(WhyNot("read f 99999999999\n"), HasSubstr("no number"));
  EXPECT_THAT(WhyNot("write f \"open end\n"), HasSubstr("has no end"));
  EXPECT_THAT(WhyNot("write f hex:123\n"), HasSubstr("half a byte"));
  EXPECT_THAT(WhyNot("write f hex:zz\n"), HasSubstr("no hexadecimal digit"));
  EXPECT_THAT(WhyNot("read f 5 expect STATUS_NO_SUCH_STATUS\n"), HasSubstr("is no status"));
  EXPECT_THAT(WhyNot("advance 5 parsecs\n"), HasSubstr("is no time"));
  EXPECT_THAT(WhyNot("power 1 D7\n"), HasSubstr("no device power state"));
  EXPECT_THAT(WhyNot("tasks 2 {\nread f 1\n"), HasSubstr("no closing"));
  EXPECT_THAT(WhyNot("}\n"), HasSubstr("without tasks"));
  EXPECT_THAT(WhyNot("start r open f\n"), HasSubstr("cannot be started"));
}

}  // namespace
}  // namespace drydock::tools
