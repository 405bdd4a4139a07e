// Fast mutexes, push locks, reader-writer spin locks, resources, rundown protection, interlocked lists, timers, callback objects.
#include <ntddk.h>

#include <atomic>
#include <set>

#include "nt/bugcheck_codes.h"
#include "nt/ob/object.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class LocksTest : public testing::BothExecutors {
 protected:
  // `tasks` threads run body(round) `rounds` times each.
  template <class Body>
  void Together(int tasks, int rounds, Body body) {
    std::vector<rt::Task*> started;
    for (int t = 0; t < tasks; ++t) {
      started.push_back(Start("together", [=] {
        for (int i = 0; i < rounds; ++i) body(t, i);
      }));
    }
    for (rt::Task* task : started) Join(task);
  }
  void Point() {
    if (simulated()) executor_->SchedulePoint();
  }
};
DRYDOCK_BOTH_EXECUTORS(LocksTest);

TEST_P(LocksTest, AFastMutexExcludesAndRaisesToApcLevel) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  int count = 0;
  bool inside = false;
  Together(4, 500, [&](int, int) {
    ExAcquireFastMutex(&mutex);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    EXPECT_EQ(mutex.Owner, KeGetCurrentThread());
    EXPECT_FALSE(inside);
    inside = true;
    ++count;
    Point();
    inside = false;
    ExReleaseFastMutex(&mutex);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
  EXPECT_EQ(count, 2000);
  EXPECT_TRUE(ExTryToAcquireFastMutex(&mutex));
  EXPECT_EQ(BugCheckOf([&] { ExAcquireFastMutex(&mutex); }).code, bug::kMutexAlreadyOwned);
}

TEST_P(LocksTest, AGuardedMutexDisablesAllApcs) {
  KGUARDED_MUTEX mutex;
  KeInitializeGuardedMutex(&mutex);
  KeAcquireGuardedMutex(&mutex);
  EXPECT_TRUE(KeAreAllApcsDisabled());
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  KeReleaseGuardedMutex(&mutex);
  EXPECT_FALSE(KeAreAllApcsDisabled());
  EXPECT_EQ(BugCheckOf([&] { KeReleaseGuardedMutex(&mutex); }).code, bug::kDriverVerifierDetectedViolation);
}

TEST_P(LocksTest, APushLockHasManyReadersOrOneWriter) {
  EX_PUSH_LOCK lock;
  ExInitializePushLock(&lock);
  std::atomic<int> readers{0}, writers{0}, most{0};
  int64_t writes = 0;
  Together(4, 400, [&](int t, int i) {
    KeEnterCriticalRegion();
    if ((i + t) % 4 == 0) {
      ExAcquirePushLockExclusive(&lock);
      EXPECT_EQ(writers.fetch_add(1), 0);
      EXPECT_EQ(readers, 0);
      ++writes;
      Point();
      --writers;
      ExReleasePushLockExclusive(&lock);
    } else {
      ExAcquirePushLockShared(&lock);
      const int now = ++readers;
      int seen = most;
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      EXPECT_EQ(writers, 0);
      Point();
      --readers;
      ExReleasePushLockShared(&lock);
    }
    KeLeaveCriticalRegion();
  });
  EXPECT_EQ(writes, 400);
  EXPECT_EQ(lock, 0u);
  if (simulated()) {
    EXPECT_GT(most, 1);
  }
}

TEST_P(LocksTest, AReaderWriterSpinLockDoesTheSameAtDispatchLevel) {
  EX_SPIN_LOCK lock = 0;
  int64_t writes = 0;
  std::atomic<int> readers{0};
  Together(3, 400, [&](int t, int i) {
    if ((i + t) % 3 == 0) {
      const KIRQL old = ExAcquireSpinLockExclusive(&lock);
      EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
      EXPECT_EQ(readers, 0);
      ++writes;
      Point();
      ExReleaseSpinLockExclusive(&lock, old);
    } else {
      const KIRQL old = ExAcquireSpinLockShared(&lock);
      ++readers;
      Point();
      --readers;
      ExReleaseSpinLockShared(&lock, old);
    }
  });
  EXPECT_EQ(writes, 400);
  EXPECT_EQ(lock, 0);
  const KIRQL old = ExAcquireSpinLockShared(&lock);
  EXPECT_TRUE(ExTryConvertSharedSpinLockExclusive(&lock));
  ExReleaseSpinLockExclusive(&lock, old);
}

TEST_P(LocksTest, AResourceHasManyReadersOrOneWriterAndTurns) {
  ERESOURCE resource;
  ExInitializeResourceLite(&resource);
  int64_t writes = 0;
  std::atomic<int> readers{0};
  Together(4, 300, [&](int t, int i) {
    KeEnterCriticalRegion();
    if ((i + t) % 4 == 0) {
      EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, TRUE));
      EXPECT_TRUE(ExIsResourceAcquiredExclusiveLite(&resource));
      EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, FALSE));  // again
      EXPECT_EQ(readers, 0);
      ++writes;
      Point();
      ExReleaseResourceLite(&resource);
      ExReleaseResourceLite(&resource);
    } else {
      EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, TRUE));
      EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, TRUE));
      EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 2u);
      ++readers;
      Point();
      --readers;
      ExReleaseResourceLite(&resource);
      ExReleaseResourceLite(&resource);
    }
    KeLeaveCriticalRegion();
  });
  EXPECT_EQ(writes, 300);
  EXPECT_EQ(resource.ActiveEntries, 0u);
  EXPECT_EQ(ExGetExclusiveWaiterCount(&resource), 0u);
  EXPECT_EQ(ExGetSharedWaiterCount(&resource), 0u);
  ExDeleteResourceLite(&resource);
}

