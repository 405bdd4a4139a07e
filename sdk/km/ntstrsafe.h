// Safe strings: RtlStringCb..., RtlStringCch... and RtlUnicodeString..., for CHAR and WCHAR, written inline.
//
// Used by:  drivers and our own code. IRQL: any that may touch the buffers; the printf forms PASSIVE_LEVEL on Windows.
// Contract: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW: the text was cut and is terminated; STATUS_INVALID_PARAMETER: a
//           size is 0 or above NTSTRSAFE_MAX_CCH, or the destination of a Cat is not terminated. The Ex forms follow the
//           STRSAFE_ flags. The RtlUnicodeString forms never write a terminator.
// Formats:  NT's, through DrydockVsnprintfA and DrydockVsnprintfW (drydock_text.h), which src/nt/rtl provides.
// Source:   public documentation of ntstrsafe.h.
#ifndef _NTSTRSAFE_H_INCLUDED_
#define _NTSTRSAFE_H_INCLUDED_

#include <string.h>

#include "drydock_text.h"
#include "ntstatus.h"

#ifdef __cplusplus
extern "C" {
#define DRYDOCK_STRSAFE inline __attribute__((unused))
#else
#define DRYDOCK_STRSAFE static inline __attribute__((unused))
#endif

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_MAX_LENGTH (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(WCHAR))
#define NTSTRSAFE_PSTR PSTR
#define NTSTRSAFE_PCSTR PCSTR
#define NTSTRSAFE_PWSTR PWSTR
#define NTSTRSAFE_PCWSTR PCWSTR

#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_FILL_BEHIND STRSAFE_FILL_BEHIND_NULL
#define STRSAFE_ZERO_LENGTH_ON_FAILURE STRSAFE_NULL_ON_FAILURE
#define STRSAFE_VALID_FLAGS \
  (0x000000ff | STRSAFE_IGNORE_NULLS | STRSAFE_FILL_BEHIND_NULL | STRSAFE_FILL_ON_FAILURE | \
   STRSAFE_NULL_ON_FAILURE | STRSAFE_NO_TRUNCATION)
#define STRSAFE_FILL_BYTE(x) ((ULONG)(((x) & 0x000000ff) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(x) ((ULONG)(((x) & 0x000000ff) | STRSAFE_FILL_ON_FAILURE))

// What every form does once its arguments are in characters. `at` is where the text begins (Cat); `append` is 0 for Copy
// and Printf. Either `from` (at most `most` characters of it) or `format` is given.
#define DRYDOCK_STRSAFE_CORE(suffix, type)                                                                            \
  DRYDOCK_STRSAFE NTSTATUS DrydockStrLength##suffix(const type *text, size_t most, size_t *length) {                  \
    size_t n = 0;                                                                                                     \
    while (n < most && text[n] != 0) ++n;                                                                             \
    *length = n < most ? n : 0;                                                                                       \
    return n < most ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;                                                      \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS DrydockStrPut##suffix(type *to, size_t capacity, size_t at, const type *from, size_t most, \
                                                 const type *format, va_list *arguments, size_t *end) {               \
    size_t room = capacity - at - 1, n = 0;                                                                           \
    NTSTATUS status = STATUS_SUCCESS;                                                                                 \
    if (format != NULL) {                                                                                             \
      int whole = DrydockVsnprintf##suffix(to + at, room, format, *arguments);                                        \
      n = (size_t)whole;                                                                                              \
      if (n > room) {                                                                                                 \
        n = room;                                                                                                     \
        status = STATUS_BUFFER_OVERFLOW;                                                                              \
      }                                                                                                               \
    } else {                                                                                                          \
      for (; n < most && from[n] != 0; ++n) {                                                                         \
        if (n == room) {                                                                                              \
          status = STATUS_BUFFER_OVERFLOW;                                                                            \
          break;                                                                                                      \
        }                                                                                                             \
        to[at + n] = from[n];                                                                                         \
      }                                                                                                               \
    }                                                                                                                 \
    to[at + n] = 0;                                                                                                   \
    *end = at + n;                                                                                                    \
    return status;                                                                                                    \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS DrydockStrSafe##suffix(type *to, size_t capacity, int append, const type *from,            \
                                                  size_t most, const type *format, va_list *arguments) {              \
    size_t at = 0, end;                                                                                               \
    if (capacity == 0 || capacity > NTSTRSAFE_MAX_CCH) return STATUS_INVALID_PARAMETER;                               \
    if (append) {                                                                                                     \
      NTSTATUS status = DrydockStrLength##suffix(to, capacity, &at);                                                  \
      if (!NT_SUCCESS(status)) return status;                                                                         \
    }                                                                                                                 \
    if (from != NULL && most > NTSTRSAFE_MAX_LENGTH) {                                                                \
      if (!append) to[0] = 0;                                                                                         \
      return STATUS_INVALID_PARAMETER;                                                                                \
    }                                                                                                                 \
    return DrydockStrPut##suffix(to, capacity, at, from, most, format, arguments, &end);                              \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS DrydockStrSafeEx##suffix(type *to, size_t capacity, size_t bytes, int append,              \
                                                    const type *from, size_t most, const type *format,                \
                                                    va_list *arguments, type **dest_end, size_t *remaining,           \
                                                    size_t *remaining_bytes, ULONG flags) {                           \
    static const type empty[1] = {0};                                                                                 \
    NTSTATUS status = STATUS_SUCCESS;                                                                                 \
    size_t at = 0, end = 0;                                                                                           \
    int usable = capacity != 0 && capacity <= NTSTRSAFE_MAX_CCH && to != NULL;                                        \
    if (flags & STRSAFE_IGNORE_NULLS) {                                                                               \
      if ((to == NULL && capacity != 0) || capacity > NTSTRSAFE_MAX_CCH) status = STATUS_INVALID_PARAMETER;           \
      if (format == NULL && from == NULL) from = empty;                                                               \
    } else if (!usable) {                                                                                             \
      status = STATUS_INVALID_PARAMETER;                                                                              \
    }                                                                                                                 \
    if (NT_SUCCESS(status) && append && usable) status = DrydockStrLength##suffix(to, capacity, &at);                 \
    if (!NT_SUCCESS(status)) return status; /* nothing is known about the buffer: nothing is written */               \
    end = at;                                                                                                         \
    if ((flags & ~(ULONG)STRSAFE_VALID_FLAGS) || (format == NULL && (from == NULL || most > NTSTRSAFE_MAX_LENGTH))) { \
      if (format == NULL && from == NULL && most == 0 && !(flags & ~(ULONG)STRSAFE_VALID_FLAGS)) {                    \
        from = empty;                                                                                                 \
      } else {                                                                                                        \
        status = STATUS_INVALID_PARAMETER;                                                                            \
      }                                                                                                               \
    }                                                                                                                 \
    if (NT_SUCCESS(status)) {                                                                                         \
      if (!usable) { /* no room at all: only nothing fits */                                                          \
        if (format != NULL ? format[0] != 0 : most != 0 && from[0] != 0) {                                            \
          status = to == NULL ? STATUS_INVALID_PARAMETER : STATUS_BUFFER_OVERFLOW;                                    \
        }                                                                                                             \
      } else {                                                                                                        \
        status = DrydockStrPut##suffix(to, capacity, at, from, most, format, arguments, &end);                        \
        if (NT_SUCCESS(status) && (flags & STRSAFE_FILL_BEHIND_NULL) && bytes > (end + 1) * sizeof(type)) {           \
          memset(to + end + 1, (int)(flags & 0xff), bytes - (end + 1) * sizeof(type));                                \
        }                                                                                                             \
      }                                                                                                               \
    }                                                                                                                 \
    if (!NT_SUCCESS(status) && usable) {                                                                              \
      if (flags & STRSAFE_NO_TRUNCATION) {                                                                            \
        end = at;                                                                                                     \
        to[end] = 0;                                                                                                  \
      }                                                                                                               \
      if (flags & STRSAFE_FILL_ON_FAILURE) {                                                                          \
        memset(to, (int)(flags & 0xff), bytes);                                                                       \
        end = (flags & 0xff) == 0 ? 0 : capacity - 1;                                                                 \
        to[end] = 0;                                                                                                  \
      }                                                                                                               \
      if (flags & STRSAFE_NULL_ON_FAILURE) {                                                                          \
        end = 0;                                                                                                      \
        to[0] = 0;                                                                                                    \
      }                                                                                                               \
    }                                                                                                                 \
    if (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW) {                                                     \
      if (dest_end != NULL) *dest_end = to == NULL ? NULL : to + end;                                                 \
      if (remaining != NULL) *remaining = capacity - end;                                                             \
      if (remaining_bytes != NULL) *remaining_bytes = bytes - end * sizeof(type);                                     \
    }                                                                                                                 \
    return status;                                                                                                    \
  }

