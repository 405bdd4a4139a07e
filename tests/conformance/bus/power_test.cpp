// Power of a child and of its bus: who holds up whom, and in what order they go.
#include <algorithm>

#include "bus_rig.h"

namespace drydock::test {
namespace {

WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Idle(ULONG milliseconds) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
  settings.IdleTimeout = milliseconds;
  return settings;
}

bool IsIn(WDFDEVICE device, WDF_DEVICE_POWER_STATE state) {
  return Until([&] { return WdfDeviceGetDevicePowerState(device) == state; });
}

// A child that idles by itself; what happens to it and its PDO goes to one log.
void IdleChild(BusRig& rig) {
  rig.hooks.pdo_pnp = true;
  rig.function_hooks.managed_queue = true;
  rig.function_hooks.ioctl = [&rig](WDFREQUEST request, size_t, size_t, ULONG) {
    rig.hooks.log.Add("ioctl");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.function_hooks.added = [](WDFDEVICE device) {
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings = Idle(5);
    return WdfDeviceAssignS0IdleSettings(device, &settings);
  };
}

CONFORMANCE(BusPower, AnIdleChildTakesItsPdoAlongAndComesBackForIo, "PWR-09", "PWR-08", "PWR-15", "S9", "S15") {
  BusRig rig(machine);
  IdleChild(rig);
  rig.Start();
  rig.Plug(1);
  File file = machine.Open(rig.Child(1));
  machine.Run([&] {
    EXPECT_TRUE(IsIn(rig.function_hooks.device, WdfDevStatePowerDx));
    EXPECT_TRUE(IsIn(rig.hooks.pdos[1], WdfDevStatePowerDx));
  });
  Lines lines = rig.hooks.log.Take();
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(Lines(lines.end() - 2, lines.end()), (Lines{"1.SelfManagedIoSuspend", "1.D0Exit"}));
  EXPECT_EQ(file.Ioctl(kIoctl, nullptr, 0, nullptr, 0).status, STATUS_SUCCESS);
  lines = rig.hooks.log.Take();
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 3), (Lines{"1.D0Entry", "1.SelfManagedIoRestart", "ioctl"})) << "the PDO is up first";
}

CONFORMANCE(BusPower, AChildInD0HoldsItsBusUp, "PWR-16", "PWR-61", "S9") {
  BusRig rig(machine);
  IdleChild(rig);
  auto added = rig.bus_hooks.added;
  rig.bus_hooks.added = [=](WDFDEVICE device) {
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings = Idle(5);
    EXPECT_EQ(S(WdfDeviceAssignS0IdleSettings(device, &settings)), S(STATUS_SUCCESS));
    return added(device);
  };
  rig.Start();
  machine.Run([&] { EXPECT_TRUE(IsIn(rig.bus_hooks.device, WdfDevStatePowerDx)) << "nobody is there"; });
  // A child that is found wakes its bus.
  machine.Run([&] {
    ChildId id = Id(1);
    WdfChildListAddOrUpdateChildDescriptionAsPresent(rig.list(), &id.header, nullptr);
    EXPECT_TRUE(Until([&] { return rig.Child(1).started(); }));
    // Live, the child's own few milliseconds of idleness may be over by now.
    if (machine.simulated()) EXPECT_EQ(WdfDeviceGetDevicePowerState(rig.bus_hooks.device), WdfDevStatePowerD0);
    EXPECT_EQ(S(WdfDeviceStopIdle(rig.function_hooks.device, TRUE)), S(STATUS_SUCCESS));
    SleepMs(300);
    EXPECT_EQ(WdfDeviceGetDevicePowerState(rig.hooks.pdos[1]), WdfDevStatePowerD0BusWakeOwner) << "where a PDO that does not own its policy rests";
    EXPECT_EQ(WdfDeviceGetDevicePowerState(rig.bus_hooks.device), WdfDevStatePowerD0) << "held up";
    WdfDeviceResumeIdle(rig.function_hooks.device);
    EXPECT_TRUE(IsIn(rig.hooks.pdos[1], WdfDevStatePowerDx));
    EXPECT_TRUE(IsIn(rig.bus_hooks.device, WdfDevStatePowerDx)) << "let go";
  });
}

CONFORMANCE(BusPower, WithoutTheDependencyTheBusMaySleepUnderItsChild, "BUS-31", "PWR-16") {
  BusRig rig(machine);
  rig.hooks.pdo_init = [](PWDFDEVICE_INIT init, ULONG) { WdfPdoInitRemovePowerDependencyOnParent(init); };
  auto added = rig.bus_hooks.added;
  rig.bus_hooks.added = [=](WDFDEVICE device) {
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings = Idle(5);
    EXPECT_EQ(S(WdfDeviceAssignS0IdleSettings(device, &settings)), S(STATUS_SUCCESS));
    return added(device);
  };
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    EXPECT_TRUE(IsIn(rig.bus_hooks.device, WdfDevStatePowerDx));
    EXPECT_NE(WdfDeviceGetDevicePowerState(rig.hooks.pdos[1]), WdfDevStatePowerDx);
    EXPECT_EQ(WdfDeviceGetDevicePowerState(rig.function_hooks.device), WdfDevStatePowerD0);
  });
}

