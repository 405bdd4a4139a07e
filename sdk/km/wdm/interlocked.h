// Interlocked operations and memory barriers, each a full barrier as on x64. Part of wdm.h.
// IRQL: any. Source: public documentation.
#ifndef DRYDOCK_WDM_INTERLOCKED_H
#define DRYDOCK_WDM_INTERLOCKED_H

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

// suffix, type: the operations every width has. Add, Increment and Decrement give the new value; the others the old.
#define DRYDOCK_INTERLOCKED(suffix, type)                                                                         \
  FORCEINLINE type InterlockedIncrement##suffix(type volatile *target) {                                          \
    return __atomic_add_fetch(target, 1, __ATOMIC_SEQ_CST);                                                       \
  }                                                                                                               \
  FORCEINLINE type InterlockedDecrement##suffix(type volatile *target) {                                          \
    return __atomic_sub_fetch(target, 1, __ATOMIC_SEQ_CST);                                                       \
  }                                                                                                               \
  FORCEINLINE type InterlockedAdd##suffix(type volatile *target, type value) {                                    \
    return __atomic_add_fetch(target, value, __ATOMIC_SEQ_CST);                                                   \
  }                                                                                                               \
  FORCEINLINE type InterlockedExchangeAdd##suffix(type volatile *target, type value) {                            \
    return __atomic_fetch_add(target, value, __ATOMIC_SEQ_CST);                                                   \
  }                                                                                                               \
  FORCEINLINE type InterlockedExchange##suffix(type volatile *target, type value) {                               \
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);                                                  \
  }                                                                                                               \
  FORCEINLINE type InterlockedAnd##suffix(type volatile *target, type value) {                                    \
    return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);                                                   \
  }                                                                                                               \
  FORCEINLINE type InterlockedOr##suffix(type volatile *target, type value) {                                     \
    return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);                                                    \
  }                                                                                                               \
  FORCEINLINE type InterlockedXor##suffix(type volatile *target, type value) {                                    \
    return __atomic_fetch_xor(target, value, __ATOMIC_SEQ_CST);                                                   \
  }                                                                                                               \
  FORCEINLINE type InterlockedCompareExchange##suffix(type volatile *target, type exchange, type comperand) {     \
    __atomic_compare_exchange_n(target, &comperand, exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);             \
    return comperand;                                                                                             \
  }

DRYDOCK_INTERLOCKED(, LONG)
DRYDOCK_INTERLOCKED(64, LONG64)
DRYDOCK_INTERLOCKED(16, SHORT)
DRYDOCK_INTERLOCKED(8, char)
#undef DRYDOCK_INTERLOCKED

// cmpxchg16b; `target` is aligned to 16 bytes.
FORCEINLINE UCHAR InterlockedCompareExchange128(LONG64 volatile *target, LONG64 high, LONG64 low, LONG64 *comperand) {
  UCHAR done;
  __asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
                   : "=q"(done), "+m"(*(__int128 volatile *)target), "+a"(comperand[0]), "+d"(comperand[1])
                   : "b"(low), "c"(high)
                   : "cc", "memory");
  return done;
}

