// Executor: runs a machine's tasks and its clock. The only place that knows threads, fibers, futexes and clocks.
//
// Two forms, chosen when a machine is made and never asked about later:
//   live       a task is an OS thread, time is real.
//   simulated  tasks are fibers on the OS thread that entered the machine; a seeded strategy picks who runs; time is virtual and
//              moves only when nobody can run. Same seed and same calls: same run, event for event.
//
// Called by:  floors above, from a task (CurrentTask() != nullptr) unless a method says otherwise.
// Waiting:    Park/Unpark are the one way to wait. A task holds one permit: Unpark before Park makes that Park return at once.
//             Several Unparks before a Park count as one. Park may return kUnparked without reason: callers re-check their condition.
// Stopping:   after Stop(), every Park, Yield and schedule point of a task that is not exempt throws TaskStopped, which unwinds
//             the task (drivers' frames included) to its entry. Only task entries and the machine's API boundary catch it.
// Spinning:   simulated, a task that passes very many schedule points without waiting loses the processor and lets a little virtual
//             time go by, so that a loop that polls a flag or the time ends.
// Locks:      none may be held over Park, Yield or SchedulePoint.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/time.h"

namespace drydock::rt {

class Executor;

enum class ExecutorKind : uint8_t { kLive, kSimulated };
enum class Strategy : uint8_t {
  kRunToBlock,  // simulated: a task runs until it waits; the ready ones take turns in order
  kRandom,      // simulated: the next task is drawn, and a schedule point may switch (drawn too)
};
enum class Wake : uint8_t { kUnparked, kTimedOut };

// Never thrown out of a destructor: a destructor must neither park nor reach a schedule point.
struct TaskStopped {};  // thrown, never derived from std::exception so that no catch-all by type swallows it

using TaskEntry = void (*)(void* argument);

// One thread of control. Owned by its executor; valid until Join or, for an adopted task, Leave.
struct Task {
  Executor* executor = nullptr;
  uint32_t id = 0;                  // 1, 2, 3 ... in order of creation, so that it is the same in every run of a seed
  bool service = false;             // waits for work for ever by design (workers, DPC task): no party to a stall
  void* user = nullptr;             // nt::Thread of this task
  const void* wait_info = nullptr;  // nt::ke::WaitInfo while parked for a reason that a report can name
  uint32_t locks_held = 0;          // internal Locks held: must be 0 at every schedule point (debug aid, may stay 0)
  bool exempt = false;              // does not get TaskStopped: who takes the machine down waits after Stop as before
  const char* stack_low = nullptr;  // bounds of its stack; a guard page lies below
  const char* stack_high = nullptr;
  char name[48] = {};
};

// The calling task; nullptr on an OS thread that has not entered a machine.
extern constinit thread_local Task* tls_current_task __attribute__((tls_model("initial-exec")));
inline Task* CurrentTask() { return tls_current_task; }

// A timer of the executor. The callback runs in clock context: it may take Locks and Unpark, it must not park or call a driver.
struct TimerNode {
  Ticks due = 0;            // interrupt time
  uint64_t order = 0;       // the executor's: equal due times fire in order of arming
  uint32_t heap_index = 0;  // the executor's: 1-based position, 0 = not armed
  void (*callback)(TimerNode*) = nullptr;
};

struct ExecutorOptions {
  ExecutorKind kind = ExecutorKind::kSimulated;
  Strategy strategy = Strategy::kRandom;
  uint64_t seed = 1;
  uint32_t switch_per_1000 = 60;  // kRandom: chance of a switch at a schedule point
  Ticks system_time_at_start = 0; // simulated: 0 means a fixed date; live: ignored, real time
  size_t stack_bytes = 256 * 1024;
};

class Executor {
 public:
  static std::unique_ptr<Executor> Create(const ExecutorOptions& options);
  virtual ~Executor();  // every task has ended or been stopped and is joined here

  bool simulated() const { return kind_ == ExecutorKind::kSimulated; }

