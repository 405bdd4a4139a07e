// What a PDO answers about itself, and what its driver may ask and say about it.
#include <cstring>

#include "bus_rig.h"

#include <initguid.h>
#include <devpkey.h>

namespace drydock::test {
namespace {

std::u16string TakeText(ULONG_PTR information, bool list = false) {
  if (!information) return u"(none)";
  std::u16string text;
  const auto* at = reinterpret_cast<const char16_t*>(information);
  if (list) {
    for (; *at; at += std::char_traits<char16_t>::length(at) + 1) text += (text.empty() ? u"" : u",") + std::u16string(at);
  } else {
    text = at;
  }
  ExFreePool(reinterpret_cast<void*>(information));
  return text;
}

std::u16string QueryId(PDEVICE_OBJECT device, BUS_QUERY_ID_TYPE type) {
  ULONG_PTR information = 0;
  const NTSTATUS status = Ask(device, IRP_MN_QUERY_ID, [&](PIO_STACK_LOCATION location) { location->Parameters.QueryId.IdType = type; }, &information);
  if (!NT_SUCCESS(status)) return u"(refused)";
  return TakeText(information, type == BusQueryHardwareIDs || type == BusQueryCompatibleIDs);
}

std::u16string QueryText(PDEVICE_OBJECT device, DEVICE_TEXT_TYPE type, LCID locale) {
  ULONG_PTR information = 0;
  const NTSTATUS status = Ask(device, IRP_MN_QUERY_DEVICE_TEXT,
                              [&](PIO_STACK_LOCATION location) {
                                location->Parameters.QueryDeviceText.DeviceTextType = type;
                                location->Parameters.QueryDeviceText.LocaleId = locale;
                              },
                              &information);
  return NT_SUCCESS(status) ? TakeText(information) : u"(refused)";
}

CONFORMANCE(PdoIdentity, IdsComeInTheOrderInWhichTheyWereAdded, "BUS-26") {
  BusRig rig(machine);
  rig.hooks.pdo_init = [](PWDFDEVICE_INIT init, ULONG) {
    for (const char16_t* id : {u"RIG\\Second", u"RIG\\Third"}) {
      UNICODE_STRING text = Text(id);
      EXPECT_EQ(S(WdfPdoInitAddHardwareID(init, &text)), S(STATUS_SUCCESS));
    }
    for (const char16_t* id : {u"RIG\\Zebra", u"RIG\\Ape"}) {
      UNICODE_STRING text = Text(id);
      EXPECT_EQ(S(WdfPdoInitAddCompatibleID(init, &text)), S(STATUS_SUCCESS));
    }
    UNICODE_STRING container = Text(u"{00000000-1111-2222-3333-444444444444}");
    EXPECT_EQ(S(WdfPdoInitAssignContainerID(init, &container)), S(STATUS_SUCCESS));
  };
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    PDEVICE_OBJECT pdo = WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[1]);
    EXPECT_EQ(QueryId(pdo, BusQueryDeviceID), u"RIG\\Child");
    EXPECT_EQ(QueryId(pdo, BusQueryInstanceID), u"1");
    EXPECT_EQ(QueryId(pdo, BusQueryHardwareIDs), u"RIG\\Child,RIG\\Second,RIG\\Third");
    EXPECT_EQ(QueryId(pdo, BusQueryCompatibleIDs), u"RIG\\Zebra,RIG\\Ape");
    EXPECT_EQ(QueryId(pdo, BusQueryContainerID), u"{00000000-1111-2222-3333-444444444444}");
  });
}

CONFORMANCE(PdoIdentity, ADriverIsFoundByACompatibleIdWhenNoHardwareIdIsKnown, "BUS-26") {
  BusRig rig(machine);
  rig.hooks.create = [&](WDFCHILDLIST, ULONG, PWDFDEVICE_INIT init) -> NTSTATUS {
    UNICODE_STRING id = Text(u"RIG\\New"), general = Text(u"rig\\child"), instance = Text(u"1");
    WdfPdoInitAssignDeviceID(init, &id);
    WdfPdoInitAddHardwareID(init, &id);
    WdfPdoInitAddCompatibleID(init, &general);
    WdfPdoInitAssignInstanceID(init, &instance);
    WDFDEVICE pdo;
    return WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &pdo);
  };
  rig.Start();
  rig.Plug(1);
  ASSERT_EQ(rig.children(), 1u);
  EXPECT_TRUE(machine.Children(rig.bus)[0].started());
}

