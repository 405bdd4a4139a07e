// More intrinsics of Microsoft's compiler: wide arithmetic, carries, prefetches, and the instructions that only a kernel may execute.
// Part of drydock_intrin.h. Macros, so that a compiler's own header of the same name (immintrin.h) may come before or after.
//
// Privileged: ports go to the machine's registers (READ_PORT_UCHAR and its kin), the interrupt level is the machine's. Control and debug
// registers, model-specific registers, descriptor tables and the like do not exist here: their intrinsics are a bug check that names them.
#ifndef DRYDOCK_INTRIN_MORE_H
#define DRYDOCK_INTRIN_MORE_H

DRYDOCK_INTRIN LONGLONG DrydockSignedMultiply128(LONGLONG a, LONGLONG b, LONGLONG *high) {
  __int128 product = (__int128)a * b;
  *high = (LONGLONG)(product >> 64);
  return (LONGLONG)product;
}
DRYDOCK_INTRIN ULONGLONG DrydockShiftLeft128(ULONGLONG low, ULONGLONG high, UCHAR n) {
  n &= 63;
  return n == 0 ? high : high << n | low >> (64 - n);
}
DRYDOCK_INTRIN ULONGLONG DrydockShiftRight128(ULONGLONG low, ULONGLONG high, UCHAR n) {
  n &= 63;
  return n == 0 ? low : low >> n | high << (64 - n);
}
DRYDOCK_INTRIN ULONGLONG DrydockDivide128(ULONGLONG high, ULONGLONG low, ULONGLONG divisor, ULONGLONG *remainder) {
  ULONGLONG quotient;
  __asm__("divq %4" : "=a"(quotient), "=d"(*remainder) : "a"(low), "d"(high), "r"(divisor) : "cc");
  return quotient;
}
DRYDOCK_INTRIN UCHAR DrydockAddCarry32(UCHAR carry, ULONG a, ULONG b, void *sum) {
  ULONGLONG whole = (ULONGLONG)a + b + (carry != 0);
  *(ULONG *)sum = (ULONG)whole;
  return (UCHAR)(whole >> 32);
}
DRYDOCK_INTRIN UCHAR DrydockSubBorrow32(UCHAR borrow, ULONG a, ULONG b, void *difference) {
  *(ULONG *)difference = a - b - (borrow != 0);
  return (UCHAR)((ULONGLONG)a < (ULONGLONG)b + (borrow != 0));
}
DRYDOCK_INTRIN UCHAR DrydockAddCarry64(UCHAR carry, ULONGLONG a, ULONGLONG b, void *sum) {
  unsigned __int128 whole = (unsigned __int128)a + b + (carry != 0);
  *(ULONGLONG *)sum = (ULONGLONG)whole;
  return (UCHAR)(whole >> 64);
}
DRYDOCK_INTRIN UCHAR DrydockSubBorrow64(UCHAR borrow, ULONGLONG a, ULONGLONG b, void *difference) {
  *(ULONGLONG *)difference = a - b - (borrow != 0);
  return (UCHAR)((unsigned __int128)a < (unsigned __int128)b + (borrow != 0));
}
#define _mul128 DrydockSignedMultiply128
#define Multiply128 DrydockSignedMultiply128
#define __umulh(a, b) ((ULONGLONG)((unsigned __int128)(ULONGLONG)(a) * (ULONGLONG)(b) >> 64))
#define __mulh(a, b) ((LONGLONG)((__int128)(LONGLONG)(a) * (LONGLONG)(b) >> 64))
#define UnsignedMultiplyHigh(a, b) __umulh(a, b)
#define MultiplyHigh(a, b) __mulh(a, b)
#define __shiftleft128 DrydockShiftLeft128
#define __shiftright128 DrydockShiftRight128
#define ShiftLeft128 DrydockShiftLeft128
#define ShiftRight128 DrydockShiftRight128
#define _udiv128 DrydockDivide128
#define __ull_lshift(x, n) ((ULONGLONG)(x) << ((n) & 63))
#define __ull_rshift(x, n) ((ULONGLONG)(x) >> ((n) & 63))
#define __ll_lshift(x, n) ((ULONGLONG)(x) << ((n) & 63))
#define __ll_rshift(x, n) ((LONGLONG)(x) >> ((n) & 63))
#define _addcarry_u32 DrydockAddCarry32
#define _addcarry_u64 DrydockAddCarry64
#define _subborrow_u32 DrydockSubBorrow32
#define _subborrow_u64 DrydockSubBorrow64
#define _abs64(x) ((LONGLONG)__builtin_llabs(x))
#define _tzcnt_u32(x) ((unsigned)((x) ? __builtin_ctz((unsigned)(x)) : 32))
#define _tzcnt_u64(x) ((ULONGLONG)((x) ? __builtin_ctzll((ULONGLONG)(x)) : 64))
#define _lzcnt_u32(x) __lzcnt(x)
#define _lzcnt_u64(x) __lzcnt64(x)
#define _mm_popcnt_u32(x) ((int)__popcnt(x))
#define _mm_popcnt_u64(x) ((LONGLONG)__popcnt64(x))

