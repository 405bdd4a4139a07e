// Races, each over many seeds of the simulated executor: whatever the order, every request ends exactly once, nothing is left behind.
#include <atomic>

#include "probe.h"

namespace drydock::test {
namespace {

class TargetRaces : public ::testing::Test {
 protected:
  // Runs `body` on fresh machines, `kSeeds` of them one seed each.
  static constexpr uint64_t kSeeds = 40;
  template <class F>
  void ForSeeds(F body) {
    for (uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Machine machine(MachineOptions{.executor = ExecutorKind::Simulated, .seed = seed});
      body(machine);
      EXPECT_FALSE(machine.stopped()) << machine.ReportText();
    }
  }
};

struct Sent {
  Completion completion;
  WDFREQUEST request = nullptr;
  bool accepted = false;
};

bool IsOneOf(NTSTATUS status, std::initializer_list<NTSTATUS> list) {
  for (NTSTATUS each : list) {
    if (status == each) return true;
  }
  return false;
}

// Every accepted request ran its routine once; every refused one never.
void ExpectEachEndsOnce(std::vector<Sent>& all) {
  EXPECT_TRUE(Until([&] {
    for (Sent& sent : all) {
      if (sent.accepted && sent.completion.runs == 0) return false;
    }
    return true;
  }));
  for (Sent& sent : all) EXPECT_EQ(sent.completion.runs, sent.accepted ? 1 : 0);
}

TEST_F(TargetRaces, CancelAgainstCompletionAgainstExpiry) {
  ForSeeds([](Machine& machine) {
    std::vector<ModelRequest> kept;
    Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
      kept.push_back(request);
      request.PendCancelable();
    }});
    machine.Run([&] {
      Completion completion;
      WDFREQUEST request = ReadyIoctl(stack.local(), completion);
      auto options = Options(0, Milliseconds(2));
      EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
      Task canceller = machine.StartKernel("canceller", [&] {
        SleepMs(2);
        WdfRequestCancelSentRequest(request);
      });
      Task completer = machine.StartKernel("completer", [&] {
        SleepMs(2);
        kept.at(0).Complete(STATUS_SUCCESS);
      });
      canceller.Join();
      completer.Join();
      EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
      SleepMs(5);
      EXPECT_EQ(completion.runs, 1);
      EXPECT_TRUE(IsOneOf(completion.status, {STATUS_SUCCESS, STATUS_CANCELLED, STATUS_IO_TIMEOUT})) << S(completion.status);
      WdfObjectDelete(request);
    });
  });
}

TEST_F(TargetRaces, SendAgainstStopStartAndPurge) {
  ForSeeds([](Machine& machine) {
    Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
      request.PendCancelable();
      machine.After(std::chrono::microseconds(300), [request] { request.Complete(STATUS_SUCCESS); });
    }});
    machine.Run([&] {
      std::vector<Sent> all(12);
      WDFIOTARGET target = stack.local();
      Task sender = machine.StartKernel("sender", [&] {
        for (size_t i = 0; i < all.size(); ++i) {
          all[i].request = ReadyIoctl(target, all[i].completion);
          auto options = Options(0, i % 3 == 0 ? Milliseconds(1) : 0);
          all[i].accepted = WdfRequestSend(all[i].request, target, &options);
          if (i % 4 == 3) SleepMs(1);
        }
      });
      Task controller = machine.StartKernel("controller", [&] {
        for (int round = 0; round < 4; ++round) {
          WdfIoTargetStop(target, round % 2 ? WdfIoTargetCancelSentIo : WdfIoTargetLeaveSentIoPending);
          SleepMs(1);
          if (round == 2) WdfIoTargetPurge(target, WdfIoTargetPurgeIoAndWait);
          EXPECT_EQ(S(WdfIoTargetStart(target)), S(STATUS_SUCCESS));
        }
      });
      sender.Join();
      controller.Join();
      ExpectEachEndsOnce(all);
      for (Sent& sent : all) {
        EXPECT_TRUE(!sent.accepted || IsOneOf(sent.completion.status, {STATUS_SUCCESS, STATUS_CANCELLED, STATUS_IO_TIMEOUT,
                                                                     STATUS_WDF_DEVICE_REMOVED_NOT_SENT, STATUS_INVALID_DEVICE_STATE}))
            << S(sent.completion.status);
        WdfObjectDelete(sent.request);
      }
    });
  });
}

TEST_F(TargetRaces, CancelOfAWaitingRequestAgainstStartAndPurge) {
  ForSeeds([](Machine& machine) {
    Stack stack(machine, {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS); }});
    machine.Run([&] {
      WDFIOTARGET target = stack.local();
      for (int round = 0; round < 4; ++round) {
        WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
        std::vector<Sent> all(4);
        for (Sent& sent : all) {
          sent.request = ReadyIoctl(target, sent.completion);
          auto options = Options(0, Milliseconds(1));
          sent.accepted = WdfRequestSend(sent.request, target, &options);
        }
        Task canceller = machine.StartKernel("canceller", [&] {
          for (Sent& sent : all) WdfRequestCancelSentRequest(sent.request);
        });
        Task controller = machine.StartKernel("controller", [&] {
          if (round % 2) WdfIoTargetPurge(target, WdfIoTargetPurgeIo);
          WdfIoTargetStart(target);
        });
        canceller.Join();
        controller.Join();
        ExpectEachEndsOnce(all);
        for (Sent& sent : all) WdfObjectDelete(sent.request);
      }
    });
  });
}

