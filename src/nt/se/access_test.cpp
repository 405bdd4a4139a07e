// Identifiers, access lists, security descriptors, and what an access check makes of them.
#include <ntddk.h>

#include <cstring>
#include <string>
#include <vector>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class AccessTest : public testing::KernelFixture {
 protected:
  void SetUp() override {
    Make(rt::ExecutorKind::kSimulated);
    everyone_ = Sid({0, 0, 0, 0, 0, 1}, {0});
    system_ = Sid({0, 0, 0, 0, 0, 5}, {18});
    admins_ = Sid({0, 0, 0, 0, 0, 5}, {32, 544});
    guest_ = Sid({0, 0, 0, 0, 0, 5}, {21, 1, 2, 3, 501});
    RtlCreateAcl(acl(), sizeof list_, ACL_REVISION);
    RtlCreateSecurityDescriptor(&descriptor_, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor_, TRUE, acl(), FALSE);
  }
  static std::vector<ULONG> Sid(SID_IDENTIFIER_AUTHORITY authority, std::vector<ULONG> parts) {
    std::vector<ULONG> sid(RtlLengthRequiredSid(static_cast<ULONG>(parts.size())) / 4);
    EXPECT_EQ(RtlInitializeSid(sid.data(), &authority, static_cast<UCHAR>(parts.size())), STATUS_SUCCESS);
    for (ULONG i = 0; i < parts.size(); ++i) *RtlSubAuthoritySid(sid.data(), i) = parts[i];
    return sid;
  }
  ACL* acl() { return reinterpret_cast<ACL*>(list_); }
  void Allow(std::vector<ULONG>& sid, ACCESS_MASK mask, ULONG flags = 0) {
    EXPECT_EQ(RtlAddAccessAllowedAceEx(acl(), ACL_REVISION, flags, mask, sid.data()), STATUS_SUCCESS);
  }
  void Deny(std::vector<ULONG>& sid, ACCESS_MASK mask) {  // the newest entry turned round
    char* at = reinterpret_cast<char*>(acl() + 1);
    for (int i = 0; i < acl()->AceCount; ++i) at += reinterpret_cast<USHORT*>(at)[1];
    Allow(sid, mask);
    *at = 1;
  }
  template <class Body>
  void AsApplication(Body body) {
    Join(ps::SpawnThread(
        *kernel_, ps::CreateProcess(*kernel_, "app"), "app", [](void* argument) { (*static_cast<Body*>(argument))(); }, &body));
  }
  // As an application asks.
  NTSTATUS Check(ACCESS_MASK wanted, PSECURITY_DESCRIPTOR descriptor, ACCESS_MASK* granted = nullptr, KPROCESSOR_MODE mode = UserMode) {
    NTSTATUS status = STATUS_PENDING;
    AsApplication([&] {
      SECURITY_SUBJECT_CONTEXT subject;
      SeCaptureSubjectContext(&subject);
      ACCESS_MASK got;
      BOOLEAN ok = SeAccessCheck(descriptor, &subject, FALSE, wanted, 0, nullptr, &mapping_, mode, &got, &status);
      EXPECT_EQ(ok != FALSE, NT_SUCCESS(status));
      if (granted) *granted = got;
      SeReleaseSubjectContext(&subject);
    });
    return status;
  }
  NTSTATUS Check(ACCESS_MASK wanted, ACCESS_MASK* granted = nullptr) { return Check(wanted, &descriptor_, granted); }

  GENERIC_MAPPING mapping_ = {0x1 | READ_CONTROL, 0x2, 0x4, 0x7 | STANDARD_RIGHTS_REQUIRED};
  std::vector<ULONG> everyone_, system_, admins_, guest_;
  alignas(4) UCHAR list_[256] = {};
  SECURITY_DESCRIPTOR descriptor_;
};

