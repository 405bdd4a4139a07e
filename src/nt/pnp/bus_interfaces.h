// What the root bus answers to IRP_MN_QUERY_INTERFACE, and to reads and writes of a PCI device's configuration space.
// Called by:  root_bus.cpp. Interfaces: <= DISPATCH_LEVEL, but for the reference taken here. Source: public documentation of each interface.
#pragma once

#include "nt/pnp/node.h"

namespace drydock::nt::pnp {

NTSTATUS QueryInterface(DeviceNode& node, IRP* irp, const IO_STACK_LOCATION& location);
NTSTATUS AccessConfig(DeviceNode& node, IRP* irp, const IO_STACK_LOCATION& location);

}  // namespace drydock::nt::pnp
