// Single promises of the PnP and power callbacks: a rebalance, a driver that says its device is gone, one callback at a time, StopIdle where it is
// allowed and where not, registers in each callback.
#include <atomic>

#include "drydock/hardware.h"
#include "sleeper.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

Recorder* recorder;

CONFORMANCE(Rebalance, BeginsAtTheResourcesAndEndsWithRestart, "PWR-03", "PWR-05", "S3", "O-06") {
  Sleeper device(machine);
  recorder = &device;
  device.more_init = [](PWDFDEVICE_INIT init) {
    WDF_FDO_EVENT_CALLBACKS fdo;
    WDF_FDO_EVENT_CALLBACKS_INIT(&fdo);
    fdo.EvtDeviceFilterRemoveResourceRequirements = [](WDFDEVICE, WDFIORESREQLIST) {
      recorder->hooks.log.Add("FilterRemove");
      return STATUS_SUCCESS;
    };
    fdo.EvtDeviceFilterAddResourceRequirements = [](WDFDEVICE, WDFIORESREQLIST) {
      recorder->hooks.log.Add("FilterAdd");
      return STATUS_SUCCESS;
    };
    fdo.EvtDeviceRemoveAddedResources = [](WDFDEVICE, WDFCMRESLIST, WDFCMRESLIST) {
      recorder->hooks.log.Add("RemoveAddedResources");
      return STATUS_SUCCESS;
    };
    WdfFdoInitSetEventCallbacks(init, &fdo);
    return STATUS_SUCCESS;
  };
  device.hooks.added = [](WDFDEVICE handle) { return AssignSxWake(handle); };
  device.rig = std::make_unique<Rig>(machine, device.hooks);
  DeviceSpec spec = CanWake(device.rig->driver);
  InterruptPin pin;
  spec.resources = {Resource::Memory(0x100, nullptr)};
  device.rig->device = machine.AddDevice(spec);
  ASSERT_TRUE(device.rig->device.started()) << machine.ReportText();
  const Lines start = device.Calls();
  EXPECT_EQ(start, (Lines{"FilterRemove", "FilterAdd", "RemoveAddedResources", "PrepareHardware"} + HwUp("D3Final") + Lines{"SelfManagedIoInit"}));
  for (int i = 0; i < 2; ++i) {
    device.Forget();
    EXPECT_EQ(machine.Rebalance(device.rig->device), STATUS_SUCCESS);
    Lines calls = device.Calls();
    Lines down = Lines{"QueryStop"} + kIoDown + HwDown("D3Final") + Lines{"ReleaseHardware"};
    const Lines up = Lines{"RemoveAddedResources", "PrepareHardware"} + HwUp("D3Final") + kIoUp;
    // What the resources are may be asked again, before the driver is given them; arming and Init have no place here.
    std::erase_if(calls, [](const std::string& line) { return line == "FilterRemove" || line == "FilterAdd"; });
    EXPECT_EQ(calls, down + up);
    EXPECT_EQ(device.PnpPath(), (Lines{"QueryStopStaticCheck", "QueryStopAskDriver", "QueryStopEnsureDeviceAwake", "QueryStopPending", "StartedStopping",
                                       "Stopped", "StoppedWaitForStartCompletion", "StartingFromStopped", "Restarting", "Started"}));
  }
}

NTSTATUS SetState(WDFDEVICE device, bool failed) {
  WDF_DEVICE_STATE state;
  WDF_DEVICE_STATE_INIT(&state);
  (failed ? state.Failed : state.Removed) = WdfTrue;
  WdfDeviceSetDeviceState(device, &state);
  return STATUS_SUCCESS;
}

CONFORMANCE(DriverSaysItIsGone, TheSurpriseSequenceRunsForADeviceThatIsThere, "PWR-14", "S7") {
  for (bool failed : {false, true}) {
    for (bool asleep : {false, true}) {
      SCOPED_TRACE(std::string(failed ? "failed" : "removed") + (asleep ? ", in Dx" : ", in D0"));
      Sleeper device(machine);
      device.Start();
      if (asleep) EXPECT_EQ(machine.SetPowerState(device.rig->device, 3), STATUS_SUCCESS);
      device.Forget();
      machine.Run([&] {
        SetState(device.hooks.device, failed);
        EXPECT_TRUE(Until([&] { return device.hooks.log.Count("SelfManagedIoCleanup") == 1; }));
      });
      machine.RunUntilIdle();
      const Lines end = {"ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup"};
      EXPECT_EQ(device.Calls(), (asleep ? Lines{"SurpriseRemoval"} + end : Lines{"SurpriseRemoval"} + kIoDown + HwDown("D3Final") + end));
      EXPECT_FALSE(device.rig->device.started());
      device.rig->device = Device();
    }
  }
}

