// Cancellation of received requests.
#include <atomic>
#include <mutex>
#include <set>

#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

// A manual default queue whose requests stay where they are until the test takes them.
void Manual(Rig& rig, QueueSpec spec = {}) {
  spec.type = WdfIoQueueDispatchManual;
  spec.is_default = true;
  rig.add = [&rig, spec] { rig.NewQueue(spec); };
}

WDFREQUEST Next(WDFQUEUE queue) {
  WDFREQUEST request = nullptr;
  EXPECT_EQ(WdfIoQueueRetrieveNextRequest(queue, &request), STATUS_SUCCESS);
  return request;
}

CONFORMANCE(Cancel, UndeliveredRequestIsCompletedWithoutAnyCallback, "IOT-5.01", "OP-17", "IOT-9.47") {
  Rig rig(machine);
  Manual(rig, {.canceled_on_queue = true});
  rig.on_canceled = [&](WDFQUEUE, WDFREQUEST) { ADD_FAILURE(); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  EXPECT_TRUE(io.Cancel());
  const IoResult result = io.Wait();
  EXPECT_EQ(result.status, STATUS_CANCELLED);
  EXPECT_EQ(result.information, 0u);
  rig.In([&] { EXPECT_EQ(StateOf(rig.queue).waiting, 0u); });
}

CONFORMANCE(Cancel, DeliveredRequestIsNotCancelableByItself, "IOT-5.02", "IOT-5.16", "OP-10") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  rig.In([&] { EXPECT_FALSE(WdfRequestIsCanceled(rig.held())); });
  io.Cancel();
  machine.RunUntilIdle();
  EXPECT_FALSE(io.done());
  rig.In([&] {
    EXPECT_TRUE(WdfRequestIsCanceled(rig.held()));
    rig.CompleteHeld(STATUS_CANCELLED);
  });
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
}

CONFORMANCE(Cancel, MarkedRequestGetsItsCallbackOnce, "IOT-5.03", "IOT-5.09", "IOT-5.24") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Hold(request);
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
  };
  rig.on_cancel = [&](WDFREQUEST request) {
    EXPECT_EQ(request, rig.TakeHeld());
    EXPECT_LE(KeGetCurrentIrql(), DISPATCH_LEVEL);
    EXPECT_TRUE(WdfRequestIsCanceled(request));
    rig.Say("cancel");
    WdfRequestComplete(request, STATUS_CANCELLED);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  EXPECT_TRUE(io.Cancel());
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
  EXPECT_EQ(rig.Said(), Strings{"cancel"});
}

CONFORMANCE(Cancel, MarkingACancelledRequestCallsBackInsideTheCallOutsideHandlers, "IOT-5.04", "IOX-45") {
  Rig rig(machine);
  Manual(rig);
  rig.on_cancel = [&](WDFREQUEST request) {
    rig.Say("cancel");
    WdfRequestComplete(request, STATUS_CANCELLED);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  WDFREQUEST request = nullptr;
  rig.In([&] { request = Next(rig.queue); });
  io.Cancel();
  rig.In([&] {
    rig.Say("mark");
    WdfRequestMarkCancelable(request, Rig::Cancel);
    rig.Say("marked");
  });
  EXPECT_EQ(rig.Said(), (Strings{"mark", "cancel", "marked"}));
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
}

CONFORMANCE(Cancel, MarkingACancelledRequestInAHandlerCallsBackAfterTheHandler, "IOX-45") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WdfRequestWdmGetIrp(request)->Cancel = TRUE;  // as if the cancel had come while the handler was about to mark
    rig.Say("mark");
    WdfRequestMarkCancelable(request, Rig::Cancel);
    rig.Say("handler out");
  };
  rig.on_cancel = [&](WDFREQUEST request) {
    rig.Say("cancel");
    WdfRequestComplete(request, STATUS_CANCELLED);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_CANCELLED);
  EXPECT_EQ(rig.Said(), (Strings{"mark", "handler out", "cancel"}));
}

