// Time-outs of sends: when the clock starts, what expiry does, what the status becomes.
#include <atomic>

#include "probe.h"

namespace drydock::test {
namespace {

CONFORMANCE(Timeouts, EverySynchronousMethodReturnsIoTimeout, "OP-2", "IOT-2.19", "IOX-8", "IOT-3.13") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    char byte = 0;
    auto buffer = BufferDescriptor(&byte, 1);
    auto options = Options(0, Milliseconds(30));
    ULONG_PTR bytes = 77;
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(target, nullptr, &buffer, nullptr, &options, &bytes)), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(bytes, 0u);
    EXPECT_EQ(S(WdfIoTargetSendWriteSynchronously(target, nullptr, &buffer, nullptr, &options, nullptr)), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(S(WdfIoTargetSendInternalIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(S(WdfIoTargetSendInternalIoctlOthersSynchronously(target, nullptr, kNeither, nullptr, nullptr, nullptr, &options, nullptr)),
              S(STATUS_IO_TIMEOUT));
  });
}

CONFORMANCE(Timeouts, ATimedSynchronousSendTakesAsLongAsItsTimeOut, "IOX-9", "IOT-3.11") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    auto options = Options(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS, Milliseconds(40));
    LARGE_INTEGER before, after;
    KeQuerySystemTime(&before);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    KeQuerySystemTime(&after);
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_IO_TIMEOUT));
    EXPECT_GE(after.QuadPart - before.QuadPart, 40 * 10'000);
    if (machine.simulated()) EXPECT_LT(after.QuadPart - before.QuadPart, 41 * 10'000);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Timeouts, AnAbsoluteTimeIsCountedFrom1601, "IOT-3.11", "IOX-11") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    auto options = Options(0, now.QuadPart + 30 * 10'000);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_IO_TIMEOUT));
    LARGE_INTEGER after;
    KeQuerySystemTime(&after);
    EXPECT_GE(after.QuadPart, now.QuadPart + 30 * 10'000);
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    auto later = Options(0, after.QuadPart + 30 * 10'000);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &later));
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    EXPECT_EQ(S(completion.status), S(STATUS_IO_TIMEOUT));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Timeouts, TimeoutZeroIsNoTimeOutAtAll, "IOT-3.11", "IOX-11", "IOT-3.10") {
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.PendCancelable();
    machine.After(std::chrono::milliseconds(50), [request] { request.Complete(STATUS_SUCCESS); });
  }});
  machine.Run([&] {
    auto options = Options(WDF_REQUEST_SEND_OPTION_TIMEOUT);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_SUCCESS));
    options = Options(0);
    options.Timeout = Milliseconds(1);  // without the flag it is not valid
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_SUCCESS));
  });
}

CONFORMANCE(Timeouts, ALowerDriverThatCompletesInsideItsDispatchNeverTimesOutSynchronously, "IOX-9") {
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    SleepMs(30);
    request.Complete(STATUS_CANCELLED);
  }});
  machine.Run([&] {
    auto options = Options(0, Milliseconds(5));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_CANCELLED));
  });
}

CONFORMANCE(Timeouts, AnotherFinalStatusIsReportedAsItIsHoweverLate, "IOX-8", "IOT-3.14", "IOX-10") {
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.Pend();  // cannot be cancelled
    machine.After(std::chrono::milliseconds(60), [request] { request.Complete(STATUS_SUCCESS, 6); });
  }});
  machine.Run([&] {
    char out[8];
    auto output = BufferDescriptor(out, 8);
    auto options = Options(0, Milliseconds(10));
    ULONG_PTR bytes = 0;
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, &output, &options, &bytes)), S(STATUS_SUCCESS));
    EXPECT_EQ(bytes, 6u);
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    EXPECT_EQ(S(completion.status), S(STATUS_SUCCESS));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Timeouts, TheDriversOwnCancelAfterExpiryReadsTimeoutToo, "IOX-8") {
  std::vector<ModelRequest> kept;
  std::atomic<bool> expired = false;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.Pend([&](const ModelRequest&) { expired = true; });  // heard, and answered below
    kept.push_back(request);
  }});
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    auto options = Options(0, Milliseconds(10));
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_TRUE(Until([&] { return expired.load(); }));
    EXPECT_FALSE(WdfRequestCancelSentRequest(request));
    kept.at(0).Complete(STATUS_CANCELLED, 3);
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));  // the expiry, if it is late, ends the request on its own thread
    EXPECT_EQ(S(completion.status), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(completion.information, 3u);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Timeouts, TheBlockedSenderCancelsInItsOwnThreadAtPassiveLevel, "IOX-10") {
  PKTHREAD canceller = nullptr;
  KIRQL level = 0xFF;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.Pend([&](const ModelRequest& cancelled) {
      canceller = KeGetCurrentThread();
      level = KeGetCurrentIrql();
      cancelled.Complete(STATUS_CANCELLED);
    });
  }});
  machine.Run([&] {
    auto options = Options(0, Milliseconds(10));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(canceller, KeGetCurrentThread());
    EXPECT_LE(level, DISPATCH_LEVEL);
  });
}

