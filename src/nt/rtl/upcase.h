// Upper case as the kernel's default table has it for the scripts that names are written in: Latin, Greek, Cyrillic, Armenian.
#pragma once

namespace drydock::nt::rtl {

constexpr char16_t Upcase(char16_t c) {
  if (c < 0x80) return c >= u'a' && c <= u'z' ? static_cast<char16_t>(c - 32) : c;
  if ((c >= 0xE0 && c <= 0xFE && c != 0xF7)) return static_cast<char16_t>(c - 32);
  if (c == 0xFF) return 0x178;
  if (c >= 0x100 && c <= 0x137) return static_cast<char16_t>(c == 0x131 ? c : c & ~1);  // pairs, upper even
  if (c >= 0x139 && c <= 0x148) return static_cast<char16_t>(c % 2 == 0 ? c - 1 : c);   // pairs, upper odd
  if (c >= 0x14A && c <= 0x177) return static_cast<char16_t>(c & ~1);
  if (c == 0x17A || c == 0x17C || c == 0x17E) return static_cast<char16_t>(c - 1);
  if (c == 0x3AC) return 0x386;
  if (c >= 0x3AD && c <= 0x3AF) return static_cast<char16_t>(c - 37);
  if (c >= 0x3B1 && c <= 0x3CB && c != 0x3C2) return static_cast<char16_t>(c - 32);
  if (c >= 0x430 && c <= 0x44F) return static_cast<char16_t>(c - 32);
  if (c >= 0x450 && c <= 0x45F) return static_cast<char16_t>(c - 80);
  if (c >= 0x460 && c <= 0x481) return static_cast<char16_t>(c & ~1);
  if (c >= 0x561 && c <= 0x586) return static_cast<char16_t>(c - 48);
  return c;
}

constexpr char16_t Downcase(char16_t c) {
  if (c >= u'A' && c <= u'Z') return static_cast<char16_t>(c + 32);
  if (c < 0x80) return c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return static_cast<char16_t>(c + 32);
  if (c == 0x178) return 0xFF;
  if ((c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14A && c <= 0x177)) return static_cast<char16_t>(c | 1);
  if (c >= 0x139 && c <= 0x148) return static_cast<char16_t>(c % 2 ? c + 1 : c);
  if (c == 0x179 || c == 0x17B || c == 0x17D) return static_cast<char16_t>(c + 1);
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return static_cast<char16_t>(c + 37);
  if (c >= 0x391 && c <= 0x3AB && c != 0x3A2) return static_cast<char16_t>(c + 32);
  if (c >= 0x410 && c <= 0x42F) return static_cast<char16_t>(c + 32);
  if (c >= 0x400 && c <= 0x40F) return static_cast<char16_t>(c + 80);
  if (c >= 0x460 && c <= 0x481) return static_cast<char16_t>(c | 1);
  if (c >= 0x531 && c <= 0x556) return static_cast<char16_t>(c + 48);
  return c;
}

}  // namespace drydock::nt::rtl
