// Access control entries and security identifiers, second part.
#include <ntifs.h>

#include <cstring>
#include <initializer_list>

#include "nt/rtl/security.h"

namespace rtl = drydock::nt::rtl;

namespace {

constexpr ULONG kTag = 'diSR';

// The first byte behind the entries; null: the list is not whole.
char* EndOf(ACL* acl) {
  char* at = reinterpret_cast<char*>(acl) + sizeof(ACL);
  char* const limit = reinterpret_cast<char*>(acl) + acl->AclSize;
  for (USHORT i = 0; i < acl->AceCount; ++i) {
    if (at + sizeof(ACE_HEADER) > limit) return nullptr;
    at += reinterpret_cast<ACE_HEADER*>(at)->AceSize;
  }
  return at <= limit ? at : nullptr;
}

}  // namespace

extern "C" {

NTSTATUS RtlGetAce(PACL Acl, ULONG AceIndex, PVOID* Ace) {
  if (AceIndex >= Acl->AceCount || !EndOf(Acl)) return STATUS_INVALID_PARAMETER;
  char* at = reinterpret_cast<char*>(Acl) + sizeof(ACL);
  while (AceIndex-- > 0) at += reinterpret_cast<ACE_HEADER*>(at)->AceSize;
  *Ace = at;
  return STATUS_SUCCESS;
}

// Puts entries, one behind the other, in front of that index; MAXULONG: at the end.
NTSTATUS RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList, ULONG AceListLength) {
  char* end = EndOf(Acl);
  if (!end) return STATUS_INVALID_PARAMETER;
  USHORT count = 0;
  for (ULONG at = 0; at < AceListLength; ++count) {
    const ULONG size = reinterpret_cast<ACE_HEADER*>(static_cast<char*>(AceList) + at)->AceSize;
    if (size < sizeof(ACE_HEADER) || size > AceListLength - at) return STATUS_INVALID_PARAMETER;
    at += size;
  }
  if (end + AceListLength > reinterpret_cast<char*>(Acl) + Acl->AclSize) return STATUS_BUFFER_TOO_SMALL;
  char* place = end;
  if (StartingAceIndex < Acl->AceCount) {
    PVOID ace;
    RtlGetAce(Acl, StartingAceIndex, &ace);
    place = static_cast<char*>(ace);
  }
  std::memmove(place + AceListLength, place, static_cast<size_t>(end - place));
  std::memcpy(place, AceList, AceListLength);
  Acl->AceCount = static_cast<USHORT>(Acl->AceCount + count);
  if (AceRevision > Acl->AclRevision) Acl->AclRevision = static_cast<UCHAR>(AceRevision);
  return STATUS_SUCCESS;
}

NTSTATUS RtlDeleteAce(PACL Acl, ULONG AceIndex) {
  PVOID ace;
  const NTSTATUS status = RtlGetAce(Acl, AceIndex, &ace);
  if (!NT_SUCCESS(status)) return status;
  char* end = EndOf(Acl);
  char* at = static_cast<char*>(ace);
  char* next = at + static_cast<ACE_HEADER*>(ace)->AceSize;
  std::memmove(at, next, static_cast<size_t>(end - next));
  --Acl->AceCount;
  return STATUS_SUCCESS;
}

