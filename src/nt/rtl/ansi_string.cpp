// ANSI_STRING functions and conversion between 8-bit and 16-bit strings. The ANSI code page of a machine is UTF-8.
#include <ntddk.h>

#include <algorithm>
#include <cstring>

#include "nt/rtl/utf.h"

namespace rtl = drydock::nt::rtl;

namespace {

constexpr ULONG kStringTag = 0x53747267;
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

LONG Compare(const STRING* a, const STRING* b, bool insensitive) {
  for (size_t i = 0; i < std::min(a->Length, b->Length); ++i) {
    char x = a->Buffer[i], y = b->Buffer[i];
    if (insensitive) x = Upper(x), y = Upper(y);
    if (x != y) return static_cast<LONG>(static_cast<UCHAR>(x)) - static_cast<LONG>(static_cast<UCHAR>(y));
  }
  return static_cast<LONG>(a->Length) - static_cast<LONG>(b->Length);
}

}  // namespace

extern "C" {

VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString) {
  size_t length = SourceString ? std::min<size_t>(std::strlen(SourceString), 0xFFFE) : 0;
  DestinationString->Length = static_cast<USHORT>(length);
  DestinationString->MaximumLength = SourceString ? static_cast<USHORT>(length + 1) : 0;
  DestinationString->Buffer = const_cast<PCHAR>(SourceString);
}

VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString) { RtlInitString(DestinationString, SourceString); }

VOID RtlCopyString(PSTRING DestinationString, const STRING* SourceString) {
  USHORT length = SourceString ? std::min(SourceString->Length, DestinationString->MaximumLength) : 0;
  if (length) std::memmove(DestinationString->Buffer, SourceString->Buffer, length);
  DestinationString->Length = length;
}

LONG RtlCompareString(const STRING* String1, const STRING* String2, BOOLEAN CaseInSensitive) {
  return Compare(String1, String2, CaseInSensitive != FALSE);
}

BOOLEAN RtlEqualString(const STRING* String1, const STRING* String2, BOOLEAN CaseInSensitive) {
  return String1->Length == String2->Length && Compare(String1, String2, CaseInSensitive != FALSE) == 0;
}

CHAR RtlUpperChar(CHAR Character) { return Upper(Character); }

VOID RtlUpperString(PSTRING DestinationString, const STRING* SourceString) {
  USHORT length = std::min(SourceString->Length, DestinationString->MaximumLength);
  for (USHORT i = 0; i < length; ++i) DestinationString->Buffer[i] = Upper(SourceString->Buffer[i]);
  DestinationString->Length = length;
}

ULONG RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString) {
  return static_cast<ULONG>((rtl::Utf16Length(AnsiString->Buffer, AnsiString->Length) + 1) * sizeof(WCHAR));
}

ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString) {
  return static_cast<ULONG>(
      rtl::Utf8Length(reinterpret_cast<const char16_t*>(UnicodeString->Buffer), UnicodeString->Length / sizeof(WCHAR)) + 1);
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                      BOOLEAN AllocateDestinationString) {
  ULONG size = RtlxAnsiStringToUnicodeSize(SourceString);
  if (size > 0xFFFE) return STATUS_INVALID_PARAMETER_2;
  if (AllocateDestinationString) {
    DestinationString->Buffer = static_cast<PWCH>(ExAllocatePoolWithTag(PagedPool, size, kStringTag));
    if (!DestinationString->Buffer) return STATUS_NO_MEMORY;
    DestinationString->MaximumLength = static_cast<USHORT>(size);
  } else if (size - sizeof(WCHAR) > DestinationString->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  DestinationString->Length = static_cast<USHORT>(size - sizeof(WCHAR));
  rtl::ToUtf16(SourceString->Buffer, SourceString->Length, reinterpret_cast<char16_t*>(DestinationString->Buffer));
  if (DestinationString->Length + sizeof(WCHAR) <= DestinationString->MaximumLength)
    DestinationString->Buffer[DestinationString->Length / sizeof(WCHAR)] = 0;
  return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString) {
  ULONG size = RtlxUnicodeStringToAnsiSize(SourceString);
  if (size > 0xFFFF) return STATUS_INVALID_PARAMETER_2;
  if (AllocateDestinationString) {
    DestinationString->Buffer = static_cast<PCHAR>(ExAllocatePoolWithTag(PagedPool, size, kStringTag));
    if (!DestinationString->Buffer) return STATUS_NO_MEMORY;
    DestinationString->MaximumLength = static_cast<USHORT>(size);
  } else if (size - 1 > DestinationString->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  DestinationString->Length = static_cast<USHORT>(size - 1);
  rtl::ToUtf8(reinterpret_cast<const char16_t*>(SourceString->Buffer), SourceString->Length / sizeof(WCHAR),
              DestinationString->Buffer);
  if (DestinationString->Length < DestinationString->MaximumLength) DestinationString->Buffer[DestinationString->Length] = 0;
  return STATUS_SUCCESS;
}

VOID RtlFreeAnsiString(PANSI_STRING AnsiString) {
  if (AnsiString->Buffer) ExFreePool(AnsiString->Buffer);
  *AnsiString = {};
}

NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount, PULONG UTF8StringActualByteCount,
                           PCWCH UnicodeStringSource, ULONG UnicodeStringByteCount) {
  if (!UnicodeStringSource || UnicodeStringByteCount % 2) return STATUS_INVALID_PARAMETER;
  size_t length = rtl::Utf8Length(reinterpret_cast<const char16_t*>(UnicodeStringSource), UnicodeStringByteCount / 2);
  if (UTF8StringActualByteCount) *UTF8StringActualByteCount = static_cast<ULONG>(length);
  if (!UTF8StringDestination) return STATUS_SUCCESS;
  if (length > UTF8StringMaxByteCount) return STATUS_BUFFER_TOO_SMALL;
  rtl::ToUtf8(reinterpret_cast<const char16_t*>(UnicodeStringSource), UnicodeStringByteCount / 2, UTF8StringDestination);
  return STATUS_SUCCESS;
}

NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount,
                           PULONG UnicodeStringActualByteCount, PCCH UTF8StringSource, ULONG UTF8StringByteCount) {
  if (!UTF8StringSource) return STATUS_INVALID_PARAMETER_4;
  size_t bytes = rtl::Utf16Length(UTF8StringSource, UTF8StringByteCount) * sizeof(WCHAR);
  if (UnicodeStringActualByteCount) *UnicodeStringActualByteCount = static_cast<ULONG>(bytes);
  if (!UnicodeStringDestination) return STATUS_SUCCESS;
  if (bytes > UnicodeStringMaxByteCount) return STATUS_BUFFER_TOO_SMALL;
  rtl::ToUtf16(UTF8StringSource, UTF8StringByteCount, reinterpret_cast<char16_t*>(UnicodeStringDestination));
  return STATUS_SUCCESS;
}

}  // extern "C"

