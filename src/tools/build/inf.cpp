#include "tools/build/inf.h"

#include <fmt/format.h>

#include "machine/setup/inf_package.h"
#include "machine/setup/inf_stamp.h"
#include "tools/build/text.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

std::string StampInx(std::string_view text, const DriverProject& project) {
  const std::string version = fmt::format("{}.{}", project.version_major, project.version_minor);
  machine::setup::InfStamp stamp;
  if (project.kind == DriverKind::kUmdf)
    stamp.umdf_version = version + ".0";
  else if (project.kind == DriverKind::kKmdf)
    stamp.kmdf_version = version;
  return machine::setup::StampInf(text, stamp);
}

fs::path PlaceInf(const fs::path& source, const DriverProject& project, const fs::path& folder,
                  Diagnostics& diagnostics) {
  const std::string text = ReadTextFile(source);
  const bool inx = EqualsNoCase(source.extension().string(), ".inx");
  const fs::path target = folder / (source.stem().string() + ".inf");
  const std::string stamped = StampInx(text, project);
  WriteIfChanged(target, inx ? stamped : text);
  // The image can be built and run all the same; setup would refuse the file.
  machine::setup::InfReport report;
  const auto file = machine::setup::InfFile::Parse(stamped, source.string(), 0x409, report);
  machine::setup::ReadPackage(file, machine::setup::InfTarget(), nullptr, report);
  for (const std::string& line : report.Lines(/*errors=*/true)) diagnostics.Warning(line);
  for (const std::string& line : report.Lines(/*errors=*/false)) diagnostics.Note(line);
  return target;
}

}  // namespace drydock::tools
