// Version, classes, manufacturers, models and files of an INF.
#include "machine/setup/inf_package.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "machine/setup/inf_reader.h"

namespace drydock::machine::setup {
namespace {

constexpr char kExtensionClass[] = "{e2f84ce7-8efa-411c-aa69-97454ca4cb57}";

bool ParseDriverVer(const InfLine& line, uint64_t* date, uint64_t* version) {
  const std::string& text = line.value(0);
  unsigned parts[3] = {};
  size_t at = 0;
  for (int i = 0; i < 3; ++i) {
    auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), parts[i]);
    if (error != std::errc()) return false;
    at = static_cast<size_t>(end - text.data());
    if (i < 2) {
      if (at >= text.size() || (text[at] != '/' && text[at] != '-')) return false;
      ++at;
    }
  }
  if (at != text.size() || parts[0] < 1 || parts[0] > 12 || parts[1] < 1 || parts[1] > 31 || parts[2] < 1601 || parts[2] > 30827) return false;
  *date = parts[2] * 10000ull + parts[0] * 100 + parts[1];
  if (line.values.size() < 2 || line.values[1].empty()) return true;
  const std::string& numbers = line.values[1];
  at = 0;
  *version = 0;
  for (int i = 0; i < 4; ++i) {
    unsigned part = 0;
    if (at < numbers.size()) {
      auto [end, error] = std::from_chars(numbers.data() + at, numbers.data() + numbers.size(), part);
      if (error != std::errc() || part > 65535) return false;
      at = static_cast<size_t>(end - numbers.data());
      if (at < numbers.size() && numbers[at++] != '.') return false;
    }
    *version = *version << 16 | part;
  }
  return at >= numbers.size();
}

}  // namespace

std::string InfGuid(std::string_view text) {
  std::string guid = InfLower(InfTrim(text));
  constexpr std::string_view kForm = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
  if (guid.size() != kForm.size()) return "";
  for (size_t i = 0; i < guid.size(); ++i) {
    bool hex = (guid[i] >= '0' && guid[i] <= '9') || (guid[i] >= 'a' && guid[i] <= 'f');
    if (kForm[i] == 'x' ? !hex : guid[i] != kForm[i]) return "";
  }
  return guid;
}

DriverPackage PackageReader::Read() {
  package_.file = file_.name();
  if (file_.sections().empty()) {
    Error(0, "no section: this is no INF");
    return std::move(package_);
  }
  ReadVersion();
  ReadClassInstall();
  ReadInterfaceClasses();
  ReadFiles();
  ReadManufacturers();
  CheckStrings();
  return std::move(package_);
}

void PackageReader::ReadVersion() {
  const InfSection* version = file_.Find("Version");
  if (!version) return Error(0, "there is no [Version]");
  const InfLine* signature = file_.FindLine("Version", "Signature");
  if (!signature) {
    Error(version->line, "[Version] has no Signature; Signature = \"$WINDOWS NT$\" is one");
  } else if (!InfEqual(signature->value(0), "$Windows NT$") && !InfEqual(signature->value(0), "$Chicago$")) {
    Error(signature->line, fmt::format("the signature '{}' is not for this system; \"$WINDOWS NT$\" is", signature->value(0)));
  }
  package_.class_name = file_.Value("Version", "Class");
  package_.provider = file_.Value("Version", "Provider");
  package_.catalog = file_.Value("Version", "CatalogFile");
  if (const InfLine* guid = file_.FindLine("Version", "ClassGuid")) {
    package_.class_guid = InfGuid(guid->value(0));
    if (package_.class_guid.empty()) Error(guid->line, fmt::format("ClassGuid: '{}' is no GUID", guid->value(0)));
  } else if (file_.Find("Manufacturer")) {
    Error(version->line, "[Version] has no ClassGuid: devices are of no class");
  }
  if (package_.class_guid == kExtensionClass) {
    const InfLine* id = file_.FindLine("Version", "ExtensionId");
    package_.extension_id = id ? InfGuid(id->value(0)) : "";
    if (package_.extension_id.empty()) {
      Error(id ? id->line : version->line, "an extension INF needs ExtensionId = {GUID} in [Version]");
      package_.extension_id = kExtensionClass;
    }
  }
  const InfLine* line = file_.FindLine("Version", "DriverVer");
  if (line && (line->values.size() > 1 || !line->value(0).empty())) {  // an INX may leave it to the build
    if (ParseDriverVer(*line, &package_.date, &package_.version_number))
      package_.version = line->value(1);
    else
      Error(line->line, fmt::format("DriverVer: '{}{}{}' is no MONTH/DAY/YEAR[,W.X.Y.Z]", line->value(0), line->values.size() > 1 ? "," : "", line->value(1)));
  }
}

