#include "nt/kernel.h"

#include "nt/cm/state.h"
#include "nt/dbg/state.h"
#include "nt/etw/state.h"
#include "nt/ex/state.h"
#include "nt/ex/work_queue.h"
#include "nt/hal/dma/dma.h"
#include "nt/hal/state.h"
#include "nt/io/state.h"
#include "nt/ke/state.h"
#include "nt/mm/state.h"
#include "nt/ob/state.h"
#include "nt/pnp/state.h"
#include "nt/po/state.h"
#include "nt/ps/state.h"
#include "nt/thread.h"
#include "runtime/assert.h"

namespace drydock::nt {

Kernel::Kernel(rt::Executor& given_executor, rt::EventRing& given_events, const KernelOptions& given_options)
    : executor(given_executor), events(given_events), options(given_options) {
  RT_ASSERT(options.processors >= 1 && options.processors <= 64);
  dbg = std::make_unique<dbg::State>(*this);
  etw = std::make_unique<etw::State>(*this);
  ex = std::make_unique<ex::State>(*this);
  ke = std::make_unique<ke::State>(*this);
  ps = std::make_unique<ps::State>(*this);
  mm = std::make_unique<mm::State>(*this);
  ob = std::make_unique<ob::State>(*this);
  ps::Start(*this);
  cm = std::make_unique<cm::State>(*this);
  io = std::make_unique<io::State>(*this);
  hal = std::make_unique<hal::State>(*this);
  dma = std::make_unique<hal::DmaState>(*this);
  pnp = std::make_unique<pnp::State>(*this);
  po = std::make_unique<po::State>(*this);
}

Kernel::~Kernel() {
  // Threads use everything here until they have ended; the clock must not make new ones meanwhile.
  executor.Stop();
  ex->work->Quiesce();
  executor.EndTasks();
  // Then the components go, last made first; unlike with reset(), each still finds itself through `kernel` while it ends.
}

Kernel* CurrentKernelOrNull() {
  Thread* thread = CurrentThreadOrNull();
  return thread ? thread->kernel : nullptr;
}

Kernel& CurrentKernel() {
  Kernel* kernel = CurrentKernelOrNull();
  RT_ASSERT(kernel != nullptr);
  return *kernel;
}

}  // namespace drydock::nt