CONFORMANCE(PdoIdentity, TheSettersAreForPdosOnly, "BUS-26", "INI-39") {
  BusRig rig(machine);
  auto init = rig.bus_hooks.init;
  rig.bus_hooks.init = [&](PWDFDEVICE_INIT device_init) {
    UNICODE_STRING id = Text(u"X\\Y");
    EXPECT_EQ(S(WdfPdoInitAssignDeviceID(device_init, &id)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfPdoInitAssignInstanceID(device_init, &id)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfPdoInitAddHardwareID(device_init, &id)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfPdoInitAddCompatibleID(device_init, &id)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfPdoInitAddDeviceText(device_init, &id, &id, 0x409)), S(STATUS_INVALID_DEVICE_REQUEST));
    const GUID type = {};
    EXPECT_EQ(S(WdfPdoInitAssignRawDevice(device_init, &type)), S(STATUS_INVALID_PARAMETER));
    return init(device_init);
  };
  rig.Start();
}

CONFORMANCE(PdoIdentity, DeviceTextIsThatOfTheLocaleOrOfTheDefaultOne, "BUS-27") {
  BusRig rig(machine);
  rig.hooks.pdo_init = [](PWDFDEVICE_INIT init, ULONG) {
    UNICODE_STRING bread = Text(u"Bread"), shelf = Text(u"Shelf"), brot = Text(u"Brot"), regal = Text(u"Regal");
    EXPECT_EQ(S(WdfPdoInitAddDeviceText(init, &bread, &shelf, 0x409)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfPdoInitAddDeviceText(init, &brot, &regal, 0x407)), S(STATUS_SUCCESS));
    WdfPdoInitSetDefaultLocale(init, 0x407);
  };
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    PDEVICE_OBJECT pdo = WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[1]);
    EXPECT_EQ(QueryText(pdo, DeviceTextDescription, 0x409), u"Bread");
    EXPECT_EQ(QueryText(pdo, DeviceTextLocationInformation, 0x409), u"Shelf");
    EXPECT_EQ(QueryText(pdo, DeviceTextDescription, 0x407), u"Brot");
    EXPECT_EQ(QueryText(pdo, DeviceTextDescription, 0x40C), u"Brot");
    EXPECT_EQ(QueryText(pdo, DeviceTextLocationInformation, 0x40C), u"Regal");
    // What the PnP manager keeps of it, in the machine's own language.
    UNICODE_STRING property = {};
    char16_t buffer[32] = {};
    ULONG length = 0;
    (void)property;
    EXPECT_EQ(S(WdfDeviceQueryProperty(rig.hooks.pdos[1], DevicePropertyDeviceDescription, sizeof(buffer), buffer, &length)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::u16string(buffer), u"Bread");
  });
}