CONFORMANCE(SelfManagedIo, CleanupWaitsForTheRemovalNotForTheSurprise, "PWR-28", "S7", "DEVX-42") {
  Sleeper device(machine);
  device.Start();
  File file = device.rig->Open();
  EXPECT_EQ(machine.SurpriseRemove(device.rig->device), STATUS_SUCCESS);
  EXPECT_EQ(device.Calls(), (Lines{"SurpriseRemoval"} + kIoDown + HwDown("D3Final") + Lines{"ReleaseHardware", "SelfManagedIoFlush"}))
      << "a file is open: the device is not removed yet";
  file.Close();
  machine.RunUntilIdle();
  machine.Run([&] { EXPECT_TRUE(Until([&] { return device.hooks.log.Count("SelfManagedIoCleanup") == 1; })); });
  EXPECT_EQ(device.Calls(), Lines{"SelfManagedIoCleanup"});
  device.rig->device = Device();
}

// --- one at a time (PWR-18) ---

struct Inside {
  std::atomic<int> callbacks{0}, most{0}, overlapping{0};
  std::atomic<bool> above{false};
  std::string hold;               // this one waits until it is let go
  KEVENT go;
  std::atomic<bool> held{false};
  Log log;
};
Inside* inside;

NTSTATUS In(const char* name, bool may_overlap = false) {
  if (KeGetCurrentIrql() != PASSIVE_LEVEL) inside->above = true;
  if (may_overlap) {
    if (inside->callbacks > 0) ++inside->overlapping;
    inside->log.Add(name);
    return STATUS_SUCCESS;
  }
  const int now = ++inside->callbacks;
  if (now > inside->most) inside->most = now;
  inside->log.Add(name);
  SleepMs(1);
  if (inside->hold == name) {
    inside->held = true;
    KeWaitForSingleObject(&inside->go, Executive, KernelMode, FALSE, nullptr);
    inside->hold.clear();
  }
  --inside->callbacks;
  return STATUS_SUCCESS;
}

NTSTATUS OneAtATime(PWDFDEVICE_INIT init) {
  WDF_PNPPOWER_EVENT_CALLBACKS pnp;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
  pnp.EvtDevicePrepareHardware = [](WDFDEVICE, WDFCMRESLIST, WDFCMRESLIST) { return In("PrepareHardware"); };
  pnp.EvtDeviceReleaseHardware = [](WDFDEVICE, WDFCMRESLIST) { return In("ReleaseHardware"); };
  pnp.EvtDeviceD0Entry = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) { return In("D0Entry"); };
  pnp.EvtDeviceD0EntryPostInterruptsEnabled = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) { return In("PostInterruptsEnabled"); };
  pnp.EvtDeviceD0ExitPreInterruptsDisabled = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) { return In("PreInterruptsDisabled"); };
  pnp.EvtDeviceD0Exit = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) { return In("D0Exit"); };
  pnp.EvtDeviceSelfManagedIoInit = [](WDFDEVICE) { return In("SelfManagedIoInit"); };
  pnp.EvtDeviceSelfManagedIoSuspend = [](WDFDEVICE) { return In("SelfManagedIoSuspend"); };
  pnp.EvtDeviceSelfManagedIoRestart = [](WDFDEVICE) { return In("SelfManagedIoRestart"); };
  pnp.EvtDeviceSelfManagedIoFlush = [](WDFDEVICE) { In("SelfManagedIoFlush"); };
  pnp.EvtDeviceSelfManagedIoCleanup = [](WDFDEVICE) { In("SelfManagedIoCleanup"); };
  pnp.EvtDeviceSurpriseRemoval = [](WDFDEVICE) { In("SurpriseRemoval", true); };
  pnp.EvtDeviceQueryRemove = [](WDFDEVICE) { return In("QueryRemove", true); };
  pnp.EvtDeviceQueryStop = [](WDFDEVICE) { return In("QueryStop", true); };
  WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
  WDF_POWER_POLICY_EVENT_CALLBACKS policy;
  WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
  policy.EvtDeviceArmWakeFromS0 = [](WDFDEVICE) { return In("ArmWakeFromS0"); };
  policy.EvtDeviceDisarmWakeFromS0 = [](WDFDEVICE) { In("DisarmWakeFromS0"); };
  policy.EvtDeviceWakeFromS0Triggered = [](WDFDEVICE) { In("WakeFromS0Triggered"); };
  policy.EvtDeviceArmWakeFromSx = [](WDFDEVICE) { return In("ArmWakeFromSx"); };
  policy.EvtDeviceDisarmWakeFromSx = [](WDFDEVICE) { In("DisarmWakeFromSx"); };
  policy.EvtDeviceWakeFromSxTriggered = [](WDFDEVICE) { In("WakeFromSxTriggered"); };
  WdfDeviceInitSetPowerPolicyEventCallbacks(init, &policy);
  return STATUS_SUCCESS;
}

