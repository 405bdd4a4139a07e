// Structured exception handling, put into C and C++ that clang and gcc know; the run-time behind it is nt/ex/seh.h.
//
//   __try { B } __except (F) { H }    a frame on the thread's list and two marked places: B runs; an exception that is raised below first
//                                     has F evaluated in place, with B's callees still on the stack; if F says so, H runs
//   __try { B } __finally { C }       C at the end of B, in the frame's place when an exception unwinds, and before each return, break,
//                                     continue and goto that leaves B
//   __leave                           goto the end of B
//   GetExceptionCode(), GetExceptionInformation(), AbnormalTermination() and their underscored names: of the frame they stand in
//
// The text must be compiled without optimization: what a local variable holds after a jump back must be what memory holds.
#pragma once

#include <string>
#include <string_view>

namespace drydock::tools {

// Whether a source may use it. Quick; may say yes in vain.
bool MayUseSeh(std::string_view source);

struct SehResult {
  std::string text;
  bool used = false;
};
SehResult TranslateSeh(std::string_view preprocessed, bool cxx);

}  // namespace drydock::tools
