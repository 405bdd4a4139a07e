// DbgPrint and relatives, breakpoints, assertions.
#include <fmt/format.h>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/dbg/state.h"
#include "nt/rtl/format.h"
#include "nt/thread.h"
#include "nt/trace.h"

using namespace drydock;
using namespace drydock::nt;

namespace {

// DPFLTR levels below 32 are bit numbers, others are masks.
uint32_t MaskOf(ULONG level) { return level < 32 ? uint32_t{1} << level : level; }

bool LetsThrough(dbg::State& state, ULONG component, ULONG level) {
  rt::LockGuard guard(state.lock);
  uint32_t mask = state.default_mask;
  for (const dbg::State::ComponentMask& entry : state.masks) {
    if (entry.component == component) mask = entry.mask;
  }
  return (MaskOf(level) & mask) != 0;
}

ULONG PrintText(bool filtered, ULONG component, ULONG level, PCSTR prefix, PCSTR format, va_list arguments) {
  Kernel* kernel = CurrentKernelOrNull();
  if (kernel == nullptr) return static_cast<ULONG>(STATUS_SUCCESS);
  if (filtered && !LetsThrough(*kernel->dbg, component, level)) return static_cast<ULONG>(STATUS_SUCCESS);
  std::string text = prefix ? prefix : "";
  text += rtl::Format(format, arguments);
  RecordEvent(*kernel, kEventDebugPrint, text.size(), level);
  dbg::Print(*kernel, component, level, text);
  return static_cast<ULONG>(STATUS_SUCCESS);
}

}  // namespace

extern "C" {

static UCHAR* const kNoDebuggerPort = nullptr;
PUCHAR* KdComPortInUse = const_cast<PUCHAR*>(&kNoDebuggerPort);

ULONG DbgPrint(PCSTR Format, ...) {
  va_list arguments;
  va_start(arguments, Format);
  const ULONG status = PrintText(false, DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, nullptr, Format, arguments);
  va_end(arguments);
  return status;
}

ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...) {
  va_list arguments;
  va_start(arguments, Format);
  const ULONG status = PrintText(true, ComponentId, Level, nullptr, Format, arguments);
  va_end(arguments);
  return status;
}

ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list arglist) {
  return PrintText(true, ComponentId, Level, nullptr, Format, arglist);
}

ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format, va_list arglist) {
  return PrintText(true, ComponentId, Level, Prefix, Format, arglist);
}

ULONG DbgPrompt(PCSTR Prompt, PSTR Response, ULONG Length) {
  DbgPrint("%s", Prompt);  // nobody is there to answer
  if (Length != 0) Response[0] = 0;
  return 0;
}

VOID DbgBreakPoint(VOID) { dbg::BreakPoint("The driver reached a breakpoint (DbgBreakPoint)."); }
VOID DbgBreakPointWithStatus(ULONG Status) {
  dbg::BreakPoint(fmt::format("The driver reached a breakpoint (DbgBreakPointWithStatus {:#x}).", Status));
}

PBOOLEAN DrydockDebuggerEnabled(VOID) { return &CurrentKernel().dbg->debugger_enabled; }
PBOOLEAN DrydockDebuggerNotPresent(VOID) { return &CurrentKernel().dbg->debugger_not_present; }

BOOLEAN KdRefreshDebuggerNotPresent(VOID) {
  Kernel& kernel = CurrentKernel();
  const bool there = kernel.options.debugger && __atomic_load_n(&kernel.dbg->debugger_enabled, __ATOMIC_RELAXED);
  __atomic_store_n(&kernel.dbg->debugger_not_present, there ? FALSE : TRUE, __ATOMIC_RELAXED);
  return there ? FALSE : TRUE;
}

NTSTATUS KdDisableDebugger(VOID) {
  Kernel& kernel = CurrentKernel();
  if (!kernel.options.debugger) return STATUS_DEBUGGER_INACTIVE;
  __atomic_store_n(&kernel.dbg->debugger_enabled, FALSE, __ATOMIC_RELAXED);
  KdRefreshDebuggerNotPresent();
  return STATUS_SUCCESS;
}

NTSTATUS KdEnableDebugger(VOID) {
  Kernel& kernel = CurrentKernel();
  if (!kernel.options.debugger) return STATUS_DEBUGGER_INACTIVE;
  __atomic_store_n(&kernel.dbg->debugger_enabled, TRUE, __ATOMIC_RELAXED);
  KdRefreshDebuggerNotPresent();
  return STATUS_SUCCESS;
}

NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level) {
  return LetsThrough(*CurrentKernel().dbg, ComponentId, Level) ? TRUE : FALSE;
}

NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State) {
  dbg::State& state = *CurrentKernel().dbg;
  rt::LockGuard guard(state.lock);
  dbg::State::ComponentMask* found = nullptr;
  for (dbg::State::ComponentMask& entry : state.masks) {
    if (entry.component == ComponentId) found = &entry;
  }
  if (found == nullptr) found = &state.masks.emplace_back(dbg::State::ComponentMask{ComponentId, state.default_mask});
  if (State) {
    found->mask |= MaskOf(Level);
  } else {
    found->mask &= ~MaskOf(Level);
  }
  return STATUS_SUCCESS;
}

VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PSTR MutableMessage) {
  Break(fmt::format("Assertion failed: {} at {}:{}{}{}", VoidFailedAssertion ? static_cast<const char*>(VoidFailedAssertion) : "?",
                    VoidFileName ? static_cast<const char*>(VoidFileName) : "?", LineNumber, MutableMessage ? ": " : "",
                    MutableMessage ? MutableMessage : ""));
}

}  // extern "C"
