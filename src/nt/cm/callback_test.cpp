// Registry callbacks (nf-wdm-cmregistercallbackex, ne-wdm-_reg_notify_class), several values at once, the time of a key.
#include <ntddk.h>

#include <string>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

UNICODE_STRING Text(const char16_t* text) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, reinterpret_cast<PCWSTR>(text));
  return string;
}

struct Watch {
  std::string name;
  std::vector<std::string>* log = nullptr;
  REG_NOTIFY_CLASS refuses = MaxRegNtNotifyClass;
  NTSTATUS with = STATUS_ACCESS_DENIED;
  LARGE_INTEGER cookie{};
};

const char* NameOf(REG_NOTIFY_CLASS kind) {
  switch (kind) {
    case RegNtPreCreateKeyEx: return "pre create";
    case RegNtPostCreateKeyEx: return "post create";
    case RegNtPreOpenKeyEx: return "pre open";
    case RegNtPostOpenKeyEx: return "post open";
    case RegNtPreSetValueKey: return "pre set";
    case RegNtPostSetValueKey: return "post set";
    case RegNtPreDeleteKey: return "pre delete";
    case RegNtPostDeleteKey: return "post delete";
    case RegNtPreKeyHandleClose: return "pre close";
    case RegNtPostKeyHandleClose: return "post close";
    case RegNtCallbackObjectContextCleanup: return "cleanup";
    default: return "other";
  }
}

NTSTATUS OnRegistry(PVOID context, PVOID kind_argument, PVOID information) {
  auto& watch = *static_cast<Watch*>(context);
  const auto kind = static_cast<REG_NOTIFY_CLASS>(reinterpret_cast<ULONG_PTR>(kind_argument));
  std::string line = watch.name + " " + NameOf(kind);
  switch (kind) {
    case RegNtPreCreateKeyEx:
    case RegNtPreOpenKeyEx: line += " " + ob::ToUtf8(ob::View(static_cast<PREG_CREATE_KEY_INFORMATION>(information)->CompleteName)); break;
    case RegNtPreSetValueKey: {
      auto* set = static_cast<PREG_SET_VALUE_KEY_INFORMATION>(information);
      line += " " + ob::ToUtf8(ob::View(set->ValueName));
      set->CallContext = &watch;
      PVOID old = nullptr;
      EXPECT_EQ(CmSetCallbackObjectContext(set->Object, &watch.cookie, &watch, &old), STATUS_SUCCESS);
      PCUNICODE_STRING path = nullptr;
      EXPECT_EQ(CmCallbackGetKeyObjectIDEx(&watch.cookie, set->Object, nullptr, &path, 0), STATUS_SUCCESS);
      line += " in " + ob::ToUtf8(ob::View(path));
      CmCallbackReleaseKeyObjectIDEx(path);
      break;
    }
    case RegNtPostSetValueKey: {
      auto* post = static_cast<PREG_POST_OPERATION_INFORMATION>(information);
      EXPECT_EQ(post->CallContext, &watch);
      EXPECT_EQ(post->ObjectContext, &watch);
      line += NT_SUCCESS(post->Status) ? " done" : " failed";
      break;
    }
    default: break;
  }
  watch.log->push_back(line);
  return kind == watch.refuses ? watch.with : STATUS_SUCCESS;
}

class RegistryCallbacks : public testing::KernelFixture {
 protected:
  void SetUp() override {
    Make(rt::ExecutorKind::kSimulated);
    name_ = Text(u"\\Registry\\Machine\\Software\\Test");
    InitializeObjectAttributes(&attributes_, &name_, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  }
  void Register(Watch& watch, const char16_t* altitude) {
    watch.log = &log_;
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, reinterpret_cast<PCWSTR>(altitude));
    ASSERT_EQ(CmRegisterCallbackEx(OnRegistry, &text, nullptr, &watch, &watch.cookie, nullptr), STATUS_SUCCESS);
  }
  NTSTATUS Set(HANDLE key, const char16_t* name, ULONG value) {
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, reinterpret_cast<PCWSTR>(name));
    return ZwSetValueKey(key, &text, 0, REG_DWORD, &value, sizeof value);
  }
  UNICODE_STRING name_;
  OBJECT_ATTRIBUTES attributes_;
  std::vector<std::string> log_;
};

