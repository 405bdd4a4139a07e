// What only the simulated executor promises.
#include <gtest/gtest.h>
#include <pthread.h>

#include <string>
#include <vector>

#include "runtime/executor.h"

namespace drydock::rt {
namespace {

struct Run {
  Executor* executor = nullptr;
  std::string trace;
};

struct Worker {
  Run* run;
  char letter;
};

void Work(void* argument) {
  auto* worker = static_cast<Worker*>(argument);
  Executor& executor = *worker->run->executor;
  for (int i = 0; i < 30; ++i) {
    worker->run->trace += worker->letter;
    executor.SchedulePoint();
    if (i % 7 == 3) executor.Park(executor.InterruptTime() + i % 3);
    if (executor.Draw() % 4 == 0) worker->run->trace += '.';
  }
}

std::string Trace(uint64_t seed, Strategy strategy) {
  ExecutorOptions options;
  options.seed = seed;
  options.strategy = strategy;
  options.switch_per_1000 = 300;
  auto executor = Executor::Create(options);
  Run run{executor.get()};
  Task* self = executor->Enter("test", nullptr);
  Worker workers[] = {{&run, 'a'}, {&run, 'b'}, {&run, 'c'}, {&run, 'd'}};
  std::vector<Task*> tasks;
  for (Worker& worker : workers) {
    tasks.push_back(executor->Spawn("worker", &Work, &worker, nullptr, false));
  }
  for (Task* task : tasks) executor->Join(task);
  executor->Leave(self);
  return run.trace;
}

TEST(SimulatedExecutor, OneSeedIsOneOrder) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(Trace(seed, Strategy::kRandom), Trace(seed, Strategy::kRandom));
    EXPECT_EQ(Trace(seed, Strategy::kRunToBlock), Trace(seed, Strategy::kRunToBlock));
  }
}

TEST(SimulatedExecutor, OtherSeedsAreOtherOrders) {
  EXPECT_NE(Trace(1, Strategy::kRandom), Trace(2, Strategy::kRandom));
  EXPECT_NE(Trace(2, Strategy::kRandom), Trace(3, Strategy::kRandom));
}

class SimulatedTest : public testing::Test {
 protected:
  void SetUp() override {
    executor_ = Executor::Create(ExecutorOptions{});
    self_ = executor_->Enter("test", nullptr);
  }
  void TearDown() override { executor_->Leave(self_); }
  std::unique_ptr<Executor> executor_;
  Task* self_ = nullptr;
};

TEST_F(SimulatedTest, ThirtySecondsPassInNoTime) {
  const Ticks before = executor_->InterruptTime();
  EXPECT_EQ(executor_->Park(before + 30 * kTicksPerSecond), Wake::kTimedOut);
  EXPECT_EQ(executor_->InterruptTime(), before + 30 * kTicksPerSecond);
}

struct StallRecord {
  Executor* executor;
  int calls = 0;
};

TEST_F(SimulatedTest, AWaitThatNobodyCanEndIsReportedAtOnce) {
  StallRecord record{executor_.get()};
  executor_->SetStallHandler(
      [](void* context) {
        auto* record = static_cast<StallRecord*>(context);
        ++record->calls;
        record->executor->Stop();
      },
      &record);
  EXPECT_THROW(executor_->Park(kNever), TaskStopped);
  EXPECT_EQ(record.calls, 1);
}

TEST_F(SimulatedTest, TimersThatGoOnForEverHideNoStallBeyondTheLimit) {
  struct Periodic : TimerNode {
    Executor* executor;
    int fired = 0;
  } timer;
  timer.executor = executor_.get();
  timer.callback = [](TimerNode* node) {
    auto* timer = static_cast<Periodic*>(node);
    ++timer->fired;
    timer->executor->Arm(timer, timer->executor->InterruptTime() + kTicksPerSecond);
  };
  executor_->Arm(&timer, kTicksPerSecond);
  StallRecord record{executor_.get()};
  executor_->SetStallHandler(
      [](void* context) {
        auto* record = static_cast<StallRecord*>(context);
        record->calls += record->executor->limit_passed();
        record->executor->Stop();
      },
      &record);
  executor_->LimitWaits(10 * kTicksPerSecond);
  executor_->Advance(5 * kTicksPerSecond);  // does not count
  EXPECT_EQ(executor_->Park(12 * kTicksPerSecond), Wake::kTimedOut);
  EXPECT_EQ(record.calls, 0);
  EXPECT_THROW(executor_->Park(kNever), TaskStopped);
  EXPECT_EQ(record.calls, 1);
  EXPECT_EQ(timer.fired, 15);
  executor_->Disarm(&timer);
}

