// Table S8: system sleep and resume, seen by the power policy owner.
#include <atomic>

#include "sleeper.h"

namespace drydock::test {
namespace {

CONFORMANCE(Sleep, ADeviceThatIsNotArmedGoesDownAndComesBack, "S8", "PWR-53", "PWR-04", "PWR-02", "PWR-21", "S13") {
  Sleeper device(machine);
  device.Start();
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), kIoDown + HwDown());
  EXPECT_EQ(device.PolicyPath(), (Lines{"Sleeping", "SleepingNoWakePowerDown", "SleepingNoWakeCompletePowerDown", "SystemAsleepNoWake"}));
  EXPECT_EQ(device.PowerPath(), kPowerDown);
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), HwUp() + kIoUp);
  EXPECT_EQ(device.PolicyPath(), (Lines{"SystemWakeDeviceWakeDisabled", "SystemWakeDeviceToD0", "SystemWakeDeviceToD0CompletePowerUp",
                                        "StartingDecideS0Wake", "Started"}));
  EXPECT_EQ(device.PowerPath(), kPowerUp);
}

CONFORMANCE(Sleep, AnArmedDeviceIsDisarmedWhenAnotherWokeTheSystem, "S8", "PWR-72", "O-10", "PWR-69", "PWR-73") {
  Sleeper device(machine);
  device.Start([](WDFDEVICE handle) { return AssignSxWake(handle); });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), kIoDown + Lines{"ArmWakeFromSx"} + HwDown());
  EXPECT_EQ(device.PolicyPath(), (Lines{"Sleeping", "SleepingWakePowerDown", "SleepingSendWake", "CheckPowerPageable", "SleepingWakeWakeArrived",
                                        "SystemAsleepWakeArmed"}));
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), HwUp() + Lines{"DisarmWakeFromSx"} + kIoUp);
  EXPECT_EQ(device.PolicyPath(), (Lines{"SystemWakeDeviceWakeEnabled", "SystemWakeDeviceWakeEnabledWakeCanceled", "SystemWakeDeviceWakeDisarm",
                                        "SystemWakeDeviceWakeCompletePowerUp", "StartingDecideS0Wake", "Started"}));
}

CONFORMANCE(Sleep, TheDeviceThatWokeTheSystemIsToldSo, "S8", "PWR-72", "O-10") {
  Sleeper device(machine);
  device.Start([](WDFDEVICE handle) { return AssignSxWake(handle); });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  device.Forget();
  EXPECT_EQ(machine.WakeDevice(device.rig->device), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), (HwUp() + Lines{"WakeFromSxTriggered", "DisarmWakeFromSx"} + kIoUp));
  EXPECT_EQ(device.PolicyPath(), (Lines{"SystemWakeDeviceWakeTriggered", "SystemWakeDeviceWakeTriggeredS0", "SystemWakeDeviceWokeDisarm",
                                        "SystemWakeDeviceWakeCompletePowerUp", "StartingDecideS0Wake", "Started"}));
}

CONFORMANCE(Sleep, AFailingArmCallbackIsRevertedAndTheSystemSleeps, "S8", "PWR-35") {
  Sleeper device(machine);
  device.hooks.fail["ArmWakeFromSx"] = STATUS_UNSUCCESSFUL;
  device.Start([](WDFDEVICE handle) { return AssignSxWake(handle); });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), (kIoDown + Lines{"ArmWakeFromSx", "DisarmWakeFromSx"} + HwDown()));
  EXPECT_EQ(device.PolicyPath(), (Lines{"Sleeping", "SleepingWakePowerDown", "SleepingSendWake", "CheckPowerPageable", "SleepingWakeWakeArrived",
                                        "SleepingWakeRevertArmWake", "SleepingWakeCancelWake", "SleepingNoWakeCompletePowerDown", "SystemAsleepNoWake"}));
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), HwUp() + kIoUp);
  EXPECT_TRUE(device.rig->device.started()) << "nothing is reported to PnP";
}

