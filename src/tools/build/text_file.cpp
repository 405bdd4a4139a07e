#include "tools/build/text_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "runtime/read_file.h"
#include "runtime/text_encoding.h"
#include "tools/build/diagnostics.h"

namespace drydock::tools {
namespace {

constexpr size_t kMostMegabytes = 256;

}  // namespace

std::string ReadTextFile(const std::filesystem::path& file) {
  std::string words;
  const auto bytes = rt::ReadFile(file.string(), kMostMegabytes, &words);
  if (bytes) return rt::ToUtf8FromWindowsText(*bytes);
  constexpr std::string_view kCannot = "cannot be read: ";
  if (words.starts_with(kCannot)) throw BuildError(fmt::format("cannot read {}: {}", file.string(), words.substr(kCannot.size())));
  throw BuildError(fmt::format("{} {}", file.string(), words));
}

bool WriteIfChanged(const std::filesystem::path& file, std::string_view text) {
  std::string words;
  if (rt::ReadFile(file.string(), kMostMegabytes, &words) == text) return false;
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  errno = 0;
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) throw BuildError(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno != 0 ? errno : EIO)));
  return true;
}

bool IsUtf16File(const std::filesystem::path& file) {
  char mark[2] = {};
  return std::ifstream(file, std::ios::binary).read(mark, 2) && (std::string_view(mark, 2) == "\xFF\xFE" || std::string_view(mark, 2) == "\xFE\xFF");
}

}  // namespace drydock::tools
