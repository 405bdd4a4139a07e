// File objects: create, cleanup, close.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

// A stack of `rig` over `other`.
struct Pair {
  Pair(Machine& the_machine, Hooks& upper, Hooks& lower) : machine(the_machine), rig(the_machine, upper) {
    SetOtherHooks(&lower);
    other = machine.AddDriver("other", OtherEntry());
    device = machine.AddDevice({.function = rig.driver, .lower_filters = {other}});
    EXPECT_TRUE(device.started()) << machine.ReportText();
  }
  ~Pair() {
    if (machine.stopped()) return;
    machine.RemoveDevice(device);
    machine.UnloadDriver(other);
  }
  Machine& machine;
  Rig rig;
  Driver other;
  Device device;
};

CONFORMANCE(Files, InitValuesAndClassNumbers, "IOT-10.01", "IOT-10.02", "INI-20") {
  Hooks hooks;
  Rig rig(machine, hooks);
  WDF_FILEOBJECT_CONFIG config;
  memset(&config, 0xFF, sizeof(config));
  WDF_FILEOBJECT_CONFIG_INIT(&config, nullptr, nullptr, nullptr);
  EXPECT_EQ(config.Size, sizeof(config));
  EXPECT_EQ(config.FileObjectClass, WdfFileObjectWdfCannotUseFsContexts);
  EXPECT_EQ(config.AutoForwardCleanupClose, WdfUseDefault);
  EXPECT_EQ(config.EvtDeviceFileCreate, nullptr);
  EXPECT_EQ(static_cast<int>(WdfFileObjectNotRequired), 1);
  EXPECT_EQ(static_cast<int>(WdfFileObjectWdfCanUseFsContext), 2);
  EXPECT_EQ(static_cast<int>(WdfFileObjectWdfCanUseFsContext2), 3);
  EXPECT_EQ(static_cast<int>(WdfFileObjectWdfCannotUseFsContexts), 4);
  EXPECT_EQ(static_cast<unsigned>(WdfFileObjectCanBeOptional), 0x80000000u);
}

