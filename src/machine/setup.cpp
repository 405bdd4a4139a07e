// Machine: installing driver packages, devices by hardware id, and what devices there are.
#include <fmt/format.h>

#include "drydock/machine.h"
#include "machine/impl.h"
#include "machine/names.h"
#include "machine/setup/driver_store.h"
#include "nt/ob/name_space.h"
#include "nt/ob/object.h"
#include "nt/pnp/node.h"
#include "nt/pnp/pnp.h"

namespace drydock {
namespace {

machine::setup::DriverStore& StoreOf(Machine::Impl& machine) { return machine.Store(); }

void AddBelow(Machine::Impl& machine, DEVICE_OBJECT* pdo, std::vector<Device>& list) {
  list.push_back(machine.DeviceOf(pdo));
  for (DEVICE_OBJECT* child : nt::pnp::ChildrenOf(pdo)) AddBelow(machine, child, list);
}

}  // namespace

machine::setup::DriverStore& Machine::Impl::Store() {
  if (!store) {
    store = std::make_unique<machine::setup::DriverStore>(*this);
    UseMatcher();
  }
  return *store;
}

void Machine::Impl::UseMatcher() {
  const auto match = [](void* context, const std::vector<std::u16string>& ids, nt::pnp::DeviceDescription* drivers) {
    auto& machine = *static_cast<Machine::Impl*>(context);
    for (const std::u16string& id : ids) {
      auto found = machine.installed.find(nt::ob::Upcase(id));
      if (found == machine.installed.end()) continue;
      const Installed& installed = found->second;
      for (Driver driver : installed.lower_filters) drivers->lower_filters.push_back(driver.impl()->driver);
      for (Driver driver : installed.upper_filters) drivers->upper_filters.push_back(driver.impl()->driver);
      if (installed.function) drivers->function = installed.function.impl()->driver;
      return true;
    }
    return machine.store && machine.store->FindDrivers(drivers);
  };
  nt::pnp::SetDriverMatcher(*kernel, match, this);
  const auto unload = [](void* context, nt::io::Driver* unused) {
    auto& machine = *static_cast<Machine::Impl*>(context);
    for (Driver::Impl& driver : machine.drivers)
      if (driver.driver == unused) machine.Unload(Driver(&driver));
  };
  nt::pnp::SetDriverUnloader(*kernel, unload, this);
  kernel->load_driver = [](void* context, const std::u16string& service) -> int32_t {
    auto& machine = *static_cast<Machine::Impl*>(context);
    return machine.store ? machine.store->LoadService(machine::ToUtf8(service)).value() : STATUS_OBJECT_NAME_NOT_FOUND;
  };
  kernel->unload_driver = [](void* context, const std::u16string& service) -> int32_t {
    auto& machine = *static_cast<Machine::Impl*>(context);
    for (Driver::Impl& driver : machine.drivers)
      if (driver.driver && nt::ob::EqualNames(driver.driver->name, service)) return machine.Unload(Driver(&driver));
    return STATUS_OBJECT_NAME_NOT_FOUND;
  };
}

std::vector<std::string> Machine::Install(const std::string& inf_path, const std::string& image_folder) {
  return machine::Guarded(*impl_, std::vector<std::string>(), [&] { return StoreOf(*impl_).Install(inf_path, image_folder); });
}

void Machine::ProvideService(const std::string& service, const std::string& image_path) {
  machine::Guarded(*impl_, false, [&] { return StoreOf(*impl_).ProvideService(service, image_path), true; });
}

Device Machine::AddRootDevice(const std::string& hardware_id, const DeviceSpec& given) {
  if (given.function || !given.upper_filters.empty() || !given.lower_filters.empty())
    throw Error(fmt::format("{}: the drivers of a root device come from its INF; AddDevice takes drivers", hardware_id));
  if (hardware_id.empty()) throw Error("a root device needs a hardware id");
  DeviceSpec spec = given;
  std::erase(spec.hardware_ids, hardware_id);
  spec.hardware_ids.insert(spec.hardware_ids.begin(), hardware_id);
  spec.drivers_by_id = true;
  return AddDevice(spec);
}

static std::vector<nt::io::Driver*> DriversOf(const nt::pnp::DeviceDescription& device) {
  std::vector<nt::io::Driver*> drivers = device.lower_filters;
  drivers.insert(drivers.end(), device.upper_filters.begin(), device.upper_filters.end());
  if (device.function) drivers.push_back(device.function);
  return drivers;
}

void Machine::Impl::LetGo(const nt::pnp::DeviceDescription& device) {
  for (nt::io::Driver* driver : DriversOf(device)) {
    if (driver->wanted.fetch_sub(1) == 1) nt::pnp::DriverUnused(driver);  // looks whether it is
  }
}

void Machine::Impl::FindDrivers(nt::pnp::DeviceDescription* device) {
  std::string problem = machine::Guarded(*this, std::string("the machine has stopped"), [&] {
    machine::setup::DriverStore& driver_store = StoreOf(*this);
    std::vector<std::string> ids;
    for (const std::u16string& id : device->hardware_ids) ids.push_back(machine::ToUtf8(id));
    if (device->instance_id.empty()) device->instance_id = driver_store.NewRootInstance(ids);
    nt::pnp::Busy busy(*kernel->pnp);  // none of them is unloaded before it is wanted
    if (!driver_store.FindDrivers(device)) return driver_store.ProblemOf(machine::ToUtf8(device->instance_id));
    for (nt::io::Driver* driver : DriversOf(*device)) driver->wanted.fetch_add(1);
    return std::string();
  });
  if (!problem.empty()) throw Error(fmt::format("{}: {}", machine::ToUtf8(device->hardware_ids.empty() ? device->instance_id : device->hardware_ids[0]), problem));
}

std::vector<Device> Machine::Devices() {
  return machine::Guarded(*impl_, std::vector<Device>(), [&] {
    std::vector<Device> list;
    for (DEVICE_OBJECT* pdo : nt::pnp::Devices(*impl_->kernel)) {
      nt::pnp::DeviceNode* node = nt::pnp::NodeOf(pdo);
      if (node && !node->parent) AddBelow(*impl_, pdo, list);
    }
    return list;
  });
}

Device Machine::FindDevice(const std::string& name) {
  if (auto found = impl_->named.find(name); found != impl_->named.end() && found->second.pdo()) return found->second;
  return machine::Guarded(*impl_, Device(), [&] {
    const std::u16string wanted = machine::ToUtf16(name);
    if (DEVICE_OBJECT* pdo = nt::pnp::FindDevice(*impl_->kernel, wanted)) {
      Device device = impl_->DeviceOf(pdo);
      nt::ob::Dereference(pdo);
      return device;
    }
    machine::setup::RegistryWriter registry(*impl_->kernel);
    for (DEVICE_OBJECT* pdo : nt::pnp::Devices(*impl_->kernel)) {
      nt::pnp::DeviceNode* node = nt::pnp::NodeOf(pdo);
      if (!node) continue;
      const std::u16string key = std::u16string(machine::setup::kControlSet) + u"\\Enum\\" + node->instance_path;
      if (nt::ob::EqualNames(node->text, wanted) || nt::ob::EqualNames(machine::ToUtf16(registry.ReadText(key, "DeviceDesc")), wanted))
        return impl_->DeviceOf(pdo);
      for (const std::u16string& id : node->hardware_ids)
        if (nt::ob::EqualNames(id, wanted)) return impl_->DeviceOf(pdo);
    }
    return Device();
  });
}

std::vector<std::string> Machine::TakeDown() {
  std::vector<std::string> refusals;
  std::vector<Device> devices = Devices();
  for (size_t i = devices.size(); i-- > 0 && !stopped();) {
    nt::pnp::DeviceNode* node = nt::pnp::NodeOf(devices[i].pdo());
    if (!node || node->parent) continue;  // a bus takes its children along
    const std::string name = devices[i].name();
    const Status status = RemoveDevice(devices[i]);
    if (!status.ok() && status != STATUS_NO_SUCH_DEVICE && !stopped()) {  // one that left by itself meanwhile is gone as well
      refusals.push_back(fmt::format("{} refused to be removed: {}", name, status.ToString()));
      SurpriseRemove(devices[i]);
    }
  }
  if (!stopped()) RunUntilIdle();  // what removal left to workers
  for (size_t i = impl_->drivers.size(); i-- > 0 && !stopped();)
    if (impl_->drivers[i].driver) UnloadDriver(Driver(&impl_->drivers[i]));
  return refusals;
}

std::string Device::problem() const {
  if (!impl_ || !impl_->machine->store) return "";
  return machine::Guarded(*impl_->machine, std::string(), [&] { return impl_->machine->store->ProblemOf(impl_->name); });
}

}  // namespace drydock