TEST_F(SimulatedTest, AStallWithoutAHandlerStopsTheMachine) {
  EXPECT_THROW(executor_->Park(kNever), TaskStopped);
  EXPECT_TRUE(executor_->stopped());
}

TEST_F(SimulatedTest, ATaskThatEndsLastFindsTheStallToo) {
  StallRecord record{executor_.get()};
  executor_->SetStallHandler([](void* context) { ++static_cast<StallRecord*>(context)->calls; },
                             &record);
  executor_->Spawn(
      "short", [](void*) {}, nullptr, nullptr, false);
  EXPECT_THROW(executor_->Park(kNever), TaskStopped);
  EXPECT_EQ(record.calls, 1);
}

TEST_F(SimulatedTest, ServiceTasksThatWaitAreNoStall) {
  StallRecord record{executor_.get()};
  executor_->SetStallHandler([](void* context) { ++static_cast<StallRecord*>(context)->calls; },
                             &record);
  executor_->Spawn(
      "service", [](void* e) { static_cast<Executor*>(e)->Park(kNever); }, executor_.get(), nullptr,
      true);
  executor_->RunUntilIdle();
  executor_->Advance(kTicksPerSecond);
  EXPECT_EQ(record.calls, 0);
}

TEST_F(SimulatedTest, ALoopThatPollsTheTimeEnds) {
  const Ticks until = executor_->InterruptTime() + 20 * kTicksPerMillisecond;
  while (executor_->InterruptTime() < until) executor_->SchedulePoint();
  SUCCEED();
}

TEST_F(SimulatedTest, ALoopThatPollsAFlagLetsTheOtherTaskRun) {
  ExecutorOptions options;
  options.strategy = Strategy::kRunToBlock;
  auto executor = Executor::Create(options);
  Task* self = executor->Enter("test", nullptr);
  bool flag = false;
  executor->Spawn(
      "setter", [](void* flag) { *static_cast<bool*>(flag) = true; }, &flag, nullptr, false);
  while (!flag) executor->SchedulePoint();
  executor->Leave(self);
}

TEST_F(SimulatedTest, RunToBlockTakesTurns) {
  const std::string trace = Trace(1, Strategy::kRunToBlock);
  EXPECT_EQ(trace.find('b'),
            trace.rfind('a', trace.find('b')) + (trace[trace.find('b') - 1] == '.' ? 2 : 1));
}

TEST_F(SimulatedTest, ManyTasksShareStacks) {
  for (int round = 0; round < 5; ++round) {
    std::vector<Task*> tasks;
    for (int i = 0; i < 300; ++i) {
      tasks.push_back(executor_->Spawn(
          "t", [](void* e) { static_cast<Executor*>(e)->Yield(); }, executor_.get(), nullptr,
          false));
    }
    for (Task* task : tasks) executor_->Join(task);
  }
}

TEST_F(SimulatedTest, AnotherOsThreadGoesOnWithTheFibers) {
  struct State {
    Executor* executor;
    int steps = 0;
  } state{executor_.get()};
  Task* task = executor_->Spawn(
      "walker",
      [](void* context) {
        auto* state = static_cast<State*>(context);
        for (int i = 0; i < 4; ++i) {
          ++state->steps;
          try {
            throw 1;
          } catch (int) {
            state->executor->Park(kNever);
          }
        }
      },
      &state, nullptr, true);
  executor_->RunUntilIdle();
  EXPECT_EQ(state.steps, 1);
  executor_->Leave(self_);
  pthread_t thread;
  struct Other {
    Executor* executor;
    Task* task;
  } other{executor_.get(), task};
  pthread_create(
      &thread, nullptr,
      [](void* context) -> void* {
        auto* other = static_cast<Other*>(context);
        Task* self = other->executor->Enter("other", nullptr);
        other->executor->Unpark(other->task);
        other->executor->RunUntilIdle();
        other->executor->Leave(self);
        return nullptr;
      },
      &other);
  pthread_join(thread, nullptr);
  self_ = executor_->Enter("test", nullptr);
  EXPECT_EQ(state.steps, 2);
}

}  // namespace
}  // namespace drydock::rt