CONFORMANCE(Files, GoThroughCreateCleanupCloseAndThenTheObjectEnds, "IOT-10.03", "IOT-10.11", "IOT-10.12", "IOT-10.13", "INI-23", "INI-25") {
  Hooks hooks;
  PKTHREAD creator = nullptr, cleaner = nullptr;
  hooks.file_config = [](WDF_FILEOBJECT_CONFIG&, WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
    creator = KeGetCurrentThread();
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    Name(file, hooks.log, "file");
    hooks.log.Add("create");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  hooks.file_cleanup = [&](WDFFILEOBJECT) {
    cleaner = KeGetCurrentThread();
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    hooks.log.Add("cleanup");
  };
  hooks.file_close = [&](WDFFILEOBJECT) {
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    hooks.log.Add("close");
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  PKTHREAD opener = nullptr;
  Task task = machine.Start("application", [&] {
    opener = KeGetCurrentThread();
    File file = rig.Open();
    EXPECT_TRUE(file);
    file.Close();
  });
  task.Join();
  EXPECT_EQ(hooks.log.lines(), (Lines{"create", "cleanup", "close", "file.cleanup", "file.destroy"}));
  EXPECT_EQ(creator, opener) << "synchronously, in the opener's thread";
  EXPECT_EQ(cleaner, opener) << "in the thread that closed the last handle";
}

CONFORMANCE(Files, ClassNotRequiredGivesNoFileObject, "IOT-10.03", "IOT-7.40") {
  Hooks hooks;
  WDFFILEOBJECT seen = reinterpret_cast<WDFFILEOBJECT>(&hooks), of_request = seen;
  hooks.file_config = [](WDF_FILEOBJECT_CONFIG& config, WDF_OBJECT_ATTRIBUTES&) { config.FileObjectClass = WdfFileObjectNotRequired; };
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
    seen = file;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    of_request = WdfRequestGetFileObject(request);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  EXPECT_TRUE(file);
  EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_EQ(seen, nullptr);
  EXPECT_EQ(of_request, nullptr);
}

CONFORMANCE(Files, EveryClassFindsTheObjectOfARequest, "IOT-10.02", "IOT-7.40", "IOT-10.15") {
  for (auto file_class : {WdfFileObjectWdfCanUseFsContext, WdfFileObjectWdfCanUseFsContext2, WdfFileObjectWdfCannotUseFsContexts}) {
    Hooks hooks;
    WDFFILEOBJECT created = nullptr, of_request = nullptr, by_device = nullptr;
    PFILE_OBJECT wdm = nullptr;
    PVOID context = nullptr, context2 = nullptr;
    hooks.file_config = [&](WDF_FILEOBJECT_CONFIG& config, WDF_OBJECT_ATTRIBUTES&) { config.FileObjectClass = file_class; };
    hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
      created = file;
      wdm = WdfFileObjectWdmGetFileObject(file);
      context = wdm->FsContext;
      context2 = wdm->FsContext2;
      EXPECT_EQ(WdfFileObjectGetDevice(file), hooks.device);
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
      of_request = WdfRequestGetFileObject(request);
      by_device = WdfDeviceGetFileObject(hooks.device, wdm);
      EXPECT_EQ(WdfDeviceGetFileObject(hooks.device, nullptr), nullptr);
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    Rig rig(machine, hooks);
    rig.AddDevice();
    File file = rig.Open();
    EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
    ASSERT_NE(created, nullptr);
    EXPECT_EQ(of_request, created);
    EXPECT_EQ(by_device, created);
    EXPECT_EQ(context != nullptr, file_class == WdfFileObjectWdfCanUseFsContext);
    EXPECT_EQ(context2 != nullptr, file_class == WdfFileObjectWdfCanUseFsContext2);
    file.Close();
  }
}

CONFORMANCE(Files, AFunctionDriverWithoutCallbackLetsCreatesSucceed, "IOT-10.04", "INI-22") {
  Hooks hooks, lower;
  lower.log_files = true;
  Pair pair(machine, hooks, lower);
  File file = machine.Open(pair.device);
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
  file.Close();
  EXPECT_TRUE(lower.log.lines().empty()) << "nothing went down";
}

CONFORMANCE(Files, AFilterWithoutCallbackPassesEverythingDown, "IOT-10.04", "IOT-10.06", "INI-22", "INI-21") {
  Hooks hooks, lower;
  hooks.filter = true;
  lower.log_files = true;
  Pair pair(machine, hooks, lower);
  File file = machine.Open(pair.device);
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
  file.Close();
  EXPECT_EQ(lower.log.lines(), (Lines{"create", "cleanup", "close"}));
}

CONFORMANCE(Files, AutoForwardDecidesWhatTheLowerDriverSees, "IOT-10.06", "IOT-10.07", "INI-21") {
  struct Case {
    bool filter;
    WDF_TRI_STATE setting;
    bool forwards;
  };
  for (const Case& c : {Case{false, WdfFalse, false}, Case{false, WdfTrue, true}, Case{false, WdfUseDefault, false}, Case{true, WdfFalse, false},
                        Case{true, WdfTrue, true}, Case{true, WdfUseDefault, true}}) {
    Hooks hooks, lower;
    hooks.filter = c.filter;
    hooks.file_config = [&](WDF_FILEOBJECT_CONFIG& config, WDF_OBJECT_ATTRIBUTES&) { config.AutoForwardCleanupClose = c.setting; };
    hooks.file_cleanup = [&](WDFFILEOBJECT) { lower.log.Add("own cleanup"); };
    hooks.file_close = [&](WDFFILEOBJECT) { lower.log.Add("own close"); };
    lower.log_files = true;
    Pair pair(machine, hooks, lower);
    File file = machine.Open(pair.device);
    EXPECT_EQ(file.status(), STATUS_SUCCESS);
    file.Close();
    const Lines wanted = c.forwards ? Lines{"create", "own cleanup", "cleanup", "own close", "close"} : Lines{"own cleanup", "own close"};
    EXPECT_EQ(lower.log.lines(), wanted) << "filter " << c.filter << " setting " << c.setting;
  }
}

CONFORMANCE(Files, AFailedCreateEndsTheObjectWithoutCleanupOrClose, "IOT-10.08", "INI-24") {
  Hooks hooks;
  hooks.file_config = [](WDF_FILEOBJECT_CONFIG&, WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
    Name(file, hooks.log, "file");
    WdfRequestComplete(request, STATUS_ACCESS_DENIED);
  };
  hooks.file_cleanup = [&](WDFFILEOBJECT) { hooks.log.Add("cleanup"); };
  hooks.file_close = [&](WDFFILEOBJECT) { hooks.log.Add("close"); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().status(), STATUS_ACCESS_DENIED);
  EXPECT_EQ(hooks.log.lines(), (Lines{"file.cleanup", "file.destroy"}));
}

CONFORMANCE(Files, ACreateThatFailsBelowEndsTheFiltersObject, "IOT-10.08", "IOT-10.09") {
  Hooks hooks, lower;
  hooks.filter = true;
  hooks.file_config = [](WDF_FILEOBJECT_CONFIG&, WDF_OBJECT_ATTRIBUTES& attributes) {
    attributes.EvtDestroyCallback = [](WDFOBJECT) {};
  };
  hooks.file_cleanup = [&](WDFFILEOBJECT) { hooks.log.Add("cleanup"); };
  lower.file_create = [](WDFREQUEST request, WDFFILEOBJECT) { WdfRequestComplete(request, STATUS_SHARING_VIOLATION); };
  Pair pair(machine, hooks, lower);
  EXPECT_EQ(machine.Open(pair.device).status(), STATUS_SHARING_VIOLATION);
  EXPECT_TRUE(hooks.log.lines().empty());
}

CONFORMANCE(Files, ACreateMayBePendedAndCompletedLater, "IOT-10.03", "IOT-10.10") {
  Hooks hooks;
  std::atomic<WDFREQUEST> pended{nullptr};
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT) { pended = request; };
  Rig rig(machine, hooks);
  rig.AddDevice();
  Status status = -1;
  Task task = machine.Start("application", [&] { status = rig.Open().status(); });
  machine.Run([&] {
    ASSERT_TRUE(Until([&] { return pended != nullptr; }));
    WdfRequestComplete(pended, STATUS_SUCCESS);
  });
  task.Join();
  EXPECT_EQ(status, STATUS_SUCCESS);
}

CONFORMANCE(Files, CreatesMayGoToAQueueOfTheirOwn, "IOT-10.05", "IOT-10.10", "IOT-9.13") {
  Hooks hooks;
  std::atomic<int> in_default{0};
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    in_default++;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  WDFQUEUE creates = nullptr;
  hooks.added = [&](WDFDEVICE device) {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    config.PowerManaged = WdfFalse;
    NTSTATUS status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &creates);
    return NT_SUCCESS(status) ? WdfDeviceConfigureRequestDispatching(device, creates, WdfRequestTypeCreate) : status;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  ASSERT_TRUE(rig.device.started());
  Status first = -1, second = -1;
  Task a = machine.Start("a", [&] { first = rig.Open().status(); });
  machine.Run([&] {
    WDFREQUEST request = nullptr;
    ASSERT_TRUE(Until([&] { return NT_SUCCESS(WdfIoQueueRetrieveNextRequest(creates, &request)); }));
    WDF_REQUEST_PARAMETERS parameters;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(request, &parameters);
    EXPECT_EQ(parameters.Type, WdfRequestTypeCreate);
    WdfRequestComplete(request, STATUS_SUCCESS);
  });
  a.Join();
  EXPECT_EQ(first, STATUS_SUCCESS);
  // A pending create can be cancelled.
  Task b = machine.Start("b", [&] { second = rig.Open().status(); });
  machine.Run([&] {
    WDFREQUEST found = nullptr;
    ASSERT_TRUE(Until([&] { return NT_SUCCESS(WdfIoQueueFindRequest(creates, nullptr, nullptr, nullptr, &found)); }));
    IoCancelIrp(WdfRequestWdmGetIrp(found));
    WdfObjectDereference(found);
  });
  b.Join();
  EXPECT_EQ(second, STATUS_CANCELLED);
  EXPECT_EQ(in_default, 0) << "the default queue never gets creates";
}

CONFORMANCE(Files, CleanupRunsFirstThenQueuedRequestsAreCancelled, "IOX-55", "IOT-10.11", "IOT-10.12") {
  Hooks hooks;
  WDFQUEUE manual = nullptr;
  ULONG queued_at_cleanup = 0;
  hooks.file_cleanup = [&](WDFFILEOBJECT) {
    WdfIoQueueGetState(manual, &queued_at_cleanup, nullptr);
    hooks.log.Add("cleanup");
  };
  hooks.file_close = [&](WDFFILEOBJECT) { hooks.log.Add("close"); };
  hooks.added = [&](WDFDEVICE device) {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchManual);
    config.PowerManaged = WdfFalse;
    return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &manual);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open(), other = rig.Open();
  char data[4];
  PendingIo mine = file.StartIoctl(kIoctl, nullptr, 0, data, 4), mine_too = file.StartRead(data, 4);
  PendingIo others = other.StartIoctl(kIoctl, nullptr, 0, data, 4);
  machine.RunUntilIdle();
  file.Close();
  EXPECT_EQ(queued_at_cleanup, 3u) << "EvtFileCleanup comes before the cancelling";
  EXPECT_EQ(mine.Wait().status, STATUS_CANCELLED);
  EXPECT_EQ(mine_too.Wait().status, STATUS_CANCELLED);
  EXPECT_FALSE(others.done()) << "another file's request stays";
  other.Close();
  EXPECT_EQ(others.Wait().status, STATUS_CANCELLED);
  EXPECT_EQ(hooks.log.Count("cleanup"), 2u);
  machine.RunUntilIdle();
  EXPECT_EQ(hooks.log.Count("close"), 2u);
}

