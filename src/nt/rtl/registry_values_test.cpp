// RtlQueryRegistryValues and its kin.
#include <ntddk.h>

#include <cstring>
#include <string>
#include <vector>

#include "nt/cm/registry.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

struct Seen {
  std::u16string name;
  ULONG type;
  std::vector<UCHAR> data;
};

class RegistryValuesTest : public testing::BothExecutors {
 protected:
  void SetUp() override {
    BothExecutors::SetUp();
    ASSERT_EQ(cm::LoadText(*kernel_,
                           "Windows Registry Editor Version 5.00\n"
                           "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\T]\n"
                           "\"Number\"=dword:2a\n\"Text\"=\"words\"\n\"List\"=hex(7):61,00,00,00,62,00,00,00,00,00\n"
                           "\"Bytes\"=hex:01,02,03,04,05,06\n"
                           "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\T\\Sub]\n\"Inner\"=dword:7\n"),
              "");
  }
  static PWSTR W(const char16_t* text) { return reinterpret_cast<PWSTR>(const_cast<char16_t*>(text)); }
  NTSTATUS Query(std::vector<RTL_QUERY_REGISTRY_TABLE> table, const char16_t* path = u"T") {
    table.push_back({});
    seen_.clear();
    return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, W(path), table.data(), &seen_, nullptr);
  }
  static NTSTATUS Note(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID) {
    auto* bytes = static_cast<UCHAR*>(data);
    static_cast<std::vector<Seen>*>(context)->push_back(
        {name ? std::u16string(reinterpret_cast<char16_t*>(name)) : std::u16string(u"(none)"), type, {bytes, bytes + length}});
    return STATUS_SUCCESS;
  }
  static RTL_QUERY_REGISTRY_TABLE Direct(const char16_t* name, PVOID where, ULONG flags = 0) {
    return {nullptr, RTL_QUERY_REGISTRY_DIRECT | flags, W(name), where, REG_NONE, nullptr, 0};
  }
  std::vector<Seen> seen_;
};
DRYDOCK_BOTH_EXECUTORS(RegistryValuesTest);

TEST_P(RegistryValuesTest, DirectEntriesStoreWhatTheyFind) {
  ULONG number = 0, absent = 9, fallback = 11;
  UNICODE_STRING text = {};
  RTL_QUERY_REGISTRY_TABLE with_default = Direct(u"Absent2", &absent);
  with_default.DefaultType = REG_DWORD;
  with_default.DefaultData = &fallback;
  with_default.DefaultLength = sizeof fallback;
  ASSERT_EQ(Query({Direct(u"Number", &number), Direct(u"Text", &text), Direct(u"Absent", &absent), with_default}), STATUS_SUCCESS);
  EXPECT_EQ(number, 42u);
  EXPECT_EQ(absent, 11u);
  EXPECT_EQ(std::u16string(reinterpret_cast<char16_t*>(text.Buffer), text.Length / 2u), u"words");
  RtlFreeUnicodeString(&text);
  WCHAR small[3];
  text = {0, sizeof small, small};
  EXPECT_EQ(Query({Direct(u"Text", &text)}), STATUS_BUFFER_TOO_SMALL);
}

TEST_P(RegistryValuesTest, LargerBinaryDataNeedsABufferThatTellsItsSize) {
  alignas(4) UCHAR buffer[16];
  LONG size = -16;
  std::memcpy(buffer, &size, sizeof size);
  ASSERT_EQ(Query({Direct(u"Bytes", buffer)}), STATUS_SUCCESS);
  EXPECT_EQ(buffer[0], 1);
  EXPECT_EQ(buffer[5], 6);
  size = 16;
  std::memcpy(buffer, &size, sizeof size);
  ASSERT_EQ(Query({Direct(u"Bytes", buffer)}), STATUS_SUCCESS);
  EXPECT_EQ(reinterpret_cast<ULONG*>(buffer)[0], 6u);
  EXPECT_EQ(reinterpret_cast<ULONG*>(buffer)[1], ULONG{REG_BINARY});
  EXPECT_EQ(buffer[13], 6);
  size = 13;
  std::memcpy(buffer, &size, sizeof size);
  EXPECT_EQ(Query({Direct(u"Bytes", buffer)}), STATUS_BUFFER_TOO_SMALL);
  size = -5;
  std::memcpy(buffer, &size, sizeof size);
  EXPECT_EQ(Query({Direct(u"Bytes", buffer)}), STATUS_BUFFER_TOO_SMALL);
}

