// Security identifiers.
#include <ntddk.h>

#include <cstring>
#include <string>

namespace {

SID* Of(PSID sid) { return static_cast<SID*>(sid); }

}  // namespace

extern "C" {

ULONG RtlLengthRequiredSid(ULONG SubAuthorityCount) { return static_cast<ULONG>(FIELD_OFFSET(SID, SubAuthority)) + 4 * SubAuthorityCount; }
ULONG RtlLengthSid(PSID Sid) { return RtlLengthRequiredSid(Of(Sid)->SubAuthorityCount); }
BOOLEAN RtlValidSid(PSID Sid) { return Sid && Of(Sid)->Revision == SID_REVISION && Of(Sid)->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES; }
BOOLEAN RtlEqualSid(PSID Sid1, PSID Sid2) {
  return Of(Sid1)->Revision == Of(Sid2)->Revision && Of(Sid1)->SubAuthorityCount == Of(Sid2)->SubAuthorityCount &&
         std::memcmp(Sid1, Sid2, RtlLengthSid(Sid1)) == 0;
}
NTSTATUS RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid) {
  ULONG length = RtlLengthSid(SourceSid);
  if (length > DestinationSidLength) return STATUS_BUFFER_TOO_SMALL;
  std::memmove(DestinationSid, SourceSid, length);
  return STATUS_SUCCESS;
}
NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount) {
  if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES) return STATUS_INVALID_PARAMETER;
  Of(Sid)->Revision = SID_REVISION;
  Of(Sid)->SubAuthorityCount = SubAuthorityCount;
  Of(Sid)->IdentifierAuthority = *IdentifierAuthority;
  return STATUS_SUCCESS;
}
PULONG RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority) { return &Of(Sid)->SubAuthority[0] + SubAuthority; }
PUCHAR RtlSubAuthorityCountSid(PSID Sid) { return &Of(Sid)->SubAuthorityCount; }

NTSTATUS RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid, BOOLEAN AllocateDestinationString) {
  constexpr ULONG kStringTag = 0x53747267;
  if (!RtlValidSid(Sid)) return STATUS_INVALID_SID;
  ULONGLONG authority = 0;
  for (UCHAR byte : Of(Sid)->IdentifierAuthority.Value) authority = authority << 8 | byte;
  std::string text = "S-1-";
  if (authority >> 32) {
    text += "0x";
    for (int shift = 44; shift >= 0; shift -= 4) text += "0123456789abcdef"[authority >> shift & 15];
  } else {
    text += std::to_string(authority);
  }
  for (UCHAR i = 0; i < Of(Sid)->SubAuthorityCount; ++i) text += "-" + std::to_string(*RtlSubAuthoritySid(Sid, i));
  const size_t bytes = text.size() * sizeof(WCHAR);
  if (AllocateDestinationString) {
    UnicodeString->Buffer = static_cast<PWCH>(ExAllocatePoolWithTag(PagedPool, bytes + sizeof(WCHAR), kStringTag));
    if (!UnicodeString->Buffer) return STATUS_NO_MEMORY;
    UnicodeString->MaximumLength = static_cast<USHORT>(bytes + sizeof(WCHAR));
  } else if (bytes > UnicodeString->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  for (size_t i = 0; i < text.size(); ++i) UnicodeString->Buffer[i] = static_cast<WCHAR>(text[i]);
  UnicodeString->Length = static_cast<USHORT>(bytes);
  if (bytes + sizeof(WCHAR) <= UnicodeString->MaximumLength) UnicodeString->Buffer[text.size()] = 0;
  return STATUS_SUCCESS;
}

}  // extern "C"