  // --- tasks ---
  // Makes a task that starts running soon (live: now). `user` is stored in Task::user before it runs.
  virtual Task* Spawn(const char* name, TaskEntry entry, void* argument, void* user, bool service) = 0;
  // Waits until the task's entry has returned, then frees it. Never throws, also not after Stop.
  virtual void Join(Task* task) = 0;
  // Nobody will join the task: it is freed once its entry has returned.
  virtual void Detach(Task* task) = 0;
  // True once the entry has returned. Any thread.
  virtual bool HasEnded(const Task* task) const = 0;
  // The calling OS thread becomes a task of this executor until Leave. Nests are the caller's affair (Machine keeps a count).
  // Simulated: only one OS thread at a time may be inside; a second one blocks until the first has left. Entering another machine
  // while inside one is allowed; Leave brings the outer one back.
  virtual Task* Enter(const char* name, void* user) = 0;
  virtual void Leave(Task* task) = 0;

  // --- waiting ---
  virtual Wake Park(Ticks deadline = kNever) = 0;  // interrupt time
  // Any context, clock context included. A task found in a list of waiters may have gone on and even ended meanwhile: its memory stays
  // (live: until the executor ends; simulated: nobody runs between the find and the Unpark).
  virtual void Unpark(Task* task) = 0;
  virtual void Yield() = 0;                        // let another ready task run, if there is one
  // A point where, under simulation, another task may run first. Cheap when live.
  void SchedulePoint() {
    if (kind_ == ExecutorKind::kSimulated) SchedulePointSlow();
  }

  // --- time ---
  virtual Ticks InterruptTime() const = 0;  // 100 ns units since the machine started
  virtual Ticks SystemTime() const = 0;     // 100 ns units since 1601-01-01
  virtual void SetSystemTime(Ticks now) = 0;
  virtual void Arm(TimerNode* timer, Ticks due) = 0;  // re-arms when armed; due in the past fires as soon as possible
  virtual bool Disarm(TimerNode* timer) = 0;          // true: it was armed and will not fire. Live: when false, the callback may be
                                                      // running right now; DisarmAndWait also waits for that.
  virtual void DisarmAndWait(TimerNode* timer) = 0;
  // Lets the given time pass and everything due in it happen, then returns (live: waits that long).
  virtual void Advance(Ticks duration) = 0;
  // Lets every task that can run do so, without moving time, until all others are parked.
  virtual void RunUntilIdle() = 0;
  // Around a blocking system call of a task that waits for work from outside (an I/O reaper): RunUntilIdle does not wait for it.
  virtual void BeginExternalWait() = 0;
  virtual void EndExternalWait() = 0;

  // --- end ---
  // Simulated: called in clock context when nobody can ever run again and a non-service task waits. The handler reports and
  // calls Stop(); if it did neither that nor wake a task, the executor stops by itself. Live: never called (the machine's watchdog
  // uses timers).
  void SetStallHandler(void (*handler)(void* context), void* context) {
    stall_handler_ = handler;
    stall_context_ = context;
  }
  // Simulated: timers that go on for ever keep that handler from being called. So it is called as well when time, moving by itself, would pass
  // this moment; what Advance lets pass does not count. kNever: no such limit.
  void LimitWaits(Ticks until) { limit_ = until; }
  bool limit_passed() const { return limit_passed_; }  // for the handler: that is why it is called
  virtual void Stop() = 0;
  virtual bool stopped() const = 0;
  // Stops, and waits until every spawned task's entry has returned. By an OS thread that is not inside; idempotent. Whoever owns what
  // tasks use calls it before that goes.
  virtual void EndTasks() = 0;
  // Visits all live tasks in order of id (for wait chains). Takes the executor's lock: the visitor must not call back.
  virtual void ForEachTask(void (*visit)(void* context, const Task& task), void* context) const = 0;
  // Draws from the seeded generator that belongs to callers above (fault points and the like). Simulated: deterministic.
  virtual uint64_t Draw() = 0;

 protected:
  explicit Executor(ExecutorKind kind) : kind_(kind) {}
  virtual void SchedulePointSlow() = 0;

  void (*stall_handler_)(void*) = nullptr;
  void* stall_context_ = nullptr;
  Ticks limit_ = kNever;
  bool limit_passed_ = false;

 private:
  const ExecutorKind kind_;
};

}  // namespace drydock::rt
