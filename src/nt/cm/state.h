// State of the configuration manager of one machine. Owned by Kernel.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt::cm {

struct KeyNode;
struct Callback;

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  rt::Lock lock;                  // guards the whole tree
  // CmRegisterCallback: by altitude, the highest first. The lock is never held around a call.
  rt::Lock callbacks_lock;
  std::vector<std::shared_ptr<Callback>> callbacks RT_GUARDED_BY(callbacks_lock);
  std::atomic<bool> has_callbacks{false};  // there was one
  int64_t last_cookie RT_GUARDED_BY(callbacks_lock) = 0;
  std::shared_ptr<KeyNode> root;  // \Registry, with Machine and User below
};

}  // namespace drydock::nt::cm
