// Events and semaphores.
#include <fmt/format.h>

#include "nt/ex/raise.h"
#include "nt/ke/dispatcher.h"
#include "nt/trace.h"

using namespace drydock::nt;

namespace {

void Forget(const void* object) {
  Kernel* kernel = CurrentKernelOrNull();
  if (kernel && __builtin_expect(kernel->events.enabled(), 0)) ForgetTraceId(*kernel, object);
}

// Its id must be looked up before the object may be gone.
uint32_t IdOf(Kernel& kernel, const void* object) {
  return __builtin_expect(kernel.events.enabled(), 0) ? TraceIdOf(kernel, object) : 0;
}

}  // namespace

extern "C" VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
  Forget(Event);
  ke::InitializeHeader(Event->Header, Type == SynchronizationEvent ? ke::kSynchronizationEvent : ke::kNotificationEvent,
                       sizeof(KEVENT), State ? 1 : 0);
}

extern "C" LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
  // Wait promises a wait to come; without a dispatcher lock to keep, it changes nothing.
  Thread& thread = CurrentThread();
  Kernel& kernel = *thread.kernel;
  ke::CheckSignalIrql(thread, Event, "KeSetEvent");
  ke::CheckHeader(Event->Header);
  const uint32_t id = IdOf(kernel, Event);
  const uint8_t kind = ke::KindOf(Event->Header);
  const bool all = ke::LockForSignal(kernel, Event->Header);
  const LONG previous = Event->Header.SignalState;
  ke::SetSignalState(Event->Header, 1);
  ke::SignalAndUnlock(kernel, Event->Header, all);
  RecordEvent(kernel, kEventSignal, id, kind, 1);
  kernel.executor.SchedulePoint();
  return previous;
}

extern "C" LONG KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
  Thread& thread = CurrentThread();
  Kernel& kernel = *thread.kernel;
  ke::CheckSignalIrql(thread, Event, "KePulseEvent");
  ke::CheckHeader(Event->Header);
  const uint32_t id = IdOf(kernel, Event);
  const uint8_t kind = ke::KindOf(Event->Header);
  const bool all = ke::LockForSignal(kernel, Event->Header);
  const LONG previous = Event->Header.SignalState;
  ke::SetSignalState(Event->Header, 1);
  ke::SignalAndUnlock(kernel, Event->Header, all, /*pulse=*/true);
  RecordEvent(kernel, kEventSignal, id, kind, 0);
  kernel.executor.SchedulePoint();
  return previous;
}

extern "C" LONG KeResetEvent(PRKEVENT Event) {
  ke::CheckHeader(Event->Header);
  ke::LockHeader(Event->Header);
  const LONG previous = Event->Header.SignalState;
  ke::SetSignalState(Event->Header, 0);
  ke::UnlockHeader(Event->Header);
  return previous;
}

extern "C" VOID KeClearEvent(PRKEVENT Event) { KeResetEvent(Event); }

extern "C" LONG KeReadStateEvent(PRKEVENT Event) { return __atomic_load_n(&Event->Header.SignalState, __ATOMIC_ACQUIRE); }

extern "C" VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit) {
  Forget(Semaphore);
  ke::InitializeHeader(Semaphore->Header, ke::kSemaphore, sizeof(KSEMAPHORE), Count);
  Semaphore->Limit = Limit;
}

extern "C" LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait) {
  Thread& thread = CurrentThread();
  Kernel& kernel = *thread.kernel;
  ke::CheckSignalIrql(thread, Semaphore, "KeReleaseSemaphore");
  ke::CheckHeader(Semaphore->Header);
  const uint32_t id = IdOf(kernel, Semaphore);
  const bool all = ke::LockForSignal(kernel, Semaphore->Header);
  const LONG previous = Semaphore->Header.SignalState;
  LONG sum;
  if (__builtin_add_overflow(previous, Adjustment, &sum) || sum > Semaphore->Limit || sum < previous) {
    const LONG limit = Semaphore->Limit;
    ke::SignalAndUnlock(kernel, Semaphore->Header, all);
    ex::RaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED,
                    fmt::format("KeReleaseSemaphore would raise the count from {} by {}; the limit is {}.", previous, Adjustment, limit));
  }
  ke::SetSignalState(Semaphore->Header, sum);
  ke::SignalAndUnlock(kernel, Semaphore->Header, all);
  RecordEvent(kernel, kEventSignal, id, ke::kSemaphore, sum);
  kernel.executor.SchedulePoint();
  return previous;
}

extern "C" LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore) {
  return __atomic_load_n(&Semaphore->Header.SignalState, __ATOMIC_ACQUIRE);
}
