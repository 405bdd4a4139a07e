#include "nt/driver_callback.h"

#include <fmt/format.h>
#include <signal.h>

#include "nt/bugcheck_codes.h"
#include "nt/bugcheck_raise.h"
#include "nt/ex/seh.h"
#include "nt/hal/state.h"
#include "nt/ke/wait_info.h"
#include "nt/kernel.h"
#include "nt/thread.h"
#include "runtime/assert.h"
#include "runtime/fault_handler.h"

namespace drydock::nt {
namespace {

constexpr uint64_t kIllegalInstruction = 0xC000001D;
constexpr uint64_t kIntegerDivideByZero = 0xC0000094;
constexpr uint64_t kFloatDivideByZero = 0xC000008E;
constexpr uint64_t kFloatInvalidOperation = 0xC0000090;
constexpr uint64_t kIntegerOverflow = 0xC0000095;
constexpr uint64_t kBreakpoint = 0x80000003;
constexpr uint8_t kDispatchLevel = 2;
constexpr size_t kGuardBytes = 64 * 1024;  // a big frame may step over the guard page's first bytes

// In a signal handler: reads memory of the thread, calls nothing.
rt::FaultAnswer FilterFault(const rt::FaultInfo& fault) {
  Thread* thread = CurrentThreadOrNull();
  if (thread == nullptr || thread->callbacks == nullptr) return {};
  if (ex::MayTakeFault(*thread, fault)) return {nullptr, &ex::RaiseFromFault};
  return {thread->callbacks->jump, nullptr};
}

// Likewise. Registers of a model that an instruction reaches by itself.
rt::FaultRoutine FilterRegisters(const rt::FaultInfo& fault) {
  const Thread* thread = CurrentThreadOrNull();
  if (thread == nullptr || thread->callbacks == nullptr || !fault.has_address || fault.instruction == fault.address) return nullptr;
  if (!thread->kernel->hal || !thread->kernel->hal->io_space.InWindow(fault.address)) return nullptr;
  const rt::Task& task = *thread->task;
  if (task.stack_low != nullptr && fault.stack_pointer < task.stack_low + kGuardBytes / 2) return nullptr;  // no room
  return &hal::PerformPlainAccess;
}

bool IsStackOverflow(const rt::FaultInfo& fault, const rt::Task& task) {
  if (!fault.has_address || task.stack_low == nullptr) return false;
  const char* address = static_cast<const char*>(fault.address);
  return address < task.stack_low && address >= task.stack_low - kGuardBytes &&
         fault.stack_pointer < task.stack_low + kGuardBytes;
}

const char* ExceptionWords(uint64_t status) {
  switch (status) {
    case kIntegerDivideByZero: return "an integer division by zero (or an overflow of the quotient)";
    case kIntegerOverflow: return "an integer overflow";
    case kFloatDivideByZero: return "a floating-point division by zero";
    case kFloatInvalidOperation: return "an invalid floating-point operation";
    case kIllegalInstruction: return "an illegal instruction";
    case kBreakpoint: return "a breakpoint with no debugger attached";
    default: return "an access to an address that no pointer can have";
  }
}

}  // namespace

void CallbackHost::End() {
  ended.store(true);
  rt::LockGuard guard(lock);
  for (Waiting* each = waiting; each; each = each->next) each->task->executor->Unpark(each->task);
}

namespace internal {
namespace {

void LeaveHost(CallbackFrame& frame) {
  if (__builtin_expect(frame.host == nullptr, 1)) return;
  frame.host->steps.fetch_add(1, std::memory_order_relaxed);
  frame.host->inside.fetch_sub(1);
}

}  // namespace

void EnterCallback(CallbackFrame& frame, const char* name, const void* code, const void* subject) {
  Thread& thread = CurrentThread();
  frame.outer = thread.callbacks;
  frame.name = name;
  frame.code = code;
  frame.irql = thread.irql;
  frame.critical_region = thread.critical_region;
  frame.seh = thread.seh;
  thread.seh = nullptr;
  frame.owner = nullptr;
  frame.host = nullptr;
  if (auto host = thread.kernel->callback_host.load(std::memory_order_acquire); __builtin_expect(host != nullptr, 0) && subject) {
    frame.host = host(*thread.kernel, subject);
    if (frame.host) {
      frame.subject = subject;
      frame.host->inside.fetch_add(1);
      frame.host->steps.fetch_add(1, std::memory_order_relaxed);
    }
  }
  if (auto owner = thread.kernel->callback_owner.load(std::memory_order_acquire); __builtin_expect(owner != nullptr, 0) && subject) {
    frame.owner = owner(*thread.kernel, subject);
  }
  thread.callbacks = &frame;
}

void EnterHost(CallbackFrame& frame, CallbackHost& host, const char* name, const void* code) {
  EnterCallback(frame, name, code, nullptr);
  frame.host = &host;
  frame.subject = nullptr;
  host.inside.fetch_add(1);
  host.steps.fetch_add(1, std::memory_order_relaxed);
}

void LeaveCallback(CallbackFrame& frame, IrqlRule rule) {
  Thread& thread = CurrentThread();
  RT_ASSERT(thread.callbacks == &frame);
  thread.callbacks = frame.outer;
  thread.seh = frame.seh;
  LeaveHost(frame);
  const uint8_t irql = thread.irql;
  if (__builtin_expect(frame.owner != nullptr, 0) && rule != IrqlRule::kUnchecked) {
    const uint16_t critical_region = thread.critical_region;
    if (irql != frame.irql || critical_region != frame.critical_region) {
      thread.irql = frame.irql;
      thread.kernel->callback_returned(frame.owner, frame, irql, critical_region);
    }
  }
  if (__builtin_expect(irql == frame.irql, 1) || rule == IrqlRule::kUnchecked) return;
  thread.irql = frame.irql;
  if (rule == IrqlRule::kWorker) {
    BugCheck(bug::kWorkerThreadReturnedAtBadIrql, {reinterpret_cast<uint64_t>(frame.code), irql, 0, 0},
             fmt::format("{} was called at IRQL {} and returned at IRQL {}. A routine must lower what it raised and release "
                         "the spin locks it acquired.",
                         frame.name, frame.irql, irql));
  }
  BugCheck(bug::kIrqlUnexpectedValue,
           {static_cast<uint64_t>(irql) << 16 | static_cast<uint64_t>(frame.irql) << 8, reinterpret_cast<uint64_t>(frame.code), 0, 0},
           fmt::format("{} was called at IRQL {} and returned at IRQL {}. A callback must lower what it raised and release the "
                       "spin locks it acquired.",
                       frame.name, frame.irql, irql));
}

CallbackScope::~CallbackScope() {
  if (left) return;
  // A stop unwinds through the driver: what it held is of no interest any more.
  Thread& thread = CurrentThread();
  thread.callbacks = frame.outer;
  thread.seh = frame.seh;
  LeaveHost(frame);
  thread.irql = frame.irql;
  if (Ended(&frame)) thread.critical_region = frame.critical_region;
}

void RaiseWhatEnded(CallbackFrame& frame) {
  const rt::FaultInfo& fault = rt::LastFault();
  Thread& thread = CurrentThread();
  thread.callbacks = &frame;
  thread.seh = nullptr;
  if (thread.wait != nullptr) {
    // The frames of reasons that lay above are gone.
    rt::LockGuard guard(thread.wait->lock);
    thread.wait->reasons = nullptr;
    thread.wait->waiting = false;
  }
  RaiseTermination(frame);
  BugCheckData data;
  data.stack.assign(fault.stack, fault.stack + fault.depth);
  const auto address = reinterpret_cast<uint64_t>(fault.address);
  const auto instruction = reinterpret_cast<uint64_t>(fault.instruction);
  const char* verb = fault.instruction == fault.address ? "jumped to" : fault.write ? "wrote to" : "read from";
  const uint8_t irql = thread.irql;
  if (IsStackOverflow(fault, *thread.task)) {
    data.code = bug::kUnexpectedKernelModeTrap;
    data.parameters[0] = 8;  // double fault: what a kernel stack overflow is
    data.parameters[1] = address;
    data.words = fmt::format("{} ran out of stack ({} KB). Recursion without end, or large local variables.", frame.name,
                             (thread.task->stack_high - thread.task->stack_low) / 1024);
    data.faulting_address = fault.address;
  } else if (fault.has_address && irql >= kDispatchLevel) {
    data.code = bug::kDriverIrqlNotLessOrEqual;
    data.parameters[0] = address;
    data.parameters[1] = irql;
    data.parameters[2] = fault.write ? 1 : fault.instruction == fault.address ? 8 : 0;
    data.parameters[3] = instruction;
    data.words = fmt::format("{} {} address {:#x} at IRQL {}; nothing is mapped there.", frame.name, verb, address, irql);
    data.faulting_address = fault.address;
  } else if (fault.has_address) {
    data.code = bug::kPageFaultInNonpagedArea;
    data.parameters[0] = address;
    data.parameters[1] = fault.write ? 2 : fault.instruction == fault.address ? 0x10 : 0;
    data.parameters[2] = instruction;
    data.words = fmt::format("{} {} address {:#x}; nothing is mapped there.{}", frame.name, verb, address,
                             address < 0x10000 ? " The pointer was probably null." : "");
    data.faulting_address = fault.address;
  } else {
    const uint64_t status = ex::FaultStatus(fault);
    data.code = bug::kSystemThreadExceptionNotHandled;
    data.parameters[0] = status;
    data.parameters[1] = instruction;
    data.words = fmt::format("{} ended in {} (exception {:#X}).", frame.name, ExceptionWords(status), status);
    data.faulting_address = fault.instruction;
  }
  if (fault.has_address && thread.kernel->hal->io_space.InWindow(fault.address)) {
    data.words = fmt::format("{} {} {}; its stack has no room left for that, or it runs code there.", frame.name, verb,
                             thread.kernel->hal->io_space.Describe(fault.address));
  }
  RaiseBugCheck(std::move(data));
}

}  // namespace internal

void InstallFaultHandler() {
  InstallTerminateHandler();
  rt::InstallFaultHandler(&FilterFault, &FilterRegisters);
}

}  // namespace drydock::nt
