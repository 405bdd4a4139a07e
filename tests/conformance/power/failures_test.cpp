// Failures everywhere: each callback that may fail, in each phase of a device's life, and each allocation while it starts and stops. Afterwards the
// device is failed or gone, nothing is left of it, and another one works.
#include <atomic>

#include "whole.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

enum class After : uint8_t {
  kGone,    // the device failed and is removed
  kStays,   // the failure is the driver's own affair, or a veto: the device works on
  kEnds,    // the phase removes it anyway
};

struct Case {
  Phase phase;
  const char* callback;
  After after;
};

constexpr Case kCases[] = {
    {Phase::kStart, "FilterRemove", After::kStays},
    {Phase::kStart, "FilterAdd", After::kStays},
    {Phase::kStart, "RemoveAddedResources", After::kGone},
    {Phase::kStart, "PrepareHardware", After::kGone},
    {Phase::kStart, "D0Entry", After::kGone},
    {Phase::kStart, "InterruptEnable", After::kGone},
    {Phase::kStart, "PostInterruptsEnabled", After::kGone},
    {Phase::kStart, "DmaFill", After::kGone},
    {Phase::kStart, "DmaEnable", After::kGone},
    {Phase::kStart, "DmaStart", After::kGone},
    {Phase::kStart, "SelfManagedIoInit", After::kGone},
    {Phase::kSleep, "SelfManagedIoSuspend", After::kGone},
    {Phase::kSleep, "ArmWakeFromSx", After::kStays},
    {Phase::kSleep, "DmaStop", After::kGone},
    {Phase::kSleep, "DmaDisable", After::kGone},
    {Phase::kSleep, "DmaFlush", After::kGone},
    {Phase::kSleep, "PreInterruptsDisabled", After::kGone},
    {Phase::kSleep, "InterruptDisable", After::kGone},
    {Phase::kSleep, "D0Exit", After::kGone},
    {Phase::kResume, "D0Entry", After::kGone},
    {Phase::kResume, "InterruptEnable", After::kGone},
    {Phase::kResume, "PostInterruptsEnabled", After::kGone},
    {Phase::kResume, "DmaFill", After::kGone},
    {Phase::kResume, "DmaEnable", After::kGone},
    {Phase::kResume, "DmaStart", After::kGone},
    {Phase::kResume, "SelfManagedIoRestart", After::kGone},
    {Phase::kIdleDown, "SelfManagedIoSuspend", After::kGone},
    {Phase::kIdleDown, "ArmWakeFromS0", After::kStays},
    {Phase::kIdleDown, "DmaStop", After::kGone},
    {Phase::kIdleDown, "DmaDisable", After::kGone},
    {Phase::kIdleDown, "DmaFlush", After::kGone},
    {Phase::kIdleDown, "PreInterruptsDisabled", After::kGone},
    {Phase::kIdleDown, "InterruptDisable", After::kGone},
    {Phase::kIdleDown, "D0Exit", After::kGone},
    {Phase::kIdleUp, "D0Entry", After::kGone},
    {Phase::kIdleUp, "InterruptEnable", After::kGone},
    {Phase::kIdleUp, "PostInterruptsEnabled", After::kGone},
    {Phase::kIdleUp, "DmaFill", After::kGone},
    {Phase::kIdleUp, "DmaEnable", After::kGone},
    {Phase::kIdleUp, "DmaStart", After::kGone},
    {Phase::kIdleUp, "SelfManagedIoRestart", After::kGone},
    {Phase::kRebalance, "QueryStop", After::kStays},
    {Phase::kRebalance, "SelfManagedIoSuspend", After::kGone},
    {Phase::kRebalance, "DmaStop", After::kGone},
    {Phase::kRebalance, "DmaDisable", After::kGone},
    {Phase::kRebalance, "DmaFlush", After::kGone},
    {Phase::kRebalance, "PreInterruptsDisabled", After::kGone},
    {Phase::kRebalance, "InterruptDisable", After::kGone},
    {Phase::kRebalance, "D0Exit", After::kGone},
    {Phase::kRebalance, "ReleaseHardware", After::kGone},
    {Phase::kRebalance, "RemoveAddedResources", After::kGone},
    {Phase::kRebalance, "PrepareHardware", After::kGone},
    {Phase::kRebalance, "D0Entry", After::kGone},
    {Phase::kRebalance, "InterruptEnable", After::kGone},
    {Phase::kRebalance, "PostInterruptsEnabled", After::kGone},
    {Phase::kRebalance, "DmaFill", After::kGone},
    {Phase::kRebalance, "DmaEnable", After::kGone},
    {Phase::kRebalance, "DmaStart", After::kGone},
    {Phase::kRebalance, "SelfManagedIoRestart", After::kGone},
    {Phase::kRemove, "QueryRemove", After::kStays},
    {Phase::kRemove, "SelfManagedIoSuspend", After::kEnds},
    {Phase::kRemove, "DmaStop", After::kEnds},
    {Phase::kRemove, "DmaDisable", After::kEnds},
    {Phase::kRemove, "DmaFlush", After::kEnds},
    {Phase::kRemove, "PreInterruptsDisabled", After::kEnds},
    {Phase::kRemove, "InterruptDisable", After::kEnds},
    {Phase::kRemove, "D0Exit", After::kEnds},
    {Phase::kRemove, "ReleaseHardware", After::kEnds},
    {Phase::kSurprise, "SelfManagedIoSuspend", After::kEnds},
    {Phase::kSurprise, "DmaStop", After::kEnds},
    {Phase::kSurprise, "InterruptDisable", After::kEnds},
    {Phase::kSurprise, "D0Exit", After::kEnds},
    {Phase::kSurprise, "ReleaseHardware", After::kEnds},
};

