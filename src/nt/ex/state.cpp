#include "nt/ex/state.h"

namespace drydock::nt::ex {

State::State(Kernel& owner) : kernel(owner) {}
State::~State() = default;

}  // namespace drydock::nt::ex
