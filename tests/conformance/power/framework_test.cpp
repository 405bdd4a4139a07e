// Table S11: a device whose idle time-out the system manages; directed power. Special files. What the user chose.
#include <atomic>

#include "sleeper.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

NTSTATUS AssignSystemManaged(WDFDEVICE device, WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps = IdleCannotWakeFromS0) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, caps);
  settings.IdleTimeout = 20;
  settings.IdleTimeoutType = SystemManagedIdleTimeout;
  return WdfDeviceAssignS0IdleSettings(device, &settings);
}

Log* fx_log;
NTSTATUS post_status;

NTSTATUS AssignFramework(WDFDEVICE device) {
  WDF_POWER_FRAMEWORK_SETTINGS settings;
  WDF_POWER_FRAMEWORK_SETTINGS_INIT(&settings);
  settings.EvtDeviceWdmPostPoFxRegisterDevice = [](WDFDEVICE, POHANDLE) {
    fx_log->Add("PostPoFxRegister");
    return post_status;
  };
  settings.EvtDeviceWdmPrePoFxUnregisterDevice = [](WDFDEVICE, POHANDLE) { fx_log->Add("PrePoFxUnregister"); };
  return WdfDeviceWdmAssignPowerFrameworkSettings(device, &settings);
}

struct Framed : Sleeper {
  explicit Framed(Machine& machine) : Sleeper(machine), machine(machine) {
    fx_log = &hooks.log;
    post_status = STATUS_SUCCESS;
    hooks.managed_queue = true;
    hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  }
  void StartManaged(WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps = IdleCannotWakeFromS0) {
    Start([caps](WDFDEVICE device) { return AssignSystemManaged(device, caps); });
  }
  bool Reaches(WDF_DEVICE_POWER_POLICY_STATE state) {
    bool reached = false;
    machine.Run([&] { reached = Until([&] { return WdfDeviceGetDevicePowerPolicyState(hooks.device) == state; }); });
    return reached;
  }
  Machine& machine;
};

CONFORMANCE(PowerFramework, TheSystemDecidesWhenAnIdleDeviceGoesDown, "S11", "S1", "O-22") {
  Framed device(machine);
  device.StartManaged();
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingUnarmed));
  EXPECT_EQ(device.Calls(), kIoDown + HwDown());
  EXPECT_EQ(device.PolicyPath(), (Lines{"IdleCapableDeviceIdle", "TimerExpiredNoWake", "TimerExpiredNoWakeCompletePowerDown",
                                        "TimerExpiredNoWakePoweredDownDisableIdleTimer", "WaitingUnarmedQueryIdle", "WaitingUnarmed"}));
  EXPECT_EQ(device.rig->Open().Ioctl(kIoctl).status, STATUS_SUCCESS) << "I/O brings it back by way of the power framework";
  EXPECT_TRUE(Contains(device.PolicyPath(), "S0NoWakePowerUp"));
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingUnarmed)) << "and it idles again";
}

CONFORMANCE(PowerFramework, AfterSleepTheDeviceComesBackInAnyCase, "S11") {
  Framed device(machine);
  device.StartManaged();
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingUnarmed));
  device.Forget();
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_TRUE(device.Calls().empty());
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  Lines calls = device.Calls();
  calls.resize(std::min<size_t>(calls.size(), 3));
  EXPECT_EQ(calls, HwUp() + kIoUp);
}