extern "C" {

BOOLEAN RtlPrefixString(const STRING* String1, const STRING* String2, BOOLEAN CaseInSensitive) {
  if (String1->Length > String2->Length) return FALSE;
  STRING head = *String2;
  head.Length = String1->Length;
  return Compare(String1, &head, CaseInSensitive != FALSE) == 0;
}

NTSTATUS RtlAppendStringToString(PSTRING Destination, const STRING* Source) {
  if (Destination->Length + Source->Length > Destination->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  std::memmove(Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
  Destination->Length = static_cast<USHORT>(Destination->Length + Source->Length);
  return STATUS_SUCCESS;
}

NTSTATUS RtlInitStringEx(PSTRING DestinationString, PCSZ SourceString) {
  if (SourceString && std::strlen(SourceString) > 0xFFFE) return STATUS_NAME_TOO_LONG;
  RtlInitString(DestinationString, SourceString);
  return STATUS_SUCCESS;
}
NTSTATUS RtlInitAnsiStringEx(PANSI_STRING DestinationString, PCSZ SourceString) {
  return RtlInitStringEx(DestinationString, SourceString);
}

// The ANSI code page is UTF-8: the same functions under their other names.
VOID RtlInitUTF8String(PUTF8_STRING DestinationString, PCSZ SourceString) { RtlInitString(DestinationString, SourceString); }
VOID RtlFreeUTF8String(PUTF8_STRING utf8String) { RtlFreeAnsiString(utf8String); }
NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
  return RtlUnicodeStringToAnsiString(DestinationString, SourceString, AllocateDestinationString);
}
NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PUTF8_STRING SourceString, BOOLEAN AllocateDestinationString) {
  return RtlAnsiStringToUnicodeString(DestinationString, SourceString, AllocateDestinationString);
}

// These two cut what does not fit, as documented.
NTSTATUS RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString, PULONG BytesInMultiByteString,
                                PCWCH UnicodeString, ULONG BytesInUnicodeString) {
  size_t units = BytesInUnicodeString / sizeof(WCHAR);
  auto* text = reinterpret_cast<const char16_t*>(UnicodeString);
  while (units != 0 && rtl::Utf8Length(text, units) > MaxBytesInMultiByteString) --units;
  size_t bytes = rtl::ToUtf8(text, units, MultiByteString);
  if (BytesInMultiByteString) *BytesInMultiByteString = static_cast<ULONG>(bytes);
  return STATUS_SUCCESS;
}
NTSTATUS RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString,
                                const CHAR* MultiByteString, ULONG BytesInMultiByteString) {
  size_t length = BytesInMultiByteString;
  while (length != 0 && rtl::Utf16Length(MultiByteString, length) * sizeof(WCHAR) > MaxBytesInUnicodeString) --length;
  size_t units = rtl::ToUtf16(MultiByteString, length, reinterpret_cast<char16_t*>(UnicodeString));
  if (BytesInUnicodeString) *BytesInUnicodeString = static_cast<ULONG>(units * sizeof(WCHAR));
  return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH UnicodeString, ULONG BytesInUnicodeString) {
  *BytesInMultiByteString =
      static_cast<ULONG>(rtl::Utf8Length(reinterpret_cast<const char16_t*>(UnicodeString), BytesInUnicodeString / sizeof(WCHAR)));
  return STATUS_SUCCESS;
}
NTSTATUS RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString, const CHAR* MultiByteString, ULONG BytesInMultiByteString) {
  *BytesInUnicodeString = static_cast<ULONG>(rtl::Utf16Length(MultiByteString, BytesInMultiByteString) * sizeof(WCHAR));
  return STATUS_SUCCESS;
}

// The OEM code page is the ANSI one.
NTSTATUS RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString, BOOLEAN AllocateDestinationString) {
  return RtlAnsiStringToUnicodeString(DestinationString, SourceString, AllocateDestinationString);
}
NTSTATUS RtlUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
  return RtlUnicodeStringToAnsiString(DestinationString, SourceString, AllocateDestinationString);
}
VOID RtlFreeOemString(POEM_STRING OemString) { RtlFreeAnsiString(OemString); }

}  // extern "C"
