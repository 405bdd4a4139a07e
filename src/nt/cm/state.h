// State of the configuration manager of one machine. Owned by Kernel.
#pragma once

#include <cstdint>
#include <memory>

#include "nt/kernel.h"
#include "nt/ob/altitude_list.h"
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
  ob::AltitudeList<Callback> callbacks;  // CmRegisterCallback
  int64_t last_cookie RT_GUARDED_BY(callbacks.lock) = 0;
  std::shared_ptr<KeyNode> root;  // \Registry, with Machine and User below
};

}  // namespace drydock::nt::cm