CONFORMANCE(PowerFramework, TheComponentThatTheDriverDescribesIsCopiedAndGoesThroughItsStates, "PWR-76", "S11") {
  Framed device(machine);
  static POHANDLE framework;
  static std::atomic<int> deepest, shallow;
  framework = nullptr;
  deepest = shallow = 0;
  device.Start([&](WDFDEVICE handle) {
    EXPECT_EQ(S(AssignSystemManaged(handle)), S(STATUS_SUCCESS));
    PO_FX_COMPONENT_IDLE_STATE states[2] = {};
    PO_FX_COMPONENT component = {};
    component.IdleStateCount = 2;
    component.IdleStates = states;
    WDF_POWER_FRAMEWORK_SETTINGS settings;
    WDF_POWER_FRAMEWORK_SETTINGS_INIT(&settings);
    settings.Component = &component;
    settings.EvtDeviceWdmPostPoFxRegisterDevice = [](WDFDEVICE, POHANDLE given) -> NTSTATUS {
      framework = given;
      return STATUS_SUCCESS;
    };
    settings.ComponentIdleStateCallback = [](PVOID, ULONG number, ULONG state) {
      ++(state == 1 ? deepest : shallow);
      PoFxCompleteIdleState(framework, number);
    };
    const NTSTATUS status = WdfDeviceWdmAssignPowerFrameworkSettings(handle, &settings);
    memset(&component, 0xFF, sizeof(component));
    memset(states, 0xFF, sizeof(states));
    return status;
  });
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingUnarmed));
  EXPECT_EQ(deepest, 1);
  EXPECT_EQ(device.rig->Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  machine.Run([&] { EXPECT_TRUE(Until([&] { return shallow == 1; })) << "back in F0"; });
}