DRYDOCK_INTRIN UCHAR DrydockBitTestAndSet64(LONG64 *base, LONG64 bit) {
  UCHAR old = DrydockBitTest64(base, bit);
  base[bit >> 6] |= (LONG64)(1ull << (bit & 63));
  return old;
}
DRYDOCK_INTRIN UCHAR DrydockBitTestAndReset64(LONG64 *base, LONG64 bit) {
  UCHAR old = DrydockBitTest64(base, bit);
  base[bit >> 6] &= ~(LONG64)(1ull << (bit & 63));
  return old;
}
DRYDOCK_INTRIN UCHAR DrydockBitTestAndComplement(LONG *base, LONG bit) {
  UCHAR old = DrydockBitTest(base, bit);
  base[bit >> 5] ^= (LONG)(1u << (bit & 31));
  return old;
}
#define _bittestandset64 DrydockBitTestAndSet64
#define _bittestandreset64 DrydockBitTestAndReset64
#define _bittestandcomplement DrydockBitTestAndComplement

#undef __rdtscp
#define __rdtscp(aux) ((ULONGLONG)__builtin_ia32_rdtscp(aux))
#define __faststorefence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define _prefetchw(p) __builtin_prefetch((const void *)(p), 1)
#define PF_TEMPORAL_LEVEL_1 3
#define PF_TEMPORAL_LEVEL_2 2
#define PF_TEMPORAL_LEVEL_3 1
#define PF_NON_TEMPORAL_LEVEL_ALL 0
#define PreFetchCacheLine(level, p) __builtin_prefetch((const void *)(p), 0, (level))
#define PrefetchForWrite(p) __builtin_prefetch((const void *)(p), 1)
#define ReadForWriteAccess(p) (__builtin_prefetch((const void *)(p), 1), *(p))
#define __readeflags() ((ULONGLONG)__builtin_ia32_readeflags_u64())
#define __writeeflags(flags) __builtin_ia32_writeeflags_u64(flags)
#define __getcallerseflags() __readeflags()
DRYDOCK_INTRIN ULONGLONG DrydockXgetbv(ULONG index) {
  ULONG low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(index));
  return (ULONGLONG)high << 32 | low;
}
#undef _xgetbv
#define _xgetbv(index) DrydockXgetbv((ULONG)(index))

