// Ejection, and devices that go along: ejection and removal relations.
#include "bus_rig.h"

namespace drydock::test {
namespace {

void LogEject(BusRig& rig, NTSTATUS* answer) {
  static BusHooks* hooks;
  static NTSTATUS* result;
  hooks = &rig.hooks;
  result = answer;
  rig.hooks.pdo_pnp = true;
  rig.hooks.pdo_init = [](PWDFDEVICE_INIT init, ULONG) { LogStates(init); };
  rig.hooks.pdo_callbacks = [](WDF_PDO_EVENT_CALLBACKS& callbacks) {
    callbacks.EvtDeviceEject = [](WDFDEVICE pdo) -> NTSTATUS {
      EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
      hooks->log.Add(std::to_string(NumberOf(pdo)) + ".Eject");
      return *result;
    };
  };
}

const Lines kEjected = {"1.QueryRemove",        "1.SelfManagedIoSuspend",   "1.D0Exit",     "1.ReleaseHardware",
                        "1.SelfManagedIoFlush", "1:CheckForDevicePresence", "1:RemovedPdoWait", "1:EjectHardware",
                        "1.Eject",              "1:EjectedWaitingForRemove", "1:PdoRemoved", "1.SelfManagedIoCleanup",
                        "1:Final",              "1.cleanup",                "1.destroy"};

CONFORMANCE(Ejection, ThePdoEjectsAfterItsStackIsGoneAndIsMarkedMissing, "BUS-32", "S16", "BUS-34") {
  NTSTATUS answer = STATUS_SUCCESS;
  BusRig rig(machine);
  LogEject(rig, &answer);
  rig.Start();
  rig.Plug(1);
  rig.hooks.log.Take();
  machine.Run([&] { WdfPdoRequestEject(rig.hooks.pdos[1]); });
  rig.Settle();
  EXPECT_EQ(rig.hooks.log.Take(), kEjected);
  EXPECT_FALSE(rig.Child(1));
  EXPECT_EQ(rig.children(), 0u);
  // It may come back.
  EXPECT_EQ(S(rig.Plug(1)), S(STATUS_SUCCESS));
  EXPECT_TRUE(rig.Child(1).started());
}

CONFORMANCE(Ejection, TheListCanAskForIt, "BUS-34", "BUS-32") {
  NTSTATUS answer = STATUS_SUCCESS;
  BusRig rig(machine);
  LogEject(rig, &answer);
  rig.Start();
  rig.Plug(1);
  rig.hooks.log.Take();
  machine.Run([&] {
    ChildId id = Id(2);
    EXPECT_FALSE(WdfChildListRequestChildEject(rig.list(), &id.header));
    id = Id(1);
    id.header.IdentificationDescriptionSize = 1;
    EXPECT_FALSE(WdfChildListRequestChildEject(rig.list(), &id.header));
    id = Id(1);
    EXPECT_TRUE(WdfChildListRequestChildEject(rig.list(), &id.header));
  });
  rig.Settle();
  EXPECT_EQ(rig.hooks.log.Take(), kEjected);
}

CONFORMANCE(Ejection, WithoutACallbackItSucceeds, "S16", "BUS-32") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  EXPECT_EQ(machine.EjectDevice(rig.Child(1)), STATUS_SUCCESS);
  EXPECT_EQ(rig.children(), 0u);
}

CONFORMANCE(Ejection, AFailingCallbackIsTheResultAndTheDeviceCanBeStartedAgain, "S16") {
  NTSTATUS answer = STATUS_DEVICE_NOT_READY;
  BusRig rig(machine);
  LogEject(rig, &answer);
  rig.Start();
  rig.Plug(1);
  Device child = rig.Child(1);
  rig.hooks.log.Take();
  EXPECT_EQ(machine.EjectDevice(child), STATUS_DEVICE_NOT_READY);
  Lines lines = rig.hooks.log.Take();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), "1:EjectFailed");
  EXPECT_EQ(rig.children(), 1u);
  EXPECT_EQ(machine.EnableDevice(child), STATUS_SUCCESS);
  EXPECT_EQ(rig.hooks.log.Take(),
            (Lines{"1:PdoRestart", "1:HardwareAvailable", "1.PrepareHardware", "1.D0Entry", "1.SelfManagedIoRestart"}));
  // And one that cannot be ejected can still be pulled out.
  EXPECT_EQ(machine.EjectDevice(child), STATUS_DEVICE_NOT_READY);
  rig.hooks.log.Take();
  rig.Unplug(1);
  lines = rig.hooks.log.Take();
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 2), (Lines{"1:SurpriseRemove", "1.SurpriseRemoval"}));
  EXPECT_EQ(rig.children(), 0u);
}

CONFORMANCE(Ejection, AnOpenFileOrARefusingDriverVetoesIt, "PWR-40", "S16") {
  NTSTATUS answer = STATUS_SUCCESS;
  BusRig rig(machine);
  LogEject(rig, &answer);
  rig.function_hooks.pnp_callbacks = true;
  rig.Start();
  rig.Plug(1);
  Device child = rig.Child(1);
  File file = machine.Open(child);
  EXPECT_EQ(machine.EjectDevice(child), STATUS_PLUGPLAY_QUERY_VETOED);
  EXPECT_TRUE(child.started());
  file.Close();
  rig.function_hooks.fail["QueryRemove"] = STATUS_UNSUCCESSFUL;
  EXPECT_EQ(machine.EjectDevice(child), STATUS_UNSUCCESSFUL);
  EXPECT_TRUE(child.started());
  EXPECT_EQ(rig.hooks.log.Count("1.Eject"), 0u);
  rig.function_hooks.fail.clear();
}

