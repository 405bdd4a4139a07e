// Resources of a child, as its bus driver's callbacks tell them.
#include "bus_rig.h"

namespace drydock::test {
namespace {

CONFORMANCE(PdoResources, TheCallbacksGetEmptyListsAndMayAddNothing, "BUS-29", "PWR-07") {
  BusRig rig(machine);
  static BusHooks* hooks;
  hooks = &rig.hooks;
  rig.hooks.pdo_callbacks = [](WDF_PDO_EVENT_CALLBACKS& callbacks) {
    callbacks.EvtDeviceResourcesQuery = [](WDFDEVICE pdo, WDFCMRESLIST list) {
      EXPECT_EQ(WdfCmResourceListGetCount(list), 0u);
      hooks->log.Add(std::to_string(NumberOf(pdo)) + ".ResourcesQuery");
      return STATUS_SUCCESS;
    };
    callbacks.EvtDeviceResourceRequirementsQuery = [](WDFDEVICE pdo, WDFIORESREQLIST list) {
      EXPECT_EQ(WdfIoResourceRequirementsListGetCount(list), 0u);
      hooks->log.Add(std::to_string(NumberOf(pdo)) + ".ResourceRequirementsQuery");
      return STATUS_SUCCESS;
    };
  };
  rig.function_hooks.added = [&](WDFDEVICE) {
    rig.hooks.log.Add("DeviceAdd");
    return STATUS_SUCCESS;
  };
  rig.hooks.pdo_pnp = true;
  rig.Start();
  rig.Plug(1);
  EXPECT_EQ(rig.hooks.log.Take(), (Lines{"CreateDevice 1", "1.ResourcesQuery", "1.ResourceRequirementsQuery", "DeviceAdd", "1.PrepareHardware",
                                         "1.D0Entry", "1.SelfManagedIoInit"}));
  EXPECT_TRUE(rig.Child(1).started());
}

}  // namespace
}  // namespace drydock::test
