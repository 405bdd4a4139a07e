// Raised statuses: what ExRaiseStatus and services that raise do.
// Called by:  ke, ex, mm, io, with no lock held and nothing on the stack that a jump to the driver's handler would leak. Does not return:
//             an exception that a driver's handler takes (nt/ex/seh.h), or a bug check KMODE_EXCEPTION_NOT_HANDLED (0x1E) with the status.
#pragma once

#include <cstdint>
#include <string>

struct _EXCEPTION_RECORD;

namespace drydock::nt::ex {

// `address`: the place in the driver that the exception is of.
[[noreturn]] void RaiseStatus(int32_t status, std::string words, const void* address = __builtin_return_address(0));
// A driver's own record. Returns if a filter continues and the record allows it.
void RaiseRecord(_EXCEPTION_RECORD& record, const char* routine);

}  // namespace drydock::nt::ex
