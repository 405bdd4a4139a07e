// Dynamic enumeration: a report makes a device, the PnP manager finds its driver and starts it, its going removes it.
#include "bus_rig.h"

namespace drydock::test {
namespace {

CONFORMANCE(BusEnumeration, AReportedChildIsCreatedGivenADriverStartedAndRemoved, "BUS-01", "BUS-09", "BUS-19", "DEVX-19", "INI-03") {
  BusRig rig(machine);
  rig.function_hooks.pnp_callbacks = true;
  rig.hooks.create = [&](WDFCHILDLIST list, ULONG number, PWDFDEVICE_INIT init) {
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_EQ(WdfChildListGetDevice(list), rig.bus_hooks.device);
    WDFDEVICE pdo;
    return MakePdo(rig.hooks, init, number, &pdo);
  };
  rig.Start();
  EXPECT_EQ(rig.children(), 0u);
  EXPECT_EQ(S(rig.Plug(7)), S(STATUS_SUCCESS));
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"CreateDevice 7"}));
  Device child = rig.Child(7);
  ASSERT_TRUE(child);
  EXPECT_TRUE(child.started());
  EXPECT_EQ(rig.children(), 1u);
  EXPECT_EQ(rig.function_hooks.log.Take(), (Lines{"PrepareHardware", "D0Entry(D3Final)", "PostInterruptsEnabled", "SelfManagedIoInit"}));
  machine.Run([&] {
    EXPECT_EQ(WdfPdoGetParent(rig.hooks.pdos[7]), rig.bus_hooks.device);
    EXPECT_EQ(WdfDeviceGetDevicePnpState(rig.hooks.pdos[7]), WdfDevStatePnpStarted);
  });
  rig.hooks.log.Take();

  EXPECT_EQ(S(rig.Unplug(7)), S(STATUS_SUCCESS));
  EXPECT_EQ(rig.function_hooks.log.Take(),
            (Lines{"SurpriseRemoval", "SelfManagedIoSuspend", "PreInterruptsDisabled", "D0Exit(D3Final)", "ReleaseHardware", "SelfManagedIoFlush",
                   "SelfManagedIoCleanup"}));
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"7.cleanup", "7.destroy"}));
  EXPECT_EQ(child.state(), "removed");
  EXPECT_FALSE(rig.Child(7));
  EXPECT_EQ(rig.children(), 0u);
}

}  // namespace
}  // namespace drydock::test
