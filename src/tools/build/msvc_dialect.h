// What MSVC accepts in sources and a Linux compiler refuses, put into words that both know: on preprocessed text, so that it works where
// macros make it. Line markers stay, so that messages and debug information name the right lines.
//
//   "Entering " __FUNCTION__ "\n"      __FUNCTION__ is a string literal there: becomes "Entering " "DriverEntry" "\n"
//   Print(Text, ) from , __VA_ARGS__   no arguments, no comma there
//   &((PVOID)(State))                  a cast is an lvalue there (C alone): becomes ((PVOID *)&(State))
#pragma once

#include <string>
#include <string_view>

namespace drydock::tools {

// Whether a file as written may hold one of them. Quick; may say yes in vain.
bool MayNeedTranslation(std::string_view source);

// `preprocessed`: what the compiler's -E gives. The same text comes back when there is nothing to do.
std::string TranslateDialect(std::string_view preprocessed, bool cxx);

}  // namespace drydock::tools
