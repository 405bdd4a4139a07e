// The life of a PDO: start, disable and enable, removal while its bus still has it, its parent's removal, power with its parent.
#include "bus_rig.h"

namespace drydock::test {
namespace {

const Lines kPdoUp = {"1.PrepareHardware", "1.D0Entry"};
const Lines kPdoDown = {"1.SelfManagedIoSuspend", "1.D0Exit", "1.ReleaseHardware", "1.SelfManagedIoFlush"};
const Lines kPdoEnd = {"1.SelfManagedIoCleanup", "1.cleanup", "1.destroy"};

Lines operator+(Lines a, const Lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void LogPdo(BusRig& rig) {
  rig.hooks.pdo_pnp = true;
  rig.hooks.pdo_init = [](PWDFDEVICE_INIT init, ULONG) { LogStates(init); };
  rig.function_hooks.added = [&rig](WDFDEVICE) {
    rig.hooks.log.Add("DeviceAdd");
    return STATUS_SUCCESS;
  };
}

CONFORMANCE(PdoLife, StartsBelowItsFunctionDriverAndEndsWithItsDescription, "PWR-07", "PWR-10", "S1", "S7", "PWR-15") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.Start();
  rig.Plug(1);
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"CreateDevice 1", "DeviceAdd", "1:HardwareAvailable"} + kPdoUp + Lines{"1.SelfManagedIoInit"}));
  rig.Unplug(1);
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"1.SurpriseRemoval"} + kPdoDown + Lines{"1:CheckForDevicePresence", "1:PdoRemoved", "1.SelfManagedIoCleanup",
                                                                                  "1:Final", "1.cleanup", "1.destroy"}));
}

CONFORMANCE(PdoLife, ADisabledChildKeepsItsPdoWhichStartsAgain, "PWR-08", "PWR-10", "PWR-11", "S12", "S6", "PWR-26") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.Start();
  rig.Plug(1);
  rig.hooks.log.Take();
  Device child = rig.Child(1);
  WDFDEVICE pdo = rig.hooks.pdos[1];
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(machine.DisableDevice(child), STATUS_SUCCESS);
    EXPECT_EQ(child.state(), "disabled");
    EXPECT_EQ(rig.hooks.log.Take(), (Lines{"1.QueryRemove"} + kPdoDown + Lines{"1:CheckForDevicePresence", "1:RemovedPdoWait"}));
    machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePnpState(pdo), WdfDevStatePnpRemovedPdoWait); });
    EXPECT_EQ(rig.children(), 1u);
    // Another query of the bus changes nothing.
    EXPECT_EQ(machine.Reenumerate(rig.bus), STATUS_SUCCESS);
    EXPECT_EQ(rig.hooks.log.Take(), Lines{});
    EXPECT_EQ(child.state(), "disabled");

    EXPECT_EQ(machine.EnableDevice(child), STATUS_SUCCESS);
    EXPECT_TRUE(child.started());
    EXPECT_EQ(rig.hooks.log.Take(),
              (Lines{"DeviceAdd", "1:PdoRestart", "1:HardwareAvailable"} + kPdoUp + Lines{"1.SelfManagedIoRestart"}));
    EXPECT_EQ(rig.hooks.pdos[1], pdo) << "the same object";
    EXPECT_EQ(machine.Open(child).status(), STATUS_SUCCESS);
  }
}

CONFORMANCE(PdoLife, ADisabledChildThatIsUnpluggedHearsOfIt, "S7", "S6", "PWR-19") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.Start();
  rig.Plug(1);
  Device child = rig.Child(1);
  EXPECT_EQ(machine.DisableDevice(child), STATUS_SUCCESS);
  rig.hooks.log.Take();
  rig.Unplug(1);
  EXPECT_EQ(rig.hooks.log.Take(),
            (Lines{"1:RemovedPdoSurpriseRemoved", "1.SurpriseRemoval", "1:RemovedPdoWait", "1:CheckForDevicePresence", "1:PdoRemoved",
                   "1.SelfManagedIoCleanup", "1:Final", "1.cleanup", "1.destroy"}));
  EXPECT_EQ(child.state(), "removed");
}

