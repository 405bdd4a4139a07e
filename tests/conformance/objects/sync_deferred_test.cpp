// Timers, DPCs, work items, and their serialisation.
#include <atomic>

#include "rig.h"

namespace drydock::test {

struct Callback {
  std::function<void()>* body;
  std::atomic<int>* runs;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Callback, CallbackOf)

namespace {

void Call(WDFOBJECT object) {
  Callback* callback = CallbackOf(object);
  if (callback->runs) callback->runs->fetch_add(1);
  if (callback->body) (*callback->body)();
}

struct What {
  std::function<void()> body;
  std::atomic<int> runs{0};
};

template <class Handle>
Handle Bind(Handle handle, What& what) {
  CallbackOf(handle)->body = what.body ? &what.body : nullptr;
  CallbackOf(handle)->runs = &what.runs;
  return handle;
}

WDF_OBJECT_ATTRIBUTES Below(WDFOBJECT parent, bool passive = false) {
  WDF_OBJECT_ATTRIBUTES attributes = Attributes(parent);
  WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Callback);
  if (passive) attributes.ExecutionLevel = WdfExecutionLevelPassive;
  return attributes;
}

NTSTATUS CreateTimer(WDFOBJECT parent, WDFTIMER* timer, ULONG period = 0, bool passive = false, bool serialised = true) {
  WDF_TIMER_CONFIG config;
  WDF_TIMER_CONFIG_INIT_PERIODIC(&config, [](WDFTIMER me) { Call(me); }, period);
  config.AutomaticSerialization = serialised;
  WDF_OBJECT_ATTRIBUTES attributes = Below(parent, passive);
  return WdfTimerCreate(&config, &attributes, timer);
}

NTSTATUS CreateWorkItem(WDFOBJECT parent, WDFWORKITEM* item, bool serialised = true) {
  WDF_WORKITEM_CONFIG config;
  WDF_WORKITEM_CONFIG_INIT(&config, [](WDFWORKITEM me) { Call(me); });
  config.AutomaticSerialization = serialised;
  WDF_OBJECT_ATTRIBUTES attributes = Below(parent);
  return WdfWorkItemCreate(&config, &attributes, item);
}

NTSTATUS CreateDpc(WDFOBJECT parent, WDFDPC* dpc, bool serialised = true) {
  WDF_DPC_CONFIG config;
  WDF_DPC_CONFIG_INIT(&config, [](WDFDPC me) { Call(me); });
  config.AutomaticSerialization = serialised;
  WDF_OBJECT_ATTRIBUTES attributes = Below(parent);
  return WdfDpcCreate(&config, &attributes, dpc);
}

WDFTIMER NewTimer(WDFOBJECT parent, What& what, ULONG period = 0, bool passive = false) {
  WDFTIMER timer = nullptr;
  EXPECT_EQ(S(CreateTimer(parent, &timer, period, passive)), S(STATUS_SUCCESS));
  return Bind(timer, what);
}

WDFWORKITEM NewWorkItem(WDFOBJECT parent, What& what) {
  WDFWORKITEM item = nullptr;
  EXPECT_EQ(S(CreateWorkItem(parent, &item)), S(STATUS_SUCCESS));
  return Bind(item, what);
}

WDFDPC NewDpc(WDFOBJECT parent, What& what) {
  WDFDPC dpc = nullptr;
  EXPECT_EQ(S(CreateDpc(parent, &dpc)), S(STATUS_SUCCESS));
  return Bind(dpc, what);
}

bool Runs(What& what, int count) {
  return Until([&] { return what.runs.load() >= count; });
}

// --- timers ---

CONFORMANCE(Timers, DoNotStartByThemselvesAndFireOnceAtDispatch, "SYN-24", "SYN-28", "SYN-18") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  KIRQL level = 0xFF;
  LARGE_INTEGER fired = {};
  what.body = [&] {
    level = KeGetCurrentIrql();
    KeQuerySystemTime(&fired);
  };
  machine.Run([&] {
    WDFTIMER timer = NewTimer(hooks.device, what);
    SleepMs(5);
    EXPECT_EQ(what.runs, 0);
    LARGE_INTEGER started;
    KeQuerySystemTime(&started);
    EXPECT_FALSE(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(10)));
    EXPECT_TRUE(Runs(what, 1));
    SleepMs(30);
    EXPECT_FALSE(WdfTimerStop(timer, TRUE));
    EXPECT_EQ(what.runs, 1);
    EXPECT_EQ(level, DISPATCH_LEVEL);
    EXPECT_GE(fired.QuadPart - started.QuadPart, 100'000) << "never before the due time (SYN-30)";
    EXPECT_EQ(WdfTimerGetParentObject(timer), WDFOBJECT(hooks.device));
  });
}

