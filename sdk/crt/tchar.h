// Names that follow _UNICODE. Used by: applications. Source: public documentation of the generic-text mappings.
#ifndef DRYDOCK_CRT_TCHAR_H
#define DRYDOCK_CRT_TCHAR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "ntdef.h"

#ifdef _UNICODE
#ifndef _TCHAR_DEFINED
typedef WCHAR TCHAR, *PTCHAR;
typedef PWSTR PTSTR, LPTSTR;
typedef PCWSTR PCTSTR, LPCTSTR;
#define _TCHAR_DEFINED
#endif
typedef WCHAR _TCHAR, _TSCHAR, _TUCHAR, _TXCHAR;
typedef int _TINT;
#define __T(x) L##x
#define _tmain wmain
#define _tprintf wprintf
#define _tprintf_s wprintf
#define _ftprintf fwprintf
#define _ftprintf_s fwprintf
#define _vtprintf vwprintf
#define _vftprintf vfwprintf
#define _stprintf _swprintf
#define _stprintf_s swprintf_s
#define _sntprintf _snwprintf
#define _sntprintf_s _snwprintf_s
#define _vsntprintf _vsnwprintf
#define _vsntprintf_s _vsnwprintf_s
#define _vstprintf_s vswprintf_s
#define _tscanf wscanf
#define _tscanf_s wscanf_s
#define _stscanf swscanf
#define _stscanf_s swscanf_s
#define _putts _putws
#define _fputts fputws
#define _fgetts fgetws
#define _tfopen _wfopen
#define _tfopen_s _wfopen_s
#define _tcslen wcslen
#define _tcsnlen wcsnlen
#define _tcscpy wcscpy
#define _tcscpy_s wcscpy_s
#define _tcsncpy wcsncpy
#define _tcsncpy_s wcsncpy_s
#define _tcscat wcscat
#define _tcscat_s wcscat_s
#define _tcsncat_s wcsncat_s
#define _tcscmp wcscmp
#define _tcsncmp wcsncmp
#define _tcsicmp _wcsicmp
#define _tcsnicmp _wcsnicmp
#define _tcschr wcschr
#define _tcsrchr wcsrchr
#define _tcsstr wcsstr
#define _tcspbrk wcspbrk
#define _tcsspn wcsspn
#define _tcscspn wcscspn
#define _tcstol wcstol
#define _tcstoul wcstoul
#define _ttoi _wtoi
#define _ttol _wtol
#define _totupper towupper
#define _istalpha iswalpha
#define _istalnum iswalnum
#define _istdigit iswdigit
#define _istspace iswspace
#define _istxdigit iswxdigit
#define _istprint iswprint
#define _istupper iswupper
#define _istlower iswlower
#define _totlower towlower
#else
#ifndef _TCHAR_DEFINED
typedef char TCHAR, *PTCHAR;
typedef PSTR PTSTR, LPTSTR;
typedef PCSTR PCTSTR, LPCTSTR;
#define _TCHAR_DEFINED
#endif
typedef char _TCHAR, _TXCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef int _TINT;
#define __T(x) x
#define _tmain main
#define _tprintf printf
#define _tprintf_s printf
#define _ftprintf fprintf
#define _ftprintf_s fprintf
#define _vtprintf vprintf
#define _vftprintf vfprintf
#define _stprintf sprintf
#define _stprintf_s sprintf_s
#define _sntprintf _snprintf
#define _sntprintf_s _snprintf_s
#define _vsntprintf _vsnprintf
#define _vsntprintf_s _vsnprintf_s
#define _vstprintf_s vsprintf_s
#define _tscanf scanf
#define _tscanf_s scanf_s
#define _stscanf sscanf
#define _stscanf_s sscanf_s
#define _putts puts
#define _fputts fputs
#define _fgetts fgets
#define _tfopen fopen
#define _tfopen_s fopen_s
#define _tcslen strlen
#define _tcsnlen strnlen
#define _tcscpy strcpy
#define _tcscpy_s strcpy_s
#define _tcsncpy strncpy
#define _tcsncpy_s strncpy_s
#define _tcscat strcat
#define _tcscat_s strcat_s
#define _tcsncat_s strncat_s
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp _stricmp
#define _tcsnicmp _strnicmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcspbrk strpbrk
#define _tcsspn strspn
#define _tcscspn strcspn
#define _tcstol strtol
#define _tcstoul strtoul
#define _ttoi atoi
#define _ttol atol
#define _totupper toupper
#define _istalpha isalpha
#define _istalnum isalnum
#define _istdigit isdigit
#define _istspace isspace
#define _istxdigit isxdigit
#define _istprint isprint
#define _istupper isupper
#define _istlower islower
#define _totlower tolower
#endif
#define _T(x) __T(x)
#define _TEXT(x) __T(x)

#endif
