// Tables S9 and S10: idle in S0 without and with wake; S6 and S7 from there.
#include <atomic>

#include "sleeper.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

struct Idler : Sleeper {
  explicit Idler(Machine& machine) : Sleeper(machine), machine(machine) {
    hooks.managed_queue = true;
    hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  }
  void StartIdle(WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps) {
    Start([caps](WDFDEVICE device) { return AssignIdle(device, 20, caps); });
    machine.Advance(milliseconds(300));
  }
  Status Io() { return rig->Open().Ioctl(kIoctl).status; }
  Machine& machine;
};

// What came first: the next idle period may begin before a busy computer lets the test look.
Lines First(size_t count, Lines lines) {
  lines.resize(std::min(lines.size(), count));
  return lines;
}

CONFORMANCE(IdleTable, WithoutWakeDownAndUpByIo, "S9", "PWR-61", "PWR-62", "PWR-55") {
  Idler device(machine);
  device.StartIdle(IdleCannotWakeFromS0);
  EXPECT_EQ(device.Calls(), kIoDown + HwDown());
  EXPECT_EQ(device.PolicyPath(), (Lines{"IdleCapableDeviceIdle", "TimerExpiredNoWake", "TimerExpiredNoWakeCompletePowerDown",
                                        "TimerExpiredNoWakePoweredDownDisableIdleTimer", "WaitingUnarmedQueryIdle", "WaitingUnarmed"}));
  EXPECT_EQ(device.PowerPath(), kPowerDown);
  EXPECT_EQ(device.Io(), STATUS_SUCCESS);
  machine.RunUntilIdle();
  EXPECT_EQ(First(kIoUp.size() + HwUp().size(), device.Calls()), HwUp() + kIoUp);
  Lines path = device.PolicyPath();
  path.resize(std::min<size_t>(path.size(), 5));
  EXPECT_EQ(path, (Lines{"WaitingUnarmedQueryIdle", "S0NoWakePowerUp", "S0NoWakeCompletePowerUp", "StartingDecideS0Wake", "StartedIdleCapable"}));
}

