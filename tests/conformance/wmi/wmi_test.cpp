// WMI: what a device provides, when it is registered, and what its clients see.
#include "drydock/wmi.h"

#include <wmistr.h>

#include <atomic>
#include <cstring>

#include "rig.h"

namespace drydock::test {
namespace {

constexpr GUID kBlock = {0xBABE0001, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
constexpr GUID kOther = {0xBABE0002, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

std::string Bytes(ULONG number) { return std::string(reinterpret_cast<const char*>(&number), sizeof number); }
ULONG Number(const std::string& bytes) {
  ULONG number = 0;
  std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof number));
  return number;
}

struct Cell {
  ULONG value;
  ULONG large;  // answer with so many bytes instead
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Cell, CellOf)

NTSTATUS EvtQuery(WDFWMIINSTANCE instance, ULONG size, PVOID buffer, PULONG used) {
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  Cell* cell = CellOf(instance);
  *used = cell->large ? cell->large : sizeof(ULONG);
  if (size < *used) return STATUS_BUFFER_TOO_SMALL;
  if (cell->large) std::memset(buffer, 'x', cell->large);
  std::memcpy(buffer, &cell->value, sizeof(ULONG));
  return STATUS_SUCCESS;
}
NTSTATUS EvtSet(WDFWMIINSTANCE instance, ULONG size, PVOID buffer) {
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  if (size < sizeof(ULONG)) return STATUS_WMI_SET_FAILURE;
  std::memcpy(&CellOf(instance)->value, buffer, sizeof(ULONG));
  return STATUS_SUCCESS;
}
NTSTATUS EvtSetItem(WDFWMIINSTANCE instance, ULONG item, ULONG size, PVOID buffer) {
  if (item != 7) return STATUS_WMI_ITEMID_NOT_FOUND;
  return EvtSet(instance, size, buffer);
}
// Method 1 doubles its input; 2 answers with 100 bytes.
NTSTATUS EvtMethod(WDFWMIINSTANCE, ULONG method, ULONG input, ULONG output, PVOID buffer, PULONG used) {
  ULONG number = 0;
  std::memcpy(&number, buffer, std::min<size_t>(input, sizeof number));
  *used = method == 1 ? sizeof(ULONG) : 4000;
  if (output < *used) return STATUS_BUFFER_TOO_SMALL;
  if (method == 1) {
    number *= 2;
    std::memcpy(buffer, &number, sizeof number);
  } else {
    std::memset(buffer, 'm', 4000);
  }
  return STATUS_SUCCESS;
}

std::vector<std::string> controls;  // of the running test
NTSTATUS EvtControl(WDFWMIPROVIDER provider, WDF_WMI_PROVIDER_CONTROL control, BOOLEAN enable) {
  EXPECT_EQ(WdfWmiProviderIsEnabled(provider, control), enable);
  controls.push_back(std::string(control == WdfWmiEventControl ? "events " : "instances ") + (enable ? "on" : "off"));
  return STATUS_SUCCESS;
}

WDF_WMI_PROVIDER_CONFIG ProviderConfig(const GUID& guid = kBlock, ULONG flags = 0) {
  WDF_WMI_PROVIDER_CONFIG config;
  WDF_WMI_PROVIDER_CONFIG_INIT(&config, &guid);
  config.Flags = flags;
  config.EvtWmiProviderFunctionControl = EvtControl;
  return config;
}

WDF_WMI_INSTANCE_CONFIG InstanceConfig(WDFWMIPROVIDER provider, bool registers = true, bool callbacks = true) {
  WDF_WMI_INSTANCE_CONFIG config;
  WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(&config, provider);
  config.Register = registers;
  if (callbacks) {
    config.EvtWmiInstanceQueryInstance = EvtQuery;
    config.EvtWmiInstanceSetInstance = EvtSet;
    config.EvtWmiInstanceSetItem = EvtSetItem;
    config.EvtWmiInstanceExecuteMethod = EvtMethod;
  }
  return config;
}

WDFWMIPROVIDER NewProvider(WDFDEVICE device, const GUID& guid = kBlock, ULONG flags = 0, ULONG least = 0) {
  WDF_WMI_PROVIDER_CONFIG config = ProviderConfig(guid, flags);
  config.MinInstanceBufferSize = least;
  WDFWMIPROVIDER provider = nullptr;
  EXPECT_EQ(S(WdfWmiProviderCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &provider)), S(STATUS_SUCCESS));
  return provider;
}

WDFWMIINSTANCE NewInstance(WDFDEVICE device, WDF_WMI_INSTANCE_CONFIG config, ULONG value = 0) {
  WDF_OBJECT_ATTRIBUTES attributes = Attributes();
  WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Cell);
  WDFWMIINSTANCE instance = nullptr;
  EXPECT_EQ(S(WdfWmiInstanceCreate(device, &config, &attributes, &instance)), S(STATUS_SUCCESS));
  if (instance) CellOf(instance)->value = value;
  return instance;
}

