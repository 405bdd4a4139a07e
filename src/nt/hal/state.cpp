#include "nt/hal/state.h"

namespace drydock::nt::hal {

State::State(Kernel& owner) : kernel(owner), interrupts(owner) {}
State::~State() = default;

}  // namespace drydock::nt::hal
