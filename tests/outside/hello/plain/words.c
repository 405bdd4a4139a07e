#include <ntddk.h>
const char *Words(void) { PAGED_CODE(); return "hello from a library"; }
