// The C run-time names that drivers use, with the meaning they have on Windows: wide characters of 16 bits (glibc's are
// 32), printf formats of NT, and the names that begin with an underscore or end in _s.
//
// Used by:  driver builds only; ntdef.h includes it, and the wrappers in sdk/crt after each system header that declares
//           or (in C++) un-defines such a name. The functions are inline; formatting ends in drydock_text.h.
// Case:     as in the "C" locale, ASCII letters only.
// Errors:   the _s forms return EINVAL (22) or ERANGE (34) and leave an empty string; they never end the process.
#ifdef DRYDOCK_DRIVER_BUILD

#ifndef DRYDOCK_CRT_H
#define DRYDOCK_CRT_H

#include "drydock_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#if __SIZEOF_WCHAR_T__ != 2
#error "a driver is compiled with -fshort-wchar"
#endif

#ifdef __cplusplus
extern "C++" {
template <class C, size_t N>
char (&DrydockRoomOf(C (&)[N]))[N];
}
extern "C" {
#define DRYDOCK_CRT inline __attribute__((unused))
#else
#define DRYDOCK_CRT static inline __attribute__((unused))
#endif

#ifndef _countof
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif

typedef int errno_t;
typedef size_t rsize_t;
#define DRYDOCK_EINVAL 22
#define DRYDOCK_ERANGE 34
#define _TRUNCATE ((size_t)-1)

DRYDOCK_CRT int DrydockLower(int c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }
DRYDOCK_CRT int DrydockUpper(int c) { return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c; }

// One body for both character types.
#define DRYDOCK_STRINGS(suffix, type, utype)                                                                       \
  DRYDOCK_CRT size_t DrydockLength##suffix(const type *s, size_t most) {                                           \
    size_t n = 0;                                                                                                  \
    while (n < most && s[n] != 0) ++n;                                                                             \
    return n;                                                                                                      \
  }                                                                                                                \
  DRYDOCK_CRT int DrydockCompare##suffix(const type *a, const type *b, size_t most, int fold) {                    \
    for (; most != 0; --most, ++a, ++b) {                                                                          \
      int x = (utype)*a, y = (utype)*b;                                                                            \
      if (fold) x = DrydockLower(x), y = DrydockLower(y);                                                          \
      if (x != y) return x < y ? -1 : 1;                                                                           \
      if (x == 0) break;                                                                                           \
    }                                                                                                              \
    return 0;                                                                                                      \
  }                                                                                                                \
  DRYDOCK_CRT type *DrydockCase##suffix(type *s, int upper) {                                                      \
    type *c;                                                                                                       \
    for (c = s; *c != 0; ++c) *c = (type)(upper ? DrydockUpper((utype)*c) : DrydockLower((utype)*c));              \
    return s;                                                                                                      \
  }                                                                                                                \
  /* Appends at `at`; the whole destination holds `capacity`. `most` is _TRUNCATE to cut instead of failing. */    \
  DRYDOCK_CRT errno_t DrydockAppend##suffix(type *to, size_t capacity, size_t at, const type *from, size_t most) { \
    size_t n;                                                                                                      \
    if (to == NULL || capacity == 0) return DRYDOCK_EINVAL;                                                        \
    if (from == NULL || at >= capacity) {                                                                          \
      to[0] = 0;                                                                                                   \
      return DRYDOCK_EINVAL;                                                                                       \
    }                                                                                                              \
    n = DrydockLength##suffix(from, most);                                                                         \
    if (n >= capacity - at) {                                                                                      \
      if (most != _TRUNCATE) {                                                                                     \
        to[0] = 0;                                                                                                 \
        return DRYDOCK_ERANGE;                                                                                     \
      }                                                                                                            \
      n = capacity - at - 1;                                                                                       \
    }                                                                                                              \
    memmove(to + at, from, n * sizeof(type));                                                                      \
    to[at + n] = 0;                                                                                                \
    return 0;                                                                                                      \
  }                                                                                                                \
  DRYDOCK_CRT unsigned long long DrydockNumber##suffix(const type *s, type **end, int base, int *negative) {       \
    const type *start = s;                                                                                         \
    unsigned long long value = 0;                                                                                  \
    int any = 0;                                                                                                   \
    while (*s == ' ' || (*s >= 9 && *s <= 13)) ++s;                                                                \
    *negative = *s == '-';                                                                                         \
    if (*s == '-' || *s == '+') ++s;                                                                               \
    if ((base == 0 || base == 16) && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {                                \
      s += 2;                                                                                                      \
      base = 16;                                                                                                   \
    } else if (base == 0) {                                                                                        \
      base = *s == '0' ? 8 : 10;                                                                                   \
    }                                                                                                              \
    for (;; ++s) {                                                                                                 \
      int digit = DrydockLower((utype)*s);                                                                         \
      digit = digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'z' ? digit - 'a' + 10 : 99;   \
      if (digit >= base) break;                                                                                    \
      value = value * (unsigned)base + (unsigned)digit;                                                            \
      any = 1;                                                                                                     \
    }                                                                                                              \
    if (end != NULL) *end = (type *)(any ? s : start);                                                             \
    return value;                                                                                                  \
  }                                                                                                                \
  DRYDOCK_CRT type *DrydockDigits##suffix(unsigned long long value, int negative, type *to, int base) {            \
    type reversed[66];                                                                                             \
    int n = 0, i = 0;                                                                                              \
    do {                                                                                                           \
      int digit = (int)(value % (unsigned)base);                                                                   \
      reversed[n++] = (type)(digit < 10 ? '0' + digit : 'a' + digit - 10);                                         \
      value /= (unsigned)base;                                                                                     \
    } while (value != 0);                                                                                          \
    if (negative) reversed[n++] = '-';                                                                             \
    while (n > 0) to[i++] = reversed[--n];                                                                         \
    to[i] = 0;                                                                                                     \
    return to;                                                                                                     \
  }                                                                                                                \
  /* _vsn...: negative when the text does not fit; then there is no terminator. */                                 \
  DRYDOCK_CRT int DrydockVsn##suffix(type *to, size_t capacity, const type *format, va_list arguments) {           \
    int n = DrydockVsnprintf##suffix(to, capacity, format, arguments);                                             \
    return (size_t)n > capacity ? -1 : n;                                                                          \
  }                                                                                                                \
  DRYDOCK_CRT int DrydockSn##suffix(type *to, size_t capacity, const type *format, ...) {                          \
    va_list arguments;                                                                                             \
    int n;                                                                                                         \
    va_start(arguments, format);                                                                                   \
    n = DrydockVsn##suffix(to, capacity, format, arguments);                                                       \
    va_end(arguments);                                                                                             \
    return n;                                                                                                      \
  }                                                                                                                \
  /* C99's vsnprintf: always terminated, gives the whole length. */                                                \
  DRYDOCK_CRT int DrydockVsc##suffix(type *to, size_t capacity, const type *format, va_list arguments) {           \
    int n = DrydockVsnprintf##suffix(to, capacity, format, arguments);                                             \
    if (capacity != 0 && (size_t)n >= capacity) to[capacity - 1] = 0;                                              \
    return n;                                                                                                      \
  }                                                                                                                \
  DRYDOCK_CRT int DrydockSc##suffix(type *to, size_t capacity, const type *format, ...) {                          \
    va_list arguments;                                                                                             \
    int n;                                                                                                         \
    va_start(arguments, format);                                                                                   \
    n = DrydockVsc##suffix(to, capacity, format, arguments);                                                       \
    va_end(arguments);                                                                                             \
    return n;                                                                                                      \
  }                                                                                                                \
  DRYDOCK_CRT int DrydockVs##suffix(type *to, const type *format, va_list arguments) {                             \
    return DrydockVsnprintf##suffix(to, 0x7fffffff, format, arguments);                                            \
  }                                                                                                                \
  DRYDOCK_CRT int DrydockS##suffix(type *to, const type *format, ...) {                                            \
    va_list arguments;                                                                                             \
    int n;                                                                                                         \
    va_start(arguments, format);                                                                                   \
    n = DrydockVs##suffix(to, format, arguments);                                                                  \
    va_end(arguments);                                                                                             \
    return n;                                                                                                      \
  }                                                                                                                \
  /* The _s forms; `most` limits the text, _TRUNCATE cuts. */                                                      \
  DRYDOCK_CRT int DrydockVsns##suffix(type *to, size_t capacity, size_t most, const type *format,                  \
                                      va_list arguments) {                                                         \
    size_t room;                                                                                                   \
    int n;                                                                                                         \
    if (to == NULL || capacity == 0) return -1;                                                                    \
    room = most < capacity - 1 ? most : capacity - 1;                                                              \
    n = DrydockVsnprintf##suffix(to, room, format, arguments);                                                     \
    if ((size_t)n <= room) {                                                                                       \
      to[n] = 0;                                                                                                   \
      return n;                                                                                                    \
    }                                                                                                              \
    to[most == _TRUNCATE || most < capacity ? room : 0] = 0;                                                       \
    return -1;                                                                                                     \
  }                                                                                                                \
  DRYDOCK_CRT int DrydockSns##suffix(type *to, size_t capacity, size_t most, const type *format, ...) {            \
    va_list arguments;                                                                                             \
    int n;                                                                                                         \
    va_start(arguments, format);                                                                                   \
    n = DrydockVsns##suffix(to, capacity, most, format, arguments);                                                \
    va_end(arguments);                                                                                             \
    return n;                                                                                                      \
  }                                                                                                                \
  DRYDOCK_CRT int DrydockVss##suffix(type *to, size_t capacity, const type *format, va_list arguments) {           \
    return DrydockVsns##suffix(to, capacity, 0x7fffffff, format, arguments);                                       \
  }                                                                                                                \
  DRYDOCK_CRT int DrydockSs##suffix(type *to, size_t capacity, const type *format, ...) {                          \
    va_list arguments;                                                                                             \
    int n;                                                                                                         \
    va_start(arguments, format);                                                                                   \
    n = DrydockVss##suffix(to, capacity, format, arguments);                                                       \
    va_end(arguments);                                                                                             \
    return n;                                                                                                      \
  }

