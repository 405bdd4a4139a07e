// Bit maps, calendar, memory, checksums, versions, one-time initialisation, AVL tables.
#include <ntddk.h>

#include <map>
#include <set>
#include <vector>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class RtlTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(RtlTest);

TEST_P(RtlTest, BitMapsMatchAPlainModel) {
  constexpr ULONG kBits = 77;
  ULONG words[3] = {~0u, ~0u, ~0u}, seed = 5;
  RTL_BITMAP map;
  RtlInitializeBitMap(&map, words, kBits);
  RtlClearAllBits(&map);
  EXPECT_EQ(words[2] >> (kBits % 32), ~0u >> (kBits % 32));  // bits beyond the map are not touched
  std::vector<bool> model(kBits);
  auto first_run = [&](ULONG count, ULONG hint) -> ULONG {
    for (ULONG pass = 0; pass < 2; ++pass)
      for (ULONG at = pass ? 0 : hint; at + count <= kBits; ++at) {
        bool clear = true;
        for (ULONG i = at; i < at + count; ++i) clear = clear && !model[i];
        if (clear) return at;
      }
    return 0xFFFFFFFF;
  };
  for (int round = 0; round < 300; ++round) {
    ULONG start = RtlRandom(&seed) % kBits, count = 1 + RtlRandom(&seed) % 9;
    if (start + count > kBits) count = kBits - start;
    bool on = RtlRandom(&seed) % 2;
    if (on) RtlSetBits(&map, start, count);
    else RtlClearBits(&map, start, count);
    for (ULONG i = start; i < start + count; ++i) model[i] = on;
    ULONG set = 0;
    for (ULONG i = 0; i < kBits; ++i) {
      ASSERT_EQ(RtlTestBit(&map, i) != 0, model[i]);
      set += model[i];
    }
    ASSERT_EQ(RtlNumberOfSetBits(&map), set);
    ASSERT_EQ(RtlNumberOfClearBits(&map), kBits - set);
    ASSERT_EQ(RtlAreBitsSet(&map, start, count) != 0, on);
    ULONG want = 1 + RtlRandom(&seed) % 12, hint = RtlRandom(&seed) % kBits;
    ASSERT_EQ(RtlFindClearBits(&map, want, hint), first_run(want, hint));
    ULONG longest = 0, at, run = 0;
    for (ULONG i = 0; i < kBits; ++i) run = model[i] ? 0 : run + 1, longest = std::max(longest, run);
    ASSERT_EQ(RtlFindLongestRunClear(&map, &at), longest);
    if (longest) ASSERT_TRUE(RtlAreBitsClear(&map, at, longest));
  }
  EXPECT_FALSE(RtlAreBitsClear(&map, kBits - 1, 2));
  RtlSetAllBits(&map);
  EXPECT_EQ(RtlFindClearBitsAndSet(&map, 1, 0), 0xFFFFFFFF);
  EXPECT_EQ(RtlFindSetBitsAndClear(&map, 3, 40), 40u);
  EXPECT_EQ(RtlFindClearBitsAndSet(&map, 3, 0), 40u);
  EXPECT_EQ(RtlFindMostSignificantBit(0x80), 7);
  EXPECT_EQ(RtlFindLeastSignificantBit(0), -1);
  EXPECT_EQ(RtlNumberOfSetBitsUlongPtr(0xF0F0), 8u);
}

