// Machine: drivers and devices.
#include <fmt/format.h>

#include <algorithm>

#include "backend/acpi/acpi_model.h"
#include "backend/model.h"
#include "drydock/machine.h"
#include "machine/impl.h"
#include "machine/load_driver.h"
#include "machine/model_bridge.h"
#include "machine/names.h"
#include "machine/pci.h"
#include "nt/etw/state.h"
#include "nt/etw/manifest.h"
#include "nt/ex/leaks.h"
#include "nt/io/device.h"
#include "nt/mm/mdl.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/pnp.h"
#include "nt/po/pofx.h"
#include "nt/po/query_interface.h"
#include "nt/win32/left_in_pools.h"
#include "wdf/device/device.h"
#include "wdf/device/pnp_power.h"

namespace drydock {
namespace {

constexpr int kMomentMs = 200;

// Runs a PnP operation on a device that still exists.
template <class Operation>
Status OnDevice(Machine::Impl& machine, Device device, Operation operation) {
  if (!device || !device.impl()->pdo) return STATUS_NO_SUCH_DEVICE;
  return machine::Guarded(machine, kStatusMachineStopped, [&]() -> Status { return operation(device.impl()->pdo); });
}

std::vector<nt::io::Driver*> NtDrivers(const std::vector<Driver>& drivers) {
  std::vector<nt::io::Driver*> result;
  for (Driver driver : drivers) {
    if (!driver || !driver.impl()->driver)
      throw Error(fmt::format("driver {} is not loaded", driver ? driver.name() : "(none)"));
    result.push_back(driver.impl()->driver);
  }
  return result;
}

// Threads and callbacks of thread pools that run; objects of thread pools.
void FindWhatRuns(Machine::Impl& machine, const nt::ps::ImageBounds& image, std::vector<std::string>* lines) {
  // Who was told to end, and has not been waited for, needs a moment.
  for (int waited = 0; nt::win32::StillRuns(*machine.kernel, image) && waited < kMomentMs; ++waited) {
    LARGE_INTEGER interval;
    interval.QuadPart = -10'000;
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
  }
  for (auto take : {&nt::ps::TakeThreads, &nt::win32::TakeLeftInPools}) {
    for (const nt::ps::LeftRunning& left : take(*machine.kernel, image)) {
      std::string where;
      for (const StackFrame& frame : machine.Resolve(left.stack, false))
        if (frame.in_driver && where.empty()) where = fmt::format(", made in {} at {}:{}", frame.function, frame.file, frame.line);
      lines->push_back(left.words + where);
    }
  }
}

// What still runs, and pool that the driver's code allocated and never freed: one line each, with the line of the driver.
std::vector<std::string> LeaksOfImage(Machine::Impl& machine, Driver driver) {
  std::vector<std::string> lines;
  if (!driver.impl()->image) return lines;  // linked in: its code is the program's
  const machine::ImageRange& range = driver.impl()->image->range();
  auto* start = reinterpret_cast<const void*>(range.begin);
  FindWhatRuns(machine, {start, range.end - range.begin}, &lines);
  for (const nt::mm::LeftMapping& left : nt::mm::TakeUserMappings(*machine.kernel, start, range.end - range.begin)) {
    std::string where;
    for (const StackFrame& frame : machine.Resolve({const_cast<void*>(left.where)}, false))
      if (frame.in_driver && where.empty()) where = fmt::format(", mapped in {} at {}:{}", frame.function, frame.file, frame.line);
    lines.push_back(left.words + where);
  }
  for (const nt::ex::PoolLeak& leak : nt::ex::LeaksOf(*machine.kernel, start, range.end - range.begin)) {
    std::string tag;
    for (int i = 0; i < 4; ++i) {
      char c = static_cast<char>(leak.tag >> (8 * i));
      tag += c >= 0x20 && c < 0x7F ? c : '.';
    }
    std::string where;
    for (const StackFrame& frame : machine.Resolve(leak.stack, false))
      if (frame.in_driver && where.empty()) where = fmt::format(", allocated in {} at {}:{}", frame.function, frame.file, frame.line);
    lines.push_back(fmt::format("{} bytes of pool with the tag '{}'{}", leak.size, tag, where));
  }
  nt::ex::ForgetLeaks(*machine.kernel, start, range.end - range.begin);
  for (std::string& provider : nt::etw::TakeLeft(*machine.kernel, start, range.end - range.begin)) lines.push_back(std::move(provider));
  return lines;
}

}  // namespace

Driver::Impl& machine::LoadDriver(Machine::Impl& machine, std::string name, std::unique_ptr<machine::Image> image, DriverEntryPoint entry) {
  Driver::Impl* made;
  {
    rt::LockGuard guard(machine.drivers_lock);
    made = &machine.drivers.emplace_back();
    made->machine = &machine;
    made->name = std::move(name);
    made->image = std::move(image);
  }
  Driver::Impl& driver = *made;
  if (driver.image && !entry) entry = driver.image->entry();
  machine.last_driver_status = machine::Guarded(machine, kStatusMachineStopped, [&]() -> Status {
    nt::io::ImageInfo info;
    if (driver.image) {
      const machine::ImageRange& range = driver.image->range();
      info.path = range.path;
      info.start = reinterpret_cast<const void*>(range.begin);
      info.size = range.end - range.begin;
      nt::etw::AddDescriptions(*machine.kernel, driver.image->event_manifest());
    }
    return nt::io::CreateDriver(*machine.kernel, machine::ToUtf16(driver.name), reinterpret_cast<DRIVER_INITIALIZE*>(entry),
                                info, &driver.driver);
  });
  if (!machine.last_driver_status.ok()) driver.driver = nullptr;
  return driver;
}

const std::string& Driver::name() const { return impl_->name; }
_DRIVER_OBJECT* Driver::object() const { return impl_ && impl_->driver ? impl_->driver->object : nullptr; }

_DEVICE_OBJECT* Device::pdo() const { return impl_ ? impl_->pdo : nullptr; }
_DEVICE_OBJECT* Device::top() const {
  DEVICE_OBJECT* device = pdo();
  while (device && device->AttachedDevice) device = device->AttachedDevice;
  return device;
}
std::string Device::name() const { return impl_ ? impl_->name : ""; }
const std::vector<Resource>& Device::resources() const {
  static const std::vector<Resource> kNone;
  return impl_ ? impl_->resources : kNone;
}
bool Device::started() const {
  return impl_ && impl_->pdo && !impl_->machine->stopped() && nt::pnp::StateOf(impl_->pdo) == nt::pnp::NodeState::kStarted;
}

std::string Device::state() const {
  if (!impl_ || !impl_->pdo || impl_->machine->stopped()) return "removed";
  return nt::pnp::NodeStateName(nt::pnp::StateOf(impl_->pdo));
}

Driver Machine::AddDriver(const std::string& image_path) {
  std::unique_ptr<machine::Image> image = machine::Image::Load(image_path);
  std::string name = image->driver_name();
  return Driver(&machine::LoadDriver(*impl_, std::move(name), std::move(image)));
}

Driver Machine::AddDriver(const std::string& name, DriverEntryPoint entry) {
  return Driver(&machine::LoadDriver(*impl_, name, nullptr, entry));
}

Status Machine::last_driver_status() const { return impl_->last_driver_status; }

NTSTATUS Machine::Impl::Unload(Driver driver) {
  nt::io::UnloadReport report;
  NTSTATUS status = nt::io::UnloadDriver(driver.impl()->driver, &report);
  if (!NT_SUCCESS(status)) return status;
  driver.impl()->driver = nullptr;
  for (std::string& leak : LeaksOfImage(*this, driver)) report.leaks.push_back(std::move(leak));
  if (!report.leaks.empty()) {
    std::string words = fmt::format("{} was unloaded and left behind:", driver.name());
    for (const std::string& leak : report.leaks) words += "\n      " + leak;
    AddReport(MakeReport(ReportKind::kLeak, std::move(words)));
  }
  return status;
}

Status Machine::UnloadDriver(Driver driver) {
  if (!driver || !driver.impl()->driver) return STATUS_NOT_FOUND;
  return machine::Guarded(*impl_, kStatusMachineStopped, [&]() -> Status { return impl_->Unload(driver); });
}

namespace {

SYSTEM_POWER_STATE SystemStateOf(int s_state) {
  static constexpr SYSTEM_POWER_STATE kStates[] = {PowerSystemWorking,   PowerSystemSleeping1, PowerSystemSleeping2,
                                                   PowerSystemSleeping3, PowerSystemHibernate, PowerSystemShutdown};
  return s_state >= 0 && s_state <= 5 ? kStates[s_state] : PowerSystemUnspecified;
}

}  // namespace

namespace {

// Behind those that are there, each once.
void AddIds(const std::vector<std::string>& more, std::vector<std::u16string>& ids) {
  for (const std::string& text : more) {
    const std::u16string id = machine::ToUtf16(text);
    if (std::none_of(ids.begin(), ids.end(), [&](const std::u16string& there) { return nt::ob::EqualNames(there, id); })) ids.push_back(id);
  }
}

}  // namespace

Device Machine::AddDevice(const DeviceSpec& spec) {
  nt::pnp::DeviceDescription description;
  description.instance_id = machine::ToUtf16(spec.instance);
  for (const std::string& id : spec.hardware_ids) description.hardware_ids.push_back(machine::ToUtf16(id));
  for (const std::string& id : spec.compatible_ids) description.compatible_ids.push_back(machine::ToUtf16(id));
  description.device_text = machine::ToUtf16(spec.description);
  description.lower_filters = NtDrivers(spec.lower_filters);
  description.upper_filters = NtDrivers(spec.upper_filters);
  DEVICE_CAPABILITIES capabilities = {};
  if (spec.power.given) {
    capabilities.Size = sizeof capabilities;
    capabilities.Version = 1;
    capabilities.Address = capabilities.UINumber = static_cast<ULONG>(-1);
    capabilities.UniqueID = 1;
    capabilities.RawDeviceOK = !spec.function && !spec.drivers_by_id;
    for (int s = 0; s <= 5; ++s) {
      capabilities.DeviceState[SystemStateOf(s)] = static_cast<DEVICE_POWER_STATE>(PowerDeviceD0 + spec.power.d_state[s]);
    }
    capabilities.DeviceD1 = spec.power.d1;
    capabilities.DeviceD2 = spec.power.d2;
    capabilities.DeviceWake = spec.power.wakes_from_d < 0 ? PowerDeviceUnspecified : static_cast<DEVICE_POWER_STATE>(PowerDeviceD0 + spec.power.wakes_from_d);
    capabilities.SystemWake = spec.power.wakes_from_s < 0 ? PowerSystemUnspecified : SystemStateOf(spec.power.wakes_from_s);
    description.capabilities = &capabilities;
  }
  std::optional<PciDevice> pci = machine::PciOf(spec);
  if (pci) {
    machine::Guarded(*impl_, false, [&] { return machine::ChoosePlace(*impl_->kernel, *pci), true; });
    if (spec.instance.empty()) description.instance_id = machine::ToUtf16(machine::InstancePathOf(*pci));
    AddIds(machine::HardwareIdsOf(*pci), description.hardware_ids);
    AddIds(machine::CompatibleIdsOf(*pci), description.compatible_ids);
  }
  if (spec.drivers_by_id) impl_->FindDrivers(&description);
  Device::Impl& device = impl_->devices.emplace_back();
  device.machine = impl_.get();
  if (spec.function) description.function = NtDrivers({spec.function})[0];
  if (!spec.resources.empty() && !stopped()) {
    std::string name = !spec.instance.empty() ? spec.instance : spec.function ? fmt::format("a device of {}", spec.function.name()) : "a raw device";
    machine::Guarded(*impl_, false, [&] {
      device.hardware = std::make_unique<machine::Hardware>(*impl_->kernel, name, spec.resources);
      return true;
    });
    if (device.hardware) {
      device.resources = spec.resources;
      for (size_t i = 0; pci && i < pci->bars.size(); ++i)
        if (pci->bars[i].prefetchable) device.hardware->Prefetchable(i);
      description.raw_resources = device.hardware->raw();
      description.translated_resources = device.hardware->translated();
    }
  }
  if (pci && !stopped()) {
    machine::Guarded(*impl_, false, [&] {
      device.pci = machine::MakeFunction(*pci, description.raw_resources, spec.power.d1, spec.power.d2, spec.power.wakes_from_d);
      return true;
    });
    description.pci = device.pci;
  }
  device.start_status = machine::Guarded(*impl_, kStatusMachineStopped.value(), [&]() -> NTSTATUS {
    if (spec.model)
      description.hooks = backend::HooksFor(*impl_->kernel, std::make_unique<machine::ModelBridge>(spec.model));
    device.acpi = spec.acpi;
    if (spec.acpi) description.hooks = backend::WithAcpi(*impl_->kernel, spec.acpi, description.hooks);
    description.hooks.reenumerates = spec.restartable;
    return nt::pnp::AddDevice(*impl_->kernel, description, &device.pdo);
  });
  if (spec.drivers_by_id && !stopped()) machine::Guarded(*impl_, false, [&] { return impl_->LetGo(description), true; });
  if (device.pdo && !stopped()) device.name = machine::ToUtf8(nt::pnp::InstancePathOf(device.pdo));
  return Device(&device);
}

Status Machine::AddNamedModel(const std::string& name, std::shared_ptr<DeviceModel> model, bool direct_io) {
  return machine::Guarded(*impl_, kStatusMachineStopped, [&]() -> Status {
    DEVICE_OBJECT* device = nullptr;
    return backend::CreateModelDevice(
        *impl_->kernel, {.name = machine::ToUtf16(name), .flags = direct_io ? ULONG{DO_DIRECT_IO} : ULONG{DO_BUFFERED_IO}},
        std::make_unique<machine::ModelBridge>(std::move(model)), &device);
  });
}

Status Machine::RemoveDevice(Device device) {
  Status status = OnDevice(*impl_, device, [](DEVICE_OBJECT* pdo) { return nt::pnp::Remove(pdo); });
  if (status.ok() && !impl_->children.count(device.impl()->pdo)) {
    device.impl()->pdo = nullptr;
    device.impl()->hardware = nullptr;
  }
  // A device that failed went by itself: what it was wired to is free again.
  if (status == STATUS_NO_SUCH_DEVICE && device && !stopped()) device.impl()->hardware = nullptr;
  return status;
}

Status Machine::SurpriseRemove(Device device) {
  // The hardware goes first; its driver hears of it afterwards.
  if (device && device.impl()->pdo && device.impl()->hardware && !stopped()) device.impl()->hardware->Unplug();
  if (device && device.impl()->pdo && device.impl()->pci && !stopped()) machine::Unplug(*device.impl()->pci);
  Status status = OnDevice(*impl_, device, [](DEVICE_OBJECT* pdo) { return nt::pnp::SurpriseRemove(pdo); });
  if (status.ok() && !impl_->children.count(device.impl()->pdo)) device.impl()->pdo = nullptr;
  return status;
}

Status Machine::QueryRemove(Device device) {
  return OnDevice(*impl_, device, [](DEVICE_OBJECT* pdo) { return nt::pnp::QueryRemove(pdo); });
}

Status Machine::CancelRemove(Device device) {
  return OnDevice(*impl_, device, [](DEVICE_OBJECT* pdo) { return nt::pnp::CancelRemove(pdo); });
}

Status Machine::DisableDevice(Device device) {
  return OnDevice(*impl_, device, [](DEVICE_OBJECT* pdo) { return nt::pnp::DisableDevice(pdo); });
}

Status Machine::EnableDevice(Device device) {
  return OnDevice(*impl_, device, [](DEVICE_OBJECT* pdo) { return nt::pnp::EnableDevice(pdo); });
}

Status Machine::EjectDevice(Device device) {
  return OnDevice(*impl_, device, [](DEVICE_OBJECT* pdo) { return nt::pnp::Eject(pdo); });
}

Status Machine::Rebalance(Device device) {
  return OnDevice(*impl_, device, [](DEVICE_OBJECT* pdo) { return nt::pnp::Rebalance(pdo); });
}

Status Machine::Reenumerate(Device device) {
  return OnDevice(*impl_, device, [](DEVICE_OBJECT* pdo) { return nt::pnp::Reenumerate(pdo); });
}

void Machine::InstallDriver(const std::vector<std::string>& ids, Driver function, const std::vector<Driver>& upper_filters,
                            const std::vector<Driver>& lower_filters) {
  NtDrivers(upper_filters);  // all loaded, or an error
  NtDrivers(lower_filters);
  if (function) NtDrivers({function});
  machine::Guarded(*impl_, false, [&] {
    for (const std::string& id : ids) impl_->installed[nt::ob::Upcase(machine::ToUtf16(id))] = {function, upper_filters, lower_filters};
    impl_->UseMatcher();
    return true;
  });
}

Device Machine::Impl::HandleOf(DEVICE_OBJECT* pdo) {
  Device::Impl*& known = children[pdo];
  if (known) {
    nt::ob::Dereference(pdo);
  } else {
    known = &devices.emplace_back();
    known->machine = this;
    known->pdo = pdo;
    known->name = machine::ToUtf8(nt::pnp::InstancePathOf(pdo));
  }
  return Device(known);
}

std::vector<Device> Machine::Children(Device bus) {
  std::vector<Device> list;
  OnDevice(*impl_, bus, [&](DEVICE_OBJECT* pdo) {
    for (DEVICE_OBJECT* child : nt::pnp::ChildrenOf(pdo)) {
      nt::ob::Reference(child);
      list.push_back(impl_->HandleOf(child));
    }
    return STATUS_SUCCESS;
  });
  return list;
}

Device Machine::Impl::DeviceOf(DEVICE_OBJECT* pdo) {
  // A root-enumerated one has its handle since AddDevice.
  for (Device::Impl& device : devices)
    if (device.pdo == pdo) return Device(&device);
  nt::ob::Reference(pdo);
  return HandleOf(pdo);
}

Status Machine::SetPowerState(Device device, int d_state) {
  if (d_state < 0 || d_state > 3) return STATUS_INVALID_PARAMETER;
  return OnDevice(*impl_, device, [&](DEVICE_OBJECT* pdo) {
    return nt::pnp::SetPower(pdo, static_cast<DEVICE_POWER_STATE>(PowerDeviceD0 + d_state));
  });
}

Status Machine::SetActiveCooling(Device device, bool engaged) {
  return OnDevice(*impl_, device, [&](DEVICE_OBJECT* pdo) { return nt::po::Cool(pdo, engaged ? 1 : 0, -1); });
}

Status Machine::SetPassiveCooling(Device device, uint32_t percent) {
  if (percent > 100) return STATUS_INVALID_PARAMETER;
  return OnDevice(*impl_, device, [&](DEVICE_OBJECT* pdo) { return nt::po::Cool(pdo, -1, static_cast<int>(percent)); });
}

Status Machine::SetSystemPower(int s_state) {
  SYSTEM_POWER_STATE state = SystemStateOf(s_state);
  if (state == PowerSystemUnspecified) return STATUS_INVALID_PARAMETER;
  if (state == PowerSystemShutdown) return Shutdown();
  return machine::Guarded(*impl_, kStatusMachineStopped, [&]() -> Status {
    return nt::pnp::SetSystemPower(*impl_->kernel, state, state == PowerSystemHibernate ? PowerActionHibernate : PowerActionSleep);
  });
}

Status Machine::Shutdown(bool restart) {
  return machine::Guarded(*impl_, kStatusMachineStopped, [&]() -> Status {
    return nt::pnp::SetSystemPower(*impl_->kernel, PowerSystemShutdown, restart ? PowerActionShutdownReset : PowerActionShutdownOff);
  });
}

std::string Machine::StateHistory(Device device) {
  std::string text;
  OnDevice(*impl_, device, [&](DEVICE_OBJECT* pdo) -> NTSTATUS {
    for (DEVICE_OBJECT* at = pdo; at; at = at->AttachedDevice) {
      wdf::Device* framework_device = wdf::DeviceFromWdm(at);
      if (!framework_device || framework_device->is_control()) continue;
      text += framework_device->globals().service_name + ":\n" + wdf::ToText(framework_device->pnp().History());
    }
    return STATUS_SUCCESS;
  });
  return text;
}

Status Machine::DirectPower(Device device, bool down) {
  return OnDevice(*impl_, device, [&](DEVICE_OBJECT* pdo) { return nt::po::Directed(pdo, down); });
}

Status Machine::WakeDevice(Device device) {
  return OnDevice(*impl_, device, [&](DEVICE_OBJECT* pdo) -> NTSTATUS {
    if (!nt::pnp::TriggerWake(pdo)) return STATUS_INVALID_DEVICE_STATE;
    return nt::pnp::SetSystemPower(*impl_->kernel, PowerSystemWorking, PowerActionSleep);
  });
}

Status Machine::Link(const std::string& name, const std::string& target) {
  return machine::Guarded(*impl_, kStatusMachineStopped, [&]() -> Status {
    std::u16string from = machine::ToUtf16(name), to = machine::ToUtf16(target);
    UNICODE_STRING link{static_cast<USHORT>(from.size() * 2), static_cast<USHORT>(from.size() * 2),
                        reinterpret_cast<PWCH>(from.data())};
    UNICODE_STRING goal{static_cast<USHORT>(to.size() * 2), static_cast<USHORT>(to.size() * 2), reinterpret_cast<PWCH>(to.data())};
    return IoCreateSymbolicLink(&link, &goal);
  });
}

}  // namespace drydock