CONFORMANCE(Sleep, ADriverThatIsNotPageablePassesTheTwins, "S8", "S1") {
  Sleeper device(machine);
  device.more_init = [](PWDFDEVICE_INIT init) {
    WdfDeviceInitSetPowerNotPageable(init);
    return STATUS_SUCCESS;
  };
  device.Start([](WDFDEVICE handle) { return AssignSxWake(handle); });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.PowerPath(), (Lines{"GotoDxNP", "NotifyingD0ExitToWakeInterruptsNP", "GotoDxIoStoppedNP", "DxNP"}));
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolSystemAsleepWakeArmedNP);
  device.Forget();
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  EXPECT_EQ(device.PolicyPath(), (Lines{"SystemWakeDeviceWakeEnabledNP", "SystemWakeDeviceWakeEnabledWakeCanceledNP", "SystemWakeDeviceWakeDisarmNP",
                                        "SystemWakeDeviceWakeCompletePowerUp", "StartingDecideS0Wake", "Started"}));
  EXPECT_EQ(device.PowerPath(), (Lines{"CheckDeviceTypeNP", "WakingNP", "NotifyingD0EntryToWakeInterruptsNP", "WakingConnectInterruptNP",
                                       "WakingDmaEnableNP", "WakingPostHardwareEnabledNP", "StartSelfManagedIoNP", "DecideD0State", "D0NP"}));
}

CONFORMANCE(Sleep, AnIdleCapableDeviceStopsItsTimerFirst, "S8") {
  Sleeper device(machine);
  device.Start([](WDFDEVICE handle) { return AssignIdle(handle, 60'000); });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.PolicyPath(), (Lines{"StartedIdleCapableCancelTimerForSleep", "StartedIdleCapableTimerCanceledForSleep", "Sleeping",
                                        "SleepingNoWakePowerDown", "SleepingNoWakeCompletePowerDown", "SystemAsleepNoWake"}));
  device.Forget();
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  EXPECT_TRUE(device.Calls().empty()) << "stays in Dx until somebody needs it";
  EXPECT_EQ(device.PolicyPath(), (Lines{"SystemWakeDeviceWakeDisabled", "SystemWakeQueryIdle", "WaitingUnarmed"}));
}

CONFORMANCE(Sleep, ADeviceThatWantsToBeUpAfterTheSleepIs, "S8", "PWR-60") {
  Sleeper device(machine);
  device.Start([](WDFDEVICE handle) {
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
    settings.IdleTimeout = 60'000;
    settings.PowerUpIdleDeviceOnSystemWake = WdfTrue;
    return WdfDeviceAssignS0IdleSettings(handle, &settings);
  });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  device.Forget();
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), HwUp() + kIoUp);
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolStartedIdleCapable);
}

CONFORMANCE(Sleep, AnIdleDeviceThatIsNotToWakeSleepsOn, "S8") {
  Sleeper device(machine);
  device.Start([](WDFDEVICE handle) { return AssignIdle(handle, 20); });
  machine.Advance(std::chrono::milliseconds(300));
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolWaitingUnarmed);
  device.Forget();
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_TRUE(device.Calls().empty());
  EXPECT_EQ(device.PolicyPath(), (Lines{"SystemSleepFromDeviceWaitingUnarmed", "SystemAsleepNoWake"}));
}

CONFORMANCE(Sleep, AnIdleDeviceThatIsToWakeComesUpToBeArmed, "S8") {
  Sleeper device(machine);
  device.Start([](WDFDEVICE handle) {
    NTSTATUS status = AssignSxWake(handle);
    return NT_SUCCESS(status) ? AssignIdle(handle, 20) : status;
  });
  machine.Advance(std::chrono::milliseconds(300));
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolWaitingUnarmed);
  device.Forget();
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), HwUp() + kIoUp + kIoDown + Lines{"ArmWakeFromSx"} + HwDown());
  EXPECT_EQ(device.PolicyPath(), (Lines{"SystemSleepFromDeviceWaitingUnarmed", "SystemSleepNeedWake", "SystemSleepNeedWakeCompletePowerUp", "Sleeping",
                                        "SleepingWakePowerDown", "SleepingSendWake", "CheckPowerPageable", "SleepingWakeWakeArrived",
                                        "SystemAsleepWakeArmed"}));
}

CONFORMANCE(Sleep, AnIdleDeviceArmedForS0IsArmedAnew, "S8") {
  Sleeper device(machine);
  device.Start([](WDFDEVICE handle) {
    NTSTATUS status = AssignSxWake(handle);
    return NT_SUCCESS(status) ? AssignIdle(handle, 20, IdleCanWakeFromS0) : status;
  });
  machine.Advance(std::chrono::milliseconds(300));
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolWaitingArmed);
  device.Forget();
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), HwUp() + Lines{"DisarmWakeFromS0"} + kIoUp + kIoDown + Lines{"ArmWakeFromSx"} + HwDown());
  EXPECT_EQ(device.PolicyPath(),
            (Lines{"CancelingUsbSSForSystemSleep", "CancelingWakeForSystemSleep", "CancelingWakeForSystemSleepWakeCanceled",
                   "DisarmingWakeForSystemSleepCompletePowerUp", "StartedWakeCapableCancelTimerForSleep", "StartedWakeCapableTimerCanceledForSleep",
                   "Sleeping", "SleepingWakePowerDown", "SleepingSendWake", "CheckPowerPageable", "SleepingWakeWakeArrived", "SystemAsleepWakeArmed"}));
}

