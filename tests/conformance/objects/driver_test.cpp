// Binding and the driver object.
#include "rig.h"

#include <wdfldr.h>  // after ntddk.h and wdf.h

namespace drydock::test {
namespace {

CONFORMANCE(Drivers, CreateTwiceIsRefused, "DRV-01") {
  Hooks hooks;
  NTSTATUS again = STATUS_SUCCESS;
  hooks.entry = [&](PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, nullptr);
    again = WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  EXPECT_EQ(S(again), S(STATUS_DRIVER_INTERNAL_ERROR));
}

CONFORMANCE(Drivers, NullConfigIsABugCheck, "DRV-02", "VER-04") {
  Hooks hooks;
  hooks.create_driver = false;
  hooks.fails_to_load = true;
  hooks.entry = [&](PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, nullptr, WDF_NO_HANDLE);
  };
  Rig rig(machine, hooks);
  EXPECT_BUG_CHECK(machine, 0x10D, 0x4);
}

CONFORMANCE(Drivers, ConfigurationMistakes, "DRV-02", "DRV-03", "DEVX-8", "OBJ-40") {
  Hooks hooks;
  hooks.create_driver = false;
  hooks.entry = [&](PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    WDF_DRIVER_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    auto create = [&] { return S(WdfDriverCreate(driver, path, &attributes, &config, WDF_NO_HANDLE)); };
    WDF_DRIVER_CONFIG_INIT(&config, nullptr);
    config.Size = 8;
    EXPECT_EQ(create(), S(STATUS_INFO_LENGTH_MISMATCH));
    WDF_DRIVER_CONFIG_INIT(&config, [](WDFDRIVER, PWDFDEVICE_INIT) { return STATUS_SUCCESS; });
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    EXPECT_EQ(create(), S(STATUS_INVALID_PARAMETER));
    WDF_DRIVER_CONFIG_INIT(&config, nullptr);
    config.DriverInitFlags = 0x4000;
    EXPECT_EQ(create(), S(STATUS_INVALID_PARAMETER));
    config.DriverInitFlags = 0;
    attributes.ParentObject = reinterpret_cast<WDFOBJECT>(0x1000);
    EXPECT_EQ(create(), S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
    attributes.ParentObject = nullptr;
    EXPECT_EQ(WdfGetDriver(), nullptr) << "before it was created (DRV-07)";
    EXPECT_EQ(create(), S(STATUS_SUCCESS));
    EXPECT_NE(WdfGetDriver(), nullptr);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
}

CONFORMANCE(Drivers, KnowTheirRegistryPathAndObject, "DRV-07", "DRV-08") {
  Hooks hooks;
  PDRIVER_OBJECT wdm = nullptr;
  std::u16string given;
  hooks.entry = [&](PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    wdm = driver;
    given = Text(*path);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  machine.Run([&] {
    EXPECT_EQ(std::u16string(reinterpret_cast<char16_t*>(WdfDriverGetRegistryPath(hooks.driver))), given);
    EXPECT_NE(given.find(u"\\Services\\rig"), std::u16string::npos);
    EXPECT_EQ(WdfDriverWdmGetDriverObject(hooks.driver), wdm);
    EXPECT_EQ(WdfWdmDriverGetWdfDriverHandle(wdm), hooks.driver);
    EXPECT_EQ(WdfGetDriver(), hooks.driver);
  });
}

CONFORMANCE(Drivers, TellWhichVersionsAreAvailable, "DRV-10") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    auto available = [&](ULONG major, ULONG minor) {
      WDF_DRIVER_VERSION_AVAILABLE_PARAMS params;
      WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(&params, major, minor);
      return WdfDriverIsVersionAvailable(hooks.driver, &params) != FALSE;
    };
    EXPECT_TRUE(available(1, 33));
    EXPECT_TRUE(available(1, 0));
    EXPECT_FALSE(available(1, 34));
    EXPECT_FALSE(available(2, 0));
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS params;
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(&params, 1, 1);
    params.Size = 1;
    EXPECT_FALSE(WdfDriverIsVersionAvailable(hooks.driver, &params));
    WDFSTRING string = nullptr;
    ASSERT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDriverRetrieveVersionString(hooks.driver, string)), S(STATUS_SUCCESS));
    UNICODE_STRING text;
    WdfStringGetUnicodeString(string, &text);
    EXPECT_NE(Text(text).find(u"1.33"), std::u16string::npos);
  });
}

