// The names of drydock_crt.h. Included again after any system header that may have un-defined one: no guard.

#undef wcslen
#define wcslen(s) DrydockLengthW((s), (size_t)-1)
#undef wcsnlen
#define wcsnlen(s, n) DrydockLengthW((s), (n))
#undef wcsnlen_s
#define wcsnlen_s(s, n) ((s) == NULL ? 0 : DrydockLengthW((s), (n)))
#undef wcscpy
#define wcscpy(to, from) DrydockWcscpy((to), (from))
#undef wcsncpy
#define wcsncpy(to, from, n) DrydockWcsncpy((to), (from), (n))
#undef wcscat
#define wcscat(to, from) DrydockWcsncat((to), (from), (size_t)-1)
#undef wcsncat
#define wcsncat(to, from, n) DrydockWcsncat((to), (from), (n))
#undef wcscmp
#define wcscmp(a, b) DrydockCompareW((a), (b), (size_t)-1, 0)
#undef wcsncmp
#define wcsncmp(a, b, n) DrydockCompareW((a), (b), (n), 0)
#undef _wcsicmp
#define _wcsicmp(a, b) DrydockCompareW((a), (b), (size_t)-1, 1)
#undef _wcsnicmp
#define _wcsnicmp(a, b, n) DrydockCompareW((a), (b), (n), 1)
#undef wcsicmp
#define wcsicmp(a, b) DrydockCompareW((a), (b), (size_t)-1, 1)
#undef wcsnicmp
#define wcsnicmp(a, b, n) DrydockCompareW((a), (b), (n), 1)
#undef wcschr
#define wcschr(s, c) DrydockWcschr((s), (c))
#undef wcsrchr
#define wcsrchr(s, c) DrydockWcsrchr((s), (c))
#undef wcsstr
#define wcsstr(s, what) DrydockWcsstr((s), (what))
#undef wcsspn
#define wcsspn(s, set) DrydockWcsspn((s), (set), 1)
#undef wcscspn
#define wcscspn(s, set) DrydockWcsspn((s), (set), 0)
#undef wcspbrk
#define wcspbrk(s, set) DrydockWcspbrk((s), (set))
#undef wcstol
#define wcstol(s, end, base) DrydockWcstol((s), (end), (base))
#undef wcstoul
#define wcstoul(s, end, base) DrydockWcstoul((s), (end), (base))
#undef _wtoi
#define _wtoi(s) DrydockWcstol((s), NULL, 10)
#undef _wtol
#define _wtol(s) DrydockWcstol((s), NULL, 10)
#undef _wcslwr
#define _wcslwr(s) DrydockCaseW((s), 0)
#undef _wcsupr
#define _wcsupr(s) DrydockCaseW((s), 1)
#undef wmemcpy
#define wmemcpy(to, from, n) ((WCHAR *)memcpy((to), (from), (n) * sizeof(WCHAR)))
#undef wmemmove
#define wmemmove(to, from, n) ((WCHAR *)memmove((to), (from), (n) * sizeof(WCHAR)))
#undef wmemset
#define wmemset(to, c, n) DrydockWmemset((to), (c), (n))
#undef wmemcmp
#define wmemcmp(a, b, n) DrydockWmemcmp((a), (b), (n))
// In C++ an array may be given without its capacity.
#undef DRYDOCK_CRT_THIRD
#define DRYDOCK_CRT_THIRD(first, second, name, ...) name
#undef DRYDOCK_ROOM_OF
#define DRYDOCK_ROOM_OF(array) (sizeof(DrydockRoomOf(array)))
#undef wcscpy_s
#define wcscpy_s(to, ...) DRYDOCK_CRT_THIRD(__VA_ARGS__, DRYDOCK_CPY_W3, DRYDOCK_CPY_W2)(to, __VA_ARGS__)
#define DRYDOCK_CPY_W3(to, capacity, from) DrydockAppendW((to), (capacity), 0, (from), (size_t)-2)
#define DRYDOCK_CPY_W2(to, from) DRYDOCK_CPY_W3(to, DRYDOCK_ROOM_OF(to), from)
#undef wcscat_s
#define wcscat_s(to, ...) DRYDOCK_CRT_THIRD(__VA_ARGS__, DRYDOCK_CAT_W3, DRYDOCK_CAT_W2)(to, __VA_ARGS__)
#define DRYDOCK_CAT_W3(to, capacity, from) \
  DrydockAppendW((to), (capacity), DrydockLengthW((to), (capacity)), (from), (size_t)-2)
