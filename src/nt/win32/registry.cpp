// The registry functions, on the machine's registry.
#include <cstring>
#include <string>
#include <vector>

#include "nt/ob/handle_table.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

// Text of HKEY_..., or null for a handle that was opened.
const char16_t* RootPath(HKEY key) {
  switch (static_cast<LONG>(reinterpret_cast<LONG_PTR>(key))) {
    case static_cast<LONG>(0x80000000):
      return u"\\Registry\\Machine\\Software\\Classes";
    case static_cast<LONG>(0x80000001):
      return u"\\Registry\\User\\.Default";
    case static_cast<LONG>(0x80000002):
      return u"\\Registry\\Machine";
    case static_cast<LONG>(0x80000003):
      return u"\\Registry\\User";
    default:
      return nullptr;
  }
}
bool IsPredefined(HKEY key) {
  return reinterpret_cast<ULONG_PTR>(key) >> 32 == 0xFFFFFFFF && RootPath(key) != nullptr;
}

NTSTATUS Open(HKEY key, LPCWSTR sub_key, REGSAM access, bool create, PHKEY result,
              ULONG* disposition, ULONG options) {
  std::u16string path;
  if (IsPredefined(key)) path = RootPath(key);
  if (sub_key != nullptr && sub_key[0] != 0) {
    if (!path.empty()) path += u'\\';
    path += sub_key;
  }
  UNICODE_STRING name;
  if (path.size() > UNICODE_STRING_MAX_CHARS) return STATUS_OBJECT_NAME_INVALID;
  RtlInitUnicodeString(&name, path.c_str());
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | HandleAttributes(),
                             IsPredefined(key) ? nullptr : key, nullptr);
  HANDLE handle = nullptr;
  const NTSTATUS status =
      create ? ZwCreateKey(&handle, access, &attributes, 0, nullptr, options, disposition)
             : ZwOpenKey(&handle, access, &attributes);
  if (NT_SUCCESS(status)) *result = static_cast<HKEY>(handle);
  return status;
}

// Predefined keys have no handle of their own: one is opened for the length of the call.
template <class Do>
LSTATUS WithKey(HKEY key, REGSAM access, Do what) {
  HKEY opened = key;
  if (IsPredefined(key)) {
    const NTSTATUS status = Open(key, nullptr, access, false, &opened, nullptr, 0);
    if (!NT_SUCCESS(status)) return static_cast<LSTATUS>(ErrorOf(status));
  }
  const NTSTATUS status = what(opened);
  if (opened != key) ZwClose(opened);
  return static_cast<LSTATUS>(ErrorOf(status));
}

}  // namespace

extern "C" {

LSTATUS RegOpenKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired,
                      PHKEY phkResult) {
  (void)ulOptions;
  return static_cast<LSTATUS>(
      ErrorOf(Open(hKey, lpSubKey, samDesired, false, phkResult, nullptr, 0)));
}

LSTATUS RegCreateKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass,
                        DWORD dwOptions, REGSAM samDesired,
                        const LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult,
                        LPDWORD lpdwDisposition) {
  (void)lpClass;
  (void)lpSecurityAttributes;
  if (Reserved != 0) return ERROR_INVALID_PARAMETER;
  return static_cast<LSTATUS>(
      ErrorOf(Open(hKey, lpSubKey, samDesired, true, phkResult, lpdwDisposition, dwOptions)));
}

LSTATUS RegCloseKey(HKEY hKey) {
  if (IsPredefined(hKey)) return ERROR_SUCCESS;
  void* body;
  const NTSTATUS status = ob::ReferenceByHandle(hKey, 0, nullptr, KernelMode, &body);
  if (!NT_SUCCESS(status)) return static_cast<LSTATUS>(ErrorOf(status));
  ZwClose(hKey);
  ob::Dereference(body);
  return ERROR_SUCCESS;
}