// A device with one provider and instances 10, 20, ...
struct WmiRig {
  WmiRig(Machine& the_machine, int count = 2, ULONG flags = 0, ULONG least = 0) : machine(the_machine), wmi(the_machine), rig(the_machine, hooks) {
    controls.clear();
    hooks.added = [this, count, flags, least](WDFDEVICE device) {
      provider = NewProvider(device, kBlock, flags, least);
      instances.clear();
      for (int i = 1; i <= count; ++i) instances.push_back(NewInstance(device, InstanceConfig(provider, true, !(flags & WdfWmiProviderEventOnly)), i * 10));
      return STATUS_SUCCESS;
    };
  }
  void Start() {
    rig.AddDevice();
    ASSERT_TRUE(rig.device.started()) << machine.ReportText();
    path = rig.device.pdo() ? PathOf() : "";
  }
  std::string PathOf() {
    std::vector<Wmi::Instance> all;
    if (!wmi.QueryAll(kBlock, &all).ok() || all.empty()) return "";
    return all[0].name.substr(0, all[0].name.size() - 2);
  }
  std::string Name(int index) { return path + "_" + std::to_string(index); }

  Machine& machine;
  Wmi wmi;
  Hooks hooks;
  Rig rig;
  WDFWMIPROVIDER provider = nullptr;
  std::vector<WDFWMIINSTANCE> instances;
  std::string path;
};

CONFORMANCE(Wmi, InstancesAreNamedAfterTheDeviceAndQueried, "WMI-02", "WMI-05") {
  WmiRig rig(machine);
  EXPECT_FALSE(rig.wmi.Provides(kBlock));
  rig.Start();
  std::vector<Wmi::Instance> all;
  ASSERT_EQ(rig.wmi.QueryAll(kBlock, &all), S(STATUS_SUCCESS));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name.substr(0, 5), "ROOT\\");
  EXPECT_EQ(all[0].name, rig.path + "_0");
  EXPECT_EQ(all[1].name, rig.path + "_1");
  EXPECT_EQ(Number(all[0].data), 10u);
  EXPECT_EQ(Number(all[1].data), 20u);
  std::string data;
  EXPECT_EQ(rig.wmi.Query(kBlock, rig.Name(1), &data), S(STATUS_SUCCESS));
  EXPECT_EQ(data, Bytes(20));
  EXPECT_EQ(rig.wmi.Query(kBlock, rig.Name(2), &data), S(STATUS_WMI_INSTANCE_NOT_FOUND));
  EXPECT_EQ(rig.wmi.Query(kOther, rig.Name(0), &data), S(STATUS_WMI_GUID_NOT_FOUND));
}

CONFORMANCE(Wmi, AShortBufferIsAnsweredWithTheSizeItTakes, "WMI-05") {
  WmiRig rig(machine, 3);
  rig.Start();
  for (WDFWMIINSTANCE instance : rig.instances) CellOf(instance)->large = 3001;
  std::vector<Wmi::Instance> all;
  ASSERT_EQ(rig.wmi.QueryAll(kBlock, &all), S(STATUS_SUCCESS));
  ASSERT_EQ(all.size(), 3u);
  for (const Wmi::Instance& one : all) EXPECT_EQ(one.data.size(), 3001u);
  EXPECT_EQ(Number(all[2].data), 30u);
  std::string data;
  ASSERT_EQ(rig.wmi.Query(kBlock, rig.Name(0), &data), S(STATUS_SUCCESS));
  EXPECT_EQ(data.size(), 3001u);
  EXPECT_EQ(data[3000], 'x');
}

CONFORMANCE(Wmi, TheFrameworkAnswersFromTheContext, "WMI-06", "WMI-02") {
  WmiRig rig(machine, 0);
  rig.hooks.added = [&](WDFDEVICE device) {
    rig.provider = NewProvider(device);
    WDF_WMI_INSTANCE_CONFIG config = InstanceConfig(rig.provider, true, false);
    config.UseContextForQuery = TRUE;
    rig.instances.push_back(NewInstance(device, config, 77));
    // A query callback beside it makes no sense.
    config.EvtWmiInstanceQueryInstance = EvtQuery;
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Cell);
    EXPECT_EQ(S(WdfWmiInstanceCreate(device, &config, &attributes, nullptr)), S(STATUS_INVALID_PARAMETER));
    config.EvtWmiInstanceQueryInstance = nullptr;
    attributes.ContextSizeOverride = size_t{1} << 32;
    EXPECT_EQ(S(WdfWmiInstanceCreate(device, &config, &attributes, nullptr)), S(STATUS_INTEGER_OVERFLOW));
    EXPECT_EQ(S(WdfWmiInstanceCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, nullptr)), S(STATUS_INVALID_PARAMETER));
    return STATUS_SUCCESS;
  };
  rig.Start();
  std::string data;
  ASSERT_EQ(rig.wmi.Query(kBlock, rig.Name(0), &data), S(STATUS_SUCCESS));
  EXPECT_EQ(data.size(), sizeof(Cell));
  EXPECT_EQ(Number(data), 77u);
  CellOf(rig.instances[0])->value = 78;
  ASSERT_EQ(rig.wmi.Query(kBlock, rig.Name(0), &data), S(STATUS_SUCCESS));
  EXPECT_EQ(Number(data), 78u);
  EXPECT_EQ(rig.wmi.Set(kBlock, rig.Name(0), Bytes(1)), S(STATUS_WMI_READ_ONLY));
}

