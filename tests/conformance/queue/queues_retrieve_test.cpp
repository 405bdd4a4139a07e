// Retrieving from queues, finding requests, ready notification.
#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

struct ManualRig : Rig {
  explicit ManualRig(Machine& machine, QueueSpec spec = {}) : Rig(machine) {
    spec.type = WdfIoQueueDispatchManual;
    spec.is_default = true;
    add = [this, spec] { NewQueue(spec); };
    on_state = [this](WDFQUEUE, WDFCONTEXT) { Say("ready"); };
  }
  PendingIo Send(File& file, size_t length = 1) {
    PendingIo io = file.StartWrite("0123456789", length);
    machine.RunUntilIdle();
    return io;
  }
  NTSTATUS Take(WDFREQUEST* request) { return WdfIoQueueRetrieveNextRequest(queue, request); }
};

size_t LengthOf(WDFREQUEST request) {
  WDF_REQUEST_PARAMETERS parameters;
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(request, &parameters);
  return parameters.Parameters.Write.Length;
}

CONFORMANCE(QueueRetrieve, NextRequestGivesTheHeadOrSaysWhyNot, "IOT-9.40", "OP-19", "IOX-53") {
  ManualRig rig(machine);
  rig.Start();
  File file = rig.Open();
  PendingIo one = rig.Send(file, 1), two = rig.Send(file, 2);
  rig.In([&] {
    WDFREQUEST request = nullptr;
    WdfIoQueueStop(rig.queue, nullptr, nullptr);
    request = reinterpret_cast<WDFREQUEST>(1);
    EXPECT_EQ(rig.Take(&request), STATUS_WDF_PAUSED);
    EXPECT_EQ(request, nullptr);
    WdfIoQueueStart(rig.queue);
    ASSERT_EQ(rig.Take(&request), STATUS_SUCCESS);
    EXPECT_EQ(LengthOf(request), 1u);
    WdfRequestComplete(request, STATUS_SUCCESS);
    ASSERT_EQ(rig.Take(&request), STATUS_SUCCESS);
    EXPECT_EQ(LengthOf(request), 2u);
    WdfRequestComplete(request, STATUS_SUCCESS);
    request = reinterpret_cast<WDFREQUEST>(1);
    EXPECT_EQ(rig.Take(&request), STATUS_NO_MORE_ENTRIES);
    EXPECT_EQ(request, nullptr);
  });
}

CONFORMANCE(QueueRetrieve, ParallelQueueRefuses, "IOT-9.40") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true}); };
  rig.Start();
  rig.In([&] {
    WDFREQUEST request = reinterpret_cast<WDFREQUEST>(1);
    EXPECT_EQ(WdfIoQueueRetrieveNextRequest(rig.queue, &request), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(request, nullptr);
  });
}

CONFORMANCE(QueueRetrieve, PoweredOffManagedQueueIsPaused, "OP-19", "IOT-9.19") {
  ManualRig rig(machine, {.power_managed = WdfTrue});
  NTSTATUS before_start = 0;
  auto make = rig.add;
  rig.add = [&] {
    make();
    WDFREQUEST request = nullptr;
    before_start = rig.Take(&request);
    EXPECT_TRUE(StateOf(rig.queue).bits & WdfIoQueuePnpHeld);
  };
  rig.Start();
  EXPECT_EQ(before_start, STATUS_WDF_PAUSED);
  rig.In([&] {
    WDFREQUEST request = nullptr;
    EXPECT_EQ(rig.Take(&request), STATUS_NO_MORE_ENTRIES);
    EXPECT_FALSE(StateOf(rig.queue).bits & WdfIoQueuePnpHeld);
  });
}

CONFORMANCE(QueueRetrieve, ByFileObjectGivesThatFilesOldest, "IOT-9.41", "OP-19", "IOX-53") {
  ManualRig rig(machine);
  rig.init = [](PWDFDEVICE_INIT init) {
    WDF_FILEOBJECT_CONFIG config;
    WDF_FILEOBJECT_CONFIG_INIT(&config, nullptr, nullptr, nullptr);
    WdfDeviceInitSetFileObjectConfig(init, &config, WDF_NO_OBJECT_ATTRIBUTES);
  };
  rig.Start();
  File a = rig.Open(), b = rig.Open();
  PendingIo one = rig.Send(a, 1), two = rig.Send(b, 2), three = rig.Send(a, 3);
  rig.In([&] {
    WDFREQUEST first = nullptr;
    ASSERT_EQ(WdfIoQueueFindRequest(rig.queue, nullptr, nullptr, nullptr, &first), STATUS_SUCCESS);
    WDFFILEOBJECT of_a = WdfRequestGetFileObject(first);
    WDFREQUEST second = nullptr;
    ASSERT_EQ(WdfIoQueueFindRequest(rig.queue, first, nullptr, nullptr, &second), STATUS_SUCCESS);
    WDFFILEOBJECT of_b = WdfRequestGetFileObject(second);
    ASSERT_NE(of_a, nullptr);
    ASSERT_NE(of_b, nullptr);
    EXPECT_NE(of_a, of_b);
    WdfObjectDereference(first);
    WdfObjectDereference(second);

    WDFREQUEST request = nullptr;
    ASSERT_EQ(WdfIoQueueRetrieveRequestByFileObject(rig.queue, of_b, &request), STATUS_SUCCESS);
    EXPECT_EQ(LengthOf(request), 2u);
    WdfRequestComplete(request, STATUS_SUCCESS);
    EXPECT_EQ(WdfIoQueueRetrieveRequestByFileObject(rig.queue, of_b, &request), STATUS_NO_MORE_ENTRIES);
    EXPECT_EQ(request, nullptr);
    for (size_t expected : {1u, 3u}) {
      ASSERT_EQ(WdfIoQueueRetrieveRequestByFileObject(rig.queue, of_a, &request), STATUS_SUCCESS);
      EXPECT_EQ(LengthOf(request), expected);
      WdfRequestComplete(request, STATUS_SUCCESS);
    }
  });
}

