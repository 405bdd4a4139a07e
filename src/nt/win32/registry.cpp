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

LSTATUS RegDeleteValueW(HKEY hKey, LPCWSTR lpValueName) {
  return WithKey(hKey, KEY_SET_VALUE, [&](HKEY key) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, lpValueName);
    return ZwDeleteValueKey(key, &name);
  });
}

}  // extern "C"