TEST_F(TargetRaces, DeletionOfATargetAgainstEverything) {
  ForSeeds([](Machine& machine) {
    EXPECT_EQ(machine.AddNamedModel("\\Device\\Lazy", MakeModel({.on_ioctl = [&](const ModelRequest& request) {
                                      request.PendCancelable();
                                      machine.After(std::chrono::microseconds(500), [request] { request.Complete(STATUS_SUCCESS); });
                                    }})),
              STATUS_SUCCESS);
    Stack stack(machine);
    machine.Run([&] {
      WDFIOTARGET target = NewRemote(stack.wdf());
      ASSERT_EQ(S(OpenByName(target, u"\\Device\\Lazy")), S(STATUS_SUCCESS));
      WdfObjectReference(target);
      std::vector<Sent> all(6);
      for (Sent& sent : all) sent.request = ReadyIoctl(target, sent.completion);
      Task sender = machine.StartKernel("sender", [&] {
        for (Sent& sent : all) sent.accepted = WdfRequestSend(sent.request, target, nullptr);
      });
      Task canceller = machine.StartKernel("canceller", [&] {
        for (Sent& sent : all) WdfRequestCancelSentRequest(sent.request);
      });
      WdfObjectDelete(target);
      EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetDeleted);
      sender.Join();
      canceller.Join();
      ExpectEachEndsOnce(all);
      for (Sent& sent : all) WdfObjectDelete(sent.request);
      WdfObjectDereference(target);
    });
  });
}

TEST_F(TargetRaces, BlockedSendersAgainstTimeOutsAndCancels) {
  ForSeeds([](Machine& machine) {
    Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
      request.PendCancelable();
      machine.After(std::chrono::microseconds(900), [request] { request.Complete(STATUS_SUCCESS, 0); });
    }});
    machine.Run([&] {
      std::vector<Task> tasks;
      std::vector<WDFREQUEST> requests;
      for (int i = 0; i < 6; ++i) requests.push_back(NewRequest(stack.local()));
      int ended = 0;
      for (int i = 0; i < 6; ++i) {
        tasks.push_back(machine.StartKernel("sender", [&, i] {
          auto options = Options(0, i % 2 ? -9'000 : -9'500);
          const NTSTATUS status =
              WdfIoTargetSendIoctlSynchronously(stack.local(), requests[i], kBuffered, nullptr, nullptr, &options, nullptr);
          EXPECT_TRUE(IsOneOf(status, {STATUS_SUCCESS, STATUS_CANCELLED, STATUS_IO_TIMEOUT})) << S(status);
          ++ended;
        }));
      }
      tasks.push_back(machine.StartKernel("canceller", [&] {
        for (WDFREQUEST request : requests) WdfRequestCancelSentRequest(request);
      }));
      for (Task& task : tasks) task.Join();
      EXPECT_EQ(ended, 6);
      for (WDFREQUEST request : requests) WdfObjectDelete(request);
    });
  });
}

// The framework's own requests, which enter a target without its lock (own_lane.cpp), against every change of its state.
TEST_F(TargetRaces, LaneSendsAgainstStopPurgeAndStart) {
  ForSeeds([](Machine& machine) {
    int below = 0;
    Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
      if (++below % 3 == 0) return request.Complete(STATUS_SUCCESS, 0);
      request.PendCancelable();
      machine.After(std::chrono::microseconds(200), [request] { request.Complete(STATUS_SUCCESS, 0); });
    }});
    machine.Run([&] {
      WDFIOTARGET target = stack.local();
      std::vector<Task> tasks;
      for (int i = 0; i < 3; ++i) {
        tasks.push_back(machine.StartKernel("sender", [&, i] {
          auto options = Options(i == 2 ? WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE : 0, i == 1 ? Milliseconds(1) : 0);
          for (int round = 0; round < 5; ++round) {
            const NTSTATUS status = WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, &options, nullptr);
            EXPECT_TRUE(IsOneOf(status, {STATUS_SUCCESS, STATUS_CANCELLED, STATUS_IO_TIMEOUT, STATUS_WDF_DEVICE_REMOVED_NOT_SENT,
                                         STATUS_INVALID_DEVICE_STATE}))
                << S(status);
          }
        }));
      }
      for (int round = 0; round < 5; ++round) {
        if (round % 2) {
          WdfIoTargetPurge(target, WdfIoTargetPurgeIoAndWait);
        } else {
          WdfIoTargetStop(target, round == 2 ? WdfIoTargetWaitForSentIoToComplete : WdfIoTargetCancelSentIo);
        }
        EXPECT_EQ(S(WdfIoTargetStart(target)), S(STATUS_SUCCESS));
      }
      for (Task& task : tasks) task.Join();
    });
  });
}

