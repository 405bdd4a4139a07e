// Thread pools of user-mode drivers: their threads are the host's, and what a driver leaves in them is found.
#include <drydock/testing.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <optional>

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using drydock::ReportKind;
using testing::HasSubstr;

class Pools : public testing::TestWithParam<ExecutorKind> {
 protected:
  void Make(bool contain = false) {
    machine_.emplace(drydock::MachineOptions{.executor = GetParam(),
                                             .names = {{drydock::NameMapping::Kind::Folder, "C:", testing::TempDir()}},
                                             .contain_hosts = contain});
    driver_ = machine_->AddDriver(DRYDOCK_IMAGE(pooler));
    device_ = machine_->AddDevice({.function = driver_});
    ASSERT_TRUE(device_.started()) << machine_->ReportText();
  }
  uint64_t Write(const char* how) { return machine_->Open(device_).Write(how).information; }
  // What the driver's unload says.
  std::string Unload() {
    EXPECT_EQ(machine_->RemoveDevice(device_).value(), STATUS_SUCCESS);
    EXPECT_EQ(machine_->UnloadDriver(driver_).value(), STATUS_SUCCESS);
    std::string text;
    for (const drydock::Report& report : machine_->reports())
      if (report.kind == ReportKind::kLeak) text += report.ToString();
    return text;
  }
  std::optional<Machine> machine_;
  drydock::Driver driver_;
  drydock::Device device_;
};
INSTANTIATE_TEST_SUITE_P(Executors, Pools, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live));

TEST_P(Pools, EveryKindOfCallbackRunsInTheDriversHost) {
  Make();
  EXPECT_EQ(Write("w"), 5u);
  EXPECT_EQ(Write("t"), 1u);
  EXPECT_EQ(Write("o"), 2u);
  EXPECT_EQ(Write("q"), 2u);
  EXPECT_EQ(Write("i"), 1u);
  EXPECT_EQ(Unload(), "");
  EXPECT_TRUE(machine_->reports().empty()) << machine_->ReportText();
}

TEST_P(Pools, WhatADriverLeavesIsToldWithItsLine) {
  Make();
  EXPECT_EQ(Write("T"), 1u);
  EXPECT_EQ(Write("W"), 1u);
  EXPECT_EQ(Write("H"), 1u);
  const std::string told = Unload();
  EXPECT_THAT(told, HasSubstr("an object of the thread pool (CreateThreadpoolTimer) that was not closed and is still set"));
  EXPECT_THAT(told, HasSubstr("pooler.cpp:135"));
  EXPECT_THAT(told, HasSubstr("a callback of the thread pool (TrySubmitThreadpoolCallback) that still runs"));
  EXPECT_THAT(told, HasSubstr("pooler.cpp:132"));
  EXPECT_THAT(told, HasSubstr("a thread (CreateThread) that still runs"));
  EXPECT_THAT(told, HasSubstr("pooler.cpp:139"));
}

TEST_P(Pools, AnObjectThatWasClosedIsABugCheck) {
  Make();
  machine_->Open(device_).Write("c");
  ASSERT_TRUE(machine_->bug_check());
  EXPECT_THAT(machine_->bug_check()->ToString(), testing::AllOf(HasSubstr("SubmitThreadpoolWork"), HasSubstr("pooler.cpp:144")));
}

TEST_P(Pools, ACallbacksCrashEndsItsHostWithAllItsThreads) {
  Make(/*contain=*/true);
  EXPECT_EQ(Write("T"), 1u);
  EXPECT_EQ(Write("W"), 1u);
  EXPECT_EQ(Write("H"), 1u);
  EXPECT_EQ(Write("x"), 1u);
  for (int i = 0; i < 1000 && machine_->reports().empty(); ++i) machine_->Advance(std::chrono::milliseconds(10));
  for (int i = 0; i < 1000 && !device_.started(); ++i) machine_->Advance(std::chrono::milliseconds(10));
  ASSERT_EQ(machine_->reports().size(), 1u) << machine_->ReportText();
  EXPECT_EQ(machine_->reports()[0].kind, ReportKind::kHostEnded);
  EXPECT_THAT(machine_->reports()[0].ToString(), testing::AllOf(HasSubstr("SimpleCallback"), HasSubstr("pooler.cpp:33")));
  // The device is there anew, in another host, and of the first nothing is left.
  EXPECT_EQ(Write("w"), 5u);
  EXPECT_EQ(Unload(), "");
}

}  // namespace
