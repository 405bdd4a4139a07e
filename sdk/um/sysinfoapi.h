// Time. Used by: UMDF drivers; the machine's time (src/nt/win32). Source: public documentation.
#ifndef _SYSINFOAPI_H_
#define _SYSINFOAPI_H_

#include "minwinbase.h"

#ifdef __cplusplus
extern "C" {
#endif

DWORD GetTickCount(VOID);
ULONGLONG GetTickCount64(VOID);
VOID GetSystemTime(LPSYSTEMTIME lpSystemTime);
VOID GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime);
VOID GetSystemTimePreciseAsFileTime(LPFILETIME lpSystemTimeAsFileTime);
BOOL SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime);
BOOL FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime);
BOOL QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount);
BOOL QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency);

#ifdef __cplusplus
}
#endif

#endif  // _SYSINFOAPI_H_
