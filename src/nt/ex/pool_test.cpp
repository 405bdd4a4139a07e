#include "nt/ex/pool.h"

#include <ntddk.h>

#include <cstring>

#include "nt/bugcheck_codes.h"
#include "nt/ex/leaks.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif

constexpr ULONG kTag = 'tseT';

class PoolTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(PoolTest);

TEST_P(PoolTest, BlocksAreAlignedWritableAndCounted) {
  const ex::PoolUse before = ex::PoolInUse(*kernel_);
  std::vector<void*> blocks;
  for (size_t bytes : {1u, 8u, 16u, 100u, 4095u, 4096u, 5000u, 100'000u}) {
    void* block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, bytes, kTag);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % (bytes >= 4096 ? 4096 : 16), 0u) << bytes;
    std::memset(block, 0xAB, bytes);
    blocks.push_back(block);
  }
  EXPECT_EQ(ex::PoolInUse(*kernel_).blocks - before.blocks, 8u);
  for (void* block : blocks) ExFreePoolWithTag(block, kTag);
  EXPECT_EQ(ex::PoolInUse(*kernel_).blocks, before.blocks);
  EXPECT_EQ(ex::PoolInUse(*kernel_).bytes, before.bytes);
}

TEST_P(PoolTest, Pool2ZeroesUnlessToldNotTo) {
  auto* block = static_cast<unsigned char*>(ExAllocatePool2(POOL_FLAG_PAGED, 1000, kTag));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(block[i], 0);
  ExFreePool(block);
  block = static_cast<unsigned char*>(ExAllocatePoolZero(NonPagedPoolNx, 64, kTag));
  for (int i = 0; i < 64; ++i) ASSERT_EQ(block[i], 0);
  ExFreePool(block);
}

TEST_P(PoolTest, Pool2NeedsOneKindOfPool) {
  EXPECT_EQ(ExAllocatePool2(0, 10, kTag), nullptr);
  EXPECT_EQ(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_NON_PAGED, 10, kTag), nullptr);
  EXPECT_EQ(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RESERVED2, 10, kTag), nullptr);
}

TEST_P(PoolTest, AFreedBlockCannotBeFreedAgain) {
  void* block = ExAllocatePoolWithTag(NonPagedPool, 200, kTag);
  ExFreePool(block);
  const BugCheckData bug = BugCheckOf([&] { ExFreePool(block); });
  EXPECT_EQ(bug.code, bug::kBadPoolCaller);
  EXPECT_EQ(bug.parameters[0], 7u);
}

TEST_P(PoolTest, TheTagMustMatch) {
  void* block = ExAllocatePoolWithTag(NonPagedPool, 20, kTag);
  const BugCheckData bug = BugCheckOf([&] { ExFreePoolWithTag(block, 'rehO'); });
  EXPECT_EQ(bug.code, bug::kBadPoolCaller);
  EXPECT_EQ(bug.parameters[0], 0xAu);
  EXPECT_NE(bug.words.find("'Test', not 'Oher'"), std::string::npos) << bug.words;
}

TEST_P(PoolTest, MemoryThatIsNoBlockIsRefused) {
  alignas(16) static char memory[512];
  const BugCheckData bug = BugCheckOf([&] { ExFreePool(memory + 256); });
  EXPECT_EQ(bug.code, bug::kBadPoolCaller);
}

#ifndef HAS_ASAN  // the sanitizer reports these itself, at the write
TEST_P(PoolTest, AWriteBehindTheEndIsFoundWhenItIsFreed) {
  auto* block = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPool, 21, kTag));
  block[21] = 1;
  const BugCheckData bug = BugCheckOf([&] { ExFreePool(block); });
  EXPECT_EQ(bug.code, bug::kBadPoolHeader);
  EXPECT_NE(bug.words.find("behind the end"), std::string::npos);
}

TEST_P(PoolTest, AWriteBeforeTheStartIsFoundWhenItIsFreed) {
  auto* block = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPool, 21, kTag));
  block[-1] = 1;
  const BugCheckData bug = BugCheckOf([&] { ExFreePool(block); });
  EXPECT_EQ(bug.code, bug::kBadPoolHeader);
  EXPECT_NE(bug.words.find("before the start"), std::string::npos);
}
#endif

TEST_P(PoolTest, PagedPoolNeedsALowLevel) {
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  void* block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 10, kTag);
  ExFreePool(block);
  const BugCheckData bug = BugCheckOf([&] { ExAllocatePool2(POOL_FLAG_PAGED, 10, kTag); });
  EXPECT_EQ(bug.code, bug::kBadPoolCaller);
  EXPECT_EQ(bug.parameters[0], 8u);
}

TEST_P(PoolTest, TagZeroIsABugCheck) {
  EXPECT_EQ(BugCheckOf([&] { ExAllocatePool2(POOL_FLAG_PAGED, 10, 0); }).code, bug::kBadPoolCaller);
}

TEST_P(PoolTest, FreeingASetTimerIsABugCheck) {
  auto* timer = static_cast<KTIMER*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(KTIMER) + 100, kTag));
  KeInitializeTimer(timer);
  LARGE_INTEGER due;
  due.QuadPart = -rt::kTicksPerSecond * 3600;
  KeSetTimer(timer, due, nullptr);
  EXPECT_EQ(BugCheckOf([&] { ExFreePool(timer); }).code, bug::kTimerOrDpcInvalid);
}

