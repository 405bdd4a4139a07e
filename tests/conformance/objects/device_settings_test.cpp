// What a driver says about its device: state, failure, special files, flags, ownership, exclusive opens; and who hears of it.
#include "nt/io/driver.h"
#include "nt/pnp/pnp.h"
#include "rig.h"

namespace drydock::test {
namespace {

// A PnP IRP as the PnP manager would send it to the top of a stack.
NTSTATUS SendPnp(PDEVICE_OBJECT top, UCHAR minor, const std::function<void(IO_STACK_LOCATION&)>& fill = {}, ULONG_PTR* information = nullptr) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK result = {};
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, nullptr, 0, nullptr, &done, &result);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  IoGetNextIrpStackLocation(irp)->MinorFunction = minor;
  if (fill) fill(*IoGetNextIrpStackLocation(irp));
  NTSTATUS status = IoCallDriver(top, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = result.Status;
  }
  if (information) *information = result.Information;
  return status;
}

ULONG_PTR PnpState(PDEVICE_OBJECT top) {
  ULONG_PTR bits = 0;
  EXPECT_EQ(S(SendPnp(top, IRP_MN_QUERY_PNP_DEVICE_STATE, {}, &bits)), S(STATUS_SUCCESS));
  return bits;
}

WDF_DEVICE_STATE GetState(WDFDEVICE device) {
  WDF_DEVICE_STATE state;
  WDF_DEVICE_STATE_INIT(&state);
  WdfDeviceGetDeviceState(device, &state);
  return state;
}

CONFORMANCE(DeviceState, IsMergedIntoTheAnswerToPnp, "PWR-47") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDF_DEVICE_STATE state = GetState(hooks.device);
    EXPECT_EQ(state.Size, sizeof(state));
    for (WDF_TRI_STATE value : {state.Disabled, state.DontDisplayInUI, state.Failed, state.NotDisableable, state.Removed, state.ResourcesChanged}) {
      EXPECT_EQ(value, WdfUseDefault) << "until the driver says something";
    }
    EXPECT_EQ(PnpState(rig.device.top()) & (PNP_DEVICE_NOT_DISABLEABLE | PNP_DEVICE_DONT_DISPLAY_IN_UI), 0u);

    WDF_DEVICE_STATE_INIT(&state);
    state.NotDisableable = WdfTrue;
    state.DontDisplayInUI = WdfTrue;
    WdfDeviceSetDeviceState(hooks.device, &state);
    EXPECT_EQ(PnpState(rig.device.top()), ULONG_PTR{PNP_DEVICE_NOT_DISABLEABLE | PNP_DEVICE_DONT_DISPLAY_IN_UI});

    WDF_DEVICE_STATE_INIT(&state);
    state.NotDisableable = WdfFalse;
    state.DontDisplayInUI = WdfFalse;
    WdfDeviceSetDeviceState(hooks.device, &state);
    EXPECT_EQ(PnpState(rig.device.top()), ULONG_PTR{PNP_DEVICE_DONT_DISPLAY_IN_UI}) << "hidden once, hidden for good";
    state = GetState(hooks.device);
    EXPECT_EQ(state.NotDisableable, WdfFalse);
    EXPECT_EQ(state.DontDisplayInUI, WdfTrue);
  });
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE(DeviceState, WrongSizesAndValuesAreIgnoredWithABreak, "DEVX-12") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDF_DEVICE_STATE state;
    WDF_DEVICE_STATE_INIT(&state);
    state.NotDisableable = static_cast<WDF_TRI_STATE>(3);
    state.Removed = WdfTrue;
    WdfDeviceSetDeviceState(hooks.device, &state);
    EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
    WDF_DEVICE_STATE_INIT(&state);
    state.Size -= 4;
    state.Removed = WdfTrue;
    WdfDeviceSetDeviceState(hooks.device, &state);
    EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u);
    state.Disabled = WdfTrue;
    WdfDeviceGetDeviceState(hooks.device, &state);
    EXPECT_EQ(state.Disabled, WdfTrue) << "not written to";
    EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 3u);
    EXPECT_EQ(GetState(hooks.device).Removed, WdfUseDefault);
  });
  machine.RunUntilIdle();
  EXPECT_TRUE(rig.device.started());
}

CONFORMANCE(DeviceState, PnpIsToldAtOnceAndTakesARemovedDeviceAway, "PWR-47") {
  Hooks hooks;
  hooks.pnp_callbacks = true;
  Rig rig(machine, hooks);
  rig.AddDevice();
  hooks.log.Take();
  machine.Run([&] {
    WDF_DEVICE_STATE state;
    WDF_DEVICE_STATE_INIT(&state);
    state.Removed = WdfTrue;
    WdfDeviceSetDeviceState(hooks.device, &state);
    EXPECT_TRUE(Until([&] { return hooks.log.Count("SelfManagedIoCleanup") == 1; }));
  });
  EXPECT_EQ(hooks.log.Take(), (Lines{"SurpriseRemoval", "SelfManagedIoSuspend", "PreInterruptsDisabled", "D0Exit(D3Final)", "ReleaseHardware",
                                     "SelfManagedIoFlush", "SelfManagedIoCleanup"}));
  rig.device = Device();
}