LSTATUS RegQueryValueExW(HKEY hKey, LPCWSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType,
                         LPBYTE lpData, LPDWORD lpcbData) {
  if (lpReserved != nullptr || (lpData != nullptr && lpcbData == nullptr))
    return ERROR_INVALID_PARAMETER;
  return WithKey(hKey, KEY_QUERY_VALUE, [&](HKEY key) -> NTSTATUS {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, lpValueName);
    std::vector<char> room(sizeof(KEY_VALUE_PARTIAL_INFORMATION));
    ULONG needed = 0;
    NTSTATUS status;
    // Its size may change between two calls.
    while ((status = ZwQueryValueKey(key, &name, KeyValuePartialInformation, room.data(),
                                     static_cast<ULONG>(room.size()), &needed)) ==
               STATUS_BUFFER_OVERFLOW ||
           status == STATUS_BUFFER_TOO_SMALL) {
      room.resize(needed);
    }
    if (!NT_SUCCESS(status)) return status;
    const auto* value = reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(room.data());
    if (lpType != nullptr) *lpType = value->Type;
    if (lpcbData == nullptr) return STATUS_SUCCESS;
    const DWORD space = *lpcbData;
    *lpcbData = value->DataLength;
    if (lpData == nullptr) return STATUS_SUCCESS;
    if (space < value->DataLength) return STATUS_BUFFER_OVERFLOW;
    std::memcpy(lpData, value->Data, value->DataLength);
    return STATUS_SUCCESS;
  });
}

LSTATUS RegSetValueExW(HKEY hKey, LPCWSTR lpValueName, DWORD Reserved, DWORD dwType,
                       const BYTE* lpData, DWORD cbData) {
  if (Reserved != 0) return ERROR_INVALID_PARAMETER;
  return WithKey(hKey, KEY_SET_VALUE, [&](HKEY key) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, lpValueName);
    return ZwSetValueKey(key, &name, 0, dwType, const_cast<BYTE*>(lpData), cbData);
  });
}

LSTATUS RegDeleteKeyW(HKEY hKey, LPCWSTR lpSubKey) {
  if (lpSubKey == nullptr || lpSubKey[0] == 0) return ERROR_INVALID_PARAMETER;
  HKEY key;
  if (const NTSTATUS status = Open(hKey, lpSubKey, DELETE, false, &key, nullptr, 0); !NT_SUCCESS(status))
    return static_cast<LSTATUS>(ErrorOf(status));
  const NTSTATUS status = ZwDeleteKey(key);
  ZwClose(key);
  // One that has keys below it stays.
  return status == STATUS_CANNOT_DELETE ? ERROR_ACCESS_DENIED : static_cast<LSTATUS>(ErrorOf(status));
}
LSTATUS RegFlushKey(HKEY hKey) {
  return WithKey(hKey, KEY_READ, [](HKEY key) { return ZwFlushKey(key); });
}

