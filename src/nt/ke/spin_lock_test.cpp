#include "nt/ke/spin_lock.h"

#include <ntddk.h>

#include "nt/bugcheck_codes.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class SpinLockTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(SpinLockTest);

TEST_P(SpinLockTest, RaisesToDispatchLevelAndBack) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  KIRQL old;
  KeRaiseIrql(APC_LEVEL, &old);
  KIRQL irql;
  KeAcquireSpinLock(&lock, &irql);
  EXPECT_EQ(irql, APC_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  EXPECT_FALSE(KeTestSpinLock(&lock));
  KeReleaseSpinLock(&lock, irql);
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
  EXPECT_TRUE(KeTestSpinLock(&lock));
  EXPECT_EQ(lock, 0u);
  KeLowerIrql(old);
}

TEST_P(SpinLockTest, ExcludesEachOther) {
  KSPIN_LOCK lock = 0;
  int64_t count = 0;
  bool inside = false;
  constexpr int kTasks = 4, kRounds = 2000;
  std::vector<rt::Task*> tasks;
  for (int t = 0; t < kTasks; ++t) {
    tasks.push_back(Start("adder", [&, t] {
      for (int i = 0; i < kRounds; ++i) {
        KLOCK_QUEUE_HANDLE handle;
        KIRQL irql = 0;
        if (t % 2) {
          KeAcquireInStackQueuedSpinLock(&lock, &handle);
        } else {
          KeAcquireSpinLock(&lock, &irql);
        }
        EXPECT_FALSE(inside);
        inside = true;
        ++count;
        if (simulated()) executor_->SchedulePoint();
        inside = false;
        if (t % 2) {
          KeReleaseInStackQueuedSpinLock(&handle);
        } else {
          KeReleaseSpinLock(&lock, irql);
        }
      }
    }));
  }
  for (rt::Task* task : tasks) Join(task);
  EXPECT_EQ(count, kTasks * kRounds);
  EXPECT_EQ(lock, 0u);
}

TEST_P(SpinLockTest, TryTakesAFreeLockOnly) {
  KSPIN_LOCK lock = 0;
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  EXPECT_TRUE(KeTryToAcquireSpinLockAtDpcLevel(&lock));
  Join(Start("other", [&] {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT_FALSE(KeTryToAcquireSpinLockAtDpcLevel(&lock));
    KeLowerIrql(irql);
  }));
  KeReleaseSpinLockFromDpcLevel(&lock);
  KeLowerIrql(old);
}

TEST_P(SpinLockTest, TakingItTwiceIsABugCheck) {
  KSPIN_LOCK lock = 0;
  const BugCheckData bug = BugCheckOf([&] {
    KIRQL irql;
    KeAcquireSpinLock(&lock, &irql);
    KeAcquireSpinLockAtDpcLevel(&lock);
  });
  EXPECT_EQ(bug.code, bug::kSpinLockAlreadyOwned);
  EXPECT_EQ(bug.parameters[0], reinterpret_cast<uint64_t>(&lock));
}

TEST_P(SpinLockTest, ReleasingAFreeLockIsABugCheck) {
  KSPIN_LOCK lock = 0;
  const BugCheckData bug = BugCheckOf([&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeReleaseSpinLock(&lock, old);
  });
  EXPECT_EQ(bug.code, bug::kSpinLockNotOwned);
}

TEST_P(SpinLockTest, TheDpcLevelFormNeedsDispatchLevel) {
  KSPIN_LOCK lock = 0;
  const BugCheckData bug = BugCheckOf([&] { KeAcquireSpinLockAtDpcLevel(&lock); });
  EXPECT_EQ(bug.code, bug::kDriverVerifierDetectedViolation);
  EXPECT_EQ(lock, 0u);
}

TEST_P(SpinLockTest, LevelsOnlyGoTheWayTheFunctionSays) {
  const BugCheckData bug = BugCheckOf([&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeRaiseIrql(PASSIVE_LEVEL, &old);
  });
  EXPECT_EQ(bug.code, bug::kIrqlNotGreaterOrEqual);
}

TEST_P(SpinLockTest, AWaiterIsWokenWhenTheHolderIsSlow) {
  KSPIN_LOCK lock = 0;
  KIRQL irql;
  KeAcquireSpinLock(&lock, &irql);
  bool taken = false;
  rt::Task* task = Start("waiter", [&] {
    KIRQL irql;
    KeAcquireSpinLock(&lock, &irql);
    taken = true;
    KeReleaseSpinLock(&lock, irql);
  });
  executor_->RunUntilIdle();  // it has gone to sleep
  EXPECT_FALSE(taken);
  KeReleaseSpinLock(&lock, irql);
  Join(task);
  EXPECT_TRUE(taken);
}

}  // namespace
}  // namespace drydock::nt