CONFORMANCE(Ejection, ItWaitsUntilNoIterationIsOpen, "S16", "DEVX-21") {
  NTSTATUS answer = STATUS_SUCCESS;
  BusRig rig(machine);
  LogEject(rig, &answer);
  rig.Start();
  rig.Plug(1);
  WDF_CHILD_LIST_ITERATOR iterator;
  machine.Run([&] {
    WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrieveAllChildren);
    WdfChildListBeginIteration(rig.list(), &iterator);
    WdfPdoRequestEject(rig.hooks.pdos[1]);
    EXPECT_TRUE(Until([&] { return rig.hooks.log.Count("1.Eject") == 1; }));
    SleepMs(5);
    EXPECT_EQ(rig.hooks.log.Count("1:EjectedWaitingForRemove"), 0u);
    WdfChildListEndIteration(rig.list(), &iterator);
  });
  rig.Settle();
  EXPECT_EQ(rig.hooks.log.Count("1:EjectedWaitingForRemove"), 1u);
  EXPECT_EQ(rig.children(), 0u);
}

CONFORMANCE(Ejection, EjectionRelationsGoAlong, "BUS-35", "PWR-51") {
  NTSTATUS answer = STATUS_SUCCESS;
  BusRig rig(machine);
  LogEject(rig, &answer);
  rig.Start();
  rig.Plug(1);
  rig.Plug(2);
  rig.Plug(3);
  machine.Run([&] {
    WDFDEVICE first = rig.hooks.pdos[1];
    PDEVICE_OBJECT second = WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[2]);
    EXPECT_EQ(S(WdfPdoAddEjectionRelationsPhysicalDevice(first, nullptr)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfPdoAddEjectionRelationsPhysicalDevice(first, second)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfPdoAddEjectionRelationsPhysicalDevice(first, WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[3]))), S(STATUS_SUCCESS));
    WdfPdoRemoveEjectionRelationsPhysicalDevice(first, WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[3]));
  });
  Device second = rig.Child(2);
  rig.hooks.log.Take();
  // The second refuses: nothing happens.
  File file = machine.Open(second);
  EXPECT_EQ(machine.EjectDevice(rig.Child(1)), STATUS_PLUGPLAY_QUERY_VETOED);
  EXPECT_TRUE(rig.Child(1).started());
  file.Close();
  rig.hooks.log.Take();
  EXPECT_EQ(machine.EjectDevice(rig.Child(1)), STATUS_SUCCESS);
  EXPECT_EQ(rig.hooks.log.Count("2.QueryRemove"), 1u);
  EXPECT_EQ(rig.hooks.log.Count("2.ReleaseHardware"), 1u);
  EXPECT_EQ(rig.hooks.log.Count("3.QueryRemove"), 0u);
  EXPECT_EQ(rig.hooks.log.Count("2.Eject"), 0u) << "only the one that was asked for";
  EXPECT_TRUE(rig.Child(3).started());
  EXPECT_FALSE(rig.Child(1));
  machine.Run([&] { WdfPdoClearEjectionRelationsDevices(rig.hooks.pdos[3]); });
}

CONFORMANCE(Relations, RemovalRelationsGoAlong, "PWR-50", "PWR-51") {
  BusRig rig(machine);
  rig.hooks.pdo_pnp = true;
  static std::atomic<int> queries;
  queries = 0;
  rig.function_hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceRelationsQuery = [](WDFDEVICE, DEVICE_RELATION_TYPE type) { queries += type == RemovalRelations; };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
  rig.Start();
  rig.Plug(1);
  WDFDEVICE first_function = rig.function_hooks.device;
  rig.Plug(2);
  rig.Plug(3);
  machine.Run([&] {
    PDEVICE_OBJECT second = WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[2]), third = WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[3]);
    EXPECT_EQ(S(WdfDeviceAddRemovalRelationsPhysicalDevice(first_function, nullptr)), S(STATUS_INVALID_PARAMETER));
    AtDispatch raised;
    EXPECT_EQ(S(WdfDeviceAddRemovalRelationsPhysicalDevice(first_function, second)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDeviceAddRemovalRelationsPhysicalDevice(rig.hooks.pdos[2], third)), S(STATUS_SUCCESS)) << "by the bus driver, for the PDO";
  });
  Device second = rig.Child(2), third = rig.Child(3);
  EXPECT_EQ(machine.RemoveDevice(rig.Child(1)), STATUS_SUCCESS);
  EXPECT_EQ(second.state(), "uninstalled");
  EXPECT_EQ(third.state(), "uninstalled") << "relations of relations";
  EXPECT_GT(queries, 0);
  EXPECT_EQ(machine.Reenumerate(rig.bus), STATUS_SUCCESS);
  EXPECT_TRUE(second.started() && third.started() && rig.Child(1).started());
  machine.Run([&] {
    WdfDeviceRemoveRemovalRelationsPhysicalDevice(rig.hooks.pdos[2], WdfDeviceWdmGetDeviceObject(rig.hooks.pdos[3]));
    WdfDeviceClearRemovalRelationsDevices(rig.hooks.pdos[1]);
  });
  EXPECT_EQ(machine.RemoveDevice(second), STATUS_SUCCESS);
  EXPECT_TRUE(third.started());
}

}  // namespace
}  // namespace drydock::test
