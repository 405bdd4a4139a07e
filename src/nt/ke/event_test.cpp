// Events, semaphores, mutexes and waits.
#include <ntddk.h>

#include <atomic>

#include "nt/bugcheck_codes.h"
#include "nt/ke/dispatcher.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/types.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

using testing::BothExecutors;

LARGE_INTEGER Relative(rt::Ticks ticks) {
  LARGE_INTEGER value;
  value.QuadPart = -ticks;
  return value;
}

NTSTATUS Wait(void* object, LARGE_INTEGER* timeout = nullptr) {
  return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, timeout);
}

class EventTest : public BothExecutors {
 protected:
  LARGE_INTEGER poll_{};
};
DRYDOCK_BOTH_EXECUTORS(EventTest);

TEST_P(EventTest, ANotificationEventStaysSignalledUntilReset) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  EXPECT_EQ(Wait(&event, &poll_), STATUS_TIMEOUT);
  EXPECT_EQ(KeSetEvent(&event, 0, FALSE), 0);
  EXPECT_EQ(KeSetEvent(&event, 0, FALSE), 1);
  EXPECT_EQ(Wait(&event), STATUS_SUCCESS);
  EXPECT_EQ(Wait(&event), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateEvent(&event), 1);
  EXPECT_EQ(KeResetEvent(&event), 1);
  EXPECT_EQ(Wait(&event, &poll_), STATUS_TIMEOUT);
}

TEST_P(EventTest, ASynchronizationEventSatisfiesOneWait) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, TRUE);
  EXPECT_EQ(Wait(&event), STATUS_SUCCESS);
  EXPECT_EQ(Wait(&event, &poll_), STATUS_TIMEOUT);
}

TEST_P(EventTest, AWaitEndsWithItsTimeout) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  LARGE_INTEGER timeout = Relative(3 * rt::kTicksPerMillisecond);
  const rt::Ticks before = executor_->InterruptTime();
  EXPECT_EQ(Wait(&event, &timeout), STATUS_TIMEOUT);
  EXPECT_GE(executor_->InterruptTime() - before, 3 * rt::kTicksPerMillisecond);
  timeout.QuadPart = executor_->SystemTime() + 2 * rt::kTicksPerMillisecond;
  EXPECT_EQ(Wait(&event, &timeout), STATUS_TIMEOUT);
  timeout.QuadPart = executor_->SystemTime() - 1000;  // in the past
  EXPECT_EQ(Wait(&event, &timeout), STATUS_TIMEOUT);
  EXPECT_TRUE(IsListEmpty(&event.Header.WaitListHead));
}

TEST_P(EventTest, ANotificationEventWakesEveryWaiter) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  std::atomic<int> woken{0};
  std::vector<rt::Task*> tasks;
  for (int i = 0; i < 40; ++i) {
    tasks.push_back(Start("waiter", [&] {
      EXPECT_EQ(Wait(&event), STATUS_SUCCESS);
      ++woken;
    }));
  }
  executor_->RunUntilIdle();
  EXPECT_EQ(woken, 0);
  KeSetEvent(&event, 0, FALSE);
  for (rt::Task* task : tasks) Join(task);
  EXPECT_EQ(woken, 40);
}

TEST_P(EventTest, ASynchronizationEventWakesOneWaiterPerSet) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  std::atomic<int> woken{0};
  std::vector<rt::Task*> tasks;
  for (int i = 0; i < 3; ++i) {
    tasks.push_back(Start("waiter", [&] {
      Wait(&event);
      ++woken;
    }));
  }
  executor_->RunUntilIdle();
  for (int i = 1; i <= 3; ++i) {
    KeSetEvent(&event, 0, FALSE);
    executor_->RunUntilIdle();
    EXPECT_EQ(woken, i);
  }
  for (rt::Task* task : tasks) Join(task);
}

TEST_P(EventTest, APulseWakesWhoWaitsAndLeavesNothing) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  std::atomic<int> woken{0};
  rt::Task* task = Start("waiter", [&] {
    Wait(&event);
    ++woken;
  });
  executor_->RunUntilIdle();
  KePulseEvent(&event, 0, FALSE);
  Join(task);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(KeReadStateEvent(&event), 0);
  EXPECT_EQ(Wait(&event, &poll_), STATUS_TIMEOUT);
}

TEST_P(EventTest, TheWaiterMayOwnTheEvent) {
  // The event dies right after the wait, while the setter is still on its way out.
  for (int i = 0; i < 200; ++i) {
    KEVENT* shared = nullptr;
    std::atomic<KEVENT*> published{nullptr};
    rt::Task* task = Start("waiter", [&] {
      auto event = std::make_unique<KEVENT>();
      KeInitializeEvent(event.get(), NotificationEvent, FALSE);
      published = event.get();
      Wait(event.get());
    });
    while ((shared = published) == nullptr) executor_->Yield();
    KeSetEvent(shared, 0, FALSE);
    Join(task);
  }
}