CONFORMANCE(Files, CloseWaitsForRequestsThatTheDriverHolds, "IOT-10.12") {
  Hooks hooks;
  std::atomic<WDFREQUEST> held{nullptr};
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) { held = request; };
  hooks.file_cleanup = [&](WDFFILEOBJECT) { hooks.log.Add("cleanup"); };
  hooks.file_close = [&](WDFFILEOBJECT) { hooks.log.Add("close"); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  PendingIo pending = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
  machine.Run([&] { Until([&] { return held != nullptr; }); });
  file.Close();
  EXPECT_EQ(hooks.log.lines(), Lines{"cleanup"}) << "I/O is still outstanding";
  machine.Run([&] { WdfRequestComplete(held, STATUS_SUCCESS); });
  machine.RunUntilIdle();
  EXPECT_EQ(hooks.log.lines(), (Lines{"cleanup", "close"}));
}

CONFORMANCE(Files, TheNameIsWhatFollowsTheDevice, "IOT-10.14", "INI-27") {
  Hooks hooks;
  std::u16string name;
  bool null_above_passive = false;
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
    PUNICODE_STRING text = WdfFileObjectGetFileName(file);
    if (text) name = Text(*text);
    {
      AtDispatch raised;
      null_above_passive = WdfFileObjectGetFileName(file) == nullptr;
    }
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_TRUE(rig.Open());
  EXPECT_EQ(name, u"") << "the device itself";
  EXPECT_TRUE(null_above_passive);
  EXPECT_TRUE(machine.Open(rig.device, {.reference = "\\sub\\name"}));
  EXPECT_EQ(name, u"\\sub\\name");
}