TEST_P(RtlTest, ClearRunsAreListedLongestFirstWhenAsked) {
  ULONG word = 0;
  RTL_BITMAP map;
  RtlInitializeBitMap(&map, &word, 32);
  RtlSetBits(&map, 2, 1);   // runs: 0+2, 3+5, 9+1, 11+21
  RtlSetBits(&map, 8, 1);
  RtlSetBits(&map, 10, 1);
  RTL_BITMAP_RUN runs[2];
  ASSERT_EQ(RtlFindClearRuns(&map, runs, 2, TRUE), 2u);
  EXPECT_EQ(runs[0].StartingIndex, 11u);
  EXPECT_EQ(runs[0].NumberOfBits, 21u);
  EXPECT_EQ(runs[1].StartingIndex, 3u);
  ASSERT_EQ(RtlFindClearRuns(&map, runs, 2, FALSE), 2u);
  EXPECT_EQ(runs[0].StartingIndex, 0u);
  EXPECT_EQ(runs[1].NumberOfBits, 5u);
  ULONG start;
  EXPECT_EQ(RtlFindLastBackwardRunClear(&map, 10, &start), 1u);
  EXPECT_EQ(start, 9u);
  EXPECT_EQ(RtlFindNextForwardRunClear(&map, 10, &start), 21u);
}

TEST_P(RtlTest, TimeFieldsGoThereAndBackOverFourCenturies) {
  LARGE_INTEGER time, back;
  TIME_FIELDS fields;
  for (LONGLONG day = 0; day < 2 * 146097 + 400; day += 13) {
    time.QuadPart = day * 864000000000 + 45296789 * 10000ll;  // 12:34:56.789
    RtlTimeToTimeFields(&time, &fields);
    ASSERT_EQ(fields.Weekday, (day + 1) % 7);
    ASSERT_EQ(fields.Hour, 12);
    ASSERT_EQ(fields.Milliseconds, 789);
    ASSERT_TRUE(RtlTimeFieldsToTime(&fields, &back));
    ASSERT_EQ(back.QuadPart, time.QuadPart);
  }
  fields = {2000, 2, 29, 0, 0, 0, 0, 0};
  EXPECT_TRUE(RtlTimeFieldsToTime(&fields, &time));
  EXPECT_EQ(time.QuadPart, 125962560000000000);
  fields.Year = 1900;  // no leap year
  EXPECT_FALSE(RtlTimeFieldsToTime(&fields, &time));
  ULONG seconds;
  RtlSecondsSince1970ToTime(0, &time);
  EXPECT_EQ(time.QuadPart, 116444736000000000);
  RtlSecondsSince1970ToTime(~0u, &time);
  EXPECT_TRUE(RtlTimeToSecondsSince1970(&time, &seconds));
  EXPECT_EQ(seconds, ~0u);
  time.QuadPart += 10000000;
  EXPECT_FALSE(RtlTimeToSecondsSince1970(&time, &seconds));
  EXPECT_TRUE(RtlTimeToSecondsSince1980(&time, &seconds));
  fields = {1980, 1, 1, 0, 0, 0, 0, 0};
  ASSERT_TRUE(RtlTimeFieldsToTime(&fields, &time));
  EXPECT_TRUE(RtlTimeToSecondsSince1980(&time, &seconds));
  EXPECT_EQ(seconds, 0u);
}

TEST_P(RtlTest, MemoryAndChecksums) {
  EXPECT_EQ(RtlCompareMemory("abcd", "abxd", 4), 2u);
  ULONG words[3] = {7, 7, 8};
  EXPECT_EQ(RtlCompareMemoryUlong(words, sizeof words, 7), 8u);
  EXPECT_EQ(RtlCrc32("123456789", 9, 0), 0xCBF43926u);
  EXPECT_EQ(RtlCrc32("6789", 4, RtlCrc32("12345", 5, 0)), 0xCBF43926u);
  const GENERIC_MAPPING mapping = {1, 2, 4, 7};
  ACCESS_MASK mask = GENERIC_READ | GENERIC_EXECUTE | DELETE;
  RtlMapGenericMask(&mask, &mapping);
  EXPECT_EQ(mask, 5u | DELETE);
}