// Nothing of the driver is left: the report at its unloading would name pool, objects and their references; timers are counted.
void NothingIsLeft(Machine& machine, size_t timers_before, size_t timers_after) {
  EXPECT_EQ(machine.CountReports(ReportKind::kLeak), 0u) << machine.ReportText();
  EXPECT_EQ(timers_after, timers_before);
}

CONFORMANCE(Failures, OfEveryCallbackInEveryPhase, "S2", "S3", "S12", "S13", "PWR-30", "PWR-33", "PWR-37", "O-01", "O-08", "DEVX-42") {
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(c.callback) + " fails in " + NameOf(c.phase));
    Whole life(machine);
    const size_t timers = life.timers();
    life.LeadUpTo(c.phase);
    if (testing::Test::HasFailure()) return;
    life.Calls();
    life.hooks.fail[c.callback] = STATUS_UNSUCCESSFUL;
    life.Walk(c.phase);
    const auto called = [&] {
      for (const std::string& line : life.hooks.log.lines())
        if (line.starts_with(c.callback)) return true;
      return false;
    };
    if (!machine.simulated()) machine.Run([&] { Until([&] { return called() && (c.after == After::kStays || life.Gone()); }); });
    if (machine.stopped()) return;
    EXPECT_TRUE(called()) << "the case proves nothing";
    EXPECT_EQ(life.Gone(), c.after != After::kStays) << machine.StateHistory(life.rig->device);
    if (life.Gone()) {
      EXPECT_FALSE(life.rig->device.started());
      EXPECT_EQ(life.hooks.log.Count("SelfManagedIoFlush"), life.hooks.log.Count("SelfManagedIoCleanup")) << "both or none";
      life.End();  // what is left: the node of a device that failed
    }
    // The tree stays usable: the machine wakes, the device works or another one starts, works and goes.
    life.hooks.fail.clear();
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    if (life.Gone()) {
      life.Calls();
      ASSERT_TRUE(life.Add()) << machine.ReportText();
    }
    EXPECT_EQ(life.rig->Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
    EXPECT_EQ(machine.RemoveDevice(life.rig->device), STATUS_SUCCESS);
    life.rig->device = Device();
    if (!machine.simulated()) machine.Run([&] { Until([&] { return life.Gone(); }); });  // a power request's last reference may go on another thread
    EXPECT_TRUE(life.Gone());
    life.rig.reset();
    machine.RunUntilIdle();
    NothingIsLeft(machine, timers, life.timers());
    if (testing::Test::HasFailure()) return;
  }
}