CONFORMANCE(PdoIdentity, DescriptionsCanBeAskedOfThePdo, "BUS-28") {
  BusRig rig(machine);
  rig.hooks.addresses = true;
  rig.hooks.pdo_created = [&](WDFDEVICE pdo, ULONG number) {
    ChildId id = Id(0);
    EXPECT_EQ(S(WdfPdoRetrieveIdentificationDescription(pdo, &id.header)), S(STATUS_SUCCESS)) << "from its creation on";
    EXPECT_EQ(id.number, number);
    return STATUS_SUCCESS;
  };
  rig.Start();
  machine.Run([&] {
    ChildId id = Id(4);
    ChildAddress address = Address(40);
    WdfChildListAddOrUpdateChildDescriptionAsPresent(rig.list(), &id.header, &address.header);
  });
  rig.Settle();
  machine.Run([&] {
    WDFDEVICE pdo = rig.hooks.pdos[4];
    ChildId id = Id(0);
    ChildAddress address = Address(0);
    EXPECT_EQ(S(WdfPdoRetrieveAddressDescription(pdo, &address.header)), S(STATUS_SUCCESS));
    EXPECT_EQ(address.slot, 40u);
    address.slot = 41;
    EXPECT_EQ(S(WdfPdoUpdateAddressDescription(pdo, &address.header)), S(STATUS_SUCCESS));
    ChildId which = Id(4);
    EXPECT_EQ(S(WdfChildListRetrieveAddressDescription(rig.list(), &which.header, &address.header)), S(STATUS_SUCCESS));
    EXPECT_EQ(address.slot, 41u);
    WDFDEVICE fdo = rig.bus_hooks.device;
    EXPECT_EQ(S(WdfPdoRetrieveIdentificationDescription(fdo, &id.header)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfPdoRetrieveAddressDescription(fdo, &address.header)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfPdoUpdateAddressDescription(fdo, &address.header)), S(STATUS_INVALID_PARAMETER));
    id.header.IdentificationDescriptionSize = 4;
    EXPECT_EQ(S(WdfPdoRetrieveIdentificationDescription(pdo, &id.header)), S(STATUS_INVALID_DEVICE_REQUEST));
    address.header.AddressDescriptionSize = 4;
    EXPECT_EQ(S(WdfPdoRetrieveAddressDescription(pdo, &address.header)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfPdoUpdateAddressDescription(pdo, &address.header)), S(STATUS_INVALID_DEVICE_REQUEST));
    // A static child has no descriptions.
    rig.hooks.pdo_created = nullptr;
    PWDFDEVICE_INIT init = WdfPdoInitAllocate(fdo);
    WDFDEVICE loose;
    EXPECT_EQ(S(MakePdo(rig.hooks, init, 50, &loose)), S(STATUS_SUCCESS));
    id = Id(0);
    EXPECT_EQ(S(WdfPdoRetrieveIdentificationDescription(loose, &id.header)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfFdoAddStaticChild(fdo, loose)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfPdoRetrieveIdentificationDescription(loose, &id.header)), S(STATUS_INVALID_DEVICE_REQUEST));
  });
  rig.Settle();
}

CONFORMANCE(PdoIdentity, BusInformationIsTheParentsWord, "BUS-26", "PWR-48") {
  BusRig rig(machine);
  const GUID type = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    PDEVICE_OBJECT pdo = WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[1]);
    ULONG_PTR information = 0;
    EXPECT_EQ(S(Ask(pdo, IRP_MN_QUERY_BUS_INFORMATION, nullptr, &information)), S(STATUS_NOT_SUPPORTED));
    PNP_BUS_INFORMATION bus = {type, PNPBus, 3};
    WdfDeviceSetBusInformationForChildren(rig.bus_hooks.device, &bus);
    EXPECT_EQ(S(Ask(pdo, IRP_MN_QUERY_BUS_INFORMATION, nullptr, &information)), S(STATUS_SUCCESS));
    auto* answer = reinterpret_cast<PNP_BUS_INFORMATION*>(information);
    EXPECT_EQ(answer->BusNumber, 3u);
    EXPECT_EQ(std::memcmp(&answer->BusTypeGuid, &type, sizeof(type)), 0);
    ExFreePool(answer);
  });
  // What the PnP manager heard when a child was found answers IoGetDeviceProperty.
  rig.Plug(2);
  machine.Run([&] {
    PDEVICE_OBJECT pdo = WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[2]);
    ULONG number = 0, length = 0;
    EXPECT_EQ(S(IoGetDeviceProperty(pdo, DevicePropertyBusNumber, sizeof(number), &number, &length)), S(STATUS_SUCCESS));
    EXPECT_EQ(number, 3u);
    GUID heard = {};
    EXPECT_EQ(S(IoGetDeviceProperty(pdo, DevicePropertyBusTypeGuid, sizeof(heard), &heard, &length)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::memcmp(&heard, &type, sizeof(type)), 0);
  });
}

