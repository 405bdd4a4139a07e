// Rules about requests, targets, queues and memory objects.
#include "findings.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

// A function driver whose handlers forward what they get with a synchronous method.
CONFORMANCE_WITH(WithRules(), RuleRequests, ARequestSentThroughAnotherTypesMethodIsFound, "IOT-2.26") {
  Hooks hooks;
  hooks.dispatch = WdfIoQueueDispatchSequential;
  bool as_write = false;
  WDFIOTARGET target = nullptr;
  hooks.added = [&](WDFDEVICE device) { target = WdfDeviceGetIoTarget(device); };
  hooks.read = [&](WDFREQUEST request, size_t) {
    auto options = Options(0, Milliseconds(1000));
    char byte = 0;
    auto buffer = BufferDescriptor(&byte, 1);
    NTSTATUS status = as_write ? WdfIoTargetSendWriteSynchronously(target, request, &buffer, nullptr, &options, nullptr)
                               : WdfIoTargetSendReadSynchronously(target, request, &buffer, nullptr, &options, nullptr);
    WdfRequestComplete(request, status);
  };
  Stack stack(machine, Answers(), hooks);
  File file = stack.Open();
  char byte = 0;
  file.Read(&byte, 1);
  EXPECT_TRUE(Silent(machine));
  as_write = true;
  file.Read(&byte, 1);
  EXPECT_EQ(Findings(machine, "SentAsAnotherType"), 1u) << machine.ReportText();
}

CONFORMANCE_WITH(WithRules(), RuleRequests, ASendWhileHoldingASpinLockIsFound, "IOT-3.27") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    WDFSPINLOCK lock = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = stack.wdf();
    ASSERT_EQ(S(WdfSpinLockCreate(&attributes, &lock)), S(STATUS_SUCCESS));
    for (bool held : {false, true}) {
      Completion completion;
      WDFREQUEST request = ReadyIoctl(stack.local(), completion);
      WdfSpinLockAcquire(lock);
      if (!held) WdfSpinLockRelease(lock);
      EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
      if (held) WdfSpinLockRelease(lock);
      EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
      WdfObjectDelete(request);
      EXPECT_EQ(Findings(machine, "SendWhileHoldingSpinLock"), held ? 1u : 0u);
    }
  });
}

void DoNotCancel(WDFREQUEST) {}

CONFORMANCE_WITH(WithRules(), RuleRequests, ASendOfACancelableRequestIsFound, "IOT-3.27") {
  Hooks hooks;
  WDFIOTARGET target = nullptr;
  bool unmark = true;
  hooks.added = [&](WDFDEVICE device) { target = WdfDeviceGetIoTarget(device); };
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    WdfRequestMarkCancelable(request, DoNotCancel);
    if (unmark) EXPECT_EQ(S(WdfRequestUnmarkCancelable(request)), S(STATUS_SUCCESS));
    WdfRequestFormatRequestUsingCurrentType(request);
    auto options = Options(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
    if (!WdfRequestSend(request, target, &options)) WdfRequestComplete(request, WdfRequestGetStatus(request));
  };
  Stack stack(machine, Answers(), hooks);
  File file = stack.Open();
  file.Ioctl(kBuffered);
  EXPECT_TRUE(Silent(machine));
  unmark = false;
  file.Ioctl(kBuffered);
  EXPECT_EQ(Findings(machine, "SendOfCancelableRequest"), 1u) << machine.ReportText();
}