TEST_P(RtlTest, VersionConditionsDecideByTheFirstPlaceThatDiffers) {
  RTL_OSVERSIONINFOEXW own = {};
  own.dwOSVersionInfoSize = sizeof own;
  ASSERT_EQ(RtlGetVersion(reinterpret_cast<PRTL_OSVERSIONINFOW>(&own)), STATUS_SUCCESS);
  ULONG major, minor, build;
  PsGetVersion(&major, &minor, &build, nullptr);
  EXPECT_EQ(own.dwMajorVersion, major);
  EXPECT_EQ(own.dwBuildNumber, build);
  auto at_least = [](ULONG asked_major, ULONG asked_minor) {
    RTL_OSVERSIONINFOEXW asked = {};
    asked.dwMajorVersion = asked_major;
    asked.dwMinorVersion = asked_minor;
    ULONGLONG mask = 0;
    VER_SET_CONDITION(mask, VER_MAJORVERSION, VER_GREATER_EQUAL);
    VER_SET_CONDITION(mask, VER_MINORVERSION, VER_GREATER_EQUAL);
    return RtlVerifyVersionInfo(&asked, VER_MAJORVERSION | VER_MINORVERSION, mask);
  };
  EXPECT_EQ(at_least(6, 3), STATUS_SUCCESS);  // 10.0 is more than 6.3
  EXPECT_EQ(at_least(10, 0), STATUS_SUCCESS);
  EXPECT_EQ(at_least(10, 1), STATUS_REVISION_MISMATCH);
  EXPECT_EQ(at_least(11, 0), STATUS_REVISION_MISMATCH);
  EXPECT_EQ(RtlVerifyVersionInfo(&own, VER_BUILDNUMBER, VerSetConditionMask(0, VER_BUILDNUMBER, VER_LESS)), STATUS_REVISION_MISMATCH);
  EXPECT_EQ(RtlVerifyVersionInfo(&own, VER_BUILDNUMBER, VerSetConditionMask(0, VER_BUILDNUMBER, VER_EQUAL)), STATUS_SUCCESS);
  EXPECT_EQ(RtlVerifyVersionInfo(&own, 0, 0), STATUS_INVALID_PARAMETER);
  EXPECT_TRUE(RtlIsNtDdiVersionAvailable(NTDDI_WIN7));
  EXPECT_FALSE(RtlIsNtDdiVersionAvailable(0x0B000000));
}

TEST_P(RtlTest, OneOfManyInitialisesAndTheOthersWait) {
  static int runs, tries;
  static KEVENT go;
  runs = tries = 0;
  KeInitializeEvent(&go, NotificationEvent, FALSE);
  RTL_RUN_ONCE once = RTL_RUN_ONCE_INIT;
  PVOID context = nullptr;
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, &context), STATUS_UNSUCCESSFUL);
  std::atomic<int> good{0}, bad{0};
  std::vector<rt::Task*> tasks;
  for (int i = 0; i < 5; ++i)
    tasks.push_back(Start("once", [&] {
      PVOID seen = nullptr;
      NTSTATUS status = RtlRunOnceExecuteOnce(
          &once,
          [](PRTL_RUN_ONCE, PVOID, PVOID* result) -> ULONG {
            KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, nullptr);
            if (++tries == 1) return FALSE;  // the first fails: another tries again
            ++runs;
            *result = reinterpret_cast<PVOID>(0x1230);
            return TRUE;
          },
          nullptr, &seen);
      if (NT_SUCCESS(status) && seen == reinterpret_cast<PVOID>(0x1230)) ++good;
      if (!NT_SUCCESS(status)) ++bad;
    }));
  LARGE_INTEGER moment{.QuadPart = -20 * 10000};
  KeDelayExecutionThread(KernelMode, FALSE, &moment);
  KeSetEvent(&go, 0, FALSE);
  for (rt::Task* task : tasks) Join(task);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(good, 4);
  EXPECT_EQ(bad, 1);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, &context), STATUS_SUCCESS);
  EXPECT_EQ(context, reinterpret_cast<PVOID>(0x1230));
  EXPECT_EQ(RtlRunOnceComplete(&once, 0, reinterpret_cast<PVOID>(1)), STATUS_INVALID_PARAMETER_3);
}

