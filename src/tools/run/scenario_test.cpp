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
  EXPECT_TRUE(commands[5].body[1].expect.data->Matches("x"));
}

TEST(Scenario, ModulesAreToldCoolingIsAskedForAndApplicationsAreTypedTo) {
  auto commands = ParseScenario("tell reader insert \"a card\" expect \"in\"\ncool 1 on\ncool fan 50 expect STATUS_SUCCESS\napp a x.so 1\napp b x.so\ntype a \"q\\n\"\n", "x.txt");
  ASSERT_EQ(commands.size(), 6u);
  EXPECT_EQ(commands[0].device, "reader");
  EXPECT_EQ(commands[0].words, (std::vector<std::string>{"insert", "a card"}));
  EXPECT_TRUE(commands[0].expect.data->Matches("in"));
  EXPECT_EQ(commands[1].text, "on");
  EXPECT_EQ(commands[2].length, 50u);
  EXPECT_TRUE(commands[3].more_input);  // its standard input goes on
  EXPECT_FALSE(commands[4].more_input);
  EXPECT_EQ(commands[5].data, "q\n");
  EXPECT_EQ(WhyNot("cool fan 101"), "x.txt:1: '101': at most 100");
  EXPECT_EQ(WhyNot("cool fan -5"), "x.txt:1: cool: 0 to 100 per cent");
  EXPECT_EQ(WhyNot("tell reader"), "x.txt:1: what its hardware is told is missing");
}

TEST(Scenario, FirmwareNotifiesAndItsMethodsChange) {
  auto commands = ParseScenario("notify lid 0x80 expect STATUS_NOT_FOUND\nmethod lid _LID 1\nmethod 2 NAME \"text\"\nmethod 2 BUF0 hex:00ff\nmethod 2 WAIT silent\n", "x.txt");
  ASSERT_EQ(commands.size(), 5u);
  EXPECT_EQ(commands[0].code, 0x80u);
  EXPECT_EQ(commands[0].device, "lid");
  EXPECT_EQ(commands[1].text, "_LID");
  EXPECT_EQ(commands[1].offset, 1);
  EXPECT_EQ(commands[2].data, "text");
  EXPECT_EQ(commands[2].number, 2);
  EXPECT_EQ(commands[3].data, std::string("\0\xff", 2));
  EXPECT_EQ(commands[4].words, std::vector<std::string>{"silent"});
  EXPECT_EQ(WhyNot("method lid _LID"), "x.txt:1: what it returns: a number, data, or silent is missing");
}