FORCEINLINE PVOID InterlockedExchangePointer(PVOID volatile *target, PVOID value) {
  return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
FORCEINLINE PVOID InterlockedCompareExchangePointer(PVOID volatile *target, PVOID exchange, PVOID comperand) {
  __atomic_compare_exchange_n(target, &comperand, exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return comperand;
}

FORCEINLINE BOOLEAN InterlockedBitTestAndSet(LONG volatile *base, LONG bit) {
  LONG mask = (LONG)(1u << (bit & 31));
  return (BOOLEAN)((__atomic_fetch_or(base + (bit >> 5), mask, __ATOMIC_SEQ_CST) & mask) != 0);
}
FORCEINLINE BOOLEAN InterlockedBitTestAndReset(LONG volatile *base, LONG bit) {
  LONG mask = (LONG)(1u << (bit & 31));
  return (BOOLEAN)((__atomic_fetch_and(base + (bit >> 5), ~mask, __ATOMIC_SEQ_CST) & mask) != 0);
}
FORCEINLINE BOOLEAN InterlockedBitTestAndComplement(LONG volatile *base, LONG bit) {
  LONG mask = (LONG)(1u << (bit & 31));
  return (BOOLEAN)((__atomic_fetch_xor(base + (bit >> 5), mask, __ATOMIC_SEQ_CST) & mask) != 0);
}

FORCEINLINE BOOLEAN InterlockedBitTestAndSet64(LONG64 volatile *base, LONG64 bit) {
  LONG64 mask = (LONG64)(1ull << (bit & 63));
  return (BOOLEAN)((__atomic_fetch_or(base + (bit >> 6), mask, __ATOMIC_SEQ_CST) & mask) != 0);
}
FORCEINLINE BOOLEAN InterlockedBitTestAndReset64(LONG64 volatile *base, LONG64 bit) {
  LONG64 mask = (LONG64)(1ull << (bit & 63));
  return (BOOLEAN)((__atomic_fetch_and(base + (bit >> 6), ~mask, __ATOMIC_SEQ_CST) & mask) != 0);
}

FORCEINLINE LONG ReadAcquire(LONG const volatile *source) { return __atomic_load_n(source, __ATOMIC_ACQUIRE); }
FORCEINLINE LONG ReadNoFence(LONG const volatile *source) { return __atomic_load_n(source, __ATOMIC_RELAXED); }
FORCEINLINE void WriteRelease(LONG volatile *target, LONG value) { __atomic_store_n(target, value, __ATOMIC_RELEASE); }
FORCEINLINE void WriteNoFence(LONG volatile *target, LONG value) { __atomic_store_n(target, value, __ATOMIC_RELAXED); }
FORCEINLINE ULONG ReadULongAcquire(ULONG const volatile *source) { return __atomic_load_n(source, __ATOMIC_ACQUIRE); }
FORCEINLINE ULONG ReadULongNoFence(ULONG const volatile *source) { return __atomic_load_n(source, __ATOMIC_RELAXED); }
FORCEINLINE void WriteULongRelease(ULONG volatile *target, ULONG value) {
  __atomic_store_n(target, value, __ATOMIC_RELEASE);
}
FORCEINLINE void WriteULongNoFence(ULONG volatile *target, ULONG value) {
  __atomic_store_n(target, value, __ATOMIC_RELAXED);
}
FORCEINLINE LONG64 ReadAcquire64(LONG64 const volatile *source) { return __atomic_load_n(source, __ATOMIC_ACQUIRE); }
FORCEINLINE LONG64 ReadNoFence64(LONG64 const volatile *source) { return __atomic_load_n(source, __ATOMIC_RELAXED); }
FORCEINLINE void WriteRelease64(LONG64 volatile *target, LONG64 value) {
  __atomic_store_n(target, value, __ATOMIC_RELEASE);
}
FORCEINLINE void WriteNoFence64(LONG64 volatile *target, LONG64 value) {
  __atomic_store_n(target, value, __ATOMIC_RELAXED);
}
FORCEINLINE PVOID ReadPointerAcquire(PVOID const volatile *source) { return __atomic_load_n(source, __ATOMIC_ACQUIRE); }
FORCEINLINE PVOID ReadPointerNoFence(PVOID const volatile *source) { return __atomic_load_n(source, __ATOMIC_RELAXED); }
FORCEINLINE void WritePointerRelease(PVOID volatile *target, PVOID value) {
  __atomic_store_n(target, value, __ATOMIC_RELEASE);
}
FORCEINLINE void WritePointerNoFence(PVOID volatile *target, PVOID value) {
  __atomic_store_n(target, value, __ATOMIC_RELAXED);
}

FORCEINLINE INT32 ReadInt32Acquire(INT32 const volatile *source) { return __atomic_load_n(source, __ATOMIC_ACQUIRE); }
FORCEINLINE INT32 ReadInt32NoFence(INT32 const volatile *source) { return __atomic_load_n(source, __ATOMIC_RELAXED); }
FORCEINLINE INT32 ReadInt32Raw(INT32 const volatile *source) { return __atomic_load_n(source, __ATOMIC_RELAXED); }
FORCEINLINE UINT32 ReadUInt32Acquire(UINT32 const volatile *source) { return __atomic_load_n(source, __ATOMIC_ACQUIRE); }
FORCEINLINE UINT32 ReadUInt32NoFence(UINT32 const volatile *source) { return __atomic_load_n(source, __ATOMIC_RELAXED); }
FORCEINLINE UINT32 ReadUInt32Raw(UINT32 const volatile *source) { return __atomic_load_n(source, __ATOMIC_RELAXED); }
FORCEINLINE BOOLEAN ReadBooleanRaw(BOOLEAN const volatile *source) { return __atomic_load_n(source, __ATOMIC_RELAXED); }
FORCEINLINE void WriteInt32Release(INT32 volatile *target, INT32 value) {
  __atomic_store_n(target, value, __ATOMIC_RELEASE);
}
FORCEINLINE void WriteInt32NoFence(INT32 volatile *target, INT32 value) {
  __atomic_store_n(target, value, __ATOMIC_RELAXED);
}
FORCEINLINE void WriteInt32Raw(INT32 volatile *target, INT32 value) {
  __atomic_store_n(target, value, __ATOMIC_RELAXED);
}
FORCEINLINE void WriteUInt32Release(UINT32 volatile *target, UINT32 value) {
  __atomic_store_n(target, value, __ATOMIC_RELEASE);
}
FORCEINLINE void WriteUInt32NoFence(UINT32 volatile *target, UINT32 value) {
  __atomic_store_n(target, value, __ATOMIC_RELAXED);
}
FORCEINLINE void WriteUInt32Raw(UINT32 volatile *target, UINT32 value) {
  __atomic_store_n(target, value, __ATOMIC_RELAXED);
}
#define BarrierAfterRead() __atomic_thread_fence(__ATOMIC_ACQUIRE)

// The processor hints below are macros: names this common must not clash with a compiler's own intrinsics.
#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrierWithoutFence() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define YieldProcessor() __builtin_ia32_pause()
#ifdef DRYDOCK_DRIVER_BUILD
#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier() __atomic_signal_fence(__ATOMIC_ACQUIRE)
#define _WriteBarrier() __atomic_signal_fence(__ATOMIC_RELEASE)
#endif
#include "wdm/interlocked_names.h"
#define InterlockedIncrementUInt(p) ((ULONG)InterlockedIncrement((LONG volatile *)(p)))
#define InterlockedIncrementSizeT(p) ((SIZE_T)InterlockedIncrement64((LONG64 volatile *)(p)))
#define InterlockedDecrementSizeT(p) ((SIZE_T)InterlockedDecrement64((LONG64 volatile *)(p)))
#define InterlockedExchangeAddSizeT(p, v) \
  ((SIZE_T)InterlockedExchangeAdd64((LONG64 volatile *)(p), (LONG64)(v)))
#define InterlockedAddPtr(p, v) InterlockedAdd64((LONG64 volatile *)(p), (LONG64)(v))
#define InterlockedSetBits(p, v) InterlockedOr((p), (v))
#define InterlockedClearBits(p, v) InterlockedAnd((p), ~(v))

#ifdef __cplusplus
}
#endif

#ifdef DRYDOCK_DRIVER_BUILD
#include "drydock_intrin.h"
#endif

#endif  // DRYDOCK_WDM_INTERLOCKED_H
