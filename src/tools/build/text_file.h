// Text files as Windows tools write them, read as UTF-8 (runtime/text_encoding.h).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace drydock::tools {

// BuildError if it cannot be read.
std::string ReadTextFile(const std::filesystem::path& file);
// Writes only what differs, so that build tools see unchanged times; makes the folders above. True
// if it wrote.
bool WriteIfChanged(const std::filesystem::path& file, std::string_view text);

// By its mark. MSVC reads such sources, clang and gcc do not.
bool IsUtf16File(const std::filesystem::path& file);

}  // namespace drydock::tools
