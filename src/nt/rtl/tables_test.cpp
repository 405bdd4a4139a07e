// Generic tables of both kinds, names with wildcards, access control entries, CRC-64.
#include <ntifs.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

struct Entry {
  int key;
  int value;
};

RTL_GENERIC_COMPARE_RESULTS Compare(PRTL_GENERIC_TABLE, PVOID a, PVOID b) {
  const int x = static_cast<Entry*>(a)->key, y = static_cast<Entry*>(b)->key;
  return x < y ? GenericLessThan : x > y ? GenericGreaterThan : GenericEqual;
}
PVOID Allocate(PRTL_GENERIC_TABLE table, ULONG bytes) {
  ++*static_cast<int*>(table->TableContext);
  return std::malloc(bytes);
}
VOID Free(PRTL_GENERIC_TABLE table, PVOID memory) {
  --*static_cast<int*>(table->TableContext);
  std::free(memory);
}

class Tables : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }
};

TEST_F(Tables, AGenericTableKeepsKeysSortedAndInsertionsInOrder) {  // nf-ntddk-rtlinitializegenerictable and its kin
  int allocated = 0;
  RTL_GENERIC_TABLE table;
  RtlInitializeGenericTable(&table, Compare, Allocate, Free, &allocated);
  EXPECT_TRUE(RtlIsGenericTableEmpty(&table));
  // A permutation of 0..100 without a pattern that a tree would like.
  std::vector<int> keys;
  for (int i = 0; i < 101; ++i) keys.push_back(i * 37 % 101);
  for (int key : keys) {
    Entry entry{key, key * 10};
    BOOLEAN is_new = FALSE;
    auto* stored = static_cast<Entry*>(RtlInsertElementGenericTable(&table, &entry, sizeof entry, &is_new));
    ASSERT_TRUE(is_new);
    ASSERT_EQ(stored->value, key * 10);
  }
  Entry again{50, 1};
  BOOLEAN is_new = TRUE;
  EXPECT_EQ(static_cast<Entry*>(RtlInsertElementGenericTable(&table, &again, sizeof again, &is_new))->value, 500);
  EXPECT_FALSE(is_new);
  EXPECT_EQ(RtlNumberGenericTableElements(&table), 101u);
  int expected = 0;
  for (auto* at = static_cast<Entry*>(RtlEnumerateGenericTable(&table, TRUE)); at; at = static_cast<Entry*>(RtlEnumerateGenericTable(&table, FALSE)))
    EXPECT_EQ(at->key, expected++);
  EXPECT_EQ(expected, 101);
  PVOID restart = nullptr;
  expected = 0;
  while (auto* at = static_cast<Entry*>(RtlEnumerateGenericTableWithoutSplaying(&table, &restart))) EXPECT_EQ(at->key, expected++);
  EXPECT_EQ(expected, 101);
  for (ULONG i : {0u, 100u, 50u, 51u, 3u}) EXPECT_EQ(static_cast<Entry*>(RtlGetElementGenericTable(&table, i))->key, keys[i]) << i;
  EXPECT_EQ(RtlGetElementGenericTable(&table, 101), nullptr);
  for (int key : {50, 0, 100, 37}) {
    Entry wanted{key, 0};
    EXPECT_TRUE(RtlDeleteElementGenericTable(&table, &wanted));
    EXPECT_EQ(RtlLookupElementGenericTable(&table, &wanted), nullptr);
    EXPECT_FALSE(RtlDeleteElementGenericTable(&table, &wanted));
  }
  EXPECT_EQ(RtlNumberGenericTableElements(&table), 97u);
  while (auto* left = RtlGetElementGenericTable(&table, 0)) RtlDeleteElementGenericTable(&table, left);
  EXPECT_EQ(allocated, 0);
  EXPECT_TRUE(RtlIsGenericTableEmpty(&table));
}