TEST_P(RtlTest, InAsyncModeTheFirstToCompleteWins) {
  RTL_RUN_ONCE once;
  RtlRunOnceInitialize(&once);
  PVOID context;
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context), STATUS_PENDING);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context), STATUS_PENDING);
  EXPECT_EQ(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, reinterpret_cast<PVOID>(0x10)), STATUS_SUCCESS);
  EXPECT_EQ(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, reinterpret_cast<PVOID>(0x20)), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, 0, &context), STATUS_SUCCESS);
  EXPECT_EQ(context, reinterpret_cast<PVOID>(0x10));
}

struct Entry {
  ULONG key, value;
};
int allocated;

int Depth(const RTL_BALANCED_LINKS* node, const RTL_BALANCED_LINKS* parent) {
  if (!node) return 0;
  EXPECT_EQ(node->Parent, parent);
  int left = Depth(node->LeftChild, node), right = Depth(node->RightChild, node);
  EXPECT_LE(std::abs(left - right), 1);
  EXPECT_EQ(node->Balance, right - left);
  return 1 + std::max(left, right);
}

TEST_P(RtlTest, AnAvlTableStaysSortedAndBalanced) {
  allocated = 0;
  RTL_AVL_TABLE table;
  RtlInitializeGenericTableAvl(
      &table,
      [](RTL_AVL_TABLE*, PVOID a, PVOID b) {
        ULONG x = static_cast<Entry*>(a)->key, y = static_cast<Entry*>(b)->key;
        return x < y ? GenericLessThan : x > y ? GenericGreaterThan : GenericEqual;
      },
      [](RTL_AVL_TABLE*, ULONG bytes) -> PVOID {
        ++allocated;
        return ExAllocatePoolWithTag(NonPagedPool, bytes, 'lvat');
      },
      [](RTL_AVL_TABLE*, PVOID node) {
        --allocated;
        ExFreePoolWithTag(node, 'lvat');
      },
      nullptr);
  std::map<ULONG, ULONG> model;
  ULONG seed = 9;
  EXPECT_TRUE(RtlIsGenericTableEmptyAvl(&table));
  for (ULONG round = 0; round < 3000; ++round) {
    Entry entry = {RtlRandom(&seed) % 200, round};
    if (RtlRandom(&seed) % 100 < (round < 1500 ? 60u : 40u)) {
      BOOLEAN fresh;
      auto* stored = static_cast<Entry*>(RtlInsertElementGenericTableAvl(&table, &entry, sizeof entry, &fresh));
      ASSERT_EQ(fresh != 0, model.emplace(entry.key, entry.value).second);
      ASSERT_EQ(stored->value, model[entry.key]);  // an equal one that was there is kept
    } else {
      ASSERT_EQ(RtlDeleteElementGenericTableAvl(&table, &entry) != 0, model.erase(entry.key) == 1);
    }
    ASSERT_EQ(Depth(table.BalancedRoot.RightChild, &table.BalancedRoot), static_cast<int>(table.DepthOfTree));
    ASSERT_EQ(RtlNumberGenericTableElementsAvl(&table), model.size());
    auto* found = static_cast<Entry*>(RtlLookupElementGenericTableAvl(&table, &entry));
    ASSERT_EQ(found != nullptr, model.contains(entry.key));
    if (round % 50 == 0) {
      auto expected = model.begin();
      PVOID restart = nullptr;
      ULONG index = 0;
      while (auto* at = static_cast<Entry*>(RtlEnumerateGenericTableWithoutSplayingAvl(&table, &restart))) {
        ASSERT_NE(expected, model.end());
        ASSERT_EQ(at->key, expected->first);
        ASSERT_EQ(RtlGetElementGenericTableAvl(&table, index++), at);
        ++expected;
      }
      ASSERT_EQ(expected, model.end());
      ASSERT_EQ(RtlGetElementGenericTableAvl(&table, index), nullptr);
      if (index > 2) ASSERT_EQ(static_cast<Entry*>(RtlGetElementGenericTableAvl(&table, 1))->key, std::next(model.begin())->first);
    }
  }
  // Deleting what an enumeration stands on does not lose the next.
  std::vector<ULONG> seen;
  for (auto* at = static_cast<Entry*>(RtlEnumerateGenericTableAvl(&table, TRUE)); at;
       at = static_cast<Entry*>(RtlEnumerateGenericTableAvl(&table, FALSE))) {
    seen.push_back(at->key);
    Entry copy = *at;
    ASSERT_TRUE(RtlDeleteElementGenericTableAvl(&table, &copy));
  }
  EXPECT_EQ(seen.size(), model.size());
  EXPECT_EQ(allocated, 0);
  EXPECT_EQ(table.DepthOfTree, 0u);
}

