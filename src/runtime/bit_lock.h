// BitLock: a lock in one bit of a byte that belongs to somebody else's layout. Very short critical sections only.
// Called by:  as Lock: never held across a park, a schedule point or a call into a driver.
// Cost:       one compare-and-exchange when free, one store to release. Contended it spins, then gives up the processor.
#pragma once

#include <cstdint>

namespace drydock::rt {

// One round of waiting for something that another OS thread does next, with no call in between: pauses, later yields the processor.
void SpinRound(unsigned& round);

namespace internal {
void AcquireBitSlow(unsigned char* byte, unsigned char bit);
}

inline void AcquireBit(unsigned char* byte, unsigned char bit) {
  unsigned char value = __atomic_load_n(byte, __ATOMIC_RELAXED) & static_cast<unsigned char>(~bit);
  if (__builtin_expect(!__atomic_compare_exchange_n(byte, &value, static_cast<unsigned char>(value | bit), false, __ATOMIC_ACQUIRE,
                                                    __ATOMIC_RELAXED),
                       0)) {
    internal::AcquireBitSlow(byte, bit);
  }
}

inline void ReleaseBit(unsigned char* byte, unsigned char bit) {
  // Nobody else writes the byte while the bit is set.
  __atomic_store_n(byte, static_cast<unsigned char>(__atomic_load_n(byte, __ATOMIC_RELAXED) & ~bit), __ATOMIC_RELEASE);
}

}  // namespace drydock::rt
