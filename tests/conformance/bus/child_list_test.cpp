// Child lists: what they keep, how descriptions are compared and copied, scans and iterations.
#include <cstring>

#include "bus_rig.h"

namespace drydock::test {
namespace {

NTSTATUS Add(WDFCHILDLIST list, ULONG number, const ULONG* slot = nullptr) {
  ChildId id = Id(number);
  ChildAddress address = Address(slot ? *slot : 0);
  return WdfChildListAddOrUpdateChildDescriptionAsPresent(list, &id.header, slot ? &address.header : nullptr);
}

NTSTATUS Miss(WDFCHILDLIST list, ULONG number) {
  ChildId id = Id(number);
  return WdfChildListUpdateChildDescriptionAsMissing(list, &id.header);
}

WDFDEVICE Pdo(WDFCHILDLIST list, ULONG number, WDF_CHILD_LIST_RETRIEVE_DEVICE_STATUS* status) {
  ChildId id = Id(number);
  WDF_CHILD_RETRIEVE_INFO info;
  WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.header);
  WDFDEVICE device = WdfChildListRetrievePdo(list, &info);
  *status = info.Status;
  return device;
}

Lines Created(std::initializer_list<int> numbers) {
  Lines lines;
  for (int number : numbers) lines.push_back("CreateDevice " + std::to_string(number));
  return lines;
}

CONFORMANCE(ChildList, TheDefaultListIsThereOnlyWhenItWasConfigured, "BUS-01") {
  BusRig rig(machine);
  rig.hooks.default_list = false;
  rig.Start();
  machine.Run([&] { EXPECT_EQ(rig.list(), nullptr); });
}

CONFORMANCE(ChildList, TheInitHelperSetsSizesAndTheOneRequiredCallback, "BUS-03") {
  WDF_CHILD_LIST_CONFIG config;
  EVT_WDF_CHILD_LIST_CREATE_DEVICE* create = [](WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER, PWDFDEVICE_INIT) -> NTSTATUS {
    return STATUS_UNSUCCESSFUL;
  };
  WDF_CHILD_LIST_CONFIG_INIT(&config, 12, create);
  EXPECT_EQ(config.Size, sizeof(config));
  EXPECT_EQ(config.IdentificationDescriptionSize, 12u);
  EXPECT_EQ(config.EvtChildListCreateDevice, create);
  EXPECT_EQ(config.AddressDescriptionSize, 0u);
  EXPECT_EQ(config.EvtChildListScanForChildren, nullptr);
  EXPECT_EQ(config.EvtChildListIdentificationDescriptionCompare, nullptr);
  EXPECT_EQ(config.EvtChildListDeviceReenumerated, nullptr);
}

CONFORMANCE(ChildList, FurtherListsHaveTheDeviceForParentAndCannotHaveAnother, "BUS-02", "BUS-03", "OBJ-31") {
  BusRig rig(machine);
  rig.Start();
  machine.Run([&] {
    WDF_CHILD_LIST_CONFIG config;
    WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(ChildId),
                               [](WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER, PWDFDEVICE_INIT) -> NTSTATUS { return STATUS_UNSUCCESSFUL; });
    WDFCHILDLIST list = nullptr;
    WDFDEVICE device = rig.bus_hooks.device;
    EXPECT_EQ(S(WdfChildListCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &list)), S(STATUS_SUCCESS));
    ASSERT_NE(list, nullptr);
    EXPECT_NE(list, rig.list());
    EXPECT_EQ(WdfChildListGetDevice(list), device);
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(device);
    EXPECT_EQ(S(WdfChildListCreate(device, &config, &attributes, &list)), S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
    config.EvtChildListCreateDevice = nullptr;
    EXPECT_EQ(S(WdfChildListCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &list)), S(STATUS_INVALID_PARAMETER));
    config.Size = 4;
    EXPECT_EQ(S(WdfChildListCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &list)), S(STATUS_INFO_LENGTH_MISMATCH));
  });
}

