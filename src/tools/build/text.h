// Small text helpers of the driver builder. MSBuild compares names and values without regard to
// letter case (ASCII).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drydock::tools {

std::string ToLower(std::string_view text);
bool EqualsNoCase(std::string_view a, std::string_view b);
bool StartsWithNoCase(std::string_view text, std::string_view prefix);
std::string_view Trim(std::string_view text);
std::vector<std::string> SplitTrimmed(std::string_view text, char separator);  // drops empty parts
std::string ReplaceAll(std::string text, std::string_view from, std::string_view to);
// The body of a C string literal: quotes, backslashes and control characters escaped.
std::string EscapeC(std::string_view text);
bool IsIdentifier(std::string_view text);

struct LessNoCase {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

}  // namespace drydock::tools