// A driver without automatic synchronisation, whose own lock guards its list of requests. The plain form calls back under that lock.
struct OwnLock {
  explicit OwnLock(Rig& rig) : rig(rig) {
    Manual(rig);
    rig.on_cancel = [this](WDFREQUEST request) {
      WdfWaitLockAcquire(lock, nullptr);
      this->rig.Say("cancel");
      WdfWaitLockRelease(lock);
      WdfRequestComplete(request, STATUS_CANCELLED);
    };
    rig.Start();
    file = rig.Open();
    io = file.StartWrite("x", 1);
    rig.machine.RunUntilIdle();
    rig.In([&] {
      EXPECT_EQ(WdfWaitLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock), STATUS_SUCCESS);
      request = Next(rig.queue);
    });
    io.Cancel();
  }
  Rig& rig;
  File file;
  PendingIo io;
  WDFWAITLOCK lock = nullptr;
  WDFREQUEST request = nullptr;
};

CONFORMANCE_WITH((MachineOptions{.live_stall = std::chrono::milliseconds(300)}), Cancel, PlainFormUnderALockOfTheCallbackIsAStall, "IOT-5.07") {
  Rig rig(machine);
  OwnLock own(rig);
  bool returned = false;
  rig.In([&] {
    WdfWaitLockAcquire(own.lock, nullptr);
    WdfRequestMarkCancelable(own.request, Rig::Cancel);
    returned = true;
  });
  ConformanceTest::StopExpected() = true;
  EXPECT_FALSE(returned);
  ASSERT_EQ(machine.CountReports(ReportKind::kStall), 1u);
  EXPECT_NE(machine.ReportText().find("WdfWaitLockAcquire"), std::string::npos) << machine.ReportText();
}

CONFORMANCE(Cancel, ExFormUnderALockOfTheCallbackReturns, "IOT-5.07", "IOT-5.05") {
  Rig rig(machine);
  OwnLock own(rig);
  rig.In([&] {
    WdfWaitLockAcquire(own.lock, nullptr);
    EXPECT_EQ(WdfRequestMarkCancelableEx(own.request, Rig::Cancel), STATUS_CANCELLED);
    WdfWaitLockRelease(own.lock);
    WdfRequestComplete(own.request, STATUS_CANCELLED);
  });
  EXPECT_EQ(own.io.Wait().status, STATUS_CANCELLED);
  EXPECT_EQ(rig.Said(), Strings{}) << "the callback is not called by this form";
}

CONFORMANCE(Cancel, ExFormReturnsCancelledAndLeavesTheRequestUnmarkedAndOwned, "IOT-5.05", "IOX-45") {
  Rig rig(machine);
  Manual(rig);
  rig.on_cancel = [&](WDFREQUEST) { ADD_FAILURE(); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  WDFREQUEST request = nullptr;
  rig.In([&] { request = Next(rig.queue); });
  io.Cancel();
  rig.In([&] {
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_CANCELLED);
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_INVALID_DEVICE_REQUEST);
    WdfRequestComplete(request, STATUS_CANCELLED);
  });
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
}

