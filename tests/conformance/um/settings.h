// What a UMDF driver's INF says, as installation leaves it in the registry; and two drivers in one stack.
// Called by:  tests of this folder, before the driver is loaded.
#pragma once

#include "rig.h"

namespace drydock::test {

inline void SetDirective(Machine& machine, const std::string& service, const std::string& name, uint32_t value) {
  EXPECT_EQ(machine.SetRegistry("\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\WUDF\\Services\\" + service, name, value), S(0));
}

// `rig` above `other`, both UMDF; the names are those of their services.
struct TwoDrivers {
  TwoDrivers(Machine& the_machine, Hooks& upper, Hooks& lower, std::shared_ptr<DeviceModel> model = nullptr) : machine(the_machine) {
    SetRigHooks(&upper);
    SetOtherHooks(&lower);
    upper_driver = machine.AddDriver("rig", RigEntry());
    lower_driver = machine.AddDriver("other", OtherEntry());
    DeviceSpec spec;
    spec.function = lower_driver;
    spec.upper_filters = {upper_driver};
    spec.model = std::move(model);
    device = machine.AddDevice(spec);
  }
  ~TwoDrivers() {
    if (machine.stopped()) return;
    machine.RemoveDevice(device);
    machine.UnloadDriver(upper_driver);
    machine.UnloadDriver(lower_driver);
  }
  Machine& machine;
  Driver upper_driver, lower_driver;
  Device device;
};

}  // namespace drydock::test
