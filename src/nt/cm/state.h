// State of the configuration manager of one machine. Owned by Kernel.
#pragma once

#include <memory>

#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt::cm {

struct KeyNode;

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  rt::Lock lock;                  // guards the whole tree
  std::shared_ptr<KeyNode> root;  // \Registry, with Machine and User below
};

}  // namespace drydock::nt::cm
