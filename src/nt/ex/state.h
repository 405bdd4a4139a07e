// State of the executive's own part of one machine. Owned by Kernel.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "nt/ex/owned.h"
#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt::ex {

struct Pool;
struct WorkQueues;
struct CallbackObject;

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  std::unique_ptr<Pool> pool;
  std::unique_ptr<WorkQueues> work;
  OwnedList owned;

  rt::Lock callbacks_lock;
  std::map<std::u16string, CallbackObject*> callbacks RT_GUARDED_BY(callbacks_lock);  // by name; objects of ob, one reference each
  std::atomic<uint64_t> last_uuid{0};
  std::atomic<bool> aux_klib_initialized{false};
};

}  // namespace drydock::nt::ex