DRYDOCK_STRINGS(A, CHAR, unsigned char)
DRYDOCK_STRINGS(W, WCHAR, unsigned short)
#undef DRYDOCK_STRINGS

DRYDOCK_CRT WCHAR *DrydockWcsncpy(WCHAR *to, const WCHAR *from, size_t count) {
  size_t n = DrydockLengthW(from, count);
  memcpy(to, from, n * sizeof(WCHAR));
  memset(to + n, 0, (count - n) * sizeof(WCHAR));
  return to;
}
DRYDOCK_CRT WCHAR *DrydockWcscpy(WCHAR *to, const WCHAR *from) {
  return (WCHAR *)memcpy(to, from, (DrydockLengthW(from, (size_t)-1) + 1) * sizeof(WCHAR));
}
DRYDOCK_CRT WCHAR *DrydockWcsncat(WCHAR *to, const WCHAR *from, size_t count) {
  size_t at = DrydockLengthW(to, (size_t)-1), n = DrydockLengthW(from, count);
  memcpy(to + at, from, n * sizeof(WCHAR));
  to[at + n] = 0;
  return to;
}
DRYDOCK_CRT WCHAR *DrydockWcschr(const WCHAR *s, WCHAR c) {
  for (;; ++s) {
    if (*s == c) return (WCHAR *)s;
    if (*s == 0) return NULL;
  }
}
DRYDOCK_CRT WCHAR *DrydockWcsrchr(const WCHAR *s, WCHAR c) {
  const WCHAR *end = s + DrydockLengthW(s, (size_t)-1);
  for (;; --end) {
    if (*end == c) return (WCHAR *)end;
    if (end == s) return NULL;
  }
}
DRYDOCK_CRT size_t DrydockWcsspn(const WCHAR *s, const WCHAR *set, int inside) {
  size_t n = 0;
  while (s[n] != 0 && (DrydockWcschr(set, s[n]) != NULL) == inside) ++n;
  return n;
}
DRYDOCK_CRT WCHAR *DrydockWcspbrk(const WCHAR *s, const WCHAR *set) {
  s += DrydockWcsspn(s, set, 0);
  return *s != 0 ? (WCHAR *)s : NULL;
}
DRYDOCK_CRT WCHAR *DrydockWcsstr(const WCHAR *s, const WCHAR *what) {
  size_t n = DrydockLengthW(what, (size_t)-1);
  for (;; ++s) {
    if (DrydockCompareW(s, what, n, 0) == 0) return (WCHAR *)s;
    if (*s == 0) return NULL;
  }
}
DRYDOCK_CRT WCHAR *DrydockWmemset(WCHAR *to, WCHAR c, size_t count) {
  size_t n;
  for (n = 0; n < count; ++n) to[n] = c;
  return to;
}
DRYDOCK_CRT int DrydockWmemcmp(const WCHAR *a, const WCHAR *b, size_t count) {
  for (; count != 0; --count, ++a, ++b) {
    if (*a != *b) return (unsigned short)*a < (unsigned short)*b ? -1 : 1;
  }
  return 0;
}
DRYDOCK_CRT LONG DrydockWcstol(const WCHAR *s, WCHAR **end, int base) {
  int negative;
  unsigned long long value = DrydockNumberW(s, end, base, &negative);
  if (value > 0x7fffffffULL + (unsigned)negative) return negative ? MINLONG : MAXLONG;
  return (LONG)(negative ? 0 - value : value);
}
DRYDOCK_CRT ULONG DrydockWcstoul(const WCHAR *s, WCHAR **end, int base) {
  int negative;
  unsigned long long value = DrydockNumberW(s, end, base, &negative);
  if (value > 0xffffffffULL) return MAXULONG;
  return (ULONG)(negative ? 0 - value : value);
}
DRYDOCK_CRT LONG DrydockAtol(const CHAR *s) {
  int negative;
  unsigned long long value = DrydockNumberA(s, NULL, 10, &negative);
  return (LONG)(negative ? 0 - value : value);
}
DRYDOCK_CRT errno_t DrydockMemcpyS(void *to, size_t capacity, const void *from, size_t count) {
  if (count == 0) return 0;
  if (to == NULL) return DRYDOCK_EINVAL;
  if (from == NULL || count > capacity) {
    memset(to, 0, capacity);
    return from == NULL ? DRYDOCK_EINVAL : DRYDOCK_ERANGE;
  }
  memmove(to, from, count);
  return 0;
}