CONFORMANCE(Timers, StartWhileQueuedReplacesTheDueTime, "SYN-25", "SYN-30") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFTIMER timer = NewTimer(hooks.device, what);
    EXPECT_FALSE(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_SEC(1000)));
    EXPECT_TRUE(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(5)));
    EXPECT_TRUE(Runs(what, 1));
    SleepMs(20);
    EXPECT_EQ(what.runs, 1);
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    EXPECT_FALSE(WdfTimerStart(timer, now.QuadPart + 50'000)) << "absolute";
    EXPECT_TRUE(Runs(what, 2));
  });
}

CONFORMANCE(Timers, PeriodicOnesStayQueuedUntilStopped, "SYN-26", "SYN-24", "SYN-27") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFTIMER timer = NewTimer(hooks.device, what, 5);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(5));
    EXPECT_TRUE(Runs(what, 3));
    EXPECT_TRUE(WdfTimerStop(timer, TRUE));
    const int runs = what.runs;
    SleepMs(30);
    EXPECT_EQ(what.runs, runs) << "nothing runs after a waiting stop";
    EXPECT_FALSE(WdfTimerStop(timer, TRUE)) << "not queued any more";
    EXPECT_FALSE(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1)));
    EXPECT_TRUE(Runs(what, runs + 1));
    WdfTimerStop(timer, TRUE);
  });
}

CONFORMANCE(Timers, AOneShotMayBeRestartedFromItsOwnCallback, "SYN-26") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  WDFTIMER timer = nullptr;
  what.body = [&] {
    if (what.runs < 4) EXPECT_FALSE(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1)));
  };
  machine.Run([&] {
    timer = NewTimer(hooks.device, what);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    EXPECT_TRUE(Runs(what, 4));
  });
}

CONFORMANCE(Timers, AWaitingStopWaitsForTheCallback, "SYN-27", "OBJ-19") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  std::atomic<bool> finished{false};
  what.body = [&] {
    SleepMs(20);
    finished = true;
  };
  machine.Run([&] {
    WDFTIMER timer = NewTimer(hooks.device, what, 0, true);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    ASSERT_TRUE(Runs(what, 1));
    EXPECT_FALSE(WdfTimerStop(timer, TRUE));
    EXPECT_TRUE(finished);
  });
}

CONFORMANCE(Timers, AWaitingStopInTheOwnCallbackDoesNotWait, "DEVX-15", "SYN-27") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  WDFTIMER timer = nullptr;
  std::atomic<int> answer{-1};
  what.body = [&] { answer = WdfTimerStop(timer, TRUE); };
  machine.Run([&] {
    timer = NewTimer(hooks.device, what, 0, true);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    ASSERT_TRUE(Until([&] { return answer != -1; }));
    EXPECT_EQ(answer, FALSE);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(Timers, AStartDuringAWaitingStopIsSwallowed, "DEVX-15") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  WDFTIMER timer = nullptr;
  std::atomic<bool> stopping{false};
  what.body = [&] {
    Until([&] { return stopping.load(); });
    SleepMs(10);
    EXPECT_FALSE(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1)));
  };
  machine.Run([&] {
    timer = NewTimer(hooks.device, what, 0, true);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    ASSERT_TRUE(Runs(what, 1));
    stopping = true;
    EXPECT_TRUE(WdfTimerStop(timer, TRUE));
    SleepMs(10);
    EXPECT_EQ(what.runs, 1);
  });
}

CONFORMANCE(Timers, PassiveOnesRunOnAWorker, "SYN-28", "SYN-29") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  KIRQL level = 0xFF;
  what.body = [&] {
    level = KeGetCurrentIrql();
    SleepMs(1);
  };
  machine.Run([&] {
    WDFTIMER timer = nullptr;
    EXPECT_EQ(S(CreateTimer(hooks.device, &timer, 10, true)), S(STATUS_NOT_SUPPORTED)) << "passive and periodic";
    timer = NewTimer(hooks.device, what, 0, true);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    EXPECT_TRUE(Runs(what, 1));
    WdfTimerStop(timer, TRUE);
    EXPECT_EQ(level, PASSIVE_LEVEL);
  });
}

