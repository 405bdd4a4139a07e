// What drivers ask of the power manager for the time being: that the system stays up, that a device keeps to limits or cools.
// Called by:  machine and tests; drivers come through the Po functions. Source: public documentation of those.
#pragma once

#include <cstdint>

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::po {

// How many requests of this type are set in the machine now.
uint32_t CountPowerRequests(Kernel& kernel, POWER_REQUEST_TYPE type);

}  // namespace drydock::nt::po
