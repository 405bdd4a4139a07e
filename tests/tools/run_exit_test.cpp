// What drydock run ends with: 0 when all went as expected and nothing is left, 1 when not, 2 when it was called wrongly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "drydock/testing.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Outcome {
  int code = -1;
  std::string said;
};

class RunExits : public testing::TestWithParam<const char*> {  // the executor's option
 protected:
  RunExits() {
    std::string name = (fs::temp_directory_path() / "drydock-exits-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~RunExits() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  static Outcome Call(const std::string& arguments) {
    Outcome outcome;
    std::FILE* pipe = popen((std::string(DRYDOCK_TOOL) + " run " + arguments + " 2>&1").c_str(), "r");
    if (!pipe) return outcome;
    char buffer[4096];
    while (size_t got = fread(buffer, 1, sizeof buffer, pipe)) outcome.said.append(buffer, got);
    const int status = pclose(pipe);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
  }
  Outcome Play(const std::string& scenario, const std::string& options = {}, const std::string& machine = {}) {
    const std::string file = Write("m.toml", machine + "[[driver]]\nname = \"stubborn\"\nimage = \"" DRYDOCK_IMAGE(stubborn) "\"\n[[device]]\nname = \"it\"\nfunction = \"stubborn\"\n");
    return Call("--machine " + file + " --scenario " + Write("s.scenario", scenario) + " " + GetParam() + " " + options);
  }
  fs::path folder_;
};

TEST_P(RunExits, ZeroWhenAllWentAsExpectedAndNothingIsLeft) {
  const Outcome outcome = Play("state it started\nopen f it\nioctl f 0x222ffc expect STATUS_INVALID_DEVICE_REQUEST\nclose f\n");
  EXPECT_EQ(outcome.code, 0) << outcome.said;
}

TEST_P(RunExits, ADeviceWhosePathBeginsWithAClassIsNoInterface) {
  const std::string file = Write("c.toml", "[[driver]]\nname = \"stubborn\"\nimage = \"" DRYDOCK_IMAGE(stubborn) "\"\n[[device]]\nname = '{c0}\\it&1'\nfunction = \"stubborn\"\n");
  const Outcome outcome = Call("--machine " + file + " --scenario " + Write("c.scenario", "open f \"{c0}\\\\it&1\"\nclose f\n") + " " + GetParam());
  EXPECT_EQ(outcome.code, 0) << outcome.said;
}

TEST_P(RunExits, OneWhenSomethingElseCame) {
  const Outcome outcome = Play("open f it\nioctl f 0x222ffc expect STATUS_SUCCESS\n");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.said, HasSubstr("s.scenario:2: expected STATUS_SUCCESS"));
}

TEST_P(RunExits, WhatGoesWrongNamesItsFileAndLine) {
  EXPECT_THAT(Play("print \"a\"\nremove nobody\n").said, HasSubstr("s.scenario:2: there is no device nobody"));
  EXPECT_THAT(Play("\nread f 1\n").said, HasSubstr("s.scenario:2: no file 'f' is open"));
  EXPECT_THAT(Play("open f it\nraise it\n").said, HasSubstr("s.scenario:2: "));             // device_hardware's words
  EXPECT_THAT(Play("app a nowhere.exe.so\nends a\n").said, HasSubstr("s.scenario:1: nowhere.exe.so: there is no such application"));
  EXPECT_THAT(Play("tasks 2 {\n  state nobody started\n}\n").said, HasSubstr("s.scenario:2: there is no device nobody"));
  EXPECT_THAT(Play("wmi event Nothing\n").said, HasSubstr("s.scenario:1: nobody listens to Nothing"));
  const Outcome two = Play("juggle\nopne f it\n");
  EXPECT_THAT(two.said, HasSubstr("s.scenario:1: unknown verb 'juggle'\n"));
  EXPECT_THAT(two.said, HasSubstr("s.scenario:2: unknown verb 'opne' (did you mean open?)"));
  EXPECT_THAT(Call(std::string(DRYDOCK_IMAGE(stubborn)) + " --write hi --read x " + GetParam()).said, HasSubstr("--read x: 'x'"));
}