CONFORMANCE(DeviceFailed, WithoutRestartTheDeviceIsRemovedAndStaysAway, "PWR-38", "DEVX-46") {
  Hooks hooks;
  hooks.pnp_callbacks = true;
  int added = 0;
  hooks.added = [&](WDFDEVICE) {
    ++added;
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  hooks.log.Take();
  machine.Run([&] {
    WdfDeviceSetFailed(hooks.device, static_cast<WDF_DEVICE_FAILED_ACTION>(7));
    EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u) << "no such action";
    SleepMs(20);
    EXPECT_TRUE(hooks.log.lines().empty());
    {
      AtDispatch raised;
      WdfDeviceSetFailed(hooks.device, WdfDeviceFailedNoRestart);
    }
    EXPECT_TRUE(Until([&] { return hooks.log.Count("SelfManagedIoCleanup") == 1; }));
    SleepMs(20);
  });
  const Lines lines = hooks.log.Take();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.front(), "SurpriseRemoval");
  EXPECT_EQ(added, 1);
  rig.device = Device();
}

// --- special files ---

NTSTATUS Usage(PDEVICE_OBJECT top, DEVICE_USAGE_NOTIFICATION_TYPE type, bool in_path) {
  return SendPnp(top, IRP_MN_DEVICE_USAGE_NOTIFICATION, [&](IO_STACK_LOCATION& stack) {
    stack.Parameters.UsageNotification.InPath = in_path;
    stack.Parameters.UsageNotification.Type = type;
  });
}

CONFORMANCE(SpecialFiles, AreRefusedUntilTheDriverSupportsThem, "PWR-44", "PWR-46", "PWR-40") {
  Hooks hooks;
  static Log* log;
  log = &hooks.log;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceUsageNotification = [](WDFDEVICE, WDF_SPECIAL_FILE_TYPE type, BOOLEAN in_path) {
      log->Add(std::to_string(type) + (in_path ? " in" : " out"));
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  const std::string paging = std::to_string(WdfSpecialFilePaging);
  machine.Run([&] {
    EXPECT_FALSE(NT_SUCCESS(Usage(rig.device.top(), DeviceUsageTypePaging, true)));
    WdfDeviceSetSpecialFileSupport(hooks.device, WdfSpecialFilePaging, TRUE);
    EXPECT_FALSE(NT_SUCCESS(Usage(rig.device.top(), DeviceUsageTypeDumpFile, true))) << "each type for itself";
    EXPECT_TRUE(log->lines().empty());
    EXPECT_EQ(S(Usage(rig.device.top(), DeviceUsageTypePaging, true)), S(STATUS_SUCCESS));
    EXPECT_EQ(log->Take(), Lines{paging + " in"});
    EXPECT_NE(PnpState(rig.device.top()) & PNP_DEVICE_NOT_DISABLEABLE, 0u);
  });
  EXPECT_FALSE(machine.RemoveDevice(rig.device).ok()) << "a paging file lies on it";
  machine.Run([&] {
    EXPECT_EQ(S(Usage(rig.device.top(), DeviceUsageTypePaging, false)), S(STATUS_SUCCESS));
    EXPECT_EQ(log->Take(), Lines{paging + " out"});
    WdfDeviceSetSpecialFileSupport(hooks.device, WdfSpecialFilePaging, FALSE);
    EXPECT_FALSE(NT_SUCCESS(Usage(rig.device.top(), DeviceUsageTypePaging, true)));
    WdfDeviceSetSpecialFileSupport(hooks.device, WdfSpecialFileMax, TRUE);
    EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u) << "no such type";
  });
  EXPECT_EQ(machine.RemoveDevice(rig.device), STATUS_SUCCESS);
  rig.device = Device();
}

// --- the device object ---

