#include "nt/rtl/security.h"

#include <cstring>
#include <initializer_list>

namespace rtl = drydock::nt::rtl;
namespace drydock::nt::rtl {
namespace {

bool Relative(PSECURITY_DESCRIPTOR descriptor) { return (static_cast<SECURITY_DESCRIPTOR*>(descriptor)->Control & SE_SELF_RELATIVE) != 0; }

template <class T>
T* At(PSECURITY_DESCRIPTOR descriptor, ULONG offset) {
  return offset ? reinterpret_cast<T*>(static_cast<char*>(descriptor) + offset) : nullptr;
}

SECURITY_DESCRIPTOR_RELATIVE& AsRelative(PSECURITY_DESCRIPTOR descriptor) { return *static_cast<SECURITY_DESCRIPTOR_RELATIVE*>(descriptor); }
SECURITY_DESCRIPTOR& AsAbsolute(PSECURITY_DESCRIPTOR descriptor) { return *static_cast<SECURITY_DESCRIPTOR*>(descriptor); }

}  // namespace

bool ValidAcl(const ACL* acl, size_t room) {
  if (room < sizeof(ACL) || acl->AclRevision < ACL_REVISION || acl->AclRevision > ACL_REVISION_DS || acl->AclSize < sizeof(ACL) ||
      acl->AclSize > room)
    return false;
  size_t at = sizeof(ACL);
  for (USHORT i = 0; i < acl->AceCount; ++i) {
    if (acl->AclSize - at < sizeof(AceHeader)) return false;
    auto* ace = reinterpret_cast<const AceHeader*>(reinterpret_cast<const char*>(acl) + at);
    if (ace->size < sizeof(AceHeader) || ace->size % 4 || ace->size > acl->AclSize - at) return false;
    if (ace->type <= kDeny) {
      if (ace->size < FIELD_OFFSET(PlainAce, sid_start) + sizeof(SID)) return false;
      auto* sid = reinterpret_cast<SID*>(const_cast<ULONG*>(&reinterpret_cast<const PlainAce*>(ace)->sid_start));
      if (!RtlValidSid(sid) || FIELD_OFFSET(PlainAce, sid_start) + RtlLengthSid(sid) > ace->size) return false;
    }
    at += ace->size;
  }
  return true;
}

SID* OwnerOf(PSECURITY_DESCRIPTOR descriptor) {
  return Relative(descriptor) ? At<SID>(descriptor, AsRelative(descriptor).Owner) : static_cast<SID*>(AsAbsolute(descriptor).Owner);
}
SID* GroupOf(PSECURITY_DESCRIPTOR descriptor) {
  return Relative(descriptor) ? At<SID>(descriptor, AsRelative(descriptor).Group) : static_cast<SID*>(AsAbsolute(descriptor).Group);
}
ACL* DaclOf(PSECURITY_DESCRIPTOR descriptor) {
  if (!(AsAbsolute(descriptor).Control & SE_DACL_PRESENT)) return nullptr;
  return Relative(descriptor) ? At<ACL>(descriptor, AsRelative(descriptor).Dacl) : AsAbsolute(descriptor).Dacl;
}
ACL* SaclOf(PSECURITY_DESCRIPTOR descriptor) {
  if (!(AsAbsolute(descriptor).Control & SE_SACL_PRESENT)) return nullptr;
  return Relative(descriptor) ? At<ACL>(descriptor, AsRelative(descriptor).Sacl) : AsAbsolute(descriptor).Sacl;
}

}  // namespace drydock::nt::rtl