TEST_F(TargetRaces, AWaitingStopSeesEveryLaneRequest) {
  ForSeeds([](Machine& machine) {
    int out = 0;  // at the lower driver, without IGNORE_TARGET_STATE
    Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
      ++out;
      request.Pend();
      machine.After(std::chrono::microseconds(100), [&out, request] {
        --out;
        request.Complete(STATUS_SUCCESS, 0);
      });
    }});
    machine.Run([&] {
      WDFIOTARGET target = stack.local();
      std::vector<Task> tasks;
      for (int i = 0; i < 3; ++i) {
        tasks.push_back(machine.StartKernel("sender", [&] {
          for (int round = 0; round < 4; ++round) {
            WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr);
          }
        }));
      }
      for (int round = 0; round < 4; ++round) {
        WdfIoTargetStop(target, WdfIoTargetWaitForSentIoToComplete);
        EXPECT_EQ(out, 0);
        SleepMs(1);
        EXPECT_EQ(out, 0);  // and nothing gets through while it is stopped
        WdfIoTargetStart(target);
      }
      for (Task& task : tasks) task.Join();
    });
  });
}

TEST_F(TargetRaces, LaneSendsAgainstDeletion) {
  ForSeeds([](Machine& machine) {
    EXPECT_EQ(machine.AddNamedModel("\\Device\\Lazy", MakeModel({.on_ioctl = [&](const ModelRequest& request) {
                                      request.PendCancelable();
                                      machine.After(std::chrono::microseconds(150), [request] { request.Complete(STATUS_SUCCESS, 0); });
                                    }})),
              STATUS_SUCCESS);
    Stack stack(machine);
    machine.Run([&] {
      WDFIOTARGET target = NewRemote(stack.wdf());
      ASSERT_EQ(S(OpenByName(target, u"\\Device\\Lazy")), S(STATUS_SUCCESS));
      WdfObjectReference(target);
      std::vector<Task> tasks;
      for (int i = 0; i < 3; ++i) {
        tasks.push_back(machine.StartKernel("sender", [&] {
          for (int round = 0; round < 3; ++round) {
            const NTSTATUS status = WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr);
            EXPECT_TRUE(IsOneOf(status, {STATUS_SUCCESS, STATUS_CANCELLED, STATUS_INVALID_DEVICE_STATE})) << S(status);
          }
        }));
      }
      LARGE_INTEGER soon;
      soon.QuadPart = -1'000;
      KeDelayExecutionThread(KernelMode, FALSE, &soon);
      WdfObjectDelete(target);
      for (Task& task : tasks) task.Join();
      WdfObjectDereference(target);
    });
  });
}

// The same on threads: no order is drawn here, but the memory model is the processor's.
TEST_F(TargetRaces, LaneSendsAgainstStopOnThreads) {
  Machine machine(MachineOptions{.executor = ExecutorKind::Live});
  std::atomic<int> out{0};
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    ++out;
    --out;
    request.Complete(STATUS_SUCCESS, 0);
  }});
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    std::vector<Task> tasks;
    std::atomic<bool> end{false};
    for (int i = 0; i < 2; ++i) {
      tasks.push_back(machine.StartKernel("sender", [&] {
        while (!end) {
          EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
        }
      }));
    }
    for (int round = 0; round < 300; ++round) {
      WdfIoTargetStop(target, WdfIoTargetWaitForSentIoToComplete);
      EXPECT_EQ(out.load(), 0);
      WdfIoTargetStart(target);
    }
    end = true;
    for (Task& task : tasks) task.Join();
  });
  EXPECT_FALSE(machine.stopped()) << machine.ReportText();
}

// A cancel between the claim and the delivery must not get lost: the request ends cancelled or refused, or the lower driver finds the
// Cancel flag (R1 of sent_state.h).
TEST_F(TargetRaces, CancelAgainstSend) {
  ForSeeds([](Machine& machine) {
    Stack stack(machine, SilentDevice());
    machine.Run([&] {
      for (int round = 0; round < 6; ++round) {
        Sent sent;
        sent.request = ReadyIoctl(stack.local(), sent.completion);
        Task canceller = machine.StartKernel("canceller", [&] { WdfRequestCancelSentRequest(sent.request); });
        sent.accepted = WdfRequestSend(sent.request, stack.local(), nullptr);
        canceller.Join();
        if (sent.accepted) {
          EXPECT_TRUE(Until([&] { return sent.completion.runs == 1; }));
          EXPECT_EQ(S(sent.completion.status), S(STATUS_CANCELLED));
        } else {
          EXPECT_EQ(S(WdfRequestGetStatus(sent.request)), S(STATUS_CANCELLED));
        }
        WdfObjectDelete(sent.request);
      }
    });
  });
}

}  // namespace
}  // namespace drydock::test