TEST_F(RegistryCallbacks, HearWhatIsDoneBeforeAndAfterUntilTheObjectGoes) {
  Watch low{"low"}, high{"high"};
  Register(low, u"100");
  Register(high, u"200");
  HANDLE key;
  ASSERT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes_, 0, nullptr, 0, nullptr), STATUS_SUCCESS);
  ASSERT_EQ(Set(key, u"Level", 3), STATUS_SUCCESS);
  ZwClose(key);
  const std::string path = "\\Registry\\Machine\\Software\\Test";
  EXPECT_EQ(log_, (std::vector<std::string>{"high pre create " + path, "low pre create " + path, "low post create", "high post create",
                                            "high pre set Level in " + path, "low pre set Level in " + path, "low post set done",
                                            "high post set done", "high pre close", "low pre close", "low post close", "high post close",
                                            "high cleanup", "low cleanup"}));
  EXPECT_EQ(CmUnRegisterCallback(low.cookie), STATUS_SUCCESS);
  EXPECT_EQ(CmUnRegisterCallback(low.cookie), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(CmUnRegisterCallback(high.cookie), STATUS_SUCCESS);
  log_.clear();
  ASSERT_EQ(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes_), STATUS_SUCCESS);
  ZwClose(key);
  EXPECT_TRUE(log_.empty());
}

TEST_F(RegistryCallbacks, RefuseAnOperationAndThoseAboveHearOfIt) {
  HANDLE key;
  ASSERT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes_, 0, nullptr, 0, nullptr), STATUS_SUCCESS);
  Watch low{"low"}, middle{"middle", nullptr, RegNtPreSetValueKey, STATUS_ACCESS_DENIED}, high{"high"};
  Register(high, u"300");
  Register(middle, u"200");
  Register(low, u"100");
  EXPECT_EQ(Set(key, u"Level", 3), STATUS_ACCESS_DENIED);
  EXPECT_EQ(log_.back(), "high post set failed");
  EXPECT_EQ(log_.size(), 3u) << "the one below was not asked";
  middle.with = STATUS_CALLBACK_BYPASS;
  EXPECT_EQ(Set(key, u"Level", 3), STATUS_SUCCESS);
  UNICODE_STRING level = Text(u"Level");
  ULONG length;
  EXPECT_EQ(ZwQueryValueKey(key, &level, KeyValuePartialInformation, nullptr, 0, &length), STATUS_OBJECT_NAME_NOT_FOUND)
      << "answered in the registry's place";
  for (Watch* watch : {&low, &middle, &high}) CmUnRegisterCallback(watch->cookie);
  ZwClose(key);
}

TEST_F(RegistryCallbacks, RefuseTheOpeningOfAKey) {
  Watch watch{"w", nullptr, RegNtPreOpenKeyEx, STATUS_ACCESS_DENIED};
  Register(watch, u"1");
  UNICODE_STRING same = Text(u"1");
  LARGE_INTEGER cookie;
  EXPECT_EQ(CmRegisterCallbackEx(OnRegistry, &same, nullptr, &watch, &cookie, nullptr), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
  HANDLE key;
  ASSERT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes_, 0, nullptr, 0, nullptr), STATUS_SUCCESS);
  ZwClose(key);
  EXPECT_EQ(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes_), STATUS_ACCESS_DENIED);
  CmUnRegisterCallback(watch.cookie);
}

TEST_F(RegistryCallbacks, SeveralValuesAreReadAtOnce) {  // nf-wdm-zwquerymultiplevaluekey (REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION)
  HANDLE key;
  ASSERT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes_, 0, nullptr, 0, nullptr), STATUS_SUCCESS);
  Set(key, u"A", 1);
  Set(key, u"B", 2);
  UNICODE_STRING a = Text(u"A"), b = Text(u"B");
  KEY_VALUE_ENTRY entries[2] = {{&a}, {&b}};
  ULONG values[2] = {}, length = 4, needed = 0;
  EXPECT_EQ(ZwQueryMultipleValueKey(key, entries, 2, values, &length, &needed), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(needed, 8u);
  length = sizeof values;
  ASSERT_EQ(ZwQueryMultipleValueKey(key, entries, 2, values, &length, &needed), STATUS_SUCCESS);
  EXPECT_EQ(values[0], 1u);
  EXPECT_EQ(values[1], 2u);
  EXPECT_EQ(entries[1].DataOffset, 4u);
  KEY_WRITE_TIME_INFORMATION time;
  time.LastWriteTime.QuadPart = 12345;
  ASSERT_EQ(ZwSetInformationKey(key, KeyWriteTimeInformation, &time, sizeof time), STATUS_SUCCESS);
  KEY_FULL_INFORMATION full;
  ZwQueryKey(key, KeyFullInformation, &full, sizeof full, &needed);
  EXPECT_EQ(full.LastWriteTime.QuadPart, 12345);
  ZwClose(key);
}

}  // namespace
}  // namespace drydock::nt