CONFORMANCE(Timers, RefuseBadConfigurations, "DEVX-15", "SYN-31", "OBJ-40", "O-34") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFTIMER timer = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes = Below(hooks.device);
    WDF_TIMER_CONFIG config;
    auto init = [&] { WDF_TIMER_CONFIG_INIT(&config, [](WDFTIMER) {}); };
    init();
    config.Size -= 4;
    EXPECT_EQ(S(WdfTimerCreate(&config, &attributes, &timer)), S(STATUS_INFO_LENGTH_MISMATCH));
    init();
    config.EvtTimerFunc = nullptr;
    EXPECT_EQ(S(WdfTimerCreate(&config, &attributes, &timer)), S(STATUS_INVALID_PARAMETER));
    init();
    config.Period = 0x80000000u;
    EXPECT_EQ(S(WdfTimerCreate(&config, &attributes, &timer)), S(STATUS_INVALID_PARAMETER));
    init();
    config.UseHighResolutionTimer = 2;  // O-34: anything but 0 means on
    config.TolerableDelay = 10;
    EXPECT_EQ(S(WdfTimerCreate(&config, &attributes, &timer)), S(STATUS_INVALID_PARAMETER));
    init();
    config.TolerableDelay = 10;
    EXPECT_EQ(S(WdfTimerCreate(&config, &attributes, &timer)), S(STATUS_SUCCESS));
  });
}

CONFORMANCE(Timers, TolerableDelayKeepsTheExpiryInItsWindow, "SYN-30") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  LARGE_INTEGER fired = {};
  what.body = [&] { KeQuerySystemTime(&fired); };
  machine.Run([&] {
    WDF_TIMER_CONFIG config;
    WDF_TIMER_CONFIG_INIT(&config, [](WDFTIMER me) { Call(me); });
    config.TolerableDelay = 30;
    WDF_OBJECT_ATTRIBUTES attributes = Below(hooks.device);
    WDFTIMER timer = nullptr;
    ASSERT_EQ(S(WdfTimerCreate(&config, &attributes, &timer)), S(STATUS_SUCCESS));
    Bind(timer, what);
    LARGE_INTEGER started;
    KeQuerySystemTime(&started);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(10));
    ASSERT_TRUE(Runs(what, 1));
    WdfTimerStop(timer, TRUE);  // the callback has returned
    EXPECT_GE(fired.QuadPart - started.QuadPart, 100'000);
    if (machine.simulated()) EXPECT_LE(fired.QuadPart - started.QuadPart, 400'000);
  });
}

CONFORMANCE(Timers, DeletionWaitsForTheCallbackBeforeCleanup, "OBJ-19", "O-17") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  std::atomic<bool> finished{false};
  what.body = [&] {
    SleepMs(20);
    finished = true;
  };
  machine.Run([&] {
    WDFTIMER timer = NewTimer(hooks.device, what, 0, true);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    ASSERT_TRUE(Runs(what, 1));
    WdfObjectDelete(timer);
    EXPECT_TRUE(finished);
  });
}

CONFORMANCE(Timers, DeletionInTheOwnDispatchCallbackReturns, "O-17") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  Log log;
  WDFTIMER timer = nullptr;
  what.body = [&] { WdfObjectDelete(timer); };
  machine.Run([&] {
    timer = NewTimer(hooks.device, what);
    WdfObjectReference(timer);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    ASSERT_TRUE(Runs(what, 1));
    SleepMs(10);
    EXPECT_FALSE(WdfTimerStart(timer, -1)) << "after deletion began";
    WdfObjectDereference(timer);
  });
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE(Timers, DeletionInTheOwnPassiveCallbackWaitsForItself, "SYN-32", "O-17") {
  if (!machine.simulated()) return;  // live: only the watchdog would see it
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  WDFTIMER timer = nullptr;
  bool returned = false;
  what.body = [&] {
    WdfObjectDelete(timer);
    returned = true;
  };
  machine.Run([&] {
    timer = NewTimer(hooks.device, what, 0, true);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    Runs(what, 1);
    SleepMs(100);
  });
  machine.RunUntilIdle();
  EXPECT_FALSE(returned);
  ConformanceTest::StopExpected() = true;
}

