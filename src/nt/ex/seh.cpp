#include "nt/ex/seh.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>

#include <cstring>
#include <string_view>

#include "nt/ex/raise.h"
#include "nt/hal/state.h"
#include "nt/kernel.h"
#include "nt/thread.h"
#include "runtime/assert.h"
#include "runtime/fault_handler.h"

// Save keeps what a function may count on after a call. Resume goes back there with a stack below everything that is in use, so that the
// filter finds its function's variables (by rbp or rbx) and leaves the frames of the exception alone.
asm(R"(
  .text
  .globl DrydockSehSave
  .type DrydockSehSave, @function
DrydockSehSave:
  .cfi_startproc
  endbr64
  movq %rbx, 0(%rdi)
  movq %rbp, 8(%rdi)
  movq %r12, 16(%rdi)
  movq %r13, 24(%rdi)
  movq %r14, 32(%rdi)
  movq %r15, 40(%rdi)
  leaq 8(%rsp), %rdx
  movq %rdx, 48(%rdi)
  movq (%rsp), %rdx
  movq %rdx, 56(%rdi)
  xorl %eax, %eax
  ret
  .cfi_endproc
  .size DrydockSehSave, .-DrydockSehSave

  .hidden DrydockSehResume
  .globl DrydockSehResume
  .type DrydockSehResume, @function
DrydockSehResume:
  .cfi_startproc
  endbr64
  leaq -8192(%rsp), %rsp
  andq $-64, %rsp
  movq 0(%rdi), %rbx
  movq 8(%rdi), %rbp
  movq 16(%rdi), %r12
  movq 24(%rdi), %r13
  movq 32(%rdi), %r14
  movq 40(%rdi), %r15
  movl $1, %eax
  jmpq *56(%rdi)
  .cfi_endproc
  .size DrydockSehResume, .-DrydockSehResume
)");
extern "C" [[noreturn]] void DrydockSehResume(const uint64_t* saved);

