// The order of PnP and power callbacks, and what a failing one leads to.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

const Lines kUp = {"PrepareHardware", "D0Entry(D3Final)", "PostInterruptsEnabled", "SelfManagedIoInit"};
const Lines kDownFinal = {"SelfManagedIoSuspend", "PreInterruptsDisabled", "D0Exit(D3Final)"};
const Lines kRemoved = {"ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup", "device.cleanup", "device.destroy"};

Lines operator+(Lines a, const Lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void LogDevice(Hooks& hooks) {
  hooks.pnp_callbacks = true;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
  hooks.added = [&](WDFDEVICE device) {
    Name(device, hooks.log, "device");
    return STATUS_SUCCESS;
  };
}

CONFORMANCE(Pnp, StartAndOrderlyRemoval, "PWR-01", "PWR-06", "PWR-20", "S1", "S6", "INI-23", "PWR-40") {
  Hooks hooks;
  LogDevice(hooks);
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_TRUE(rig.device.started());
  EXPECT_EQ(hooks.log.Take(), kUp);
  machine.Run([&] {
    EXPECT_EQ(WdfDeviceGetDevicePnpState(hooks.device), WdfDevStatePnpStarted);
    EXPECT_EQ(WdfDeviceGetDevicePowerState(hooks.device), WdfDevStatePowerD0);
    EXPECT_EQ(WdfDeviceGetDevicePowerPolicyState(hooks.device), WdfDevStatePwrPolStarted);
  });
  rig.RemoveDevice();
  EXPECT_EQ(hooks.log.Take(), (Lines{"QueryRemove"} + kDownFinal + kRemoved));
}

CONFORMANCE(Pnp, SurpriseRemovalFromD0, "PWR-12", "S7", "O-04", "PWR-27") {
  Hooks hooks;
  LogDevice(hooks);
  Rig rig(machine, hooks);
  rig.AddDevice();
  hooks.log.Take();
  EXPECT_EQ(machine.SurpriseRemove(rig.device), STATUS_SUCCESS);
  EXPECT_EQ(hooks.log.Take(), (Lines{"SurpriseRemoval"} + kDownFinal + kRemoved));
  rig.device = Device();
}

CONFORMANCE(Pnp, SurpriseRemovalInDx, "PWR-13", "O-05", "S7") {
  Hooks hooks;
  LogDevice(hooks);
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  hooks.log.Take();
  EXPECT_EQ(machine.SurpriseRemove(rig.device), STATUS_SUCCESS);
  EXPECT_EQ(hooks.log.Take(), (Lines{"SurpriseRemoval"} + kRemoved));
  rig.device = Device();
}

CONFORMANCE(Pnp, LowPowerAndBack, "PWR-04", "PWR-02", "PWR-21", "PWR-26", "S8", "IOX-54") {
  Hooks hooks;
  LogDevice(hooks);
  Rig rig(machine, hooks);
  rig.AddDevice();
  hooks.log.Take();
  EXPECT_EQ(machine.SetPowerState(rig.device, 2), STATUS_SUCCESS);
  EXPECT_EQ(hooks.log.Take(), (Lines{"SelfManagedIoSuspend", "PreInterruptsDisabled", "D0Exit(D2)"}));
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePowerState(hooks.device), WdfDevStatePowerDx); });
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(hooks.log.Take(), (Lines{"D0Entry(D2)", "PostInterruptsEnabled", "SelfManagedIoRestart"}));
}

