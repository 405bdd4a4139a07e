// The C run-time of an application: what drydock_crt.h has, and streams, the end of the process, time and random numbers, which are the
// machine's. FILE and the functions that only move bytes (fread, fputs, fflush ...) are the system's own.
//
// Used by:  application builds (DRYDOCK_APP_BUILD); drydock_crt.h includes it. Implemented in src/nt/win32/crt_*.cpp.
// Source:   public documentation of the C run-time.
#ifdef DRYDOCK_APP_BUILD

#ifndef DRYDOCK_APP_CRT_H
#define DRYDOCK_APP_CRT_H

#include <limits.h>
#include <stdarg.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

FILE *DrydockStream(int which);
int DrydockVfprintfA(FILE *stream, const CHAR *format, va_list arguments);
int DrydockVfprintfW(FILE *stream, const WCHAR *format, va_list arguments);
int DrydockPuts(const CHAR *text);
int DrydockFputws(const WCHAR *text, FILE *stream);
int DrydockPutchar(int c);
int DrydockGetc(FILE *stream);
int DrydockGetchar(void);
CHAR *DrydockFgets(CHAR *buffer, int size, FILE *stream);
CHAR *DrydockGets(CHAR *buffer, size_t size);
WCHAR *DrydockFgetws(WCHAR *buffer, int size, FILE *stream);
int DrydockGetch(int echo);
int DrydockKbhit(void);
FILE *DrydockFopen(const CHAR *name, const CHAR *mode);
FILE *DrydockFopenW(const WCHAR *name, const WCHAR *mode);
__attribute__((noreturn)) void DrydockExit(int code);
__attribute__((noreturn)) void DrydockExitProcess(int code);
__attribute__((noreturn)) void DrydockAbort(void);
int DrydockSystem(const CHAR *command);
int DrydockRand(void);
void DrydockSrand(unsigned seed);
time_t DrydockTime(time_t *time);
clock_t DrydockClock(void);
int DrydockScan(FILE *stream, const CHAR *format, va_list arguments, int sized);
int DrydockScanW(FILE *stream, const WCHAR *format, va_list arguments, int sized);

#define DRYDOCK_PRINT(name, type, call)                \
  DRYDOCK_CRT int name {                               \
    va_list arguments;                                 \
    int n;                                             \
    va_start(arguments, format);                       \
    n = call;                                          \
    va_end(arguments);                                 \
    return n;                                          \
  }
DRYDOCK_PRINT(DrydockPrintfA(const CHAR *format, ...), CHAR, DrydockVfprintfA(DrydockStream(1), format, arguments))
DRYDOCK_PRINT(DrydockPrintfW(const WCHAR *format, ...), WCHAR, DrydockVfprintfW(DrydockStream(1), format, arguments))
DRYDOCK_PRINT(DrydockFprintfA(FILE *stream, const CHAR *format, ...), CHAR, DrydockVfprintfA(stream, format, arguments))
DRYDOCK_PRINT(DrydockFprintfW(FILE *stream, const WCHAR *format, ...), WCHAR, DrydockVfprintfW(stream, format, arguments))
DRYDOCK_PRINT(DrydockScanfA(const CHAR *format, ...), CHAR, DrydockScan(DrydockStream(0), format, arguments, 0))
DRYDOCK_PRINT(DrydockScanfSA(const CHAR *format, ...), CHAR, DrydockScan(DrydockStream(0), format, arguments, 1))
DRYDOCK_PRINT(DrydockFscanfA(FILE *stream, const CHAR *format, ...), CHAR, DrydockScan(stream, format, arguments, 0))
DRYDOCK_PRINT(DrydockFscanfSA(FILE *stream, const CHAR *format, ...), CHAR, DrydockScan(stream, format, arguments, 1))
DRYDOCK_PRINT(DrydockScanfW(const WCHAR *format, ...), WCHAR, DrydockScanW(DrydockStream(0), format, arguments, 0))
DRYDOCK_PRINT(DrydockScanfSW(const WCHAR *format, ...), WCHAR, DrydockScanW(DrydockStream(0), format, arguments, 1))
#undef DRYDOCK_PRINT

DRYDOCK_CRT int DrydockVprintfA(const CHAR *format, va_list arguments) { return DrydockVfprintfA(DrydockStream(1), format, arguments); }
DRYDOCK_CRT int DrydockVprintfW(const WCHAR *format, va_list arguments) { return DrydockVfprintfW(DrydockStream(1), format, arguments); }
DRYDOCK_CRT errno_t DrydockFopenS(FILE **stream, const CHAR *name, const CHAR *mode) {
  if (stream == NULL) return DRYDOCK_EINVAL;
  *stream = DrydockFopen(name, mode);
  return *stream != NULL ? 0 : 2;
}
DRYDOCK_CRT errno_t DrydockFopenSW(FILE **stream, const WCHAR *name, const WCHAR *mode) {
  if (stream == NULL) return DRYDOCK_EINVAL;
  *stream = DrydockFopenW(name, mode);
  return *stream != NULL ? 0 : 2;
}

#ifdef __cplusplus
}  // extern "C"
namespace std {
using ::DrydockAbort;
using ::DrydockClock;
using ::DrydockExit;
using ::DrydockExitProcess;
using ::DrydockFgets;
using ::DrydockFgetws;
using ::DrydockFopen;
using ::DrydockFprintfA;
using ::DrydockFprintfW;
using ::DrydockFputws;
using ::DrydockFscanfA;
using ::DrydockGetc;
using ::DrydockGetchar;
using ::DrydockPrintfA;
using ::DrydockPrintfW;
using ::DrydockPutchar;
using ::DrydockPuts;
using ::DrydockRand;
using ::DrydockScanfA;
using ::DrydockScanfW;
using ::DrydockSrand;
using ::DrydockSscanfA;
using ::DrydockSscanfW;
using ::DrydockStream;
using ::DrydockTime;
using ::DrydockVfprintfA;
using ::DrydockVfprintfW;
using ::DrydockVprintfA;
using ::DrydockVprintfW;
}  // namespace std
#endif

#endif  // DRYDOCK_APP_CRT_H

#endif  // DRYDOCK_APP_BUILD
