// The self target: a driver sends to its own device's queues.
#include "probe.h"

namespace drydock::test {
namespace {

// A device that may send to itself.
Hooks SelfHooks() {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) { WdfDeviceInitAllowSelfIoTarget(init); };
  return hooks;
}

NTSTATUS Ping(WDFIOTARGET target) { return WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr); }

CONFORMANCE(TargetsSelf, ExistsAndIsStartedOnlyIfItWasAllowed, "IOX-1", "IOX-2", "OP-1") {
  {
    Stack stack(machine, ModelFunctions{}, SelfHooks());
    machine.Run([&] {
      WDFIOTARGET self = WdfDeviceGetSelfIoTarget(stack.wdf());
      ASSERT_NE(self, nullptr);
      EXPECT_NE(self, stack.local());
      EXPECT_EQ(WdfIoTargetGetState(self), WdfIoTargetStarted);
      EXPECT_EQ(WdfIoTargetGetDevice(self), stack.wdf());
    });
  }
}

CONFORMANCE(TargetsSelf, IsNullIfItWasNotAllowed, "IOX-2") {
  Stack stack(machine);
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetSelfIoTarget(stack.wdf()), nullptr); });
}

CONFORMANCE(TargetsSelf, IsRefusedForAControlDevice, "IOX-2") {
  Stack stack(machine);
  machine.Run([&] {
    UNICODE_STRING sddl = Name(u"D:P(A;;GA;;;SY)");
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(stack.hooks.driver, &sddl);
    ASSERT_NE(init, nullptr);
    WdfDeviceInitAllowSelfIoTarget(init);
    WDFDEVICE control = nullptr;
    EXPECT_EQ(S(WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &control)), S(STATUS_INVALID_DEVICE_REQUEST));
    if (init) WdfDeviceInitFree(init);
  });
}

CONFORMANCE(TargetsSelf, ADriverMadeRequestEntersTheQueueOfItsTypeInsideTheSend, "IOX-4", "IOX-6", "OP-1") {
  Hooks hooks = SelfHooks();
  PKTHREAD handler_thread = nullptr;
  WDFFILEOBJECT file = reinterpret_cast<WDFFILEOBJECT>(1);
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    handler_thread = KeGetCurrentThread();
    file = WdfRequestGetFileObject(request);
    char* out = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveOutputBuffer(request, 1, reinterpret_cast<PVOID*>(&out), nullptr)), S(STATUS_SUCCESS));
    *out = 'S';
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 1);
  };
  int below = 0;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
                ++below;
                request.Complete(STATUS_SUCCESS);
              }},
              hooks);
  machine.Run([&] {
    char byte = 0;
    auto both = BufferDescriptor(&byte, 1);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(WdfDeviceGetSelfIoTarget(stack.wdf()), nullptr, kBuffered, &both, &both, nullptr, nullptr)),
              S(STATUS_SUCCESS));
    EXPECT_EQ(byte, 'S');
    EXPECT_EQ(handler_thread, KeGetCurrentThread());
    EXPECT_EQ(file, nullptr);
  });
  EXPECT_EQ(below, 0);
}

CONFORMANCE(TargetsSelf, AReceivedRequestIsDeliveredAsANewOneForTheSameIrp, "IOX-2", "IOX-4", "IOT-3.31") {
  Hooks hooks = SelfHooks();
  static Completion completion;
  completion = {};
  completion.then = [](WDFREQUEST request) { WdfRequestComplete(request, completion.status); };
  std::vector<WDFREQUEST> seen;
  std::vector<PIRP> irps;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    seen.push_back(request);
    irps.push_back(WdfRequestWdmGetIrp(request));
    if (seen.size() == 2) return WdfRequestComplete(request, STATUS_ABANDONED);
    WdfRequestFormatRequestUsingCurrentType(request);
    OnCompletion(request, completion);
    EXPECT_TRUE(WdfRequestSend(request, WdfDeviceGetSelfIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request))), nullptr));
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_ABANDONED);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_NE(seen[0], seen[1]);
  EXPECT_EQ(irps[0], irps[1]);
  EXPECT_EQ(completion.runs, 1);
}

