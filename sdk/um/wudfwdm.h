// The part of wdm.h that a UMDF driver sees: types, structures, KdPrint, PAGED_CODE. Here that is NT's own header, which wdf.h
// includes too. Source: public documentation.
#ifndef _WUDFWDM_H_
#define _WUDFWDM_H_

#include "ntddk.h"

// A code of Win32 as a status.
#ifndef NTSTATUS_FROM_WIN32
#define NTSTATUS_FROM_WIN32(code) \
  ((NTSTATUS)(code) <= 0 ? (NTSTATUS)(code) : (NTSTATUS)(((code) & 0x0000FFFF) | (FACILITY_NTWIN32 << 16) | 0xC0000000))
#endif

#endif  // _WUDFWDM_H_
