// Intrinsics of Microsoft's compiler that drivers use. Part of wdm/interlocked.h, driver builds only.
// Names that the compilers' own headers define otherwise are macros here, so that the later of the two wins without a word.
#ifndef DRYDOCK_INTRIN_H
#define DRYDOCK_INTRIN_H

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
void _mm_pause(void);
void _mm_mfence(void);
void _mm_lfence(void);
void _mm_sfence(void);
#else
#include <emmintrin.h>
#endif

#define DRYDOCK_INTRIN static inline __attribute__((always_inline, unused))

DRYDOCK_INTRIN UCHAR DrydockBitScanForward(ULONG *index, ULONG mask) { return mask ? (*index = (ULONG)__builtin_ctz(mask), 1) : 0; }
DRYDOCK_INTRIN UCHAR DrydockBitScanReverse(ULONG *index, ULONG mask) { return mask ? (*index = 31u - (ULONG)__builtin_clz(mask), 1) : 0; }
DRYDOCK_INTRIN UCHAR DrydockBitScanForward64(ULONG *index, ULONGLONG mask) { return mask ? (*index = (ULONG)__builtin_ctzll(mask), 1) : 0; }
DRYDOCK_INTRIN UCHAR DrydockBitScanReverse64(ULONG *index, ULONGLONG mask) { return mask ? (*index = 63u - (ULONG)__builtin_clzll(mask), 1) : 0; }
#define _BitScanForward DrydockBitScanForward
#define _BitScanReverse DrydockBitScanReverse
#define _BitScanForward64 DrydockBitScanForward64
#define _BitScanReverse64 DrydockBitScanReverse64
#define BitScanForward DrydockBitScanForward
#define BitScanReverse DrydockBitScanReverse
#define BitScanForward64 DrydockBitScanForward64
#define BitScanReverse64 DrydockBitScanReverse64

DRYDOCK_INTRIN UCHAR DrydockBitTest(LONG const *base, LONG bit) { return (UCHAR)(((ULONG)base[bit >> 5] >> (bit & 31)) & 1); }
DRYDOCK_INTRIN UCHAR DrydockBitTestAndSet(LONG *base, LONG bit) {
  UCHAR old = DrydockBitTest(base, bit);
  base[bit >> 5] |= (LONG)(1u << (bit & 31));
  return old;
}
DRYDOCK_INTRIN UCHAR DrydockBitTestAndReset(LONG *base, LONG bit) {
  UCHAR old = DrydockBitTest(base, bit);
  base[bit >> 5] &= ~(LONG)(1u << (bit & 31));
  return old;
}
DRYDOCK_INTRIN UCHAR DrydockBitTest64(LONG64 const *base, LONG64 bit) { return (UCHAR)(((ULONG64)base[bit >> 6] >> (bit & 63)) & 1); }
#define _bittest DrydockBitTest
#define _bittestandset DrydockBitTestAndSet
#define _bittestandreset DrydockBitTestAndReset
#define _bittest64 DrydockBitTest64
#define BitTest DrydockBitTest
#define BitTestAndSet DrydockBitTestAndSet
#define BitTestAndReset DrydockBitTestAndReset
#define BitTest64 DrydockBitTest64

#define _byteswap_ushort(x) __builtin_bswap16(x)
#define _byteswap_ulong(x) __builtin_bswap32(x)
#define _byteswap_uint64(x) ((ULONGLONG)__builtin_bswap64(x))
#define __popcnt16(x) ((USHORT)__builtin_popcount((USHORT)(x)))
#define __popcnt(x) ((unsigned)__builtin_popcount((unsigned)(x)))
#define __popcnt64(x) ((ULONGLONG)__builtin_popcountll((ULONGLONG)(x)))
#define PopulationCount64(x) __popcnt64(x)
#define __lzcnt(x) ((unsigned)((x) ? __builtin_clz((unsigned)(x)) : 32))
#define __lzcnt64(x) ((ULONGLONG)((x) ? __builtin_clzll((ULONGLONG)(x)) : 64))

