// Registry keys and values as drivers use them: ZwCreateKey and its kin.
#include <ntddk.h>

#include <string>
#include <vector>

#include "nt/cm/registry.h"
#include "nt/io/driver.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

constexpr char16_t kServices[] = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services";

class KeyTest : public testing::BothExecutors {
 protected:
  static UNICODE_STRING Text(std::u16string_view text) {
    auto bytes = static_cast<USHORT>(text.size() * 2);
    return {bytes, bytes, reinterpret_cast<PWCH>(const_cast<char16_t*>(text.data()))};
  }
  NTSTATUS Create(std::u16string_view path, HANDLE* key, HANDLE root = nullptr, ULONG options = 0, ULONG* disposition = nullptr) {
    UNICODE_STRING name = Text(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
    return ZwCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, nullptr, options, disposition);
  }
  NTSTATUS Open(std::u16string_view path, HANDLE* key, HANDLE root = nullptr) {
    UNICODE_STRING name = Text(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
    return ZwOpenKey(key, KEY_READ, &attributes);
  }
  NTSTATUS Set(HANDLE key, std::u16string_view name, ULONG number) {
    UNICODE_STRING text = Text(name);
    return ZwSetValueKey(key, &text, 0, REG_DWORD, &number, sizeof number);
  }
  NTSTATUS Get(HANDLE key, std::u16string_view name, ULONG* number) {
    UNICODE_STRING text = Text(name);
    alignas(8) UCHAR buffer[64];
    ULONG length;
    NTSTATUS status = ZwQueryValueKey(key, &text, KeyValuePartialInformation, buffer, sizeof buffer, &length);
    if (NT_SUCCESS(status)) *number = *reinterpret_cast<ULONG*>(reinterpret_cast<KEY_VALUE_PARTIAL_INFORMATION*>(buffer)->Data);
    return status;
  }
  std::u16string NameOf(HANDLE key) {
    alignas(8) UCHAR buffer[512];
    ULONG length;
    EXPECT_EQ(ZwQueryKey(key, KeyNameInformation, buffer, sizeof buffer, &length), STATUS_SUCCESS);
    auto* info = reinterpret_cast<KEY_NAME_INFORMATION*>(buffer);
    return {reinterpret_cast<char16_t*>(info->Name), info->NameLength / 2};
  }
  std::u16string Service(const char16_t* name) { return std::u16string(kServices) + u"\\" + name; }
};
DRYDOCK_BOTH_EXECUTORS(KeyTest);

TEST_P(KeyTest, AKeyIsMadeOnceAndFoundInAnyCase) {
  HANDLE first, second;
  ULONG disposition = 0;
  ASSERT_EQ(Create(Service(u"Thing"), &first, nullptr, 0, &disposition), STATUS_SUCCESS);
  EXPECT_EQ(disposition, ULONG{REG_CREATED_NEW_KEY});
  ASSERT_EQ(Create(Service(u"THING\\"), &second, nullptr, 0, &disposition), STATUS_SUCCESS);
  EXPECT_EQ(disposition, ULONG{REG_OPENED_EXISTING_KEY});
  EXPECT_EQ(Set(first, u"Count", 7), STATUS_SUCCESS);
  ULONG number = 0;
  EXPECT_EQ(Get(second, u"cOUNT", &number), STATUS_SUCCESS);
  EXPECT_EQ(number, 7u);
  EXPECT_EQ(NameOf(second), Service(u"Thing"));  // the case of the first creation
  ZwClose(first);
  ZwClose(second);
}

TEST_P(KeyTest, OnlyTheLastKeyOfAPathIsMade) {
  HANDLE key;
  EXPECT_EQ(Create(Service(u"Absent\\Below"), &key), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Open(Service(u"Absent"), &key), STATUS_OBJECT_NAME_NOT_FOUND);  // nothing was left on the way
  EXPECT_EQ(Create(u"relative\\without\\root", &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(Open(u"\\Registrywrong", &key), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Create(Service(std::u16string(256, u'x').c_str()), &key), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Create(Service(u"Link"), &key, nullptr, REG_OPTION_CREATE_LINK), STATUS_NOT_SUPPORTED);
}

TEST_P(KeyTest, ARootDirectoryLeadsRelativeNames) {
  HANDLE top, below, again;
  ASSERT_EQ(Create(Service(u"Thing"), &top), STATUS_SUCCESS);
  ASSERT_EQ(Create(u"Parameters", &below, top), STATUS_SUCCESS);
  EXPECT_EQ(NameOf(below), Service(u"Thing\\Parameters"));
  ASSERT_EQ(Open(u"", &again, below), STATUS_SUCCESS);  // the key itself once more
  EXPECT_EQ(NameOf(again), NameOf(below));
  HANDLE wrong;
  EXPECT_EQ(Open(u"\\Parameters", &wrong, top), STATUS_OBJECT_PATH_SYNTAX_BAD);
  for (HANDLE key : {top, below, again}) ZwClose(key);
}

TEST_P(KeyTest, AValueTellsTheRoomItNeeds) {
  HANDLE key;
  ASSERT_EQ(Create(Service(u"Thing"), &key), STATUS_SUCCESS);
  UNICODE_STRING name = Text(u"Data");
  UCHAR data[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  ASSERT_EQ(ZwSetValueKey(key, &name, 0, REG_BINARY, data, sizeof data), STATUS_SUCCESS);
  alignas(8) UCHAR buffer[64];
  ULONG length = 0;
  constexpr ULONG kFixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
  EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, nullptr, 0, &length), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(length, kFixed + 10);
  auto* partial = reinterpret_cast<KEY_VALUE_PARTIAL_INFORMATION*>(buffer);
  EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, kFixed + 4, &length), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(partial->DataLength, 10u);
  EXPECT_EQ(partial->Data[3], 4);
  EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, length, &length), STATUS_SUCCESS);
  EXPECT_EQ(std::vector<UCHAR>(partial->Data, partial->Data + 10), std::vector<UCHAR>(data, data + 10));
  auto* full = reinterpret_cast<KEY_VALUE_FULL_INFORMATION*>(buffer);
  EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValueFullInformation, buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(full->NameLength, 8u);
  EXPECT_EQ(buffer[full->DataOffset + 9], 10);
  EXPECT_EQ(length, full->DataOffset + 10);
  auto* aligned = reinterpret_cast<KEY_VALUE_PARTIAL_INFORMATION_ALIGN64*>(buffer);
  EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformationAlign64, buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(aligned->DataLength, 10u);
  EXPECT_EQ(aligned->Data[9], 10);
  EXPECT_EQ(ZwQueryValueKey(key, &name, MaxKeyValueInfoClass, buffer, sizeof buffer, &length), STATUS_INVALID_PARAMETER);
  ZwClose(key);
}

