// More of the C run-time that drivers use: numbers to text and back with sizes, tokens, wide classification. Part of drydock_crt.h.
// Inline; behaviour as documented for Microsoft's run-time, in the "C" locale.
#ifndef DRYDOCK_CRT_MORE_H
#define DRYDOCK_CRT_MORE_H

#ifdef __cplusplus
extern "C" {
#endif

#define DRYDOCK_MORE_STRINGS(suffix, type, utype)                                                                      \
  DRYDOCK_CRT type *DrydockReverse##suffix(type *s) {                                                                  \
    size_t n = DrydockLength##suffix(s, (size_t)-1), i;                                                                \
    for (i = 0; i < n / 2; ++i) {                                                                                      \
      type c = s[i];                                                                                                   \
      s[i] = s[n - 1 - i];                                                                                             \
      s[n - 1 - i] = c;                                                                                                \
    }                                                                                                                  \
    return s;                                                                                                          \
  }                                                                                                                    \
  DRYDOCK_CRT int DrydockInSet##suffix(type c, const type *set) {                                                      \
    for (; *set != 0; ++set)                                                                                           \
      if (*set == c) return 1;                                                                                         \
    return 0;                                                                                                          \
  }                                                                                                                    \
  DRYDOCK_CRT type *DrydockToken##suffix(type *s, const type *separators, type **context) {                            \
    type *start;                                                                                                       \
    if (s == NULL) s = *context;                                                                                       \
    if (s == NULL) return NULL;                                                                                        \
    while (*s != 0 && DrydockInSet##suffix(*s, separators)) ++s;                                                       \
    start = s;                                                                                                         \
    while (*s != 0 && !DrydockInSet##suffix(*s, separators)) ++s;                                                      \
    if (*s != 0) *s++ = 0;                                                                                             \
    *context = s;                                                                                                      \
    return *start == 0 ? NULL : start;                                                                                 \
  }                                                                                                                    \
  DRYDOCK_CRT LONGLONG DrydockNumber64##suffix(const type *s, type **end, int base) {                                  \
    int negative;                                                                                                      \
    unsigned long long value = DrydockNumber##suffix(s, end, base, &negative);                                         \
    if (value > 0x7fffffffffffffffULL + (unsigned)negative) return negative ? (-0x7fffffffffffffffLL - 1) : 0x7fffffffffffffffLL; \
    return (LONGLONG)(negative ? 0 - value : value);                                                                   \
  }                                                                                                                    \
  DRYDOCK_CRT ULONGLONG DrydockUnsigned64##suffix(const type *s, type **end, int base) {                               \
    int negative;                                                                                                      \
    unsigned long long value = DrydockNumber##suffix(s, end, base, &negative);                                         \
    return negative ? 0 - value : value;                                                                               \
  }                                                                                                                    \
  DRYDOCK_CRT errno_t DrydockDigitsS##suffix(unsigned long long value, int negative, type *to, size_t capacity, int base) { \
    type all[68];                                                                                                      \
    if (to == NULL || capacity == 0) return DRYDOCK_EINVAL;                                                            \
    to[0] = 0;                                                                                                         \
    if (base < 2 || base > 36) return DRYDOCK_EINVAL;                                                                  \
    DrydockDigits##suffix(value, negative, all, base);                                                                 \
    return DrydockAppend##suffix(to, capacity, 0, all, (size_t)-2);                                                    \
  }                                                                                                                    \
  DRYDOCK_CRT errno_t DrydockCaseS##suffix(type *s, size_t capacity, int upper) {                                      \
    if (s == NULL || DrydockLength##suffix(s, capacity) == capacity) {                                                 \
      if (s != NULL && capacity != 0) s[0] = 0;                                                                        \
      return DRYDOCK_EINVAL;                                                                                           \
    }                                                                                                                  \
    DrydockCase##suffix(s, upper);                                                                                     \
    return 0;                                                                                                          \
  }                                                                                                                    \
  DRYDOCK_CRT type *DrydockSetAll##suffix(type *s, type c, size_t most) {                                              \
    size_t i;                                                                                                          \
    for (i = 0; i < most && s[i] != 0; ++i) s[i] = c;                                                                  \
    return s;                                                                                                          \
  }                                                                                                                    \
  DRYDOCK_CRT int DrydockVscLength##suffix(const type *format, va_list arguments) {                                    \
    return DrydockVsnprintf##suffix(NULL, 0, format, arguments);                                                       \
  }                                                                                                                    \
  DRYDOCK_CRT int DrydockScLength##suffix(const type *format, ...) {                                                   \
    va_list arguments;                                                                                                 \
    int n;                                                                                                             \
    va_start(arguments, format);                                                                                       \
    n = DrydockVsnprintf##suffix(NULL, 0, format, arguments);                                                          \
    va_end(arguments);                                                                                                 \
    return n;                                                                                                          \
  }
