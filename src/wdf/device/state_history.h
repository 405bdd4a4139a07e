// StateHistory: the last transitions of a device's three machines. Written by the machines, read by reports, tests and `drydock tree`.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "runtime/lock.h"
#include "runtime/time.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

enum class StateKind : uint8_t { kPnp, kPower, kPolicy };
struct StateChange {
  StateKind kind;
  ULONG from, to;   // WDF_DEVICE_PNP_STATE, _POWER_STATE, _POWER_POLICY_STATE
  rt::Ticks time;   // interrupt time
};

class StateHistory {
 public:
  static constexpr size_t kKept = 48;
  void Add(const StateChange& change);
  std::vector<StateChange> Changes() const;  // oldest first

 private:
  mutable rt::Lock lock_;
  std::array<StateChange, kKept> ring_ RT_GUARDED_BY(lock_) = {};
  size_t count_ RT_GUARDED_BY(lock_) = 0;
};

// "PnpStarted", "PowerD0", "PwrPolStarted": the documented name without its leading WdfDevState; "?" for a number that is none.
const char* StateName(ULONG state);
// "12.345 s  Power  PowerD0 > PowerGotoDx", a line per change.
std::string ToText(const std::vector<StateChange>& changes);

}  // namespace drydock::wdf
