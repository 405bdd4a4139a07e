// Dates and times as text, in the machine's one locale: English, United States. Used by: applications; implemented in src/nt/win32.
// Source: public documentation.
#ifndef _DATETIMEAPI_H_
#define _DATETIMEAPI_H_

#include "minwinbase.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef LOCALE_USER_DEFAULT
#define LOCALE_SYSTEM_DEFAULT 0x0800
#define LOCALE_USER_DEFAULT 0x0400
#define LOCALE_INVARIANT 0x007F
#endif
#define DATE_SHORTDATE 0x00000001
#define DATE_LONGDATE 0x00000002
#define TIME_NOMINUTESORSECONDS 0x00000001
#define TIME_NOSECONDS 0x00000002
#define TIME_NOTIMEMARKER 0x00000004
#define TIME_FORCE24HOURFORMAT 0x00000008

// d, dd, ddd, dddd, M to MMMM, y, yy, yyyy; h, hh, H, HH, m, mm, s, ss, t, tt; 'text'. No date or time: that of now, in UTC.
int GetDateFormatA(DWORD Locale, DWORD dwFlags, const SYSTEMTIME *lpDate, LPCSTR lpFormat, LPSTR lpDateStr, int cchDate);
int GetDateFormatW(DWORD Locale, DWORD dwFlags, const SYSTEMTIME *lpDate, LPCWSTR lpFormat, LPWSTR lpDateStr, int cchDate);
int GetTimeFormatA(DWORD Locale, DWORD dwFlags, const SYSTEMTIME *lpTime, LPCSTR lpFormat, LPSTR lpTimeStr, int cchTime);
int GetTimeFormatW(DWORD Locale, DWORD dwFlags, const SYSTEMTIME *lpTime, LPCWSTR lpFormat, LPWSTR lpTimeStr, int cchTime);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define GetDateFormat GetDateFormatW
#define GetTimeFormat GetTimeFormatW
#else
#define GetDateFormat GetDateFormatA
#define GetTimeFormat GetTimeFormatA
#endif

#endif  // _DATETIMEAPI_H_
