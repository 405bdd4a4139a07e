// Static enumeration: PDOs that the driver makes itself.
#include "bus_rig.h"

namespace drydock::test {
namespace {

WDFDEVICE NewStatic(BusRig& rig, ULONG number) {
  PWDFDEVICE_INIT init = WdfPdoInitAllocate(rig.bus_hooks.device);
  EXPECT_NE(init, nullptr);
  WDFDEVICE pdo = nullptr;
  EXPECT_EQ(S(MakePdo(rig.hooks, init, number, &pdo)), S(STATUS_SUCCESS));
  return pdo;
}

std::vector<ULONG> Next(WDFDEVICE fdo, ULONG flags) {
  std::vector<ULONG> numbers;
  WDFDEVICE child = nullptr;
  WdfFdoLockStaticChildListForIteration(fdo);
  while ((child = WdfFdoRetrieveNextStaticChild(fdo, child, flags)) != nullptr) numbers.push_back(NumberOf(child));
  WdfFdoUnlockStaticChildListFromIteration(fdo);
  return numbers;
}

CONFORMANCE(StaticChildren, AnAddedChildIsStartedAndGoesWhenItIsMarkedMissing, "BUS-22", "BUS-23", "BUS-25", "INI-03", "DEVX-4") {
  BusRig rig(machine);
  rig.Start();
  WDFDEVICE pdo = nullptr;
  machine.Run([&] {
    pdo = NewStatic(rig, 1);
    EXPECT_EQ(WdfPdoGetParent(pdo), rig.bus_hooks.device);
    EXPECT_EQ(WdfPdoGetParent(rig.bus_hooks.device), nullptr);
    EXPECT_EQ(S(WdfPdoMarkMissing(pdo)), S(STATUS_NO_SUCH_DEVICE)) << "not yet added";
    EXPECT_EQ(S(WdfFdoAddStaticChild(rig.bus_hooks.device, rig.bus_hooks.device)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfFdoAddStaticChild(rig.bus_hooks.device, pdo)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfFdoAddStaticChild(pdo, pdo)), S(STATUS_INVALID_PARAMETER)) << "not an FDO";
  });
  rig.Settle();
  EXPECT_TRUE(rig.Child(1).started());
  machine.Run([&] {
    WdfObjectDelete(pdo);  // ignored: the framework has it now
    EXPECT_EQ(WdfDeviceGetDevicePnpState(pdo), WdfDevStatePnpStarted);
    EXPECT_EQ(S(WdfPdoMarkMissing(rig.bus_hooks.device)), S(STATUS_INVALID_PARAMETER));
    AtDispatch raised;
    EXPECT_EQ(S(WdfPdoMarkMissing(pdo)), S(STATUS_SUCCESS));
  });
  rig.Settle();
  EXPECT_EQ(rig.children(), 0u);
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"1.cleanup", "1.destroy"}));
}

CONFORMANCE(StaticChildren, OneThatWasNotAddedIsTheDriversToDelete, "BUS-23", "DEVX-4", "INI-06") {
  BusRig rig(machine);
  rig.Start();
  machine.Run([&] {
    WDFDEVICE pdo = NewStatic(rig, 1);
    WdfObjectDelete(pdo);
    EXPECT_EQ(rig.hooks.log.Take(), (Lines{"1.cleanup", "1.destroy"}));
    PWDFDEVICE_INIT init = WdfPdoInitAllocate(rig.bus_hooks.device);
    WdfDeviceInitFree(init);
    WDFDEVICE loose = NewStatic(rig, 2);
    EXPECT_EQ(WdfPdoInitAllocate(loose), nullptr) << "a PDO has no children";
    WdfObjectDelete(loose);
  });
}

CONFORMANCE(StaticChildren, TheListIsWalkedUnderItsLockWhichMayNest, "BUS-24", "BUS-12") {
  BusRig rig(machine);
  rig.Start();
  WDFDEVICE fdo = rig.bus_hooks.device;
  using List = std::vector<ULONG>;
  machine.Run([&] {
    WdfFdoLockStaticChildListForIteration(fdo);
    WdfFdoLockStaticChildListForIteration(fdo);
    for (ULONG number : {1, 2, 3}) EXPECT_EQ(S(WdfFdoAddStaticChild(fdo, NewStatic(rig, number))), S(STATUS_SUCCESS));
    EXPECT_EQ(Next(fdo, WdfRetrievePendingChildren), (List{1, 2, 3}));
    WdfFdoUnlockStaticChildListFromIteration(fdo);
  });
  rig.Settle();
  EXPECT_EQ(rig.children(), 0u) << "reported after the last unlock";
  machine.Run([&] { WdfFdoUnlockStaticChildListFromIteration(fdo); });
  rig.Settle();
  EXPECT_EQ(rig.children(), 3u);
  machine.Run([&] {
    EXPECT_EQ(Next(fdo, WdfRetrievePresentChildren), (List{1, 2, 3}));
    EXPECT_EQ(Next(fdo, WdfRetrievePendingChildren), List{});
    WdfFdoLockStaticChildListForIteration(fdo);
    EXPECT_EQ(S(WdfPdoMarkMissing(rig.hooks.pdos[2])), S(STATUS_SUCCESS));
    EXPECT_EQ(Next(fdo, WdfRetrieveAllChildren), (List{1, 2, 3}));
    WdfFdoUnlockStaticChildListFromIteration(fdo);
  });
  rig.Settle();
  machine.Run([&] { EXPECT_EQ(Next(fdo, WdfRetrieveAllChildren), (List{1, 3})); });
}

CONFORMANCE(StaticChildren, StaticAndDynamicChildrenLiveSideBySide, "BUS-22", "DEVX-25") {
  BusRig rig(machine);
  rig.Start();
  rig.Plug(10);
  machine.Run([&] { EXPECT_EQ(S(WdfFdoAddStaticChild(rig.bus_hooks.device, NewStatic(rig, 1))), S(STATUS_SUCCESS)); });
  rig.Settle();
  EXPECT_EQ(rig.children(), 2u);
  rig.Unplug(10);
  EXPECT_EQ(rig.children(), 1u);
  EXPECT_EQ(machine.RemoveDevice(rig.bus), STATUS_SUCCESS);
  rig.bus = Device();
  EXPECT_EQ(rig.hooks.log.Count("1.destroy"), 1u);
}

CONFORMANCE(StaticChildren, OneThatIsAddedBeforeTheBusStartsComesWithTheStart, "BUS-22") {
  BusRig rig(machine);
  auto added = rig.bus_hooks.added;
  rig.bus_hooks.added = [&](WDFDEVICE device) {
    rig.bus_hooks.device = device;
    EXPECT_EQ(S(WdfFdoAddStaticChild(device, NewStatic(rig, 1))), S(STATUS_SUCCESS));
    return added(device);
  };
  rig.Start();
  EXPECT_TRUE(rig.Child(1).started());
}

}  // namespace
}  // namespace drydock::test
