#include "wdf/um/host.h"

#include <algorithm>

#include "nt/io/device.h"
#include "nt/io/driver.h"
#include "nt/io/error_log.h"
#include "nt/io/state.h"
#include "nt/ob/object.h"
#include "nt/pnp/pnp.h"
#include "nt/ps/process.h"
#include "nt/thread.h"
#include "nt/win32/left_in_pools.h"
#include "wdf/device/device.h"
#include "wdf/driver/binding.h"
#include "wdf/driver/driver.h"
#include "wdf/object/factory.h"
#include "wdf/queue/device_queues.h"
#include "wdf/queue/queue.h"
#include "wdf/request/request.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf::um {
namespace {

constexpr GUID kHostProblem = {0xC43D25BD, 0x9346, 0x40EE, {0xA2, 0xD2, 0xD7, 0x0C, 0x15, 0xF8, 0xB7, 0x5B}};  // GUID_WUDF_DEVICE_HOST_PROBLEM
constexpr ULONG kAtFault = 10110, kRestarted = 10111, kNotRestarted = 10112;
constexpr int kPatienceMs = 60'000;  // for calls under way in an ended host

Framework& FrameworkOf(nt::Kernel& kernel) { return *static_cast<Framework*>(kernel.framework); }

Device* DeviceFor(Object& object) {
  Device* device = object.device();
  return !device && object.type() == ObjectType::kRequest ? static_cast<Request&>(object).target_device : device;
}

void SleepMs(LONGLONG milliseconds) {
  LARGE_INTEGER interval;
  interval.QuadPart = -milliseconds * 10'000;
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

}  // namespace

Hosts::Hosts(Framework& framework) : framework_(framework) {}

Hosts::~Hosts() {
  framework_.kernel.callback_host.store(nullptr);
  framework_.kernel.host_failed = nullptr;
  framework_.kernel.critical_request = nullptr;
}

Host* Hosts::NewHost(bool pooled) {
  auto owned = std::make_unique<Host>();
  Host& host = *owned;
  host.hosts = this;
  host.pooled = pooled;
  host.process = nt::ps::CreateProcess(framework_.kernel, "WUDFHost", {u"\\??\\C:\\Windows\\System32\\WUDFHost.exe", {}});
  host.process->local_service = true;
  KeInitializeTimer(&host.timer);
  KeInitializeDpc(&host.dpc, &Watch, &host);
  ExInitializeWorkItem(&host.work, &Finish, &host);
  rt::LockGuard guard(lock_);
  host.number = static_cast<uint32_t>(hosts_.size());
  hosts_.push_back(std::move(owned));
  nt::Kernel& kernel = framework_.kernel;
  if (framework_.options.contain_hosts) {
    kernel.host_failed = &OnFailure;
    kernel.critical_request = &OnCritical;
  }
  kernel.callback_host.store(&HostOf, std::memory_order_release);
  return &host;
}

// --- which host ---

bool Hosts::IsContiguous(PDEVICE_OBJECT pdo) {
  bool kernel_above = false, user_seen = false;
  for (PDEVICE_OBJECT device = pdo->AttachedDevice; device; device = device->AttachedDevice) {
    Device* ours = DeviceFromWdm(device);
    const bool user = ours && ours->globals().umdf;
    if (user && kernel_above) return false;
    user_seen |= user;
    kernel_above |= user_seen && !user;
  }
  return true;
}

Host* Hosts::ForStack(DriverGlobals&, PDEVICE_OBJECT pdo) {
  for (PDEVICE_OBJECT device = pdo->AttachedDevice; device; device = device->AttachedDevice) {
    Device* below = DeviceFromWdm(device);
    if (below && below->host && !below->host->ended) return below->host;
  }
  bool pooled = true;
  for (nt::io::Driver* driver : nt::pnp::DriversOf(pdo)) {
    DriverGlobals* globals = GlobalsOf(driver->object);
    if (globals && globals->umdf) pooled &= globals->directives.share_host;
  }
  Host* host = nullptr;
  {
    rt::LockGuard guard(lock_);
    Record& record = records_[nt::pnp::InstancePathOf(pdo)];
    // Somebody else than the host's end had it added: a new instance, whose counts begin anew.
    if (!record.restarting) record = {};
    record.restarting = false;
    pooled &= !record.own;
    for (auto& each : hosts_) {
      if (pooled && each->pooled && !each->ended) host = each.get();
    }
  }
  if (!host) host = NewHost(pooled);
  nt::ob::Reference(pdo);
  rt::LockGuard guard(lock_);
  host->stacks.push_back(pdo);
  return host;
}

void Hosts::DeviceMade(Device& device) {
  Host* host = device.host;
  if (!host) return;
  rt::LockGuard guard(lock_);
  host->devices.push_back(&device);
}

void Hosts::DeviceGone(Device& device) {
  Host* host = device.host;
  if (!host) return;
  {
    rt::LockGuard guard(lock_);
    std::erase(host->devices, &device);
  }
  StackLeft(*host, device.pdo());
}

void Hosts::StackLeft(Host& of, PDEVICE_OBJECT pdo) {
  Host* host = &of;
  PDEVICE_OBJECT left = nullptr;
  {
    rt::LockGuard guard(lock_);
    const bool others = std::any_of(host->devices.begin(), host->devices.end(), [&](Device* other) { return other->pdo() == pdo; });
    auto found = std::find(host->stacks.begin(), host->stacks.end(), pdo);
    if (!others && found != host->stacks.end() && !host->ended) {
      left = *found;
      host->stacks.erase(found);
    }
  }
  if (left) nt::ob::Dereference(left);
}

std::vector<PDEVICE_OBJECT> Hosts::StacksOf(const Device& device) {
  rt::LockGuard guard(lock_);
  return device.host ? device.host->stacks : std::vector<PDEVICE_OBJECT>();
}

nt::CallbackHost* Hosts::HostOf(nt::Kernel& kernel, const void* subject) {
  Object* object = AnyObject(FrameworkOf(kernel), subject);
  if (!object || !object->globals().umdf) return nullptr;
  if (object->type() == ObjectType::kDriver) return object->globals().adding_in.load();
  Device* device = DeviceFor(*object);
  return device ? device->host : nullptr;
}

// --- failure ---

bool Hosts::OnFailure(nt::Kernel& kernel, nt::CallbackHost& base, const nt::BugCheckData& data) {
  auto& host = static_cast<Host&>(base);
  if (host.ended) return true;  // what unwinds may trip once more
  Object* object = AnyObject(FrameworkOf(kernel), nt::CurrentThread().callbacks->subject);
  PDEVICE_OBJECT at_fault = nullptr;
  if (Device* device = object ? DeviceFor(*object) : nullptr) {
    at_fault = device->pdo();
  } else if (object && object->type() == ObjectType::kDriver) {
    at_fault = object->globals().adding_to;
  }
  host.hosts->Fail(host, at_fault, data);
  return true;
}

void Hosts::Fail(Host& host, PDEVICE_OBJECT at_fault, const nt::BugCheckData& data) {
  {
    rt::LockGuard guard(lock_);
    if (host.ended.exchange(true)) return;
    host.at_fault = at_fault;
  }
  {
    rt::LockGuard guard(framework_.drivers_lock);
    for (DriverGlobals* globals : framework_.drivers) {
      if (globals->umdf) globals->watched_calls.fetch_add(1);  // for good: frames of the ended host must get no further
    }
  }
  host.End();
  if (framework_.kernel.on_host_ended) framework_.kernel.on_host_ended(framework_.kernel.on_bug_check_context, data);
  ExQueueWorkItem(&host.work, DelayedWorkQueue);
}

bool Hosts::Count(PDEVICE_OBJECT pdo, const Host& host) {
  const std::u16string path = nt::pnp::InstancePathOf(pdo);
  const int64_t now = static_cast<int64_t>(KeQueryInterruptTime());
  rt::LockGuard guard(lock_);
  Record& record = records_[path];
  if (host.at_fault && host.at_fault != pdo) return record.restarting = true;  // it only shared the host
  if (record.last >= 0 && now - record.last >= kForgetMinutes * 60 * 10'000'000) record.pooled_failures = record.own_failures = 0;
  record.last = now;
  if (host.pooled) {
    record.own = ++record.pooled_failures >= 2;
    return record.restarting = true;
  }
  return record.restarting = ++record.own_failures <= kRestarts;
}

void Hosts::Log(uint32_t event, PDEVICE_OBJECT pdo) {
  nt::io::ErrorLogEntry entry;
  entry.source = "WUDF";
  entry.packet = {};
  entry.packet.ErrorCode = static_cast<NTSTATUS>(event);
  entry.strings = {nt::pnp::InstancePathOf(pdo)};
  nt::io::ErrorLog& log = *framework_.kernel.io->error_log;
  rt::LockGuard guard(log.lock);
  log.entries.push_back(std::move(entry));
  if (log.entries.size() > nt::io::ErrorLog::kMaxEntries) log.entries.pop_front();
}

void Hosts::Finish(PVOID context) {
  Host& host = *static_cast<Host*>(context);
  Hosts& self = *host.hosts;
  std::vector<Ref<Device>> devices;
  std::vector<PDEVICE_OBJECT> stacks;
  {
    rt::LockGuard guard(self.lock_);
    for (Device* device : host.devices) devices.emplace_back(device);
    stacks.swap(host.stacks);
  }
  nt::win32::EndPool(self.framework_.kernel, host);
  for (int waited = 0; host.inside != 0 && waited < kPatienceMs; ++waited) {
    for (Ref<Device>& device : devices) {
      if (IoTarget* target = device->local_target()) target->Purge(WdfIoTargetPurgeIo);
      queue::CancelSentBy(*device.get());
    }
    SleepMs(1);
  }
  for (Ref<Device>& device : devices) queue::EndForHost(*device.get(), STATUS_DRIVER_PROCESS_TERMINATED);
  devices.clear();
  for (PDEVICE_OBJECT pdo : stacks) {
    TARGET_DEVICE_CUSTOM_NOTIFICATION notification = {};
    notification.Version = 1;
    notification.Size = offsetof(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer);
    notification.Event = kHostProblem;
    notification.NameBufferOffset = -1;
    IoReportTargetDeviceChangeAsynchronous(pdo, &notification, nullptr, nullptr);
    if (!host.at_fault || pdo == host.at_fault) self.Log(kAtFault, pdo);
  }
  for (PDEVICE_OBJECT pdo : stacks) {
    const bool restart = self.Count(pdo, host);
    self.Log(restart ? kRestarted : kNotRestarted, pdo);
    nt::pnp::TakeDownFailed(pdo, restart);
    nt::ob::Dereference(pdo);
  }
}

// --- critical requests ---

void Hosts::OnCritical(nt::Kernel& kernel, void* pdo, bool begins) {
  Hosts& self = *FrameworkOf(kernel).hosts;
  Host *arm = nullptr, *disarm = nullptr;
  {
    rt::LockGuard guard(self.lock_);
    for (auto& host : self.hosts_) {
      if (host->ended || std::find(host->stacks.begin(), host->stacks.end(), pdo) == host->stacks.end()) continue;
      if (!begins) {
        if (host->critical != 0 && --host->critical == 0 && host->watched) disarm = host.get();
        continue;
      }
      ++host->critical;
      if (host->critical == 1) {
        host->steps_seen = host->steps.load();
        host->last_change = self.Now();
      }
      if (host->watched) continue;
      host->watched = true;
      arm = host.get();
    }
  }
  if (disarm && KeCancelTimer(&disarm->timer)) {
    rt::LockGuard guard(self.lock_);
    if (disarm->critical == 0) {
      disarm->watched = false;
    } else {
      arm = disarm;  // another request began meanwhile
    }
  }
  if (!arm) return;
  LARGE_INTEGER due;
  due.QuadPart = -self.Interval();
  KeSetTimer(&arm->timer, due, &arm->dpc);
}

// A look at a host that has critical requests, many times in the time that it is given.
void Hosts::Watch(PKDPC, PVOID context, PVOID, PVOID) {
  Host& host = *static_cast<Host*>(context);
  Hosts& self = *host.hosts;
  bool late = false;
  PDEVICE_OBJECT at_fault = nullptr;
  {
    rt::LockGuard guard(self.lock_);
    const uint64_t steps = host.steps.load();
    if (host.ended || host.critical == 0) {
      host.watched = false;
      return;
    }
    const int64_t now = self.Now();
    if (steps != host.steps_seen) {
      host.steps_seen = steps;
      host.last_change = now;
    }
    late = now - host.last_change >= self.framework_.options.host_time_limit;
    if (late && host.stacks.size() == 1) at_fault = host.stacks.front();
  }
  if (!late) {
    LARGE_INTEGER due;
    due.QuadPart = -self.Interval();
    KeSetTimer(&host.timer, due, &host.dpc);
    return;
  }
  nt::BugCheckData data;
  data.words = "A PnP or power request to a UMDF driver made no progress for so long that its host was ended (60 seconds, unless the machine is made otherwise).";
  self.Fail(host, at_fault, data);
}

}  // namespace drydock::wdf::um
