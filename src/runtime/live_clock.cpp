#include "runtime/live_clock.h"

#include <sys/prctl.h>
#include <time.h>

#include "runtime/assert.h"
#include "runtime/futex.h"

namespace drydock::rt {
namespace {

int64_t MonotonicNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace

LiveClock::LiveClock() : start_ns_(MonotonicNow()) {}

void LiveClock::End() {
  {
    LockGuard guard(lock_);
    if (ending_) return;
    ending_ = true;
    if (!thread_made_) return;
    wake_.fetch_add(1);
  }
  FutexWakeAll(wake_);
  pthread_join(thread_, nullptr);
}

Ticks LiveClock::Now() const { return (MonotonicNow() - start_ns_) / 100; }

int64_t LiveClock::ToMonotonic(Ticks time) const {
  int64_t ns;
  if (time == kNever || __builtin_mul_overflow(time, int64_t{100}, &ns) ||
      __builtin_add_overflow(ns, start_ns_, &ns)) {
    return -1;
  }
  return ns < 0 ? 0 : ns;
}

void LiveClock::Arm(TimerNode* timer, Ticks due) {
  bool wake = false;
  {
    LockGuard guard(lock_);
    heap_.Arm(timer, due);
    if (!thread_made_ && !ending_) {
      thread_made_ = true;
      RT_ASSERT(pthread_create(&thread_, nullptr, &LiveClock::ThreadMain, this) == 0);
    } else if (sleeping_until_ != 0 && due < sleeping_until_) {
      sleeping_until_ = 0;
      wake_.fetch_add(1);
      wake = true;
    }
  }
  if (wake) FutexWake(wake_, 1);
}

bool LiveClock::Disarm(TimerNode* timer) {
  LockGuard guard(lock_);
  return heap_.Disarm(timer);
}

void LiveClock::DisarmAndWait(TimerNode* timer) {
  for (;;) {
    uint32_t seen;
    {
      LockGuard guard(lock_);
      heap_.Disarm(timer);
      // A callback that disarms its own timer must not wait for itself.
      if (running_ != timer || pthread_equal(pthread_self(), thread_)) return;
      fire_waiters_.fetch_add(1);
      seen = fired_.load();
    }
    FutexWait(fired_, seen);
    fire_waiters_.fetch_sub(1);
  }
}

bool LiveClock::HasWorkNow() {
  LockGuard guard(lock_);
  return running_ != nullptr || heap_.next_due() <= Now();
}

void* LiveClock::ThreadMain(void* self) {
  pthread_setname_np(pthread_self(), "drydock clock");
  prctl(PR_SET_TIMERSLACK, 1);
  static_cast<LiveClock*>(self)->Run();
  return nullptr;
}

void LiveClock::Run() {
  lock_.Acquire();
  while (!ending_) {
    const Ticks due = heap_.next_due();
    if (due <= Now()) {
      TimerNode* timer = heap_.Pop();
      running_ = timer;
      lock_.Release();
      timer->callback(timer);
      lock_.Acquire();
      running_ = nullptr;
      if (fire_waiters_.load() != 0) {
        fired_.fetch_add(1);
        FutexWakeAll(fired_);
      }
      continue;
    }
    const uint32_t seen = wake_.load();
    sleeping_until_ = due;
    lock_.Release();
    FutexWait(wake_, seen, ToMonotonic(due));
    lock_.Acquire();
    sleeping_until_ = 0;
  }
  lock_.Release();
}

}  // namespace drydock::rt