CONFORMANCE(ChildList, ChildrenOfSeveralListsAppearInTheOrderOfLists, "BUS-02", "DEVX-20") {
  BusRig rig(machine);
  static BusHooks* hooks;
  hooks = &rig.hooks;
  rig.Start();
  machine.Run([&] {
    WDF_CHILD_LIST_CONFIG config;
    WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(ChildId), [](WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER id, PWDFDEVICE_INIT init) -> NTSTATUS {
      WDFDEVICE pdo;
      const ULONG number = CONTAINING_RECORD(id, ChildId, header)->number;
      hooks->log.Add("second list " + std::to_string(number));
      return MakePdo(*hooks, init, number, &pdo);
    });
    WDFCHILDLIST list = nullptr;
    ASSERT_EQ(S(WdfChildListCreate(rig.bus_hooks.device, &config, WDF_NO_OBJECT_ATTRIBUTES, &list)), S(STATUS_SUCCESS));
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(S(Add(list, 20)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Add(rig.list(), 2)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Add(rig.list(), 1)), S(STATUS_SUCCESS));
    KeLowerIrql(old);
  });
  rig.Settle();
  EXPECT_EQ(rig.children(), 3u);
  Lines names;
  for (Device child : machine.Children(rig.bus)) names.push_back(child.name());
  // On real threads the worker may come between two of the reports.
  if (machine.simulated()) EXPECT_EQ(names, (Lines{"RIG\\Child\\2", "RIG\\Child\\1", "RIG\\Child\\20"}));
}

CONFORMANCE(ChildList, DescriptionsAreComparedByteByByte, "BUS-04", "BUS-07") {
  BusRig rig(machine);
  rig.Start();
  machine.Run([&] {
    WdfChildListBeginScan(rig.list());
    EXPECT_EQ(S(Add(rig.list(), 1)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Add(rig.list(), 1)), S(STATUS_OBJECT_NAME_EXISTS));
    EXPECT_TRUE(NT_SUCCESS(STATUS_OBJECT_NAME_EXISTS));
    EXPECT_EQ(S(Add(rig.list(), 0x01000001)), S(STATUS_SUCCESS));
    WdfChildListEndScan(rig.list());
  });
  rig.Settle();
  EXPECT_EQ(rig.children(), 2u);
}

struct Counted {
  std::atomic<int> duplicates{0}, cleanups{0}, copies{0}, compares{0}, wrong_irql{0};
  std::atomic<int> address_duplicates{0}, address_cleanups{0}, address_copies{0};
};
Counted* counted;

void AtDispatchLevel() { counted->wrong_irql += KeGetCurrentIrql() != DISPATCH_LEVEL; }

void CountCallbacks(WDF_CHILD_LIST_CONFIG& config) {
  config.EvtChildListIdentificationDescriptionDuplicate = [](WDFCHILDLIST list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER from,
                                                             PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER to) -> NTSTATUS {
    AtDispatchLevel();
    ++counted->duplicates;
    EXPECT_NE(WdfChildListGetDevice(list), nullptr);
    std::memcpy(to, from, sizeof(ChildId));
    return CONTAINING_RECORD(from, ChildId, header)->number == 999 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
  };
  config.EvtChildListIdentificationDescriptionCopy = [](WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER from,
                                                        PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER to) {
    AtDispatchLevel();
    ++counted->copies;
    std::memcpy(to, from, sizeof(ChildId));
  };
  config.EvtChildListIdentificationDescriptionCleanup = [](WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER) { ++counted->cleanups; };
  // Children are the same when their last decimal digit is.
  config.EvtChildListIdentificationDescriptionCompare = [](WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER a,
                                                           PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER b) -> BOOLEAN {
    AtDispatchLevel();
    ++counted->compares;
    return CONTAINING_RECORD(a, ChildId, header)->number % 10 == CONTAINING_RECORD(b, ChildId, header)->number % 10;
  };
  config.EvtChildListAddressDescriptionDuplicate = [](WDFCHILDLIST, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER from,
                                                      PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER to) -> NTSTATUS {
    AtDispatchLevel();
    ++counted->address_duplicates;
    std::memcpy(to, from, sizeof(ChildAddress));
    return STATUS_SUCCESS;
  };
  config.EvtChildListAddressDescriptionCopy = [](WDFCHILDLIST, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER from, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER to) {
    AtDispatchLevel();
    ++counted->address_copies;
    std::memcpy(to, from, sizeof(ChildAddress));
  };
  config.EvtChildListAddressDescriptionCleanup = [](WDFCHILDLIST, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER) { ++counted->address_cleanups; };
}

