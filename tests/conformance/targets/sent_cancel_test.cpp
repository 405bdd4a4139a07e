// WdfRequestCancelSentRequest, and who runs the routine when completion, cancel and time-out meet.
#include "probe.h"

namespace drydock::test {
namespace {

CONFORMANCE(SentCancel, ReachesTheLowerDriverAndTheRoutineStillRuns, "IOT-5.19", "IOT-5.22", "IOX-13") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_TRUE(WdfRequestCancelSentRequest(request));
    EXPECT_EQ(completion.runs, 1);
    EXPECT_EQ(S(completion.status), S(STATUS_CANCELLED));
    EXPECT_EQ(completion.thread, KeGetCurrentThread());
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SentCancel, OnADriverThatIgnoresItReturnsFalseAndLeavesTheFlag, "IOX-13", "IOT-5.19") {
  std::vector<ModelRequest> kept;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.Pend();
    kept.push_back(request);
  }});
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_FALSE(WdfRequestCancelSentRequest(request));
    EXPECT_EQ(completion.runs, 0);
    EXPECT_TRUE(WdfRequestWdmGetIrp(request)->Cancel);
    kept.at(0).Complete(STATUS_SUCCESS);
    EXPECT_EQ(completion.runs, 1);
    EXPECT_EQ(S(completion.status), S(STATUS_SUCCESS));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SentCancel, OnARequestThatIsNotOutSticksUntilReuse, "IOX-12", "IOT-5.19") {
  Stack stack(machine, {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS); }});
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_FALSE(WdfRequestCancelSentRequest(request));  // not yet sent
    EXPECT_FALSE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_CANCELLED));
    EXPECT_EQ(completion.runs, 0);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_CANCELLED));
    EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_FALSE(WdfRequestCancelSentRequest(request));  // completed
    auto ignore = Options(WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_FALSE(WdfRequestSend(request, stack.local(), &ignore));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_CANCELLED));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SentCancel, ARequestThatWaitsInTheTargetIsCancelledThere, "IOT-5.20", "IOX-13", "IOT-6.03") {
  int below = 0;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    ++below;
    request.Complete(STATUS_SUCCESS);
  }});
  machine.Run([&] {
    Completion completion;
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(completion.runs, 0);
    EXPECT_TRUE(WdfRequestCancelSentRequest(request));
    EXPECT_EQ(completion.runs, 1);
    EXPECT_EQ(S(completion.status), S(STATUS_CANCELLED));
    EXPECT_EQ(completion.information, 0u);
    WdfIoTargetStart(stack.local());
    EXPECT_EQ(below, 0);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SentCancel, ALowerDriversMarkedRequestGetsEvtRequestCancel, "IOT-5.21") {
  static int cancelled;
  cancelled = 0;
  Hooks lower;
  lower.ioctl = [](WDFREQUEST request, ULONG) {
    WdfRequestMarkCancelableEx(request, [](WDFREQUEST cancel) {
      ++cancelled;
      WdfRequestComplete(cancel, STATUS_CANCELLED);
    });
  };
  Stack stack(machine, MakeModel({}), {}, &lower);
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_TRUE(WdfRequestCancelSentRequest(request));
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    EXPECT_EQ(cancelled, 1);
    EXPECT_EQ(S(completion.status), S(STATUS_CANCELLED));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SentCancel, ABlockedSendersRequestIsCancelledFromAnotherThread, "IOT-2.09", "IOT-5.19") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    Task canceller = machine.StartKernel("canceller", [&] {
      machine.RunUntilIdle();  // the sender waits
      EXPECT_TRUE(WdfRequestCancelSentRequest(request));
    });
    ULONG_PTR bytes = 5;
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, &bytes)), S(STATUS_CANCELLED));
    EXPECT_EQ(bytes, 0u);
    canceller.Join();
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SentCancel, AReferencedHandleSurvivesACompletionThatEndsTheRequest, "IOT-5.23") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    Completion completion;
    completion.then = [](WDFREQUEST request) { WdfObjectDelete(request); };
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    WdfObjectReference(request);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_TRUE(WdfRequestCancelSentRequest(request));
    EXPECT_EQ(completion.runs, 1);
    EXPECT_FALSE(WdfRequestCancelSentRequest(request));
    WdfObjectDereference(request);
  });
}

// Cancel, completion and time-out at about the same moment: the routine runs once, with one of the legal results.
CONFORMANCE(SentCancel, CompletionCancelAndTimeOutRunTheRoutineOnce, "IOX-14", "IOX-8") {
  std::vector<ModelRequest> kept;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    kept.push_back(request);
    request.PendCancelable();
  }});
  machine.Run([&] {
    for (int round = 0; round < 8; ++round) {
      kept.clear();
      Completion completion;
      WDFREQUEST request = ReadyIoctl(stack.local(), completion);
      auto options = Options(0, Milliseconds(5));
      EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
      ASSERT_EQ(kept.size(), 1u);
      Task canceller = machine.StartKernel("canceller", [&] {
        SleepMs(5);
        WdfRequestCancelSentRequest(request);
      });
      Task completer = machine.StartKernel("completer", [&] {
        SleepMs(5);
        kept[0].Complete(STATUS_SUCCESS, 1);
      });
      canceller.Join();
      completer.Join();
      EXPECT_TRUE(Until([&] { return completion.runs != 0; }));
      SleepMs(10);
      EXPECT_EQ(completion.runs, 1);
      EXPECT_TRUE(completion.status == STATUS_SUCCESS || completion.status == STATUS_CANCELLED || completion.status == STATUS_IO_TIMEOUT)
          << S(completion.status);
      WdfObjectDelete(request);
    }
  });
}

CONFORMANCE(SentCancel, TheLastOfTheThreeRunsTheRoutineOnItsThread, "IOX-13", "IOX-14") {
  // The lower driver's cancel handler lets another thread complete the request and waits until it has: the routine then runs on
  // the cancelling thread, before the cancel returns.
  Stack* where = nullptr;
  Completion completion;
  std::unique_ptr<Task> completer;
  bool returned_first = false;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.Pend([&](const ModelRequest& cancelled) {
      completer = std::make_unique<Task>(where->machine.StartKernel("completer", [cancelled] { cancelled.Complete(STATUS_CANCELLED); }));
      for (int i = 0; i < 100 && !completer->done(); ++i) SleepMs(1);
      returned_first = completer->done() && completion.runs == 0;
    });
  }});
  where = &stack;
  machine.Run([&] {
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_TRUE(WdfRequestCancelSentRequest(request));
    EXPECT_TRUE(returned_first);
    EXPECT_EQ(completion.runs, 1);
    EXPECT_EQ(completion.thread, KeGetCurrentThread());
    completer->Join();
    WdfObjectDelete(request);
  });
}

}  // namespace
}  // namespace drydock::test
