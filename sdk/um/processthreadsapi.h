// Threads. Used by: UMDF drivers; implemented in src/nt/win32: a thread is a thread of the machine, run by its executor.
// Errors: NULL or FALSE, with GetLastError. Source: public documentation.
#ifndef _PROCESSTHREADSAPI_H_
#define _PROCESSTHREADSAPI_H_

#include "minwinbase.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)

HANDLE CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize, LPTHREAD_START_ROUTINE lpStartAddress,
                    LPVOID lpParameter, DWORD dwCreationFlags, LPDWORD lpThreadId);
VOID ExitThread(DWORD dwExitCode);
BOOL GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);
DWORD GetCurrentThreadId(VOID);
BOOL SwitchToThread(VOID);
HANDLE GetCurrentProcess(VOID);
DWORD QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);

#ifdef __cplusplus
}
#endif

#endif  // _PROCESSTHREADSAPI_H_
