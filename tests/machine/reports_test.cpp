// A driver's mistake becomes a report with file and line; the process, and other machines in it, live on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include "drydock/testing.h"
#include "drydock/tree.h"
#include "faulty.h"
#include "rig.h"

namespace drydock::test {
namespace {

using testing::HasSubstr;

class Mistake : public testing::TestWithParam<ExecutorKind> {
 protected:
  FaultyMachine rig_{GetParam()};
  const Report* Make(uint32_t ioctl) {
    result_ = rig_.file.Ioctl(ioctl);
    return rig_.machine.bug_check();
  }
  IoResult result_;
};

TEST_P(Mistake, ReadThroughNullNamesTheLine) {
  const Report* report = Make(IOCTL_READ_NULL);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->code, 0x50u) << report->ToString();
  const StackFrame* frame = report->DriverFrame();
  ASSERT_TRUE(frame) << report->ToString();
  EXPECT_EQ(frame->function, "ReadThrough");
  EXPECT_THAT(frame->file, HasSubstr("faulty.c"));
  EXPECT_GT(frame->line, 0);
  EXPECT_EQ(result_.status, kStatusMachineStopped);
}

TEST_P(Mistake, WildWriteIsAPageFault) {
  const Report* report = Make(IOCTL_WRITE_WILD);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->code == 0x50 || report->code == 0x7E) << report->ToString();  // a non-canonical address has no page
}

TEST_P(Mistake, FreeingPoolTwiceIsBadPoolCaller) {
  const Report* report = Make(IOCTL_FREE_TWICE);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->code, 0xC2u) << report->ToString();
}

TEST_P(Mistake, CompletingTwiceIsReported) {
  const Report* report = Make(IOCTL_COMPLETE_TWICE);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->code, 0x10Du) << report->ToString();
  EXPECT_THAT(report->DriverFrame() ? report->DriverFrame()->function : "", HasSubstr("FaultyEvtDeviceControl"));
}

TEST_P(Mistake, ReturningAtRaisedIrqlIsReported) {
  const Report* report = Make(IOCTL_STAY_AT_DISPATCH);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->code, 0xC8u) << report->ToString();
  EXPECT_THAT(report->words, HasSubstr("EvtIoDeviceControl"));
}

TEST_P(Mistake, WaitingAtDispatchLevelIsReported) {
  const Report* report = Make(IOCTL_WAIT_AT_DISPATCH);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->code == 0xA || report->code == 0xB8) << report->ToString();
}

TEST_P(Mistake, WrongHandleIsWdfViolation) {
  const Report* report = Make(IOCTL_BAD_HANDLE);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->code, 0x10Du);
  EXPECT_EQ(report->parameters[0], 5u) << report->ToString();
}

TEST_P(Mistake, OwnBugCheckKeepsItsParameters) {
  const Report* report = Make(IOCTL_BUGCHECK);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->code, 0xDEADu);
  EXPECT_THAT(report->parameters, testing::ElementsAre(1, 2, 3, 4));
}

TEST_P(Mistake, TakingASpinLockTwiceIsReported) {
  const Report* report = Make(IOCTL_LOOP_OF_LOCKS);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->code, 0xFu) << report->ToString();
}

#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
// Under the address sanitizer these two are its own reports, which end the process.
TEST_P(Mistake, OverrunPoolIsFoundWhenItIsFreed) {
  const Report* report = Make(IOCTL_OVERRUN_POOL);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->code == 0x19 || report->code == 0xC1 || report->code == 0xC2) << report->ToString();
  EXPECT_THAT(report->ToString(), HasSubstr("Over"));
}

TEST_P(Mistake, EndlessRecursionIsADoubleFault) {
  const Report* report = Make(IOCTL_RECURSE);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->code, 0x7Fu) << report->ToString();
  EXPECT_EQ(report->parameters[0], 8u);
}
#endif

TEST_P(Mistake, ABreakNamesTheLineOfTheCall) {
  EXPECT_EQ(Make(IOCTL_UNMARK_TWICE), nullptr);
  EXPECT_TRUE(result_.ok()) << result_.status;
  const std::vector<Report> reports = rig_.machine.reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].kind, ReportKind::kBreak);
  const StackFrame* frame = reports[0].DriverFrame();
  ASSERT_TRUE(frame) << reports[0].ToString();
  EXPECT_THAT(frame->file, HasSubstr("faulty.c"));
  EXPECT_EQ(frame->function, "FaultyEvtDeviceControl");
  EXPECT_THAT(reports[0].ToString(), HasSubstr("*** break\n    at "));
}

