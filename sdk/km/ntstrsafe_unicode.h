// The counted half of ntstrsafe.h: RtlUnicodeString.... Included by it, inside its extern "C" block; not for direct use.
//
// Contract: a destination's Length never exceeds its MaximumLength; no terminator is written. STATUS_BUFFER_OVERFLOW: the
//           text was cut at MaximumLength. STATUS_INVALID_PARAMETER: a string that is not one (odd or inconsistent
//           lengths, no buffer), or a size too large; the destination is then untouched.
#ifndef DRYDOCK_NTSTRSAFE_UNICODE_H
#define DRYDOCK_NTSTRSAFE_UNICODE_H

DRYDOCK_STRSAFE int DrydockIsUnicodeString(PCUNICODE_STRING string) {
  return string->Length % sizeof(WCHAR) == 0 && string->MaximumLength % sizeof(WCHAR) == 0 &&
         string->Length <= string->MaximumLength && (string->Buffer != NULL || string->MaximumLength == 0);
}

// Puts text behind the first `at` characters: `count` characters of `from`, or (count SIZE_MAX) up to its terminator and
// at most `most`.
DRYDOCK_STRSAFE NTSTATUS DrydockUnicodePut(PUNICODE_STRING to, size_t at, const WCHAR *from, size_t count, size_t most,
                                           ULONG flags) {
  size_t capacity = to->MaximumLength / sizeof(WCHAR), n = 0;
  NTSTATUS status = STATUS_SUCCESS;
  if (count == (size_t)-1) {
    for (count = 0; count < most && from[count] != 0;) ++count;
  } else if (count > most) {
    count = most;
  }
  n = count;
  if (n > capacity - at) {
    n = capacity - at;
    status = STATUS_BUFFER_OVERFLOW;
    if (flags & STRSAFE_NO_TRUNCATION) n = 0;
  }
  if (n != 0) memmove(to->Buffer + at, from, n * sizeof(WCHAR));
  to->Length = (USHORT)((at + n) * sizeof(WCHAR));
  return status;
}

DRYDOCK_STRSAFE NTSTATUS DrydockUnicodeFinish(PUNICODE_STRING to, PUNICODE_STRING remaining, ULONG flags,
                                              NTSTATUS status) {
  if (NT_SUCCESS(status) && (flags & STRSAFE_FILL_BEHIND) && to->MaximumLength > to->Length) {
    memset((CHAR *)to->Buffer + to->Length, (int)(flags & 0xff), to->MaximumLength - to->Length);
  }
  if (!NT_SUCCESS(status)) {
    if ((flags & STRSAFE_FILL_ON_FAILURE) && to->MaximumLength != 0) {
      memset(to->Buffer, (int)(flags & 0xff), to->MaximumLength);
      to->Length = (flags & 0xff) == 0 ? 0 : to->MaximumLength;
    }
    if (flags & STRSAFE_ZERO_LENGTH_ON_FAILURE) to->Length = 0;
  }
  if (remaining != NULL && (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW)) {
    remaining->Length = 0;
    remaining->MaximumLength = (USHORT)(to->MaximumLength - to->Length);
    remaining->Buffer = to->Buffer == NULL ? NULL : to->Buffer + to->Length / sizeof(WCHAR);
  }
  return status;
}

// `source` or `text` gives what is put; `append` keeps what is there.
DRYDOCK_STRSAFE NTSTATUS DrydockUnicodeSafe(PUNICODE_STRING to, int append, PCUNICODE_STRING source, const WCHAR *text,
                                            int counted, size_t most, PUNICODE_STRING remaining, ULONG flags) {
  static const WCHAR empty[1] = {0};
  const WCHAR *from = counted ? (source != NULL ? source->Buffer : NULL) : text;
  size_t count = counted ? (source != NULL ? source->Length / sizeof(WCHAR) : 0) : (size_t)-1;
  if (to == NULL || !DrydockIsUnicodeString(to) || (flags & ~(ULONG)STRSAFE_VALID_FLAGS)) {
    return STATUS_INVALID_PARAMETER;
  }
  if (counted && source != NULL && !DrydockIsUnicodeString(source)) return STATUS_INVALID_PARAMETER;
  if (most > NTSTRSAFE_UNICODE_STRING_MAX_CCH) return STATUS_INVALID_PARAMETER;
  if (counted ? source == NULL : text == NULL) {
    if (!(flags & STRSAFE_IGNORE_NULLS)) return STATUS_INVALID_PARAMETER;
    from = empty;
    count = 0;
  }
  return DrydockUnicodeFinish(
      to, remaining, flags,
      DrydockUnicodePut(to, append ? to->Length / sizeof(WCHAR) : 0, from, count, most, flags));
}