void PackageReader::ReadClassInstall() {
  for (const char* name : {"ClassInstall32.NTamd64", "ClassInstall32.NT", "ClassInstall32"}) {
    const InfSection* section = file_.Find(name);
    if (!section) continue;
    package_.has_class_install = true;
    for (const InfEntry& entry : Gather(file_, *section))
      if (entry.Is("AddReg") || entry.Is("DelReg")) ReadRegistry(entry, package_.class_changes);
    ReadServices(Gather(section->name + ".Services"), package_.class_services);
    return;
  }
}

void PackageReader::ReadInterfaceClasses() {
  const InfSection* section = file_.Find("InterfaceInstall32");
  if (!section) return;
  for (const InfEntry& entry : Gather(file_, *section)) {
    InterfaceInstall made;
    made.guid = entry.line->has_key ? InfGuid(entry.line->key) : "";
    if (made.guid.empty()) {
      Error(entry, fmt::format("InterfaceInstall32: '{}' is no GUID", entry.line->has_key ? entry.line->key : entry.line->value(0)));
      continue;
    }
    const InfSection* install = Named(entry, entry.line->value(0));
    if (!install) continue;
    for (const InfEntry& inner : Gather(*entry.file, *install))
      if (inner.Is("AddReg") || inner.Is("DelReg")) ReadRegistry(inner, made.changes);
    package_.interface_classes.push_back(std::move(made));
  }
}

void PackageReader::ReadManufacturers() {
  const InfSection* section = file_.Find("Manufacturer");
  if (!section) {
    // Legal for an INF of a class, of an interface class, or with a default install section.
    bool other = package_.has_class_install || !package_.interface_classes.empty();
    for (const InfSection& each : file_.sections()) other = other || InfLower(each.name).starts_with("defaultinstall");
    if (!other) Error(0, "there is no [Manufacturer]: the INF installs no device");
    return;
  }
  for (const InfLine& line : section->lines) {
    const std::string base = line.values.empty() ? line.key : line.value(0);
    if (base.empty()) {
      Error(line.line, "[Manufacturer]: no Models section is named");
      continue;
    }
    if (line.values.size() < 2) {
      if (file_.Find(base))
        Note(line.line, fmt::format("[{}] is read by x86 systems only; this one wants [{}.NTamd64]", base, base));
      else
        Error(line.line, fmt::format("there is no section [{}]", base));
      continue;
    }
    std::optional<InfDecoration> best;
    std::string chosen;
    for (size_t i = 1; i < line.values.size(); ++i) {
      if (line.values[i].empty()) continue;
      std::optional<InfDecoration> decoration = InfDecoration::Parse(line.values[i]);
      if (!decoration) {
        Error(line.line, fmt::format("'{}' names no system; NTamd64.10.0...16299 does", line.values[i]));
        continue;
      }
      std::string name = base + "." + line.values[i];
      if (!file_.Find(name)) {
        Error(line.line, fmt::format("there is no section [{}]", name));
        continue;
      }
      if (!decoration->Fits(target_) || (best && !decoration->BetterThan(*best))) continue;
      best = decoration;
      chosen = name;
    }
    if (best)
      ReadModels(chosen, line.has_key ? line.key : base);
    else
      Note(line.line, fmt::format("{}: none of its sections is for NT{}.{}.{}...{}", line.key, target_.architecture, target_.major, target_.minor, target_.build));
  }
}

