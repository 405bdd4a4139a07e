// Machine: making, ending, time, and running code inside.
#include "drydock/machine.h"

#include "drydock/description.h"

#include <fmt/format.h>

#include <utility>

#include "backend/map.h"
#include "machine/impl.h"
#include "machine/names.h"
#include "machine/process_impl.h"
#include "machine/setup/driver_store.h"
#include "nt/ke/clock.h"
#include "nt/ps/process.h"

namespace drydock {
namespace {

rt::ExecutorOptions ExecutorOptionsFor(const MachineOptions& options) {
  rt::ExecutorOptions result;
  result.kind = options.executor == ExecutorKind::Live ? rt::ExecutorKind::kLive : rt::ExecutorKind::kSimulated;
  result.strategy = options.strategy == Strategy::Random ? rt::Strategy::kRandom : rt::Strategy::kRunToBlock;
  result.seed = options.seed;
  return result;
}

wdf::FrameworkOptions FrameworkOptionsFor(const MachineOptions& options) {
  wdf::FrameworkOptions result;
  result.verifier = options.verifier;
  result.contain_hosts = options.contain_hosts;
  result.host_time_limit = options.host_time_limit.count();
  return result;
}

}  // namespace

Machine::Impl::Impl(MachineOptions given) : options(std::move(given)) {
  events.Enable(options.trace || options.rules);
  executor = rt::Executor::Create(ExecutorOptionsFor(options));
  executor->SetStallHandler([](void* self) { static_cast<Impl*>(self)->OnStall(); }, this);
  nt::KernelOptions kernel_options;
  kernel_options.dma = {options.dma.version, options.dma.map_registers, options.dma.double_buffer, options.dma.contiguous};
  kernel_options.debugger = options.debugger;
  kernel = std::make_unique<nt::Kernel>(*executor, events, kernel_options);
  kernel->on_bug_check = [](void* self, const nt::BugCheckData& data) { static_cast<Impl*>(self)->OnBugCheck(data); };
  kernel->on_host_ended = [](void* self, const nt::BugCheckData& data) { static_cast<Impl*>(self)->OnBugCheck(data, ReportKind::kHostEnded); };
  kernel->on_bug_check_context = this;
  kernel->on_break = [](void* self, const std::string& words) { static_cast<Impl*>(self)->OnBreak(words); };
  kernel->on_break_context = this;
  framework = std::make_unique<wdf::Framework>(*kernel, FrameworkOptionsFor(options));
  if (options.rules) {
    verifier = std::make_unique<verifier::Verifier>(
        *kernel, options.rule_settings,
        [](void* self, const std::string& words, const std::vector<void*>& stack) { static_cast<Impl*>(self)->OnFinding(words, stack); }, this);
  }
  application = nt::ps::CreateProcess(*kernel, "application");
  application->program.store(true, std::memory_order_relaxed);
  if (options.executor == ExecutorKind::Live) StartWatchdog();
}

Machine::Impl::~Impl() {
  executor->DisarmAndWait(&watchdog.timer);
  ending = true;
  {
    machine::Inside last_time(*this, /*watched=*/false);
    try {
      for (auto& process : processes) nt::win32::DropThings(process->program);
    } catch (const rt::TaskStopped&) {
    }
  }
  // Whatever still waits is unwound before the objects it waits for go.
  executor->EndTasks();
  store.reset();
  for (Device::Impl& device : devices) device.hardware.reset();
  verifier.reset();
  framework.reset();
  kernel.reset();
  executor.reset();
}

void Machine::Impl::StartWatchdog() {
  watchdog.machine = this;
  watchdog.timer.callback = [](rt::TimerNode* timer) {
    auto& watchdog = *reinterpret_cast<Watchdog*>(timer);
    Impl& machine = *watchdog.machine;
    const rt::Ticks now = machine.executor->InterruptTime(), limit = machine.options.live_stall.count();
    const uint64_t calls = watchdog.calls.load(std::memory_order_relaxed);
    if (calls != watchdog.seen || calls % 2 == 0) {
      watchdog.seen = calls;
      watchdog.since = now;
    } else if (now - watchdog.since >= limit) {
      machine.OnStall();
      return;
    }
    machine.executor->Arm(timer, now + std::max<rt::Ticks>(limit / 4, 1));
  };
  executor->Arm(&watchdog.timer, executor->InterruptTime() + options.live_stall.count() / 4);
}

Machine::Machine(MachineOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
  nt::InstallFaultHandler();
  for (const NameMapping& mapping : impl_->options.names)
    if (Status status = Map(mapping); !status.ok())
      throw Error(fmt::format("{} cannot be mapped to {}: {}", mapping.name, mapping.path, status.ToString()));
}

Machine::~Machine() {
  if (!impl_->stopped()) {
    impl_->EndProcesses();
    for (size_t i = impl_->devices.size(); i-- > 0;)
      if (impl_->devices[i].pdo) SurpriseRemove(Device(&impl_->devices[i]));
    RunUntilIdle();  // what removal left to workers
    for (size_t i = impl_->drivers.size(); i-- > 0;)
      if (impl_->drivers[i].driver) UnloadDriver(Driver(&impl_->drivers[i]));
  }
}

const MachineOptions& Machine::options() const { return impl_->options; }
nt::Kernel& Machine::kernel() { return *impl_->kernel; }
wdf::Framework& Machine::framework() { return *impl_->framework; }
bool Machine::stopped() const { return impl_->stopped(); }

Status Machine::Map(const NameMapping& mapping) {
  return machine::Guarded(*impl_, kStatusMachineStopped, [&]() -> Status {
    std::u16string name = machine::ToUtf16(mapping.name);
    std::string error;
    switch (mapping.kind) {
      case NameMapping::Kind::Folder: error = backend::MapFolder(*impl_->kernel, name, mapping.path); break;
      case NameMapping::Kind::Disk: error = backend::MapDisk(*impl_->kernel, name, mapping.path); break;
      case NameMapping::Kind::Terminal: error = backend::MapTerminal(*impl_->kernel, name, mapping.path); break;
    }
    if (!error.empty()) throw Error(error);
    // Windows is on C:.
    if (mapping.kind == NameMapping::Kind::Folder && (mapping.name == "C:" || mapping.name == "c:"))
      return Link("\\SystemRoot", "\\??\\C:\\Windows");
    return STATUS_SUCCESS;
  });
}

void Machine::Advance(Duration duration) {
  machine::Guarded(
      *impl_, false, [&] { return impl_->executor->Advance(duration.count()), true; }, /*watched=*/false);
  impl_->standstill.since += std::max<rt::Ticks>(duration.count(), 0);
}

void Machine::RunUntilIdle() {
  machine::Guarded(*impl_, false, [&] { return impl_->executor->RunUntilIdle(), true; });
}

Duration Machine::Now() const { return Duration(impl_->executor->InterruptTime()); }

void Machine::SetSystemTime(int64_t ticks) {
  machine::Guarded(*impl_, false, [&] { return nt::ke::SetSystemTime(*impl_->kernel, ticks), true; });
}

bool Machine::Run(const std::function<void()>& body) {
  return machine::Guarded(*impl_, false, [&] {
    nt::ps::SystemThreadScope as_system(nt::CurrentThread());
    body();
    return true;
  });
}

namespace machine {

Inside::Inside(Machine::Impl& machine, bool watched) : machine_(machine) {
  rt::Task* task = rt::CurrentTask();
  if (task && task->executor == machine.executor.get()) return;
  as_outside_ = !machine.outside_busy.exchange(true);
  nt::Thread* thread = as_outside_ && machine.outside_thread ? machine.outside_thread
                                                             : nt::ps::NewThread(*machine.kernel, machine.application, /*system=*/false);
  if (as_outside_) machine.outside_thread = thread;
  entered_ = machine.executor->Enter("test", thread);
  thread->task = entered_;
  watched_ = watched;
  if (watched_) machine.watchdog.calls.fetch_add(1, std::memory_order_relaxed);
  if (watched_) Limit(machine.options.simulated_stall.count());
}

void Inside::Limit(rt::Ticks wait) {
  if (!machine_.executor->simulated()) return;
  machine_.executor->LimitWaits(wait > 0 ? machine_.executor->InterruptTime() + wait : rt::kNever);
}

Inside::~Inside() {
  if (!entered_) return;
  if (watched_) machine_.watchdog.calls.fetch_add(1, std::memory_order_relaxed);
  if (watched_) Limit(0);
  auto* thread = static_cast<nt::Thread*>(entered_->user);
  if (!as_outside_ || machine_.ending) {
    nt::ps::EndThread(thread);
    if (as_outside_) machine_.outside_thread = nullptr;
  } else {
    thread->task = nullptr;
    // A call that a bug check unwound may have left the thread at a raised level, or inside callbacks.
    thread->irql = PASSIVE_LEVEL;
    thread->callbacks = nullptr;
  }
  machine_.executor->Leave(entered_);
  if (as_outside_) machine_.outside_busy.store(false);
}

}  // namespace machine
}  // namespace drydock