TEST_F(AccessTest, AnIdentifierIsWrittenAsItsNumbers) {
  UNICODE_STRING text;
  ASSERT_EQ(RtlConvertSidToUnicodeString(&text, guest_.data(), TRUE), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(reinterpret_cast<char16_t*>(text.Buffer), text.Length / 2u), u"S-1-5-21-1-2-3-501");
  RtlFreeUnicodeString(&text);
  EXPECT_TRUE(RtlValidSid(guest_.data()));
  EXPECT_EQ(RtlLengthSid(guest_.data()), 28u);
  EXPECT_EQ(*RtlSubAuthorityCountSid(guest_.data()), 5);
  std::vector<ULONG> copy(7);
  EXPECT_EQ(RtlCopySid(27, copy.data(), guest_.data()), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlCopySid(28, copy.data(), guest_.data()), STATUS_SUCCESS);
  EXPECT_TRUE(RtlEqualSid(copy.data(), guest_.data()));
  copy.back() = 500;
  EXPECT_FALSE(RtlEqualSid(copy.data(), guest_.data()));
}

TEST_F(AccessTest, AListGrantsWhatItsEntriesSay) {
  EXPECT_EQ(Check(GENERIC_READ), STATUS_ACCESS_DENIED);  // an empty list: nobody
  Allow(system_, GENERIC_ALL);
  EXPECT_EQ(Check(GENERIC_READ), STATUS_ACCESS_DENIED);
  Allow(everyone_, GENERIC_READ);
  ACCESS_MASK granted = 0;
  EXPECT_EQ(Check(GENERIC_READ, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, mapping_.GenericRead);
  EXPECT_EQ(Check(GENERIC_READ | GENERIC_WRITE, &granted), STATUS_ACCESS_DENIED);
  EXPECT_EQ(granted, 0u);
  Allow(admins_, 0x2);
  EXPECT_EQ(Check(GENERIC_READ | GENERIC_WRITE), STATUS_SUCCESS);  // from two entries
  EXPECT_EQ(Check(0x4), STATUS_ACCESS_DENIED);
}

TEST_F(AccessTest, TheFirstEntryThatSpeaksDecides) {
  Deny(everyone_, 0x2);
  Allow(admins_, GENERIC_ALL);
  EXPECT_EQ(Check(0x2), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Check(0x5), STATUS_SUCCESS);
  ACCESS_MASK granted = 0;
  EXPECT_EQ(Check(MAXIMUM_ALLOWED, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted & 0x7, 0x5u);
  Deny(admins_, 0x4);
  EXPECT_EQ(Check(0x4), STATUS_SUCCESS);  // allowed before it was denied
}

TEST_F(AccessTest, AnEntryOnlyForHeirsGrantsNothing) {
  Allow(everyone_, GENERIC_ALL, 8 | 2);
  EXPECT_EQ(Check(0x1), STATUS_ACCESS_DENIED);
}

TEST_F(AccessTest, TheOwnerMayAlwaysReadAndChangeTheList) {
  RtlSetOwnerSecurityDescriptor(&descriptor_, admins_.data(), FALSE);
  EXPECT_EQ(Check(READ_CONTROL | WRITE_DAC), STATUS_SUCCESS);
  RtlSetOwnerSecurityDescriptor(&descriptor_, guest_.data(), FALSE);
  EXPECT_EQ(Check(READ_CONTROL), STATUS_ACCESS_DENIED);
}

TEST_F(AccessTest, NoListMeansNoLimitAndNoDescriptorMeansNo) {
  RtlSetDaclSecurityDescriptor(&descriptor_, TRUE, nullptr, FALSE);
  EXPECT_EQ(Check(GENERIC_ALL), STATUS_SUCCESS);
  RtlSetDaclSecurityDescriptor(&descriptor_, FALSE, nullptr, FALSE);
  EXPECT_EQ(Check(GENERIC_ALL), STATUS_SUCCESS);
  EXPECT_EQ(Check(0x1, static_cast<PSECURITY_DESCRIPTOR>(nullptr)), STATUS_ACCESS_DENIED);
}

TEST_F(AccessTest, TheKernelIsNotAsked) {
  ACCESS_MASK granted = 0;
  EXPECT_EQ(Check(0x2, &descriptor_, &granted, KernelMode), STATUS_SUCCESS);
  EXPECT_EQ(granted, 0x2u);
  EXPECT_TRUE(SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_TCB_PRIVILEGE), KernelMode));
}

