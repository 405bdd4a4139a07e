// DriverStore: what installing a device writes into the registry, laid out as Windows lays it out.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "machine/names.h"
#include "machine/setup/driver_store.h"
#include "nt/cm/registry.h"
#include "nt/ob/name_space.h"

namespace drydock::machine::setup {
namespace {

// Values that a DDInstall.HW section's HKR sets on the device itself instead of its hardware key.
constexpr const char* kDeviceProperties[] = {"UpperFilters", "LowerFilters", "UpperFilterLevels", "LowerFilterLevels", "UpperFilterDefaultLevel",
                                             "LowerFilterDefaultLevel", "Security", "DeviceType", "DeviceCharacteristics", "Exclusive",
                                             "FriendlyName", "LocationInformationOverride", "ConfigFlags"};
// And a ClassInstall32 section's, on the class: below its Properties key.
constexpr const char* kClassProperties[] = {"Security", "DeviceType", "DeviceCharacteristics", "Exclusive"};

template <size_t N>
bool OneOf(const RegistryChange& change, const char* const (&names)[N]) {
  return change.root == RegistryRoot::kRelative && change.subkey.empty() && change.kind != RegistryChange::Kind::kMakeKey &&
         change.kind != RegistryChange::Kind::kDeleteKey &&
         std::any_of(std::begin(names), std::end(names), [&](const char* name) { return InfEqual(change.name, name); });
}

std::u16string EnumKey(const std::string& instance) { return std::u16string(kControlSet) + u"\\Enum\\" + ToUtf16(instance); }

}  // namespace

std::string ImagePath(const std::string& binary) {
  // %12% and %13% are the folders of drivers and of the package.
  if (binary.starts_with("%12%\\")) return "System32\\drivers\\" + binary.substr(5);
  if (binary.starts_with("%13%\\")) return "System32\\DriverStore\\FileRepository\\" + binary.substr(5);
  if (binary.starts_with("%11%\\")) return "System32\\" + binary.substr(5);
  if (binary.starts_with("%10%\\")) return binary.substr(5);
  return binary;
}

void DriverStore::InstallClass(const DriverPackage& package) {
  if (package.class_guid.empty()) return;
  const std::u16string key = std::u16string(kControlSet) + u"\\Control\\Class\\" + ToUtf16(package.class_guid);
  if (registry_.Has(key, "Class")) return;  // known already
  registry_.Text(key, "Class", package.class_name);
  // The system's class drivers are filters of their classes.
  if (InfEqual(package.class_guid, "{4D36E96F-E325-11CE-BFC1-08002BE10318}")) registry_.Texts(key, "UpperFilters", {"mouclass"});
  if (InfEqual(package.class_guid, "{4D36E96B-E325-11CE-BFC1-08002BE10318}")) registry_.Texts(key, "UpperFilters", {"kbdclass"});
  for (const RegistryChange& change : package.class_changes) registry_.Apply(OneOf(change, kClassProperties) ? key + u"\\Properties" : key, change);
}

std::u16string DriverStore::NewDriverKey(const std::string& class_guid) {
  for (unsigned& i = next_key_[class_guid];; ++i) {
    std::u16string name = ToUtf16(fmt::format("{}\\{:04}", class_guid, i));
    if (!registry_.Has(std::u16string(kControlSet) + u"\\Control\\Class\\" + name, "InfPath")) return name;
  }
}

void DriverStore::NamePort(const std::u16string& hardware_key) {
  if (registry_.Has(hardware_key, "PortName")) return;
  const auto taken = [this](const std::string& name) {
    nt::ob::ParseContext context;
    context.kernel = machine_.kernel.get();
    void* body;
    if (!NT_SUCCESS(nt::ob::Lookup(context, nullptr, u"\\??\\" + ToUtf16(name), &body))) return false;
    nt::ob::Dereference(body);
    return true;
  };
  std::string name;
  do name = fmt::format("COM{}", ++next_key_["\\??\\COM"]);
  while (taken(name));
  registry_.Text(hardware_key, "PortName", name);
}

void DriverStore::InstallService(const Stored& stored, const ServiceInstall& service) {
  if (service.name.empty()) return;
  const std::u16string key = std::u16string(kControlSet) + u"\\Services\\" + ToUtf16(service.name);
  registry_.Number(key, "Type", service.type);
  registry_.Number(key, "Start", service.start);
  registry_.Number(key, "ErrorControl", service.error_control);
  registry_.Text(key, "ImagePath", ImagePath(service.binary), /*expand=*/true);
  if (!service.display_name.empty()) registry_.Text(key, "DisplayName", service.display_name);
  if (!service.description.empty()) registry_.Text(key, "Description", service.description);
  if (!service.load_order_group.empty()) registry_.Text(key, "Group", service.load_order_group);
  if (!service.dependencies.empty()) registry_.Texts(key, "DependOnService", service.dependencies);
  registry_.Texts(key, "Owners", {stored.published});
  registry_.Key(key + u"\\Parameters");
  registry_.Apply(key, service.changes);
}

void DriverStore::InstallWdf(const std::u16string& hardware_key, const Stored&, const WdfInstall& wdf) {
  for (const KmdfService& service : wdf.kmdf) {
    const std::u16string key = std::u16string(kControlSet) + u"\\Services\\" + ToUtf16(service.name) + u"\\Parameters\\Wdf";
    registry_.Text(key, "KmdfLibraryVersion", service.library_version);
  }
  if (wdf.umdf.empty() && wdf.umdf_order.empty()) return;
  auto directives = [&](const std::u16string& key) {
    registry_.Number(key, "UmdfKernelModeClientPolicy", wdf.allow_kernel_mode_clients);
    registry_.Number(key, "UmdfMethodNeitherAction", wdf.method_neither_copy);
    registry_.Number(key, "UmdfFileObjectPolicy", wdf.allow_null_and_unknown_file_objects);
    registry_.Number(key, "UmdfFsContextUsePolicy", static_cast<uint32_t>(wdf.fs_context));
    registry_.Number(key, "UmdfDirectHardwareAccess", wdf.allow_direct_hardware_access);
    registry_.Number(key, "UmdfRegisterAccessMode", wdf.register_access_user_mapping);
    registry_.Number(key, "UmdfHostProcessSharing", wdf.process_sharing);
    if (!wdf.dispatcher.empty()) registry_.Text(key, "UmdfDispatcher", wdf.dispatcher);
    constexpr const char* kLevels[] = {"Anonymous", "Identification", "Impersonation", "Delegation"};
    for (uint32_t i = 0; i < 4; ++i)
      if (wdf.impersonation_level == kLevels[i]) registry_.Number(key, "UmdfImpersonationLevel", i);
  };
  for (const UmdfService& service : wdf.umdf) {
    const std::u16string key = u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\WUDF\\Services\\" + ToUtf16(service.name);
    registry_.Text(key, "ImagePath", ImagePath(service.binary));
    uint32_t major = 0, minor = 0;
    size_t dot = service.library_version.find('.');
    InfNumber(service.library_version.substr(0, dot), &major);
    if (dot != std::string::npos) {
      size_t second = service.library_version.find('.', dot + 1);
      InfNumber(service.library_version.substr(dot + 1, second == std::string::npos ? second : second - dot - 1), &minor);
    }
    registry_.Number(key, "WdfMajorVersion", major);
    registry_.Number(key, "WdfMinorVersion", minor);
    if (!service.extensions.empty()) registry_.Text(key, "UmdfExtensions", service.extensions);
    directives(key);
  }
  const std::u16string device = hardware_key + u"\\WUDF";
  registry_.Texts(device, "DriverList", wdf.umdf_order);
  directives(device);
}

void DriverStore::InstallParts(const std::string& instance, const std::u16string& driver_key, const Match& match) {
  const DriverPackage& package = match.stored->package;
  const DeviceInstall& install = package.installs[match.model->install];
  const std::u16string enum_key = EnumKey(instance), hardware_key = enum_key + u"\\Device Parameters";
  for (const ServiceInstall& service : install.services) InstallService(*match.stored, service);
  registry_.Apply(driver_key, install.driver_changes);
  for (const RegistryChange& change : install.hardware_changes) registry_.Apply(OneOf(change, kDeviceProperties) ? enum_key : hardware_key, change);
  for (const FilterInstall& filter : install.filters) {
    RegistryChange change;
    change.kind = RegistryChange::Kind::kAppend;
    change.text = {filter.service};
    change.name = filter.level.empty() ? (filter.upper ? "UpperFilters" : "LowerFilters") : "FilterLevel " + filter.level;
    registry_.Apply(filter.level.empty() ? enum_key : hardware_key, change);
  }
  for (const InterfaceInstall& each : install.interfaces) {
    std::string link = instance;
    std::replace(link.begin(), link.end(), '\\', '#');
    registry_.Apply(std::u16string(kControlSet) + u"\\Control\\DeviceClasses\\" + ToUtf16(each.guid) + u"\\##?#" + ToUtf16(link) + u"#" +
                        ToUtf16(each.guid) + u"\\#" + ToUtf16(each.reference) + u"\\Device Parameters",
                    each.changes);
  }
  InstallWdf(hardware_key, *match.stored, install.wdf);
}

std::string DriverStore::SectionName(const DeviceInstall& install, std::string* extension) {
  std::string section = install.section;
  for (const std::string_view ending : {".ntamd64", ".nt"}) {
    if (!InfLower(section).ends_with(ending)) continue;
    if (extension != nullptr) *extension = section.substr(section.size() - ending.size());
    section.resize(section.size() - ending.size());
    break;
  }
  return section;
}

void DriverStore::InstallDevice(const std::string& instance, const Ids& ids, const Match& match) {
  const DriverPackage& package = match.stored->package;
  const DeviceInstall& install = package.installs[match.model->install];
  const std::u16string enum_key = EnumKey(instance);
  InstallClass(package);
  // A device that gets another driver keeps its key.
  const std::string before = registry_.ReadText(enum_key, "Driver");
  const std::u16string driver = InfLower(before).starts_with(package.class_guid + "\\") ? ToUtf16(before) : NewDriverKey(package.class_guid);
  const std::u16string driver_key = std::u16string(kControlSet) + u"\\Control\\Class\\" + driver;

  registry_.Text(enum_key, "DeviceDesc", match.model->description);
  registry_.Text(enum_key, "Mfg", match.model->manufacturer);
  registry_.Texts(enum_key, "HardwareID", ids.hardware);
  if (!ids.compatible.empty()) registry_.Texts(enum_key, "CompatibleIDs", ids.compatible);
  registry_.Text(enum_key, "ClassGUID", package.class_guid);
  if (!package.class_name.empty()) registry_.Text(enum_key, "Class", package.class_name);
  registry_.Text(enum_key, "Driver", ToUtf8(driver));
  registry_.Number(enum_key, "ConfigFlags", 0);
  for (const ServiceInstall& service : install.services)
    if (service.function()) registry_.Text(enum_key, "Service", service.name);  // empty: the null driver, said to be none
  registry_.Key(enum_key + u"\\Device Parameters");

  std::string extension;
  const std::string section = SectionName(install, &extension);
  registry_.Text(driver_key, "InfPath", match.stored->published);
  registry_.Text(driver_key, "InfSection", section);
  if (!extension.empty()) registry_.Text(driver_key, "InfSectionExt", extension);
  registry_.Text(driver_key, "ProviderName", package.provider);
  registry_.Text(driver_key, "DriverDesc", match.model->description);
  registry_.Text(driver_key, "MatchingDeviceId", InfLower(match.id));
  if (package.date) registry_.Text(driver_key, "DriverDate", fmt::format("{}-{}-{}", package.date / 100 % 100, package.date % 100, package.date / 10000));
  if (!package.version.empty()) registry_.Text(driver_key, "DriverVersion", package.version);
  InstallParts(instance, driver_key, match);
  if (InfEqual(package.class_guid, "{4D36E978-E325-11CE-BFC1-08002BE10318}")) NamePort(enum_key + u"\\Device Parameters");
}

void DriverStore::InstallExtension(const std::string& instance, const Match& match) {
  std::string driver = registry_.ReadText(EnumKey(instance), "Driver");
  InstallParts(instance, std::u16string(kControlSet) + u"\\Control\\Class\\" + ToUtf16(driver), match);
}

}  // namespace drydock::machine::setup
