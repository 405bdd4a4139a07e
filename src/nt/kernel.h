// Kernel: the NT half of one machine; the only root of state of floor 1. Machine makes it, everything below hangs off it.
// Called by:  everyone above runtime, through CurrentKernel() (a task knows its thread, a thread its kernel) or by reference.
// Ownership:  each component's State is owned here, made in the order below and destroyed in the opposite order.
// Each component has `nt/<component>/state.h` with `struct State { explicit State(Kernel&); ~State(); ... }`.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "nt/bugcheck.h"
#include "runtime/event_ring.h"
#include "runtime/executor.h"

namespace drydock::nt {

namespace dbg { struct State; }
namespace etw { struct State; }
namespace ps { struct State; }
namespace ke { struct State; }
namespace ex { struct State; }
namespace mm { struct State; }
namespace ob { struct State; }
namespace cm { struct State; }
namespace io { struct State; }
namespace pnp { struct State; }
namespace po { struct State; }
namespace hal {
struct State;
struct DmaState;

struct DmaOptions {
  uint32_t version = 3;          // the newest DMA_OPERATIONS that IoGetDmaAdapter gives; 0: it gives none
  uint32_t map_registers = 4096;  // of the machine, and at most of an adapter
  bool double_buffer = false;    // every transfer goes through map registers
  bool contiguous = false;       // neighbouring pages are neighbours for a device too; else each page is elsewhere
};
}  // namespace hal

struct Thread;
struct CallbackFrame;
struct CallbackHost;

struct KernelOptions {
  uint32_t processors = 2;       // what KeQueryActiveProcessorCount tells; DPC tasks
  uint32_t worker_threads = 4;   // executive worker threads per queue type, made on demand
  bool checked = true;           // PAGED_CODE, IRQL and lock checks in NT services
  bool debugger = false;         // a kernel debugger is attached: a breakpoint is noted, and execution goes on
  hal::DmaOptions dma = {};
};

struct Kernel {
  Kernel(rt::Executor& executor, rt::EventRing& events, const KernelOptions& options);
  ~Kernel();
  Kernel(const Kernel&) = delete;

  rt::Executor& executor;
  rt::EventRing& events;
  const KernelOptions options;

  std::unique_ptr<dbg::State> dbg;
  std::unique_ptr<etw::State> etw;
  std::unique_ptr<ex::State> ex;
  std::unique_ptr<ke::State> ke;
  std::unique_ptr<ps::State> ps;
  std::unique_ptr<mm::State> mm;
  std::unique_ptr<ob::State> ob;
  std::unique_ptr<cm::State> cm;
  std::unique_ptr<io::State> io;
  std::unique_ptr<hal::State> hal;
  std::unique_ptr<hal::DmaState> dma;
  std::unique_ptr<pnp::State> pnp;
  std::unique_ptr<po::State> po;

  // Where a bug check goes. Set by Machine; called once, on the failing task, before everything stops.
  void (*on_bug_check)(void* context, const BugCheckData& data) = nullptr;
  void* on_bug_check_context = nullptr;
  // Where a finding goes that does not stop the machine (nt::Break). Set by Machine; any task, no lock held.
  void (*on_break)(void* context, const std::string& words) = nullptr;
  void* on_break_context = nullptr;
  std::atomic<bool> bug_checked{false};

  // ZwLoadDriver and ZwUnloadDriver: Machine knows the images. `service`: the last part of the service key's name. Context: as above.
  int32_t (*load_driver)(void* context, const std::u16string& service) = nullptr;
  int32_t (*unload_driver)(void* context, const std::u16string& service) = nullptr;

  // wdf::Framework of this machine; set and cleared by it, never looked into from here.
  void* framework = nullptr;

  // Set by a framework that looks at its drivers' callbacks (nt/driver_callback.h), once, before the calls it is to see. The owner of a
  // call whose first argument is `subject` (null: nobody looks at it); and what is asked when level or critical region differ afterwards.
  std::atomic<void* (*)(Kernel& kernel, const void* subject)> callback_owner{nullptr};
  // The host of a call whose first argument is `subject`; null: none. Set once there is one.
  std::atomic<CallbackHost* (*)(Kernel& kernel, const void* subject)> callback_host{nullptr};
  // A driver in a host went wrong. True: the host has ended, the machine goes on.
  bool (*host_failed)(Kernel& kernel, CallbackHost& host, const BugCheckData& data) = nullptr;
  // What ended it; on the task that did wrong, or in clock context.
  void (*on_host_ended)(void* context, const BugCheckData& data) = nullptr;  // context: on_bug_check_context
  // A PnP or power request is on its way to a stack, or has come back: `pdo` is its physical device object.
  void (*critical_request)(Kernel& kernel, void* pdo, bool begins) = nullptr;
  void (*callback_returned)(void* owner, const CallbackFrame& frame, uint8_t irql, uint16_t critical_region) = nullptr;

  // Trace ids: small numbers that name objects in events, the same in each run of a seed.
  uint32_t NextTraceId() { return trace_id_.fetch_add(1, std::memory_order_relaxed) + 1; }

 private:
  std::atomic<uint32_t> trace_id_{0};
};

Kernel& CurrentKernel();            // of the calling task; asserts that there is one
Kernel* CurrentKernelOrNull();

}  // namespace drydock::nt