TEST_F(AccessTest, AnApplicationHasAnAdministratorsPrivileges) {
  bool tcb = true, load = false, admin = false;
  AsApplication([&] {
    tcb = SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_TCB_PRIVILEGE), UserMode);
    load = SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOAD_DRIVER_PRIVILEGE), UserMode);
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
    admin = SeTokenIsAdmin(token);
    PsDereferencePrimaryToken(token);
  });
  EXPECT_FALSE(tcb);
  EXPECT_TRUE(load);
  EXPECT_TRUE(admin);
}

TEST_F(AccessTest, ADescriptorInOnePieceSaysTheSame) {
  Allow(everyone_, GENERIC_READ);
  RtlSetOwnerSecurityDescriptor(&descriptor_, guest_.data(), FALSE);
  RtlSetGroupSecurityDescriptor(&descriptor_, system_.data(), TRUE);
  ULONG bytes = 0;
  EXPECT_EQ(RtlAbsoluteToSelfRelativeSD(&descriptor_, nullptr, &bytes), STATUS_BUFFER_TOO_SMALL);
  std::vector<ULONG> piece(bytes / 4);
  ASSERT_EQ(RtlAbsoluteToSelfRelativeSD(&descriptor_, piece.data(), &bytes), STATUS_SUCCESS);
  EXPECT_EQ(RtlLengthSecurityDescriptor(piece.data()), bytes);
  EXPECT_TRUE(RtlValidSecurityDescriptor(piece.data()));
  EXPECT_TRUE(SeValidSecurityDescriptor(bytes, piece.data()));
  EXPECT_TRUE(RtlValidRelativeSecurityDescriptor(piece.data(), bytes, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION));
  EXPECT_FALSE(RtlValidRelativeSecurityDescriptor(piece.data(), bytes, SACL_SECURITY_INFORMATION));
  for (ULONG shorter = 0; shorter < bytes; shorter += 4) EXPECT_FALSE(RtlValidRelativeSecurityDescriptor(piece.data(), shorter, 0)) << shorter;
  PSID owner;
  BOOLEAN flag, present;
  ASSERT_EQ(RtlGetOwnerSecurityDescriptor(piece.data(), &owner, &flag), STATUS_SUCCESS);
  EXPECT_TRUE(RtlEqualSid(owner, guest_.data()));
  EXPECT_FALSE(flag);
  ASSERT_EQ(RtlGetGroupSecurityDescriptor(piece.data(), &owner, &flag), STATUS_SUCCESS);
  EXPECT_TRUE(RtlEqualSid(owner, system_.data()));
  EXPECT_TRUE(flag);
  PACL dacl;
  ASSERT_EQ(RtlGetDaclSecurityDescriptor(piece.data(), &present, &dacl, &flag), STATUS_SUCCESS);
  EXPECT_TRUE(present);
  EXPECT_EQ(dacl->AceCount, 1);
  PSECURITY_DESCRIPTOR relative = piece.data();
  EXPECT_EQ(Check(GENERIC_READ, relative), STATUS_SUCCESS);
  EXPECT_EQ(Check(GENERIC_WRITE, relative), STATUS_ACCESS_DENIED);
  EXPECT_EQ(RtlSetOwnerSecurityDescriptor(piece.data(), nullptr, FALSE), STATUS_INVALID_SECURITY_DESCR);
}

TEST_F(AccessTest, AFullListTakesNoMore) {
  NTSTATUS status;
  int count = 0;
  while (NT_SUCCESS(status = RtlAddAccessAllowedAce(acl(), ACL_REVISION, 1, admins_.data()))) ++count;
  EXPECT_EQ(status, STATUS_ALLOTTED_SPACE_EXCEEDED);
  EXPECT_EQ(count, static_cast<int>((sizeof list_ - sizeof(ACL)) / 24));
  EXPECT_EQ(acl()->AceCount, count);
  EXPECT_TRUE(RtlValidSecurityDescriptor(&descriptor_));
  acl()->AceCount++;  // an entry that is not there
  EXPECT_FALSE(RtlValidSecurityDescriptor(&descriptor_));
  EXPECT_EQ(RtlCreateAcl(acl(), 4, ACL_REVISION), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlCreateSecurityDescriptor(&descriptor_, 2), STATUS_UNKNOWN_REVISION);
}

}  // namespace
}  // namespace drydock::nt