CONFORMANCE(Pnp, HeldRequestsAreStoppedAndResumed, "PWR-04", "O-11", "IOX-54", "IOT-9.22", "IOT-9.26") {
  Hooks hooks;
  LogDevice(hooks);
  hooks.managed_queue = true;
  hooks.io_stop = true;
  std::atomic<WDFREQUEST> held{nullptr};
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) { held = request; };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  PendingIo pending = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
  machine.Run([&] { Until([&] { return held != nullptr; }); });
  hooks.log.Take();
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(hooks.log.Take(), (Lines{"SelfManagedIoSuspend", "IoStop(Suspend)", "PreInterruptsDisabled", "D0Exit(D3)"}));
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(hooks.log.Take(), (Lines{"D0Entry(D3)", "PostInterruptsEnabled", "IoResume", "SelfManagedIoRestart"}));
  machine.Run([&] { WdfRequestComplete(held, STATUS_SUCCESS); });
  EXPECT_EQ(pending.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(Pnp, ManagedQueuesDeliverOnlyInD0, "IOT-9.15", "IOT-9.19", "PWR-01") {
  Hooks hooks;
  LogDevice(hooks);
  hooks.managed_queue = true;
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    hooks.log.Add("ioctl");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  hooks.log.Take();
  PendingIo pending = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_FALSE(pending.done());
  EXPECT_EQ(hooks.log.Count("ioctl"), 0u);
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(pending.Wait().status, STATUS_SUCCESS);
  const Lines lines = hooks.log.Take();
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(lines[0], "D0Entry(D3)") << "before any request is delivered";
}

struct StartFailure {
  const char* step;
  NTSTATUS status;
  NTSTATUS wanted;
  Lines after;  // what is called, the failing step included
};

CONFORMANCE(Pnp, AFailingStepOfTheStartIsUndoneFromBelow, "S2", "O-08", "O-09", "PWR-24", "PWR-29", "PWR-30", "PWR-32", "DEVX-42") {
  const Lines kRemove = {"device.cleanup", "device.destroy"};
  for (const StartFailure& c : {
           StartFailure{"PrepareHardware", STATUS_INSUFFICIENT_RESOURCES, STATUS_INSUFFICIENT_RESOURCES,
                        Lines{"PrepareHardware", "ReleaseHardware"} + kRemove},
           StartFailure{"D0Entry", STATUS_UNSUCCESSFUL, STATUS_DEVICE_POWER_FAILURE,
                        Lines{"PrepareHardware", "D0Entry(D3Final)", "ReleaseHardware"} + kRemove},
           StartFailure{"PostInterruptsEnabled", STATUS_UNSUCCESSFUL, STATUS_DEVICE_POWER_FAILURE,
                        Lines{"PrepareHardware", "D0Entry(D3Final)", "PostInterruptsEnabled", "D0Exit(D3Final)", "ReleaseHardware"} + kRemove},
           StartFailure{"SelfManagedIoInit", STATUS_UNSUCCESSFUL, STATUS_DEVICE_POWER_FAILURE,
                        kUp + Lines{"PreInterruptsDisabled", "D0Exit(D3Final)", "ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup"} +
                            kRemove},
       }) {
    Hooks hooks;
    LogDevice(hooks);
    hooks.fail[c.step] = c.status;
    Rig rig(machine, hooks);
    rig.AddDevice();
    EXPECT_FALSE(rig.device.started()) << c.step;
    rig.RemoveDevice();
    EXPECT_EQ(hooks.log.Take(), c.after) << c.step;
  }
}

CONFORMANCE(Pnp, AVetoKeepsTheDevice, "PWR-40", "S5", "PWR-43") {
  Hooks hooks;
  LogDevice(hooks);
  hooks.fail["QueryRemove"] = STATUS_UNSUCCESSFUL;
  Rig rig(machine, hooks);
  rig.AddDevice();
  hooks.log.Take();
  EXPECT_FALSE(machine.RemoveDevice(rig.device).ok());
  EXPECT_EQ(hooks.log.Take(), Lines{"QueryRemove"}) << "a cancelled query calls nothing";
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePnpState(hooks.device), WdfDevStatePnpStarted); });
  hooks.fail.clear();
  EXPECT_EQ(machine.QueryRemove(rig.device), STATUS_SUCCESS);
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePnpState(hooks.device), WdfDevStatePnpQueryRemovePending); });
  EXPECT_EQ(machine.CancelRemove(rig.device), STATUS_SUCCESS);
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePnpState(hooks.device), WdfDevStatePnpStarted); });
  EXPECT_EQ(hooks.log.Take(), Lines{"QueryRemove"});
}

CONFORMANCE(Pnp, StaticStopRemoveRefusesRemovalButNotSurprise, "PWR-41", "PWR-40", "S5") {
  Hooks hooks;
  LogDevice(hooks);
  Rig rig(machine, hooks);
  rig.AddDevice();
  hooks.log.Take();
  machine.Run([&] {
    WdfDeviceSetStaticStopRemove(hooks.device, FALSE);
    WdfDeviceSetStaticStopRemove(hooks.device, FALSE);
    WdfDeviceSetStaticStopRemove(hooks.device, TRUE);
  });
  EXPECT_FALSE(machine.RemoveDevice(rig.device).ok()) << "one FALSE is still open";
  EXPECT_TRUE(hooks.log.Take().empty()) << "the driver is not even asked";
  EXPECT_EQ(machine.SurpriseRemove(rig.device), STATUS_SUCCESS);
  rig.device = Device();
}

