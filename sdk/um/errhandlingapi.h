// The thread's last error, and raising exceptions by hand. Used by: UMDF drivers; implemented in src/nt/win32. Source: public documentation.
#ifndef _ERRHANDLING_H_
#define _ERRHANDLING_H_

#include "minwinbase.h"
#include "winerror.h"

#ifdef __cplusplus
extern "C" {
#endif

DWORD GetLastError(VOID);
VOID SetLastError(DWORD dwErrCode);
VOID RaiseException(DWORD dwExceptionCode, DWORD dwExceptionFlags, DWORD nNumberOfArguments, const ULONG_PTR *lpArguments);

#ifdef __cplusplus
}
#endif

#endif  // _ERRHANDLING_H_
