#include "runtime/executor.h"

#include "runtime/executor_impl.h"

namespace drydock::rt {

constinit thread_local Task* tls_current_task = nullptr;

Executor::~Executor() = default;

std::unique_ptr<Executor> Executor::Create(const ExecutorOptions& options) {
  return options.kind == ExecutorKind::kSimulated ? CreateSimulatedExecutor(options)
                                                  : CreateLiveExecutor(options);
}

}  // namespace drydock::rt
