// Every system state, from D0 and from idle; arming with a reason; directed power for devices that are armed.
#include <atomic>

#include "sleeper.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

// The D-state that the bus names for S1 to S5.
DeviceSpec Deeper(Driver function) {
  DeviceSpec spec = CanWake(function);
  const int states[6] = {0, 1, 2, 2, 3, 3};
  for (int s = 0; s < 6; ++s) spec.power.d_state[s] = states[s];
  return spec;
}

struct Sleeps : Sleeper {
  Sleeps(Machine& machine, std::function<NTSTATUS(WDFDEVICE)> added) : Sleeper(machine), machine(machine) {
    hooks.added = std::move(added);
    rig = std::make_unique<Rig>(machine, hooks);
    rig->device = machine.AddDevice(Deeper(rig->driver));
    EXPECT_TRUE(rig->device.started()) << machine.ReportText();
    Forget();
  }
  bool Reaches(WDF_DEVICE_POWER_POLICY_STATE state) {
    bool reached = false;
    machine.Run([&] { reached = Until([&] { return WdfDeviceGetDevicePowerPolicyState(hooks.device) == state; }); });
    machine.RunUntilIdle();
    return reached;
  }
  Machine& machine;
};

std::string Dx(int state) { return "D" + std::to_string(state); }

CONFORMANCE(SystemStates, EachTakesTheDeviceAsDeepAsItAsksAndBack, "S8", "S13", "PWR-53", "DEVX-45") {
  // Not armed: D3, the ideal state, whatever the bus says is the least.
  Sleeps device(machine, nullptr);
  for (int s = 1; s <= 4; ++s) {
    SCOPED_TRACE(s);
    EXPECT_EQ(machine.SetSystemPower(s), STATUS_SUCCESS);
    EXPECT_EQ(device.Calls(), kIoDown + HwDown("D3"));
    EXPECT_EQ(device.Policy(), WdfDevStatePwrPolSystemAsleepNoWake);
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    EXPECT_EQ(device.Calls(), HwUp("D3") + kIoUp);
  }
  // From one to another there is S0 between.
  EXPECT_EQ(machine.SetSystemPower(5), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), kIoDown + HwDown("D3Final"));
}

CONFORMANCE(SystemStates, TheIdealStateIsDeepenedToWhatTheStackNeeds, "DEVX-45", "O-23") {
  Sleeps device(machine, [](WDFDEVICE handle) {
    WDF_DEVICE_POWER_CAPABILITIES power;
    WDF_DEVICE_POWER_CAPABILITIES_INIT(&power);
    power.IdealDxStateForSx = PowerDeviceD1;
    WdfDeviceSetPowerCapabilities(handle, &power);
    return STATUS_SUCCESS;
  });
  const int expected[] = {0, 1, 2, 2, 3};
  for (int s = 1; s <= 4; ++s) {
    SCOPED_TRACE(s);
    EXPECT_EQ(machine.SetSystemPower(s), STATUS_SUCCESS);
    EXPECT_EQ(device.Calls(), kIoDown + HwDown(Dx(expected[s]).c_str()));
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    EXPECT_EQ(device.Calls(), HwUp(Dx(expected[s]).c_str()) + kIoUp);
  }
}

CONFORMANCE(SystemStates, AnArmedDeviceIsArmedForEachItCanWakeFrom, "S8", "DEVX-45", "PWR-72") {
  Sleeps device(machine, [](WDFDEVICE handle) { return AssignSxWake(handle); });
  for (int s = 1; s <= 4; ++s) {
    SCOPED_TRACE(s);
    EXPECT_EQ(machine.SetSystemPower(s), STATUS_SUCCESS);
    EXPECT_EQ(device.Calls(), s == 4 ? kIoDown + HwDown("D3") : kIoDown + Lines{"ArmWakeFromSx"} + HwDown("D3")) << "it wakes from S3 at the deepest";
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    EXPECT_EQ(device.Calls(), s == 4 ? HwUp("D3") + kIoUp : HwUp("D3") + Lines{"DisarmWakeFromSx"} + kIoUp);
  }
}

CONFORMANCE(SystemStates, AnIdleDeviceSleepsThroughEachOfThem, "S8", "S9", "PWR-60") {
  Sleeps device(machine, [](WDFDEVICE handle) { return AssignIdle(handle, 20); });
  for (int s = 1; s <= 4; ++s) {
    SCOPED_TRACE(s);
    EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingUnarmed));
    device.Forget();
    EXPECT_EQ(machine.SetSystemPower(s), STATUS_SUCCESS);
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    EXPECT_TRUE(device.Calls().empty()) << "in Dx all the time";
    EXPECT_EQ(device.PolicyPath(),
              (Lines{"SystemSleepFromDeviceWaitingUnarmed", "SystemAsleepNoWake", "SystemWakeDeviceWakeDisabled", "SystemWakeQueryIdle", "WaitingUnarmed"}));
  }
  EXPECT_EQ(machine.Shutdown(), STATUS_SUCCESS);
  EXPECT_TRUE(device.Calls().empty()) << "off already";
}