CONFORMANCE(Wmi, InstancesAndItemsAreSet, "WMI-07") {
  WmiRig rig(machine);
  rig.Start();
  EXPECT_EQ(rig.wmi.Set(kBlock, rig.Name(1), Bytes(99)), S(STATUS_SUCCESS));
  EXPECT_EQ(CellOf(rig.instances[1])->value, 99u);
  EXPECT_EQ(CellOf(rig.instances[0])->value, 10u);
  EXPECT_EQ(rig.wmi.Set(kBlock, rig.Name(1), "ab"), S(STATUS_WMI_SET_FAILURE));
  EXPECT_EQ(rig.wmi.SetItem(kBlock, rig.Name(0), 7, Bytes(5)), S(STATUS_SUCCESS));
  EXPECT_EQ(CellOf(rig.instances[0])->value, 5u);
  EXPECT_EQ(rig.wmi.SetItem(kBlock, rig.Name(0), 7, "a"), S(STATUS_WMI_SET_FAILURE));
  EXPECT_EQ(rig.wmi.SetItem(kBlock, rig.Name(0), 8, Bytes(6)), S(STATUS_WMI_ITEMID_NOT_FOUND));
  EXPECT_EQ(rig.wmi.Set(kBlock, "nobody", Bytes(6)), S(STATUS_WMI_INSTANCE_NOT_FOUND));
}

CONFORMANCE(Wmi, TheFixedSizeOfABlockIsKept, "WMI-07", "ours") {
  WmiRig rig(machine, 1, 0, 8);  // MinInstanceBufferSize
  rig.Start();
  rig.path = rig.PathOf();
  EXPECT_EQ(rig.wmi.Set(kBlock, rig.Name(0), Bytes(9)), S(STATUS_WMI_SET_FAILURE)) << "shorter than the fixed size: the driver is not asked";
  EXPECT_EQ(CellOf(rig.instances[0])->value, 10u);
  EXPECT_EQ(rig.wmi.Set(kBlock, rig.Name(0), Bytes(9) + Bytes(0)), S(STATUS_SUCCESS));
  EXPECT_EQ(CellOf(rig.instances[0])->value, 9u);
}

CONFORMANCE(Wmi, MethodsTakeInputAndGiveOutput, "WMI-05") {
  WmiRig rig(machine);
  rig.Start();
  std::string output;
  ASSERT_EQ(rig.wmi.Execute(kBlock, rig.Name(0), 1, Bytes(21), &output), S(STATUS_SUCCESS));
  EXPECT_EQ(output, Bytes(42));
  ASSERT_EQ(rig.wmi.Execute(kBlock, rig.Name(0), 2, "", &output), S(STATUS_SUCCESS));
  EXPECT_EQ(output, std::string(4000, 'm'));
  EXPECT_EQ(rig.wmi.Execute(kBlock, rig.Name(0), 2, "", &output, 100), S(STATUS_BUFFER_TOO_SMALL));
}

CONFORMANCE(Wmi, AnInstanceWithoutCallbacksRefuses, "WMI-05", "ours") {
  WmiRig rig(machine, 0);
  rig.hooks.added = [&](WDFDEVICE device) {
    rig.provider = NewProvider(device);
    NewInstance(device, InstanceConfig(rig.provider, true, false));
    return STATUS_SUCCESS;
  };
  rig.rig.AddDevice();
  std::string name, output;
  machine.Run([&] {
    PVOID block = nullptr;
    ASSERT_EQ(S(IoWMIOpenBlock(&kBlock, WMIGUID_QUERY, &block)), S(STATUS_SUCCESS));
    WCHAR text[200];
    UNICODE_STRING string = {0, sizeof text, text};
    ASSERT_EQ(S(IoWMIDeviceObjectToInstanceName(block, WdfDeviceWdmGetDeviceObject(rig.hooks.device), &string)), S(STATUS_SUCCESS));
    for (char16_t c : Text(string)) name += static_cast<char>(c);
    string.MaximumLength = 4;
    EXPECT_EQ(S(IoWMIDeviceObjectToInstanceName(block, WdfDeviceWdmGetDeviceObject(rig.hooks.device), &string)), S(STATUS_BUFFER_TOO_SMALL));
    ObDereferenceObject(block);
  });
  EXPECT_EQ(rig.wmi.Query(kBlock, name, &output), S(STATUS_WMI_NOT_SUPPORTED));
  EXPECT_EQ(rig.wmi.Set(kBlock, name, Bytes(1)), S(STATUS_WMI_READ_ONLY));
  EXPECT_EQ(rig.wmi.SetItem(kBlock, name, 1, Bytes(1)), S(STATUS_WMI_READ_ONLY));
  EXPECT_EQ(rig.wmi.Execute(kBlock, name, 1, "", &output), S(STATUS_INVALID_DEVICE_REQUEST));
}

