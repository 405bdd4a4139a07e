// DriverStore: what applications ask of it: lists of drivers, and another driver for a device.
#include <algorithm>

#include "machine/names.h"
#include "machine/setup/driver_store.h"
#include "nt/pnp/pnp.h"

namespace drydock::machine::setup {

namespace {

// Where a copied file goes: where a service looks for it, else to the other drivers.
std::string Target(const DeviceInstall& install, const std::string& file) {
  for (const ServiceInstall& service : install.services)
    if (InfEqual(service.binary.substr(service.binary.find_last_of("\\/") + 1), file)) return ImagePath(service.binary);
  return ImagePath("%12%\\" + file);
}

}  // namespace

bool DriverStore::IsInstalled(const std::string& instance, const Match& match) {
  const std::string driver = registry_.ReadText(std::u16string(kControlSet) + u"\\Enum\\" + ToUtf16(instance), "Driver");
  if (driver.empty()) return false;
  const std::u16string key = std::u16string(kControlSet) + u"\\Control\\Class\\" + ToUtf16(driver);
  return registry_.ReadText(key, "InfPath") == match.stored->published && registry_.ReadText(key, "DriverDesc") == match.model->description &&
         registry_.ReadText(key, "InfSection") == SectionName(match.stored->package.installs[match.model->install]);
}

std::vector<nt::win32::SetupDriver> DriverStore::DriversFor(const nt::win32::SetupDevice& device) {
  const Ids ids{device.hardware_ids, device.compatible_ids};
  std::vector<std::pair<uint64_t, nt::win32::SetupDriver>> found;
  std::vector<nt::win32::SetupDriver> drivers;
  WithTurn([&] {
    for (const Stored& stored : packages_) {
      if (stored.package.extension()) continue;
      for (const DeviceModelEntry& model : stored.package.models) {
        Match match{.stored = &stored, .model = &model, .id = {}, .rank = 0};
        const DeviceInstall& install = stored.package.installs[model.install];
        const std::optional<uint64_t> rank = Rank(ids, model, install, &match.id);
        if (!rank) continue;
        nt::win32::SetupDriver one;
        one.description = model.description;
        one.manufacturer = model.manufacturer;
        one.provider = stored.package.provider;
        one.inf = stored.published;
        one.section = SectionName(install);
        one.hardware_id = model.hardware_id;
        one.compatible_ids = model.compatible_ids;
        for (const std::string& file : install.files) one.files.push_back("C:\\Windows\\" + Target(install, file));
        one.date = stored.package.date;
        one.version = stored.package.version_number;
        // 0xSSGGTHHH: score, kind of match, place.
        one.rank = static_cast<uint32_t>((*rank >> 32 & 0xFF) << 16 | (*rank >> 28 & 0xF) << 12 | (*rank & 0xFFF));
        one.installed = IsInstalled(device.instance, match);
        found.emplace_back(*rank, std::move(one));
      }
    }
  });
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& each : found) drivers.push_back(std::move(each.second));
  return drivers;
}

DriverStore::Chosen DriverStore::ChooseDriver(const nt::win32::SetupDevice& device, const std::string& inf_path, bool force) {
  const Ids ids{device.hardware_ids, device.compatible_ids};
  Chosen chosen = Chosen::kNone;
  WithTurn([&] {
    const Stored* stored = nullptr;
    for (const Stored& each : packages_)
      if (each.path == inf_path) stored = &each;
    const std::optional<Match> match = stored != nullptr ? Best(ids, stored->package.extension(), stored) : std::nullopt;
    if (!match) return;
    const std::optional<Match> best = Best(ids, stored->package.extension());
    chosen = Chosen::kBetter;
    if (!force && best->stored != stored) return;
    chosen = Chosen::kInstalled;
    if (stored->package.extension()) InstallExtension(device.instance, *match);
    else if (force || !IsInstalled(device.instance, *match)) InstallDevice(device.instance, ids, *match);
  });
  return chosen;
}

std::string DriverStore::PublishedName(const std::string& inf_path) {
  std::string name;
  WithTurn([&] {
    for (const Stored& each : packages_)
      if (each.path == inf_path) name = each.published;
  });
  return name;
}
std::string DriverStore::PathOf(const std::string& published) {
  std::string path;
  WithTurn([&] {
    for (const Stored& each : packages_)
      if (InfEqual(each.published, published)) path = each.path;
  });
  return path;
}

}  // namespace drydock::machine::setup
