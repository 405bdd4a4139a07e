// HRESULT and the error codes of Win32.
// Used by:  user-mode drivers. Source: public documentation.
#ifndef _WINERROR_
#define _WINERROR_

#include "ntdef.h"
#include "winerror_codes.h"

#define NO_ERROR 0
#define NOERROR 0
#define WAIT_TIMEOUT 258
#define SEVERITY_SUCCESS 0
#define SEVERITY_ERROR 1
#define FACILITY_WINDOWSUPDATE 36
#define FACILITY_WINDOWS_CE 24
#define FACILITY_WINDOWS 8
#define FACILITY_STORAGE 3
#define FACILITY_SSPI 9
#define FACILITY_SETUPAPI 15
#define FACILITY_SECURITY 9
#define FACILITY_RPC 1
#define FACILITY_WIN32 7
#define FACILITY_CONTROL 10
#define FACILITY_NULL 0
#define FACILITY_INTERNET 12
#define FACILITY_ITF 4
#define FACILITY_HTTP 25
#define FACILITY_DISPATCH 2
#define FACILITY_CERT 11
#define FACILITY_USERMODE_DRIVER_FRAMEWORK 36
#define FACILITY_NT_BIT 0x10000000

#define SUCCEEDED(hr) (((HRESULT)(hr)) >= 0)
#define FAILED(hr) (((HRESULT)(hr)) < 0)
#define IS_ERROR(status) (((ULONG)(status)) >> 31 == SEVERITY_ERROR)
#define HRESULT_CODE(hr) ((hr)&0xFFFF)
#define HRESULT_FACILITY(hr) (((hr) >> 16) & 0x1fff)
#define HRESULT_SEVERITY(hr) (((hr) >> 31) & 0x1)
#define MAKE_HRESULT(sev, fac, code) \
  ((HRESULT)(((ULONG)(sev) << 31) | ((ULONG)(fac) << 16) | ((ULONG)(code))))
#define MAKE_SCODE(sev, fac, code) MAKE_HRESULT(sev, fac, code)
#define HRESULT_FROM_NT(status) ((HRESULT)((status) | FACILITY_NT_BIT))

#ifdef __cplusplus
extern "C" {
#endif
FORCEINLINE HRESULT HRESULT_FROM_WIN32(ULONG code) {
  return (HRESULT)code <= 0 ? (HRESULT)code : (HRESULT)((code & 0x0000FFFF) | (FACILITY_WIN32 << 16) | 0x80000000);
}
#ifdef __cplusplus
}
#endif
#define __HRESULT_FROM_WIN32(code) HRESULT_FROM_WIN32(code)

#define S_OK ((HRESULT)0)
#define S_FALSE ((HRESULT)1)
#define E_UNEXPECTED ((HRESULT)0x8000FFFF)
#define E_NOTIMPL ((HRESULT)0x80004001)
#define E_OUTOFMEMORY ((HRESULT)0x8007000E)
#define E_INVALIDARG ((HRESULT)0x80070057)
#define E_NOINTERFACE ((HRESULT)0x80004002)
#define E_POINTER ((HRESULT)0x80004003)
#define E_HANDLE ((HRESULT)0x80070006)
#define E_ABORT ((HRESULT)0x80004004)
#define E_FAIL ((HRESULT)0x80004005)
#define E_ACCESSDENIED ((HRESULT)0x80070005)
#define E_PENDING ((HRESULT)0x8000000A)
#define E_BOUNDS ((HRESULT)0x8000000B)
#define E_CHANGED_STATE ((HRESULT)0x8000000C)
#define E_ILLEGAL_STATE_CHANGE ((HRESULT)0x8000000D)
#define E_ILLEGAL_METHOD_CALL ((HRESULT)0x8000000E)
#define CLASS_E_NOAGGREGATION ((HRESULT)0x80040110)
#define CLASS_E_CLASSNOTAVAILABLE ((HRESULT)0x80040111)

#endif  // _WINERROR_
