// Debug output, assertions, PAGED_CODE. Part of wdm.h.
// In a driver, PAGED_CODE asks the runtime, which bug-checks above APC_LEVEL: the check is a run-time switch of the
// machine, not a matter of how the driver was compiled. ASSERT is compiled in by DBG, as on Windows.
#ifndef DRYDOCK_WDM_DBG_H
#define DRYDOCK_WDM_DBG_H

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef DBG
#define DBG 0
#endif

#define DPFLTR_ERROR_LEVEL 0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL 2
#define DPFLTR_INFO_LEVEL 3
#define DPFLTR_MASK 0x80000000
typedef enum _DPFLTR_TYPE {
  DPFLTR_SYSTEM_ID = 0,
  DPFLTR_SETUP_ID = 5,
  DPFLTR_VIDEO_ID = 20,
  DPFLTR_SERENUM_ID = 29,
  DPFLTR_SERIAL_ID = 30,
  DPFLTR_ACPI_ID = 35,
  DPFLTR_CLASSPNP_ID = 39,
  DPFLTR_DISK_ID = 41,
  DPFLTR_IHVDRIVER_ID = 77,
  DPFLTR_IHVVIDEO_ID = 78,
  DPFLTR_IHVAUDIO_ID = 79,
  DPFLTR_IHVNETWORK_ID = 80,
  DPFLTR_IHVSTREAMING_ID = 81,
  DPFLTR_IHVBUS_ID = 82,
  DPFLTR_DEFAULT_ID = 101,
  DPFLTR_ENDOFTABLE_ID = 200
} DPFLTR_TYPE;

// Formats are Windows formats: %l is 32 bits, %I64 is 64, %S, %ws, %wZ and %Z are understood.
ULONG DbgPrint(PCSTR Format, ...);
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list arglist);
ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format, va_list arglist);
ULONG DbgPrompt(PCSTR Prompt, PSTR Response, ULONG Length);
VOID DbgBreakPoint(VOID);
VOID DbgBreakPointWithStatus(ULONG Status);
NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level);
NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State);
VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PSTR MutableMessage);
VOID DrydockPagedCode(const char *file, int line);

#if DBG
#define KdPrint(arguments) DbgPrint arguments
#define KdPrintEx(arguments) DbgPrintEx arguments
#define vKdPrintEx(arguments) vDbgPrintEx arguments
#define KdBreakPoint() DbgBreakPoint()
#define KdBreakPointWithStatus(status) DbgBreakPointWithStatus(status)
#else
#define KdPrint(arguments) ((void)0)
#define KdPrintEx(arguments) ((void)0)
#define vKdPrintEx(arguments) ((void)0)
#define KdBreakPoint() ((void)0)
#define KdBreakPointWithStatus(status) ((void)0)
#endif

#ifdef DRYDOCK_DRIVER_BUILD
#define PAGED_CODE() DrydockPagedCode(__FILE__, __LINE__)
#define PAGED_CODE_LOCKED() ((void)0)

#if DBG
#define RTL_VERIFY(e) ((!(e)) ? (RtlAssert((PVOID) #e, (PVOID)__FILE__, __LINE__, NULL), FALSE) : TRUE)
#define RTL_VERIFYMSG(m, e) ((!(e)) ? (RtlAssert((PVOID) #e, (PVOID)__FILE__, __LINE__, (PSTR)(m)), FALSE) : TRUE)
#define RTL_SOFT_VERIFY(e) \
  ((!(e)) ? (DbgPrint("%s(%d): Soft assertion failed\n   Expression: %s\n", __FILE__, __LINE__, #e), FALSE) : TRUE)
#define ASSERT(e) ((void)RTL_VERIFY(e))
#define ASSERTMSG(m, e) ((void)RTL_VERIFYMSG(m, e))
#define RTL_SOFT_ASSERT(e) ((void)RTL_SOFT_VERIFY(e))
#define NT_VERIFY(e) RTL_VERIFY(e)
#define NT_VERIFYMSG(m, e) RTL_VERIFYMSG(m, e)
#define NT_ASSERT(e) ((void)RTL_VERIFY(e))
#define NT_ASSERTMSG(m, e) ((void)RTL_VERIFYMSG(m, e))
#define NT_FRE_ASSERT(e) ((void)RTL_VERIFY(e))
#else
#define RTL_VERIFY(e) ((e) ? TRUE : FALSE)
#define RTL_VERIFYMSG(m, e) ((e) ? TRUE : FALSE)
#define RTL_SOFT_VERIFY(e) ((e) ? TRUE : FALSE)
#define ASSERT(e) ((void)0)
#define ASSERTMSG(m, e) ((void)0)
#define RTL_SOFT_ASSERT(e) ((void)0)
#define NT_VERIFY(e) ((e) ? TRUE : FALSE)
#define NT_VERIFYMSG(m, e) ((e) ? TRUE : FALSE)
#define NT_ASSERT(e) ((void)0)
#define NT_ASSERTMSG(m, e) ((void)0)
#define NT_FRE_ASSERT(e) ((void)0)
#endif
#define RTL_ASSERT(e) ASSERT(e)
#define RTL_ASSERTMSG(m, e) ASSERTMSG(m, e)
#define NT_ASSERT_ASSUME(e) NT_ASSERT(e)
#define NT_ASSERT_NOASSUME(e) NT_ASSERT(e)
#define NT_ANALYSIS_ASSUME(e) ((void)0)
#endif  // DRYDOCK_DRIVER_BUILD

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_WDM_DBG_H
