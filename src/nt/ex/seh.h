// Structured exception handling, as translated drivers (tools/build/dialect_seh.h) use it: frames on the thread, the search for who takes
// an exception, the unwinding.
// Called by:  DrydockSeh...: translated drivers, on their thread. The rest: whoever raises (ex::RaiseStatus) and the fault filter.
// Order:      as on Windows: filters run first, innermost frame first, with the stack of the exception still whole; then the finally
//             blocks in between; then the handler. Nothing is unwound for an exception that nobody takes.
// Reach:      the frames of one call into a driver (CallbackFrame); an exception never passes a frame of ours or of another driver.
//             A fault inside our own code is only taken where that keeps no state (Rtl..., the C library): its locks would stay held.
// Source:     public documentation of try-except, try-finally, EXCEPTION_RECORD and the raising routines.
#pragma once

#include <ntddk.h>

#include <cstdint>

namespace drydock::rt {
struct FaultInfo;
}

namespace drydock::nt {
struct Thread;
}

extern "C" {

// Lives in the driver's function. The layout is repeated in tools/build/dialect_seh.cpp.
struct DrydockSehFrame {
  DrydockSehFrame* outer;
  void* pointers;         // EXCEPTION_POINTERS, while the filter runs
  uint32_t kind;          // 1: __except, 2: __finally
  uint32_t code;          // of the exception that its filter or handler deals with
  void* link;             // filter: who asked; finally: the frame that unwinding is for
  uint64_t saved[8];      // where the filter is: rbx rbp r12 r13 r14 r15 rsp rip
  uint64_t linked;        // on the thread's list
  alignas(16) uint64_t place[32];  // jmp_buf: where the handler or the finally block is
};

int DrydockSehSave(uint64_t* saved) __attribute__((returns_twice));
void DrydockSehEnter(DrydockSehFrame* frame, unsigned kind);
void DrydockSehLeave(DrydockSehFrame* frame);  // idempotent; also run by a stop that unwinds through the driver
[[noreturn]] void DrydockSehFiltered(DrydockSehFrame* frame, int answer);
[[noreturn]] void DrydockSehUnwind(DrydockSehFrame* frame);  // the frame's finally block is done

}  // extern "C"

namespace drydock::nt::ex {

struct Verdict {
  DrydockSehFrame* handler = nullptr;
  bool resume = false;  // a filter wants the place of the exception to go on
};
// Runs the filters. `context` may be null.
Verdict SearchHandler(EXCEPTION_RECORD& record, CONTEXT* context);
[[noreturn]] void UnwindTo(DrydockSehFrame* handler);

// In the fault handler: whether a driver's frame may take this fault; it is then raised by RaiseFromFault.
bool MayTakeFault(const Thread& thread, const rt::FaultInfo& fault);
void RaiseFromFault();

// NTSTATUS of a processor's fault.
uint32_t FaultStatus(const rt::FaultInfo& fault);

}  // namespace drydock::nt::ex