CONFORMANCE(PdoLife, ARemovedChildThatIsStillReportedComesBackAtTheNextEnumeration, "S12", "PWR-11") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.Start();
  rig.Plug(1);
  Device child = rig.Child(1);
  WDFDEVICE pdo = rig.hooks.pdos[1];
  EXPECT_EQ(machine.RemoveDevice(child), STATUS_SUCCESS);
  EXPECT_EQ(child.state(), "uninstalled");
  rig.hooks.log.Take();
  EXPECT_EQ(machine.Reenumerate(rig.bus), STATUS_SUCCESS);
  EXPECT_TRUE(child.started());
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"DeviceAdd", "1:PdoRestart", "1:HardwareAvailable"} + kPdoUp + Lines{"1.SelfManagedIoRestart"}));
  EXPECT_EQ(rig.hooks.pdos[1], pdo);
}

CONFORMANCE(PdoLife, AFunctionDriverThatFailsToStartLeavesThePdoForAnotherTry, "S2", "S6", "S12") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.function_hooks.pnp_callbacks = true;
  rig.function_hooks.fail["D0Entry"] = STATUS_UNSUCCESSFUL;
  rig.Start();
  rig.Plug(1);
  Device child = rig.Child(1);
  ASSERT_TRUE(child);
  EXPECT_EQ(child.state(), "failed");
  machine.Run([&] { EXPECT_EQ(WdfDeviceGetDevicePnpState(rig.hooks.pdos[1]), WdfDevStatePnpRemovedPdoWait); });
  rig.function_hooks.fail.clear();
  EXPECT_EQ(machine.EnableDevice(child), STATUS_SUCCESS);
  EXPECT_TRUE(child.started());
}

CONFORMANCE(PdoLife, AFailedPdoIsRestartedOrGoesWithItsBus, "S2", "DEVX-25", "O-25") {
  BusRig rig(machine);
  rig.hooks.pdo_init = [](PWDFDEVICE_INIT init, ULONG) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceD0Entry = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) { return STATUS_UNSUCCESSFUL; };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
  };
  rig.Start();
  rig.Plug(1);
  machine.Run([&] { Until([&] { return rig.hooks.log.Count("1.destroy") == 5; }); });
  machine.RunUntilIdle();
  EXPECT_EQ(rig.Child(1).state(), "failed");
  EXPECT_EQ(machine.RemoveDevice(rig.bus), STATUS_SUCCESS);
  rig.bus = Device();
  EXPECT_EQ(rig.hooks.log.Count("1.destroy"), 6u) << "the first and the five that its bus made anew";
}

CONFORMANCE(PdoLife, AChildWithoutADriverIsKnownAndGoesWithItsDescription, "S6", "BUS-19") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.Start();
  rig.hooks.create = [&](WDFCHILDLIST, ULONG number, PWDFDEVICE_INIT init) -> NTSTATUS {
    UNICODE_STRING id = Text(u"RIG\\Stranger");
    UNICODE_STRING instance = Text(u"1");
    WdfPdoInitAssignDeviceID(init, &id);
    WdfPdoInitAssignInstanceID(init, &instance);
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    static BusRig* here;
    here = &rig;
    attributes.EvtDestroyCallback = [](WDFOBJECT) { here->hooks.log.Add("destroyed"); };
    WDFDEVICE pdo;
    (void)number;
    return WdfDeviceCreate(&init, &attributes, &pdo);
  };
  rig.hooks.pdo_init = nullptr;
  rig.Plug(1);
  EXPECT_EQ(rig.children(), 1u);
  EXPECT_EQ(machine.Children(rig.bus)[0].state(), "initialized");
  rig.Unplug(1);
  EXPECT_EQ(rig.hooks.log.Count("destroyed"), 1u);
  EXPECT_EQ(rig.children(), 0u);
}