// The n-th allocation of the driver or of the framework for it fails, from the loading of the driver on, until a whole life has fewer than n.
CONFORMANCE(Failures, OfEveryAllocationWhileADeviceStartsAndStops, "S2", "PWR-37", "ours") {
  Whole life(machine);
  const size_t timers = life.timers();
  ASSERT_TRUE(life.Add());
  life.End();
  uint32_t whole = 0, with_a_failure = 0, failed_starts = 0;
  auto live_once = [&](uint32_t n, bool idles) {
    SCOPED_TRACE("allocation " + std::to_string(n) + (idles ? " of a life with idling" : ""));
    life.idles = idles;
    life.hooks.log.Take();
    machine.FailAllocations(n, 1);
    const bool up = life.Add();
    if (up) {
      if (idles) life.Walk(Phase::kIdleDown);
      if (idles && life.rig->device.started()) life.Walk(Phase::kIdleUp);
      if (life.rig->device.started()) life.Walk(Phase::kRebalance);
      if (life.rig->device.started()) life.Walk(Phase::kSleep);
      life.Walk(Phase::kResume);
      if (life.rig->device.started()) life.Walk(Phase::kRemove);
    }
    const bool used = machine.AllocationsFailed() == 0;
    machine.FailAllocations(0);
    if (machine.stopped()) return;
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    machine.RunUntilIdle();
    life.End();
    if (!machine.simulated()) machine.Run([&] { Until([&] { return life.hooks.log.Count("device.cleanup") == life.hooks.log.Count("device.destroy"); }); });
    EXPECT_EQ(life.hooks.log.Count("device.cleanup"), life.hooks.log.Count("device.destroy"));
    whole = up && used ? whole + 1 : 0;
    with_a_failure += !used;
    failed_starts += !up;
  };
  for (uint32_t n = 1; n < 2000 && whole < 4 && !machine.stopped() && !testing::Test::HasFailure(); ++n) {
    live_once(n, false);
    if (machine.simulated() || n % 8 == 0) live_once(n, true);  // idling takes real time there
  }
  if (machine.stopped() || testing::Test::HasFailure()) return;
  EXPECT_EQ(whole, 4u) << "the loop saw a whole life without a failure";
  EXPECT_GE(with_a_failure, machine.simulated() ? 180u : 90u);
  EXPECT_GE(failed_starts, machine.simulated() ? 100u : 50u);
  ASSERT_TRUE(life.Add());
  EXPECT_EQ(life.rig->Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  life.End();
  life.rig.reset();
  machine.RunUntilIdle();
  NothingIsLeft(machine, timers, life.timers());
}

CONFORMANCE(Failures, WithoutMemoryForTheResourceListsTheStartHasNotBegun, "S2") {
  static Machine* here;
  here = &machine;
  for (uint32_t nth : {1u, 2u}) {
    Recorder device;
    device.hooks.added = [nth](WDFDEVICE) {
      here->FailAllocations(nth, 1);
      return STATUS_SUCCESS;
    };
    Rig rig(machine, device.hooks);
    rig.device = machine.AddDevice(CanWake(rig.driver));
    EXPECT_EQ(machine.AllocationsFailed(), 1u);
    machine.FailAllocations(0);
    EXPECT_FALSE(rig.device.started());
    Lines path = device.PnpPath();
    path.resize(std::min<size_t>(path.size(), 5));
    EXPECT_EQ(path, (Lines{"Init", "InitStarting", "HardwareAvailable", "FailedInit", "Init"}));
    machine.RemoveDevice(rig.device);
    rig.device = Device();
    EXPECT_TRUE(device.Calls().empty()) << "neither PrepareHardware nor ReleaseHardware";
  }
}

// --- restart (O-25) ---

CONFORMANCE(Restart, AFailedDeviceIsMadeAnewAtMostFiveTimesAMinute, "O-25", "PWR-37", "PWR-38") {
  Recorder device;
  device.watch_states = false;
  Rig rig(machine, device.hooks);
  DeviceSpec spec = CanWake(rig.driver);
  spec.restartable = true;
  device.hooks.fail["D0Entry"] = STATUS_UNSUCCESSFUL;
  rig.device = machine.AddDevice(spec);
  machine.RunUntilIdle();
  machine.Advance(milliseconds(100));
  EXPECT_FALSE(rig.device.started());
  EXPECT_EQ(device.hooks.log.Count("D0Entry(D3Final)"), 6u) << "the first try and five restarts";
  if (machine.simulated()) machine.Advance(std::chrono::minutes(2));
  EXPECT_EQ(device.hooks.log.Count("D0Entry(D3Final)"), 6u) << "it never reached PnpStarted: no further restart";
  machine.RemoveDevice(rig.device);
  rig.device = Device();
}

CONFORMANCE(Restart, TheCountBeginsAgainAfterAMinuteIfTheDeviceStarted, "O-25", "PWR-38", "DEVX-46") {
  Recorder device;
  device.watch_states = false;
  Rig rig(machine, device.hooks);
  DeviceSpec spec = CanWake(rig.driver);
  spec.restartable = true;
  rig.device = machine.AddDevice(spec);
  ASSERT_TRUE(rig.device.started());
  auto fail = [&](WDF_DEVICE_FAILED_ACTION action) {
    device.Calls();
    machine.Run([&] { WdfDeviceSetFailed(device.hooks.device, action); });
    machine.RunUntilIdle();
    machine.Run([&] { Until([&] { return device.hooks.log.Count("ReleaseHardware") == 1; }); });
    machine.RunUntilIdle();
    machine.Advance(milliseconds(50));
    return rig.device.started();
  };
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(fail(WdfDeviceFailedAttemptRestart)) << i;
  if (machine.simulated()) {
    machine.Advance(std::chrono::seconds(61));
    EXPECT_TRUE(fail(WdfDeviceFailedAttemptRestart)) << "a new minute, and the device was started since";
  }
  EXPECT_FALSE(fail(WdfDeviceFailedNoRestart));
  rig.device = Device();
}

CONFORMANCE(Restart, ABusThatCannotOnlyRemoves, "PWR-38", "DEVX-46") {
  Recorder device;
  device.watch_states = false;
  Rig rig(machine, device.hooks);
  rig.device = machine.AddDevice(CanWake(rig.driver));
  device.Calls();
  {
    machine.Run([&] {
      AtDispatch raised;
      WdfDeviceSetFailed(device.hooks.device, WdfDeviceFailedAttemptRestart);
    });
  }
  machine.RunUntilIdle();
  machine.Run([&] { Until([&] { return device.hooks.log.Count("SelfManagedIoCleanup") == 1; }); });
  machine.RunUntilIdle();
  EXPECT_FALSE(rig.device.started());
  EXPECT_EQ(device.Calls(), (Lines{"SurpriseRemoval"} + kIoDown + HwDown("D3Final") + Lines{"ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup"}));
  rig.device = Device();
}

CONFORMANCE(Failures, ReleaseHardwareMayWaitForTheRemoval, "PWR-39", "S13") {
  for (bool after_descendants : {false, true}) {
    Sleeper device(machine);
    device.more_init = [=](PWDFDEVICE_INIT init) {
      WdfDeviceInitSetReleaseHardwareOrderOnFailure(init, after_descendants ? WdfReleaseHardwareOrderOnFailureAfterDescendants
                                                                             : WdfReleaseHardwareOrderOnFailureEarly);
      return STATUS_SUCCESS;
    };
    device.Start();
    EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
    device.hooks.fail["D0Entry"] = STATUS_UNSUCCESSFUL;
    device.Forget();
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    machine.Run([&] { Until([&] { return device.hooks.log.Count("SelfManagedIoCleanup") == 1; }); });
    machine.RunUntilIdle();
    const Lines path = device.PnpPath();
    ASSERT_FALSE(path.empty());
    EXPECT_EQ(path[0], after_descendants ? "SurpriseRemoveIoStarted" : "FailedIoStarting");
    EXPECT_EQ(device.hooks.log.Count("ReleaseHardware"), 1u);
    device.rig->device = Device();
    device.rig->hooks.fail.clear();
  }
}

// --- power IRPs that nobody asked for ---

void SendUnasked(Machine& machine, UCHAR minor) {
  auto device = std::make_unique<Sleeper>(machine);
  device->Start();
  machine.Run([&] {
    POWER_STATE state = {};
    if (minor == IRP_MN_SET_POWER) {
      state.DeviceState = PowerDeviceD3;
    } else {
      state.SystemState = PowerSystemSleeping3;
    }
    PoRequestPowerIrp(device->rig->device.pdo(), minor, state, nullptr, nullptr, nullptr);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0xD);
}

CONFORMANCE(Violations, ADevicePowerIrpThatTheOwnerDidNotAskFor, "VER-11", "DEVX-47") { SendUnasked(machine, IRP_MN_SET_POWER); }
CONFORMANCE(Violations, AWaitWakeIrpThatTheOwnerDidNotAskFor, "VER-11", "DEVX-47") { SendUnasked(machine, IRP_MN_WAIT_WAKE); }

CONFORMANCE(History, TellsTheLastTransitions, "ours") {
  Sleeper device(machine);
  device.Start();
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  const std::string text = machine.StateHistory(device.rig->device);
  EXPECT_NE(text.find("PwrPolSleepingNoWakeCompletePowerDown > PwrPolSystemAsleepNoWake"), std::string::npos) << text;
  EXPECT_NE(text.find("PowerGotoDxIoStopped > PowerDx"), std::string::npos) << text;
  EXPECT_NE(text.find("PnpEnableInterfaces > PnpStarted"), std::string::npos) << text;
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock::test
