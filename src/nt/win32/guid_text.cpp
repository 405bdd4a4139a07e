// Identifiers as text, for applications and user-mode drivers.
#include <ntddk.h>
#include <windows.h>

#include <cstring>

#include <objbase.h>

namespace {
constexpr HRESULT kNoClassString = static_cast<HRESULT>(0x800401F3);
}

extern "C" {

HRESULT CLSIDFromString(LPCWSTR lpsz, GUID* pclsid) {
  if (lpsz == nullptr || pclsid == nullptr) return E_INVALIDARG;
  UNICODE_STRING text;
  RtlInitUnicodeString(&text, lpsz);
  return NT_SUCCESS(RtlGUIDFromString(&text, pclsid)) ? S_OK : kNoClassString;
}
HRESULT IIDFromString(LPCWSTR lpsz, GUID* lpiid) { return FAILED(CLSIDFromString(lpsz, lpiid)) ? E_INVALIDARG : S_OK; }
int StringFromGUID2(const GUID* rguid, LPWSTR lpsz, int cchMax) {
  UNICODE_STRING text;
  if (rguid == nullptr || lpsz == nullptr || cchMax < 39 || !NT_SUCCESS(RtlStringFromGUID(*rguid, &text))) return 0;
  std::memcpy(lpsz, text.Buffer, 38 * sizeof(WCHAR));
  lpsz[38] = 0;
  RtlFreeUnicodeString(&text);
  for (int i = 0; i < 38; ++i)
    if (lpsz[i] >= u'a' && lpsz[i] <= u'f') lpsz[i] = static_cast<WCHAR>(lpsz[i] - 32);
  return 39;
}

}  // extern "C"
