// Instructions that only a kernel may execute (drydock_intrin_more.h), and the assertion instruction.
#include <fmt/format.h>

#include <ntddk.h>

#include "nt/bugcheck.h"

using namespace drydock::nt;

extern "C" ULONGLONG DrydockPrivilegedInstruction(const char* name, ULONGLONG argument) {
  BugCheck(KMODE_EXCEPTION_NOT_HANDLED, {static_cast<uint32_t>(STATUS_PRIVILEGED_INSTRUCTION), 0, argument, 0},
           fmt::format("The driver called {}({:#x}): an instruction that only a kernel may execute, on a register that Drydock does not have.", name, argument));
}

extern "C" VOID DrydockAssertionFailure() { ExRaiseStatus(STATUS_ASSERTION_FAILURE); }