CONFORMANCE(PdoLife, ChildrenGoBeforeTheirBusAndTheirPdosWithIt, "DEVX-25", "S6", "PWR-16", "O-37") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.hooks.pdo_callbacks = [](WDF_PDO_EVENT_CALLBACKS& callbacks) {
    callbacks.EvtDeviceReportedMissing = [](WDFDEVICE) { ADD_FAILURE() << "the parent is removed: nothing is reported missing"; };
  };
  rig.bus_hooks.device_attributes = [&](WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
  auto added = rig.bus_hooks.added;
  rig.bus_hooks.added = [&](WDFDEVICE device) {
    Name(device, rig.hooks.log, "bus");
    return added(device);
  };
  rig.Start();
  rig.Plug(1);
  rig.hooks.log.Take();
  EXPECT_EQ(machine.RemoveDevice(rig.bus), STATUS_SUCCESS);
  rig.bus = Device();
  EXPECT_EQ(rig.hooks.log.Take(),
            (Lines{"1.QueryRemove"} + kPdoDown +
             Lines{"1:CheckForDevicePresence", "1:RemovedPdoWait", "1:PdoRemoved", "1.SelfManagedIoCleanup", "1:Final", "1.cleanup", "1.destroy",
                   "bus.cleanup", "bus.destroy"}));
}

CONFORMANCE(PdoLife, ADisabledChildGoesWithItsBus, "DEVX-25", "S6") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.Start();
  rig.Plug(1);
  EXPECT_EQ(machine.DisableDevice(rig.Child(1)), STATUS_SUCCESS);
  rig.hooks.log.Take();
  EXPECT_EQ(machine.SurpriseRemove(rig.bus), STATUS_SUCCESS);
  rig.bus = Device();
  EXPECT_EQ(rig.hooks.log.Count("1.cleanup"), 1u);
  EXPECT_EQ(rig.hooks.log.Count("1.destroy"), 1u);
}

CONFORMANCE(PdoLife, NobodyWaitsForAPdoInTheMiddleOfItsOwnSurpriseRemoval, "DEVX-25", "S7") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.Start();
  rig.Plug(1);
  Device child = rig.Child(1);
  File file = machine.Open(child);
  ASSERT_EQ(file.status(), STATUS_SUCCESS);
  rig.hooks.log.Take();
  rig.Unplug(1);
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"1.SurpriseRemoval"} + kPdoDown)) << "REMOVE waits for the open file";
  EXPECT_EQ(machine.RemoveDevice(rig.bus), STATUS_SUCCESS);
  rig.bus = Device();
  EXPECT_EQ(rig.hooks.log.Take(), Lines{});
  EXPECT_EQ(child.state(), "surprise-removed");
  file.Close();
  rig.Settle();
  EXPECT_EQ(rig.hooks.log.Take(),
            (Lines{"1:CheckForDevicePresence", "1:PdoRemoved", "1.SelfManagedIoCleanup", "1:Final", "1.cleanup", "1.destroy"}));
  EXPECT_EQ(child.state(), "removed");
}

CONFORMANCE(PdoLife, ABusThatIsPulledOutGoesAfterTheChildWhoseFileIsStillOpen, "DEVX-25", "S7") {
  BusRig rig(machine);
  LogPdo(rig);
  rig.bus_hooks.device_attributes = [&](WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
  auto added = rig.bus_hooks.added;
  rig.bus_hooks.added = [&](WDFDEVICE device) {
    Name(device, rig.hooks.log, "bus");
    return added(device);
  };
  rig.Start();
  rig.Plug(1);
  File file = machine.Open(rig.Child(1)), of_bus = machine.Open(rig.bus);
  ASSERT_EQ(file.status(), STATUS_SUCCESS);
  ASSERT_EQ(of_bus.status(), STATUS_SUCCESS);
  rig.hooks.log.Take();
  EXPECT_EQ(machine.SurpriseRemove(rig.bus), STATUS_SUCCESS);
  rig.bus = Device();
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"1.SurpriseRemoval"} + kPdoDown));
  of_bus.Close();
  rig.Settle();
  EXPECT_EQ(rig.hooks.log.Take(), Lines{}) << "the child's file is open";
  file.Close();
  rig.Settle();
  const Lines end = rig.hooks.log.Take();
  const auto at = [&](const char* line) { return std::find(end.begin(), end.end(), line) - end.begin(); };
  EXPECT_LT(at("1.destroy"), at("bus.cleanup"));
  EXPECT_EQ(static_cast<size_t>(at("bus.destroy")), end.size() - 1);
}

