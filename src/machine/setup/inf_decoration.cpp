// Decorations of Models sections: which system they are for.
#include <algorithm>
#include <tuple>

#include "machine/setup/inf_package.h"

namespace drydock::machine::setup {

std::optional<InfDecoration> InfDecoration::Parse(std::string_view text) {
  std::string lower = InfLower(InfTrim(text));
  if (!lower.starts_with("nt")) return std::nullopt;
  InfDecoration result;
  size_t dot = std::min(lower.find('.'), lower.size());
  result.architecture = lower.substr(2, dot - 2);
  if (!result.architecture.empty() && result.architecture != "x86" && result.architecture != "amd64" && result.architecture != "ia64" &&
      result.architecture != "arm" && result.architecture != "arm64")
    return std::nullopt;
  std::optional<uint32_t>* fields[] = {&result.major, &result.minor, &result.product_type, &result.suite_mask, &result.build};
  size_t field = 0;
  while (dot < lower.size()) {
    size_t end = std::min(lower.find('.', dot + 1), lower.size());
    std::string part = lower.substr(dot + 1, end - dot - 1);
    dot = end;
    if (field == std::size(fields)) return std::nullopt;
    uint32_t number;
    if (!part.empty()) {
      if (!InfNumber(part, &number)) return std::nullopt;
      *fields[field] = number;
    }
    ++field;
  }
  // A minor version alone, or a build of no version, says nothing.
  if ((result.minor || result.build) && !result.major) return std::nullopt;
  return result;
}

bool InfDecoration::Fits(const InfTarget& target) const {
  // NT alone means x86, since there are other machines.
  if (architecture.empty() ? target.architecture != "x86" : architecture != target.architecture) return false;
  auto asked = std::tuple(major.value_or(0), minor.value_or(0), build.value_or(0));
  if (asked > std::tuple(target.major, target.minor, build ? target.build : 0u)) return false;
  if (product_type && *product_type != target.product_type) return false;
  return !suite_mask || (*suite_mask & target.suite_mask) == *suite_mask;
}

bool InfDecoration::BetterThan(const InfDecoration& other) const {
  auto rank = [](const InfDecoration& d) {
    return std::tuple(d.major.value_or(0), d.minor.value_or(0), d.build.value_or(0), d.product_type.has_value(), d.suite_mask.has_value(),
                      !d.architecture.empty());
  };
  return rank(*this) > rank(other);
}

}  // namespace drydock::machine::setup
