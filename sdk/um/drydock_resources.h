// Resources of the application's own image: what its scripts (.rc) and message files (.mc) put there. Used by: applications, through winuser.h and
// libloaderapi.h; implemented in src/nt/win32/resources.cpp. Modules of the system have none. Source: public documentation.
#ifndef DRYDOCK_RESOURCES_H
#define DRYDOCK_RESOURCES_H

#include "minwinbase.h"

// Numbers in scripts, pointers in programs.
#ifdef RC_INVOKED
#define RT_CURSOR 1
#define RT_BITMAP 2
#define RT_ICON 3
#define RT_MENU 4
#define RT_DIALOG 5
#define RT_STRING 6
#define RT_RCDATA 10
#define RT_MESSAGETABLE 11
#define RT_VERSION 16
#define RT_HTML 23
#define RT_MANIFEST 24
#define CREATEPROCESS_MANIFEST_RESOURCE_ID 1
#else
#ifdef __cplusplus
extern "C" {
#endif

DECLARE_HANDLE(HRSRC);
#define IS_INTRESOURCE(name) ((((ULONG_PTR)(name)) >> 16) == 0)
#define MAKEINTRESOURCEA(number) ((LPSTR)((ULONG_PTR)((WORD)(number))))
#define MAKEINTRESOURCEW(number) ((LPWSTR)((ULONG_PTR)((WORD)(number))))
#ifdef UNICODE
#define MAKEINTRESOURCE MAKEINTRESOURCEW
#else
#define MAKEINTRESOURCE MAKEINTRESOURCEA
#endif
#define RT_CURSOR MAKEINTRESOURCE(1)
#define RT_BITMAP MAKEINTRESOURCE(2)
#define RT_ICON MAKEINTRESOURCE(3)
#define RT_MENU MAKEINTRESOURCE(4)
#define RT_DIALOG MAKEINTRESOURCE(5)
#define RT_STRING MAKEINTRESOURCE(6)
#define RT_RCDATA MAKEINTRESOURCE(10)
#define RT_MESSAGETABLE MAKEINTRESOURCE(11)
#define RT_VERSION MAKEINTRESOURCE(16)
#define RT_HTML MAKEINTRESOURCE(23)
#define RT_MANIFEST MAKEINTRESOURCE(24)

// A name is a number (MAKEINTRESOURCE), "#number" or a word in any letter case. Language 0: any.
HRSRC FindResourceA(HMODULE hModule, LPCSTR lpName, LPCSTR lpType);
HRSRC FindResourceW(HMODULE hModule, LPCWSTR lpName, LPCWSTR lpType);
HRSRC FindResourceExA(HMODULE hModule, LPCSTR lpType, LPCSTR lpName, WORD wLanguage);
HRSRC FindResourceExW(HMODULE hModule, LPCWSTR lpType, LPCWSTR lpName, WORD wLanguage);
HGLOBAL LoadResource(HMODULE hModule, HRSRC hResInfo);
LPVOID LockResource(HGLOBAL hResData);
DWORD SizeofResource(HMODULE hModule, HRSRC hResInfo);
BOOL FreeResource(HGLOBAL hResData);
// cchBufferMax 0: *(LPCWSTR*)lpBuffer is the text in the image, which has no terminator.
int LoadStringA(HINSTANCE hInstance, UINT uID, LPSTR lpBuffer, int cchBufferMax);
int LoadStringW(HINSTANCE hInstance, UINT uID, LPWSTR lpBuffer, int cchBufferMax);

// In text of code units of one size each.
LPSTR CharNextA(LPCSTR lpsz);
LPWSTR CharNextW(LPCWSTR lpsz);
LPSTR CharPrevA(LPCSTR lpszStart, LPCSTR lpszCurrent);
LPWSTR CharPrevW(LPCWSTR lpszStart, LPCWSTR lpszCurrent);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define FindResource FindResourceW
#define FindResourceEx FindResourceExW
#define LoadString LoadStringW
#define CharNext CharNextW
#define CharPrev CharPrevW
#else
#define FindResource FindResourceA
#define FindResourceEx FindResourceExA
#define LoadString LoadStringA
#define CharNext CharNextA
#define CharPrev CharPrevA
#endif
#endif  // RC_INVOKED

#endif  // DRYDOCK_RESOURCES_H