NTSTATUS RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount, ULONG SubAuthority0,
                                     ULONG SubAuthority1, ULONG SubAuthority2, ULONG SubAuthority3, ULONG SubAuthority4,
                                     ULONG SubAuthority5, ULONG SubAuthority6, ULONG SubAuthority7, PSID* Sid) {
  constexpr UCHAR kMost = 8;
  if (SubAuthorityCount > kMost) return STATUS_INVALID_SID;
  *Sid = ExAllocatePool2(POOL_FLAG_PAGED, RtlLengthRequiredSid(SubAuthorityCount), kTag);
  if (!*Sid) return STATUS_NO_MEMORY;
  RtlInitializeSid(*Sid, IdentifierAuthority, SubAuthorityCount);
  const ULONG parts[kMost] = {SubAuthority0, SubAuthority1, SubAuthority2, SubAuthority3, SubAuthority4, SubAuthority5, SubAuthority6, SubAuthority7};
  for (UCHAR i = 0; i < SubAuthorityCount; ++i) *RtlSubAuthoritySid(*Sid, i) = parts[i];
  return STATUS_SUCCESS;
}
PVOID RtlFreeSid(PSID Sid) {
  ExFreePoolWithTag(Sid, kTag);
  return nullptr;
}
PSID_IDENTIFIER_AUTHORITY RtlIdentifierAuthoritySid(PSID Sid) { return &static_cast<SID*>(Sid)->IdentifierAuthority; }
BOOLEAN RtlEqualPrefixSid(PSID Sid1, PSID Sid2) {
  auto *a = static_cast<SID*>(Sid1), *b = static_cast<SID*>(Sid2);
  if (a->Revision != b->Revision || a->SubAuthorityCount != b->SubAuthorityCount) return FALSE;
  if (std::memcmp(&a->IdentifierAuthority, &b->IdentifierAuthority, sizeof a->IdentifierAuthority) != 0) return FALSE;
  return a->SubAuthorityCount == 0 || std::memcmp(a->SubAuthority, b->SubAuthority, (a->SubAuthorityCount - 1u) * sizeof(ULONG)) == 0;
}
VOID RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid) { *DestinationLuid = *SourceLuid; }

NTSTATUS RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN SaclPresent, PACL* Sacl, PBOOLEAN SaclDefaulted) {
  const SECURITY_DESCRIPTOR_CONTROL control = static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor)->Control;
  *SaclPresent = (control & SE_SACL_PRESENT) != 0;
  if (*SaclPresent) {
    *Sacl = rtl::SaclOf(SecurityDescriptor);
    *SaclDefaulted = (control & SE_SACL_DEFAULTED) != 0;
  }
  return STATUS_SUCCESS;
}

BOOLEAN RtlIsZeroMemory(PVOID Buffer, SIZE_T Length) {
  auto* bytes = static_cast<const UCHAR*>(Buffer);
  for (SIZE_T i = 0; i < Length; ++i)
    if (bytes[i] != 0) return FALSE;
  return TRUE;
}
// Looks at every byte, whatever the first difference is.
LOGICAL RtlConstantTimeEqualMemory(const VOID* Buffer1, const VOID* Buffer2, SIZE_T Length) {
  auto *a = static_cast<const volatile UCHAR*>(Buffer1), *b = static_cast<const volatile UCHAR*>(Buffer2);
  UCHAR difference = 0;
  for (SIZE_T i = 0; i < Length; ++i) difference = static_cast<UCHAR>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

// From the first of two keys that has the value.
NTSTATUS RtlQueryRegistryValueWithFallback(HANDLE PrimaryHandle, HANDLE FallbackHandle, PUNICODE_STRING ValueName, ULONG ValueLength,
                                           PULONG ValueType, PVOID ValueData, PULONG ResultLength) {
  NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
  for (HANDLE key : {PrimaryHandle, FallbackHandle}) {
    if (!key || status != STATUS_OBJECT_NAME_NOT_FOUND) continue;
    const ULONG room = static_cast<ULONG>(FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data)) + ValueLength;
    auto* info = static_cast<PKEY_VALUE_PARTIAL_INFORMATION>(ExAllocatePool2(POOL_FLAG_PAGED, room, kTag));
    if (!info) return STATUS_NO_MEMORY;
    ULONG needed = 0;
    status = ZwQueryValueKey(key, ValueName, KeyValuePartialInformation, info, room, &needed);
    if (status != STATUS_OBJECT_NAME_NOT_FOUND) *ResultLength = needed - static_cast<ULONG>(FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data));
    if (NT_SUCCESS(status)) {
      *ValueType = info->Type;
      std::memcpy(ValueData, info->Data, info->DataLength);
    }
    ExFreePoolWithTag(info, kTag);
  }
  return status;
}

}  // extern "C"