CONFORMANCE(Wmi, BadProvidersAreRefused, "WMI-01", "WMI-04") {
  WmiRig rig(machine, 0);
  rig.hooks.added = [&](WDFDEVICE device) {
    WDFWMIPROVIDER provider = nullptr, second = nullptr;
    WDF_WMI_PROVIDER_CONFIG config = ProviderConfig();
    config.Size = 4;
    EXPECT_EQ(S(WdfWmiProviderCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &provider)), S(STATUS_INFO_LENGTH_MISMATCH));
    for (int flags : {8, WdfWmiProviderTracing | WdfWmiProviderExpensive, WdfWmiProviderTracing | WdfWmiProviderEventOnly}) {
      config = ProviderConfig(kBlock, static_cast<ULONG>(flags));
      EXPECT_EQ(S(WdfWmiProviderCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &provider)), S(STATUS_INVALID_PARAMETER)) << flags;
    }
    config = ProviderConfig();
    {
      AtDispatch raised;
      EXPECT_EQ(S(WdfWmiProviderCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &provider)), S(STATUS_SUCCESS));
    }
    EXPECT_EQ(S(WdfWmiProviderCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &second)), S(STATUS_OBJECT_NAME_EXISTS));
    EXPECT_EQ(second, nullptr);
    EXPECT_EQ(WdfWmiProviderGetDevice(provider), device);
    return STATUS_SUCCESS;
  };
  rig.rig.AddDevice();
  EXPECT_TRUE(rig.rig.device.started());
}

CONFORMANCE(Wmi, AControlDeviceHasNone, "WMI-01") {
  Hooks hooks;
  hooks.pnp = false;
  hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) {
    UNICODE_STRING sddl = Text(u"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(hooks.driver, &sddl);
    WDFDEVICE device = nullptr;
    EXPECT_EQ(S(WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device)), S(STATUS_SUCCESS));
    WDF_WMI_PROVIDER_CONFIG config = ProviderConfig();
    WDFWMIPROVIDER provider = nullptr;
    EXPECT_EQ(S(WdfWmiProviderCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &provider)), S(STATUS_INVALID_DEVICE_REQUEST));
    UNICODE_STRING name = Text(u"Mof");
    EXPECT_EQ(S(WdfDeviceAssignMofResourceName(device, &name)), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfObjectDelete(device);
    return STATUS_SUCCESS;
  };
  hooks.unload = [] {};
  Rig rig(machine, hooks);
}

CONFORMANCE(Wmi, ABlockWhoseOnlyInstanceIsDeletedMayBeProvidedAnew, "WMI-02") {
  WmiRig rig(machine, 0);
  WDFDEVICE device = nullptr;
  WDF_WMI_PROVIDER_CONFIG provider = ProviderConfig();
  WDF_WMI_INSTANCE_CONFIG config;
  WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&config, &provider);
  config.Register = TRUE;
  config.EvtWmiInstanceQueryInstance = EvtQuery;
  rig.hooks.added = [&](WDFDEVICE made) {
    device = made;
    return STATUS_SUCCESS;
  };
  rig.rig.AddDevice();
  for (ULONG round = 1; round <= 3; ++round) {  // as a driver does that offers a block from time to time
    WDFWMIINSTANCE instance = nullptr;
    machine.Run([&] { instance = NewInstance(device, config, round); });
    std::vector<Wmi::Instance> all;
    ASSERT_EQ(rig.wmi.QueryAll(kBlock, &all), S(STATUS_SUCCESS)) << round;
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(Number(all[0].data), round);
    machine.Run([&] {
      WdfWmiInstanceDeregister(instance);
      EXPECT_EQ(S(WdfWmiInstanceCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, nullptr)), S(STATUS_OBJECT_NAME_EXISTS)) << "it is still an object";
      WdfObjectDelete(instance);
    });
    EXPECT_EQ(rig.wmi.QueryAll(kBlock, &all), S(STATUS_WMI_GUID_NOT_FOUND));
  }
}

