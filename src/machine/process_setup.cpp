// What setup functions of applications take from the machine's driver store, and INFs as text.
#include <winerror.h>

#include "machine/impl.h"
#include "machine/process_impl.h"
#include "machine/setup/driver_store.h"
#include "machine/setup/inf_stamp.h"
#include "machine/setup/inf_text.h"
#include "runtime/read_file.h"

namespace drydock::machine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPublished = "C:\\Windows\\INF\\";

uint32_t ReadInf(void* context, const std::string& name, nt::win32::SetupInf* inf, unsigned* line) {
  auto& process = *static_cast<Process::Impl*>(context);
  fs::path path = HostPathOf(process, name);
  if (path.empty() && setup::InfEqual(name.substr(0, kPublished.size()), kPublished))
    path = process.machine->Store().PathOf(name.substr(kPublished.size()));
  if (path.empty()) return ERROR_FILE_NOT_FOUND;
  std::string words;
  const auto bytes = rt::ReadFile(path.string(), 16, &words);
  if (!bytes) return ERROR_READ_FAULT;
  setup::InfReport report;
  const setup::InfFile file = setup::InfFile::Parse(setup::StampInf(*bytes, setup::InfStamp()), path.string(), 0x409, report);
  for (const auto& item : report.items()) {
    if (!item.error) continue;
    *line = static_cast<unsigned>(item.line);
    return 0xE0000003;  // ERROR_GENERAL_SYNTAX
  }
  for (const setup::InfSection& section : file.sections()) {
    auto& to = inf->sections.emplace_back();
    to.name = section.name;
    for (const setup::InfLine& each : section.lines) to.lines.push_back({each.has_key, each.key, each.values});
  }
  return ERROR_SUCCESS;
}

std::vector<nt::win32::SetupDriver> DriversFor(void* context, const nt::win32::SetupDevice& device) {
  return static_cast<Process::Impl*>(context)->machine->Store().DriversFor(device);
}

uint32_t ChooseDriver(void* context, const nt::win32::SetupDevice& device, const std::string& inf, bool force) {
  auto& process = *static_cast<Process::Impl*>(context);
  switch (process.machine->Store().ChooseDriver(device, HostPathOf(process, inf).string(), force)) {
    case setup::DriverStore::Chosen::kInstalled: return ERROR_SUCCESS;
    case setup::DriverStore::Chosen::kBetter: return ERROR_NO_MORE_ITEMS;
    default: return 0xE0000228;  // ERROR_NO_COMPAT_DRIVERS
  }
}

std::string PublishedName(void* context, const std::string& inf) {
  auto& process = *static_cast<Process::Impl*>(context);
  return process.machine->Store().PublishedName(HostPathOf(process, inf).string());
}

}  // namespace

fs::path HostPathOf(const Process::Impl& process, const std::string& name) {
  std::string relative = name.size() > 3 ? name.substr(3) : name;
  for (char& c : relative)
    if (c == '\\') c = '/';
  const fs::path path = fs::path(process.program.spec.host_folder) / relative;
  std::error_code error;
  return !process.program.spec.host_folder.empty() && fs::is_regular_file(path, error) ? path : fs::path();
}

void GiveSetup(nt::win32::ProgramSpec* spec) {
  spec->read_inf = &ReadInf;
  spec->drivers_for = &DriversFor;
  spec->choose_driver = &ChooseDriver;
  spec->published_name = &PublishedName;
}

}  // namespace drydock::machine
