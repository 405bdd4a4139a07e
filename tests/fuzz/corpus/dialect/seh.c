# 1 "a.c"
# 1 "/sdk/ntddk.h" 1 3 4
typedef long LONG;
# 5 "a.c" 2
int f(int x) { __try { if (x) return 1; for (;;) { __try { break; } __finally { x = AbnormalTermination(); } } __leave; }
 __except (GetExceptionCode() == 5 ? 1 : 0) { x = GetExceptionInformation()->a; } switch (x) { case 1: goto out; } out: return x; }
void g(void) { p("in " __FUNCTION__ "\n", ); q(&((PVOID)(State))); }