CONFORMANCE(QueueRetrieve, FindWalksTheQueueWithoutTakingAnything, "IOT-9.42", "IOT-9.43", "IOX-53", "OP-20", "IOT-9.44") {
  ManualRig rig(machine);
  rig.Start();
  File file = rig.Open();
  PendingIo one = rig.Send(file, 1), two = rig.Send(file, 2), three = rig.Send(file, 3);
  rig.In([&] {
    WDFREQUEST found[3] = {}, request = nullptr;
    WDF_REQUEST_PARAMETERS parameters;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfIoQueueStop(rig.queue, nullptr, nullptr);  // finding works on a stopped queue
    ASSERT_EQ(WdfIoQueueFindRequest(rig.queue, nullptr, nullptr, &parameters, &found[0]), STATUS_SUCCESS);
    EXPECT_EQ(parameters.Type, WdfRequestTypeWrite);
    EXPECT_EQ(parameters.Parameters.Write.Length, 1u);
    ASSERT_EQ(WdfIoQueueFindRequest(rig.queue, found[0], nullptr, &parameters, &found[1]), STATUS_SUCCESS);
    ASSERT_EQ(WdfIoQueueFindRequest(rig.queue, found[1], nullptr, &parameters, &found[2]), STATUS_SUCCESS);
    EXPECT_EQ(parameters.Parameters.Write.Length, 3u);
    request = found[0];
    EXPECT_EQ(WdfIoQueueFindRequest(rig.queue, found[2], nullptr, nullptr, &request), STATUS_NO_MORE_ENTRIES);
    EXPECT_EQ(request, nullptr);
    parameters.Size = 3;
    request = found[0];
    EXPECT_EQ(WdfIoQueueFindRequest(rig.queue, nullptr, nullptr, &parameters, &request), STATUS_INVALID_PARAMETER_4);
    EXPECT_EQ(request, found[0]);  // untouched
    EXPECT_EQ(StateOf(rig.queue).waiting, 3u);
    WdfIoQueueStart(rig.queue);

    // The found one in the middle; then the head as always; then it is no longer there.
    ASSERT_EQ(WdfIoQueueRetrieveFoundRequest(rig.queue, found[1], &request), STATUS_SUCCESS);
    EXPECT_EQ(request, found[1]);
    ASSERT_EQ(WdfIoQueueRetrieveNextRequest(rig.queue, &request), STATUS_SUCCESS);
    EXPECT_EQ(request, found[0]);
    EXPECT_EQ(WdfIoQueueRetrieveFoundRequest(rig.queue, found[1], &request), STATUS_NOT_FOUND);
    EXPECT_EQ(request, nullptr);
    EXPECT_EQ(WdfIoQueueFindRequest(rig.queue, found[1], nullptr, nullptr, &request), STATUS_NOT_FOUND);
    // No FindRequest needed before (from 1.11).
    WdfRequestComplete(found[0], STATUS_SUCCESS);
    WdfRequestComplete(found[1], STATUS_SUCCESS);
    ASSERT_EQ(WdfIoQueueRetrieveFoundRequest(rig.queue, found[2], &request), STATUS_SUCCESS);
    WdfRequestComplete(request, STATUS_SUCCESS);
    for (WDFREQUEST one_found : found) WdfObjectDereference(one_found);
  });
}

CONFORMANCE(QueueRetrieve, CancelledFoundRequestIsGone, "IOT-9.44") {
  ManualRig rig(machine);
  rig.Start();
  File file = rig.Open();
  PendingIo io = rig.Send(file);
  WDFREQUEST found = nullptr;
  rig.In([&] { ASSERT_EQ(WdfIoQueueFindRequest(rig.queue, nullptr, nullptr, nullptr, &found), STATUS_SUCCESS); });
  io.Cancel();
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
  rig.In([&] {
    WDFREQUEST request = nullptr;
    EXPECT_EQ(WdfIoQueueRetrieveFoundRequest(rig.queue, found, &request), STATUS_NOT_FOUND);
    WdfIoQueueStop(rig.queue, nullptr, nullptr);
    EXPECT_EQ(WdfIoQueueRetrieveFoundRequest(rig.queue, found, &request), STATUS_WDF_PAUSED);
    WdfObjectDereference(found);
  });
}