DRYDOCK_INTRIN ULONG DrydockRotate32(ULONG x, int n) { return x << (n & 31) | x >> (-n & 31); }
DRYDOCK_INTRIN ULONGLONG DrydockRotate64(ULONGLONG x, int n) { return x << (n & 63) | x >> (-n & 63); }
DRYDOCK_INTRIN USHORT DrydockRotate16(USHORT x, int n) { return (USHORT)(x << (n & 15) | x >> (-n & 15)); }
DRYDOCK_INTRIN UCHAR DrydockRotate8(UCHAR x, int n) { return (UCHAR)(x << (n & 7) | x >> (-n & 7)); }
#undef _rotl
#undef _rotr
#undef _lrotl
#undef _lrotr
#define _rotl(x, n) DrydockRotate32((x), (n))
#define _rotr(x, n) DrydockRotate32((x), -(n))
#define _lrotl(x, n) DrydockRotate32((x), (n))
#define _lrotr(x, n) DrydockRotate32((x), -(n))
#define _rotl64(x, n) DrydockRotate64((x), (n))
#define _rotr64(x, n) DrydockRotate64((x), -(n))
#define _rotl16(x, n) DrydockRotate16((x), (n))
#define _rotr16(x, n) DrydockRotate16((x), -(n))
#define _rotl8(x, n) DrydockRotate8((x), (n))
#define _rotr8(x, n) DrydockRotate8((x), -(n))

DRYDOCK_INTRIN void DrydockCpuid(int *registers, int leaf, int subleaf) {
  __asm__ volatile("cpuid" : "=a"(registers[0]), "=b"(registers[1]), "=c"(registers[2]), "=d"(registers[3]) : "a"(leaf), "c"(subleaf));
}
#undef __cpuid
#define __cpuid(registers, leaf) DrydockCpuid((registers), (leaf), 0)
#define __cpuidex(registers, leaf, subleaf) DrydockCpuid((registers), (leaf), (subleaf))
#undef __rdtsc
#define __rdtsc() ((ULONGLONG)__builtin_ia32_rdtsc())
#ifndef ReadTimeStampCounter
#define ReadTimeStampCounter() __rdtsc()
#endif

// String instructions; written out, for sanitizers see what they touch.
#define DRYDOCK_STRING(suffix, type)                                                       \
  DRYDOCK_INTRIN void DrydockStos##suffix(type *to, type value, size_t count) {            \
    while (count-- != 0) *to++ = value;                                                    \
  }                                                                                        \
  DRYDOCK_INTRIN void DrydockMovs##suffix(type *to, type const *from, size_t count) {      \
    while (count-- != 0) *to++ = *from++;                                                  \
  }
DRYDOCK_STRING(b, UCHAR)
DRYDOCK_STRING(w, USHORT)
DRYDOCK_STRING(d, ULONG)
DRYDOCK_STRING(q, ULONG64)
#undef DRYDOCK_STRING
#define __stosb DrydockStosb
#define __stosw DrydockStosw
#define __stosd DrydockStosd
#define __stosq DrydockStosq
#define __movsb DrydockMovsb
#define __movsw DrydockMovsw
#define __movsd DrydockMovsd
#define __movsq DrydockMovsq

DRYDOCK_INTRIN ULONGLONG DrydockMultiply128(ULONGLONG a, ULONGLONG b, ULONGLONG *high) {
  unsigned __int128 product = (unsigned __int128)a * b;
  *high = (ULONGLONG)(product >> 64);
  return (ULONGLONG)product;
}
#define _umul128 DrydockMultiply128
#define UnsignedMultiply128 DrydockMultiply128
#define __emulu(a, b) ((ULONGLONG)(unsigned)(a) * (unsigned)(b))
#define __emul(a, b) ((LONGLONG)(int)(a) * (int)(b))
#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((void *)((char *)__builtin_frame_address(0) + sizeof(void *)))
#define __nop() __asm__ volatile("nop")
DECLSPEC_NORETURN void DrydockFastFail(unsigned code);
#define __fastfail(code) DrydockFastFail((unsigned)(code))
#define __ud2() __builtin_trap()
#define _disable() ((void)0)
#define _enable() ((void)0)

#include "drydock_intrin_more.h"

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_INTRIN_H
