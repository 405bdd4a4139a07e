// Raised statuses: what ExRaiseStatus and services that raise do.
// Called by:  ke, ex, mm, io. Does not return: an exception that a driver's handler takes, or a bug check
//             KMODE_EXCEPTION_NOT_HANDLED (0x1E) with the status.
#pragma once

#include <cstdint>
#include <string>

namespace drydock::nt::ex {

[[noreturn]] void RaiseStatus(int32_t status, std::string words);

}  // namespace drydock::nt::ex