CONFORMANCE(PdoLife, ASuccessorWaitsUntilTheLastFileOfThePredecessorIsClosed, "DEVX-23", "S7") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  WDFDEVICE old = rig.hooks.pdos[1];
  File file = machine.Open(rig.Child(1));
  rig.Unplug(1);
  rig.hooks.log.Take();
  EXPECT_EQ(S(rig.Plug(1)), S(STATUS_SUCCESS)) << "not known any more";
  EXPECT_NE(rig.hooks.pdos[1], old);
  ASSERT_EQ(rig.children(), 2u);
  EXPECT_EQ(machine.Children(rig.bus)[0].state(), "surprise-removed");
  EXPECT_EQ(machine.Children(rig.bus)[1].state(), "initialized") << "a duplicate of a device that is not quite gone";
  EXPECT_FALSE(machine.EnableDevice(machine.Children(rig.bus)[1]).ok());
  file.Close();
  rig.Settle();
  EXPECT_EQ(rig.children(), 1u);
  EXPECT_TRUE(rig.Child(1).started());
  // One that goes again before its turn comes.
  File again = machine.Open(rig.Child(1));
  rig.Unplug(1);
  rig.Plug(1);
  rig.Unplug(1);
  EXPECT_EQ(rig.children(), 1u);
  again.Close();
  rig.Settle();
  EXPECT_EQ(rig.children(), 0u);
}

CONFORMANCE(PdoLife, ReportedMissingComesInsideTheAnswerBeforeTheRemoval, "BUS-30", "O-37", "DEVX-26", "PWR-51") {
  BusRig rig(machine);
  static BusHooks* hooks;
  hooks = &rig.hooks;
  rig.hooks.pdo_pnp = true;
  rig.hooks.pdo_callbacks = [](WDF_PDO_EVENT_CALLBACKS& callbacks) {
    callbacks.EvtDeviceReportedMissing = [](WDFDEVICE pdo) {
      EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
      hooks->log.Add(std::to_string(NumberOf(pdo)) + ".ReportedMissing");
    };
  };
  auto init = rig.bus_hooks.init;
  rig.bus_hooks.init = [=](PWDFDEVICE_INIT device_init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceRelationsQuery = [](WDFDEVICE, DEVICE_RELATION_TYPE type) {
      if (type == BusRelations) hooks->log.Add("RelationsQuery");
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(device_init, &pnp);
    return init(device_init);
  };
  rig.Start();
  rig.hooks.log.Take();
  machine.Run([&] {
    WdfChildListBeginScan(rig.list());
    for (ULONG number : {1, 2}) {
      ChildId id = Id(number);
      WdfChildListAddOrUpdateChildDescriptionAsPresent(rig.list(), &id.header, nullptr);
    }
    WdfChildListEndScan(rig.list());
  });
  rig.Settle();
  Lines lines = rig.hooks.log.Take();
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(lines[0], "RelationsQuery") << "before the lists are looked at";
  EXPECT_EQ(lines[1], "CreateDevice 1");
  machine.Run([&] {
    WdfChildListBeginScan(rig.list());
    WdfChildListEndScan(rig.list());
  });
  rig.Settle();
  lines = rig.hooks.log.Take();
  ASSERT_GE(lines.size(), 4u);
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 4), (Lines{"RelationsQuery", "1.ReportedMissing", "2.ReportedMissing", "1.SurpriseRemoval"}));
}

CONFORMANCE(PdoLife, TwoChildrenWithOneIdAreABugCheckOfTheBus, "ours") {
  BusRig rig(machine);
  rig.Start();
  rig.hooks.create = [&](WDFCHILDLIST, ULONG, PWDFDEVICE_INIT init) -> NTSTATUS {
    WDFDEVICE pdo;
    return MakePdo(rig.hooks, init, 5, &pdo);
  };
  rig.Plug(1);
  rig.Plug(2);
  EXPECT_BUG_CHECK(machine, 0xCA, 0x1);
}

