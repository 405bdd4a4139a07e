// Resources of a device: what its bus says it needs, what its drivers make of that, and what it gets.
// Called by:  lifecycle (PASSIVE_LEVEL, under the node's `busy`), IoConnectInterruptEx (any IRQL up to PASSIVE_LEVEL, of a started device).
// Order:      QUERY_RESOURCES and QUERY_RESOURCE_REQUIREMENTS go to the PDO at enumeration; FILTER_RESOURCE_REQUIREMENTS goes to the top of the stack
//             before every start. Logical configurations are tried in their order, the first that can be had is taken (RES-06); of a descriptor and
//             its alternatives, the preferred one first.
// What is given: what the bus had set up (the boot configuration) where it fits, else free memory, ports and lines of the machine.
// Errors:     STATUS_CONFLICTING_ADDRESSES: no configuration can be had; the device is not started.
// Source:     public documentation of IO_RESOURCE_REQUIREMENTS_LIST and of the requests.
#pragma once

#include <memory>
#include <vector>

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
namespace hal {
struct Region;
}
}  // namespace drydock::nt

namespace drydock::nt::pnp {

struct DeviceNode;

// In the node. Destroying it gives back what was reserved.
struct NodeResources {
  NodeResources() = default;
  ~NodeResources();
  std::vector<char> boot_raw;         // CM_RESOURCE_LIST: what the bus had set up; empty: nothing
  std::vector<char> boot_translated;  // empty: to be worked out
  std::vector<char> requirements;     // IO_RESOURCE_REQUIREMENTS_LIST of the PDO; empty: those of the boot configuration
  struct Reserved {
    Kernel* kernel;
    bool port;
    std::shared_ptr<hal::Region> region;
  };
  std::vector<Reserved> reserved;
};

// Keeps a copy of what the PDO answered.
void KeepRequirements(DeviceNode& node, const IO_RESOURCE_REQUIREMENTS_LIST* list);
// What a bus answers to QUERY_RESOURCE_REQUIREMENTS for a device with a fixed configuration; empty: nothing.
std::vector<char> RequirementsOf(const CM_RESOURCE_LIST* fixed);
// Asks the stack and fills raw_resources and translated_resources of the node.
NTSTATUS AssignResources(DeviceNode& node);
void ReleaseResources(DeviceNode& node);
// What START carried last; null: nothing.
const CM_RESOURCE_LIST* TranslatedResourcesOf(const DEVICE_OBJECT* pdo);

}  // namespace drydock::nt::pnp