CONFORMANCE(PdoIdentity, CapabilitiesAreThePdosOwnOverItsParentsStates, "DEVX-43", "PWR-48", "PWR-49", "INI-39") {
  BusRig rig(machine);
  rig.hooks.raw = true;
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG number) {
    if (number != 2) return STATUS_SUCCESS;
    WDF_DEVICE_POWER_CAPABILITIES power;
    WDF_DEVICE_POWER_CAPABILITIES_INIT(&power);
    power.DeviceD1 = WdfTrue;
    power.WakeFromD1 = WdfTrue;
    power.DeviceState[PowerSystemSleeping3] = PowerDeviceD2;
    power.DeviceWake = PowerDeviceD1;
    power.SystemWake = PowerSystemSleeping1;
    power.D1Latency = 77;
    WdfDeviceSetPowerCapabilities(pdo, &power);
    return STATUS_SUCCESS;
  };
  rig.Start();
  rig.Plug(1);
  rig.Plug(2);
  machine.Run([&] {
    auto query = [&](ULONG number) {
      DEVICE_CAPABILITIES caps = {};
      caps.Size = sizeof(caps);
      caps.Version = 1;
      EXPECT_EQ(S(Ask(WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[number]), IRP_MN_QUERY_CAPABILITIES,
                      [&](PIO_STACK_LOCATION location) { location->Parameters.DeviceCapabilities.Capabilities = &caps; })),
                S(STATUS_SUCCESS));
      return caps;
    };
    DEVICE_CAPABILITIES caps = query(1);
    EXPECT_TRUE(caps.Removable && caps.EjectSupported && caps.SurpriseRemovalOK && caps.UniqueID);
    EXPECT_EQ(caps.Address, 1u);
    EXPECT_TRUE(caps.RawDeviceOK);
    EXPECT_TRUE(caps.SilentInstall);
    EXPECT_FALSE(caps.DeviceD1);
    EXPECT_EQ(caps.DeviceState[PowerSystemWorking], PowerDeviceD0);
    EXPECT_EQ(caps.DeviceState[PowerSystemSleeping3], PowerDeviceD3) << "the parent's";
    caps = query(2);
    EXPECT_TRUE(caps.DeviceD1 && caps.WakeFromD1);
    EXPECT_FALSE(caps.WakeFromD0);
    EXPECT_EQ(caps.DeviceState[PowerSystemSleeping3], PowerDeviceD2);
    EXPECT_EQ(caps.DeviceWake, PowerDeviceD1);
    EXPECT_EQ(caps.SystemWake, PowerSystemSleeping1);
    EXPECT_EQ(caps.D1Latency, 77u);
  });
}

CONFORMANCE(PdoIdentity, ARawChildStartsWithoutAFunctionDriverAndOwnsItsPower, "INI-39", "PWR-52") {
  BusRig rig(machine);
  rig.hooks.raw = true;
  rig.hooks.create = [&](WDFCHILDLIST, ULONG, PWDFDEVICE_INIT init) -> NTSTATUS {
    UNICODE_STRING id = Text(u"RIG\\Raw"), instance = Text(u"1");
    const GUID type = {1, 2, 3, {4}};
    WdfPdoInitAssignDeviceID(init, &id);
    WdfPdoInitAssignInstanceID(init, &instance);
    EXPECT_EQ(S(WdfPdoInitAssignRawDevice(init, &type)), S(STATUS_SUCCESS));
    return WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &rig.hooks.pdos[1]);
  };
  rig.Start();
  rig.Plug(1);
  ASSERT_EQ(rig.children(), 1u);
  EXPECT_TRUE(machine.Children(rig.bus)[0].started());
  machine.Run([&] {
    EXPECT_EQ(WdfDeviceGetDevicePowerPolicyState(rig.hooks.pdos[1]), WdfDevStatePwrPolStarted) << "an owner's resting state";
    EXPECT_EQ(WdfDeviceGetIoTarget(rig.hooks.pdos[1]), nullptr);
    EXPECT_EQ(WdfDeviceWdmGetAttachedDevice(rig.hooks.pdos[1]), nullptr);
  });
}

