// Timers. A KTIMER has no room for the executor's node, so a record stands for it while it is set: KTIMER::TimerListEntry.Flink points
// to it. All of that is guarded by TimerTable::lock, so that after KeCancelTimer or KeSetTimer returns nobody uses the timer for its
// earlier setting.
// Race:  the clock takes a node off its heap before it calls us. Who finds Disarm false has lost to the clock: the record then belongs
//        to the callback on its way, which sees that it stands for no timer any more, and frees it.
// Resolution: a timer that is set for less than a tick of the clock expires at the next tick, as on Windows. A driver that polls with a timer
//        of 100 ns, set again by its own DPC, so leaves the machine idle in between. A tick has half a millisecond, the finest of Windows.
#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ke/dispatcher.h"
#include "nt/ke/dpc.h"
#include "nt/ke/timer_internal.h"
#include "nt/trace.h"

namespace drydock::nt::ke {

constexpr size_t kRecordsInChunk = 64;
constexpr rt::Ticks kClockTick = rt::kTicksPerMillisecond / 2;

struct TimerRecord : rt::TimerNode {
  Kernel* kernel;
  KTIMER* timer;         // null: set no more
  uint32_t processor;    // whose DPC queue
  bool absolute;
  rt::Ticks period;      // 0: one shot
  rt::Ticks system_due;  // absolute: the system time meant
  TimerRecord* previous;
  TimerRecord* next;     // active or free
};

namespace {

struct Chunk {
  TimerRecord link;  // only `next`
  TimerRecord records[kRecordsInChunk];
};

TimerRecord* RecordOf(const KTIMER& timer) { return reinterpret_cast<TimerRecord*>(timer.TimerListEntry.Flink); }
void SetRecord(KTIMER& timer, TimerRecord* record) { timer.TimerListEntry.Flink = reinterpret_cast<LIST_ENTRY*>(record); }

TimerRecord* TakeRecord(TimerTable& table) RT_REQUIRES(table.lock) {
  if (table.free == nullptr) {
    auto* chunk = new Chunk();
    chunk->link.next = table.chunks;
    table.chunks = &chunk->link;
    for (TimerRecord& record : chunk->records) {
      record.next = table.free;
      table.free = &record;
    }
  }
  TimerRecord* record = table.free;
  table.free = record->next;
  record->previous = nullptr;
  record->next = table.active;
  if (table.active) table.active->previous = record;
  table.active = record;
  ++table.active_count;
  return record;
}

void LeaveActive(TimerTable& table, TimerRecord* record) RT_REQUIRES(table.lock) {
  (record->previous ? record->previous->next : table.active) = record->next;
  if (record->next) record->next->previous = record->previous;
  --table.active_count;
}

void FreeRecord(TimerTable& table, TimerRecord* record) RT_REQUIRES(table.lock) {
  record->next = table.free;
  table.free = record;
}

// Takes a set timer's record away from it. True: it was set.
bool Unset(Kernel& kernel, KTIMER& timer) {
  TimerTable& table = kernel.ke->timers;
  TimerRecord* record = RecordOf(timer);
  if (record == nullptr) return false;
  SetRecord(timer, nullptr);
  record->timer = nullptr;
  LeaveActive(table, record);
  if (kernel.executor.Disarm(record)) FreeRecord(table, record);
  return true;
}

// In clock context.
void Expire(rt::TimerNode* node) {
  auto* record = static_cast<TimerRecord*>(node);
  Kernel& kernel = *record->kernel;
  TimerTable& table = kernel.ke->timers;
  rt::LockGuard guard(table.lock);
  KTIMER* timer = record->timer;
  if (timer == nullptr) {
    FreeRecord(table, record);
    return;
  }
  RecordEvent(kernel, kEventTimerFire, TraceIdOf(kernel, timer));
  KDPC* dpc = timer->Dpc;
  const uint32_t processor = record->processor;
  const rt::Ticks period = record->period;
  if (period != 0) {
    record->absolute = false;  // only the first expiry is at a time of day
    const rt::Ticks now = kernel.executor.InterruptTime();
    rt::Ticks next = record->due + period;
    if (next <= now) next = now + period - (now - record->due) % period;  // what was missed is not made up for
    timer->DueTime.QuadPart = static_cast<ULONGLONG>(next);
    kernel.executor.Arm(record, next);
  } else {
    SetRecord(*timer, nullptr);
    LeaveActive(table, record);
    FreeRecord(table, record);
  }
  // The DPC comes last: its routine may free a one-shot timer. (A waiter must not free a DPC that is about to be queued.)
  const bool all = LockForSignal(kernel, timer->Header);
  SetSignalState(timer->Header, 1);
  SignalAndUnlock(kernel, timer->Header, all);
  if (dpc != nullptr) {
    const rt::Ticks system_time = kernel.executor.SystemTime();
    InsertDpc(kernel, dpc, reinterpret_cast<void*>(system_time & 0xFFFFFFFF), reinterpret_cast<void*>(system_time >> 32), processor);
  }
}

rt::Ticks DueOf(Kernel& kernel, LARGE_INTEGER due_time) {
  if (due_time.QuadPart == 0) return kernel.executor.InterruptTime();
  if (due_time.QuadPart > 0 || due_time.QuadPart <= -kClockTick) return DeadlineOf(kernel, &due_time);
  return (kernel.executor.InterruptTime() / kClockTick + 1) * kClockTick;
}

void CheckTimer(const KTIMER* timer, const char* function) {
  const uint8_t kind = KindOf(timer->Header);
  if (__builtin_expect(kind == kNotificationTimer || kind == kSynchronizationTimer, 1)) return;
  BugCheck(bug::kTimerOrDpcInvalid, {0, reinterpret_cast<uint64_t>(timer), 0, 0},
           fmt::format("{} was given a timer at {} that was never initialised (or was overwritten).", function,
                       static_cast<const void*>(timer)));
}

}  // namespace

bool SetTimerTicks(KTIMER* timer, LARGE_INTEGER due_time, rt::Ticks period, KDPC* dpc) {
  CheckTimer(timer, "KeSetTimer");
  Thread& thread = CurrentThread();
  Kernel& kernel = *thread.kernel;
  CheckSignalIrql(thread, timer, "KeSetTimer");
  TimerTable& table = kernel.ke->timers;
  const rt::Ticks due = DueOf(kernel, due_time);
  if (dpc != nullptr) EnsureDpcService(kernel, *dpc, thread.processor);  // the clock cannot make threads
  RecordEvent(kernel, kEventTimerSet, TraceIdOf(kernel, timer), static_cast<uint64_t>(due - kernel.executor.InterruptTime()),
              static_cast<uint64_t>(period / rt::kTicksPerMillisecond));
  bool was_set;
  {
    rt::LockGuard guard(table.lock);
    was_set = Unset(kernel, *timer);
    LockHeader(timer->Header);
    SetSignalState(timer->Header, 0);
    UnlockHeader(timer->Header);
    timer->Dpc = dpc;
    timer->Period = static_cast<ULONG>(period / rt::kTicksPerMillisecond);
    timer->DueTime.QuadPart = static_cast<ULONGLONG>(due);
    TimerRecord* record = TakeRecord(table);
    record->kernel = &kernel;
    record->timer = timer;
    record->processor = thread.processor;
    record->absolute = due_time.QuadPart > 0;
    record->period = period;
    record->system_due = due_time.QuadPart;
    record->callback = &Expire;
    SetRecord(*timer, record);
    kernel.executor.Arm(record, due);
  }
  kernel.executor.SchedulePoint();
  return was_set;
}

namespace {

bool SetTimer(KTIMER* timer, LARGE_INTEGER due_time, LONG period, KDPC* dpc) {
  return SetTimerTicks(timer, due_time, period > 0 ? period * rt::kTicksPerMillisecond : 0, dpc);
}

}  // namespace

void SetSystemTime(Kernel& kernel, rt::Ticks now) {
  TimerTable& table = kernel.ke->timers;
  rt::LockGuard guard(table.lock);
  kernel.executor.SetSystemTime(now);
  for (TimerRecord* record = table.active; record != nullptr; record = record->next) {
    // One that the clock has already taken fires now; its time has come by the old clock.
    if (!record->absolute || !kernel.executor.Disarm(record)) continue;
    LARGE_INTEGER due;
    due.QuadPart = record->system_due;
    const rt::Ticks moved = DeadlineOf(kernel, &due);
    record->timer->DueTime.QuadPart = static_cast<ULONGLONG>(moved);
    kernel.executor.Arm(record, moved);
  }
}

const KTIMER* ActiveTimerIn(Kernel& kernel, const void* start, size_t bytes) {
  TimerTable& table = kernel.ke->timers;
  rt::LockGuard guard(table.lock);
  for (const TimerRecord* record = table.active; record != nullptr; record = record->next) {
    if (reinterpret_cast<uintptr_t>(record->timer) - reinterpret_cast<uintptr_t>(start) < bytes) return record->timer;
  }
  return nullptr;
}

void EndTimers(Kernel& kernel) {
  TimerTable& table = kernel.ke->timers;
  for (;;) {
    TimerRecord* record;
    {
      rt::LockGuard guard(table.lock);
      record = table.active;
      if (record == nullptr) break;
      record->timer = nullptr;
      LeaveActive(table, record);
    }
    kernel.executor.DisarmAndWait(record);
  }
  while (table.chunks != nullptr) {
    auto* chunk = reinterpret_cast<Chunk*>(table.chunks);
    table.chunks = chunk->link.next;
    // Records that lost to the clock are on their way to us: their callbacks end before their memory goes.
    for (TimerRecord& record : chunk->records) kernel.executor.DisarmAndWait(&record);
    delete chunk;
  }
}

}  // namespace drydock::nt::ke