#ifdef __cplusplus
}  // extern "C"
// swprintf exists with and without a capacity; the second argument tells.
extern "C++" {
// The _s forms take an array without its capacity.
#define DRYDOCK_ROOM(name, type, call, ...)                                    \
  template <size_t N>                                                          \
  inline int name(type (&to)[N], __VA_ARGS__ const type *format, ...) {        \
    va_list arguments;                                                         \
    va_start(arguments, format);                                               \
    int n = call;                                                              \
    va_end(arguments);                                                         \
    return n;                                                                  \
  }
DRYDOCK_ROOM(DrydockSsA, CHAR, DrydockVssA(static_cast<CHAR *>(to), N, format, arguments))
DRYDOCK_ROOM(DrydockSsW, WCHAR, DrydockVssW(static_cast<WCHAR *>(to), N, format, arguments))
DRYDOCK_ROOM(DrydockSnsA, CHAR, DrydockVsnsA(static_cast<CHAR *>(to), N, most, format, arguments), size_t most, )
DRYDOCK_ROOM(DrydockSnsW, WCHAR, DrydockVsnsW(static_cast<WCHAR *>(to), N, most, format, arguments), size_t most, )
#undef DRYDOCK_ROOM
template <size_t N>
inline int DrydockVssA(CHAR (&to)[N], const CHAR *format, va_list arguments) { return DrydockVssA(static_cast<CHAR *>(to), N, format, arguments); }
template <size_t N>
inline int DrydockVssW(WCHAR (&to)[N], const WCHAR *format, va_list arguments) { return DrydockVssW(static_cast<WCHAR *>(to), N, format, arguments); }
template <size_t N>
inline int DrydockVsnsA(CHAR (&to)[N], size_t most, const CHAR *format, va_list arguments) { return DrydockVsnsA(static_cast<CHAR *>(to), N, most, format, arguments); }
template <size_t N>
inline int DrydockVsnsW(WCHAR (&to)[N], size_t most, const WCHAR *format, va_list arguments) { return DrydockVsnsW(static_cast<WCHAR *>(to), N, most, format, arguments); }
inline int DrydockSwprintf(WCHAR *to, const WCHAR *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int n = DrydockVsW(to, format, arguments);
  va_end(arguments);
  return n;
}
inline int DrydockSwprintf(WCHAR *to, size_t capacity, const WCHAR *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int n = DrydockVsnW(to, capacity, format, arguments);
  va_end(arguments);
  return n;
}
}  // extern "C++"
#else
// Named, for in a driver's own text `long` means `int` (drydock cc), also where a macro of ours put it.
typedef long DrydockLong;
typedef unsigned long DrydockUlong;
#define DrydockSwprintf(to, second, ...)                                                                           \
  _Generic((second), int: DrydockSnW, unsigned: DrydockSnW, DrydockLong: DrydockSnW, DrydockUlong: DrydockSnW,    \
           long long: DrydockSnW, unsigned long long: DrydockSnW, default: DrydockSW)(to, second, ##__VA_ARGS__)
#endif

#include "drydock_crt_more.h"

#ifdef __cplusplus
// A driver that says std::wcslen, and the C++ library itself when it is included later, mean these too.
namespace std {
using ::DrydockAtol;
using ::DrydockCharacterIs;
#ifndef DRYDOCK_APP_BUILD
using ::DrydockDriverRand;
using ::DrydockDriverSrand;
#endif
using ::DrydockNarrow;
using ::DrydockNumber64W;
using ::DrydockUnsigned64W;
using ::DrydockWiden;
using ::DrydockCompareA;
using ::DrydockCompareW;
using ::DrydockLengthA;
using ::DrydockLengthW;
using ::DrydockLower;
using ::DrydockSA;
using ::DrydockScA;
using ::DrydockSwprintf;
using ::DrydockUpper;
using ::DrydockVsA;
using ::DrydockVscA;
using ::DrydockVsnW;
using ::DrydockWcschr;
using ::DrydockWcscpy;
using ::DrydockWcsncat;
using ::DrydockWcsncpy;
using ::DrydockWcspbrk;
using ::DrydockWcsrchr;
using ::DrydockWcsspn;
using ::DrydockWcsstr;
using ::DrydockWcstol;
using ::DrydockWcstoul;
using ::DrydockWmemcmp;
using ::DrydockWmemset;
}  // namespace std
#endif

#define DRYDOCK_CRT_READY
#include "drydock_app_crt.h"
#endif  // DRYDOCK_CRT_H

#include "drydock_crt_names.h"

#endif  // DRYDOCK_DRIVER_BUILD