TEST(Scenario, DataIsMadeOfParts) {
  EXPECT_EQ(ParseData("u8:1+u16:0x203+u32:-2+u64:7"), std::string("\1\3\2\xfe\xff\xff\xff\7\0\0\0\0\0\0\0", 15));
  EXPECT_EQ(ParseData("\"a+\\\"b\"+wide\"A\xc3\xa9\\0\"+zero:2"), std::string("a+\"b" "A\0\xe9\0\0\0" "\0\0", 12));
  EXPECT_EQ(ParseData("counted\"hi\""), std::string("\4\0h\0i\0", 6));
  EXPECT_EQ(ParseData("guid:{00112233-4455-6677-8899-aabbccddeeff}"),
            std::string("\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16));
  EXPECT_EQ(ParseData("repeat:3:hex:0102"), std::string("\1\2\1\2\1\2"));
  EXPECT_EQ(ParseData("wide\"\xf0\x9f\x9a\xa2\""), std::string("\x3d\xd8\xa2\xde"));
}

TEST(Scenario, WhatIsExpectedMayLeaveBytesOpen) {
  const DataPattern pattern = ParsePattern("u8:1+any:2+u8:4+more");
  EXPECT_TRUE(pattern.Matches(std::string("\1xx\4", 4)));
  EXPECT_TRUE(pattern.Matches(std::string("\1yy\4 and so on", 13)));
  EXPECT_FALSE(pattern.Matches(std::string("\1xx\5", 4)));
  EXPECT_FALSE(pattern.Matches(std::string("\1xx", 3)));
  EXPECT_FALSE(ParsePattern("u8:1").Matches("\1\1"));
  auto commands = ParseScenario("appears \"a pie\" within 2s\nstate 1 started D3\nlog none \"no\"\n", "x.txt");
  EXPECT_EQ(commands[0].device, "a pie");
  EXPECT_EQ(commands[1].words.size(), 2u);
  commands = ParseScenario("ioctl f 1 in \"a\" out \"before\"+zero:2\n" + std::string("log none \"no\"\nlog none \"no\"\n"), "x.txt");
  EXPECT_EQ(commands[0].output, std::string("before\0\0", 8));
  EXPECT_EQ(commands[0].length, 8u);
  EXPECT_TRUE(commands[2].none);
}

TEST(Scenario, WmiIsCalledByNames) {
  auto commands = ParseScenario(
      "wmi query Shape of \"ROOT\\\\X\\\\0000_0\" expect u32:1+more\n"
      "wmi set-item {00112233-4455-6677-8899-aabbccddeeff} Color in u32:2\n"
      "wmi call Shape 3 in u8:1 out 4\nwmi event Shape within 2s expect STATUS_TIMEOUT\n",
      "x.txt");
  EXPECT_EQ(commands[0].text, "Shape");
  EXPECT_EQ(commands[0].instance, "ROOT\\X\\0000_0");
  EXPECT_EQ(commands[1].request, "Color");
  EXPECT_EQ(commands[2].wmi, WmiVerb::kCall);
  EXPECT_EQ(commands[2].length, 4u);
  EXPECT_EQ(commands[3].time, std::chrono::seconds(2));
  auto system = ParseScenario("setting {5d3e9a59-e9d5-4b00-a6bd-ff34ff516548} u32:1\nboot a.sys \"b c.sys\"\n", "x.txt");
  ASSERT_EQ(system.size(), 2u);
  EXPECT_EQ(system[0].text, "{5d3e9a59-e9d5-4b00-a6bd-ff34ff516548}");
  EXPECT_EQ(system[0].data, std::string("\1\0\0\0", 4));
  EXPECT_EQ(system[1].words, (std::vector<std::string>{"a.sys", "b c.sys"}));
  EXPECT_THAT(WhyNot("setting {5d3e9a59-e9d5-4b00-a6bd-ff34ff516548}\n"), HasSubstr("its value is missing"));
  EXPECT_THAT(WhyNot("boot\n"), HasSubstr("the image of a boot driver is missing"));
  EXPECT_THAT(WhyNot("wmi ask Shape\n"), HasSubstr("wmi has no 'ask'"));
  EXPECT_THAT(WhyNot("wmi call Shape\n"), HasSubstr("the method's name or number is missing"));
  EXPECT_THAT(WhyNot("open f of x\n"), HasSubstr("not"));
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
  EXPECT_THAT(WhyNot("write f u8:256\n"), HasSubstr("'u8:256' does not fit into 1 bytes"));
  EXPECT_THAT(WhyNot("write f u16:-32769\n"), HasSubstr("does not fit"));
  EXPECT_THAT(WhyNot("write f any:3\n"), HasSubstr("'any:3' is no data"));
  EXPECT_THAT(WhyNot("write f wide\"a\"+\n"), HasSubstr("'' is no data"));
  EXPECT_THAT(WhyNot("write f guid:{1}\n"), HasSubstr("is no GUID"));
  EXPECT_THAT(WhyNot("read f 1 expect more+u8:1\n"), HasSubstr("the last part"));
  EXPECT_THAT(WhyNot("write f wide\"\xc3\"\n"), HasSubstr("no UTF-8"));
  EXPECT_THAT(WhyNot("state 1\n"), HasSubstr("is missing"));
  EXPECT_THAT(WhyNot("stops\n"), HasSubstr("words of the report in quotes is missing"));
}

TEST(Scenario, TracingIsSwitchedAndLookedAt) {
  const std::vector<Command> commands = ParseScenario(
      "trace on Toaster level warning flags 0x3\ntrace off \"*\"\ntrace list\n"
      "expect trace \"moved\" from Toaster within 1s\nexpect trace none \"x\"\n", "t");
  ASSERT_EQ(commands.size(), 5u);
  EXPECT_EQ(commands[0].verb, ScenarioVerb::kTrace);
  EXPECT_EQ(commands[0].device, "Toaster");
  EXPECT_EQ(commands[0].levels.level, 3);
  EXPECT_EQ(commands[0].levels.flags, 3u);
  EXPECT_EQ(commands[1].trace, TraceVerb::kOff);
  EXPECT_EQ(commands[1].device, "*");
  EXPECT_EQ(commands[2].trace, TraceVerb::kList);
  EXPECT_EQ(commands[3].text, "moved");
  EXPECT_EQ(commands[3].device, "Toaster");
  EXPECT_TRUE(commands[4].none);
  for (const char* wrong : {"trace", "trace loud X", "trace on X level 900", "trace on X flags zz", "trace off X level 3", "expect log \"x\"", "expect trace x"})
    EXPECT_THROW(ParseScenario(wrong, "t"), Error) << wrong;
}

}  // namespace
TEST(Scenario, ControlCodesHaveNames) {
  auto commands = ParseScenario("ioctl f IOCTL_SERIAL_SET_BAUD_RATE in u32:9600\nstart r ioctl f IOCTL_STORAGE_CHECK_VERIFY\nioctl f IOCTL_SMARTCARD_TRANSMIT\n", "codes");
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_EQ(commands[0].code, 0x1B0004u);
  EXPECT_EQ(commands[1].code, 0x2D4800u);
  EXPECT_EQ(commands[2].code, 0x310014u);
  EXPECT_THROW(ParseScenario("ioctl f IOCTL_SERIAL_NO_SUCH\n", "codes"), Error);
}

TEST(Scenario, DataDoNotGrowBeyondWhatAMachineHolds) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      ParseScenario(text, "big");
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  const std::string most = "zero:16777216";
  EXPECT_EQ(error("write f " + most + "\n"), "");
  EXPECT_THAT(error("write f " + most + "+" + most + "\n"), testing::HasSubstr("big:1: data of more than 16 MB"));
  EXPECT_EQ(error("write f repeat:4294967295:hex:\n"), "") << "nothing, however often, is nothing at once";
  std::string repeats, lines;
  for (int i = 0; i < 100000; ++i) repeats += "repeat:1:";
  EXPECT_THAT(error("write f " + repeats + "u8:1\n"), testing::HasSubstr("repeats within repeats"));
  for (int i = 0; i < 100000; ++i) lines += "write f " + most + "\n";
  EXPECT_THAT(error(lines), testing::HasSubstr("come to more than 512 MB"));
}

TEST(Scenario, ASerialPortHasAFarEnd) {
  auto commands = ParseScenario("send port \"OK\\r\"\ntake port expect \"AT\"\nlines port cts dcd\n", "far");
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_EQ(commands[0].verb, ScenarioVerb::kSend);
  EXPECT_EQ(commands[0].data, "OK\r");
  EXPECT_EQ(commands[1].device, "port");
  EXPECT_EQ(commands[2].code, 0x90u);
  EXPECT_THROW(ParseScenario("lines port rts\n", "far"), Error);
  commands = ParseScenario("serve COM1 \"/tmp/com1\" within 3s\n", "far");
  EXPECT_EQ(commands[0].device, "COM1");
  EXPECT_EQ(commands[0].text, "/tmp/com1");
  EXPECT_EQ(commands[0].time, std::chrono::seconds(3));
}

}  // namespace drydock::tools
