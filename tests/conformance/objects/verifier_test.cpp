// The framework verifier's switches, below Parameters\Wdf of the driver's service key, and what each of them checks.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

constexpr char kKey[] = "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\rig\\Parameters\\Wdf";
const MachineOptions kOn{.verifier = true};

// What an administrator sets before the driver is loaded.
void Set(Machine& machine, const char* value, uint32_t number) { EXPECT_EQ(machine.SetRegistry(kKey, value, number), STATUS_SUCCESS); }

void SetStrings(Machine& machine, const char16_t* value, std::u16string strings) {
  Set(machine, "Made", 0);  // makes the key
  strings += u'\0';
  machine.Run([&] {
    UNICODE_STRING key_name = Text(u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\rig\\Parameters\\Wdf"), value_name = Text(value);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &key_name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE key = nullptr;
    ASSERT_EQ(S(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(ZwSetValueKey(key, &value_name, 0, REG_MULTI_SZ, strings.data(), static_cast<ULONG>(strings.size() * sizeof(char16_t)))),
              S(STATUS_SUCCESS));
    ZwClose(key);
  });
}

bool LevelsAreChecked(Machine& machine) {
  bool refused = false;
  machine.Run([&] {
    WDFSTRING string = nullptr;
    AtDispatch raised;
    refused = !NT_SUCCESS(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string));
  });
  return refused;
}

size_t Breaks(Machine& machine) { return machine.CountReports(ReportKind::kBreak); }

CONFORMANCE(VerifierSwitches, VerifierOnImpliesVerifyOnAndBreaking, "VER-14", "DEVX-50") {
  Set(machine, "VerifierOn", 1);
  Hooks hooks;
  Rig rig(machine, hooks);
  EXPECT_EQ(WdfDriverGlobals->DriverFlags & (WdfVerifierOn | WdfVerifyOn), static_cast<ULONG>(WdfVerifierOn | WdfVerifyOn));
  machine.Run([&] { WdfVerifierDbgBreakPoint(); });
  EXPECT_EQ(Breaks(machine), 1u);
  EXPECT_TRUE(LevelsAreChecked(machine));
}

CONFORMANCE(VerifierSwitches, SingleValuesOverrideWhatVerifierOnImplies, "VER-14", "DEVX-50") {
  Set(machine, "VerifierOn", 1);
  Set(machine, "VerifyOn", 0);
  Set(machine, "DbgBreakOnError", 0);
  Hooks hooks;
  Rig rig(machine, hooks);
  EXPECT_EQ(WdfDriverGlobals->DriverFlags & (WdfVerifierOn | WdfVerifyOn), static_cast<ULONG>(WdfVerifierOn));
  machine.Run([&] { WdfVerifierDbgBreakPoint(); });
  EXPECT_EQ(Breaks(machine), 0u);
  EXPECT_TRUE(LevelsAreChecked(machine));
}

CONFORMANCE_WITH(kOn, VerifierSwitches, AServiceKeyThatSaysOffWinsOverTheSystemsVerifier, "VER-14", "DEVX-50") {
  Set(machine, "VerifierOn", 0);
  Hooks hooks;
  Rig rig(machine, hooks);
  EXPECT_EQ(WdfDriverGlobals->DriverFlags & (WdfVerifierOn | WdfVerifyOn), 0u);
  EXPECT_FALSE(LevelsAreChecked(machine));
}

CONFORMANCE(VerifierSwitches, BreakPointsBreakWhenTheSwitchesSaySo, "VER-20", "DEVX-50") {
  struct Case {
    int verifier_on, break_on_error, verify_on;  // -1: no value
    bool breaks, verifies;
  };
  const Case cases[] = {{-1, -1, -1, false, false}, {-1, 0, -1, false, false}, {-1, 1, -1, true, false}, {1, -1, -1, true, true},
                        {1, 0, -1, false, true},    {0, 1, 1, true, true},     {-1, -1, 1, false, true}, {1, 1, 0, true, false}};
  size_t expected = 0;
  for (const Case& given : cases) {
    Hooks hooks;
    hooks.create_driver = false;
    hooks.entry = [&](PDRIVER_OBJECT driver, PUNICODE_STRING path) {
      for (auto [name, number] : {std::pair<const char16_t*, int>{u"VerifierOn", given.verifier_on},
                                  {u"DbgBreakOnError", given.break_on_error},
                                  {u"VerifyOn", given.verify_on}}) {
        HANDLE key = nullptr;
        for (const char16_t* tail : {u"\\Parameters", u"\\Parameters\\Wdf"}) {
          if (key) ZwClose(key);
          std::u16string text = Text(*path) + tail;
          UNICODE_STRING key_name = Text(text.c_str());
          OBJECT_ATTRIBUTES attributes;
          InitializeObjectAttributes(&attributes, &key_name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
          EXPECT_EQ(S(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr)), S(STATUS_SUCCESS));
        }
        UNICODE_STRING value_name = Text(name);
        ULONG value = static_cast<ULONG>(number);
        if (number < 0) {
          (void)ZwDeleteValueKey(key, &value_name);
        } else {
          EXPECT_EQ(S(ZwSetValueKey(key, &value_name, 0, REG_DWORD, &value, sizeof(value))), S(STATUS_SUCCESS));
        }
        ZwClose(key);
      }
      WDF_DRIVER_CONFIG config;
      WDF_DRIVER_CONFIG_INIT(&config, nullptr);
      return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, &hooks.driver);
    };
    Rig rig(machine, hooks);
    machine.Run([&] {
      WdfVerifierDbgBreakPoint();
      EXPECT_EQ(Breaks(machine), expected += given.breaks) << given.verifier_on << given.break_on_error << given.verify_on;
      VERIFY_IS_IRQL_PASSIVE_LEVEL();
      EXPECT_EQ(Breaks(machine), expected) << "it is at PASSIVE_LEVEL";
      {
        AtDispatch raised;
        VERIFY_IS_IRQL_PASSIVE_LEVEL();
      }
      EXPECT_EQ(Breaks(machine), expected += given.breaks) << given.verifier_on << given.break_on_error << given.verify_on;
      int evaluated = 0;
      WDFVERIFY(++evaluated == 1);
      EXPECT_EQ(Breaks(machine), expected) << "it is true";
      WDFVERIFY(++evaluated == 0);
      EXPECT_EQ(evaluated, 2) << "the expression is kept in every build";
      EXPECT_EQ(Breaks(machine), expected += given.verifies) << given.verifier_on << given.break_on_error << given.verify_on;
    });
  }
}

