// Debug output and breaks: lines of the machine's debug log; DebugBreak is a report. Used by: UMDF drivers.
// Source: public documentation.
#ifndef _APISETDEBUG_
#define _APISETDEBUG_

#include "minwinbase.h"

#ifdef __cplusplus
extern "C" {
#endif

BOOL IsDebuggerPresent(VOID);
VOID DebugBreak(VOID);
VOID OutputDebugStringA(LPCSTR lpOutputString);
VOID OutputDebugStringW(LPCWSTR lpOutputString);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define OutputDebugString OutputDebugStringW
#else
#define OutputDebugString OutputDebugStringA
#endif

#endif  // _APISETDEBUG_
