// What a UMDF driver takes from Win32: types, handles, errors, waiting, threads, time, heap, registry. No windows, no files.
//
// Used by:  UMDF drivers (C and C++, clang and gcc), before wdf.h. WIN32_LEAN_AND_MEAN, NOMINMAX and UNICODE mean what they
//           mean on Windows.
// Model:    LONG and DWORD are 32 bits, WCHAR 16; the functions are src/nt/win32's, on the machine's own executive.
// Source:   public documentation.
#ifndef _WINDOWS_
#define _WINDOWS_

#include "sdkddkver.h"
#include "winbase.h"
#include "windef.h"
#include "winnt.h"
#include "winreg.h"
#include "datetimeapi.h"
#include "securitybaseapi.h"
#ifndef NOUSER
#include "winuser.h"
#endif
#ifndef NOSERVICE
#include "winsvc.h"
#endif
#ifndef WIN32_LEAN_AND_MEAN
#include "winioctl.h"
#endif

#endif  // _WINDOWS_
