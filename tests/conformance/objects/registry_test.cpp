// WdfRegistry... functions.
#include <cstring>

#include "rig.h"

namespace drydock::test {
namespace {

WDFKEY Parameters(WDFDRIVER driver, ACCESS_MASK access = KEY_READ | KEY_WRITE | DELETE) {
  WDFKEY key = nullptr;
  EXPECT_EQ(S(WdfDriverOpenParametersRegistryKey(driver, access, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
  return key;
}

WDFSTRING NewString(const char16_t* text = nullptr) {
  UNICODE_STRING source = Text(text ? text : u"");
  WDFSTRING string = nullptr;
  EXPECT_EQ(S(WdfStringCreate(text ? &source : nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
  return string;
}

std::u16string TextOf(WDFOBJECT string) {
  UNICODE_STRING text;
  WdfStringGetUnicodeString(static_cast<WDFSTRING>(string), &text);
  return Text(text);
}

CONFORMANCE(Registry, TheParametersKeyIsMadeWhenMissing, "DRV-09", "REG-12") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY key = Parameters(hooks.driver);
    EXPECT_NE(WdfRegistryWdmGetHandle(key), nullptr);
    WdfRegistryClose(key);
    WdfRegistryClose(Parameters(hooks.driver));
  });
}

CONFORMANCE(Registry, KeysAreOpenedAndCreatedBelowOthers, "REG-02", "REG-03", "REG-04") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY parent = Parameters(hooks.driver), key = nullptr;
    UNICODE_STRING name = Text(u"Sub"), missing = Text(u"Missing"), full = Text(u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\rig");
    EXPECT_EQ(S(WdfRegistryOpenKey(parent, &missing, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_OBJECT_NAME_NOT_FOUND));
    EXPECT_EQ(key, nullptr);
    ULONG disposition = 0;
    ASSERT_EQ(S(WdfRegistryCreateKey(parent, &name, KEY_READ, 0, &disposition, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    EXPECT_EQ(disposition, static_cast<ULONG>(REG_CREATED_NEW_KEY));
    WdfRegistryClose(key);
    ASSERT_EQ(S(WdfRegistryCreateKey(parent, &name, KEY_READ, 0, &disposition, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    EXPECT_EQ(disposition, static_cast<ULONG>(REG_OPENED_EXISTING_KEY));
    WdfRegistryClose(key);
    ASSERT_EQ(S(WdfRegistryOpenKey(nullptr, &full, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    WdfRegistryClose(key);
    WdfRegistryClose(parent);
  });
}

CONFORMANCE(Registry, NumbersAndRawValues, "REG-05", "REG-06", "REG-07", "REG-09", "DEVX-59") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY key = Parameters(hooks.driver);
    UNICODE_STRING number = Text(u"Number"), raw = Text(u"Raw"), empty = Text(u"Empty"), missing = Text(u"Missing");
    ULONG value = 0, length = 0, type = 0;
    EXPECT_EQ(S(WdfRegistryQueryULong(key, &missing, &value)), S(STATUS_OBJECT_NAME_NOT_FOUND));
    EXPECT_EQ(S(WdfRegistryAssignULong(key, &number, 42)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryAssignULong(key, &number, 43)), S(STATUS_SUCCESS)) << "overwrites";
    EXPECT_EQ(S(WdfRegistryQueryULong(key, &number, &value)), S(STATUS_SUCCESS));
    EXPECT_EQ(value, 43u);
    char data[6] = "hello";
    EXPECT_EQ(S(WdfRegistryAssignValue(key, &raw, REG_BINARY, sizeof(data), data)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryULong(key, &raw, &value)), S(STATUS_OBJECT_TYPE_MISMATCH));
    EXPECT_EQ(S(WdfRegistryQueryValue(key, &raw, 0, nullptr, &length, &type)), S(STATUS_BUFFER_OVERFLOW));
    EXPECT_EQ(length, sizeof(data));
    EXPECT_EQ(type, static_cast<ULONG>(REG_BINARY));
    char out[8] = {};
    EXPECT_EQ(S(WdfRegistryQueryValue(key, &raw, 3, out, &length, nullptr)), S(STATUS_BUFFER_OVERFLOW));
    EXPECT_EQ(S(WdfRegistryQueryValue(key, &raw, sizeof(out), out, &length, nullptr)), S(STATUS_SUCCESS));
    EXPECT_STREQ(out, "hello");
    WDFMEMORY memory = nullptr;
    ASSERT_EQ(S(WdfRegistryQueryMemory(key, &raw, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory, &type)), S(STATUS_SUCCESS));
    size_t size = 0;
    EXPECT_EQ(std::memcmp(WdfMemoryGetBuffer(memory, &size), data, sizeof(data)), 0);
    EXPECT_EQ(size, sizeof(data));
    EXPECT_EQ(S(WdfRegistryAssignValue(key, &empty, REG_BINARY, 0, data)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryMemory(key, &empty, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory, &type)), S(STATUS_RESOURCE_DATA_NOT_FOUND));
    EXPECT_EQ(memory, nullptr);
    WdfRegistryClose(key);
  });
}

CONFORMANCE(Registry, Strings, "REG-06", "REG-07", "REG-10", "DEVX-59") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY key = Parameters(hooks.driver);
    UNICODE_STRING name = Text(u"Text"), number = Text(u"Number"), value = Text(u"some words");
    EXPECT_EQ(S(WdfRegistryAssignUnicodeString(key, &name, &value)), S(STATUS_SUCCESS));
    USHORT bytes = 0;
    EXPECT_EQ(S(WdfRegistryQueryUnicodeString(key, &name, &bytes, nullptr)), S(STATUS_BUFFER_OVERFLOW));
    EXPECT_EQ(bytes, 22) << "the missing NUL was added";
    char16_t buffer[32] = {};
    UNICODE_STRING out = {0, sizeof(buffer), reinterpret_cast<PWCH>(buffer)};
    EXPECT_EQ(S(WdfRegistryQueryUnicodeString(key, &name, nullptr, &out)), S(STATUS_SUCCESS));
    EXPECT_EQ(Text(out), u"some words") << "one trailing NUL is taken off the length";
    out.MaximumLength = 4;
    EXPECT_EQ(S(WdfRegistryQueryUnicodeString(key, &name, nullptr, &out)), S(STATUS_BUFFER_OVERFLOW));
    out.MaximumLength = 0;
    EXPECT_EQ(S(WdfRegistryQueryUnicodeString(key, &name, nullptr, &out)), S(STATUS_INVALID_PARAMETER));
    WDFSTRING string = NewString();
    EXPECT_EQ(S(WdfRegistryQueryString(key, &name, string)), S(STATUS_SUCCESS));
    EXPECT_EQ(TextOf(string), u"some words");
    EXPECT_EQ(S(WdfRegistryAssignString(key, &name, NewString(u"other"))), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryString(key, &name, string)), S(STATUS_SUCCESS));
    EXPECT_EQ(TextOf(string), u"other");
    EXPECT_EQ(S(WdfRegistryAssignULong(key, &number, 1)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryString(key, &number, string)), S(STATUS_OBJECT_TYPE_MISMATCH));
    char16_t expand[] = u"%x%";
    EXPECT_EQ(S(WdfRegistryAssignValue(key, &name, REG_EXPAND_SZ, sizeof(expand), expand)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryString(key, &name, string)), S(STATUS_SUCCESS)) << "REG_EXPAND_SZ passes as a string";
    EXPECT_EQ(S(WdfRegistryAssignValue(key, &name, REG_SZ, 0, expand)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryString(key, &name, string)), S(STATUS_RESOURCE_DATA_NOT_FOUND));
    WdfRegistryClose(key);
  });
}

CONFORMANCE(Registry, MultiStrings, "REG-08", "REG-10", "DEVX-59") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY key = Parameters(hooks.driver);
    UNICODE_STRING name = Text(u"Many");
    WDFCOLLECTION in = nullptr, out = nullptr;
    ASSERT_EQ(S(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &in)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &out)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryAssignMultiString(key, &name, in)), S(STATUS_INVALID_PARAMETER)) << "empty collection";
    for (const char16_t* text : {u"one", u"two"}) ASSERT_EQ(S(WdfCollectionAdd(in, NewString(text))), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryAssignMultiString(key, &name, in)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfCollectionAdd(out, NewString(u"zero"))), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryMultiString(key, &name, WDF_NO_OBJECT_ATTRIBUTES, out)), S(STATUS_SUCCESS));
    ASSERT_EQ(WdfCollectionGetCount(out), 3u);
    EXPECT_EQ(TextOf(WdfCollectionGetItem(out, 0)), u"zero") << "existing members keep their places";
    EXPECT_EQ(TextOf(WdfCollectionGetItem(out, 1)), u"one");
    EXPECT_EQ(TextOf(WdfCollectionGetItem(out, 2)), u"two");
    char16_t no_end[] = {u'a', u'b'};
    EXPECT_EQ(S(WdfRegistryAssignValue(key, &name, REG_MULTI_SZ, sizeof(no_end), no_end)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryMultiString(key, &name, WDF_NO_OBJECT_ATTRIBUTES, out)), S(STATUS_OBJECT_TYPE_MISMATCH));
    EXPECT_EQ(WdfCollectionGetCount(out), 3u);
    WdfRegistryClose(key);
  });
}

