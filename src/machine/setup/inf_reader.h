// What reading a package needs: the file with those it includes, and looking up sections in them. machine/setup only.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "machine/setup/inf_package.h"

namespace drydock::machine::setup {

// An entry of a section, with the file it stands in: sections it names are looked up there.
struct InfEntry {
  const InfFile* file;
  const InfLine* line;
  bool Is(const char* directive) const { return line->has_key && InfEqual(line->key, directive); }
};

class PackageReader {
 public:
  PackageReader(const InfFile& file, const InfTarget& target, const InfLoader& loader, InfReport& report)
      : file_(file), target_(target), loader_(loader), report_(report) {}

  DriverPackage Read();

 private:
  // inf_package.cpp
  void ReadVersion();
  void ReadClassInstall();
  void ReadInterfaceClasses();
  void ReadManufacturers();
  void ReadModels(const std::string& section, const std::string& manufacturer);
  void ReadFiles();
  void CheckStrings();

  // inf_install.cpp
  size_t InstallOf(const std::string& base, const InfLine& line);  // reads it when it is new
  void ReadInstall(DeviceInstall& install, const InfSection& section);
  void ReadServices(const std::vector<InfEntry>& entries, std::vector<ServiceInstall>& services);
  void ReadService(const InfEntry& entry, const InfSection& section, ServiceInstall& service);
  void ReadInterfaces(const std::vector<InfEntry>& entries, DeviceInstall& install);
  void ReadFilters(const std::vector<InfEntry>& entries, DeviceInstall& install);
  void ReadRegistry(const InfEntry& entry, std::vector<RegistryChange>& changes);  // AddReg, DelReg
  void ReadCopyFiles(const InfEntry& entry, std::vector<std::string>& files);
  void CheckCopied(const std::string& name, const InfEntry& entry);
  // A section's entries, followed by those that its Include and Needs bring.
  std::vector<InfEntry> Gather(const InfFile& file, const InfSection& section);
  std::vector<InfEntry> Gather(const std::string& section);  // of this file; none: empty
  const InfFile* Included(const std::string& name, const InfEntry& entry);

  // inf_wdf.cpp
  void ReadWdf(const std::vector<InfEntry>& entries, WdfInstall& wdf);

  const InfSection* Named(const InfEntry& entry, const std::string& section);  // or an error
  void Error(const InfEntry& entry, std::string words) { report_.Error(entry.file->name(), entry.line->line, std::move(words)); }
  void Note(const InfEntry& entry, std::string words) { report_.Note(entry.file->name(), entry.line->line, std::move(words)); }
  void Error(int line, std::string words) { report_.Error(file_.name(), line, std::move(words)); }
  void Note(int line, std::string words) { report_.Note(file_.name(), line, std::move(words)); }
  bool IsSystem(const InfFile* file) const { return file != &file_; }

  const InfFile& file_;
  const InfTarget& target_;
  const InfLoader& loader_;
  InfReport& report_;
  DriverPackage package_;
  std::deque<InfFile> included_;
  std::vector<std::string> unknown_includes_;
  std::vector<std::string> registry_sections_;  // read as AddReg: tokens that stay there are data
};

// "{...}" in lower case; "": no GUID.
std::string InfGuid(std::string_view text);

}  // namespace drydock::machine::setup
