// Timers and DPCs.
#include <ntddk.h>

#include <atomic>

#include "nt/bugcheck_codes.h"
#include "nt/ke/state.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

LARGE_INTEGER Ticks(rt::Ticks ticks) {
  LARGE_INTEGER value;
  value.QuadPart = ticks;
  return value;
}

NTSTATUS Wait(void* object, LARGE_INTEGER* timeout = nullptr) {
  return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, timeout);
}

struct Counter {
  KDPC dpc;
  KEVENT event;
  std::atomic<int> calls{0};
  KIRQL irql = 0xFF;
  ULONG processor = ~0u;
  void* argument1 = nullptr;
  void* argument2 = nullptr;
  static void Routine(KDPC* dpc, void* context, void* argument1, void* argument2) {
    auto* self = static_cast<Counter*>(context);
    self->irql = KeGetCurrentIrql();
    self->processor = KeGetCurrentProcessorNumber();
    self->argument1 = argument1;
    self->argument2 = argument2;
    ++self->calls;
    KeSetEvent(&self->event, 0, FALSE);
  }
  explicit Counter(bool threaded = false) {
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    if (threaded) {
      KeInitializeThreadedDpc(&dpc, &Routine, this);
    } else {
      KeInitializeDpc(&dpc, &Routine, this);
    }
  }
};

class TimerTest : public testing::BothExecutors {
 protected:
  LARGE_INTEGER poll_{};
};
DRYDOCK_BOTH_EXECUTORS(TimerTest);

TEST_P(TimerTest, ADpcRunsOnceAtDispatchLevelWithItsArguments) {
  Counter counter;
  EXPECT_TRUE(KeInsertQueueDpc(&counter.dpc, &counter, this));
  Wait(&counter.event);
  KeFlushQueuedDpcs();
  EXPECT_EQ(counter.calls, 1);
  EXPECT_EQ(counter.irql, DISPATCH_LEVEL);
  EXPECT_EQ(counter.argument1, &counter);
  EXPECT_EQ(counter.argument2, this);
}