// Silent in the handler, found in EvtIoStop.
CONFORMANCE_WITH(WithRules(), RuleRequests, ParametersInEvtIoStopAreFound, "IOT-7.15") {
  Hooks hooks;
  WDFREQUEST held = nullptr;
  auto ask = [](WDFREQUEST request) {
    WDF_REQUEST_PARAMETERS parameters;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(request, &parameters);
  };
  hooks.queue = [](WDF_IO_QUEUE_CONFIG& config) { config.PowerManaged = WdfTrue; };
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    ask(request);
    held = request;
  };
  hooks.io_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG) {
    ask(request);
    WdfRequestStopAcknowledge(request, FALSE);
  };
  Stack stack(machine, Answers(), hooks);
  File file = stack.Open();
  PendingIo io = file.StartIoctl(kBuffered, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_TRUE(Silent(machine));
  EXPECT_EQ(machine.SetPowerState(stack.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(Findings(machine, "ParametersInStopOrResume"), 1u);
  machine.Run([&] { WdfRequestComplete(held, STATUS_SUCCESS); });
  io.Wait();
}

WDFREQUEST* request_at_removal = nullptr;
void CompleteInSurpriseRemoval(WDFDEVICE) {
  if (*request_at_removal) WdfRequestComplete(*request_at_removal, STATUS_CANCELLED);
  *request_at_removal = nullptr;
}

void RemoveBySurprise(Machine& machine, bool complete_inside) {
  Hooks hooks;
  WDFREQUEST held = nullptr, none = nullptr;
  request_at_removal = complete_inside ? &held : &none;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDeviceSurpriseRemoval = CompleteInSurpriseRemoval;
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &callbacks);
  };
  hooks.ioctl = [&](WDFREQUEST request, ULONG) { held = request; };
  Stack stack(machine, Answers(), hooks);
  File file = stack.Open();
  PendingIo io = file.StartIoctl(kBuffered, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  if (!complete_inside) machine.Run([&] { WdfRequestComplete(held, STATUS_SUCCESS); });
  machine.SurpriseRemove(stack.device);
  io.Wait();
}

CONFORMANCE_WITH(WithRules(), RuleRequests, CompletionInSurpriseRemovalIsFound, "IOT-5.25") {
  RemoveBySurprise(machine, true);
  EXPECT_EQ(Findings(machine, "RequestEndedInSurpriseRemoval"), 1u) << machine.ReportText();
}

CONFORMANCE_WITH(WithRules(), RuleRequests, CompletionBeforeSurpriseRemovalIsSilent, "IOT-5.25") {
  RemoveBySurprise(machine, false);
  EXPECT_TRUE(Silent(machine));
}

void UseFileObject(Machine& machine, int object_class, bool foreign, bool* found) {
  Hooks hooks;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    WDF_FILEOBJECT_CONFIG config;
    WDF_FILEOBJECT_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK, WDF_NO_EVENT_CALLBACK, WDF_NO_EVENT_CALLBACK);
    config.FileObjectClass = static_cast<WDF_FILEOBJECT_CLASS>(object_class);
    WdfDeviceInitSetFileObjectConfig(init, &config, WDF_NO_OBJECT_ATTRIBUTES);
  };
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(request));
    PFILE_OBJECT given = stack->FileObject;
    if (foreign) stack->FileObject = nullptr;  // as a filter above might send it
    *found = WdfRequestGetFileObject(request) != nullptr;
    stack->FileObject = given;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Stack stack(machine, Answers(), hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_SUCCESS);
}

CONFORMANCE_WITH(WithRules(), RuleRequests, ARequestWithoutTheCreatesFileObjectIsFound, "IOT-10.17") {
  bool found = true;
  UseFileObject(machine, WdfFileObjectWdfCanUseFsContext, true, &found);
  EXPECT_FALSE(found);
  EXPECT_EQ(Findings(machine, "ForeignFileObject"), 1u) << machine.ReportText();
}

CONFORMANCE_WITH(WithRules(), RuleRequests, TheCreatesFileObjectAndAnOptionalOneAreSilent, "IOT-10.17") {
  bool found = false;
  UseFileObject(machine, WdfFileObjectWdfCanUseFsContext, false, &found);
  EXPECT_TRUE(found);
  EXPECT_TRUE(Silent(machine));
}

CONFORMANCE_WITH(WithRules(), RuleRequests, AnOptionalFileObjectMayBeMissing, "IOT-10.17") {
  bool found = true;
  UseFileObject(machine, WdfFileObjectWdfCanUseFsContext | WdfFileObjectCanBeOptional, true, &found);
  EXPECT_FALSE(found);
  EXPECT_TRUE(Silent(machine));
}

