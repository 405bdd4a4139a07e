// Futex: sleeping on a 32-bit word. For src/runtime only; floors above wait through the executor.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>

namespace drydock::rt {

// Sleeps while *word == expected, until woken, a signal, or the absolute CLOCK_MONOTONIC time in nanoseconds (negative: for ever).
// False on time-out.
inline bool FutexWait(std::atomic<uint32_t>& word, uint32_t expected, int64_t until_ns = -1) {
  timespec until, *timeout = nullptr;
  if (until_ns >= 0) {
    until.tv_sec = until_ns / 1'000'000'000;
    until.tv_nsec = until_ns % 1'000'000'000;
    timeout = &until;
  }
  long result = syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word),
                        FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, timeout, nullptr,
                        FUTEX_BITSET_MATCH_ANY);
  return !(result < 0 && errno == ETIMEDOUT);
}

inline void FutexWake(std::atomic<uint32_t>& word, int count) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count,
          nullptr, nullptr, 0);
}
inline void FutexWakeAll(std::atomic<uint32_t>& word) { FutexWake(word, INT_MAX); }

}  // namespace drydock::rt
