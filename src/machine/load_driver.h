// Loading a driver into a machine. machine only.
#pragma once

#include <memory>
#include <string>

#include "machine/impl.h"

namespace drydock::machine {

// `name` is the service's. DriverEntry's status is in last_driver_status; a driver that failed has no `driver`.
Driver::Impl& LoadDriver(Machine::Impl& machine, std::string name, std::unique_ptr<Image> image, DriverEntryPoint entry = nullptr);

}  // namespace drydock::machine
