#include "nt/ke/state.h"

#include "nt/ke/dpc.h"

namespace drydock::nt::ke {

void EndTimers(Kernel& kernel);

State::State(Kernel& owner) : kernel(owner) {
  InitializeListHead(&bug_check_callbacks);
  InitializeListHead(&bug_check_reason_callbacks);
  for (uint32_t i = 0; i <= kernel.options.processors; ++i) {
    auto queue = std::make_unique<DpcQueue>();
    queue->kernel = &kernel;
    queue->processor = i % kernel.options.processors;
    queue->threaded = i == kernel.options.processors;
    InitializeListHead(&queue->list);
    dpc_queues.push_back(std::move(queue));
  }
}

State::~State() { EndTimers(kernel); }

}  // namespace drydock::nt::ke