CONFORMANCE(PdoIdentity, PropertiesAreAskedByKeyAndAssigned, "INI-17", "BUS-26") {
  BusRig rig(machine);
  rig.function_hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_DEVICE_PROPERTY_DATA ids;
    WDF_DEVICE_PROPERTY_DATA_INIT(&ids, &DEVPKEY_Device_HardwareIds);
    char16_t buffer[32] = {};
    ULONG length = 0;
    DEVPROPTYPE type = 0;
    EXPECT_EQ(S(WdfFdoInitQueryPropertyEx(init, &ids, 2, buffer, &length, &type)), S(STATUS_BUFFER_TOO_SMALL));
    EXPECT_EQ(length, sizeof(u"RIG\\Child\0"));
    EXPECT_EQ(S(WdfFdoInitQueryPropertyEx(init, &ids, sizeof(buffer), buffer, &length, &type)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::u16string(buffer), u"RIG\\Child");
    EXPECT_EQ(type, static_cast<DEVPROPTYPE>(DEVPROP_TYPE_STRING_LIST));
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(S(WdfFdoInitAllocAndQueryPropertyEx(init, &ids, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory, &type)), S(STATUS_SUCCESS));
    size_t size = 0;
    EXPECT_EQ(std::u16string(static_cast<char16_t*>(WdfMemoryGetBuffer(memory, &size))), u"RIG\\Child");
    EXPECT_EQ(size, length);
    WdfObjectDelete(memory);
    ids.Size = 3;
    EXPECT_EQ(S(WdfFdoInitQueryPropertyEx(init, &ids, sizeof(buffer), buffer, &length, &type)), S(STATUS_INFO_LENGTH_MISMATCH));
    return STATUS_SUCCESS;
  };
  rig.Start();
  rig.Plug(1);
  ASSERT_TRUE(rig.Child(1).started());
  machine.Run([&] {
    WDFDEVICE device = rig.function_hooks.device;
    const DEVPROPKEY own = {{0x11112222, 3, 4, {5, 6, 7, 8, 9, 10, 11, 12}}, 7};
    WDF_DEVICE_PROPERTY_DATA property;
    WDF_DEVICE_PROPERTY_DATA_INIT(&property, &own);
    ULONG value = 0, length = 0;
    DEVPROPTYPE type = 0;
    EXPECT_FALSE(NT_SUCCESS(WdfDeviceQueryPropertyEx(device, &property, sizeof(value), &value, &length, &type)));
    value = 4711;
    EXPECT_EQ(S(WdfDeviceAssignProperty(device, &property, DEVPROP_TYPE_UINT32, sizeof(value), &value)), S(STATUS_SUCCESS));
    value = 0;
    EXPECT_EQ(S(WdfDeviceQueryPropertyEx(device, &property, sizeof(value), &value, &length, &type)), S(STATUS_SUCCESS));
    EXPECT_EQ(value, 4711u);
    EXPECT_EQ(type, static_cast<DEVPROPTYPE>(DEVPROP_TYPE_UINT32));
    // One device, whichever of its drivers asks.
    EXPECT_EQ(S(WdfDeviceQueryPropertyEx(rig.hooks.pdos[1], &property, sizeof(value), &value, &length, &type)), S(STATUS_SUCCESS));
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(S(WdfDeviceAllocAndQueryPropertyEx(device, &property, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory, &type)), S(STATUS_SUCCESS));
    size_t size = 0;
    EXPECT_EQ(*static_cast<ULONG*>(WdfMemoryGetBuffer(memory, &size)), 4711u);
    EXPECT_EQ(size, sizeof(ULONG));
    WdfObjectDelete(memory);
  });
}