CONFORMANCE(BusPower, ThePdoIsToldToArmItsWakeAndToLetItGo, "PWR-09", "PWR-07", "S14", "S7", "BUS-26") {
  static BusHooks* hooks;
  static NTSTATUS enable;
  BusRig rig(machine);
  hooks = &rig.hooks;
  enable = STATUS_SUCCESS;
  rig.hooks.pdo_pnp = true;
  rig.hooks.pdo_callbacks = [](WDF_PDO_EVENT_CALLBACKS& callbacks) {
    callbacks.EvtDeviceEnableWakeAtBus = [](WDFDEVICE pdo, SYSTEM_POWER_STATE state) -> NTSTATUS {
      EXPECT_EQ(state, PowerSystemWorking);
      hooks->log.Add(std::to_string(NumberOf(pdo)) + ".EnableWakeAtBus");
      return enable;
    };
    callbacks.EvtDeviceDisableWakeAtBus = [](WDFDEVICE pdo) { hooks->log.Add(std::to_string(NumberOf(pdo)) + ".DisableWakeAtBus"); };
  };
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG) {
    WDF_DEVICE_POWER_CAPABILITIES power;
    WDF_DEVICE_POWER_CAPABILITIES_INIT(&power);
    power.DeviceD2 = power.WakeFromD2 = WdfTrue;
    power.DeviceWake = PowerDeviceD2;
    power.SystemWake = PowerSystemWorking;
    WdfDeviceSetPowerCapabilities(pdo, &power);
    return STATUS_SUCCESS;
  };
  rig.function_hooks.managed_queue = true;
  rig.function_hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  rig.function_hooks.added = [](WDFDEVICE device) {
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCanWakeFromS0);
    settings.IdleTimeout = 5;
    EXPECT_EQ(S(WdfDeviceAssignS0IdleSettings(device, &settings)), S(STATUS_SUCCESS));
    return STATUS_SUCCESS;
  };
  rig.Start();
  rig.Plug(1);
  ASSERT_TRUE(rig.Child(1).started());
  File file = machine.Open(rig.Child(1));
  machine.Run([&] { EXPECT_TRUE(IsIn(rig.hooks.pdos[1], WdfDevStatePowerDxArmedForWake)); });
  Lines lines = rig.hooks.log.Take();
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(Lines(lines.end() - 3, lines.end()), (Lines{"1.EnableWakeAtBus", "1.SelfManagedIoSuspend", "1.D0Exit"}));
  EXPECT_EQ(file.Ioctl(kIoctl, nullptr, 0, nullptr, 0).status, STATUS_SUCCESS);
  machine.Run([&] { EXPECT_TRUE(Until([&] { return rig.hooks.log.Count("1.SelfManagedIoRestart") == 1; })); });
  lines = rig.hooks.log.Take();
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 3), (Lines{"1.DisableWakeAtBus", "1.D0Entry", "1.SelfManagedIoRestart"}));
  file.Close();
  // Pulled out while it sleeps, armed.
  machine.Run([&] { EXPECT_TRUE(IsIn(rig.hooks.pdos[1], WdfDevStatePowerDxArmedForWake)); });
  rig.hooks.log.Take();
  rig.Unplug(1);
  lines = rig.hooks.log.Take();
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(lines[0], "1.SurpriseRemoval");
  EXPECT_EQ(rig.hooks.log.Count("1.D0Exit"), 0u);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "1.DisableWakeAtBus"), 1);
}

// A device that can wake from D2, and a driver that idles it, armed.
void WakingChild(BusRig& rig) {
  rig.hooks.pdo_pnp = true;
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG) {
    WDF_DEVICE_POWER_CAPABILITIES power;
    WDF_DEVICE_POWER_CAPABILITIES_INIT(&power);
    power.DeviceD2 = power.WakeFromD2 = WdfTrue;
    power.DeviceWake = PowerDeviceD2;
    power.SystemWake = PowerSystemWorking;
    WdfDeviceSetPowerCapabilities(pdo, &power);
    return STATUS_SUCCESS;
  };
  rig.function_hooks.pnp_callbacks = true;
  rig.function_hooks.added = [](WDFDEVICE device) {
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCanWakeFromS0);
    settings.IdleTimeout = 200;
    EXPECT_EQ(S(WdfDeviceAssignS0IdleSettings(device, &settings)), S(STATUS_SUCCESS));
    return STATUS_SUCCESS;
  };
}

