#include "nt/ex/raise.h"

#include <fmt/format.h>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"

namespace drydock::nt::ex {

void RaiseStatus(int32_t status, std::string words) {
  BugCheck(bug::kKmodeExceptionNotHandled,
           {static_cast<uint64_t>(static_cast<uint32_t>(status)), reinterpret_cast<uint64_t>(__builtin_return_address(0)), 0, 0},
           words + fmt::format(" The exception {:#010X} was not handled.", static_cast<uint32_t>(status)));
}

}  // namespace drydock::nt::ex

using namespace drydock::nt;

extern "C" VOID ExRaiseStatus(NTSTATUS Status) { ex::RaiseStatus(Status, "The driver called ExRaiseStatus."); }
extern "C" VOID ExRaiseAccessViolation(VOID) {
  ex::RaiseStatus(STATUS_ACCESS_VIOLATION, "The driver called ExRaiseAccessViolation.");
}
extern "C" VOID ExRaiseDatatypeMisalignment(VOID) {
  ex::RaiseStatus(STATUS_DATATYPE_MISALIGNMENT, "The driver called ExRaiseDatatypeMisalignment.");
}
