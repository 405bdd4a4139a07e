// Start, stop, drain, purge, stop-and-purge.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

struct Holding {  // a default queue whose handler keeps what it gets
  explicit Holding(Machine& machine, QueueSpec spec = {}) : rig(machine) {
    spec.is_default = true;
    rig.add = [this, spec] { rig.NewQueue(spec); };
    rig.on_default = [this](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
    rig.on_state = [this](WDFQUEUE, WDFCONTEXT context) { rig.Say(static_cast<const char*>(context)); };
    rig.Start();
    file = rig.Open();
  }
  PendingIo Send() {
    PendingIo io = file.StartWrite("x", 1);
    rig.machine.RunUntilIdle();
    return io;
  }
  Rig rig;
  File file;
};

WDFCONTEXT Text(const char* text) { return const_cast<char*>(text); }

CONFORMANCE(QueueState, StopHoldsRequestsAndIsReportedWhenTheDriverHasNone, "IOT-9.31", "IOT-9.32", "OP-18", "IOT-9.30") {
  Holding h(machine);
  PendingIo first = h.Send(), second = h.Send();
  h.rig.In([&] {
    WdfIoQueueStop(h.rig.queue, Rig::State, Text("stopped"));
    QueueState state = StateOf(h.rig.queue);
    EXPECT_TRUE(state.bits & WdfIoQueueAcceptRequests);
    EXPECT_FALSE(state.bits & WdfIoQueueDispatchRequests);
    EXPECT_FALSE(WDF_IO_QUEUE_STOPPED(static_cast<WDF_IO_QUEUE_STATE>(state.bits)));
    EXPECT_TRUE(h.rig.Said().empty());
    h.rig.CompleteHeld();
    EXPECT_EQ(h.rig.Said(), Strings{"stopped"});  // although a request still waits
    state = StateOf(h.rig.queue);
    EXPECT_TRUE(WDF_IO_QUEUE_STOPPED(static_cast<WDF_IO_QUEUE_STATE>(state.bits)));
    EXPECT_EQ(state.waiting, 1u);
    EXPECT_EQ(h.rig.held_count(), 0u);
    WdfIoQueueStart(h.rig.queue);
    EXPECT_EQ(h.rig.held_count(), 1u);  // delivered inside the call
    h.rig.CompleteHeld();
  });
  EXPECT_EQ(first.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(second.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(QueueState, StopOfAnIdleQueueIsReportedInsideTheCall, "IOT-9.32", "IOX-44") {
  Holding h(machine);
  h.rig.In([&] {
    WdfIoQueueStop(h.rig.queue, Rig::State, Text("stopped"));
    EXPECT_EQ(h.rig.Said(), Strings{"stopped"});
  });
}

CONFORMANCE(QueueState, StopCallbackWaitsForTheHandlerToReturn, "IOX-44") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_state = [&](WDFQUEUE, WDFCONTEXT) { rig.Say("stopped"); };
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    WdfIoQueueStop(queue, Rig::State, nullptr);
    WdfRequestComplete(request, STATUS_SUCCESS);
    rig.Say("handler out");
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"handler out", "stopped"}));
}

CONFORMANCE(QueueState, DrainDeliversWhatIsQueuedAndRefusesArrivals, "IOT-9.32", "IOT-9.33", "OP-15", "OP-16") {
  Holding h(machine);
  PendingIo first = h.Send(), second = h.Send();
  h.rig.In([&] { WdfIoQueueDrain(h.rig.queue, Rig::State, Text("drained")); });
  EXPECT_EQ(h.file.Write("late").status, STATUS_INVALID_DEVICE_STATE);
  h.rig.In([&] {
    EXPECT_TRUE(h.rig.Said().empty());
    h.rig.CompleteHeld();
    EXPECT_EQ(h.rig.held_count(), 1u);  // the second one came
    EXPECT_TRUE(h.rig.Said().empty());
    h.rig.CompleteHeld();
    EXPECT_EQ(h.rig.Said(), Strings{"drained"});
    const auto bits = static_cast<WDF_IO_QUEUE_STATE>(StateOf(h.rig.queue).bits);
    EXPECT_TRUE(WDF_IO_QUEUE_DRAINED(bits));
    EXPECT_TRUE(WDF_IO_QUEUE_PURGED(bits));
    WdfIoQueueStart(h.rig.queue);
    EXPECT_TRUE(WDF_IO_QUEUE_READY(static_cast<WDF_IO_QUEUE_STATE>(StateOf(h.rig.queue).bits)));
  });
}

