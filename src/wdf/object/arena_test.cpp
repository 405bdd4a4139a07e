#include "wdf/object/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "wdf/object/object.h"

namespace drydock::wdf {
namespace {

TEST(Arena, EverySizeFitsItsClassAndLessThanDoubles) {
  Arena arena;
  for (size_t bytes : {1ul, 63ul, 64ul, 65ul, 1000ul, 1024ul, 1025ul, 1536ul, 1537ul, 2048ul, 2049ul, 3072ul, 4096ul, 65536ul, 1048577ul}) {
    uint8_t size_class = 0;
    void* slot = arena.Allocate(bytes, &size_class);
    ASSERT_NE(slot, nullptr) << bytes;
    EXPECT_GE(Arena::ClassSize(size_class), bytes);
    EXPECT_LT(Arena::ClassSize(size_class), bytes < 64 ? 65 : 2 * bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(slot) % 16, 0u);
    EXPECT_TRUE(arena.Contains(reinterpret_cast<uintptr_t>(slot)));
    std::memset(slot, 0xAB, bytes);
    arena.Free(slot, size_class);
  }
}

TEST(Arena, AFreedSlotKeepsADeadCanaryWhereAnObjectHasItsOwn) {
  Arena arena;
  uint8_t size_class = 0;
  void* slot = arena.Allocate(200, &size_class);
  std::memset(slot, 0, 200);
  arena.Free(slot, size_class);
  EXPECT_EQ(static_cast<FreeSlot*>(slot)->canary, Object::kDeadCanary);
}

TEST(Arena, ASlotIsHandedOutOnceUntilItIsFreed) {
  Arena arena;
  std::set<void*> live;
  uint8_t size_class = 0;
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(live.insert(arena.Allocate(100, &size_class)).second);
  for (void* slot : live) arena.Free(slot, size_class);
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(live.count(arena.Allocate(100, &size_class)), 1u) << "freed slots come back before new ones";
}

TEST(Arena, EverySlotIsVisitedInOrderOfAddress) {
  Arena arena;
  uint8_t size_class = 0;
  for (int i = 0; i < 10; ++i) arena.Allocate(64, &size_class);
  struct Seen {
    int count = 0;
    uintptr_t last = 0;
    bool ordered = true;
  } seen;
  arena.ForEachSlot(
      [](void* context, void* slot) {
        Seen& mine = *static_cast<Seen*>(context);
        ++mine.count;
        mine.ordered = mine.ordered && reinterpret_cast<uintptr_t>(slot) > mine.last;
        mine.last = reinterpret_cast<uintptr_t>(slot);
      },
      &seen);
  EXPECT_EQ(seen.count, 10);
  EXPECT_TRUE(seen.ordered);
}

TEST(Arena, AnAddressOutsideIsNotContained) {
  Arena arena;
  int here = 0;
  EXPECT_FALSE(arena.Contains(reinterpret_cast<uintptr_t>(&here)));
  EXPECT_FALSE(arena.Contains(0));
  EXPECT_FALSE(arena.Contains(UINTPTR_MAX));
}

TEST(Arena, TooMuchIsRefused) {
  Arena arena;
  uint8_t size_class = 0;
  EXPECT_EQ(arena.Allocate(size_t{1} << 40, &size_class), nullptr);
}

}  // namespace
}  // namespace drydock::wdf