CONFORMANCE(Timers, HighResolutionNeedsARelativeDueTime, "SYN-31") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  bool stopped = true;
  machine.Run([&] {
    WDF_TIMER_CONFIG config;
    WDF_TIMER_CONFIG_INIT(&config, [](WDFTIMER me) { Call(me); });
    config.UseHighResolutionTimer = TRUE;
    WDF_OBJECT_ATTRIBUTES attributes = Below(hooks.device);
    WDFTIMER timer = nullptr;
    ASSERT_EQ(S(WdfTimerCreate(&config, &attributes, &timer)), S(STATUS_SUCCESS));
    Bind(timer, what);
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_US(500));
    EXPECT_TRUE(Runs(what, 1));
    WdfTimerStart(timer, 1);
    stopped = false;
  });
  EXPECT_TRUE(stopped);
  EXPECT_BUG_CHECK(machine, 0xC7);  // the documentation says only that it crashes; the code is ours
}

// --- DPCs ---

CONFORMANCE(Dpcs, RunOnceAtDispatch, "SYN-33", "SYN-34") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  KIRQL level = 0xFF;
  what.body = [&] { level = KeGetCurrentIrql(); };
  machine.Run([&] {
    WDFDPC dpc = NewDpc(hooks.device, what);
    EXPECT_TRUE(WdfDpcEnqueue(dpc));
    EXPECT_TRUE(Runs(what, 1));
    EXPECT_FALSE(WdfDpcCancel(dpc, TRUE)) << "done already";
    EXPECT_EQ(level, DISPATCH_LEVEL);
    EXPECT_TRUE(WdfDpcEnqueue(dpc)) << "may be queued again";
    EXPECT_TRUE(Runs(what, 2));
    EXPECT_EQ(WdfDpcGetParentObject(dpc), WDFOBJECT(hooks.device));
    EXPECT_NE(WdfDpcWdmGetDpc(dpc), nullptr);
  });
}

CONFORMANCE(Dpcs, QueuedTwiceRunOnceAndCanBeCancelled, "SYN-33", "SYN-34") {
  if (!machine.simulated()) return;  // on a live machine the DPC may run between two calls
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFDPC dpc = NewDpc(hooks.device, what);
    bool first = false, second = false, cancelled = false;
    for (int tries = 0; tries < 100 && !cancelled; ++tries) {  // until the scheduler leaves us alone between the three
      const int before = what.runs;
      AtDispatch raised;
      first = WdfDpcEnqueue(dpc);
      second = WdfDpcEnqueue(dpc);
      cancelled = WdfDpcCancel(dpc, FALSE);
      if (cancelled) EXPECT_EQ(what.runs, before + (second ? 1 : 0));
    }
    EXPECT_TRUE(first);
    EXPECT_TRUE(cancelled);
  });
}

// --- work items ---

CONFORMANCE(WorkItems, RunAtPassiveOnAWorker, "SYN-35", "SYN-40", "SYN-37") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  KIRQL level = 0xFF;
  PKTHREAD thread = nullptr;
  what.body = [&] {
    level = KeGetCurrentIrql();
    thread = KeGetCurrentThread();
  };
  machine.Run([&] {
    WDFWORKITEM item = NewWorkItem(hooks.device, what);
    WdfWorkItemFlush(item);  // never enqueued: returns at once
    EXPECT_EQ(what.runs, 0);
    {
      AtDispatch raised;
      WdfWorkItemEnqueue(item);
    }
    WdfWorkItemFlush(item);
    EXPECT_EQ(what.runs, 1);
    EXPECT_EQ(level, PASSIVE_LEVEL);
    EXPECT_NE(thread, KeGetCurrentThread());
    EXPECT_EQ(WdfWorkItemGetParentObject(item), WDFOBJECT(hooks.device));
  });
}

