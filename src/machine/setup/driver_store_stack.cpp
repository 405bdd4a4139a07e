// DriverStore: the stack of a device, from what the registry says of it.
#include <fmt/format.h>

#include "classes/services.h"
#include "machine/image.h"
#include "machine/load_driver.h"
#include "machine/names.h"
#include "machine/setup/driver_store.h"
#include "nt/dbg/state.h"

namespace drydock::machine::setup {

namespace {

// Filters that Windows brings and packages name. None of them is in a machine, and no driver beside them can tell.
bool IsSystemFilter(const std::string& service) {
  for (const char* name : {"serenum", "partmgr", "volsnap", "fvevol", "rdyboost", "iorate", "volume", "ksthunk", "EhStorClass", "WpdUpFltr", "UASPStor"})
    if (InfEqual(service, name)) return true;
  return false;
}

// Classes whose installer, not the INF, names the function driver, one that is in no machine: a modem's is modem.sys. What stands below it can tell
// only by what it is not sent.
bool ClassInstallerNamesFunction(const std::string& class_guid) { return InfEqual(class_guid, "{4d36e96d-e325-11ce-bfc1-08002be10318}"); }

}  // namespace

nt::io::Driver* DriverStore::Load(const std::string& service, std::string* problem) {
  if (nt::io::Driver* loaded = nt::io::FindDriver(*machine_.kernel, ToUtf16(service))) return loaded;
  auto image = images_.find(InfLower(service));
  // What the system brings and no package does; an image that was provided for it stands first.
  if (PDRIVER_INITIALIZE entry = image == images_.end() ? classes::FindService(service) : nullptr) {
    Driver::Impl& driver = LoadDriver(machine_, service, nullptr, reinterpret_cast<DriverEntryPoint>(entry));
    if (driver.driver) driver.driver->unload_when_unused = true;
    else *problem = fmt::format("service {}: its DriverEntry returned {}", service, machine_.last_driver_status.ToString());
    return driver.driver;
  }
  if (image == images_.end()) {
    auto missing = missing_.find(InfLower(service));
    *problem = fmt::format("service {}: {}", service, missing == missing_.end() ? "it is installed by no package" : missing->second);
    return nullptr;
  }
  try {
    Driver::Impl& driver = LoadDriver(machine_, service, Image::Load(image->second));
    if (driver.driver) driver.driver->unload_when_unused = true;
    if (driver.driver) return driver.driver;
    *problem = fmt::format("service {}: its DriverEntry returned {}", service, machine_.last_driver_status.ToString());
  } catch (const Error& error) {
    *problem = fmt::format("service {}: {}", service, error.what());
  }
  return nullptr;
}

Status DriverStore::LoadService(const std::string& service) {
  if (nt::io::FindDriver(*machine_.kernel, ToUtf16(service))) return STATUS_IMAGE_ALREADY_LOADED;
  if (!images_.contains(InfLower(service)) && !classes::FindService(service)) return STATUS_OBJECT_NAME_NOT_FOUND;
  std::string problem;
  nt::io::Driver* driver = Load(service, &problem);
  if (!driver) return machine_.last_driver_status.ok() ? Status(STATUS_INVALID_IMAGE_FORMAT) : machine_.last_driver_status;
  driver->unload_when_unused = false;  // who loaded it unloads it
  return STATUS_SUCCESS;
}

bool DriverStore::ComposeStack(const std::string& instance, nt::pnp::DeviceDescription* device, std::string* problem) {
  const std::u16string enum_key = std::u16string(kControlSet) + u"\\Enum\\" + ToUtf16(instance);
  const std::string guid = registry_.ReadText(enum_key, "ClassGUID");
  const std::u16string class_key = std::u16string(kControlSet) + u"\\Control\\Class\\" + ToUtf16(guid);
  std::vector<std::string> host = registry_.ReadTexts(enum_key + u"\\Device Parameters\\WUDF", "DriverList");

  // The reflector stands for the UMDF drivers of the device, the lowest first.
  auto load = [&](const std::string& service, std::vector<nt::io::Driver*>& into) {
    const bool reflector = InfEqual(service, "WUDFRd") && !host.empty();
    for (const std::string& name : reflector ? host : std::vector<std::string>{service}) {
      nt::io::Driver* driver = Load(name, problem);
      if (!driver) return false;
      into.push_back(driver);
    }
    return true;
  };
  auto load_all = [&](const std::u16string& key, const std::string& value, std::vector<nt::io::Driver*>& into) {
    for (const std::string& service : registry_.ReadTexts(key, value)) {
      if (IsSystemFilter(service) && !images_.contains(InfLower(service))) {
        nt::dbg::PrintLine(*machine_.kernel, fmt::format("{}: {}, a filter of the system's own, is left out", instance, service));
        continue;
      }
      if (!load(service, into)) return false;
    }
    return true;
  };

  // The device's own filters, in the order in which they attach. An INF that names levels has those of AddFilter stand at theirs, one level
  // after the other, and the plain list at the default level; a filter of a level that the device does not have is left out.
  auto load_filters = [&](const std::string& side, std::vector<nt::io::Driver*>& into) {
    const std::vector<std::string> levels = registry_.ReadTexts(enum_key, side + "FilterLevels");
    const std::string by_default = registry_.ReadText(enum_key, side + "FilterDefaultLevel");
    bool plain = false;
    for (const std::string& level : levels) {
      if (InfEqual(level, by_default)) {
        plain = true;
        if (!load_all(enum_key, side + "Filters", into)) return false;
      }
      if (!load_all(enum_key + u"\\Device Parameters", "FilterLevel " + level, into)) return false;
    }
    return plain || load_all(enum_key, side + "Filters", into);
  };

  std::vector<nt::io::Driver*> lower, function, upper;
  const std::string service = registry_.ReadText(enum_key, "Service");
  if (!load_filters("Lower", lower)) return false;
  if (!guid.empty() && !load_all(class_key, "LowerFilters", lower)) return false;
  if (!service.empty() && !load(service, function)) return false;
  // Of a host's drivers the lowest is the function driver; the others attach above it.
  if (function.size() > 1) upper.assign(function.begin() + 1, function.end());
  // A class driver such as kbdclass is a filter of its class, above those of the device.
  if (!load_filters("Upper", upper)) return false;
  if (!guid.empty() && !load_all(class_key, "UpperFilters", upper)) return false;

  for (nt::io::Driver* driver : lower) device->lower_filters.push_back(driver);
  if (!function.empty()) device->function = function[0];
  device->needs_function = (!service.empty() || !registry_.Has(enum_key, "Service")) && !ClassInstallerNamesFunction(guid);  // an empty one: the null service
  for (nt::io::Driver* driver : upper) device->upper_filters.push_back(driver);
  std::string description = registry_.ReadText(enum_key, "DeviceDesc");
  if (device->device_text.empty()) device->device_text = ToUtf16(description);
  return true;
}

}  // namespace drydock::machine::setup
