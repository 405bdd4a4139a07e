// State of the hardware layer of one machine: where register files answer, and the interrupt controller. Owned by Kernel.
#pragma once

#include <memory>

#include "nt/hal/interrupt.h"
#include "nt/hal/io_space.h"
#include "nt/hal/plain_access.h"
#include "nt/kernel.h"

namespace drydock::nt::hal {

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  IoSpace io_space;
  PlainAccess plain_access;
  InterruptController interrupts;
};

}  // namespace drydock::nt::hal