CONFORMANCE(VerifierSwitches, AllocationsFailAfterTheGivenNumber, "VER-15") {
  for (bool on : {true, false}) {
    Set(machine, "VerifierOn", on);
    Set(machine, "VerifierAllocateFailCount", 12);
    Hooks hooks;
    Rig rig(machine, hooks);
    machine.Run([&] {
      int made = 0;
      NTSTATUS status = STATUS_SUCCESS;
      for (int i = 0; i < 40 && NT_SUCCESS(status); ++i) {
        WDFOBJECT object = nullptr;
        status = WdfObjectCreate(WDF_NO_OBJECT_ATTRIBUTES, &object);
        made += NT_SUCCESS(status);
      }
      if (!on) {
        EXPECT_EQ(made, 40) << "counts only with VerifierOn";
        return;
      }
      EXPECT_EQ(S(status), S(STATUS_INSUFFICIENT_RESOURCES));
      EXPECT_GE(made, 6) << "a few were for the driver object";
      EXPECT_LE(made, 12);
      WDFMEMORY memory = nullptr;
      void* buffer = nullptr;
      EXPECT_EQ(S(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 0, 16, &memory, &buffer)), S(STATUS_INSUFFICIENT_RESOURCES));
      WDFSPINLOCK lock = nullptr;
      EXPECT_EQ(S(WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_INSUFFICIENT_RESOURCES)) << "and stay failing";
    });
  }
}

void CheckCallbacks(Machine& machine) {
  Set(machine, "VerifierOn", 1);
  Set(machine, "EnhancedVerifierOptions", 1);
}

