#include "wdf/sync/timer.h"

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "wdf/ddi.h"
#include "wdf/object/factory.h"
#include "wdf/sync/callback_lock.h"
#include "wdf/sync/internal_wait.h"
#include "wdf/sync/serialization.h"
#include "wdf/trace.h"

namespace drydock::wdf {

void Timer::Initialize(const WDF_TIMER_CONFIG& config, bool passive, CallbackLock* serialize) {
  config_ = config;
  passive_ = passive;
  serialize_ = serialize;
  KeInitializeTimerEx(&timer_, NotificationTimer);
  KeInitializeDpc(&dpc_, &Timer::OnExpiry, this);
  ExInitializeWorkItem(&item_, &Timer::OnWorker, this);
}

bool Timer::Start(LONGLONG due) {
  if (config_.UseHighResolutionTimer && due >= 0) {
    nt::BugCheck(0xC7, {0, reinterpret_cast<uint64_t>(&timer_), 0, 0},
                 "WdfTimerStart of a high-resolution timer needs a relative (negative) due time.");
  }
  {
    rt::LockGuard guard(lock_);
    if (ended_ || deleting()) return false;
    if (stopping_ > 0) {  // T2
      swallowed_ = true;
      return false;
    }
  }
  LARGE_INTEGER when;
  when.QuadPart = due;
  return config_.TolerableDelay ? KeSetCoalescableTimer(&timer_, when, config_.Period, config_.TolerableDelay, &dpc_)
                                : KeSetTimerEx(&timer_, when, static_cast<LONG>(config_.Period), &dpc_);
}

bool Timer::Stop(bool wait) {
  if (!wait) return KeCancelTimer(&timer_);
  if (runner_.load(std::memory_order_relaxed) == nt::CurrentThreadOrNull()) {
    Break(globals(), "WdfTimerStop with Wait in the timer's own callback would wait for itself; it does not wait");
    return false;
  }
  bool swallowed = false;
  const bool was_queued = StopAndWait(&swallowed);
  return was_queued || swallowed;
}

bool Timer::StopAndWait(bool* swallowed) {
  {
    rt::LockGuard guard(lock_);
    ++stopping_;
  }
  const bool was_queued = KeCancelTimer(&timer_);
  if (!KeRemoveQueueDpc(&dpc_)) KeFlushQueuedDpcs();
  Waiter waiter;
  KeInitializeEvent(&waiter.done, NotificationEvent, FALSE);
  bool wait = false;
  {
    rt::LockGuard guard(lock_);
    wait = in_flight_ > 0;
    if (wait) {
      waiter.next = waiters_;
      waiters_ = &waiter;
    }
  }
  if (wait) InternalWait(globals(), waiter.done, "the timer's EvtTimerFunc must return");
  rt::LockGuard guard(lock_);
  if (--stopping_ == 0) {
    *swallowed = swallowed_;
    swallowed_ = false;
  }
  return was_queued;
}

void Timer::OnDispose() {
  {
    rt::LockGuard guard(lock_);
    ended_ = true;
  }
  bool swallowed = false;
  StopAndWait(&swallowed);
}

VOID Timer::OnExpiry(PKDPC, PVOID context, PVOID, PVOID) {
  Timer& self = *static_cast<Timer*>(context);
  bool queue_work = false;
  {
    rt::LockGuard guard(self.lock_);
    if (self.passive_) {
      if (self.work_queued_) return;  // a periodic one whose callback is late: one run stands for both
      self.work_queued_ = true;
      queue_work = true;
    }
    ++self.in_flight_;  // T1
  }
  if (queue_work) {
    ExQueueWorkItem(&self.item_, DelayedWorkQueue);
    return;
  }
  self.RunCallback();
  self.EndFlight();
}

VOID Timer::OnWorker(PVOID context) {
  Timer& self = *static_cast<Timer*>(context);
  {
    rt::LockGuard guard(self.lock_);
    self.work_queued_ = false;
  }
  self.RunCallback();
  self.EndFlight();
}

void Timer::RunCallback() {
  RecordEvent(framework(), trace::kTimerFire, trace_id());
  CallbackGuard guard(serialize_);
  runner_.store(nt::CurrentThreadOrNull(), std::memory_order_relaxed);
  nt::CallDriver("EvtTimerFunc", config_.EvtTimerFunc, reinterpret_cast<WDFTIMER>(handle()));
  runner_.store(nullptr, std::memory_order_relaxed);
  guard.Leave();
}

void Timer::EndFlight() {
  Waiter* waiters = nullptr;
  {
    rt::LockGuard guard(lock_);
    if (--in_flight_ == 0) {
      waiters = waiters_;
      waiters_ = nullptr;
    }
  }
  while (waiters) {  // the timer may be gone once the first of them runs
    Waiter* waiter = waiters;
    waiters = waiter->next;
    KeSetEvent(&waiter->done, IO_NO_INCREMENT, FALSE);
  }
}

namespace {

NTSTATUS CheckConfig(const DriverGlobals& globals, const WDF_TIMER_CONFIG& config, bool passive_asked) {
  if (config.Size != sizeof(WDF_TIMER_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!config.EvtTimerFunc || config.Period > MAXLONG) return STATUS_INVALID_PARAMETER;
  if (passive_asked && config.Period != 0) return STATUS_NOT_SUPPORTED;
  if (config.UseHighResolutionTimer) {
    if (globals.umdf) return STATUS_NOT_IMPLEMENTED;
    if (config.TolerableDelay != 0) return STATUS_INVALID_PARAMETER;
  }
  return STATUS_SUCCESS;
}

}  // namespace

namespace ddi {

NTSTATUS WdfTimerCreate(DriverGlobals& globals, PWDF_TIMER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFTIMER* Timer) {
  *Timer = nullptr;
  if (Config->Size != sizeof(WDF_TIMER_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  NTSTATUS status = CheckAttributes(globals, ObjectType::kTimer, Attributes);
  if (!NT_SUCCESS(status)) return status;
  const bool passive_asked = Attributes->ExecutionLevel == WdfExecutionLevelPassive;
  status = CheckConfig(globals, *Config, passive_asked);
  if (!NT_SUCCESS(status)) return status;
  CallbackLock* lock = nullptr;
  Object* parent = ObjectFromHandle(globals, Attributes->ParentObject);
  status = ResolveSerialization(*parent, Config->AutomaticSerialization, passive_asked ? SerializedKind::kPassiveTimer : SerializedKind::kTimer,
                                &lock);
  if (!NT_SUCCESS(status)) return status;
  wdf::Timer* timer = nullptr;
  status = CreateObjectChecked(globals, ObjectType::kTimer, Attributes, parent, &timer);
  if (!NT_SUCCESS(status)) return status;
  timer->Initialize(*Config, passive_asked || globals.umdf, lock);
  *Timer = reinterpret_cast<WDFTIMER>(timer->handle());
  return STATUS_SUCCESS;
}

BOOLEAN WdfTimerStart(DriverGlobals& globals, WDFTIMER Timer, LONGLONG DueTime) { return FromHandle<wdf::Timer>(globals, Timer)->Start(DueTime); }

BOOLEAN WdfTimerStop(DriverGlobals& globals, WDFTIMER Timer, BOOLEAN Wait) {
  return FromHandle<wdf::Timer>(globals, Timer)->Stop(Wait);
}

WDFOBJECT WdfTimerGetParentObject(DriverGlobals& globals, WDFTIMER Timer) {
  Object* parent = FromHandle<wdf::Timer>(globals, Timer)->parent();
  return parent ? parent->handle() : nullptr;
}

}  // namespace ddi
}  // namespace drydock::wdf