CONFORMANCE(WorkItems, EnqueuedWhileRunningGiveASecondRunThatMayOverlap, "SYN-36", "SYN-35") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  std::atomic<bool> second_began{false};
  bool overlapped = false;
  what.body = [&] {
    if (what.runs == 1) {
      overlapped = Until([&] { return second_began.load(); });
    } else {
      second_began = true;
    }
  };
  machine.Run([&] {
    WDFWORKITEM item = NewWorkItem(hooks.device, what);
    WdfWorkItemEnqueue(item);
    ASSERT_TRUE(Runs(what, 1));
    WdfWorkItemEnqueue(item);
    WdfWorkItemFlush(item);
    EXPECT_EQ(what.runs, 2);
    EXPECT_TRUE(overlapped);
  });
}

CONFORMANCE(WorkItems, AFlushInTheOwnCallbackReturnsAtOnce, "SYN-38", "DEVX-16") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  WDFWORKITEM item = nullptr;
  std::atomic<bool> returned{false};
  what.body = [&] {
    WdfWorkItemFlush(item);
    returned = true;
  };
  machine.Run([&] {
    item = NewWorkItem(hooks.device, what);
    WdfWorkItemEnqueue(item);
    EXPECT_TRUE(Until([&] { return returned.load(); }));
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(WorkItems, DeletionWaitsForARunOnAnotherThread, "SYN-39", "OBJ-19") {
  Hooks hooks;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  std::atomic<bool> finished{false};
  what.body = [&] {
    SleepMs(20);
    finished = true;
  };
  machine.Run([&] {
    WDFWORKITEM never = nullptr;
    ASSERT_EQ(S(CreateWorkItem(hooks.device, &never)), S(STATUS_SUCCESS));
    WdfObjectDelete(never);
    WDFWORKITEM item = NewWorkItem(hooks.device, what);
    WdfWorkItemEnqueue(item);
    WdfObjectDelete(item);
    EXPECT_TRUE(finished) << "queued: the run was waited for";
  });
}

CONFORMANCE(WorkItems, DeletionInTheOwnCallbackEndsAfterIt, "SYN-39", "DEVX-16") {
  Hooks hooks;
  static Log* lines;
  Log log;
  lines = &log;
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  WDFWORKITEM item = nullptr;
  what.body = [&] {
    WdfObjectDelete(item);
    log.Add("deleted");
    SleepMs(5);
    log.Add("returns");
  };
  machine.Run([&] {
    WDF_WORKITEM_CONFIG config;
    WDF_WORKITEM_CONFIG_INIT(&config, [](WDFWORKITEM me) { Call(me); });
    WDF_OBJECT_ATTRIBUTES attributes = Below(hooks.device);
    attributes.EvtCleanupCallback = [](WDFOBJECT) { lines->Add("cleanup"); };
    ASSERT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_SUCCESS));
    Bind(item, what);
    WdfWorkItemEnqueue(item);
    ASSERT_TRUE(Until([&] { return log.lines().size() == 3; }));
    EXPECT_EQ(log.lines(), (Lines{"deleted", "returns", "cleanup"}));
  });
}

CONFORMANCE(WorkItems, RefuseBadConfigurations, "DEVX-16", "SYN-22") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFWORKITEM item = nullptr;
    WDF_WORKITEM_CONFIG config;
    WDF_WORKITEM_CONFIG_INIT(&config, nullptr);
    WDF_OBJECT_ATTRIBUTES attributes = Below(hooks.device);
    EXPECT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_INVALID_PARAMETER));
    config.Size = 1;
    EXPECT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_INFO_LENGTH_MISMATCH));
    WDF_WORKITEM_CONFIG_INIT(&config, [](WDFWORKITEM) {});
    EXPECT_EQ(S(WdfWorkItemCreate(&config, WDF_NO_OBJECT_ATTRIBUTES, &item)), S(STATUS_WDF_PARENT_NOT_SPECIFIED));
    attributes.ParentObject = nullptr;
    EXPECT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_WDF_PARENT_NOT_SPECIFIED));
    attributes.ParentObject = hooks.driver;
    EXPECT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_INVALID_DEVICE_REQUEST));
    attributes.ParentObject = NewObject(hooks.device);
    EXPECT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_SUCCESS));
  });
}

// --- serialisation ---

CONFORMANCE(Serialisation, WithScopeNoneHasNoEffect, "O-19", "SYN-10") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFTIMER timer;
    WDFWORKITEM item;
    WDFDPC dpc;
    EXPECT_EQ(S(CreateWorkItem(hooks.device, &item)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(CreateDpc(hooks.device, &dpc)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(CreateTimer(hooks.device, &timer)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(CreateTimer(hooks.device, &timer, 0, true)), S(STATUS_SUCCESS));
  });
}