CONFORMANCE(ChildList, TheDriversOwnCallbacksRunUnderTheListsLockAndEveryDuplicateIsCleanedUp, "BUS-05", "BUS-06", "DEVX-19", "BUS-08") {
  Counted counts;
  counted = &counts;
  {
    BusRig rig(machine);
    rig.hooks.addresses = true;
    rig.hooks.list_config = CountCallbacks;
    rig.Start();
    const ULONG slot = 5, other = 6;
    machine.Run([&] {
      EXPECT_EQ(S(Add(rig.list(), 1, &slot)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(Add(rig.list(), 11, &other)), S(STATUS_OBJECT_NAME_EXISTS)) << "the driver says that they are the same";
      EXPECT_EQ(S(Add(rig.list(), 999, &slot)), S(STATUS_INSUFFICIENT_RESOURCES)) << "a failing duplicate is the result";
      EXPECT_EQ(S(Add(rig.list(), 2, &slot)), S(STATUS_SUCCESS));
      ChildId id = Id(21);
      ChildAddress address = Address(0);
      EXPECT_EQ(S(WdfChildListRetrieveAddressDescription(rig.list(), &id.header, &address.header)), S(STATUS_SUCCESS));
      EXPECT_EQ(address.slot, other);
    });
    rig.Settle();
    EXPECT_EQ(rig.children(), 2u);
    EXPECT_GT(counts.compares, 0);
    EXPECT_GT(counts.address_copies, 0);
    rig.Unplug(1);
    EXPECT_EQ(counts.cleanups, 1);
  }
  EXPECT_EQ(counts.wrong_irql, 0);
  EXPECT_EQ(counts.duplicates - 1, counts.cleanups) << "the failed one has nothing to clean up";
  EXPECT_EQ(counts.address_duplicates, counts.address_cleanups);
}

CONFORMANCE(ChildList, WrongSizesAndUnknownChildrenAreRefused, "BUS-08", "BUS-13", "BUS-18", "BUS-07", "DEVX-23") {
  BusRig rig(machine);
  rig.hooks.addresses = true;
  rig.Start();
  machine.Run([&] {
    WDFCHILDLIST list = rig.list();
    ChildId id = Id(1);
    ChildAddress address = Address(3);
    id.header.IdentificationDescriptionSize -= 4;
    EXPECT_EQ(S(WdfChildListAddOrUpdateChildDescriptionAsPresent(list, &id.header, nullptr)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfChildListUpdateChildDescriptionAsMissing(list, &id.header)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfChildListRetrieveAddressDescription(list, &id.header, &address.header)), S(STATUS_INVALID_DEVICE_REQUEST));
    id = Id(1);
    address.header.AddressDescriptionSize += 4;
    EXPECT_EQ(S(WdfChildListAddOrUpdateChildDescriptionAsPresent(list, &id.header, &address.header)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfChildListUpdateChildDescriptionAsMissing(list, &id.header)), S(STATUS_NO_SUCH_DEVICE));
    address = Address(3);
    EXPECT_EQ(S(WdfChildListRetrieveAddressDescription(list, &id.header, &address.header)), S(STATUS_NO_SUCH_DEVICE));
    const ULONG first = 3, second = 4;
    EXPECT_EQ(S(Add(list, 1, &first)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Add(list, 1, &second)), S(STATUS_OBJECT_NAME_EXISTS));
    EXPECT_EQ(S(WdfChildListRetrieveAddressDescription(list, &id.header, &address.header)), S(STATUS_SUCCESS));
    EXPECT_EQ(address.slot, second);
    EXPECT_EQ(S(Add(list, 1)), S(STATUS_OBJECT_NAME_EXISTS));
    EXPECT_EQ(S(WdfChildListRetrieveAddressDescription(list, &id.header, &address.header)), S(STATUS_SUCCESS));
    EXPECT_EQ(address.slot, second) << "none given: the old one stays";
  });
  rig.Settle();
  // While the PDO exists: only the address changes.
  rig.hooks.log.Take();
  machine.Run([&] {
    const ULONG slot = 9;
    EXPECT_EQ(S(Add(rig.list(), 1, &slot)), S(STATUS_OBJECT_NAME_EXISTS));
    ChildAddress address = Address(0);
    EXPECT_EQ(S(WdfPdoRetrieveAddressDescription(rig.hooks.pdos[1], &address.header)), S(STATUS_SUCCESS));
    EXPECT_EQ(address.slot, slot);
  });
  rig.Settle();
  EXPECT_EQ(rig.hooks.log.Take(), Lines{});
}

CONFORMANCE(ChildList, AListWithoutAddressesHasNone, "BUS-18", "BUS-14", "BUS-08") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    ChildId id = Id(1);
    ChildAddress address = Address(3);
    EXPECT_EQ(S(WdfChildListAddOrUpdateChildDescriptionAsPresent(rig.list(), &id.header, &address.header)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfChildListRetrieveAddressDescription(rig.list(), &id.header, &address.header)), S(STATUS_INVALID_DEVICE_REQUEST));
    WDF_CHILD_LIST_ITERATOR iterator;
    WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrievePresentChildren);
    WDF_CHILD_RETRIEVE_INFO info;
    WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.header);
    info.AddressDescription = &address.header;
    WDFDEVICE device;
    WdfChildListBeginIteration(rig.list(), &iterator);
    EXPECT_EQ(S(WdfChildListRetrieveNextDevice(rig.list(), &iterator, &device, &info)), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfChildListEndIteration(rig.list(), &iterator);
  });
}

