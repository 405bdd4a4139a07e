// The in-flight recorder: logs that a driver makes for its traces.
// Used by:  drivers with WPP tracing. Source: public documentation.
// Here:     every message goes to the machine's debug log, whichever log the driver names; a log keeps its identifier only.
#ifndef _WPPRECORDER_H_
#define _WPPRECORDER_H_

#include <wdm.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RECORDER_LOG_IDENTIFIER_MAX_CHARS 16

typedef struct RECORDER_LOG__ {
  CHAR Identifier[RECORDER_LOG_IDENTIFIER_MAX_CHARS];
} *RECORDER_LOG;

typedef enum _WPP_RECORDER_TRI_STATE {
  WppRecorderFalse = FALSE,
  WppRecorderTrue = TRUE,
  WppRecorderUseDefault = 2,
} WPP_RECORDER_TRI_STATE, *PWPP_RECORDER_TRI_STATE;

typedef struct _RECORDER_CONFIGURE_PARAMS {
  ULONG Size;
  BOOLEAN CreateDefaultLog;
  WPP_RECORDER_TRI_STATE UseTimeStamp;
  WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_CONFIGURE_PARAMS, *PRECORDER_CONFIGURE_PARAMS;

typedef struct _RECORDER_LOG_CREATE_PARAMS {
  ULONG Size;
  ULONG LogTag;
  ULONG TotalBufferSize;
  ULONG ErrorPartitionSize;
  ULONG_PTR LogIdentifierAppendValue;
  BOOLEAN LogIdentifierAppendValueSet;
  ULONG LogIdentifierSize;
  CHAR LogIdentifier[RECORDER_LOG_IDENTIFIER_MAX_CHARS];
  WPP_RECORDER_TRI_STATE UseTimeStamp;
  WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_LOG_CREATE_PARAMS, *PRECORDER_LOG_CREATE_PARAMS;

FORCEINLINE VOID RECORDER_CONFIGURE_PARAMS_INIT(PRECORDER_CONFIGURE_PARAMS Params) {
  RtlZeroMemory(Params, sizeof(*Params));
  Params->Size = sizeof(*Params);
  Params->CreateDefaultLog = TRUE;
  Params->UseTimeStamp = Params->PreciseTimeStamp = WppRecorderUseDefault;
}

FORCEINLINE VOID DrydockRecorderCopyIdentifier(CHAR* To, const CHAR* From) {
  ULONG i = 0;
  for (; From != NULL && From[i] != 0 && i + 1 < RECORDER_LOG_IDENTIFIER_MAX_CHARS; ++i) To[i] = From[i];
  To[i] = 0;
}

FORCEINLINE VOID RECORDER_LOG_CREATE_PARAMS_INIT(PRECORDER_LOG_CREATE_PARAMS Params, const CHAR* LogIdentifier) {
  RtlZeroMemory(Params, sizeof(*Params));
  Params->Size = sizeof(*Params);
  Params->TotalBufferSize = 1024;
  Params->ErrorPartitionSize = 256;
  Params->LogIdentifierSize = sizeof(Params->LogIdentifier);
  Params->UseTimeStamp = Params->PreciseTimeStamp = WppRecorderUseDefault;
  DrydockRecorderCopyIdentifier(Params->LogIdentifier, LogIdentifier);
}

FORCEINLINE VOID RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_POINTER(PRECORDER_LOG_CREATE_PARAMS Params, const CHAR* LogIdentifier,
                                                                const VOID* LogIdentifierAppendPointer) {
  RECORDER_LOG_CREATE_PARAMS_INIT(Params, LogIdentifier);
  Params->LogIdentifierAppendValue = (ULONG_PTR)LogIdentifierAppendPointer;
  Params->LogIdentifierAppendValueSet = TRUE;
}

// The documentation calls it a routine without a result and stores what it returns: both compile.
FORCEINLINE NTSTATUS WppRecorderConfigure(PRECORDER_CONFIGURE_PARAMS ConfigureParams) {
  return ConfigureParams->Size == sizeof(*ConfigureParams) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

FORCEINLINE NTSTATUS WppRecorderLogCreate(PRECORDER_LOG_CREATE_PARAMS CreateParams, RECORDER_LOG* RecorderLog) {
  *RecorderLog = NULL;
  if (CreateParams->Size != sizeof(*CreateParams)) return STATUS_INVALID_PARAMETER;
  RECORDER_LOG log = (RECORDER_LOG)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*log), (ULONG)0x52707057 /* WppR */);
  if (log == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  DrydockRecorderCopyIdentifier(log->Identifier, CreateParams->LogIdentifier);
  *RecorderLog = log;
  return STATUS_SUCCESS;
}

FORCEINLINE VOID WppRecorderLogDelete(RECORDER_LOG RecorderLog) {
  if (RecorderLog != NULL) ExFreePoolWithTag(RecorderLog, (ULONG)0x52707057);
}

// The default log is the debug log itself; it has no handle of its own.
FORCEINLINE RECORDER_LOG WppRecorderLogGetDefault(VOID) { return NULL; }
FORCEINLINE BOOLEAN WppRecorderIsDefaultLogAvailable(VOID) { return TRUE; }

FORCEINLINE NTSTATUS WppRecorderLogSetIdentifier(RECORDER_LOG RecorderLog, const CHAR* LogIdentifier) {
  if (RecorderLog == NULL || LogIdentifier == NULL) return STATUS_INVALID_PARAMETER;
  DrydockRecorderCopyIdentifier(RecorderLog->Identifier, LogIdentifier);
  return STATUS_SUCCESS;
}

#ifdef __cplusplus
}
#endif

#endif  // _WPPRECORDER_H_