CONFORMANCE(Drivers, UnloadCallbackComesOnceAndNotAfterAFailedEntry, "DRV-06") {
  int unloads = 0;
  {
    Hooks hooks;
    hooks.unload = [&] {
      ++unloads;
      EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    };
    Rig rig(machine, hooks);
  }
  EXPECT_EQ(unloads, 1);
  {
    Hooks hooks;
    hooks.unload = [&] { ++unloads; };
    hooks.fails_to_load = true;
    hooks.driver_config = [&](WDF_DRIVER_CONFIG&, WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
    hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) {
      Name(hooks.driver, hooks.log, "driver");
      return STATUS_DEVICE_CONFIGURATION_ERROR;
    };
    Rig rig(machine, hooks);
    EXPECT_EQ(rig.loaded, STATUS_DEVICE_CONFIGURATION_ERROR);
    EXPECT_EQ(hooks.log.lines(), (Lines{"driver.cleanup", "driver.destroy"})) << "what DriverEntry had made is undone";
  }
  EXPECT_EQ(unloads, 1);
}

CONFORMANCE(Drivers, NoDispatchOverrideLeavesTheTableAlone, "DRV-04") {
  Hooks hooks;
  bool untouched = false;
  hooks.pnp = false;
  hooks.driver_config = [](WDF_DRIVER_CONFIG& config, WDF_OBJECT_ATTRIBUTES&) { config.DriverInitFlags = WdfDriverInitNoDispatchOverride; };
  hooks.entry = [&](PDRIVER_OBJECT driver, PUNICODE_STRING) {
    untouched = driver->MajorFunction[IRP_MJ_READ] == driver->MajorFunction[IRP_MJ_LOCK_CONTROL] && driver->DriverExtension->AddDevice == nullptr &&
                driver->DriverUnload == nullptr;
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  EXPECT_TRUE(untouched);
}

CONFORMANCE(Drivers, DeviceAddMaySucceedWithoutADevice, "DRV-11") {
  Hooks hooks;
  hooks.create_device = false;
  KIRQL level = 0xFF;
  int calls = 0;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    level = KeGetCurrentIrql();
    ++calls;
    EXPECT_NE(WdfFdoInitWdmGetPhysicalDevice(init), nullptr);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(level, PASSIVE_LEVEL);
  EXPECT_EQ(calls, 1);
}

CONFORMANCE(Drivers, DeviceAddThatFailsLosesItsDevice, "DRV-12", "DRV-13") {
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
  hooks.added = [&](WDFDEVICE device) {
    Name(device, hooks.log, "device");
    NewNamed(hooks.log, "child", device);
    return STATUS_INSUFFICIENT_RESOURCES;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_FALSE(rig.device.started());
  EXPECT_EQ(hooks.log.lines(), (Lines{"child.cleanup", "device.cleanup", "child.destroy", "device.destroy"}));
}

CONFORMANCE(Drivers, AFailingFilterIsLeftOut, "DRV-13", "DEVX-11") {
  for (bool says_filter : {true, false}) {
    Hooks hooks, filter;
    filter.filter = says_filter;
    filter.added = [&](WDFDEVICE) { return STATUS_UNSUCCESSFUL; };
    hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
    Rig rig(machine, hooks);
    SetOtherHooks(&filter);
    Driver other = machine.AddDriver("other", OtherEntry());
    Device device = machine.AddDevice({.function = rig.driver, .upper_filters = {other}});
    EXPECT_EQ(device.started(), says_filter);
    if (says_filter) EXPECT_EQ(machine.Open(device).Ioctl(kIoctl).status, STATUS_SUCCESS);
    machine.RemoveDevice(device);
    machine.UnloadDriver(other);
  }
}

CONFORMANCE(Drivers, DefaultLevelsAndScopes, "SYN-01", "SYN-02", "IOX-60", "DEVX-11") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WdfObjectAcquireLock(hooks.driver);  // level Dispatch: a spin lock
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    WdfObjectReleaseLock(hooks.driver);
  });
}

