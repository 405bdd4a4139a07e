// FaultFrame: all registers of an instruction that faulted, on the stack of its own thread, for a routine that does the instruction's work in ordinary
// context and goes on behind it.
// Called by:  the fault handler makes one (EnterFaultFrame) when the floor above answers a fault with a routine. The routine runs on the faulting thread
//             below the red zone; it may wait, change the frame, and throw: unwinding goes through the instruction's function as through a call.
// Going on:   when the routine returns, every register is as the frame says, the vector registers included.
#pragma once

#include <cstdint>

namespace drydock::rt {

struct FaultFrame {
  uint64_t general[16];  // as instructions number them: rax rcx rdx rbx rsp rbp rsi rdi r8 ... r15
  uint64_t instruction;
  uint64_t flags;
  void (*routine)(FaultFrame& frame);
  void* extended;   // x87 and vector registers
  uint64_t address;  // what was touched
};
using FaultRoutine = void (*)(FaultFrame& frame);

// Once, before the first frame: asks the processor how large its vector registers are.
void PrepareFaultFrames();
// In a signal handler: makes a frame of the context (a ucontext_t), which goes on in `routine`. Room on the stack is the caller's affair.
void EnterFaultFrame(void* context, FaultRoutine routine, const void* address);

// Runs `code` (one instruction and a return) with these registers, rsp aside, and takes what it leaves in them. Only the arithmetic flags are taken over.
// `vectors`: the instruction needs or changes x87 or vector registers, which are the frame's.
void PerformWith(FaultFrame& frame, uint64_t (&general)[16], const void* code, bool vectors);

}  // namespace drydock::rt
