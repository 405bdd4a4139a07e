// Process: applications inside a machine, over nt/win32/program.
#include "drydock/process.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <winerror.h>

#include "machine/impl.h"
#include "machine/load_driver.h"
#include "machine/names.h"
#include "machine/process_impl.h"
#include "machine/setup/driver_store.h"
#include "nt/ke/wait.h"
#include "nt/pnp/pnp.h"
#include "nt/ps/notify.h"
#include "nt/ps/process.h"
#include "nt/win32/standstill.h"

namespace drydock {
namespace {

bool LoadIt(void* context, nt::win32::ProgramEntry* entry, std::string* error) {
  auto& process = *static_cast<Process::Impl*>(context);
  try {
    auto image = machine::Image::LoadApplication(process.path);
    rt::LockGuard guard(process.machine->processes_lock);
    process.image = std::move(image);
  } catch (const Error& wrong) {
    *error = wrong.what();
    return false;
  }
  *entry = *static_cast<const nt::win32::ProgramEntry*>(process.image->application());
  process.program.resources = process.image->resources();
  const machine::ImageRange& range = process.image->range();
  nt::ps::TellImage(*process.machine->kernel, process.program.process, process.program.process->image_path,
                    reinterpret_cast<const void*>(range.begin), range.end - range.begin);
  return true;
}

void TakeOutput(void* context, int stream, const char* text, size_t bytes) {
  auto& process = *static_cast<Process::Impl*>(context);
  rt::LockGuard guard(process.lock);
  process.output.append(text, bytes);
  if (stream == 2) process.error_output.append(text, bytes);
  if (process.shown) {
    FILE* real = stream == 2 ? stderr : stdout;
    std::fwrite(text, 1, bytes, real);
    std::fflush(real);
  }
}

// "C:\\x\\nonpnp.sys" is nonpnp.so of the driver folder, or of a folder below it.
NTSTATUS LoadService(void* context, const std::string& service, const std::string& image) {
  auto& process = *static_cast<Process::Impl*>(context);
  Machine::Impl& machine = *process.machine;
  const std::string path = machine::setup::FindImage(process.driver_folder, image.substr(image.find_last_of("\\/") + 1));
  if (path.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  try {
    Driver::Impl& driver = machine::LoadDriver(machine, service, machine::Image::Load(path));
    if (!driver.driver) return machine.last_driver_status.value();
    rt::LockGuard guard(machine.drivers_lock);
    machine.services[service] = Driver(&driver);
  } catch (const Error& wrong) {
    machine.OnBreak(wrong.what());
    return STATUS_INVALID_IMAGE_FORMAT;
  }
  return STATUS_SUCCESS;
}

// Any process may stop what another started.
NTSTATUS UnloadService(void* context, const std::string& service) {
  Machine::Impl& machine = *static_cast<Process::Impl*>(context)->machine;
  Driver driver;
  {
    rt::LockGuard guard(machine.drivers_lock);
    auto found = machine.services.find(service);
    if (found == machine.services.end()) return STATUS_NOT_FOUND;
    driver = found->second;
  }
  if (driver.impl()->driver == nullptr) return STATUS_NOT_FOUND;  // unloaded from outside
  const NTSTATUS status = machine.Unload(driver);
  rt::LockGuard guard(machine.drivers_lock);
  if (NT_SUCCESS(status)) machine.services.erase(service);
  return status;
}

// The images are those of the driver folder.
uint32_t InstallPackage(void* context, const std::string& inf) {
  auto& process = *static_cast<Process::Impl*>(context);
  const std::filesystem::path path = machine::HostPathOf(process, inf);
  if (path.empty()) return ERROR_FILE_NOT_FOUND;
  try {
    process.machine->Store().Install(path.string(), process.driver_folder.empty() ? path.parent_path().string() : process.driver_folder);
  } catch (const Error& wrong) {
    process.machine->OnBreak(wrong.what());
    return ERROR_INVALID_DATA;
  }
  return ERROR_SUCCESS;
}

uint32_t AddRegisteredDevice(void* context, const std::vector<std::string>& hardware_ids, std::u16string* instance) {
  auto& process = *static_cast<Process::Impl*>(context);
  Machine::Impl& machine = *process.machine;
  nt::pnp::DeviceDescription description;
  description.instance_id = *instance;
  for (const std::string& id : hardware_ids) description.hardware_ids.push_back(machine::ToUtf16(id));
  try {
    machine.FindDrivers(&description);
  } catch (const Error& wrong) {
    machine.OnBreak(wrong.what());
    return 0xE0000203;  // ERROR_NO_DRIVER_SELECTED
  }
  DEVICE_OBJECT* pdo = nullptr;
  const NTSTATUS status = nt::pnp::AddDevice(*machine.kernel, description, &pdo);
  machine.LetGo(description);
  if (pdo != nullptr) *instance = nt::pnp::InstancePathOf(pdo);
  return NT_SUCCESS(status) ? ERROR_SUCCESS : ERROR_GEN_FAILURE;
}

// A wait without a time-out for an application, as long as this is there.
class LimitedWait {
 public:
  LimitedWait(Machine::Impl& machine, bool is) : machine_(machine), is_(is) {
    if (!is_) return;
    const rt::Ticks now = machine_.executor->InterruptTime(), limit = machine_.options.simulated_stall.count();
    machine_.standstill = {.progress = 0, .since = now, .waited_for = true, .limit = now + limit};
    if (limit > 0) machine_.executor->LimitWaits(machine_.standstill.limit);
  }
  ~LimitedWait() {
    if (!is_) return;
    machine_.standstill.waited_for = false;
    machine_.executor->LimitWaits(rt::kNever);
  }
  LimitedWait(const LimitedWait&) = delete;

 private:
  Machine::Impl& machine_;
  const bool is_;
};

std::string NameOf(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  if (name.ends_with(".so")) name.resize(name.size() - 3);
  return name;
}

}  // namespace

Process Machine::StartProcess(const std::string& image_path, const ProcessOptions& options) {
  if (!std::filesystem::is_regular_file(image_path)) throw Error(fmt::format("{}: there is no such application", image_path));
  auto impl = std::make_unique<Process::Impl>();
  impl->machine = impl_.get();
  impl->path = image_path;
  impl->name = NameOf(image_path);
  impl->shown = options.terminal;
  nt::win32::ProgramSpec spec;
  spec.name = impl->name;
  spec.arguments = options.arguments;
  spec.environment = options.environment;
  for (const NameMapping& name : impl_->options.names)
    if (name.kind == NameMapping::Kind::Folder && (name.name == "C:" || name.name == "c:")) spec.host_folder = name.path;
  spec.input = options.input;
  spec.input_ends = !options.more_input;
  spec.terminal = options.terminal;
  spec.context = impl.get();
  spec.load = &LoadIt;
  spec.wrote = &TakeOutput;
  impl->driver_folder = options.driver_folder;
  spec.load_driver = &LoadService;
  spec.unload_driver = &UnloadService;
  spec.install_package = &InstallPackage;
  spec.add_root_device = &AddRegisteredDevice;
  machine::GiveSetup(&spec);
  spec.crashed = [](void* context, const nt::BugCheckData& data) {
    auto& process = *static_cast<Process::Impl*>(context);
    nt::BugCheckData told = data;
    told.words = fmt::format("{} crashed: {}", process.name, data.words);
    process.machine->OnBugCheck(told, ReportKind::kCrash);
  };
  if (!options.folder.empty()) {
    if (!std::filesystem::is_directory(options.folder)) throw Error(fmt::format("{}: there is no such folder", options.folder));
    spec.host_folder = std::filesystem::absolute(options.folder).string();
    bool mapped = false;  // by an earlier process of the same folder
    {
      rt::LockGuard guard(impl_->processes_lock);
      for (const auto& earlier : impl_->processes) mapped = mapped || earlier->program.spec.host_folder == spec.host_folder;
    }
    if (!mapped) Map({NameMapping::Kind::Folder, "C:", spec.host_folder});
  }
  Process::Impl* process = impl.get();
  {
    rt::LockGuard guard(impl_->processes_lock);
    impl_->processes.push_back(std::move(impl));
  }
  const bool started = machine::Guarded(*impl_, false, [&] {
    nt::win32::StartProgram(*impl_->kernel, std::move(spec), process->program);
    return true;
  });
  return started ? Process(process) : Process();
}

const std::string& Process::name() const {
  static const std::string none;
  return impl_ ? impl_->name : none;
}
bool Process::ended() const { return !impl_ || nt::win32::HasEnded(impl_->program); }

bool Machine::Impl::ApplicationsHang(rt::Ticks now, bool user_may_act) {
  const rt::Ticks limit = options.simulated_stall.count();
  if (!executor->simulated() || limit <= 0) return false;
  uint64_t progress = 0;
  bool hang = false, may_go_on = false;
  rt::LockGuard guard(processes_lock);
  for (const auto& process : processes) {
    nt::win32::Program& program = process->program;
    if (!program.process || nt::win32::HasEnded(program)) continue;
    const nt::win32::Standstill state = nt::win32::LookAt(program);
    progress = progress * 1099511628211u + state.progress;
    hang = true;
    may_go_on |= !state.waits_for_ever || (user_may_act && state.asks_user);
  }
  if (progress != standstill.progress) standstill.since = executor->InterruptTime();
  standstill.progress = progress;
  return hang && !may_go_on && now - standstill.since >= limit;
}

bool Process::Wait(Duration timeout) {
  if (ended()) return true;
  Machine::Impl& machine = *impl_->machine;
  rt::Task* task = rt::CurrentTask();
  const bool inside = task && task->executor == machine.executor.get();  // then a call around this one has the limit
  return machine::Guarded(
      machine, false,
      [&] {
        auto& header = *reinterpret_cast<DISPATCHER_HEADER*>(impl_->program.process->header);
        if (timeout == kNoTimeout) {
          const LimitedWait limited(machine, !inside && machine.executor->simulated());
          return nt::ke::WaitForSingle(header) == STATUS_SUCCESS;
        }
        LARGE_INTEGER time;
        time.QuadPart = -timeout.count();
        if (nt::ke::WaitForSingle(header, &time) == STATUS_SUCCESS) return true;
        if (!inside && machine.ApplicationsHang(machine.executor->InterruptTime(), /*user_may_act=*/true)) machine.ReportStall(machine.HangWords(), true);
        return false;
      },
      /*watched=*/false);
}

int Process::exit_code() const { return impl_ ? impl_->program.exit_code.load() : kNotLoaded; }
std::string Process::error() const { return ended() && impl_ ? impl_->program.error : std::string(); }

std::string Process::output() const {
  if (!impl_) return {};
  rt::LockGuard guard(impl_->lock);
  return impl_->output;
}
std::string Process::error_output() const {
  if (!impl_) return {};
  rt::LockGuard guard(impl_->lock);
  return impl_->error_output;
}

void Process::Give(const std::string& text, bool ends) {
  if (!impl_) return;
  machine::Guarded(*impl_->machine, false, [&] {
    nt::win32::GiveInput(impl_->program, text, ends);
    return true;
  });
}

void Process::Interrupt() {
  if (!impl_ || ended()) return;
  machine::Guarded(*impl_->machine, false, [&] {
    nt::win32::SendControl(impl_->program, 0);
    return true;
  });
}

void Process::Terminate(int exit_code) {
  if (!impl_ || ended()) return;
  machine::Guarded(*impl_->machine, false, [&] {
    nt::win32::EndProgram(impl_->program, exit_code);
    return true;
  });
}

void Machine::Impl::EndProcesses() {
  for (auto& process : processes) {
    Process handle(process.get());
    if (!handle.impl()->program.process) continue;
    handle.Terminate();
    handle.Wait();
  }
}

}  // namespace drydock
