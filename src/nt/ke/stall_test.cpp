#include "nt/ke/stall.h"

#include <ntddk.h>

#include "nt/ke/completion.h"
#include "nt/ke/state.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class StallTest : public testing::KernelFixture {
 protected:
  void SetUp() override {
    Make(rt::ExecutorKind::kSimulated);
    executor_->SetStallHandler(
        [](void* self) {
          auto* test = static_cast<StallTest*>(self);
          test->stall_ = ke::DescribeStall(*test->kernel_, "Nobody can ever run again");
          test->executor_->Stop();
        },
        this);
  }
  std::string Chain() const {
    std::string all;
    for (const std::string& line : stall_.chain) all += line + "\n";
    return all;
  }
  ke::StallDescription stall_;
};

TEST_F(StallTest, AWaitForAMutexNamesItsOwnerAndWhatThatOneWaitsFor) {
  KMUTEX mutex;
  KEVENT never;
  KeInitializeMutex(&mutex, 0);
  KeInitializeEvent(&never, NotificationEvent, FALSE);
  Start("owner", [&] {
    KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, nullptr);
    KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, nullptr);
  });
  executor_->RunUntilIdle();
  EXPECT_THROW(KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, nullptr), rt::TaskStopped);
  EXPECT_NE(Chain().find("\"test\": waits for mutex"), std::string::npos) << Chain();
  EXPECT_NE(Chain().find("held by task 2 \"owner\""), std::string::npos) << Chain();
  EXPECT_NE(Chain().find("\"owner\": waits for event"), std::string::npos) << Chain();
  EXPECT_NE(stall_.words.find("Nobody can ever run again"), std::string::npos);
  Leave();
  kernel_.reset();  // the owner has unwound now
  EXPECT_TRUE(bug_checks_.empty());  // that the owner ends with its mutex is part of being unwound
}

TEST_F(StallTest, ADeadlockIsACircle) {
  KMUTEX first, second;
  KeInitializeMutex(&first, 0);
  KeInitializeMutex(&second, 0);
  KEVENT both;
  KeInitializeEvent(&both, NotificationEvent, FALSE);
  Start("other", [&] {
    KeWaitForSingleObject(&second, Executive, KernelMode, FALSE, nullptr);
    KeSetEvent(&both, 0, FALSE);
    KeWaitForSingleObject(&first, Executive, KernelMode, FALSE, nullptr);
  });
  KeWaitForSingleObject(&first, Executive, KernelMode, FALSE, nullptr);
  KeWaitForSingleObject(&both, Executive, KernelMode, FALSE, nullptr);
  EXPECT_THROW(KeWaitForSingleObject(&second, Executive, KernelMode, FALSE, nullptr), rt::TaskStopped);
  EXPECT_NE(Chain().find("a circle"), std::string::npos) << Chain();
}

TEST_F(StallTest, ASpinLockThatIsNeverReleasedIsNamed) {
  KSPIN_LOCK lock = 0;
  KEVENT never;
  KeInitializeEvent(&never, NotificationEvent, FALSE);
  Start("holder", [&] {
    KeRaiseIrqlToDpcLevel();
    KeAcquireSpinLockAtDpcLevel(&lock);
    CurrentThread().irql = PASSIVE_LEVEL;
    KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, nullptr);
  });
  executor_->RunUntilIdle();
  KIRQL irql;
  EXPECT_THROW(KeAcquireSpinLock(&lock, &irql), rt::TaskStopped);
  EXPECT_NE(Chain().find("waits for spin lock"), std::string::npos) << Chain();
  EXPECT_NE(Chain().find("held by task 2 \"holder\""), std::string::npos) << Chain();
}

TEST_F(StallTest, TheReasonOfAWaitAndItsRequestAreTold) {
  kernel_->ke->describe_irp = [](Kernel&, const void* irp, std::string& out, ke::IrpHeld&) {
    out = irp ? "IRP 12 is held by driver foo" : "no IRP";
  };
  ke::Completion done;
  ke::WaitInfo info;
  info.what = "request";
  int irp;
  {
    ke::WaitReasonScope reason(
        [](const void* context, std::string& out) { out = std::string("synchronous send to ") + static_cast<const char*>(context); },
        "target 7", &irp);
    EXPECT_THROW(done.Wait(info), rt::TaskStopped);
  }
  EXPECT_NE(Chain().find("synchronous send to target 7; waits for request; IRP 12 is held by driver foo"), std::string::npos) << Chain();
  EXPECT_FALSE(stall_.stack.empty());
}

TEST_F(StallTest, ARemovalThatWaitsForARemoveLockSaysWhoHoldsIt) {
  IO_REMOVE_LOCK lock;
  IoInitializeRemoveLock(&lock, 'tseT', 0, 0);
  int request = 0;
  IoAcquireRemoveLockEx(&lock, &request, "lost.c", 42, sizeof lock);
  IoAcquireRemoveLockEx(&lock, &lock, "pnp.c", 7, sizeof lock);
  EXPECT_THROW(IoReleaseRemoveLockAndWait(&lock, &lock), rt::TaskStopped);
  EXPECT_NE(Chain().find("released the remove lock: acquired with tag "), std::string::npos) << Chain();
  EXPECT_NE(Chain().find(" at lost.c:42; waits for "), std::string::npos) << Chain();
  EXPECT_EQ(Chain().find("pnp.c"), std::string::npos) << Chain();
}

TEST_F(StallTest, AResourceWhoseOwnerHasEndedSaysSo) {
  ERESOURCE resource;
  ExInitializeResourceLite(&resource);
  Join(Start("careless", [&] {
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    KeLeaveCriticalRegion();
  }));
  EXPECT_THROW(ExAcquireResourceSharedLite(&resource, TRUE), rt::TaskStopped);
  EXPECT_NE(Chain().find("its owner is no thread, or one that ended without releasing it"), std::string::npos) << Chain();
}

TEST_F(StallTest, ALockThatIsMadeOfAnEventHasANameAndAHolder) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  std::atomic<const Thread*> holder = &CurrentThread();
  ke::WaitReasonScope reason("wait lock", holder);
  EXPECT_THROW(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr), rt::TaskStopped);
  EXPECT_NE(Chain().find("\"test\": waits for wait lock at "), std::string::npos) << Chain();
  EXPECT_NE(Chain().find("held by task 1 \"test\": a circle"), std::string::npos) << Chain();
}

class CompletionTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(CompletionTest);

TEST_P(CompletionTest, WakesItsWaiterOrIsThereAlready) {
  ke::WaitInfo info;
  info.what = "test";
  for (int i = 0; i < 500; ++i) {
    ke::Completion done;
    rt::Task* task = nullptr;
    if (i % 2 == 0) {
      done.Signal();
    } else {
      task = Start("signaller", [&] { done.Signal(); });
    }
    EXPECT_TRUE(done.Wait(info));
    if (task) Join(task);
  }
}

TEST_P(CompletionTest, GivesUpAtTheDeadline) {
  ke::WaitInfo info;
  ke::Completion done;
  EXPECT_FALSE(done.Wait(info, executor_->InterruptTime() + 1000));
  done.Signal();
  EXPECT_TRUE(done.Wait(info, executor_->InterruptTime() + 1000));
}

}  // namespace
}  // namespace drydock::nt