TEST_P(RegistryValuesTest, TypesAreCheckedWhenAsked) {
  ULONG number = 0;
  RTL_QUERY_REGISTRY_TABLE entry = Direct(u"Text", &number, RTL_QUERY_REGISTRY_TYPECHECK);
  entry.DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
  EXPECT_EQ(Query({entry}), STATUS_OBJECT_TYPE_MISMATCH);
  entry.Name = W(u"Number");
  EXPECT_EQ(Query({entry}), STATUS_SUCCESS);
  EXPECT_EQ(number, 42u);
  EXPECT_EQ(Query({Direct(u"Text", &number, RTL_QUERY_REGISTRY_NOSTRING)}), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(Query({Direct(u"Nothing", &number, RTL_QUERY_REGISTRY_REQUIRED)}), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_P(RegistryValuesTest, RoutinesAreCalledForEachValue) {
  ASSERT_EQ(Query({{Note, 0, nullptr, nullptr, REG_NONE, nullptr, 0}}), STATUS_SUCCESS);
  ASSERT_EQ(seen_.size(), 5u);  // a list comes in its parts
  EXPECT_EQ(seen_[0].name, u"Number");
  EXPECT_EQ(seen_[2].type, ULONG{REG_SZ});
  EXPECT_EQ(seen_[3].data, (std::vector<UCHAR>{'b', 0, 0, 0}));
  ASSERT_EQ(Query({{Note, RTL_QUERY_REGISTRY_NOEXPAND, W(u"List"), nullptr, REG_NONE, nullptr, 0}}), STATUS_SUCCESS);
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_EQ(seen_[0].type, ULONG{REG_MULTI_SZ});
  auto refuse = [](PWSTR, ULONG, PVOID, ULONG, PVOID, PVOID) -> NTSTATUS { return STATUS_NO_SUCH_MEMBER; };
  EXPECT_EQ(Query({{refuse, 0, nullptr, nullptr, REG_NONE, nullptr, 0}}), STATUS_NO_SUCH_MEMBER);
  EXPECT_EQ(Query({{Note, RTL_QUERY_REGISTRY_NOVALUE, nullptr, nullptr, REG_NONE, nullptr, 0}}), STATUS_SUCCESS);
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_EQ(seen_[0].name, u"(none)");
}

TEST_P(RegistryValuesTest, SubkeysMoveTheFocusUntilTheTopKeyReturns) {
  ULONG inner = 0, number = 0;
  ASSERT_EQ(Query({{nullptr, RTL_QUERY_REGISTRY_SUBKEY, W(u"Sub"), nullptr, REG_NONE, nullptr, 0},
                   Direct(u"Inner", &inner),
                   Direct(u"Number", &number, RTL_QUERY_REGISTRY_TOPKEY)}),
            STATUS_SUCCESS);
  EXPECT_EQ(inner, 7u);
  EXPECT_EQ(number, 42u);
  number = 1;  // entries after a subkey that is not there find nothing, also not in the top key
  ASSERT_EQ(Query({{nullptr, RTL_QUERY_REGISTRY_SUBKEY, W(u"NoSub"), nullptr, REG_NONE, nullptr, 0}, Direct(u"Number", &number)}), STATUS_SUCCESS);
  EXPECT_EQ(number, 1u);
  EXPECT_EQ(Query({{nullptr, RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_REQUIRED, W(u"NoSub"), nullptr, REG_NONE, nullptr, 0}}),
            STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_P(RegistryValuesTest, ADeletedEntryIsReadOnce) {
  ULONG number = 0;
  ASSERT_EQ(Query({Direct(u"Number", &number, RTL_QUERY_REGISTRY_DELETE)}), STATUS_SUCCESS);
  EXPECT_EQ(number, 42u);
  EXPECT_EQ(Query({Direct(u"Number", &number, RTL_QUERY_REGISTRY_REQUIRED)}), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_P(RegistryValuesTest, ValuesAreWrittenAndDeletedByPath) {
  ULONG number = 5;
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_DEVICEMAP, W(u"SERIALCOMM")), STATUS_OBJECT_NAME_NOT_FOUND);
  ASSERT_EQ(RtlWriteRegistryValue(RTL_REGISTRY_DEVICEMAP, W(u"SERIALCOMM"), W(u"\\Device\\Serial0"), REG_DWORD, &number, sizeof number),
            STATUS_SUCCESS);
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, W(u"\\Registry\\Machine\\Hardware\\DeviceMap\\SerialComm")), STATUS_SUCCESS);
  EXPECT_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_DEVICEMAP, W(u"SERIALCOMM"), W(u"\\Device\\Serial0")), STATUS_SUCCESS);
  EXPECT_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_DEVICEMAP, W(u"SERIALCOMM"), W(u"\\Device\\Serial0")), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, W(u"No\\Way")), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(RtlCreateRegistryKey(RTL_REGISTRY_MAXIMUM, W(u"x")), STATUS_INVALID_PARAMETER);
  RTL_QUERY_REGISTRY_TABLE table[2] = {Direct(u"x", &number), {}};
  EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES | RTL_REGISTRY_OPTIONAL, W(u"Nobody"), table, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, W(u"Nobody"), table, nullptr, nullptr), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_P(RegistryValuesTest, AKeyMayBeGivenByHandle) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, W(u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\T"));
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE key;
  ASSERT_EQ(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes), STATUS_SUCCESS);
  ULONG number = 0;
  RTL_QUERY_REGISTRY_TABLE table[2] = {Direct(u"Number", &number), {}};
  EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, static_cast<PCWSTR>(key), table, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(number, 42u);
  ZwClose(key);
}

}  // namespace
}  // namespace drydock::nt