// --- scans ---

CONFORMANCE(ChildList, AScanKeepsWhatIsReportedAndRemovesTheRestAtItsEnd, "BUS-10", "BUS-09", "DEVX-20", "DEVX-21") {
  BusRig rig(machine);
  rig.Start();
  machine.Run([&] {
    WdfChildListBeginScan(rig.list());
    for (ULONG number : {3, 1, 2}) EXPECT_EQ(S(Add(rig.list(), number)), S(STATUS_SUCCESS));
  });
  rig.Settle();
  EXPECT_EQ(rig.hooks.log.Take(), Lines{}) << "nothing before the end";
  machine.Run([&] { WdfChildListEndScan(rig.list()); });
  rig.Settle();
  EXPECT_EQ(rig.hooks.log.Take(), Created({3, 1, 2}));
  machine.Run([&] {
    WdfChildListBeginScan(rig.list());
    EXPECT_EQ(S(Add(rig.list(), 1)), S(STATUS_OBJECT_NAME_EXISTS));
    EXPECT_EQ(S(Add(rig.list(), 4)), S(STATUS_SUCCESS));
  });
  rig.Settle();
  EXPECT_EQ(rig.children(), 3u);
  machine.Run([&] { WdfChildListEndScan(rig.list()); });
  rig.Settle();
  EXPECT_FALSE(rig.Child(3));
  EXPECT_TRUE(rig.Child(1).started());
  EXPECT_FALSE(rig.Child(2));
  EXPECT_TRUE(rig.Child(4).started());
  machine.Run([&] {
    WdfChildListBeginScan(rig.list());
    WdfChildListEndScan(rig.list());
  });
  rig.Settle();
  EXPECT_EQ(rig.children(), 0u);
}

CONFORMANCE(ChildList, ScansAndIterationsCountTogether, "BUS-12", "DEVX-21") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  rig.hooks.log.Take();
  WDF_CHILD_LIST_ITERATOR iterator;
  auto then = [&](const std::function<void()>& body) {
    machine.Run(body);
    rig.Settle();
  };
  then([&] {
    WdfChildListBeginScan(rig.list());
    WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrieveAllChildren);
    WdfChildListBeginIteration(rig.list(), &iterator);
    WdfChildListBeginScan(rig.list());
    EXPECT_EQ(S(Add(rig.list(), 1)), S(STATUS_OBJECT_NAME_EXISTS));
    EXPECT_EQ(S(Add(rig.list(), 2)), S(STATUS_SUCCESS));
    WdfChildListEndScan(rig.list());
  });
  EXPECT_EQ(rig.hooks.log.Take(), Lines{});
  then([&] { WdfChildListEndScan(rig.list()); });
  EXPECT_EQ(rig.hooks.log.Take(), Lines{}) << "an iteration is still open";
  then([&] { WdfChildListEndIteration(rig.list(), &iterator); });
  EXPECT_EQ(rig.hooks.log.Take(), Created({2}));
  EXPECT_EQ(rig.children(), 2u);
}