void PackageReader::ReadModels(const std::string& section, const std::string& manufacturer) {
  for (const InfLine& line : file_.Find(section)->lines) {
    if (!line.has_key || line.value(0).empty()) {
      Error(line.line, fmt::format("[{}]: no device; DESCRIPTION = INSTALL-SECTION, HARDWARE-ID is one", section));
      continue;
    }
    DeviceModelEntry model;
    model.description = line.key;
    model.manufacturer = manufacturer;
    model.hardware_id = line.value(1);
    for (size_t i = 2; i < line.values.size(); ++i)
      if (!line.values[i].empty()) model.compatible_ids.push_back(line.values[i]);
    model.line = line.line;
    if (model.hardware_id.empty() && model.compatible_ids.empty())
      Note(line.line, fmt::format("'{}' has no hardware id: nothing is found by it", model.description));
    for (const std::string& id : line.values)
      if (id.size() > 200) Error(line.line, fmt::format("an id of {} characters; 200 is the most", id.size()));
    model.install = InstallOf(line.value(0), line);
    if (model.install != static_cast<size_t>(-1)) package_.models.push_back(std::move(model));
  }
}

void PackageReader::ReadFiles() {
  for (const char* name : {"SourceDisksNames", "SourceDisksNames.amd64"}) {
    const InfSection* names = file_.Find(name);
    if (!names) continue;
    for (const InfLine& line : names->lines)
      if (!line.has_key || line.key.empty()) Error(line.line, fmt::format("[{}]: no disk; 1 = \"description\" is one", name));
  }
  for (const char* name : {"SourceDisksFiles", "SourceDisksFiles.amd64"}) {
    const InfSection* files = file_.Find(name);
    if (!files) continue;
    for (const InfLine& line : files->lines) {
      if (!line.has_key || line.key.empty() || line.value(0).empty()) {
        Error(line.line, fmt::format("[{}]: no file; FILE = DISK is one", name));
        continue;
      }
      bool found = false;
      for (const char* disks : {"SourceDisksNames", "SourceDisksNames.amd64"}) found = found || file_.FindLine(disks, line.value(0));
      if (!found) Error(line.line, fmt::format("{}: no disk {} stands in [SourceDisksNames]", line.key, line.value(0)));
    }
  }
  if (const InfSection* dirs = file_.Find("DestinationDirs")) {
    for (const InfLine& line : dirs->lines) {
      uint32_t number;
      if (!line.has_key || !InfNumber(line.value(0), &number))
        Error(line.line, "[DestinationDirs]: no folder; SECTION = 13 is one");
      else if (!InfEqual(line.key, "DefaultDestDir") && !file_.Find(line.key))
        Note(line.line, fmt::format("[DestinationDirs]: there is no section [{}]", line.key));
    }
  }
}

// Tokens that no string replaces: an error but in registry data, where %SystemRoot% may be meant.
void PackageReader::CheckStrings() {
  for (const InfSection& section : file_.sections()) {
    bool registry = std::find(registry_sections_.begin(), registry_sections_.end(), InfLower(section.name)) != registry_sections_.end();
    for (const InfLine& line : section.lines) {
      for (const std::string& name : line.unknown_strings) {
        std::string words = fmt::format("%{}% is not in [Strings]", name);
        if (registry)
          Note(line.line, words + "; it stays as it is");
        else
          Error(line.line, words);
      }
    }
  }
}

DriverPackage ReadPackage(const InfFile& file, const InfTarget& target, const InfLoader& loader, InfReport& report) {
  return PackageReader(file, target, loader, report).Read();
}

}  // namespace drydock::machine::setup