CONFORMANCE(BusPower, ABusThatCannotArmIsNotAskedToDisarm, "PWR-36", "S14", "S10") {
  static BusHooks* hooks;
  BusRig rig(machine);
  hooks = &rig.hooks;
  WakingChild(rig);
  rig.hooks.pdo_callbacks = [](WDF_PDO_EVENT_CALLBACKS& callbacks) {
    callbacks.EvtDeviceEnableWakeAtBus = [](WDFDEVICE, SYSTEM_POWER_STATE) -> NTSTATUS {
      hooks->log.Add("EnableWakeAtBus");
      return STATUS_UNSUCCESSFUL;
    };
    callbacks.EvtDeviceDisableWakeAtBus = [](WDFDEVICE) { hooks->log.Add("DisableWakeAtBus"); };
  };
  rig.Start();
  rig.Plug(1);
  ASSERT_TRUE(rig.Child(1).started());
  rig.hooks.log.Take();
  machine.Run([&] { EXPECT_TRUE(Until([&] { return rig.hooks.log.Count("1.SelfManagedIoRestart") == 1; })); });
  machine.Run([&] { EXPECT_TRUE(IsIn(rig.hooks.pdos[1], WdfDevStatePowerD0BusWakeOwner)); });
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"EnableWakeAtBus", "1.SelfManagedIoSuspend", "1.D0Exit", "1.D0Entry", "1.SelfManagedIoRestart"}))
      << "the wait ends with the failure: down and at once up again, and no DisableWakeAtBus";
  EXPECT_TRUE(rig.Child(1).started());
  rig.Unplug(1);
  EXPECT_EQ(rig.hooks.log.Count("DisableWakeAtBus"), 0u);
}

CONFORMANCE(BusPower, WhenABusDoesNotComeUpItsChildrenAreAskedAllTheSameOrGo, "PWR-31", "S13", "DEVX-25") {
  for (bool depends : {true, false}) {
    SCOPED_TRACE(depends ? "children wait for their bus" : "children do not depend on it");
    BusRig rig(machine);
    rig.hooks.pdo_pnp = true;
    rig.bus_hooks.pnp_callbacks = true;
    rig.function_hooks.pnp_callbacks = true;
    if (!depends) rig.hooks.pdo_init = [](PWDFDEVICE_INIT init, ULONG) { WdfPdoInitRemovePowerDependencyOnParent(init); };
    rig.Start();
    rig.Plug(1);
    EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
    rig.bus_hooks.fail["D0Entry"] = STATUS_UNSUCCESSFUL;
    rig.hooks.log.Take();
    machine.SetSystemPower(0);
    machine.Run([&] { EXPECT_TRUE(Until([&] { return rig.bus_hooks.log.Count("SelfManagedIoCleanup") == 1; })); });
    rig.Settle();
    // The dependency decides whether the child waits for the bus; either way it goes with it, and everything of it ends.
    if (!depends) EXPECT_EQ(rig.hooks.log.Count("1.D0Entry"), 1u) << "its D0Entry is called under a bus that is not in D0";
    EXPECT_EQ(rig.hooks.log.Count("1.SelfManagedIoCleanup"), 1u);
    EXPECT_EQ(rig.function_hooks.log.Count("SelfManagedIoCleanup"), 1u);
    EXPECT_FALSE(rig.bus.started());
    rig.bus_hooks.fail.clear();
    rig.bus = Device();
    rig.AddBus();  // the tree is usable
    rig.Plug(1);
    EXPECT_TRUE(rig.Child(1).started());
    if (machine.stopped() || testing::Test::HasFailure()) return;
  }
}

// --- DMA before the scan (O-03) ---

Log* dma_log;

NTSTATUS EnablerThatLogs(WDFDEVICE device) {
  WDF_DMA_ENABLER_CONFIG config;
  WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfilePacket, 4096);
  config.EvtDmaEnablerFill = [](WDFDMAENABLER) {
    dma_log->Add("Fill");
    return STATUS_SUCCESS;
  };
  config.EvtDmaEnablerEnable = [](WDFDMAENABLER) {
    dma_log->Add("Enable");
    return STATUS_SUCCESS;
  };
  config.EvtDmaEnablerSelfManagedIoStart = [](WDFDMAENABLER) {
    dma_log->Add("Start");
    return STATUS_SUCCESS;
  };
  WDFDMAENABLER enabler = nullptr;
  return WdfDmaEnablerCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &enabler);
}

CONFORMANCE(BusPower, DmaIsStartedBeforeTheScanForAPdoToo, "O-03", "PWR-07", "PWR-01") {
  BusRig rig(machine);
  dma_log = &rig.hooks.log;
  rig.hooks.list_config = [](WDF_CHILD_LIST_CONFIG& config) { config.EvtChildListScanForChildren = [](WDFCHILDLIST) { dma_log->Add("Scan"); }; };
  auto added = rig.bus_hooks.added;
  rig.bus_hooks.added = [=](WDFDEVICE device) {
    EXPECT_EQ(S(EnablerThatLogs(device)), S(STATUS_SUCCESS));
    return added(device);
  };
  rig.Start();
  Lines lines = rig.hooks.log.Take();
  std::erase(lines, "CreateDevice 1");
  EXPECT_EQ(lines, (Lines{"Fill", "Enable", "Start", "Scan"})) << "the FDO";
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG) { return EnablerThatLogs(pdo); };
  rig.hooks.pdo_pnp = true;
  rig.Plug(1);
  lines = rig.hooks.log.Take();
  EXPECT_EQ(lines, (Lines{"CreateDevice 1", "1.PrepareHardware", "1.D0Entry", "Fill", "Enable", "Start", "1.SelfManagedIoInit"}));
}

}  // namespace
}  // namespace drydock::test
