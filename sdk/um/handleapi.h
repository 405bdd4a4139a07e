// Handles. Used by: UMDF drivers; implemented in src/nt/win32. Handles are the driver host's: good in every thread of the driver.
// Errors: FALSE, with GetLastError. Source: public documentation.
#ifndef _APISETHANDLE_
#define _APISETHANDLE_

#include "minwinbase.h"

#ifdef __cplusplus
extern "C" {
#endif

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#define DUPLICATE_CLOSE_SOURCE 0x00000001
#define DUPLICATE_SAME_ACCESS 0x00000002

BOOL CloseHandle(HANDLE hObject);
BOOL DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle, PHANDLE lpTargetHandle,
                     DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions);

#ifdef __cplusplus
}
#endif

#endif  // _APISETHANDLE_
