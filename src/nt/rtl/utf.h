// UTF-8 and UTF-16 into each other; ill-formed input becomes U+FFFD. The ...Length functions tell how much room the others need.
#pragma once

#include <cstddef>

namespace drydock::nt::rtl {

size_t Utf16Length(const char* text, size_t length);                  // in 16-bit units
size_t Utf8Length(const char16_t* text, size_t length);               // in bytes
size_t ToUtf16(const char* text, size_t length, char16_t* out);
size_t ToUtf8(const char16_t* text, size_t length, char* out);

}  // namespace drydock::nt::rtl
