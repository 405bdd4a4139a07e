// assert of the C run-time: a failed one is a report of the machine (RtlAssert), not the process's end. May be included again and again,
// with and without NDEBUG, as the system's.
#undef assert
#ifdef NDEBUG
#define assert(expression) ((void)0)
#else
#ifndef DRYDOCK_CRT_ASSERT
#define DRYDOCK_CRT_ASSERT
#ifdef __cplusplus
extern "C"
#endif
    void RtlAssert(void *failed, void *file, unsigned int line, char *message);
#endif
#define assert(expression) ((expression) ? (void)0 : RtlAssert((void *)#expression, (void *)__FILE__, __LINE__, 0))
#endif
#if !defined(__cplusplus) && !defined(static_assert)
#define static_assert _Static_assert
#endif
