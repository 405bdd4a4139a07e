// The names of drydock_crt_more.h. Included again after any system header that may have un-defined one: no guard.

#undef strtok_s
#define strtok_s(s, set, context) DrydockTokenA((s), (set), (context))
#undef wcstok_s
#define wcstok_s(s, set, context) DrydockTokenW((s), (set), (context))
#undef _strrev
#define _strrev(s) DrydockReverseA(s)
#undef _wcsrev
#define _wcsrev(s) DrydockReverseW(s)
#undef _strset
#define _strset(s, c) DrydockSetAllA((s), (CHAR)(c), (size_t)-1)
#undef _wcsset
#define _wcsset(s, c) DrydockSetAllW((s), (WCHAR)(c), (size_t)-1)
#undef _strnset
#define _strnset(s, c, n) DrydockSetAllA((s), (CHAR)(c), (n))
#undef _wcsnset
#define _wcsnset(s, c, n) DrydockSetAllW((s), (WCHAR)(c), (n))
#undef _strupr_s
#define _strupr_s(s, n) DrydockCaseSA((s), (n), 1)
#undef _strlwr_s
#define _strlwr_s(s, n) DrydockCaseSA((s), (n), 0)
#undef _wcsupr_s
#define _wcsupr_s(s, n) DrydockCaseSW((s), (n), 1)
#undef _wcslwr_s
#define _wcslwr_s(s, n) DrydockCaseSW((s), (n), 0)
#undef _strtoi64
#define _strtoi64(s, end, base) DrydockNumber64A((s), (end), (base))
#undef _strtoui64
#define _strtoui64(s, end, base) DrydockUnsigned64A((s), (end), (base))
#undef _wcstoi64
#define _wcstoi64(s, end, base) DrydockNumber64W((s), (end), (base))
#undef _wcstoui64
#define _wcstoui64(s, end, base) DrydockUnsigned64W((s), (end), (base))
#undef wcstoll
#define wcstoll(s, end, base) DrydockNumber64W((s), (end), (base))
#undef wcstoull
#define wcstoull(s, end, base) DrydockUnsigned64W((s), (end), (base))
#undef _atoi64
#define _atoi64(s) DrydockNumber64A((s), NULL, 10)
#undef _wtoi64
#define _wtoi64(s) DrydockNumber64W((s), NULL, 10)
#undef _vscprintf
#define _vscprintf DrydockVscLengthA
#undef _vscwprintf
#define _vscwprintf DrydockVscLengthW
#undef _scprintf
#define _scprintf DrydockScLengthA
#undef _scwprintf
#define _scwprintf DrydockScLengthW
#undef wcstombs
#define wcstombs(to, from, n) DrydockNarrow((to), (from), (n))
#undef mbstowcs
#define mbstowcs(to, from, n) DrydockWiden((to), (from), (n))
#undef _itoa_s
#define _itoa_s(v, to, capacity, base) DrydockDigitsSA((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONG)(v) : (ULONG)(v), (base) == 10 && (v) < 0, (to), (capacity), (base))
#undef _ltoa_s
#define _ltoa_s(v, to, capacity, base) DrydockDigitsSA((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONG)(v) : (ULONG)(v), (base) == 10 && (v) < 0, (to), (capacity), (base))
#undef _ltoa
#define _ltoa(v, to, base) DrydockDigitsA((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONG)(v) : (ULONG)(v), (base) == 10 && (v) < 0, (to), (base))
#undef _ultoa_s
#define _ultoa_s(v, to, capacity, base) DrydockDigitsSA((ULONG)(v), 0, (to), (capacity), (base))
#undef _i64toa_s
#define _i64toa_s(v, to, capacity, base) DrydockDigitsSA((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONGLONG)(v) : (ULONGLONG)(v), (base) == 10 && (v) < 0, (to), (capacity), (base))
#undef _i64toa
#define _i64toa(v, to, base) DrydockDigitsA((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONGLONG)(v) : (ULONGLONG)(v), (base) == 10 && (v) < 0, (to), (base))
#undef _ui64toa_s
#define _ui64toa_s(v, to, capacity, base) DrydockDigitsSA((ULONGLONG)(v), 0, (to), (capacity), (base))
#undef _itow_s
#define _itow_s(v, to, capacity, base) DrydockDigitsSW((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONG)(v) : (ULONG)(v), (base) == 10 && (v) < 0, (to), (capacity), (base))
#undef _ltow_s
#define _ltow_s(v, to, capacity, base) DrydockDigitsSW((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONG)(v) : (ULONG)(v), (base) == 10 && (v) < 0, (to), (capacity), (base))
#undef _ltow
#define _ltow(v, to, base) DrydockDigitsW((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONG)(v) : (ULONG)(v), (base) == 10 && (v) < 0, (to), (base))
#undef _ultow_s
#define _ultow_s(v, to, capacity, base) DrydockDigitsSW((ULONG)(v), 0, (to), (capacity), (base))
#undef _i64tow_s
#define _i64tow_s(v, to, capacity, base) DrydockDigitsSW((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONGLONG)(v) : (ULONGLONG)(v), (base) == 10 && (v) < 0, (to), (capacity), (base))
#undef _i64tow
#define _i64tow(v, to, base) DrydockDigitsW((base) == 10 && (v) < 0 ? 0 - (ULONGLONG)(LONGLONG)(v) : (ULONGLONG)(v), (base) == 10 && (v) < 0, (to), (base))
#undef _ui64tow_s
#define _ui64tow_s(v, to, capacity, base) DrydockDigitsSW((ULONGLONG)(v), 0, (to), (capacity), (base))
#undef iswalpha
#define iswalpha(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_ALPHA)
#undef iswupper
#define iswupper(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_UPPER)
#undef iswlower
#define iswlower(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_LOWER)
#undef iswdigit
#define iswdigit(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_DIGIT)
#undef iswspace
#define iswspace(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_SPACE)
#undef iswpunct
#define iswpunct(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_PUNCT)
#undef iswcntrl
#define iswcntrl(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_CONTROL)
#undef iswxdigit
#define iswxdigit(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_HEX)
#undef iswalnum
#define iswalnum(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_ALPHA | DRYDOCK_C_DIGIT)
#undef iswgraph
#define iswgraph(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_ALPHA | DRYDOCK_C_DIGIT | DRYDOCK_C_PUNCT)
#undef iswprint
#define iswprint(c) DrydockCharacterIs((unsigned)(c), DRYDOCK_C_ALPHA | DRYDOCK_C_DIGIT | DRYDOCK_C_PUNCT | DRYDOCK_C_BLANK)
#undef iswascii
#define iswascii(c) ((unsigned)(c) < 0x80)
#undef __isascii
#define __isascii(c) ((unsigned)(c) < 0x80)
#undef sscanf
#define sscanf DrydockSscanfA
#undef sscanf_s
#define sscanf_s DrydockSscanfSA
#undef swscanf
#define swscanf DrydockSscanfW
#undef swscanf_s
#define swscanf_s DrydockSscanfSW
#undef _memccpy
#define _memccpy DrydockMemccpy
#ifndef DRYDOCK_APP_BUILD
#undef rand
#define rand DrydockDriverRand
#undef srand
#define srand DrydockDriverSrand
#endif
