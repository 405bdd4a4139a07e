// UNICODE_STRING functions: initialise, compare, copy, append, change case, free.
// Buffers that these functions allocate come from paged pool with the tag 'grtS' and are freed by RtlFreeUnicodeString.
#include <ntddk.h>

#include <algorithm>
#include <cstring>

#include "nt/rtl/upcase.h"

using drydock::nt::rtl::Downcase;
using drydock::nt::rtl::Upcase;

namespace {

constexpr ULONG kStringTag = 0x53747267;

size_t Length16(PCWSTR text) {
  size_t length = 0;
  while (text[length] != 0) ++length;
  return length;
}

LONG Compare(PCWCH a, size_t a_length, PCWCH b, size_t b_length, bool insensitive) {
  for (size_t i = 0; i < std::min(a_length, b_length); ++i) {
    char16_t x = a[i], y = b[i];
    if (insensitive) x = Upcase(x), y = Upcase(y);
    if (x != y) return static_cast<LONG>(x) - static_cast<LONG>(y);
  }
  return static_cast<LONG>(a_length) - static_cast<LONG>(b_length);
}

}  // namespace

extern "C" {

VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  size_t bytes = SourceString ? std::min<size_t>(Length16(SourceString) * sizeof(WCHAR), 0xFFFC) : 0;
  DestinationString->Length = static_cast<USHORT>(bytes);
  DestinationString->MaximumLength = SourceString ? static_cast<USHORT>(bytes + sizeof(WCHAR)) : 0;
  DestinationString->Buffer = const_cast<PWSTR>(SourceString);
}

NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  if (SourceString && Length16(SourceString) * sizeof(WCHAR) > 0xFFFC) return STATUS_NAME_TOO_LONG;
  RtlInitUnicodeString(DestinationString, SourceString);
  return STATUS_SUCCESS;
}

VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
  if (!SourceString) {
    DestinationString->Length = 0;
    return;
  }
  USHORT bytes = std::min(SourceString->Length, DestinationString->MaximumLength);
  std::memmove(DestinationString->Buffer, SourceString->Buffer, bytes);
  DestinationString->Length = bytes;
  if (bytes + sizeof(WCHAR) <= DestinationString->MaximumLength) DestinationString->Buffer[bytes / sizeof(WCHAR)] = 0;
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
  if (Source->Length == 0) return STATUS_SUCCESS;
  if (Destination->Length + Source->Length > Destination->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  std::memmove(Destination->Buffer + Destination->Length / sizeof(WCHAR), Source->Buffer, Source->Length);
  Destination->Length = static_cast<USHORT>(Destination->Length + Source->Length);
  if (Destination->Length + sizeof(WCHAR) <= Destination->MaximumLength)
    Destination->Buffer[Destination->Length / sizeof(WCHAR)] = 0;
  return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) {
  if (!Source) return STATUS_SUCCESS;
  UNICODE_STRING source;
  NTSTATUS status = RtlInitUnicodeStringEx(&source, Source);
  if (!NT_SUCCESS(status)) return STATUS_BUFFER_TOO_SMALL;
  return RtlAppendUnicodeStringToString(Destination, &source);
}

LONG RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2, SIZE_T String2Length,
                              BOOLEAN CaseInSensitive) {
  return Compare(String1, String1Length, String2, String2Length, CaseInSensitive != FALSE);
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  return Compare(String1->Buffer, String1->Length / sizeof(WCHAR), String2->Buffer, String2->Length / sizeof(WCHAR),
                 CaseInSensitive != FALSE);
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  return String1->Length == String2->Length && RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  if (String1->Length > String2->Length) return FALSE;
  size_t length = String1->Length / sizeof(WCHAR);
  return Compare(String1->Buffer, length, String2->Buffer, length, CaseInSensitive != FALSE) == 0;
}

BOOLEAN RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  if (String1->Length > String2->Length) return FALSE;
  size_t length = String1->Length / sizeof(WCHAR);
  return Compare(String1->Buffer, length, String2->Buffer + (String2->Length / sizeof(WCHAR) - length), length,
                 CaseInSensitive != FALSE) == 0;
}

WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter) { return Upcase(SourceCharacter); }
WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter) { return Downcase(SourceCharacter); }

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                BOOLEAN AllocateDestinationString) {
  if (AllocateDestinationString) {
    DestinationString->Buffer =
        static_cast<PWCH>(ExAllocatePoolWithTag(PagedPool, std::max<size_t>(SourceString->Length, 1), kStringTag));
    if (!DestinationString->Buffer) return STATUS_NO_MEMORY;
    DestinationString->MaximumLength = SourceString->Length;
  } else if (SourceString->Length > DestinationString->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  for (size_t i = 0; i < SourceString->Length / sizeof(WCHAR); ++i)
    DestinationString->Buffer[i] = Upcase(SourceString->Buffer[i]);
  DestinationString->Length = SourceString->Length;
  return STATUS_SUCCESS;
}

NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                  BOOLEAN AllocateDestinationString) {
  NTSTATUS status = RtlUpcaseUnicodeString(DestinationString, SourceString, AllocateDestinationString);
  if (!NT_SUCCESS(status)) return status;
  for (size_t i = 0; i < SourceString->Length / sizeof(WCHAR); ++i)
    DestinationString->Buffer[i] = Downcase(SourceString->Buffer[i]);
  return status;
}

NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn, PUNICODE_STRING StringOut) {
  constexpr ULONG kNullTerminate = 1, kAllocateNullString = 2;
  if (Flags & ~(kNullTerminate | kAllocateNullString) || ((Flags & kAllocateNullString) && !(Flags & kNullTerminate)))
    return STATUS_INVALID_PARAMETER;
  USHORT length = StringIn ? StringIn->Length : 0;
  size_t room = length + ((Flags & kNullTerminate) ? sizeof(WCHAR) : 0);
  if (room > 0xFFFE) return STATUS_NAME_TOO_LONG;
  *StringOut = {};
  if (length == 0 && !(Flags & kAllocateNullString)) return STATUS_SUCCESS;
  StringOut->Buffer = static_cast<PWCH>(ExAllocatePoolWithTag(PagedPool, room, kStringTag));
  if (!StringOut->Buffer) return STATUS_NO_MEMORY;
  if (length) std::memcpy(StringOut->Buffer, StringIn->Buffer, length);
  if (Flags & kNullTerminate) StringOut->Buffer[length / sizeof(WCHAR)] = 0;
  StringOut->Length = length;
  StringOut->MaximumLength = static_cast<USHORT>(room);
  return STATUS_SUCCESS;
}

NTSTATUS RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String) {
  if (Flags != 0) return STATUS_INVALID_PARAMETER;
  if (!String) return STATUS_SUCCESS;
  if (String->Length % sizeof(WCHAR) || String->MaximumLength % sizeof(WCHAR) || String->Length > String->MaximumLength ||
      (!String->Buffer && String->MaximumLength))
    return STATUS_INVALID_PARAMETER;
  return STATUS_SUCCESS;
}

NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm, PULONG HashValue) {
  if (!String || !HashValue || HashAlgorithm > 1) return STATUS_INVALID_PARAMETER;
  ULONG hash = 0;  // x65599, the documented default
  for (size_t i = 0; i < String->Length / sizeof(WCHAR); ++i)
    hash = hash * 65599 + (CaseInSensitive ? Upcase(String->Buffer[i]) : static_cast<char16_t>(String->Buffer[i]));
  *HashValue = hash;
  return STATUS_SUCCESS;
}

VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) {
  if (UnicodeString->Buffer) ExFreePool(UnicodeString->Buffer);
  *UnicodeString = {};
}

BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  UNICODE_STRING source;
  return NT_SUCCESS(RtlInitUnicodeStringEx(&source, SourceString)) && SourceString &&
         NT_SUCCESS(RtlDuplicateUnicodeString(1 | 2, &source, DestinationString));
}

}  // extern "C"
