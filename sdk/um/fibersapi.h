// Storage by thread with a routine at its end. Fibers are not there: a thread is its only one. Used by: applications; implemented in
// src/nt/win32. Source: public documentation.
#ifndef _FIBERSAPI_H_
#define _FIBERSAPI_H_

#include "minwinbase.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)
typedef VOID (*PFLS_CALLBACK_FUNCTION)(PVOID lpFlsData);
DWORD FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);
BOOL FlsFree(DWORD dwFlsIndex);
PVOID FlsGetValue(DWORD dwFlsIndex);
BOOL FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData);

#ifdef __cplusplus
}
#endif

#endif  // _FIBERSAPI_H_