CONFORMANCE(QueueState, StopAcceptsAgainEvenWhileDraining, "IOT-9.31", "IOX-48") {
  Holding h(machine);
  PendingIo first = h.Send();
  h.rig.In([&] {
    WdfIoQueueDrain(h.rig.queue, Rig::State, Text("drained"));
    EXPECT_FALSE(StateOf(h.rig.queue).bits & WdfIoQueueAcceptRequests);
    WdfIoQueueStop(h.rig.queue, Rig::State, Text("stopped"));  // one of each kind may be pending
    EXPECT_TRUE(StateOf(h.rig.queue).bits & WdfIoQueueAcceptRequests);
    h.rig.CompleteHeld();
    EXPECT_EQ(h.rig.Said(), (Strings{"stopped", "drained"}));  // IOX-44
  });
}

CONFORMANCE(QueueState, PurgeCancelsQueuedRequestsOldestFirstThenMarkedOnes, "OP-15", "OP-17", "IOX-47", "IOT-9.35", "IOX-46") {
  Rig rig(machine);
  WDFQUEUE second = nullptr;
  rig.add = [&] {
    rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true});
    second = rig.NewQueue({.type = WdfIoQueueDispatchManual, .canceled_on_queue = true});
  };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { EXPECT_EQ(WdfRequestForwardToIoQueue(request, second), STATUS_SUCCESS); };
  auto length = [](WDFREQUEST request) {
    WDF_REQUEST_PARAMETERS parameters;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(request, &parameters);
    return std::to_string(parameters.Parameters.Write.Length);
  };
  rig.on_canceled = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("queued " + length(request));
    WdfRequestComplete(request, STATUS_CANCELLED);
  };
  rig.on_cancel = [&](WDFREQUEST request) {
    rig.Say("marked " + length(request));
    WdfRequestComplete(request, STATUS_CANCELLED);
  };
  rig.on_state = [&](WDFQUEUE, WDFCONTEXT) { rig.Say("purged"); };
  rig.Start();
  File file = rig.Open();
  std::vector<PendingIo> io;
  for (size_t i = 1; i <= 5; ++i) {
    io.push_back(file.StartWrite("12345", i));
    machine.RunUntilIdle();
  }
  rig.In([&] {
    WDFREQUEST requests[3];
    for (WDFREQUEST& request : requests) ASSERT_EQ(WdfIoQueueRetrieveNextRequest(second, &request), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestMarkCancelableEx(requests[0], Rig::Cancel), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestMarkCancelableEx(requests[1], Rig::Cancel), STATUS_SUCCESS);
    WdfIoQueuePurge(second, Rig::State, nullptr);
    EXPECT_EQ(rig.Said(), (Strings{"queued 4", "queued 5", "marked 1", "marked 2"}));
    const QueueState state = StateOf(second);
    EXPECT_FALSE(state.bits & WdfIoQueueAcceptRequests);
    EXPECT_TRUE(state.bits & WdfIoQueueDispatchRequests);
    // The third one is the driver's: while the purge waits, marking it acts as for a cancelled request (IOX-46).
    EXPECT_EQ(WdfRequestMarkCancelableEx(requests[2], Rig::Cancel), STATUS_CANCELLED);
    EXPECT_FALSE(WdfRequestWdmGetIrp(requests[2])->Cancel);
    EXPECT_TRUE(WdfRequestIsCanceled(requests[2]));
    WdfRequestComplete(requests[2], STATUS_SUCCESS);
    EXPECT_EQ(rig.Said().back(), "purged");
  });
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(io[i].Wait().status, i == 2 ? STATUS_SUCCESS : STATUS_CANCELLED);
}

CONFORMANCE(QueueState, RequeueDuringAPendingPurgeSucceedsAndCancels, "IOX-46", "OP-16") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchManual, .is_default = true, .canceled_on_queue = true}); };
  rig.on_canceled = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("canceled");
    WdfRequestComplete(request, STATUS_CANCELLED);
  };
  rig.on_state = [&](WDFQUEUE, WDFCONTEXT) { rig.Say("purged"); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  rig.In([&] {
    WDFREQUEST request = nullptr;
    ASSERT_EQ(WdfIoQueueRetrieveNextRequest(rig.queue, &request), STATUS_SUCCESS);
    WdfIoQueuePurge(rig.queue, Rig::State, nullptr);
    EXPECT_EQ(WdfRequestRequeue(request), STATUS_SUCCESS);
    EXPECT_EQ(rig.Said(), (Strings{"canceled", "purged"}));
  });
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
}