struct Counted {
  explicit Counted(Machine& machine, const char* hold = "") {
    inside = &state;
    state.hold = hold;
    machine.Run([&] { KeInitializeEvent(&state.go, NotificationEvent, FALSE); });
    hooks.init = OneAtATime;
    hooks.managed_queue = true;
    hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
    hooks.added = [](WDFDEVICE handle) {
      NTSTATUS status = AssignSxWake(handle);
      return NT_SUCCESS(status) ? AssignIdle(handle, 10, IdleCanWakeFromS0) : status;
    };
    rig = std::make_unique<Rig>(machine, hooks);
    rig->device = machine.AddDevice(CanWake(rig->driver));
    EXPECT_TRUE(rig->device.started()) << machine.ReportText();
  }
  ~Counted() {
    rig.reset();
    inside = nullptr;
  }
  Inside state;
  Hooks hooks;
  std::unique_ptr<Rig> rig;
};

CONFORMANCE(OneAtATime, TheCallbacksOfADeviceAreSerialAndAtPassiveLevel, "PWR-18") {
  Counted device(machine);
  // Idle, I/O, wake and sleep at once.
  std::atomic<bool> over{false};
  Task user = machine.Start("user", [&] {
    File file = machine.Open(device.rig->device);
    for (int i = 0; i < 16 && !machine.stopped(); ++i) {
      EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
      machine.Run([&] { SleepMs(i % 4 ? 7 : 150); });
    }
    over = true;
  });
  Task other = machine.StartKernel("other", [&] {
    while (!over) {
      if (NT_SUCCESS(WdfDeviceStopIdle(device.hooks.device, FALSE))) {
        SleepMs(2);
        WdfDeviceResumeIdle(device.hooks.device);
      }
      SleepMs(130);
    }
  });
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(machine.SetSystemPower(1 + i % 3), STATUS_SUCCESS);
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
    machine.Advance(milliseconds(150));
    EXPECT_EQ(machine.Rebalance(device.rig->device), STATUS_SUCCESS);
  }
  user.Join();
  other.Join();
  EXPECT_EQ(machine.RemoveDevice(device.rig->device), STATUS_SUCCESS);
  device.rig->device = Device();
  EXPECT_EQ(device.state.most, 1);
  EXPECT_FALSE(device.state.above);
  for (const char* name : {"ArmWakeFromS0", "DisarmWakeFromS0", "ArmWakeFromSx", "DisarmWakeFromSx"}) EXPECT_GT(device.state.log.Count(name), 0u) << name;
}

