// What the headers that `drydock build` makes of event manifests stand on: the provider's context as Windows' message compiler declares it, the
// callback that keeps it, and the call that writes an event.
//
// Used by:  generated headers only; drivers look at the context (IsEnabled, Level, MatchAnyKeyword, RegistrationHandle) and may define
//           MCGEN_PRIVATE_ENABLE_CALLBACK_V2 or MCGEN_PRIVATE_ENABLE_CALLBACK before they include the header.
// IRQL:     writing at any; the callback runs at PASSIVE_LEVEL.
#ifndef DRYDOCK_ETW_H
#define DRYDOCK_ETW_H

#include <evntprov.h>
#if __has_include(<evntrace.h>)
#include <evntrace.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _MCGEN_TRACE_CONTEXT {
  ULONGLONG RegistrationHandle;
  ULONGLONG Logger;
  ULONGLONG MatchAnyKeyword;
  ULONGLONG MatchAllKeyword;
  ULONG Flags;
  ULONG IsEnabled;
  UCHAR Level;
  UCHAR Reserve;
  USHORT EnableBitsCount;
  PULONG EnableBitMask;
  const ULONGLONG *EnableKeyWords;
  const UCHAR *EnableLevel;
} MCGEN_TRACE_CONTEXT, *PMCGEN_TRACE_CONTEXT;

// EtwWriteTransfer that also knows the place of the call.
ULONG DrydockEtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, LPCGUID RelatedActivityId,
                      ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData, const char *Function, const char *File, int Line);

#ifdef __cplusplus
}
#endif

FORCEINLINE BOOLEAN McGenLevelKeywordEnabled(const MCGEN_TRACE_CONTEXT *Context, UCHAR Level, ULONGLONG Keyword) {
  if (!Context->IsEnabled || (Context->Level != 0 && Level > Context->Level)) return FALSE;
  return Keyword == 0 || ((Keyword & Context->MatchAnyKeyword) != 0 && (Keyword & Context->MatchAllKeyword) == Context->MatchAllKeyword);
}
#define DRYDOCK_ETW_ENABLED(Context, Event) McGenLevelKeywordEnabled(&(Context), (Event).Level, (Event).Keyword)

static inline VOID __attribute__((unused))
McGenControlCallbackV2(LPCGUID SourceId, ULONG ControlCode, UCHAR Level, ULONGLONG MatchAnyKeyword, ULONGLONG MatchAllKeyword,
                       PEVENT_FILTER_DESCRIPTOR FilterData, PVOID CallbackContext) {
  PMCGEN_TRACE_CONTEXT Context = (PMCGEN_TRACE_CONTEXT)CallbackContext;
  if (ControlCode == EVENT_CONTROL_CODE_ENABLE_PROVIDER) {
    Context->MatchAnyKeyword = MatchAnyKeyword;
    Context->MatchAllKeyword = MatchAllKeyword;
    Context->Level = Level;
    Context->IsEnabled = EVENT_CONTROL_CODE_ENABLE_PROVIDER;
  } else if (ControlCode == EVENT_CONTROL_CODE_DISABLE_PROVIDER) {
    Context->MatchAnyKeyword = 0;
    Context->MatchAllKeyword = 0;
    Context->Level = 0;
    Context->IsEnabled = EVENT_CONTROL_CODE_DISABLE_PROVIDER;
  }
#ifdef MCGEN_PRIVATE_ENABLE_CALLBACK
  MCGEN_PRIVATE_ENABLE_CALLBACK(ControlCode, NULL, Context);
#endif
#ifdef MCGEN_PRIVATE_ENABLE_CALLBACK_V2
  MCGEN_PRIVATE_ENABLE_CALLBACK_V2(SourceId, ControlCode, Level, MatchAnyKeyword, MatchAllKeyword, FilterData, CallbackContext);
#endif
  (void)SourceId;
  (void)FilterData;
}

FORCEINLINE ULONG McGenEventRegister(LPCGUID Provider, PETWENABLECALLBACK Callback, PVOID Context, PREGHANDLE Handle) {
  if (*Handle != 0) return 0;  // once is enough
  return (ULONG)EtwRegister(Provider, Callback, Context, Handle);
}
FORCEINLINE ULONG McGenEventUnregister(PREGHANDLE Handle) {
  ULONG status = 0;
  if (*Handle == 0) return 0;
  status = (ULONG)EtwUnregister(*Handle);
  *Handle = 0;
  return status;
}

FORCEINLINE ULONG DrydockEtwWideSize(const WCHAR *Text) {
  ULONG Length = 0;
  while (Text[Length] != 0) ++Length;
  return (Length + 1) * (ULONG)sizeof(WCHAR);
}
FORCEINLINE ULONG DrydockEtwAnsiSize(const char *Text) {
  ULONG Length = 0;
  while (Text[Length] != 0) ++Length;
  return Length + 1;
}
FORCEINLINE ULONG DrydockEtwSidSize(const void *Sid) { return Sid ? 8 + 4 * (ULONG)((const UCHAR *)Sid)[1] : 0; }

#endif  // DRYDOCK_ETW_H
