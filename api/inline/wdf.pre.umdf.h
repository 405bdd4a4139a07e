/* A UMDF driver sees the base types through <windows.h> on Windows; here the NT headers give the same names. */
#ifndef DRYDOCK_WDF_UMDF
#define DRYDOCK_WDF_UMDF 1
#endif
#include <ntddk.h>
