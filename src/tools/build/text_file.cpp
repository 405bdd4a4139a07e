#include "tools/build/text_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "runtime/text_encoding.h"
#include "tools/build/diagnostics.h"

namespace drydock::tools {
namespace {

bool ReadBytes(const std::filesystem::path& file, std::string& bytes) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return false;
  in.seekg(0, std::ios::end);
  const auto size = in.tellg();
  if (size < 0) return false;
  bytes.resize(static_cast<size_t>(size));
  in.seekg(0);
  in.read(bytes.data(), size);
  return in.good() || bytes.empty();
}

}  // namespace

std::string ReadTextFile(const std::filesystem::path& file) {
  std::string bytes;
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw BuildError(fmt::format("{} is a folder", file.string()));
  errno = 0;
  if (!ReadBytes(file, bytes)) {
    throw BuildError(
        fmt::format("cannot read {}: {}", file.string(), std::strerror(errno != 0 ? errno : EIO)));
  }
  return rt::ToUtf8FromWindowsText(bytes);
}

bool WriteIfChanged(const std::filesystem::path& file, std::string_view text) {
  std::string old;
  std::error_code error;
  if (std::filesystem::is_regular_file(file, error) && ReadBytes(file, old) && old == text)
    return false;
  std::filesystem::create_directories(file.parent_path(), error);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) throw BuildError(fmt::format("cannot write {}", file.string()));
  return true;
}

bool IsUtf16File(const std::filesystem::path& file) {
  char mark[2] = {};
  return std::ifstream(file, std::ios::binary).read(mark, 2) && (std::string_view(mark, 2) == "\xFF\xFE" || std::string_view(mark, 2) == "\xFE\xFF");
}

}  // namespace drydock::tools