namespace {


SECURITY_DESCRIPTOR& AsAbsolute(PSECURITY_DESCRIPTOR descriptor) { return *static_cast<SECURITY_DESCRIPTOR*>(descriptor); }
bool Relative(PSECURITY_DESCRIPTOR descriptor) { return (AsAbsolute(descriptor).Control & SE_SELF_RELATIVE) != 0; }
ULONG Rounded(ULONG bytes) { return (bytes + 3) & ~3u; }

// Sets a part of an absolute descriptor.
NTSTATUS Settable(PSECURITY_DESCRIPTOR descriptor) {
  if (AsAbsolute(descriptor).Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  return Relative(descriptor) ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;
}

void Flag(PSECURITY_DESCRIPTOR descriptor, USHORT flag, bool on) {
  USHORT& control = AsAbsolute(descriptor).Control;
  control = static_cast<USHORT>(on ? control | flag : control & ~flag);
}

NTSTATUS AddAce(PACL acl, ULONG revision, ULONG flags, ACCESS_MASK mask, PSID sid) {
  if (!RtlValidSid(sid)) return STATUS_INVALID_SID;
  if (revision > ACL_REVISION_DS || acl->AclRevision > ACL_REVISION_DS) return STATUS_REVISION_MISMATCH;
  if (!rtl::ValidAcl(acl, acl->AclSize)) return STATUS_INVALID_ACL;
  char* at = reinterpret_cast<char*>(acl) + sizeof(ACL);
  for (USHORT i = 0; i < acl->AceCount; ++i) at += reinterpret_cast<rtl::AceHeader*>(at)->size;
  const size_t bytes = FIELD_OFFSET(rtl::PlainAce, sid_start) + RtlLengthSid(sid);
  if (static_cast<size_t>(reinterpret_cast<char*>(acl) + acl->AclSize - at) < bytes) return STATUS_ALLOTTED_SPACE_EXCEEDED;
  auto* ace = reinterpret_cast<rtl::PlainAce*>(at);
  ace->header = {rtl::kAllow, static_cast<UCHAR>(flags), static_cast<USHORT>(bytes)};
  ace->mask = mask;
  std::memcpy(&ace->sid_start, sid, RtlLengthSid(sid));
  ++acl->AceCount;
  if (acl->AclRevision < revision) acl->AclRevision = static_cast<UCHAR>(revision);
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision) {
  if (AclLength < sizeof(ACL)) return STATUS_BUFFER_TOO_SMALL;
  if (AclRevision < ACL_REVISION || AclRevision > ACL_REVISION_DS || AclLength > 0xFFFF) return STATUS_INVALID_PARAMETER;
  *Acl = {static_cast<UCHAR>(AclRevision), 0, static_cast<USHORT>(AclLength & ~3u), 0, 0};
  return STATUS_SUCCESS;
}
NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid) {
  return AddAce(Acl, AceRevision, 0, AccessMask, Sid);
}
NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid) {
  if (AceFlags & ~0x1Fu) return STATUS_INVALID_PARAMETER;
  return AddAce(Acl, AceRevision, AceFlags, AccessMask, Sid);
}

NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision) {
  if (Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  std::memset(SecurityDescriptor, 0, sizeof(SECURITY_DESCRIPTOR));
  AsAbsolute(SecurityDescriptor).Revision = SECURITY_DESCRIPTOR_REVISION;
  return STATUS_SUCCESS;
}

NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent, PACL Dacl, BOOLEAN DaclDefaulted) {
  if (NTSTATUS status = Settable(SecurityDescriptor); !NT_SUCCESS(status)) return status;
  Flag(SecurityDescriptor, SE_DACL_PRESENT, DaclPresent != FALSE);
  AsAbsolute(SecurityDescriptor).Dacl = DaclPresent ? Dacl : nullptr;
  Flag(SecurityDescriptor, SE_DACL_DEFAULTED, DaclPresent && DaclDefaulted);
  return STATUS_SUCCESS;
}
NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner, BOOLEAN OwnerDefaulted) {
  if (NTSTATUS status = Settable(SecurityDescriptor); !NT_SUCCESS(status)) return status;
  AsAbsolute(SecurityDescriptor).Owner = Owner;
  Flag(SecurityDescriptor, SE_OWNER_DEFAULTED, OwnerDefaulted != FALSE);
  return STATUS_SUCCESS;
}
NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group, BOOLEAN GroupDefaulted) {
  if (NTSTATUS status = Settable(SecurityDescriptor); !NT_SUCCESS(status)) return status;
  AsAbsolute(SecurityDescriptor).Group = Group;
  Flag(SecurityDescriptor, SE_GROUP_DEFAULTED, GroupDefaulted != FALSE);
  return STATUS_SUCCESS;
}

NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent, PACL* Dacl, PBOOLEAN DaclDefaulted) {
  const SECURITY_DESCRIPTOR& own = AsAbsolute(SecurityDescriptor);
  if (own.Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *DaclPresent = (own.Control & SE_DACL_PRESENT) != 0;
  if (!*DaclPresent) return STATUS_SUCCESS;
  *Dacl = rtl::DaclOf(SecurityDescriptor);
  *DaclDefaulted = (own.Control & SE_DACL_DEFAULTED) != 0;
  return STATUS_SUCCESS;
}
NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID* Owner, PBOOLEAN OwnerDefaulted) {
  if (AsAbsolute(SecurityDescriptor).Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *Owner = rtl::OwnerOf(SecurityDescriptor);
  *OwnerDefaulted = (AsAbsolute(SecurityDescriptor).Control & SE_OWNER_DEFAULTED) != 0;
  return STATUS_SUCCESS;
}
NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID* Group, PBOOLEAN GroupDefaulted) {
  if (AsAbsolute(SecurityDescriptor).Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *Group = rtl::GroupOf(SecurityDescriptor);
  *GroupDefaulted = (AsAbsolute(SecurityDescriptor).Control & SE_GROUP_DEFAULTED) != 0;
  return STATUS_SUCCESS;
}

BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor) {
  if (!SecurityDescriptor || AsAbsolute(SecurityDescriptor).Revision != SECURITY_DESCRIPTOR_REVISION) return FALSE;
  PSID owner = rtl::OwnerOf(SecurityDescriptor), group = rtl::GroupOf(SecurityDescriptor);
  if ((owner && !RtlValidSid(owner)) || (group && !RtlValidSid(group))) return FALSE;
  for (const ACL* acl : {rtl::DaclOf(SecurityDescriptor), rtl::SaclOf(SecurityDescriptor)})
    if (acl && !rtl::ValidAcl(acl, acl->AclSize)) return FALSE;
  return TRUE;
}