CONFORMANCE(Registry, MemoryIsAssignedInPart, "REG-10") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY key = Parameters(hooks.driver);
    UNICODE_STRING name = Text(u"Part");
    char bytes[8] = "abcdefg", out[8] = {};
    WDFMEMORY memory = nullptr;
    ASSERT_EQ(S(WdfMemoryCreatePreallocated(WDF_NO_OBJECT_ATTRIBUTES, bytes, sizeof(bytes), &memory)), S(STATUS_SUCCESS));
    WDFMEMORY_OFFSET offset = {6, 4};
    EXPECT_EQ(S(WdfRegistryAssignMemory(key, &name, REG_BINARY, memory, &offset)), S(STATUS_INTEGER_OVERFLOW));
    offset = {2, 3};
    EXPECT_EQ(S(WdfRegistryAssignMemory(key, &name, REG_BINARY, memory, &offset)), S(STATUS_SUCCESS));
    ULONG length = 0;
    EXPECT_EQ(S(WdfRegistryQueryValue(key, &name, sizeof(out), out, &length, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::string(out, length), "cde");
    WdfRegistryClose(key);
  });
}

CONFORMANCE(Registry, RightsCount, "REG-02", "REG-05", "REG-09", "REG-11") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    UNICODE_STRING name = Text(u"Value");
    WDFKEY reader = Parameters(hooks.driver, KEY_READ), writer = Parameters(hooks.driver, KEY_SET_VALUE);
    ULONG value = 0;
    EXPECT_EQ(S(WdfRegistryAssignULong(reader, &name, 1)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(S(WdfRegistryAssignULong(writer, &name, 1)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryULong(writer, &name, &value)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(S(WdfRegistryRemoveValue(reader, &name)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(S(WdfRegistryRemoveKey(reader)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(S(WdfRegistryQueryULong(reader, &name, &value)), S(STATUS_SUCCESS)) << "the key is still there";
    WdfRegistryClose(reader);
    WdfRegistryClose(writer);
  });
}

CONFORMANCE(Registry, StandardRightsAloneAreEnoughForADriver, "REG-05", "REG-09") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    UNICODE_STRING name = Text(u"Value");
    WDFKEY key = Parameters(hooks.driver, STANDARD_RIGHTS_ALL);
    ULONG value = 0;
    EXPECT_EQ(S(WdfRegistryAssignULong(key, &name, 7)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryULong(key, &name, &value)), S(STATUS_SUCCESS)) << "as drivers open their device's key";
    EXPECT_EQ(value, 7u);
    EXPECT_EQ(S(WdfRegistryRemoveValue(key, &name)), S(STATUS_SUCCESS));
    WdfRegistryClose(key);
  });
}

CONFORMANCE(Registry, RemovalPassesTheSystemsStatusOn, "O-35", "REG-11") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY parent = Parameters(hooks.driver), child = nullptr, grandchild = nullptr;
    UNICODE_STRING name = Text(u"Value"), child_name = Text(u"Child"), grandchild_name = Text(u"Grandchild");
    EXPECT_EQ(S(WdfRegistryRemoveValue(parent, &name)), S(STATUS_OBJECT_NAME_NOT_FOUND));
    ASSERT_EQ(S(WdfRegistryCreateKey(parent, &child_name, KEY_ALL_ACCESS, 0, nullptr, WDF_NO_OBJECT_ATTRIBUTES, &child)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfRegistryCreateKey(child, &grandchild_name, KEY_ALL_ACCESS, 0, nullptr, WDF_NO_OBJECT_ATTRIBUTES, &grandchild)),
              S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryRemoveKey(child)), S(STATUS_CANNOT_DELETE)) << "it has a subkey";
    EXPECT_EQ(S(WdfRegistryAssignULong(child, &name, 1)), S(STATUS_SUCCESS)) << "the WDFKEY stays valid";
    EXPECT_EQ(S(WdfRegistryRemoveKey(grandchild)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryRemoveKey(child)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryOpenKey(parent, &child_name, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &child)), S(STATUS_OBJECT_NAME_NOT_FOUND));
    WdfRegistryClose(parent);
  });
}

