// State of processes and threads of one machine. Owned by Kernel.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "nt/kernel.h"
#include "nt/ps/left_running.h"
#include "runtime/lock.h"

namespace drydock::nt {
struct Thread;
struct Process;
namespace win32 { struct DriverPools; }
}  // namespace drydock::nt

namespace drydock::nt::ps {

struct Notify;
enum class NotifyKind : uint8_t { kProcess, kProcessEx, kThread, kUserThread, kImage };

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  rt::Lock lock;
  Thread* first RT_GUARDED_BY(lock) = nullptr;  // running threads, in order of id
  Thread* last RT_GUARDED_BY(lock) = nullptr;
  std::map<uint64_t, StartedBy> started RT_GUARDED_BY(lock);  // threads of drivers that run, by id
  std::shared_ptr<win32::DriverPools> pools RT_GUARDED_BY(lock);  // made when first asked for (nt/win32/driver_pools.cpp)
  uint64_t last_thread_id RT_GUARDED_BY(lock) = 0;
  uint64_t last_process_id RT_GUARDED_BY(lock) = 0;
  uint32_t next_processor RT_GUARDED_BY(lock) = 0;
  std::vector<std::shared_ptr<Notify>> notify RT_GUARDED_BY(lock);  // in order of registration
  std::atomic<bool> has_notify{false};  // there was one
  std::vector<Process*> processes RT_GUARDED_BY(lock);  // ob objects, one reference each; the first is System
};

// Makes the System process; the last step of Kernel's construction, as it needs ob.
void Start(Kernel& kernel);

}  // namespace drydock::nt::ps
