// Machine: made as a description says.
#include <fmt/format.h>

#include <map>

#include <ntddk.h>

#include "drydock/acpi.h"
#include "drydock/description.h"
#include "drydock/spb.h"
#include "machine/impl.h"
#include "machine/module.h"
#include "machine/pci.h"

namespace drydock {
namespace {

class Builder {
 public:
  Builder(Machine& machine, const MachineDescription& description) : machine_(machine), description_(description) {}

  void Build() {
    for (const std::string& file : description_.registry_files)
      if (std::string wrong = machine_.LoadRegistry(file); !wrong.empty()) throw Error(wrong);
    for (const auto& value : description_.registry_values) SetValue(value);
    for (const auto& package : description_.packages) Placed(package.line, [&] { machine_.Install(package.inf, package.images); });
    for (const auto& [service, image] : description_.services) machine_.ProvideService(service, image);
    for (const auto& driver : description_.drivers) Placed(driver.line, [&] { Load(driver.name, driver.image); });
    for (const auto& driver : description_.drivers) {
      if (driver.ids.empty()) continue;
      Placed(driver.line, [&] { machine_.InstallDriver(driver.ids, loaded_.at(driver.name), Named(driver.upper), Named(driver.lower)); });
    }
    for (const auto& device : description_.devices)
      if (device.plugged) Placed(device.line, [&] { Plug(device); });
  }

  Device Plug(const MachineDescription::DeviceEntry& entry) {
    DeviceSpec spec;
    spec.model = MakeModel(entry.model);
    spec.power = entry.power;
    if (entry.model.kind == ModelDescription::Kind::kKeyboard) spec.resources = machine_.impl()->keyboards[entry.name].Resources();
    if (entry.model.kind == ModelDescription::Kind::kMouse) spec.resources = machine_.impl()->mice[entry.name].Resources();
    if (entry.model.kind == ModelDescription::Kind::kUart) {
      const auto uart = machine_.impl()->uarts.try_emplace(entry.name, UartOptions{.fifo = entry.model.fifo}).first;
      spec.resources = uart->second.Resources(entry.model.line, entry.model.port);
    }
    if (entry.model.kind == ModelDescription::Kind::kModule) {
      DeviceModule& module = ModuleOf(entry);
      try {
        spec.resources = module.Resources();
        spec.model = module.Model();
        spec.pci = module.Pci();
      } catch (const Error&) {
        throw;
      } catch (const std::exception& error) {
        throw Error(fmt::format("{}: {}", entry.model.path, error.what()));
      }
    }
    spec.acpi = AcpiOfEntry(entry);
    for (size_t i = 0; i < entry.resources.size(); ++i) {
      const ResourceDescription& resource = entry.resources[i];
      const bool connection = resource.kind == ResourceDescription::Kind::kI2c || resource.kind == ResourceDescription::Kind::kSpi ||
                              resource.kind == ResourceDescription::Kind::kPins;
      spec.resources.push_back(connection ? Connection(resource, entry.name, i) : MakeResource(resource));
    }
    if (entry.pci) {
      const std::optional<PciDevice> of_module = std::exchange(spec.pci, entry.pci);
      if (of_module) spec.pci->read = of_module->read, spec.pci->write = of_module->write;
    }
    // One that comes back is the same device.
    spec.instance = entry.instance;
    auto earlier = entry.name.empty() ? machine_.impl()->named.end() : machine_.impl()->named.find(entry.name);
    if (spec.instance.empty() && earlier != machine_.impl()->named.end()) spec.instance = earlier->second.name();
    spec.description = entry.description;
    spec.hardware_ids = entry.ids;
    if (!entry.id.empty()) spec.hardware_ids.insert(spec.hardware_ids.begin(), entry.id);
    spec.compatible_ids = entry.compatible_ids;
    Device device;
    if (entry.function.empty()) {
      // Without an id: what the PCI bus calls it.
      device = machine_.AddRootDevice(entry.id.empty() && spec.pci ? machine::HardwareIdsOf(*spec.pci)[0] : entry.id, spec);
    } else {
      spec.function = Named({entry.function})[0];
      spec.upper_filters = Named(entry.upper);
      spec.lower_filters = Named(entry.lower);
      device = machine_.AddDevice(spec);
    }
    if (!entry.name.empty()) machine_.impl()->named[entry.name] = device;
    return device;
  }

 private:
  // Likewise made once.
  std::shared_ptr<AcpiObject> AcpiOfEntry(const MachineDescription::DeviceEntry& entry) {
    if (!entry.has_acpi) return nullptr;
    std::shared_ptr<AcpiObject> none;
    std::shared_ptr<AcpiObject>& acpi = entry.name.empty() ? none : machine_.impl()->acpi[entry.name];
    if (acpi) return acpi;
    acpi = std::make_shared<AcpiObject>();
    for (const AcpiMethodDescription& method : entry.acpi) {
      if (method.silent) acpi->Silent(method.name);
      else acpi->Method(method.name, method.value);
    }
    return acpi;
  }

