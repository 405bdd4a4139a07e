// When and where requests are delivered.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

CONFORMANCE(QueueDispatch, IdleQueueDeliversOnTheArrivingThreadBeforeTheSenderGoesOn, "IOX-39", "IOT-9.30") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  PKTHREAD handler = nullptr;
  KIRQL level = 77;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    handler = reinterpret_cast<PKTHREAD>(PsGetCurrentThread());
    level = KeGetCurrentIrql();
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open({.kernel_mode = true});
  PKTHREAD sender = nullptr;
  rig.In([&] {
    sender = reinterpret_cast<PKTHREAD>(PsGetCurrentThread());
    EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
  });
  EXPECT_EQ(handler, sender);
  EXPECT_EQ(level, PASSIVE_LEVEL);
}

// Sends an IRP of its own, to see what IoCallDriver returns.
NTSTATUS SendRaw(PDEVICE_OBJECT device, KEVENT* event, IO_STATUS_BLOCK* result) {
  KeInitializeEvent(event, NotificationEvent, FALSE);
  PIRP irp = IoBuildDeviceIoControlRequest(kIoctlBuffered, device, nullptr, 0, nullptr, 0, FALSE, event, result);
  return IoCallDriver(device, irp);
}

CONFORMANCE(QueueDispatch, QueuedRequestReturnsPendingEvenWhenAlreadyCompleted, "IOX-39") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.Start();
  rig.In([&] {
    KEVENT event;
    IO_STATUS_BLOCK result = {};
    EXPECT_EQ(SendRaw(rig.device.top(), &event, &result), STATUS_PENDING);
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(result.Status, STATUS_SUCCESS);
  });
}

CONFORMANCE(QueueDispatch, ArrivalAtAQueueThatDoesNotAcceptFailsAtOnce, "OP-16", "IOT-9.33") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.Start();
  rig.In([&] {
    WdfIoQueuePurge(rig.queue, nullptr, nullptr);
    KEVENT event;
    IO_STATUS_BLOCK result = {};
    EXPECT_EQ(SendRaw(rig.device.top(), &event, &result), STATUS_INVALID_DEVICE_STATE);
  });
  const IoResult result = rig.Open().Write("x");
  EXPECT_EQ(result.status, STATUS_INVALID_DEVICE_STATE);
  EXPECT_EQ(result.information, 0u);
}

CONFORMANCE(QueueDispatch, SequentialQueueHasOneRequestAtTheDriver, "IOT-9.06", "IOT-9.28") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  std::vector<PendingIo> io;
  for (int i = 0; i < 3; ++i) io.push_back(file.StartWrite("x", 1));
  for (int i = 0; i < 3; ++i) {
    machine.RunUntilIdle();
    rig.In([&] {
      EXPECT_EQ(rig.held_count(), 1u);
      const QueueState state = StateOf(rig.queue);
      EXPECT_EQ(state.at_driver, 1u);
      EXPECT_EQ(state.waiting, static_cast<ULONG>(2 - i));
      EXPECT_EQ((state.bits & WdfIoQueueDriverNoRequests) != 0, false);
      EXPECT_EQ((state.bits & WdfIoQueueNoRequests) != 0, i == 2);
      rig.CompleteHeld();
    });
  }
  for (PendingIo& one : io) EXPECT_EQ(one.Wait().status, STATUS_SUCCESS);
  rig.End();
}

CONFORMANCE(QueueDispatch, ParallelQueueDeliversUpToItsLimit, "IOT-9.05") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true, .limit = 2}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  std::vector<PendingIo> io;
  for (int i = 0; i < 5; ++i) io.push_back(file.StartWrite("x", 1));
  machine.RunUntilIdle();
  EXPECT_EQ(rig.held_count(), 2u);
  rig.In([&] { rig.CompleteHeld(); });
  EXPECT_EQ(rig.held_count(), 2u);  // one went, one came
  while (rig.held_count() != 0) rig.In([&] { rig.CompleteHeld(); });
  for (PendingIo& one : io) EXPECT_EQ(one.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(QueueDispatch, UnlimitedParallelQueueDeliversEverything, "IOT-9.05") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  std::vector<PendingIo> io;
  for (int i = 0; i < 20; ++i) io.push_back(file.StartWrite("x", 1));
  machine.RunUntilIdle();
  EXPECT_EQ(rig.held_count(), 20u);
  rig.In([&] {
    while (rig.held_count() != 0) rig.CompleteHeld();
  });
}

CONFORMANCE(QueueDispatch, ParallelQueueWithLimitZeroNeverDelivers, "IOX-51") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true, .limit = 0}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST) { ADD_FAILURE(); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  EXPECT_FALSE(io.done());
  rig.In([&] { EXPECT_EQ(StateOf(rig.queue).waiting, 1u); });
  EXPECT_TRUE(io.Cancel());
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
}

