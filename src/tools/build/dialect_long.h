// `long` has 32 bits on Windows and 64 here. In what a driver itself says it becomes `int`, so that `unsigned long` and ULONG are one
// type as there. `long long` and `__int64` become `long`: of that the SDK makes its 64-bit names in a driver (DRYDOCK_INT64,
// drydock_compiler.h), because size_t is made of it; so ULONGLONG, SIZE_T, size_t and `unsigned long long` are one type as there.
// `long double` and everything that comes from system headers (line markers with flag 3: the SDK, the C and C++ libraries) stay. Integer
// literals lose their L as `long` does (0xFFFFFFFFUL is ~0u there), unless 32 bits cannot hold them; the suffixes i64, ui64 and shorter
// ones become what everybody knows.
#pragma once

#include <string>
#include <string_view>

namespace drydock::tools {

// Whether a source says `long` or such a literal. Quick; may say yes in vain.
bool MayUseLong(std::string_view source);

struct LongResult {
  std::string text;
  int types = 0;     // how many `long` became `int`
  int literals = 0;  // how many lost a suffix
};
// The word that DRYDOCK_INT64 must be while the text is preprocessed: in the result it is `long`, which no `long` of the driver is.
inline constexpr std::string_view kInt64Word = "__drydock_int64";
LongResult TranslateLong(std::string_view preprocessed);
// A file of the driver as it was written, so that it need not be preprocessed for this. Where the preprocessor makes the words, such a
// file is not enough: WritesLong says no.
LongResult TranslateWrittenLong(std::string_view source);
bool WritesLong(std::string_view source);

}  // namespace drydock::tools