CONFORMANCE(OneAtATime, SurpriseRemovalAndTheQueriesMayOverlapAnyOfThem, "PWR-18", "PWR-19") {
  for (const char* which : {"SurpriseRemoval", "QueryRemove", "QueryStop"}) {
    for (const char* hold : {"D0Exit", "SelfManagedIoSuspend", "ArmWakeFromS0"}) {
      SCOPED_TRACE(std::string(which) + " during " + hold);
      Counted device(machine, hold);  // idle takes it there
      machine.Run([&] { EXPECT_TRUE(Until([&] { return device.state.held.load(); })); });
      Task task = machine.Start("pnp", [&, which = std::string(which)] {
        if (which == "SurpriseRemoval") {
          EXPECT_EQ(machine.SurpriseRemove(device.rig->device), STATUS_SUCCESS);
        } else if (which == "QueryRemove") {
          EXPECT_EQ(machine.RemoveDevice(device.rig->device), STATUS_SUCCESS);
        } else {
          EXPECT_EQ(machine.Rebalance(device.rig->device), STATUS_SUCCESS);
        }
      });
      machine.Run([&] {
        EXPECT_TRUE(Until([&] { return device.state.log.Count(which) == 1; })) << "it does not wait for the other to return";
        EXPECT_EQ(device.state.overlapping, 1);
        KeSetEvent(&device.state.go, IO_NO_INCREMENT, FALSE);
      });
      task.Join();
      EXPECT_EQ(device.state.most, 1);
      if (std::string(which) != "QueryStop") device.rig->device = Device();
      if (machine.stopped() || testing::Test::HasFailure()) return;
    }
  }
}

// --- StopIdle (PWR-42, PWR-65, PWR-68) ---

CONFORMANCE(StopIdle, InAQueryCallbackTheDeviceMayBeInDxAndIsBroughtUp, "PWR-42", "S3", "S5") {
  static Sleeper* here;
  static std::atomic<int> asked;
  Sleeper device(machine);
  here = &device;
  asked = 0;
  device.hooks.pnp_callbacks = false;
  device.more_init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    auto query = [](WDFDEVICE handle) -> NTSTATUS {
      ++asked;
      EXPECT_EQ(WdfDeviceGetDevicePowerState(handle), WdfDevStatePowerDx) << "asked where it is";
      here->hooks.log.Add("asked in Dx");
      EXPECT_EQ(S(WdfDeviceStopIdle(handle, TRUE)), S(STATUS_SUCCESS));
      EXPECT_EQ(WdfDeviceGetDevicePowerState(handle), WdfDevStatePowerD0);
      here->hooks.log.Add("in D0");
      WdfDeviceResumeIdle(handle);
      return STATUS_SUCCESS;
    };
    pnp.EvtDeviceQueryStop = query;
    pnp.EvtDeviceQueryRemove = query;
    pnp.EvtDeviceD0Entry = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) {
      here->hooks.log.Add("D0Entry");
      return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  device.Start([](WDFDEVICE handle) { return AssignIdle(handle, 20); });
  auto idles = [&] {
    machine.Run([&] { EXPECT_TRUE(Until([&] { return WdfDeviceGetDevicePowerState(device.hooks.device) == WdfDevStatePowerDx; })); });
    machine.Advance(milliseconds(1));
    device.Forget();
  };
  idles();
  EXPECT_EQ(machine.Rebalance(device.rig->device), STATUS_SUCCESS);
  Lines calls = device.Calls();
  ASSERT_GE(calls.size(), 3u);
  EXPECT_EQ(Lines(calls.begin(), calls.begin() + 3), (Lines{"asked in Dx", "D0Entry", "in D0"}));
  idles();
  EXPECT_EQ(machine.RemoveDevice(device.rig->device), STATUS_SUCCESS);
  EXPECT_EQ(asked, 2);
  calls = device.Calls();
  ASSERT_GE(calls.size(), 3u);
  EXPECT_EQ(Lines(calls.begin(), calls.begin() + 3), (Lines{"asked in Dx", "D0Entry", "in D0"}));
  device.rig->device = Device();
}