CONFORMANCE(QueueDispatch, ABlockedQueueDoesNotHoldUpTheOthers, "IOT-9.07") {
  Rig rig(machine);
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    WDFQUEUE writes = rig.NewQueue({.handlers = kWrite});
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(rig.wdf_device, writes, WdfRequestTypeWrite), STATUS_SUCCESS);
  };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  char byte;
  PendingIo read = file.StartRead(&byte, 1);
  machine.RunUntilIdle();
  EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
  EXPECT_FALSE(read.done());
  rig.In([&] { rig.CompleteHeld(); });
}

CONFORMANCE(QueueDispatch, CompletionInsideAHandlerDoesNotNestTheNextDelivery, "IOX-41") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  int depth = 0, deepest = 0, served = 0;
  bool hold_first = true;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    if (hold_first) {
      hold_first = false;
      return rig.Hold(request);
    }
    ++depth;
    deepest = depth > deepest ? depth : deepest;
    WdfRequestComplete(request, STATUS_SUCCESS);  // the next one is due now
    ++served;
    --depth;
  };
  rig.Start();
  File file = rig.Open();
  std::vector<PendingIo> io;
  for (int i = 0; i < 8; ++i) io.push_back(file.StartWrite("x", 1));
  machine.RunUntilIdle();
  rig.In([&] {
    rig.CompleteHeld();  // no handler is running: the next ones are delivered inside this call
    EXPECT_EQ(served, 7);
  });
  EXPECT_EQ(deepest, 1);
  for (PendingIo& one : io) EXPECT_EQ(one.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(QueueDispatch, ForwardsBetweenParallelQueuesNest, "IOX-42") {
  Rig rig(machine);
  WDFQUEUE a = nullptr, b = nullptr;
  rig.add = [&] {
    a = rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true});
    b = rig.NewQueue({.type = WdfIoQueueDispatchParallel});
  };
  int hops = 0, depth = 0, deepest = 0;
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    ++depth;
    deepest = depth > deepest ? depth : deepest;
    if (++hops < 6) {
      EXPECT_EQ(WdfRequestForwardToIoQueue(request, queue == a ? b : a), STATUS_SUCCESS);
    } else {
      WdfRequestComplete(request, STATUS_SUCCESS);
    }
    --depth;
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_SUCCESS);
  EXPECT_EQ(deepest, 6);
}

CONFORMANCE(QueueDispatch, SequentialQueueLimitsRequestsNotHandlers, "IOX-43", "IOT-9.06") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  std::atomic<int> inside = 0, both = 0;
  KEVENT second_in;
  rig.In([&] { KeInitializeEvent(&second_in, NotificationEvent, FALSE); });
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    const int number = ++inside;
    WdfRequestComplete(request, STATUS_SUCCESS);
    if (number == 1) {
      // Its request is gone, the handler goes on: a request that arrives now enters a second handler.
      KeWaitForSingleObject(&second_in, Executive, KernelMode, FALSE, nullptr);
    } else {
      both = inside.load();
      KeSetEvent(&second_in, IO_NO_INCREMENT, FALSE);
    }
    --inside;
  };
  rig.Start();
  File file = rig.Open();
  Task first = machine.Start("first", [&] { EXPECT_EQ(file.Write("1").status, STATUS_SUCCESS); });
  machine.RunUntilIdle();
  EXPECT_EQ(file.Write("2").status, STATUS_SUCCESS);
  first.Join();
  EXPECT_EQ(both, 2);
}

CONFORMANCE(QueueDispatch, PassiveQueueAboveItsLevelDeliversFromAWorkItem, "IOX-40", "IOT-9.10") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true, .level = WdfExecutionLevelPassive}); };
  PKTHREAD handler = nullptr;
  KIRQL level = 77;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    handler = reinterpret_cast<PKTHREAD>(PsGetCurrentThread());
    level = KeGetCurrentIrql();
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  rig.In([&] {
    KEVENT event;
    IO_STATUS_BLOCK result = {};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(kIoctlBuffered, rig.device.top(), nullptr, 0, nullptr, 0, TRUE, &event, &result);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(IoCallDriver(rig.device.top(), irp), STATUS_PENDING);
    KeLowerIrql(old);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
    EXPECT_NE(handler, reinterpret_cast<PKTHREAD>(PsGetCurrentThread()));
  });
  EXPECT_EQ(level, PASSIVE_LEVEL);
}

