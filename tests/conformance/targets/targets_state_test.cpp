// Start, stop, purge: who is delivered, who waits, who is cancelled, who is waited for.
#include "probe.h"

namespace drydock::test {
namespace {

// Keeps requests; a cancel completes them and notes their order.
struct Keeper {
  std::vector<ModelRequest> kept;
  std::vector<size_t> cancelled;  // indices, in order of cancellation
  ModelFunctions model(bool cancelable = true) {
    return {.on_ioctl = [this, cancelable](const ModelRequest& request) {
      const size_t index = kept.size();
      kept.push_back(request);
      if (!cancelable) return request.Pend();
      request.Pend([this, index](const ModelRequest& r) {
        cancelled.push_back(index);
        r.Complete(STATUS_CANCELLED);
      });
    }};
  }
};

CONFORMANCE(TargetsState, AStoppedTargetHoldsRequestsAndStartSendsThemOldestFirst, "IOT-3.16", "IOT-6.07", "IOT-6.03", "IOT-6.06", "IOX-30", "OP-4") {
  std::vector<ULONG> order;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    order.push_back(request.ioctl());
    request.Complete(STATUS_SUCCESS);
  }});
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStopped);
    Completion completions[3];
    WDFREQUEST requests[3];
    for (ULONG i = 0; i < 3; ++i) {
      requests[i] = ReadyIoctl(target, completions[i], kBuffered + i * 4);
      EXPECT_TRUE(WdfRequestSend(requests[i], target, nullptr));
    }
    EXPECT_TRUE(order.empty());
    EXPECT_EQ(S(WdfIoTargetStart(target)), S(STATUS_SUCCESS));
    EXPECT_EQ(order, (std::vector<ULONG>{kBuffered, kBuffered + 4, kBuffered + 8}));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(completions[i].runs, 1);
      WdfObjectDelete(requests[i]);
    }
  });
}

CONFORMANCE(TargetsState, StartResendsAtDispatchLevel, "IOT-6.06", "IOX-30") {
  KIRQL seen = 0xFF;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    seen = KeGetCurrentIrql();
    request.Complete(STATUS_SUCCESS);
  }});
  machine.Run([&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    KeLowerIrql(old);
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(S(WdfIoTargetStart(stack.local())), S(STATUS_SUCCESS));
    EXPECT_EQ(completion.runs, 1);
    KeLowerIrql(old);
    EXPECT_EQ(seen, DISPATCH_LEVEL);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsState, ASynchronousSenderBlocksUntilStart, "OP-4") {
  Stack stack(machine, {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS, 0); }});
  machine.Run([&] {
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    bool started = false;
    Task starter = machine.StartKernel("starter", [&] {
      SleepMs(20);
      started = true;
      WdfIoTargetStart(stack.local());
    });
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_TRUE(started);
    starter.Join();
  });
}

CONFORMANCE(TargetsState, AnAlreadyCancelledRequestIsNotQueued, "OP-4") {
  Stack stack(machine, {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS); }});
  machine.Run([&] {
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    IoCancelIrp(WdfRequestWdmGetIrp(request));  // the IRP alone, so that no mark of the framework's is set
    EXPECT_FALSE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_CANCELLED));
    EXPECT_EQ(completion.runs, 0);
    WdfIoTargetStart(stack.local());
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsState, IgnoreTargetStateIsDeliveredThroughStopAndPurge, "IOT-3.17", "IOT-6.11") {
  int below = 0;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    ++below;
    request.Complete(STATUS_SUCCESS);
  }});
  machine.Run([&] {
    auto ignore = Options(WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &ignore, nullptr)), S(STATUS_SUCCESS));
    WdfIoTargetPurge(stack.local(), WdfIoTargetPurgeIo);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &ignore, nullptr)), S(STATUS_SUCCESS));
    WdfIoTargetStart(stack.local());
  });
  EXPECT_EQ(below, 2);
}