CONFORMANCE(DeviceFlags, PageabilityAndInrush, "INI-12", "S1") {
  struct Case {
    const char* what;
    void (*set)(PWDFDEVICE_INIT);
    ULONG flags;
    WDF_DEVICE_POWER_STATE rests;
  };
  for (const Case& c : {
           Case{"default", [](PWDFDEVICE_INIT) {}, DO_POWER_PAGABLE, WdfDevStatePowerD0},
           Case{"pageable", [](PWDFDEVICE_INIT init) { WdfDeviceInitSetPowerPageable(init); }, DO_POWER_PAGABLE, WdfDevStatePowerD0},
           Case{"not pageable", [](PWDFDEVICE_INIT init) { WdfDeviceInitSetPowerNotPageable(init); }, 0, WdfDevStatePowerD0NP},
           Case{"inrush wins",
                [](PWDFDEVICE_INIT init) {
                  WdfDeviceInitSetPowerPageable(init);
                  WdfDeviceInitSetPowerInrush(init);
                },
                DO_POWER_INRUSH, WdfDevStatePowerD0NP},
       }) {
    Hooks hooks, filter;
    hooks.init = [&](PWDFDEVICE_INIT init) {
      c.set(init);
      return STATUS_SUCCESS;
    };
    filter.filter = true;
    filter.init = [](PWDFDEVICE_INIT init) {  // a filter's own settings do not count (INI-11)
      WdfDeviceInitSetPowerNotPageable(init);
      return STATUS_SUCCESS;
    };
    Rig rig(machine, hooks);
    SetOtherHooks(&filter);
    Driver other = machine.AddDriver("other", OtherEntry());
    Device device = machine.AddDevice({.function = rig.driver, .upper_filters = {other}});
    ASSERT_TRUE(device.started());
    machine.Run([&] {
      PDEVICE_OBJECT wdm = WdfDeviceWdmGetDeviceObject(hooks.device);
      EXPECT_EQ(wdm->Flags & (DO_POWER_PAGABLE | DO_POWER_INRUSH), c.flags) << c.what;
      EXPECT_EQ(wdm->AttachedDevice->Flags & (DO_POWER_PAGABLE | DO_POWER_INRUSH), c.flags) << c.what << ", the filter";
      EXPECT_EQ(WdfDeviceGetDevicePowerState(hooks.device), c.rests) << c.what;
    });
    machine.RemoveDevice(device);
    machine.UnloadDriver(other);
  }
}

CONFORMANCE(DeviceFlags, CharacteristicsAndAlignmentAreTheDeviceObjects, "INI-09", "DMA-02") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    PDEVICE_OBJECT wdm = WdfDeviceWdmGetDeviceObject(hooks.device);
    WdfDeviceSetCharacteristics(hooks.device, FILE_REMOVABLE_MEDIA | FILE_DEVICE_SECURE_OPEN);
    EXPECT_EQ(WdfDeviceGetCharacteristics(hooks.device), ULONG{FILE_REMOVABLE_MEDIA | FILE_DEVICE_SECURE_OPEN});
    EXPECT_EQ(wdm->Characteristics, ULONG{FILE_REMOVABLE_MEDIA | FILE_DEVICE_SECURE_OPEN});
    EXPECT_EQ(WdfDeviceGetAlignmentRequirement(hooks.device), rig.device.pdo()->AlignmentRequirement) << "the stack's, until it is set";
    WdfDeviceSetAlignmentRequirement(hooks.device, FILE_64_BYTE_ALIGNMENT);
    EXPECT_EQ(WdfDeviceGetAlignmentRequirement(hooks.device), ULONG{FILE_64_BYTE_ALIGNMENT});
    EXPECT_EQ(wdm->AlignmentRequirement, ULONG{FILE_64_BYTE_ALIGNMENT});
  });
}

CONFORMANCE(DeviceFlags, TheExFormOfTheIoTypeSetsBothKinds, "INI-10", "DEVX-12") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_IO_TYPE_CONFIG config;
    WDF_IO_TYPE_CONFIG_INIT(&config);
    config.ReadWriteIoType = WdfDeviceIoDirect;
    WdfDeviceInitSetIoTypeEx(init, &config);
    config.Size -= 4;
    config.ReadWriteIoType = WdfDeviceIoNeither;
    WdfDeviceInitSetIoTypeEx(init, &config);  // ignored with a break
    return STATUS_SUCCESS;
  };
  bool has_mdl = false;
  hooks.write = [&](WDFREQUEST request, size_t length) {
    PMDL mdl = nullptr;
    has_mdl = NT_SUCCESS(WdfRequestRetrieveInputWdmMdl(request, &mdl)) && mdl && WdfRequestWdmGetIrp(request)->MdlAddress == mdl;
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, length);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
  machine.Run([&] {
    EXPECT_EQ(WdfDeviceWdmGetDeviceObject(hooks.device)->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO), ULONG{DO_DIRECT_IO});
  });
  EXPECT_EQ(rig.Open().Write("abc").information, 3u);
  EXPECT_TRUE(has_mdl);
}