CONFORMANCE(CallbackChecks, AChangedLevelIsABugCheck, "VER-12", "VER-16", "DEVX-47") {
  CheckCallbacks(machine);
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) {
    KIRQL old;
    WdfRequestComplete(request, STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  rig.Open().Ioctl(kIoctl);
  EXPECT_BUG_CHECK(machine, 0x10D, 0xE, PASSIVE_LEVEL, DISPATCH_LEVEL);
  EXPECT_EQ(machine.bug_check()->parameters[3], reinterpret_cast<uint64_t>(WdfDriverGlobals));
}

CONFORMANCE(CallbackChecks, ACriticalRegionLeftOpenIsABugCheck, "VER-13", "VER-16", "DEVX-47") {
  CheckCallbacks(machine);
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) {
    WdfRequestComplete(request, STATUS_SUCCESS);
    KeEnterCriticalRegion();
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  rig.Open().Ioctl(kIoctl);
  EXPECT_BUG_CHECK(machine, 0x10D, 0xF);
  EXPECT_NE(machine.bug_check()->parameters[1], 0u) << "the callback's address";
}

CONFORMANCE(CallbackChecks, AWaitLockKeptBeyondTheCallbackIsOneToo, "VER-13") {
  CheckCallbacks(machine);
  Hooks hooks;
  WDFWAITLOCK lock = nullptr;
  hooks.added = [&](WDFDEVICE) {
    EXPECT_EQ(S(WdfWaitLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_SUCCESS));
    return WdfWaitLockAcquire(lock, nullptr);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_BUG_CHECK(machine, 0x10D, 0xF);
}

CONFORMANCE_WITH(kOn, CallbackChecks, TheVerifierAloneDoesNotLookAtCriticalRegions, "VER-13", "VER-16") {
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) {
    WdfRequestComplete(request, STATUS_SUCCESS);
    KeEnterCriticalRegion();
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_FALSE(machine.stopped());
}

CONFORMANCE(CallbackChecks, WhatIsBalancedIsFine, "VER-12", "VER-13") {
  CheckCallbacks(machine);
  Hooks hooks;
  WDFWAITLOCK lock = nullptr;
  hooks.pnp_callbacks = true;
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    (void)WdfWaitLockAcquire(lock, nullptr);
    WdfWaitLockRelease(lock);
    {
      AtDispatch raised;
    }
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  machine.Run([&] { EXPECT_EQ(S(WdfWaitLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_SUCCESS)); });
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  rig.RemoveDevice();
  EXPECT_FALSE(machine.stopped()) << machine.ReportText();
}

// --- waits ---

CONFORMANCE(VerifierWaits, ALongInternalWaitBreaksEveryTimeItsSecondsAreOver, "VER-17", "DEVX-50") {
  if (!machine.simulated()) return;  // live it takes the minutes that it takes
  for (bool shorter : {false, true}) {
    Set(machine, "VerifierOn", 1);
    if (shorter) Set(machine, "DbgWaitForSignalTimeoutInSec", 10);
    const size_t before = Breaks(machine);
    Hooks hooks;
    Rig rig(machine, hooks);
    rig.AddDevice();
    machine.Run([&] {
      WDF_WORKITEM_CONFIG config;
      WDF_WORKITEM_CONFIG_INIT(&config, [](WDFWORKITEM) { SleepMs(150'000); });
      WDF_OBJECT_ATTRIBUTES attributes = Attributes(hooks.device);
      WDFWORKITEM item = nullptr;
      ASSERT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_SUCCESS));
      WdfWorkItemEnqueue(item);
      WdfWorkItemFlush(item);
    });
    EXPECT_EQ(Breaks(machine) - before, shorter ? 3u : 2u) << "of 150 seconds; three times at most (ours)\n" << machine.ReportText();
  }
}

CONFORMANCE(VerifierWaits, TheSecondsAreReadOnlyWithBreaking, "VER-17", "DEVX-50") {
  if (!machine.simulated()) return;
  Set(machine, "VerifierOn", 1);
  Set(machine, "DbgBreakOnError", 0);
  Set(machine, "DbgWaitForSignalTimeoutInSec", 1);
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDF_TIMER_CONFIG config;
    WDF_TIMER_CONFIG_INIT(&config, [](WDFTIMER) { SleepMs(50'000); });
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(hooks.device);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDFTIMER timer = nullptr;
    ASSERT_EQ(S(WdfTimerCreate(&config, &attributes, &timer)), S(STATUS_SUCCESS));
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    SleepMs(10);
    WdfTimerStop(timer, TRUE);
  });
  EXPECT_EQ(Breaks(machine), 0u) << machine.ReportText();
}

CONFORMANCE(VerifierWaits, AreNotLookedAtWithoutTheVerifier, "VER-17") {
  if (!machine.simulated()) return;
  Set(machine, "DbgWaitForSignalTimeoutInSec", 1);
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDF_WORKITEM_CONFIG config;
    WDF_WORKITEM_CONFIG_INIT(&config, [](WDFWORKITEM) { SleepMs(200'000); });
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(hooks.device);
    WDFWORKITEM item = nullptr;
    ASSERT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_SUCCESS));
    WdfWorkItemEnqueue(item);
    WdfWorkItemFlush(item);
  });
  EXPECT_EQ(Breaks(machine), 0u) << machine.ReportText();
}

// --- references and leaks ---

CONFORMANCE(ReferenceTracking, ATagThatNoReferenceHasBreaks, "OBJ-06", "VER-18") {
  Set(machine, "VerifierOn", 1);
  SetStrings(machine, u"TrackHandles", std::u16string(u"WDFSPINLOCK\0WDFOBJECT\0", 22));
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    void* const first = reinterpret_cast<void*>(uintptr_t{'tsrF'});
    void* const second = reinterpret_cast<void*>(uintptr_t{'dnoS'});
    WDFOBJECT object = NewObject();
    WdfObjectReferenceWithTag(object, first);
    WdfObjectReferenceWithTag(object, second);
    WdfObjectDereferenceWithTag(object, first);
    EXPECT_EQ(Breaks(machine), 0u);
    WdfObjectDereferenceWithTag(object, first);  // given back already
    EXPECT_EQ(Breaks(machine), 1u);
    WDFSTRING string = nullptr;  // a type that is not listed
    ASSERT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
    WdfObjectReferenceWithTag(string, first);
    WdfObjectDereferenceWithTag(string, second);
    EXPECT_EQ(Breaks(machine), 1u);
    WdfObjectDelete(string);
    WdfObjectDelete(object);
  });
}

CONFORMANCE(ReferenceTracking, ALeakIsToldWithTagFileAndLine, "OBJ-06", "VER-18") {
  for (bool on : {true, false}) {
    Set(machine, "VerifierOn", on);
    SetStrings(machine, u"TrackHandles", std::u16string(u"*\0", 2));
    const size_t before = machine.reports().size();
    {
      Hooks hooks;
      Rig rig(machine, hooks);
      machine.Run([&] { WdfObjectReferenceWithTag(NewObject(), reinterpret_cast<void*>(uintptr_t{'gatM'})); });
    }
    ASSERT_EQ(machine.reports().size(), before + 1) << machine.ReportText();
    const std::string words = machine.reports().back().words;
    EXPECT_EQ(words.find("verifier_test.cpp:") != std::string::npos, on) << words;
    EXPECT_EQ(words.find("Mtag") != std::string::npos, on) << words;
  }
}

CONFORMANCE(LeakDetection, MoreThanTheLimitOfAWatchedTypeIsTold, "VER-19") {
  Set(machine, "VerifierOn", 1);
  Set(machine, "ObjectLeakDetectionLimit", 5);
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    std::vector<WDFOBJECT> objects;
    for (int i = 0; i < 5; ++i) objects.push_back(NewObject());
    EXPECT_EQ(Breaks(machine), 0u);
    objects.push_back(NewObject());
    EXPECT_EQ(Breaks(machine), 1u);
    objects.push_back(NewObject());
    EXPECT_EQ(Breaks(machine), 1u) << "once for each excess";
    for (int i = 0; i < 3; ++i) {
      WdfObjectDelete(objects.back());
      objects.pop_back();
    }
    for (int i = 0; i < 2; ++i) objects.push_back(NewObject());
    EXPECT_EQ(Breaks(machine), 2u) << "it had fallen meanwhile";
    for (int i = 0; i < 20; ++i) {
      WDFSPINLOCK lock = nullptr;  // no type that is watched by default
      ASSERT_EQ(S(WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_SUCCESS));
    }
    EXPECT_EQ(Breaks(machine), 2u);
    for (int i = 0; i < 6; ++i) {
      WDFSTRING string = nullptr;
      ASSERT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
    }
    EXPECT_EQ(Breaks(machine), 3u) << "each type has its own count";
  });
  const std::string words = machine.reports().back().words;
  EXPECT_NE(words.find("WDFSTRING"), std::string::npos) << words;
}