CONFORMANCE(Registry, ADevicesKeyIsItsOwn, "INI-18") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFKEY key = nullptr;
    UNICODE_STRING name = Text(u"Setting");
    ASSERT_EQ(S(WdfDeviceOpenRegistryKey(hooks.device, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, WDF_NO_OBJECT_ATTRIBUTES, &key)),
              S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryAssignULong(key, &name, 5)), S(STATUS_SUCCESS));
    WdfRegistryClose(key);
    ASSERT_EQ(S(WdfDeviceOpenRegistryKey(hooks.device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    ULONG value = 0;
    EXPECT_EQ(S(WdfRegistryQueryULong(key, &name, &value)), S(STATUS_SUCCESS));
    EXPECT_EQ(value, 5u);
    WdfRegistryClose(key);
  });
}

// REG-01 as corrected: only the verifier looks at the level (DEVX-48).
CONFORMANCE_WITH((MachineOptions{.verifier = true}), Registry, EveryMethodNeedsPassiveLevelUnderTheVerifier, "REG-01", "DEVX-48") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY key = Parameters(hooks.driver), other = nullptr;
    WDFSTRING string = NewString(u"text");
    WDFCOLLECTION strings = nullptr;
    ASSERT_EQ(S(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &strings)), S(STATUS_SUCCESS));
    WDFMEMORY memory = nullptr;
    ASSERT_EQ(S(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 0, 4, &memory, nullptr)), S(STATUS_SUCCESS));
    UNICODE_STRING name = Text(u"Name"), value = Text(u"value");
    char16_t buffer[8];
    UNICODE_STRING out = {0, sizeof(buffer), reinterpret_cast<PWCH>(buffer)};
    ULONG number = 0, length = 0;
    WDFMEMORY read = nullptr;
    Lines accepted;
    auto refused = [&](const char* what, NTSTATUS status) {
      if (status != STATUS_INVALID_DEVICE_REQUEST) accepted.push_back(what);
    };
    {
      AtDispatch raised;
      refused("OpenKey", WdfRegistryOpenKey(key, &name, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &other));
      refused("CreateKey", WdfRegistryCreateKey(key, &name, KEY_READ, 0, nullptr, WDF_NO_OBJECT_ATTRIBUTES, &other));
      refused("QueryMemory", WdfRegistryQueryMemory(key, &name, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &read, nullptr));
      refused("QueryMultiString", WdfRegistryQueryMultiString(key, &name, WDF_NO_OBJECT_ATTRIBUTES, strings));
      refused("QueryUnicodeString", WdfRegistryQueryUnicodeString(key, &name, nullptr, &out));
      refused("QueryString", WdfRegistryQueryString(key, &name, string));
      refused("QueryULong", WdfRegistryQueryULong(key, &name, &number));
      refused("QueryValue", WdfRegistryQueryValue(key, &name, sizeof(buffer), buffer, &length, nullptr));
      refused("AssignMemory", WdfRegistryAssignMemory(key, &name, REG_BINARY, memory, nullptr));
      refused("AssignMultiString", WdfRegistryAssignMultiString(key, &name, strings));
      refused("AssignUnicodeString", WdfRegistryAssignUnicodeString(key, &name, &value));
      refused("AssignString", WdfRegistryAssignString(key, &name, string));
      refused("AssignULong", WdfRegistryAssignULong(key, &name, 1));
      refused("AssignValue", WdfRegistryAssignValue(key, &name, REG_BINARY, sizeof(number), &number));
      refused("RemoveValue", WdfRegistryRemoveValue(key, &name));
      refused("RemoveKey", WdfRegistryRemoveKey(key));
      refused("OpenParametersRegistryKey", WdfDriverOpenParametersRegistryKey(hooks.driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &other));
    }
    EXPECT_EQ(accepted, Lines{});
    EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 17u) << "one break each";
    EXPECT_EQ(S(WdfRegistryQueryULong(key, &name, &number)), S(STATUS_OBJECT_NAME_NOT_FOUND)) << "and nothing was done";
  });
}

CONFORMANCE(Registry, RightsAreThoseTheKeyWasOpenedWith, "REG-02", "REG-05", "REG-09", "REG-11") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY reader = Parameters(hooks.driver, KEY_READ), writer = Parameters(hooks.driver, KEY_SET_VALUE);
    UNICODE_STRING name = Text(u"Name"), value = Text(u"value");
    ULONG number = 0;
    EXPECT_EQ(S(WdfRegistryAssignULong(reader, &name, 1)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(S(WdfRegistryAssignUnicodeString(reader, &name, &value)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(S(WdfRegistryRemoveValue(reader, &name)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(S(WdfRegistryRemoveKey(reader)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(S(WdfRegistryAssignULong(writer, &name, 1)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryULong(writer, &name, &number)), S(STATUS_ACCESS_DENIED));
  });
}

}  // namespace
}  // namespace drydock::test
