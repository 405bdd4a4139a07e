#pragma once
#include <ntifs.h>
#include <ntddk.h>
#include <wdf.h>
#include <wdmsec.h>
#define NTSTRSAFE_LIB
#include <ntstrsafe.h>
#include <ntintsafe.h>
#include <TraceLoggingProvider.h>
#include "kcpp.h"
#include <ProcWatchIoctl.h>
#include <EventRing.h>

#define PW_TAG 'wPrP'
#define DBGPRINT(_lvl, _fmt, ...) DbgPrintEx(DPFLTR_IHVDRIVER_ID, (_lvl), "[ProcWatch] " _fmt "\n", __VA_ARGS__)