CONFORMANCE(Wmi, AnInstanceMayBringItsProvider, "WMI-02", "OBJ-33") {
  WmiRig rig(machine, 0);
  rig.hooks.added = [&](WDFDEVICE device) {
    WDF_WMI_PROVIDER_CONFIG provider = ProviderConfig();
    WDF_WMI_INSTANCE_CONFIG config;
    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&config, &provider);
    config.Register = TRUE;
    config.EvtWmiInstanceQueryInstance = EvtQuery;
    WDFWMIINSTANCE instance = NewInstance(device, config, 3);
    EXPECT_EQ(WdfWmiInstanceGetDevice(instance), device);
    WDFWMIPROVIDER made = WdfWmiInstanceGetProvider(instance);
    EXPECT_EQ(WdfWmiProviderGetDevice(made), device);
    // A second one of that block needs the provider's handle, and then no device.
    EXPECT_EQ(S(WdfWmiInstanceCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, nullptr)), S(STATUS_OBJECT_NAME_EXISTS));
    WDF_WMI_INSTANCE_CONFIG second = InstanceConfig(made);
    NewInstance(nullptr, second, 4);
    // Neither, both, a wrong size, a parent.
    WDF_WMI_INSTANCE_CONFIG bad = InstanceConfig(nullptr);
    EXPECT_EQ(S(WdfWmiInstanceCreate(device, &bad, WDF_NO_OBJECT_ATTRIBUTES, nullptr)), S(STATUS_INVALID_PARAMETER));
    bad = InstanceConfig(made);
    bad.ProviderConfig = &provider;
    EXPECT_EQ(S(WdfWmiInstanceCreate(device, &bad, WDF_NO_OBJECT_ATTRIBUTES, nullptr)), S(STATUS_INVALID_PARAMETER));
    bad = InstanceConfig(made);
    bad.Size = 3;
    EXPECT_EQ(S(WdfWmiInstanceCreate(device, &bad, WDF_NO_OBJECT_ATTRIBUTES, nullptr)), S(STATUS_INFO_LENGTH_MISMATCH));
    bad = InstanceConfig(made);
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(device);
    EXPECT_EQ(S(WdfWmiInstanceCreate(device, &bad, &attributes, nullptr)), S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
    return STATUS_SUCCESS;
  };
  rig.rig.AddDevice();
  std::vector<Wmi::Instance> all;
  ASSERT_EQ(rig.wmi.QueryAll(kBlock, &all), S(STATUS_SUCCESS));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(Number(all[1].data), 4u);
}

CONFORMANCE(Wmi, RegistrationIsOncePerInstanceAndMayComeLater, "WMI-03") {
  WmiRig rig(machine, 0);
  rig.hooks.added = [&](WDFDEVICE device) {
    rig.provider = NewProvider(device);
    rig.instances = {NewInstance(device, InstanceConfig(rig.provider, false), 1)};
    return STATUS_SUCCESS;
  };
  rig.rig.AddDevice();
  EXPECT_FALSE(rig.wmi.Provides(kBlock)) << "no instance is registered";
  std::vector<Wmi::Instance> all;
  machine.Run([&] {
    EXPECT_EQ(S(WdfWmiInstanceRegister(rig.instances[0])), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfWmiInstanceRegister(rig.instances[0])), S(STATUS_INVALID_DEVICE_REQUEST));
  });
  EXPECT_TRUE(rig.wmi.Provides(kBlock)) << "within the call at PASSIVE_LEVEL";
  machine.Run([&] {
    AtDispatch raised;
    rig.instances.push_back(NewInstance(rig.hooks.device, InstanceConfig(rig.provider), 2));
  });
  machine.RunUntilIdle();
  ASSERT_EQ(rig.wmi.QueryAll(kBlock, &all), S(STATUS_SUCCESS));
  ASSERT_EQ(all.size(), 2u) << "later, when asked for at DISPATCH_LEVEL";
  machine.Run([&] { WdfWmiInstanceDeregister(rig.instances[0]); });
  ASSERT_EQ(rig.wmi.QueryAll(kBlock, &all), S(STATUS_SUCCESS));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(Number(all[0].data), 2u);
  machine.Run([&] { WdfObjectDelete(rig.instances[1]); });
  EXPECT_FALSE(rig.wmi.Provides(kBlock)) << "a deleted instance is gone";
  machine.Run([&] { EXPECT_EQ(S(WdfWmiInstanceRegister(rig.instances[0])), S(STATUS_SUCCESS)); });
  EXPECT_TRUE(rig.wmi.Provides(kBlock));
}

