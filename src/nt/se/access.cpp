// Access checks. Who calls is one of two: the system, or an application, which runs as an elevated administrator. Tokens are
// constants: nothing changes them, so referencing one counts nothing.
// Source: public documentation of SeAccessCheck and of access control entries.
#include <ntddk.h>

#include <cstring>

#include "nt/ps/process.h"
#include "nt/rtl/security.h"
#include "nt/se/impersonation.h"
#include "nt/se/token.h"
#include "nt/thread.h"

namespace rtl = drydock::nt::rtl;

namespace {

using drydock::nt::se::Identifier;
using drydock::nt::se::Token;
constexpr Identifier kSystem = {1, 1, {0, 0, 0, 0, 0, 5}, {18}};
constexpr Identifier kAdministrators = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 544}};
constexpr Identifier kUsers = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 545}};
constexpr Identifier kAuthenticated = {1, 1, {0, 0, 0, 0, 0, 5}, {11}};
constexpr Identifier kInteractive = {1, 1, {0, 0, 0, 0, 0, 5}, {4}};
constexpr Identifier kLocalService = {1, 1, {0, 0, 0, 0, 0, 5}, {19}};
constexpr Identifier kService = {1, 1, {0, 0, 0, 0, 0, 5}, {6}};
constexpr Identifier kAnonymous = {1, 1, {0, 0, 0, 0, 0, 5}, {7}};
constexpr Identifier kEveryone = {1, 1, {0, 0, 0, 0, 0, 1}, {0}};

constexpr ULONGLONG Bit(ULONG privilege) { return 1ull << privilege; }

constexpr Token kSystemToken = {{&kSystem, &kAdministrators, &kEveryone, &kAuthenticated}, true, ~0ull, true};
constexpr Token kApplicationToken = {{&kAdministrators, &kUsers, &kEveryone, &kAuthenticated, &kInteractive},
                                     true,
                                     Bit(SE_INCREASE_QUOTA_PRIVILEGE) | Bit(SE_SECURITY_PRIVILEGE) | Bit(SE_TAKE_OWNERSHIP_PRIVILEGE) |
                                         Bit(SE_LOAD_DRIVER_PRIVILEGE) | Bit(SE_SYSTEM_PROFILE_PRIVILEGE) | Bit(SE_SYSTEMTIME_PRIVILEGE) |
                                         Bit(SE_PROF_SINGLE_PROCESS_PRIVILEGE) | Bit(SE_INC_BASE_PRIORITY_PRIVILEGE) |
                                         Bit(SE_CREATE_PAGEFILE_PRIVILEGE) | Bit(SE_BACKUP_PRIVILEGE) | Bit(SE_RESTORE_PRIVILEGE) |
                                         Bit(SE_SHUTDOWN_PRIVILEGE) | Bit(SE_DEBUG_PRIVILEGE) | Bit(SE_SYSTEM_ENVIRONMENT_PRIVILEGE) |
                                         Bit(SE_CHANGE_NOTIFY_PRIVILEGE) | Bit(SE_REMOTE_SHUTDOWN_PRIVILEGE) | Bit(SE_UNDOCK_PRIVILEGE) |
                                         Bit(SE_MANAGE_VOLUME_PRIVILEGE) | Bit(SE_IMPERSONATE_PRIVILEGE) | Bit(SE_CREATE_GLOBAL_PRIVILEGE)};

constexpr Token kLocalServiceToken = {{&kLocalService, &kUsers, &kEveryone, &kAuthenticated, &kService},
                                      false,
                                      Bit(SE_CHANGE_NOTIFY_PRIVILEGE) | Bit(SE_IMPERSONATE_PRIVILEGE) | Bit(SE_CREATE_GLOBAL_PRIVILEGE)};
constexpr Token kAnonymousToken = {{&kAnonymous, &kEveryone}, false, 0};

PACCESS_TOKEN TokenOf(const drydock::nt::Process* process) {
  return const_cast<Token*>(!process || process->system ? &kSystemToken : process->local_service ? &kLocalServiceToken : &kApplicationToken);
}

// The token that an impersonating thread has; at SecurityIdentification it can be looked at, but opens nothing.
PACCESS_TOKEN ClientTokenOf(const drydock::nt::Impersonation* impersonation) {
  if (!impersonation) return nullptr;
  return impersonation->level == SecurityAnonymous ? const_cast<Token*>(&kAnonymousToken) : TokenOf(impersonation->client);
}

bool Holds(const Token& token, PSID sid) {
  for (const Identifier* own : token.identifiers)
    if (own && RtlEqualSid(const_cast<Identifier*>(own), sid)) return true;
  return false;
}
bool HasPrivilege(const Token& token, ULONG privilege) { return privilege < 64 && (token.privileges >> privilege & 1); }

// What the list grants of `wanted`; with MAXIMUM_ALLOWED all that it grants. An entry counts only for what none before it decided.
ACCESS_MASK Granted(const Token& token, ACL* acl, const GENERIC_MAPPING& mapping, ACCESS_MASK wanted) {
  ACCESS_MASK open = wanted & MAXIMUM_ALLOWED ? ~ACCESS_MASK{0} : wanted, granted = 0;
  const char* at = reinterpret_cast<char*>(acl) + sizeof(ACL);
  for (USHORT i = 0; i < acl->AceCount; ++i) {
    auto* ace = reinterpret_cast<const rtl::PlainAce*>(at);
    at += ace->header.size;
    if (ace->header.type > rtl::kDeny || (ace->header.flags & rtl::kInheritOnly)) continue;
    if (!Holds(token, const_cast<ULONG*>(&ace->sid_start))) continue;
    ACCESS_MASK mask = ace->mask;
    RtlMapGenericMask(&mask, &mapping);
    if (ace->header.type == rtl::kAllow) granted |= mask & open;
    open &= ~mask;
  }
  return granted;
}

}  // namespace

