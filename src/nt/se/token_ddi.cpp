// What tokens say: SeQueryInformationToken and ZwQueryInformationToken. A token by handle is an object that points to one of the constants of
// access.cpp. Source: public documentation of these functions and of TOKEN_INFORMATION_CLASS.
#include <ntifs.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/process.h"
#include "nt/ps/types.h"
#include "nt/se/impersonation.h"
#include "nt/se/token.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

struct TokenObject {
  const se::Token* token;
};
const ob::ObjectType kTokenType = {"Token", nullptr, nullptr, nullptr, nullptr, ob::kNotWaitable, TOKEN_ALL_ACCESS};

const se::Token& Of(PACCESS_TOKEN token) { return *static_cast<const se::Token*>(token); }

using Bytes = std::vector<uint8_t>;

template <class T>
Bytes Plain(const T& value) {
  Bytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// A structure that points to what lies behind it: `relocations` are the offsets of such pointers.
struct Record {
  Bytes bytes;
  std::vector<size_t> pointers;  // offsets that hold offsets

  void AddSid(size_t pointer_at, PSID sid) {
    const size_t at = (bytes.size() + 7) & ~size_t{7};
    bytes.resize(at + RtlLengthSid(sid));
    std::memcpy(bytes.data() + at, sid, RtlLengthSid(sid));
    std::memcpy(bytes.data() + pointer_at, &at, sizeof at);
    pointers.push_back(pointer_at);
  }
  void Place(void* to) const {
    std::memcpy(to, bytes.data(), bytes.size());
    for (size_t at : pointers) {
      size_t offset;
      std::memcpy(&offset, bytes.data() + at, sizeof offset);
      const void* target = static_cast<char*>(to) + offset;
      std::memcpy(static_cast<char*>(to) + at, &target, sizeof target);
    }
  }
};

PSID UserOf(const se::Token& token) { return const_cast<se::Identifier*>(token.identifiers[0]); }

ULONG PrivilegeCount(const se::Token& token) {
  ULONG count = 0;
  for (ULONG p = SE_MIN_WELL_KNOWN_PRIVILEGE; p <= SE_MAX_WELL_KNOWN_PRIVILEGE; ++p) count += token.privileges >> p & 1;
  return count;
}
ULONG GroupCount(const se::Token& token) {
  ULONG count = 0;
  for (size_t i = 1; i < std::size(token.identifiers); ++i) count += token.identifiers[i] != nullptr;
  return count;
}

NTSTATUS Describe(const se::Token& token, TOKEN_INFORMATION_CLASS kind, Record* record) {
  switch (kind) {
    case TokenUser: {
      record->bytes = Plain(TOKEN_USER{});
      record->AddSid(0, UserOf(token));
      return STATUS_SUCCESS;
    }
    case TokenOwner:
    case TokenPrimaryGroup: {
      record->bytes = Plain(TOKEN_OWNER{});
      record->AddSid(0, UserOf(token));
      return STATUS_SUCCESS;
    }
    case TokenGroups: {
      const ULONG count = GroupCount(token);
      record->bytes.resize(FIELD_OFFSET(TOKEN_GROUPS, Groups) + count * sizeof(SID_AND_ATTRIBUTES));
      std::memcpy(record->bytes.data(), &count, sizeof count);
      for (ULONG i = 0; i < count; ++i) {
        const size_t at = FIELD_OFFSET(TOKEN_GROUPS, Groups) + i * sizeof(SID_AND_ATTRIBUTES);
        const ULONG attributes = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
        std::memcpy(record->bytes.data() + at + FIELD_OFFSET(SID_AND_ATTRIBUTES, Attributes), &attributes, sizeof attributes);
      }
      for (ULONG i = 0; i < count; ++i)
        record->AddSid(FIELD_OFFSET(TOKEN_GROUPS, Groups) + i * sizeof(SID_AND_ATTRIBUTES), const_cast<se::Identifier*>(token.identifiers[i + 1]));
      return STATUS_SUCCESS;
    }
    case TokenPrivileges: {
      const ULONG count = PrivilegeCount(token);
      record->bytes = Plain(count);
      for (ULONG p = SE_MIN_WELL_KNOWN_PRIVILEGE; p <= SE_MAX_WELL_KNOWN_PRIVILEGE; ++p) {
        if (!(token.privileges >> p & 1)) continue;
        LUID_AND_ATTRIBUTES privilege{{p, 0}, SE_PRIVILEGE_ENABLED};
        const Bytes more = Plain(privilege);
        record->bytes.insert(record->bytes.end(), more.begin(), more.end());
      }
      return STATUS_SUCCESS;
    }
    case TokenType: record->bytes = Plain(TOKEN_TYPE{TokenPrimary}); return STATUS_SUCCESS;
    case TokenSessionId: record->bytes = Plain(ULONG{token.is_system ? 0u : 1u}); return STATUS_SUCCESS;
    case TokenElevation: record->bytes = Plain(TOKEN_ELEVATION{token.is_admin}); return STATUS_SUCCESS;
    case TokenStatistics: {
      TOKEN_STATISTICS statistics{};
      SeQueryAuthenticationIdToken(const_cast<se::Token*>(&token), &statistics.AuthenticationId);
      statistics.ExpirationTime.QuadPart = INT64_MAX;
      statistics.TokenType = TokenPrimary;
      statistics.GroupCount = GroupCount(token);
      statistics.PrivilegeCount = PrivilegeCount(token);
      record->bytes = Plain(statistics);
      return STATUS_SUCCESS;
    }
    case TokenIntegrityLevel: {
      struct {
        UCHAR revision = 1, count = 1;
        UCHAR authority[6] = {0, 0, 0, 0, 0, 16};
        ULONG level;
      } sid;
      sid.level = token.is_system ? 0x4000 : token.is_admin ? 0x3000 : 0x2000;
      TOKEN_MANDATORY_LABEL label{};
      label.Label.Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
      record->bytes = Plain(label);
      record->AddSid(0, &sid);
      return STATUS_SUCCESS;
    }
    default: return STATUS_INVALID_INFO_CLASS;
  }
}

NTSTATUS NewHandle(PACCESS_TOKEN token, ACCESS_MASK access, ULONG attributes, HANDLE* handle) {
  *handle = nullptr;
  auto* object = ob::CreateObject<TokenObject>(CurrentKernel(), kTokenType);
  if (!object) return STATUS_INSUFFICIENT_RESOURCES;
  object->token = &Of(token);
  return ob::InsertHandle(CurrentKernel(), object, access & GENERIC_ALL ? TOKEN_ALL_ACCESS : access, attributes, handle);
}

}  // namespace

