#include "machine/setup/driver_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>

#include "machine/names.h"
#include "machine/setup/inf_stamp.h"
#include "nt/cm/registry.h"
#include "nt/ob/name_space.h"
#include "nt/ob/object.h"
#include "runtime/read_file.h"

namespace drydock::machine::setup {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> ReadBytes(const fs::path& path, std::string* wrong) {
  std::string words;
  auto bytes = rt::ReadFile(path.string(), 16, &words);
  if (!bytes) *wrong = path.string() + ": " + words;
  return bytes;
}

// A file of that name in any letter case; "": none.
fs::path FindFile(const fs::path& folder, const std::string& name) {
  std::error_code error;
  if (fs::exists(folder / name, error)) return folder / name;
  fs::path best;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (InfEqual(at->path().filename().string(), name) && (best.empty() || at->path() < best)) best = at->path();
  return best;
}

std::string LastPart(const std::string& path) {
  size_t slash = path.find_last_of("\\/");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

class DriverStore::Turn {
 public:
  explicit Turn(DriverStore& store) : store_(store) { KeWaitForSingleObject(&store_.turn_, Executive, KernelMode, FALSE, nullptr); }
  Turn(const Turn&) = delete;
  ~Turn() noexcept(false) {
    if (std::uncaught_exceptions() == exceptions_) KeSetEvent(&store_.turn_, IO_NO_INCREMENT, FALSE);
  }

 private:
  DriverStore& store_;
  const int exceptions_ = std::uncaught_exceptions();
};

void DriverStore::WithTurn(const std::function<void()>& work) {
  Turn turn(*this);
  work();
}

DriverStore::DriverStore(Machine::Impl& machine) : machine_(machine), registry_(*machine.kernel) {
  KeInitializeEvent(&turn_, SynchronizationEvent, TRUE);
}

std::vector<std::string> DriverStore::Install(const std::string& inf_path, const std::string& image_folder) {
  std::string wrong;
  std::optional<std::string> bytes = ReadBytes(inf_path, &wrong);
  if (!bytes) throw Error(wrong);
  InfReport report;
  const InfTarget target;
  const fs::path folder = fs::path(inf_path).parent_path();
  // An INF may carry variables as well: a project stamps both kinds.
  InfFile file = InfFile::Parse(StampInf(*bytes, InfStamp()), inf_path, target.locale, report);
  InfLoader loader = [&](const std::string& name) -> std::optional<std::string> {
    fs::path path = FindFile(folder, name);
    std::string ignored;
    if (path.empty()) return std::nullopt;
    std::optional<std::string> text = ReadBytes(path, &ignored);
    if (text) text = StampInf(*text, InfStamp());
    return text;
  };
  DriverPackage package = ReadPackage(file, target, loader, report);
  if (!report.ok()) throw Error(report.ErrorText());
  if (std::error_code error; !fs::is_directory(image_folder, error)) throw Error(fmt::format("{}: no folder of driver images", image_folder));

  Turn turn(*this);
  Stored stored;
  stored.package = std::move(package);
  stored.published = fmt::format("oem{}.inf", packages_.size());
  stored.folder = image_folder;
  stored.path = inf_path;
  auto add_image = [&](const std::string& service, const std::string& binary) {
    if (service.empty() || binary.empty() || images_.contains(InfLower(service))) return;
    std::string image = FindImage(image_folder, LastPart(binary));
    if (image.empty())
      missing_[InfLower(service)] = fmt::format("{} is not in {}", LastPart(binary), image_folder);
    else
      images_[InfLower(service)] = image;
  };
  for (const DeviceInstall& install : stored.package.installs) {
    for (const ServiceInstall& service : install.services) add_image(service.name, service.binary);
    for (const UmdfService& service : install.wdf.umdf) add_image(service.name, service.binary);
  }
  for (const ServiceInstall& service : stored.package.class_services) add_image(service.name, service.binary);
  if (stored.package.has_class_install) InstallClass(stored.package);
  for (const ServiceInstall& service : stored.package.class_services) InstallService(stored, service);
  for (const InterfaceInstall& each : stored.package.interface_classes)
    registry_.Apply(std::u16string(kControlSet) + u"\\Control\\DeviceClasses\\" + ToUtf16(each.guid), each.changes);
  packages_.push_back(std::move(stored));
  return report.Lines(/*errors=*/false);
}

void DriverStore::ProvideService(const std::string& service, const std::string& image_path) {
  Turn turn(*this);
  images_[InfLower(service)] = image_path;
}

std::vector<std::string> DriverStore::PackageNames() const {
  std::vector<std::string> names;
  for (const Stored& stored : packages_) names.push_back(stored.published);
  return names;
}

std::string FindImage(const std::string& folder, const std::string& binary) {
  std::string stem = binary.substr(0, binary.rfind('.'));
  for (const std::string& name : {binary + ".so", stem + ".so", binary})
    if (fs::path path = FindFile(folder, name); !path.empty()) return path.string();
  // As the builder leaves several drivers: a folder for each. Of two, the one of the image's own name.
  std::vector<fs::path> below;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (std::error_code wrong; entry.is_directory(wrong)) below.push_back(entry.path());
  std::sort(below.begin(), below.end(), [&](const fs::path& a, const fs::path& b) {
    return std::pair(!InfEqual(a.filename().string(), stem), a) < std::pair(!InfEqual(b.filename().string(), stem), b);
  });
  for (const fs::path& each : below)
    for (const std::string& name : {binary + ".so", stem + ".so"})
      if (fs::path path = FindFile(each, name); !path.empty()) return path.string();
  return "";
}

std::string DriverStore::ProblemOf(const std::string& instance) {
  Turn turn(*this);
  auto found = problems_.find(InfLower(instance));
  return found == problems_.end() ? std::string() : found->second;
}

// 0xSSGGTHHH: no signatures here; feature score; how the ids met; which of the device's ids, which of the INF's.
std::optional<uint64_t> DriverStore::Rank(const Ids& ids, const DeviceModelEntry& model, const DeviceInstall& install, std::string* id) {
  std::optional<uint64_t> best;
  auto meet = [&](uint64_t kind, uint64_t device_index, const std::string& device_id, uint64_t inf_index, const std::string& inf_id) {
    if (inf_id.empty() || !InfEqual(device_id, inf_id)) return;
    uint64_t rank = uint64_t{install.feature_score} << 32 | kind << 28 | std::min<uint64_t>(inf_index, 0xFFF) << 12 | std::min<uint64_t>(device_index, 0xFFF);
    if (best && *best <= rank) return;
    best = rank;
    *id = device_id;
  };
  for (size_t i = 0; i < ids.hardware.size(); ++i) {
    meet(0, i, ids.hardware[i], 0, model.hardware_id);
    for (size_t k = 0; k < model.compatible_ids.size(); ++k) meet(1, i, ids.hardware[i], k, model.compatible_ids[k]);
  }
  for (size_t i = 0; i < ids.compatible.size(); ++i) {
    meet(2, i, ids.compatible[i], 0, model.hardware_id);
    for (size_t k = 0; k < model.compatible_ids.size(); ++k) meet(3, i, ids.compatible[i], k, model.compatible_ids[k]);
  }
  return best;
}

void DriverStore::AddSystemPackages(const Ids& ids) {
  if (system_packages_ || Best(ids, /*extensions=*/false)) return;
  system_packages_ = true;
  for (const char* name : {"keyboard.inf", "msmouse.inf", "hidvhf.inf", "input.inf"}) {
    InfReport report;
    const InfTarget target;
    InfFile file = InfFile::Parse(SystemInf(name), name, target.locale, report);
    Stored stored;
    stored.package = ReadPackage(file, target, [](const std::string&) { return std::optional<std::string>(); }, report);
    if (!report.ok()) throw Error(report.ErrorText());
    stored.published = stored.path = name;
    packages_.push_back(std::move(stored));
  }
}

std::optional<DriverStore::Match> DriverStore::Best(const Ids& ids, bool extensions, const Stored* only) const {
  std::optional<Match> best;
  for (const Stored& stored : packages_) {
    if (stored.package.extension() != extensions || (only && only != &stored)) continue;
    for (const DeviceModelEntry& model : stored.package.models) {
      Match match{.stored = &stored, .model = &model, .id = {}, .rank = 0};
      std::optional<uint64_t> rank = Rank(ids, model, stored.package.installs[model.install], &match.id);
      if (!rank) continue;
      match.rank = *rank;
      // Of equals the newer, by date, then by version; of those the one installed last.
      auto newness = [](const Match& m) { return std::pair(m.stored->package.date, m.stored->package.version_number); };
      if (best && (match.rank > best->rank || (match.rank == best->rank && (best->stored == &stored || newness(match) < newness(*best))))) continue;
      best = match;
    }
  }
  return best;
}

std::u16string DriverStore::NewRootInstance(const std::vector<std::string>& hardware_ids) {
  Turn turn(*this);
  AddSystemPackages({.hardware = hardware_ids, .compatible = {}});
  std::optional<Match> match = Best({.hardware = hardware_ids, .compatible = {}}, false);
  const std::string name = match ? match->stored->package.class_name : std::string();
  const std::u16string prefix = u"ROOT\\" + nt::ob::Upcase(ToUtf16(name.empty() ? "UNKNOWN" : name)) + u"\\";
  for (unsigned& i = next_key_["root\\" + InfLower(name)];; ++i) {
    std::u16string path = prefix + ToUtf16(fmt::format("{:04}", i));
    std::shared_ptr<nt::cm::KeyNode> key;
    if (NT_SUCCESS(nt::cm::Walk(*machine_.kernel, nullptr, std::u16string(kControlSet) + u"\\Enum\\" + path, nt::cm::Missing::kFail, false, &key))) continue;
    DEVICE_OBJECT* taken = nt::pnp::FindDevice(*machine_.kernel, path);
    if (!taken) return path;
    nt::ob::Dereference(taken);
  }
}

bool DriverStore::FindDrivers(nt::pnp::DeviceDescription* device) {
  Turn turn(*this);
  const std::string instance = ToUtf8(device->instance_id);
  Ids ids;
  for (const std::u16string& id : device->hardware_ids) ids.hardware.push_back(ToUtf8(id));
  for (const std::u16string& id : device->compatible_ids) ids.compatible.push_back(ToUtf8(id));
  const std::u16string enum_key = std::u16string(kControlSet) + u"\\Enum\\" + device->instance_id;
  std::string problem;
  bool found = Prepare(instance, ids, enum_key, &problem) && ComposeStack(instance, device, &problem);
  if (problem.empty()) problems_.erase(InfLower(instance));
  else problems_[InfLower(instance)] = problem;
  return found;
}

bool DriverStore::Prepare(const std::string& instance, const Ids& ids, const std::u16string& enum_key, std::string* problem) {
  if (!registry_.Has(enum_key, "Driver") && !registry_.Has(enum_key, "Service")) {
    AddSystemPackages(ids);
    std::optional<Match> match = Best(ids, /*extensions=*/false);
    if (!match) {
      *problem = "no installed INF has one of its ids";
      return false;
    }
    InstallDevice(instance, ids, *match);
    for (const Stored& stored : packages_) {
      if (!stored.package.extension()) continue;
      if (std::optional<Match> extension = Best(ids, /*extensions=*/true, &stored)) InstallExtension(instance, *extension);
    }
  }
  return true;
}

}  // namespace drydock::machine::setup