TEST_P(KeyTest, KeysAndValuesAreEnumeratedToTheEnd) {
  HANDLE key, below;
  ASSERT_EQ(Create(Service(u"Thing"), &key), STATUS_SUCCESS);
  for (const char16_t* name : {u"beta", u"Alpha"}) {
    ASSERT_EQ(Create(name, &below, key), STATUS_SUCCESS);
    ZwClose(below);
  }
  Set(key, u"Zero", 0);
  Set(key, u"One", 1);
  alignas(8) UCHAR buffer[128];
  ULONG length;
  std::vector<std::u16string> keys, values;
  NTSTATUS status;
  for (ULONG i = 0; NT_SUCCESS(status = ZwEnumerateKey(key, i, KeyBasicInformation, buffer, sizeof buffer, &length)); ++i) {
    auto* info = reinterpret_cast<KEY_BASIC_INFORMATION*>(buffer);
    keys.emplace_back(reinterpret_cast<char16_t*>(info->Name), info->NameLength / 2);
  }
  EXPECT_EQ(status, STATUS_NO_MORE_ENTRIES);
  for (ULONG i = 0; NT_SUCCESS(status = ZwEnumerateValueKey(key, i, KeyValueBasicInformation, buffer, sizeof buffer, &length)); ++i) {
    auto* info = reinterpret_cast<KEY_VALUE_BASIC_INFORMATION*>(buffer);
    values.emplace_back(reinterpret_cast<char16_t*>(info->Name), info->NameLength / 2);
  }
  EXPECT_EQ(status, STATUS_NO_MORE_ENTRIES);
  EXPECT_EQ(keys, (std::vector<std::u16string>{u"Alpha", u"beta"}));
  EXPECT_EQ(values, (std::vector<std::u16string>{u"Zero", u"One"}));
  auto* full = reinterpret_cast<KEY_FULL_INFORMATION*>(buffer);
  ASSERT_EQ(ZwQueryKey(key, KeyFullInformation, buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(full->SubKeys, 2u);
  EXPECT_EQ(full->Values, 2u);
  EXPECT_EQ(full->MaxNameLen, 10u);
  EXPECT_EQ(full->MaxValueNameLen, 8u);
  EXPECT_EQ(full->MaxValueDataLen, 4u);
  ZwClose(key);
}

TEST_P(KeyTest, ADeletedKeyAnswersSoThroughItsOtherHandles) {
  HANDLE top, below, other;
  ASSERT_EQ(Create(Service(u"Thing"), &top), STATUS_SUCCESS);
  ASSERT_EQ(Create(u"Below", &below, top), STATUS_SUCCESS);
  ASSERT_EQ(Open(Service(u"Thing\\Below"), &other), STATUS_SUCCESS);
  EXPECT_EQ(ZwDeleteKey(top), STATUS_CANNOT_DELETE);  // it has a subkey
  EXPECT_EQ(ZwDeleteKey(below), STATUS_SUCCESS);
  ULONG number;
  EXPECT_EQ(Get(other, u"x", &number), STATUS_KEY_DELETED);
  EXPECT_EQ(Set(other, u"x", 1), STATUS_KEY_DELETED);
  EXPECT_EQ(ZwDeleteKey(other), STATUS_KEY_DELETED);
  HANDLE nothing;
  EXPECT_EQ(Open(u"", &nothing, other), STATUS_KEY_DELETED);
  EXPECT_EQ(Create(u"y", &nothing, other), STATUS_KEY_DELETED);
  EXPECT_EQ(ZwDeleteKey(top), STATUS_SUCCESS);
  EXPECT_EQ(Open(Service(u"Thing"), &nothing), STATUS_OBJECT_NAME_NOT_FOUND);
  for (HANDLE key : {top, below, other}) ZwClose(key);
}

TEST_P(KeyTest, AValueCanBeDeletedOnce) {
  HANDLE key;
  ASSERT_EQ(Create(Service(u"Thing"), &key), STATUS_SUCCESS);
  Set(key, u"x", 1);
  UNICODE_STRING name = Text(u"X");
  EXPECT_EQ(ZwDeleteValueKey(key, &name), STATUS_SUCCESS);
  EXPECT_EQ(ZwDeleteValueKey(key, &name), STATUS_OBJECT_NAME_NOT_FOUND);
  UNICODE_STRING unnamed = Text(u"");
  ULONG number = 5;
  EXPECT_EQ(ZwSetValueKey(key, &unnamed, 0, REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
  EXPECT_EQ(Get(key, u"", &number), STATUS_SUCCESS);
  ZwClose(key);
}

TEST_P(KeyTest, AStableKeyCannotLieBelowAVolatileOne) {
  HANDLE top, below;
  ASSERT_EQ(Create(Service(u"Passing"), &top, nullptr, REG_OPTION_VOLATILE), STATUS_SUCCESS);
  EXPECT_EQ(Create(u"Stays", &below, top), STATUS_CHILD_MUST_BE_VOLATILE);
  ASSERT_EQ(Create(u"Passes", &below, top, REG_OPTION_VOLATILE), STATUS_SUCCESS);
  ZwClose(below);
  ZwClose(top);
}

TEST_P(KeyTest, ARenamedKeyKeepsItsValuesAndHandles) {
  HANDLE key, other, nothing;
  ASSERT_EQ(Create(Service(u"Old"), &key), STATUS_SUCCESS);
  ASSERT_EQ(Create(Service(u"Taken"), &other), STATUS_SUCCESS);
  Set(key, u"x", 3);
  UNICODE_STRING taken = Text(u"TAKEN"), fresh = Text(u"New"), bad = Text(u"a\\b");
  EXPECT_EQ(ZwRenameKey(key, &taken), STATUS_CANNOT_DELETE);
  EXPECT_EQ(ZwRenameKey(key, &bad), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwRenameKey(key, &fresh), STATUS_SUCCESS);
  EXPECT_EQ(NameOf(key), Service(u"New"));
  EXPECT_EQ(Open(Service(u"Old"), &nothing), STATUS_OBJECT_NAME_NOT_FOUND);
  HANDLE again;
  ASSERT_EQ(Open(Service(u"new"), &again), STATUS_SUCCESS);
  ULONG number = 0;
  EXPECT_EQ(Get(again, u"x", &number), STATUS_SUCCESS);
  EXPECT_EQ(number, 3u);
  for (HANDLE handle : {key, other, again}) ZwClose(handle);
}

TEST_P(KeyTest, AHandleOfAnotherTypeIsRefused) {
  HANDLE event;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(Set(event, u"x", 1), STATUS_OBJECT_TYPE_MISMATCH);
  ZwClose(event);
  EXPECT_EQ(Set(event, u"x", 1), STATUS_INVALID_HANDLE);
}

TEST_P(KeyTest, AWriteMovesTheTimeOfTheKey) {
  HANDLE key;
  ASSERT_EQ(Create(Service(u"Thing"), &key), STATUS_SUCCESS);
  auto written = [&] {
    alignas(8) UCHAR buffer[128];
    ULONG length;
    EXPECT_EQ(ZwQueryKey(key, KeyBasicInformation, buffer, sizeof buffer, &length), STATUS_SUCCESS);
    return reinterpret_cast<KEY_BASIC_INFORMATION*>(buffer)->LastWriteTime.QuadPart;
  };
  LONGLONG before = written();
  EXPECT_GT(before, 0);
  LARGE_INTEGER delay{.QuadPart = -10 * 10000};
  KeDelayExecutionThread(KernelMode, FALSE, &delay);
  EXPECT_EQ(written(), before);
  Set(key, u"x", 1);
  EXPECT_GT(written(), before);
  ZwClose(key);
}

TEST_P(KeyTest, ADriverFindsItsServiceKeyAndParameters) {
  static NTSTATUS opened, parameters;
  auto entry = [](DRIVER_OBJECT* driver, UNICODE_STRING* path) -> NTSTATUS {
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, path, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE key, below;
    opened = ZwOpenKey(&key, KEY_READ, &attributes);
    if (NT_SUCCESS(opened)) ZwClose(key);
    parameters = IoOpenDriverRegistryKey(driver, DriverRegKeyParameters, KEY_READ, 0, &below);
    if (NT_SUCCESS(parameters)) ZwClose(below);
    return STATUS_UNSUCCESSFUL;
  };
  io::Driver* driver;
  EXPECT_EQ(io::CreateDriver(*kernel_, u"Reader", entry, {}, &driver), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(opened, STATUS_SUCCESS);
  EXPECT_EQ(parameters, STATUS_SUCCESS);
  HANDLE key;
  ASSERT_EQ(Open(Service(u"Reader\\Parameters"), &key), STATUS_SUCCESS);
  ZwClose(key);
}

TEST_P(KeyTest, ManyTasksChangeOneKeyWithoutLosingAValue) {
  HANDLE key;
  ASSERT_EQ(Create(Service(u"Busy"), &key), STATUS_SUCCESS);
  std::vector<rt::Task*> tasks;
  for (int t = 0; t < 4; ++t)
    tasks.push_back(Start("writer", [=, this] {
      for (int i = 0; i < 40; ++i) {
        std::u16string name = u"v" + std::u16string(1, static_cast<char16_t>(u'A' + t)) + std::u16string(1, static_cast<char16_t>(u'0' + i));
        EXPECT_EQ(Set(key, name, static_cast<ULONG>(i)), STATUS_SUCCESS);
        if (simulated()) executor_->SchedulePoint();
      }
    }));
  for (rt::Task* task : tasks) Join(task);
  alignas(8) UCHAR buffer[128];
  ULONG length;
  ASSERT_EQ(ZwQueryKey(key, KeyFullInformation, buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(reinterpret_cast<KEY_FULL_INFORMATION*>(buffer)->Values, 160u);
  ZwClose(key);
}

}  // namespace
}  // namespace drydock::nt
