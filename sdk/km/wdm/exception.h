// Raising exceptions by hand. Part of wdm.h; the structures and words are in excpt.h.
#ifndef DRYDOCK_WDM_EXCEPTION_H
#define DRYDOCK_WDM_EXCEPTION_H

#include "excpt.h"

#ifdef __cplusplus
extern "C" {
#endif

DECLSPEC_NORETURN VOID RtlRaiseStatus(NTSTATUS Status);
VOID RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);
LONG ExSystemExceptionFilter(VOID);

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_WDM_EXCEPTION_H