#define DRYDOCK_CAT_W2(to, from) DRYDOCK_CAT_W3(to, DRYDOCK_ROOM_OF(to), from)
#undef wcsncpy_s
#define wcsncpy_s(to, second, ...) DRYDOCK_CRT_THIRD(__VA_ARGS__, DRYDOCK_NCPY_W4, DRYDOCK_NCPY_W3)(to, second, __VA_ARGS__)
#define DRYDOCK_NCPY_W4(to, capacity, from, n) DrydockAppendW((to), (capacity), 0, (from), (n))
#define DRYDOCK_NCPY_W3(to, from, n) DRYDOCK_NCPY_W4(to, DRYDOCK_ROOM_OF(to), from, n)
#undef wcsncat_s
#define wcsncat_s(to, second, ...) DRYDOCK_CRT_THIRD(__VA_ARGS__, DRYDOCK_NCAT_W4, DRYDOCK_NCAT_W3)(to, second, __VA_ARGS__)
#define DRYDOCK_NCAT_W4(to, capacity, from, n) DrydockAppendW((to), (capacity), DrydockLengthW((to), (capacity)), (from), (n))
#define DRYDOCK_NCAT_W3(to, from, n) DRYDOCK_NCAT_W4(to, DRYDOCK_ROOM_OF(to), from, n)
#undef strcpy_s
#define strcpy_s(to, ...) DRYDOCK_CRT_THIRD(__VA_ARGS__, DRYDOCK_CPY_A3, DRYDOCK_CPY_A2)(to, __VA_ARGS__)
#define DRYDOCK_CPY_A3(to, capacity, from) DrydockAppendA((to), (capacity), 0, (from), (size_t)-2)
#define DRYDOCK_CPY_A2(to, from) DRYDOCK_CPY_A3(to, DRYDOCK_ROOM_OF(to), from)
#undef strcat_s
#define strcat_s(to, ...) DRYDOCK_CRT_THIRD(__VA_ARGS__, DRYDOCK_CAT_A3, DRYDOCK_CAT_A2)(to, __VA_ARGS__)
#define DRYDOCK_CAT_A3(to, capacity, from) \
  DrydockAppendA((to), (capacity), DrydockLengthA((to), (capacity)), (from), (size_t)-2)
