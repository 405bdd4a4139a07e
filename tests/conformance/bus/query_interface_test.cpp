// Driver-defined interfaces: offered by the bus to its children, by a device to its stack, passed to the parent's stack.
#include <cstring>

#include "bus_rig.h"

namespace drydock::test {
namespace {

constexpr GUID kType = {0xABCD0001, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
constexpr GUID kOther = {0xABCD0002, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

struct Crispiness {
  INTERFACE header;
  ULONG (*level)(PVOID);
  ULONG extra;
};

std::atomic<int> references;

Crispiness Offer(ULONG extra = 1) {
  Crispiness offer = {};
  offer.header.Size = sizeof(offer);
  offer.header.Version = 3;
  offer.header.Context = &references;
  offer.header.InterfaceReference = [](PVOID context) { ++*static_cast<std::atomic<int>*>(context); };
  offer.header.InterfaceDereference = [](PVOID context) { --*static_cast<std::atomic<int>*>(context); };
  offer.level = [](PVOID) -> ULONG { return 8; };
  offer.extra = extra;
  return offer;
}

NTSTATUS AddTo(WDFDEVICE device, Crispiness* offer, PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST callback = nullptr, bool import = false,
               bool to_parent = false, const GUID& type = kType) {
  WDF_QUERY_INTERFACE_CONFIG config;
  WDF_QUERY_INTERFACE_CONFIG_INIT(&config, offer ? &offer->header : nullptr, &type, callback);
  config.ImportInterface = import;
  config.SendQueryToParentStack = to_parent;
  return WdfDeviceAddQueryInterface(device, &config);
}

NTSTATUS QueryFrom(WDFDEVICE device, Crispiness* out, USHORT size = sizeof(Crispiness), USHORT version = 3, PVOID data = nullptr,
                   const GUID& type = kType) {
  return WdfFdoQueryForInterface(device, &type, &out->header, size, version, data);
}

CONFORMANCE(QueryInterface, AChildGetsTheInterfaceOfItsPdoReferenced, "BUS-36", "BUS-37", "BUS-41", "O-31") {
  references = 0;
  BusRig rig(machine);
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG) {
    Crispiness offer = Offer();
    EXPECT_EQ(S(AddTo(pdo, &offer)), S(STATUS_SUCCESS));
    offer = {};  // it was copied
    return STATUS_SUCCESS;
  };
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    Crispiness got = {};
    ASSERT_EQ(S(QueryFrom(rig.function_hooks.device, &got)), S(STATUS_SUCCESS));
    EXPECT_EQ(references, 1) << "the provider's reference function has been called";
    EXPECT_EQ(got.level(got.header.Context), 8u);
    got.header.InterfaceDereference(got.header.Context);
    // Size and version: the registered ones may not be larger.
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, sizeof(Crispiness) - 1)), S(STATUS_INVALID_BUFFER_SIZE));
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, sizeof(Crispiness), 2)), S(STATUS_INVALID_BUFFER_SIZE));
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, sizeof(Crispiness) + 8, 4)), S(STATUS_SUCCESS));
    got.header.InterfaceDereference(got.header.Context);
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, sizeof(Crispiness), 3, nullptr, kOther)), S(STATUS_NOT_SUPPORTED));
    EXPECT_EQ(references, 0);
  });
}

CONFORMANCE(QueryInterface, BadConfigurationsAreRefused, "BUS-36", "BUS-38", "BUS-41") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    WDFDEVICE pdo = rig.hooks.pdos[1];
    Crispiness offer = Offer();
    WDF_QUERY_INTERFACE_CONFIG config;
    WDF_QUERY_INTERFACE_CONFIG_INIT(&config, &offer.header, &kType, nullptr);
    config.Size = 3;
    EXPECT_EQ(S(WdfDeviceAddQueryInterface(pdo, &config)), S(STATUS_INFO_LENGTH_MISMATCH));
    WDF_QUERY_INTERFACE_CONFIG_INIT(&config, &offer.header, nullptr, nullptr);
    EXPECT_EQ(S(WdfDeviceAddQueryInterface(pdo, &config)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(AddTo(pdo, nullptr)), S(STATUS_INVALID_PARAMETER)) << "nothing to fill in";
    EXPECT_EQ(S(AddTo(pdo, &offer, nullptr, true)), S(STATUS_INVALID_PARAMETER)) << "an import needs its callback";
    offer.header.Size = 4;
    EXPECT_EQ(S(AddTo(pdo, &offer)), S(STATUS_INVALID_PARAMETER));
    Crispiness got = {};
    EXPECT_EQ(S(QueryFrom(pdo, &got)), S(STATUS_INVALID_PARAMETER)) << "of a PDO";
  });
}

