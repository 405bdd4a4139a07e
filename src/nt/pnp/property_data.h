// Names and values of unified device properties. nt/pnp only.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace drydock::nt::pnp {

struct PropertyName {
  uint8_t guid[16];
  uint32_t number;
  uint32_t locale;
  friend bool operator<(const PropertyName& a, const PropertyName& b) { return std::memcmp(&a, &b, sizeof a) < 0; }
};

struct PropertyValue {
  uint32_t type = 0;  // DEVPROPTYPE
  std::vector<char> data;
};

}  // namespace drydock::nt::pnp
