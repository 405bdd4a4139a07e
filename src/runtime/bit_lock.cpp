#include "runtime/bit_lock.h"

#include <sched.h>

namespace drydock::rt {

void SpinRound(unsigned& round) {
  if (++round < 100) {
    __builtin_ia32_pause();
  } else {
    sched_yield();  // the other one lost its processor
  }
}

namespace internal {

void AcquireBitSlow(unsigned char* byte, unsigned char bit) {
  for (unsigned round = 0;; SpinRound(round)) {
    unsigned char value = __atomic_load_n(byte, __ATOMIC_RELAXED);
    if (!(value & bit) && __atomic_compare_exchange_n(byte, &value, static_cast<unsigned char>(value | bit), true,
                                                      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
      return;
    }
  }
}

}  // namespace internal
}  // namespace drydock::rt