TEST_P(TimerTest, AQueuedDpcCannotBeQueuedAgain) {
  Counter counter;
  KeSetTargetProcessorDpc(&counter.dpc, 1);
  int queued = 0;
  for (int i = 0; i < 50; ++i) queued += KeInsertQueueDpc(&counter.dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
  EXPECT_EQ(counter.calls, queued);
  EXPECT_EQ(counter.processor, 1u);
}

TEST_P(TimerTest, ARemovedDpcDoesNotRun) {
  // The queue's thread is kept busy by a DPC before it.
  KEVENT started;
  struct Busy {
    KDPC dpc;
    std::atomic<bool> started{false}, go{false};
    rt::Executor* executor;
  } busy;
  busy.executor = executor_.get();
  KeInitializeEvent(&started, NotificationEvent, FALSE);
  KeInitializeDpc(
      &busy.dpc,
      [](KDPC*, void* context, void*, void*) {
        auto* busy = static_cast<Busy*>(context);
        busy->started = true;
        while (!busy->go) busy->executor->Yield();
      },
      &busy);
  Counter counter;
  KeSetTargetProcessorDpc(&busy.dpc, 0);
  KeSetTargetProcessorDpc(&counter.dpc, 0);
  KeInsertQueueDpc(&busy.dpc, nullptr, nullptr);
  while (!busy.started) executor_->Yield();
  EXPECT_TRUE(KeInsertQueueDpc(&counter.dpc, nullptr, nullptr));
  EXPECT_TRUE(KeRemoveQueueDpc(&counter.dpc));
  EXPECT_FALSE(KeRemoveQueueDpc(&counter.dpc));
  busy.go = true;
  KeFlushQueuedDpcs();
  EXPECT_EQ(counter.calls, 0);
}

TEST_P(TimerTest, AThreadedDpcRunsAtPassiveLevel) {
  Counter counter(true);
  EXPECT_TRUE(KeInsertQueueDpc(&counter.dpc, nullptr, nullptr));
  Wait(&counter.event);
  EXPECT_EQ(counter.irql, PASSIVE_LEVEL);
  KeFlushQueuedDpcs();
}

TEST_P(TimerTest, WaitingInADpcIsABugCheck) {
  KDPC dpc;
  KEVENT never;
  KeInitializeEvent(&never, NotificationEvent, FALSE);
  KeInitializeDpc(
      &dpc, [](KDPC*, void* context, void*, void*) { Wait(context); }, &never);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  EXPECT_THROW(KeFlushQueuedDpcs(), rt::TaskStopped);
  ASSERT_EQ(bug_checks_.size(), 1u);
  EXPECT_EQ(bug_checks_[0].code, bug::kAttemptedSwitchFromDpc);
}

TEST_P(TimerTest, ADpcThatWasNeverInitialisedIsABugCheck) {
  KDPC dpc{};
  EXPECT_EQ(BugCheckOf([&] { KeInsertQueueDpc(&dpc, nullptr, nullptr); }).code, bug::kTimerOrDpcInvalid);
}

TEST_P(TimerTest, ATimerSignalsAndQueuesItsDpc) {
  KTIMER timer;
  Counter counter;
  KeInitializeTimer(&timer);
  const rt::Ticks before = executor_->InterruptTime();
  EXPECT_FALSE(KeSetTimer(&timer, Ticks(-2 * rt::kTicksPerMillisecond), &counter.dpc));
  EXPECT_FALSE(KeReadStateTimer(&timer));
  EXPECT_EQ(Wait(&timer), STATUS_SUCCESS);
  EXPECT_GE(executor_->InterruptTime() - before, 2 * rt::kTicksPerMillisecond);
  Wait(&counter.event);
  KeFlushQueuedDpcs();
  EXPECT_EQ(counter.calls, 1);
  EXPECT_TRUE(KeReadStateTimer(&timer));  // a notification timer stays signalled
  EXPECT_EQ(Wait(&timer, &poll_), STATUS_SUCCESS);
  EXPECT_FALSE(KeCancelTimer(&timer));
}

TEST_P(TimerTest, ASynchronizationTimerSatisfiesOneWait) {
  KTIMER timer;
  KeInitializeTimerEx(&timer, SynchronizationTimer);
  KeSetTimer(&timer, Ticks(-1000), nullptr);
  EXPECT_EQ(Wait(&timer), STATUS_SUCCESS);
  EXPECT_EQ(Wait(&timer, &poll_), STATUS_TIMEOUT);
}

TEST_P(TimerTest, ACancelledTimerDoesNotFire) {
  KTIMER timer;
  Counter counter;
  KeInitializeTimer(&timer);
  KeSetTimer(&timer, Ticks(-10 * rt::kTicksPerMillisecond), &counter.dpc);
  EXPECT_TRUE(KeCancelTimer(&timer));
  EXPECT_FALSE(KeCancelTimer(&timer));
  executor_->Advance(20 * rt::kTicksPerMillisecond);
  EXPECT_EQ(counter.calls, 0);
  EXPECT_FALSE(KeReadStateTimer(&timer));
}

TEST_P(TimerTest, SettingASetTimerReplacesItsTime) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  KeSetTimer(&timer, Ticks(-3600 * rt::kTicksPerSecond), nullptr);
  EXPECT_TRUE(KeSetTimer(&timer, Ticks(-rt::kTicksPerMillisecond), nullptr));
  EXPECT_EQ(Wait(&timer), STATUS_SUCCESS);
}

TEST_P(TimerTest, APeriodicTimerFiresUntilCancelled) {
  KTIMER timer;
  Counter counter;
  KeInitializeTimerEx(&timer, SynchronizationTimer);
  KeSetTimerEx(&timer, Ticks(-2 * rt::kTicksPerMillisecond), 3, &counter.dpc);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Wait(&timer), STATUS_SUCCESS);
  EXPECT_TRUE(KeCancelTimer(&timer));
  KeFlushQueuedDpcs();
  const int calls = counter.calls;
  EXPECT_GE(calls, 1);
  if (simulated()) {
    EXPECT_EQ(calls, 4);
    EXPECT_EQ(executor_->InterruptTime(), 11 * rt::kTicksPerMillisecond);
  }
  executor_->Advance(10 * rt::kTicksPerMillisecond);
  EXPECT_EQ(counter.calls, calls);
}