CONFORMANCE(Files, TheInitiatorIsTheOpenersProcess, "IOT-10.15") {
  Hooks hooks;
  ULONG initiator = 0xFFFF;
  ULONG_PTR opener = 0;
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
    initiator = WdfFileObjectGetInitiatorProcessId(file);
    opener = reinterpret_cast<ULONG_PTR>(PsGetCurrentProcessId());
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  Task task = machine.Start("application", [&] { EXPECT_TRUE(rig.Open()); });
  task.Join();
  EXPECT_EQ(initiator, opener);
}

CONFORMANCE(Files, AttributesThatDoNotFitFailTheDevice, "OP-22", "O-40", "IOT-10.16", "INI-26") {
  struct Case {
    bool no_attributes;
    WDF_SYNCHRONIZATION_SCOPE device_scope;
    WDF_EXECUTION_LEVEL device_level;
    WDF_SYNCHRONIZATION_SCOPE file_scope;
    NTSTATUS wanted;
  };
  constexpr auto kInherit = WdfSynchronizationScopeInheritFromParent, kDevice = WdfSynchronizationScopeDevice, kQueue = WdfSynchronizationScopeQueue,
                 kNone = WdfSynchronizationScopeNone;
  constexpr auto kDefault = WdfExecutionLevelInheritFromParent, kPassive = WdfExecutionLevelPassive;
  for (const Case& c : {
           Case{true, kDevice, kDefault, kInherit, STATUS_SUCCESS},
           Case{false, kInherit, kDefault, kInherit, STATUS_SUCCESS},
           Case{false, kDevice, kDefault, kInherit, STATUS_INVALID_DEVICE_REQUEST},
           Case{false, kDevice, kDefault, kDevice, STATUS_INVALID_DEVICE_REQUEST},
           Case{false, kInherit, kDefault, kDevice, STATUS_INVALID_DEVICE_REQUEST},
           Case{false, kDevice, kDefault, kNone, STATUS_SUCCESS},
           Case{false, kDevice, kPassive, kInherit, STATUS_SUCCESS},
           Case{false, kInherit, kPassive, kDevice, STATUS_SUCCESS},
           Case{false, kQueue, kPassive, kInherit, STATUS_INVALID_DEVICE_REQUEST},
           Case{false, kInherit, kPassive, kQueue, STATUS_INVALID_DEVICE_REQUEST},
       }) {
    Hooks hooks;
    hooks.no_file_attributes = c.no_attributes;
    hooks.file_config = [&](WDF_FILEOBJECT_CONFIG&, WDF_OBJECT_ATTRIBUTES& attributes) { attributes.SynchronizationScope = c.file_scope; };
    hooks.device_attributes = [&](WDF_OBJECT_ATTRIBUTES& attributes) {
      attributes.SynchronizationScope = c.device_scope;
      attributes.ExecutionLevel = c.device_level;
    };
    Rig rig(machine, hooks);
    rig.AddDevice();
    EXPECT_EQ(S(hooks.create_status), S(c.wanted)) << "device " << c.device_scope << "/" << c.device_level << " file " << c.file_scope;
  }
}

