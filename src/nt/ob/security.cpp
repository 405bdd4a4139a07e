// Security descriptors of objects: what was set, else that of the system: it and administrators may do everything.
// Source: public documentation of ZwQuerySecurityObject, ZwSetSecurityObject, ObGetObjectSecurity, SeAssignSecurity.
#include <ntddk.h>

#include <cstring>
#include <vector>

#include "nt/io/file.h"
#include "nt/io/file_object.h"
#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/state.h"
#include "nt/rtl/security.h"
#include "nt/thread.h"

using namespace drydock;
using namespace drydock::nt;

namespace {

constexpr ULONG kTag = 'cSbO';

struct Sid2 {
  UCHAR revision = 1, count;
  UCHAR authority[6] = {0, 0, 0, 0, 0, 5};
  ULONG sub[2];
};

using Bytes = std::vector<uint8_t>;

Bytes SelfRelative(SECURITY_DESCRIPTOR& descriptor) {
  ULONG length = 0;
  RtlAbsoluteToSelfRelativeSD(&descriptor, nullptr, &length);
  Bytes bytes(length);
  if (!NT_SUCCESS(RtlAbsoluteToSelfRelativeSD(&descriptor, bytes.data(), &length))) bytes.clear();
  return bytes;
}

Bytes Default() {
  Sid2 system{.count = 1, .sub = {18}}, administrators{.count = 2, .sub = {32, 544}};
  alignas(4) uint8_t room[128];
  auto* acl = reinterpret_cast<ACL*>(room);
  RtlCreateAcl(acl, sizeof room, ACL_REVISION);
  RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, &system);
  RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, &administrators);
  acl->AclSize = static_cast<USHORT>(sizeof(ACL) + 2 * 8 + RtlLengthSid(&system) + RtlLengthSid(&administrators));
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetOwnerSecurityDescriptor(&descriptor, &administrators, FALSE);
  RtlSetGroupSecurityDescriptor(&descriptor, &system, FALSE);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
  return SelfRelative(descriptor);
}

// `over` for the parts that are named, `under` for the others, of those in `wanted`.
Bytes Mix(const Bytes& under, PSECURITY_DESCRIPTOR over, SECURITY_INFORMATION named, SECURITY_INFORMATION wanted) {
  auto* below = const_cast<uint8_t*>(under.data());
  auto from = [&](SECURITY_INFORMATION part) -> PSECURITY_DESCRIPTOR { return named & part ? over : static_cast<PSECURITY_DESCRIPTOR>(below); };
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  if (wanted & OWNER_SECURITY_INFORMATION) RtlSetOwnerSecurityDescriptor(&descriptor, rtl::OwnerOf(from(OWNER_SECURITY_INFORMATION)), FALSE);
  if (wanted & GROUP_SECURITY_INFORMATION) RtlSetGroupSecurityDescriptor(&descriptor, rtl::GroupOf(from(GROUP_SECURITY_INFORMATION)), FALSE);
  if (wanted & DACL_SECURITY_INFORMATION) {
    PSECURITY_DESCRIPTOR source = from(DACL_SECURITY_INFORMATION);
    const bool present = (static_cast<SECURITY_DESCRIPTOR*>(source)->Control & SE_DACL_PRESENT) != 0;
    RtlSetDaclSecurityDescriptor(&descriptor, present, present ? rtl::DaclOf(source) : nullptr, FALSE);
  }
  return SelfRelative(descriptor);
}

constexpr SECURITY_INFORMATION kAll = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;

// What the object has; a file of a device answers for the device.
Bytes Stored(void* body) {
  ob::State& state = *CurrentKernel().ob;
  if (state.has_security.load(std::memory_order_acquire)) {
    rt::LockGuard guard(state.security_lock);
    auto found = state.security.find(body);
    if (found != state.security.end()) return found->second;
  }
  return Default();
}

void* Owner(void* body) {
  return ob::IsObject(body, io::kFileType) ? static_cast<FILE_OBJECT*>(body)->DeviceObject : body;
}

