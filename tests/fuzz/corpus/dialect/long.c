unsigned long a = 10000L, b = 0xFFFFFFFFUL; long long c = 1i64; __int64 d; long double e;
#define TWO(x) x##L, "5L" /* 6L long */
wchar_t* f = L"long 7L"; int g = L'\''; const char* h = R"(long 8L)"; auto i = 1'000'000L;
long \
long j; // long 9L \
long
#if 10L > X
#pragma long
#endif
