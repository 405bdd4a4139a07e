/* The C run-time names, checked as a driver in C uses them: 16-bit wide characters, NT's truncation rules. Compiled with
   the driver's flags; crt_test.cpp runs it. Gives the first expectation that does not hold, or NULL. */
#include <ntddk.h>
#include <stdio.h>
#include <wchar.h>

#define EXPECT(condition) \
  if (!(condition)) return #condition

const char *DrydockCrtWideStrings(void) {
  WCHAR buffer[8];
  WCHAR *end;
  EXPECT(sizeof(L'x') == 2);
  EXPECT(wcslen(L"abc") == 3 && wcslen(L"") == 0 && wcsnlen(L"abc", 2) == 2);
  EXPECT(wcscmp(wcscpy(buffer, L"abc"), L"abc") == 0 && buffer[3] == 0);
  EXPECT(wcscmp(wcscat(buffer, L"de"), L"abcde") == 0);
  EXPECT(wcscmp(L"abc", L"abd") < 0 && wcscmp(L"abd", L"abc") > 0 && wcsncmp(L"abX", L"abY", 2) == 0);
  EXPECT(_wcsicmp(L"AbC", L"aBc") == 0 && _wcsicmp(L"a", L"b") < 0 && _wcsnicmp(L"ABx", L"aby", 2) == 0);
  EXPECT(wcschr(buffer, L'c') == buffer + 2 && wcschr(buffer, L'z') == NULL && wcschr(buffer, 0) == buffer + 5);
  EXPECT(wcsrchr(L"a\\b\\c", L'\\')[1] == L'c' && wcsstr(buffer, L"cd") == buffer + 2 && wcsstr(buffer, L"x") == NULL);
  EXPECT(wcsspn(L"aab", L"a") == 2 && wcscspn(L"aab", L"b") == 2);
  EXPECT(wcstol(L" -12x", &end, 10) == -12 && *end == L'x' && wcstoul(L"0xff", NULL, 0) == 255);
  EXPECT(wcstol(L"99999999999", NULL, 10) == MAXLONG && _wtoi(L"42") == 42);
  wcsncpy(buffer, L"xy", 5);
  EXPECT(buffer[2] == 0 && buffer[4] == 0);
  EXPECT(_wcsupr(wcscpy(buffer, L"aZ1"))[0] == L'A' && buffer[2] == L'1');
  return NULL;
}

const char *DrydockCrtSafeForms(void) {
  WCHAR wide[4];
  CHAR narrow[4];
  EXPECT(wcscpy_s(wide, 4, L"abc") == 0 && wide[3] == 0);
  EXPECT(wcscpy_s(wide, 4, L"abcd") == 34 && wide[0] == 0);
  EXPECT(strcpy_s(narrow, 4, NULL) == 22 && narrow[0] == 0);
  EXPECT(strcpy_s(narrow, 4, "ab") == 0 && strcat_s(narrow, 4, "c") == 0 && strcmp(narrow, "abc") == 0);
  EXPECT(strcat_s(narrow, 4, "d") == 34 && narrow[0] == 0);
  EXPECT(wcsncpy_s(wide, 4, L"abcdef", _TRUNCATE) == 0 && wcscmp(wide, L"abc") == 0);
  EXPECT(memcpy_s(narrow, 4, "abcdef", 5) == 34 && narrow[0] == 0);
  EXPECT(memcpy_s(narrow, 4, "abc", 4) == 0 && _stricmp(narrow, "ABC") == 0);
  return NULL;
}

const char *DrydockCrtPrintf(void) {
  WCHAR wide[8];
  CHAR narrow[8];
  EXPECT(_snprintf(narrow, 8, "%d", 12345) == 5 && strcmp(narrow, "12345") == 0);
  narrow[4] = '#';
  EXPECT(_snprintf(narrow, 4, "%d", 1234) == 4 && narrow[4] == '#'); /* exactly full: no terminator */
  EXPECT(_snprintf(narrow, 4, "%d", 12345) < 0 && narrow[4] == '#');
  EXPECT(snprintf(narrow, 4, "%d", 12345) == 5 && strcmp(narrow, "123") == 0);
  EXPECT(sprintf_s(narrow, 4, "%d", 123) == 3);
  EXPECT(sprintf_s(narrow, 4, "%d", 1234) < 0 && narrow[0] == 0);
  EXPECT(_snprintf_s(narrow, 4, _TRUNCATE, "%d", 1234) < 0 && strcmp(narrow, "123") == 0);
  EXPECT(swprintf(wide, L"%d", 77) == 2 && wcscmp(wide, L"77") == 0);
  EXPECT(swprintf(wide, 8, L"%d", 78) == 2 && wcscmp(wide, L"78") == 0);
  EXPECT(_snwprintf(wide, 2, L"%d", 789) < 0 && wide[1] == L'8');
  EXPECT(strcmp(_itoa(-12, narrow, 10), "-12") == 0 && wcscmp(_ultow(255, wide, 16), L"ff") == 0);
  return NULL;
}
