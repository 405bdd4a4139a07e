// Failures everywhere: each callback that may fail, in each phase of a device's life, and each allocation while it starts and stops. Afterwards the
// device is failed or gone, nothing is left of it, and another one works.
#include <atomic>

#include "sleeper.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

enum class Phase : uint8_t { kStart, kSleep, kResume, kIdleDown, kIdleUp, kRemove };
const char* NameOf(Phase phase) {
  static constexpr const char* kNames[] = {"start", "sleep", "resume", "idle down", "idle up", "removal"};
  return kNames[static_cast<int>(phase)];
}

struct Case {
  Phase phase;
  const char* callback;
  bool fails;  // false: the failure is the driver's own affair (arming, a veto, ReleaseHardware at the end)
};

constexpr Case kCases[] = {
    {Phase::kStart, "PrepareHardware", true},
    {Phase::kStart, "D0Entry", true},
    {Phase::kStart, "PostInterruptsEnabled", true},
    {Phase::kStart, "SelfManagedIoInit", true},
    {Phase::kSleep, "SelfManagedIoSuspend", true},
    {Phase::kSleep, "PreInterruptsDisabled", true},
    {Phase::kSleep, "D0Exit", true},
    {Phase::kSleep, "ArmWakeFromSx", false},
    {Phase::kResume, "D0Entry", true},
    {Phase::kResume, "PostInterruptsEnabled", true},
    {Phase::kResume, "SelfManagedIoRestart", true},
    {Phase::kIdleDown, "SelfManagedIoSuspend", true},
    {Phase::kIdleDown, "PreInterruptsDisabled", true},
    {Phase::kIdleDown, "D0Exit", true},
    {Phase::kIdleUp, "D0Entry", true},
    {Phase::kIdleUp, "PostInterruptsEnabled", true},
    {Phase::kIdleUp, "SelfManagedIoRestart", true},
    {Phase::kRemove, "SelfManagedIoSuspend", false},
    {Phase::kRemove, "PreInterruptsDisabled", false},
    {Phase::kRemove, "D0Exit", false},
    {Phase::kRemove, "ReleaseHardware", false},
};

struct Life : Recorder {
  explicit Life(Machine& machine) : machine(machine) {
    watch_states = false;
    hooks.managed_queue = true;
    hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
    hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
    hooks.added = [this](WDFDEVICE device) {
      Name(device, hooks.log, "device");
      NTSTATUS status = AssignSxWake(device);
      return NT_SUCCESS(status) && idles ? AssignIdle(device, 20) : status;
    };
  }
  bool Add() {
    if (!rig) rig = std::make_unique<Rig>(machine, hooks);
    rig->device = machine.AddDevice(CanWake(rig->driver));
    return rig->device.started();
  }
  void Walk(Phase phase) {
    switch (phase) {
      case Phase::kStart: Add(); break;
      case Phase::kSleep: machine.SetSystemPower(3); break;
      case Phase::kResume: machine.SetSystemPower(0); break;
      case Phase::kIdleDown: machine.Advance(milliseconds(300)); break;
      case Phase::kIdleUp: {
        File file = machine.Open(rig->device);
        PendingIo io = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
        machine.RunUntilIdle();
        machine.Advance(milliseconds(100));
        io.Cancel();
        break;
      }
      case Phase::kRemove: machine.RemoveDevice(rig->device); break;
    }
    machine.RunUntilIdle();
  }
  // What comes before the phase that fails.
  void LeadUpTo(Phase phase) {
    idles = phase == Phase::kIdleDown || phase == Phase::kIdleUp;
    if (phase == Phase::kStart) return;
    EXPECT_TRUE(Add());
    if (phase == Phase::kResume) machine.SetSystemPower(3);
    if (phase == Phase::kIdleUp) machine.Advance(milliseconds(300));
  }
  bool Gone() { return hooks.log.Count("device.destroy") == 1; }

