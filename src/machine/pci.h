// The configuration space behind a DeviceSpec's PCI device.
// Called by:  machine/devices.cpp, inside the machine. Errors: Error (drydock/pci.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ntddk.h>

#include "drydock/pci.h"
#include "nt/pnp/pci.h"

namespace drydock {
struct DeviceSpec;
}

namespace drydock::machine {

// What the spec and its ids say together; nothing: the device is on no PCI bus.
std::optional<PciDevice> PciOf(const DeviceSpec& spec);
// As the PCI bus gives them, the longest first.
std::vector<std::string> HardwareIdsOf(const PciDevice& pci), CompatibleIdsOf(const PciDevice& pci);
// Chooses a slot where none is said; one that is taken is an Error.
void ChoosePlace(nt::Kernel& kernel, PciDevice& pci);
// "PCI\VEN_...\3&2411E6FE&0&08": as the PCI bus names the device at its place.
std::string InstancePathOf(const PciDevice& pci);
// `raw`: the device's resources; null: none. It has its place.
std::shared_ptr<nt::pnp::PciFunction> MakeFunction(const PciDevice& pci, const CM_RESOURCE_LIST* raw, bool d1, bool d2, int wakes_from_d);
// Pulled out: reads are all ones from now on.
void Unplug(nt::pnp::PciFunction& function);

}  // namespace drydock::machine
