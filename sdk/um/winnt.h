// What windows.h takes from NT: base types, status values, list heads, interlocked operations, access rights, registry types.
//
// Used by:  UMDF drivers. What kernel and user mode share is one header here, so that windows.h and wdf.h agree.
// Source:   public documentation.
#ifndef _WINNT_
#define _WINNT_

#include "drydock_power_settings.h"
#include "minwindef.h"
#include "ntdef.h"
#include "excpt.h"
#include "ntstatus.h"
#include "ntimage.h"
#include "wdm/access.h"
#include "wdm/file_info.h"
#include "wdm/interlocked.h"
#include "wdm/list.h"
#include "wdm/registry.h"
#include "wdm/rtl.h"

// The image's first byte, as the linker calls it: `extern "C" IMAGE_DOS_HEADER __ImageBase;`. Not a PE header here.
#define __ImageBase __ehdr_start

#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR;
typedef PWSTR PTSTR, LPTSTR;
typedef PCWSTR PCTSTR, LPCTSTR;
#else
typedef CHAR TCHAR, *PTCHAR;
typedef PSTR PTSTR, LPTSTR;
typedef PCSTR PCTSTR, LPCTSTR;
#endif
#endif

#define MAXIMUM_WAIT_OBJECTS 64
#define MAXWORD 0xffff
#define MAXBYTE 0xff
#define DELETE_ACCESS DELETE

// What a library's DllMain is called for.
#define DLL_PROCESS_DETACH 0
#define DLL_PROCESS_ATTACH 1
#define DLL_THREAD_ATTACH 2
#define DLL_THREAD_DETACH 3

#endif  // _WINNT_
