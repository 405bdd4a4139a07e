#include "nt/ke/wait_info.h"

#include "nt/ke/completion.h"
#include "nt/kernel.h"

namespace drydock::nt::ke {

WaitReasonScope::WaitReasonScope(void (*describe)(const void*, std::string&), const void* context, const void* irp) {
  reason_ = {.describe = describe, .context = context, .irp = irp};
  Push();
}

WaitReasonScope::WaitReasonScope(const char* what, const std::atomic<const Thread*>& holder) {
  reason_ = {.what = what, .holder = &holder};
  Push();
}

void WaitReasonScope::Push() {
  ThreadWaitState& state = *CurrentThread().wait;
  rt::LockGuard guard(state.lock);
  reason_.outer = state.reasons;
  state.reasons = &reason_;
}

WaitReasonScope::~WaitReasonScope() {
  ThreadWaitState& state = *CurrentThread().wait;
  rt::LockGuard guard(state.lock);
  state.reasons = reason_.outer;
}

rt::Wake ParkFor(const WaitInfo& info, rt::Ticks deadline) {
  Thread& thread = CurrentThread();
  ThreadWaitState& state = *thread.wait;
  rt::Executor& executor = *thread.task->executor;
  {
    rt::LockGuard guard(state.lock);
    state.info = info;
    state.frame = __builtin_frame_address(0);
    state.waiting = true;
    state.deadline = deadline;
    ++state.waits;
  }
  struct Clear {
    ThreadWaitState& state;
    ~Clear() {
      rt::LockGuard guard(state.lock);
      state.waiting = false;
    }
  } clear{state};
  return executor.Park(deadline);
}

bool Completion::WaitSlow(const WaitInfo& info, rt::Ticks deadline) {
  waiter_.store(rt::CurrentTask(), std::memory_order_relaxed);
  uint32_t state = kClear;
  if (!state_.compare_exchange_strong(state, kWaited, std::memory_order_acq_rel)) return true;
  for (;;) {
    const rt::Wake wake = ParkFor(info, deadline);
    if (done()) return true;
    if (wake == rt::Wake::kTimedOut) {
      state = kWaited;
      return !state_.compare_exchange_strong(state, kClear, std::memory_order_acq_rel);
    }
  }
}

}  // namespace drydock::nt::ke
