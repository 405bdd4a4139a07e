// Numbers and GUIDs to text and back.
#include <ntddk.h>

#include <cstdio>
#include <cstring>

namespace {

int Digit(char16_t c) {
  if (c >= u'0' && c <= u'9') return c - u'0';
  if (c >= u'a' && c <= u'z') return c - u'a' + 10;
  if (c >= u'A' && c <= u'Z') return c - u'A' + 10;
  return 99;
}

NTSTATUS Write(ULONGLONG value, ULONG base, PUNICODE_STRING string) {
  if (base == 0) base = 10;
  if (base != 2 && base != 8 && base != 10 && base != 16) return STATUS_INVALID_PARAMETER;
  WCHAR digits[64];
  size_t count = 0;
  do {
    digits[count++] = static_cast<WCHAR>("0123456789ABCDEF"[value % base]);
    value /= base;
  } while (value != 0);
  if (count * sizeof(WCHAR) > string->MaximumLength) return STATUS_BUFFER_OVERFLOW;
  for (size_t i = 0; i < count; ++i) string->Buffer[i] = digits[count - 1 - i];
  string->Length = static_cast<USHORT>(count * sizeof(WCHAR));
  if (string->Length + sizeof(WCHAR) <= string->MaximumLength) string->Buffer[count] = 0;
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String) { return Write(Value, Base, String); }
NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String) { return Write(Value, Base, String); }

NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value) {
  const WCHAR* at = String->Buffer;
  const WCHAR* end = at + String->Length / sizeof(WCHAR);
  while (at < end && static_cast<char16_t>(*at) <= u' ') ++at;
  bool negative = false;
  if (at < end && (*at == u'+' || *at == u'-')) negative = *at++ == u'-';
  if (Base == 0) {
    Base = 10;
    if (end - at > 1 && at[0] == u'0') {
      char16_t kind = at[1];
      Base = kind == u'x' ? 16 : kind == u'o' ? 8 : kind == u'b' ? 2 : 10;
      if (Base != 10) at += 2;
    }
  } else if (Base != 2 && Base != 8 && Base != 10 && Base != 16) {
    return STATUS_INVALID_PARAMETER;
  }
  ULONG value = 0;
  for (; at < end && Digit(*at) < static_cast<int>(Base); ++at) value = value * Base + static_cast<ULONG>(Digit(*at));
  *Value = negative ? 0 - value : value;
  return STATUS_SUCCESS;
}

NTSTATUS RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString) {
  constexpr ULONG kStringTag = 0x53747267;
  constexpr size_t kLength = 38;
  char text[kLength + 1];
#ifdef __cplusplus
  const GUID& guid = Guid;
#endif
  std::snprintf(text, sizeof text, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", guid.Data1, guid.Data2, guid.Data3,
                guid.Data4[0], guid.Data4[1], guid.Data4[2], guid.Data4[3], guid.Data4[4], guid.Data4[5], guid.Data4[6],
                guid.Data4[7]);
  auto* buffer = static_cast<PWCH>(ExAllocatePoolWithTag(PagedPool, (kLength + 1) * sizeof(WCHAR), kStringTag));
  if (!buffer) return STATUS_NO_MEMORY;
  for (size_t i = 0; i <= kLength; ++i) buffer[i] = static_cast<WCHAR>(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i]);
  GuidString->Buffer = buffer;
  GuidString->Length = kLength * sizeof(WCHAR);
  GuidString->MaximumLength = (kLength + 1) * sizeof(WCHAR);
  return STATUS_SUCCESS;
}

NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID* Guid) {
  constexpr char kForm[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
  if (GuidString->Length != (sizeof kForm - 1) * sizeof(WCHAR)) return STATUS_INVALID_PARAMETER;
  UCHAR nibbles[32];
  size_t count = 0;
  for (size_t i = 0; i < sizeof kForm - 1; ++i) {
    char16_t c = GuidString->Buffer[i];
    if (kForm[i] != 'x') {
      if (c != static_cast<char16_t>(kForm[i])) return STATUS_INVALID_PARAMETER;
    } else {
      int digit = Digit(c);
      if (digit > 15) return STATUS_INVALID_PARAMETER;
      nibbles[count++] = static_cast<UCHAR>(digit);
    }
  }
  auto number = [&](size_t at, size_t length) {
    ULONG value = 0;
    for (size_t i = at; i < at + length; ++i) value = value << 4 | nibbles[i];
    return value;
  };
  Guid->Data1 = number(0, 8);
  Guid->Data2 = static_cast<USHORT>(number(8, 4));
  Guid->Data3 = static_cast<USHORT>(number(12, 4));
  for (size_t i = 0; i < 8; ++i) Guid->Data4[i] = static_cast<UCHAR>(number(16 + 2 * i, 2));
  return STATUS_SUCCESS;
}

}  // extern "C"

extern "C" {

NTSTATUS RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value) {
  WCHAR wide[128];
  size_t length = 0;
  while (String[length] != 0 && length < 127) wide[length] = static_cast<WCHAR>(static_cast<UCHAR>(String[length])), ++length;
  UNICODE_STRING text = {static_cast<USHORT>(length * sizeof(WCHAR)), sizeof wide, wide};
  return RtlUnicodeStringToInteger(&text, Base, Value);
}

NTSTATUS RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, PLONG64 Number, PWSTR* EndPointer) {
  const WCHAR* at = String->Buffer;
  const WCHAR* end = at + String->Length / sizeof(WCHAR);
  while (at < end && static_cast<char16_t>(*at) <= u' ') ++at;
  bool negative = false;
  if (at < end && (*at == u'+' || *at == u'-')) negative = *at++ == u'-';
  if (Base == 0) {
    Base = 10;
    if (end - at > 1 && at[0] == u'0') {
      char16_t kind = at[1];
      Base = kind == u'x' ? 16 : kind == u'o' ? 8 : kind == u'b' ? 2 : 10;
      if (Base != 10) at += 2;
    }
  } else if (Base != 2 && Base != 8 && Base != 10 && Base != 16) {
    return STATUS_INVALID_PARAMETER;
  }
  ULONGLONG value = 0;
  for (; at < end && Digit(*at) < static_cast<int>(Base); ++at) {
    ULONGLONG next;
    if (__builtin_mul_overflow(value, ULONGLONG{Base}, &next) || __builtin_add_overflow(next, static_cast<ULONGLONG>(Digit(*at)), &next))
      return STATUS_INTEGER_OVERFLOW;
    value = next;
  }
  *Number = static_cast<LONG64>(negative ? 0 - value : value);
  if (EndPointer) *EndPointer = const_cast<PWSTR>(at);
  return STATUS_SUCCESS;
}

}  // extern "C"