CONFORMANCE(Serialisation, LevelsMustFitADispatchParent, "SYN-19", "SYN-21", "O-19") {
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.SynchronizationScope = WdfSynchronizationScopeDevice; };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFTIMER timer;
    WDFWORKITEM item;
    WDFDPC dpc;
    EXPECT_EQ(S(CreateWorkItem(hooks.device, &item)), S(STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL));
    EXPECT_EQ(S(CreateWorkItem(hooks.device, &item, false)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(CreateTimer(hooks.device, &timer, 0, true)), S(STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL));
    EXPECT_EQ(S(CreateTimer(hooks.device, &timer)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(CreateDpc(hooks.device, &dpc)), S(STATUS_SUCCESS));
  });
}

CONFORMANCE(Serialisation, LevelsMustFitAPassiveParent, "SYN-20", "O-19") {
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) {
    attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFTIMER timer;
    WDFWORKITEM item;
    WDFDPC dpc;
    EXPECT_EQ(S(CreateDpc(hooks.device, &dpc)), S(STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL));
    EXPECT_EQ(S(CreateTimer(hooks.device, &timer)), S(STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL));
    EXPECT_EQ(S(CreateTimer(hooks.device, &timer, 0, true)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(CreateWorkItem(hooks.device, &item)), S(STATUS_SUCCESS));
  });
}

CONFORMANCE(Serialisation, CallbacksOfTheScopeNeverOverlap, "SYN-07", "SYN-06", "SYN-09", "IOX-49") {
  Hooks hooks;
  std::atomic<int> inside{0};
  std::atomic<bool> overlapped{false};
  auto body = [&] {
    if (inside.fetch_add(1) != 0) overlapped = true;
    SleepMs(1);
    inside.fetch_sub(1);
  };
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) {
    attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
  };
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    body();
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  What of_item, of_timer;
  of_item.body = body;
  of_timer.body = body;
  File file = rig.Open(), second = rig.Open();
  WDFWORKITEM item = nullptr;
  WDFTIMER timer = nullptr;
  machine.Run([&] {
    item = NewWorkItem(hooks.device, of_item);
    timer = NewTimer(hooks.device, of_timer, 0, true);
  });
  {
    Task a = machine.Start("a", [&] {
      for (int i = 0; i < 10; ++i) file.Ioctl(kIoctl);
    });
    Task b = machine.Start("b", [&] {
      for (int i = 0; i < 10; ++i) second.Ioctl(kIoctl);
    });
    Task c = machine.StartKernel("c", [&] {
      for (int i = 0; i < 10; ++i) {
        WdfWorkItemEnqueue(item);
        WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
        SleepMs(2);
      }
    });
  }
  machine.Run([&] {
    WdfWorkItemFlush(item);
    WdfTimerStop(timer, TRUE);
  });
  EXPECT_GE(of_item.runs, 1);
  EXPECT_GE(of_timer.runs, 1);
  EXPECT_FALSE(overlapped);
}

CONFORMANCE(Serialisation, ASerialisedDispatchCallbackRunsUnderTheSpinLock, "DEVX-17", "SYN-07") {
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.SynchronizationScope = WdfSynchronizationScopeDevice; };
  What what;
  Rig rig(machine, hooks);
  rig.AddDevice();
  std::atomic<bool> held{false};
  what.body = [&] { held = KeGetCurrentIrql() == DISPATCH_LEVEL; };
  machine.Run([&] {
    WDFTIMER timer = NewTimer(hooks.device, what);
    WdfTimerStart(timer, -1);
    EXPECT_TRUE(Runs(what, 1));
    WdfTimerStop(timer, TRUE);
    EXPECT_TRUE(held);
    // While we hold the lock the callback waits.
    WdfObjectAcquireLock(hooks.device);
    WdfTimerStart(timer, -1);
    KeStallExecutionProcessor(2000);
    EXPECT_EQ(what.runs, 1);
    WdfObjectReleaseLock(hooks.device);
    EXPECT_TRUE(Runs(what, 2));
  });
}

}  // namespace
}  // namespace drydock::test