CONFORMANCE(DeviceFlags, AnExclusiveDeviceIsOpenedOnce, "ours") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    UNICODE_STRING name = Text(u"\\Device\\Toy");
    WdfDeviceInitSetExclusive(init, TRUE);
    return WdfDeviceInitAssignName(init, &name);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File first = machine.Open("\\Device\\Toy");
  EXPECT_EQ(first.status(), STATUS_SUCCESS);
  EXPECT_EQ(machine.Open("\\Device\\Toy").status(), STATUS_ACCESS_DENIED);
  first.Close();
  EXPECT_EQ(machine.Open("\\Device\\Toy").status(), STATUS_SUCCESS);
}

// --- power policy ---

NTSTATUS AssignIdle(WDFDEVICE device, WDF_POWER_POLICY_S0_IDLE_CAPABILITIES kind, DEVICE_POWER_STATE dx = PowerDeviceMaximum) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, kind);
  settings.IdleTimeout = 20;
  if (dx != PowerDeviceMaximum) settings.DxState = dx;
  return WdfDeviceAssignS0IdleSettings(device, &settings);
}

CONFORMANCE(PolicyOwnership, MovesFromTheFunctionDriverToAFilterThatTakesIt, "PWR-52", "PWR-56") {
  Hooks hooks, filter;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WdfDeviceInitSetPowerPolicyOwnership(init, FALSE);
    return STATUS_SUCCESS;
  };
  filter.filter = true;
  filter.init = [](PWDFDEVICE_INIT init) {
    WdfDeviceInitSetPowerPolicyOwnership(init, TRUE);
    return STATUS_SUCCESS;
  };
  filter.pnp_callbacks = true;
  hooks.pnp_callbacks = true;
  NTSTATUS of_filter = STATUS_UNSUCCESSFUL, of_function = STATUS_SUCCESS;
  hooks.added = [&](WDFDEVICE device) {
    of_function = AssignIdle(device, IdleCannotWakeFromS0);
    return STATUS_SUCCESS;
  };
  filter.added = [&](WDFDEVICE device) {
    of_filter = AssignIdle(device, IdleCannotWakeFromS0);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  SetOtherHooks(&filter);
  Driver other = machine.AddDriver("other", OtherEntry());
  Device device = machine.AddDevice({.function = rig.driver, .upper_filters = {other}});
  ASSERT_TRUE(device.started());
  EXPECT_EQ(S(of_function), S(STATUS_INVALID_DEVICE_REQUEST));
  EXPECT_EQ(S(of_filter), S(STATUS_SUCCESS));
  machine.Advance(std::chrono::milliseconds(300));  // the new owner idles the whole stack
  EXPECT_EQ(filter.log.Count("D0Exit(D3)"), 1u);
  EXPECT_EQ(hooks.log.Count("D0Exit(D3)"), 1u);
  machine.RemoveDevice(device);
  machine.UnloadDriver(other);
}

// A device of the rig on a bus that can wake it from D2.
struct WakeableDevice {
  WakeableDevice(Machine& owner, Rig& rig) : machine(owner) {
    machine.Run([&] {
      DEVICE_CAPABILITIES caps = {};
      caps.Size = sizeof(caps);
      caps.Version = 1;
      caps.Address = caps.UINumber = 0xFFFFFFFF;
      caps.DeviceD1 = caps.DeviceD2 = TRUE;
      caps.WakeFromD0 = caps.WakeFromD1 = caps.WakeFromD2 = TRUE;
      caps.DeviceState[PowerSystemWorking] = PowerDeviceD0;
      for (int i = PowerSystemSleeping1; i < PowerSystemMaximum; ++i) caps.DeviceState[i] = PowerDeviceD3;
      caps.DeviceWake = PowerDeviceD2;
      caps.SystemWake = PowerSystemSleeping3;
      nt::pnp::DeviceDescription description;
      description.function = nt::io::DriverOf(rig.driver.object());
      description.capabilities = &caps;
      EXPECT_EQ(S(nt::pnp::AddDevice(machine.kernel(), description, &pdo)), S(STATUS_SUCCESS)) << machine.ReportText();
    });
  }
  ~WakeableDevice() {
    machine.Run([&] { nt::pnp::Remove(pdo); });
  }
  Machine& machine;
  PDEVICE_OBJECT pdo = nullptr;
};

