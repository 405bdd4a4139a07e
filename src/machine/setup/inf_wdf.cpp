// DDInstall.Wdf: what the framework is told about its drivers.
// Source: UM-08 to UM-11; public documentation, "Specifying WDF Directives in INF Files".
#include <fmt/format.h>

#include "machine/setup/inf_reader.h"

namespace drydock::machine::setup {
namespace {

constexpr size_t kLongestService = 31;

// "1.33", "2.33.0", "2.15": at least a major and a minor number.
bool IsVersion(const std::string& text) {
  int numbers = 0;
  size_t at = 0;
  while (at < text.size()) {
    size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == begin) return false;
    ++numbers;
    if (at < text.size() && text[at++] != '.') return false;
    if (at == text.size() && text.back() == '.') return false;
  }
  return numbers == 2 || numbers == 3;
}

}  // namespace

void PackageReader::ReadWdf(const std::vector<InfEntry>& entries, WdfInstall& wdf) {
  std::vector<InfEntry> orders;
  // A directive with two words, the second of which is not the default.
  auto choice = [&](const InfEntry& entry, const char* no, const char* yes, bool* value) {
    const std::string& word = entry.line->value(0);
    if (!InfEqual(word, no) && !InfEqual(word, yes)) return Error(entry, fmt::format("{}: '{}' is neither {} nor {}", entry.line->key, word, no, yes));
    *value = InfEqual(word, yes);
    wdf.given.emplace_back(entry.line->key, word);
  };
  auto one_of = [&](const InfEntry& entry, std::initializer_list<const char*> words, std::string* value) {
    for (const char* word : words) {
      if (!InfEqual(entry.line->value(0), word)) continue;
      *value = word;
      wdf.given.emplace_back(entry.line->key, word);
      return;
    }
    std::string all;
    for (const char* word : words) all += (all.empty() ? "" : ", ") + std::string(word);
    Error(entry, fmt::format("{}: '{}' is none of {}", entry.line->key, entry.line->value(0), all));
  };
  auto service_section = [&](const InfEntry& entry) -> const InfSection* {
    const std::string& name = entry.line->value(0);
    if (name.empty()) return Error(entry, fmt::format("{}: the service's name is missing", entry.line->key)), nullptr;
    if (entry.Is("UmdfService") && name.size() > kLongestService)
      Error(entry, fmt::format("UmdfService: '{}' has {} characters; {} is the most", name, name.size(), kLongestService));
    return Named(entry, entry.line->value(1));
  };

  for (const InfEntry& entry : entries) {
    const std::string& word = entry.line->value(0);
    if (entry.Is("KmdfService")) {
      const InfSection* section = service_section(entry);
      if (!section) continue;
      KmdfService made{.name = word, .library_version = {}};
      for (const InfLine& line : section->lines) {
        InfEntry each{entry.file, &line};
        if (each.Is("KmdfLibraryVersion")) {
          made.library_version = line.value(0);
          if (!IsVersion(made.library_version)) Error(each, fmt::format("KmdfLibraryVersion: '{}' is no version; 1.33 is", line.value(0)));
        } else {
          Note(each, fmt::format("[{}]: the directive {} is not known and ignored", section->name, line.key));
        }
      }
      if (made.library_version.empty()) report_.Error(entry.file->name(), section->line, fmt::format("[{}]: KmdfLibraryVersion is missing", section->name));
      wdf.kmdf.push_back(std::move(made));
    } else if (entry.Is("UmdfService")) {
      const InfSection* section = service_section(entry);
      if (!section) continue;
      UmdfService made;
      made.name = word;
      for (const InfLine& line : section->lines) {
        InfEntry each{entry.file, &line};
        if (each.Is("UmdfLibraryVersion")) {
          made.library_version = line.value(0);
          if (!IsVersion(made.library_version)) Error(each, fmt::format("UmdfLibraryVersion: '{}' is no version; 2.33.0 is", line.value(0)));
        } else if (each.Is("ServiceBinary")) {
          made.binary = line.value(0);
        } else if (each.Is("UmdfExtensions")) {
          made.extensions = line.value(0);
        } else if (each.Is("DriverCLSID")) {
          Error(each, "DriverCLSID belongs to UMDF 1; such drivers are not supported");
        } else {
          Note(each, fmt::format("[{}]: the directive {} is not known and ignored", section->name, line.key));
        }
      }
      if (made.library_version.empty()) report_.Error(entry.file->name(), section->line, fmt::format("[{}]: UmdfLibraryVersion is missing", section->name));
      if (made.binary.empty()) report_.Error(entry.file->name(), section->line, fmt::format("[{}]: ServiceBinary is missing", section->name));
      wdf.umdf.push_back(std::move(made));
    } else if (entry.Is("UmdfServiceOrder")) {
      for (const std::string& name : entry.line->values)
        if (!name.empty()) wdf.umdf_order.push_back(name);
      orders.push_back(entry);
    } else if (entry.Is("UmdfDispatcher")) {
      one_of(entry, {"FileHandle", "NativeUSB", "WinUsb"}, &wdf.dispatcher);
    } else if (entry.Is("UmdfImpersonationLevel")) {
      one_of(entry, {"Anonymous", "Identification", "Impersonation", "Delegation"}, &wdf.impersonation_level);
    } else if (entry.Is("UmdfKernelModeClientPolicy")) {
      choice(entry, "RejectKernelModeClients", "AllowKernelModeClients", &wdf.allow_kernel_mode_clients);
    } else if (entry.Is("UmdfMethodNeitherAction")) {
      choice(entry, "Reject", "Copy", &wdf.method_neither_copy);
    } else if (entry.Is("UmdfFileObjectPolicy")) {
      choice(entry, "RejectNullAndUnknownFileObjects", "AllowNullAndUnknownFileObjects", &wdf.allow_null_and_unknown_file_objects);
    } else if (entry.Is("UmdfFsContextUsePolicy")) {
      std::string chosen;
      one_of(entry, {"CannotUseFsContexts", "CanUseFsContext", "CanUseFsContext2"}, &chosen);
      if (chosen == "CannotUseFsContexts") wdf.fs_context = WdfInstall::FsContext::kNone;
      if (chosen == "CanUseFsContext2") wdf.fs_context = WdfInstall::FsContext::kFsContext2;
    } else if (entry.Is("UmdfDirectHardwareAccess")) {
      choice(entry, "RejectDirectHardwareAccess", "AllowDirectHardwareAccess", &wdf.allow_direct_hardware_access);
    } else if (entry.Is("UmdfRegisterAccessMode")) {
      choice(entry, "RegisterAccessUsingSystemCall", "RegisterAccessUsingUserModeMapping", &wdf.register_access_user_mapping);
    } else if (entry.Is("UmdfHostProcessSharing")) {
      choice(entry, "ProcessSharingDisabled", "ProcessSharingEnabled", &wdf.process_sharing);
    } else if (entry.line->has_key && InfLower(entry.line->key).starts_with("umdf")) {
      // UmdfHostPriority and those to come.
      wdf.given.emplace_back(entry.line->key, word);
      Note(entry, fmt::format("the directive {} is kept in the registry, and has no effect", entry.line->key));
    } else {
      Note(entry, fmt::format("the directive {} is not known and ignored", entry.line->key));
    }
  }

  auto has = [&](const std::string& name) {
    for (const UmdfService& driver : wdf.umdf)
      if (InfEqual(driver.name, name)) return true;
    return false;
  };
  for (const InfEntry& entry : orders) {
    for (const std::string& name : entry.line->values)
      if (!name.empty() && !has(name)) Note(entry, fmt::format("UmdfServiceOrder: {} has no UmdfService here: it has to be the system's", name));
  }
  if (!wdf.umdf.empty() && orders.empty() && !entries.empty())
    Error(entries.front(), "UmdfServiceOrder is missing; it names the UMDF drivers, the lowest first");
  for (const UmdfService& driver : wdf.umdf) {
    bool ordered = orders.empty();
    for (const std::string& name : wdf.umdf_order) ordered = ordered || InfEqual(name, driver.name);
    if (!ordered) Error(orders.front(), fmt::format("UmdfServiceOrder: {} is missing", driver.name));
  }
}

}  // namespace drydock::machine::setup