CONFORMANCE(QueueDispatch, SynchronisedHandlersRunAtDispatchLevelOneAtATime, "IOT-9.10", "IOT-9.11", "IOX-49") {
  Rig rig(machine);
  rig.device_attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
  rig.add = [&] {
    rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true});
    WDFQUEUE reads = rig.NewQueue({.type = WdfIoQueueDispatchParallel, .handlers = kRead});
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(rig.wdf_device, reads, WdfRequestTypeRead), STATUS_SUCCESS);
  };
  std::atomic<int> inside = 0, worst = 0, calls = 0;
  auto body = [&](WDFREQUEST request) {
    const int now = ++inside;
    if (now > worst) worst = now;
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    WdfRequestGetIoQueue(request);
    WdfRequestSetInformation(request, 0);
    ++calls;
    --inside;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { body(request); };
  rig.on_read = [&](WDFQUEUE, WDFREQUEST request, size_t) { body(request); };
  rig.Start();
  File file = rig.Open();
  std::vector<Task> tasks;
  for (int i = 0; i < 4; ++i) {
    tasks.push_back(machine.Start("sender", [&, i] {
      char byte = 0;
      for (int n = 0; n < 10; ++n) EXPECT_EQ((i & 1 ? file.Write("x") : file.Read(&byte, 1)).status, STATUS_SUCCESS);
    }));
  }
  for (Task& task : tasks) task.Join();
  EXPECT_EQ(worst, 1);
  EXPECT_EQ(calls, 40);
}

CONFORMANCE(QueueDispatch, DeliveryUnderTheOwnCallbackLockIsDeferred, "IOX-40") {
  Rig rig(machine);
  rig.device_attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
  WDFQUEUE second = nullptr;
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    second = rig.NewQueue({.handlers = kDefault});
  };
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    if (queue == second) {
      rig.Say("second");
      WdfRequestComplete(request, STATUS_SUCCESS);
      return;
    }
    rig.Say("first in");
    EXPECT_EQ(WdfRequestForwardToIoQueue(request, second), STATUS_SUCCESS);
    rig.Say("first out");
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"first in", "first out", "second"}));
}

CONFORMANCE(QueueDispatch, PassiveScopeSerialisesAtPassiveLevelInACriticalRegion, "IOT-9.10", "IOX-49") {
  Rig rig(machine);
  rig.device_attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
  rig.device_attributes.ExecutionLevel = WdfExecutionLevelPassive;
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true}); };
  std::atomic<int> inside = 0, worst = 0;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    const int now = ++inside;
    if (now > worst) worst = now;
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_TRUE(KeAreApcsDisabled());
    LARGE_INTEGER delay = {.QuadPart = -10 * 1000};
    KeDelayExecutionThread(KernelMode, FALSE, &delay);
    --inside;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  std::vector<Task> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(machine.Start("sender", [&] { EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS); }));
  for (Task& task : tasks) task.Join();
  EXPECT_EQ(worst, 1);
}

CONFORMANCE(QueueDispatch, ZeroLengthTransfersEndWithSuccessAtTheirTurnUnseen, "IOT-9.16", "IOX-50") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("seen");
    rig.Hold(request);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo first = file.StartWrite("x", 1);
  PendingIo empty = file.StartWrite("", 0);
  machine.RunUntilIdle();
  EXPECT_FALSE(empty.done());  // waits behind the first one, counted
  rig.In([&] {
    EXPECT_EQ(StateOf(rig.queue).waiting, 1u);
    rig.CompleteHeld();
  });
  const IoResult result = empty.Wait();
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, 0u);
  EXPECT_EQ(rig.Count("seen"), 1u);
  first.Wait();
}

CONFORMANCE(QueueDispatch, ZeroLengthTransfersAreDeliveredWhenAllowed, "IOT-9.16") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true, .handlers = kWrite, .zero_length = true}); };
  rig.on_write = [&](WDFQUEUE, WDFREQUEST request, size_t length) {
    EXPECT_EQ(length, 0u);
    rig.Say("seen");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("", 0).status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Count("seen"), 1u);
}

CONFORMANCE(QueueDispatch, SequentialQueueLetsTheDriverPullFurtherRequests, "IOT-9.08") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  PendingIo first = file.StartWrite("1", 1), second = file.StartWrite("2", 1);
  machine.RunUntilIdle();
  rig.In([&] {
    WDFREQUEST request = nullptr;
    EXPECT_EQ(WdfIoQueueRetrieveNextRequest(rig.queue, &request), STATUS_SUCCESS);
    EXPECT_EQ(StateOf(rig.queue).at_driver, 2u);
    WdfRequestComplete(request, STATUS_SUCCESS);
    rig.CompleteHeld();
  });
  EXPECT_EQ(first.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(second.Wait().status, STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock::test
