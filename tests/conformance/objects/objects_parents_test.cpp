// Parents: defaults, what may be given, and what goes with what.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

WDF_OBJECT_ATTRIBUTES NamedAttributes(WDFOBJECT parent = nullptr) {
  WDF_OBJECT_ATTRIBUTES attributes = Attributes(parent);
  MakeNamed(&attributes);
  return attributes;
}

WDFQUEUE NewQueue(WDFDEVICE device, WDF_OBJECT_ATTRIBUTES attributes, Log& log, const char* name, bool is_default = false) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  config.DefaultQueue = is_default;
  config.PowerManaged = WdfFalse;
  WDFQUEUE queue = nullptr;
  EXPECT_EQ(S(WdfIoQueueCreate(device, &config, &attributes, &queue)), S(STATUS_SUCCESS));
  if (queue) Name(queue, log, name);
  return queue;
}

CONFORMANCE(Parents, QueuesAndTargetsGoWithTheirDeviceUnlessGivenAnother, "OBJ-30") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFIOTARGET target = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes = NamedAttributes();
    ASSERT_EQ(S(WdfIoTargetCreate(hooks.device, &attributes, &target)), S(STATUS_SUCCESS));
    Name(target, log, "target");
    NewQueue(hooks.device, NamedAttributes(), log, "queue");
    WDFOBJECT parent = NewNamed(log, "parent", hooks.device);
    attributes = NamedAttributes(parent);
    ASSERT_EQ(S(WdfIoTargetCreate(hooks.device, &attributes, &target)), S(STATUS_SUCCESS));
    Name(target, log, "own target");
    NewQueue(hooks.device, NamedAttributes(parent), log, "own queue");
    WdfObjectDelete(parent);
    EXPECT_EQ(log.Take(), (Lines{"own target.cleanup", "own queue.cleanup", "parent.cleanup", "own target.destroy", "own queue.destroy", "parent.destroy"}));
  });
  rig.RemoveDevice();
  for (const char* line : {"target.cleanup", "target.destroy", "queue.cleanup", "queue.destroy"}) EXPECT_EQ(log.Count(line), 1u) << line;
}

CONFORMANCE(Parents, DefaultIsTheDriverAndAnotherMayBeGiven, "OBJ-29") {
  Hooks hooks;
  Log log;
  const Lines kinds = {"collection", "object", "lookaside", "memory", "spin lock", "wait lock", "string"};
  auto make = [&](WDFOBJECT parent) {
    auto next = [&] { return NamedAttributes(parent); };
    WDF_OBJECT_ATTRIBUTES attributes = next();
    WDFCOLLECTION collection = nullptr;
    ASSERT_EQ(S(WdfCollectionCreate(&attributes, &collection)), S(STATUS_SUCCESS));
    Name(collection, log, "collection");
    WDFOBJECT object = nullptr;
    ASSERT_EQ(S(WdfObjectCreate(&attributes, &object)), S(STATUS_SUCCESS));
    Name(object, log, "object");
    WDFLOOKASIDE lookaside = nullptr;
    ASSERT_EQ(S(WdfLookasideListCreate(&attributes, 32, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, 0, &lookaside)), S(STATUS_SUCCESS));
    Name(lookaside, log, "lookaside");
    WDFMEMORY memory = nullptr;
    ASSERT_EQ(S(WdfMemoryCreate(&attributes, NonPagedPoolNx, 0, 16, &memory, nullptr)), S(STATUS_SUCCESS));
    Name(memory, log, "memory");
    WDFSPINLOCK spin = nullptr;
    ASSERT_EQ(S(WdfSpinLockCreate(&attributes, &spin)), S(STATUS_SUCCESS));
    Name(spin, log, "spin lock");
    WDFWAITLOCK wait = nullptr;
    ASSERT_EQ(S(WdfWaitLockCreate(&attributes, &wait)), S(STATUS_SUCCESS));
    Name(wait, log, "wait lock");
    WDFSTRING string = nullptr;
    ASSERT_EQ(S(WdfStringCreate(nullptr, &attributes, &string)), S(STATUS_SUCCESS));
    Name(string, log, "string");
  };
  {
    Rig rig(machine, hooks);
    machine.Run([&] {
      make(nullptr);
      WDFOBJECT parent = NewObject();
      make(parent);
      EXPECT_TRUE(log.lines().empty());
      WdfObjectDelete(parent);
      for (const std::string& kind : kinds) EXPECT_EQ(log.Count(kind + ".destroy"), 1u) << kind;
      log.Take();
    });
  }
  for (const std::string& kind : kinds) EXPECT_EQ(log.Count(kind + ".destroy"), 1u) << kind << " goes with the driver";
}