CONFORMANCE(TargetsSelf, AnAssignedQueueTakesEveryTypeAndIsFixedBeforeTheStart, "IOX-3", "OP-1") {
  static int assigned_calls;
  assigned_calls = 0;
  Hooks hooks = SelfHooks();
  int default_calls = 0;
  WDFQUEUE other = nullptr;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    ++default_calls;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  hooks.added = [&](WDFDEVICE device) {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
    config.PowerManaged = WdfFalse;
    config.AllowZeroLengthRequests = TRUE;
    config.EvtIoDefault = [](WDFQUEUE, WDFREQUEST request) {
      ++assigned_calls;
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    ASSERT_EQ(S(WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &other)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetSelfAssignDefaultIoQueue(WdfDeviceGetSelfIoTarget(device), other)), S(STATUS_SUCCESS));
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  machine.Run([&] {
    WDFIOTARGET self = WdfDeviceGetSelfIoTarget(stack.wdf());
    EXPECT_EQ(S(Ping(self)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(self, nullptr, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(assigned_calls, 2);
    EXPECT_EQ(default_calls, 0);
    EXPECT_EQ(S(WdfIoTargetSelfAssignDefaultIoQueue(self, other)), S(STATUS_INVALID_DEVICE_STATE));
  });
}

CONFORMANCE(TargetsSelf, AssigningToAnotherKindOfTargetIsABadHandle, "IOX-3") {
  Stack stack(machine, ModelFunctions{}, SelfHooks());
  machine.Run([&] { WdfIoTargetSelfAssignDefaultIoQueue(stack.local(), stack.hooks.queue_handle); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5);
}

CONFORMANCE(TargetsSelf, FailuresComeBackAsCompletion, "IOX-5") {
  Hooks hooks = SelfHooks();
  hooks.default_queue = false;
  Stack stack(machine, ModelFunctions{}, hooks);
  machine.Run([&] {
    WDFIOTARGET self = WdfDeviceGetSelfIoTarget(stack.wdf());
    Completion completion;
    WDFREQUEST request = ReadyIoctl(self, completion);
    EXPECT_TRUE(WdfRequestSend(request, self, nullptr));
    EXPECT_EQ(completion.runs, 1);
    EXPECT_EQ(S(completion.status), S(STATUS_INVALID_DEVICE_STATE));  // no queue for the type
    EXPECT_EQ(completion.information, 0u);
    IO_STACK_LOCATION flush = {};
    flush.MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
    WdfRequestWdmFormatUsingStackLocation(request, &flush);
    OnCompletion(request, completion);
    EXPECT_TRUE(WdfRequestSend(request, self, nullptr));
    EXPECT_EQ(S(completion.status), S(STATUS_INVALID_PARAMETER));
    WdfObjectDelete(request);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(TargetsSelf, AQueueWithoutFittingHandlerOrNotAccepting, "IOX-5") {
  Hooks hooks = SelfHooks();
  hooks.queue = [](WDF_IO_QUEUE_CONFIG& config) {
    config.EvtIoDefault = nullptr;
    config.EvtIoRead = [](WDFQUEUE, WDFREQUEST request, size_t) { WdfRequestComplete(request, STATUS_SUCCESS); };
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  machine.Run([&] {
    WDFIOTARGET self = WdfDeviceGetSelfIoTarget(stack.wdf());
    EXPECT_EQ(S(Ping(self)), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfIoQueuePurgeSynchronously(stack.hooks.queue_handle);
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(self, nullptr, nullptr, nullptr, nullptr, nullptr)), S(STATUS_INVALID_DEVICE_STATE));
    WdfIoQueueStart(stack.hooks.queue_handle);
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(self, nullptr, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
  });
}

CONFORMANCE(TargetsSelf, TimeOutsAndStatesAreThoseOfALocalTarget, "IOX-6") {
  Hooks hooks = SelfHooks();
  hooks.dispatch = WdfIoQueueDispatchManual;
  Stack stack(machine, ModelFunctions{}, hooks);
  machine.Run([&] {
    WDFIOTARGET self = WdfDeviceGetSelfIoTarget(stack.wdf());
    auto options = Options(0, Milliseconds(20));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(self, nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_IO_TIMEOUT));
    WdfIoTargetPurge(self, WdfIoTargetPurgeIoAndWait);
    EXPECT_EQ(S(Ping(self)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(WdfIoTargetStart(self)), S(STATUS_SUCCESS));
  });
}

CONFORMANCE(TargetsSelf, ASynchronousSelfSendFromTheSequentialQueuesHandlerNeverEnds, "IOX-6") {
  if (!machine.simulated()) return;
  Hooks hooks = SelfHooks();
  hooks.dispatch = WdfIoQueueDispatchSequential;
  hooks.ioctl = [](WDFREQUEST request, ULONG) {
    WdfRequestComplete(request, Ping(WdfDeviceGetSelfIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request)))));
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, kStatusMachineStopped);
  ASSERT_NE(machine.bug_check(), nullptr);
  EXPECT_EQ(machine.bug_check()->kind, ReportKind::kStall);
  EXPECT_NE(machine.ReportText().find("the device's own queues"), std::string::npos) << machine.ReportText();
  ConformanceTest::StopExpected() = true;
}

CONFORMANCE(TargetsSelf, InCallerContextRunsFirst, "IOX-4") {
  Hooks hooks = SelfHooks();
  std::vector<std::string> order;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    order.push_back("handler");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Stack* where = nullptr;
  hooks.in_caller = [&](WDFREQUEST request) {
    order.push_back("in caller");
    EXPECT_EQ(S(WdfDeviceEnqueueRequest(where->wdf(), request)), S(STATUS_SUCCESS));
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  where = &stack;
  machine.Run([&] { EXPECT_EQ(S(Ping(WdfDeviceGetSelfIoTarget(stack.wdf()))), S(STATUS_SUCCESS)); });
  EXPECT_EQ(order, (std::vector<std::string>{"in caller", "handler"}));
}

}  // namespace
}  // namespace drydock::test