CONFORMANCE(LeakDetection, TheLimitGrowsWithTheDevicesAndTheTypesMayBeChosen, "VER-19") {
  Set(machine, "VerifierOn", 1);
  Set(machine, "ObjectLeakDetectionLimit", 3);
  SetStrings(machine, u"ObjectsForLeakDetection", std::u16string(u"WdfSpinLock\0", 12));
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  Device second = machine.AddDevice({.function = rig.driver});
  ASSERT_TRUE(second.started());
  machine.Run([&] {
    auto make = [] {
      WDFSPINLOCK lock = nullptr;
      EXPECT_EQ(S(WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_SUCCESS));
    };
    const size_t before = Breaks(machine);
    for (int i = 0; i < 6; ++i) make();
    EXPECT_EQ(Breaks(machine), before) << "3 for each of two devices";
    make();
    EXPECT_EQ(Breaks(machine), before + 1);
    for (int i = 0; i < 30; ++i) NewObject();
    EXPECT_EQ(Breaks(machine), before + 1) << "not chosen";
  });
  machine.RemoveDevice(second);
}

CONFORMANCE(LeakDetection, RequestsThatAreUsedAgainAreNotCountedTwice, "VER-19") {
  Set(machine, "VerifierOn", 1);
  Set(machine, "ObjectLeakDetectionLimit", 4);
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_EQ(Breaks(machine), 0u) << machine.ReportText();
}

