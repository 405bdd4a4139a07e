// The two formatters that every printf-like name of the SDK ends in. src/nt/rtl provides them.
//
// Called by:  ntstrsafe.h and the driver's C run-time names (drydock_crt.h). IRQL: any that may touch the arguments.
// Format:     NT's: no size and `l` are 32 bits; `ll`, `I64` and `I` are 64; %S, %ws, %hs, %Z, %wZ are understood.
// Result:     the length of the whole text, whether or not it fits. At most `capacity` characters are written; a
//             terminator follows only where there is room for it. capacity 0 writes nothing (buffer may be NULL).
// Source:     public documentation of _vsnprintf, but for the result, which is never negative.
// Whoever comes first brings this through ntdef.h, which needs the functions already.
#include "ntdef.h"

#ifndef DRYDOCK_TEXT_H
#define DRYDOCK_TEXT_H

#ifdef __cplusplus
extern "C" {
#endif

int DrydockVsnprintfA(CHAR *buffer, size_t capacity, const CHAR *format, va_list arguments);
int DrydockVsnprintfW(WCHAR *buffer, size_t capacity, const WCHAR *format, va_list arguments);

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_TEXT_H
