// RT_ASSERT: an invariant of our own. On in every build; a failure is our bug, never a driver's, so it ends the process at once.
#pragma once

namespace drydock::rt {
[[noreturn]] void AssertionFailed(const char* condition, const char* file, int line);
}  // namespace drydock::rt

#define RT_ASSERT(condition)                                                          \
  (__builtin_expect(!!(condition), 1) ? (void)0                                       \
                                      : ::drydock::rt::AssertionFailed(#condition, __FILE__, __LINE__))