CONFORMANCE(Parents, AKeyToo, "OBJ-29") {
  Hooks hooks;
  Log log;
  {
    Rig rig(machine, hooks);
    machine.Run([&] {
      WDFOBJECT parent = NewObject();
      for (WDFOBJECT given : {WDFOBJECT(nullptr), parent}) {
        WDF_OBJECT_ATTRIBUTES attributes = NamedAttributes(given);
        WDFKEY key = nullptr;
        ASSERT_EQ(S(WdfDriverOpenParametersRegistryKey(hooks.driver, KEY_READ, &attributes, &key)), S(STATUS_SUCCESS));
        Name(key, log, given ? "own" : "default");
      }
      WdfObjectDelete(parent);
      EXPECT_EQ(log.Take(), (Lines{"own.cleanup", "own.destroy"}));
    });
  }
  EXPECT_EQ(log.lines(), (Lines{"default.cleanup", "default.destroy"}));
}

CONFORMANCE(Parents, TimersDpcsAndWorkItemsMustBeGivenOne, "OBJ-32", "SYN-22", "OBJ-37") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDF_TIMER_CONFIG timer_config;
    WDF_TIMER_CONFIG_INIT(&timer_config, [](WDFTIMER) {});
    WDF_DPC_CONFIG dpc_config;
    WDF_DPC_CONFIG_INIT(&dpc_config, [](WDFDPC) {});
    WDF_WORKITEM_CONFIG item_config;
    WDF_WORKITEM_CONFIG_INIT(&item_config, [](WDFWORKITEM) {});
    WDFTIMER timer = nullptr;
    WDFDPC dpc = nullptr;
    WDFWORKITEM item = nullptr;
    auto all = [&](PWDF_OBJECT_ATTRIBUTES attributes, NTSTATUS expected) {
      AtDispatch raised;  // all three may be made there
      EXPECT_EQ(S(WdfTimerCreate(&timer_config, attributes, &timer)), S(expected));
      EXPECT_EQ(S(WdfDpcCreate(&dpc_config, attributes, &dpc)), S(expected));
      EXPECT_EQ(S(WdfWorkItemCreate(&item_config, attributes, &item)), S(expected));
    };
    all(WDF_NO_OBJECT_ATTRIBUTES, STATUS_WDF_PARENT_NOT_SPECIFIED);
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    all(&attributes, STATUS_WDF_PARENT_NOT_SPECIFIED);
    attributes.ParentObject = hooks.driver;
    all(&attributes, STATUS_INVALID_DEVICE_REQUEST);
    attributes.ParentObject = NewObject();  // its chain ends at the driver
    all(&attributes, STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(timer, nullptr);
    EXPECT_EQ(dpc, nullptr);
    EXPECT_EQ(item, nullptr);
    // Anything below a device will do, and is told back as it was given.
    WDFQUEUE queue = nullptr;
    WDF_IO_QUEUE_CONFIG queue_config;
    WDF_IO_QUEUE_CONFIG_INIT(&queue_config, WdfIoQueueDispatchManual);
    ASSERT_EQ(S(WdfIoQueueCreate(hooks.device, &queue_config, WDF_NO_OBJECT_ATTRIBUTES, &queue)), S(STATUS_SUCCESS));
    WDFOBJECT below = NewObject(NewObject(hooks.device));
    for (WDFOBJECT parent : {WDFOBJECT(hooks.device), WDFOBJECT(queue), below}) {
      attributes.ParentObject = parent;
      all(&attributes, STATUS_SUCCESS);
      EXPECT_EQ(WdfTimerGetParentObject(timer), parent);
      EXPECT_EQ(WdfDpcGetParentObject(dpc), parent);
      EXPECT_EQ(WdfWorkItemGetParentObject(item), parent);
    }
  });
}