CONFORMANCE(Cancel, MarkingTwiceIsRefused, "IOT-5.06", "IOT-5.15") {
  Rig rig(machine);
  Manual(rig);
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  rig.In([&] {
    WDFREQUEST request = Next(rig.queue);
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_SUCCESS);
    WdfRequestComplete(request, STATUS_SUCCESS);
  });
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(Cancel, UnmarkGuaranteesThatTheCallbackDoesNotCome, "IOT-5.11", "IOT-5.13") {
  Rig rig(machine);
  Manual(rig);
  rig.on_cancel = [&](WDFREQUEST) { ADD_FAILURE(); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  WDFREQUEST request = nullptr;
  rig.In([&] {
    request = Next(rig.queue);
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_INVALID_DEVICE_REQUEST);
  });
  io.Cancel();
  rig.In([&] {
    EXPECT_TRUE(WdfRequestIsCanceled(request));
    WdfRequestComplete(request, STATUS_SUCCESS);
  });
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(Cancel, UnmarkReturnsCancelledOnceTheCallbackIsDue, "IOT-5.12", "IOX-45") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  KEVENT marked, go_on;
  rig.In([&] {
    KeInitializeEvent(&marked, NotificationEvent, FALSE);
    KeInitializeEvent(&go_on, NotificationEvent, FALSE);
  });
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
    KeSetEvent(&marked, 0, FALSE);
    KeWaitForSingleObject(&go_on, Executive, KernelMode, FALSE, nullptr);
    // The cancel came while this handler ran: its callback waits for us.
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_CANCELLED);
    rig.Say("handler out");
  };
  rig.on_cancel = [&](WDFREQUEST request) {
    rig.Say("cancel");
    WdfRequestComplete(request, STATUS_CANCELLED);
  };
  rig.Start();
  File file = rig.Open();
  Status status;
  Task sender = machine.Start("sender", [&] { status = file.Write("x").status; });
  rig.In([&] { KeWaitForSingleObject(&marked, Executive, KernelMode, FALSE, nullptr); });
  EXPECT_TRUE(file.CancelAll());
  rig.In([&] { KeSetEvent(&go_on, 0, FALSE); });
  sender.Join();
  EXPECT_EQ(status, STATUS_CANCELLED);
  EXPECT_EQ(rig.Said(), (Strings{"handler out", "cancel"}));
}

CONFORMANCE(Cancel, ForwardedRequestIsCancelledSilentlyOrThroughItsCallback, "IOT-5.18", "IOT-9.47", "IOT-9.48") {
  for (bool with_callback : {false, true}) {
    Machine inner(machine.options());
    Rig rig(inner);
    WDFQUEUE second = nullptr;
    rig.add = [&] {
      rig.NewQueue({.is_default = true});
      second = rig.NewQueue({.type = WdfIoQueueDispatchManual, .canceled_on_queue = with_callback});
    };
    rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { EXPECT_EQ(WdfRequestForwardToIoQueue(request, second), STATUS_SUCCESS); };
    rig.on_canceled = [&](WDFQUEUE queue, WDFREQUEST request) {
      EXPECT_EQ(queue, second);
      rig.Say("canceled on queue");
      rig.Hold(request);  // the driver's now: it may complete later
    };
    rig.Start();
    File file = rig.Open();
    PendingIo io = file.StartWrite("x", 1);
    inner.RunUntilIdle();
    EXPECT_TRUE(io.Cancel());
    inner.RunUntilIdle();
    if (with_callback) {
      EXPECT_FALSE(io.done());
      rig.In([&] {
        EXPECT_EQ(StateOf(second).at_driver, 1u);
        EXPECT_TRUE(WdfRequestIsCanceled(rig.held()));
        rig.CompleteHeld(STATUS_CANCELLED);
      });
    }
    EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
    EXPECT_EQ(rig.Count("canceled on queue"), with_callback ? 1u : 0u);
  }
}

CONFORMANCE(Cancel, HandleCleanupCancelsWhatWaitsOfThatFileOnly, "IOX-55") {
  Rig rig(machine);
  Manual(rig);
  rig.Start();
  File one = rig.Open(), two = rig.Open();
  PendingIo mine = one.StartWrite("1", 1), other = two.StartWrite("2", 1);
  machine.RunUntilIdle();
  one.Close();
  EXPECT_EQ(mine.Wait().status, STATUS_CANCELLED);
  machine.RunUntilIdle();
  EXPECT_FALSE(other.done());
  rig.In([&] { WdfRequestComplete(Next(rig.queue), STATUS_SUCCESS); });
  EXPECT_EQ(other.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), Cancel, VerifierAnswersFalseForAMarkedRequest, "OP-10", "IOT-5.16") {
  Rig rig(machine);
  Manual(rig);
  rig.on_cancel = [&](WDFREQUEST request) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  rig.In([&] {
    WDFREQUEST request = Next(rig.queue);
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
    EXPECT_FALSE(WdfRequestIsCanceled(request));
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
  io.Cancel();
  machine.RunUntilIdle();
  rig.In([&] { rig.CompleteHeld(STATUS_CANCELLED); });
}

CONFORMANCE(Cancel, CompletingWhileTheCancelHasBegunIsReported, "IOT-5.10", "IOT-5.12") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WdfRequestWdmGetIrp(request)->Cancel = TRUE;
    WdfRequestMarkCancelable(request, Rig::Cancel);
    WdfRequestComplete(request, STATUS_CANCELLED);  // its EvtRequestCancel is due
  };
  rig.Start();
  rig.Open().Write("x");
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6);
}