TEST_P(TimerTest, ATimerSetToATimeOfDayFollowsTheClock) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  LARGE_INTEGER now;
  KeQuerySystemTime(&now);
  KeSetTimer(&timer, Ticks(now.QuadPart + 3600 * rt::kTicksPerSecond), nullptr);
  EXPECT_FALSE(KeReadStateTimer(&timer));
  ke::SetSystemTime(*kernel_, now.QuadPart + 3601 * rt::kTicksPerSecond);
  EXPECT_EQ(Wait(&timer), STATUS_SUCCESS);
  KeSetTimer(&timer, Ticks(-3600 * rt::kTicksPerSecond), nullptr);  // relative: does not care
  ke::SetSystemTime(*kernel_, now.QuadPart + 9999 * rt::kTicksPerSecond);
  executor_->RunUntilIdle();
  EXPECT_FALSE(KeReadStateTimer(&timer));
  KeCancelTimer(&timer);
}

TEST_P(TimerTest, ATimerOfAHundredNanosecondsThatItsDpcSetsAgainLeavesTheMachineIdleBetweenTicks) {
  struct Poll {
    KTIMER timer;
    KDPC dpc;
    std::atomic<int> calls{0};
    std::atomic<bool> over{false};
    static void Routine(KDPC* dpc, void* context, void*, void*) {
      auto* self = static_cast<Poll*>(context);
      ++self->calls;
      if (!self->over) KeSetTimer(&self->timer, Ticks(-1), dpc);
    }
  } poll;
  KeInitializeTimer(&poll.timer);
  KeInitializeDpc(&poll.dpc, &Poll::Routine, &poll);
  const rt::Ticks start = executor_->InterruptTime();
  KeSetTimer(&poll.timer, Ticks(-1), &poll.dpc);
  executor_->RunUntilIdle();  // ends, whoever polls
  while (poll.calls < 10) executor_->Advance(rt::kTicksPerMillisecond);
  executor_->RunUntilIdle();
  poll.over = true;
  const int calls = poll.calls;
  EXPECT_LE(calls, (executor_->InterruptTime() - start) / (rt::kTicksPerMillisecond / 2) + 1);
  KeCancelTimer(&poll.timer);
  KeFlushQueuedDpcs();
  KeCancelTimer(&poll.timer);
  KeFlushQueuedDpcs();
}

TEST_P(TimerTest, ATimerThatWasNeverInitialisedIsABugCheck) {
  KTIMER timer{};
  EXPECT_EQ(BugCheckOf([&] { KeSetTimer(&timer, Ticks(-1), nullptr); }).code, bug::kTimerOrDpcInvalid);
}

TEST_P(TimerTest, SettingAndCancellingRacesWithFiring) {
  struct Owned {
    KTIMER timer;
    KDPC dpc;
    std::atomic<int> calls{0};
  };
  int cancelled = 0, fired = 0;
  for (int i = 0; i < 300; ++i) {
    auto owned = std::make_unique<Owned>();
    KeInitializeTimer(&owned->timer);
    KeInitializeDpc(
        &owned->dpc, [](KDPC*, void* calls, void*, void*) { ++*static_cast<std::atomic<int>*>(calls); }, &owned->calls);
    KeSetTimer(&owned->timer, Ticks(-(i % 40) * 10), &owned->dpc);
    if (simulated()) {
      executor_->SchedulePoint();
      if (i % 2) executor_->Advance(i % 60 * 10);
    } else {
      KeStallExecutionProcessor(static_cast<ULONG>(i % 40));
    }
    const bool was_set = KeCancelTimer(&owned->timer);
    KeFlushQueuedDpcs();
    EXPECT_EQ(owned->calls, was_set ? 0 : 1);
    (was_set ? cancelled : fired) += 1;
  }
  EXPECT_EQ(cancelled + fired, 300);
  if (simulated()) {
    EXPECT_GT(cancelled, 0);
    EXPECT_GT(fired, 0);
  }
}

TEST_P(TimerTest, ManyTimersAtOnce) {
  constexpr int kCount = 20'000;
  std::vector<KTIMER> timers(kCount);
  for (KTIMER& timer : timers) KeInitializeTimer(&timer);
  for (int i = 0; i < kCount; ++i) KeSetTimer(&timers[i], Ticks(-(1000 + i % 977) * rt::kTicksPerSecond), nullptr);
  for (int i = 0; i < kCount; i += 2) EXPECT_TRUE(KeCancelTimer(&timers[i]));
  for (int i = 1; i < kCount; i += 2) {
    EXPECT_FALSE(KeReadStateTimer(&timers[i]));
    EXPECT_TRUE(KeCancelTimer(&timers[i]));
  }
}

}  // namespace
}  // namespace drydock::nt