DRYDOCK_MORE_STRINGS(A, CHAR, unsigned char)
DRYDOCK_MORE_STRINGS(W, WCHAR, unsigned short)
#undef DRYDOCK_MORE_STRINGS

// sscanf and its kin; implemented with those of applications.
int DrydockScanText(const CHAR *text, const CHAR *format, va_list arguments, int sized);
int DrydockScanTextW(const WCHAR *text, const WCHAR *format, va_list arguments, int sized);
#define DRYDOCK_SCAN(name, type, call)                    \
  DRYDOCK_CRT int name(const type *text, const type *format, ...) { \
    va_list arguments;                                    \
    int n;                                                \
    va_start(arguments, format);                          \
    n = call;                                             \
    va_end(arguments);                                    \
    return n;                                             \
  }
DRYDOCK_SCAN(DrydockSscanfA, CHAR, DrydockScanText(text, format, arguments, 0))
DRYDOCK_SCAN(DrydockSscanfSA, CHAR, DrydockScanText(text, format, arguments, 1))
DRYDOCK_SCAN(DrydockSscanfW, WCHAR, DrydockScanTextW(text, format, arguments, 0))
DRYDOCK_SCAN(DrydockSscanfSW, WCHAR, DrydockScanTextW(text, format, arguments, 1))
#undef DRYDOCK_SCAN
DRYDOCK_CRT void *DrydockMemccpy(void *to, const void *from, int c, size_t n) {
  unsigned char *t = (unsigned char *)to;
  const unsigned char *f = (const unsigned char *)from;
  for (; n != 0; --n)
    if ((*t++ = *f++) == (unsigned char)c) return t;
  return NULL;
}

#ifndef DRYDOCK_APP_BUILD
// One for the whole image; the numbers are those of Microsoft's run-time.
__attribute__((weak, visibility("hidden"))) ULONG DrydockRandomSeed = 1;
DRYDOCK_CRT int DrydockDriverRand(void) {
  ULONG seed = __atomic_load_n(&DrydockRandomSeed, __ATOMIC_RELAXED), next;
  do {
    next = seed * 214013u + 2531011u;
  } while (!__atomic_compare_exchange_n(&DrydockRandomSeed, &seed, next, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return (int)(next >> 16 & 0x7fff);
}
DRYDOCK_CRT void DrydockDriverSrand(unsigned seed) { __atomic_store_n(&DrydockRandomSeed, seed, __ATOMIC_RELAXED); }
#endif

#define DRYDOCK_C_UPPER 0x1
#define DRYDOCK_C_LOWER 0x2
#define DRYDOCK_C_DIGIT 0x4
#define DRYDOCK_C_SPACE 0x8
#define DRYDOCK_C_PUNCT 0x10
#define DRYDOCK_C_CONTROL 0x20
#define DRYDOCK_C_BLANK 0x40
#define DRYDOCK_C_HEX 0x80
#define DRYDOCK_C_ALPHA (0x100 | DRYDOCK_C_UPPER | DRYDOCK_C_LOWER)
DRYDOCK_CRT int DrydockCharacterIs(unsigned c, int kinds) {
  int kind = 0;
  if (c >= 'A' && c <= 'Z') kind = DRYDOCK_C_UPPER;
  else if (c >= 'a' && c <= 'z') kind = DRYDOCK_C_LOWER;
  else if (c >= '0' && c <= '9') kind = DRYDOCK_C_DIGIT;
  else if (c == ' ') kind = DRYDOCK_C_SPACE | DRYDOCK_C_BLANK;
  else if (c >= 9 && c <= 13) kind = DRYDOCK_C_SPACE | DRYDOCK_C_CONTROL;
  else if (c < 32 || c == 127) kind = DRYDOCK_C_CONTROL;
  else if (c < 127) kind = DRYDOCK_C_PUNCT;
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f')) kind |= DRYDOCK_C_HEX;
  return kind & kinds;
}
DRYDOCK_CRT size_t DrydockNarrow(CHAR *to, const WCHAR *from, size_t most) {
  size_t n = 0;
  for (; to == NULL || n < most; ++n) {
    if (from[n] > 0xff) return (size_t)-1;
    if (to != NULL) to[n] = (CHAR)from[n];
    if (from[n] == 0) break;
  }
  return n;
}
DRYDOCK_CRT size_t DrydockWiden(WCHAR *to, const CHAR *from, size_t most) {
  size_t n = 0;
  for (; to == NULL || n < most; ++n) {
    if (to != NULL) to[n] = (unsigned char)from[n];
    if (from[n] == 0) break;
  }
  return n;
}

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // DRYDOCK_CRT_MORE_H