// Cancel against completion, from two threads, with the driver's own protocol (unmark, then complete unless cancelled): each request
// ends exactly once, and one of the two sides did it.
CONFORMANCE(CancelRaces, UnmarkAgainstCancel, "IOT-5.11", "IOT-5.12", "IOX-45") {
  for (uint64_t seed = 1; seed <= (machine.simulated() ? 150u : 20u); ++seed) {
    MachineOptions options = machine.options();
    options.seed = seed;
    Machine inner(options);
    Rig rig(inner);
    rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true}); };
    std::atomic<int> by_cancel = 0, by_driver = 0;
    // The documented protocol: whoever comes second completes; until then the handle lives.
    std::mutex lock;
    std::set<WDFREQUEST> taken, callback_ran, left_to_callback;
    rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
      rig.Hold(request);
      if (WdfRequestMarkCancelableEx(request, Rig::Cancel) == STATUS_SUCCESS) return;
      ADD_FAILURE() << "nobody cancels before the requests are out";
    };
    rig.on_cancel = [&](WDFREQUEST request) {
      {
        std::lock_guard guard(lock);
        if (taken.count(request) && !left_to_callback.count(request)) {
          callback_ran.insert(request);
          return;
        }
        if (!taken.count(request)) taken.insert(request);  // the worker finds it taken
      }
      ++by_cancel;
      WdfRequestComplete(request, STATUS_CANCELLED);
    };
    rig.Start();
    File file = rig.Open();
    std::vector<PendingIo> io;
    for (int i = 0; i < 3; ++i) io.push_back(file.StartWrite("x", 1));
    Task worker = inner.StartKernel("worker", [&] {
      while (WDFREQUEST request = rig.TakeHeld()) {
        {
          std::lock_guard guard(lock);
          if (!taken.insert(request).second) continue;  // its callback came first and completed it
        }
        const NTSTATUS status = WdfRequestUnmarkCancelable(request);
        EXPECT_TRUE(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
        if (status == STATUS_CANCELLED) {
          std::lock_guard guard(lock);
          if (!callback_ran.count(request)) {
            left_to_callback.insert(request);
            continue;
          }
        }
        ++by_driver;
        WdfRequestComplete(request, status);
      }
    });
    Task canceller = inner.Start("canceller", [&] {
      for (PendingIo& one : io) one.Cancel();
    });
    worker.Join();
    canceller.Join();
    for (PendingIo& one : io) {
      const Status status = one.Wait().status;
      EXPECT_TRUE(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
    }
    EXPECT_EQ(by_cancel + by_driver, 3) << "seed " << seed;
    EXPECT_FALSE(inner.stopped()) << inner.ReportText();
    if (::testing::Test::HasFailure()) break;
  }
}