namespace drydock::nt::ex {
namespace {

constexpr uint32_t kExcept = 1, kFinally = 2;
constexpr uint8_t kDispatchLevel = 2;
constexpr uintptr_t kSystemRange = 0xFFFF800000000000;
constexpr size_t kGuardBytes = 64 * 1024;

struct FilterCall {
  jmp_buf back;
  volatile int answer = 0;
};

int RunFilter(DrydockSehFrame* frame) {
  FilterCall call;
  frame->link = &call;
  if (_setjmp(call.back) == 0) DrydockSehResume(frame->saved);
  return call.answer;
}

[[noreturn]] void Unwind(Thread& thread, DrydockSehFrame* handler) {
  for (;;) {
    DrydockSehFrame* frame = thread.seh;
    RT_ASSERT(frame != nullptr);
    thread.seh = frame->outer;
    frame->linked = 0;
    if (frame != handler && frame->kind != kFinally) continue;
    frame->link = handler;
    longjmp(*reinterpret_cast<jmp_buf*>(frame->place), 1);
  }
}

// Whether unwinding from here would leave frames of ours that hold something. The driver's own code ends the look.
bool InOwnCode(const rt::FaultInfo& fault, const void* driver) {
  Dl_info own{}, theirs{}, at{};
  dladdr(reinterpret_cast<void*>(&RaiseFromFault), &own);
  dladdr(driver, &theirs);
  for (size_t i = 0; i < fault.depth; ++i) {
    if (dladdr(fault.stack[i], &at) == 0) continue;
    if (at.dli_fbase == theirs.dli_fbase) return false;
    if (at.dli_fbase != own.dli_fbase) continue;
    const std::string_view name = at.dli_sname ? at.dli_sname : "";
    if (!name.starts_with("Rtl") && !name.starts_with("DrydockSeh")) return true;
  }
  return false;
}

constexpr int kR8 = 0, kR9 = 1, kR10 = 2, kR11 = 3, kR12 = 4, kR13 = 5, kR14 = 6, kR15 = 7, kRdi = 8, kRsi = 9, kRbp = 10, kRbx = 11, kRdx = 12,
              kRax = 13, kRcx = 14, kRsp = 15, kRip = 16, kFlags = 17;
struct Register {
  ULONG64 CONTEXT::*field;
  int index;
};
constexpr Register kRegisters[] = {{&CONTEXT::R8, kR8},   {&CONTEXT::R9, kR9},   {&CONTEXT::R10, kR10}, {&CONTEXT::R11, kR11}, {&CONTEXT::R12, kR12},
                                   {&CONTEXT::R13, kR13}, {&CONTEXT::R14, kR14}, {&CONTEXT::R15, kR15}, {&CONTEXT::Rdi, kRdi}, {&CONTEXT::Rsi, kRsi},
                                   {&CONTEXT::Rbp, kRbp}, {&CONTEXT::Rbx, kRbx}, {&CONTEXT::Rdx, kRdx}, {&CONTEXT::Rax, kRax}, {&CONTEXT::Rcx, kRcx},
                                   {&CONTEXT::Rsp, kRsp}, {&CONTEXT::Rip, kRip}};

void FillRecord(const rt::FaultInfo& fault, EXCEPTION_RECORD& record) {
  record.ExceptionCode = static_cast<NTSTATUS>(FaultStatus(fault));
  record.ExceptionAddress = const_cast<void*>(fault.instruction);
  if (record.ExceptionCode != STATUS_ACCESS_VIOLATION) return;
  record.NumberParameters = 2;
  record.ExceptionInformation[0] = fault.instruction == fault.address ? EXCEPTION_EXECUTE_FAULT : fault.write ? EXCEPTION_WRITE_FAULT : EXCEPTION_READ_FAULT;
  record.ExceptionInformation[1] = fault.has_address ? reinterpret_cast<ULONG_PTR>(fault.address) : ~ULONG_PTR{0};
}

}  // namespace

uint32_t FaultStatus(const rt::FaultInfo& fault) {
  switch (fault.signal) {
    case SIGFPE:
      switch (fault.code) {
        case FPE_INTDIV: return static_cast<uint32_t>(STATUS_INTEGER_DIVIDE_BY_ZERO);
        case FPE_INTOVF: return static_cast<uint32_t>(STATUS_INTEGER_OVERFLOW);
        case FPE_FLTDIV: return static_cast<uint32_t>(STATUS_FLOAT_DIVIDE_BY_ZERO);
        default: return static_cast<uint32_t>(STATUS_FLOAT_INVALID_OPERATION);
      }
    case SIGILL: return static_cast<uint32_t>(STATUS_ILLEGAL_INSTRUCTION);
    case SIGTRAP: return static_cast<uint32_t>(STATUS_BREAKPOINT);
    default: return static_cast<uint32_t>(STATUS_ACCESS_VIOLATION);
  }
}

Verdict SearchHandler(EXCEPTION_RECORD& record, CONTEXT* context) {
  Thread& thread = CurrentThread();
  DrydockSehFrame* const head = thread.seh;
  EXCEPTION_POINTERS pointers{&record, context};
  for (DrydockSehFrame* frame = head; frame != nullptr; frame = frame->outer) {
    if (frame->kind != kExcept) continue;
    frame->code = static_cast<uint32_t>(record.ExceptionCode);
    frame->pointers = &pointers;
    thread.seh = frame->outer;  // what the filter itself raises is the outer frames'
    const int answer = RunFilter(frame);
    thread.seh = head;
    frame->pointers = nullptr;
    if (answer > 0) return {frame, false};
    if (answer < 0) return {nullptr, true};
  }
  return {};
}

void UnwindTo(DrydockSehFrame* handler) { Unwind(CurrentThread(), handler); }

bool MayTakeFault(const Thread& thread, const rt::FaultInfo& fault) {
  const DrydockSehFrame* frame = thread.seh;
  while (frame != nullptr && frame->kind != kExcept) frame = frame->outer;
  if (frame == nullptr) return false;
  const bool kernel = thread.callbacks->host == nullptr;
  if (kernel && fault.has_address) {
    // Of kernel mode's memory Windows makes no exceptions but bug checks, and of any memory above APC_LEVEL.
    if (thread.irql >= kDispatchLevel || reinterpret_cast<uintptr_t>(fault.address) >= kSystemRange) return false;
  }
  const rt::Task& task = *thread.task;
  if (task.stack_low != nullptr && fault.stack_pointer < task.stack_low + kGuardBytes / 2) return false;  // no room to search on
  return true;
}

void RaiseFromFault() {
  rt::FaultInfo fault = rt::LastFault();
  rt::FaultRegisters registers = rt::LastFaultRegisters();
  Thread& thread = CurrentThread();
  const bool device = fault.has_address && thread.kernel->hal->io_space.InWindow(fault.address);
  if (!device && !InOwnCode(fault, thread.callbacks->code)) {
    EXCEPTION_RECORD record{};
    FillRecord(fault, record);
    CONTEXT context{};
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    for (const Register& each : kRegisters) context.*each.field = registers.general[each.index];
    context.EFlags = static_cast<ULONG>(registers.general[kFlags]);
    const Verdict verdict = SearchHandler(record, &context);
    if (verdict.handler != nullptr) UnwindTo(verdict.handler);
    if (verdict.resume) {
      for (const Register& each : kRegisters) registers.general[each.index] = context.*each.field;
      rt::ContinueFromFault(registers);
    }
  }
  rt::SetLastFault(fault);
  rt::JumpAway(thread.callbacks->jump);
}

}  // namespace drydock::nt::ex

using namespace drydock::nt;

extern "C" {

void DrydockSehEnter(DrydockSehFrame* frame, unsigned kind) {
  Thread& thread = CurrentThread();
  frame->outer = thread.seh;
  frame->kind = kind;
  frame->pointers = nullptr;
  frame->link = nullptr;
  frame->code = 0;
  frame->linked = 1;
  thread.seh = frame;
}

void DrydockSehLeave(DrydockSehFrame* frame) {
  if (!frame->linked) return;
  frame->linked = 0;
  Thread& thread = CurrentThread();
  if (thread.seh == frame) thread.seh = frame->outer;  // not so only when a stop unwinds past a callback
}

void DrydockSehFiltered(DrydockSehFrame* frame, int answer) {
  auto* call = static_cast<ex::FilterCall*>(frame->link);
  call->answer = answer;
  longjmp(call->back, 1);
}

void DrydockSehUnwind(DrydockSehFrame* frame) { ex::Unwind(CurrentThread(), static_cast<DrydockSehFrame*>(frame->link)); }

VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord) { ex::RaiseRecord(*ExceptionRecord, "RtlRaiseException"); }

LONG NTAPI ExSystemExceptionFilter(VOID) {
  return ExGetPreviousMode() != KernelMode ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

}  // extern "C"