TEST_P(RtlTest, MemoryRangesOfMoreThanFourGigabytesAreScaled) {
  CM_PARTIAL_RESOURCE_DESCRIPTOR at = {};
  ULONGLONG start = 0;
  EXPECT_EQ(RtlCmEncodeMemIoResource(&at, CmResourceTypeMemory, 0x2000, 0x1'0000'0000), STATUS_SUCCESS);
  EXPECT_EQ(at.u.Memory.Length, 0x2000u);
  EXPECT_EQ(RtlCmDecodeMemIoResource(&at, &start), 0x2000u);
  EXPECT_EQ(start, 0x1'0000'0000u);
  EXPECT_EQ(RtlCmDecodeMemIoResource(&at, nullptr), 0x2000u);
  const struct {
    ULONGLONG length;
    USHORT flag;
  } large[] = {{0x2'0000'0000, CM_RESOURCE_MEMORY_LARGE_40}, {0x200'0000'0000, CM_RESOURCE_MEMORY_LARGE_48}, {0x2'0000'0000'0000, CM_RESOURCE_MEMORY_LARGE_64}};
  for (const auto& each : large) {
    at = {};
    EXPECT_EQ(RtlCmEncodeMemIoResource(&at, CmResourceTypeMemoryLarge, each.length, 0x4000'0000), STATUS_SUCCESS);
    EXPECT_EQ(at.Flags & CM_RESOURCE_MEMORY_LARGE, each.flag);
    EXPECT_EQ(RtlCmDecodeMemIoResource(&at, &start), each.length);
    EXPECT_EQ(start, 0x4000'0000u);
  }
  // Too long for a plain range, not a multiple of the scale, no range at all.
  EXPECT_EQ(RtlCmEncodeMemIoResource(&at, CmResourceTypeMemory, 0x2'0000'0000, 0), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(RtlCmEncodeMemIoResource(&at, CmResourceTypeMemoryLarge, 0x2'0000'0001, 0), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(RtlCmEncodeMemIoResource(&at, CmResourceTypeInterrupt, 1, 0), STATUS_UNSUCCESSFUL);

  IO_RESOURCE_DESCRIPTOR wish = {};
  ULONGLONG alignment = 0, low = 1, high = 0;
  EXPECT_EQ(RtlIoEncodeMemIoResource(&wish, CmResourceTypeMemoryLarge, 0x3'0000'0000, 0x1000'0000, 0, ~0ull >> 1), STATUS_SUCCESS);
  EXPECT_EQ(wish.u.Memory40.Length40, 0x0300'0000u);
  EXPECT_EQ(RtlIoDecodeMemIoResource(&wish, &alignment, &low, &high), 0x3'0000'0000u);
  EXPECT_EQ(alignment, 0x1000'0000u);
  EXPECT_EQ(low, 0u);
  EXPECT_EQ(high, ~0ull >> 1);
  EXPECT_EQ(RtlIoEncodeMemIoResource(&wish, CmResourceTypePort, 8, 8, 0x300, 0x3FF), STATUS_SUCCESS);
  EXPECT_EQ(wish.u.Port.Length, 8u);
  EXPECT_EQ(RtlIoDecodeMemIoResource(&wish, nullptr, nullptr, nullptr), 8u);
}

}  // namespace
}  // namespace drydock::nt
