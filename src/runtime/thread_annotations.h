// Clang's thread-safety attributes under short names; empty elsewhere.
#pragma once

#if defined(__clang__)
#define RT_ATTRIBUTE(x) __attribute__((x))
#else
#define RT_ATTRIBUTE(x)
#endif
#define RT_CAPABILITY(x) RT_ATTRIBUTE(capability(x))
#define RT_SCOPED_CAPABILITY RT_ATTRIBUTE(scoped_lockable)
#define RT_GUARDED_BY(x) RT_ATTRIBUTE(guarded_by(x))
#define RT_REQUIRES(...) RT_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define RT_ACQUIRE(...) RT_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RT_RELEASE(...) RT_ATTRIBUTE(release_capability(__VA_ARGS__))
#define RT_TRY_ACQUIRE(...) RT_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define RT_EXCLUDES(...) RT_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define RT_NO_ANALYSIS RT_ATTRIBUTE(no_thread_safety_analysis)