CONFORMANCE(IdleTable, ChangedSettingsMoveTheDevice, "S9", "PWR-58") {
  Idler device(machine);
  device.Start([](WDFDEVICE handle) { return AssignIdle(handle, 60'000); });
  machine.Run([&] {
    EXPECT_EQ(S(AssignIdle(device.hooks.device, 60'000, IdleCannotWakeFromS0, WdfFalse)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Until([&] { return WdfDeviceGetDevicePowerPolicyState(device.hooks.device) == WdfDevStatePwrPolStarted; }));
  });
  EXPECT_EQ(device.PolicyPath(), (Lines{"StartedCancelTimer", "StartingDecideS0Wake", "Started"}));
  EXPECT_TRUE(device.Calls().empty());
  machine.Run([&] { EXPECT_EQ(S(AssignIdle(device.hooks.device, 20, IdleCannotWakeFromS0, WdfTrue)), S(STATUS_SUCCESS)); });
  machine.Advance(milliseconds(300));
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolWaitingUnarmed);
  device.Forget();
  machine.Run([&] {
    EXPECT_EQ(S(AssignIdle(device.hooks.device, 20, IdleCannotWakeFromS0, WdfFalse)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Until([&] { return WdfDeviceGetDevicePowerPolicyState(device.hooks.device) == WdfDevStatePwrPolStarted; }));
  });
  EXPECT_EQ(device.Calls(), HwUp() + kIoUp);
  EXPECT_EQ(device.PolicyPath(), (Lines{"S0NoWakePowerUp", "S0NoWakeCompletePowerUp", "StartingDecideS0Wake", "Started"}));
}

const Lines kArmedDown = {"WakeCapableDeviceIdle", "TimerExpiredDecideUsbSS", "TimerExpiredWakeCapablePowerDown", "TimerExpiredWakeCapableSendWake",
                          "TimerExpiredWakeCapableWakeArrived", "WaitingArmedUsbSS", "WaitingArmedQueryIdle", "WaitingArmed"};

// There is no hub below to agree: what is left is the way of a device that can wake (S10).
CONFORMANCE(IdleTable, SelectiveSuspendArmsAndNeverReachesD3, "S10", "DEVX-44", "PWR-55", "PWR-58") {
  {
    Sleeper device(machine);
    device.Start(nullptr, 3, 3);
    machine.Run([&] {
      EXPECT_EQ(S(AssignIdle(device.hooks.device, 20, IdleUsbSelectiveSuspend)), S(STATUS_POWER_STATE_INVALID)) << "Maximum is D3 on this bus";
    });
  }
  Idler device(machine);
  device.Start([](WDFDEVICE handle) { return AssignIdle(handle, 20, IdleUsbSelectiveSuspend); }, 2, 3);
  auto in = [&](WDF_DEVICE_POWER_POLICY_STATE state) {
    machine.Run([&] { EXPECT_TRUE(Until([&] { return WdfDeviceGetDevicePowerPolicyState(device.hooks.device) == state; })); });
    machine.RunUntilIdle();
  };
  in(WdfDevStatePwrPolWaitingArmed);
  EXPECT_EQ(device.Calls(), (kIoDown + Lines{"ArmWakeFromS0"} + HwDown("D2")));
  EXPECT_EQ(device.PolicyPath(), kArmedDown);
  EXPECT_EQ(device.Io(), STATUS_SUCCESS);
  in(WdfDevStatePwrPolWaitingArmed);
  // Later calls may take the wake away and give it back; another kind of wake is not theirs to choose.
  device.Forget();
  machine.Run([&] { EXPECT_EQ(S(AssignIdle(device.hooks.device, 20, IdleCannotWakeFromS0)), S(STATUS_SUCCESS)); });
  in(WdfDevStatePwrPolWaitingUnarmed);
  EXPECT_EQ(device.hooks.log.Count("ArmWakeFromS0"), 0u);
  machine.Run([&] { EXPECT_EQ(S(AssignIdle(device.hooks.device, 20, IdleCanWakeFromS0)), S(STATUS_SUCCESS)); });
  in(WdfDevStatePwrPolWaitingUnarmed);
  EXPECT_EQ(device.hooks.log.Count("ArmWakeFromS0"), 0u);
  machine.Run([&] { EXPECT_EQ(S(AssignIdle(device.hooks.device, 20, IdleUsbSelectiveSuspend)), S(STATUS_SUCCESS)); });
  in(WdfDevStatePwrPolWaitingArmed);
  EXPECT_EQ(device.hooks.log.Count("ArmWakeFromS0"), 1u);
}

CONFORMANCE(IdleTable, WithWakeArmedDownAndUpByIo, "S10", "PWR-72", "PWR-55", "O-10") {
  Idler device(machine);
  device.StartIdle(IdleCanWakeFromS0);
  EXPECT_EQ(device.Calls(), kIoDown + Lines{"ArmWakeFromS0"} + HwDown());
  EXPECT_EQ(device.PolicyPath(), kArmedDown);
  EXPECT_EQ(device.Io(), STATUS_SUCCESS);
  machine.RunUntilIdle();
  const Lines up = HwUp() + Lines{"DisarmWakeFromS0"} + kIoUp;
  EXPECT_EQ(First(up.size(), device.Calls()), up);
  EXPECT_EQ(First(8, device.PolicyPath()), (Lines{"WaitingArmedQueryIdle", "WaitingArmedIoPresentCancelUsbSS", "IoPresentArmed", "IoPresentArmedWakeCanceled", "S0WakeDisarm",
                         "S0WakeCompletePowerUp", "StartingDecideS0Wake", "StartedWakeCapable"}));
}

CONFORMANCE(IdleTable, AWakeSignalBringsTheDeviceUp, "S10", "PWR-62", "PWR-72", "O-10") {
  Idler device(machine);
  device.StartIdle(IdleCanWakeFromS0);
  device.Forget();
  EXPECT_EQ(machine.WakeDevice(device.rig->device), STATUS_SUCCESS);
  machine.RunUntilIdle();
  machine.Run([&] { Until([&] { return WdfDeviceGetDevicePowerState(device.hooks.device) == WdfDevStatePowerD0; }); });
  machine.RunUntilIdle();
  const Lines up = HwUp() + Lines{"WakeFromS0Triggered", "DisarmWakeFromS0"} + kIoUp;
  EXPECT_EQ(First(up.size(), device.Calls()), up);
  EXPECT_EQ(First(7, device.PolicyPath()), (Lines{"WaitingArmedWakeSucceededCancelUsbSS", "WokeFromS0", "WokeFromS0NotifyDriver", "S0WakeDisarm", "S0WakeCompletePowerUp",
                         "StartingDecideS0Wake", "StartedWakeCapable"}));
}

CONFORMANCE(IdleTable, AFailingArmCallbackCostsARoundTrip, "S10", "PWR-34") {
  Idler device(machine);
  device.hooks.fail["ArmWakeFromS0"] = STATUS_UNSUCCESSFUL;
  device.Start([](WDFDEVICE handle) { return AssignIdle(handle, 100, IdleCanWakeFromS0); });
  machine.Advance(milliseconds(230));
  EXPECT_EQ(First(7, device.Calls()), (kIoDown + Lines{"ArmWakeFromS0"} + HwDown() + HwUp() + kIoUp)) << "no Disarm";
  EXPECT_EQ(First(15, device.PolicyPath()), (Lines{"WakeCapableDeviceIdle", "TimerExpiredDecideUsbSS", "TimerExpiredWakeCapablePowerDown", "TimerExpiredWakeCapableSendWake",
                         "TimerExpiredWakeCapableWakeArrived", "TimerExpiredWakeCapableCancelWake", "TimerExpiredWakeCapableWakeCanceled",
                         "TimerExpiredWakeCapableCleanup", "TimerExpiredWakeCompletedPowerDown", "TimerExpiredWakeCompletedPowerDownCheckDirected",
                         "TimerExpiredWakeCompletedPowerUp", "TimerExpiredWakeCompletedHardwareStarted", "S0WakeCompletePowerUp",
                         "StartingDecideS0Wake", "StartedWakeCapable"}));
}

CONFORMANCE(IdleTable, AWaitThatTheOwnerEndsItselfCountsAsItSays, "PWR-74", "S10") {
  Idler device(machine);
  device.StartIdle(IdleCanWakeFromS0);
  device.Forget();
  machine.Run([&] {
    EXPECT_EQ(S(WdfDeviceIndicateWakeStatus(device.hooks.device, STATUS_PENDING)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDeviceIndicateWakeStatus(device.hooks.device, STATUS_CANCELLED)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDeviceIndicateWakeStatus(device.hooks.device, STATUS_SUCCESS)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Until([&] { return device.hooks.log.Count("SelfManagedIoRestart") == 1; }));
    EXPECT_EQ(S(WdfDeviceIndicateWakeStatus(device.hooks.device, STATUS_SUCCESS)), S(STATUS_INVALID_DEVICE_REQUEST)) << "nothing waits";
  });
  const Lines up = HwUp() + Lines{"WakeFromS0Triggered", "DisarmWakeFromS0"} + kIoUp;
  EXPECT_EQ(First(up.size(), device.Calls()), up);
  machine.Advance(milliseconds(300));
  device.Forget();
  machine.Run([&] {
    EXPECT_EQ(S(WdfDeviceIndicateWakeStatus(device.hooks.device, STATUS_UNSUCCESSFUL)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Until([&] { return device.hooks.log.Count("SelfManagedIoRestart") == 1; }));
  });
  EXPECT_EQ(First(HwUp().size() + 1 + kIoUp.size(), device.Calls()), HwUp() + Lines{"DisarmWakeFromS0"} + kIoUp) << "a failed wait wakes without Triggered";
  EXPECT_TRUE(Contains(device.PolicyPath(), "WaitingArmedWakeFailedCancelUsbSS"));
}

CONFORMANCE(IdleTable, ANonOwnerHasNoWaitToEnd, "PWR-74", "PWR-70", "PWR-56") {
  Sleeper device(machine);
  device.hooks.filter = true;
  device.Start();
  machine.Run([&] {
    EXPECT_EQ(S(WdfDeviceIndicateWakeStatus(device.hooks.device, STATUS_SUCCESS)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(AssignSxWake(device.hooks.device)), S(STATUS_INVALID_DEVICE_REQUEST));
  });
}

CONFORMANCE(IdleTable, WakeSettingsAreChecked, "PWR-70", "PWR-69", "PWR-56", "PWR-57") {
  Sleeper device(machine);
  device.Start(nullptr, 2, 3);
  machine.Run([&] {
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS settings;
    auto assign = [&](auto change) {
      WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&settings);
      change();
      return S(WdfDeviceAssignSxWakeSettings(device.hooks.device, &settings));
    };
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&settings);
    EXPECT_EQ(settings.Enabled, WdfUseDefault);
    EXPECT_EQ(settings.DxState, PowerDeviceMaximum);
    EXPECT_EQ(settings.UserControlOfWakeSettings, WakeAllowUserControl);
    EXPECT_EQ(assign([&] { settings.Size = 4; }), S(STATUS_INFO_LENGTH_MISMATCH));
    EXPECT_EQ(assign([&] { settings.DxState = PowerDeviceD0; }), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(assign([&] { settings.Enabled = static_cast<WDF_TRI_STATE>(9); }), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(assign([&] { settings.DxState = PowerDeviceD3; }), S(STATUS_POWER_STATE_INVALID)) << "deeper than the bus can wake from";
    EXPECT_EQ(assign([] {}), S(STATUS_SUCCESS));
  });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_TRUE(Contains(device.Calls(), "D0Exit(D2)")) << "Maximum: as deep as it can wake from";
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  device.rig.reset();
  Sleeper none(machine);
  none.Start(nullptr, -1, -1);
  machine.Run([&] { EXPECT_EQ(S(AssignSxWake(none.hooks.device)), S(STATUS_POWER_STATE_INVALID)) << "the bus cannot wake"; });
}

CONFORMANCE(IdleTable, RemovalOfAnIdleDevice, "S6", "S7", "PWR-13", "PWR-22") {
  {
    Idler device(machine);
    device.StartIdle(IdleCannotWakeFromS0);
    device.Forget();
    EXPECT_EQ(machine.SurpriseRemove(device.rig->device), STATUS_SUCCESS);
    device.rig->device = Device();
    EXPECT_EQ(device.Calls(), (Lines{"SurpriseRemoval", "ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup"}));
    EXPECT_EQ(device.PolicyPath(), (Lines{"StoppingCancelTimer", "Stopping", "StoppingSendStatus", "Stopped", "StoppedRemoving", "Removed"}));
    EXPECT_EQ(device.PowerPath(), (Lines{"GotoDxStoppedDisableInterrupt", "GotoDxStopped", "Stopped"}));
  }
  {
    Idler device(machine);
    device.StartIdle(IdleCanWakeFromS0);
    device.Forget();
    EXPECT_EQ(machine.SurpriseRemove(device.rig->device), STATUS_SUCCESS);
    device.rig->device = Device();
    EXPECT_EQ(device.Calls(), (Lines{"SurpriseRemoval", "ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup"})) << "no Disarm";
    EXPECT_EQ(device.PolicyPath(), (Lines{"WaitingArmedStoppingCancelUsbSS", "StoppingCancelWake", "Stopping", "StoppingSendStatus", "Stopped",
                                          "StoppedRemoving", "Removed"}));
  }
  {
    Idler device(machine);
    device.StartIdle(IdleCanWakeFromS0);
    device.Forget();
    EXPECT_EQ(machine.RemoveDevice(device.rig->device), STATUS_SUCCESS);
    device.rig->device = Device();
    EXPECT_EQ(device.Calls(), (Lines{"QueryRemove"} + HwUp() + Lines{"DisarmWakeFromS0"} + kIoUp + kIoDown + HwDown("D3Final") +
                               Lines{"ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup"}));
  }
}

// --- table S15 ---

CONFORMANCE(NonOwner, AFilterFollowsTheOwnerOfItsStack, "S15", "PWR-15", "PWR-52") {
  Hooks function_hooks;
  function_hooks.pnp_callbacks = true;
  SetOtherHooks(&function_hooks);
  Driver function = machine.AddDriver("function", OtherEntry());
  Recorder filter;
  filter.hooks.filter = true;
  {
    Rig rig(machine, filter.hooks);
    DeviceSpec spec = CanWake(function);
    spec.upper_filters = {rig.driver};
    rig.device = machine.AddDevice(spec);
    ASSERT_TRUE(rig.device.started()) << machine.ReportText();
    EXPECT_EQ(filter.PolicyPath(), (Lines{"Starting", "Started", "StartingSucceeded"}));
    filter.Forget();
    EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
    EXPECT_EQ(filter.Calls(), kIoDown + HwDown());
    EXPECT_EQ(filter.PolicyPath(), (Lines{"GotoDx", "Dx"}));
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    machine.RunUntilIdle();
    EXPECT_EQ(filter.Calls(), HwUp() + kIoUp);
    EXPECT_EQ(filter.PolicyPath(), (Lines{"GotoD0", "StartingSucceeded"}));
    EXPECT_EQ(machine.RemoveDevice(rig.device), STATUS_SUCCESS);
    rig.device = Device();
    EXPECT_EQ(filter.PolicyPath(), (Lines{"Stopping", "StoppingWaitingForImplicitPowerDown", "StoppingSendStatus", "Stopped", "Removed"}));
  }
  machine.UnloadDriver(function);
}

}  // namespace
}  // namespace drydock::test
