// The integer names of Win32 that driver sources use too. Used by: drivers and user-mode headers.
#ifndef _MINWINDEF_
#define _MINWINDEF_

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned short WORD, *PWORD, *LPWORD;
typedef unsigned int DWORD, *PDWORD, *LPDWORD;
typedef unsigned DRYDOCK_INT64 DWORDLONG, *PDWORDLONG;
typedef float FLOAT, *PFLOAT;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef BYTE *LPBYTE;
typedef BOOL *LPBOOL;
typedef INT *LPINT;
typedef LONG *LPLONG;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM, LRESULT;
typedef HANDLE HINSTANCE, HMODULE, HGLOBAL, HLOCAL, HKEY, *PHKEY;
typedef USHORT ATOM;

#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#define MAKEWORD(a, b) ((WORD)(((BYTE)((DWORD_PTR)(a) & 0xff)) | ((WORD)((BYTE)((DWORD_PTR)(b) & 0xff))) << 8))
#define MAKELONG(a, b) ((LONG)(((WORD)((DWORD_PTR)(a) & 0xffff)) | ((DWORD)((WORD)((DWORD_PTR)(b) & 0xffff))) << 16))
#define LOWORD(l) ((WORD)((DWORD_PTR)(l) & 0xffff))
#define HIWORD(l) ((WORD)((DWORD_PTR)(l) >> 16))
#define LOBYTE(w) ((BYTE)((DWORD_PTR)(w) & 0xff))
#define HIBYTE(w) ((BYTE)((DWORD_PTR)(w) >> 8))
#define WINAPI
#define CALLBACK
#define APIENTRY
#ifdef DRYDOCK_DRIVER_BUILD
#define FAR
#define NEAR


#define PASCAL
#define CDECL
#endif

typedef struct _FILETIME {
  DWORD dwLowDateTime;
  DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

#ifdef __cplusplus
}
#endif

#endif  // _MINWINDEF_