TEST_P(EventTest, ASemaphoreCountsAndHasALimit) {
  KSEMAPHORE semaphore;
  KeInitializeSemaphore(&semaphore, 1, 3);
  EXPECT_EQ(Wait(&semaphore), STATUS_SUCCESS);
  EXPECT_EQ(Wait(&semaphore, &poll_), STATUS_TIMEOUT);
  EXPECT_EQ(KeReleaseSemaphore(&semaphore, 0, 2, FALSE), 0);
  EXPECT_EQ(KeReadStateSemaphore(&semaphore), 2);
  const BugCheckData bug = BugCheckOf([&] { KeReleaseSemaphore(&semaphore, 0, 2, FALSE); });
  EXPECT_EQ(bug.code, bug::kKmodeExceptionNotHandled);
  EXPECT_EQ(bug.parameters[0], 0xC0000047u);
  EXPECT_EQ(KeReadStateSemaphore(&semaphore), 2);  // a failed call changes nothing
}

TEST_P(EventTest, AMutexIsOwnedAndRecursive) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  EXPECT_EQ(Wait(&mutex), STATUS_SUCCESS);
  EXPECT_TRUE(KeAreApcsDisabled());
  EXPECT_EQ(Wait(&mutex), STATUS_SUCCESS);
  std::atomic<int> step{0};
  rt::Task* task = Start("other", [&] {
    LARGE_INTEGER poll{};
    EXPECT_EQ(Wait(&mutex, &poll), STATUS_TIMEOUT);
    step = 1;
    EXPECT_EQ(Wait(&mutex), STATUS_SUCCESS);
    step = 2;
    EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
  });
  executor_->RunUntilIdle();
  EXPECT_EQ(step, 1);
  EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), -1);
  executor_->RunUntilIdle();
  EXPECT_EQ(step, 1);
  EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
  Join(task);
  EXPECT_EQ(step, 2);
  EXPECT_EQ(KeReadStateMutex(&mutex), 1);
  EXPECT_FALSE(KeAreApcsDisabled());
}

TEST_P(EventTest, ReleasingAMutexOfAnotherIsRaised) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  const BugCheckData bug = BugCheckOf([&] { KeReleaseMutex(&mutex, FALSE); });
  EXPECT_EQ(bug.code, bug::kKmodeExceptionNotHandled);
  EXPECT_EQ(bug.parameters[0], 0xC0000046u);
}

TEST_P(EventTest, AThreadMustNotEndOwningAMutex) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  Join(Start("careless", [&] { Wait(&mutex); }));
  ASSERT_EQ(bug_checks_.size(), 1u);
  EXPECT_EQ(bug_checks_[0].code, bug::kThreadTerminateHeldMutex);
}

TEST_P(EventTest, AWaitForAnyTellsWhich) {
  KEVENT events[4];
  void* objects[4];
  KWAIT_BLOCK blocks[4];
  for (int i = 0; i < 4; ++i) {
    KeInitializeEvent(&events[i], SynchronizationEvent, FALSE);
    objects[i] = &events[i];
  }
  auto wait = [&](LARGE_INTEGER* timeout) {
    return KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, timeout, blocks);
  };
  EXPECT_EQ(wait(&poll_), STATUS_TIMEOUT);
  KeSetEvent(&events[3], 0, FALSE);
  KeSetEvent(&events[1], 0, FALSE);
  EXPECT_EQ(wait(nullptr), STATUS_WAIT_1);
  EXPECT_EQ(wait(nullptr), STATUS_WAIT_3);
  rt::Task* task = Start("setter", [&] { KeSetEvent(&events[2], 0, FALSE); });
  EXPECT_EQ(wait(nullptr), STATUS_WAIT_2);
  Join(task);
  for (KEVENT& event : events) {
    EXPECT_EQ(KeReadStateEvent(&event), 0);
    EXPECT_TRUE(IsListEmpty(&event.Header.WaitListHead));
  }
  LARGE_INTEGER timeout = Relative(rt::kTicksPerMillisecond);
  EXPECT_EQ(wait(&timeout), STATUS_TIMEOUT);
}

TEST_P(EventTest, AWaitForAllTakesAllOrNothing) {
  KEVENT first, second;
  KSEMAPHORE third;
  KeInitializeEvent(&first, SynchronizationEvent, FALSE);
  KeInitializeEvent(&second, SynchronizationEvent, FALSE);
  KeInitializeSemaphore(&third, 0, 10);
  void* objects[] = {&first, &second, &third};
  std::atomic<int> done{0};
  rt::Task* task = Start("all", [&] {
    EXPECT_EQ(KeWaitForMultipleObjects(3, objects, WaitAll, Executive, KernelMode, FALSE, nullptr, nullptr), STATUS_SUCCESS);
    done = 1;
  });
  executor_->RunUntilIdle();
  KeSetEvent(&first, 0, FALSE);
  KeReleaseSemaphore(&third, 0, 2, FALSE);
  executor_->RunUntilIdle();
  EXPECT_EQ(done, 0);
  EXPECT_EQ(KeReadStateEvent(&first), 1);  // not taken while the others are missing
  KePulseEvent(&second, 0, FALSE);          // the moment is enough
  Join(task);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(KeReadStateEvent(&first), 0);
  EXPECT_EQ(KeReadStateEvent(&second), 0);
  EXPECT_EQ(KeReadStateSemaphore(&third), 1);
  EXPECT_EQ(first.Header.Size & ke::kHasAllWaiters, 0);
  LARGE_INTEGER timeout = Relative(rt::kTicksPerMillisecond);
  EXPECT_EQ(KeWaitForMultipleObjects(3, objects, WaitAll, Executive, KernelMode, FALSE, &timeout, nullptr), STATUS_TIMEOUT);
  EXPECT_EQ(first.Header.Size & ke::kHasAllWaiters, 0);
  EXPECT_EQ(KeReadStateSemaphore(&third), 1);
}

