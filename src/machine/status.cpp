#include "drydock/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "machine/names.h"

namespace drydock {
namespace {

struct NameRow {
  uint32_t value;
  const char* name;
};

constexpr NameRow kStatusNames[] = {
#define STATUS_NAME(value, name) {value, name},
#include "constant_names.inc"
#undef STATUS_NAME
};

constexpr NameRow kBugCheckNames[] = {
#define BUG_CHECK_NAME(value, name) {value, name},
#include "constant_names.inc"
#undef BUG_CHECK_NAME
};

template <size_t N>
const char* Find(const NameRow (&rows)[N], uint32_t value) {
  auto row = std::lower_bound(std::begin(rows), std::end(rows), value,
                              [](const NameRow& a, uint32_t b) { return a.value < b; });
  return row != std::end(rows) && row->value == value ? row->name : nullptr;
}

}  // namespace

std::string Status::ToString() const {
  if (value_ == kStatusMachineStopped.value()) return "machine stopped: see its reports";
  uint32_t number = static_cast<uint32_t>(value_);
  if (const char* name = Find(kStatusNames, number)) return fmt::format("{} (0x{:08X})", name, number);
  return fmt::format("0x{:08X}", number);
}

namespace machine {
const char* BugCheckName(uint32_t code) {
  const char* name = Find(kBugCheckNames, code);
  return name ? name : "";
}
}  // namespace machine

}  // namespace drydock
