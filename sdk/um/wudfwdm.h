// The part of wdm.h that a UMDF driver sees: types, structures, KdPrint, PAGED_CODE. Here that is NT's own header, which wdf.h
// includes too. Source: public documentation.
#ifndef _WUDFWDM_H_
#define _WUDFWDM_H_

#include "ntddk.h"

#endif  // _WUDFWDM_H_
