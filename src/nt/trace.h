// Trace events of the NT floor: one call per event, one predictable branch when tracing is off.
// Called by:  nt and above, any task or clock context.
// Kinds:      0x100..0x13F ke, ex, ps, dbg (here); 0x140..0x17F io, mm, ob, pnp (nt/io/trace_kinds.h).
// Fields:     trace ids, codes, statuses, lengths; never a pointer or anything else that differs between runs of a seed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "nt/kernel.h"
#include "runtime/event_ring.h"

namespace drydock::nt {

enum KernelEventKind : uint16_t {
  kEventBugCheck = 0x100,  // code, parameter 1 (if a small number), -
  kEventBreak,             // -
  kEventThreadStart,       // thread id, process id, -
  kEventThreadEnd,         // thread id, status, -
  kEventWaitBegin,         // object id, kind of object, time-out in ticks (-1 none)
  kEventWaitEnd,           // object id, status, -
  kEventSignal,            // object id, kind of object, new state
  kEventDpcQueue,          // dpc id, processor, -
  kEventDpcRun,            // dpc id, processor, -
  kEventTimerSet,          // timer id, due in ticks from now, period in milliseconds
  kEventTimerCancel,       // timer id, was set, -
  kEventTimerFire,         // timer id, -, -
  kEventWorkItemQueue,     // item id, queue, -
  kEventWorkItemRun,       // item id, queue, -
  kEventPoolFail,          // tag, bytes, -
  kEventDebugPrint,        // length, level, -
};

namespace trace {
// The kinds of the whole floor, for decoding.
const rt::EventKind* Kinds(size_t* count);
}  // namespace trace

namespace internal {
void RecordEventSlow(Kernel& kernel, uint16_t kind, uint64_t a, uint64_t b, uint64_t c);
}

inline void RecordEvent(Kernel& kernel, uint16_t kind, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0) {
  if (__builtin_expect(kernel.events.enabled(), 0)) internal::RecordEventSlow(kernel, kind, a, b, c);
}

// An id for something whose layout has no room for one (events, locks, timers): the same address keeps its id until ForgetTraceId,
// which the object's initialisation calls. Only while tracing; 0 otherwise.
uint32_t TraceIdOf(Kernel& kernel, const void* object);
void ForgetTraceId(Kernel& kernel, const void* object);

}  // namespace drydock::nt
