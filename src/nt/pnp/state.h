// State of the PnP manager of one machine. Owned by Kernel.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ntddk.h>

#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt::io {
struct Driver;
}

namespace drydock::nt::pnp {

struct DeviceNode;
struct Registration;

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  io::Driver* root_bus = nullptr;  // made with the first device

  rt::Lock lock;
  std::vector<std::unique_ptr<DeviceNode>> nodes RT_GUARDED_BY(lock);  // present and removed ones, in order of arrival
  std::vector<Registration*> registrations RT_GUARDED_BY(lock);        // in order of registration
  uint32_t next_instance RT_GUARDED_BY(lock) = 0;
};

}  // namespace drydock::nt::pnp
