// What MSVC accepts in sources and a Linux compiler refuses, put into words that both know: on preprocessed text, so that it works where
// macros make it. Line markers stay, so that messages and debug information name the right lines.
//
//   "Entering " __FUNCTION__ "\n"      __FUNCTION__ is a string literal there: becomes "Entering " "DriverEntry" "\n"
//   Print(Text, ) from , __VA_ARGS__   no arguments, no comma there
//   __try, __except, __finally         see dialect_seh.h
//   long, 1L                           32 bits there: int, 1 (dialect_long.h)
//   __uuidof(IThing)                   the GUID of __declspec(uuid(...)), by name
//   __declspec(noinline align(16))     several words, properties: see dialect_declspec.h
//   void *operator new(size_t) throw() the compilers declare it without: it goes
//   void *operator new(size_t, TAG)    looked at for NULL there: becomes ... noexcept
//   &((PVOID)(State))                  a cast is an lvalue there (C alone): becomes ((PVOID *)&(State))
#pragma once

#include <string>
#include <string_view>

namespace drydock::tools {

// Whether a file as written may hold one of them, and what finds it. Quick; may ask for too much.
enum class DialectNeed : unsigned char {
  kNone,
  kWritten,       // `long` and its literals alone: can be changed in the file (TranslateWrittenLong)
  kPreprocessed,  // what only the preprocessed text shows
};
DialectNeed NeedOf(std::string_view source);

struct Translated {
  std::string text;
  bool no_optimization = false;  // must be compiled with -O0
  bool long_narrowed = false;    // some `long` became `int`
};
// `preprocessed`: what the compiler's -E gives; `clang`: it is for clang, which knows a little of the dialect itself. The same text comes back when there is nothing to do.
Translated TranslateDialect(std::string_view preprocessed, bool cxx, bool clang = true);

}  // namespace drydock::tools