CONFORMANCE(ChildList, TheWholeListCanBeMarkedPresent, "BUS-11") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  rig.Plug(2);
  machine.Run([&] {
    WdfChildListBeginScan(rig.list());
    WdfChildListUpdateAllChildDescriptionsAsPresent(rig.list());
    WdfChildListEndScan(rig.list());
  });
  rig.Settle();
  EXPECT_EQ(rig.children(), 2u);
}

CONFORMANCE(ChildList, MissingTwiceSucceeds, "BUS-13", "DEVX-23") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    WdfChildListBeginScan(rig.list());
    EXPECT_EQ(S(Miss(rig.list(), 1)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Miss(rig.list(), 1)), S(STATUS_SUCCESS));
    WdfChildListEndScan(rig.list());
  });
  rig.Settle();
  EXPECT_EQ(rig.children(), 0u);
  machine.Run([&] { EXPECT_EQ(S(Miss(rig.list(), 1)), S(STATUS_NO_SUCH_DEVICE)) << "its PDO is gone"; });
}

// --- iterations ---

std::vector<ULONG> Iterate(WDFCHILDLIST list, ULONG flags, std::vector<bool>* with_device = nullptr) {
  std::vector<ULONG> numbers;
  WDF_CHILD_LIST_ITERATOR iterator;
  WDF_CHILD_LIST_ITERATOR_INIT(&iterator, flags);
  WdfChildListBeginIteration(list, &iterator);
  for (;;) {
    ChildId id = Id(0);
    WDF_CHILD_RETRIEVE_INFO info;
    WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.header);
    WDFDEVICE device;
    const NTSTATUS status = WdfChildListRetrieveNextDevice(list, &iterator, &device, &info);
    if (status == STATUS_NO_MORE_ENTRIES) break;
    EXPECT_EQ(S(status), S(STATUS_SUCCESS));
    if (!NT_SUCCESS(status)) break;
    numbers.push_back(id.number);
    if (with_device) with_device->push_back(device != nullptr);
  }
  WdfChildListEndIteration(list, &iterator);
  return numbers;
}

CONFORMANCE(ChildList, AnIterationGivesThePresentTheMissingAndThePending, "BUS-14", "BUS-15") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  rig.Plug(2);
  machine.Run([&] {
    WDFCHILDLIST list = rig.list();
    using List = std::vector<ULONG>;
    std::vector<bool> with_device;
    WdfChildListBeginScan(list);
    Add(list, 1);
    Add(list, 2);
    Add(list, 3);
    EXPECT_EQ(Iterate(list, WdfRetrievePresentChildren), (List{1, 2}));
    EXPECT_EQ(Iterate(list, WdfRetrievePendingChildren, &with_device), (List{3}));
    EXPECT_EQ(with_device, std::vector<bool>{false});
    EXPECT_EQ(Iterate(list, WdfRetrieveMissingChildren), List{});
    EXPECT_EQ(Iterate(list, WdfRetrieveAddedChildren), (List{1, 2, 3}));
    EXPECT_EQ(Iterate(list, WdfRetrieveAllChildren), (List{1, 2, 3}));
    WdfChildListEndScan(list);
  });
  // A surprise-removed child with a file open is missing, and still has its object.
  rig.Settle();
  File file = machine.Open(rig.Child(2));
  ASSERT_TRUE(file.status().ok()) << file.status();
  rig.Unplug(2);
  machine.Run([&] {
    std::vector<bool> with_device;
    EXPECT_EQ(Iterate(rig.list(), WdfRetrieveMissingChildren, &with_device), (std::vector<ULONG>{2}));
    EXPECT_EQ(with_device, std::vector<bool>{true});
    EXPECT_EQ(Iterate(rig.list(), WdfRetrievePresentChildren), (std::vector<ULONG>{1, 3}));
  });
  file.Close();
  rig.Settle();
}

