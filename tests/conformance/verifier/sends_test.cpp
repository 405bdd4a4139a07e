// Rules about how requests are sent.
#include "findings.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

// --- time-outs ---

CONFORMANCE_WITH(WithRules(), RuleTimeouts, SyncMethodWithoutTimeoutIsFound, "IOT-11.01") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    EXPECT_EQ(S(SendIoctl(stack.local(), 0, request)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(SendIoctl(stack.local(), 0, request)), S(STATUS_SUCCESS));  // told once
    // RequestOptions NULL, and a Timeout of 0 with its flag, are no time-out either.
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kOutDirect, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    auto zero = Options(WDF_REQUEST_SEND_OPTION_TIMEOUT);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kInDirect, nullptr, nullptr, &zero, nullptr)), S(STATUS_SUCCESS));
    WdfObjectDelete(request);
  });
  EXPECT_EQ(Findings(machine, "SyncSendWithoutTimeout"), 3u) << machine.ReportText();
}

CONFORMANCE_WITH(WithRules(), RuleTimeouts, NoRequestAndNoTimeoutIsFoundAsTheWorst, "IOT-11.03", "IOT-11.01") {
  Stack stack(machine, Answers());
  machine.Run([&] { EXPECT_EQ(S(SendIoctl(stack.local(), 0)), S(STATUS_SUCCESS)); });
  EXPECT_EQ(Findings(machine, "SyncSendUnbounded"), 1u);
  EXPECT_EQ(Findings(machine, "SyncSendWithoutTimeout"), 0u);
}

CONFORMANCE_WITH(WithRules(), RuleTimeouts, SyncRequestSendWithoutTimeoutIsFound, "IOT-11.02") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    auto options = Options(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    WdfObjectDelete(request);
  });
  EXPECT_EQ(Findings(machine, "SyncRequestSendWithoutTimeout"), 1u);
}

CONFORMANCE_WITH(WithRules(), RuleTimeouts, TimedSyncSendsAreSilent, "IOT-11.01", "IOT-11.02", "IOT-11.03", "IOT-11.04") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    EXPECT_EQ(S(SendIoctl(stack.local())), S(STATUS_SUCCESS));
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    auto options = Options(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS, Milliseconds(1000));  // no timer is needed: the thread itself waits
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    WdfObjectDelete(request);
  });
  EXPECT_TRUE(Silent(machine));
}

CONFORMANCE_WITH(WithRules(), RuleTimeouts, TimedAsynchronousSendNeedsItsTimerBefore, "IOT-11.04") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    auto options = Options(0, Milliseconds(1000));
    Completion good, bad;
    WDFREQUEST request = ReadyIoctl(stack.local(), good);
    EXPECT_EQ(S(WdfRequestAllocateTimer(request)), S(STATUS_SUCCESS));
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_TRUE(Until([&] { return good.runs == 1; }));
    WdfObjectDelete(request);
    EXPECT_EQ(Findings(machine, "TimedSendWithoutTimer"), 0u);
    request = ReadyIoctl(stack.local(), bad);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_TRUE(Until([&] { return bad.runs == 1; }));
    WdfObjectDelete(request);
  });
  EXPECT_EQ(Findings(machine, "TimedSendWithoutTimer"), 1u);
}

// --- cost ---

CONFORMANCE_WITH(WithRules({.sync_sends = 5, .sync_send_interval = std::chrono::seconds(60)}), RuleCost, ManySyncSendsAreFound, "IOT-11.05") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(S(SendIoctl(stack.local())), S(STATUS_SUCCESS));
  });
  EXPECT_TRUE(Silent(machine));
  machine.Run([&] { SendIoctl(stack.local()); });
  EXPECT_EQ(Findings(machine, "SyncSendRate"), 1u);
}

CONFORMANCE_WITH(WithRules({.sync_sends = 5, .sync_send_interval = milliseconds(10)}), RuleCost, TheSameNumberOverALongTimeIsSilent, "IOT-11.05") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(S(SendIoctl(stack.local())), S(STATUS_SUCCESS));
      SleepMs(5);
    }
  });
  EXPECT_TRUE(Silent(machine));
}

