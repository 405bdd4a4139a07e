#include "machine/names.h"

#include "nt/rtl/utf.h"

namespace drydock::machine {

std::u16string ToUtf16(std::string_view text) {
  std::u16string out(nt::rtl::Utf16Length(text.data(), text.size()), u'\0');
  nt::rtl::ToUtf16(text.data(), text.size(), out.data());
  return out;
}

std::string ToUtf8(std::u16string_view text) {
  std::string out(nt::rtl::Utf8Length(text.data(), text.size()), '\0');
  nt::rtl::ToUtf8(text.data(), text.size(), out.data());
  return out;
}

}  // namespace drydock::machine