DRYDOCK_STRSAFE_CORE(A, CHAR)
DRYDOCK_STRSAFE_CORE(W, WCHAR)
#undef DRYDOCK_STRSAFE_CORE

// Cch forms count characters, Cb forms bytes; otherwise they are the same function.
#define DRYDOCK_STRSAFE_API(unit, suffix, type, size)                                                                 \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##Copy##suffix(type *to, size_t capacity, const type *from) {               \
    return DrydockStrSafe##suffix(to, capacity / size, 0, from, NTSTRSAFE_MAX_LENGTH, NULL, NULL);                    \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##CopyN##suffix(type *to, size_t capacity, const type *from, size_t most) { \
    return DrydockStrSafe##suffix(to, capacity / size, 0, from, most / size, NULL, NULL);                             \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##Cat##suffix(type *to, size_t capacity, const type *from) {                \
    return DrydockStrSafe##suffix(to, capacity / size, 1, from, NTSTRSAFE_MAX_LENGTH, NULL, NULL);                    \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##CatN##suffix(type *to, size_t capacity, const type *from, size_t most) {  \
    return DrydockStrSafe##suffix(to, capacity / size, 1, from, most / size, NULL, NULL);                             \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##VPrintf##suffix(type *to, size_t capacity, const type *format,            \
                                                            va_list arguments) {                                      \
    va_list copy;                                                                                                     \
    NTSTATUS status;                                                                                                  \
    va_copy(copy, arguments);                                                                                         \
    status = DrydockStrSafe##suffix(to, capacity / size, 0, NULL, 0, format, &copy);                                  \
    va_end(copy);                                                                                                     \
    return status;                                                                                                    \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##Printf##suffix(type *to, size_t capacity, const type *format, ...) {      \
    va_list arguments;                                                                                                \
    NTSTATUS status;                                                                                                  \
    va_start(arguments, format);                                                                                      \
    status = DrydockStrSafe##suffix(to, capacity / size, 0, NULL, 0, format, &arguments);                             \
    va_end(arguments);                                                                                                \
    return status;                                                                                                    \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##CopyEx##suffix(type *to, size_t capacity, const type *from,               \
                                                           type **end, size_t *remaining, ULONG flags) {              \
    return DrydockStrSafeEx##suffix(to, capacity / size, size == 1 ? capacity * sizeof(type) : capacity, 0, from,     \
                                    NTSTRSAFE_MAX_LENGTH, NULL, NULL, end, DRYDOCK_STRSAFE_REMAINING_##unit, flags);  \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##CopyNEx##suffix(type *to, size_t capacity, const type *from, size_t most, \
                                                            type **end, size_t *remaining, ULONG flags) {             \
    return DrydockStrSafeEx##suffix(to, capacity / size, size == 1 ? capacity * sizeof(type) : capacity, 0, from,     \
                                    most / size, NULL, NULL, end, DRYDOCK_STRSAFE_REMAINING_##unit, flags);           \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##CatEx##suffix(type *to, size_t capacity, const type *from, type **end,    \
                                                          size_t *remaining, ULONG flags) {                           \
    return DrydockStrSafeEx##suffix(to, capacity / size, size == 1 ? capacity * sizeof(type) : capacity, 1, from,     \
                                    NTSTRSAFE_MAX_LENGTH, NULL, NULL, end, DRYDOCK_STRSAFE_REMAINING_##unit, flags);  \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##CatNEx##suffix(type *to, size_t capacity, const type *from, size_t most,  \
                                                           type **end, size_t *remaining, ULONG flags) {              \
    return DrydockStrSafeEx##suffix(to, capacity / size, size == 1 ? capacity * sizeof(type) : capacity, 1, from,     \
                                    most / size, NULL, NULL, end, DRYDOCK_STRSAFE_REMAINING_##unit, flags);           \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##VPrintfEx##suffix(type *to, size_t capacity, type **end,                  \
                                                              size_t *remaining, ULONG flags, const type *format,     \
                                                              va_list arguments) {                                    \
    static const type empty[1] = {0};                                                                                 \
    va_list copy;                                                                                                     \
    NTSTATUS status;                                                                                                  \
    if (format == NULL) {                                                                                             \
      if (!(flags & STRSAFE_IGNORE_NULLS)) return STATUS_INVALID_PARAMETER;                                           \
      format = empty;                                                                                                 \
    }                                                                                                                 \
    va_copy(copy, arguments);                                                                                         \
    status = DrydockStrSafeEx##suffix(to, capacity / size, size == 1 ? capacity * sizeof(type) : capacity, 0, NULL,   \
                                      0, format, &copy, end, DRYDOCK_STRSAFE_REMAINING_##unit, flags);                \
    va_end(copy);                                                                                                     \
    return status;                                                                                                    \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##PrintfEx##suffix(type *to, size_t capacity, type **end,                   \
                                                             size_t *remaining, ULONG flags, const type *format,      \
                                                             ...) {                                                   \
    va_list arguments;                                                                                                \
    NTSTATUS status;                                                                                                  \
    va_start(arguments, format);                                                                                      \
    status = RtlString##unit##VPrintfEx##suffix(to, capacity, end, remaining, flags, format, arguments);              \
    va_end(arguments);                                                                                                \
    return status;                                                                                                    \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##Length##suffix(const type *text, size_t most, size_t *length) {           \
    size_t n = 0;                                                                                                     \
    NTSTATUS status = text == NULL || most / size > NTSTRSAFE_MAX_CCH                                                 \
                          ? STATUS_INVALID_PARAMETER                                                                  \
                          : DrydockStrLength##suffix(text, most / size, &n);                                          \
    if (length != NULL) *length = n * size;                                                                           \
    return status;                                                                                                    \
  }