CONFORMANCE(PolicyCallbacks, ArmBeforeTheDeviceSleepsAndDisarmOnTheWayBack, "S10", "PWR-34", "PWR-72", "DEVX-12") {
  for (bool arm_fails : {false, true}) {
    Hooks hooks;
    static Hooks* here;
    static bool fails;
    here = &hooks;
    fails = arm_fails;
    hooks.pnp_callbacks = true;
    hooks.managed_queue = true;
    hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
    hooks.init = [](PWDFDEVICE_INIT init) {
      WDF_POWER_POLICY_EVENT_CALLBACKS callbacks;
      WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&callbacks);
      callbacks.EvtDeviceArmWakeFromS0 = [](WDFDEVICE) {
        here->log.Add("Arm");
        return fails ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
      };
      callbacks.EvtDeviceDisarmWakeFromS0 = [](WDFDEVICE) { here->log.Add("Disarm"); };
      WdfDeviceInitSetPowerPolicyEventCallbacks(init, &callbacks);
      // Both forms of the arm callback: the call is ignored, the first one's stay.
      callbacks.EvtDeviceArmWakeFromS0 = nullptr;
      callbacks.EvtDeviceArmWakeFromSx = [](WDFDEVICE) { return STATUS_SUCCESS; };
      callbacks.EvtDeviceArmWakeFromSxWithReason = [](WDFDEVICE, BOOLEAN, BOOLEAN) { return STATUS_SUCCESS; };
      WdfDeviceInitSetPowerPolicyEventCallbacks(init, &callbacks);
      callbacks.Size = 4;
      WdfDeviceInitSetPowerPolicyEventCallbacks(init, &callbacks);
      return STATUS_SUCCESS;
    };
    hooks.added = [](WDFDEVICE device) {
      here->log.Add("added");
      return STATUS_SUCCESS;
    };
    const size_t breaks = machine.CountReports(ReportKind::kBreak);
    Rig rig(machine, hooks);
    WakeableDevice device(machine, rig);
    EXPECT_EQ(machine.CountReports(ReportKind::kBreak), breaks + 2);
    machine.Run([&] { EXPECT_EQ(S(AssignIdle(hooks.device, IdleCanWakeFromS0)), S(STATUS_SUCCESS)); });
    hooks.log.Take();
    machine.Advance(std::chrono::milliseconds(300));
    if (arm_fails) {  // down and up again at once; a failed arm callback is not undone
      Lines seen = hooks.log.Take();
      seen.resize(std::min<size_t>(seen.size(), 7));
      EXPECT_EQ(seen, (Lines{"SelfManagedIoSuspend", "Arm", "PreInterruptsDisabled", "D0Exit(D2)", "D0Entry(D2)", "PostInterruptsEnabled",
                             "SelfManagedIoRestart"}));
      continue;
    }
    EXPECT_EQ(hooks.log.Take(), (Lines{"SelfManagedIoSuspend", "Arm", "PreInterruptsDisabled", "D0Exit(D2)"}));
    machine.Run([&] {
      EXPECT_EQ(S(WdfDeviceStopIdle(hooks.device, TRUE)), S(STATUS_SUCCESS));
      WdfDeviceResumeIdle(hooks.device);
    });
    const Lines up = {"D0Entry(D2)", "PostInterruptsEnabled", "Disarm", "SelfManagedIoRestart"};
    Lines seen = hooks.log.Take();
    seen.resize(std::min(seen.size(), up.size()));
    EXPECT_EQ(seen, up);
  }
}