CONFORMANCE(Parents, AreToldBackAsTheyWereGiven, "SYN-23") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFOBJECT parent = NewObject(NewObject(hooks.device));
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(parent);
    WDF_TIMER_CONFIG timer_config;
    WDF_TIMER_CONFIG_INIT(&timer_config, [](WDFTIMER) {});
    WDF_DPC_CONFIG dpc_config;
    WDF_DPC_CONFIG_INIT(&dpc_config, [](WDFDPC) {});
    WDF_WORKITEM_CONFIG item_config;
    WDF_WORKITEM_CONFIG_INIT(&item_config, [](WDFWORKITEM) {});
    WDFTIMER timer = nullptr;
    WDFDPC dpc = nullptr;
    WDFWORKITEM item = nullptr;
    ASSERT_EQ(S(WdfTimerCreate(&timer_config, &attributes, &timer)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfDpcCreate(&dpc_config, &attributes, &dpc)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfWorkItemCreate(&item_config, &attributes, &item)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfTimerGetParentObject(timer), parent) << "neither the device nor the next above";
    EXPECT_EQ(WdfDpcGetParentObject(dpc), parent);
    EXPECT_EQ(WdfWorkItemGetParentObject(item), parent);
  });
}

CONFORMANCE(Parents, OfADriversRequestIsTheDriverUnlessGivenAnother, "OBJ-34") {
  Hooks hooks;
  Log log;
  {
    Rig rig(machine, hooks);
    rig.AddDevice();
    machine.Run([&] {
      WDFOBJECT parent = NewNamed(log, "parent");
      for (WDFOBJECT given : {WDFOBJECT(nullptr), parent}) {
        WDF_OBJECT_ATTRIBUTES attributes = NamedAttributes(given);
        WDFREQUEST request = nullptr;
        ASSERT_EQ(S(WdfRequestCreate(&attributes, WdfDeviceGetIoTarget(hooks.device), &request)), S(STATUS_SUCCESS));
        Name(request, log, given ? "own" : "default");
      }
      WdfObjectDelete(parent);
      EXPECT_EQ(log.Take(), (Lines{"own.cleanup", "parent.cleanup", "own.destroy", "parent.destroy"}));
    });
    rig.RemoveDevice();
    EXPECT_TRUE(log.lines().empty()) << "not the device's";
  }
  EXPECT_EQ(log.lines(), (Lines{"default.cleanup", "default.destroy"}));
}

CONFORMANCE(Parents, StatusesOfReparentingExist, "OBJ-38") {
  Hooks hooks;
  Rig rig(machine, hooks);
  for (NTSTATUS status : {STATUS_WDF_PARENT_ALREADY_ASSIGNED, STATUS_WDF_PARENT_IS_SELF}) {
    EXPECT_FALSE(NT_SUCCESS(status));
    EXPECT_EQ(static_cast<uint32_t>(status) >> 16, 0xC020u) << "an error of the framework's facility";
    for (NTSTATUS other : {STATUS_WDF_PARENT_NOT_SPECIFIED, STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED}) EXPECT_NE(status, other);
  }
  EXPECT_NE(STATUS_WDF_PARENT_ALREADY_ASSIGNED, STATUS_WDF_PARENT_IS_SELF);
}

// --- deletion ---

CONFORMANCE(Deletion, DefaultAndBoundQueuesStayOthersGo, "OBJ-10", "DEVX-4") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  WDFQUEUE bound = nullptr, standard = nullptr, other = nullptr;
  hooks.added = [&](WDFDEVICE device) {
    standard = NewQueue(device, NamedAttributes(), log, "default", true);
    bound = NewQueue(device, NamedAttributes(), log, "bound");
    other = NewQueue(device, NamedAttributes(), log, "other");
    return WdfDeviceConfigureRequestDispatching(device, bound, WdfRequestTypeRead);
  };
  rig.AddDevice();
  machine.Run([&] {
    for (WDFQUEUE queue : {standard, bound, other}) WdfObjectDelete(queue);
    EXPECT_EQ(log.Take(), (Lines{"other.cleanup", "other.destroy"}));
    EXPECT_EQ(WdfDeviceGetDefaultQueue(hooks.device), standard);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u) << "told for each that was not deleted";
}

