#include "nt/rtl/utf.h"

#include <cstdint>

namespace drydock::nt::rtl {
namespace {

uint32_t NextFromUtf8(const char* text, size_t length, size_t& at) {
  auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  int extra = (lead >> 5) == 6 ? 1 : (lead >> 4) == 14 ? 2 : (lead >> 3) == 30 ? 3 : 0;
  if (extra == 0) return 0xFFFD;
  uint32_t code = lead & (0x3Fu >> extra);
  for (int i = 0; i < extra; ++i) {
    if (at >= length || (static_cast<unsigned char>(text[at]) >> 6) != 2) return 0xFFFD;
    code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3F);
  }
  constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[extra] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0xFFFD;
  return code;
}

uint32_t NextFromUtf16(const char16_t* text, size_t length, size_t& at) {
  uint32_t code = text[at++];
  if (code < 0xD800 || code >= 0xE000) return code;
  if (code >= 0xDC00 || at >= length || text[at] < 0xDC00 || text[at] >= 0xE000) return 0xFFFD;
  return 0x10000 + ((code - 0xD800) << 10) + (text[at++] - 0xDC00u);
}

}  // namespace

size_t ToUtf16(const char* text, size_t length, char16_t* out) {
  size_t written = 0;
  auto put = [&](uint32_t unit) {
    if (out) out[written] = static_cast<char16_t>(unit);
    ++written;
  };
  for (size_t at = 0; at < length;) {
    uint32_t code = NextFromUtf8(text, length, at);
    if (code >= 0x10000) {
      put(0xD800 + ((code - 0x10000) >> 10));
      put(0xDC00 + (code & 0x3FF));
    } else {
      put(code);
    }
  }
  return written;
}

size_t ToUtf8(const char16_t* text, size_t length, char* out) {
  size_t written = 0;
  auto put = [&](uint32_t byte) {
    if (out) out[written] = static_cast<char>(byte);
    ++written;
  };
  for (size_t at = 0; at < length;) {
    uint32_t code = NextFromUtf16(text, length, at);
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | code >> 6);
      put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | code >> 12);
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    }
  }
  return written;
}

size_t Utf16Length(const char* text, size_t length) { return ToUtf16(text, length, nullptr); }
size_t Utf8Length(const char16_t* text, size_t length) { return ToUtf8(text, length, nullptr); }

}  // namespace drydock::nt::rtl