// --- forward progress ---

CONFORMANCE(ForwardProgressExercise, ReservedRequestsServeWhenNoneCanBeMade, "VER-16") {
  for (uint32_t options : {0u, 0x10000u, 0x20000u}) {
    Set(machine, "VerifierOn", 1);
    Set(machine, "EnhancedVerifierOptions", options);
    int served = 0, reserved = 0;
    Hooks hooks;
    hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
      ++served;
      reserved += WdfRequestIsReserved(request);
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    hooks.added = [&](WDFDEVICE) {
      WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY policy;
      WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&policy, 2);
      return WdfIoQueueAssignForwardProgressPolicy(hooks.queue, &policy);
    };
    Rig rig(machine, hooks);
    rig.AddDevice();
    File file = rig.Open();
    for (int i = 0; i < 16; ++i) EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
    EXPECT_EQ(served, 16);
    if (options == 0) EXPECT_EQ(reserved, 0);
    if (options == 0x10000) EXPECT_EQ(reserved, 16);
    if (options == 0x20000) {
      EXPECT_GT(reserved, 0);
      EXPECT_LT(reserved, 16);
    }
  }
}

// --- further entries of the bug check's table ---

PIRP StateChangingPnpIrp(PDEVICE_OBJECT top, UCHAR minor) {
  PIRP irp = IoAllocateIrp(top->StackSize, FALSE);
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
  stack->MajorFunction = IRP_MJ_PNP;
  stack->MinorFunction = minor;
  return irp;
}