TEST_P(Mistake, AFunctionOfNtThatIsRefusedIsNamed) {
  EXPECT_EQ(Make(IOCTL_REFUSED), nullptr);
  EXPECT_EQ(result_.status, STATUS_NOT_SUPPORTED);
  std::string log;
  for (const std::string& line : rig_.machine.DebugLog()) log += line + "\n";
  EXPECT_THAT(log, HasSubstr("IoReportDetectedDevice is refused with 0xC00000BB: devices come from buses and machine descriptions"));
  EXPECT_THAT(log, HasSubstr("ExSetFirmwareEnvironmentVariable is refused with 0xC0000002: "));
}

TEST_P(Mistake, AFunctionOfNtThatIsRefusedIsWhyADeviceDoesNotStart) {
  Machine machine({.executor = GetParam()});
  machine.SetRegistry("HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\faulty\\Parameters", "Detect", 1);
  const Driver driver = machine.AddDriver(DRYDOCK_IMAGE(faulty));
  EXPECT_FALSE(machine.AddDevice({.function = driver}).started());
  const std::vector<DeviceTreeNode> tree = DeviceTree(machine);
  ASSERT_EQ(tree.size(), 1u);
  EXPECT_THAT(tree[0].problem, HasSubstr("; IoReportDetectedDevice returned it (faulty.c:"));
}

TEST_P(Mistake, APrivilegedInstructionIsReported) {
  const Report* report = Make(IOCTL_READ_MSR);
  ASSERT_TRUE(report);
  EXPECT_THAT(report->words, HasSubstr("__readmsr(0x10): an instruction that only a kernel may execute")) << report->ToString();
  EXPECT_EQ(report->DriverFrame() ? report->DriverFrame()->function : "", "FaultyEvtDeviceControl");
}

TEST_P(Mistake, LeakedPoolIsToldAtUnload) {
  EXPECT_EQ(rig_.file.Ioctl(IOCTL_LEAK_POOL).status, STATUS_SUCCESS);
  rig_.file.Close();
  EXPECT_EQ(rig_.machine.RemoveDevice(rig_.device), STATUS_SUCCESS) << rig_.machine.ReportText();
  EXPECT_EQ(rig_.machine.UnloadDriver(rig_.driver), STATUS_SUCCESS);
  ASSERT_EQ(rig_.machine.CountReports(ReportKind::kLeak), 1u) << rig_.machine.ReportText();
  EXPECT_THAT(rig_.machine.ReportText(), HasSubstr("Leak"));
  EXPECT_THAT(rig_.machine.ReportText(), HasSubstr("100 bytes"));
  EXPECT_THAT(rig_.machine.ReportText(), HasSubstr("faulty.c:"));
}

TEST_P(Mistake, OtherMachinesLiveOn) {
  FaultyMachine other(GetParam());
  ASSERT_TRUE(Make(IOCTL_READ_NULL));
  EXPECT_EQ(other.file.Ioctl(IOCTL_NOTHING).status, STATUS_SUCCESS);
  EXPECT_FALSE(other.machine.stopped());
  EXPECT_EQ(rig_.file.Ioctl(IOCTL_NOTHING).status, kStatusMachineStopped);
}

TEST_P(Mistake, EmptyPoolIsAStatusNotACrash) {
  EXPECT_EQ(rig_.file.Ioctl(IOCTL_ALLOCATE).status, STATUS_SUCCESS);
  rig_.machine.FailAllocations(1);
  EXPECT_EQ(rig_.file.Ioctl(IOCTL_ALLOCATE).status, STATUS_INSUFFICIENT_RESOURCES);
  rig_.machine.FailAllocations(0);
  EXPECT_EQ(rig_.file.Ioctl(IOCTL_ALLOCATE).status, STATUS_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(Executors, Mistake, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

TEST(Stall, WaitThatCanNeverEndIsReportedWithItsChain) {
  FaultyMachine rig(ExecutorKind::Simulated);
  rig.file.Ioctl(IOCTL_WAIT_FOR_EVER);
  const Report* report = rig.machine.bug_check();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, ReportKind::kStall);
  EXPECT_THAT(report->ToString(), HasSubstr("event"));
  EXPECT_THAT(report->ToString(), HasSubstr("faulty.c"));
  EXPECT_THAT(report->ToString(), HasSubstr("seed 1"));
  EXPECT_FALSE(report->waits.empty());
}

TEST(Stall, LiveMachineFindsItAfterItsLimit) {
  FaultyMachine rig(ExecutorKind::Live, std::chrono::milliseconds(1000));
  rig.file.Ioctl(IOCTL_WAIT_FOR_EVER);
  const Report* report = rig.machine.bug_check();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, ReportKind::kStall);
  EXPECT_THAT(report->ToString(), HasSubstr("A call has not returned for 1 s"));
  EXPECT_THAT(report->ToString(), HasSubstr("event"));
}

}  // namespace
}  // namespace drydock::test