// Cancel of waiting requests against their delivery, retrieval and a purge.
CONFORMANCE(CancelRaces, CancelOfWaitingRequestsAgainstDeliveryAndPurge, "IOT-5.01", "IOX-39", "IOX-47") {
  for (uint64_t seed = 1; seed <= (machine.simulated() ? 150u : 20u); ++seed) {
    MachineOptions options = machine.options();
    options.seed = seed;
    Machine inner(options);
    Rig rig(inner);
    WDFQUEUE second = nullptr;
    rig.add = [&] {
      rig.NewQueue({.is_default = true});
      second = rig.NewQueue({.type = WdfIoQueueDispatchManual, .canceled_on_queue = true});
    };
    std::atomic<int> ended = 0;
    rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
      if (WdfRequestForwardToIoQueue(request, second) != STATUS_SUCCESS) {
        ++ended;
        WdfRequestComplete(request, STATUS_DEVICE_BUSY);
      }
    };
    rig.on_canceled = [&](WDFQUEUE, WDFREQUEST request) {
      ++ended;
      WdfRequestComplete(request, STATUS_CANCELLED);
    };
    rig.Start();
    File file = rig.Open();
    std::vector<PendingIo> io;
    for (int i = 0; i < 4; ++i) io.push_back(file.StartWrite("x", 1));
    Task canceller = inner.Start("canceller", [&] {
      for (PendingIo& one : io) one.Cancel();
    });
    Task taker = inner.StartKernel("taker", [&] {
      WDFREQUEST request = nullptr;
      while (WdfIoQueueRetrieveNextRequest(second, &request) == STATUS_SUCCESS) {
        ++ended;
        WdfRequestComplete(request, STATUS_SUCCESS);
      }
    });
    Task purger = inner.StartKernel("purger", [&] { WdfIoQueuePurgeSynchronously(second); });
    canceller.Join();
    taker.Join();
    purger.Join();
    for (PendingIo& one : io) one.Wait();
    EXPECT_EQ(ended, 4) << "seed " << seed;
    EXPECT_FALSE(inner.stopped()) << inner.ReportText();
    rig.In([&] {
      const QueueState state = StateOf(second);
      EXPECT_EQ(state.waiting, 0u);
      EXPECT_EQ(state.at_driver, 0u);
    });
    if (::testing::Test::HasFailure()) break;
  }
}

// Scope Device: EvtRequestCancel never overlaps the handlers of any of the device's queues.
CONFORMANCE(CancelRaces, SynchronisedCancelNeverOverlapsHandlers, "IOT-5.08", "IOX-49", "IOT-9.11") {
  for (uint64_t seed = 1; seed <= (machine.simulated() ? 60u : 8u); ++seed) {
    MachineOptions options = machine.options();
    options.seed = seed;
    Machine inner(options);
    Rig rig(inner);
    rig.device_attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    rig.add = [&] {
      rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true, .handlers = kWrite | kRead});
    };
    std::atomic<int> inside = 0, worst = 0, ended = 0;
    auto enter = [&] {
      const int now = ++inside;
      if (now > worst) worst = now;
    };
    rig.on_write = [&](WDFQUEUE, WDFREQUEST request, size_t) {  // kept until cancelled
      enter();
      WdfRequestMarkCancelable(request, Rig::Cancel);
      --inside;
    };
    rig.on_read = [&](WDFQUEUE, WDFREQUEST request, size_t) {
      enter();
      WdfRequestSetInformation(request, 0);
      WdfRequestGetIoQueue(request);
      --inside;
      ++ended;
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    rig.on_cancel = [&](WDFREQUEST request) {
      enter();
      EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
      WdfRequestGetIoQueue(request);
      --inside;
      ++ended;
      WdfRequestComplete(request, STATUS_CANCELLED);
    };
    rig.Start();
    File file = rig.Open();
    std::vector<PendingIo> io;
    for (int i = 0; i < 4; ++i) io.push_back(file.StartWrite("x", 1));
    Task canceller = inner.Start("canceller", [&] {
      for (PendingIo& one : io) one.Cancel();
    });
    Task reader = inner.Start("reader", [&] {
      char byte;
      for (int n = 0; n < 6; ++n) file.Read(&byte, 1);
    });
    canceller.Join();
    reader.Join();
    for (PendingIo& one : io) EXPECT_EQ(one.Wait().status, STATUS_CANCELLED);
    EXPECT_EQ(worst, 1) << "seed " << seed;
    EXPECT_EQ(ended, 10);
    EXPECT_FALSE(inner.stopped()) << inner.ReportText();
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace drydock::test
