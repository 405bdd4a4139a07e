// Machine: installing driver packages, devices by hardware id, and what devices there are.
#include <fmt/format.h>

#include "backend/model.h"
#include "drydock/machine.h"
#include "machine/impl.h"
#include "machine/model_bridge.h"
#include "machine/names.h"
#include "machine/setup/driver_store.h"
#include "nt/ob/name_space.h"
#include "nt/ob/object.h"
#include "nt/pnp/node.h"
#include "nt/pnp/pnp.h"

namespace drydock {
namespace {

machine::setup::DriverStore& StoreOf(Machine::Impl& machine) {
  if (!machine.store) {
    machine.store = std::make_unique<machine::setup::DriverStore>(machine);
    machine.UseMatcher();
  }
  return *machine.store;
}

void AddBelow(Machine::Impl& machine, DEVICE_OBJECT* pdo, std::vector<Device>& list) {
  list.push_back(machine.DeviceOf(pdo));
  for (DEVICE_OBJECT* child : nt::pnp::ChildrenOf(pdo)) AddBelow(machine, child, list);
}

std::u16string NewInstance(Machine::Impl& machine, const std::string& class_name) {
  std::u16string prefix = u"ROOT\\" + nt::ob::Upcase(machine::ToUtf16(class_name.empty() ? "UNKNOWN" : class_name)) + u"\\";
  std::vector<std::u16string> taken;
  for (DEVICE_OBJECT* pdo : nt::pnp::Devices(*machine.kernel)) taken.push_back(nt::pnp::InstancePathOf(pdo));
  for (unsigned i = 0;; ++i) {
    std::u16string path = prefix + machine::ToUtf16(fmt::format("{:04}", i));
    bool free = true;
    for (const std::u16string& other : taken) free = free && !nt::ob::EqualNames(other, path);
    if (free) return path;
  }
}

}  // namespace

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
}

std::vector<std::string> Machine::Install(const std::string& inf_path, const std::string& image_folder) {
  return machine::Guarded(*impl_, std::vector<std::string>(), [&] { return StoreOf(*impl_).Install(inf_path, image_folder); });
}

void Machine::ProvideService(const std::string& service, const std::string& image_path) {
  machine::Guarded(*impl_, false, [&] { return StoreOf(*impl_).ProvideService(service, image_path), true; });
}

Device Machine::AddRootDevice(const std::string& hardware_id, const DeviceSpec& spec) {
  if (spec.function || !spec.upper_filters.empty() || !spec.lower_filters.empty())
    throw Error(fmt::format("{}: the drivers of a root device come from its INF; AddDevice takes drivers", hardware_id));
  if (hardware_id.empty()) throw Error("a root device needs a hardware id");
  struct Made {
    DEVICE_OBJECT* pdo = nullptr;
    NTSTATUS status = STATUS_SUCCESS;
    std::string problem;
    std::string name;
  };
  Made stopped;
  stopped.status = kStatusMachineStopped.value();
  Made made = machine::Guarded(*impl_, stopped, [&]() -> Made {
    machine::setup::DriverStore& store = StoreOf(*impl_);
    nt::pnp::DeviceDescription description;
    description.hardware_ids.push_back(machine::ToUtf16(hardware_id));
    std::vector<std::string> ids = {hardware_id};
    for (const std::string& id : spec.hardware_ids) {
      if (id == hardware_id) continue;
      description.hardware_ids.push_back(machine::ToUtf16(id));
      ids.push_back(id);
    }
    description.instance_id = spec.instance.empty() ? NewInstance(*impl_, store.ClassOf(ids)) : machine::ToUtf16(spec.instance);
    Made result;
    result.name = machine::ToUtf8(description.instance_id);
    if (!store.FindDrivers(&description)) {
      result.problem = store.ProblemOf(result.name);
      return result;
    }
    if (spec.model)
      description.hooks = backend::HooksFor(*impl_->kernel, std::make_unique<machine::ModelBridge>(spec.model));
    result.status = nt::pnp::AddDevice(*impl_->kernel, description, &result.pdo);
    return result;
  });
  if (!made.problem.empty()) throw Error(fmt::format("{}: {}", hardware_id, made.problem));
  Device::Impl& device = impl_->devices.emplace_back();
  device.machine = impl_.get();
  device.pdo = made.pdo;
  device.start_status = made.status;
  device.name = made.name;
  return Device(&device);
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
  return machine::Guarded(*impl_, Device(), [&] {
    const std::u16string wanted = machine::ToUtf16(name);
    if (DEVICE_OBJECT* pdo = nt::pnp::FindDevice(*impl_->kernel, wanted)) {
      Device device = impl_->DeviceOf(pdo);
      nt::ob::Dereference(pdo);
      return device;
    }
    for (DEVICE_OBJECT* pdo : nt::pnp::Devices(*impl_->kernel)) {
      nt::pnp::DeviceNode* node = nt::pnp::NodeOf(pdo);
      if (!node) continue;
      if (nt::ob::EqualNames(node->text, wanted)) return impl_->DeviceOf(pdo);
      for (const std::u16string& id : node->hardware_ids)
        if (nt::ob::EqualNames(id, wanted)) return impl_->DeviceOf(pdo);
    }
    return Device();
  });
}

std::string Device::problem() const {
  if (!impl_ || !impl_->machine->store) return "";
  return machine::Guarded(*impl_->machine, std::string(), [&] { return impl_->machine->store->ProblemOf(impl_->name); });
}

}  // namespace drydock