// S1: with the interfaces, that is after D0Entry; S6: after ReleaseHardware.
CONFORMANCE(Wmi, ProvidersComeAndGoWithTheInterfaces, "ours") {
  static Machine* the_machine;
  static std::vector<bool> seen;
  the_machine = &machine;
  seen.clear();
  WmiRig rig(machine);
  rig.hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceSelfManagedIoInit = [](WDFDEVICE) -> NTSTATUS {
      seen.push_back(Wmi(*the_machine).Provides(kBlock));
      return STATUS_SUCCESS;
    };
    pnp.EvtDeviceReleaseHardware = [](WDFDEVICE, WDFCMRESLIST) -> NTSTATUS {
      seen.push_back(Wmi(*the_machine).Provides(kBlock));
      return STATUS_SUCCESS;
    };
    pnp.EvtDeviceSelfManagedIoFlush = [](WDFDEVICE) { seen.push_back(Wmi(*the_machine).Provides(kBlock)); };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  rig.Start();
  EXPECT_TRUE(rig.wmi.Provides(kBlock));
  ASSERT_EQ(machine.DisableDevice(rig.rig.device), S(STATUS_SUCCESS));
  EXPECT_EQ(seen, (std::vector<bool>{false, true, false}));
  EXPECT_FALSE(rig.wmi.Provides(kBlock));
  std::vector<Wmi::Instance> all;
  EXPECT_EQ(rig.wmi.QueryAll(kBlock, &all), S(STATUS_WMI_GUID_NOT_FOUND));
  ASSERT_EQ(machine.EnableDevice(rig.rig.device), S(STATUS_SUCCESS));
  EXPECT_TRUE(rig.wmi.Provides(kBlock));
  machine.SurpriseRemove(rig.rig.device);
  EXPECT_FALSE(rig.wmi.Provides(kBlock));
}

CONFORMANCE(Wmi, EventsReachTheirSubscribers, "WMI-08", "WMI-04") {
  WmiRig rig(machine, 2, WdfWmiProviderEventOnly);
  WmiSubscription early = rig.wmi.Subscribe(kBlock);  // before there is a provider
  EXPECT_EQ(early.status(), S(STATUS_SUCCESS));
  rig.rig.AddDevice();
  EXPECT_EQ(controls, (Lines{"events on"}));
  {
    WmiSubscription second = rig.wmi.Subscribe(kBlock);
    EXPECT_EQ(controls.size(), 1u) << "they are on already";
    machine.Run([&] {
      ULONG number = 5;
      EXPECT_EQ(S(WdfWmiInstanceFireEvent(rig.instances[1], sizeof number, &number)), S(STATUS_SUCCESS));
      number = 6;
      EXPECT_EQ(S(WdfWmiInstanceFireEvent(rig.instances[0], sizeof number, &number)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfWmiInstanceFireEvent(rig.instances[0], 0, nullptr)), S(STATUS_SUCCESS));
    });
    machine.RunUntilIdle();
    for (WmiSubscription* one : {&early, &second}) {
      auto events = one->Take();
      ASSERT_EQ(events.size(), 3u);
      EXPECT_EQ(events[0].data, Bytes(5));
      EXPECT_EQ(events[0].instance.substr(events[0].instance.size() - 2), "_1");
      EXPECT_EQ(events[1].data, Bytes(6));
      EXPECT_EQ(events[1].instance.substr(events[1].instance.size() - 2), "_0");
      EXPECT_EQ(events[2].data, "");
    }
  }
  EXPECT_EQ(controls.size(), 1u) << "one subscriber is left";
  early = WmiSubscription();
  EXPECT_EQ(controls, (Lines{"events on", "events off"}));
  machine.Run([&] { EXPECT_FALSE(WdfWmiProviderIsEnabled(rig.provider, WdfWmiEventControl)); });
}

CONFORMANCE(Wmi, EventsThatCannotBeSent, "WMI-08") {
  WmiRig rig(machine, 1, WdfWmiProviderEventOnly);
  auto added = rig.hooks.added;
  rig.hooks.added = [&](WDFDEVICE device) {
    added(device);
    EXPECT_EQ(S(WdfWmiInstanceFireEvent(rig.instances[0], 0, nullptr)), S(STATUS_UNSUCCESSFUL)) << "not registered yet";
    return STATUS_SUCCESS;
  };
  rig.rig.AddDevice();
  machine.Run([&] {
    std::vector<char> large(0x20000);
    EXPECT_EQ(S(WdfWmiInstanceFireEvent(rig.instances[0], static_cast<ULONG>(large.size()), large.data())), S(STATUS_BUFFER_OVERFLOW));
    WdfWmiInstanceDeregister(rig.instances[0]);
    EXPECT_EQ(S(WdfWmiInstanceFireEvent(rig.instances[0], 0, nullptr)), S(STATUS_UNSUCCESSFUL));
  });
}

CONFORMANCE(Wmi, EventOnlyBlocksHaveNoInstanceCallbacks, "WMI-04") {
  WmiRig rig(machine, 1, WdfWmiProviderEventOnly);
  rig.rig.AddDevice();
  machine.Run([&] {
    WDF_WMI_INSTANCE_CONFIG config = InstanceConfig(rig.provider);
    EXPECT_EQ(S(WdfWmiInstanceCreate(rig.hooks.device, &config, WDF_NO_OBJECT_ATTRIBUTES, nullptr)), S(STATUS_INVALID_PARAMETER));
  });
  std::vector<Wmi::Instance> all;
  EXPECT_EQ(rig.wmi.QueryAll(kBlock, &all), S(STATUS_WMI_NOT_SUPPORTED));
}

