// Bit maps: numbered bits in ULONGs of the caller's memory. Errors are 0xFFFFFFFF or FALSE, as documented; a range beyond the map is cut.
#include <ntddk.h>

#include <algorithm>

namespace {

bool Test(const RTL_BITMAP* map, ULONG bit) { return map->Buffer[bit / 32] >> (bit % 32) & 1; }

void Put(RTL_BITMAP* map, ULONG start, ULONG count, bool on) {
  for (ULONG bit = start; bit < map->SizeOfBitMap && count != 0; ++bit, --count) {
    ULONG mask = 1u << (bit % 32);
    if (on) map->Buffer[bit / 32] |= mask;
    else map->Buffer[bit / 32] &= ~mask;
  }
}

bool AllAre(const RTL_BITMAP* map, ULONG start, ULONG count, bool on) {
  if (count == 0 || start >= map->SizeOfBitMap || count > map->SizeOfBitMap - start) return false;
  for (ULONG bit = start; bit < start + count; ++bit)
    if (Test(map, bit) != on) return false;
  return true;
}

// The first run of `count` equal bits at or after `hint`, then from the beginning.
ULONG Find(const RTL_BITMAP* map, ULONG count, ULONG hint, bool on) {
  ULONG size = map->SizeOfBitMap;
  if (hint >= size) hint = 0;
  if (count == 0) return hint & ~7u;
  auto search = [&](ULONG from, ULONG to) {
    ULONG run = 0;
    for (ULONG bit = from; bit < to; ++bit) {
      run = Test(map, bit) == on ? run + 1 : 0;
      if (run == count) return bit + 1 - count;
    }
    return ULONG{0xFFFFFFFF};
  };
  ULONG found = search(hint, size);
  if (found == 0xFFFFFFFF && hint != 0) found = search(0, std::min<ULONG>(size, hint + count - 1));
  return found;
}

// Length of the clear run that begins at or after `from`, and where.
ULONG NextClearRun(const RTL_BITMAP* map, ULONG from, ULONG* start) {
  ULONG bit = from;
  while (bit < map->SizeOfBitMap && Test(map, bit)) ++bit;
  *start = bit;
  while (bit < map->SizeOfBitMap && !Test(map, bit)) ++bit;
  return bit - *start;
}

ULONG Count(const RTL_BITMAP* map, bool on) {
  ULONG count = 0;
  for (ULONG bit = 0; bit < map->SizeOfBitMap; ++bit) count += Test(map, bit) == on;
  return count;
}

}  // namespace

extern "C" {

VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap) {
  BitMapHeader->SizeOfBitMap = SizeOfBitMap;
  BitMapHeader->Buffer = BitMapBuffer;
}
VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { Put(BitMapHeader, BitNumber, 1, false); }
VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { Put(BitMapHeader, BitNumber, 1, true); }
BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { return Test(BitMapHeader, BitNumber); }
VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader) { Put(BitMapHeader, 0, BitMapHeader->SizeOfBitMap, false); }
VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader) { Put(BitMapHeader, 0, BitMapHeader->SizeOfBitMap, true); }
VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear) {
  Put(BitMapHeader, StartingIndex, NumberToClear, false);
}
VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet) {
  Put(BitMapHeader, StartingIndex, NumberToSet, true);
}
ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  return Find(BitMapHeader, NumberToFind, HintIndex, false);
}
ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  return Find(BitMapHeader, NumberToFind, HintIndex, true);
}
ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  ULONG at = Find(BitMapHeader, NumberToFind, HintIndex, false);
  if (at != 0xFFFFFFFF) Put(BitMapHeader, at, NumberToFind, true);
  return at;
}
ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  ULONG at = Find(BitMapHeader, NumberToFind, HintIndex, true);
  if (at != 0xFFFFFFFF) Put(BitMapHeader, at, NumberToFind, false);
  return at;
}
ULONG RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray, BOOLEAN LocateLongestRuns) {
  ULONG found = 0, start = 0;
  for (ULONG at = 0; ULONG length = NextClearRun(BitMapHeader, at, &start); at = start + length) {
    if (found < SizeOfRunArray) {
      RunArray[found++] = {start, length};
    } else if (!LocateLongestRuns) {
      break;
    } else if (auto* shortest = std::min_element(RunArray, RunArray + found,
                                                 [](const RTL_BITMAP_RUN& a, const RTL_BITMAP_RUN& b) { return a.NumberOfBits < b.NumberOfBits; });
               found != 0 && shortest->NumberOfBits < length) {
      *shortest = {start, length};
    }
  }
  if (LocateLongestRuns)
    std::stable_sort(RunArray, RunArray + found,
                     [](const RTL_BITMAP_RUN& a, const RTL_BITMAP_RUN& b) { return a.NumberOfBits > b.NumberOfBits; });
  return found;
}
ULONG RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) {
  ULONG longest = 0, start = 0;
  *StartingIndex = 0;
  for (ULONG at = 0; ULONG length = NextClearRun(BitMapHeader, at, &start); at = start + length)
    if (length > longest) longest = length, *StartingIndex = start;
  return longest;
}
ULONG RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) { return NextClearRun(BitMapHeader, 0, StartingIndex); }
ULONG RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex) {
  return NextClearRun(BitMapHeader, FromIndex, StartingRunIndex);
}
ULONG RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex) {
  if (BitMapHeader->SizeOfBitMap == 0) return 0;
  ULONG bit = std::min(FromIndex, BitMapHeader->SizeOfBitMap - 1);
  while (Test(BitMapHeader, bit)) {
    if (bit == 0) return *StartingRunIndex = 0, 0;
    --bit;
  }
  ULONG last = bit;
  while (bit != 0 && !Test(BitMapHeader, bit - 1)) --bit;
  *StartingRunIndex = bit;
  return last - bit + 1;
}
ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader) { return Count(BitMapHeader, false); }
ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader) { return Count(BitMapHeader, true); }
BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
  return AllAre(BitMapHeader, StartingIndex, Length, false);
}
BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
  return AllAre(BitMapHeader, StartingIndex, Length, true);
}
ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target) { return static_cast<ULONG>(__builtin_popcountll(Target)); }
CCHAR RtlFindMostSignificantBit(ULONGLONG Set) { return Set ? static_cast<CCHAR>(63 - __builtin_clzll(Set)) : CCHAR{-1}; }
CCHAR RtlFindLeastSignificantBit(ULONGLONG Set) { return Set ? static_cast<CCHAR>(__builtin_ctzll(Set)) : CCHAR{-1}; }

}  // extern "C"
