#include "nt/trace.h"

#include <vector>

#include "nt/hal/trace_kinds.h"
#include "nt/io/trace_kinds.h"
#include "nt/ke/state.h"
#include "nt/thread.h"

namespace drydock::nt {
namespace trace {
namespace {

constexpr rt::EventKind kKinds[] = {
    {kEventBugCheck, "bugcheck", "code {a:#x}"},
    {kEventBreak, "break", ""},
    {kEventThreadStart, "thread.start", "thread {a} process {b}"},
    {kEventThreadEnd, "thread.end", "thread {a} status {b:#x}"},
    {kEventWaitBegin, "wait.begin", "object {a} type {b} time-out {c}"},
    {kEventWaitEnd, "wait.end", "object {a} status {b:#x}"},
    {kEventSignal, "signal", "object {a} type {b} state {c}"},
    {kEventDpcQueue, "dpc.queue", "dpc {a} processor {b}"},
    {kEventDpcRun, "dpc.run", "dpc {a} processor {b}"},
    {kEventTimerSet, "timer.set", "timer {a} in {b} ticks, period {c} ms"},
    {kEventTimerCancel, "timer.cancel", "timer {a} was set: {b}"},
    {kEventTimerFire, "timer.fire", "timer {a}"},
    {kEventWorkItemQueue, "work.queue", "item {a} queue {b}"},
    {kEventWorkItemRun, "work.run", "item {a} queue {b}"},
    {kEventPoolFail, "pool.fail", "tag {a:#x} bytes {b}"},
    {kEventDebugPrint, "debug.print", "length {a} level {b}"},
    {hal::kInterruptAssert, "interrupt.assert", "vector {a:#x} level {b}"},
    {hal::kInterruptDeassert, "interrupt.deassert", "vector {a:#x}"},
    {hal::kInterruptServe, "interrupt.serve", "vector {a:#x} claimed {c}"},
    {hal::kInterruptConnect, "interrupt.connect", "vector {a:#x} level {b}"},
    {hal::kInterruptDisconnect, "interrupt.disconnect", "vector {a:#x}"},
};

}  // namespace

const rt::EventKind* Kinds(size_t* count) {
  static const std::vector<rt::EventKind> all = [] {
    std::vector<rt::EventKind> kinds(std::begin(kKinds), std::end(kKinds));
    const io::KindTable more = io::EventKinds();
    kinds.insert(kinds.end(), more.kinds, more.kinds + more.count);
    return kinds;
  }();
  *count = all.size();
  return all.data();
}

}  // namespace trace

namespace internal {

void RecordEventSlow(Kernel& kernel, uint16_t kind, uint64_t a, uint64_t b, uint64_t c) {
  rt::Event event;
  event.time = kernel.executor.InterruptTime();
  if (Thread* thread = CurrentThreadOrNull()) {
    event.task = thread->task ? thread->task->id : 0;
    event.irql = thread->irql;
  }
  event.kind = kind;
  event.a = a;
  event.b = b;
  event.c = c;
  kernel.events.Record(event);
}

}  // namespace internal

uint32_t TraceIdOf(Kernel& kernel, const void* object) {
  if (!kernel.events.enabled()) return 0;
  rt::LockGuard guard(kernel.ke->trace_ids_lock);
  uint32_t& id = kernel.ke->trace_ids[object];
  if (id == 0) id = kernel.NextTraceId();
  return id;
}

void ForgetTraceId(Kernel& kernel, const void* object) {
  if (!kernel.events.enabled()) return;
  rt::LockGuard guard(kernel.ke->trace_ids_lock);
  kernel.ke->trace_ids.erase(object);
}

}  // namespace drydock::nt
