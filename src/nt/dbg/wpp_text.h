// The text of a WPP message: NT's printf fields and WPP's %!names!, as sdk/shared/drydock_wpp.h
// lists them. Called by:  DrydockWppTrace; any IRQL, touches only its arguments. Source:     public
// documentation of WPP ("What are the WPP extended format specification strings?").
#pragma once

#include <cstdarg>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::nt::dbg {

// An enumeration that a driver's trace configuration names; a copy, so that it does not depend on
// the image.
struct WppType {
  std::string name;
  bool is_set = false;
  std::vector<std::pair<int64_t, std::string>> words;
  std::string alias;  // another name for this one that WPP has
};

struct WppMessage {
  const char* driver;
  unsigned flags;
  unsigned level;
  const char* function;
  const char* file;
  int line;
};

std::string WppText(const WppMessage& message, const std::vector<WppType>& types,
                    const char* format, va_list arguments);

// With arguments as they are.
std::string WppFormat(const WppMessage& message, const std::vector<WppType>& types,
                      const char* format, ...);

// "error" for TRACE_LEVEL_ERROR; the number for what has no name.
std::string WppLevelName(unsigned level);

}  // namespace drydock::nt::dbg
