// Enumeration while there is no memory.
#include "bus_rig.h"

namespace drydock::test {
namespace {

CONFORMANCE(BusMemory, WithoutMemoryForTheAnswerTheQueryFailsAndIsRepeated, "DEVX-24") {
  BusRig rig(machine);
  static std::atomic<int> queries;
  static Machine* here;
  static std::atomic<int> fail_at;  // this many queries find no memory
  here = &machine;
  queries = fail_at = 0;
  auto init = rig.bus_hooks.init;
  rig.bus_hooks.init = [=](PWDFDEVICE_INIT device_init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceRelationsQuery = [](WDFDEVICE, DEVICE_RELATION_TYPE type) {
      if (type != BusRelations) return;
      ++queries;
      here->FailAllocations(fail_at > 0 ? 1 : 0);
      if (fail_at > 0) --fail_at;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(device_init, &pnp);
    return init(device_init);
  };
  rig.Start();
  queries = 0;
  fail_at = 2;
  rig.Plug(1);
  EXPECT_EQ(queries, 3) << "asked again until there was memory";
  EXPECT_TRUE(rig.Child(1).started());
  EXPECT_EQ(rig.hooks.log.Count("CreateDevice 1"), 1u);
  // Three repetitions at most.
  queries = 0;
  fail_at = 100;
  rig.Unplug(1);
  EXPECT_EQ(queries, 4);
  EXPECT_TRUE(rig.Child(1).started()) << "nobody has told it";
  fail_at = 0;
  machine.FailAllocations(0);
  EXPECT_EQ(machine.Reenumerate(rig.bus), STATUS_SUCCESS);
  EXPECT_EQ(rig.children(), 0u);
  EXPECT_EQ(rig.hooks.log.Count("1.destroy"), 1u);
}

CONFORMANCE(BusMemory, WithRelationsFromAboveTheAnswerGoesOnWithoutTheChildrenWhichAreMadeAnew, "DEVX-24") {
  BusRig rig(machine);
  static Machine* here;
  static std::atomic<int> fails;
  here = &machine;
  fails = 0;
  auto init = rig.bus_hooks.init;
  rig.bus_hooks.init = [=](PWDFDEVICE_INIT device_init) {
    UCHAR minor = IRP_MN_QUERY_DEVICE_RELATIONS;
    // As a filter above would: an answer of its own, here an empty one.
    EXPECT_EQ(S(WdfDeviceInitAssignWdmIrpPreprocessCallback(
                  device_init,
                  [](WDFDEVICE device, PIRP irp) -> NTSTATUS {
                    if (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceRelations.Type == BusRelations) {
                      here->FailAllocations(0);
                      irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(ExAllocatePool2(POOL_FLAG_PAGED, sizeof(DEVICE_RELATIONS), 'tseT'));
                      irp->IoStatus.Status = STATUS_SUCCESS;
                      if (fails > 0) {
                        --fails;
                        here->FailAllocations(1);
                      }
                    }
                    IoSkipCurrentIrpStackLocation(irp);
                    return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
                  },
                  IRP_MJ_PNP, &minor, 1)),
              S(STATUS_SUCCESS));
    return init(device_init);
  };
  rig.Start();
  rig.Plug(1);
  Device old = rig.Child(1);
  ASSERT_TRUE(old.started());
  rig.hooks.log.Take();
  fails = 1;
  machine.Reenumerate(rig.bus);
  machine.FailAllocations(0);
  rig.Settle();
  EXPECT_EQ(old.state(), "removed");
  EXPECT_EQ(rig.hooks.log.Count("1.destroy"), 1u);
  EXPECT_EQ(rig.hooks.log.Count("CreateDevice 1"), 1u) << "made anew";
  EXPECT_TRUE(rig.Child(1).started());
}

// Whatever allocation fails while a child comes and goes: afterwards the bus works, and nothing is left.
CONFORMANCE(BusMemory, AnyFailingAllocationLeavesAUsableTree, "PWR-37", "ours") {
  BusRig rig(machine);
  rig.hooks.raw = true;
  rig.Start();
  for (uint32_t every = 1; every <= 40; ++every) {
    SCOPED_TRACE(every);
    rig.hooks.create = nullptr;
    machine.FailAllocations(every);
    ChildId id = Id(every);
    machine.Run([&] { (void)WdfChildListAddOrUpdateChildDescriptionAsPresent(rig.list(), &id.header, nullptr); });
    rig.Settle();
    machine.Run([&] { (void)WdfChildListUpdateChildDescriptionAsMissing(rig.list(), &id.header); });
    rig.Settle();
    machine.FailAllocations(0);
    machine.Run([&] {
      WdfChildListBeginScan(rig.list());
      WdfChildListEndScan(rig.list());
    });
    rig.Settle();
    EXPECT_EQ(machine.Reenumerate(rig.bus), STATUS_SUCCESS);
    EXPECT_EQ(rig.children(), 0u);
    ASSERT_FALSE(machine.stopped()) << machine.ReportText();
  }
  rig.Plug(77);
  EXPECT_TRUE(rig.Child(77).started());
}

}  // namespace
}  // namespace drydock::test
