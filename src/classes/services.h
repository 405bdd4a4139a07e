// Class drivers that come with the machine: services of the system that driver packages name (Include, Needs) but do not bring.
// Called by:  machine, when a device needs a service that no package has an image for, and by tests.
#pragma once

#include <string_view>

#include <ntddk.h>

namespace drydock::classes {

// The entry of the service, compared without regard to case; null: none of that name.
PDRIVER_INITIALIZE FindService(std::string_view name);

}  // namespace drydock::classes