CONFORMANCE(Violations, ASecondStateChangingPnpIrpIsABugCheck, "VER-10", "DEVX-47") {
  Hooks hooks;
  PIRP second = nullptr;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    static Hooks* here;
    static PIRP* sent;
    here = &hooks;
    sent = &second;
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceQueryRemove = [](WDFDEVICE device) {
      PDEVICE_OBJECT top = WdfDeviceWdmGetDeviceObject(device);
      *sent = StateChangingPnpIrp(top, IRP_MN_QUERY_STOP_DEVICE);
      (void)IoCallDriver(top, *sent);
      return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.QueryRemove(rig.device);
  EXPECT_BUG_CHECK(machine, 0x10D, 0xC, reinterpret_cast<uint64_t>(hooks.device), reinterpret_cast<uint64_t>(second));
}

CONFORMANCE(Violations, ParameterFourIsTheDriversGlobals, "VER-05", "DEVX-47") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { WdfObjectDelete(nullptr); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5, 0);
  EXPECT_EQ(machine.bug_check()->parameters[3], reinterpret_cast<uint64_t>(WdfDriverGlobals));
}

CONFORMANCE(Violations, ANullParameterTellsTheCallersAddress, "VER-04", "DEVX-47") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { (void)WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, nullptr); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x4, 0);
  EXPECT_NE(machine.bug_check()->parameters[2], 0u);
}

// --- what only the verifier looks at ---

CONFORMANCE(VerifierOnly, NotSupportedFromAQueryCallbackBreaksAndIsHonoured, "DEVX-49", "PWR-25") {
  for (bool on : {false, true}) {
    Set(machine, "VerifierOn", on);
    const size_t before = Breaks(machine);
    Hooks hooks;
    hooks.pnp_callbacks = true;
    hooks.fail["QueryRemove"] = STATUS_NOT_SUPPORTED;
    Rig rig(machine, hooks);
    rig.AddDevice();
    EXPECT_EQ(machine.QueryRemove(rig.device), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(Breaks(machine) - before, on ? 1u : 0u);
    hooks.fail.clear();
  }
}

CONFORMANCE(VerifierOnly, LevelsAreNotLookedAtWithoutIt, "DEVX-48", "VER-14") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    AtDispatch raised;
    WDFSTRING string = nullptr;
    EXPECT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS)) << "the call goes ahead";
    UNICODE_STRING text;
    WdfStringGetUnicodeString(string, &text);
    EXPECT_EQ(text.Length, 0);
  });
  EXPECT_EQ(Breaks(machine), 0u);
}

CONFORMANCE_WITH(kOn, VerifierOnly, AVoidFunctionAboveItsLevelReturnsWithoutEffect, "DEVX-48") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFSTRING string = nullptr;
    ASSERT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
    UNICODE_STRING text = {7, 9, nullptr};
    {
      AtDispatch raised;
      WdfStringGetUnicodeString(string, &text);
    }
    EXPECT_EQ(text.Length, 7) << "untouched";
  });
  EXPECT_EQ(Breaks(machine), 1u);
}

// VER-23: what the static rules say, found at run time: the order of creation here; inits in device_test and control_devices_test; control
// devices before their end of initialisation in control_devices_test; unbalanced locks here and in sync_locks_test.
CONFORMANCE(StaticRules, NothingIsMadeBeforeWdfDriverCreate, "VER-23", "DRV-01") {
  Hooks hooks;
  hooks.create_driver = false;
  hooks.fails_to_load = true;
  hooks.entry = [](PDRIVER_OBJECT, PUNICODE_STRING) {
    WDFOBJECT object = nullptr;
    return WdfObjectCreate(WDF_NO_OBJECT_ATTRIBUTES, &object);
  };
  Rig rig(machine, hooks);
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5, 0);  // ours: the documentation only says that WdfDriverCreate comes first
  EXPECT_NE(machine.bug_check()->words.find("WdfDriverCreate"), std::string::npos);
}

CONFORMANCE(StaticRules, ASpinLockKeptBeyondTheCallbackIsABugCheck, "VER-23", "VER-12") {
  CheckCallbacks(machine);
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) {
    WDFSPINLOCK lock = nullptr;
    EXPECT_EQ(S(WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_SUCCESS));
    WdfRequestComplete(request, STATUS_SUCCESS);
    WdfSpinLockAcquire(lock);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  rig.Open().Ioctl(kIoctl);
  EXPECT_BUG_CHECK(machine, 0x10D, 0xE, PASSIVE_LEVEL, DISPATCH_LEVEL);
}

