// Comparing memory, pseudo-random numbers, access masks: small things that need no state.
#include <ntddk.h>

#include <cstring>

#include "nt/bugcheck.h"

extern "C" {

SIZE_T RtlCompareMemory(const VOID* Source1, const VOID* Source2, SIZE_T Length) {
  auto* a = static_cast<const UCHAR*>(Source1);
  auto* b = static_cast<const UCHAR*>(Source2);
  SIZE_T same = 0;
  while (same < Length && a[same] == b[same]) ++same;
  return same;
}

SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern) {
  SIZE_T at = 0;
  for (; at + sizeof Pattern <= Length; at += sizeof Pattern)
    if (std::memcmp(static_cast<UCHAR*>(Source) + at, &Pattern, sizeof Pattern) != 0) break;
  return at;
}

// Linear congruential, as documented for RtlUniform: the next value and the new seed are the same number.
ULONG RtlUniform(PULONG Seed) { return *Seed = static_cast<ULONG>((0x7FFFFFEDull * *Seed + 0x7FFFFFC3ull) % 0x7FFFFFFFull); }
ULONG RtlRandom(PULONG Seed) {
  ULONG high = RtlUniform(Seed);
  return (high ^ RtlUniform(Seed) >> 7) & 0x7FFFFFFF;
}
ULONG RtlRandomEx(PULONG Seed) { return RtlRandom(Seed); }

VOID RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING* GenericMapping) {
  ACCESS_MASK mask = *AccessMask & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
  if (*AccessMask & GENERIC_READ) mask |= GenericMapping->GenericRead;
  if (*AccessMask & GENERIC_WRITE) mask |= GenericMapping->GenericWrite;
  if (*AccessMask & GENERIC_EXECUTE) mask |= GenericMapping->GenericExecute;
  if (*AccessMask & GENERIC_ALL) mask |= GenericMapping->GenericAll;
  *AccessMask = mask;
}

}  // extern "C"

extern "C" void DrydockListEntryCorrupt(const void* entry) {
  // KERNEL_SECURITY_CHECK_FAILURE, parameter 1 = 3: a LIST_ENTRY was corrupted.
  drydock::nt::BugCheck(0x139, {.p1 = 3, .p2 = reinterpret_cast<uint64_t>(entry)},
                        "A doubly linked list is corrupt: an entry was inserted or removed twice, or its memory was overwritten.");
}
