// Whole: a recorded device with one of everything that a driver can hang on it, and its life from start to removal. For tests that make one step fail.
// Every creation's failure is EvtDriverDeviceAdd's.
#pragma once

#include "drydock/hardware.h"
#include "sleeper.h"

namespace drydock::test {

enum class Phase : uint8_t { kStart, kSleep, kResume, kIdleDown, kIdleUp, kRebalance, kRemove, kSurprise };
const char* NameOf(Phase phase);

struct Whole : Recorder {
  explicit Whole(Machine& machine);
  bool Add();                   // loads the driver the first time; true: the device started
  void Walk(Phase phase);       // the phase itself
  void LeadUpTo(Phase phase);   // what comes before it
  void End();                   // takes the device away, whatever state it is in
  bool Gone() { return hooks.log.Count("device.destroy") == 1; }
  size_t timers();              // armed in the whole machine

  Machine& machine;
  bool idles = false;           // in S0, armed for wake; otherwise it stays up
  bool wakes_from_sx = true;
  std::unique_ptr<Rig> rig;
  InterruptPin pins[2];

 private:
  NTSTATUS Added(WDFDEVICE device);
};

}  // namespace drydock::test