// Never returns; the type is that of the intrinsic.
ULONGLONG DrydockPrivilegedInstruction(const char *name, ULONGLONG argument);
#define __readcr0() DrydockPrivilegedInstruction("__readcr0", 0)
#define __readcr2() DrydockPrivilegedInstruction("__readcr2", 0)
#define __readcr3() DrydockPrivilegedInstruction("__readcr3", 0)
#define __readcr4() DrydockPrivilegedInstruction("__readcr4", 0)
#define __readcr8() ((ULONGLONG)KeGetCurrentIrql())
#define __writecr0(value) ((void)DrydockPrivilegedInstruction("__writecr0", (ULONGLONG)(value)))
#define __writecr3(value) ((void)DrydockPrivilegedInstruction("__writecr3", (ULONGLONG)(value)))
#define __writecr4(value) ((void)DrydockPrivilegedInstruction("__writecr4", (ULONGLONG)(value)))
#define __writecr8(value) ((void)DrydockPrivilegedInstruction("__writecr8", (ULONGLONG)(value)))
#define __readdr(number) DrydockPrivilegedInstruction("__readdr", (ULONGLONG)(number))
#define __writedr(number, value) ((void)(value), (void)DrydockPrivilegedInstruction("__writedr", (ULONGLONG)(number)))
#define __readmsr(number) DrydockPrivilegedInstruction("__readmsr", (ULONGLONG)(number))
#define __writemsr(number, value) ((void)(value), (void)DrydockPrivilegedInstruction("__writemsr", (ULONGLONG)(number)))
#define __readpmc(number) DrydockPrivilegedInstruction("__readpmc", (ULONGLONG)(number))
#define __readgsbyte(offset) ((UCHAR)DrydockPrivilegedInstruction("__readgsbyte", (ULONGLONG)(offset)))
#define __readgsword(offset) ((USHORT)DrydockPrivilegedInstruction("__readgsword", (ULONGLONG)(offset)))
#define __readgsdword(offset) ((ULONG)DrydockPrivilegedInstruction("__readgsdword", (ULONGLONG)(offset)))
#define __readgsqword(offset) DrydockPrivilegedInstruction("__readgsqword", (ULONGLONG)(offset))
#define __writegsqword(offset, value) ((void)(value), (void)DrydockPrivilegedInstruction("__writegsqword", (ULONGLONG)(offset)))
#define __halt() ((void)DrydockPrivilegedInstruction("__halt", 0))
#define __wbinvd() ((void)DrydockPrivilegedInstruction("__wbinvd", 0))
#define __invlpg(address) ((void)DrydockPrivilegedInstruction("__invlpg", (ULONGLONG)(ULONG_PTR)(address)))
#define __sidt(table) ((void)DrydockPrivilegedInstruction("__sidt", (ULONGLONG)(ULONG_PTR)(table)))
#define __lidt(table) ((void)DrydockPrivilegedInstruction("__lidt", (ULONGLONG)(ULONG_PTR)(table)))
#define _sgdt(table) ((void)DrydockPrivilegedInstruction("_sgdt", (ULONGLONG)(ULONG_PTR)(table)))
#define _lgdt(table) ((void)DrydockPrivilegedInstruction("_lgdt", (ULONGLONG)(ULONG_PTR)(table)))
#define _xsetbv(number, value) ((void)(value), (void)DrydockPrivilegedInstruction("_xsetbv", (ULONGLONG)(number)))
#define _clac() ((void)DrydockPrivilegedInstruction("_clac", 0))
#define _stac() ((void)DrydockPrivilegedInstruction("_stac", 0))
#define __vmx_on(region) ((UCHAR)DrydockPrivilegedInstruction("__vmx_on", (ULONGLONG)(ULONG_PTR)(region)))
#define __vmx_off() ((void)DrydockPrivilegedInstruction("__vmx_off", 0))

#define __inbyte(port) READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)(USHORT)(port))
#define __inword(port) READ_PORT_USHORT((PUSHORT)(ULONG_PTR)(USHORT)(port))
#define __indword(port) READ_PORT_ULONG((PULONG)(ULONG_PTR)(USHORT)(port))
#define __outbyte(port, value) WRITE_PORT_UCHAR((PUCHAR)(ULONG_PTR)(USHORT)(port), (UCHAR)(value))
#define __outword(port, value) WRITE_PORT_USHORT((PUSHORT)(ULONG_PTR)(USHORT)(port), (USHORT)(value))
#define __outdword(port, value) WRITE_PORT_ULONG((PULONG)(ULONG_PTR)(USHORT)(port), (ULONG)(value))
#define __inbytestring(port, to, n) READ_PORT_BUFFER_UCHAR((PUCHAR)(ULONG_PTR)(USHORT)(port), (to), (n))
#define __inwordstring(port, to, n) READ_PORT_BUFFER_USHORT((PUSHORT)(ULONG_PTR)(USHORT)(port), (to), (n))
#define __outbytestring(port, from, n) WRITE_PORT_BUFFER_UCHAR((PUCHAR)(ULONG_PTR)(USHORT)(port), (from), (n))
#define __outwordstring(port, from, n) WRITE_PORT_BUFFER_USHORT((PUSHORT)(ULONG_PTR)(USHORT)(port), (from), (n))

// int 2c: an assertion has failed. An exception, as on Windows.
VOID DrydockAssertionFailure(VOID);
#define __int2c() DrydockAssertionFailure()
#define DbgRaiseAssertionFailure() DrydockAssertionFailure()
#define __annotation(...) ((void)0)

#endif  // DRYDOCK_INTRIN_MORE_H