CONFORMANCE(TargetsState, StopCancelSentIoCancelsDeliveredOnesInOrderAndLeavesWaitingOnes, "IOT-6.08", "IOX-28", "IOT-6.12") {
  Keeper keeper;
  Stack stack(machine, keeper.model());
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    Completion sent[3], waiting;
    WDFREQUEST requests[3];
    for (int i = 0; i < 3; ++i) {
      requests[i] = ReadyIoctl(target, sent[i]);
      EXPECT_TRUE(WdfRequestSend(requests[i], target, nullptr));
    }
    WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
    WDFREQUEST late = ReadyIoctl(target, waiting);
    EXPECT_TRUE(WdfRequestSend(late, target, nullptr));
    EXPECT_TRUE(keeper.cancelled.empty());
    WdfIoTargetStop(target, WdfIoTargetCancelSentIo);
    EXPECT_EQ(keeper.cancelled, (std::vector<size_t>{0, 1, 2}));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(sent[i].runs, 1);
      EXPECT_EQ(S(sent[i].status), S(STATUS_CANCELLED));
      WdfObjectDelete(requests[i]);
    }
    EXPECT_EQ(waiting.runs, 0);
    WdfIoTargetStart(target);
    EXPECT_EQ(keeper.kept.size(), 4u);
    keeper.kept[3].Complete(STATUS_SUCCESS);
    EXPECT_EQ(waiting.runs, 1);
    WdfObjectDelete(late);
  });
}

CONFORMANCE(TargetsState, WaitForSentIoReturnsAfterCompletionAndRoutine, "IOT-6.09", "OP-6", "IOX-33") {
  Keeper keeper;
  Stack stack(machine, keeper.model(false));
  machine.Run([&] {
    Completion completion;
    bool routine_done = false;
    completion.then = [&](WDFREQUEST) {
      SleepMs(20);
      routine_done = true;
    };
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    Task completer = machine.StartKernel("completer", [&] {
      SleepMs(20);
      keeper.kept[0].Complete(STATUS_SUCCESS);
    });
    WdfIoTargetStop(stack.local(), WdfIoTargetWaitForSentIoToComplete);
    EXPECT_TRUE(routine_done);  // it was the last one
    completer.Join();
    WdfIoTargetStart(stack.local());
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsState, StoppingFromARoutineDoesNotWaitForThatVeryRequest, "OP-6") {
  Keeper keeper;
  Stack stack(machine, keeper.model(false));
  machine.Run([&] {
    Completion completion;
    completion.then = [&](WDFREQUEST) { WdfIoTargetStop(stack.local(), WdfIoTargetWaitForSentIoToComplete); };
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    keeper.kept.at(0).Complete(STATUS_SUCCESS);
    EXPECT_EQ(completion.runs, 1);
    EXPECT_EQ(WdfIoTargetGetState(stack.local()), WdfIoTargetStopped);
    WdfIoTargetStart(stack.local());
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsState, StopDoesNotWaitForRequestsThatIgnoreTheState, "IOT-6.11", "IOX-33") {
  Keeper keeper;
  Stack stack(machine, keeper.model());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    auto ignore = Options(WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &ignore));
    WdfIoTargetStop(stack.local(), WdfIoTargetCancelSentIo);
    WdfIoTargetStop(stack.local(), WdfIoTargetWaitForSentIoToComplete);
    WdfIoTargetPurge(stack.local(), WdfIoTargetPurgeIoAndWait);
    EXPECT_TRUE(keeper.cancelled.empty());
    keeper.kept.at(0).Complete(STATUS_SUCCESS);
    EXPECT_EQ(completion.runs, 1);
    WdfIoTargetStart(stack.local());
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsState, PurgeEndsWaitingOnesFirstThenCancelsDeliveredOnes, "IOX-29", "IOT-6.04", "IOT-6.15", "IOT-6.16") {
  Keeper keeper;
  Stack stack(machine, keeper.model());
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    std::vector<int> order;
    Completion completions[4];
    WDFREQUEST requests[4];
    for (int i = 0; i < 4; ++i) {
      completions[i].then = [&order, i](WDFREQUEST) { order.push_back(i); };
      if (i == 2) WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
      requests[i] = ReadyIoctl(target, completions[i]);
      EXPECT_TRUE(WdfRequestSend(requests[i], target, nullptr));
    }
    WdfIoTargetPurge(target, WdfIoTargetPurgeIoAndWait);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetPurged);
    EXPECT_EQ(order, (std::vector<int>{2, 3, 0, 1}));
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(S(completions[i].status), S(i < 2 ? STATUS_CANCELLED : STATUS_WDF_DEVICE_REMOVED_NOT_SENT));
      EXPECT_EQ(completions[i].information, 0u);
      EXPECT_EQ(completions[i].thread, KeGetCurrentThread());
      WdfObjectDelete(requests[i]);
    }
    WdfIoTargetStart(target);
  });
}