TEST_P(PoolTest, FailuresCanBeInjected) {
  int countdown = 2;
  ex::SetPoolFailureHook(
      *kernel_, [](void* context, const ex::PoolRequest& request) { return request.tag == kTag && --*static_cast<int*>(context) == 0; },
      &countdown);
  void* first = ExAllocatePool2(POOL_FLAG_PAGED, 10, kTag);
  void* second = ExAllocatePool2(POOL_FLAG_PAGED, 10, kTag);
  void* third = ExAllocatePool2(POOL_FLAG_PAGED, 10, kTag);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(second, nullptr);
  EXPECT_NE(third, nullptr);
  ExFreePool(first);
  ExFreePool(third);
  ex::SetPoolFailureHook(*kernel_, nullptr, nullptr);
  ex::SetPoolLimit(*kernel_, ex::PoolInUse(*kernel_).bytes + 1000);
  EXPECT_EQ(ExAllocatePool2(POOL_FLAG_PAGED, 1001, kTag), nullptr);
  void* fits = ExAllocatePool2(POOL_FLAG_PAGED, 1000, kTag);
  EXPECT_NE(fits, nullptr);
  ExFreePool(fits);
  const BugCheckData bug = BugCheckOf([&] { ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE, 1001, kTag); });
  EXPECT_EQ(bug.parameters[0], 0xC000009Au);
}

__attribute__((noinline)) void* AllocateHere(size_t bytes) {
  void* block = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kTag);
  asm volatile("" : : "r"(block));
  return block;
}

TEST_P(PoolTest, LeaksAreToldWithOwnerAndStack) {
  const auto* image = reinterpret_cast<const char*>(&AllocateHere) - 64;  // a stretch of code stands for an image
  EXPECT_TRUE(ex::LeaksOf(*kernel_, image, 512).empty());
  void* first = AllocateHere(11);
  void* second = CallDriver("EvtTest", &AllocateHere, size_t{22});
  std::vector<ex::PoolLeak> leaks = ex::LeaksOf(*kernel_, image, 512);
  ASSERT_EQ(leaks.size(), 2u);
  EXPECT_EQ(leaks[0].size, 11u);
  EXPECT_EQ(leaks[0].code, nullptr);
  EXPECT_EQ(leaks[1].size, 22u);
  EXPECT_EQ(leaks[1].code, reinterpret_cast<const void*>(&AllocateHere));
  EXPECT_EQ(leaks[1].tag, kTag);
  ASSERT_FALSE(leaks[0].stack.empty());
  EXPECT_LT(static_cast<size_t>(static_cast<char*>(leaks[0].stack[0]) - image), 512u);
  ex::ForgetLeaks(*kernel_, image, 512);
  EXPECT_TRUE(ex::LeaksOf(*kernel_, image, 512).empty());
  ExFreePool(first);
  ExFreePool(second);
}

TEST_P(PoolTest, ThreadsAllocateAtOnce) {
  std::vector<rt::Task*> tasks;
  for (int t = 0; t < 4; ++t) {
    tasks.push_back(Start("allocator", [] {
      void* held[16] = {};
      for (int i = 0; i < 2000; ++i) {
        void*& slot = held[i * 7 % 16];
        if (slot) ExFreePool(slot);
        slot = ExAllocatePool2(POOL_FLAG_NON_PAGED, static_cast<size_t>(1 + i % 300), kTag);
      }
      for (void* slot : held) {
        if (slot) ExFreePool(slot);
      }
    }));
  }
  for (rt::Task* task : tasks) Join(task);
}

TEST_P(PoolTest, LookasideListsGiveEntriesBackAgain) {
  NPAGED_LOOKASIDE_LIST list;
  ExInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 100, kTag, 0);
  void* entry = ExAllocateFromNPagedLookasideList(&list);
  std::memset(entry, 1, 100);
  ExFreeToNPagedLookasideList(&list, entry);
#ifndef HAS_ASAN
  EXPECT_EQ(ExAllocateFromNPagedLookasideList(&list), entry);
  ExFreeToNPagedLookasideList(&list, entry);
  EXPECT_EQ(list.L.AllocateMisses, 1u);
#endif
  ExDeleteNPagedLookasideList(&list);
  EXPECT_EQ(ex::PoolInUse(*kernel_).blocks, 0u);
  EXPECT_EQ(BugCheckOf([&] { ExAllocateFromNPagedLookasideList(&list); }).code, bug::kDriverVerifierDetectedViolation);
}

TEST_P(PoolTest, LookasideListsUseTheDriversAllocator) {
  static int allocated, freed;
  allocated = freed = 0;
  LOOKASIDE_LIST_EX list;
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, PagedPool, 3, 64, kTag, 0), STATUS_INVALID_PARAMETER_5);
  ASSERT_EQ(ExInitializeLookasideListEx(
                &list,
                [](POOL_TYPE, SIZE_T bytes, ULONG tag, PLOOKASIDE_LIST_EX) -> PVOID {
                  ++allocated;
                  return ExAllocatePool2(POOL_FLAG_PAGED, bytes, tag);
                },
                [](PVOID entry, PLOOKASIDE_LIST_EX) {
                  ++freed;
                  ExFreePool(entry);
                },
                PagedPool, 0, 64, kTag, 0),
            STATUS_SUCCESS);
  void* one = ExAllocateFromLookasideListEx(&list);
  void* two = ExAllocateFromLookasideListEx(&list);
  ExFreeToLookasideListEx(&list, one);
  ExFreeToLookasideListEx(&list, two);
  ExFlushLookasideListEx(&list);
  EXPECT_EQ(allocated, 2);
  EXPECT_EQ(freed, 2);
  ExDeleteLookasideListEx(&list);
}

}  // namespace
}  // namespace drydock::nt
