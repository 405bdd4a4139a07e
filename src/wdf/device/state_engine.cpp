#include "wdf/device/state_engine.h"

#include "nt/thread.h"
#include "runtime/assert.h"
#include "wdf/device/device.h"

namespace drydock::wdf {

void StateEngine::PostEvent(uint8_t event, On on) {
  {
    rt::LockGuard guard(lock_);
    bool queued = false;
    for (int i = 0; i < count_; ++i) queued = queued || events_[i] == event;
    if (!queued) {
      RT_ASSERT(count_ < kQueue);
      events_[count_++] = event;
    }
    if (running_) return;
    running_ = true;
  }
  device_.AddRef();
  if (on == On::kHere && nt::CurrentThread().irql == PASSIVE_LEVEL) {
    Run();
    device_.Release();
    return;
  }
  device_.globals().background.Begin();
  ExInitializeWorkItem(&item_, &StateEngine::RunOnWorker, this);
  ExQueueWorkItem(&item_, DelayedWorkQueue);
}

VOID StateEngine::RunOnWorker(PVOID context) {
  auto* self = static_cast<StateEngine*>(context);
  Device& device = self->device_;
  DriverGlobals& globals = device.globals();
  self->Run();
  device.Release();
  globals.background.End();
}

void StateEngine::Run() {
  for (;;) {
    uint8_t event = 0;
    bool fits = false, found = false;
    {
      rt::LockGuard guard(lock_);
      for (int i = 0; i < count_; ++i) {
        const Fit fit = FitOf(events_[i]);
        if (fit == Fit::kWait) continue;
        event = events_[i];
        fits = fit == Fit::kTake;
        found = true;
        for (int j = i + 1; j < count_; ++j) events_[j - 1] = events_[j];
        --count_;
        break;
      }
      if (!found) {
        running_ = false;
        return;
      }
    }
    if (fits) {
      Take(event);
    } else {
      Misfit(event);
    }
  }
}

}  // namespace drydock::wdf