CONFORMANCE(StopIdle, WithASystemManagedTimeOutItSucceedsUntilTheTimeOut, "PWR-65", "S11", "O-26") {
  Sleeper device(machine);
  device.Start([&](WDFDEVICE handle) {
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
    settings.IdleTimeout = 60;
    settings.IdleTimeoutType = SystemManagedIdleTimeout;
    return WdfDeviceAssignS0IdleSettings(handle, &settings);
  });
  machine.Run([&] {
    EXPECT_EQ(WdfDeviceGetDevicePowerPolicyState(device.hooks.device), WdfDevStatePwrPolStartedIdleCapable);
    EXPECT_EQ(S(WdfDeviceStopIdle(device.hooks.device, FALSE)), S(STATUS_SUCCESS));
    SleepMs(300);
    EXPECT_EQ(WdfDeviceGetDevicePowerState(device.hooks.device), WdfDevStatePowerD0);
    WdfDeviceResumeIdle(device.hooks.device);
    EXPECT_TRUE(Until([&] { return WdfDeviceGetDevicePowerState(device.hooks.device) == WdfDevStatePowerDx; }));
    EXPECT_EQ(S(WdfDeviceStopIdle(device.hooks.device, FALSE)), S(STATUS_PENDING)) << "a reference, and the device on its way up";
    EXPECT_TRUE(Until([&] { return WdfDeviceGetDevicePowerState(device.hooks.device) == WdfDevStatePowerD0; }));
    WdfDeviceResumeIdle(device.hooks.device);
  });
}

Status early[2];

CONFORMANCE(StopIdle, BeforeTheFirstD0EntryThereIsNothingToHold, "PWR-68", "O-26") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = [](WDFDEVICE handle, WDFCMRESLIST, WDFCMRESLIST) {
      early[1] = S(WdfDeviceStopIdle(handle, TRUE));
      return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  hooks.added = [](WDFDEVICE handle) {
    NTSTATUS status = AssignIdle(handle, 20);
    early[0] = S(WdfDeviceStopIdle(handle, FALSE));
    return status;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_TRUE(rig.device.started());
  for (Status status : early) EXPECT_EQ(status, STATUS_POWER_STATE_INVALID);
  machine.Advance(milliseconds(300));
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePowerState(hooks.device), WdfDevStatePowerDx) << "no reference was taken"; });
}