LSTATUS RegEnumKeyExW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved, LPWSTR lpClass,
                      LPDWORD lpcchClass, PFILETIME lpftLastWriteTime) {
  if (lpName == nullptr || lpcchName == nullptr || lpReserved != nullptr) return ERROR_INVALID_PARAMETER;
  return WithKey(hKey, KEY_ENUMERATE_SUB_KEYS, [&](HKEY key) -> NTSTATUS {
    std::vector<char> room(sizeof(KEY_BASIC_INFORMATION) + 256 * sizeof(WCHAR));
    ULONG needed = 0;
    const NTSTATUS status = ZwEnumerateKey(key, dwIndex, KeyBasicInformation, room.data(), static_cast<ULONG>(room.size()), &needed);
    if (!NT_SUCCESS(status)) return status;
    const auto* about = reinterpret_cast<const KEY_BASIC_INFORMATION*>(room.data());
    const DWORD length = about->NameLength / sizeof(WCHAR);
    if (*lpcchName <= length) return STATUS_BUFFER_OVERFLOW;
    std::memcpy(lpName, about->Name, about->NameLength);
    lpName[length] = 0;
    *lpcchName = length;
    if (lpClass != nullptr && lpcchClass != nullptr && *lpcchClass != 0) lpClass[0] = 0;
    if (lpcchClass != nullptr) *lpcchClass = 0;
    if (lpftLastWriteTime != nullptr) *lpftLastWriteTime = {about->LastWriteTime.LowPart, static_cast<DWORD>(about->LastWriteTime.HighPart)};
    return STATUS_SUCCESS;
  });
}
LSTATUS RegEnumValueW(HKEY hKey, DWORD dwIndex, LPWSTR lpValueName, LPDWORD lpcchValueName, LPDWORD lpReserved, LPDWORD lpType,
                      LPBYTE lpData, LPDWORD lpcbData) {
  if (lpValueName == nullptr || lpcchValueName == nullptr || lpReserved != nullptr || (lpData != nullptr && lpcbData == nullptr))
    return ERROR_INVALID_PARAMETER;
  return WithKey(hKey, KEY_QUERY_VALUE, [&](HKEY key) -> NTSTATUS {
    std::vector<char> room(512);
    ULONG needed = 0;
    NTSTATUS status;
    while ((status = ZwEnumerateValueKey(key, dwIndex, KeyValueFullInformation, room.data(), static_cast<ULONG>(room.size()), &needed)) ==
               STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL)
      room.resize(needed);
    if (!NT_SUCCESS(status)) return status;
    const auto* value = reinterpret_cast<const KEY_VALUE_FULL_INFORMATION*>(room.data());
    const DWORD length = value->NameLength / sizeof(WCHAR);
    if (*lpcchValueName <= length) return STATUS_BUFFER_OVERFLOW;
    std::memcpy(lpValueName, value->Name, value->NameLength);
    lpValueName[length] = 0;
    *lpcchValueName = length;
    if (lpType != nullptr) *lpType = value->Type;
    if (lpcbData == nullptr) return STATUS_SUCCESS;
    const DWORD space = *lpcbData;
    *lpcbData = value->DataLength;
    if (lpData == nullptr) return STATUS_SUCCESS;
    if (space < value->DataLength) return STATUS_BUFFER_OVERFLOW;
    std::memcpy(lpData, room.data() + value->DataOffset, value->DataLength);
    return STATUS_SUCCESS;
  });
}
LSTATUS RegQueryInfoKeyW(HKEY hKey, LPWSTR lpClass, LPDWORD lpcchClass, LPDWORD lpReserved, LPDWORD lpcSubKeys, LPDWORD lpcbMaxSubKeyLen,
                         LPDWORD lpcbMaxClassLen, LPDWORD lpcValues, LPDWORD lpcbMaxValueNameLen, LPDWORD lpcbMaxValueLen,
                         LPDWORD lpcbSecurityDescriptor, PFILETIME lpftLastWriteTime) {
  if (lpReserved != nullptr) return ERROR_INVALID_PARAMETER;
  return WithKey(hKey, KEY_QUERY_VALUE, [&](HKEY key) -> NTSTATUS {
    std::vector<char> room(sizeof(KEY_FULL_INFORMATION) + 512);
    ULONG needed = 0;
    const NTSTATUS status = ZwQueryKey(key, KeyFullInformation, room.data(), static_cast<ULONG>(room.size()), &needed);
    if (!NT_SUCCESS(status)) return status;
    const auto* about = reinterpret_cast<const KEY_FULL_INFORMATION*>(room.data());
    const auto give = [](LPDWORD to, ULONG value) {
      if (to != nullptr) *to = value;
    };
    if (lpClass != nullptr && lpcchClass != nullptr && *lpcchClass != 0) lpClass[0] = 0;
    give(lpcchClass, 0);
    give(lpcSubKeys, about->SubKeys);
    give(lpcbMaxSubKeyLen, about->MaxNameLen / sizeof(WCHAR));
    give(lpcbMaxClassLen, 0);
    give(lpcValues, about->Values);
    give(lpcbMaxValueNameLen, about->MaxValueNameLen / sizeof(WCHAR));
    give(lpcbMaxValueLen, about->MaxValueDataLen);
    give(lpcbSecurityDescriptor, 0);
    if (lpftLastWriteTime != nullptr) *lpftLastWriteTime = {about->LastWriteTime.LowPart, static_cast<DWORD>(about->LastWriteTime.HighPart)};
    return STATUS_SUCCESS;
  });
}

LSTATUS RegDeleteValueW(HKEY hKey, LPCWSTR lpValueName) {
  return WithKey(hKey, KEY_SET_VALUE, [&](HKEY key) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, lpValueName);
    return ZwDeleteValueKey(key, &name);
  });
}

}  // extern "C"
