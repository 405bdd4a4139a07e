#include <fmt/format.h>

#include "nt/etw/state.h"

namespace drydock::nt::etw {

std::string GuidText(const GUID& guid) {
  const unsigned char* d = guid.Data4;
  return fmt::format("{{{:08x}-{:04x}-{:04x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}}}", guid.Data1, guid.Data2, guid.Data3, d[0], d[1],
                     d[2], d[3], d[4], d[5], d[6], d[7]);
}

bool ReadGuid(std::string_view text, GUID* guid) {
  uint8_t digits[32];
  size_t count = 0;
  for (const char c : text) {
    if (c == '{' || c == '}' || c == '(' || c == ')' || c == '-' || c == ',' || c == ' ') continue;
    if (count == 32) return false;
    if (c >= '0' && c <= '9') digits[count++] = static_cast<uint8_t>(c - '0');
    else if (c >= 'a' && c <= 'f') digits[count++] = static_cast<uint8_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') digits[count++] = static_cast<uint8_t>(c - 'A' + 10);
    else return false;
  }
  if (count != 32) return false;
  auto number = [&](size_t at, size_t length) {
    uint32_t value = 0;
    for (size_t i = 0; i < length; ++i) value = value << 4 | digits[at + i];
    return value;
  };
  guid->Data1 = number(0, 8);
  guid->Data2 = static_cast<USHORT>(number(8, 4));
  guid->Data3 = static_cast<USHORT>(number(12, 4));
  for (size_t i = 0; i < 8; ++i) guid->Data4[i] = static_cast<UCHAR>(number(16 + 2 * i, 2));
  return true;
}

}  // namespace drydock::nt::etw
