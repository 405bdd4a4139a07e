struct __attribute__((uuid("00000000-0000-0000-c000-000000000046"))) IThing { __attribute__((property(get = G, put = P))) int x; };
void* operator new(size_t) throw(); void* operator new(size_t n, unsigned long tag); __attribute__((noinline align(16))) long f() { return __uuidof(IThing).a + __LFUNCTION__[0]; }
try { } catch (...) { } auto r = [] { __try { throw 1; } __finally { } }; 