TEST_P(RunExits, OneWhenADeviceIsLeftBehind) {
  const Outcome outcome = Play("open f it\nioctl f 0x222000 expect STATUS_SUCCESS\nclose f\n");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.said, HasSubstr("refused to be removed: STATUS_UNSUCCESSFUL"));
}

TEST_P(RunExits, OneWhenPoolIsLeftBehind) {
  const Outcome outcome = Play("open f it\nioctl f 0x222004 expect STATUS_SUCCESS\nclose f\n");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.said, HasSubstr("100 bytes"));
  const std::string scenario = "open f it\nioctl f 0x222004 expect STATUS_SUCCESS\nclose f\n";
  EXPECT_EQ(Play(scenario + "leaves \"100 bytes\"\n").code, 0);
  EXPECT_EQ(Play(scenario + "leaves \"200 bytes\"\n").code, 1);
  const Outcome nothing = Play("leaves \"100 bytes\"\n");
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.said, HasSubstr("s.scenario:1: nothing was left behind with \"100 bytes\""));
}

TEST_P(RunExits, OneAfterACrashUnlessTheScenarioSaysIt) {
  const Outcome crash = Play("open f it\nioctl f 0x22200c\n");
  EXPECT_EQ(crash.code, 1);
  EXPECT_THAT(crash.said, HasSubstr("s.scenario:2: here the machine was stopped; its report follows"));
  const Outcome expected = Play("open f it\nioctl f 0x22200c\nstops \"stubborn.c\"\n");
  EXPECT_EQ(expected.code, 0) << expected.said;
  EXPECT_EQ(Play("open f it\nioctl f 0x22200c\nstops \"somewhere else\"\n").code, 1);
}

TEST_P(RunExits, OneAfterABreakpointUnlessADebuggerIsThere) {
  const char scenario[] = "open f it\nioctl f 0x222008 expect STATUS_SUCCESS\nlog \"break: \"\nclose f\n";
  EXPECT_EQ(Play(scenario).code, 1);
  const Outcome with = Play(scenario, "--debugger");
  EXPECT_EQ(with.code, 0) << with.said;
  const Outcome in_the_file = Play(scenario, "", "[machine]\ndebugger = true\n");
  EXPECT_EQ(in_the_file.code, 0) << in_the_file.said;
}

TEST_P(RunExits, TwoWhenItIsCalledWronglyAndOneForAFileThatIsNotThere) {
  EXPECT_EQ(Call(std::string("--no-such-option ") + GetParam()).code, 2);
  EXPECT_EQ(Call(GetParam()).code, 2);  // neither a stack nor a machine
  EXPECT_EQ(Call(std::string("--machine /nowhere/m.toml ") + GetParam()).code, 1);
  EXPECT_EQ(Play("dance\n").code, 1);
  EXPECT_EQ(Call("--help").code, 0);
  EXPECT_EQ(Call("x.so --seed -1").code, 2);
  EXPECT_EQ(Call("x.so --seed 99999999999999999999").code, 2);
  const Outcome folder = Call(std::string(DRYDOCK_IMAGE(stubborn)) + " --scenario " + folder_.string() + " " + GetParam());
  EXPECT_EQ(folder.code, 1);
  EXPECT_THAT(folder.said, HasSubstr(folder_.string() + ": is a folder"));
  EXPECT_THAT(Play("open f it\nprint \"a\x01\"\n").said, HasSubstr("s.scenario:2: a control character: this is no scenario"));
}

INSTANTIATE_TEST_SUITE_P(Both, RunExits, testing::Values("--seed=1", "--live"),
                         [](const auto& info) { return std::string(info.param) == "--live" ? "Live" : "Simulated"; });

}  // namespace
