// What both executors promise.
#include "runtime/executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/lock.h"

namespace drydock::rt {
namespace {

struct Closure {
  Executor* executor;
  void (*body)(Closure&);
  std::atomic<int> number{0};
  std::atomic<bool> flag{false};
  Task* peer = nullptr;
  std::vector<int> order;
  Lock lock;
  static void Run(void* argument) {
    auto* self = static_cast<Closure*>(argument);
    self->body(*self);
  }
};

class ExecutorTest : public testing::TestWithParam<ExecutorKind> {
 protected:
  void SetUp() override {
    ExecutorOptions options;
    options.kind = GetParam();
    executor_ = Executor::Create(options);
    self_ = executor_->Enter("test", nullptr);
  }
  void TearDown() override {
    if (self_) executor_->Leave(self_);
  }
  bool simulated() const { return GetParam() == ExecutorKind::kSimulated; }

  std::unique_ptr<Executor> executor_;
  Task* self_ = nullptr;
};

TEST_P(ExecutorTest, JoinReturnsOnceTheEntryHasReturned) {
  Closure c{executor_.get(), [](Closure& c) {
              EXPECT_EQ(CurrentTask()->executor, c.executor);
              c.number = 7;
            }};
  Task* task = executor_->Spawn("child", &Closure::Run, &c, nullptr, false);
  EXPECT_GT(task->id, self_->id);
  executor_->Join(task);
  EXPECT_EQ(c.number, 7);
  EXPECT_EQ(CurrentTask(), self_);
}

TEST_P(ExecutorTest, AnUnparkBeforeTheParkIsNotLost) {
  executor_->Unpark(self_);
  executor_->Unpark(self_);  // several count as one
  EXPECT_EQ(executor_->Park(kNever), Wake::kUnparked);
  EXPECT_EQ(executor_->Park(executor_->InterruptTime() + 10), Wake::kTimedOut);
}

TEST_P(ExecutorTest, AParkEndsAtItsDeadlineAndNotBefore) {
  const Ticks deadline = executor_->InterruptTime() + 5 * kTicksPerMillisecond;
  EXPECT_EQ(executor_->Park(deadline), Wake::kTimedOut);
  EXPECT_GE(executor_->InterruptTime(), deadline);
  if (simulated()) {
    EXPECT_EQ(executor_->InterruptTime(), deadline);
  }
}

TEST_P(ExecutorTest, TwoTasksPlayPingPong) {
  Closure c{executor_.get(), [](Closure& c) {
              for (int i = 0; i < 1000; ++i) {
                while (c.number.load() != 2 * i + 1) c.executor->Park();
                c.number = 2 * i + 2;
                c.executor->Unpark(c.peer);
              }
            }};
  c.peer = self_;
  Task* task = executor_->Spawn("pong", &Closure::Run, &c, nullptr, false);
  for (int i = 0; i < 1000; ++i) {
    c.number = 2 * i + 1;
    executor_->Unpark(task);
    while (c.number.load() != 2 * i + 2) executor_->Park();
  }
  executor_->Join(task);
  EXPECT_EQ(c.number, 2000);
}

struct OrderedTimer : TimerNode {
  std::vector<int>* order;
  int number;
  Executor* executor;
  Task* waiter;
};

TEST_P(ExecutorTest, TenThousandTimersFireByDueTimeAndThenByArming) {
  std::vector<int> order, expected;
  std::vector<OrderedTimer> timers(10'000);
  // None may fire before all are armed: live, on a busy computer.
  const Ticks wait = executor_->simulated() ? 200 * kTicksPerMillisecond : 2 * kTicksPerSecond;
  const Ticks start = executor_->InterruptTime() + wait;
  for (int i = 0; i < 10'000; ++i) {
    OrderedTimer& timer = timers[i];
    timer.order = &order;
    timer.number = i;
    timer.callback = [](TimerNode* node) {
      auto* timer = static_cast<OrderedTimer*>(node);
      timer->order->push_back(timer->number);
    };
    executor_->Arm(&timer, start + (i * 7919) % 100);
  }
  // Every third is taken back; every fifth of the rest is armed anew, at the end.
  for (int i = 0; i < 10'000; i += 3) EXPECT_TRUE(executor_->Disarm(&timers[i]));
  for (int i = 0; i < 10'000; i += 5) {
    if (i % 3) executor_->Arm(&timers[i], start + 100);
  }
  for (int due = 0; due <= 100; ++due) {
    for (int i = 0; i < 10'000; ++i) {
      if (i % 3 && (i % 5 ? (i * 7919) % 100 : 100) == due) expected.push_back(i);
    }
  }
  executor_->Advance(wait + 30 * kTicksPerMillisecond);
  EXPECT_EQ(order, expected);
  EXPECT_FALSE(executor_->Disarm(&timers[1]));
}

TEST_P(ExecutorTest, ATimerWakesATask) {
  OrderedTimer timer;
  timer.executor = executor_.get();
  timer.waiter = self_;
  timer.callback = [](TimerNode* node) {
    auto* timer = static_cast<OrderedTimer*>(node);
    timer->executor->Unpark(timer->waiter);
  };
  const Ticks due = executor_->InterruptTime() + kTicksPerMillisecond;
  executor_->Arm(&timer, due);
  EXPECT_EQ(executor_->Park(kNever), Wake::kUnparked);
  EXPECT_GE(executor_->InterruptTime(), due);
  executor_->DisarmAndWait(&timer);
}

TEST_P(ExecutorTest, StopUnwindsAWaitingTask) {
  static std::atomic<int> destroyed;
  destroyed = 0;
  struct Witness {
    ~Witness() { ++destroyed; }
  };
  Closure c{executor_.get(), [](Closure& c) {
              Witness outer;
              try {
                Witness inner;
                c.flag = true;
                c.executor->Park(kNever);
              } catch (const std::exception&) {
                ADD_FAILURE() << "a stop must not look like an ordinary exception";
              }
              ADD_FAILURE() << "the park returned";
            }};
  Task* task = executor_->Spawn("waiter", &Closure::Run, &c, nullptr, true);
  while (!c.flag) executor_->Yield();
  executor_->Stop();
  EXPECT_TRUE(executor_->stopped());
  executor_->Join(task);
  EXPECT_EQ(destroyed, 2);
  EXPECT_THROW(executor_->Park(kNever), TaskStopped);
  EXPECT_THROW(executor_->Yield(), TaskStopped);
}

TEST_P(ExecutorTest, AnExemptTaskStillWaitsAfterStop) {
  self_->exempt = true;
  executor_->Stop();
  const Ticks deadline = executor_->InterruptTime() + 10;
  while (executor_->Park(deadline) != Wake::kTimedOut) {
  }
  EXPECT_GE(executor_->InterruptTime(), deadline);
}

TEST_P(ExecutorTest, TheDestructorEndsTasksThatWait) {
  Closure c{executor_.get(), [](Closure& c) {
              struct Mark {
                Closure& c;
                ~Mark() { c.number = 1; }
              } mark{c};
              c.executor->Park(kNever);
            }};
  executor_->Spawn("waiter", &Closure::Run, &c, nullptr, true);
  executor_->Leave(self_);
  self_ = nullptr;
  executor_.reset();
  EXPECT_EQ(c.number, 1);
}

TEST_P(ExecutorTest, DetachedTasksEndOnTheirOwn) {
  Closure c{executor_.get(), [](Closure& c) { c.number.fetch_add(1); }};
  for (int i = 0; i < 50; ++i) {
    executor_->Detach(executor_->Spawn("free", &Closure::Run, &c, nullptr, false));
  }
  executor_->RunUntilIdle();
  EXPECT_EQ(c.number, 50);
}

TEST_P(ExecutorTest, ExceptionsAndTheirStateStayOnTheirTask) {
  Closure c{executor_.get(), [](Closure& c) {
              for (int i = 0; i < 20; ++i) {
                try {
                  throw std::runtime_error("inner " + std::to_string(i));
                } catch (const std::exception& e) {
                  // Waits inside a handler: the exception in flight is this task's own.
                  c.executor->Park(c.executor->InterruptTime() + 10);
                  EXPECT_EQ(std::string(e.what()), "inner " + std::to_string(i));
                  EXPECT_EQ(std::uncaught_exceptions(), 0);
                  try {
                    throw;
                  } catch (const std::runtime_error& again) {
                    EXPECT_EQ(std::string(again.what()), "inner " + std::to_string(i));
                  }
                }
              }
              c.number.fetch_add(1);
            }};
  Task* one = executor_->Spawn("one", &Closure::Run, &c, nullptr, false);
  Task* two = executor_->Spawn("two", &Closure::Run, &c, nullptr, false);
  executor_->Join(one);
  executor_->Join(two);
  EXPECT_EQ(c.number, 2);
}

TEST_P(ExecutorTest, RunUntilIdleLetsOthersFinishAndTimeStands) {
  Closure c{executor_.get(), [](Closure& c) {
              for (int i = 0; i < 100; ++i) {
                c.executor->Yield();
                c.number.fetch_add(1);
              }
              c.executor->Park(kNever);
            }};
  executor_->Spawn("one", &Closure::Run, &c, nullptr, true);
  executor_->Spawn("two", &Closure::Run, &c, nullptr, true);
  const Ticks before = executor_->InterruptTime();
  executor_->RunUntilIdle();
  EXPECT_EQ(c.number, 200);
  if (simulated()) {
    EXPECT_EQ(executor_->InterruptTime(), before);
  }
}

TEST_P(ExecutorTest, AdvanceLetsEverythingDueHappen) {
  static Ticks before;
  before = executor_->InterruptTime();
  Closure c{executor_.get(), [](Closure& c) {
              for (int i = 1; i <= 4; ++i) {
                while (c.executor->InterruptTime() < before + i * 10 * kTicksPerMillisecond) c.executor->Park(before + i * 10 * kTicksPerMillisecond);
                c.number.fetch_add(1);
              }
              c.executor->Park(kNever);
            }};
  executor_->Spawn("ticker", &Closure::Run, &c, nullptr, true);
  executor_->Advance(before + 40 * kTicksPerMillisecond - executor_->InterruptTime());
  EXPECT_EQ(c.number, 4);
  EXPECT_GE(executor_->InterruptTime(), before + 40 * kTicksPerMillisecond);
}

TEST_P(ExecutorTest, SystemTimeCanBeSetAndInterruptTimeStays) {
  const Ticks before = executor_->InterruptTime();
  executor_->SetSystemTime(133'000'000'000'000'000);
  EXPECT_GE(executor_->SystemTime(), 133'000'000'000'000'000);
  EXPECT_LT(executor_->SystemTime(), 133'000'000'000'000'000 + 60 * kTicksPerSecond);
  EXPECT_LT(executor_->InterruptTime() - before, 60 * kTicksPerSecond);
}

TEST_P(ExecutorTest, MachinesNest) {
  ExecutorOptions options;
  options.kind = GetParam();
  auto inner = Executor::Create(options);
  Task* inside = inner->Enter("inside", nullptr);
  EXPECT_EQ(CurrentTask(), inside);
  EXPECT_EQ(inner->Park(inner->InterruptTime() + 10), Wake::kTimedOut);
  inner->Leave(inside);
  EXPECT_EQ(CurrentTask(), self_);
}

TEST_P(ExecutorTest, ForEachTaskVisitsInOrderOfId) {
  Closure c{executor_.get(), [](Closure& c) { c.executor->Park(kNever); }};
  for (int i = 0; i < 5; ++i) executor_->Spawn("waiter", &Closure::Run, &c, nullptr, true);
  executor_->RunUntilIdle();
  std::vector<uint32_t> ids;
  executor_->ForEachTask(
      [](void* context, const Task& task) {
        static_cast<std::vector<uint32_t>*>(context)->push_back(task.id);
      },
      &ids);
  EXPECT_EQ(ids.size(), 6u);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST_P(ExecutorTest, TheStackIsKnown) {
  int local = 0;
  EXPECT_LT(self_->stack_low, reinterpret_cast<char*>(&local));
  EXPECT_GT(self_->stack_high, reinterpret_cast<char*>(&local));
}

INSTANTIATE_TEST_SUITE_P(Both, ExecutorTest,
                         testing::Values(ExecutorKind::kLive, ExecutorKind::kSimulated),
                         [](const auto& info) {
                           return info.param == ExecutorKind::kLive ? "Live" : "Simulated";
                         });

}  // namespace
}  // namespace drydock::rt