CONFORMANCE_WITH(WithRules({.blocked_window = milliseconds(50)}), RuleCost, AThreadThatIsMostlyBlockedIsFound, "IOT-11.06") {
  Stack stack(machine, AnswersAfter(machine, milliseconds(20)));
  machine.Run([&] {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(S(SendIoctl(stack.local())), S(STATUS_SUCCESS));
  });
  EXPECT_EQ(Findings(machine, "SyncSendCost"), 1u) << machine.ReportText();
}

CONFORMANCE_WITH(WithRules({.blocked_window = milliseconds(100)}), RuleCost, AThreadThatIsSeldomBlockedIsSilent, "IOT-11.06") {
  Stack stack(machine, AnswersAfter(machine, milliseconds(2)));
  machine.Run([&] {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(S(SendIoctl(stack.local())), S(STATUS_SUCCESS));
      SleepMs(120);
    }
  });
  EXPECT_TRUE(Silent(machine));
}

CONFORMANCE_WITH(WithRules({.blocked_window = std::chrono::seconds(60), .undelivered = 3}), RuleCost, RequestsThatPileUpBehindASyncSendAreFound, "IOT-11.06") {
  Hooks hooks;
  hooks.dispatch = WdfIoQueueDispatchSequential;
  WDFDEVICE device = nullptr;
  hooks.added = [&](WDFDEVICE added) { device = added; };
  hooks.ioctl = [&](WDFREQUEST request, ULONG) { WdfRequestComplete(request, SendIoctl(WdfDeviceGetIoTarget(device), 10'000)); };
  ModelFunctions model = {.on_ioctl = [&](const ModelRequest& request) {
    request.Pend();
    machine.After(milliseconds(300), [request] { request.Complete(STATUS_SUCCESS); });
  }};
  Stack stack(machine, model, hooks);
  File file = stack.Open();
  std::vector<Task> callers;
  auto call = [&] { callers.push_back(machine.Start("caller", [&] { EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_SUCCESS); })); };
  for (int i = 0; i < 3; ++i) call();  // one blocks, two wait
  machine.RunUntilIdle();
  EXPECT_TRUE(Silent(machine));
  for (int i = 0; i < 2; ++i) call();
  machine.RunUntilIdle();
  EXPECT_EQ(Findings(machine, "SyncSendCost"), 1u) << machine.ReportText();
  for (Task& caller : callers) caller.Join();
}

// A busy host stretches the short send too: the limit leaves it half a second.
CONFORMANCE_WITH(WithRules({.stall = milliseconds(500)}), RuleCost, ASyncSendThatDoesNotReturnIsFoundWithItsStack, "IOT-11.07") {
  Stack stack(machine, NeverAnswers());
  machine.Run([&] { EXPECT_EQ(S(SendIoctl(stack.local(), 10)), S(STATUS_IO_TIMEOUT)); });
  EXPECT_TRUE(Silent(machine));
  machine.Run([&] { EXPECT_EQ(S(SendIoctl(stack.local(), 800)), S(STATUS_IO_TIMEOUT)); });
  ASSERT_EQ(Findings(machine, "SyncSendStall"), 1u) << machine.ReportText();
  for (const Report& report : machine.reports()) {
    if (!report.words.starts_with("[SyncSendStall]")) continue;
    EXPECT_NE(report.words.find("IOCTL 0x"), std::string::npos) << report.words;
    EXPECT_FALSE(report.stack.empty());
  }
}

// --- where a thread must not block ---

struct WorkItemSend {
  WDFIOTARGET target = nullptr;
  bool asynchronous = false;
  int done = 0;
};
struct WorkItemContext {
  WorkItemSend* send;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(WorkItemContext, SendOfWorkItem)

void SendInWorkItem(WDFWORKITEM item) {
  WorkItemSend& send = *SendOfWorkItem(item)->send;
  if (!send.asynchronous) {
    EXPECT_EQ(S(SendIoctl(send.target)), S(STATUS_SUCCESS));
  } else {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(send.target, completion);
    EXPECT_TRUE(WdfRequestSend(request, send.target, nullptr));
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    WdfObjectDelete(request);
  }
  __atomic_add_fetch(&send.done, 1, __ATOMIC_SEQ_CST);
}

WDFWORKITEM NewWorkItem(WDFDEVICE device, WorkItemSend& send) {
  WDF_WORKITEM_CONFIG config;
  WDF_WORKITEM_CONFIG_INIT(&config, SendInWorkItem);
  config.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, WorkItemContext);
  attributes.ParentObject = device;
  WDFWORKITEM item = nullptr;
  EXPECT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_SUCCESS));
  SendOfWorkItem(item)->send = &send;
  return item;
}