CONFORMANCE(PowerFramework, TheDriverIsToldOfItsRegistration, "PWR-76", "PWR-77", "S1", "S6") {
  Framed device(machine);
  Status before, first, second;
  device.Start([&](WDFDEVICE handle) {
    before = S(AssignFramework(handle));
    NTSTATUS status = AssignSystemManaged(handle);
    first = S(AssignFramework(handle));
    second = S(AssignFramework(handle));
    return status;
  });
  EXPECT_EQ(before, STATUS_INVALID_DEVICE_REQUEST) << "no system-managed idle settings yet";
  EXPECT_EQ(first, STATUS_SUCCESS);
  EXPECT_EQ(second, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
  device.rig->RemoveDevice();
  const Lines calls = device.Calls();
  EXPECT_TRUE(Contains(calls, "PrePoFxUnregister"));
}

CONFORMANCE(PowerFramework, AFailingPostFailsTheStart, "S2", "PWR-77") {
  Framed device(machine);
  post_status = STATUS_UNSUCCESSFUL;
  device.hooks.added = [](WDFDEVICE handle) {
    NTSTATUS status = AssignSystemManaged(handle);
    return NT_SUCCESS(status) ? AssignFramework(handle) : status;
  };
  device.rig = std::make_unique<Rig>(machine, device.hooks);
  device.rig->device = machine.AddDevice(CanWake(device.rig->driver));
  EXPECT_FALSE(device.rig->device.started());
  EXPECT_EQ(device.Calls(), (Lines{"PrepareHardware"} + HwUp("D3Final") + Lines{"SelfManagedIoInit", "PostPoFxRegister", "PrePoFxUnregister"} + kIoDown +
                             HwDown("D3Final") + Lines{"ReleaseHardware", "SelfManagedIoFlush", "SelfManagedIoCleanup"}));
  device.rig->RemoveDevice();
}

CONFORMANCE(PowerFramework, DirectedPowerTakesADeviceDownWhateverUsesIt, "S11", "PWR-67") {
  Framed device(machine);
  device.Start([](WDFDEVICE handle) {
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
    settings.IdleTimeout = 60'000;
    settings.IdleTimeoutType = SystemManagedIdleTimeout;
    return WdfDeviceAssignS0IdleSettings(handle, &settings);
  });
  machine.Run([&] { EXPECT_EQ(S(WdfDeviceStopIdle(device.hooks.device, TRUE)), S(STATUS_SUCCESS)); });
  EXPECT_EQ(machine.DirectPower(device.rig->device, true), STATUS_SUCCESS);
  EXPECT_TRUE(device.Reaches(WdfDevStatePwrPolWaitingUnarmedDirectedDown));
  EXPECT_EQ(device.Calls(), kIoDown + HwDown());
  EXPECT_EQ(device.PolicyPath(),
            (Lines{"StartedIdleCapableCancelTimerForSleep", "StartedIdleCapableTimerCanceledForSleep", "IdleCapableTimerNotExpiredDirectedDown",
                   "IdleCapableDirectedDownTriggerDPNR", "TimerExpiredNoWake", "TimerExpiredNoWakeCompletePowerDown",
                   "TimerExpiredNoWakePoweredDownDisableIdleTimer", "WaitingUnarmedDirectedDown"}));
  File file = device.rig->Open();
  PendingIo io = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_FALSE(io.done()) << "I/O does not resume it";
  EXPECT_EQ(machine.DirectPower(device.rig->device, false), STATUS_SUCCESS);
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
  EXPECT_TRUE(Contains(device.PolicyPath(), "IdleCapableDirectedDownTriggerDPR"));
  machine.Run([&] { WdfDeviceResumeIdle(device.hooks.device); });
}

// --- what the user chose ---

CONFORMANCE(UserControl, TheRegistryDecidesWhereTheDriverLeavesItOpen, "PWR-59", "PWR-71", "PWR-70") {
  for (bool on : {true, false}) {
    Sleeper device(machine);
    device.hooks.added = [](WDFDEVICE handle) {
      NTSTATUS status = AssignSxWake(handle, WdfUseDefault);
      return NT_SUCCESS(status) ? AssignIdle(handle, 60'000) : status;
    };
    device.rig = std::make_unique<Rig>(machine, device.hooks);
    DeviceSpec spec = CanWake(device.rig->driver);
    spec.instance = on ? "ROOT\\CHOICE\\0001" : "ROOT\\CHOICE\\0000";
    const std::string key = "\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\" + spec.instance + "\\Device Parameters\\WDF";
    machine.SetRegistry(key, "WdfDefaultIdleInWorkingState", on ? 0u : 1u);
    machine.SetRegistry(key, "IdleInWorkingState", on ? 1u : 0u);  // the user's choice beats the INF's
    machine.SetRegistry(key, "WdfDefaultWakeFromSleepState", on ? 1u : 0u);
    device.rig->device = machine.AddDevice(spec);
    ASSERT_TRUE(device.rig->device.started());
    EXPECT_EQ(device.Policy(), on ? WdfDevStatePwrPolStartedIdleCapable : WdfDevStatePwrPolStarted);
    EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
    EXPECT_EQ(device.Policy(), on ? WdfDevStatePwrPolSystemAsleepWakeArmed : WdfDevStatePwrPolSystemAsleepNoWake);
    EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  }
}

// --- special files ---

NTSTATUS Notify(PDEVICE_OBJECT top, DEVICE_USAGE_NOTIFICATION_TYPE type, bool in_path) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK status;
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, nullptr, 0, nullptr, &done, &status);
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
  stack->MinorFunction = IRP_MN_DEVICE_USAGE_NOTIFICATION;
  stack->Parameters.UsageNotification.Type = type;
  stack->Parameters.UsageNotification.InPath = in_path;
  NTSTATUS result = IoCallDriver(top, irp);
  if (result != STATUS_PENDING) return result;
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  return status.Status;
}

