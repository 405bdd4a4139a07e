// What text files of Windows are written in, as UTF-8.
// Called by:  whoever reads a file that comes from outside: INFs, project files, sources. Any thread, no state.
// Errors:     none: what is no text of any kind below is taken for code page 1252, and what has no meaning there becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace drydock::rt {

// UTF-16 (either order, by its mark or by the zeros that ASCII has there) and UTF-8 with a mark become plain UTF-8; bytes that are no UTF-8
// are code page 1252.
std::string ToUtf8FromWindowsText(std::string_view bytes);

}  // namespace drydock::rt
