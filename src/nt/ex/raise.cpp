#include "nt/ex/raise.h"

#include <fmt/format.h>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ex/seh.h"

namespace drydock::nt::ex {
namespace {

[[noreturn]] void NotHandled(int32_t status, const void* address, uint64_t first, uint64_t second, const std::string& words) {
  BugCheck(bug::kKmodeExceptionNotHandled, {static_cast<uint64_t>(static_cast<uint32_t>(status)), reinterpret_cast<uint64_t>(address), first, second},
           words + fmt::format(" The exception {:#010X} was not handled.", static_cast<uint32_t>(status)));
}

}  // namespace

void RaiseStatus(int32_t status, std::string words, const void* address) {
  {
    EXCEPTION_RECORD record{};
    record.ExceptionCode = status;
    record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    record.ExceptionAddress = const_cast<void*>(address);
    const Verdict verdict = SearchHandler(record, nullptr);
    if (verdict.handler != nullptr) {
      std::string().swap(words);  // nobody destroys it after the jump
      UnwindTo(verdict.handler);
    }
    if (verdict.resume) {
      words += " A filter said EXCEPTION_CONTINUE_EXECUTION, which this exception does not allow.";
      if (status != STATUS_NONCONTINUABLE_EXCEPTION) RaiseStatus(STATUS_NONCONTINUABLE_EXCEPTION, std::move(words), address);
    }
  }
  NotHandled(status, address, 0, 0, words);
}

void RaiseRecord(EXCEPTION_RECORD& record, const char* routine) {
  if (record.ExceptionAddress == nullptr) record.ExceptionAddress = __builtin_return_address(0);
  const Verdict verdict = SearchHandler(record, nullptr);
  if (verdict.handler != nullptr) UnwindTo(verdict.handler);
  if (verdict.resume) {
    if (!(record.ExceptionFlags & EXCEPTION_NONCONTINUABLE)) return;
    RaiseStatus(STATUS_NONCONTINUABLE_EXCEPTION, fmt::format("A filter continued after an exception of {} that does not allow it.", routine),
                record.ExceptionAddress);
  }
  NotHandled(record.ExceptionCode, record.ExceptionAddress, record.ExceptionInformation[0], record.ExceptionInformation[1],
             fmt::format("The driver called {}.", routine));
}

}  // namespace drydock::nt::ex

using namespace drydock::nt;

extern "C" VOID ExRaiseStatus(NTSTATUS Status) {
  ex::RaiseStatus(Status, "The driver called ExRaiseStatus.", __builtin_return_address(0));
}
extern "C" VOID RtlRaiseStatus(NTSTATUS Status) {
  ex::RaiseStatus(Status, "The driver called RtlRaiseStatus.", __builtin_return_address(0));
}
extern "C" VOID ExRaiseAccessViolation(VOID) {
  ex::RaiseStatus(STATUS_ACCESS_VIOLATION, "The driver called ExRaiseAccessViolation.", __builtin_return_address(0));
}
extern "C" VOID ExRaiseDatatypeMisalignment(VOID) {
  ex::RaiseStatus(STATUS_DATATYPE_MISALIGNMENT, "The driver called ExRaiseDatatypeMisalignment.", __builtin_return_address(0));
}