TEST_P(EventTest, WaitersForAllAndForOneShareObjects) {
  KEVENT events[3];
  void* objects[3];
  for (int i = 0; i < 3; ++i) {
    KeInitializeEvent(&events[i], SynchronizationEvent, FALSE);
    objects[i] = &events[i];
  }
  constexpr int kRounds = 300;
  std::atomic<int> taken{0};
  std::vector<rt::Task*> tasks;
  for (int t = 0; t < 2; ++t) {
    tasks.push_back(Start("all", [&] {
      for (int i = 0; i < kRounds; ++i) {
        KeWaitForMultipleObjects(3, objects, WaitAll, Executive, KernelMode, FALSE, nullptr, nullptr);
        taken += 3;
      }
    }));
  }
  tasks.push_back(Start("single", [&] {
    for (int i = 0; i < kRounds; ++i) {
      Wait(&events[i % 3]);
      ++taken;
    }
  }));
  tasks.push_back(Start("any", [&] {
    for (int i = 0; i < kRounds; ++i) {
      KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, nullptr);
      ++taken;
    }
  }));
  // Keeps setting until everybody had enough.
  const int all = kRounds * 8;
  for (int i = 0; taken < all; ++i) {
    KeSetEvent(&events[i % 3], 0, FALSE);
    if (i % 7 == 0) executor_->Yield();
  }
  for (rt::Task* task : tasks) Join(task);
  EXPECT_EQ(taken, all);
}

TEST_P(EventTest, TooManyObjectsIsABugCheck) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  void* objects[4] = {&event, &event, &event, &event};
  const BugCheckData bug = BugCheckOf(
      [&] { KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, nullptr); });
  EXPECT_EQ(bug.code, 0xCu);
}

TEST_P(EventTest, WaitingAtDispatchLevelIsABugCheckUnlessItPolls) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  EXPECT_EQ(Wait(&event, &poll_), STATUS_TIMEOUT);
  const BugCheckData bug = BugCheckOf([&] { Wait(&event); });
  EXPECT_EQ(bug.code, bug::kIrqlNotLessOrEqual);
  EXPECT_EQ(bug.parameters[0], reinterpret_cast<uint64_t>(&event));
  EXPECT_EQ(bug.parameters[1], uint64_t{DISPATCH_LEVEL});
}

TEST_P(EventTest, AnObjectThatWasNeverInitialisedIsABugCheck) {
  KEVENT event{};
  const BugCheckData bug = BugCheckOf([&] { KeSetEvent(&event, 0, FALSE); });
  EXPECT_NE(bug.words.find("never initialised"), std::string::npos);
}

TEST_P(EventTest, ADelayTakesItsTime) {
  LARGE_INTEGER interval = Relative(2 * rt::kTicksPerMillisecond);
  const rt::Ticks before = executor_->InterruptTime();
  EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &interval), STATUS_SUCCESS);
  EXPECT_GE(executor_->InterruptTime() - before, 2 * rt::kTicksPerMillisecond);
  KeStallExecutionProcessor(50);
  EXPECT_GE(executor_->InterruptTime() - before, 2 * rt::kTicksPerMillisecond + 500);
}

TEST_P(EventTest, AThreadIsSignalledByItsEnd) {
  HANDLE handle = nullptr;
  KEVENT go;
  KeInitializeEvent(&go, NotificationEvent, FALSE);
  ASSERT_EQ(PsCreateSystemThread(
                &handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr,
                [](PVOID event) {
                  Wait(event);
                  PsTerminateSystemThread(STATUS_SUCCESS);
                  ADD_FAILURE() << "the thread went on";
                },
                &go),
            STATUS_SUCCESS);
  void* thread = nullptr;
  ASSERT_EQ(ob::ReferenceByHandle(handle, SYNCHRONIZE, &ps::kThreadType, KernelMode, &thread), STATUS_SUCCESS);
  EXPECT_EQ(ob::CloseHandle(handle, KernelMode), STATUS_SUCCESS);
  EXPECT_EQ(Wait(thread, &poll_), STATUS_TIMEOUT);
  KeSetEvent(&go, 0, FALSE);
  EXPECT_EQ(Wait(thread), STATUS_SUCCESS);
  ob::Dereference(thread);
}

}  // namespace
}  // namespace drydock::nt
