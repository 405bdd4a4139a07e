// Work items, executive and I/O.
#include "nt/ex/work_queue.h"

#include <ntddk.h>

#include <atomic>

#include "nt/bugcheck_codes.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

NTSTATUS Wait(void* object) { return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, nullptr); }

struct Item {
  WORK_QUEUE_ITEM item;
  KEVENT done;
  std::atomic<int> runs{0};
  KIRQL irql = 0xFF;
  void (*body)(Item&) = nullptr;
  void* context = nullptr;
  Item() {
    KeInitializeEvent(&done, SynchronizationEvent, FALSE);
    ExInitializeWorkItem(&item, &Item::Run, this);
  }
  static void Run(void* parameter) {
    auto& self = *static_cast<Item*>(parameter);
    self.irql = KeGetCurrentIrql();
    ++self.runs;
    if (self.body) self.body(self);
    KeSetEvent(&self.done, 0, FALSE);
  }
};

class WorkQueueTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(WorkQueueTest);

TEST_P(WorkQueueTest, AnItemRunsOnceAtPassiveLevelOnAnotherThread) {
  Item item;
  item.body = [](Item&) { EXPECT_TRUE(PsIsSystemThread(PsGetCurrentThread())); };
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  ExQueueWorkItem(&item.item, DelayedWorkQueue);
  KeLowerIrql(old);
  Wait(&item.done);
  EXPECT_EQ(item.runs, 1);
  EXPECT_EQ(item.irql, PASSIVE_LEVEL);
}

TEST_P(WorkQueueTest, AnItemMayQueueItselfAgain) {
  Item item;
  item.body = [](Item& self) {
    if (self.runs < 5) ExQueueWorkItem(&self.item, CriticalWorkQueue);
  };
  ExQueueWorkItem(&item.item, CriticalWorkQueue);
  while (item.runs < 5) Wait(&item.done);
  EXPECT_EQ(item.runs, 5);
  executor_->RunUntilIdle();
}

TEST_P(WorkQueueTest, QueueingAQueuedItemIsABugCheck) {
  Item item;
  item.item.List.Flink = &item.item.List;  // as if it stood in a queue
  EXPECT_EQ(BugCheckOf([&] { ExQueueWorkItem(&item.item, DelayedWorkQueue); }).code, bug::kWorkerInvalid);
}

TEST_P(WorkQueueTest, ReturningAtARaisedLevelIsABugCheck) {
  Item item;
  item.body = [](Item&) { KeRaiseIrqlToDpcLevel(); };
  ExQueueWorkItem(&item.item, DelayedWorkQueue);
  EXPECT_THROW(
      for (;;) {
        executor_->RunUntilIdle();
        executor_->Yield();
      },
      rt::TaskStopped);
  ASSERT_EQ(bug_checks_.size(), 1u);
  EXPECT_EQ(bug_checks_[0].code, bug::kWorkerThreadReturnedAtBadIrql);
}

TEST_P(WorkQueueTest, ManyItemsFromManyThreadsAllRun) {
  constexpr int kThreads = 3, kItems = 200;
  std::vector<std::unique_ptr<Item>> items;
  for (int i = 0; i < kThreads * kItems; ++i) items.push_back(std::make_unique<Item>());
  std::vector<rt::Task*> tasks;
  for (int t = 0; t < kThreads; ++t) {
    tasks.push_back(Start("queuer", [&, t] {
      for (int i = 0; i < kItems; ++i) ExQueueWorkItem(&items[static_cast<size_t>(t * kItems + i)]->item, DelayedWorkQueue);
    }));
  }
  for (rt::Task* task : tasks) Join(task);
  for (auto& item : items) Wait(&item->done);
  for (auto& item : items) EXPECT_EQ(item->runs, 1);
  executor_->RunUntilIdle();
}

TEST(WorkQueuePatience, ItemsThatWaitForALaterItemGetIt) {
  // All workers wait for what the last item does: after a while one more worker is made, as on Windows.
  struct Fixture : testing::KernelFixture {
    void TestBody() override {}
    void Run() {
      KernelOptions options;
      options.worker_threads = 2;
      Make(rt::ExecutorKind::kSimulated, 1, options);
      KEVENT go;
      KeInitializeEvent(&go, NotificationEvent, FALSE);
      Item waiting[2], last;
      for (Item& item : waiting) {
        item.context = &go;
        item.body = [](Item& self) { Wait(self.context); };
        ExQueueWorkItem(&item.item, DelayedWorkQueue);
      }
      last.context = &go;
      last.body = [](Item& self) { KeSetEvent(static_cast<KEVENT*>(self.context), 0, FALSE); };
      ExQueueWorkItem(&last.item, DelayedWorkQueue);
      Wait(&waiting[0].done);
      Wait(&waiting[1].done);
      Wait(&last.done);
      EXPECT_GE(executor_->InterruptTime(), rt::kTicksPerSecond);
      executor_->RunUntilIdle();
      TearDown();
    }
  } fixture;
  fixture.Run();
}

}  // namespace
}  // namespace drydock::nt