CONFORMANCE(TargetsState, APurgedSynchronousSenderReturnsTheNotSentStatus, "IOX-29", "OP-27") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    Task purger = machine.StartKernel("purger", [&] {
      machine.RunUntilIdle();  // the sender waits
      WdfIoTargetPurge(stack.local(), WdfIoTargetPurgeIo);
    });
    ULONG_PTR bytes = 3;
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, nullptr, &bytes)),
              S(STATUS_WDF_DEVICE_REMOVED_NOT_SENT));
    EXPECT_EQ(bytes, 0u);
    purger.Join();
    WdfIoTargetStart(stack.local());
  });
}

CONFORMANCE(TargetsState, BothPurgeActionsRefuseSendsAndCompleteNothing, "IOT-6.17", "OP-5") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    for (auto action : {WdfIoTargetPurgeIo, WdfIoTargetPurgeIoAndWait}) {
      WdfIoTargetPurge(stack.local(), action);
      Completion completion;
      WDFREQUEST request = ReadyIoctl(stack.local(), completion);
      auto sync = Options(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
      EXPECT_FALSE(WdfRequestSend(request, stack.local(), nullptr));
      EXPECT_FALSE(WdfRequestSend(request, stack.local(), &sync));
      EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INVALID_DEVICE_STATE));
      EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)),
                S(STATUS_INVALID_DEVICE_STATE));
      EXPECT_EQ(completion.runs, 0);
      WdfObjectDelete(request);
      EXPECT_EQ(S(WdfIoTargetStart(stack.local())), S(STATUS_SUCCESS));
      EXPECT_EQ(WdfIoTargetGetState(stack.local()), WdfIoTargetStarted);
    }
  });
}

CONFORMANCE(TargetsState, PurgeIoReturnsWithoutWaitingAtDispatchLevel, "IOT-6.15") {
  Keeper keeper;
  Stack stack(machine, keeper.model(false));
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    WdfIoTargetPurge(stack.local(), WdfIoTargetPurgeIo);
    KeLowerIrql(old);
    EXPECT_EQ(completion.runs, 0);
    keeper.kept.at(0).Complete(STATUS_SUCCESS);
    EXPECT_EQ(completion.runs, 1);
    WdfIoTargetStart(stack.local());
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsState, ActionsOutOfRangeDoNothing, "IOX-32") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    for (int action : {0, 4, 77}) {
      WdfIoTargetStop(stack.local(), WDF_IO_TARGET_SENT_IO_ACTION(action));
      EXPECT_EQ(WdfIoTargetGetState(stack.local()), WdfIoTargetStarted);
    }
    for (int action : {0, 3, 77}) {
      WdfIoTargetPurge(stack.local(), WDF_IO_TARGET_PURGE_IO_ACTION(action));
      EXPECT_EQ(WdfIoTargetGetState(stack.local()), WdfIoTargetStarted);
    }
  });
}

CONFORMANCE(TargetsState, RepeatedStopsAndPurgesAreLegalAndOneStartEndsThem, "IOT-6.12") {
  Keeper keeper;
  Stack stack(machine, keeper.model());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    WdfIoTargetPurge(stack.local(), WdfIoTargetPurgeIo);
    WdfIoTargetPurge(stack.local(), WdfIoTargetPurgeIoAndWait);
    EXPECT_EQ(completion.runs, 1);
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    EXPECT_EQ(WdfIoTargetGetState(stack.local()), WdfIoTargetStopped);
    EXPECT_EQ(S(WdfIoTargetStart(stack.local())), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfIoTargetGetState(stack.local()), WdfIoTargetStarted);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsState, StartBlocksWhileAnotherThreadsStopWaits, "IOX-31") {
  Keeper keeper;
  Stack stack(machine, keeper.model(false));
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    bool stopped = false;
    Task stopper = machine.StartKernel("stopper", [&] {
      WdfIoTargetStop(stack.local(), WdfIoTargetWaitForSentIoToComplete);
      stopped = true;
    });
    machine.RunUntilIdle();  // the stopper waits
    machine.After(std::chrono::milliseconds(30), [&] { keeper.kept[0].Complete(STATUS_SUCCESS); });
    EXPECT_EQ(S(WdfIoTargetStart(stack.local())), S(STATUS_SUCCESS));
    EXPECT_EQ(completion.runs, 1);
    stopper.Join();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(WdfIoTargetGetState(stack.local()), WdfIoTargetStarted);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsState, ARoutineThatStopsAgainLeavesTheRestOfAStartWaiting, "IOX-30") {
  int below = 0;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    ++below;
    request.Complete(STATUS_SUCCESS);
  }});
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
    Completion first, second;
    first.then = [&](WDFREQUEST) { WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending); };
    WDFREQUEST a = ReadyIoctl(target, first), b = ReadyIoctl(target, second);
    EXPECT_TRUE(WdfRequestSend(a, target, nullptr));
    EXPECT_TRUE(WdfRequestSend(b, target, nullptr));
    WdfIoTargetStart(target);
    EXPECT_EQ(first.runs, 1);
    EXPECT_EQ(second.runs, 0);
    EXPECT_EQ(below, 1);
    WdfIoTargetStart(target);
    EXPECT_EQ(second.runs, 1);
    WdfObjectDelete(a);
    WdfObjectDelete(b);
  });
}

