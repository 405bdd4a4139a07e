#include "nt/ps/process.h"

#include <new>

#include "nt/ke/dispatcher.h"
#include "nt/mm/region.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/notify.h"
#include "nt/ps/state.h"
#include "nt/ps/types.h"
#include "nt/trace.h"

namespace drydock::nt::ps {

const ob::ObjectType kProcessType = {
    .name = "Process",
    .on_last_handle = nullptr,
    .on_close = nullptr,
    .discard = [](void* body) { static_cast<Process*>(body)->~Process(); },
    .parse = nullptr,
    .wait_offset = 0,
    .all_access = PROCESS_ALL_ACCESS,
};

State::State(Kernel& owner) : kernel(owner) {}
State::~State() = default;  // ob has discarded the processes

void Start(Kernel& kernel) {
  Process* system = CreateProcess(kernel, "System");
  system->system = true;
}

Process* CreateProcess(Kernel& kernel, std::string name, ProcessImage image, int32_t* refused) {
  void* body = ob::CreateObject(kernel, kProcessType, sizeof(Process));
  if (body == nullptr) throw std::bad_alloc();
  auto* process = new (body) Process();
  ke::InitializeHeader(*reinterpret_cast<DISPATCHER_HEADER*>(process->header), ke::kProcess, sizeof process->header, 0);
  ForgetTraceId(kernel, process->header);
  process->kernel = &kernel;
  process->name = std::move(name);
  process->name.copy(process->short_name, 14);
  process->image_path = std::move(image.path);
  process->command_line = std::move(image.command_line);
  process->create_time = kernel.executor.SystemTime();
  State& state = *kernel.ps;
  {
    rt::LockGuard guard(state.lock);
    state.last_process_id += 4;
    process->id = state.last_process_id;
    state.processes.push_back(process);
  }
  const int32_t status = TellProcess(process, true);
  if (refused) *refused = status;
  return process;
}

Process* SystemProcess(Kernel& kernel) {
  rt::LockGuard guard(kernel.ps->lock);
  return kernel.ps->processes.front();
}

Process* FindProcess(Kernel& kernel, uint64_t id) {
  rt::LockGuard guard(kernel.ps->lock);
  for (Process* process : kernel.ps->processes) {
    if (process->id == id && !process->ended.load(std::memory_order_relaxed)) return process;
  }
  return nullptr;
}

void EndProcess(Process* process, int32_t exit_status) {
  if (process->ended.exchange(true)) return;
  process->exit_status = exit_status;
  process->exit_time = process->kernel->executor.SystemTime();
  TellProcess(process, false);
  ob::CloseAllHandles(*process->kernel, process);
  mm::EndProcessRegions(*process->kernel, process);
  ke::SignalObject(*process->kernel, *reinterpret_cast<DISPATCHER_HEADER*>(process->header));
}

SystemThreadScope::SystemThreadScope(Thread& thread)
    : thread_(thread), was_system_(thread.system_thread), process_(thread.process) {
  thread.system_thread = true;
  thread.process = SystemProcess(*thread.kernel);
}

SystemThreadScope::~SystemThreadScope() {
  thread_.system_thread = was_system_;
  thread_.process = process_;
}

}  // namespace drydock::nt::ps
