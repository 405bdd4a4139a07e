// Names of numbers, and text between UTF-8 and NT's UTF-16.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace drydock::machine {

const char* BugCheckName(uint32_t code);  // "" when unknown
std::u16string ToUtf16(std::string_view text);
std::string ToUtf8(std::u16string_view text);

}  // namespace drydock::machine