CONFORMANCE(Binding, RefusesWhatItCannotServe, "DRV-10") {
  Hooks hooks;
  NTSTATUS newer = 0, major = 0, unknown = 0, functions = 0, bad_size = 0, class_status = 0;
  hooks.entry = [&](PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    const WDFFUNC* table = nullptr;
    PWDF_COMPONENT_GLOBALS globals = nullptr;
    char16_t kmdf[] = u"KmdfLibrary", other[] = u"XmdfLibrary";
    auto bind = [&](char16_t* component, ULONG maj, ULONG min, ULONG count, ULONG size) {
      WDF_BIND_INFO info = {size, reinterpret_cast<PWCHAR>(component), {maj, min, 0}, count, &table, nullptr};
      return WdfVersionBind(driver, path, &info, &globals);
    };
    newer = bind(kmdf, 1, 34, 1, sizeof(WDF_BIND_INFO));
    major = bind(kmdf, 2, 0, 1, sizeof(WDF_BIND_INFO));
    unknown = bind(other, 1, 33, 1, sizeof(WDF_BIND_INFO));
    functions = bind(kmdf, 1, 33, 100'000, sizeof(WDF_BIND_INFO));
    bad_size = bind(kmdf, 1, 33, 1, 4);
    class_status = WdfVersionBindClass(nullptr, nullptr, nullptr);
    EXPECT_EQ(globals, nullptr);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  EXPECT_EQ(S(newer), S(STATUS_REVISION_MISMATCH));
  EXPECT_EQ(S(major), S(STATUS_REVISION_MISMATCH));
  EXPECT_EQ(S(unknown), S(STATUS_INVALID_PARAMETER));
  EXPECT_EQ(S(functions), S(STATUS_REVISION_MISMATCH));
  EXPECT_EQ(S(bad_size), S(STATUS_INVALID_PARAMETER));
  EXPECT_EQ(S(class_status), S(STATUS_NOT_SUPPORTED));
}

CONFORMANCE(Verifier, IsSwitchedOnByTheServicesKey, "VER-14", "DEVX-50") {
  for (int on : {0, 1}) {
    Hooks hooks;
    hooks.create_driver = false;
    hooks.entry = [&](PDRIVER_OBJECT driver, PUNICODE_STRING path) {
      // What an administrator sets before the driver is loaded.
      for (const char16_t* tail : {u"\\Parameters", u"\\Parameters\\Wdf"}) {
        std::u16string name = Text(*path) + tail;
        UNICODE_STRING key_name = Text(name.c_str()), value_name = Text(u"VerifierOn");
        OBJECT_ATTRIBUTES attributes;
        InitializeObjectAttributes(&attributes, &key_name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
        HANDLE key = nullptr;
        EXPECT_EQ(S(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr)), S(STATUS_SUCCESS));
        ULONG value = on;
        EXPECT_EQ(S(ZwSetValueKey(key, &value_name, 0, REG_DWORD, &value, sizeof(value))), S(STATUS_SUCCESS));
        ZwClose(key);
      }
      WDF_DRIVER_CONFIG config;
      WDF_DRIVER_CONFIG_INIT(&config, nullptr);
      return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, &hooks.driver);
    };
    Rig rig(machine, hooks);
    EXPECT_EQ((WdfDriverGlobals->DriverFlags & WdfVerifierOn) != 0, on == 1);
    machine.Run([&] {
      WDFSTRING string = nullptr;
      AtDispatch raised;
      EXPECT_EQ(NT_SUCCESS(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), on == 0) << "levels are checked only (V)";
    });
  }
}

CONFORMANCE(Verifier, KeBugCheckStopsTheMachineWithItsCode, "VER-21") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { WdfVerifierKeBugCheck(0xDEAD, 1, 2, 3, 4); });
  EXPECT_BUG_CHECK(machine, 0xDEAD, 1, 2, 3, 4);
}

CONFORMANCE(Drivers, DriverEntryRunsOncePerLoad, "DRV-14") {
  int entries = 0, unloads = 0;
  for (int load = 1; load <= 2; ++load) {
    Hooks hooks;
    hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) {
      ++entries;
      return STATUS_SUCCESS;
    };
    hooks.unload = [&] { ++unloads; };
    {
      Rig rig(machine, hooks);
      rig.AddDevice();
      Device second = machine.AddDevice({.function = rig.driver});
      EXPECT_TRUE(second.started());
      EXPECT_EQ(entries, load) << "however many devices";
      machine.RemoveDevice(second);
    }
    EXPECT_EQ(unloads, load);
  }
}

}  // namespace
}  // namespace drydock::test
