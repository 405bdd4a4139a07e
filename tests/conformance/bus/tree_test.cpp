// The tree as the PnP manager sees it: rebalance, vetoes, many children.

#include "bus_rig.h"
#include "nt/pnp/pnp.h"

namespace drydock::test {
namespace {

CONFORMANCE(DeviceTree, ARebalanceStopsChildrenFirstAndStartsParentsFirst, "S3", "S4", "PWR-05", "PWR-08", "PWR-16", "PWR-43") {
  BusRig rig(machine);
  rig.bus_hooks.pnp_callbacks = true;
  rig.function_hooks.pnp_callbacks = true;
  rig.hooks.pdo_pnp = true;
  rig.Start();
  rig.Plug(1);
  rig.bus_hooks.log.Take();
  rig.function_hooks.log.Take();
  rig.hooks.log.Take();
  EXPECT_EQ(machine.Rebalance(rig.bus), STATUS_SUCCESS);
  EXPECT_EQ(rig.function_hooks.log.Take(),
            (Lines{"QueryStop", "SelfManagedIoSuspend", "PreInterruptsDisabled", "D0Exit(D3Final)", "ReleaseHardware", "PrepareHardware",
                   "D0Entry(D3Final)", "PostInterruptsEnabled", "SelfManagedIoRestart"}));
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"1.SelfManagedIoSuspend", "1.D0Exit", "1.ReleaseHardware", "1.PrepareHardware", "1.D0Entry",
                                         "1.SelfManagedIoRestart"}));
  EXPECT_EQ(rig.bus_hooks.log.Count("QueryStop"), 1u);
  EXPECT_TRUE(rig.Child(1).started());
  // A child that refuses keeps the whole tree running.
  rig.bus_hooks.log.Take();
  rig.function_hooks.fail["QueryStop"] = STATUS_DEVICE_BUSY;
  EXPECT_EQ(machine.Rebalance(rig.bus), STATUS_DEVICE_BUSY);
  EXPECT_EQ(rig.bus_hooks.log.Take(), Lines{});
  EXPECT_TRUE(rig.Child(1).started() && rig.bus.started());
  rig.function_hooks.fail.clear();
  // And a parent that refuses takes the question back from its children.
  rig.bus_hooks.fail["QueryStop"] = STATUS_DEVICE_BUSY;
  EXPECT_EQ(machine.Rebalance(rig.bus), STATUS_DEVICE_BUSY);
  EXPECT_TRUE(rig.Child(1).started());
  rig.bus_hooks.fail.clear();
  EXPECT_EQ(machine.Rebalance(rig.bus), STATUS_SUCCESS);
}

CONFORMANCE(DeviceTree, ABusThatDoesNotStartAgainTakesItsChildrenAlong, "S3", "S2", "DEVX-25") {
  BusRig rig(machine);
  rig.bus_hooks.pnp_callbacks = true;
  rig.hooks.pdo_pnp = true;
  rig.Start();
  rig.Plug(1);
  rig.Plug(2);
  EXPECT_EQ(machine.DisableDevice(rig.Child(2)), STATUS_SUCCESS);
  rig.bus_hooks.fail["D0Entry"] = STATUS_UNSUCCESSFUL;
  EXPECT_FALSE(machine.Rebalance(rig.bus).ok());
  EXPECT_EQ(rig.bus.state(), "failed");
  EXPECT_EQ(rig.hooks.log.Count("1.destroy"), 1u);
  EXPECT_EQ(rig.hooks.log.Count("2.destroy"), 1u);
  rig.bus_hooks.fail.clear();
}

CONFORMANCE(DeviceTree, AFileOpenOnAChildVetoesTheRemovalOfItsBus, "PWR-40", "S5") {
  BusRig rig(machine);
  rig.function_hooks.pnp_callbacks = true;
  rig.Start();
  rig.Plug(1);
  rig.Plug(2);
  File file = machine.Open(rig.Child(2));
  ASSERT_EQ(file.status(), STATUS_SUCCESS);
  rig.function_hooks.log.Take();
  EXPECT_EQ(machine.RemoveDevice(rig.bus), STATUS_PLUGPLAY_QUERY_VETOED);
  EXPECT_EQ(rig.function_hooks.log.Take(), (Lines{"QueryRemove", "QueryRemove"})) << "asked, and taken back";
  EXPECT_TRUE(rig.Child(1).started() && rig.Child(2).started() && rig.bus.started());
  EXPECT_EQ(machine.QueryRemove(rig.bus), STATUS_PLUGPLAY_QUERY_VETOED);
  file.Close();
  EXPECT_EQ(machine.QueryRemove(rig.bus), STATUS_SUCCESS);
  EXPECT_EQ(machine.Open(rig.Child(1)).status(), STATUS_NO_SUCH_DEVICE);
  EXPECT_EQ(machine.CancelRemove(rig.bus), STATUS_SUCCESS);
  EXPECT_EQ(machine.Open(rig.Child(1)).status(), STATUS_SUCCESS);
}

// --- many ---

// What one more child costs may not grow with their number: a tenfold number may take at most some thirtyfold the time.
CONFORMANCE(DeviceTree, WhatABusReportsWhileItIsAskedComesWhenItRunsAgain, "S5", "DEVX-21") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(1);
  EXPECT_EQ(machine.QueryRemove(rig.bus), STATUS_SUCCESS);
  rig.Plug(2);
  rig.Unplug(1);
  EXPECT_EQ(rig.children(), 1u);
  EXPECT_EQ(machine.CancelRemove(rig.bus), STATUS_SUCCESS);
  rig.Settle();
  EXPECT_FALSE(rig.Child(1));
  EXPECT_TRUE(rig.Child(2).started());
  // And a removal after the question takes all.
  EXPECT_EQ(machine.QueryRemove(rig.bus), STATUS_SUCCESS);
  rig.Unplug(2);
  EXPECT_EQ(machine.RemoveDevice(rig.bus), STATUS_SUCCESS);
  rig.bus = Device();
  EXPECT_EQ(rig.hooks.log.Count("1.destroy"), 1u);
  EXPECT_EQ(rig.hooks.log.Count("2.destroy"), 1u);
}

CONFORMANCE(DeviceTree, ThousandsOfChildrenComeAndGoInOneScan, "ours") {
  BusRig rig(machine);
  rig.Start();
  for (ULONG count : {100u, 3000u}) {
    machine.Run([&] {
      WdfChildListBeginScan(rig.list());
      for (ULONG number = 0; number < count; ++number) {
        ChildId id = Id(number);
        EXPECT_EQ(WdfChildListAddOrUpdateChildDescriptionAsPresent(rig.list(), &id.header, nullptr), STATUS_SUCCESS);
      }
      WdfChildListEndScan(rig.list());
    });
    rig.Settle();
    EXPECT_EQ(nt::pnp::ChildrenOf(rig.bus.pdo()).size(), count);
    machine.Run([&] {
      WdfChildListBeginScan(rig.list());
      WdfChildListEndScan(rig.list());
    });
    rig.Settle();
    EXPECT_EQ(nt::pnp::ChildrenOf(rig.bus.pdo()).size(), 0u);
  }
  rig.hooks.log.Take();
}

}  // namespace
}  // namespace drydock::test
