// LiveClock: timers of the live executor. One OS thread, made at the first Arm, runs the callbacks in order of due time.
// Called by:  the live executor; any thread.
// Locks:      lock_ guards the heap and what is running; no callback runs under it.
// Race:       Disarm against firing: a timer leaves the heap under lock_ and is `running_` from then until its callback has returned,
//             so that whoever finds it neither armed nor running knows that its callback is over. After a callback the node is not
//             touched again: the callback may free it.
#pragma once

#include <pthread.h>

#include <atomic>

#include "runtime/executor.h"
#include "runtime/lock.h"
#include "runtime/timer_heap.h"

namespace drydock::rt {

class LiveClock {
 public:
  LiveClock();
  ~LiveClock() { End(); }
  // No callback runs any more afterwards.
  void End();

  Ticks Now() const;
  // The CLOCK_MONOTONIC nanosecond of an interrupt time, for a futex; -1 for kNever.
  int64_t ToMonotonic(Ticks time) const;

  void Arm(TimerNode* timer, Ticks due);
  bool Disarm(TimerNode* timer);
  void DisarmAndWait(TimerNode* timer);
  // Something is due and has not been run, or is being run.
  bool HasWorkNow();

 private:
  static void* ThreadMain(void* self);
  void Run() RT_NO_ANALYSIS;

  const int64_t start_ns_;
  Lock lock_;
  TimerHeap heap_ RT_GUARDED_BY(lock_);
  TimerNode* running_ RT_GUARDED_BY(lock_) = nullptr;
  bool thread_made_ RT_GUARDED_BY(lock_) = false;
  bool ending_ RT_GUARDED_BY(lock_) = false;
  Ticks sleeping_until_ RT_GUARDED_BY(lock_) = 0;  // 0: awake
  pthread_t thread_{};
  std::atomic<uint32_t> wake_{0};       // changes to wake the clock's thread
  std::atomic<uint32_t> fired_{0};      // changes after each callback that somebody waits for
  std::atomic<uint32_t> fire_waiters_{0};
};

}  // namespace drydock::rt