CONFORMANCE(SystemStates, AnIdleDeviceArmedForS0ComesUpForEachOfThem, "S8", "S10") {
  Sleeps device(machine, [](WDFDEVICE handle) { return AssignIdle(handle, 20, IdleCanWakeFromS0); });
  for (int s = 1; s <= 4; ++s) {
    SCOPED_TRACE(s);
    EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingArmed));
    device.Forget();
    EXPECT_EQ(machine.SetSystemPower(s), STATUS_SUCCESS);
    EXPECT_EQ(device.Calls(), HwUp("D3") + Lines{"DisarmWakeFromS0"} + kIoUp + kIoDown + HwDown("D3")) << "the wake from S0 ends first";
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    Lines calls = device.Calls();
    calls.resize(std::min<size_t>(calls.size(), 3));
    EXPECT_EQ(calls, HwUp("D3") + kIoUp);
  }
}

// --- arming with a reason (PWR-73) ---

CONFORMANCE(WithReason, TheDriverHearsThatItsOwnWakeIsEnabled, "PWR-73", "S8") {
  Sleeper device(machine);
  device.with_reason = true;
  device.Start([](WDFDEVICE handle) { return AssignSxWake(handle); });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), kIoDown + Lines{"WithReason(enabled)"} + HwDown());
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolSystemAsleepWakeArmed);
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), HwUp() + Lines{"DisarmWakeFromSx"} + kIoUp);
}

CONFORMANCE(WithReason, ItsFailureIsRevertedAsThatOfTheOther, "PWR-73", "PWR-35") {
  Sleeper device(machine);
  device.with_reason = true;
  device.hooks.fail["WithReason(enabled)"] = STATUS_UNSUCCESSFUL;
  device.Start([](WDFDEVICE handle) { return AssignSxWake(handle); });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), (kIoDown + Lines{"WithReason(enabled)", "DisarmWakeFromSx"} + HwDown()));
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), HwUp() + kIoUp);
  EXPECT_TRUE(device.rig->device.started());
}

CONFORMANCE(WithReason, BothFormsMakeTheWholeStructureIgnored, "PWR-73", "O-24") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_POWER_POLICY_EVENT_CALLBACKS policy;
    WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
    policy.EvtDeviceArmWakeFromSx = [](WDFDEVICE) -> NTSTATUS { return STATUS_UNSUCCESSFUL; };
    policy.EvtDeviceArmWakeFromSxWithReason = [](WDFDEVICE, BOOLEAN, BOOLEAN) -> NTSTATUS { return STATUS_UNSUCCESSFUL; };
    WdfDeviceInitSetPowerPolicyEventCallbacks(init, &policy);
    return STATUS_SUCCESS;
  };
  hooks.added = [](WDFDEVICE handle) { return AssignSxWake(handle); };
  Rig rig(machine, hooks);
  rig.device = machine.AddDevice(CanWake(rig.driver));
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePowerPolicyState(hooks.device), WdfDevStatePwrPolSystemAsleepWakeArmed) << "nothing refused"; });
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
}

// --- directed power of a device that wakes (S11) ---

struct Directed : Sleeper {
  explicit Directed(Machine& machine, ULONG timeout = 60'000, WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps = IdleCanWakeFromS0)
      : Sleeper(machine), machine(machine) {
    hooks.managed_queue = true;
    hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
    Start([=](WDFDEVICE handle) {
      WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
      WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, caps);
      settings.IdleTimeout = timeout;
      settings.IdleTimeoutType = SystemManagedIdleTimeout;
      return WdfDeviceAssignS0IdleSettings(handle, &settings);
    });
  }
  bool Reaches(WDF_DEVICE_POWER_POLICY_STATE state) {
    bool reached = false;
    machine.Run([&] { reached = Until([&] { return WdfDeviceGetDevicePowerPolicyState(hooks.device) == state; }); });
    machine.RunUntilIdle();
    return reached;
  }
  Machine& machine;
};

CONFORMANCE(DirectedPower, AWakeCapableDeviceGoesDownArmedAndStaysWhateverUsesIt, "S11", "S10", "PWR-67") {
  Directed device(machine);
  EXPECT_EQ(machine.DirectPower(device.rig->device, true), STATUS_SUCCESS);
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingArmedDirectedDown));
  EXPECT_EQ(device.Calls(), kIoDown + Lines{"ArmWakeFromS0"} + HwDown());
  EXPECT_EQ(device.PolicyPath(),
            (Lines{"StartedWakeCapableCancelTimerForSleep", "StartedWakeCapableTimerCanceledForSleep", "WakeCapableTimerNotExpiredDirectedDown",
                   "WakeCapableDirectedDownTriggerDPNR", "TimerExpiredDecideUsbSS", "TimerExpiredWakeCapablePowerDown", "TimerExpiredWakeCapableSendWake",
                   "TimerExpiredWakeCapableWakeArrived", "WaitingArmedUsbSS", "WaitingArmedDirectedDown"}));
  File file = device.rig->Open();
  PendingIo io = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_FALSE(io.done()) << "I/O does not resume it";
  EXPECT_EQ(machine.DirectPower(device.rig->device, false), STATUS_SUCCESS);
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolStartedWakeCapable));
  Lines calls = device.Calls();
  calls.resize(std::min<size_t>(calls.size(), 4));
  EXPECT_EQ(calls, HwUp() + Lines{"DisarmWakeFromS0"} + kIoUp);
  EXPECT_TRUE(Contains(device.PolicyPath(), "WaitingArmedDirectedDownTriggerDPR"));
}