TEST_F(Tables, ASearchCanBeGoneOnWithByAnInsertion) {  // ...Full forms
  int allocated = 0;
  RTL_GENERIC_TABLE table;
  RtlInitializeGenericTable(&table, Compare, Allocate, Free, &allocated);
  for (int key : {5, 9, 7}) {
    Entry entry{key, 0};
    PVOID place;
    TABLE_SEARCH_RESULT where;
    EXPECT_EQ(RtlLookupElementGenericTableFull(&table, &entry, &place, &where), nullptr);
    EXPECT_NE(RtlInsertElementGenericTableFull(&table, &entry, sizeof entry, nullptr, place, where), nullptr);
  }
  EXPECT_EQ(static_cast<Entry*>(RtlEnumerateGenericTable(&table, TRUE))->key, 5);
  EXPECT_EQ(static_cast<Entry*>(RtlEnumerateGenericTable(&table, FALSE))->key, 7);
  while (auto* left = RtlGetElementGenericTable(&table, 0)) RtlDeleteElementGenericTable(&table, left);
}

RTL_GENERIC_COMPARE_RESULTS CompareTens(PRTL_AVL_TABLE, PVOID a, PVOID b) {
  const int x = static_cast<Entry*>(a)->key, y = static_cast<Entry*>(b)->key;
  return x < y ? GenericLessThan : x > y ? GenericGreaterThan : GenericEqual;
}
RTL_GENERIC_COMPARE_RESULTS CompareLoosely(PRTL_AVL_TABLE, PVOID a, PVOID b) {
  const int x = static_cast<Entry*>(a)->key / 10, y = static_cast<Entry*>(b)->key / 10;
  return x < y ? GenericLessThan : x > y ? GenericGreaterThan : GenericEqual;
}
PVOID AllocateAvl(PRTL_AVL_TABLE, ULONG bytes) { return std::malloc(bytes); }
VOID FreeAvl(PRTL_AVL_TABLE, PVOID memory) { std::free(memory); }
NTSTATUS MatchesOdd(PRTL_AVL_TABLE, PVOID user, PVOID data) {
  (void)data;
  return static_cast<Entry*>(user)->key % 2 ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

TEST_F(Tables, ABalancedTableFindsTheFirstOfEqualsAndGoesOnBehindWhatIsGone) {  // rtllookupfirstmatchingelementgenerictableavl, ...likeadirectory
  RTL_AVL_TABLE table;
  RtlInitializeGenericTableAvl(&table, CompareTens, AllocateAvl, FreeAvl, nullptr);
  for (int key : {31, 12, 25, 21, 23, 40}) {
    Entry entry{key, 0};
    RtlInsertElementGenericTableAvl(&table, &entry, sizeof entry, nullptr);
  }
  table.CompareRoutine = CompareLoosely;
  Entry twenties{20, 0};
  PVOID restart = nullptr;
  EXPECT_EQ(static_cast<Entry*>(RtlLookupFirstMatchingElementGenericTableAvl(&table, &twenties, &restart))->key, 21);
  EXPECT_EQ(static_cast<Entry*>(RtlEnumerateGenericTableWithoutSplayingAvl(&table, &restart))->key, 23);
  table.CompareRoutine = CompareTens;
  restart = nullptr;
  ULONG deletes = 0;
  Entry from{13, 0};
  auto* at = static_cast<Entry*>(RtlEnumerateGenericTableLikeADirectory(&table, MatchesOdd, nullptr, FALSE, &restart, &deletes, &from));
  ASSERT_EQ(at->key, 21);
  Entry gone = *at;
  RtlDeleteElementGenericTableAvl(&table, &gone);
  at = static_cast<Entry*>(RtlEnumerateGenericTableLikeADirectory(&table, MatchesOdd, nullptr, TRUE, &restart, &deletes, &gone));
  ASSERT_EQ(at->key, 23);
  while (auto* left = RtlGetElementGenericTableAvl(&table, 0)) RtlDeleteElementGenericTableAvl(&table, left);
}

UNICODE_STRING Text(const char16_t* text) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, reinterpret_cast<PCWSTR>(text));
  return string;
}
bool Matches(const char16_t* expression, const char16_t* name, bool ignore_case = false) {
  UNICODE_STRING e = Text(expression), n = Text(name);
  return FsRtlIsNameInExpression(&e, &n, ignore_case, nullptr);
}

