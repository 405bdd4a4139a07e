// The registry's A forms (text as UTF-8), its older forms, and those that are made of others.
#include <cstring>
#include <string>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

bool IsText(DWORD type) { return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ; }

// A value's data in the A form: text becomes UTF-8.
LSTATUS GiveNarrow(const std::vector<BYTE>& wide, DWORD type, LPBYTE data, LPDWORD size) {
  std::string text(reinterpret_cast<const char*>(wide.data()), wide.size());
  if (IsText(type)) text = ob::ToUtf8(std::u16string_view(reinterpret_cast<const char16_t*>(wide.data()), wide.size() / sizeof(char16_t)));
  if (size == nullptr) return ERROR_SUCCESS;
  const DWORD space = *size;
  *size = static_cast<DWORD>(text.size());
  if (data == nullptr) return ERROR_SUCCESS;
  if (space < text.size()) return ERROR_MORE_DATA;
  std::memcpy(data, text.data(), text.size());
  return ERROR_SUCCESS;
}

LSTATUS Whole(HKEY key, LPCWSTR name, DWORD* type, std::vector<BYTE>* data) {
  DWORD size = 0;
  for (;;) {
    data->resize(size);
    const LSTATUS error = RegQueryValueExW(key, name, nullptr, type, size != 0 ? data->data() : nullptr, &size);
    if (error != ERROR_SUCCESS && error != ERROR_MORE_DATA) return error;
    if (error == ERROR_SUCCESS && size <= data->size()) {
      data->resize(size);
      return ERROR_SUCCESS;
    }
  }
}

bool Wanted(DWORD type, DWORD flags) {
  static constexpr DWORD kFlags[] = {RRF_RT_REG_NONE, RRF_RT_REG_SZ, RRF_RT_REG_EXPAND_SZ, RRF_RT_REG_BINARY, RRF_RT_REG_DWORD, 0, 0, RRF_RT_REG_MULTI_SZ, 0, 0, 0, RRF_RT_REG_QWORD};
  if ((flags & RRF_RT_ANY) == RRF_RT_ANY) return true;
  return type < sizeof kFlags / sizeof kFlags[0] && ((flags & kFlags[type]) || (type == REG_EXPAND_SZ && (flags & RRF_RT_REG_SZ)));
}

}  // namespace