CONFORMANCE(ChildList, AnIterationThatWasNotBegunIsRefused, "BUS-14") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  machine.Run([&] {
    WDF_CHILD_LIST_ITERATOR iterator;
    WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrieveAllChildren);
    WDFDEVICE device;
    EXPECT_EQ(S(WdfChildListRetrieveNextDevice(rig.list(), &iterator, &device, nullptr)), S(STATUS_INVALID_DEVICE_STATE));
    WDF_CHILD_RETRIEVE_INFO info;
    ChildId id = Id(1);
    WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.header);
    info.Size = 3;
    WdfChildListBeginIteration(rig.list(), &iterator);
    EXPECT_EQ(S(WdfChildListRetrieveNextDevice(rig.list(), &iterator, &device, &info)), S(STATUS_INFO_LENGTH_MISMATCH));
    WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.header);
    id.header.IdentificationDescriptionSize = 2;
    EXPECT_EQ(S(WdfChildListRetrieveNextDevice(rig.list(), &iterator, &device, &info)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfChildListRetrieveNextDevice(rig.list(), &iterator, &device, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(device, rig.hooks.pdos[1]);
    EXPECT_EQ(S(WdfChildListRetrieveNextDevice(rig.list(), &iterator, &device, nullptr)), S(STATUS_NO_MORE_ENTRIES));
    WdfChildListEndIteration(rig.list(), &iterator);
  });
}

CONFORMANCE(ChildList, ACompareCallbackOfTheRetrieveInfoNarrowsAnIteration, "BUS-16") {
  BusRig rig(machine);
  rig.Start();
  for (ULONG number : {1, 2, 3, 4}) rig.Plug(number);
  machine.Run([&] {
    WDF_CHILD_LIST_ITERATOR iterator;
    WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrieveAllChildren);
    WdfChildListBeginIteration(rig.list(), &iterator);
    ChildId id = Id(2);
    WDF_CHILD_RETRIEVE_INFO info;
    WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id.header);
    info.EvtChildListIdentificationDescriptionCompare = [](WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER a,
                                                           PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER b) -> BOOLEAN {
      EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
      return CONTAINING_RECORD(a, ChildId, header)->number % 2 == CONTAINING_RECORD(b, ChildId, header)->number % 2;
    };
    WDFDEVICE device;
    EXPECT_EQ(S(WdfChildListRetrieveNextDevice(rig.list(), &iterator, &device, &info)), S(STATUS_SUCCESS));
    EXPECT_EQ(id.number, 2u);
    EXPECT_EQ(S(WdfChildListRetrieveNextDevice(rig.list(), &iterator, &device, &info)), S(STATUS_SUCCESS));
    EXPECT_EQ(id.number, 4u) << "a match overwrites the input";
    EXPECT_EQ(S(WdfChildListRetrieveNextDevice(rig.list(), &iterator, &device, &info)), S(STATUS_NO_MORE_ENTRIES));
    WdfChildListEndIteration(rig.list(), &iterator);
    // RetrievePdo ignores it.
    id = Id(3);
    info.EvtChildListIdentificationDescriptionCompare = [](WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER,
                                                           PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER) -> BOOLEAN { return TRUE; };
    EXPECT_EQ(WdfChildListRetrievePdo(rig.list(), &info), rig.hooks.pdos[3]);
  });
}

CONFORMANCE(ChildList, APdoIsFoundByItsDescriptionOnceItWasReported, "BUS-17") {
  BusRig rig(machine);
  WDF_CHILD_LIST_RETRIEVE_DEVICE_STATUS inside = WdfChildListRetrieveDeviceUndefined;
  rig.hooks.pdo_created = [&](WDFDEVICE, ULONG number) {
    EXPECT_EQ(Pdo(rig.list(), number, &inside), nullptr);
    return STATUS_SUCCESS;
  };
  rig.Start();
  rig.Plug(1);
  EXPECT_EQ(inside, WdfChildListRetrieveDeviceNotYetCreated);
  machine.Run([&] {
    WDF_CHILD_LIST_RETRIEVE_DEVICE_STATUS status;
    EXPECT_EQ(Pdo(rig.list(), 1, &status), rig.hooks.pdos[1]);
    EXPECT_EQ(status, WdfChildListRetrieveDeviceSuccess);
    EXPECT_EQ(Pdo(rig.list(), 2, &status), nullptr);
    EXPECT_EQ(status, WdfChildListRetrieveDeviceNoSuchDevice);
    WdfChildListBeginScan(rig.list());
    Add(rig.list(), 1);
    Add(rig.list(), 2);
    EXPECT_EQ(Pdo(rig.list(), 2, &status), nullptr);
    EXPECT_EQ(status, WdfChildListRetrieveDeviceNotYetCreated);
    WdfChildListEndScan(rig.list());
  });
  rig.Settle();
}