TEST_P(LocksTest, AReaderWaitsBehindAWriterUnlessItStarvesIt) {
  ERESOURCE resource;
  ExInitializeResourceLite(&resource);
  ExAcquireResourceSharedLite(&resource, TRUE);
  std::atomic<int> step{0};
  rt::Task* writer = Start("writer", [&] {
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    step = 1;
    ExConvertExclusiveToSharedLite(&resource);
    ExReleaseResourceLite(&resource);
  });
  executor_->RunUntilIdle();
  EXPECT_EQ(ExGetExclusiveWaiterCount(&resource), 1u);
  Join(Start("reader", [&] {
    EXPECT_FALSE(ExAcquireResourceSharedLite(&resource, FALSE));
    EXPECT_TRUE(ExAcquireSharedStarveExclusive(&resource, FALSE));
    ExReleaseResourceLite(&resource);
  }));
  EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, FALSE));  // it has it already
  EXPECT_FALSE(ExAcquireSharedWaitForExclusive(&resource, FALSE));
  ExReleaseResourceLite(&resource);
  EXPECT_EQ(step, 0);
  ExReleaseResourceLite(&resource);
  Join(writer);
  EXPECT_EQ(step, 1);
  EXPECT_EQ(BugCheckOf([&] { ExReleaseResourceLite(&resource); }).code, bug::kResourceNotOwned);
  ExDeleteResourceLite(&resource);
}

TEST_P(LocksTest, RundownWaitsForUsersAndRefusesNewOnes) {
  EX_RUNDOWN_REF ref;
  ExInitializeRundownProtection(&ref);
  EXPECT_TRUE(ExAcquireRundownProtection(&ref));
  std::atomic<bool> down{false};
  rt::Task* task = Start("rundown", [&] {
    ExWaitForRundownProtectionRelease(&ref);
    down = true;
  });
  executor_->RunUntilIdle();
  EXPECT_FALSE(down);
  EXPECT_FALSE(ExAcquireRundownProtection(&ref));
  ExReleaseRundownProtection(&ref);
  Join(task);
  EXPECT_TRUE(down);
  ExReInitializeRundownProtection(&ref);
  EXPECT_TRUE(ExAcquireRundownProtectionEx(&ref, 3));
  ExReleaseRundownProtectionEx(&ref, 3);
  EXPECT_EQ(BugCheckOf([&] { ExReleaseRundownProtection(&ref); }).code, bug::kKernelSecurityCheckFailure);
}