CONFORMANCE(StaticRules, AnInitIsNotUsedAfterItsDevice, "VER-23", "INI-01") {
  Hooks hooks;
  PWDFDEVICE_INIT kept = nullptr;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    kept = init;
    return STATUS_SUCCESS;
  };
  hooks.added = [&](WDFDEVICE) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceD0Entry = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) -> NTSTATUS { return STATUS_UNSUCCESSFUL; };
    WdfDeviceInitSetPnpPowerEventCallbacks(kept, &pnp);
    WdfDeviceInitFree(kept);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_TRUE(rig.device.started()) << "the callback came too late";
  EXPECT_EQ(Breaks(machine), 2u);
}

// --- power ---

// A device whose D0Exit takes eleven minutes.
void SlowPowerDown(Hooks& hooks, bool pageable) {
  hooks.init = [pageable](PWDFDEVICE_INIT init) {
    if (!pageable) WdfDeviceInitSetPowerNotPageable(init);
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceD0Exit = [](WDFDEVICE, WDF_POWER_DEVICE_STATE target) -> NTSTATUS {
      if (target != WdfPowerDeviceD3Final) SleepMs(11 * 60 * 1000);
      return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
}

CONFORMANCE(PowerViolations, ACallbackOfANonPageableDriverHasTenMinutes, "VER-01", "DEVX-47") {
  if (!machine.simulated()) return;  // live it takes the ten minutes
  Hooks hooks;
  SlowPowerDown(hooks, false);
  Rig rig(machine, hooks);
  rig.AddDevice();
  ASSERT_TRUE(rig.device.started());
  const Duration began = machine.Now();
  machine.SetPowerState(rig.device, 3);
  EXPECT_BUG_CHECK(machine, 0x10D, 0x1);
  EXPECT_GE(machine.Now() - began, std::chrono::minutes(10));
  const auto* data = reinterpret_cast<const WDF_POWER_ROUTINE_TIMED_OUT_DATA*>(machine.bug_check()->parameters[1]);
  EXPECT_EQ(data->Device, hooks.device);
  EXPECT_EQ(data->DeviceObject, rig.device.top());
  EXPECT_NE(data->TimedOutThread, nullptr);
  EXPECT_NE(data->PowerState, WdfDevStatePowerInvalid);
}

CONFORMANCE(PowerViolations, APageableOneHasAllTheTime, "VER-01", "DEVX-47") {
  if (!machine.simulated()) return;
  Hooks hooks;
  SlowPowerDown(hooks, true);
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_FALSE(machine.stopped()) << machine.ReportText();
}

// A power IRP of our own at the top of the stack: its power policy owner did not ask for it.
void ExpectStrayPowerIrp(Machine& machine, UCHAR minor, void (*fill)(PIO_STACK_LOCATION)) {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  PIRP irp = nullptr;
  PDEVICE_OBJECT top = rig.device.top();
  machine.Run([&] {
    irp = IoAllocateIrp(top->StackSize, FALSE);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_POWER;
    stack->MinorFunction = minor;
    fill(stack);
    (void)PoCallDriver(top, irp);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0xD, reinterpret_cast<uint64_t>(top), reinterpret_cast<uint64_t>(irp));
}

CONFORMANCE(PowerViolations, APowerIrpThatTheOwnerDidNotAskForIsABugCheck, "VER-11", "DEVX-47") {
  ExpectStrayPowerIrp(machine, IRP_MN_SET_POWER, [](PIO_STACK_LOCATION stack) {
    stack->Parameters.Power.Type = DevicePowerState;
    stack->Parameters.Power.State.DeviceState = PowerDeviceD3;
  });
}

CONFORMANCE(PowerViolations, AWaitWakeThatTheOwnerDidNotAskForToo, "VER-11", "DEVX-47") {
  ExpectStrayPowerIrp(machine, IRP_MN_WAIT_WAKE,
                      [](PIO_STACK_LOCATION stack) { stack->Parameters.WaitWake.PowerState = PowerSystemSleeping1; });
}

}  // namespace
}  // namespace drydock::test