CONFORMANCE(PdoIdentity, RequestsOfAChildCanBeForwardedToTheParentsQueue, "IOT-7.47") {
  BusRig rig(machine);
  rig.hooks.raw = true;
  WDFQUEUE parents = nullptr;
  static std::atomic<int> arrived;
  arrived = 0;
  auto added = rig.bus_hooks.added;
  rig.bus_hooks.added = [&](WDFDEVICE device) {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
    config.PowerManaged = WdfFalse;
    config.EvtIoDeviceControl = [](WDFQUEUE, WDFREQUEST request, size_t, size_t, ULONG) {
      ++arrived;
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    EXPECT_EQ(S(WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &parents)), S(STATUS_SUCCESS));
    return added(device);
  };
  static WDFQUEUE* target;
  target = &parents;
  rig.hooks.pdo_init = [](PWDFDEVICE_INIT init, ULONG) { WdfPdoInitAllowForwardingRequestToParent(init); };
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG) {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.PowerManaged = WdfFalse;
    config.EvtIoDeviceControl = [](WDFQUEUE, WDFREQUEST request, size_t, size_t, ULONG) {
      WDF_REQUEST_FORWARD_OPTIONS options;
      WDF_REQUEST_FORWARD_OPTIONS_INIT(&options);
      const NTSTATUS status = WdfRequestForwardToParentDeviceIoQueue(request, *target, &options);
      EXPECT_EQ(S(status), S(STATUS_SUCCESS));
      if (!NT_SUCCESS(status)) WdfRequestComplete(request, status);
    };
    return WdfIoQueueCreate(pdo, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
  };
  rig.hooks.create = [&](WDFCHILDLIST, ULONG, PWDFDEVICE_INIT init) -> NTSTATUS {
    UNICODE_STRING id = Text(u"RIG\\Raw"), instance = Text(u"1");
    const GUID type = {1, 2, 3, {4}};
    WdfPdoInitAssignDeviceID(init, &id);
    WdfPdoInitAssignInstanceID(init, &instance);
    WdfPdoInitAssignRawDevice(init, &type);
    rig.hooks.pdo_init(init, 1);
    WDFDEVICE pdo = nullptr;
    NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &pdo);
    return NT_SUCCESS(status) ? rig.hooks.pdo_created(pdo, 1) : status;
  };
  rig.Start();
  rig.Plug(1);
  File file = machine.Open(machine.Children(rig.bus).at(0));
  EXPECT_EQ(file.Ioctl(kIoctl, nullptr, 0, nullptr, 0).status, STATUS_SUCCESS);
  EXPECT_EQ(arrived, 1);
}

CONFORMANCE(PdoIdentity, ALockIsTheDriversOrFails, "BUS-33") {
  BusRig rig(machine);
  static std::vector<int> locks;
  locks.clear();
  rig.hooks.pdo_init = [](PWDFDEVICE_INIT init, ULONG number) {
    if (number == 2) return;
    WDF_PDO_EVENT_CALLBACKS callbacks;
    WDF_PDO_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDeviceSetLock = [](WDFDEVICE, BOOLEAN lock) -> NTSTATUS {
      locks.push_back(lock);
      return lock ? STATUS_SUCCESS : STATUS_DEVICE_BUSY;
    };
    WdfPdoInitSetEventCallbacks(init, &callbacks);
  };
  rig.Start();
  rig.Plug(1);
  rig.Plug(2);
  machine.Run([&] {
    auto set = [&](ULONG number, BOOLEAN lock) {
      return S(Ask(WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[number]), IRP_MN_SET_LOCK,
                   [&](PIO_STACK_LOCATION location) { location->Parameters.SetLock.Lock = lock; }));
    };
    EXPECT_EQ(set(1, TRUE), S(STATUS_SUCCESS));
    EXPECT_EQ(set(1, FALSE), S(STATUS_DEVICE_BUSY));
    EXPECT_FALSE(set(2, TRUE).ok()) << "no callback counts as a failing one";
  });
  EXPECT_EQ(locks, (std::vector<int>{1, 0}));
}

}  // namespace
}  // namespace drydock::test
