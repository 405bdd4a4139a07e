// Faults (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP) of the process: who may turn one into something else than the end.
// Called by:  the floor above, once per process and once per OS thread. State here is the process's own by nature: signal
//             dispositions and alternate stacks belong to the process, not to a machine.
// Handler:    runs on the faulting OS thread's alternate stack. The filter must be async-signal-safe. If it gives a jump buffer
//             (__builtin_setjmp), execution goes on there; if it gives a function, that is called as if by the instruction at fault (it
//             must not return, but may go back by ContinueFromFault); otherwise the handler that was installed before gets the signal.
// Quick:      a second filter is asked first, before the stack is walked; the routine that it gives does the instruction's work (fault_frame.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/fault_frame.h"

namespace drydock::rt {

struct FaultInfo {
  int signal = 0;
  int code = 0;                        // si_code
  const void* address = nullptr;       // what was touched; of an instruction fault, the instruction
  const void* instruction = nullptr;
  const char* stack_pointer = nullptr;
  bool write = false;
  bool has_address = false;            // the processor told which address was touched
  size_t depth = 0;
  void* stack[62] = {};                // where it happened, innermost first; [0] is the instruction
};

struct FaultAnswer {  // one of them, or neither to decline
  void** jump = nullptr;
  void (*call)() = nullptr;
};
using FaultFilter = FaultAnswer (*)(const FaultInfo& fault);
using QuickFaultFilter = FaultRoutine (*)(const FaultInfo& fault);  // without a stack; null: the other filter's affair

// The processor's registers where a fault happened, in the order of ucontext's gregs, and the floating-point state.
struct FaultRegisters {
  uint64_t general[23] = {};
  alignas(16) unsigned char floating[512] = {};
};

void InstallFaultHandler(FaultFilter filter, QuickFaultFilter quick);  // idempotent
// The fault that the calling OS thread jumped away from last.
const FaultInfo& LastFault();
void SetLastFault(const FaultInfo& fault);
const FaultRegisters& LastFaultRegisters();
// Goes on at a __builtin_setjmp, in ordinary context, as a jump from the handler does.
[[noreturn]] void JumpAway(void** jump);
// Executes the instruction at fault again, with these registers (they may have been changed).
[[noreturn]] void ContinueFromFault(const FaultRegisters& registers);
// Gives the calling OS thread its alternate stack, once; freed when the OS thread ends.
void PrepareThreadForFaults();

// Return addresses of the caller, innermost first; `skip` leaves out that many callees of the caller. Not in a signal handler.
size_t CaptureStack(void** frames, size_t capacity, size_t skip = 0);
// The same along frame pointers, from the caller's caller on: quick, but blind to code compiled without them. Tasks only.
size_t CaptureFramePointers(void** frames, size_t capacity);

}  // namespace drydock::rt
