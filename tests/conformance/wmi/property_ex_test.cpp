// Unified device properties, the DEVICEMAP key.
#include <initguid.h>

#include <devpkey.h>

#include <cstring>

#include "rig.h"

namespace drydock::test {
namespace {

constexpr DEVPROPKEY kOwn = {{0xC0DE0001, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}, 2};

WDF_DEVICE_PROPERTY_DATA Property(const DEVPROPKEY* key) {
  WDF_DEVICE_PROPERTY_DATA data;
  WDF_DEVICE_PROPERTY_DATA_INIT(&data, key);
  return data;
}

CONFORMANCE(PropertyEx, AreAssignedQueriedAndTakenAway, "INI-40") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDF_DEVICE_PROPERTY_DATA data = Property(&kOwn);
    ULONG number = 42, required = 0;
    DEVPROPTYPE type = 0;
    EXPECT_EQ(S(WdfDeviceQueryPropertyEx(hooks.device, &data, sizeof number, &number, &required, &type)), S(STATUS_OBJECT_NAME_NOT_FOUND));
    ASSERT_EQ(S(WdfDeviceAssignProperty(hooks.device, &data, DEVPROP_TYPE_UINT32, sizeof number, &number)), S(STATUS_SUCCESS));
    number = 0;
    EXPECT_EQ(S(WdfDeviceQueryPropertyEx(hooks.device, &data, 0, nullptr, &required, &type)), S(STATUS_BUFFER_TOO_SMALL));
    EXPECT_EQ(required, sizeof number);
    EXPECT_EQ(S(WdfDeviceQueryPropertyEx(hooks.device, &data, sizeof number, &number, &required, &type)), S(STATUS_SUCCESS));
    EXPECT_EQ(number, 42u);
    EXPECT_EQ(type, DEVPROPTYPE{DEVPROP_TYPE_UINT32});
    WDFMEMORY memory = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(hooks.device);
    ASSERT_EQ(S(WdfDeviceAllocAndQueryPropertyEx(hooks.device, &data, NonPagedPoolNx, &attributes, &memory, &type)), S(STATUS_SUCCESS));
    size_t size = 0;
    EXPECT_EQ(*static_cast<ULONG*>(WdfMemoryGetBuffer(memory, &size)), 42u);
    EXPECT_EQ(size, sizeof number);
    EXPECT_EQ(S(WdfDeviceAssignProperty(hooks.device, &data, DEVPROP_TYPE_EMPTY, 0, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDeviceAllocAndQueryPropertyEx(hooks.device, &data, NonPagedPoolNx, &attributes, &memory, &type)),
              S(STATUS_OBJECT_NAME_NOT_FOUND));
    EXPECT_EQ(memory, nullptr);
  });
}

CONFORMANCE(PropertyEx, BadCallsAreRefused, "INI-40", "ours") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    ULONG number = 1, required = 0;
    DEVPROPTYPE type = 0;
    WDF_DEVICE_PROPERTY_DATA data = Property(nullptr);
    EXPECT_EQ(S(WdfDeviceQueryPropertyEx(hooks.device, &data, sizeof number, &number, &required, &type)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDeviceAssignProperty(hooks.device, &data, DEVPROP_TYPE_UINT32, sizeof number, &number)), S(STATUS_INVALID_PARAMETER));
    data = Property(&kOwn);
    EXPECT_EQ(S(WdfDeviceAssignProperty(hooks.device, &data, DEVPROP_TYPE_UINT32, sizeof number, nullptr)), S(STATUS_INVALID_PARAMETER));
    data.Size = 1;
    EXPECT_EQ(S(WdfDeviceQueryPropertyEx(hooks.device, &data, sizeof number, &number, &required, &type)), S(STATUS_INFO_LENGTH_MISMATCH));
    EXPECT_EQ(S(WdfDeviceAssignProperty(hooks.device, &data, DEVPROP_TYPE_UINT32, sizeof number, &number)), S(STATUS_INFO_LENGTH_MISMATCH));
  });
}

