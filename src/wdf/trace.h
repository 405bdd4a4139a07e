// Trace events of the framework: kinds 0x200 and up.
// Called by:  wdf at the moments named; one predictable branch while tracing is off. Never with a pointer as argument: objects appear by
//             their trace ids, IRPs by theirs.
#pragma once

#include <cstdint>

#include "nt/kernel.h"
#include "nt/thread.h"
#include "wdf/framework.h"

namespace drydock::wdf::trace {

enum Kind : uint16_t {
  kObjectCreate = 0x200,
  kObjectDelete,
  kObjectDestroy,
  kDriverBind,
  kDeviceCreate,
  kDevicePnp,
  kDevicePower,
  kDevicePolicy,
  kFileCreate,
  kFileCleanup,
  kFileClose,
  kTimerFire,
  kWorkItemRun,
  kDpcRun,
  kMemoryCreate,  // memory, the driver named a parent
  kRequestFile,   // request, file, FileTrait bits: what WdfRequestGetFileObject found
  // wdf/queue
  kRequestArrive = 0x220,
  kRequestDeliver,
  kRequestComplete,
  kRequestForward,
  kRequestCancel,
  kRequestMarkCancelable,
  kQueueState,
  kQueueCreate,   // queue, device, dispatch type | power-managed << 8 | has EvtIoStop << 9
  kQueuePower,    // queue, 1: leaves D0 (before it waits for handlers), 0: returns
  kHandlerBegin,  // request, queue, major | handler for this type alone << 8
  kHandlerEnd,    // request, queue
  // wdf/target
  kRequestSend = 0x240,
  kRequestSent,
  kRequestCompletion,
  kRequestCancelSent,
  kRequestTimeout,
  kTargetState,
  kSendBegin,        // request (0: none given), device << 32 | target, control code << 32 | SendTrait bits | major << 8
  kSendEnd,          // of a synchronous send: request, device << 32 | target, status
  kTargetCallBegin,  // target, 0 start, 1 stop, 2 purge
  kTargetCallEnd,    // as above
  // wdf/entry: a driver's call, by table index (a) of KMDF or UMDF (b = 0, 1); EntryName tells the name
  kDdiCall = 0x260,
};

// Bits of kSendBegin's third field; bits 8 to 15 are the major code of what is sent (0xFF: something else).
enum SendTrait : uint64_t { kSendSynchronous = 1, kSendMethod = 2, kSendTimed = 4, kSendHasTimer = 8, kSendReceived = 16, kSendForget = 32 };
// Bits of kRequestFile's third field.
enum FileTrait : uint64_t { kFileInIrp = 1, kFileKnown = 2, kFileOptional = 4, kFileClassUsed = 8 };

// The table of all kinds with their formats.
const rt::EventKind* Kinds(size_t* count);

}  // namespace drydock::wdf::trace

namespace drydock::wdf {

inline void RecordEvent(Framework& framework, uint16_t kind, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0) {
  rt::EventRing& events = framework.kernel.events;
  if (__builtin_expect(!events.enabled(), 1)) return;
  nt::Thread* thread = nt::CurrentThreadOrNull();
  rt::Event event;
  event.time = framework.kernel.executor.InterruptTime();
  event.task = thread && thread->task ? thread->task->id : 0;
  event.irql = thread ? thread->irql : 0;
  event.kind = kind;
  event.a = a;
  event.b = b;
  event.c = c;
  events.Record(event);
}

}  // namespace drydock::wdf