TEST_P(LocksTest, InterlockedListsLoseNothing) {
  struct Entry {
    LIST_ENTRY link;
    SLIST_ENTRY slink;
    int number;
  };
  KSPIN_LOCK lock = 0;
  LIST_ENTRY list;
  SLIST_HEADER slist;
  InitializeListHead(&list);
  InitializeSListHead(&slist);
  constexpr int kTasks = 3, kEach = 300;
  std::vector<Entry> entries(kTasks * kEach);
  EXPECT_EQ(ExInterlockedRemoveHeadList(&list, &lock), nullptr);
  Together(kTasks, kEach, [&](int t, int i) {
    Entry& entry = entries[static_cast<size_t>(t * kEach + i)];
    entry.number = t * kEach + i;
    ExInterlockedInsertTailList(&list, &entry.link, &lock);
    InterlockedPushEntrySList(&slist, &entry.slink);
  });
  EXPECT_EQ(ExQueryDepthSList(&slist), kTasks * kEach);
  std::set<int> seen;
  while (LIST_ENTRY* link = ExInterlockedRemoveHeadList(&list, &lock)) seen.insert(CONTAINING_RECORD(link, Entry, link)->number);
  EXPECT_EQ(seen.size(), entries.size());
  seen.clear();
  while (SLIST_ENTRY* link = InterlockedPopEntrySList(&slist)) seen.insert(CONTAINING_RECORD(link, Entry, slink)->number);
  EXPECT_EQ(seen.size(), entries.size());
  EXPECT_EQ(ExQueryDepthSList(&slist), 0);
  EXPECT_EQ(InterlockedFlushSList(&slist), nullptr);
  LARGE_INTEGER sum{}, one;
  one.QuadPart = 1;
  Together(kTasks, kEach, [&](int, int) { ExInterlockedAddLargeInteger(&sum, one, &lock); });
  EXPECT_EQ(sum.QuadPart, kTasks * kEach);
}

TEST_P(LocksTest, AnExTimerCallsBackAtDispatchLevelAndCanBeDeletedWithWait) {
  struct Context {
    std::atomic<int> calls{0};
    KEVENT event;
  } context;
  KeInitializeEvent(&context.event, SynchronizationEvent, FALSE);
  PEX_TIMER timer = ExAllocateTimer(
      [](PEX_TIMER, PVOID raw) {
        auto* context = static_cast<Context*>(raw);
        EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        ++context->calls;
        KeSetEvent(&context->event, 0, FALSE);
      },
      &context, EX_TIMER_HIGH_RESOLUTION);
  ASSERT_NE(timer, nullptr);
  EXPECT_FALSE(ExSetTimer(timer, -5000, 5000, nullptr));  // each half millisecond
  for (int i = 0; i < 3; ++i) KeWaitForSingleObject(&context.event, Executive, KernelMode, FALSE, nullptr);
  EXPECT_TRUE(ExDeleteTimer(timer, TRUE, TRUE, nullptr));
  const int calls = context.calls;
  EXPECT_GE(calls, 3);
  executor_->Advance(5 * rt::kTicksPerMillisecond);
  EXPECT_EQ(context.calls, calls);
}

TEST_P(LocksTest, CallbackObjectsCallInOrderUntilUnregistered) {
  static std::vector<int> order;
  order.clear();
  PCALLBACK_OBJECT object = nullptr, same = nullptr;
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, reinterpret_cast<PCWSTR>(u"\\Callback\\Test"));
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  EXPECT_EQ(ExCreateCallback(&object, &attributes, FALSE, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
  ASSERT_EQ(ExCreateCallback(&object, &attributes, TRUE, TRUE), STATUS_SUCCESS);
  ASSERT_EQ(ExCreateCallback(&same, &attributes, FALSE, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(object, same);
  PCALLBACK_FUNCTION function = [](PVOID context, PVOID one, PVOID) {
    order.push_back(static_cast<int>(reinterpret_cast<intptr_t>(context) + reinterpret_cast<intptr_t>(one)));
  };
  PVOID first = ExRegisterCallback(object, function, reinterpret_cast<PVOID>(1));
  PVOID second = ExRegisterCallback(object, function, reinterpret_cast<PVOID>(2));
  ExNotifyCallback(object, reinterpret_cast<PVOID>(10), nullptr);
  ExUnregisterCallback(first);
  ExNotifyCallback(object, reinterpret_cast<PVOID>(20), nullptr);
  ExUnregisterCallback(second);
  EXPECT_EQ(order, (std::vector<int>{11, 12, 22}));
  ob::Dereference(object);
  ob::Dereference(same);
}

TEST_P(LocksTest, UuidsAreRandomOnesAndDiffer) {
  UUID one, two;
  EXPECT_EQ(ExUuidCreate(&one), STATUS_SUCCESS);
  EXPECT_EQ(ExUuidCreate(&two), STATUS_SUCCESS);
  EXPECT_NE(__builtin_memcmp(&one, &two, sizeof one), 0);
  EXPECT_EQ(one.Data3 >> 12, 4);
}

}  // namespace
}  // namespace drydock::nt