CONFORMANCE_WITH(WithRules(), RuleBlocking, SyncSendInAWorkItemIsFound, "IOT-11.08") {
  Stack stack(machine, Answers());
  WorkItemSend send{.target = stack.local(), .asynchronous = true};
  machine.Run([&] {
    WDFWORKITEM item = NewWorkItem(stack.wdf(), send);
    WdfWorkItemEnqueue(item);
    WdfWorkItemFlush(item);
    EXPECT_TRUE(Silent(machine));
    send.asynchronous = false;
    WdfWorkItemEnqueue(item);
    WdfWorkItemFlush(item);
  });
  EXPECT_EQ(send.done, 2);
  EXPECT_EQ(Findings(machine, "SyncSendInWorkItem"), 1u);
  EXPECT_EQ(Findings(machine, "WorkItemsStarved"), 0u);
}

CONFORMANCE_WITH(WithRules(), RuleBlocking, AllWorkersBlockedWhileItemsWaitIsFound, "IOT-11.08") {
  Stack stack(machine, AnswersAfter(machine, milliseconds(100)));
  WorkItemSend send{.target = stack.local()};
  machine.Run([&] {
    std::vector<WDFWORKITEM> items;
    for (int i = 0; i < 64; ++i) items.push_back(NewWorkItem(stack.wdf(), send));
    for (WDFWORKITEM item : items) WdfWorkItemEnqueue(item);
    for (WDFWORKITEM item : items) WdfWorkItemFlush(item);
  });
  EXPECT_EQ(send.done, 64);
  EXPECT_EQ(Findings(machine, "WorkItemsStarved"), 1u);
}

struct HandlerCase {
  WDF_IO_QUEUE_DISPATCH_TYPE dispatch = WdfIoQueueDispatchSequential;
  WDF_TRI_STATE managed = WdfFalse;
};

void SendFromHandler(Machine& machine, HandlerCase form) {
  Hooks hooks;
  WDFDEVICE device = nullptr;
  hooks.dispatch = form.dispatch;
  hooks.queue = [&](WDF_IO_QUEUE_CONFIG& config) { config.PowerManaged = form.managed; };
  hooks.added = [&](WDFDEVICE added) { device = added; };
  hooks.ioctl = [&](WDFREQUEST request, ULONG) { WdfRequestComplete(request, SendIoctl(WdfDeviceGetIoTarget(device))); };
  Stack stack(machine, Answers(), hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered, nullptr, 0, nullptr, 0).status, STATUS_SUCCESS);
}

CONFORMANCE_WITH(WithRules(), RuleBlocking, SyncSendFromAHandlerOfAManagedQueueIsFound, "IOT-11.09") {
  SendFromHandler(machine, {.managed = WdfTrue});
  EXPECT_EQ(Findings(machine, "SyncSendInManagedHandler"), 1u);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u) << machine.ReportText();
}

CONFORMANCE_WITH(WithRules(), RuleBlocking, SyncSendFromAHandlerOfAParallelQueueIsFound, "IOT-11.15") {
  SendFromHandler(machine, {.dispatch = WdfIoQueueDispatchParallel});
  EXPECT_EQ(Findings(machine, "SyncSendInParallelHandler"), 1u);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u) << machine.ReportText();
}

