// StateEngine: what the power and the power-policy machine of a device share: a queue of events, one runner at a time, a table.
// Called by:  PnpPower and the two machines themselves; Post at IRQL <= DISPATCH_LEVEL. Steps run at PASSIVE_LEVEL.
// Threads:    Here: on the poster's thread if that is at PASSIVE_LEVEL and nobody runs the machine, else whoever runs it takes the event, else a
//             system worker. Worker: never on the poster's thread (it may hold locks of a driver or of a queue).
// Events:     the oldest one that has a row in the current state is taken. One without a row waits or is dropped, as the machine says (`Misfit`).
// Ownership:  a member of PnpPower; a run holds a reference on the device.
// Source:     "How a driver sees them" before table S1 of device-open-points-resolved.md.
#pragma once

#include <cstdint>

#include "runtime/lock.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

class Device;

class StateEngine {
 public:
  enum class On : uint8_t { kHere, kWorker };

  explicit StateEngine(Device& device) : device_(device) {}
  StateEngine(const StateEngine&) = delete;

 protected:
  ~StateEngine() = default;

  enum class Fit : uint8_t { kTake, kWait, kDrop };
  virtual Fit FitOf(uint8_t event) const = 0;  // under the engine's lock
  virtual void Take(uint8_t event) = 0;        // makes the transitions until the machine rests
  virtual void Misfit(uint8_t event) = 0;      // a dropped event: what is due for it

  void PostEvent(uint8_t event, On on);

  Device& device_;

 private:
  static VOID NTAPI RunOnWorker(PVOID context);
  void Run();

  static constexpr int kQueue = 16;
  rt::Lock lock_;
  uint8_t events_[kQueue] RT_GUARDED_BY(lock_) = {};
  int count_ RT_GUARDED_BY(lock_) = 0;
  bool running_ RT_GUARDED_BY(lock_) = false;
  WORK_QUEUE_ITEM item_ = {};
};

// A row of a machine's table.
template <class State, class Event>
struct Row {
  State state;
  Event event;
  State next;
  const char* spec;
};

}  // namespace drydock::wdf