  Machine& machine;
  bool idles = false;
  std::unique_ptr<Rig> rig;
};

CONFORMANCE(Failures, OfEveryCallbackInEveryPhase, "S2", "S12", "S13", "PWR-30", "PWR-33", "PWR-37", "O-08", "DEVX-42") {
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(c.callback) + " fails in " + NameOf(c.phase));
    {
      Life life(machine);
      life.LeadUpTo(c.phase);
      if (testing::Test::HasFailure()) return;
      life.hooks.fail[c.callback] = STATUS_UNSUCCESSFUL;
      life.Calls();
      life.Walk(c.phase);
      if (machine.simulated() == false) {
        machine.Run([&] { Until([&] { return !c.fails || life.Gone(); }); });
      }
      if (machine.stopped()) return;
      EXPECT_EQ(life.Gone(), c.fails || c.phase == Phase::kRemove);
      if (c.fails) EXPECT_FALSE(life.rig->device.started());
      if (life.Gone()) {
        EXPECT_EQ(life.hooks.log.Count("SelfManagedIoFlush"), life.hooks.log.Count("SelfManagedIoCleanup")) << "both or none";
        life.rig->device = Device();
      }
      // The tree stays usable: the machine wakes, another device starts, works and goes.
      life.hooks.fail.clear();
      EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
      if (!life.Gone()) {
        EXPECT_EQ(machine.RemoveDevice(life.rig->device), STATUS_SUCCESS);
        life.rig->device = Device();
      }
      life.Calls();
      ASSERT_TRUE(life.Add());
      EXPECT_EQ(life.rig->Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
      EXPECT_EQ(machine.RemoveDevice(life.rig->device), STATUS_SUCCESS);
      life.rig->device = Device();
      EXPECT_TRUE(life.Gone());
    }
    // The driver is unloaded: what it left behind would have been reported.
    EXPECT_EQ(machine.CountReports(ReportKind::kLeak), 0u) << machine.ReportText();
    if (testing::Test::HasFailure()) return;
  }
}

CONFORMANCE(Failures, OfEveryAllocationWhileADeviceStartsAndStops, "S2", "PWR-37", "ours") {
  Life life(machine);
  ASSERT_TRUE(life.Add());
  EXPECT_EQ(machine.RemoveDevice(life.rig->device), STATUS_SUCCESS);
  life.rig->device = Device();
  uint32_t started = 0, lives_with_a_failure = 0;
  // The n-th allocation from here fails, until a life has fewer than n.
  for (uint32_t n = 1; n < 200 && started < 3; ++n) {
    SCOPED_TRACE(n);
    life.hooks.log.Take();
    machine.FailAllocations(n, 1);
    const bool up = life.Add();
    if (up) machine.SetSystemPower(3);
    const bool used = machine.AllocationsFailed() == 0;
    machine.FailAllocations(0);
    if (machine.stopped()) return;
    if (up) {
      EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
      machine.RunUntilIdle();
    }
    if (life.rig->device.started()) {
      EXPECT_EQ(machine.RemoveDevice(life.rig->device), STATUS_SUCCESS);
    } else if (life.rig->device.pdo()) {
      machine.RemoveDevice(life.rig->device);
    }
    life.rig->device = Device();
    EXPECT_EQ(life.hooks.log.Count("device.cleanup"), life.hooks.log.Count("device.destroy"));
    started = up && used ? started + 1 : 0;
    lives_with_a_failure += !used;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GE(lives_with_a_failure, 5u);
  EXPECT_EQ(started, 3u) << "the loop saw a whole life without a failure";
  ASSERT_TRUE(life.Add());
  EXPECT_EQ(life.rig->Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_EQ(machine.RemoveDevice(life.rig->device), STATUS_SUCCESS);
  life.rig->device = Device();
  life.rig.reset();
  EXPECT_EQ(machine.CountReports(ReportKind::kLeak), 0u) << machine.ReportText();
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