CONFORMANCE(Deletion, AFileObjectIsNotTheDriversToDelete, "OBJ-09", "DEVX-4", "OBJ-31") {
  Hooks hooks;
  hooks.file_create = [](WDFREQUEST request, WDFFILEOBJECT) { WdfRequestComplete(request, STATUS_SUCCESS); };
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) {
    WDFFILEOBJECT file = WdfRequestGetFileObject(request);
    ASSERT_NE(file, nullptr);
    WdfObjectDelete(file);
    EXPECT_EQ(WdfRequestGetFileObject(request), file);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u);
}

// OBJ-17 as corrected: nothing is cleaned up early; only the completion of a framework-delivered request does not wait for its children.
CONFORMANCE(Deletion, ADriversRequestAtDispatchGoesAsAWholeLater, "OBJ-17", "DEVX-1") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDF_OBJECT_ATTRIBUTES attributes = NamedAttributes();
    WDFREQUEST request = nullptr;
    ASSERT_EQ(S(WdfRequestCreate(&attributes, nullptr, &request)), S(STATUS_SUCCESS));
    Name(request, log, "request");
    attributes = NamedAttributes(request);
    WDFSTRING string = nullptr;
    ASSERT_EQ(S(WdfStringCreate(nullptr, &attributes, &string)), S(STATUS_SUCCESS));
    Name(string, log, "string");
    std::atomic<int> level{-1};
    std::function<void()> note = [&] { level = KeGetCurrentIrql(); };
    NamedOf(string)->on_cleanup = &note;
    {
      AtDispatch raised;
      WdfObjectDelete(request);
    }
    ASSERT_TRUE(Until([&] { return log.lines().size() == 4; }));
    EXPECT_EQ(log.lines(), (Lines{"string.cleanup", "request.cleanup", "string.destroy", "request.destroy"}));
    EXPECT_EQ(level, PASSIVE_LEVEL);
  });
}

CONFORMANCE(Deletion, CompletingAReceivedRequestDoesNotWaitForItsChildrensMovedCleanup, "OBJ-17", "DEVX-1") {
  Hooks hooks;
  Log log;
  std::atomic<int> level{-1};
  std::function<void()> note = [&] { level = KeGetCurrentIrql(); };
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    WDF_OBJECT_ATTRIBUTES attributes = NamedAttributes(request);
    WDFSTRING string = nullptr;
    ASSERT_EQ(S(WdfStringCreate(nullptr, &attributes, &string)), S(STATUS_SUCCESS));
    Name(string, log, "string");
    NamedOf(string)->on_cleanup = &note;
    AtDispatch raised;
    WdfRequestComplete(request, STATUS_SUCCESS);
    log.Add("completed");
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  machine.Run([&] { ASSERT_TRUE(Until([&] { return log.Count("string.destroy") == 1; })); });
  EXPECT_EQ(level, PASSIVE_LEVEL);
}

CONFORMANCE(Deletion, AContextIsFoundAtAnyLevel, "OBJ-28") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT object = NewNamed(log, "o");
    for (KIRQL level : {KIRQL(PASSIVE_LEVEL), KIRQL(APC_LEVEL), KIRQL(DISPATCH_LEVEL), KIRQL(10), KIRQL(HIGH_LEVEL)}) {
      KIRQL old;
      KeRaiseIrql(level, &old);
      Named* context = NamedOf(object);
      WDFOBJECT back = WdfObjectContextGetObject(context);
      KeLowerIrql(old);
      EXPECT_EQ(back, object) << int{level};
      ASSERT_NE(context, nullptr);
    }
    WdfObjectDelete(object);
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), Deletion, TheVerifierToleratesContextsAtAnyLevel, "OBJ-28") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT object = NewNamed(log, "o");
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    WDFOBJECT back = WdfObjectContextGetObject(NamedOf(object));
    KeLowerIrql(old);
    EXPECT_EQ(back, object);
    WdfObjectDelete(object);
  });
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

}  // namespace
}  // namespace drydock::test
