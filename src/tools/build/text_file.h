// Text files as Windows tools write them: UTF-8 with or without a mark, UTF-16 with a mark. Read as
// UTF-8.
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
// UTF-16 (either order, by its mark) and UTF-8 with a mark become plain UTF-8.
std::string DecodeText(std::string bytes);

}  // namespace drydock::tools
