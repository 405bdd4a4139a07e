#include "runtime/fault_frame.h"

#include <cpuid.h>
#include <ucontext.h>

#include <cstddef>

// What the code below knows of the layout.
static_assert(offsetof(drydock::rt::FaultFrame, instruction) == 128 && offsetof(drydock::rt::FaultFrame, flags) == 136 &&
              offsetof(drydock::rt::FaultFrame, routine) == 144 && offsetof(drydock::rt::FaultFrame, extended) == 152 &&
              sizeof(drydock::rt::FaultFrame) == 168);

extern "C" {
__attribute__((visibility("hidden"))) uint64_t drydock_fault_extended_bytes = 512;  // of a multiple of 64
__attribute__((visibility("hidden"))) uint64_t drydock_fault_xsave = 0;             // 0: fxsave is all there is
}

// DrydockFaultFrame: rsp is the frame. 0xE7: x87, SSE, AVX and the three of AVX-512. The unwinder finds the registers of the instruction in the frame, by rbx.
// The end must not leave anything of use below the red zone of the instruction's function: flags and address lie right below it, where rsp points at last.
// DrydockFaultPerform(registers and flags, code, extended or null).
asm(R"(
  .text
  .hidden DrydockFaultFrame
  .globl DrydockFaultFrame
  .type DrydockFaultFrame, @function
DrydockFaultFrame:
  .cfi_startproc
  .cfi_signal_frame
  .cfi_escape 0x0f, 3, 0x73, 0x20, 0x06
  .cfi_escape 0x10, 0, 2, 0x73, 0x00
  .cfi_escape 0x10, 2, 2, 0x73, 0x08
  .cfi_escape 0x10, 1, 2, 0x73, 0x10
  .cfi_escape 0x10, 3, 2, 0x73, 0x18
  .cfi_escape 0x10, 6, 2, 0x73, 0x28
  .cfi_escape 0x10, 4, 2, 0x73, 0x30
  .cfi_escape 0x10, 5, 2, 0x73, 0x38
  .cfi_escape 0x10, 8, 3, 0x73, 0xc0, 0x00
  .cfi_escape 0x10, 9, 3, 0x73, 0xc8, 0x00
  .cfi_escape 0x10, 10, 3, 0x73, 0xd0, 0x00
  .cfi_escape 0x10, 11, 3, 0x73, 0xd8, 0x00
  .cfi_escape 0x10, 12, 3, 0x73, 0xe0, 0x00
  .cfi_escape 0x10, 13, 3, 0x73, 0xe8, 0x00
  .cfi_escape 0x10, 14, 3, 0x73, 0xf0, 0x00
  .cfi_escape 0x10, 15, 3, 0x73, 0xf8, 0x00
  .cfi_escape 0x10, 16, 3, 0x73, 0x80, 0x01
  nop
  movq %rsp, %rbx
  subq drydock_fault_extended_bytes(%rip), %rsp
  movq %rsp, 152(%rbx)
  cmpq $0, drydock_fault_xsave(%rip)
  je 1f
  xorl %eax, %eax
  movq %rax, 512(%rsp)
  movq %rax, 520(%rsp)
  movq %rax, 528(%rsp)
  movq %rax, 536(%rsp)
  movq %rax, 544(%rsp)
  movq %rax, 552(%rsp)
  movq %rax, 560(%rsp)
  movq %rax, 568(%rsp)
  xorl %edx, %edx
  movl $0xE7, %eax
  xsave64 (%rsp)
  jmp 2f
1: fxsave64 (%rsp)
2: movq %rbx, %rdi
  call *144(%rbx)
  movq 152(%rbx), %rdi
  cmpq $0, drydock_fault_xsave(%rip)
  je 3f
  xorl %edx, %edx
  movl $0xE7, %eax
  xrstor64 (%rdi)
  jmp 4f
3: fxrstor64 (%rdi)
4: movq 32(%rbx), %rdx
  movq 128(%rbx), %rax
  movq %rax, -136(%rdx)
  movq 136(%rbx), %rax
  movq %rax, -144(%rdx)
  leaq -144(%rdx), %rdx
  movq %rdx, 32(%rbx)
  movq %rbx, %rsp
  movq 0(%rsp), %rax
  movq 8(%rsp), %rcx
  movq 16(%rsp), %rdx
  movq 24(%rsp), %rbx
  movq 40(%rsp), %rbp
  movq 48(%rsp), %rsi
  movq 56(%rsp), %rdi
  movq 64(%rsp), %r8
  movq 72(%rsp), %r9
  movq 80(%rsp), %r10
  movq 88(%rsp), %r11
  movq 96(%rsp), %r12
  movq 104(%rsp), %r13
  movq 112(%rsp), %r14
  movq 120(%rsp), %r15
  movq 32(%rsp), %rsp
  popfq
  ret $128
  .cfi_endproc
  .size DrydockFaultFrame, .-DrydockFaultFrame

  .hidden DrydockFaultPerform
  .globl DrydockFaultPerform
  .type DrydockFaultPerform, @function
DrydockFaultPerform:
  .cfi_startproc
  pushq %rbx
  pushq %rbp
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  pushq %rdx
  pushq %rdi
  pushq %rsi
  testq %rdx, %rdx
  jz 2f
  movq %rdx, %rcx
  cmpq $0, drydock_fault_xsave(%rip)
  je 1f
  xorl %edx, %edx
  movl $0xE7, %eax
  xrstor64 (%rcx)
  jmp 2f
1: fxrstor64 (%rcx)
2: pushq 128(%rdi)
  popfq
  movq 0(%rdi), %rax
  movq 8(%rdi), %rcx
  movq 16(%rdi), %rdx
  movq 24(%rdi), %rbx
  movq 40(%rdi), %rbp
  movq 48(%rdi), %rsi
  movq 64(%rdi), %r8
  movq 72(%rdi), %r9
  movq 80(%rdi), %r10
  movq 88(%rdi), %r11
  movq 96(%rdi), %r12
  movq 104(%rdi), %r13
  movq 112(%rdi), %r14
  movq 120(%rdi), %r15
  movq 56(%rdi), %rdi
  call *(%rsp)
  pushq %rdi
  movq 16(%rsp), %rdi
  movq %rax, 0(%rdi)
  movq %rcx, 8(%rdi)
  movq %rdx, 16(%rdi)
  movq %rbx, 24(%rdi)
  movq %rbp, 40(%rdi)
  movq %rsi, 48(%rdi)
  movq %r8, 64(%rdi)
  movq %r9, 72(%rdi)
  movq %r10, 80(%rdi)
  movq %r11, 88(%rdi)
  movq %r12, 96(%rdi)
  movq %r13, 104(%rdi)
  movq %r14, 112(%rdi)
  movq %r15, 120(%rdi)
  popq 56(%rdi)
  pushfq
  popq 128(%rdi)
  addq $16, %rsp
  popq %rcx
  testq %rcx, %rcx
  jz 4f
  cmpq $0, drydock_fault_xsave(%rip)
  je 3f
  xorl %edx, %edx
  movl $0xE7, %eax
  xsave64 (%rcx)
  jmp 4f
3: fxsave64 (%rcx)
4: cld
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbp
  popq %rbx
  ret
  .cfi_endproc
  .size DrydockFaultPerform, .-DrydockFaultPerform
)");