TEST_F(Tables, NamesMatchExpressions) {  // nf-ntifs-_fsrtl_advanced_fcb_header-fsrtlisnameinexpression
  EXPECT_TRUE(Matches(u"*", u"anything.txt"));
  EXPECT_TRUE(Matches(u"*.SYS", u"driver.sys", true));
  EXPECT_FALSE(Matches(u"*.SYS", u"driver.sys"));
  EXPECT_TRUE(Matches(u"a?c", u"abc"));
  EXPECT_FALSE(Matches(u"a?c", u"ac"));
  EXPECT_TRUE(Matches(u"*a*b*", u"xxaxxbxx"));
  EXPECT_TRUE(Matches(u"<.txt", u"a.b.txt")) << "any up to the last dot";
  EXPECT_FALSE(Matches(u"<txt", u"a.txt"));
  EXPECT_TRUE(Matches(u"ab>>>", u"abc")) << "one, or none at the end";
  EXPECT_TRUE(Matches(u"name\"", u"name"));
  EXPECT_TRUE(Matches(u"name\"txt", u"name.txt"));
  EXPECT_FALSE(Matches(u"", u"a"));
  UNICODE_STRING plain = Text(u"a.b"), wild = Text(u"a.?");
  EXPECT_FALSE(FsRtlDoesNameContainWildCards(&plain));
  EXPECT_TRUE(FsRtlDoesNameContainWildCards(&wild));
}

TEST_F(Tables, EntriesAreAddedFoundAndTakenOut) {  // nf-ntifs-rtladdace, rtlgetace, rtldeleteace, rtlallocateandinitializesid
  SID_IDENTIFIER_AUTHORITY nt = {{0, 0, 0, 0, 0, 5}};
  PSID first, second;
  ASSERT_EQ(RtlAllocateAndInitializeSid(&nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &first), STATUS_SUCCESS);
  ASSERT_EQ(RtlAllocateAndInitializeSid(&nt, 2, 32, 545, 0, 0, 0, 0, 0, 0, &second), STATUS_SUCCESS);
  EXPECT_TRUE(RtlEqualPrefixSid(first, second));
  EXPECT_FALSE(RtlEqualSid(first, second));
  alignas(4) char one[128], two[128];
  auto *from = reinterpret_cast<PACL>(one), *to = reinterpret_cast<PACL>(two);
  RtlCreateAcl(from, sizeof one, ACL_REVISION);
  RtlCreateAcl(to, sizeof two, ACL_REVISION);
  RtlAddAccessAllowedAce(from, ACL_REVISION, 1, first);
  RtlAddAccessAllowedAce(to, ACL_REVISION, 2, second);
  PVOID ace;
  ASSERT_EQ(RtlGetAce(from, 0, &ace), STATUS_SUCCESS);
  ASSERT_EQ(RtlAddAce(to, ACL_REVISION, 0, ace, static_cast<PACE_HEADER>(ace)->AceSize), STATUS_SUCCESS);
  EXPECT_EQ(to->AceCount, 2);
  ASSERT_EQ(RtlGetAce(to, 0, &ace), STATUS_SUCCESS);
  EXPECT_EQ(static_cast<PACCESS_ALLOWED_ACE>(ace)->Mask, 1u);
  EXPECT_TRUE(RtlEqualSid(&static_cast<PACCESS_ALLOWED_ACE>(ace)->SidStart, first));
  ASSERT_EQ(RtlDeleteAce(to, 0), STATUS_SUCCESS);
  ASSERT_EQ(RtlGetAce(to, 0, &ace), STATUS_SUCCESS);
  EXPECT_EQ(static_cast<PACCESS_ALLOWED_ACE>(ace)->Mask, 2u);
  EXPECT_EQ(RtlGetAce(to, 1, &ace), STATUS_INVALID_PARAMETER);
  RtlFreeSid(first);
  RtlFreeSid(second);
}

