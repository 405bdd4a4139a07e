#include "machine/setup/inf_stamp.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "machine/setup/inf_text.h"
#include "runtime/text_encoding.h"

namespace drydock::machine::setup {
namespace {

// "1.33" -> "01033", as the co-installers were named.
std::string CoInstallerVersion(const std::string& version) {
  size_t dot = version.find('.');
  int major = std::atoi(version.c_str()), minor = dot == std::string::npos ? 0 : std::atoi(version.c_str() + dot + 1);
  return fmt::format("{:02}{:03}", major, minor);
}

}  // namespace

std::string StampInf(std::string_view bytes, const InfStamp& stamp) {
  const std::string decoded = rt::ToUtf8FromWindowsText(bytes);
  const std::string_view text = decoded;
  const std::array<std::pair<std::string_view, std::string>, 5> variables = {{
      {"$arch$", "amd64"},
      {"$kmdfversion$", stamp.kmdf_version},
      {"$kmdfcoinstallerversion$", CoInstallerVersion(stamp.kmdf_version)},
      {"$umdfversion$", stamp.umdf_version},
      {"$umdfcoinstallerversion$", CoInstallerVersion(stamp.umdf_version)},
  }};
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const std::pair<std::string_view, std::string>* found = nullptr;
    if (text[i] == '$') {
      for (const auto& variable : variables)
        if (InfEqual(text.substr(i, variable.first.size()), variable.first)) found = &variable;
    }
    if (found) {
      result += found->second;
      i += found->first.size();
    } else {
      result += text[i++];
    }
  }
  return result;
}

}  // namespace drydock::machine::setup