CONFORMANCE(QueueState, RequeueIntoAPurgedQueueIsTakenBack, "OP-16") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchManual, .is_default = true}); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  rig.In([&] {
    WDFREQUEST request = nullptr;
    ASSERT_EQ(WdfIoQueueRetrieveNextRequest(rig.queue, &request), STATUS_SUCCESS);
    WdfIoQueueDrain(rig.queue, nullptr, nullptr);
    EXPECT_EQ(WdfRequestRequeue(request), STATUS_SUCCESS);
    EXPECT_EQ(StateOf(rig.queue).waiting, 1u);
    ASSERT_EQ(WdfIoQueueRetrieveNextRequest(rig.queue, &request), STATUS_SUCCESS);
    WdfRequestComplete(request, STATUS_SUCCESS);
  });
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(QueueState, StopAndPurgeCancelsButKeepsAcceptingForTheStart, "IOT-9.36", "OP-17") {
  Holding h(machine, {.canceled_on_queue = true});
  h.rig.on_canceled = [&](WDFQUEUE, WDFREQUEST) { ADD_FAILURE(); };  // not even here for requests the driver never saw
  PendingIo first = h.Send(), second = h.Send();
  h.rig.In([&] {
    WdfIoQueueStopAndPurge(h.rig.queue, Rig::State, Text("done"));
    EXPECT_TRUE(h.rig.Said().empty());
  });
  EXPECT_EQ(second.Wait().status, STATUS_CANCELLED);
  PendingIo late = h.Send();
  EXPECT_FALSE(late.done());
  h.rig.In([&] {
    h.rig.CompleteHeld();
    EXPECT_EQ(h.rig.Said(), Strings{"done"});  // the late one waits, but not for this
    EXPECT_EQ(StateOf(h.rig.queue).waiting, 1u);
    WdfIoQueueStart(h.rig.queue);
    h.rig.CompleteHeld();
  });
  EXPECT_EQ(late.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(QueueState, WaitingFormsReturnWhenTheirRequestsAreFinished, "IOT-9.34", "IOT-9.35", "IOT-9.36") {
  using Form = void (*)(WDFQUEUE);
  const Form forms[] = {[](WDFQUEUE q) { WdfIoQueueStopSynchronously(q); }, [](WDFQUEUE q) { WdfIoQueueDrainSynchronously(q); },
                        [](WDFQUEUE q) { WdfIoQueuePurgeSynchronously(q); }, [](WDFQUEUE q) { WdfIoQueueStopAndPurgeSynchronously(q); }};
  for (Form form : forms) {
    Machine inner(machine.options());
    Holding h(inner);
    PendingIo io = h.Send();
    Task waiter = inner.StartKernel("waiter", [&] {
      form(h.rig.queue);
      h.rig.Say("returned");
    });
    inner.RunUntilIdle();
    EXPECT_TRUE(h.rig.Said().empty());
    h.rig.In([&] { h.rig.CompleteHeld(); });
    waiter.Join();
    EXPECT_EQ(h.rig.Said(), Strings{"returned"});
    EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
  }
}

CONFORMANCE(QueueState, SecondChangeOfTheSameKindIsABugCheck, "IOX-48", "IOT-9.38", "VER-08") {
  Holding h(machine);
  PendingIo io = h.Send();
  h.rig.In([&] {
    WdfIoQueueDrain(h.rig.queue, Rig::State, Text("drained"));
    WdfIoQueuePurge(h.rig.queue, Rig::State, Text("purged"));
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0xA);
  const auto* data = reinterpret_cast<const WDF_QUEUE_FATAL_ERROR_DATA*>(machine.bug_check()->parameters[1]);
  EXPECT_EQ(data->Queue, h.rig.queue);
}

CONFORMANCE(QueueState, RepeatsWithoutCallbackAreFine, "IOX-48") {
  Holding h(machine);
  PendingIo io = h.Send();
  h.rig.In([&] {
    WdfIoQueueStop(h.rig.queue, nullptr, nullptr);
    WdfIoQueueStop(h.rig.queue, nullptr, nullptr);
    WdfIoQueueStop(h.rig.queue, Rig::State, Text("stopped"));
    WdfIoQueueStop(h.rig.queue, nullptr, nullptr);
    WdfIoQueuePurge(h.rig.queue, nullptr, nullptr);
    WdfIoQueueDrain(h.rig.queue, nullptr, nullptr);
    h.rig.CompleteHeld();
  });
  EXPECT_EQ(h.rig.Said(), Strings{"stopped"});
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(QueueState, ForwardIntoAQueueThatDoesNotAcceptIsBusyAndChangesNothing, "IOT-7.45", "OP-16", "IOT-9.33") {
  Rig rig(machine);
  WDFQUEUE second = nullptr;
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    second = rig.NewQueue({.type = WdfIoQueueDispatchManual});
  };
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    WdfIoQueuePurge(second, nullptr, nullptr);
    EXPECT_EQ(WdfRequestForwardToIoQueue(request, second), STATUS_WDF_BUSY);
    EXPECT_EQ(WdfRequestGetIoQueue(request), queue);
    EXPECT_EQ(StateOf(queue).at_driver, 1u);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_SUCCESS);
}

CONFORMANCE(QueueState, StateCallbacksOfDrainAreSerialisedThoseOfStopAreNot, "IOX-49", "IOT-9.11", "IOT-9.39") {
  Rig rig(machine);
  rig.device_attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_state = [&](WDFQUEUE, WDFCONTEXT context) {
    rig.Say(std::string(static_cast<const char*>(context)) + " at " + std::to_string(KeGetCurrentIrql()));
  };
  rig.Start();
  rig.In([&] {
    WdfIoQueueStop(rig.queue, Rig::State, Text("stop"));
    WdfIoQueueStart(rig.queue);
    WdfIoQueueDrain(rig.queue, Rig::State, Text("drain"));
    WdfIoQueuePurge(rig.queue, Rig::State, Text("purge"));
  });
  EXPECT_EQ(rig.Said(), (Strings{"stop at 0", "drain at 2", "purge at 2"}));
}

CONFORMANCE(QueueState, DeletedQueueRefusesFurtherUse, "IOX-48", "IOX-52", "IOT-9.17") {
  Rig rig(machine);
  WDFQUEUE other = nullptr;
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    other = rig.NewQueue({.type = WdfIoQueueDispatchManual});
  };
  rig.Start();
  rig.In([&] {
    WdfObjectReference(other);
    WdfObjectDelete(other);
    EXPECT_EQ(WdfIoQueueReadyNotify(other, Rig::State, nullptr), STATUS_DELETE_PENDING);
    WdfIoQueueStop(other, Rig::State, nullptr);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0xA);
}

CONFORMANCE_WITH((MachineOptions{.live_stall = std::chrono::milliseconds(300)}), QueueState,
                 WaitingFormInsideAHandlerOfTheQueueIsReportedAsAStall, "IOT-9.37") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    WdfIoQueuePurgeSynchronously(queue);  // waits for the request that this handler holds
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  rig.Open().Write("x");
  ConformanceTest::StopExpected() = true;
  ASSERT_EQ(machine.CountReports(ReportKind::kStall), 1u);
  EXPECT_NE(machine.ReportText().find("WdfIoQueuePurgeSynchronously"), std::string::npos) << machine.ReportText();
}

// Stop, start and traffic at once: each request ends, and nothing is delivered between a stop's return and the next start.
CONFORMANCE(QueueState, StopAndStartUnderLoadDeliverNothingWhileStopped, "IOT-9.31", "IOT-9.34", "IOX-44") {
  for (uint64_t seed = 1; seed <= (machine.simulated() ? 40u : 4u); ++seed) {
    MachineOptions options = machine.options();
    options.seed = seed;
    Machine inner(options);
    Rig rig(inner);
    rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true, .limit = 2}); };
    std::atomic<bool> stopped = false;
    std::atomic<int> served = 0;
    rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
      EXPECT_FALSE(stopped) << "seed " << seed;
      ++served;
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    rig.Start();
    File file = rig.Open();
    std::vector<Task> senders;
    for (int i = 0; i < 3; ++i) {
      senders.push_back(inner.Start("sender", [&] {
        for (int n = 0; n < 5; ++n) EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
      }));
    }
    Task switcher = inner.StartKernel("switcher", [&] {
      for (int n = 0; n < 4; ++n) {
        WdfIoQueueStopSynchronously(rig.queue);
        stopped = true;
        LARGE_INTEGER moment = {.QuadPart = -10};
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
        stopped = false;
        WdfIoQueueStart(rig.queue);
      }
    });
    switcher.Join();
    for (Task& sender : senders) sender.Join();
    EXPECT_EQ(served, 15);
    EXPECT_FALSE(inner.stopped()) << inner.ReportText();
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace drydock::test
