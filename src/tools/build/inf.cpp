#include "tools/build/inf.h"

#include <fmt/format.h>

#include "tools/build/text.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

std::string StampInx(std::string_view text, const DriverProject& project) {
  const bool umdf = project.kind == DriverKind::kUmdf;
  const std::string version = fmt::format("{}.{}", project.version_major, project.version_minor);
  const std::string number =
      fmt::format("{:02}{:03}", project.version_major, project.version_minor);
  const std::pair<std::string_view, std::string> variables[] = {
      {"$ARCH$", "amd64"},
      {"$KMDFVERSION$", umdf ? "1.33" : version},
      {"$KMDFCOINSTALLERVERSION$", umdf ? "01033" : number},
      {"$UMDFVERSION$", umdf ? version + ".0" : "2.33.0"},
      {"$UMDFCOINSTALLERVERSION$", umdf ? number : "02033"},
  };
  // Variables are found in any letter case.
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const std::pair<std::string_view, std::string>* found = nullptr;
    if (text[i] == '$') {
      for (const auto& variable : variables) {
        if (StartsWithNoCase(text.substr(i), variable.first)) found = &variable;
      }
    }
    if (found != nullptr) {
      result += found->second;
      i += found->first.size();
    } else {
      result += text[i++];
    }
  }
  return result;
}

fs::path PlaceInf(const fs::path& source, const DriverProject& project, const fs::path& folder) {
  const std::string text = ReadTextFile(source);
  const bool inx = EqualsNoCase(source.extension().string(), ".inx");
  const fs::path target = folder / (source.stem().string() + ".inf");
  WriteIfChanged(target, inx ? StampInx(text, project) : text);
  return target;
}

}  // namespace drydock::tools
