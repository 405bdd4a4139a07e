// drydock inf FILE...: reads INF and INX files as a machine would, and tells what they install and what is wrong.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "machine/setup/inf_package.h"
#include "machine/setup/inf_stamp.h"
#include "runtime/read_file.h"
#include "tools/verbs.h"
#include "tools/verbs/command_line.h"

namespace drydock::tools {
namespace {

using namespace machine::setup;

std::optional<std::string> ReadInf(const std::filesystem::path& path, std::string* words) {
  const auto bytes = rt::ReadFile(path.string(), 16, words);
  if (!bytes) return std::nullopt;
  return StampInf(*bytes, InfStamp());
}

void Print(const DriverPackage& package) {
  std::printf("%s: class %s %s%s%s\n", package.file.c_str(), package.class_name.c_str(), package.class_guid.c_str(),
              package.version.empty() ? "" : ", version ", package.version.c_str());
  for (const DeviceModelEntry& model : package.models) {
    const DeviceInstall& install = package.installs[model.install];
    std::string ids = model.hardware_id;
    for (const std::string& id : model.compatible_ids) ids += ", " + id;
    std::printf("  %s  (%s)  [%s]\n", model.description.c_str(), ids.c_str(), install.section.c_str());
    for (const ServiceInstall& service : install.services)
      std::printf("    service    %s%s  %s\n", service.name.c_str(), service.function() ? "  function driver" : "", service.binary.c_str());
    for (const UmdfService& service : install.wdf.umdf)
      std::printf("    UMDF       %s %s  %s\n", service.name.c_str(), service.library_version.c_str(), service.binary.c_str());
    for (const KmdfService& service : install.wdf.kmdf) std::printf("    KMDF       %s %s\n", service.name.c_str(), service.library_version.c_str());
    for (const FilterInstall& filter : install.filters) std::printf("    filter     %s  %s\n", filter.service.c_str(), filter.upper ? "upper" : "lower");
    for (const auto& [directive, value] : install.wdf.given) std::printf("    %s = %s\n", directive.c_str(), value.c_str());
  }
}

}  // namespace

int InfVerb(int argc, char** argv) {
  std::vector<std::string> files;
  bool notes = false;
  CLI::App app{"Reads INF and INX files as a machine does, and tells what they install. Exit code 1: one of them has a mistake.", "drydock inf"};
  app.add_option("FILE", files, "an .inf or .inx")->required();
  app.add_flag("--notes", notes, "also what is ignored");
  if (const auto code = ParseCommandLine(app, argc, argv,
                                         {"drydock inf toaster.inx --notes"}))
    return *code;
  bool good = true;
  for (const std::string& path : files) {
    std::string words;
    std::optional<std::string> text = ReadInf(path, &words);
    if (!text) {
      std::fprintf(stderr, "%s: %s\n", path.c_str(), words.c_str());
      good = false;
      continue;
    }
    InfReport report;
    const InfTarget target;
    InfFile file = InfFile::Parse(*text, path, target.locale, report);
    InfLoader loader = [&](const std::string& name) { return ReadInf(std::filesystem::path(path).parent_path() / name, &words); };
    DriverPackage package = ReadPackage(file, target, loader, report);
    for (const std::string& line : report.Lines(/*errors=*/true)) std::fprintf(stderr, "%s\n", line.c_str());
    if (notes)
      for (const std::string& line : report.Lines(/*errors=*/false)) std::printf("%s (note)\n", line.c_str());
    good = good && report.ok();
    if (report.ok()) Print(package);
  }
  return good ? 0 : 1;
}

}  // namespace drydock::tools