CONFORMANCE(PdoLife, WithoutABusWideIdTheInstanceNamesThePlace, "ours") {
  BusRig rig(machine);
  rig.hooks.unique_ids = false;
  rig.Start();
  rig.Plug(1);
  const std::string name = machine.Children(rig.bus)[0].name();
  EXPECT_EQ(name.substr(0, 12), "RIG\\Child\\1&") << name;
  EXPECT_EQ(name.substr(name.size() - 4), "&0&1") << name;
}

CONFORMANCE(PdoLife, AReenumeratedChildIsMadeAnew, "BUS-21", "DEVX-23") {
  BusRig rig(machine);
  rig.hooks.addresses = true;
  static int answer;  // 0: no callback
  static ULONG seen_slot;
  for (answer = 0; answer < 3; ++answer) {
    SCOPED_TRACE(answer);
    rig.hooks.list_config = [](WDF_CHILD_LIST_CONFIG& config) {
      if (answer == 0) return;
      config.EvtChildListDeviceReenumerated = [](WDFCHILDLIST, WDFDEVICE, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER old,
                                                 PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER fresh) -> BOOLEAN {
        EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        seen_slot = CONTAINING_RECORD(old, ChildAddress, header)->slot;
        CONTAINING_RECORD(fresh, ChildAddress, header)->slot = 44;
        return answer == 1;
      };
    };
    int made = 0;
    rig.hooks.create = [&](WDFCHILDLIST, ULONG number, PWDFDEVICE_INIT init) -> NTSTATUS {
      WDFDEVICE pdo;
      return MakePdo(rig.hooks, init, number + static_cast<ULONG>(made++) * 10, &pdo);
    };
    if (!rig.bus) {
      rig.Start();
    } else {
      rig.AddBus();
    }
    machine.Run([&] {
      ChildId id = Id(1);
      ChildAddress address = Address(33);
      WdfChildListAddOrUpdateChildDescriptionAsPresent(rig.list(), &id.header, &address.header);
    });
    rig.Settle();
    ASSERT_EQ(made, 1);
    rig.hooks.log.Take();
    machine.Run([&] {
      struct {
        INTERFACE header;
        VOID(NTAPI* SurpriseRemoveAndReenumerateSelf)(PVOID);
      } self = {};
      const GUID type = {0x2AEB0243, 0x6A6E, 0x486B, {0x82, 0xFC, 0xD8, 0x15, 0xF6, 0xB9, 0x70, 0x06}};
      ASSERT_EQ(S(WdfFdoQueryForInterface(rig.function_hooks.device, &type, &self.header, sizeof(self), 1, nullptr)), S(STATUS_SUCCESS));
      self.SurpriseRemoveAndReenumerateSelf(self.header.Context);
      self.header.InterfaceDereference(self.header.Context);
    });
    rig.Settle();
    if (answer == 2) {
      EXPECT_EQ(made, 1) << "nothing happens";
      EXPECT_EQ(rig.hooks.log.Take(), Lines{});
    } else {
      EXPECT_EQ(made, 2);
      EXPECT_EQ(rig.hooks.log.Count("CreateDevice 1"), 1u) << "the same identification";
      EXPECT_EQ(rig.hooks.log.Count("1.destroy"), 1u);
      EXPECT_EQ(rig.children(), 1u);
      EXPECT_TRUE(rig.Child(11).started());
      machine.Run([&] {
        ChildAddress address = Address(0);
        EXPECT_EQ(S(WdfPdoRetrieveAddressDescription(rig.hooks.pdos[11], &address.header)), S(STATUS_SUCCESS));
        EXPECT_EQ(address.slot, answer == 0 ? 33u : 44u);
      });
      if (answer == 1) EXPECT_EQ(seen_slot, 33u);
    }
    EXPECT_EQ(machine.RemoveDevice(rig.bus), STATUS_SUCCESS);
  }
  rig.bus = Device();
}

}  // namespace
}  // namespace drydock::test