PSECURITY_DESCRIPTOR Pooled(const Bytes& bytes, POOL_FLAGS pool) {
  void* memory = ExAllocatePool2(pool, bytes.size(), kTag);
  if (memory) std::memcpy(memory, bytes.data(), bytes.size());
  return memory;
}

}  // namespace

namespace drydock::nt::ob {

void ForgetSecurity(State& state, const void* body) {
  if (!state.has_security.load(std::memory_order_acquire)) return;
  rt::LockGuard guard(state.security_lock);
  state.security.erase(body);
}

}  // namespace drydock::nt::ob

extern "C" {

NTSTATUS ZwQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor,
                               ULONG Length, PULONG LengthNeeded) {
  void* body;
  const NTSTATUS status = ob::ReferenceByHandle(Handle, READ_CONTROL, nullptr, KernelMode, &body);
  if (!NT_SUCCESS(status)) return status;
  const Bytes bytes = Mix(Stored(Owner(body)), nullptr, 0, SecurityInformation);
  ob::Dereference(body);
  *LengthNeeded = static_cast<ULONG>(bytes.size());
  if (Length < bytes.size()) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(SecurityDescriptor, bytes.data(), bytes.size());
  return STATUS_SUCCESS;
}

NTSTATUS ZwSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor) {
  if (!SecurityDescriptor) return STATUS_ACCESS_VIOLATION;
  if (!RtlValidSecurityDescriptor(SecurityDescriptor)) return STATUS_INVALID_SECURITY_DESCR;
  void* body;
  const NTSTATUS status = ob::ReferenceByHandle(Handle, WRITE_DAC, nullptr, KernelMode, &body);
  if (!NT_SUCCESS(status)) return status;
  void* owner = Owner(body);
  Bytes mixed = Mix(Stored(owner), SecurityDescriptor, SecurityInformation, kAll);
  ob::State& state = *CurrentKernel().ob;
  {
    rt::LockGuard guard(state.security_lock);
    state.security[owner] = std::move(mixed);
  }
  state.has_security.store(true, std::memory_order_release);
  ob::Dereference(body);
  return STATUS_SUCCESS;
}

NTSTATUS ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR* SecurityDescriptor, PBOOLEAN MemoryAllocated) {
  *SecurityDescriptor = Pooled(Stored(Owner(Object)), POOL_FLAG_PAGED);
  *MemoryAllocated = TRUE;
  return *SecurityDescriptor ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
VOID ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated) {
  if (SecurityDescriptor && MemoryAllocated) ExFreePoolWithTag(SecurityDescriptor, kTag);
}

// A new object's descriptor: what is said outright, else what the parent has, else the system's.
NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR* NewDescriptor,
                          BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping,
                          POOL_TYPE PoolType) {
  (void)IsDirectoryObject, (void)SubjectContext, (void)GenericMapping;
  Bytes bytes = Default();
  for (PSECURITY_DESCRIPTOR source : {ParentDescriptor, ExplicitDescriptor}) {
    if (!source) continue;
    if (!RtlValidSecurityDescriptor(source)) return STATUS_INVALID_SECURITY_DESCR;
    SECURITY_INFORMATION named = 0;
    if (source == ExplicitDescriptor && rtl::OwnerOf(source)) named |= OWNER_SECURITY_INFORMATION;
    if (source == ExplicitDescriptor && rtl::GroupOf(source)) named |= GROUP_SECURITY_INFORMATION;
    if (static_cast<SECURITY_DESCRIPTOR*>(source)->Control & SE_DACL_PRESENT) named |= DACL_SECURITY_INFORMATION;
    bytes = Mix(bytes, source, named, kAll);
  }
  *NewDescriptor = Pooled(bytes, PoolType & 1 ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED);
  return *NewDescriptor ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
NTSTATUS SeDeassignSecurity(PSECURITY_DESCRIPTOR* SecurityDescriptor) {
  if (*SecurityDescriptor) ExFreePool(*SecurityDescriptor);
  *SecurityDescriptor = nullptr;
  return STATUS_SUCCESS;
}

}  // extern "C"
