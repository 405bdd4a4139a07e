// Text into buffers of applications. nt/win32 only.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include <cstring>
#include <string>

#include "nt/ob/name_space.h"

namespace drydock::nt::win32 {

// The length without the terminator; with it when the buffer is too small.
inline DWORD GiveText(const std::u16string& text, LPWSTR buffer, DWORD size) {
  if (text.size() >= size) return static_cast<DWORD>(text.size() + 1);
  std::memcpy(buffer, text.c_str(), (text.size() + 1) * sizeof(char16_t));
  return static_cast<DWORD>(text.size());
}
inline DWORD GiveText(const std::u16string& wide, LPSTR buffer, DWORD size) {
  const std::string text = ob::ToUtf8(wide);
  if (text.size() >= size) return static_cast<DWORD>(text.size() + 1);
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return static_cast<DWORD>(text.size());
}

}  // namespace drydock::nt::win32
