// WdfRequestSend: what TRUE and FALSE mean, options, routines, the order of completion.
#include "probe.h"

namespace drydock::test {
namespace {

ModelFunctions Answers(NTSTATUS status, size_t information = 0) {
  return {.on_ioctl = [=](const ModelRequest& request) { request.Complete(status, information); }};
}

// A model that keeps requests for the test to answer.
struct Keeper {
  std::vector<ModelRequest> kept;
  ModelFunctions model(bool cancelable = false) {
    return {.on_ioctl = [this, cancelable](const ModelRequest& request) {
      kept.push_back(request);
      if (cancelable) {
        request.PendCancelable();
      } else {
        request.Pend();
      }
    }};
  }
};

CONFORMANCE(SendRequest, AsynchronousReturnsAtOnceAndTheRoutineTellsTheResult, "IOT-3.01", "IOT-3.02", "IOT-3.05", "IOT-3.08", "IOT-3.28") {
  Keeper keeper;
  Stack stack(machine, keeper.model());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(completion.runs, 0);
    ASSERT_EQ(keeper.kept.size(), 1u);
    keeper.kept[0].Complete(STATUS_DEVICE_BUSY, 3);
    EXPECT_EQ(completion.runs, 1);
    EXPECT_EQ(completion.request, request);
    EXPECT_EQ(completion.target, stack.local());
    EXPECT_EQ(S(completion.status), S(STATUS_DEVICE_BUSY));
    EXPECT_EQ(completion.information, 3u);
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_DEVICE_BUSY));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendRequest, SynchronousReturnsAfterCompletionAndTrueSaysNothingOfTheResult, "IOT-3.03", "IOT-3.07") {
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.Pend();
    machine.After(std::chrono::milliseconds(5), [request] { request.Complete(STATUS_DEVICE_DATA_ERROR); });
  }});
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    auto options = Options(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_DEVICE_DATA_ERROR));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendRequest, ARoutineRunsForASynchronousSendBeforeTheSenderWakes, "OP-8") {
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.Pend();
    machine.After(std::chrono::milliseconds(5), [request] { request.Complete(STATUS_SUCCESS); });
  }});
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    auto options = Options(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_EQ(completion.runs, 1);
    EXPECT_NE(completion.thread, KeGetCurrentThread());
    EXPECT_EQ(completion.irql, DISPATCH_LEVEL);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendRequest, ARefusedSendRunsNoRoutineAndKeepsTheRegistration, "OP-8", "OP-5", "IOT-3.05", "IOT-3.06") {
  Stack stack(machine, Answers(STATUS_SUCCESS));
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    WdfIoTargetPurge(stack.local(), WdfIoTargetPurgeIoAndWait);
    EXPECT_FALSE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(completion.runs, 0);
    WdfIoTargetStart(stack.local());
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(completion.runs, 1);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendRequest, IsLegalAtDispatchLevelAndTheTargetIsEnteredThere, "IOT-3.04", "IOT-3.29") {
  KIRQL seen = 0xFF;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    seen = KeGetCurrentIrql();
    request.Complete(STATUS_SUCCESS);
  }});
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    KeLowerIrql(old);
    EXPECT_EQ(seen, DISPATCH_LEVEL);
    EXPECT_EQ(completion.irql, DISPATCH_LEVEL);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendRequest, BadOptionsAreRefusedBeforeTheTargetIsLookedAt, "IOX-7", "OP-26", "IOT-2.15", "IOT-3.19") {
  Stack stack(machine, Answers(STATUS_SUCCESS));
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    WdfIoTargetPurge(stack.local(), WdfIoTargetPurgeIo);
    auto refused = [&](WDF_REQUEST_SEND_OPTIONS options) {
      EXPECT_FALSE(WdfRequestSend(request, stack.local(), &options));
      return S(WdfRequestGetStatus(request));
    };
    auto wrong_size = Options(0);
    wrong_size.Size += 8;
    EXPECT_EQ(refused(wrong_size), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(refused(Options(0x10)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(refused(Options(0x10000)), S(STATUS_INVALID_PARAMETER));
    for (ULONG other : {1u, 2u, 4u}) EXPECT_EQ(refused(Options(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET | other)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(refused(Options(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET)), S(STATUS_INVALID_DEVICE_STATE));  // driver-made
    EXPECT_EQ(completion.runs, 0);
    WdfIoTargetStart(stack.local());
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendRequest, SendingWhatIsOutIsABugCheck, "IOT-3.26", "IOX-19") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    WdfRequestSend(request, stack.local(), nullptr);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6, 0x3);
}

CONFORMANCE(SendRequest, ADriverMadeRequestNeedsNoRoutine, "IOX-16", "IOT-3.25") {
  Keeper keeper;
  Stack stack(machine, keeper.model());
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    keeper.kept.at(0).Complete(STATUS_SUCCESS, 9);
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_SUCCESS));
    WDF_REQUEST_COMPLETION_PARAMS params;
    WDF_REQUEST_COMPLETION_PARAMS_INIT(&params);
    WdfRequestGetCompletionParams(request, &params);
    EXPECT_EQ(params.Type, WdfRequestTypeDeviceControl);
    EXPECT_EQ(params.IoStatus.Information, 9u);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendRequest, AReceivedRequestWithoutRoutineIsRefused, "IOX-16", "IOT-3.06", "IOT-3.25") {
  int below = 0;
  Hooks hooks;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request)));
    WdfRequestFormatRequestUsingCurrentType(request);
    EXPECT_FALSE(WdfRequestSend(request, target, nullptr));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfRequestComplete(request, STATUS_SHARING_VIOLATION);  // still the driver's
  };
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
                ++below;
                request.Complete(STATUS_SUCCESS);
              }},
              hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_SHARING_VIOLATION);
  EXPECT_EQ(below, 0);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), SendRequestVerified, AnUnformattedRequestIsRefused, "IOX-16", "IOT-3.24") {
  Stack stack(machine, Answers(STATUS_SUCCESS));
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    EXPECT_FALSE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_REQUEST_NOT_ACCEPTED));
    WdfObjectDelete(request);
  });
  EXPECT_GE(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), SendRequestVerified, SynchronousAboveItsLevelIsRefused, "OP-3", "IOT-3.03") {
  Stack stack(machine, Answers(STATUS_SUCCESS));
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    auto options = Options(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_FALSE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INVALID_DEVICE_REQUEST));
    KeLowerIrql(old);
    WdfObjectDelete(request);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(SendRequest, TheNextDriverGetsARequestOfItsOwnForTheSameIrp, "IOT-3.31") {
  WDFREQUEST above = nullptr, below = nullptr;
  PIRP irp_above = nullptr, irp_below = nullptr;
  Hooks lower;
  lower.ioctl = [&](WDFREQUEST request, ULONG) {
    below = request;
    irp_below = WdfRequestWdmGetIrp(request);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Hooks upper;
  static Completion completion;
  completion = {};
  completion.then = [](WDFREQUEST request) { WdfRequestComplete(request, completion.status); };
  upper.ioctl = [&](WDFREQUEST request, ULONG) {
    above = request;
    irp_above = WdfRequestWdmGetIrp(request);
    WdfRequestFormatRequestUsingCurrentType(request);
    OnCompletion(request, completion);
    EXPECT_TRUE(WdfRequestSend(request, WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request))), nullptr));
  };
  Stack stack(machine, MakeModel({}), upper, &lower);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_SUCCESS);
  EXPECT_EQ(irp_above, irp_below);
  EXPECT_NE(above, below);
  EXPECT_EQ(completion.runs, 1);
}

