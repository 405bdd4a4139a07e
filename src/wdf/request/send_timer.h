// RequestTimer: the time-out of an asynchronous send. KMDF: a timer whose DPC cancels at DISPATCH_LEVEL; UMDF: the DPC hands over to
// a pool thread (IOX-10). Synchronous senders use none: they wait with a time-out themselves (IOX-11).
// Called by:  send.cpp, IoTarget::Start. IRQL <= DISPATCH_LEVEL.
// Ownership:  the request's, from WdfRequestAllocateTimer or the first timed asynchronous send until the request is disposed of.
// Races:      R3 and R4 of sent_state.h. While armed the timer has a hold on the request.
#pragma once

#include <atomic>

#include "wdf/sdk.h"

namespace drydock::wdf {

struct DriverGlobals;
struct SentState;

struct RequestTimer {
  KTIMER timer;
  KDPC dpc;
  WORK_QUEUE_ITEM item;  // (U)
  SentState* sent = nullptr;
  bool umdf = false;
  std::atomic<bool> armed{false};
};

// STATUS_INSUFFICIENT_RESOURCES when there is no memory; success when the request has one already (IOT-3.15).
NTSTATUS AllocateTimer(DriverGlobals& globals, SentState& sent);
void FreeTimer(SentState& sent);

void ArmTimer(SentState& sent, LONGLONG timeout);  // takes the timer's hold
// Disarms it if it is armed; drops the timer's hold if that was in time (never the last hold: the caller has another one).
void DisarmTimerSlow(SentState& sent);

}  // namespace drydock::wdf

#include "wdf/request/sent_state.h"

namespace drydock::wdf {
inline void DisarmTimer(SentState& sent) {
  if (__builtin_expect(sent.timer != nullptr, 0)) DisarmTimerSlow(sent);
}
}  // namespace drydock::wdf
