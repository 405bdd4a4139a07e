// An access of a driver to mapped registers, however it came: by READ_REGISTER_... and its kin, or by an instruction of its own (plain_access.h).
// Called by:  registers.cpp, plain_access.cpp; on the driver's task, at its IRQL.
// Errors:     where nothing is mapped a bug check; in a stopped machine rt::TaskStopped, so that a loop that polls ends.
#pragma once

#include <cstdint>

#include "nt/kernel.h"

namespace drydock::nt::hal {

// Once before each access: another processor may step in.
void BeforeRegister(Kernel& kernel);
// `address`: in the window of mapped registers. `instruction`: for the report.
uint64_t ReadRegister(Kernel& kernel, const volatile void* address, uint32_t bytes, const void* instruction);
void WriteRegister(Kernel& kernel, volatile void* address, uint32_t bytes, uint64_t value, const void* instruction);

}  // namespace drydock::nt::hal