CONFORMANCE(Sleep, AQueryForAStateTheDeviceCannotWakeFromIsRefused, "DEVX-45") {
  Sleeper device(machine);
  device.Start([](WDFDEVICE handle) { return AssignSxWake(handle); }, 3, 1);
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_POWER_STATE_INVALID);
  EXPECT_TRUE(device.Calls().empty()) << "the system stays up";
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolStarted);
  EXPECT_EQ(machine.SetSystemPower(1), STATUS_SUCCESS);
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolSystemAsleepWakeArmed);
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetSystemPower(4), STATUS_SUCCESS) << "hibernation is not asked about; the device is not armed for it";
  EXPECT_EQ(device.Policy(), WdfDevStatePwrPolSystemAsleepNoWake);
}

CONFORMANCE(Sleep, ShutdownEndsInD3FinalWithoutReleaseHardware, "S13", "O-28", "PWR-17") {
  Sleeper device(machine);
  device.Start([](WDFDEVICE handle) { return AssignSxWake(handle); });
  EXPECT_EQ(machine.Shutdown(), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), kIoDown + HwDown("D3Final"));
}

CONFORMANCE(Sleep, TheReasonOfTheTransitionIsKnownDuringIt, "PWR-75") {
  Sleeper device(machine);
  POWER_ACTION seen = PowerActionNone;
  device.on_arm = [&](WDFDEVICE handle) {
    seen = WdfDeviceGetSystemPowerAction(handle);
    return STATUS_SUCCESS;
  };
  device.Start([](WDFDEVICE handle) { return AssignSxWake(handle); });
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(seen, PowerActionSleep);
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetSystemPowerAction(device.hooks.device), PowerActionSleep); });
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetSystemPowerAction(device.hooks.device), PowerActionNone); });
}

CONFORMANCE(Sleep, RequestsInFlightAreStoppedAndResumed, "S8", "O-11", "PWR-61", "IOT-9.22") {
  Sleeper device(machine);
  device.hooks.managed_queue = true;
  device.hooks.io_stop = true;
  std::atomic<WDFREQUEST> held{nullptr};
  device.hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) { held = request; };
  device.Start();
  File file = device.rig->Open();
  PendingIo first = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
  machine.Run([&] { Until([&] { return held != nullptr; }); });
  device.Forget();
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), kIoDown + Lines{"IoStop(Suspend)"} + HwDown());
  WDFREQUEST kept = held.exchange(nullptr);
  PendingIo second = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_EQ(held, nullptr) << "nothing is delivered while the system sleeps";
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  machine.Run([&] { Until([&] { return held != nullptr; }); });
  EXPECT_EQ(device.Calls(), HwUp() + Lines{"IoResume"} + kIoUp);
  machine.Run([&] {
    WdfRequestComplete(kept, STATUS_SUCCESS);
    WdfRequestComplete(held, STATUS_SUCCESS);
  });
  EXPECT_EQ(first.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(second.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(Sleep, StopIdleDuringTheSleepWaitsForTheEndOfIt, "PWR-67", "O-26") {
  Sleeper device(machine);
  device.Start();
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  std::atomic<bool> back{false};
  Task waiter = machine.StartKernel("waiter", [&] {
    EXPECT_EQ(S(WdfDeviceStopIdle(device.hooks.device, TRUE)), S(STATUS_SUCCESS));
    back = true;
    WdfDeviceResumeIdle(device.hooks.device);
  });
  machine.Advance(std::chrono::milliseconds(50));
  EXPECT_FALSE(back);
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  waiter.Join();
  EXPECT_TRUE(back);
}

CONFORMANCE(Sleep, ADeviceMayBeRemovedWhileTheSystemSleeps, "S7", "ours") {
  for (bool wake : {false, true}) {
    Sleeper device(machine);
    device.Start([wake](WDFDEVICE handle) { return wake ? AssignSxWake(handle) : STATUS_SUCCESS; });
    EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
    device.Forget();
    EXPECT_EQ(machine.SurpriseRemove(device.rig->device), STATUS_SUCCESS);
    device.rig->device = Device();
    EXPECT_EQ(device.Calls(), (Lines{"SurpriseRemoval", "ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup"}));
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  }
}

}  // namespace
}  // namespace drydock::test