extern "C" {

static const POBJECT_TYPE token_type = reinterpret_cast<POBJECT_TYPE>(const_cast<ob::ObjectType*>(&kTokenType));
POBJECT_TYPE* SeTokenObjectType = const_cast<POBJECT_TYPE*>(&token_type);

// Most answers are memory that the caller frees; those of a single number stand in the pointer's place, as on Windows.
NTSTATUS SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS TokenInformationClass, PVOID* TokenInformation) {
  Record record;
  const NTSTATUS status = Describe(Of(Token), TokenInformationClass, &record);
  if (!NT_SUCCESS(status)) return status;
  if (TokenInformationClass == TokenSessionId) {
    std::memcpy(TokenInformation, record.bytes.data(), sizeof(ULONG));
    return STATUS_SUCCESS;
  }
  if (TokenInformationClass == TokenIntegrityLevel) {
    // The level itself, not its identifier.
    std::memcpy(TokenInformation, record.bytes.data() + record.bytes.size() - sizeof(ULONG), sizeof(ULONG));
    return STATUS_SUCCESS;
  }
  *TokenInformation = ExAllocatePool2(POOL_FLAG_PAGED, record.bytes.size(), 'oTeS');
  if (!*TokenInformation) return STATUS_INSUFFICIENT_RESOURCES;
  record.Place(*TokenInformation);
  return STATUS_SUCCESS;
}
NTSTATUS SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId) {
  *AuthenticationId = {Of(Token).is_system ? 0x3E7u : Of(Token).is_admin ? 0x10000u : 0x3E5u, 0};
  return STATUS_SUCCESS;
}
NTSTATUS SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId) {
  *SessionId = Of(Token).is_system ? 0 : 1;
  return STATUS_SUCCESS;
}
TOKEN_TYPE SeTokenType(PACCESS_TOKEN Token) {
  (void)Token;
  return TokenPrimary;
}
BOOLEAN SeTokenIsRestricted(PACCESS_TOKEN Token) {
  (void)Token;
  return FALSE;
}