CONFORMANCE(DirectedPower, OneThatIsDownAlreadyOnlyHearsOfIt, "S11") {
  Directed device(machine, 20);
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingArmed));
  device.Forget();
  EXPECT_EQ(machine.DirectPower(device.rig->device, true), STATUS_SUCCESS);
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingArmedDirectedDown));
  EXPECT_TRUE(device.Calls().empty());
  EXPECT_EQ(machine.DirectPower(device.rig->device, false), STATUS_SUCCESS);
  machine.Run([&] { EXPECT_TRUE(Until([&] { return device.hooks.log.Count("SelfManagedIoRestart") == 1; })); });
  Lines calls = device.Calls();
  calls.resize(std::min<size_t>(calls.size(), 4));
  EXPECT_EQ(calls, HwUp() + Lines{"DisarmWakeFromS0"} + kIoUp);
}

CONFORMANCE(DirectedPower, RemovalAndSurpriseRemovalFromThere, "S11", "S6", "S7") {
  for (bool surprise : {false, true}) {
    SCOPED_TRACE(surprise ? "surprise removal" : "removal");
    Directed device(machine);
    EXPECT_EQ(machine.DirectPower(device.rig->device, true), STATUS_SUCCESS);
    EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingArmedDirectedDown));
    device.Forget();
    if (surprise) {
      EXPECT_EQ(machine.SurpriseRemove(device.rig->device), STATUS_SUCCESS);
      EXPECT_EQ(device.Calls(), (Lines{"SurpriseRemoval", "ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup"}));
    } else {
      EXPECT_EQ(machine.RemoveDevice(device.rig->device), STATUS_SUCCESS);
      const Lines calls = device.Calls();
      EXPECT_TRUE(Contains(calls, "DisarmWakeFromS0")) << "brought up, disarmed, and down for good";
      ASSERT_FALSE(calls.empty());
      EXPECT_EQ(calls.back(), "SelfManagedIoCleanup");
    }
    device.rig->device = Device();
  }
}

// The system that directed the device down lets it go when it wants something else of it.
CONFORMANCE(DirectedPower, ARebalanceAndASystemSleepEndIt, "S11", "S3", "S8", "ours") {
  for (bool wakes : {false, true}) {
    SCOPED_TRACE(wakes ? "armed" : "not armed");
    Directed device(machine, 60'000, wakes ? IdleCanWakeFromS0 : IdleCannotWakeFromS0);
    EXPECT_EQ(machine.DirectPower(device.rig->device, true), STATUS_SUCCESS);
    EXPECT_TRUE(device.Reaches(wakes ? WdfDevStatePwrPolWaitingArmedDirectedDown : WdfDevStatePwrPolWaitingUnarmedDirectedDown));
    EXPECT_EQ(machine.Rebalance(device.rig->device), STATUS_SUCCESS);
    EXPECT_TRUE(device.Reaches(wakes ? WdfDevStatePwrPolStartedWakeCapable : WdfDevStatePwrPolStartedIdleCapable));
    EXPECT_EQ(machine.DirectPower(device.rig->device, true), STATUS_SUCCESS);
    EXPECT_TRUE(device.Reaches(wakes ? WdfDevStatePwrPolWaitingArmedDirectedDown : WdfDevStatePwrPolWaitingUnarmedDirectedDown));
    EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
    EXPECT_EQ(device.Policy(), WdfDevStatePwrPolSystemAsleepNoWake);
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    EXPECT_TRUE(device.Reaches(wakes ? WdfDevStatePwrPolStartedWakeCapable : WdfDevStatePwrPolStartedIdleCapable));
    EXPECT_EQ(device.rig->Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  }
}

CONFORMANCE(DirectedPower, AWakeSignalThereIsTheSystemsAffair, "S11", "ours") {
  Directed device(machine);
  EXPECT_EQ(machine.DirectPower(device.rig->device, true), STATUS_SUCCESS);
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingArmedDirectedDown));
  EXPECT_EQ(machine.WakeDevice(device.rig->device), STATUS_SUCCESS);
  machine.RunUntilIdle();
  EXPECT_EQ(machine.DirectPower(device.rig->device, false), STATUS_SUCCESS);
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolStartedWakeCapable));
  EXPECT_TRUE(device.rig->device.started());
}

}  // namespace
}  // namespace drydock::test