CONFORMANCE(Files, WithDeviceScopeTheCallbacksRunUnderTheDevicesLock, "OP-22", "SYN-06") {
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) {
    attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
  };
  int apcs_disabled = 0;
  auto look = [&] { apcs_disabled += KeAreApcsDisabled() ? 1 : 0; };
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT) {
    look();
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  hooks.file_cleanup = [&](WDFFILEOBJECT) { look(); };
  hooks.file_close = [&](WDFFILEOBJECT) { WdfObjectAcquireLock(hooks.device); };  // held by the framework
  Rig rig(machine, hooks);
  rig.AddDevice();
  rig.Open().Close();
  EXPECT_EQ(apcs_disabled, 2);
  EXPECT_BUG_CHECK(machine, 0x10D, 0x2);
}

CONFORMANCE(Files, FilesOpenAtTheirDevicesEndDoNotDelayIt, "IOT-10.13", "DEVX-41") {
  Hooks hooks;
  hooks.file_config = [](WDF_FILEOBJECT_CONFIG&, WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
    Name(file, hooks.log, "file");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  hooks.file_close = [&](WDFFILEOBJECT) { hooks.log.Add("close"); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  ASSERT_TRUE(file);
  EXPECT_EQ(machine.SurpriseRemove(rig.device), STATUS_SUCCESS);
  EXPECT_EQ(hooks.log.Count("close"), 0u);
  file.Close();
  machine.RunUntilIdle();
  EXPECT_EQ(hooks.log.lines(), (Lines{"close", "file.cleanup", "file.destroy"}));
}

}  // namespace
}  // namespace drydock::test
