// State of the power manager of one machine, beside what a device node keeps. Owned by Kernel.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ntddk.h>

#include "nt/kernel.h"
#include "nt/pnp/state.h"
#include "runtime/lock.h"

namespace drydock::nt::po {

struct SettingRegistration;
struct LimitRequest;
struct ThermalRequest;
struct PowerRequestObject;
struct SystemStateObject;

struct GuidLess {
  bool operator()(const GUID& a, const GUID& b) const;
};

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  rt::Lock lock;
  std::map<GUID, std::string, GuidLess> settings RT_GUARDED_BY(lock);             // current values
  std::vector<SettingRegistration*> registrations RT_GUARDED_BY(lock);           // in order of registration
  std::vector<LimitRequest*> limit_requests RT_GUARDED_BY(lock);
  std::vector<ThermalRequest*> thermal_requests RT_GUARDED_BY(lock);             // in order of creation
  std::vector<PowerRequestObject*> power_requests RT_GUARDED_BY(lock);
  std::vector<SystemStateObject*> system_states RT_GUARDED_BY(lock);
  KEVENT cooling_idle;           // nobody is telling a device how to cool
  pnp::JobQueue notifications;   // callbacks of settings, one after the other
};

}  // namespace drydock::nt::po