#define DRYDOCK_CAT_A2(to, from) DRYDOCK_CAT_A3(to, DRYDOCK_ROOM_OF(to), from)
#undef strncpy_s
#define strncpy_s(to, second, ...) DRYDOCK_CRT_THIRD(__VA_ARGS__, DRYDOCK_NCPY_A4, DRYDOCK_NCPY_A3)(to, second, __VA_ARGS__)
#define DRYDOCK_NCPY_A4(to, capacity, from, n) DrydockAppendA((to), (capacity), 0, (from), (n))
#define DRYDOCK_NCPY_A3(to, from, n) DRYDOCK_NCPY_A4(to, DRYDOCK_ROOM_OF(to), from, n)
#undef strncat_s
#define strncat_s(to, second, ...) DRYDOCK_CRT_THIRD(__VA_ARGS__, DRYDOCK_NCAT_A4, DRYDOCK_NCAT_A3)(to, second, __VA_ARGS__)
#define DRYDOCK_NCAT_A4(to, capacity, from, n) DrydockAppendA((to), (capacity), DrydockLengthA((to), (capacity)), (from), (n))
#define DRYDOCK_NCAT_A3(to, from, n) DRYDOCK_NCAT_A4(to, DRYDOCK_ROOM_OF(to), from, n)
#undef _stricmp
#define _stricmp(a, b) DrydockCompareA((a), (b), (size_t)-1, 1)
#undef _strnicmp
#define _strnicmp(a, b, n) DrydockCompareA((a), (b), (n), 1)
#undef stricmp
#define stricmp(a, b) DrydockCompareA((a), (b), (size_t)-1, 1)
#undef strnicmp
#define strnicmp(a, b, n) DrydockCompareA((a), (b), (n), 1)
#undef _strlwr
#define _strlwr(s) DrydockCaseA((s), 0)
#undef _strupr
#define _strupr(s) DrydockCaseA((s), 1)
#undef strnlen
#define strnlen(s, n) DrydockLengthA((s), (n))
#undef strnlen_s
#define strnlen_s(s, n) ((s) == NULL ? 0 : DrydockLengthA((s), (n)))
#undef memcpy_s
#define memcpy_s(to, capacity, from, n) DrydockMemcpyS((to), (capacity), (from), (n))
#undef memmove_s
#define memmove_s(to, capacity, from, n) DrydockMemcpyS((to), (capacity), (from), (n))
#undef wmemcpy_s
#define wmemcpy_s(to, capacity, from, n) DrydockMemcpyS((to), (capacity) * sizeof(WCHAR), (from), (n) * sizeof(WCHAR))
#undef atoi
#define atoi(s) DrydockAtol(s)
#undef atol
#define atol(s) DrydockAtol(s)
#undef _itoa
#define _itoa(v, to, base) DrydockDigitsA((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONG)(v) : (ULONG)(v), (base) == 10 && (v) < 0, (to), (base))
#undef _itow
#define _itow(v, to, base) DrydockDigitsW((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONG)(v) : (ULONG)(v), (base) == 10 && (v) < 0, (to), (base))
#undef _ultoa
#define _ultoa(v, to, base) DrydockDigitsA((ULONG)(v), 0, (to), (base))
#undef _ultow
#define _ultow(v, to, base) DrydockDigitsW((ULONG)(v), 0, (to), (base))
#undef _ui64toa
#define _ui64toa(v, to, base) DrydockDigitsA((ULONGLONG)(v), 0, (to), (base))
#undef _ui64tow
#define _ui64tow(v, to, base) DrydockDigitsW((ULONGLONG)(v), 0, (to), (base))
#undef towupper
#define towupper(c) DrydockUpper((int)(c))
#undef towlower
#define towlower(c) DrydockLower((int)(c))
#undef sprintf
#define sprintf DrydockSA
#undef vsprintf
#define vsprintf DrydockVsA
#undef snprintf
#define snprintf DrydockScA
#undef vsnprintf
#define vsnprintf DrydockVscA
#undef _snprintf
#define _snprintf DrydockSnA
#undef _vsnprintf
#define _vsnprintf DrydockVsnA
#undef sprintf_s
#define sprintf_s DrydockSsA
#undef vsprintf_s
#define vsprintf_s DrydockVssA
#undef _snprintf_s
#define _snprintf_s DrydockSnsA
#undef _vsnprintf_s
#define _vsnprintf_s DrydockVsnsA
#undef swprintf
#define swprintf DrydockSwprintf
#undef _swprintf
#define _swprintf DrydockSW
#undef vswprintf
#define vswprintf DrydockVsnW
#undef _snwprintf
#define _snwprintf DrydockSnW
#undef _vsnwprintf
#define _vsnwprintf DrydockVsnW
#undef swprintf_s
#define swprintf_s DrydockSsW
#undef vswprintf_s
#define vswprintf_s DrydockVssW
#undef _snwprintf_s
#define _snwprintf_s DrydockSnsW
#undef _vsnwprintf_s
#define _vsnwprintf_s DrydockVsnsW
#include "drydock_crt_more_names.h"
#ifdef DRYDOCK_APP_BUILD
#include "drydock_app_names.h"
#endif