extern "C" void DrydockFaultFrame();
extern "C" void DrydockFaultPerform(uint64_t* general_and_flags, const void* code, void* extended);

namespace drydock::rt {
namespace {

constexpr int kContextIndex[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                   REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
constexpr uint64_t kArithmeticFlags = 0x8D5, kAlwaysSet = 2, kTrapFlag = 0x100, kDirectionFlag = 0x400, kAlignmentFlag = 0x40000;
constexpr uint64_t kBelow = 144;            // the red zone, and the two words that the way back needs
constexpr uint64_t kExtendedBytes = 2688;   // up to the end of AVX-512's registers

}  // namespace

void PrepareFaultFrames() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !__get_cpuid_count(0xD, 0, &a, &b, &c, &d)) return;
  drydock_fault_extended_bytes = ((b < kExtendedBytes ? b : kExtendedBytes) + 63) / 64 * 64;
  drydock_fault_xsave = 1;
}

__attribute__((no_sanitize("address"))) void EnterFaultFrame(void* raw, FaultRoutine routine, const void* address) {
  auto& registers = static_cast<ucontext_t*>(raw)->uc_mcontext.gregs;
  const auto at = (static_cast<uint64_t>(registers[REG_RSP]) - kBelow - sizeof(FaultFrame)) & ~uint64_t{63};
  auto& frame = *reinterpret_cast<FaultFrame*>(at);
  for (int i = 0; i < 16; ++i) frame.general[i] = static_cast<uint64_t>(registers[kContextIndex[i]]);
  frame.instruction = static_cast<uint64_t>(registers[REG_RIP]);
  frame.flags = static_cast<uint64_t>(registers[REG_EFL]);
  frame.routine = routine;
  frame.extended = nullptr;
  frame.address = reinterpret_cast<uint64_t>(address);
  registers[REG_RSP] = static_cast<greg_t>(at);
  registers[REG_RIP] = reinterpret_cast<greg_t>(&DrydockFaultFrame);
  registers[REG_EFL] &= ~static_cast<greg_t>(kTrapFlag | kDirectionFlag | kAlignmentFlag);
}

void PerformWith(FaultFrame& frame, uint64_t (&general)[16], const void* code, bool vectors) {
  uint64_t state[17];
  for (int i = 0; i < 16; ++i) state[i] = general[i];
  state[16] = (frame.flags & kArithmeticFlags) | kAlwaysSet;
  DrydockFaultPerform(state, code, vectors ? frame.extended : nullptr);
  for (int i = 0; i < 16; ++i) general[i] = state[i];
  frame.flags = (frame.flags & ~kArithmeticFlags) | (state[16] & kArithmeticFlags);
}

}  // namespace drydock::rt