namespace drydock::nt::se {

PACCESS_TOKEN ImpersonationTokenOf(const Thread& thread) { return ClientTokenOf(thread.impersonation); }

void SubjectOf(const Process* process, const Impersonation* client, SECURITY_SUBJECT_CONTEXT* context) {
  *context = {};
  context->PrimaryToken = TokenOf(process);
  context->ClientToken = ClientTokenOf(client);
  if (client) context->ImpersonationLevel = client->level;
}

void LocalServiceSubject(const Impersonation* client, SECURITY_SUBJECT_CONTEXT* context) {
  SubjectOf(nullptr, client, context);
  context->PrimaryToken = const_cast<Token*>(&kLocalServiceToken);
}

}  // namespace drydock::nt::se

extern "C" {

VOID SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
  *SubjectContext = {};
  drydock::nt::se::SubjectOf(drydock::nt::EffectiveProcess(drydock::nt::CurrentThread()), drydock::nt::CurrentThread().impersonation, SubjectContext);
  SubjectContext->ProcessAuditId = PsGetCurrentProcessId();
}
VOID SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) { SubjectContext->PrimaryToken = SubjectContext->ClientToken = nullptr; }
VOID SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {}
VOID SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {}

PACCESS_TOKEN PsReferencePrimaryToken(PEPROCESS Process) { return TokenOf(reinterpret_cast<drydock::nt::Process*>(Process)); }
VOID PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken) {}
BOOLEAN SeTokenIsAdmin(PACCESS_TOKEN Token) { return static_cast<const drydock::nt::se::Token*>(Token)->is_admin; }

BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode) {
  if (PreviousMode == KernelMode) return TRUE;
  if (PrivilegeValue.HighPart != 0) return FALSE;
  return HasPrivilege(*static_cast<const Token*>(TokenOf(drydock::nt::CurrentThread().process)), PrivilegeValue.LowPart);
}

BOOLEAN SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, BOOLEAN SubjectContextLocked,
                      ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET* Privileges, PGENERIC_MAPPING GenericMapping,
                      KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus) {
  if (Privileges) *Privileges = nullptr;
  auto answer = [&](NTSTATUS status, ACCESS_MASK granted) {
    *AccessStatus = status;
    *GrantedAccess = granted;
    return static_cast<BOOLEAN>(NT_SUCCESS(status));
  };
  if (AccessMode == KernelMode) {
    ACCESS_MASK granted = PreviouslyGrantedAccess | (DesiredAccess & ~MAXIMUM_ALLOWED);
    if (DesiredAccess & MAXIMUM_ALLOWED) granted |= GenericMapping->GenericAll;
    return answer(STATUS_SUCCESS, granted);
  }
  if (!SecurityDescriptor) return answer(STATUS_ACCESS_DENIED, 0);
  if (SubjectSecurityContext->ClientToken && SubjectSecurityContext->ImpersonationLevel < SecurityImpersonation)
    return answer(STATUS_BAD_IMPERSONATION_LEVEL, 0);
  PACCESS_TOKEN caller = SubjectSecurityContext->ClientToken ? SubjectSecurityContext->ClientToken : SubjectSecurityContext->PrimaryToken;
  const auto& token = *static_cast<const Token*>(caller ? caller : TokenOf(drydock::nt::CurrentThread().process));
  ACCESS_MASK wanted = DesiredAccess, granted = PreviouslyGrantedAccess;
  RtlMapGenericMask(&wanted, GenericMapping);
  if (wanted & ACCESS_SYSTEM_SECURITY) {
    if (!HasPrivilege(token, SE_SECURITY_PRIVILEGE)) return answer(STATUS_PRIVILEGE_NOT_HELD, 0);
    granted |= ACCESS_SYSTEM_SECURITY;
  }
  if ((wanted & (WRITE_OWNER | MAXIMUM_ALLOWED)) && HasPrivilege(token, SE_TAKE_OWNERSHIP_PRIVILEGE)) granted |= WRITE_OWNER;
  if (SID* owner = rtl::OwnerOf(SecurityDescriptor); owner && Holds(token, owner))
    granted |= (wanted & MAXIMUM_ALLOWED ? ~ACCESS_MASK{0} : wanted) & (READ_CONTROL | WRITE_DAC);
  ACL* dacl = rtl::DaclOf(SecurityDescriptor);
  ACCESS_MASK left = wanted & ~granted;
  if (!dacl) granted |= (left & ~MAXIMUM_ALLOWED) | (left & MAXIMUM_ALLOWED ? GenericMapping->GenericAll : 0);
  else granted |= Granted(token, dacl, *GenericMapping, left);
  if (((wanted & ~MAXIMUM_ALLOWED) & ~granted) != 0 || granted == 0) return answer(STATUS_ACCESS_DENIED, 0);
  return answer(STATUS_SUCCESS, granted);
}

BOOLEAN SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR SecurityDescriptor) {
  return RtlValidRelativeSecurityDescriptor(SecurityDescriptor, Length, 0);
}

}  // extern "C"