CONFORMANCE(TargetsState, ARoutineThatPurgesEndsTheRestOfAStart, "IOX-30") {
  Stack stack(machine, {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS, 3); }});
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
    Completion first, second;
    first.then = [&](WDFREQUEST) { WdfIoTargetPurge(target, WdfIoTargetPurgeIo); };
    WDFREQUEST a = ReadyIoctl(target, first), b = ReadyIoctl(target, second);
    EXPECT_TRUE(WdfRequestSend(a, target, nullptr));
    EXPECT_TRUE(WdfRequestSend(b, target, nullptr));
    WdfIoTargetStart(target);
    EXPECT_EQ(second.runs, 1);
    EXPECT_EQ(S(second.status), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(second.information, 0u);
    WdfIoTargetStart(target);
    WdfObjectDelete(a);
    WdfObjectDelete(b);
  });
}

CONFORMANCE(TargetsState, RemovalDoesNotStopALocalTargetAsSuch, "IOT-6.23", "IOX-34") {
  static WDF_IO_TARGET_STATE in_surprise, in_cleanup;
  static NTSTATUS sent;
  in_surprise = in_cleanup = WdfIoTargetStateUndefined;
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDeviceSurpriseRemoval = [](WDFDEVICE device) { in_surprise = WdfIoTargetGetState(WdfDeviceGetIoTarget(device)); };
    callbacks.EvtDeviceSelfManagedIoCleanup = [](WDFDEVICE device) {
      in_cleanup = WdfIoTargetGetState(WdfDeviceGetIoTarget(device));
      sent = WdfIoTargetSendIoctlSynchronously(WdfDeviceGetIoTarget(device), nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr);
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &callbacks);
  };
  Stack stack(machine, {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_NO_SUCH_DEVICE); }}, hooks);
  EXPECT_EQ(machine.SurpriseRemove(stack.device), STATUS_SUCCESS);
  EXPECT_EQ(in_surprise, WdfIoTargetStarted);
  EXPECT_EQ(in_cleanup, WdfIoTargetStarted);
  EXPECT_EQ(S(sent), S(STATUS_NO_SUCH_DEVICE));  // what the lower driver answered
}

CONFORMANCE(TargetsState, AStopInAHandlerSimplyBlocks, "OP-6", "IOT-6.10") {
  if (!machine.simulated()) return;  // the stall is found at once only there
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, ULONG) {
    WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request)));
    WdfIoTargetStop(target, WdfIoTargetWaitForSentIoToComplete);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Keeper keeper;
  Stack stack(machine, keeper.model(false), hooks);
  Completion completion;
  WDFREQUEST out = nullptr;
  machine.Run([&] {
    out = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(out, stack.local(), nullptr));
  });
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, kStatusMachineStopped);
  ASSERT_NE(machine.bug_check(), nullptr);
  EXPECT_EQ(machine.bug_check()->kind, ReportKind::kStall);
  EXPECT_NE(machine.ReportText().find("I/O at the target to complete"), std::string::npos) << machine.ReportText();
  ConformanceTest::StopExpected() = true;
}

CONFORMANCE(TargetsState, AStallNamesTheSynchronousSendAndItsTarget, "OP-31", "IOT-11.07") {
  if (!machine.simulated()) return;
  Stack stack(machine, SilentDevice());
  machine.Run([&] { WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr); });
  ASSERT_NE(machine.bug_check(), nullptr);
  EXPECT_EQ(machine.bug_check()->kind, ReportKind::kStall);
  const std::string text = machine.ReportText();
  EXPECT_NE(text.find("synchronous send of IOCTL 0x222004"), std::string::npos) << text;
  EXPECT_NE(text.find("no time-out"), std::string::npos) << text;
  ConformanceTest::StopExpected() = true;
}

}  // namespace
}  // namespace drydock::test
