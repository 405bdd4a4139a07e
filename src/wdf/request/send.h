// Sending: from a formatted request to its completion. Steps R1..R7 are told in sent_state.h.
// Called by:  WdfRequestSend and the synchronous methods (send_ddi.cpp, send_sync.cpp), IoTarget (start, purge), USB targets.
// IRQL:       <= DISPATCH_LEVEL; synchronous sends that have to wait: PASSIVE_LEVEL.
// Errors:     statuses of IOX-7, IOX-11, IOX-12, IOX-16, OP-5, OP-26; bug checks 0x10D/0x6/1..3.
#pragma once

#include <cstdint>

#include "runtime/assert.h"
#include "wdf/framework.h"
#include "wdf/object/object.h"
#include "wdf/request/sent_state.h"

namespace drydock::wdf {

class IoTarget;
class Request;

// WDF_REQUEST_SEND_OPTIONS, checked.
struct SendOptions {
  bool synchronous = false;
  bool ignores_target_state = false;
  bool forget = false;
  bool impersonate = false;         // (U)
  bool impersonate_ignore = false;  // (U)
  LONGLONG timeout = 0;             // 0: none; otherwise as KeWaitForSingleObject takes it

  // `method`: for SendXxxSynchronously, whose statuses differ (IOX-7) and which ignores SEND_AND_FORGET alone (OP-26).
  NTSTATUS Parse(DriverGlobals& globals, const WDF_REQUEST_SEND_OPTIONS* options, bool method);
};

// The send half of a request object, with its IRP made known.
SentState& SendHalf(Request& request);
// Gives a request its IRP, on both halves.
void BindIrp(SentState& sent, PIRP irp, IrpOrigin origin);

// Sends and, when asked to, waits. True: it went to the target (synchronous: and is complete); false: sent.status says why not and
// the request is as before. Not for SEND_AND_FORGET.
bool SendTracked(DriverGlobals& globals, SentState& sent, IoTarget& target, const SendOptions& options);

// R2: marks the request cancelled and asks the lower driver to give it up. True: a cancel routine was called (IOX-13).
bool CancelRequest(SentState& sent);
// R2 in two halves, for a round over several requests: false if it is too late.
bool TakeCancelHold(SentState& sent, uint32_t flags = 0);
void DropHold(SentState& sent);  // may run Finish

// R4.
void LowerDriverDone(SentState& sent);

// What the completion routine and WdfRequestGetCompletionParams tell (IOT-7.39, IOT-4.12, IOX-20).
void FillCompletionParams(const SentState& sent, WDF_REQUEST_COMPLETION_PARAMS* params);

// NTAPI completion routine set in the next stack location of everything that is sent; Context is the SentState.
IO_COMPLETION_ROUTINE SentIrpCompleted;

// The cancel routine of an IRP, without a schedule point (the target's lock may be held).
inline PDRIVER_CANCEL ExchangeCancelRoutine(PIRP irp, PDRIVER_CANCEL routine) {
  return reinterpret_cast<PDRIVER_CANCEL>(
      __atomic_exchange_n(reinterpret_cast<void* volatile*>(&irp->CancelRoutine), reinterpret_cast<void*>(routine), __ATOMIC_SEQ_CST));
}
inline bool IsIrpCancelled(PIRP irp) { return __atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) != FALSE; }

// The object behind a handle that the generated entry has checked already.
template <class T>
T& Checked(const void* handle) {
  return *static_cast<T*>(reinterpret_cast<Object*>(reinterpret_cast<uintptr_t>(handle) - Object::kHandleBias));
}

}  // namespace drydock::wdf