CONFORMANCE(Pnp, AFailedPowerUpFailsTheDevice, "S13", "PWR-30", "PWR-37") {
  Hooks hooks;
  LogDevice(hooks);
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  hooks.log.Take();
  hooks.fail["D0Entry"] = STATUS_UNSUCCESSFUL;
  machine.SetPowerState(rig.device, 0);
  machine.Run([&] { Until([&] { return hooks.log.Count("SelfManagedIoFlush") == 1; }); });
  machine.RunUntilIdle();
  Lines lines = hooks.log.Take();
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 3), (Lines{"D0Entry(D3)", "ReleaseHardware", "SelfManagedIoFlush"})) << "no D0Exit";
  rig.device = Device();
}

CONFORMANCE(Pnp, AFailedStepOfAPowerDownStillRunsTheRest, "S13", "PWR-33") {
  Hooks hooks;
  LogDevice(hooks);
  Rig rig(machine, hooks);
  rig.AddDevice();
  hooks.log.Take();
  hooks.fail["SelfManagedIoSuspend"] = STATUS_UNSUCCESSFUL;
  machine.SetPowerState(rig.device, 3);
  machine.Run([&] { Until([&] { return hooks.log.Count("SelfManagedIoFlush") == 1; }); });
  machine.RunUntilIdle();
  Lines lines = hooks.log.Take();
  ASSERT_GE(lines.size(), 5u);
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 5),
            (Lines{"SelfManagedIoSuspend", "PreInterruptsDisabled", "D0Exit(D3)", "ReleaseHardware", "SelfManagedIoFlush"}));
  rig.device = Device();
}

CONFORMANCE(Pnp, WithoutCallbacksEverythingWorks, "PWR-24") {
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
}

CONFORMANCE(Pnp, SelfManagedCallbacksCountOnlyWhenOneIsRegistered, "DEVX-42") {
  Hooks hooks;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    static Log* log;
    log = &hooks.log;
    pnp.EvtDeviceSelfManagedIoFlush = [](WDFDEVICE) { log->Add("Flush"); };
    pnp.EvtDeviceSelfManagedIoRestart = [](WDFDEVICE) {
      log->Add("Restart");
      return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.SetPowerState(rig.device, 3);
  machine.SetPowerState(rig.device, 0);
  rig.RemoveDevice();
  EXPECT_EQ(hooks.log.Take(), (Lines{"Restart", "Flush"}));
}

CONFORMANCE(Pnp, BothUsageNotificationsMakeTheWholeStructureIgnored, "O-24", "PWR-46", "DEVX-12") {
  Hooks hooks;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    static Log* log;
    log = &hooks.log;
    pnp.EvtDevicePrepareHardware = [](WDFDEVICE, WDFCMRESLIST, WDFCMRESLIST) {
      log->Add("PrepareHardware");
      return STATUS_SUCCESS;
    };
    pnp.EvtDeviceUsageNotification = [](WDFDEVICE, WDF_SPECIAL_FILE_TYPE, BOOLEAN) {};
    pnp.EvtDeviceUsageNotificationEx = [](WDFDEVICE, WDF_SPECIAL_FILE_TYPE, BOOLEAN) { return STATUS_SUCCESS; };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_TRUE(hooks.log.lines().empty());
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(Pnp, StateNotificationsSurroundTheWorkOfAState, "S1", "PWR-78") {
  Hooks hooks;
  LogDevice(hooks);
  hooks.init = [&](PWDFDEVICE_INIT init) {
    static Log* log;
    log = &hooks.log;
    auto callback = [](WDFDEVICE device, PCWDF_DEVICE_POWER_NOTIFICATION_DATA data) {
      const char* type = data->Type == StateNotificationEnterState ? "enter" : data->Type == StateNotificationLeaveState ? "leave" : "post";
      log->Add(std::string(type) + (WdfDeviceGetDevicePowerState(device) == WdfDevStatePowerD0Starting ? " in" : " outside"));
    };
    return WdfDeviceInitRegisterPowerStateChangeCallback(init, WdfDevStatePowerD0Starting, callback, StateNotificationAllStates);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  const Lines lines = hooks.log.Take();
  ASSERT_GE(lines.size(), 5u);
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 5), (Lines{"PrepareHardware", "enter outside", "D0Entry(D3Final)", "post in", "leave in"}));
}

CONFORMANCE(Pnp, ASecondDeviceOfTheDriverHasItsOwnLife, "DRV-11", "SYN-09") {
  Hooks hooks;
  LogDevice(hooks);
  Rig rig(machine, hooks);
  rig.AddDevice();
  WDFDEVICE first = hooks.device;
  Device second = machine.AddDevice({.function = rig.driver});
  EXPECT_TRUE(second.started());
  EXPECT_NE(first, hooks.device);
  EXPECT_EQ(machine.RemoveDevice(second), STATUS_SUCCESS);
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePnpState(first), WdfDevStatePnpStarted); });
}