CONFORMANCE(StopIdle, InsideTheFirstD0EntryItHolds, "PWR-68") {
  static Status held;
  static WDFDEVICE device;
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceD0Entry = [](WDFDEVICE handle, WDF_POWER_DEVICE_STATE) {
      if (device) return STATUS_SUCCESS;
      device = handle;
      held = S(WdfDeviceStopIdle(handle, FALSE));
      return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  hooks.added = [](WDFDEVICE handle) { return AssignIdle(handle, 20); };
  device = nullptr;
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_TRUE(rig.device.started());
  EXPECT_EQ(held, STATUS_SUCCESS);
  machine.Advance(milliseconds(300));
  machine.Run([&] {
    EXPECT_EQ(WdfDeviceGetDevicePowerState(device), WdfDevStatePowerD0) << "the reference keeps it awake";
    WdfDeviceResumeIdle(device);
    EXPECT_TRUE(Until([&] { return WdfDeviceGetDevicePowerState(device) == WdfDevStatePowerDx; }));
  });
}

// What a driver gets that waits for D0 where D0 waits for it: a stall, with the chain of who waits for what.
CONFORMANCE_WITH((MachineOptions{.live_stall = milliseconds(300)}), StopIdle, WaitingForD0OnTheWayDownIsAStall, "PWR-68") {
  auto device = std::make_unique<Sleeper>(machine);
  device->on_arm = [](WDFDEVICE handle) {
    (void)WdfDeviceStopIdle(handle, TRUE);
    return STATUS_SUCCESS;
  };
  device->Start([](WDFDEVICE handle) { return AssignIdle(handle, 20, IdleCanWakeFromS0); });
  machine.Advance(milliseconds(300));
  machine.SetSystemPower(3);
  ConformanceTest::StopExpected() = true;
  ASSERT_NE(machine.bug_check(), nullptr);
  EXPECT_EQ(machine.bug_check()->kind, ReportKind::kStall);
}

// --- registers (PWR-79) ---

struct Touch {
  Touch() { registers = MakeRegisters({.read = [](uint64_t, unsigned) -> uint64_t { return 0x600D; }}); }
  void Read(const std::string& where) { log.Add(where + (READ_REGISTER_ULONG(base) == 0x600D ? "" : " reads nothing")); }
  std::shared_ptr<RegisterFile> registers;
  volatile ULONG* base = nullptr;
  Log log;
};
Touch* touch;

CONFORMANCE(HardwareAccess, RegistersAnswerInEveryCallbackThatMayTouchThem, "PWR-79") {
  Touch it;
  touch = &it;
  Hooks hooks;
  hooks.managed_queue = true;
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = [](WDFDEVICE, WDFCMRESLIST, WDFCMRESLIST translated) {
      const PCM_PARTIAL_RESOURCE_DESCRIPTOR memory = WdfCmResourceListGetDescriptor(translated, 0);
      touch->base = static_cast<volatile ULONG*>(MmMapIoSpace(memory->u.Memory.Start, memory->u.Memory.Length, MmNonCached));
      touch->Read("PrepareHardware");
      return STATUS_SUCCESS;
    };
    pnp.EvtDeviceReleaseHardware = [](WDFDEVICE, WDFCMRESLIST) {
      MmUnmapIoSpace(const_cast<ULONG*>(touch->base), 0x100);
      touch->base = nullptr;
      return STATUS_SUCCESS;
    };
#define TOUCH(name) [](auto...) -> NTSTATUS { touch->Read(name); return STATUS_SUCCESS; }
    pnp.EvtDeviceD0Entry = TOUCH("D0Entry");
    pnp.EvtDeviceD0Exit = TOUCH("D0Exit");
    pnp.EvtDeviceSelfManagedIoInit = TOUCH("Init");
    pnp.EvtDeviceSelfManagedIoSuspend = TOUCH("Suspend");
    pnp.EvtDeviceSelfManagedIoRestart = TOUCH("Restart");
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    WDF_POWER_POLICY_EVENT_CALLBACKS policy;
    WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
    policy.EvtDeviceArmWakeFromS0 = TOUCH("ArmS0");
    policy.EvtDeviceArmWakeFromSx = TOUCH("ArmSx");
#undef TOUCH
#define TOUCH(name) [](WDFDEVICE) { touch->Read(name); }
    policy.EvtDeviceDisarmWakeFromS0 = TOUCH("DisarmS0");
    policy.EvtDeviceWakeFromS0Triggered = TOUCH("TriggeredS0");
    policy.EvtDeviceDisarmWakeFromSx = TOUCH("DisarmSx");
    policy.EvtDeviceWakeFromSxTriggered = TOUCH("TriggeredSx");
#undef TOUCH
    WdfDeviceInitSetPowerPolicyEventCallbacks(init, &policy);
    return STATUS_SUCCESS;
  };
  hooks.added = [](WDFDEVICE handle) {
    NTSTATUS status = AssignSxWake(handle);
    return NT_SUCCESS(status) ? AssignIdle(handle, 100, IdleCanWakeFromS0) : status;
  };
  Rig rig(machine, hooks);
  DeviceSpec spec = CanWake(rig.driver);
  spec.resources = {Resource::Memory(0x100, it.registers)};
  rig.device = machine.AddDevice(spec);
  ASSERT_TRUE(rig.device.started()) << machine.ReportText();
  EXPECT_EQ(it.log.Take(), (Lines{"PrepareHardware", "D0Entry", "Init"}));
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(it.log.Take(), (Lines{"Suspend", "ArmSx", "D0Exit"}));
  EXPECT_EQ(machine.WakeDevice(rig.device), STATUS_SUCCESS);
  EXPECT_EQ(it.log.Take(), (Lines{"D0Entry", "TriggeredSx", "DisarmSx", "Restart"}));
  machine.Run([&] { EXPECT_TRUE(Until([&] { return it.log.Count("D0Exit") == 1; })); });
  machine.RunUntilIdle();
  EXPECT_EQ(it.log.Take(), (Lines{"Suspend", "ArmS0", "D0Exit"}));
  EXPECT_EQ(machine.WakeDevice(rig.device), STATUS_SUCCESS);
  machine.Run([&] { EXPECT_TRUE(Until([&] { return it.log.Count("Restart") == 1; })); });
  EXPECT_EQ(it.log.Take(), (Lines{"D0Entry", "TriggeredS0", "DisarmS0", "Restart"}));
  EXPECT_EQ(machine.SurpriseRemove(rig.device), STATUS_SUCCESS);
  rig.device = Device();
  EXPECT_EQ(it.log.Take(), (Lines{"Suspend reads nothing", "D0Exit reads nothing"})) << "it was pulled out";
}

}  // namespace
}  // namespace drydock::test
