// Access control lists and security descriptors, absolute and self-relative, as the Rtl and Se functions look into them.
#pragma once

#include <ntddk.h>

namespace drydock::nt::rtl {

struct AceHeader {
  UCHAR type;
  UCHAR flags;
  USHORT size;
};
// Of the types that grant or deny to one identifier.
struct PlainAce {
  AceHeader header;
  ACCESS_MASK mask;
  ULONG sid_start;
};
enum AceType : UCHAR { kAllow = 0, kDeny = 1 };
inline constexpr UCHAR kInheritOnly = 8;

bool ValidAcl(const ACL* acl, size_t room);  // header and entries lie within AclSize, AclSize within `room`

// The parts of a descriptor of either form; null: not there.
SID* OwnerOf(PSECURITY_DESCRIPTOR descriptor);
SID* GroupOf(PSECURITY_DESCRIPTOR descriptor);
ACL* DaclOf(PSECURITY_DESCRIPTOR descriptor);  // null also when present but empty of restrictions (a null DACL)
ACL* SaclOf(PSECURITY_DESCRIPTOR descriptor);

}  // namespace drydock::nt::rtl
