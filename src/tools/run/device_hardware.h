// The hardware that a machine file gives a device, in the hands of a scenario: pins that it raises, registers that it reads and writes.
// Called by:  the player. Errors: Error, one line, when the device has no such pin, resource or offset.
#pragma once

#include <cstdint>
#include <string>

#include "drydock/machine.h"

namespace drydock::tools {

// `pin`: counted over all resources of the device from 1; 0: the first.
InterruptPin PinOf(Device device, size_t pin);
// `resource`: of the device, from 1; 0: the first that has registers or memory. 1, 2, 4 and 8 bytes are one access of that width, as a driver's;
// any other number goes byte by byte.
std::string ReadHardware(Device device, size_t resource, uint64_t offset, size_t bytes);
void WriteHardware(Device device, size_t resource, uint64_t offset, const std::string& bytes);

}  // namespace drydock::tools
