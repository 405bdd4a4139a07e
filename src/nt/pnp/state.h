// State of the PnP manager of one machine. Owned by Kernel.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <ntddk.h>

#include "nt/kernel.h"
#include "nt/pnp/pnp.h"
#include "nt/pnp/property_data.h"
#include "runtime/lock.h"

namespace drydock::nt::io {
struct Driver;
}

namespace drydock::nt::pnp {

struct DeviceNode;
struct Registration;
using nt::Thread;

// Work for a system worker thread, done in order.
struct Job {
  virtual ~Job() = default;
  virtual void Run() = 0;
};
struct JobQueue {
  rt::Lock lock;
  std::deque<std::unique_ptr<Job>> jobs RT_GUARDED_BY(lock);
  bool queued RT_GUARDED_BY(lock) = false;  // a worker is on its way or at it
  WORK_QUEUE_ITEM item = {};

  void Add(std::unique_ptr<Job> job);  // IRQL <= DISPATCH_LEVEL
};

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  io::Driver* root_bus = nullptr;  // made with the first device

  rt::Lock lock;
  DeviceNode* first_node RT_GUARDED_BY(lock) = nullptr;  // present and removed ones, in order of arrival
  DeviceNode* last_node RT_GUARDED_BY(lock) = nullptr;
  std::unordered_map<std::u16string, DeviceNode*> by_path RT_GUARDED_BY(lock);  // present ones, by upper-case instance path
  std::vector<Registration*> registrations RT_GUARDED_BY(lock);        // in order of registration
  uint32_t next_instance RT_GUARDED_BY(lock) = 0;
  // By instance path or interface name.
  std::map<std::u16string, std::map<PropertyName, PropertyValue>> properties RT_GUARDED_BY(lock);

  std::vector<DeviceNode*> duplicates RT_GUARDED_BY(lock);  // wait for their path
  KEVENT idle;                    // no operation is under way
  Thread* engaged = nullptr;      // whose operation is under way
  uint32_t depth = 0;
  uint64_t enumerations = 0;      // under the operation's lock
  std::atomic<SYSTEM_POWER_STATE> system_power{PowerSystemWorking};  // nt/po
  POWER_ACTION sleep_action = PowerActionNone;

  DriverMatcher matcher = nullptr;
  void* matcher_context = nullptr;
  DriverUnloader unloader = nullptr;
  void* unloader_context = nullptr;

  JobQueue notifications;  // apart from operations: a callback may wait for what an operation causes
  JobQueue operations;
  JobQueue power;
};

}  // namespace drydock::nt::pnp