CONFORMANCE(QueryInterface, TheCallbackSeesTheFilledStructureAndMayChangeIt, "BUS-37", "BUS-39") {
  references = 0;
  static NTSTATUS result;
  result = STATUS_SUCCESS;
  BusRig rig(machine);
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG) {
    Crispiness offer = Offer();
    EXPECT_EQ(S(AddTo(pdo, &offer,
                      [](WDFDEVICE device, LPGUID type, PINTERFACE exposed, PVOID data) -> NTSTATUS {
                        EXPECT_EQ(NumberOf(device), 1u);
                        EXPECT_EQ(std::memcmp(type, &kType, sizeof(GUID)), 0);
                        EXPECT_EQ(exposed->Version, 3);
                        auto* mine = reinterpret_cast<Crispiness*>(exposed);
                        EXPECT_EQ(mine->extra, 1u);
                        mine->extra = *static_cast<ULONG*>(data);
                        return result;
                      })),
              S(STATUS_SUCCESS));
    return STATUS_SUCCESS;
  };
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    Crispiness got = {};
    ULONG data = 42;
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, sizeof(got), 3, &data)), S(STATUS_SUCCESS));
    EXPECT_EQ(got.extra, 42u);
    EXPECT_EQ(references, 1);
    result = STATUS_ACCESS_DENIED;
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, sizeof(got), 3, &data)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(references, 1) << "not referenced by a failing one";
    result = STATUS_NOT_SUPPORTED;
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, sizeof(got), 3, &data)), S(STATUS_NOT_SUPPORTED));
  });
}

CONFORMANCE(QueryInterface, AnImportingCallbackFillsTheStructureItself, "BUS-38") {
  references = 0;
  BusRig rig(machine);
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG) {
    Crispiness offer = Offer();
    auto callback = [](WDFDEVICE, LPGUID, PINTERFACE exposed, PVOID) -> NTSTATUS {
      auto* mine = reinterpret_cast<Crispiness*>(exposed);
      mine->extra = mine->extra + 100;  // what the caller put there
      return STATUS_SUCCESS;
    };
    EXPECT_EQ(S(AddTo(pdo, &offer, callback, true)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(AddTo(pdo, nullptr, callback, true, false, kOther)), S(STATUS_SUCCESS)) << "Interface may be NULL";
    return STATUS_SUCCESS;
  };
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    Crispiness got = {};
    got.extra = 5;
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got)), S(STATUS_SUCCESS));
    EXPECT_EQ(got.extra, 105u);
    EXPECT_EQ(references, 0) << "the callback references, not the framework";
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, sizeof(got) - 1)), S(STATUS_INVALID_BUFFER_SIZE));
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, sizeof(got), 2)), S(STATUS_INVALID_BUFFER_SIZE));
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got, 1, 0, nullptr, kOther)), S(STATUS_SUCCESS)) << "nothing to compare with";
  });
}

CONFORMANCE(QueryInterface, AFunctionDriverAnswersAndTheRequestGoesOnDown, "BUS-39", "O-31", "BUS-41") {
  references = 0;
  static std::atomic<int> at_pdo;
  at_pdo = 0;
  BusRig rig(machine);
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG) {
    return AddTo(pdo, nullptr,
                 [](WDFDEVICE, LPGUID, PINTERFACE, PVOID) -> NTSTATUS {
                   ++at_pdo;
                   return STATUS_NOT_SUPPORTED;
                 },
                 true);
  };
  static WDFDEVICE fdo;
  rig.function_hooks.added = [&](WDFDEVICE device) {
    Crispiness offer = Offer(9);
    fdo = device;
    return AddTo(device, &offer);
  };
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    Crispiness got = {};
    EXPECT_EQ(S(QueryFrom(fdo, &got)), S(STATUS_SUCCESS)) << "its own stack, from the top";
    EXPECT_EQ(got.extra, 9u);
    EXPECT_EQ(at_pdo, 1) << "still sent down";
  });
}

CONFORMANCE(QueryInterface, AQueryMayGoToTheParentsStack, "BUS-40") {
  references = 0;
  BusRig rig(machine);
  auto added = rig.bus_hooks.added;
  rig.bus_hooks.added = [&](WDFDEVICE device) {
    Crispiness offer = Offer(77);
    EXPECT_EQ(S(AddTo(device, &offer)), S(STATUS_SUCCESS));
    return added(device);
  };
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG number) {
    return number == 1 ? AddTo(pdo, nullptr, nullptr, false, true) : STATUS_SUCCESS;
  };
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    Crispiness got = {};
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got)), S(STATUS_SUCCESS));
    EXPECT_EQ(got.extra, 77u) << "the bus's own";
    EXPECT_EQ(references, 1);
  });
  rig.Plug(2);
  machine.Run([&] {
    Crispiness got = {};
    EXPECT_EQ(S(QueryFrom(rig.function_hooks.device, &got)), S(STATUS_NOT_SUPPORTED)) << "not without being told";
  });
}

}  // namespace
}  // namespace drydock::test