CONFORMANCE(Capabilities, AreMergedIntoTheBussAnswer, "PWR-48", "DEVX-43", "PWR-47", "O-23") {
  Hooks hooks;
  hooks.added = [&](WDFDEVICE device) {
    WDF_DEVICE_PNP_CAPABILITIES pnp;
    WDF_DEVICE_PNP_CAPABILITIES_INIT(&pnp);
    pnp.SurpriseRemovalOK = WdfTrue;
    pnp.UniqueID = WdfFalse;  // an FDO's does not count
    WdfDeviceSetPnpCapabilities(device, &pnp);
    WDF_DEVICE_POWER_CAPABILITIES power;
    WDF_DEVICE_POWER_CAPABILITIES_INIT(&power);
    power.D3Latency = 5000;
    WdfDeviceSetPowerCapabilities(device, &power);
    power.Size = 1;
    power.D3Latency = 9;
    WdfDeviceSetPowerCapabilities(device, &power);  // ignored with a break
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    DEVICE_CAPABILITIES caps = {};
    caps.Size = sizeof(caps);
    caps.Version = 1;
    caps.Address = caps.UINumber = 0xFFFFFFFF;
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IO_STATUS_BLOCK status;
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, rig.device.top(), nullptr, 0, nullptr, &done, &status);
    ASSERT_NE(irp, nullptr);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
    stack->Parameters.DeviceCapabilities.Capabilities = &caps;
    if (IoCallDriver(rig.device.top(), irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    EXPECT_TRUE(caps.SurpriseRemovalOK);
    EXPECT_TRUE(caps.UniqueID) << "as the bus said";
    EXPECT_EQ(caps.D3Latency, 5000u);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

// --- idle in S0 ---

NTSTATUS AssignIdle(WDFDEVICE device, ULONG timeout_ms, WDF_TRI_STATE enabled = WdfUseDefault) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
  settings.IdleTimeout = timeout_ms;
  settings.Enabled = enabled;
  return WdfDeviceAssignS0IdleSettings(device, &settings);
}

void IdleHooks(Hooks& hooks, ULONG timeout_ms) {
  hooks.pnp_callbacks = true;
  hooks.managed_queue = true;
  hooks.added = [timeout_ms](WDFDEVICE device) { return AssignIdle(device, timeout_ms); };
}

CONFORMANCE(Idle, TheDeviceLeavesD0WhenNothingUsesItAndComesBackForIo, "S9", "IOT-9.20", "PWR-61", "PWR-62", "O-22") {
  Hooks hooks;
  IdleHooks(hooks, 50);
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    hooks.log.Add("ioctl");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  hooks.log.Take();
  machine.Advance(std::chrono::milliseconds(300));
  EXPECT_EQ(hooks.log.Take(), (Lines{"SelfManagedIoSuspend", "PreInterruptsDisabled", "D0Exit(D3)"}));
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePowerPolicyState(hooks.device), WdfDevStatePwrPolWaitingUnarmed); });
  EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
  machine.RunUntilIdle();
  Lines lines = hooks.log.Take();
  ASSERT_GE(lines.size(), 4u);
  EXPECT_EQ(lines[0], "D0Entry(D3)");
  EXPECT_EQ(lines[1], "PostInterruptsEnabled");
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePowerPolicyState(hooks.device), WdfDevStatePwrPolStartedIdleCapable); });
}

CONFORMANCE(Idle, ARequestAtTheDriverKeepsTheDeviceAwake, "PWR-61", "S9") {
  Hooks hooks;
  IdleHooks(hooks, 20);
  std::atomic<WDFREQUEST> held{nullptr};
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) { held = request; };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  PendingIo pending = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
  machine.Run([&] { Until([&] { return held != nullptr; }); });
  hooks.log.Take();
  machine.Advance(std::chrono::milliseconds(200));
  EXPECT_TRUE(hooks.log.lines().empty());
  machine.Run([&] { WdfRequestComplete(held, STATUS_SUCCESS); });
  machine.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(hooks.log.Count("D0Exit(D3)"), 1u);
}