  // Made once: a device that is unplugged and plugged again is the same piece of hardware.
  DeviceModule& ModuleOf(const MachineDescription::DeviceEntry& entry) {
    const std::string name = entry.name.empty() ? fmt::format("line {}", entry.line) : entry.name;
    std::shared_ptr<DeviceModule>& module = machine_.impl()->modules[name];
    if (!module) module = machine::LoadModule(entry.model.path, ModuleSetup{machine_, entry.name, entry.model.settings});
    return *module;
  }

  template <class Body>
  void Placed(int line, Body body) {
    if (machine_.stopped()) return;  // its report tells why
    try {
      body();
    } catch (const Error& error) {
      if (machine_.stopped()) return;
      throw Error(fmt::format("{}:{}: {}", description_.file, line, error.what()));
    }
  }

  // A device that comes back has the same peripheral.
  Resource Connection(const ResourceDescription& description, const std::string& device, size_t index) {
    std::vector<Resource> none;
    std::vector<Resource>& made = device.empty() ? none : machine_.impl()->connections[device];
    if (made.size() <= index) made.resize(index + 1);
    Resource& resource = made[index];
    if (resource.kind == Resource::Kind::kConnection) return resource;
    if (description.kind == ResourceDescription::Kind::kPins) {
      GpioPins pins(description.length);
      for (size_t pin = 0; pin < description.length && pin / 8 < description.content.size(); ++pin) pins.Set(pin, description.content[pin / 8] >> pin % 8 & 1);
      return resource = ConnectPins(machine_, pins, description.start);
    }
    auto peripheral = std::make_shared<SpbRegisters>(description.length, description.address_bytes);
    peripheral->Set(0, std::vector<uint8_t>(description.content.begin(), description.content.end()));
    return resource = ConnectSpb(machine_, peripheral,
                                 {.bus = description.kind == ResourceDescription::Kind::kI2c ? SpbOptions::Bus::kI2c : SpbOptions::Bus::kSpi,
                                  .controller = description.controller,
                                  .id = description.start});
  }

  void SetValue(const MachineDescription::RegistryValue& value) {
    Status status;
    if (const uint32_t* number = std::get_if<uint32_t>(&value.value)) status = machine_.SetRegistry(value.key, value.name, *number);
    else status = machine_.SetRegistry(value.key, value.name, std::get<std::string>(value.value));
    if (!status.ok()) throw Error(fmt::format("{}: {}: {}", description_.file, value.key, status.ToString()));
  }

  Driver Load(const std::string& name, const std::string& image) {
    Driver driver = machine_.AddDriver(image);
    if (!driver.object()) throw Error(fmt::format("{}: DriverEntry returned {}", image, machine_.last_driver_status().ToString()));
    return loaded_[name] = driver;
  }

  // By the name of a [[driver]], of one that the machine has loaded, or as an image of its own.
  std::vector<Driver> Named(const std::vector<std::string>& names) {
    std::vector<Driver> list;
    for (const std::string& name : names) {
      auto found = loaded_.find(name);
      if (found == loaded_.end()) {
        for (Driver::Impl& driver : machine_.impl()->drivers)
          if (driver.name == name && driver.driver) found = loaded_.emplace(name, Driver(&driver)).first;
      }
      if (found == loaded_.end()) throw Error(fmt::format("there is no [[driver]] {}", name));
      list.push_back(found->second);
    }
    return list;
  }

  Machine& machine_;
  const MachineDescription& description_;
  std::map<std::string, Driver>& loaded_ = machine_.impl()->described_drivers;
};

}  // namespace

void Machine::Build(const MachineDescription& description) {
  impl_->description = std::make_unique<MachineDescription>(description);
  Builder(*this, *impl_->description).Build();
}

Device Machine::Plug(const std::string& name) {
  if (impl_->description) {
    for (const auto& device : impl_->description->devices) {
      if (device.name != name) continue;
      auto present = impl_->named.find(name);
      if (present != impl_->named.end() && present->second.pdo()) throw Error(fmt::format("{} is plugged in", name));
      return Builder(*this, *impl_->description).Plug(device);
    }
  }
  throw Error(fmt::format("no [[device]] has the name {}", name));
}

std::unique_ptr<Machine> Machine::Load(const std::string& path, const std::string& images) {
  MachineDescription description = MachineDescription::Load(path, images);
  auto machine = std::make_unique<Machine>(description.options);
  machine->Build(description);
  return machine;
}

}  // namespace drydock
