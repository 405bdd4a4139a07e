// State of the executive's own part of one machine. Owned by Kernel.
#pragma once

#include "nt/kernel.h"

namespace drydock::nt::ex {

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
};

}  // namespace drydock::nt::ex