CONFORMANCE(Wmi, AnExpensiveBlockHearsOfCollection, "WMI-04") {
  WmiRig rig(machine, 1, WdfWmiProviderExpensive);
  rig.Start();
  {
    WmiSubscription collect = rig.wmi.Collect(kBlock);
    EXPECT_EQ(controls, (Lines{"instances on"}));
    machine.Run([&] { EXPECT_TRUE(WdfWmiProviderIsEnabled(rig.provider, WdfWmiInstanceControl)); });
  }
  EXPECT_EQ(controls, (Lines{"instances on", "instances off"}));
  // A cheap one does not.
  machine.Run([&] { NewInstance(rig.hooks.device, InstanceConfig(NewProvider(rig.hooks.device, kOther))); });
  WmiSubscription collect = rig.wmi.Collect(kOther);
  EXPECT_EQ(controls.size(), 2u);
}

CONFORMANCE(Wmi, ATracingProviderGetsItsHandle, "WMI-04") {
  WmiRig rig(machine, 0);
  rig.hooks.added = [&](WDFDEVICE device) {
    rig.provider = NewProvider(device, kBlock, WdfWmiProviderTracing);
    return STATUS_SUCCESS;
  };
  rig.rig.AddDevice();
  EXPECT_TRUE(rig.wmi.Provides(kBlock));
  machine.Run([&] { EXPECT_EQ(WdfWmiProviderGetTracingHandle(rig.provider), 0u); });
  {
    WmiSubscription trace = rig.wmi.Subscribe(kBlock);
    machine.Run([&] {
      EXPECT_TRUE(WdfWmiProviderIsEnabled(rig.provider, WdfWmiEventControl));
      EXPECT_NE(WdfWmiProviderGetTracingHandle(rig.provider), 0u);
    });
  }
  machine.Run([&] { EXPECT_EQ(WdfWmiProviderGetTracingHandle(rig.provider), 0u); });
}

CONFORMANCE(Wmi, TheMofResourceIsNamedOnce, "WMI-09") {
  WmiRig rig(machine);
  auto added = rig.hooks.added;
  rig.hooks.added = [&](WDFDEVICE device) {
    UNICODE_STRING name = Text(u"ToasterMof"), second = Text(u"Other");
    EXPECT_EQ(S(WdfDeviceAssignMofResourceName(device, &name)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDeviceAssignMofResourceName(device, &second)), S(STATUS_INVALID_DEVICE_REQUEST));
    return added(device);
  };
  rig.Start();
  // It is in the registration, with the driver's registry path.
  machine.Run([&] {
    PDEVICE_OBJECT device = WdfDeviceWdmGetDeviceObject(rig.hooks.device);
    char buffer[1024] = {};
    KEVENT done;
    IO_STATUS_BLOCK result = {};
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, device, nullptr, 0, nullptr, &done, &result);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    stack->MinorFunction = IRP_MN_REGINFO;
    stack->Parameters.WMI.ProviderId = reinterpret_cast<ULONG_PTR>(device);
    stack->Parameters.WMI.BufferSize = sizeof buffer;
    stack->Parameters.WMI.Buffer = buffer;
    IoCallDriver(device, irp);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    ASSERT_EQ(S(result.Status), S(STATUS_SUCCESS));
    auto* info = reinterpret_cast<WMIREGINFOW*>(buffer);
    EXPECT_EQ(info->GuidCount, 1u);
    EXPECT_EQ(info->WmiRegGuid[0].InstanceCount, 2u);
    EXPECT_EQ(info->WmiRegGuid[0].Flags, ULONG{WMIREG_FLAG_INSTANCE_PDO});
    auto text = [&](ULONG at) {
      USHORT bytes = *reinterpret_cast<USHORT*>(buffer + at);
      return std::u16string(reinterpret_cast<char16_t*>(buffer + at + 2), bytes / 2);
    };
    EXPECT_EQ(text(info->MofResourceName), u"ToasterMof");
    EXPECT_EQ(text(info->RegistryPath), u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\rig");
  });
}

