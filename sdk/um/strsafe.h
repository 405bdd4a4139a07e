// Safe strings for user mode: StringCch... and StringCb..., for CHAR and WCHAR. The same functions as ntstrsafe.h's, which return
// HRESULTs here.
//
// Used by:  UMDF drivers.
// Contract: S_OK; STRSAFE_E_INSUFFICIENT_BUFFER: the text was cut and is terminated; STRSAFE_E_INVALID_PARAMETER.
// Source:   public documentation of strsafe.h.
#ifndef _STRSAFE_H_INCLUDED_
#define _STRSAFE_H_INCLUDED_

#include "ntstrsafe.h"
#include "minwindef.h"
#ifndef DWORD_MAX
#define DWORD_MAX 0xffffffffUL
#endif
#include "winerror.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STRSAFE_MAX_CCH NTSTRSAFE_MAX_CCH
#define STRSAFE_MAX_LENGTH NTSTRSAFE_MAX_LENGTH
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)

DRYDOCK_STRSAFE HRESULT DrydockStrSafeResult(NTSTATUS status) {
  if (status == STATUS_SUCCESS) return S_OK;
  return status == STATUS_BUFFER_OVERFLOW ? STRSAFE_E_INSUFFICIENT_BUFFER : STRSAFE_E_INVALID_PARAMETER;
}

#define DRYDOCK_STRSAFE_UM(unit, suffix, type)                                                                          \
  DRYDOCK_STRSAFE HRESULT String##unit##Copy##suffix(type *to, size_t capacity, const type *from) {                     \
    return DrydockStrSafeResult(RtlString##unit##Copy##suffix(to, capacity, from));                                     \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##CopyN##suffix(type *to, size_t capacity, const type *from, size_t most) {       \
    return DrydockStrSafeResult(RtlString##unit##CopyN##suffix(to, capacity, from, most));                              \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##Cat##suffix(type *to, size_t capacity, const type *from) {                      \
    return DrydockStrSafeResult(RtlString##unit##Cat##suffix(to, capacity, from));                                      \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##CatN##suffix(type *to, size_t capacity, const type *from, size_t most) {        \
    return DrydockStrSafeResult(RtlString##unit##CatN##suffix(to, capacity, from, most));                               \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##VPrintf##suffix(type *to, size_t capacity, const type *format,                  \
                                                        va_list arguments) {                                            \
    return DrydockStrSafeResult(RtlString##unit##VPrintf##suffix(to, capacity, format, arguments));                     \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##Printf##suffix(type *to, size_t capacity, const type *format, ...) {            \
    va_list arguments;                                                                                                  \
    HRESULT result;                                                                                                     \
    va_start(arguments, format);                                                                                        \
    result = String##unit##VPrintf##suffix(to, capacity, format, arguments);                                            \
    va_end(arguments);                                                                                                  \
    return result;                                                                                                      \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##CopyEx##suffix(type *to, size_t capacity, const type *from, type **end,         \
                                                       size_t *remaining, DWORD flags) {                                \
    return DrydockStrSafeResult(RtlString##unit##CopyEx##suffix(to, capacity, from, end, remaining, flags));            \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##CatEx##suffix(type *to, size_t capacity, const type *from, type **end,          \
                                                      size_t *remaining, DWORD flags) {                                 \
    return DrydockStrSafeResult(RtlString##unit##CatEx##suffix(to, capacity, from, end, remaining, flags));             \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##VPrintfEx##suffix(type *to, size_t capacity, type **end, size_t *remaining,     \
                                                          DWORD flags, const type *format, va_list arguments) {         \
    return DrydockStrSafeResult(                                                                                        \
        RtlString##unit##VPrintfEx##suffix(to, capacity, end, remaining, flags, format, arguments));                    \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##PrintfEx##suffix(type *to, size_t capacity, type **end, size_t *remaining,      \
                                                         DWORD flags, const type *format, ...) {                        \
    va_list arguments;                                                                                                  \
    HRESULT result;                                                                                                     \
    va_start(arguments, format);                                                                                        \
    result = String##unit##VPrintfEx##suffix(to, capacity, end, remaining, flags, format, arguments);                   \
    va_end(arguments);                                                                                                  \
    return result;                                                                                                      \
  }                                                                                                                     \
  DRYDOCK_STRSAFE HRESULT String##unit##Length##suffix(const type *text, size_t most, size_t *length) {                 \
    return DrydockStrSafeResult(RtlString##unit##Length##suffix(text, most, length));                                   \
  }

DRYDOCK_STRSAFE_UM(Cch, A, CHAR)
DRYDOCK_STRSAFE_UM(Cch, W, WCHAR)
DRYDOCK_STRSAFE_UM(Cb, A, CHAR)
DRYDOCK_STRSAFE_UM(Cb, W, WCHAR)
#undef DRYDOCK_STRSAFE_UM

#ifdef UNICODE
#define StringCchCopy StringCchCopyW
#define StringCchCopyN StringCchCopyNW
#define StringCchCopyEx StringCchCopyExW
#define StringCchCat StringCchCatW
#define StringCchCatN StringCchCatNW
#define StringCchCatEx StringCchCatExW
#define StringCchPrintf StringCchPrintfW
#define StringCchPrintfEx StringCchPrintfExW
#define StringCchVPrintf StringCchVPrintfW
#define StringCchVPrintfEx StringCchVPrintfExW
#define StringCchLength StringCchLengthW
#define StringCbCopy StringCbCopyW
#define StringCbCopyN StringCbCopyNW
#define StringCbCopyEx StringCbCopyExW
#define StringCbCat StringCbCatW
#define StringCbCatN StringCbCatNW
#define StringCbCatEx StringCbCatExW
#define StringCbPrintf StringCbPrintfW
#define StringCbPrintfEx StringCbPrintfExW
#define StringCbVPrintf StringCbVPrintfW
#define StringCbVPrintfEx StringCbVPrintfExW
#define StringCbLength StringCbLengthW
#else
#define StringCchCopy StringCchCopyA
#define StringCchCopyN StringCchCopyNA
#define StringCchCopyEx StringCchCopyExA
#define StringCchCat StringCchCatA
#define StringCchCatN StringCchCatNA
#define StringCchCatEx StringCchCatExA
#define StringCchPrintf StringCchPrintfA
#define StringCchPrintfEx StringCchPrintfExA
#define StringCchVPrintf StringCchVPrintfA
#define StringCchVPrintfEx StringCchVPrintfExA
#define StringCchLength StringCchLengthA
#define StringCbCopy StringCbCopyA
#define StringCbCopyN StringCbCopyNA
#define StringCbCopyEx StringCbCopyExA
#define StringCbCat StringCbCatA
#define StringCbCatN StringCbCatNA
#define StringCbCatEx StringCbCatExA
#define StringCbPrintf StringCbPrintfA
#define StringCbPrintfEx StringCbPrintfExA
#define StringCbVPrintf StringCbVPrintfA
#define StringCbVPrintfEx StringCbVPrintfExA
#define StringCbLength StringCbLengthA
#endif

#ifdef __cplusplus
}
#endif

#endif  // _STRSAFE_H_INCLUDED_
