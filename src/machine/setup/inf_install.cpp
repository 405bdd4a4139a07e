// DDInstall sections and what belongs to them: .Services, .HW, .Interfaces, .Filters, .Wdf.
#include <fmt/format.h>

#include <algorithm>

#include "machine/setup/inf_reader.h"

namespace drydock::machine::setup {
namespace {

constexpr size_t kMostEntries = 100000;  // Needs of Needs: an INF that calls itself
constexpr size_t kNone = static_cast<size_t>(-1);

// Directives of a DDInstall section that a machine has no use for.
constexpr const char* kIdleDirectives[] = {"DelFiles",    "RenFiles",   "BitReg",      "ProfileItems", "UpdateInis",       "UpdateIniFields",
                                           "Ini2Reg",     "RegisterDlls", "UnregisterDlls", "DriverVer", "ExcludeID",    "Reboot",           "Restart",
                                           "CopyINF",     "AddPowerSetting", "ConfigPriority", "AddFirmware",    "DevicePropertyAdd"};

bool OneOf(const InfEntry& entry, const char* const* begin, const char* const* end) {
  return std::any_of(begin, end, [&](const char* name) { return entry.Is(name); });
}

}  // namespace

const InfSection* PackageReader::Named(const InfEntry& entry, const std::string& section) {
  if (section.empty()) {
    Error(entry, fmt::format("{}: a section's name is missing", entry.line->key));
    return nullptr;
  }
  const InfSection* found = entry.file->Find(section);
  if (!found) Error(entry, fmt::format("{}: there is no section [{}]", entry.line->key, section));
  return found;
}

const InfFile* PackageReader::Included(const std::string& name, const InfEntry& entry) {
  if (InfEqual(name, file_.name())) return &file_;
  for (const InfFile& file : included_)
    if (InfEqual(file.name(), name)) return &file;
  for (const std::string& unknown : unknown_includes_)
    if (InfEqual(unknown, name)) return nullptr;
  if (const char* text = SystemInf(name)) {
    InfReport ignored;
    included_.push_back(InfFile::Parse(text, name, target_.locale, ignored));
    return &included_.back();
  }
  if (loader_ && name.find_first_of("/\\") == std::string::npos) {
    if (std::optional<std::string> text = loader_(name)) {
      included_.push_back(InfFile::Parse(*text, name, target_.locale, report_));
      return &included_.back();
    }
  }
  unknown_includes_.push_back(name);
  Note(entry, fmt::format("Include: {} is the system's and not known here; what it would bring is left out", name));
  return nullptr;
}

std::vector<InfEntry> PackageReader::Gather(const std::string& section) {
  const InfSection* found = file_.Find(section);
  return found ? Gather(file_, *found) : std::vector<InfEntry>();
}

std::vector<InfEntry> PackageReader::Gather(const InfFile& file, const InfSection& section) {
  std::vector<InfEntry> entries;
  std::vector<std::pair<const InfFile*, const InfSection*>> todo = {{&file, &section}}, done;
  std::vector<const InfFile*> files;  // that Include named, in order
  bool unknown = false;
  for (size_t i = 0; i < todo.size(); ++i) {
    if (std::find(done.begin(), done.end(), todo[i]) != done.end()) continue;  // an INF that needs itself
    done.push_back(todo[i]);
    for (const InfLine& line : todo[i].second->lines) {
      InfEntry entry{todo[i].first, &line};
      if (entry.Is("Include")) {
        for (const std::string& name : line.values) {
          const InfFile* included = name.empty() ? nullptr : Included(name, entry);
          if (included) files.push_back(included);
          else unknown = true;
        }
      } else if (entry.Is("Needs")) {
        for (const std::string& name : line.values) {
          const InfSection* needed = todo[i].first->Find(name);
          const InfFile* owner = todo[i].first;
          // Own sections are found without Include as well.
          for (const InfFile* other : files) {
            if (needed) break;
            needed = other->Find(name);
            owner = other;
          }
          if (needed) todo.emplace_back(owner, needed);
          else if (unknown) Note(entry, fmt::format("Needs: [{}] is left out", name));
          else if (files.empty()) Error(entry, fmt::format("Needs: [{}] is in no included INF; Include = FILE.inf is missing", name));
          else Note(entry, fmt::format("Needs: [{}] of the system is not known here and left out", name));
        }
      } else if (entries.size() < kMostEntries) {
        entries.push_back(entry);
      }
    }
  }
  return entries;
}

size_t PackageReader::InstallOf(const std::string& base, const InfLine& line) {
  const InfSection* section = nullptr;
  for (const char* decoration : {".NTamd64", ".NT", ""}) {
    section = file_.Find(base + decoration);
    if (section) break;
  }
  if (!section) {
    Error(line.line, fmt::format("there is no section [{}.NT], [{}.NTamd64] or [{}]", base, base, base));
    return kNone;
  }
  for (size_t i = 0; i < package_.installs.size(); ++i)
    if (InfEqual(package_.installs[i].section, section->name)) return i;
  DeviceInstall install;
  install.section = section->name;
  ReadInstall(install, *section);
  package_.installs.push_back(std::move(install));
  return package_.installs.size() - 1;
}

void PackageReader::ReadInstall(DeviceInstall& install, const InfSection& section) {
  for (const InfEntry& entry : Gather(file_, section)) {
    if (entry.Is("AddReg") || entry.Is("DelReg")) {
      ReadRegistry(entry, install.driver_changes);
    } else if (entry.Is("CopyFiles")) {
      ReadCopyFiles(entry, install.files);
    } else if (entry.Is("FeatureScore")) {
      uint32_t score = 0;
      const std::string& text = entry.line->value(0);
      if (!InfNumber(text.starts_with("0x") || text.starts_with("0X") ? text : "0x" + text, &score) || score > 0xFF)
        Error(entry, fmt::format("FeatureScore: '{}' is no number from 00 to FF", text));
      else
        install.feature_score = static_cast<uint8_t>(score);
    } else if (entry.Is("LogConfig") || entry.Is("AddProperty") || entry.Is("DelProperty")) {
      Note(entry, fmt::format("[{}]: {} has no effect here", section.name, entry.line->key));
    } else if (entry.line->has_key && !OneOf(entry, std::begin(kIdleDirectives), std::end(kIdleDirectives))) {
      Note(entry, fmt::format("[{}]: the directive {} is not known and ignored", section.name, entry.line->key));
    } else if (!entry.line->has_key) {
      Error(entry, fmt::format("[{}]: '{}' is no directive", section.name, entry.line->value(0)));
    }
  }
  const std::string& name = section.name;
  for (const InfEntry& entry : Gather(name + ".HW")) {
    if (entry.Is("AddReg") || entry.Is("DelReg")) ReadRegistry(entry, install.hardware_changes);
    else if (entry.Is("AddProperty") || entry.Is("DelProperty"))
      Note(entry, fmt::format("[{}.HW]: {} has no effect here", name, entry.line->key));
    else
      Note(entry, fmt::format("[{}.HW]: the directive {} is not known and ignored", name, entry.line->key));
  }
  ReadServices(Gather(name + ".Services"), install.services);
  ReadInterfaces(Gather(name + ".Interfaces"), install);
  ReadFilters(Gather(name + ".Filters"), install);
  ReadWdf(Gather(name + ".Wdf"), install.wdf);
  for (const char* part : {".CoInstallers", ".Components", ".Software", ".Events", ".FactDef", ".LogConfigOverride", ".WMI"}) {
    if (const InfSection* idle = file_.Find(name + part)) Note(idle->line, fmt::format("[{}] is ignored", idle->name));
  }
  // Sections of this install's name that nobody reads are most often a misspelled decoration.
  const std::string base = InfLower(name) + ".";
  size_t functions = 0;
  for (const ServiceInstall& service : install.services) functions += service.function() ? 1 : 0;
  if (functions > 1) Error(section.line, fmt::format("[{}.Services]: {} services are the device's function driver; one can be", name, functions));
  if (functions == 0 && !package_.extension())
    Note(section.line, fmt::format("[{}] has no function driver: no AddService with the flag 0x2", name));
  // A filter's service has to come from somewhere.
  for (const UmdfService& driver : install.wdf.umdf) {
    bool hosted = false;
    for (const ServiceInstall& service : install.services) hosted = hosted || InfEqual(service.name, "WUDFRd");
    if (!hosted) {
      Error(section.line, fmt::format("[{}]: {} is a UMDF driver, but no service WUDFRd is added (Include = WUDFRD.inf)", name, driver.name));
      break;
    }
  }
}

void PackageReader::ReadRegistry(const InfEntry& entry, std::vector<RegistryChange>& changes) {
  for (const std::string& name : entry.line->values) {
    const InfSection* section = Named(entry, name);
    if (!section) continue;
    registry_sections_.push_back(InfLower(name));
    if (entry.Is("AddReg")) ReadAddReg(*entry.file, *section, changes, report_);
    else ReadDelReg(*entry.file, *section, changes, report_);
  }
}

void PackageReader::ReadCopyFiles(const InfEntry& entry, std::vector<std::string>& files) {
  for (const std::string& name : entry.line->values) {
    if (name.starts_with("@")) {
      files.push_back(name.substr(1));
      CheckCopied(name.substr(1), entry);
      continue;
    }
    const InfSection* section = Named(entry, name);
    if (!section) continue;
    if (!IsSystem(entry.file) && !entry.file->FindLine("DestinationDirs", name) && !entry.file->FindLine("DestinationDirs", "DefaultDestDir"))
      Error(entry, fmt::format("CopyFiles: [{}] has no folder; [DestinationDirs] names neither it nor DefaultDestDir", name));
    for (const InfLine& line : section->lines) {
      if (line.has_key || line.value(0).empty()) {
        report_.Error(entry.file->name(), line.line, fmt::format("[{}]: no file", name));
        continue;
      }
      files.push_back(line.value(0));
      CheckCopied(line.value(1).empty() ? line.value(0) : line.value(1), {entry.file, &line});
    }
  }
}

void PackageReader::CheckCopied(const std::string& name, const InfEntry& entry) {
  if (IsSystem(entry.file)) return;
  if (!file_.FindLine("SourceDisksFiles", name) && !file_.FindLine("SourceDisksFiles.amd64", name))
    Error(entry, fmt::format("{} is copied, but does not stand in [SourceDisksFiles]", name));
}

void PackageReader::ReadServices(const std::vector<InfEntry>& entries, std::vector<ServiceInstall>& services) {
  for (const InfEntry& entry : entries) {
    if (entry.Is("DelService") || entry.Is("AddTrigger")) continue;
    if (!entry.Is("AddService")) {
      Note(entry, fmt::format("the directive {} is not known and ignored", entry.line->key));
      continue;
    }
    ServiceInstall service;
    service.name = entry.line->value(0);
    service.line = entry.line->line;
    if (!entry.line->value(1).empty() && !InfNumber(entry.line->value(1), &service.flags))
      Error(entry, fmt::format("AddService: '{}' are no flags; 0x00000002 are", entry.line->value(1)));
    if (service.name.empty()) {
      // The null service: the device is driven by its bus alone.
      if (!service.function()) Error(entry, "AddService: the service's name is missing");
      else services.push_back(std::move(service));
      continue;
    }
    if (service.name.find_first_of("\\/") != std::string::npos || service.name.size() > 256) {
      Error(entry, fmt::format("AddService: '{}' is no name of a service", service.name));
      continue;
    }
    const InfSection* section = Named(entry, entry.line->value(2));
    if (section) ReadService(entry, *section, service);
    for (const ServiceInstall& other : services)
      if (InfEqual(other.name, service.name)) service.name.clear();  // Needs brought it twice
    if (!service.name.empty()) services.push_back(std::move(service));
  }
}

void PackageReader::ReadService(const InfEntry& entry, const InfSection& section, ServiceInstall& service) {
  bool has_type = false, has_start = false, has_error = false;
  auto number = [&](const InfEntry& at, uint32_t* value) {
    if (InfNumber(at.line->value(0), value)) return true;
    Error(at, fmt::format("{}: '{}' is no number", at.line->key, at.line->value(0)));
    return true;
  };
  for (const InfEntry& each : Gather(*entry.file, section)) {
    if (each.Is("ServiceType")) has_type = number(each, &service.type);
    else if (each.Is("StartType")) has_start = number(each, &service.start);
    else if (each.Is("ErrorControl")) has_error = number(each, &service.error_control);
    else if (each.Is("ServiceBinary")) service.binary = each.line->value(0);
    else if (each.Is("DisplayName")) service.display_name = each.line->value(0);
    else if (each.Is("Description")) service.description = each.line->value(0);
    else if (each.Is("LoadOrderGroup")) service.load_order_group = each.line->value(0);
    else if (each.Is("Dependencies")) service.dependencies = each.line->values;
    else if (each.Is("AddReg") || each.Is("DelReg")) ReadRegistry(each, service.changes);
    else if (!each.Is("StartName") && !each.Is("Security") && !each.Is("BitReg") && !each.Is("AddTrigger") && !each.Is("FailureActions") &&
             !each.Is("ServiceSidType") && !each.Is("DelayedAutoStart") && !each.Is("RequiredPrivileges"))
      Note(each, fmt::format("[{}]: the directive {} is not known and ignored", section.name, each.line->key));
  }
  auto missing = [&](const char* what) {
    report_.Error(entry.file->name(), section.line, fmt::format("[{}]: {} is missing", section.name, what));
  };
  if (!has_type) missing("ServiceType");
  if (!has_start) missing("StartType");
  if (!has_error) missing("ErrorControl");
  if (service.binary.empty()) missing("ServiceBinary");
  if (has_start && service.start > 4)
    report_.Error(entry.file->name(), section.line, fmt::format("[{}]: StartType is 0 to 4", section.name));
}

void PackageReader::ReadInterfaces(const std::vector<InfEntry>& entries, DeviceInstall& install) {
  for (const InfEntry& entry : entries) {
    if (!entry.Is("AddInterface")) {
      Note(entry, fmt::format("the directive {} is not known and ignored", entry.line->key));
      continue;
    }
    InterfaceInstall made;
    made.guid = InfGuid(entry.line->value(0));
    made.reference = entry.line->value(1);
    if (made.guid.empty()) {
      Error(entry, fmt::format("AddInterface: '{}' is no GUID", entry.line->value(0)));
      continue;
    }
    if (!entry.line->value(2).empty()) {
      const InfSection* section = Named(entry, entry.line->value(2));
      if (!section) continue;
      for (const InfEntry& each : Gather(*entry.file, *section))
        if (each.Is("AddReg") || each.Is("DelReg")) ReadRegistry(each, made.changes);
    }
    install.interfaces.push_back(std::move(made));
  }
}

void PackageReader::ReadFilters(const std::vector<InfEntry>& entries, DeviceInstall& install) {
  for (const InfEntry& entry : entries) {
    if (!entry.Is("AddFilter")) {
      Note(entry, fmt::format("the directive {} is not known and ignored", entry.line->key));
      continue;
    }
    FilterInstall filter;
    filter.service = entry.line->value(0);
    if (filter.service.empty()) {
      Error(entry, "AddFilter: the service's name is missing");
      continue;
    }
    const InfSection* section = Named(entry, entry.line->value(2));
    if (!section) continue;
    bool position = false;
    for (const InfLine& line : section->lines) {
      InfEntry each{entry.file, &line};
      if (each.Is("FilterPosition")) {
        position = true;
        filter.upper = InfEqual(line.value(0), "Upper");
        if (!filter.upper && !InfEqual(line.value(0), "Lower")) Error(each, fmt::format("FilterPosition: '{}' is neither Upper nor Lower", line.value(0)));
      } else if (each.Is("FilterLevel")) {
        filter.level = line.value(0);
      } else {
        Note(each, fmt::format("[{}]: the directive {} is not known and ignored", section->name, line.key));
      }
    }
    if (position == !filter.level.empty())
      report_.Error(entry.file->name(), section->line, fmt::format("[{}]: either FilterPosition or FilterLevel has to stand there", section->name));
    install.filters.push_back(std::move(filter));
  }
}

}  // namespace drydock::machine::setup