CONFORMANCE(Wmi, ADriverMayNotDeleteAProvider, "OBJ-09", "OBJ-31", "DEVX-4") {
  WmiRig rig(machine);
  rig.Start();
  machine.Run([&] {
    WdfObjectDelete(rig.provider);
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(rig.hooks.device);
    WDF_WMI_PROVIDER_CONFIG config = ProviderConfig(kOther);
    WDFWMIPROVIDER provider = nullptr;
    EXPECT_EQ(S(WdfWmiProviderCreate(rig.hooks.device, &config, &attributes, &provider)), S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
  });
  EXPECT_TRUE(rig.wmi.Provides(kBlock));
}

// --- another driver as the client ---

CONFORMANCE(WmiClient, ADriverReadsSetsAndCalls, "ours") {
  WmiRig rig(machine);
  rig.Start();
  machine.Run([&] {
    PVOID block = nullptr;
    EXPECT_EQ(S(IoWMIOpenBlock(&kOther, WMIGUID_QUERY, &block)), S(STATUS_WMI_GUID_NOT_FOUND));
    ASSERT_EQ(S(IoWMIOpenBlock(&kBlock, WMIGUID_QUERY | WMIGUID_SET | WMIGUID_EXECUTE, &block)), S(STATUS_SUCCESS));
    ULONG size = 0;
    EXPECT_EQ(S(IoWMIQueryAllData(block, &size, nullptr)), S(STATUS_BUFFER_TOO_SMALL));
    std::vector<ULONGLONG> memory(size / 8 + 1);
    ASSERT_EQ(S(IoWMIQueryAllData(block, &size, memory.data())), S(STATUS_SUCCESS));
    auto* all = reinterpret_cast<WNODE_ALL_DATA*>(memory.data());
    EXPECT_EQ(all->InstanceCount, 2u);
    EXPECT_EQ(all->WnodeHeader.Linkage, 0u);
    ULONG value;
    const OFFSETINSTANCEDATAANDLENGTH* places = all->OffsetInstanceDataAndLength;
    std::memcpy(&value, reinterpret_cast<char*>(all) + places[1].OffsetInstanceData, sizeof value);
    EXPECT_EQ(value, 20u);
    std::u16string wide(rig.path.begin(), rig.path.end());
    wide += u"_1";
    UNICODE_STRING name = Text(wide.c_str());
    value = 55;
    EXPECT_EQ(S(IoWMISetSingleInstance(block, &name, 0, sizeof value, &value)), S(STATUS_SUCCESS));
    EXPECT_EQ(CellOf(rig.instances[1])->value, 55u);
    value = 56;
    EXPECT_EQ(S(IoWMISetSingleItem(block, &name, 7, 0, sizeof value, &value)), S(STATUS_SUCCESS));
    size = 0;
    EXPECT_EQ(S(IoWMIQuerySingleInstance(block, &name, &size, nullptr)), S(STATUS_BUFFER_TOO_SMALL));
    memory.assign(size / 8 + 1, 0);
    ASSERT_EQ(S(IoWMIQuerySingleInstance(block, &name, &size, memory.data())), S(STATUS_SUCCESS));
    auto* one = reinterpret_cast<WNODE_SINGLE_INSTANCE*>(memory.data());
    std::memcpy(&value, reinterpret_cast<char*>(one) + one->DataBlockOffset, sizeof value);
    EXPECT_EQ(value, 56u);
    value = 8;
    ULONG room = sizeof value;
    EXPECT_EQ(S(IoWMIExecuteMethod(block, &name, 1, sizeof value, &room, reinterpret_cast<PUCHAR>(&value))), S(STATUS_SUCCESS));
    EXPECT_EQ(value, 16u);
    EXPECT_EQ(S(IoWMISetNotificationCallback(block, [](PVOID, PVOID) {}, nullptr)), S(STATUS_ACCESS_DENIED));
    ObDereferenceObject(block);
    ASSERT_EQ(S(IoWMIOpenBlock(&kBlock, WMIGUID_QUERY, &block)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(IoWMISetSingleInstance(block, &name, 0, sizeof value, &value)), S(STATUS_ACCESS_DENIED));
    ObDereferenceObject(block);
  });
}

CONFORMANCE(WmiClient, ADriverIsNotified, "ours") {
  WmiRig rig(machine, 1, WdfWmiProviderEventOnly);
  rig.rig.AddDevice();
  std::atomic<int> heard = 0;
  PVOID block = nullptr;
  machine.Run([&] {
    ASSERT_EQ(S(IoWMIOpenBlock(&kBlock, WMIGUID_NOTIFICATION, &block)), S(STATUS_SUCCESS));
    EXPECT_TRUE(controls.empty());
    EXPECT_EQ(S(IoWMISetNotificationCallback(
                  block,
                  [](PVOID wnode, PVOID context) {
                    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
                    EXPECT_TRUE(static_cast<WNODE_HEADER*>(wnode)->Flags & WNODE_FLAG_EVENT_ITEM);
                    ++*static_cast<std::atomic<int>*>(context);
                  },
                  &heard)),
              S(STATUS_SUCCESS));
    EXPECT_EQ(controls, (Lines{"events on"}));
    EXPECT_EQ(S(WdfWmiInstanceFireEvent(rig.instances[0], 0, nullptr)), S(STATUS_SUCCESS));
  });
  machine.RunUntilIdle();
  EXPECT_EQ(heard, 1);
  machine.Run([&] {
    ObDereferenceObject(block);
    EXPECT_EQ(controls, (Lines{"events on", "events off"}));
    EXPECT_EQ(S(WdfWmiInstanceFireEvent(rig.instances[0], 0, nullptr)), S(STATUS_SUCCESS)) << "nobody listens";
  });
  machine.RunUntilIdle();
  EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace drydock::test