using namespace drydock;
using namespace drydock::nt;

extern "C" VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) {
  if (Kernel* kernel = CurrentKernelOrNull()) ForgetTraceId(*kernel, Timer);
  ke::InitializeHeader(Timer->Header, Type == SynchronizationTimer ? ke::kSynchronizationTimer : ke::kNotificationTimer,
                       sizeof(KTIMER), 0);
  Timer->DueTime.QuadPart = 0;
  Timer->TimerListEntry = {};
  Timer->Dpc = nullptr;
  Timer->Processor = 0;
  Timer->Period = 0;
}

extern "C" VOID KeInitializeTimer(PKTIMER Timer) { KeInitializeTimerEx(Timer, NotificationTimer); }

extern "C" BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) { return ke::SetTimer(Timer, DueTime, 0, Dpc); }

extern "C" BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) {
  return ke::SetTimer(Timer, DueTime, Period, Dpc);
}

extern "C" BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc) {
  return ke::SetTimer(Timer, DueTime, static_cast<LONG>(Period), Dpc);  // the tolerance is not used
}

extern "C" BOOLEAN KeCancelTimer(PKTIMER Timer) {
  ke::CheckTimer(Timer, "KeCancelTimer");
  Kernel& kernel = *CurrentThread().kernel;
  bool was_set;
  {
    rt::LockGuard guard(kernel.ke->timers.lock);
    was_set = ke::Unset(kernel, *Timer);
    Timer->Period = 0;
  }
  RecordEvent(kernel, kEventTimerCancel, TraceIdOf(kernel, Timer), was_set);
  kernel.executor.SchedulePoint();
  return was_set;
}

extern "C" BOOLEAN KeReadStateTimer(PKTIMER Timer) { return __atomic_load_n(&Timer->Header.SignalState, __ATOMIC_ACQUIRE) > 0; }