BOOLEAN RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptorInput, ULONG SecurityDescriptorLength,
                                           SECURITY_INFORMATION RequiredInformation) {
  if (SecurityDescriptorLength < sizeof(SECURITY_DESCRIPTOR_RELATIVE)) return FALSE;
  const auto& own = *static_cast<SECURITY_DESCRIPTOR_RELATIVE*>(SecurityDescriptorInput);
  if (own.Revision != SECURITY_DESCRIPTOR_REVISION || !(own.Control & SE_SELF_RELATIVE)) return FALSE;
  auto part = [&](ULONG offset, size_t least) {
    return offset >= sizeof own && offset % 4 == 0 && offset <= SecurityDescriptorLength && SecurityDescriptorLength - offset >= least;
  };
  auto sid = [&](ULONG offset, ULONG wanted) {
    if (!offset) return (RequiredInformation & wanted) == 0;
    if (!part(offset, FIELD_OFFSET(SID, SubAuthority))) return false;
    auto* at = static_cast<char*>(SecurityDescriptorInput) + offset;
    return RtlValidSid(at) && part(offset, RtlLengthSid(at));
  };
  auto acl = [&](ULONG offset, USHORT flag, ULONG wanted) {
    if (!(own.Control & flag)) return (RequiredInformation & wanted) == 0;
    if (!offset) return true;
    return part(offset, sizeof(ACL)) && rtl::ValidAcl(reinterpret_cast<ACL*>(static_cast<char*>(SecurityDescriptorInput) + offset),
                                                      SecurityDescriptorLength - offset);
  };
  return sid(own.Owner, OWNER_SECURITY_INFORMATION) && sid(own.Group, GROUP_SECURITY_INFORMATION) &&
         acl(own.Dacl, SE_DACL_PRESENT, DACL_SECURITY_INFORMATION) && acl(own.Sacl, SE_SACL_PRESENT, SACL_SECURITY_INFORMATION);
}

ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor) {
  ULONG length = Relative(SecurityDescriptor) ? sizeof(SECURITY_DESCRIPTOR_RELATIVE) : sizeof(SECURITY_DESCRIPTOR);
  for (PSID sid : {static_cast<PSID>(rtl::OwnerOf(SecurityDescriptor)), static_cast<PSID>(rtl::GroupOf(SecurityDescriptor))})
    if (sid) length += Rounded(RtlLengthSid(sid));
  for (const ACL* acl : {rtl::DaclOf(SecurityDescriptor), rtl::SaclOf(SecurityDescriptor)})
    if (acl) length += Rounded(acl->AclSize);
  return length;
}

NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor, PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                     PULONG BufferLength) {
  if (Relative(AbsoluteSecurityDescriptor)) return STATUS_BAD_DESCRIPTOR_FORMAT;
  const ULONG length = RtlLengthSecurityDescriptor(AbsoluteSecurityDescriptor) - static_cast<ULONG>(sizeof(SECURITY_DESCRIPTOR)) +
                       static_cast<ULONG>(sizeof(SECURITY_DESCRIPTOR_RELATIVE));
  if (*BufferLength < length) {
    *BufferLength = length;
    return STATUS_BUFFER_TOO_SMALL;
  }
  auto& out = *static_cast<SECURITY_DESCRIPTOR_RELATIVE*>(SelfRelativeSecurityDescriptor);
  out = {};
  out.Revision = SECURITY_DESCRIPTOR_REVISION;
  out.Control = static_cast<USHORT>(AsAbsolute(AbsoluteSecurityDescriptor).Control | SE_SELF_RELATIVE);
  ULONG at = sizeof out;
  auto put = [&](const void* part, ULONG bytes) -> ULONG {
    if (!part) return 0;
    ULONG where = at;
    std::memset(static_cast<char*>(SelfRelativeSecurityDescriptor) + where, 0, Rounded(bytes));
    std::memcpy(static_cast<char*>(SelfRelativeSecurityDescriptor) + where, part, bytes);
    at += Rounded(bytes);
    return where;
  };
  SID* owner = rtl::OwnerOf(AbsoluteSecurityDescriptor);
  SID* group = rtl::GroupOf(AbsoluteSecurityDescriptor);
  ACL* dacl = rtl::DaclOf(AbsoluteSecurityDescriptor);
  ACL* sacl = rtl::SaclOf(AbsoluteSecurityDescriptor);
  out.Owner = put(owner, owner ? RtlLengthSid(owner) : 0);
  out.Group = put(group, group ? RtlLengthSid(group) : 0);
  out.Sacl = put(sacl, sacl ? sacl->AclSize : 0);
  out.Dacl = put(dacl, dacl ? dacl->AclSize : 0);
  *BufferLength = length;
  return STATUS_SUCCESS;
}

}  // extern "C"
