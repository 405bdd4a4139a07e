#include "nt/ex/state.h"

#include "nt/ex/pool_shards.h"
#include "nt/ex/work_queue.h"

namespace drydock::nt::ex {

State::State(Kernel& owner)
    : kernel(owner), pool(std::make_unique<Pool>(owner)), work(std::make_unique<WorkQueues>(owner)) {}
State::~State() = default;

}  // namespace drydock::nt::ex