CONFORMANCE_WITH(WithRules(), RuleBlocking, SyncSendFromASequentialUnmanagedQueueIsSilent, "IOT-11.09", "IOT-11.15") {
  SendFromHandler(machine, {});
  EXPECT_TRUE(Silent(machine));
}

CONFORMANCE_WITH(WithRules(), RuleBlocking, SyncSendAbovePassiveLevelOrWithALockIsFound, "IOT-11.10") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    EXPECT_EQ(S(SendIoctl(stack.local())), S(STATUS_SUCCESS));
    EXPECT_TRUE(Silent(machine));
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    SendIoctl(stack.local());
    KeLowerIrql(old);
    EXPECT_EQ(Findings(machine, "SyncSendAboveItsLevel"), 1u);
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    KeAcquireSpinLock(&lock, &old);
    SendIoctl(stack.local(), 1000, nullptr, kNeither);
    KeReleaseSpinLock(&lock, old);
    EXPECT_EQ(Findings(machine, "SyncSendAboveItsLevel"), 2u);
  });
}

CONFORMANCE_WITH(WithRules(), RuleBlocking, PowerDownBehindASyncSendIsFoundEvenWithEvtIoStop, "IOT-11.16") {
  Hooks hooks;
  WDFDEVICE device = nullptr;
  hooks.dispatch = WdfIoQueueDispatchSequential;
  hooks.queue = [&](WDF_IO_QUEUE_CONFIG& config) { config.PowerManaged = WdfTrue; };
  hooks.io_stop = [](WDFQUEUE, WDFREQUEST request, ULONG) { WdfRequestStopAcknowledge(request, FALSE); };
  hooks.added = [&](WDFDEVICE added) { device = added; };
  hooks.ioctl = [&](WDFREQUEST request, ULONG) { WdfRequestComplete(request, SendIoctl(WdfDeviceGetIoTarget(device), 300)); };
  Stack stack(machine, NeverAnswers(), hooks);
  EXPECT_EQ(machine.SetPowerState(stack.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetPowerState(stack.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(Findings(machine, "PowerDownBehindSyncSend"), 0u);
  File file = stack.Open();
  Task caller = machine.Start("caller", [&] { EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_IO_TIMEOUT); });
  machine.RunUntilIdle();
  EXPECT_EQ(machine.SetPowerState(stack.device, 3), STATUS_SUCCESS);
  caller.Join();
  EXPECT_EQ(Findings(machine, "PowerDownBehindSyncSend"), 1u) << machine.ReportText();
}

// --- exclusive operations ---

CONFORMANCE_WITH(WithRules({.exclusive_codes = {kNeither}}), RuleExclusive, SyncOperationsOneAfterTheOtherAreSilent, "IOT-11.11", "IOT-11.13") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    WdfObjectDelete(request);
    EXPECT_EQ(S(SendIoctl(stack.local(), 1000, nullptr, kNeither)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(SendIoctl(stack.local())), S(STATUS_SUCCESS));
  });
  EXPECT_TRUE(Silent(machine));
}

CONFORMANCE_WITH(WithRules({.exclusive_codes = {kNeither}}), RuleExclusive, AnotherRequestInFlightIsFound, "IOT-11.11") {
  Stack stack(machine, AnswersAfter(machine, milliseconds(50)));
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(S(SendIoctl(stack.local(), 1000, nullptr, kNeither)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    WdfObjectDelete(request);
  });
  EXPECT_EQ(Findings(machine, "ExclusiveOverlap"), 1u);
  EXPECT_EQ(Findings(machine, "ExclusiveSentAsynchronously"), 0u);
}

CONFORMANCE_WITH(WithRules({.exclusive_codes = {kNeither}}), RuleExclusive, AsynchronousAndNotAwaitedIsFound, "IOT-11.13") {
  Stack stack(machine, AnswersAfter(machine, milliseconds(50)));
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion, kNeither);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(S(SendIoctl(stack.local())), S(STATUS_SUCCESS));
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    WdfObjectDelete(request);
  });
  EXPECT_EQ(Findings(machine, "ExclusiveSentAsynchronously"), 1u);
}

}  // namespace
}  // namespace drydock::test
