// What windows.h offers a driver besides its window system: the parts below, one subject each. Source: public documentation.
#ifndef _WINBASE_
#define _WINBASE_

#include "commapi.h"
#include "consoleapi.h"
#include "debugapi.h"
#include "errhandlingapi.h"
#include "fibersapi.h"
#include "fileapi.h"
#include "handleapi.h"
#include "heapapi.h"
#include "ioapiset.h"
#include "memoryapi.h"
#include "minwinbase.h"
#include "processthreadsapi.h"
#include "synchapi.h"
#include "sysinfoapi.h"
#include "threadpoolapiset.h"
#include "winerror.h"

// Unsigned numbers too, as Win32 has it for C++.
#ifdef __cplusplus
extern "C++" {
#define DRYDOCK_INTERLOCKED_UNSIGNED(type, suffix, plain)                                                             \
  inline type InterlockedIncrement(type volatile *target) {                                                           \
    return (type)InterlockedIncrement##suffix((plain volatile *)target);                                              \
  }                                                                                                                   \
  inline type InterlockedDecrement(type volatile *target) {                                                           \
    return (type)InterlockedDecrement##suffix((plain volatile *)target);                                              \
  }                                                                                                                   \
  inline type InterlockedExchange(type volatile *target, type value) {                                                \
    return (type)InterlockedExchange##suffix((plain volatile *)target, (plain)value);                                 \
  }                                                                                                                   \
  inline type InterlockedExchangeAdd(type volatile *target, type value) {                                             \
    return (type)InterlockedExchangeAdd##suffix((plain volatile *)target, (plain)value);                              \
  }                                                                                                                   \
  inline type InterlockedExchangeSubtract(type volatile *target, type value) {                                        \
    return (type)InterlockedExchangeAdd##suffix((plain volatile *)target, (plain)(0 - value));                        \
  }                                                                                                                   \
  inline type InterlockedCompareExchange(type volatile *target, type value, type comperand) {                         \
    return (type)InterlockedCompareExchange##suffix((plain volatile *)target, (plain)value, (plain)comperand);        \
  }                                                                                                                   \
  inline type InterlockedAnd(type volatile *target, type value) {                                                     \
    return (type)InterlockedAnd##suffix((plain volatile *)target, (plain)value);                                      \
  }                                                                                                                   \
  inline type InterlockedOr(type volatile *target, type value) {                                                      \
    return (type)InterlockedOr##suffix((plain volatile *)target, (plain)value);                                       \
  }                                                                                                                   \
  inline type InterlockedXor(type volatile *target, type value) {                                                     \
    return (type)InterlockedXor##suffix((plain volatile *)target, (plain)value);                                      \
  }
DRYDOCK_INTERLOCKED_UNSIGNED(ULONG, , LONG)
DRYDOCK_INTERLOCKED_UNSIGNED(ULONG64, 64, LONG64)
#undef DRYDOCK_INTERLOCKED_UNSIGNED
}
#endif

#endif  // _WINBASE_