extern "C" {

LSTATUS RegOpenKeyExA(HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult) {
  return RegOpenKeyExW(hKey, Wide(lpSubKey).c_str(), ulOptions, samDesired, phkResult);
}
LSTATUS RegOpenKeyW(HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult) { return RegOpenKeyExW(hKey, lpSubKey, 0, MAXIMUM_ALLOWED, phkResult); }
LSTATUS RegOpenKeyA(HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult) { return RegOpenKeyW(hKey, Wide(lpSubKey).c_str(), phkResult); }
LSTATUS RegCreateKeyExA(HKEY hKey, LPCSTR lpSubKey, DWORD Reserved, LPSTR lpClass, DWORD dwOptions, REGSAM samDesired,
                        const LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult, LPDWORD lpdwDisposition) {
  (void)lpClass;
  return RegCreateKeyExW(hKey, Wide(lpSubKey).c_str(), Reserved, nullptr, dwOptions, samDesired, lpSecurityAttributes, phkResult, lpdwDisposition);
}
LSTATUS RegCreateKeyW(HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult) {
  return RegCreateKeyExW(hKey, lpSubKey, 0, nullptr, 0, MAXIMUM_ALLOWED, nullptr, phkResult, nullptr);
}
LSTATUS RegCreateKeyA(HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult) { return RegCreateKeyW(hKey, Wide(lpSubKey).c_str(), phkResult); }

LSTATUS RegQueryValueExA(HKEY hKey, LPCSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData) {
  if (lpReserved != nullptr || (lpData != nullptr && lpcbData == nullptr)) return ERROR_INVALID_PARAMETER;
  DWORD type = 0;
  std::vector<BYTE> data;
  if (const LSTATUS error = Whole(hKey, Wide(lpValueName).c_str(), &type, &data)) return error;
  if (lpType != nullptr) *lpType = type;
  return GiveNarrow(data, type, lpData, lpcbData);
}
LSTATUS RegSetValueExA(HKEY hKey, LPCSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE* lpData, DWORD cbData) {
  if (!IsText(dwType)) return RegSetValueExW(hKey, Wide(lpValueName).c_str(), Reserved, dwType, lpData, cbData);
  const std::u16string text = ob::ToUtf16(std::string_view(reinterpret_cast<const char*>(lpData), cbData));
  return RegSetValueExW(hKey, Wide(lpValueName).c_str(), Reserved, dwType, reinterpret_cast<const BYTE*>(text.data()),
                        static_cast<DWORD>(text.size() * sizeof(char16_t)));
}
LSTATUS RegDeleteValueA(HKEY hKey, LPCSTR lpValueName) { return RegDeleteValueW(hKey, Wide(lpValueName).c_str()); }
LSTATUS RegDeleteKeyA(HKEY hKey, LPCSTR lpSubKey) { return RegDeleteKeyW(hKey, Wide(lpSubKey).c_str()); }

LSTATUS RegEnumKeyExA(HKEY hKey, DWORD dwIndex, LPSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved, LPSTR lpClass, LPDWORD lpcchClass,
                      PFILETIME lpftLastWriteTime) {
  if (lpName == nullptr || lpcchName == nullptr) return ERROR_INVALID_PARAMETER;
  WCHAR name[256];
  DWORD length = 256;
  if (const LSTATUS error = RegEnumKeyExW(hKey, dwIndex, name, &length, lpReserved, nullptr, nullptr, lpftLastWriteTime)) return error;
  const std::string text = ob::ToUtf8(std::u16string_view(name, length));
  if (lpClass != nullptr && lpcchClass != nullptr && *lpcchClass != 0) lpClass[0] = 0;
  if (*lpcchName <= text.size()) return ERROR_MORE_DATA;
  std::memcpy(lpName, text.c_str(), text.size() + 1);
  *lpcchName = static_cast<DWORD>(text.size());
  return ERROR_SUCCESS;
}
LSTATUS RegEnumValueA(HKEY hKey, DWORD dwIndex, LPSTR lpValueName, LPDWORD lpcchValueName, LPDWORD lpReserved, LPDWORD lpType,
                      LPBYTE lpData, LPDWORD lpcbData) {
  if (lpValueName == nullptr || lpcchValueName == nullptr) return ERROR_INVALID_PARAMETER;
  std::vector<WCHAR> name(16384);
  DWORD length = 16384, type = 0;
  if (const LSTATUS error = RegEnumValueW(hKey, dwIndex, name.data(), &length, lpReserved, &type, nullptr, nullptr)) return error;
  const std::string text = ob::ToUtf8(std::u16string_view(name.data(), length));
  if (*lpcchValueName <= text.size()) return ERROR_MORE_DATA;
  std::memcpy(lpValueName, text.c_str(), text.size() + 1);
  *lpcchValueName = static_cast<DWORD>(text.size());
  if (lpType != nullptr) *lpType = type;
  std::vector<BYTE> data;
  if (const LSTATUS error = Whole(hKey, name.data(), &type, &data)) return error;
  return GiveNarrow(data, type, lpData, lpcbData);
}

// The keys below go first; with no name the key itself stays.
LSTATUS RegDeleteTreeW(HKEY hKey, LPCWSTR lpSubKey) {
  HKEY key = hKey;
  const bool named = lpSubKey != nullptr && lpSubKey[0] != 0;
  if (named) {
    if (const LSTATUS error = RegOpenKeyExW(hKey, lpSubKey, 0, KEY_ALL_ACCESS, &key)) return error;
  }
  LSTATUS error = ERROR_SUCCESS;
  for (;;) {
    WCHAR name[256];
    DWORD length = 256;
    error = RegEnumKeyExW(key, 0, name, &length, nullptr, nullptr, nullptr, nullptr);
    if (error != ERROR_SUCCESS) break;
    error = RegDeleteTreeW(key, name);
    if (error != ERROR_SUCCESS) break;
  }
  if (error == ERROR_NO_MORE_ITEMS) error = ERROR_SUCCESS;
  if (!named && error == ERROR_SUCCESS) {
    for (;;) {
      std::vector<WCHAR> name(16384);
      DWORD length = 16384;
      if (RegEnumValueW(key, 0, name.data(), &length, nullptr, nullptr, nullptr, nullptr) != ERROR_SUCCESS) break;
      error = RegDeleteValueW(key, name.data());
      if (error != ERROR_SUCCESS) break;
    }
  }
  if (named) {
    RegCloseKey(key);
    if (error == ERROR_SUCCESS) error = RegDeleteKeyW(hKey, lpSubKey);
  }
  return error;
}
LSTATUS RegDeleteTreeA(HKEY hKey, LPCSTR lpSubKey) { return RegDeleteTreeW(hKey, Wide(lpSubKey).c_str()); }

LSTATUS RegGetValueW(HKEY hkey, LPCWSTR lpSubKey, LPCWSTR lpValue, DWORD dwFlags, LPDWORD pdwType, PVOID pvData, LPDWORD pcbData) {
  HKEY key;
  if (const LSTATUS error = RegOpenKeyExW(hkey, lpSubKey, 0, KEY_QUERY_VALUE, &key)) return error;
  DWORD type = 0;
  std::vector<BYTE> data;
  const LSTATUS error = Whole(key, lpValue, &type, &data);
  RegCloseKey(key);
  if (error != ERROR_SUCCESS) return error;
  if (!Wanted(type, dwFlags)) return ERROR_UNSUPPORTED_TYPE;
  // Text is always ended.
  if (IsText(type) && (data.size() < 2 || data[data.size() - 1] != 0 || data[data.size() - 2] != 0)) data.insert(data.end(), 2, 0);
  if (pdwType != nullptr) *pdwType = type;
  if (pcbData == nullptr) return pvData == nullptr ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
  const DWORD space = *pcbData;
  *pcbData = static_cast<DWORD>(data.size());
  if (pvData == nullptr) return ERROR_SUCCESS;
  if (space < data.size()) return ERROR_MORE_DATA;
  std::memcpy(pvData, data.data(), data.size());
  return ERROR_SUCCESS;
}
LSTATUS RegGetValueA(HKEY hkey, LPCSTR lpSubKey, LPCSTR lpValue, DWORD dwFlags, LPDWORD pdwType, PVOID pvData, LPDWORD pcbData) {
  DWORD size = 0, type = 0;
  if (const LSTATUS error = RegGetValueW(hkey, Wide(lpSubKey).c_str(), Wide(lpValue).c_str(), dwFlags, &type, nullptr, &size)) return error;
  std::vector<BYTE> data(size);
  if (const LSTATUS error = RegGetValueW(hkey, Wide(lpSubKey).c_str(), Wide(lpValue).c_str(), dwFlags, &type, data.data(), &size)) return error;
  data.resize(size);
  if (pdwType != nullptr) *pdwType = type;
  return GiveNarrow(data, type, static_cast<LPBYTE>(pvData), pcbData);
}

}  // extern "C"