CONFORMANCE(StateCallbacks, OfPnpAndPolicyAreCalledAroundTheirState, "PWR-78", "S1", "S6") {
  Hooks hooks;
  static Hooks* here;
  here = &hooks;
  static auto word = [](WDF_STATE_NOTIFICATION_TYPE type) {
    return std::string(type == StateNotificationEnterState ? "enter" : type == StateNotificationLeaveState ? "leave" : "post");
  };
  hooks.pnp_callbacks = true;
  hooks.init = [](PWDFDEVICE_INIT init) {
    auto pnp = [](WDFDEVICE device, PCWDF_DEVICE_PNP_NOTIFICATION_DATA data) {
      const bool there = WdfDeviceGetDevicePnpState(device) == WdfDevStatePnpStarted;
      here->log.Add("pnp " + word(data->Type) + (there ? " in" : " outside"));
    };
    auto policy = [](WDFDEVICE device, PCWDF_DEVICE_POWER_POLICY_NOTIFICATION_DATA data) {
      const bool there = WdfDeviceGetDevicePowerPolicyState(device) == WdfDevStatePwrPolStarting;
      here->log.Add("policy " + word(data->Type) + (there ? " in" : " outside"));
    };
    const ULONG all = StateNotificationAllStates;
    EXPECT_EQ(S(WdfDeviceInitRegisterPnpStateChangeCallback(init, WdfDevStatePnpInvalid, pnp, all)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDeviceInitRegisterPnpStateChangeCallback(init, WdfDevStatePnpNull, pnp, all)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDeviceInitRegisterPnpStateChangeCallback(init, WdfDevStatePnpStarted, pnp, 0)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDeviceInitRegisterPnpStateChangeCallback(init, WdfDevStatePnpStarted, pnp, all << 4)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDeviceInitRegisterPowerPolicyStateChangeCallback(init, WdfDevStatePwrPolInvalid, policy, all)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDeviceInitRegisterPnpStateChangeCallback(init, WdfDevStatePnpStarted, pnp, StateNotificationEnterState | StateNotificationLeaveState)),
              S(STATUS_SUCCESS));
    return WdfDeviceInitRegisterPowerPolicyStateChangeCallback(init, WdfDevStatePwrPolStarting, policy, all);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(hooks.log.Take(), (Lines{"PrepareHardware", "policy enter outside", "D0Entry(D3Final)", "PostInterruptsEnabled", "SelfManagedIoInit",
                                     "policy post in", "policy leave in", "pnp enter outside"}));
  rig.RemoveDevice();
  EXPECT_EQ(hooks.log.Count("pnp leave in"), 1u);
  EXPECT_EQ(hooks.log.Count("policy leave in"), 0u) << "once";
}

CONFORMANCE(SystemPower, TheActionIsKnownOnTheWayDownAndBack, "PWR-75", "PWR-53") {
  Hooks hooks;
  static Hooks* here;
  here = &hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    static auto say = [](const char* what, WDFDEVICE device) {
      here->log.Add(std::string(what) + " " + std::to_string(WdfDeviceGetSystemPowerAction(device)));
    };
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceD0Entry = [](WDFDEVICE device, WDF_POWER_DEVICE_STATE) {
      say("up", device);
      return STATUS_SUCCESS;
    };
    pnp.EvtDeviceD0Exit = [](WDFDEVICE device, WDF_POWER_DEVICE_STATE) {
      say("down", device);
      return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  const std::string none = std::to_string(PowerActionNone), sleep = std::to_string(PowerActionSleep);
  EXPECT_EQ(hooks.log.Take(), Lines{"up " + none});
  machine.Run([&] {
    EXPECT_EQ(S(nt::pnp::SetSystemPower(machine.kernel(), PowerSystemSleeping3, PowerActionSleep)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfDeviceGetSystemPowerAction(hooks.device), PowerActionSleep);
    EXPECT_EQ(S(nt::pnp::SetSystemPower(machine.kernel(), PowerSystemWorking, PowerActionSleep)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Until([&] { return hooks.log.lines().size() == 2; }));
    EXPECT_TRUE(Until([&] { return WdfDeviceGetSystemPowerAction(hooks.device) == PowerActionNone; }));
    EXPECT_EQ(S(AssignIdle(hooks.device, IdleCannotWakeFromS0)), S(STATUS_SUCCESS));
  });
  EXPECT_EQ(hooks.log.Take(), (Lines{"down " + sleep, "up " + sleep}));
  machine.Advance(std::chrono::milliseconds(300));
  EXPECT_EQ(hooks.log.Take(), Lines{"down " + none}) << "idle in S0";
}

// --- resources, properties, keys ---

CONFORMANCE(Resources, AreListedForPrepareHardware, "ours") {
  Hooks hooks;
  static Hooks* here;
  here = &hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = [](WDFDEVICE, WDFCMRESLIST raw, WDFCMRESLIST translated) {
      EXPECT_EQ(WdfCmResourceListGetCount(raw), 2u);
      EXPECT_EQ(WdfCmResourceListGetCount(translated), 2u);
      PCM_PARTIAL_RESOURCE_DESCRIPTOR port = WdfCmResourceListGetDescriptor(raw, 0), memory = WdfCmResourceListGetDescriptor(translated, 1);
      if (port && memory) {
        EXPECT_EQ(port->Type, CmResourceTypePort);
        EXPECT_EQ(port->u.Port.Start.QuadPart, 0x300);
        EXPECT_EQ(memory->Type, CmResourceTypeMemory);
        EXPECT_EQ(memory->u.Memory.Start.QuadPart, 0x2'FEBC'0000) << "translated";
        EXPECT_EQ(memory->u.Memory.Length, 0x1000u);
        here->log.Add("seen");
      }
      EXPECT_EQ(WdfCmResourceListGetDescriptor(raw, 2), nullptr) << "beyond the end";
      return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  machine.Run([&] {
    struct {
      CM_RESOURCE_LIST list;
      CM_PARTIAL_RESOURCE_DESCRIPTOR second;
    } raw = {}, translated;
    raw.list.Count = 1;
    CM_PARTIAL_RESOURCE_LIST& part = raw.list.List[0].PartialResourceList;
    part.Version = part.Revision = 1;
    part.Count = 2;
    CM_PARTIAL_RESOURCE_DESCRIPTOR* at = part.PartialDescriptors;
    at[0].Type = CmResourceTypePort;
    at[0].u.Port.Start.QuadPart = 0x300;
    at[0].u.Port.Length = 8;
    at[1].Type = CmResourceTypeMemory;
    at[1].u.Memory.Start.QuadPart = 0xFEBC'0000;
    at[1].u.Memory.Length = 0x1000;
    memcpy(&translated, &raw, sizeof(raw));
    translated.list.List[0].PartialResourceList.PartialDescriptors[1].u.Memory.Start.QuadPart = 0x2'FEBC'0000;
    nt::pnp::DeviceDescription description;
    description.function = nt::io::DriverOf(rig.driver.object());
    description.raw_resources = &raw.list;
    description.translated_resources = &translated.list;
    PDEVICE_OBJECT pdo = nullptr;
    EXPECT_EQ(S(nt::pnp::AddDevice(machine.kernel(), description, &pdo)), S(STATUS_SUCCESS));
    nt::pnp::Remove(pdo);
  });
  EXPECT_EQ(hooks.log.lines(), Lines{"seen"});
}

CONFORMANCE(Properties, MistakesHaveTheirStatus, "INI-17", "INI-40", "IOT-8.02") {
  Hooks hooks;
  NTSTATUS bad = 0;
  std::u16string in_init;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    WDFMEMORY memory = nullptr;
    bad = WdfFdoInitAllocAndQueryProperty(init, static_cast<DEVICE_REGISTRY_PROPERTY>(0x7777), NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory);
    EXPECT_EQ(memory, nullptr);
    EXPECT_EQ(S(WdfFdoInitAllocAndQueryProperty(init, DevicePropertyHardwareID, PagedPool, WDF_NO_OBJECT_ATTRIBUTES, &memory)), S(STATUS_SUCCESS));
    size_t size = 0;
    auto* text = static_cast<const char16_t*>(WdfMemoryGetBuffer(memory, &size));
    in_init.assign(text, size / 2);
    WdfObjectDelete(memory);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(S(bad), S(STATUS_INVALID_PARAMETER_2));
  machine.Run([&] {
    char16_t buffer[128] = {};
    ULONG length = 0;
    EXPECT_EQ(S(WdfDeviceQueryProperty(hooks.device, DevicePropertyHardwareID, 2, buffer, &length)), S(STATUS_BUFFER_TOO_SMALL));
    EXPECT_EQ(length, in_init.size() * 2) << "what is needed";
    EXPECT_EQ(S(WdfDeviceQueryProperty(hooks.device, DevicePropertyHardwareID, sizeof(buffer), buffer, &length)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::u16string(buffer, length / 2), in_init);
    EXPECT_EQ(in_init.back(), 0) << "a list of strings";

    // Neither belongs to a stack.
    UNICODE_STRING sddl = Text(u"D:P(A;;GA;;;SY)");
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(hooks.driver, &sddl);
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(S(WdfFdoInitAllocAndQueryProperty(init, DevicePropertyHardwareID, PagedPool, WDF_NO_OBJECT_ATTRIBUTES, &memory)),
              S(STATUS_INVALID_DEVICE_REQUEST));
    WDFDEVICE control = nullptr;
    ASSERT_EQ(S(WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &control)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDeviceQueryProperty(control, DevicePropertyHardwareID, sizeof(buffer), buffer, &length)), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfObjectDelete(control);
  });
}

CONFORMANCE(Registry, TheDevicesKeyIsOpenToTheInitToo, "INI-18") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDFKEY key = nullptr;
    UNICODE_STRING name = Text(u"FromInit");
    EXPECT_EQ(S(WdfFdoInitOpenRegistryKey(init, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryAssignULong(key, &name, 7)), S(STATUS_SUCCESS));
    WdfRegistryClose(key);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFKEY key = nullptr;
    UNICODE_STRING name = Text(u"FromInit");
    ASSERT_EQ(S(WdfDeviceOpenRegistryKey(hooks.device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    ULONG value = 0;
    EXPECT_EQ(S(WdfRegistryQueryULong(key, &name, &value)), S(STATUS_SUCCESS));
    EXPECT_EQ(value, 7u);
    WdfRegistryClose(key);
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), Registry, KeysOfDevicesNeedPassiveLevelUnderTheVerifier, "INI-18", "DEVX-48") {
  Hooks hooks;
  WDFKEY key = nullptr;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    AtDispatch raised;
    EXPECT_EQ(S(WdfFdoInitOpenRegistryKey(init, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_INVALID_DEVICE_REQUEST));
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    AtDispatch raised;
    EXPECT_EQ(S(WdfDeviceOpenRegistryKey(hooks.device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)),
              S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfDriverOpenPersistentStateRegistryKey(hooks.driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_INVALID_DEVICE_REQUEST));
  });
  EXPECT_EQ(key, nullptr);
  EXPECT_FALSE(machine.stopped());
}

CONFORMANCE(Registry, ThePersistentStateOutlivesTheDriver, "ours") {
  UNICODE_STRING name = Text(u"Runs");
  for (ULONG run = 1; run <= 2; ++run) {
    Hooks hooks;
    Rig rig(machine, hooks);
    machine.Run([&] {
      WDFKEY key = nullptr, parameters = nullptr;
      ASSERT_EQ(S(WdfDriverOpenPersistentStateRegistryKey(hooks.driver, KEY_READ | KEY_WRITE, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
      ULONG value = 0;
      EXPECT_EQ(S(WdfRegistryQueryULong(key, &name, &value)), run == 1 ? S(STATUS_OBJECT_NAME_NOT_FOUND) : S(STATUS_SUCCESS));
      EXPECT_EQ(value, run - 1);
      EXPECT_EQ(S(WdfRegistryAssignULong(key, &name, run)), S(STATUS_SUCCESS));
      WdfRegistryClose(key);
      ASSERT_EQ(S(WdfDriverOpenParametersRegistryKey(hooks.driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &parameters)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfRegistryQueryULong(parameters, &name, &value)), S(STATUS_OBJECT_NAME_NOT_FOUND)) << "another key than the parameters'";
      WdfRegistryClose(parameters);
    });
  }
}

// --- the driver and the verifier ---

PCWSTR Wide(const char16_t* text) { return reinterpret_cast<PCWSTR>(text); }

CONFORMANCE(Drivers, AFunctionOfANewerFrameworkGivesAStatusIfItCan, "DEVX-47") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    EXPECT_EQ(S(WdfDriverErrorReportApiMissing(hooks.driver, Wide(u"KMDF"), 500, TRUE)), S(STATUS_PROCEDURE_NOT_FOUND));
    WdfDriverErrorReportApiMissing(hooks.driver, Wide(u"KMDF"), 500, FALSE);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x10);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), Drivers, AFunctionOfANewerFrameworkIsABugCheckUnderTheVerifier, "DEVX-47") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { WdfDriverErrorReportApiMissing(hooks.driver, Wide(u"KMDF"), 500, TRUE); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x10);
}

CONFORMANCE(Verifier, TheBreakPointIsPassedWithoutTheVerifier, "VER-20") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { WdfVerifierDbgBreakPoint(); });
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), Verifier, TheBreakPointBreaksUnderTheVerifier, "VER-20") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { WdfVerifierDbgBreakPoint(); });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

// --- files ---

CONFORMANCE(Files, FlagsAreThoseOfTheOpen, "IOT-10.14") {
  Hooks hooks;
  ULONG flags = 0, of_system = 1;
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
    flags = WdfFileObjectGetFlags(file);
    of_system = WdfFileObjectWdmGetFileObject(file)->Flags;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File plain = machine.Open(rig.device);
  EXPECT_EQ(flags & (FO_NO_INTERMEDIATE_BUFFERING | FO_SEQUENTIAL_ONLY), 0u);
  File special = machine.Open(rig.device, {.options = FILE_NO_INTERMEDIATE_BUFFERING | FILE_SEQUENTIAL_ONLY});
  EXPECT_EQ(flags & (FO_NO_INTERMEDIATE_BUFFERING | FO_SEQUENTIAL_ONLY), ULONG{FO_NO_INTERMEDIATE_BUFFERING | FO_SEQUENTIAL_ONLY});
  EXPECT_EQ(flags, of_system);
}

// --- shutdown ---

CONFORMANCE(ControlDevices, HearOfTheShutdownTheyAskedFor, "INI-31") {
  Hooks hooks;
  static Hooks* here;
  here = &hooks;
  std::vector<WDFDEVICE> devices;
  hooks.pnp = false;
  hooks.unload = [] {};
  hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) {
    for (UCHAR flags : {WdfDeviceShutdown, WdfDeviceLastChanceShutdown}) {
      UNICODE_STRING sddl = Text(u"D:P(A;;GA;;;SY)");
      PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(hooks.driver, &sddl);
      if (flags == WdfDeviceShutdown) {
        WdfControlDeviceInitSetShutdownNotification(init, [](WDFDEVICE) { here->log.Add("shutdown"); }, flags);
      } else {
        WdfControlDeviceInitSetShutdownNotification(init, [](WDFDEVICE) { here->log.Add("last chance"); }, flags);
      }
      WDFDEVICE device = nullptr;
      NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
      if (!NT_SUCCESS(status)) return status;
      WdfControlFinishInitializing(device);
      devices.push_back(device);
    }
    return STATUS_SUCCESS;
  };
  for (bool deleted : {false, true}) {
    devices.clear();
    Rig rig(machine, hooks);
    machine.Run([&] {
      if (deleted) WdfObjectDelete(devices[0]);
      nt::io::NotifyShutdown(machine.kernel());
    });
    EXPECT_EQ(hooks.log.Take(), deleted ? (Lines{"last chance"}) : (Lines{"shutdown", "last chance"})) << "before and after the file systems";
  }
}

}  // namespace
}  // namespace drydock::test