// --- making the device ---

CONFORMANCE(ChildList, CreateDeviceIsCalledAgainAfterRetry, "BUS-19", "DEVX-22", "O-25") {
  BusRig rig(machine);
  int calls = 0;
  rig.hooks.create = [&](WDFCHILDLIST, ULONG number, PWDFDEVICE_INIT init) -> NTSTATUS {
    if (++calls < 12) return STATUS_RETRY;
    WDFDEVICE pdo;
    NTSTATUS status = MakePdo(rig.hooks, init, number, &pdo);
    return calls == 12 ? STATUS_RETRY : status;  // one that was made goes with it
  };
  rig.Start();
  rig.Plug(1);
  EXPECT_EQ(calls, 13) << "no limit";
  EXPECT_EQ(rig.hooks.log.Count("1.cleanup"), 1u);
  EXPECT_EQ(rig.hooks.log.Count("1.destroy"), 1u);
  EXPECT_TRUE(rig.Child(1).started());
}

CONFORMANCE(ChildList, AFailingCreateDeviceDropsTheDescription, "DEVX-22") {
  BusRig rig(machine);
  NTSTATUS wanted = STATUS_NO_SUCH_DEVICE;
  rig.hooks.create = [&](WDFCHILDLIST, ULONG number, PWDFDEVICE_INIT init) -> NTSTATUS {
    WDFDEVICE pdo;
    MakePdo(rig.hooks, init, number, &pdo);
    return wanted;
  };
  rig.Start();
  rig.Plug(1);
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"CreateDevice 1", "1.cleanup", "1.destroy"}));
  machine.Run([&] {
    WDF_CHILD_LIST_RETRIEVE_DEVICE_STATUS status;
    Pdo(rig.list(), 1, &status);
    EXPECT_EQ(status, WdfChildListRetrieveDeviceNoSuchDevice);
  });
  EXPECT_EQ(S(rig.Plug(2)), S(STATUS_SUCCESS));
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"CreateDevice 2", "2.cleanup", "2.destroy"})) << "1 is not tried again";
  wanted = STATUS_SUCCESS;
  EXPECT_EQ(S(rig.Plug(1)), S(STATUS_SUCCESS)) << "added anew";
  EXPECT_TRUE(rig.Child(1).started());
}

CONFORMANCE(ChildList, SuccessWithoutADeviceIsAFailure, "DEVX-22") {
  BusRig rig(machine);
  rig.hooks.create = [&](WDFCHILDLIST, ULONG, PWDFDEVICE_INIT) { return STATUS_SUCCESS; };
  rig.Start();
  rig.Plug(1);
  EXPECT_EQ(rig.children(), 0u);
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"CreateDevice 1"}));
}

CONFORMANCE(ChildList, ScanForChildrenRunsAtEveryD0EntryOfTheParent, "BUS-20", "O-02", "DEVX-19") {
  BusRig rig(machine);
  static std::atomic<int> scans;
  scans = 0;
  rig.hooks.list_config = [](WDF_CHILD_LIST_CONFIG& config) {
    config.EvtChildListScanForChildren = [](WDFCHILDLIST list) {
      EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
      WdfChildListBeginScan(list);
      for (ULONG number = 0; number < static_cast<ULONG>(scans); ++number) Add(list, number);
      ++scans;
      WdfChildListEndScan(list);
    };
  };
  rig.Start();
  EXPECT_EQ(scans, 1);
  EXPECT_EQ(machine.SetPowerState(rig.bus, 3), STATUS_SUCCESS);
  EXPECT_EQ(scans, 1);
  EXPECT_EQ(machine.SetPowerState(rig.bus, 0), STATUS_SUCCESS);
  rig.Settle();
  EXPECT_EQ(scans, 2);
  EXPECT_EQ(rig.children(), 1u);
}

}  // namespace
}  // namespace drydock::test