CONFORMANCE(QueueRetrieve, FindNeedsAManualQueue, "IOX-53", "IOT-9.42") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.Start();
  rig.In([&] {
    WDFREQUEST request = nullptr;
    EXPECT_EQ(WdfIoQueueFindRequest(rig.queue, nullptr, nullptr, nullptr, &request), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfIoQueueReadyNotify(rig.queue, Rig::State, nullptr), STATUS_INVALID_DEVICE_REQUEST);
  });
}

CONFORMANCE(QueueRetrieve, ZeroLengthOnesAreCompletedOnTheWay, "IOX-50") {
  ManualRig rig(machine);
  rig.Start();
  File file = rig.Open();
  PendingIo empty = rig.Send(file, 0), full = rig.Send(file, 5);
  rig.In([&] {
    EXPECT_EQ(StateOf(rig.queue).waiting, 2u);
    WDFREQUEST request = nullptr;
    ASSERT_EQ(rig.Take(&request), STATUS_SUCCESS);
    EXPECT_EQ(LengthOf(request), 5u);
    WdfRequestComplete(request, STATUS_SUCCESS);
  });
  EXPECT_EQ(empty.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(QueueRetrieve, ReadyNotifyRegistration, "IOT-9.45") {
  ManualRig rig(machine);
  rig.Start();
  rig.In([&] {
    WDFQUEUE queue = rig.queue;
    EXPECT_EQ(WdfIoQueueReadyNotify(queue, nullptr, nullptr), STATUS_INVALID_DEVICE_REQUEST);  // not registered
    EXPECT_EQ(WdfIoQueueReadyNotify(queue, Rig::State, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoQueueReadyNotify(queue, Rig::State, nullptr), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfIoQueueReadyNotify(queue, nullptr, nullptr), STATUS_INVALID_DEVICE_REQUEST);  // not stopped
    WdfIoQueueStop(queue, nullptr, nullptr);
    EXPECT_EQ(WdfIoQueueReadyNotify(queue, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoQueueReadyNotify(queue, Rig::State, nullptr), STATUS_SUCCESS);
  });
}

CONFORMANCE(QueueRetrieve, ReadyComesAtEachChangeFromEmpty, "IOT-9.46", "IOX-52") {
  ManualRig rig(machine);
  rig.Start();
  File file = rig.Open();
  std::vector<PendingIo> io;
  auto send = [&] { io.push_back(rig.Send(file)); };
  auto take = [&] {
    WDFREQUEST request = nullptr;
    EXPECT_EQ(rig.Take(&request), STATUS_SUCCESS);
    rig.Hold(request);
  };
  send();  // before registration
  rig.In([&] {
    EXPECT_EQ(WdfIoQueueReadyNotify(rig.queue, Rig::State, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(rig.Count("ready"), 1u);  // inside the call
  });
  send();
  EXPECT_EQ(rig.Count("ready"), 1u);  // was not empty
  rig.In([&] {
    take();
    take();
  });
  send();  // empty before, although requests are unfinished
  EXPECT_EQ(rig.Count("ready"), 2u);
  rig.In([&] {
    take();
    EXPECT_EQ(WdfRequestRequeue(rig.TakeHeld(2)), STATUS_SUCCESS);  // also by requeue
    EXPECT_EQ(rig.Count("ready"), 3u);
    take();
    WdfIoQueueStop(rig.queue, nullptr, nullptr);
  });
  send();
  EXPECT_EQ(rig.Count("ready"), 3u);  // not while stopped
  rig.In([&] {
    WdfIoQueueStart(rig.queue);
    EXPECT_EQ(rig.Count("ready"), 4u);
    take();
    WdfIoQueueStop(rig.queue, nullptr, nullptr);
    WdfIoQueueStart(rig.queue);
    EXPECT_EQ(rig.Count("ready"), 4u);  // nothing waits
  });
  rig.End();
}

CONFORMANCE(QueueRetrieve, RequeuedRequestComesFirstAgain, "IOT-7.49", "IOT-7.10") {
  ManualRig rig(machine);
  rig.Start();
  File file = rig.Open();
  PendingIo one = rig.Send(file, 1), two = rig.Send(file, 2);
  rig.In([&] {
    WDFREQUEST request = nullptr, again = nullptr;
    ASSERT_EQ(rig.Take(&request), STATUS_SUCCESS);
    ASSERT_EQ(WdfRequestRequeue(request), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestRequeue(request), STATUS_INVALID_DEVICE_REQUEST);  // no longer the driver's
    ASSERT_EQ(rig.Take(&again), STATUS_SUCCESS);
    EXPECT_EQ(again, request);
    EXPECT_EQ(LengthOf(again), 1u);
    WdfRequestComplete(again, STATUS_SUCCESS);
    ASSERT_EQ(rig.Take(&again), STATUS_SUCCESS);
    WdfRequestComplete(again, STATUS_SUCCESS);
  });
}

}  // namespace
}  // namespace drydock::test