CONFORMANCE(SpecialFiles, DependentsHearFirstAndARefusalIsTakenBack, "PWR-44", "PWR-45", "PWR-46", "S1", "S3") {
  static Recorder* here;
  static NTSTATUS answer;
  Recorder device;
  here = &device;
  answer = STATUS_SUCCESS;
  Hooks dependent_hooks;
  dependent_hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceUsageNotification = [](WDFDEVICE, WDF_SPECIAL_FILE_TYPE, BOOLEAN in) { here->hooks.log.Add(in ? "dependent in" : "dependent out"); };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    WdfFdoInitSetFilter(init);  // supports what it is told of
    return STATUS_SUCCESS;
  };
  SetOtherHooks(&dependent_hooks);
  device.hooks.pnp_callbacks = false;
  device.more_init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceUsageNotificationEx = [](WDFDEVICE, WDF_SPECIAL_FILE_TYPE, BOOLEAN in) {
      here->hooks.log.Add(in ? "in" : "out");
      return answer;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  Driver other;
  {
    Rig rig(machine, device.hooks);  // first: the calls in dependent_hooks.init go through its binding
    other = machine.AddDriver("dependent", OtherEntry());
    Device dependent = machine.AddDevice({.function = other});
    rig.AddDevice();
    ASSERT_TRUE(rig.device.started());
    machine.Run([&] {
      WDFDEVICE handle = device.hooks.device;
      EXPECT_EQ(S(Notify(rig.device.top(), DeviceUsageTypePaging, true)), S(STATUS_DEVICE_NOT_READY)) << "not supported unless said so";
      WdfDeviceSetSpecialFileSupport(handle, WdfSpecialFilePaging, TRUE);
      EXPECT_EQ(S(WdfDeviceAddDependentUsageDeviceObject(handle, nullptr)), S(STATUS_INVALID_PARAMETER));
      EXPECT_EQ(S(WdfDeviceAddDependentUsageDeviceObject(handle, dependent.top())), S(STATUS_SUCCESS));
      device.Forget();
      EXPECT_EQ(S(Notify(rig.device.top(), DeviceUsageTypePaging, true)), S(STATUS_SUCCESS));
      EXPECT_EQ(device.Calls(), (Lines{"dependent in", "in"}));
      EXPECT_EQ(device.PowerPath(), (Lines{"DecideD0State", "D0NP"})) << "must work while paging does not";
      EXPECT_EQ(S(Notify(rig.device.top(), DeviceUsageTypePaging, false)), S(STATUS_SUCCESS));
      EXPECT_EQ(device.PowerPath(), (Lines{"DecideD0State", "D0"}));
      device.Forget();
      answer = STATUS_UNSUCCESSFUL;
      EXPECT_EQ(S(Notify(rig.device.top(), DeviceUsageTypePaging, true)), S(STATUS_UNSUCCESSFUL));
      EXPECT_EQ(device.Calls(), (Lines{"dependent in", "in", "dependent out"}));
      EXPECT_TRUE(device.PowerPath().empty());
      answer = STATUS_SUCCESS;
      WdfDeviceRemoveDependentUsageDeviceObject(handle, dependent.top());
      EXPECT_EQ(S(Notify(rig.device.top(), DeviceUsageTypePaging, true)), S(STATUS_SUCCESS));
      EXPECT_EQ(device.Calls(), (Lines{"in"}));
    });
    EXPECT_EQ(machine.QueryRemove(rig.device), STATUS_DEVICE_NOT_READY) << "a special file is in use";
    machine.Run([&] { EXPECT_EQ(S(Notify(rig.device.top(), DeviceUsageTypePaging, false)), S(STATUS_SUCCESS)); });
    EXPECT_EQ(machine.RemoveDevice(dependent), STATUS_SUCCESS);
  }
  machine.UnloadDriver(other);
}

CONFORMANCE(Watchdog, AStepOfANotPageableDriverHasTenMinutes, "DEVX-47", "VER-02") {
  if (!machine.simulated()) return;  // ten minutes
  static Sleeper* here;
  auto device = std::make_unique<Sleeper>(machine);
  here = device.get();
  device->more_init = [](PWDFDEVICE_INIT init) {
    WdfDeviceInitSetPowerNotPageable(init);
    return STATUS_SUCCESS;
  };
  device->on_arm = [](WDFDEVICE) {
    SleepMs(11 * 60 * 1000);
    return STATUS_SUCCESS;
  };
  device->Start([](WDFDEVICE handle) { return AssignSxWake(handle); });
  machine.SetSystemPower(3);
  EXPECT_BUG_CHECK(machine, 0x10D, 0x1);
}

}  // namespace
}  // namespace drydock::test