CONFORMANCE(PropertyEx, TheInitAnswersForTheDeviceBelow, "INI-40", "INI-17") {
  Hooks hooks;
  std::u16string queried, allocated;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    WDF_DEVICE_PROPERTY_DATA data = Property(&DEVPKEY_Device_InstanceId);
    ULONG required = 0;
    DEVPROPTYPE type = 0;
    EXPECT_EQ(S(WdfFdoInitQueryPropertyEx(init, &data, 0, nullptr, &required, &type)), S(STATUS_BUFFER_TOO_SMALL));
    queried.resize(required / 2);
    EXPECT_EQ(S(WdfFdoInitQueryPropertyEx(init, &data, required, queried.data(), &required, &type)), S(STATUS_SUCCESS));
    EXPECT_EQ(type, DEVPROPTYPE{DEVPROP_TYPE_STRING});
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(S(WdfFdoInitAllocAndQueryPropertyEx(init, &data, PagedPool, WDF_NO_OBJECT_ATTRIBUTES, &memory, &type)), S(STATUS_SUCCESS));
    size_t size = 0;
    const auto* text = static_cast<const char16_t*>(WdfMemoryGetBuffer(memory, &size));
    allocated.assign(text, size / 2);
    WdfObjectDelete(memory);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(queried.substr(0, 5), u"ROOT\\");
  EXPECT_EQ(queried, allocated);
}

CONFORMANCE(DevicemapKey, AWriterMakesItAReaderFindsIt, "ours") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    UNICODE_STRING name = Text(u"SERIALCOMM"), value = Text(u"\\Device\\Serial0"), none = {};
    WDFKEY key = nullptr;
    EXPECT_EQ(S(WdfDeviceOpenDevicemapKey(hooks.device, &name, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_OBJECT_NAME_NOT_FOUND));
    EXPECT_EQ(key, nullptr);
    EXPECT_EQ(S(WdfDeviceOpenDevicemapKey(hooks.device, &none, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_INVALID_PARAMETER));
    ASSERT_EQ(S(WdfDeviceOpenDevicemapKey(hooks.device, &name, KEY_READ | KEY_SET_VALUE, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryAssignULong(key, &value, 3)), S(STATUS_SUCCESS));
    WdfRegistryClose(key);
    ASSERT_EQ(S(WdfDeviceOpenDevicemapKey(hooks.device, &name, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    ULONG number = 0;
    EXPECT_EQ(S(WdfRegistryQueryULong(key, &value, &number)), S(STATUS_SUCCESS));
    EXPECT_EQ(number, 3u);
    // It is where everybody looks for it.
    WDFKEY same = nullptr;
    UNICODE_STRING path = Text(u"\\Registry\\Machine\\HARDWARE\\DEVICEMAP\\SERIALCOMM");
    EXPECT_EQ(S(WdfRegistryOpenKey(nullptr, &path, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &same)), S(STATUS_SUCCESS));
    if (same) WdfRegistryClose(same);
    WdfRegistryClose(key);
  });
}

// Drivers of ports take their value back there.
CONFORMANCE(DevicemapKey, OpensInTheDevicesCleanupCallbackToo, "ours") {
  static NTSTATUS opened, removed;
  opened = removed = STATUS_UNSUCCESSFUL;
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) {
    attributes.EvtCleanupCallback = [](WDFOBJECT device) {
      UNICODE_STRING name = Text(u"SERIALCOMM"), value = Text(u"\\Device\\Serial0");
      WDFKEY key = nullptr;
      opened = WdfDeviceOpenDevicemapKey(reinterpret_cast<WDFDEVICE>(device), &name, KEY_READ | KEY_SET_VALUE, WDF_NO_OBJECT_ATTRIBUTES, &key);
      if (!key) return;
      WdfRegistryAssignULong(key, &value, 3);
      removed = WdfRegistryRemoveValue(key, &value);
      WdfRegistryClose(key);
    };
  };
  Rig rig(machine, hooks);
  Device device = rig.AddDevice();
  machine.RemoveDevice(device);
  EXPECT_EQ(S(opened), S(STATUS_SUCCESS));
  EXPECT_EQ(S(removed), S(STATUS_SUCCESS));
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

}  // namespace
}  // namespace drydock::test