BOOLEAN SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, KPROCESSOR_MODE AccessMode) {
  if (AccessMode == KernelMode) return TRUE;
  const se::Token& token = Of(SeQuerySubjectContextToken(SubjectSecurityContext));
  bool all = true, any = false;
  for (ULONG i = 0; i < RequiredPrivileges->PrivilegeCount; ++i) {
    LUID_AND_ATTRIBUTES& privilege = RequiredPrivileges->Privilege[i];
    const bool held = privilege.Luid.HighPart == 0 && privilege.Luid.LowPart < 64 && (token.privileges >> privilege.Luid.LowPart & 1);
    if (held) privilege.Attributes |= 0x80000000;  // SE_PRIVILEGE_USED_FOR_ACCESS
    all = all && held;
    any = any || held;
  }
  return RequiredPrivileges->Control & PRIVILEGE_SET_ALL_NECESSARY ? all : any;
}
VOID SeFreePrivileges(PPRIVILEGE_SET Privileges) {
  if (Privileges) ExFreePool(Privileges);
}

NTSTATUS ZwOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle) {
  void* process;
  NTSTATUS status = ob::ReferenceByHandle(ProcessHandle, PROCESS_QUERY_INFORMATION, &ps::kProcessType, KernelMode, &process);
  if (!NT_SUCCESS(status)) return status;
  status = NewHandle(PsReferencePrimaryToken(static_cast<PEPROCESS>(process)), DesiredAccess, HandleAttributes, TokenHandle);
  ob::Dereference(process);
  return status;
}
NTSTATUS ZwOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, ULONG HandleAttributes, PHANDLE TokenHandle) {
  (void)OpenAsSelf;
  void* thread;
  NTSTATUS status = ob::ReferenceByHandle(ThreadHandle, THREAD_QUERY_INFORMATION, &ps::kThreadType, KernelMode, &thread);
  if (!NT_SUCCESS(status)) return status;
  PACCESS_TOKEN token = se::ImpersonationTokenOf(*static_cast<Thread*>(thread));
  status = token ? NewHandle(token, DesiredAccess, HandleAttributes, TokenHandle) : STATUS_NO_TOKEN;
  ob::Dereference(thread);
  return status;
}
NTSTATUS ZwQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, PVOID TokenInformation,
                                 ULONG TokenInformationLength, PULONG ReturnLength) {
  void* object;
  NTSTATUS status = ob::ReferenceByHandle(TokenHandle, TOKEN_QUERY, &kTokenType, KernelMode, &object);
  if (!NT_SUCCESS(status)) return status;
  Record record;
  status = Describe(*static_cast<TokenObject*>(object)->token, TokenInformationClass, &record);
  ob::Dereference(object);
  if (!NT_SUCCESS(status)) return status;
  *ReturnLength = static_cast<ULONG>(record.bytes.size());
  if (TokenInformationLength < record.bytes.size()) return STATUS_BUFFER_TOO_SMALL;
  record.Place(TokenInformation);
  return STATUS_SUCCESS;
}

PACCESS_TOKEN PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen, PBOOLEAN EffectiveOnly,
                                            PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel) {
  auto& thread = *reinterpret_cast<drydock::nt::Thread*>(Thread);
  PACCESS_TOKEN token = se::ImpersonationTokenOf(thread);
  if (!token) return nullptr;
  *CopyOnOpen = *EffectiveOnly = FALSE;
  *ImpersonationLevel = thread.impersonation->level;
  return token;
}
VOID PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken) { (void)ImpersonationToken; }

}  // extern "C"