CONFORMANCE(Idle, StopIdleKeepsAwakeAndBringsBack, "PWR-63", "PWR-64", "PWR-66", "O-26") {
  Hooks hooks;
  IdleHooks(hooks, 20);
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    EXPECT_EQ(S(WdfDeviceStopIdle(hooks.device, FALSE)), S(STATUS_SUCCESS)) << "in D0";
    EXPECT_EQ(S(WdfDeviceStopIdle(hooks.device, TRUE)), S(STATUS_SUCCESS));
    hooks.log.Take();
    SleepMs(200);
    EXPECT_TRUE(hooks.log.lines().empty());
    WdfDeviceResumeIdle(hooks.device);
    SleepMs(200);
    EXPECT_TRUE(hooks.log.lines().empty()) << "they nest";
    WdfDeviceResumeIdle(hooks.device);
    EXPECT_TRUE(Until([&] { return hooks.log.Count("D0Exit(D3)") == 1; }));
    EXPECT_EQ(S(WdfDeviceStopIdle(hooks.device, FALSE)), S(STATUS_PENDING)) << "power-up under way";
    EXPECT_EQ(S(WdfDeviceStopIdle(hooks.device, TRUE)), S(STATUS_SUCCESS)) << "returns in D0";
    EXPECT_EQ(hooks.log.Count("D0Entry(D3)"), 1u);
    EXPECT_EQ(WdfDeviceGetDevicePowerState(hooks.device), WdfDevStatePowerD0);
    WdfDeviceResumeIdle(hooks.device);
    WdfDeviceResumeIdle(hooks.device);
  });
}

CONFORMANCE(Idle, ANonOwnerAndAnUnstartedDeviceAreRefused, "O-26", "PWR-56", "PWR-64") {
  Hooks hooks;
  NTSTATUS before_start = 0;
  hooks.added = [&](WDFDEVICE device) {
    before_start = WdfDeviceStopIdle(device, FALSE);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(S(before_start), S(STATUS_POWER_STATE_INVALID));
  rig.RemoveDevice();
  hooks.filter = true;
  hooks.added = nullptr;
  rig.AddDevice();
  machine.Run([&] {
    EXPECT_EQ(S(WdfDeviceStopIdle(hooks.device, FALSE)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(AssignIdle(hooks.device, 10)), S(STATUS_INVALID_DEVICE_REQUEST));
  });
}

CONFORMANCE(Idle, SettingsAreChecked, "PWR-56", "PWR-57", "DEVX-44") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
    auto init = [&] { WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0); };
    auto assign = [&] { return S(WdfDeviceAssignS0IdleSettings(hooks.device, &settings)); };
    init();
    settings.Size -= 4;
    EXPECT_EQ(assign(), S(STATUS_INFO_LENGTH_MISMATCH));
    init();
    settings.DxState = PowerDeviceD0;
    EXPECT_EQ(assign(), S(STATUS_INVALID_PARAMETER));
    init();
    settings.Enabled = static_cast<WDF_TRI_STATE>(7);
    EXPECT_EQ(assign(), S(STATUS_INVALID_PARAMETER));
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCanWakeFromS0);
    EXPECT_EQ(assign(), S(STATUS_POWER_STATE_INVALID)) << "the bus says it cannot wake";
    settings.PowerUpIdleDeviceOnSystemWake = WdfTrue;
    EXPECT_EQ(assign(), S(STATUS_INVALID_PARAMETER));
    init();
    EXPECT_EQ(assign(), S(STATUS_SUCCESS));
    settings.IdleTimeoutType = SystemManagedIdleTimeout;
    EXPECT_EQ(assign(), S(STATUS_INVALID_DEVICE_REQUEST)) << "no change between the kinds of time-out";
  });
}

CONFORMANCE(Idle, SwitchingItOffBringsTheDeviceBack, "S9", "PWR-58") {
  Hooks hooks;
  IdleHooks(hooks, 20);
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(hooks.log.Count("D0Exit(D3)"), 1u);
  machine.Run([&] {
    EXPECT_EQ(S(AssignIdle(hooks.device, 20, WdfFalse)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Until([&] { return hooks.log.Count("D0Entry(D3)") == 1; }));
  });
  machine.Advance(std::chrono::milliseconds(300));
  EXPECT_EQ(hooks.log.Count("D0Exit(D3)"), 1u) << "stays in D0";
}

CONFORMANCE(Idle, AnIdledDeviceIsBroughtToD0BeforeItsRemoval, "S5", "S6", "PWR-22") {
  Hooks hooks;
  IdleHooks(hooks, 20);
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Advance(std::chrono::milliseconds(200));
  hooks.log.Take();
  rig.RemoveDevice();
  const Lines lines = hooks.log.Take();
  ASSERT_GE(lines.size(), 7u);
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 7), (Lines{"QueryRemove", "D0Entry(D3)", "PostInterruptsEnabled", "SelfManagedIoRestart",
                                                            "SelfManagedIoSuspend", "PreInterruptsDisabled", "D0Exit(D3Final)"}));
}

}  // namespace
}  // namespace drydock::test