// The handle ends with the request: its use is a bug check, in every build of a driver.
void UseMemoryHandle(Machine& machine, bool late) {
  Hooks hooks;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveInputMemory(request, &memory)), S(STATUS_SUCCESS));
    if (!late) EXPECT_NE(WdfMemoryGetBuffer(memory, nullptr), nullptr);
    WdfRequestComplete(request, STATUS_SUCCESS);
    if (late) WdfMemoryGetBuffer(memory, nullptr);
  };
  Stack stack(machine, Answers(), hooks);
  File file = stack.Open();
  file.Ioctl(kBuffered, "abcd", 4);
  if (late) {
    EXPECT_BUG_CHECK(machine, 0x10D, 0x5);
  } else {
    EXPECT_TRUE(Silent(machine));
  }
}

CONFORMANCE_WITH(WithRules(), RuleRequests, MemoryOfACompletedRequestIsABugCheck, "IOT-7.31") { UseMemoryHandle(machine, true); }
CONFORMANCE_WITH(WithRules(), RuleRequests, MemoryOfALiveRequestIsUsable, "IOT-7.31") { UseMemoryHandle(machine, false); }

// --- targets, memory, queues ---

CONFORMANCE_WITH(WithRules(), RuleObjects, OverlappingTargetCallsAreFound, "IOT-6.13") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    EXPECT_EQ(S(WdfIoTargetStart(stack.local())), S(STATUS_SUCCESS));
    WdfIoTargetPurge(stack.local(), WdfIoTargetPurgeIo);
    EXPECT_EQ(S(WdfIoTargetStart(stack.local())), S(STATUS_SUCCESS));
  });
  EXPECT_TRUE(Silent(machine));
}

CONFORMANCE_WITH(WithRules(), RuleObjects, StartWhileAStopWaitsIsFound, "IOT-6.13") {
  std::vector<ModelRequest> kept;
  Stack stack(machine, MakeModel({.on_ioctl = [&](const ModelRequest& sent) {
                sent.Pend();
                kept.push_back(sent);
              }}));
  Completion completion;
  WDFREQUEST request = nullptr;
  machine.Run([&] {
    request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
  });
  Task stop = machine.StartKernel("stop", [&] { WdfIoTargetStop(stack.local(), WdfIoTargetWaitForSentIoToComplete); });
  machine.RunUntilIdle();
  Task start = machine.StartKernel("start", [&] { EXPECT_EQ(S(WdfIoTargetStart(stack.local())), S(STATUS_SUCCESS)); });
  machine.RunUntilIdle();
  machine.Run([&] { kept.at(0).Complete(STATUS_SUCCESS); });
  start.Join();
  stop.Join();
  machine.Run([&] { WdfObjectDelete(request); });
  EXPECT_EQ(Findings(machine, "TargetCallsOverlap"), 1u) << machine.ReportText();
}

CONFORMANCE_WITH(WithRules(), RuleObjects, MemoryWithoutAParentIsFound, "IOT-8.20") {
  Stack stack(machine, Answers());
  machine.Run([&] {
    WDFMEMORY memory = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = stack.wdf();
    EXPECT_EQ(S(WdfMemoryCreate(&attributes, NonPagedPool, 'tseT', 8, &memory, nullptr)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Silent(machine));
    WDFMEMORY orphan = NewMemory(8);
    WdfObjectDelete(orphan);
  });
  EXPECT_EQ(Findings(machine, "MemoryWithoutParent"), 1u);
}

CONFORMANCE_WITH(WithRules(), RuleObjects, WaitingQueueFormsInHandlersAreFound, "IOT-9.37") {
  Hooks hooks;
  WDFQUEUE other = nullptr;
  hooks.added = [&](WDFDEVICE device) {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    config.PowerManaged = WdfFalse;
    EXPECT_EQ(S(WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &other)), S(STATUS_SUCCESS));
  };
  auto all_four = [&] {
    WdfIoQueueStopSynchronously(other);
    WdfIoQueueStart(other);
    WdfIoQueueDrainSynchronously(other);
    WdfIoQueueStart(other);
    WdfIoQueuePurgeSynchronously(other);
    WdfIoQueueStart(other);
    WdfIoQueueStopAndPurgeSynchronously(other);
    WdfIoQueueStart(other);
  };
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    all_four();
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Stack stack(machine, Answers(), hooks);
  machine.Run(all_four);
  EXPECT_TRUE(Silent(machine));
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_SUCCESS);
  EXPECT_EQ(Findings(machine, "QueueWaitInHandler"), 4u) << machine.ReportText();
}

}  // namespace
}  // namespace drydock::test