#define DRYDOCK_STRSAFE_REMAINING_Cch remaining, NULL
#define DRYDOCK_STRSAFE_REMAINING_Cb NULL, remaining
DRYDOCK_STRSAFE_API(Cch, A, CHAR, 1)
DRYDOCK_STRSAFE_API(Cch, W, WCHAR, 1)
DRYDOCK_STRSAFE_API(Cb, A, CHAR, sizeof(CHAR))
DRYDOCK_STRSAFE_API(Cb, W, WCHAR, sizeof(WCHAR))
#undef DRYDOCK_STRSAFE_API

#include "ntstrsafe_unicode.h"

// From a counted string, which need not be terminated.
#define DRYDOCK_STRSAFE_COUNTED(unit, size)                                                                           \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##CopyUnicodeString(PWSTR to, size_t capacity, PCUNICODE_STRING source) {   \
    static const WCHAR empty[1] = {0};                                                                                \
    if (!DrydockIsUnicodeString(source)) return STATUS_INVALID_PARAMETER;                                             \
    return RtlString##unit##CopyNW(to, capacity, source->Buffer != NULL ? source->Buffer : empty,                     \
                                   source->Length / sizeof(WCHAR) * size);                                            \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlString##unit##CopyUnicodeStringEx(PWSTR to, size_t capacity, PCUNICODE_STRING source,   \
                                                                PWSTR *end, size_t *remaining, ULONG flags) {         \
    static const WCHAR empty[1] = {0};                                                                                \
    if (source != NULL && !DrydockIsUnicodeString(source)) return STATUS_INVALID_PARAMETER;                           \
    if (source == NULL) return RtlString##unit##CopyNExW(to, capacity, NULL, 0, end, remaining, flags);               \
    return RtlString##unit##CopyNExW(to, capacity, source->Buffer != NULL ? source->Buffer : empty,                   \
                                     source->Length / sizeof(WCHAR) * size, end, remaining, flags);                   \
  }
DRYDOCK_STRSAFE_COUNTED(Cch, 1)
DRYDOCK_STRSAFE_COUNTED(Cb, sizeof(WCHAR))
#undef DRYDOCK_STRSAFE_COUNTED

#ifdef __cplusplus
}
#endif

#endif  // _NTSTRSAFE_H_INCLUDED_