TEST_F(Tables, TokensTellTheirUserGroupsAndPrivileges) {  // nf-ntifs-sequeryinformationtoken, zwopenprocesstokenex, zwqueryinformationtoken
  PACCESS_TOKEN system = PsReferencePrimaryToken(PsInitialSystemProcess);
  PTOKEN_USER user = nullptr;
  ASSERT_EQ(SeQueryInformationToken(system, TokenUser, reinterpret_cast<PVOID*>(&user)), STATUS_SUCCESS);
  UNICODE_STRING text;
  ASSERT_EQ(RtlConvertSidToUnicodeString(&text, user->User.Sid, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(reinterpret_cast<char16_t*>(text.Buffer), text.Length / 2), u"S-1-5-18");
  RtlFreeUnicodeString(&text);
  ExFreePool(user);
  HANDLE token;
  ASSERT_EQ(ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &token), STATUS_SUCCESS);
  ULONG length = 0;
  EXPECT_EQ(ZwQueryInformationToken(token, TokenGroups, nullptr, 0, &length), STATUS_BUFFER_TOO_SMALL);
  std::vector<uint64_t> room((length + 7) / 8);
  ASSERT_EQ(ZwQueryInformationToken(token, TokenGroups, room.data(), length, &length), STATUS_SUCCESS);
  auto* groups = reinterpret_cast<PTOKEN_GROUPS>(room.data());
  ASSERT_EQ(groups->GroupCount, 3u);
  for (ULONG i = 0; i < groups->GroupCount; ++i) EXPECT_TRUE(RtlValidSid(groups->Groups[i].Sid));
  TOKEN_ELEVATION elevation;
  ASSERT_EQ(ZwQueryInformationToken(token, TokenElevation, &elevation, sizeof elevation, &length), STATUS_SUCCESS);
  EXPECT_NE(elevation.TokenIsElevated, 0u);
  ZwClose(token);
  EXPECT_EQ(ZwOpenThreadTokenEx(ZwCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &token), STATUS_NO_TOKEN);
  Process* process = ps::CreateProcess(*kernel_, "service.exe");
  process->local_service = true;
  SECURITY_SUBJECT_CONTEXT subject{};
  subject.PrimaryToken = PsReferencePrimaryToken(reinterpret_cast<PEPROCESS>(process));
  PRIVILEGE_SET debug = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{SE_DEBUG_PRIVILEGE, 0}, 0}}};
  EXPECT_FALSE(SePrivilegeCheck(&debug, &subject, UserMode));
  subject.PrimaryToken = system;
  EXPECT_TRUE(SePrivilegeCheck(&debug, &subject, UserMode));
}

TEST_F(Tables, Crc64OfPiecesIsThatOfTheWhole) {  // nf-wdm-rtlcrc64
  const char* text = "123456789";
  const ULONGLONG whole = RtlCrc64(text, 9, ~0ull);
  EXPECT_EQ(RtlCrc64(text + 4, 5, RtlCrc64(text, 4, ~0ull)), whole);
  EXPECT_EQ(whole, 0x75D4B74F024ECEEAu) << "the check value of this polynomial";
  EXPECT_NE(RtlCrc64("123456788", 9, ~0ull), whole);
  char zeros[16] = {};
  EXPECT_TRUE(RtlIsZeroMemory(zeros, sizeof zeros));
  zeros[15] = 1;
  EXPECT_FALSE(RtlIsZeroMemory(zeros, sizeof zeros));
  EXPECT_TRUE(RtlConstantTimeEqualMemory(text, "123456789", 9));
}

}  // namespace
}  // namespace drydock::nt