CONFORMANCE(Timeouts, AnAsynchronousExpiryCancelsAtDispatchLevel, "IOX-10", "IOX-14") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_EQ(S(WdfRequestAllocateTimer(request)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRequestAllocateTimer(request)), S(STATUS_SUCCESS));
    auto options = Options(0, Milliseconds(20));
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_EQ(completion.runs, 0);
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    EXPECT_EQ(S(completion.status), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(completion.irql, DISPATCH_LEVEL);
    EXPECT_NE(completion.thread, KeGetCurrentThread());
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_IO_TIMEOUT));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Timeouts, ATimelyCompletionDisarmsTheTimer, "IOT-3.14", "IOT-3.15") {
  std::vector<ModelRequest> kept;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.PendCancelable();
    kept.push_back(request);
  }});
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    auto options = Options(0, Milliseconds(machine.simulated() ? 20 : 5000));  // live: a busy computer must not be too late
    for (int round = 1; round <= 3; ++round) {
      EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
      kept.at(size_t(round) - 1).Complete(STATUS_SUCCESS);
      EXPECT_EQ(completion.runs, round);
      EXPECT_EQ(S(completion.status), S(STATUS_SUCCESS));
      SleepMs(30);
      EXPECT_EQ(completion.runs, round);
      EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
      OnCompletion(request, completion);
    }
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Timeouts, RunWhileTheRequestWaitsInAStoppedTarget, "OP-4", "IOX-9") {
  int below = 0;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    ++below;
    request.Complete(STATUS_SUCCESS);
  }});
  machine.Run([&] {
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    auto options = Options(0, Milliseconds(20));
    ULONG_PTR bytes = 9;
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, &bytes)), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(bytes, 0u);
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    EXPECT_EQ(S(completion.status), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(completion.information, 0u);
    EXPECT_EQ(below, 0);
    WdfIoTargetStart(stack.local());
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Timeouts, StartDisarmsAnAsynchronousRequestsTimeOut, "OP-4") {
  std::vector<ModelRequest> kept;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.PendCancelable();
    kept.push_back(request);
  }});
  machine.Run([&] {
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    const LONGLONG timeout = machine.simulated() ? 20 : 500;  // live: a busy computer must not be too late
    auto options = Options(0, Milliseconds(timeout));
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_EQ(S(WdfIoTargetStart(stack.local())), S(STATUS_SUCCESS));
    ASSERT_EQ(kept.size(), 1u);
    SleepMs(timeout + 40);
    EXPECT_EQ(completion.runs, 0);
    kept[0].Complete(STATUS_SUCCESS);
    EXPECT_EQ(completion.runs, 1);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Timeouts, ASynchronousSendersTimeOutGoesOnAfterStart, "OP-4") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    Task starter = machine.StartKernel("starter", [&] {
      SleepMs(10);
      WdfIoTargetStart(stack.local());
    });
    auto options = Options(0, Milliseconds(40));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_IO_TIMEOUT));
    starter.Join();
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), TimeoutsVerified, WithoutMemoryForATimerTheSendIsRefused, "IOX-11", "IOT-3.15") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    machine.FailAllocations(1);
    auto options = Options(0, Milliseconds(20));
    const BOOLEAN sent = WdfRequestSend(request, stack.local(), &options);
    const NTSTATUS allocated = WdfRequestAllocateTimer(request);
    machine.FailAllocations(0);
    EXPECT_FALSE(sent);
    EXPECT_EQ(S(allocated), S(STATUS_INSUFFICIENT_RESOURCES));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INSUFFICIENT_RESOURCES));
    EXPECT_EQ(completion.runs, 0);
    EXPECT_EQ(S(WdfRequestAllocateTimer(request)), S(STATUS_SUCCESS));
    machine.FailAllocations(1);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    machine.FailAllocations(0);
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Timeouts, SettingTheClockMovesAnAbsoluteExpiryOnly, "IOT-3.12") {
  if (!machine.simulated()) return;  // the live machine's clock is the host's
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    Completion absolute, relative;
    WDFREQUEST a = ReadyIoctl(stack.local(), absolute), r = ReadyIoctl(stack.local(), relative);
    auto at = Options(0, now.QuadPart + 3600LL * 10'000'000), in = Options(0, Milliseconds(3'600'000));
    EXPECT_TRUE(WdfRequestSend(a, stack.local(), &at));
    EXPECT_TRUE(WdfRequestSend(r, stack.local(), &in));
    machine.SetSystemTime(now.QuadPart + 3599LL * 10'000'000);
    SleepMs(1500);
    EXPECT_EQ(absolute.runs, 1);
    EXPECT_EQ(S(absolute.status), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(relative.runs, 0);
    WdfRequestCancelSentRequest(r);
    WdfObjectDelete(a);
    WdfObjectDelete(r);
  });
}

}  // namespace
}  // namespace drydock::test