CONFORMANCE(SendRequest, ANullRoutineRemovesTheRegistrationAndItIsOneShot, "IOT-3.30", "IOX-15") {
  Stack stack(machine, Answers(STATUS_SUCCESS));
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    WdfRequestSetCompletionRoutine(request, nullptr, nullptr);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(completion.runs, 0);
    OnCompletion(request, completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(completion.runs, 1);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));  // not registered any more
    EXPECT_EQ(completion.runs, 1);
    OnCompletion(request, completion);
    EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(completion.runs, 1);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendRequest, TheRoutineMayReuseAndResendTheRequest, "IOX-15", "IOT-7.06") {
  Stack stack(machine, Answers(STATUS_SUCCESS));
  machine.Run([&] {
    Completion completion;
    WDFIOTARGET target = stack.local();
    completion.then = [&](WDFREQUEST request) {
      if (completion.runs >= 4) return;
      EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(target, request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
      OnCompletion(request, completion);
      EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
    };
    WDFREQUEST request = ReadyIoctl(target, completion);
    EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
    EXPECT_EQ(completion.runs, 4);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendRequest, TheRoutineMayDeleteTheRequest, "IOX-15", "IOT-7.03") {
  Stack stack(machine, Answers(STATUS_SUCCESS));
  machine.Run([&] {
    Completion completion;
    completion.then = [](WDFREQUEST request) { WdfObjectDelete(request); };
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(completion.runs, 1);
  });
}

CONFORMANCE(SendRequest, ARequestDeletedWhileItIsOutLivesUntilItsRoutineHasReturned, "IOX-15", "OP-12") {
  Keeper keeper;
  Stack stack(machine, keeper.model());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    WdfObjectDelete(request);
    keeper.kept.at(0).Complete(STATUS_SUCCESS);
    EXPECT_EQ(completion.runs, 1);
  });
}

CONFORMANCE(SendRequest, ForwardedRequestsKeepTheirHandleAndParameters, "IOT-7.10", "IOT-4.10", "IOT-4.12", "IOX-25") {
  Hooks upper;
  static Completion completion;
  completion = {};
  WDFREQUEST sent = nullptr;
  std::string forwarded;
  completion.then = [](WDFREQUEST request) { WdfRequestCompleteWithInformation(request, completion.status, completion.information); };
  upper.write = [&](WDFREQUEST request, size_t) {
    sent = request;
    WdfRequestFormatRequestUsingCurrentType(request);
    OnCompletion(request, completion);
    EXPECT_TRUE(WdfRequestSend(request, WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request))), nullptr));
  };
  PFILE_OBJECT file_below = nullptr;
  Stack stack(machine, {.on_write = [&](const ModelRequest& request) {
                forwarded.assign(static_cast<const char*>(request.input()), request.input_length());
                file_below = IoGetCurrentIrpStackLocation(static_cast<PIRP>(request.irp()))->FileObject;
                request.Complete(STATUS_SUCCESS, request.input_length());
              }},
              upper);
  File file = stack.Open();
  IoResult result = file.Write("hello");
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, 5u);
  EXPECT_EQ(forwarded, "hello");
  EXPECT_NE(file_below, nullptr);
  EXPECT_EQ(completion.request, sent);
  EXPECT_EQ(completion.params.Type, WdfRequestTypeNoFormat);
}

CONFORMANCE(SendRequest, WithoutAnIrpIsABugCheck, "IOT-4.13") {
  Stack stack(machine, Answers(STATUS_SUCCESS));
  machine.Run([&] {
    WDFREQUEST request = NewRequest(nullptr);
    WdfRequestSend(request, stack.local(), nullptr);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6, 0x2);
}

}  // namespace
}  // namespace drydock::test
