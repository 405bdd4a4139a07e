// What the two executors share. For src/runtime only.
#pragma once

#include <cstring>
#include <memory>

#include "runtime/executor.h"

namespace drydock::rt {

std::unique_ptr<Executor> CreateSimulatedExecutor(const ExecutorOptions& options);
std::unique_ptr<Executor> CreateLiveExecutor(const ExecutorOptions& options);

// 1970-01-01 as NT counts.
inline constexpr Ticks kUnixEpoch = 116'444'736'000'000'000;
// Where simulated machines begin unless told otherwise: 2024-01-01 00:00 UTC.
inline constexpr Ticks kSimulatedEpoch = 133'485'408'000'000'000;

inline constexpr size_t kStackGuardBytes = 64 * 1024;

// Sanitizers make frames several times as large.
inline size_t StackBytes(const ExecutorOptions& options) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return options.stack_bytes * 4;
#endif
#endif
  return options.stack_bytes;
}

inline void SetTaskName(Task& task, const char* name) {  // at every entry from outside: no snprintf
  const size_t length = name ? strnlen(name, sizeof task.name - 1) : 0;
  std::memcpy(task.name, name ? name : "", length);
  task.name[length] = '\0';
}

// a + b, held at kNever.
inline Ticks AddTicks(Ticks a, Ticks b) {
  Ticks sum;
  return __builtin_add_overflow(a, b, &sum) ? (b > 0 ? kNever : INT64_MIN) : sum;
}

}  // namespace drydock::rt