#define DRYDOCK_UNICODE_API(Verb, append)                                                                            \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeString##Verb(PUNICODE_STRING to, PCUNICODE_STRING from) {                        \
    return DrydockUnicodeSafe(to, append, from, NULL, 1, NTSTRSAFE_UNICODE_STRING_MAX_CCH, NULL, 0);                  \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeString##Verb##Ex(PUNICODE_STRING to, PCUNICODE_STRING from,                      \
                                                      PUNICODE_STRING remaining, ULONG flags) {                       \
    return DrydockUnicodeSafe(to, append, from, NULL, 1, NTSTRSAFE_UNICODE_STRING_MAX_CCH, remaining, flags);         \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeString##Verb##String(PUNICODE_STRING to, PCWSTR from) {                          \
    return DrydockUnicodeSafe(to, append, NULL, from, 0, NTSTRSAFE_UNICODE_STRING_MAX_CCH, NULL, 0);                  \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeString##Verb##StringEx(PUNICODE_STRING to, PCWSTR from,                          \
                                                            PUNICODE_STRING remaining, ULONG flags) {                 \
    return DrydockUnicodeSafe(to, append, NULL, from, 0, NTSTRSAFE_UNICODE_STRING_MAX_CCH, remaining, flags);         \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringCch##Verb##N(PUNICODE_STRING to, PCUNICODE_STRING from, size_t most) {     \
    return DrydockUnicodeSafe(to, append, from, NULL, 1, most, NULL, 0);                                              \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringCb##Verb##N(PUNICODE_STRING to, PCUNICODE_STRING from, size_t most) {      \
    return DrydockUnicodeSafe(to, append, from, NULL, 1, most / sizeof(WCHAR), NULL, 0);                              \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringCch##Verb##NEx(PUNICODE_STRING to, PCUNICODE_STRING from, size_t most,     \
                                                          PUNICODE_STRING remaining, ULONG flags) {                   \
    return DrydockUnicodeSafe(to, append, from, NULL, 1, most, remaining, flags);                                     \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringCb##Verb##NEx(PUNICODE_STRING to, PCUNICODE_STRING from, size_t most,      \
                                                         PUNICODE_STRING remaining, ULONG flags) {                    \
    return DrydockUnicodeSafe(to, append, from, NULL, 1, most / sizeof(WCHAR), remaining, flags);                     \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringCch##Verb##StringN(PUNICODE_STRING to, PCWSTR from, size_t most) {         \
    return DrydockUnicodeSafe(to, append, NULL, from, 0, most, NULL, 0);                                              \
  }                                                                                                                   \
  DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringCb##Verb##StringN(PUNICODE_STRING to, PCWSTR from, size_t most) {          \
    return DrydockUnicodeSafe(to, append, NULL, from, 0, most / sizeof(WCHAR), NULL, 0);                              \
  }

DRYDOCK_UNICODE_API(Copy, 0)
DRYDOCK_UNICODE_API(Cat, 1)
#undef DRYDOCK_UNICODE_API

DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringValidateEx(PCUNICODE_STRING string, ULONG flags) {
  if (flags & ~(ULONG)STRSAFE_VALID_FLAGS) return STATUS_INVALID_PARAMETER;
  if (string == NULL) return (flags & STRSAFE_IGNORE_NULLS) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
  return DrydockIsUnicodeString(string) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING string) {
  return RtlUnicodeStringValidateEx(string, 0);
}

DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringInitEx(PUNICODE_STRING string, PCWSTR text, ULONG flags) {
  size_t n = 0;
  if (string == NULL || (flags & ~(ULONG)STRSAFE_VALID_FLAGS)) return STATUS_INVALID_PARAMETER;
  if (text != NULL) {
    while (n < NTSTRSAFE_UNICODE_STRING_MAX_CCH && text[n] != 0) ++n;
    if (n == NTSTRSAFE_UNICODE_STRING_MAX_CCH) return STATUS_INVALID_PARAMETER;
  }
  string->Buffer = (PWSTR)text;
  string->Length = (USHORT)(n * sizeof(WCHAR));
  string->MaximumLength = (USHORT)(text == NULL ? 0 : (n + 1) * sizeof(WCHAR));
  return STATUS_SUCCESS;
}
DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING string, PCWSTR text) {
  return RtlUnicodeStringInitEx(string, text, 0);
}

DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringVPrintfEx(PUNICODE_STRING to, PUNICODE_STRING remaining, ULONG flags,
                                                   PCWSTR format, va_list arguments) {
  static const WCHAR empty[1] = {0};
  size_t capacity, n;
  NTSTATUS status = STATUS_SUCCESS;
  if (to == NULL || !DrydockIsUnicodeString(to) || (flags & ~(ULONG)STRSAFE_VALID_FLAGS)) {
    return STATUS_INVALID_PARAMETER;
  }
  if (format == NULL) {
    if (!(flags & STRSAFE_IGNORE_NULLS)) return STATUS_INVALID_PARAMETER;
    format = empty;
  }
  capacity = to->MaximumLength / sizeof(WCHAR);
  n = (size_t)DrydockVsnprintfW(to->Buffer, capacity, format, arguments);
  if (n > capacity) {
    n = (flags & STRSAFE_NO_TRUNCATION) ? 0 : capacity;
    status = STATUS_BUFFER_OVERFLOW;
  }
  to->Length = (USHORT)(n * sizeof(WCHAR));
  return DrydockUnicodeFinish(to, remaining, flags, status);
}
DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING to, PCWSTR format, va_list arguments) {
  return RtlUnicodeStringVPrintfEx(to, NULL, 0, format, arguments);
}
DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING to, PCWSTR format, ...) {
  va_list arguments;
  NTSTATUS status;
  va_start(arguments, format);
  status = RtlUnicodeStringVPrintfEx(to, NULL, 0, format, arguments);
  va_end(arguments);
  return status;
}
DRYDOCK_STRSAFE NTSTATUS RtlUnicodeStringPrintfEx(PUNICODE_STRING to, PUNICODE_STRING remaining, ULONG flags,
                                                  PCWSTR format, ...) {
  va_list arguments;
  NTSTATUS status;
  va_start(arguments, format);
  status = RtlUnicodeStringVPrintfEx(to, remaining, flags, format, arguments);
  va_end(arguments);
  return status;
}

#endif  // DRYDOCK_NTSTRSAFE_UNICODE_H
